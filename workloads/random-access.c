/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses to random places of the working set that do not depend on each other: the CPU has
 * several TLB misses and page walks under way at once, as a hash join or a graph has. `chase` with
 * stride=4k is the same one after the other; beside the caches, what tells the two apart is how
 * many page walkers the CPU has. Under two-dimensional paging a walk takes up to 24 references
 * instead of 4.
 *
 * The generator of the addresses (five instructions) is part of the figure.
 *
 * Same as: HPCC RandomAccess (GUPS) with op=update.
 */
#include "workloads/workload.h"

#define WORKING_SET 0
#define OP	    1
#define OP_UPDATE   1

static int setup(struct workload_ctx *ctx)
{
	/* A power of two, so that the address takes a mask and no division. */
	if (ctx->params[WORKING_SET] & (ctx->params[WORKING_SET] - 1))
		return HV_REFUSED_PARAMETER;
	for (uint64_t at = 0; at < ctx->params[WORKING_SET]; at += 4096)
		*(volatile uint64_t *)(ctx->arena + at) = 1;
	ctx->state[0] = 1;
	return HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t mask = (ctx->params[WORKING_SET] - 1) & ~7ull, x = ctx->state[0];
	bool update = ctx->params[OP] == OP_UPDATE;

	while (n--) {
		volatile uint64_t *p;

		/* xorshift64: Marsaglia, "Xorshift RNGs", 2003. */
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p = (volatile uint64_t *)(ctx->arena + (x & mask));
		if (update)
			*p ^= x;
		else
			(void)*p;
	}
	ctx->state[0] = x;
	return 0;
}

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[WORKING_SET];
}

static const char *const ops[] = { "read", "update", NULL };

DEFINE_WORKLOAD(workload_random_access) = {
	.name = "random-access",
	.what = "one access to a random place of the working set, independent of the one before",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.native = true,
	.keep_loop = true,
	.params = {
		{ "working_set", "bytes, a power of two", PARAM_SIZE, 64 << 20, 4096, 1ull << 38,
		  NULL },
		{ "op", "what is done", PARAM_CHOICE, 0, 0, 0, ops },
	},
	.arena_bytes = arena_bytes,
	.setup = setup,
	.run = run,
};
