/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PIC's edge/level control register: a port that KVM's in-kernel irqchip answers itself. */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		arch_in8(HV_PORT_PIC);
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_pio_kernel) = {
	.name = "pio-kernel",
	.what = "one byte from a port that the in-kernel PIC handles",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.needs = NEEDS_PIC,
	.exits = { { "IO_INSTRUCTION", "io", 1 } },
	.run = GUEST_ONLY(run),
};
