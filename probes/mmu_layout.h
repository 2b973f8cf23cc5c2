/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the mmu probe's kernel side (mmu.bpf.c) and its user side (mmu.c) share. */
#ifndef HVBENCH_MMU_LAYOUT_H
#define HVBENCH_MMU_LAYOUT_H

#include <linux/types.h>

/*
 * The MMU's tracepoints: MMU_EVENT(tracepoint, name of the figure). Which of them a kernel has
 * depends on its version and on the kind of paging in use.
 */
#define MMU_EVENTS \
	MMU_EVENT(kvm_page_fault, faults) \
	MMU_EVENT(fast_page_fault, fast_faults) \
	MMU_EVENT(handle_mmio_page_fault, mmio_faults) \
	MMU_EVENT(kvm_mmu_set_spte, sptes_set) \
	MMU_EVENT(kvm_tdp_mmu_spte_changed, tdp_sptes_changed) \
	MMU_EVENT(kvm_mmu_get_page, table_pages_got) \
	MMU_EVENT(kvm_mmu_prepare_zap_page, table_pages_zapped) \
	MMU_EVENT(kvm_mmu_zap_all_fast, zaps_of_all) \
	MMU_EVENT(kvm_mmu_split_huge_page, huge_pages_split) \
	MMU_EVENT(kvm_unmap_hva_range, ranges_unmapped) \
	MMU_EVENT(kvm_age_hva, ranges_aged) \
	MMU_EVENT(kvm_try_async_get_page, async_faults) \
	MMU_EVENT(kvm_dirty_ring_push, dirty_ring_pushes) \
	MMU_EVENT(kvm_dirty_ring_exit, dirty_ring_full) \
	MMU_EVENT(kvm_pml_full, dirty_log_full)

enum mmu_event {
#define MMU_EVENT(tracepoint, name) MMU_##tracepoint,
	MMU_EVENTS
#undef MMU_EVENT
		MMU_NR_EVENTS,
};

/* The counts of one CPU. */
struct mmu_counts {
	__u64 own[MMU_NR_EVENTS];   /* by threads of the watched processes */
	__u64 other[MMU_NR_EVENTS]; /* by others: khugepaged, ksmd, NUMA balancing … */
};

#endif
