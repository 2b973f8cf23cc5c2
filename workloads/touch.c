/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First touch: one write to each page of memory that the guest has not used yet. With
 * host_page=fresh the host has to find a page, zero it, map it, and map it for the guest; with
 * host_page=present it has the page already, and only the second-stage mapping is missing (in a
 * process, the process's own). Every page can be touched only once, so a fresh VM has working_set /
 * page operations in it.
 */
#include "workloads/workload.h"

#define WORKING_SET	  0
#define PAGE		  1
#define HOST_PAGE	  2
#define HOST_PAGE_PRESENT 1

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

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[WORKING_SET];
}

static uint64_t max_ops(const uint64_t *params)
{
	return params[WORKING_SET] / params[PAGE];
}

static bool populate(const uint64_t *params)
{
	return params[HOST_PAGE] == HOST_PAGE_PRESENT;
}

static const char *const host_page[] = { "fresh", "present", NULL };

DEFINE_WORKLOAD(workload_touch) = {
	.name = "touch",
	.what = "first write to a page of guest memory",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.native = true,
	.small_pages = true,
	.exits = { { "EPT_VIOLATION", "npf", 1 } },
	.exits_note = "with host pages larger than `page` only the first touch of each exits",
	.params = {
		{ "working_set", "bytes touched in one VM",
		  PARAM_SIZE, 16 << 20, 1 << 16, 1ull << 39, NULL },
		{ "page", "distance of touches", PARAM_SIZE, 4096, 4096, 1 << 30, NULL },
		{ "host_page", "what the host has behind the page",
		  PARAM_CHOICE, 0, 0, 0, host_page },
	},
	.arena_bytes = arena_bytes,
	.max_ops = max_ops,
	.populate = populate,
	.run = run,
};
