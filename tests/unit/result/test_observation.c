// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From observed rounds to the document: each figure's arithmetic checked by hand, and null with a
 * reason where a figure is not known.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result/doc.h"
#include "bench/result/observation.h"
#include "probes/exits_profile.h"

#define OPS 1000
#define KHZ 2000000 /* two cycles are a nanosecond */

#define assert_near(a, b)	   assert_true(is_near(a, b))
#define assert_null_at(json, path) assert_true(json_is_null(doc__at(json, path)))

static bool is_near(double a, double b)
{
	return fabs(a - b) <= 1e-9 * fabs(b);
}

/*
 * 1000 IO exits of 500 ns each, of which 300 ns in user space, 50 ns off the CPU; 5 others of
 * unknown time.
 */
static struct observation *observed(void)
{
	static const struct exits_sum io = {
		.name = "IO_INSTRUCTION", .kind = EXITS_BY_REASON, .count = OPS, .ns = 500 * OPS,
		.user_ns = 300 * OPS, .off_ns = 30 * OPS, .user_off_ns = 20 * OPS, .max_ns = 900,
	}, other = { .name = "HLT", .kind = EXITS_BY_REASON, .key = 1, .count = 5 };
	struct observation *obs = observation__new();
	struct exits_sum *with_times = malloc(sizeof(*with_times));

	assert_non_null(obs);
	assert_non_null(with_times);
	*with_times = io;
	hist__add(&with_times->hist, 500, OPS);
	assert_int_equal(exits_profile__merge(&obs->profile, with_times, 0), 0);
	assert_int_equal(exits_profile__merge(&obs->profile, &other, 0), 0);
	free(with_times);
	obs->window_ops = OPS;
	obs->net_cycles = 1600;
	obs->tsc_khz = KHZ;
	obs->hardware_names = true;
	return obs;
}

static json_t *cell_of(const char *unit, double expected)
{
	return json_pack("{s:s, s:s, s:[], s:{s:f}, s:{s:{s:f}, s:{s:f}, s:f, s:[], s:n}}", "unit",
			 unit, "kind", "batch", "warnings", "summary", "p50", 760.0, "exits",
			 "per_op", "total", 1.0, "expected", "IO_INSTRUCTION", expected,
			 "expected_total", expected, "by_reason", "unknown_why");
}

static const struct pair probe = {
	.status = MEASURE_OK,
	.alternations = 15,
	.a = 2000,
	.tsc_khz = KHZ,
	.log_ratio = 0.0487901641694320,
	.low = 0.0,
	.high = 0.0953101798043249, /* 5 %, 0, 10 % of 1000 ns */
};

static void time_of_an_operation_is_taken_apart(void **state)
{
	struct observation *obs = observed();
	json_t *cell = cell_of("ns", 1);

	(void)state;
	observation__to_cell(obs, &probe, cell);
	assert_near(doc__number(cell, "cost.kernel"), 150);
	assert_near(doc__number(cell, "cost.user"), 300);
	assert_near(doc__number(cell, "cost.off_cpu"), 50);
	assert_near(doc__number(cell, "cost.observed"), 800);
	/* The parts add up to the cost of rounds without the probe. */
	assert_near(doc__number(cell, "cost.switch"), 760 - 150 - 300 - 50);
	assert_string_equal(doc__text(cell, "cost.why"), "");
	assert_true(fabs(doc__number(cell, "probe_cost") - 50 * 1.005) < 1e-6);
	assert_near(doc__number(cell, "exits.per_op.IO_INSTRUCTION"), 1);
	assert_near(doc__number(cell, "exits.per_op.HLT"), 0.005);
	assert_near(doc__number(cell, "exits.observed_ops"), OPS);
	assert_int_equal(json_array_size(doc__at(cell, "exits.by_reason")), 2);
	assert_int_equal(json_array_size(json_object_get(cell, "warnings")), 0);
	json_decref(cell);
	observation__free(obs);
}

/*
 * In the second of three rounds another task ran within exits. With a counting clock the figure is
 * that of the path, and its parts are those of the round whose exits took least; else all count.
 */
