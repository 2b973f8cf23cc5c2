/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions that the guest's kernel handles itself, from CPL3 and back to it.
 *
 *   guest-ud   #UD. KVM intercepts it on both vendors, looks for an instruction that it would
 *              emulate (a hypercall of the other vendor), and injects it into the guest.
 *   guest-pf   #PF on an address that the guest has not mapped. With a second-stage table it is
 *              the guest's own business; KVM intercepts it where it shadows the guest's page tables
 *              (ept=0, npt=0, a software backend), and on VMX where the guest has fewer physical
 *              address bits than the host.
 *
 * Timed: n times UD2, or a load from the unmapped address, the way to a handler at CPL0 that only
 * steps over the instruction, and IRET back. The loop is subtracted. No peer measures these.
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

#define VECTOR_UD 6
#define VECTOR_PF 14
#define UNMAPPED  (1ull << 46)

void step_over_ud2(void);
void step_over_load(void);

/* UD2 has two bytes, the load three; #PF pushes an error code. */
asm(".pushsection .text\n"
    ".balign 16\n"
    "step_over_ud2: addq $2, (%rsp)\n"
    "	iretq\n"
    ".balign 16\n"
    "step_over_load: addq $3, 8(%rsp)\n"
    "	addq $8, %rsp\n"
    "	iretq\n"
    ".popsection\n");

static int setup_ud(struct workload_ctx *ctx)
{
	(void)ctx;
	trap__handle(VECTOR_UD, step_over_ud2);
	return HV_REFUSED_NONE;
}

static int setup_pf(struct workload_ctx *ctx)
{
	(void)ctx;
	trap__handle(VECTOR_PF, step_over_load);
	return HV_REFUSED_NONE;
}

static uint64_t run_ud(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		asm volatile("ud2" ::: "memory");
	return 0;
}

static uint64_t run_pf(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t address = UNMAPPED;

	(void)ctx;
	/* mov (%rax), %rax */
	while (n--)
		asm volatile(".byte 0x48, 0x8b, 0x00" : "+a"(address)::"memory");
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_guest_ud) = {
	.name = "guest-ud",
	.what = "#UD, handled in the guest",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.exits = { { "EXCEPTION_NMI", "UD excp", 1 } },
	.setup = GUEST_ONLY(setup_ud),
	.run = GUEST_ONLY(run_ud),
};

DEFINE_WORKLOAD(workload_guest_pf) = {
	.name = "guest-pf",
	.what = "#PF on an unmapped address, handled in the guest",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.setup = GUEST_ONLY(setup_pf),
	.run = GUEST_ONLY(run_pf),
};
