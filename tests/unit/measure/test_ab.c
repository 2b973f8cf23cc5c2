// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A against B: without a test there is no p, an interval that cannot cover 95 % is not given, the
 * number of pairs estimated to decide is one at which a test is made, and no side is always first.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/backend.h"
#include "bench/measure/ab_twins.h"
#include "reports/views/ab_lines.h"

static char *reported(const char *one)
{
	json_t *doc = json_pack("{s:[o]}", "ab", json_loads(one, 0, NULL));
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(report_ab(doc, out), 0);
	fclose(out);
	json_decref(doc);
	return text;
}

static void what_was_not_tested_has_no_p(void **state)
{
	char *text = reported("{\"workload\": \"pio-user\", \"verdict\": \"inconclusive\", "
			      "\"pairs\": 2, \"p\": null,"
			      "\"log_ratio\": {\"p50\": 0.01, \"ci95\": null, \"ci_coverage\": "
			      "0.5}, \"pairs_needed\": 12,"
			      "\"a\": {\"p50_cycles\": 9}, \"b\": {\"p50_cycles\": 9}, "
			      "\"threshold\": 0.0025, \"duration_s\": 1}");

	(void)state;
	assert_null(strstr(text, "p 1"));
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "95 %"));
	assert_non_null(strstr(text, "2 pairs"));
	assert_non_null(strstr(text, "too few pairs to test"));
	free(text);
	text = reported(
		"{\"workload\": \"pio-user\", \"verdict\": \"slower\", \"pairs\": 12, \"p\": "
		"0.00003,"
		"\"log_ratio\": {\"p50\": 0.01, \"ci95\": [0.005, 0.015]}, \"pairs_needed\": null,"
		"\"a\": {\"p50_cycles\": 9}, \"b\": {\"p50_cycles\": 9}, \"threshold\": 0.0025, "
		"\"duration_s\": 1}");
	assert_non_null(strstr(text, "95 % interval +0.50 to +1.51 %, p 3e-05, 12 pairs"));
	assert_non_null(strstr(text, "=> slower"));
	free(text);
}

static void pairs_needed_are_those_of_a_look(void **state)
{
	static const double pairs[] = { 0,   .03, -.02, .01,  .02, -.03, .015, -.01,
					.02, 0,	  .01,	-.01, .02, -.02, .01,  .03 };
	double before = 0;

	(void)state;
	assert_true(isnan(ab__pairs_needed(pairs, 0, .0025)));
	assert_true(isnan(ab__pairs_needed(pairs, 1, .0025)));
	for (size_t nr = 2; nr <= 16; nr++) {
		double needed = ab__pairs_needed(pairs, nr, .0025);

		/* Before the first look nothing is known. */
		assert_int_equal(isnan(needed) != 0, nr < AB_FIRST_LOOK);
		assert_true(isnan(needed) || (needed >= AB_FIRST_LOOK && needed > (double)nr &&
					      ab__is_look((size_t)needed)));
	}
	/* A change of two standard deviations; the smaller it is, the more pairs it takes. */
	for (double spread = .001; spread < .1; spread *= 2) {
		double values[12], needed;

		for (int i = 0; i < 12; i++)
			values[i] = .01 + spread * (i - 5.5) / 6;
		needed = ab__pairs_needed(values, 12, .0025);
		assert_true(needed >= before && needed > 12);
		before = needed;
	}
	/* More pairs than are ever measured. */
	assert_true(isnan(ab__pairs_needed((const double[]){ -9, 9, -9, 9.01, -8.99, 9, -9, 9, -9,
							     9.01, -8.99, 9 },
					   12, .0025)));
}

/* Each look is another chance of a false verdict: there are few, and the first is not early. */
static void looks_are_few(void **state)
{
	static const size_t looks[] = { 12, 16, 24, 36, 54, 81, 121, 181, 271 };
	size_t next = 0;

	(void)state;
	for (size_t nr = 0; nr <= 280; nr++) {
		bool due = next < sizeof(looks) / sizeof(looks[0]) && looks[next] == nr;

		assert_int_equal(ab__is_look(nr), due);
		next += due;
	}
	/* The level of each test is divided among as many as there can be. */
	for (size_t nr = 0, all = 1; nr <= AB_MAX_PAIRS; nr++) {
		all += ab__is_look(nr);
		assert_true(all <= AB_MAX_LOOKS);
	}
}

/* Sixteen pairs around a shift: all of one sign, p is 2 / 2^16. */
static enum verdict decided(double shift, double spread, double *p)
{
	double ratios[16];

	for (int i = 0; i < 16; i++)
		ratios[i] = shift + spread * (i - 7.5) / 8;
	return ab__decide(ratios, 16, 0.0025, p);
}

static void what_is_decided_is_beyond_the_threshold_or_within(void **state)
{
	double p;

	(void)state;
	assert_int_equal(decided(.01, .001, &p), VERDICT_SLOWER);
	assert_true(fabs(p - 2. / 65536) < 1e-12);
	assert_int_equal(decided(-.01, .001, &p), VERDICT_FASTER);
	/* Certain, but too small to matter. */
	assert_int_equal(decided(.001, .0005, &p), VERDICT_SAME);
	assert_true(fabs(p - 2. / 65536) < 1e-12);
	assert_int_equal(decided(-.001, .0005, &p), VERDICT_SAME);
	/* On the threshold it is neither. */
	assert_int_equal(decided(.0024, .002, &p), VERDICT_INCONCLUSIVE);
	assert_int_equal(decided(0, .02, &p), VERDICT_INCONCLUSIVE);
	/* All alike in too few pairs is no verdict. */
	assert_int_equal(ab__decide((const double[]){ .01, .01, .01 }, 3, .0025, &p),
			 VERDICT_INCONCLUSIVE);
}

