/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing back, or throwing away, all caches. Both exit always under KVM, which does nothing unless
 * a device behind the VM accesses memory without snooping the caches (VFIO: non-coherent DMA). Then
 * WBINVD writes the host's caches back: milliseconds, in which other CPUs wait for memory as well.
 * INVD, which would lose the host's data, is never carried out. (QEMU's SVM reports it as WBINVD.)
 *
 * Timed: n instructions back to back at CPL0, and the loop is subtracted. kvm-unit-tests: wbinvd,
 * invd.
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run_wbinvd(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		asm volatile("wbinvd" ::: "memory");
	return 0;
}

static uint64_t run_invd(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		asm volatile("invd" ::: "memory");
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_wbinvd) = {
	.name = "wbinvd",
	.what = "WBINVD: ignored, unless a device of the VM does not snoop caches",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "WBINVD",
	.needs = NEEDS_HYPERVISOR,
	.exits = { { "WBINVD", "wbinvd", 1 } },
	.run = GUEST_ONLY(run_wbinvd),
};

DEFINE_WORKLOAD(workload_invd) = {
	.name = "invd",
	.what = "INVD: ignored by KVM",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "INVD",
	.needs = NEEDS_HYPERVISOR,
	.exits = { { "INVD", "invd", 1 } },
	.exits_note = "QEMU's SVM reports it as wbinvd",
	.run = GUEST_ONLY(run_invd),
};
