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
#include "workloads/chase.h"
#include "workloads/workload.h"

#define WORKING_SET 0
#define STRIDE	    1
#define SEED	    2

static int setup(struct workload_ctx *ctx)
{
	uint64_t n = ctx->params[WORKING_SET] / ctx->params[STRIDE];

	if (n < 2 || ctx->params[STRIDE] % sizeof(uint64_t))
		return HV_REFUSED_PARAMETER;
	chase__link(ctx->arena, n, ctx->params[STRIDE], ctx->params[SEED]);
	ctx->state[0] = (uint64_t)ctx->arena;
	return HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	ctx->state[0] = (uint64_t)chase__follow((uint64_t **)ctx->state[0], n);
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
