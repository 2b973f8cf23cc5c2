// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A result says what was measured and no more; its arithmetic is as the header says; what could not
 * be measured is null, with its reason.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "bench/result/check.h"
#include "bench/result/doc.h"
#include "bench/result/document.h"
#include "bench/result/warnings.h"
#include "tests/synthetic.h"

/* NAN, as which a missing field reads, is near nothing. */
#define assert_near(a, b) assert_true(is_near(a, b))

static bool is_near(double a, double b)
{
	return fabs(a - b) <= 1e-9 * fabs(b);
}

static int set_up(void **state)
{
	struct synthetic *s = malloc(sizeof(*s));

	synthetic__init(s, "vmx");
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct synthetic *s = *state;

	json_decref(s->doc);
	free(s);
	return 0;
}

static bool warns(const json_t *cell, const char *part)
{
	const json_t *warnings = json_object_get(cell, "warnings"), *warning;
	size_t i;

	json_array_foreach(warnings, i, warning)
		if (strstr(doc__text(warning, "text"), part))
			return true;
	return false;
}

static double sample(const json_t *cell, size_t round, size_t i)
{
	return doc__element(json_array_get(json_object_get(cell, "rounds"), round), "samples", i);
}

static void empty_loop_is_subtracted_and_cycles_are_ns(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_port);
	synthetic__round(s, (double[]){ 2100, 2300 }, 2, 10, 100);
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "unit"), "ns");
	assert_near(sample(cell, 0, 0), 100); /* (2100 - 100) / 10 cycles at 2 GHz */
	assert_near(sample(cell, 0, 1), 110);
	assert_near(doc__element(json_array_get(json_object_get(cell, "rounds"), 0), "samples_raw",
				 1),
		    2300);
	assert_near(doc__number(json_array_get(json_object_get(cell, "rounds"), 0), "empty_loop"),
		    10);
	assert_near(doc__number(cell, "tsc_khz"), SYNTHETIC_TSC_KHZ);
	assert_near(doc__number(cell, "ops_per_sample"), 10);
	assert_int_equal(json_array_size(json_object_get(cell, "warnings")), 0);
}

static void loop_is_kept_where_it_runs_beside_the_operation(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_beside);
	synthetic__round(s, (double[]){ 2000 }, 1, 10, 100);
	cell = synthetic__finish(s);
	assert_near(sample(cell, 0, 0), 100);
}

static void self_timed_operations_are_taken_as_they_are(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_timer);
	synthetic__round(s, (double[]){ 2000 }, 1, 7, 100);
	cell = synthetic__finish(s);
	assert_near(sample(cell, 0, 0), 1000);
	assert_near(doc__number(cell, "ops_per_sample"), 1);
}

static void host_measurements_are_ns_already(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_create);
	synthetic__round(s, (double[]){ 5000 }, 1, 1, 0);
	cell = synthetic__finish(s);
	assert_near(sample(cell, 0, 0), 5000);
	assert_true(json_is_null(json_object_get(cell, "tsc_khz")));
}

static void unknown_clock_leaves_cycles(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_port);
	synthetic__round(s, (double[]){ 2100 }, 1, 10, 100)->tsc_khz = 0;
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "unit"), "cycles");
	assert_near(sample(cell, 0, 0), 200);
}

static void counting_clock_gives_instructions(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_stream);
	synthetic__round(s, (double[]){ 2000 }, 1, 10, 0)->icount = true;
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "unit"), "insn");
	assert_near(sample(cell, 0, 0), 200);
	/* A rate is then not possible, and it is not blamed on an unknown clock. */
	assert_non_null(
		strstr(doc__text(json_array_get(json_object_get(cell, "warnings"), 0), "text"),
		       "counting clock"));
}

