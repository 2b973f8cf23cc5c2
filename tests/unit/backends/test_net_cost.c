// SPDX-License-Identifier: GPL-2.0-or-later
/* What an operation cost, of raw samples whose answer is worked out by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "bench/backends/net_cost.h"

static const struct workload batch = { .kind = WORKLOAD_BATCH };
static const struct workload keeps = { .kind = WORKLOAD_BATCH, .keep_loop = true };
static const struct workload timer = { .kind = WORKLOAD_SELF_TIMED };
static const struct workload create = { .kind = WORKLOAD_HOST };

/* Samples of 10 operations; their median is 1040, that of the empty loop 40. */
static double samples[] = { 1340, 1040, 940 }, empty[] = { 30, 40, 900 };
static const struct measurement measured = {
	.samples = samples,
	.nr_samples = 3,
	.empty = empty,
	.nr_empty = 3,
	.ops_per_sample = 10,
};

static bool is(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

static void the_loop_is_subtracted_once_and_the_rest_divided(void **state)
{
	struct net_cost net = net_cost__of(&batch, &measured);

	(void)state;
	assert_true(is(net.loop, 40) && is(net.subtract, 40) && is(net.ops, 10));
	assert_true(is(net_cost__per_op(&net, 1340), 130));
	assert_true(is(net_cost__per_op(&net, 40), 0));
	assert_true(is(net_cost__per_op(&net, 30), -1));
	assert_true(is(net_cost__loop_per_op(&net), 4));
	assert_true(is(net_cost__median(&batch, &measured), 100));
}

/* The loop is shown, but it is part of the operation. */
static void a_loop_that_is_kept_is_not_subtracted(void **state)
{
	struct net_cost net = net_cost__of(&keeps, &measured);

	(void)state;
	assert_true(is(net.loop, 40) && is(net.subtract, 0));
	assert_true(is(net_cost__median(&keeps, &measured), 104));
}

/* These time a single operation, whatever a measurement says of batches. */
static void an_operation_that_is_timed_itself_is_taken_as_it_is(void **state)
{
	const struct workload *const itself[] = { &timer, &create, NULL };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct net_cost net = net_cost__of(itself[i], &measured);

		assert_true(is(net.subtract, 0) && is(net.ops, 1));
		assert_true(is(net_cost__median(itself[i], &measured), 1040));
	}
}

static void what_was_not_measured_is_not_known(void **state)
{
	struct measurement m = measured;
	struct net_cost net;

	(void)state;
	m.nr_empty = 0;
	net = net_cost__of(&batch, &m);
	assert_true(isnan(net.loop) && isnan(net_cost__loop_per_op(&net)));
	assert_true(is(net_cost__per_op(&net, 1340), 134));
	/* No division by zero either. */
	m.ops_per_sample = 0;
	assert_true(is(net_cost__median(&batch, &m), 1040));
	m.nr_samples = 0;
	assert_true(isnan(net_cost__median(&batch, &m)));
}

static void a_ratio_needs_two_positive_costs(void **state)
{
	(void)state;
	assert_true(is(net_cost__log_ratio(100, 150), log(1.5)));
	assert_true(is(net_cost__log_ratio(150, 100), -log(1.5)));
	assert_true(isnan(net_cost__log_ratio(0, 1)) && isnan(net_cost__log_ratio(1, 0)));
	assert_true(isnan(net_cost__log_ratio(-1, -1)) && isnan(net_cost__log_ratio(NAN, 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_loop_is_subtracted_once_and_the_rest_divided),
		cmocka_unit_test(a_loop_that_is_kept_is_not_subtracted),
		cmocka_unit_test(an_operation_that_is_timed_itself_is_taken_as_it_is),
		cmocka_unit_test(what_was_not_measured_is_not_known),
		cmocka_unit_test(a_ratio_needs_two_positive_costs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
