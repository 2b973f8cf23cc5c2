/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sequential bandwidth of one vCPU: one operation is a pass over the working set. Read is an
 * unrolled loop of 64-bit loads, at most two a cycle; only the first-level cache could deliver
 * more. Write and copy are REP STOSQ and REP MOVSQ, for which the CPU chooses its best method. A
 * copy moves working_set / 2 from one half to the other and counts both the bytes read and the
 * bytes written.
 */
#include "workloads/workload.h"

#define WORKING_SET 0
#define OP	    1
enum { OP_READ, OP_WRITE, OP_COPY };

static void read_pass(const uint8_t *p, uint64_t bytes)
{
	const uint8_t *end = p + bytes;
	uint64_t a, b;

	for (; p < end; p += 64)
		asm volatile(
			"mov (%2), %0\n\t mov 8(%2), %1\n\t mov 16(%2), %0\n\t mov 24(%2), %1\n\t"
			"mov 32(%2), %0\n\t mov 40(%2), %1\n\t mov 48(%2), %0\n\t mov 56(%2), %1"
			: "=&r"(a), "=&r"(b)
			: "r"(p)
			: "memory");
}

static void write_pass(uint8_t *p, uint64_t bytes)
{
	uint64_t count = bytes / 8;

	asm volatile("rep stosq" : "+D"(p), "+c"(count) : "a"(0x5a5a5a5a5a5a5a5aull) : "memory");
}

static void copy_pass(uint8_t *to, const uint8_t *from, uint64_t bytes)
{
	uint64_t count = bytes / 8;

	asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count)::"memory");
}

static int setup(struct workload_ctx *ctx)
{
	/* Touch every page before anything is timed. */
	write_pass(ctx->arena, ctx->params[WORKING_SET]);
	return HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t bytes = ctx->params[WORKING_SET];

	while (n--) {
		switch (ctx->params[OP]) {
		case OP_READ:
			read_pass(ctx->arena, bytes);
			break;
		case OP_WRITE:
			write_pass(ctx->arena, bytes);
			break;
		default:
			copy_pass(ctx->arena, ctx->arena + bytes / 2, bytes / 2);
		}
	}
	return 0;
}

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[WORKING_SET];
}

static uint64_t bytes_per_op(const uint64_t *params)
{
	return params[WORKING_SET];
}

static const char *const ops[] = { "read", "write", "copy", NULL };

DEFINE_WORKLOAD(workload_bandwidth) = {
	.name = "bandwidth",
	.what = "sequential bytes per second over the working set",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_BATCH,
	.unit = "bytes_per_s",
	.ring = 3,
	.native = true,
	.keep_loop = true,
	.cache = CACHE_LAST,
	.params = {
		{ "working_set",
		  "bytes gone through; auto, the default, lies inside the last-level cache",
		  PARAM_SIZE, 8 << 20, 4096, 1ull << 39, NULL },
		{ "op", "what is done", PARAM_CHOICE, OP_READ, 0, 0, ops },
	},
	.arena_bytes = arena_bytes,
	.bytes_per_op = bytes_per_op,
	.setup = setup,
	.run = run,
};