/* The host times in ns, of which a clock of 100 MHz counts ten an instruction. */
static void counting_clock_makes_instructions_of_what_the_host_timed(void **state)
{
	struct workload of_the_host = synthetic_port;
	struct synthetic *s = *state;
	struct measurement *m;
	json_t *cell;

	of_the_host.kind = WORKLOAD_HOST;
	synthetic__cell(s, &of_the_host);
	m = synthetic__round(s, (double[]){ 730000 }, 1, 1, 0);
	m->icount = true;
	m->tsc_khz = 99999;
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "unit"), "insn");
	assert_near(sample(cell, 0, 0), 73000);
}

static void counting_clock_is_the_unit_of_what_failed_too(void **state)
{
	struct synthetic *s = *state;
	struct measurement *m;
	json_t *cell;

	synthetic__cell(s, &synthetic_stream);
	m = synthetic__round(s, (double[]){ 2000 }, 1, 10, 0);
	m->icount = true;
	measurement__fail(m, MEASURE_FAILED, "broken");
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "unit"), "insn");
	assert_int_equal(json_array_size(json_object_get(cell, "warnings")), 0);
}

static void count(struct synthetic *s, const double *samples, unsigned int nr)
{
	struct measurement *m = synthetic__round(s, samples, nr, 1, 0);

	m->icount = true;
}

/*
 * Two in ten samples are the path, seven also hold a timer tick or other work; one is a stray short
 * one.
 */
static void figure_of_a_counting_clock_is_the_path(void **state)
{
	static const double samples[] = { 9000,	 4025, 11102, 7000, 4025, 11102,
					  11102, 8000, 3000,  9500, 12000 };
	static const double clean[] = { 4025, 4025, 9000, 4025 },
			    wild[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_port);
	count(s, samples, 11);
	cell = synthetic__finish(s);
	assert_near(doc__number(cell, "summary.p50"), 4025);
	assert_near(doc__number(cell, "summary.median"), 9000);
	assert_near(doc__number(cell, "summary.on_path"), 2.0 / 11);
	assert_true(warns(cell, "only 18 %"));

	synthetic__cell(s, &synthetic_port);
	count(s, clean, 4);
	cell = synthetic__finish(s);
	assert_near(doc__number(cell, "summary.p50"), 4025);
	assert_near(doc__number(cell, "summary.on_path"), 0.75);
	assert_false(warns(cell, "of the samples"));

	synthetic__cell(s, &synthetic_port);
	count(s, wild, 12);
	cell = synthetic__finish(s);
	assert_near(doc__number(cell, "summary.p50"), 6.5);
	assert_true(isnan(doc__number(cell, "summary.on_path")));
	assert_true(warns(cell, "no path"));
}

/*
 * A tenth of the samples make a path, fewer are a coincidence; of two paths the shorter one counts.
 */
static void a_path_is_what_a_tenth_took(void **state)
{
	struct synthetic *s = *state;
	double samples[100];
	json_t *cell;

	for (int few = 9; few <= 10; few++) {
		for (int i = 0; i < 100; i++)
			samples[i] = i < few ? 3000 : 4000;
		synthetic__cell(s, &synthetic_port);
		count(s, samples, 100);
		cell = synthetic__finish(s);
		assert_near(doc__number(cell, "summary.p50"), few < 10 ? 4000 : 3000);
		assert_near(doc__number(cell, "summary.on_path"), few < 10 ? 0.91 : 0.1);
	}
}

static void rates_are_bytes_by_time(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_stream);
	synthetic__round(s, (double[]){ 20000, 0 }, 2, 10, 0);
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "unit"), "bytes_per_s");
	assert_int_equal(doc__bool(cell, "higher_is_better"), 1);
	assert_near(sample(cell, 0, 0), (1 << 20) * 1e6); /* 1 MiB in 1 us */
	assert_near(doc__number(cell, "summary.n"), 1);	  /* no rate in no time */
	assert_true(warns(cell, "they have no rate"));
	assert_string_equal(doc__text(cell, "params.op"), "read");
	assert_near(doc__number(cell, "params.working_set"), 1 << 20);

	synthetic__cell(s, &synthetic_stream);
	synthetic__round(s, (double[]){ 20000 }, 1, 10, 0)->tsc_khz = 0;
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "unit"), "cycles");
	assert_true(warns(cell, "frequency of the clock is not known"));
}

