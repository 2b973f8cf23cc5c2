/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's half of a virtio doorbell over a port: KVM signals an eventfd and re-enters. */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		arch_out16(HV_PORT_IOEVENTFD, 0);
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_pio_ioeventfd) = {
	.name = "pio-ioeventfd",
	.what = "16 bits to a port bound to an eventfd",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.needs = NEEDS_IOEVENTFD,
	.exits = { { "IO_INSTRUCTION", "io", 1 } },
	.run = GUEST_ONLY(run),
};
