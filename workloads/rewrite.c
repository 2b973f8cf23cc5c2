/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing to a page that the guest has written before. That costs the hypervisor nothing, unless
 * dirty logging (dirty_log=) has write-protected the page since: then the first write to each page
 * faults. Every page is written once in the timed part, and logging begins with that part.
 */
#include "workloads/workload.h"

#define WORKING_SET 0
#define PAGE	    1

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	volatile uint8_t *p = ctx->arena + ctx->state[0];
	uint64_t page = ctx->params[PAGE];

	ctx->state[0] += n * page;
	while (n--) {
		*p = 1;
		p += page;
	}
	return 0;
}

static int setup(struct workload_ctx *ctx)
{
	for (uint64_t at = 0; at < ctx->params[WORKING_SET]; at += 4096)
		*(volatile uint8_t *)(ctx->arena + at) = 1;
	return HV_REFUSED_NONE;
}

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[WORKING_SET];
}

static uint64_t max_ops(const uint64_t *params)
{
	return params[WORKING_SET] / params[PAGE];
}

DEFINE_WORKLOAD(workload_rewrite) = {
	.name = "rewrite",
	.what = "write to a page that was written before; the first one under dirty_log=",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.native = true,
	.small_pages = true,
	.exits_note = "none without dirty logging; with it one write fault a page, and none where "
		      "the CPU logs writes itself (page-modification logging)",
	.params = {
		{ "working_set", "bytes written in one VM",
		  PARAM_SIZE, 16 << 20, 1 << 16, 1ull << 39, NULL },
		{ "page", "distance of writes", PARAM_SIZE, 4096, 4096, 1 << 30, NULL },
	},
	.arena_bytes = arena_bytes,
	.max_ops = max_ops,
	.setup = setup,
	.run = run,
};