static void negative_samples_are_kept_and_told(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_port);
	synthetic__round(s, (double[]){ 80, 120, 140 }, 3, 10, 100);
	cell = synthetic__finish(s);
	assert_near(sample(cell, 0, 0), -1);
	assert_near(doc__number(cell, "summary.min"), -1);
	assert_true(warns(cell, "1 of 3 samples are negative"));
}

static void missing_empty_loop_is_reported(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_port);
	synthetic__round(s, (double[]){ 2000 }, 1, 10, 0);
	cell = synthetic__finish(s);
	assert_true(warns(cell, "include the loop"));
	assert_true(json_is_null(
		json_object_get(json_array_get(json_object_get(cell, "rounds"), 0), "empty_loop")));
}

/* If all samples were pooled, the long round would outvote the others. */
static void median_is_that_of_the_rounds(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_beside);
	synthetic__round(s, (double[]){ 200, 200, 200, 200, 200, 200, 200 }, 7, 1, 0);
	synthetic__round(s, (double[]){ 400 }, 1, 1, 0);
	synthetic__round(s, (double[]){ 600, 600 }, 2, 1, 0);
	cell = synthetic__finish(s);
	assert_near(doc__number(cell, "summary.p50"), 200); /* of 100, 200, 300 ns */
	assert_near(doc__number(cell, "summary.rounds"), 3);
	assert_near(doc__number(cell, "summary.n"), 10);
	assert_near(doc__number(cell, "summary.p25"), 100);
	assert_string_equal(doc__text(cell, "summary.ci_basis"), "rounds");
	/* Three rounds cannot cover 95 %: 1 - 2 / 2^3. */
	assert_true(json_is_null(doc__at(cell, "summary.ci95")));
	assert_near(doc__number(cell, "summary.ci_coverage"), 0.75);
}

static void one_round_has_an_interval_of_its_samples(void **state)
{
	struct synthetic *s = *state;
	double samples[20];
	json_t *cell;

	for (int i = 0; i < 20; i++)
		samples[i] = 2 * (i + 1);
	synthetic__cell(s, &synthetic_beside);
	synthetic__round(s, samples, 20, 1, 0);
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "summary.ci_basis"), "samples");
	assert_near(doc__number(cell, "summary.p50"), 10.5);
	assert_near(doc__element(cell, "summary.ci95", 0), 6); /* x(6), x(15): binomial, 95.9 % */
	assert_near(doc__element(cell, "summary.ci95", 1), 15);
	assert_true(doc__number(cell, "summary.ci_coverage") > 0.95);
}

static void no_figure_is_made_of_too_few(void **state)
{
	struct synthetic *s = *state;
	double samples[100];
	json_t *cell;

	for (int i = 0; i < 100; i++)
		samples[i] = i;
	synthetic__cell(s, &synthetic_beside);
	synthetic__round(s, samples, 1, 1, 0);
	cell = synthetic__finish(s);
	assert_true(json_is_null(doc__at(cell, "summary.ci95")));
	assert_true(json_is_null(doc__at(cell, "summary.p99")));

	synthetic__cell(s, &synthetic_beside);
	synthetic__round(s, samples, 100, 1, 0);
	cell = synthetic__finish(s);
	assert_true(json_is_number(doc__at(cell, "summary.p99")));
	assert_true(json_is_null(doc__at(cell, "summary.p999")));
}

