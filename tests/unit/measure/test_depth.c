// SPDX-License-Identifier: GPL-2.0-or-later
/* How deep a run goes in the time there is for it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "bench/measure/depth.h"
#include "bench/plan/job.h"
#include "bench/plan/list.h"

static struct plan plan_of(const char *job, double time_s, unsigned int rounds)
{
	struct plan_options opts = { .time_s = time_s, .rounds = rounds };
	struct error err = { 0 };
	struct plan plan;

	if (plan__from_job(&plan, job, &opts, &err))
		fail_msg("%s", err.text);
	return plan;
}

static void a_time_is_kept_from_seconds_to_a_day(void **state)
{
	static const double times[] = { 7, 10, 30, 60, 300, 3600, 86400 };
	const struct depth_options opts = { .samples = 0 };
	unsigned int before = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct plan plan = plan_of("quick", times[i], 0);
		struct depth depth;
		double took;

		depth__choose(&depth, &plan, &opts);
		took = depth__run_s(&depth);
		assert_true(took <= times[i]);
		assert_true(took > times[i] * 0.75);
		/* More time gives more rounds, which are the replicates. */
		assert_true(depth.rounds >= before);
		before = depth.rounds;
		assert_true((double)plan.nr_cells * depth.rounds * depth.req.samples <=
			    DEPTH_MAX_VALUES);
		plan__free(&plan);
	}
	assert_true(before > 1000);
}

static void too_short_a_time_ends_at_a_floor_that_is_reported(void **state)
{
	const struct depth_options opts = { .samples = 0 };
	struct plan plan = plan_of("full", 1, 0);
	struct depth depth;

	(void)state;
	depth__choose(&depth, &plan, &opts);
	assert_int_equal(depth.rounds, DEPTH_MIN_ROUNDS);
	assert_int_equal(depth.req.samples, DEPTH_MIN_SAMPLES);
	assert_true(depth__least_s(&plan, &opts) > 1);
	assert_true(depth__run_s(&depth) <= depth__least_s(&plan, &opts) * 1.001);
	plan__free(&plan);
}

/* What is promised is the time given, or the least time; rounds that were given are all made. */
static void a_run_has_a_deadline_by_what_it_promised(void **state)
{
	static const double times[] = { 1, 600 };
	const struct depth_options opts = { .samples = 0 };
	struct depth depth;
	struct plan plan;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		plan = plan_of("full", times[i], 0);
		depth__choose(&depth, &plan, &opts);
		assert_true(depth__deadline_s(&depth) > 1.4 * depth__run_s(&depth));
		assert_true(depth__deadline_s(&depth) <
			    1.6 * fmax(times[i], depth__least_s(&plan, &opts)));
		plan__free(&plan);
	}
	plan = plan_of("quick", 0, 0);
	depth__choose(&depth, &plan, &opts);
	assert_true(depth__deadline_s(&depth) == 0);
	plan__free(&plan);
	plan = plan_of("quick", 10, 3);
	depth__choose(&depth, &plan, &opts);
	assert_true(depth__deadline_s(&depth) == 0);
	plan__free(&plan);
}

static void rounds_that_were_asked_for_are_kept(void **state)
{
	const struct depth_options opts = { .samples = 0 };
	struct plan few = plan_of("quick", 60, 3), many = plan_of("quick", 10, 40);
	struct depth depth;

	(void)state;
	depth__choose(&depth, &few, &opts);
	assert_int_equal(depth.rounds, 3);
	assert_int_equal(depth.most_rounds, 3);
	assert_true(depth.req.samples > 100);
	depth__choose(&depth, &many, &opts);
	assert_int_equal(depth.rounds, 40);
	assert_int_equal(depth.req.samples, DEPTH_MIN_SAMPLES);
	assert_true(depth__fits(&depth, 39, 1000, 1000));
	plan__free(&few);
	plan__free(&many);
}

static void probes_and_twins_are_in_the_estimate(void **state)
{
	struct plan plan = plan_of("quick", 0, 0);
	struct depth with, without;

	(void)state;
	depth__choose(&with, &plan, &(struct depth_options){ .samples = 0 });
	depth__choose(&without, &plan, &(struct depth_options){ .no_probes = true });
	assert_true(depth__run_s(&with) > depth__run_s(&without) + 1);
	assert_true(depth__observed_s(&without) == 0);
	/* With an instruction-counting clock there are no twins. */
	depth__choose(&with, &plan, &(struct depth_options){ .no_probes = true, .icount = true });
	assert_true(depth__run_s(&with) < depth__run_s(&without));
	plan__free(&plan);
}

static void the_clock_ends_a_run_that_is_slower_than_thought(void **state)
{
	struct plan plan = plan_of("quick", 60, 0);
	struct depth depth;
	double round;

	(void)state;
	depth__choose(&depth, &plan, &(struct depth_options){ .samples = 0 });
	round = (depth__run_s(&depth) - depth__observed_s(&depth)) / depth.rounds;
	/*
	 * At the estimated speed all rounds fit. Four times as slow: a quarter of them, so that
	 * time is left for what follows.
	 */
	assert_true(depth__fits(&depth, depth.rounds - 1, round * (depth.rounds - 1),
				round * (depth.rounds - 1)));
	assert_false(depth__fits(&depth, depth.rounds / 4, 60, 60));
	assert_false(depth__fits(&depth, depth.rounds / 4 - 1, 55, 55));
	/* Twice as fast: more rounds than planned, and there is room for them. */
	assert_true(depth__fits(&depth, depth.rounds + 1, 30, 30));
	assert_true(depth.most_rounds > depth.rounds);
	/* Two rounds are always measured, however late it is: one has no spread. */
	assert_true(depth__fits(&depth, 1, 100, 100));
	plan__free(&plan);
}

