/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtio doorbell by MMIO. The ioeventfd is bound without a length, so that KVM can take its fast
 * path: on VMX it signals the eventfd without decoding the instruction.
 */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		arch_mmio_write32(HV_MMIO_IOEVENTFD, 0);
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_mmio_ioeventfd) = {
	.name = "mmio-ioeventfd",
	.what = "32 bits to an address bound to an eventfd",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.needs = NEEDS_IOEVENTFD,
	.exits = { { "EPT_MISCONFIG", "npf", 1 } },
	.run = GUEST_ONLY(run),
};