static void single_operations_of_all_rounds_are_one_histogram(void **state)
{
	struct synthetic *s = *state;
	json_t *cell, *bucket;

	synthetic__cell(s, &synthetic_port);
	for (int i = 0; i < 2; i++) {
		struct measurement *m = synthetic__round(s, (double[]){ 2100 }, 1, 10, 100);

		m->singles = calloc(1, sizeof(*m->singles));
		m->singles_overhead = 24;
		hist__add(m->singles, 10, 70);
		hist__add(m->singles, 1000 + i, 1);
	}
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "latency.unit"), "ns");
	assert_near(doc__number(cell, "latency.n"), 142);
	assert_near(doc__number(cell, "latency.overhead"), 12);
	assert_near(doc__number(cell, "latency.max"), 500.5);
	assert_true(json_is_number(doc__at(cell, "latency.p99")));
	assert_true(json_is_null(doc__at(cell, "latency.p999")));
	assert_int_equal(json_array_size(doc__at(cell, "latency.buckets")), 2);
	bucket = json_array_get(doc__at(cell, "latency.buckets"), 0);
	assert_near(json_number_value(json_array_get(bucket, 0)), 5);
	assert_near(json_number_value(json_array_get(bucket, 1)), 5);
	assert_near(json_number_value(json_array_get(bucket, 2)), 140);
}

static void exits_are_as_expected_within_a_thousandth(void **state)
{
	static const struct {
		int64_t exits, user;
		int as_expected, user_as_expected;
	} cases[] = {
		{ 10000, 10000, 1, 1 }, { 10010, 10000, 1, 1 }, { 10011, 10000, 0, 1 },
		{ 9990, 10000, 1, 1 },	{ 9989, 10000, 0, 1 },	{ 0, 0, 0, 0 },
		{ 10000, 9989, 1, 0 },
	};
	struct synthetic *s = *state;
	struct measurement *m;
	json_t *cell;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		synthetic__cell(s, &synthetic_port);
		m = synthetic__round(s, (double[]){ 2100 }, 1, 10, 100);
		m->exits = cases[i].exits;
		m->user_exits = cases[i].user;
		m->window_ops = 10000;
		cell = synthetic__finish(s);
		assert_true(doc__number(cell, "exits.per_op.total") == cases[i].exits / 1e4);
		assert_near(doc__number(cell, "exits.expected.IO_INSTRUCTION"), 1);
		assert_int_equal(doc__bool(cell, "exits.as_expected"), cases[i].as_expected);
		assert_int_equal(doc__bool(cell, "exits.user_as_expected"),
				 cases[i].user_as_expected);
	}
}

/* Over all rounds that know them; a round that does not adds neither exits nor operations. */
static void exits_are_summed_over_rounds(void **state)
{
	static const struct {
		int64_t exits, host, user;
		uint64_t ops;
		bool known;
	} of_round[] = {
		{ 100, 1, 100, 100, true },
		{ 330, 6, 300, 300, true },
		{ 7, 7, 500, 500, false },
	};
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_port);
	for (size_t i = 0; i < 3; i++) {
		struct measurement *m = synthetic__round(s, (double[]){ 2100 }, 1, 10, 100);

		m->exits = of_round[i].exits;
		m->host_interrupts = of_round[i].host;
		m->user_exits = of_round[i].user;
		m->window_ops = of_round[i].ops;
		m->exits_known = of_round[i].known;
	}
	synthetic__bad_round(s, MEASURE_FAILED, "gone")->exits = 1000;
	cell = synthetic__finish(s);
	assert_near(doc__number(cell, "exits.per_op.total"), 430. / 400);
	assert_near(doc__number(cell, "exits.per_op.host_interrupts"), 7. / 400);
	assert_near(doc__number(cell, "exits.per_op.user"), 1);
	assert_near(doc__number(cell, "exits.window_ops"), 900);
}

static void expected_exits_have_the_names_of_what_is_under(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	json_object_set_new(json_object_get(s->doc, "host"), "virt", json_string("svm"));
	synthetic__cell(s, &synthetic_port);
	synthetic__round(s, (double[]){ 2100 }, 1, 10, 100);
	cell = synthetic__finish(s);
	assert_near(doc__number(cell, "exits.expected.io"), 1);
	assert_null(doc__at(cell, "exits.expected.IO_INSTRUCTION"));
}