static void parts_of_a_path_are_those_of_a_calm_round(void **state)
{
	(void)state;
	for (int exact = 0; exact < 2; exact++) {
		struct observation *obs = observation__new();
		struct exits_sum *io = calloc(1, sizeof(*io));
		json_t *cell = cell_of("insn", 1);

		obs->net_cycles = 1600;
		obs->tsc_khz = 1000000;
		io->kind = EXITS_BY_REASON;
		io->count = io->hist.count = 100;
		for (int round = 0; round < 3; round++) {
			struct exits_time before = exits_profile__time(&obs->profile, 0);

			io->ns = round == 1 ? 150000 : round == 2 ? 50000 : 51000;
			io->user_ns = 30000;
			io->off_ns = round == 1 ? 90000 : 0;
			assert_int_equal(exits_profile__merge(&obs->profile, io, 0), 0);
			observation__end_round(obs, &before, 100, exact);
		}
		assert_int_equal(obs->window_ops, 300);
		observation__to_cell(obs, &probe, cell);
		assert_near(doc__number(cell, "cost.kernel"), exact ? 200 : 71000 / 300.);
		assert_near(doc__number(cell, "cost.user"), 300);
		assert_near(doc__number(cell, "cost.off_cpu"), exact ? 0 : 300);
		if (exact)
			assert_near(doc__number(cell, "cost.switch"), 760 - 200 - 300);
		assert_near(doc__number(cell, "exits.observed_ops"), 300);
		json_decref(cell);
		observation__free(obs);
		free(io);
	}
}

/* Parts are means: where one in five operations took longer, they are not those of the path. */
static void parts_of_many_paths_are_not_those_of_one(void **state)
{
	(void)state;
	for (int many = 0; many < 3; many++) {
		struct observation *obs = observed();
		json_t *cell = cell_of("insn", 1);

		obs->tsc_khz = 1000000;
		json_object_set_new(json_object_get(cell, "summary"), "on_path",
				    many == 2 ? json_null() : json_real(many ? .79 : .993));
		observation__to_cell(obs, &probe, cell);
		assert_int_equal(json_is_null(doc__at(cell, "cost.switch")), many > 0);
		assert_int_equal(!strstr(doc__text(cell, "cost.why"), "path"), !many);
		assert_near(doc__number(cell, "cost.kernel"), 150);
		json_decref(cell);
		observation__free(obs);
	}
}

/* Without a clock, or in a unit that is not one of time, the rest cannot be called the switch. */
static void what_the_guest_did_not_see_is_not_told(void **state)
{
	struct observation *obs = observed();
	json_t *cell = cell_of("ns", 1);

	(void)state;
	obs->net_cycles = 0;
	observation__to_cell(obs, &probe, cell);
	assert_near(doc__number(cell, "cost.kernel"), 150);
	assert_null_at(cell, "cost.switch");
	assert_null(doc__at(cell, "cost.observed"));
	json_decref(cell);

	obs->net_cycles = 1600;
	cell = cell_of("bytes_per_s", 1);
	observation__to_cell(obs, &probe, cell);
	assert_null_at(cell, "cost.switch");
	assert_null(json_object_get(cell, "probe_cost"));
	json_decref(cell);

	/*
	 * If the unit is instructions, a nanosecond is as many as the clock's rate says: 2 at 2
	 * GHz.
	 */
	cell = cell_of("insn", 1);
	json_object_set_new(json_object_get(cell, "summary"), "p50", json_real(2 * 760));
	observation__to_cell(obs, &probe, cell);
	assert_near(doc__number(cell, "cost.switch"), 760 - 150 - 300 - 50);
	json_decref(cell);
	cell = cell_of("insn", 1);
	obs->tsc_khz = 1000000;
	observation__to_cell(obs, &probe, cell);
	assert_near(doc__number(cell, "cost.switch"), 760 - 150 - 300 - 50);
	json_decref(cell);
	observation__free(obs);
}