static uint64_t bytes(const uint64_t *params)
{
	return params[0];
}

/*
 * Twice the memory in twice the time is the same; in less time it is faster, with a higher
 * bandwidth.
 */
static void bandwidth_is_judged_by_time_a_byte(void **state)
{
	static const struct workload rate = { .name = "stream",
					      .unit = "bytes_per_s",
					      .bytes_per_op = bytes };
	static const struct workload exits = { .name = "port", .unit = "cycles" };
	struct ab_side *side = calloc(2, sizeof(*side));
	char *text;

	(void)state;
	for (int i = 0; i < 2; i++) {
		side[i].cell.workload = &rate;
		side[i].cell.params[0] = 4096 << i;
	}
	assert_true(fabs(ab__log_ratio(side, log(2))) < 1e-12);
	assert_true(ab__log_ratio(side, log(1.8)) < 0 && ab__log_ratio(side, log(2.2)) > 0);
	side[0].cell.workload = side[1].cell.workload = &exits;
	assert_true(ab__log_ratio(side, .5) == .5);
	free(side);
	text = reported("{\"workload\": \"bandwidth\", \"verdict\": \"slower\", \"pairs\": 12, "
			"\"p\": 0.00003,"
			"\"log_ratio\": {\"p50\": 0.6931471805599453, \"ci95\": [0.69, 0.7]}, "
			"\"threshold\": 0.0025,"
			"\"a\": {\"p50_ns\": 10, \"p50_cycles\": 20, \"p50_bytes_per_s\": 2e9},"
			"\"b\": {\"p50_ns\": 20, \"p50_cycles\": 40, \"p50_bytes_per_s\": 1e9}, "
			"\"duration_s\": 1}");
	assert_non_null(strstr(text, "p50 2 GB/s"));
	assert_non_null(strstr(text, "B is +100.00 % against A in time a byte"));
	assert_non_null(strstr(text, "=> slower"));
	free(text);
}

/*
 * A backend whose second VM gets worse memory than its first, always: what is measured of equal
 * sides says so in every pair. The sides are told apart by their cells.
 */
static const struct cell *first_cell;
static unsigned int firsts[2];

static void no_info(struct backend_info *info)
{
	(void)info;
}

static int any_cell(const struct cell *cell, struct error *err)
{
	(void)cell, (void)err;
	return 0;
}

static int make(const struct cell *cell, const struct measure_request *req, struct instance **out,
		struct error *err)
{
	(void)cell, (void)req, (void)err;
	*out = NULL;
	return 0;
}

static int calibrated(struct instance *inst, const struct cell *cell,
		      const struct measure_request *req, struct measurement *m)
{
	(void)inst, (void)req;
	m->status = MEASURE_OK;
	m->ops_per_sample = 1;
	first_cell = cell;
	return 0;
}

static int second_is_worse(const struct twin twins[2], const struct measure_request *req,
			   struct pair *pair)
{
	static unsigned int calls;

	(void)req;
	firsts[twins[0].cell == first_cell]++;
	*pair = (struct pair){ .status = MEASURE_OK,
			       .log_ratio = .003 + .0001 * (double)(calls++ % 7),
			       .a = 1000,
			       .b = 1003 };
	return 0;
}

static void unmake(struct instance *inst)
{
	(void)inst;
}

DEFINE_BACKEND(backend_worse) = {
	.name = "second-is-worse",
	.rank = 1000,
	.honours = { .keys = (const char *const[]){ NULL } },
	.probe = no_info,
	.supports = any_cell,
	.create = make,
	.run = calibrated,
	.run_pair = second_is_worse,
	.destroy = unmake,
};

static void what_the_second_vm_has_to_bear_is_no_sides(void **state)
{
	static const struct workload exits = { .name = "port", .unit = "cycles", .vcpus = 1 };
	struct ab_options opts = { .time_s = .05, .threshold = AB_THRESHOLD };
	struct ab_side *side = calloc(2, sizeof(*side));
	struct error err = { 0 };
	enum verdict verdict;
	json_t *doc = json_pack("{s:[]}", "ab");

	(void)state;
	assert_non_null(side);
	for (int s = 0; s < 2; s++) {
		side[s].cell.workload = &exits;
		snprintf(side[s].cell.backend, sizeof(side[s].cell.backend), "second-is-worse");
		config__init(&side[s].cell.config);
	}
	assert_int_equal(ab__run(side, &opts, doc, &verdict, &err), 0);
	assert_true(firsts[0] > 3 && firsts[1] > 3);
	assert_true(verdict != VERDICT_SLOWER && verdict != VERDICT_FASTER);
	json_decref(doc);
	free(side);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_not_tested_has_no_p),
		cmocka_unit_test(what_the_second_vm_has_to_bear_is_no_sides),
		cmocka_unit_test(bandwidth_is_judged_by_time_a_byte),
		cmocka_unit_test(pairs_needed_are_those_of_a_look),
		cmocka_unit_test(looks_are_few),
		cmocka_unit_test(what_is_decided_is_beyond_the_threshold_or_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