/* With x2apic=off an access to the local APIC is one to memory: the same number, another name. */
static void expected_exits_have_the_names_of_the_apics_mode(void **state)
{
	static const struct workload timer = {
		.name = "timer",
		.what = "a deadline, and EOI",
		.group = GROUP_INTERRUPT,
		.kind = WORKLOAD_BATCH,
		.unit = "cycles",
		.exits = { { "MSR_WRITE", "msr", 3, .apic = 1 } },
	};
	static const struct {
		const char *mode, *virt, *msr, *memory;
		int msrs, accesses;
	} cases[] = {
		{ "on", "vmx", "exits.expected.MSR_WRITE", "exits.expected.APIC_ACCESS", 3, 0 },
		{ "off", "vmx", "exits.expected.MSR_WRITE", "exits.expected.APIC_ACCESS", 2, 1 },
		{ "off", "svm", "exits.expected.msr", "exits.expected.npf", 2, 1 },
	};
	struct synthetic *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *cell;

		json_object_set_new(json_object_get(s->doc, "host"), "virt",
				    json_string(cases[i].virt));
		synthetic__cell(s, &timer);
		config__set(&s->cell.config, "x2apic", cases[i].mode, NULL);
		synthetic__round(s, (double[]){ 2100 }, 1, 10, 100);
		cell = synthetic__finish(s);
		assert_near(doc__number(cell, cases[i].msr), cases[i].msrs);
		if (cases[i].accesses)
			assert_near(doc__number(cell, cases[i].memory), cases[i].accesses);
		else
			assert_null(doc__at(cell, cases[i].memory));
		assert_near(doc__number(cell, "exits.expected_total"), 3);
	}
}

static void unknown_exits_are_null_with_the_reason(void **state)
{
	struct synthetic *s = *state;
	struct measurement *m;
	json_t *cell;

	synthetic__cell(s, &synthetic_port);
	m = synthetic__round(s, (double[]){ 2100 }, 1, 10, 100);
	m->exits_known = false;
	snprintf(m->exits_unknown_why, sizeof(m->exits_unknown_why), "no statistics");
	cell = synthetic__finish(s);
	assert_true(json_is_null(doc__at(cell, "exits.per_op.total")));
	assert_true(json_is_null(doc__at(cell, "exits.as_expected")));
	assert_string_equal(doc__text(cell, "exits.unknown_why"), "no statistics");
	assert_near(doc__number(cell, "exits.per_op.user"), 1);

	/* If the number is not constant, there is nothing to compare with. */
	synthetic__cell(s, &synthetic_timer);
	synthetic__round(s, (double[]){ 2100 }, 1, 10, 100);
	cell = synthetic__finish(s);
	assert_true(json_is_null(doc__at(cell, "exits.expected")));
	assert_true(json_is_null(doc__at(cell, "exits.as_expected")));
	assert_string_equal(doc__text(cell, "exits.note"), "depends on the host");

	/* A process takes no exits: that is not a count of 0. */
	synthetic__cell(s, &synthetic_beside);
	snprintf(s->cell.backend, sizeof(s->cell.backend), "native");
	synthetic__round(s, (double[]){ 2100 }, 1, 10, 100);
	cell = synthetic__finish(s);
	assert_true(json_is_null(json_object_get(cell, "exits")));
}

static void counters_are_summed_over_good_rounds(void **state)
{
	struct synthetic *s = *state;
	struct measurement *m;
	json_t *cell, *reason;

	synthetic__cell(s, &synthetic_port);
	for (int i = 0; i < 3; i++) {
		m = synthetic__round(s, (double[]){ 2100 }, 1, 10, 100);
		synthetic__count(m, "kvm.exits", 10);
		synthetic__count(m, "kvm.halt_exits", 0);
		synthetic__count(m, "user.io", 500);
	}
	m->status = MEASURE_FAILED;
	cell = synthetic__finish(s);
	assert_near(doc__number(cell, "kvm_stats.exits"), 20);
	assert_true(doc__number(cell, "kvm_stats.halt_exits") == 0);
	assert_null(doc__at(cell, "kvm_stats.io"));
	reason = json_array_get(doc__at(cell, "exits.user_by_reason"), 0);
	assert_string_equal(doc__text(reason, "reason"), "io");
	assert_near(doc__number(reason, "count"), 1000);
	assert_near(doc__number(reason, "per_op"), 0.5);
}