/*
 * Cells that differ more from VM to VM than from sample to sample get more VMs, but no more
 * samples.
 */
static void cells_have_as_many_vms_as_their_kind_wants(void **state)
{
	struct plan_options none = { .rounds = 0 }, twenty = { .rounds = 20 };
	static const char list[] = "cpuid,chase:working_set=1g,ipi,touch,vm-create";
	static const unsigned int visits[] = { 1, 2, 4, 4, 2 };
	struct error err = { 0 };
	struct depth depth;
	struct plan plan;

	(void)state;
	assert_int_equal(plan__from_list(&plan, list, &none, &err), 0);
	depth__choose(&depth, &plan, &(struct depth_options){ .samples = 0 });
	assert_int_equal(depth__widest(&depth), 40);
	for (size_t i = 0; i < plan.nr_cells; i++) {
		struct measure_request req = depth__request(&depth, &plan.cells[i]);

		assert_int_equal(depth__visits(&depth, &plan.cells[i]), visits[i]);
		assert_int_equal(depth__most_visits(&depth, &plan.cells[i]), 10 * visits[i]);
		assert_int_equal(req.samples * visits[i], 100);
		assert_int_equal(req.singles * visits[i], 300);
	}
	/*
	 * A given number of samples is taken in one VM; and in a short run no VM gets fewer than it
	 * needs.
	 */
	depth__choose(&depth, &plan, &(struct depth_options){ .samples = 50 });
	assert_int_equal(depth__widest(&depth), 10);
	plan.time_s = depth__least_s(&plan, &(struct depth_options){ .samples = 0 });
	depth__choose(&depth, &plan, &(struct depth_options){ .samples = 0 });
	assert_int_equal(depth__request(&depth, &plan.cells[4]).samples, DEPTH_MIN_SAMPLES);
	plan__free(&plan);

	assert_int_equal(plan__from_list(&plan, list, &twenty, &err), 0);
	depth__choose(&depth, &plan, &(struct depth_options){ .samples = 0 });
	assert_int_equal(depth__widest(&depth), 20);
	plan__free(&plan);
}

static void what_waits_by_a_parameter_has_time_to(void **state)
{
	struct plan_options none = { .rounds = 0 };
	struct error err = { 0 };
	struct depth depth;
	struct plan plan;

	(void)state;
	assert_int_equal(plan__from_list(&plan, "halt-wake:delay=1s", &none, &err), 0);
	depth__choose(&depth, &plan, &(struct depth_options){ .samples = 5 });
	assert_true(depth__timeout_ms(&depth, &plan.cells[0]) > 50000);
	assert_true(depth__cell_s(&depth, &plan.cells[0]) > 8 * 5);
	plan__free(&plan);

	/* So does a workload whose batches are of one operation. */
	assert_int_equal(plan__from_list(&plan, "tsc-deadline:delay=1s", &none, &err), 0);
	depth__choose(&depth, &plan, &(struct depth_options){ .samples = 5, .no_probes = true });
	assert_true(depth__timeout_ms(&depth, &plan.cells[0]) > 50000);
	assert_true(depth__cell_s(&depth, &plan.cells[0]) > depth.rounds * 5);
	plan__free(&plan);

	/* As many operations as --ops says may take longer than a sample that is calibrated. */
	assert_int_equal(plan__from_list(&plan, "pio-user", &none, &err), 0);
	depth__choose(&depth, &plan, &(struct depth_options){ .samples = 4000 });
	depth.req.ops_per_sample = 5000;
	assert_true(depth__timeout_ms(&depth, &plan.cells[0]) > 500000);
	plan__free(&plan);

	/* The twin of an interrupt waits as often as the interrupt itself does. */
	assert_int_equal(plan__from_list(&plan, "ipi:gap=1s", &none, &err), 0);
	depth__choose(&depth, &plan, &(struct depth_options){ .samples = 5, .no_probes = true });
	assert_in_range(depth__cell_s(&depth, &plan.cells[0]), depth.rounds * 2 * 5,
			depth.rounds * 3 * 5);
	plan__free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_kept_from_seconds_to_a_day),
		cmocka_unit_test(too_short_a_time_ends_at_a_floor_that_is_reported),
		cmocka_unit_test(a_run_has_a_deadline_by_what_it_promised),
		cmocka_unit_test(rounds_that_were_asked_for_are_kept),
		cmocka_unit_test(probes_and_twins_are_in_the_estimate),
		cmocka_unit_test(the_clock_ends_a_run_that_is_slower_than_thought),
		cmocka_unit_test(cells_have_as_many_vms_as_their_kind_wants),
		cmocka_unit_test(what_waits_by_a_parameter_has_time_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