/* Parts that were counted at other moments than the whole may exceed it. */
static void parts_above_the_whole_are_no_huge_number(void **state)
{
	struct observation *obs = observed();
	json_t *cell = cell_of("ns", 1);

	(void)state;
	obs->profile.list[0]->user_ns = 480 * OPS;
	observation__to_cell(obs, &probe, cell);
	assert_near(doc__number(cell, "cost.kernel"), -30);
	assert_null_at(cell, "cost.switch");
	assert_true(strstr(doc__text(cell, "cost.why"), "more than"));
	json_decref(cell);

	obs->profile.list[0]->user_ns = 300 * OPS;
	cell = cell_of("ns", 1);
	json_object_set_new(json_object_get(cell, "summary"), "p50", json_real(400));
	observation__to_cell(obs, &probe, cell);
	assert_null_at(cell, "cost.switch");
	json_decref(cell);
	observation__free(obs);
}

/* The lateness of a wake-up is not the sum of what the host did meanwhile. */
static void a_lateness_has_no_parts(void **state)
{
	struct observation *obs = observed();
	json_t *cell = cell_of("ns", 1);

	(void)state;
	json_object_set_new(cell, "kind", json_string("self-timed"));
	observation__to_cell(obs, &probe, cell);
	assert_null_at(cell, "cost.switch");
	assert_true(strstr(doc__text(cell, "cost.why"), "how late"));
	json_decref(cell);
	observation__free(obs);
}

/* Linux before 5.14 has no statistic of exits. */
static void the_probe_counts_exits_where_kvm_does_not(void **state)
{
	struct observation *obs = observed();
	json_t *cell = cell_of("ns", 1.005), *exits = json_object_get(cell, "exits");

	(void)state;
	json_object_set_new(json_object_get(exits, "per_op"), "total", json_null());
	json_object_set_new(exits, "unknown_why", json_string("KVM's statistics have no 'exits'"));
	observation__to_cell(obs, &probe, cell);
	assert_near(doc__number(cell, "exits.per_op.total"), 1.005);
	assert_string_equal(doc__text(cell, "exits.unknown_why"), "");
	assert_int_equal(doc__bool(cell, "exits.as_expected"), 1);
	json_decref(cell);

	/* If some were lost there is no total. */
	obs->lost = 1;
	cell = cell_of("ns", 1);
	json_object_set_new(json_object_get(json_object_get(cell, "exits"), "per_op"), "total",
			    json_null());
	observation__to_cell(obs, &probe, cell);
	assert_null_at(cell, "exits.per_op.total");
	json_decref(cell);
	observation__free(obs);
}