static struct kvmstats made_up_stats(struct kvmstats_desc *descs, unsigned int nr)
{
	return (struct kvmstats){ .fd = -1, .nr_descs = nr, .descs = descs };
}

/*
 * Histograms and gauges of successful rounds, in the descriptor's units; a counter that was reset
 * is unknown.
 */
static void kvm_s_histograms_and_gauges_are_reported(void **state)
{
	struct kvmstats_desc descs[] = {
		{ "halt_wait_hist", KVMSTATS_LOG_HIST, KVMSTATS_SECONDS, 10, -9, 4, 0, 0 },
		{ "halt_attempted_poll", KVMSTATS_CUMULATIVE, KVMSTATS_NONE, 10, 0, 1, 4, 0 },
		{ "halt_successful_poll", KVMSTATS_CUMULATIVE, KVMSTATS_NONE, 10, 0, 1, 5, 0 },
		{ "halt_wait_ns", KVMSTATS_CUMULATIVE, KVMSTATS_SECONDS, 10, -9, 1, 6, 0 },
		{ "halt_poll_fail_ns", KVMSTATS_CUMULATIVE, KVMSTATS_SECONDS, 10, -9, 1, 7, 0 },
		{ "pages_4k", KVMSTATS_INSTANT, KVMSTATS_NONE, 10, 0, 1, 8, 0 },
	};
	struct kvmstats stats = made_up_stats(descs, sizeof(descs) / sizeof(*descs));
	const uint64_t begin[] = { 0, 0, 0, 1, 10, 2, 500, 9, 7 },
		       end[] = { 0, 3, 0, 2, 18, 4, 900, 8, 9 };
	struct synthetic *s = *state;
	struct measurement *m;
	const json_t *hist;
	json_t *cell;

	synthetic__cell(s, &synthetic_timer);
	for (int i = 0; i < 3; i++) {
		m = synthetic__round(s, (double[]){ 2100 }, 1, 1, 0);
		assert_int_equal(kvmstats_window__add(&m->figures.vcpus, &stats, begin, end), 0);
		m->figures.rounds = 1;
	}
	m->status = MEASURE_FAILED;
	cell = synthetic__finish(s);
	hist = doc__at(cell, "kvm_histograms.halt_wait_hist");
	assert_string_equal(doc__text(hist, "kind"), "log");
	assert_string_equal(doc__text(hist, "unit"), "ns");
	assert_near(doc__number(hist, "n"), 8);
	assert_near(doc__element(json_array_get(doc__at(hist, "buckets"), 0), "", 1), 2);
	assert_true(json_is_null(json_array_get(json_array_get(doc__at(hist, "buckets"), 1), 1)));
	assert_true(json_is_null(doc__at(hist, "p99")));
	assert_near(doc__number(cell, "kvm_gauges.pages_4k.begin"), 7);
	assert_near(doc__number(cell, "kvm_gauges.pages_4k.end"), 9);
	assert_near(doc__number(cell, "halt_polling.attempted"), 16);
	assert_near(doc__number(cell, "halt_polling.success_share"), 0.25);
	assert_near(doc__number(cell, "halt_polling.waits"), 8);
	assert_near(doc__number(cell, "halt_polling.wait_ns"), 800);
	assert_true(json_is_null(doc__at(cell, "halt_polling.wasted_ns")));
	assert_true(json_is_null(doc__at(cell, "halt_polling.halts")));
	assert_true(json_is_null(json_object_get(cell, "kvm_vm_stats")));
	assert_true(json_is_null(json_object_get(cell, "kvm_vcpu_stats")));
	assert_int_equal(result__check(s->doc, "made up", &(struct error){ 0 }), 0);
}

/*
 * Over the rounds that know it: a statistic that did not change is 0, one that was not read is
 * null.
 */
