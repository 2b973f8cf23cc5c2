/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Latency of dependent loads: every element of the working set holds the address of the next, in
 * one random cycle through all of them (Sattolo's shuffle), so that prefetchers do not help and no
 * short cycle stays in the cache. With a stride below the page size many elements share a page;
 * with stride = 4k each load needs a TLB entry of its own, and what is measured is address
 * translation.
 *
 * The loop is unrolled eight times and its counter runs in parallel with the loads: no empty loop
 * is subtracted.
 */
#include "workloads/workload.h"

#define WORKING_SET 0
#define STRIDE	    1
#define SEED	    2
#define UNROLL	    8

static uint64_t next_random(uint64_t *x)
{
	/* xorshift64*: Marsaglia, "Xorshift RNGs", 2003; Vigna, 2014. */
	*x ^= *x >> 12;
	*x ^= *x << 25;
	*x ^= *x >> 27;
	return *x * 0x2545f4914f6cdd1dull;
}

static uint64_t **element(struct workload_ctx *ctx, uint64_t i)
{
	return (uint64_t **)(ctx->arena + i * ctx->params[STRIDE]);
}

static int setup(struct workload_ctx *ctx)
{
	uint64_t n = ctx->params[WORKING_SET] / ctx->params[STRIDE];
	uint64_t x = ctx->params[SEED] * 0x9e3779b97f4a7c15ull | 1;

	if (n < 2 || ctx->params[STRIDE] % sizeof(uint64_t))
		return HV_REFUSED_PARAMETER;
	/*
	 * Each element starts as its own successor; swapping it with a lower one each time yields a
	 * single cycle.
	 */
	for (uint64_t i = 0; i < n; i++)
		*element(ctx, i) = (uint64_t *)element(ctx, i);
	for (uint64_t i = n - 1; i > 0; i--) {
		uint64_t j = (uint64_t)(((unsigned __int128)next_random(&x) * i) >> 64);
		uint64_t *swap = *element(ctx, i);

		*element(ctx, i) = *element(ctx, j);
		*element(ctx, j) = swap;
	}
	ctx->state[0] = (uint64_t)element(ctx, 0);
	return HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t **p = (uint64_t **)ctx->state[0];

	for (; n >= UNROLL; n -= UNROLL) {
		asm volatile("mov (%0), %0\n\t mov (%0), %0\n\t mov (%0), %0\n\t mov (%0), %0\n\t"
			     "mov (%0), %0\n\t mov (%0), %0\n\t mov (%0), %0\n\t mov (%0), %0"
			     : "+r"(p)::"memory");
	}
	while (n--)
		asm volatile("mov (%0), %0" : "+r"(p)::"memory");
	ctx->state[0] = (uint64_t)p;
	return 0;
}

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[WORKING_SET];
}

DEFINE_WORKLOAD(workload_chase) = {
	.name = "chase",
	.what = "one dependent load in a random cycle through the working set",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.native = true,
	.keep_loop = true,
	.cache = CACHE_L2,
	.params = {
		{ "working_set",
		  "bytes gone through; auto, the default, lies inside the second-level cache",
		  PARAM_SIZE, 256 << 10, 4096, 1ull << 39, NULL },
		{ "stride", "distance of elements", PARAM_SIZE, 64, 8, 1 << 21, NULL },
		{ "seed", "of the permutation", PARAM_COUNT, 1, 0, ~0ull, NULL },
	},
	.arena_bytes = arena_bytes,
	.setup = setup,
	.run = run,
};
