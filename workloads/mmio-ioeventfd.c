/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtio doorbell by MMIO. The ioeventfd is bound without a length, so that KVM can take its fast
 * path: on VMX it signals the eventfd without decoding the instruction. With match=value it signals
 * for one value only (KVM_IOEVENTFD_FLAG_DATAMATCH), for which it has to decode.
 *
 * Timed: n writes of 32 bits back to back, and the loop is subtracted. kvm-unit-tests: pci-mem's
 * wildcard-eventfd and datamatch-eventfd; its no-eventfd is mmio-user.
 */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	if (ctx->params[0])
		while (n--)
			arch_mmio_write32(HV_MMIO_MATCH, HV_MATCH);
	else
		while (n--)
			arch_mmio_write32(HV_MMIO_IOEVENTFD, 0);
	return 0;
}
#endif

static const char *const matches[] = { "any", "value", NULL };

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
	.params = { { "match", "which values KVM signals the eventfd for", PARAM_CHOICE, 0, 0, 0,
		      matches } },
	.run = GUEST_ONLY(run),
};