static void cpu_time_and_polling_are_per_operation(void **state)
{
	struct synthetic *s = *state;
	struct measurement *m;
	json_t *cell;

	synthetic__cell(s, &synthetic_timer);
	for (int i = 0; i < 3; i++) {
		m = synthetic__round(s, (double[]){ 2100 }, 1, 1, 0);
		m->cpu_known = i != 1;
		m->cpu_ns = 1000 * 500 * (unsigned int)(i + 1);
		synthetic__count(m, "kvm.halt_poll_success_ns", 3000);
	}
	m->status = MEASURE_FAILED;
	cell = synthetic__finish(s);
	assert_near(doc__number(cell, "cpu_ns_per_op"), 500);
	assert_near(doc__number(cell, "halt_poll_ns_per_op.success"), 3);
	assert_true(doc__number(cell, "halt_poll_ns_per_op.fail") == 0);
	assert_true(json_is_null(json_object_get(cell, "dirty_pages_per_op")));

	synthetic__cell(s, &synthetic_timer);
	m = synthetic__round(s, (double[]){ 2100 }, 1, 1, 0);
	m->exits_known = false;
	cell = synthetic__finish(s);
	assert_true(json_is_null(json_object_get(cell, "cpu_ns_per_op")));
	assert_true(json_is_null(json_object_get(cell, "halt_poll_ns_per_op")));
}

static void dirty_pages_are_per_operation_where_there_is_a_log(void **state)
{
	struct synthetic *s = *state;
	struct measurement *m;

	synthetic__cell(s, &synthetic_port);
	s->cell.config.dirty_log = DIRTY_LOG_RING;
	m = synthetic__round(s, (double[]){ 2100 }, 1, 10, 100);
	m->dirty_pages = 1500;
	assert_near(doc__number(synthetic__finish(s), "dirty_pages_per_op"), 1.5);
}

static const struct workload doorbell = {
	.name = "doorbell",
	.what = "bound to an eventfd",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.needs = NEEDS_IOEVENTFD,
	.exits = { { "IO_INSTRUCTION", "io", 1 } },
};

static void a_doorbell_without_its_eventfd_is_expected_in_user_space(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	for (int off = 0; off < 2; off++) {
		synthetic__cell(s, &doorbell);
		s->cell.config.ioeventfd = !off;
		synthetic__round(s, (double[]){ 2100 }, 1, 10, 100);
		cell = synthetic__finish(s);
		assert_true(doc__number(cell, "exits.expected_user") == off);
		assert_true(doc__bool(cell, "exits.user_as_expected") == off);
	}
}

static void cell_is_ok_if_one_round_is(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_port);
	synthetic__bad_round(s, MEASURE_FAILED, "it hung");
	synthetic__round(s, (double[]){ 2100 }, 1, 10, 100);
	synthetic__bad_round(s, MEASURE_FAILED, "it hung");
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "status"), "ok");
	assert_true(json_is_null(json_object_get(cell, "reason")));
	assert_true(warns(cell, "a round failed: it hung"));
	assert_near(doc__number(json_array_get(json_object_get(cell, "warnings"), 0), "count"), 2);
	assert_int_equal(json_array_size(json_object_get(cell, "rounds")), 3);
	assert_near(doc__number(cell, "summary.n"), 1);
}

static void cell_without_good_rounds_keeps_the_first_reason(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_port);
	synthetic__bad_round(s, MEASURE_SKIPPED, "not now");
	synthetic__bad_round(s, MEASURE_FAILED, "it hung");
	synthetic__bad_round(s, MEASURE_FAILED, "it burnt");
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "status"), "failed");
	assert_string_equal(doc__text(cell, "reason"), "it hung");
	assert_true(json_is_null(json_object_get(cell, "summary")));
	assert_true(json_is_null(json_object_get(cell, "exits")));

	synthetic__cell(s, &synthetic_port);
	synthetic__bad_round(s, MEASURE_SKIPPED, "no PIC");
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "status"), "skipped");
	assert_string_equal(doc__text(cell, "reason"), "no PIC");

	synthetic__cell(s, &synthetic_port);
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "status"), "skipped");
	assert_non_null(strstr(doc__text(cell, "reason"), "ended before"));
}

