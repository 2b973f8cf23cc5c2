/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PIC's edge/level control register (ELCR): a port that KVM's in-kernel irqchip answers itself.
 *
 * Timed: n accesses back to back, and the loop is subtracted. kvm-unit-tests: inl_from_kernel
 * (reads one byte, whatever its name says), outl_to_kernel (writes one).
 */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	if (ctx->params[0])
		while (n--)
			arch_out8(HV_PORT_PIC, 0);
	else
		while (n--)
			arch_in8(HV_PORT_PIC);
	return 0;
}
#endif

static const char *const ops[] = { "read", "write", NULL };

DEFINE_WORKLOAD(workload_pio_kernel) = {
	.name = "pio-kernel",
	.what = "one byte from or to a port that the in-kernel PIC handles",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.needs = NEEDS_PIC,
	.exits = { { "IO_INSTRUCTION", "io", 1 } },
	.params = { { "op", "direction", PARAM_CHOICE, 0, 0, 0, ops } },
	.run = GUEST_ONLY(run),
};
