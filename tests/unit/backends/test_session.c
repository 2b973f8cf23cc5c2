// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest says it lost while the host did something: gaps count that overlap the time, a list
 * that ran over counts as a whole, and nothing that the guest writes leads out of the list.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "bench/backends/kvm/session.c"

static struct hv_gaps *gaps_of(unsigned int n)
{
	struct hv_gaps *gaps = calloc(1, sizeof(*gaps));

	assert_non_null(gaps);
	/* At 1000, 2000, 3000 …, each 100 long. */
	for (unsigned int i = 0; i < n; i++) {
		gaps->list[gaps->nr++ % HV_MAX_GAPS] = (struct hv_gap){ 1000ull * (i + 1), 100 };
		gaps->cycles += 100;
	}
	return gaps;
}

static void gaps_that_overlap_the_call_count(void **state)
{
	struct hv_gaps *gaps = gaps_of(5);

	(void)state;
	assert_int_equal(lost_cycles(gaps, 0, 0, 1500, 3500), 200);
	/* A gap that is under way when the call begins, and one when it ends. */
	assert_int_equal(lost_cycles(gaps, 0, 0, 1050, 3000), 300);
	assert_int_equal(lost_cycles(gaps, 0, 0, 1101, 2999), 100);
	assert_int_equal(lost_cycles(gaps, 0, 0, 1200, 1900), 0);
	/* Gaps noted before the call are not looked at. */
	assert_int_equal(lost_cycles(gaps, 2, 200, 1500, 3500), 100);
	free(gaps);
}

static void a_list_that_ran_over_counts_as_a_whole(void **state)
{
	struct hv_gaps *gaps = gaps_of(HV_MAX_GAPS + 7);

	(void)state;
	assert_int_equal(lost_cycles(gaps, 0, 0, 0, UINT64_MAX), 100 * (HV_MAX_GAPS + 7));
	assert_int_equal(lost_cycles(gaps, 7, 700, 0, UINT64_MAX), 100 * HV_MAX_GAPS);
	free(gaps);
}

static void a_guest_that_lies_about_the_number_leads_nowhere(void **state)
{
	struct hv_gaps *gaps = gaps_of(3);

	(void)state;
	gaps->nr = UINT64_MAX;
	lost_cycles(gaps, 3, 300, 0, UINT64_MAX);
	lost_cycles(gaps, UINT64_MAX - 3, 300, 0, UINT64_MAX);
	gaps->nr = 0;
	lost_cycles(gaps, 3, 300, 0, UINT64_MAX);
	free(gaps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_that_overlap_the_call_count),
		cmocka_unit_test(a_list_that_ran_over_counts_as_a_whole),
		cmocka_unit_test(a_guest_that_lies_about_the_number_leads_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