static void warnings_are_reported_once_and_counted(void **state)
{
	struct synthetic *s = *state;
	struct measurement *m;
	json_t *cell;

	synthetic__cell(s, &synthetic_port);
	for (int i = 0; i < 3; i++) {
		m = synthetic__round(s, (double[]){ 2100 }, 1, 10, 100);
		snprintf(m->warnings[m->nr_warnings++], sizeof(m->warnings[0]), "steal \xff time");
	}
	cell = synthetic__finish(s);
	result__warn(cell, "added %d", 1);
	assert_int_equal(json_array_size(json_object_get(cell, "warnings")), 2);
	assert_near(doc__number(json_array_get(json_object_get(cell, "warnings"), 0), "count"), 3);
	assert_true(warns(cell, "steal \xef\xbf\xbd time"));
}

static void label_is_what_selects_the_cell(void **state)
{
	struct synthetic *s = *state;
	json_t *cell;

	synthetic__cell(s, &synthetic_stream);
	s->cell.params[0] = 64 << 10;
	s->cell.params[1] = 1;
	synthetic__round(s, (double[]){ 2100 }, 1, 10, 0);
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "label"), "stream:working_set=64k:op=write");
	assert_string_equal(doc__text(cell, "config.irqchip"), "kernel");
	synthetic__cell(s, &synthetic_port);
	cell = synthetic__finish(s);
	assert_string_equal(doc__text(cell, "label"), "port");
}

static void document_passes_its_own_checks(void **state)
{
	json_t *doc = synthetic__document();
	struct error err = { 0 };

	(void)state;
	if (result__check(doc, "made up", &err))
		fail_msg("%s", err.text);
	assert_string_equal(doc__text(doc, "schema"), RESULT_SCHEMA);
	assert_near(doc__number(doc, "duration_s"), 12.5);
	assert_near(doc__number(doc, "seed"), 7);
	assert_int_equal(strlen(doc__text(doc, "started")), strlen("2026-01-31T12:00:00Z"));
	json_decref(doc);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(empty_loop_is_subtracted_and_cycles_are_ns),
		TEST(loop_is_kept_where_it_runs_beside_the_operation),
		TEST(self_timed_operations_are_taken_as_they_are),
		TEST(host_measurements_are_ns_already),
		TEST(unknown_clock_leaves_cycles),
		TEST(counting_clock_gives_instructions),
		TEST(counting_clock_makes_instructions_of_what_the_host_timed),
		TEST(counting_clock_is_the_unit_of_what_failed_too),
		TEST(figure_of_a_counting_clock_is_the_path),
		TEST(a_path_is_what_a_tenth_took),
		TEST(rates_are_bytes_by_time),
		TEST(negative_samples_are_kept_and_told),
		TEST(missing_empty_loop_is_reported),
		TEST(median_is_that_of_the_rounds),
		TEST(one_round_has_an_interval_of_its_samples),
		TEST(no_figure_is_made_of_too_few),
		TEST(single_operations_of_all_rounds_are_one_histogram),
		TEST(exits_are_as_expected_within_a_thousandth),
		TEST(exits_are_summed_over_rounds),
		TEST(expected_exits_have_the_names_of_what_is_under),
		TEST(expected_exits_have_the_names_of_the_apics_mode),
		TEST(unknown_exits_are_null_with_the_reason),
		TEST(counters_are_summed_over_good_rounds),
		TEST(cpu_time_and_polling_are_per_operation),
		TEST(dirty_pages_are_per_operation_where_there_is_a_log),
		TEST(a_doorbell_without_its_eventfd_is_expected_in_user_space),
		TEST(cell_is_ok_if_one_round_is),
		TEST(cell_without_good_rounds_keeps_the_first_reason),
		TEST(warnings_are_reported_once_and_counted),
		TEST(label_is_what_selects_the_cell),
		TEST(kvm_s_histograms_and_gauges_are_reported),
		cmocka_unit_test(document_passes_its_own_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
