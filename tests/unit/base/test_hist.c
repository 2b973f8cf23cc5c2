// SPDX-License-Identifier: GPL-2.0-or-later
/* The buckets tile 64 bits without a gap, and quantiles are within 1/16 of the truth. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "bench/base/hist.h"
#include "bench/base/stats.h"
#include "workloads/abi.h"

static void layout_is_the_guest_s(void **state)
{
	(void)state;
	assert_int_equal(HIST_SUB_BITS, HV_HIST_SUB_BITS);
	assert_int_equal(HIST_BUCKETS, HV_HIST_BUCKETS);
	/* The formula as abi.h states it, which the guest implements. */
	for (unsigned int bit = 4; bit < 64; bit++) {
		for (uint64_t low = 0; low < 16; low++) {
			uint64_t v = 1ull << bit | low << (bit - 4);

			assert_int_equal(hist__bucket(v), (bit - 3) * 16 + low);
		}
	}
}

static void every_bucket_has_exact_bounds(void **state)
{
	(void)state;
	assert_int_equal(hist__low(0), 0);
	assert_true(hist__high(HIST_BUCKETS - 1) == UINT64_MAX);
	assert_true(hist__low(HIST_BUCKETS) == UINT64_MAX);
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		uint64_t low = hist__low(i), high = hist__high(i);

		assert_true(low <= high);
		assert_int_equal(hist__bucket(low), i);
		assert_int_equal(hist__bucket(high), i);
		assert_true(high - low <= low / 16);
		if (i)
			assert_true(hist__high(i - 1) + 1 == low);
		if (i < 16)
			assert_true(low == i && high == i);
	}
}

static int compare_u64(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return (a > b) - (a < b);
}

static void quantiles_are_within_a_sixteenth(void **state)
{
	static const double qs[] = { 0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1 };
	enum { N = 20000 };
	static uint64_t values[N];
	struct rng rng;

	(void)state;
	rng__seed(&rng, 7);
	for (int round = 0; round < 4; round++) {
		struct hist *h = calloc(1, sizeof(*h));

		assert_non_null(h);
		for (int i = 0; i < N; i++) {
			values[i] = (uint64_t)exp(rng__uniform(&rng) * 10 * (round + 1));
			hist__add(h, values[i], 1);
		}
		qsort(values, N, sizeof(values[0]), compare_u64);
		assert_int_equal(h->count, N);
		assert_true(h->max == values[N - 1]);
		for (size_t i = 0; i < sizeof(qs) / sizeof(qs[0]); i++) {
			size_t rank = (size_t)ceil(qs[i] * N);
			double truth = (double)values[rank ? rank - 1 : 0],
			       got = hist__quantile(h, qs[i]);

			assert_true(fabs(got - truth) <= truth / 16);
			assert_true(got <= (double)h->max);
		}
		free(h);
	}
}

static void small_values_are_exact(void **state)
{
	struct hist h = { 0 };

	(void)state;
	assert_true(hist__quantile(&h, 0.5) == 0);
	assert_true(hist__mean(&h) == 0);
	for (uint64_t v = 0; v < 10; v++)
		hist__add(&h, v, 10);
	assert_true(hist__quantile(&h, 0.45) == 4);
	assert_true(hist__quantile(&h, 0.5) == 4);
	assert_true(hist__quantile(&h, 0.51) == 5);
	assert_true(hist__quantile(&h, 1) == 9);
	assert_true(hist__quantile(&h, -1) == 0);
	assert_true(hist__quantile(&h, 2) == 9);
	assert_true(hist__quantile(&h, NAN) == 0);
	assert_true(hist__mean(&h) == 4.5);
}

static void one_value_is_never_exceeded(void **state)
{
	struct hist h = { 0 };

	(void)state;
	hist__add(&h, 1000, 3);
	for (double q = 0; q <= 1; q += 0.125)
		assert_true(hist__quantile(&h, q) <= 1000 && hist__quantile(&h, q) >= 992);
	assert_true(hist__mean(&h) <= 1000 && hist__mean(&h) >= 992);
}

static void merging_equals_adding_to_one(void **state)
{
	struct hist a = { 0 }, b = { 0 }, both = { 0 }, again;
	struct rng rng;

	(void)state;
	rng__seed(&rng, 3);
	for (int i = 0; i < 1000; i++) {
		uint64_t v = rng__next(&rng) >> rng__below(&rng, 64), times = rng__below(&rng, 4);

		hist__add(i & 1 ? &a : &b, v, times);
		hist__add(&both, v, times);
	}
	again = b;
	hist__merge(&again, &a);
	hist__merge(&a, &b);
	assert_memory_equal(&a, &both, sizeof(a));
	assert_memory_equal(&again, &both, sizeof(again));
}

static void counts_saturate_and_lies_are_survived(void **state)
{
	struct hist h = { 0 };

	(void)state;
	hist__add(&h, UINT64_MAX, UINT64_MAX);
	hist__add(&h, UINT64_MAX, UINT64_MAX);
	assert_true(h.count == UINT64_MAX && h.bucket[HIST_BUCKETS - 1] == UINT64_MAX);
	hist__add(&h, 5, 0);
	assert_true(h.bucket[5] == 0);
	hist__merge(&h, &h);
	assert_true(h.count == UINT64_MAX);

	/*
	 * A histogram with a count but empty buckets, and one whose maximum lies below its only
	 * used bucket.
	 */
	h = (struct hist){ .count = 100, .max = 7 };
	assert_true(hist__quantile(&h, 0.5) == 7);
	h.bucket[500] = 1;
	assert_true(hist__quantile(&h, 0.001) <= 7);
	assert_true(isfinite(hist__mean(&h)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout_is_the_guest_s),
		cmocka_unit_test(every_bucket_has_exact_bounds),
		cmocka_unit_test(quantiles_are_within_a_sixteenth),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(one_value_is_never_exceeded),
		cmocka_unit_test(merging_equals_adding_to_one),
		cmocka_unit_test(counts_saturate_and_lies_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