static void reasons_are_held_against_what_was_expected(void **state)
{
	static const struct {
		double expected;
		bool hardware_names;
		int agrees;
	} cases[] = { { 1, true, 1 },
		      { 1.0005, true, 1 },
		      { 1.002, true, 0 },
		      { 2, true, 0 },
		      { 1, false, -1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct observation *obs = observed();
		json_t *cell = cell_of("ns", cases[i].expected);

		obs->hardware_names = cases[i].hardware_names;
		observation__to_cell(obs, &probe, cell);
		assert_int_equal(doc__bool(cell, "exits.reasons_as_expected"), cases[i].agrees);
		json_decref(cell);
		observation__free(obs);
	}
}

static void a_failed_round_leaves_the_cell_as_it_is(void **state)
{
	struct observation *obs = observation__new();
	json_t *cell = cell_of("ns", 1), *before = json_deep_copy(cell);

	(void)state;
	error__set(&obs->err, -EIO, "the observed round failed: no progress");
	observation__to_cell(obs, &probe, cell);
	assert_int_equal(json_array_size(json_object_get(cell, "warnings")), 1);
	assert_non_null(
		strstr(doc__text(json_array_get(json_object_get(cell, "warnings"), 0), "text"),
		       "no progress"));
	json_array_clear(json_object_get(cell, "warnings"));
	assert_true(json_equal(cell, before));
	json_decref(before);
	json_decref(cell);
	observation__free(obs);
}

static void the_probe_s_cost_is_known_or_not(void **state)
{
	struct pair unknown[] = { probe, probe, probe };

	(void)state;
	assert_true(fabs(observation__cost_ns(&probe, probe.log_ratio) - 50) < 1e-6);
	assert_true(observation__cost_ns(&probe, probe.low) == 0);
	assert_true(fabs(observation__cost_ns(&probe, probe.high) - 100) < 1e-6);
	unknown[0].status = MEASURE_FAILED;
	unknown[1].alternations = 0;
	unknown[2].tsc_khz = 0;
	for (int i = 0; i < 3; i++)
		assert_true(isnan(observation__cost_ns(&unknown[i], probe.log_ratio)));
}

static json_t *with_steal(const struct steal *steal)
{
	struct observation *obs = observation__new();
	json_t *cell = cell_of("ns", 1), *sched = json_object();

	observation__add_steal(sched, steal, OPS);
	obs->context = json_pack("{s:o}", "sched", sched);
	observation__to_cell(obs, &probe, cell);
	observation__free(obs);
	return cell;
}

static void steal_is_reported_beside_the_host_s_delay(void **state)
{
	struct steal steal = { .known = true,
			       .ns = 4000000,
			       .host_known = true,
			       .host_ns = 4500000,
			       .window_ns = 500000000 };
	json_t *cell = with_steal(&steal);

	(void)state;
	assert_near(doc__number(cell, "sched.guest_steal_ns"), 4e6);
	assert_near(doc__number(cell, "sched.guest_steal_ns_per_op"), 4e3);
	assert_near(doc__number(cell, "sched.guest_steal_ns_per_s"), 8e6);
	assert_near(doc__number(cell, "sched.host_delay_ns_per_s"), 9e6);
	assert_int_equal(doc__bool(cell, "sched.steal_agrees"), 1);
	assert_int_equal(json_array_size(json_object_get(cell, "warnings")), 0);
	json_decref(cell);

	/* They differ by more than a fifth and by more than a millisecond. */
	steal.host_ns = 20000000;
	cell = with_steal(&steal);
	assert_int_equal(doc__bool(cell, "sched.steal_agrees"), 0);
	assert_non_null(
		strstr(doc__text(json_array_get(json_object_get(cell, "warnings"), 0), "text"),
		       "0.80 % of its time were stolen"));
	json_decref(cell);
	/* One is several times the other, but both are next to nothing. */
	steal.ns = 100000;
	steal.host_ns = 900000;
	cell = with_steal(&steal);
	assert_int_equal(doc__bool(cell, "sched.steal_agrees"), 1);
	json_decref(cell);
}

static void steal_that_is_not_known_has_its_reason(void **state)
{
	struct steal steal = { .why = "not offered", .window_ns = 1000 };
	json_t *cell = with_steal(&steal);

	(void)state;
	assert_null_at(cell, "sched.guest_steal_ns");
	assert_null_at(cell, "sched.host_delay_ns");
	assert_null_at(cell, "sched.steal_agrees");
	assert_string_equal(doc__text(cell, "sched.not_measured.guest_steal_ns"), "not offered");
	assert_non_null(strstr(doc__text(cell, "sched.not_measured.host_delay_ns"), "schedstat"));
	assert_int_equal(json_array_size(json_object_get(cell, "warnings")), 0);
	json_decref(cell);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_of_an_operation_is_taken_apart),
		cmocka_unit_test(parts_of_a_path_are_those_of_a_calm_round),
		cmocka_unit_test(parts_of_many_paths_are_not_those_of_one),
		cmocka_unit_test(what_the_guest_did_not_see_is_not_told),
		cmocka_unit_test(parts_above_the_whole_are_no_huge_number),
		cmocka_unit_test(a_lateness_has_no_parts),
		cmocka_unit_test(the_probe_counts_exits_where_kvm_does_not),
		cmocka_unit_test(reasons_are_held_against_what_was_expected),
		cmocka_unit_test(a_failed_round_leaves_the_cell_as_it_is),
		cmocka_unit_test(the_probe_s_cost_is_known_or_not),
		cmocka_unit_test(steal_is_reported_beside_the_host_s_delay),
		cmocka_unit_test(steal_that_is_not_known_has_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
