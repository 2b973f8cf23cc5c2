/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Latency of dependent loads on vCPU 0, as `chase` measures it, while all other vCPUs of the VM
 * read memory as fast as they can, or with `delay` iterations of an empty loop after each cache
 * line. From delay=0 upwards the bandwidth in use falls and the latency with it: where the curve
 * bends is what the memory gives before loads queue. More vCPUs (vcpus=) load it more.
 *
 * Same as: Intel Memory Latency Checker --loaded_latency, multichase multiload.
 */
#include "workloads/chase.h"
#include "workloads/workload.h"

#define WORKING_SET 0
#define LOAD_SET    1
#define DELAY	    2
#define LINE	    64

static int setup(struct workload_ctx *ctx)
{
	uint8_t *load = ctx->arena + ctx->params[WORKING_SET];

	/* Pages of its own: what was never written is one page of zeroes, in the cache. */
	for (uint64_t at = 0; at < ctx->params[LOAD_SET]; at += 4096)
		*(volatile uint8_t *)(load + at) = 1;
	chase__link(ctx->arena, ctx->params[WORKING_SET] / LINE, LINE, 1);
	ctx->state[0] = (uint64_t)ctx->arena;
	return HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	ctx->state[0] = (uint64_t)chase__follow((uint64_t **)ctx->state[0], n);
	return 0;
}

#ifdef HV_GUEST
static void assist(struct workload_ctx *ctx)
{
	uint8_t *base = ctx->arena + ctx->params[WORKING_SET];
	uint64_t bytes = ctx->params[LOAD_SET], delay = ctx->params[DELAY];
	/* Each begins somewhere else, so that they do not read the same lines. */
	uint64_t at = bytes / ctx->nr_cpus * (ctx->cpu - 1) & ~(LINE - 1ull);

	/* In turns with the check of the flag: a page. */
	while (!*ctx->stop) {
		for (uint64_t i = 0; i < 4096 / LINE; i++) {
			(void)*(volatile uint64_t *)(base + at);
			at = at + LINE < bytes ? at + LINE : 0;
			for (uint64_t k = delay; k; k--)
				asm volatile("" : "+r"(k));
		}
	}
}
#endif

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[WORKING_SET] + params[LOAD_SET];
}

DEFINE_WORKLOAD(workload_loaded_latency) = {
	.name = "loaded-latency",
	.what = "one dependent load while the VM's other vCPUs stream through memory",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.keep_loop = true,
	.vcpus = 2,
	.params = {
		{ "working_set", "bytes gone through", PARAM_SIZE, 64 << 20, 4096, 1ull << 38,
		  NULL },
		{ "load_set", "bytes that the others read", PARAM_SIZE, 64 << 20, 4096, 1ull << 38,
		  NULL },
		{ "delay", "iterations of an empty loop after each line that they read",
		  PARAM_COUNT, 0, 0, 1000000, NULL },
	},
	.arena_bytes = arena_bytes,
	.setup = setup,
	.run = run,
	.assist = GUEST_ONLY(assist),
};
