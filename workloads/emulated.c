/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions that KVM has to decode and emulate because one access is not all they do.
 *
 *   pio-string     REP INSB of so many bytes from a port of the VMM's: KVM asks for up to 1024 of
 *                  them at once, so that one exit to the VMM serves many. It then lets the guest
 *                  repeat the instruction, which finds nothing left to do: a second exit of the
 *                  CPU. (OUTS has no such read-ahead: it exits for each element, like that many
 *                  pio-user and a decoding each.)
 *   mmio-cmpxchg   LOCK CMPXCHG on an address of the VMM's: the VMM is asked to read and then to
 *                  write, in one exit of the CPU and two of KVM's.
 *
 * Timed: n such instructions, and the loop is subtracted. No peer measures these; compare with
 * pio-user:op=read and mmio-user.
 */
#include "arch.h"
#include "workloads/workload.h"

#define MAX_BYTES 1024

#ifdef HV_GUEST
static uint8_t buffer[MAX_BYTES] __attribute__((aligned(4096)));

static uint64_t run_string(struct workload_ctx *ctx, uint64_t n)
{
	while (n--) {
		uint64_t count = ctx->params[0];
		uint8_t *to = buffer;

		asm volatile("rep insb" : "+D"(to), "+c"(count) : "d"(HV_PORT_USER) : "memory");
	}
	return 0;
}

static uint64_t run_cmpxchg(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--) {
		uint32_t expected = 0;

		asm volatile("lock cmpxchgl %2, (%1)"
			     : "+a"(expected)
			     : "r"(HV_MMIO_USER), "r"(0)
			     : "memory", "cc");
	}
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_pio_string) = {
	.name = "pio-string",
	.what = "REP INSB from a port that the VMM handles in user space",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.optional = "string instructions on ports",
	.needs = NEEDS_USER_SPACE,
	.user_exits = 1,
	.exits = { { "IO_INSTRUCTION", "io", 2 } },
	.params = { { "count", "bytes that one instruction reads", PARAM_COUNT, 64, 1, MAX_BYTES,
		      NULL } },
	.run = GUEST_ONLY(run_string),
};

DEFINE_WORKLOAD(workload_mmio_cmpxchg) = {
	.name = "mmio-cmpxchg",
	.what = "LOCK CMPXCHG on an address that the VMM handles in user space",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.optional = "LOCK CMPXCHG on MMIO",
	.needs = NEEDS_USER_SPACE,
	.user_exits = 2,
	.exits = { { "EPT_MISCONFIG", "npf", 1 } },
	.run = GUEST_ONLY(run_cmpxchg),
};
