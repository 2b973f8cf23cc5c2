// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Gaps are put down to what overlaps them: the longest stop, an exit only if there is nothing else;
 * what no stop is near stays unattributed, and all of it adds up to what was lost.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bench/result/gaps.h"

#define BASE 1000000ull /* ns, at TSC 0; the clock runs at 2 GHz */

static struct gap_record *record(unsigned int n, const struct hv_gap *list)
{
	struct gap_record *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->tsc_khz = 2000000;
	r->tsc_is_host = true;
	r->nr_listed = n;
	r->all.nr = n;
	for (unsigned int i = 0; i < n; i++) {
		r->list[i] = list[i];
		r->all.cycles += list[i].cycles;
	}
	return r;
}

static double number(const json_t *gaps, const char *name)
{
	return json_number_value(json_object_get(gaps, name));
}

static const json_t *cause(const json_t *gaps, const char *name)
{
	const json_t *list = json_object_get(gaps, "causes"), *c;
	size_t i;

	json_array_foreach(list, i, c)
		if (!strcmp(json_string_value(json_object_get(c, "cause")), name))
			return c;
	return NULL;
}

static void gaps_have_the_cause_that_overlaps_them(void **state)
{
	/* 10..20, 100..140, 300..301 and 400..450 us. */
	const struct hv_gap list[] = {
		{ 20000, 20000 }, { 200000, 80000 }, { 600000, 2000 }, { 800000, 100000 }
	};
	const struct stop stops[] = {
		/* In another order than they began, as nested ones are written down. */
		{ BASE + 12000, BASE + 18000, STOP_TIMER, 0, "" },
		{ BASE + 11000, BASE + 19000, STOP_EXIT, 0, "" },
		{ BASE + 103000, BASE + 104000, STOP_SOFTIRQ, 1, "" },
		{ BASE + 101000, BASE + 139000, STOP_OFF, 0, "thief" },
		{ BASE + 401000, BASE + 449000, STOP_EXIT, 0, "" },
		/* A stop that overlaps no gap. */
		{ BASE + 200000, BASE + 250000, STOP_OFF, 0, "innocent" },
	};
	const struct gap_account account = {
		.stops = stops,
		.nr_stops = sizeof(stops) / sizeof(stops[0]),
		.begin = { 0, BASE },
		.end = { 2000000, BASE + 1000000 },
	};
	struct gap_record *r = record(4, list);
	json_t *gaps = gaps__account(r, &account);

	(void)state;
	assert_non_null(gaps);
	assert_int_equal(json_array_size(json_object_get(gaps, "causes")), 3);
	assert_float_equal(number(cause(gaps, "timer interrupt"), "guest_ns"), 10000, 1);
	assert_float_equal(number(cause(gaps, "timer interrupt"), "host_ns"), 8000, 1);
	assert_float_equal(number(cause(gaps, "thread thief"), "guest_ns"), 40000, 1);
	assert_float_equal(number(cause(gaps, "thread thief"), "host_ns"), 38000, 1);
	assert_float_equal(number(cause(gaps, "exit"), "guest_ns"), 50000, 1);
	assert_null(cause(gaps, "thread innocent"));
	assert_float_equal(number(gaps, "unattributed_ns"), 1000, 1);
	assert_int_equal(number(gaps, "unattributed"), 1);
	assert_float_equal(number(gaps, "attributed_ns") + number(gaps, "unattributed_ns"),
			   number(gaps, "lost_ns"), 1);
	json_decref(gaps);
	free(r);
}

static void without_a_common_clock_nothing_is_attributed(void **state)
{
	const struct hv_gap list[] = { { 20000, 20000 } };
	struct gap_account account = { .begin = { 0, BASE }, .end = { 2000000, BASE + 1000000 } };
	struct gap_record *r = record(1, list);
	json_t *gaps;

	(void)state;
	r->tsc_is_host = false;
	gaps = gaps__account(r, &account);
	assert_non_null(json_string_value(json_object_get(gaps, "why")));
	assert_true(json_is_null(json_object_get(gaps, "attributed_ns")));
	assert_float_equal(number(gaps, "lost_ns"), 10000, 1);
	json_decref(gaps);
	r->tsc_is_host = true;
	account.why = "not permitted";
	gaps = gaps__account(r, &account);
	assert_string_equal(json_string_value(json_object_get(gaps, "why")), "not permitted");
	json_decref(gaps);
	/* A host that stamped nothing. */
	account = (struct gap_account){ .stops = NULL };
	gaps = gaps__account(r, &account);
	assert_non_null(json_string_value(json_object_get(gaps, "why")));
	json_decref(gaps);
	free(r);
	assert_null(gaps__account(NULL, &account));
}

static void more_causes_than_places_are_together_in_the_last(void **state)
{
	enum { N = 100 };
	struct hv_gap list[N];
	struct stop stops[N];
	const struct gap_account account = {
		.stops = stops,
		.nr_stops = N,
		.begin = { 0, BASE },
		.end = { 200000000, BASE + 100000000 },
	};
	struct gap_record *r;
	double all = 0;
	json_t *gaps;

	(void)state;
	for (unsigned int i = 0; i < N; i++) {
		uint64_t at = 100000ull * (i + 1);

		list[i] = (struct hv_gap){ 2 * at, 20000 };
		stops[i] = (struct stop){ BASE + at, BASE + at + 10000, STOP_OFF, 0, "" };
		snprintf(stops[i].who, sizeof(stops[i].who), "t%u", i);
	}
	r = record(N, list);
	gaps = gaps__account(r, &account);
	for (size_t i = 0; i < json_array_size(json_object_get(gaps, "causes")); i++)
		all += number(json_array_get(json_object_get(gaps, "causes"), i), "count");
	assert_int_equal(all, N);
	assert_float_equal(number(cause(gaps, "other causes"), "count"), N - 63, 0);
	json_decref(gaps);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_have_the_cause_that_overlaps_them),
		cmocka_unit_test(without_a_common_clock_nothing_is_attributed),
		cmocka_unit_test(more_causes_than_places_are_together_in_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
