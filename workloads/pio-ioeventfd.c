/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's half of a virtio doorbell over a port: KVM signals an eventfd and re-enters. With
 * match=value it does so for one value only (KVM_IOEVENTFD_FLAG_DATAMATCH), as legacy virtio needs
 * it, where one port serves all queues.
 *
 * Timed: n writes of 16 bits back to back, and the loop is subtracted. kvm-unit-tests: pci-io's
 * wildcard-eventfd and datamatch-eventfd; its no-eventfd is pio-user.
 */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	if (ctx->params[0])
		while (n--)
			arch_out16(HV_PORT_MATCH, HV_MATCH);
	else
		while (n--)
			arch_out16(HV_PORT_IOEVENTFD, 0);
	return 0;
}
#endif

static const char *const matches[] = { "any", "value", NULL };

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
	.params = { { "match", "which values KVM signals the eventfd for", PARAM_CHOICE, 0, 0, 0,
		      matches } },
	.run = GUEST_ONLY(run),
};
