// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each row was compared with the source of the tool. A test (tests/unit/plan/test_peers.c) checks
 * that what the rows run exists, and that none of kvm-unit-tests' entries is missing.
 */
#include "bench/plan/peers.h"

#include <stddef.h>

#define KUT  "kvm-unit-tests x86/vmexit.c, 2026-06"
#define APF  "kvm-unit-tests x86/asyncpf.c, 2026-06"
#define REST "kvm-unit-tests x86, others that print figures, 2026-06"
#define ARM  "kvm-unit-tests arm/micro-bench.c, 2026-06"
#define SELF "Linux selftests/kvm, 2026-06"
#define HYP  "HyperBench, 2019"
#define ISCA "Dall et al., ISCA 2016"
#define LM   "multichase, lmbench"
#define RT   "rt-tests, rtla"

#define NO_ARM	  "left out: the guest's program is for x86-64 only"
#define SOFTWARE  "left out: it tests that something is right, and measures nothing"
#define NO_XAPIC2 "theirs in xAPIC mode writes the destination as well"

const struct peer_test peer_tests[] = {
	{ KUT, "cpuid", "cpuid:ring=0",
	  "theirs asks for leaf 0 and for one that there is not in turns: the mean of this and "
	  "cpuid:leaf=13:subleaf=0xffff:ring=0" },
	{ KUT, "vmcall", "hypercall:ring=0",
	  "another number that KVM does not know; theirs has two CPUIDs in each, which choose "
	  "between VMCALL and VMMCALL" },
	{ KUT, "wbinvd", "wbinvd", NULL },
	{ KUT, "invd", "invd", NULL },
	{ KUT, "mov_from_cr8", "cr8:op=read", NULL },
	{ KUT, "mov_to_cr8", "cr8", NULL },
	{ KUT, "inl_from_pmtimer", "pm-timer", "the VMM's clock, not QEMU's" },
	{ KUT, "inl_from_qemu", "pio-user:op=read", "one byte instead of four" },
	{ KUT, "inl_from_kernel", "pio-kernel", NULL },
	{ KUT, "outl_to_kernel", "pio-kernel:op=write", NULL },
	{ KUT, "mov_dr", "dr7", NULL },
	{ KUT, "tscdeadline_immed", "tsc-deadline",
	  "until its handler is done; theirs adds a CPUID to each" },
	{ KUT, "tscdeadline", "tsc-deadline:delay=1us", "a deadline 3000 cycles ahead there" },
	{ KUT, "self_ipi_sti_nop", "self-ipi", NO_XAPIC2 },
	{ KUT, "self_ipi_sti_hlt", "self-ipi:how=sti-hlt", NO_XAPIC2 },
	{ KUT, "self_ipi_tpr", "self-ipi:how=tpr", NO_XAPIC2 },
	{ KUT, "self_ipi_tpr_sti_nop", "self-ipi:how=tpr-sti-nop", NO_XAPIC2 },
	{ KUT, "self_ipi_tpr_sti_hlt", "self-ipi:how=tpr-sti-hlt", NO_XAPIC2 },
	{ KUT, "x2apic_self_ipi_sti_nop", "self-ipi:by=self-ipi", NULL },
	{ KUT, "x2apic_self_ipi_sti_hlt", "self-ipi:how=sti-hlt:by=self-ipi", NULL },
	{ KUT, "x2apic_self_ipi_tpr", "self-ipi:how=tpr:by=self-ipi", NULL },
	{ KUT, "x2apic_self_ipi_tpr_sti_nop", "self-ipi:how=tpr-sti-nop:by=self-ipi", NULL },
	{ KUT, "x2apic_self_ipi_tpr_sti_hlt", "self-ipi:how=tpr-sti-hlt:by=self-ipi", NULL },
	{ KUT, "ipi", "ipi", "from sending to the handler; theirs until the call is answered" },
	{ KUT, "ipi_halt", "ipi:target=halted", NULL },
	{ KUT, "ple_round_robin", "ple-round-robin", "once round; theirs is one vCPU's turn" },
	{ KUT, "wr_kernel_gs_base", "wrmsr:msr=0xc0000102", NULL },
	{ KUT, "wr_tsx_ctrl_msr", "wrmsr:msr=0x122", NULL },
	{ KUT, "wr_ibrs_msr", "wrmsr:msr=0x48:value=1", "theirs writes 1 and then 0" },
	{ KUT, "wr_ibpb_msr", "wrmsr:msr=0x49:value=1", NULL },
	{ KUT, "wr_tsc_adjust_msr", "wrmsr:msr=0x3b", NULL },
	{ KUT, "rd_tsc_adjust_msr", "rdmsr:msr=0x3b", NULL },
	{ KUT, "toggle_cr0_wp", "cr0-wp:others=clear", NULL },
	{ KUT, "toggle_cr4_pge", "cr4-pge", NULL },
	{ KUT, "pci-mem", "mmio-user,mmio-ioeventfd,mmio-ioeventfd:match=value",
	  "its no-eventfd, wildcard-eventfd and datamatch-eventfd" },
	{ KUT, "pci-io", "pio-user,pio-ioeventfd,pio-ioeventfd:match=value",
	  "its no-eventfd, wildcard-eventfd and datamatch-eventfd" },

	{ APF, "asyncpf", "async-pf,async-pf:notify=off",
	  "there a test of correctness, with pages that a memory limit swapped out" },

	{ REST, "svm: latency_run_exit", "nested-exit",
	  "VMRUN and the exit together; theirs times them apart" },
	{ REST, "svm: latency_run_exit_clean", "nested-exit",
	  "theirs also tells L0 that nothing of the VMCB has changed" },
	{ REST, "svm: latency_svm_insn", "svm-insn,svm-insn:insn=vmsave,svm-insn:insn=gif",
	  "STGI and CLGI in one" },
	{ REST, "tscdeadline_latency", "halt-wake", NULL },
	{ REST, "kvmclock_test", "pv-clock,pv-clock:by=rdtsc", NULL },

	{ ARM, "hypercall", NULL, NO_ARM },
	{ ARM, "mmio_read_user", NULL, NO_ARM },
	{ ARM, "mmio_read_vgic", NULL, NO_ARM },
	{ ARM, "eoi", NULL, NO_ARM },
	{ ARM, "ipi", NULL, NO_ARM },
	{ ARM, "ipi_hw", NULL, NO_ARM },
	{ ARM, "lpi", NULL, NO_ARM },
	{ ARM, "timer_10ms", NULL, NO_ARM },

	{ SELF, "dirty_log_perf_test", "dirty-log,rewrite",
	  "each step of its rounds; the guest's writes with --config dirty_log=bitmap or ring" },
	{ SELF, "demand_paging_test", "touch,userfault", "without and with its -u" },
	{ SELF, "access_tracking_perf_test", "access-tracking", NULL },
	{ SELF, "memslot_perf_test", "memslot-live", "memslot is the call on an idle VM" },
	{ SELF, "memslot_modification_stress_test", "memslot-live", NULL },
	{ SELF, "pre_fault_memory_test", "prefault", "there a test of correctness" },
	{ SELF, "kvm_page_table_test", NULL, "left out: nothing here splits and joins huge pages" },
	{ SELF, "mmu_stress_test", NULL, SOFTWARE },
	{ SELF, "steal_time", "steal-time",
	  "what keeping it costs; how much it was, against the run-queue delay, is in every "
	  "observed cell" },
	{ SELF, "coalesced_io_test", "coalesced-mmio", "there a test of correctness" },
	{ SELF, "irqfd_test", "inject", "there a test of correctness" },
	{ SELF, "set_memory_region_test", "rom-write", "there a test of correctness" },
	{ SELF, "xapic_ipi_test", "ipi:target=halted", "there a test of correctness" },
	{ SELF, "monitor_mwait_test", "mwait", "there a test of correctness" },

	{ HYP, "idle", "empty", NULL },
	{ HYP, "sgdt", "descriptors:ring=0", NULL },
	{ HYP, "sidt", "descriptors:insn=sidt:ring=0", NULL },
	{ HYP, "sldt", "descriptors:insn=sldt:ring=0", NULL },
	{ HYP, "pushf-popf", "pushf:ring=0", NULL },
	{ HYP, "lgdt", "lgdt", NULL },
	{ HYP, "set-cr3", "set-cr3:roots=1", NULL },
	{ HYP, "hypercall", "hypercall:ring=0", NULL },
	{ HYP, "ipi", "ipi", NULL },
	{ HYP, "hot memory access", "chase", "dependent loads instead of independent ones" },
	{ HYP, "cold memory access", "touch", NULL },
	{ HYP, "set page table", "pt-update", "with the INVLPG and a read" },
	{ HYP, "TLB shootdown", "tlb-shootdown", NULL },
	{ HYP, "in", "pio-user:op=read", NULL },
	{ HYP, "out", "pio-user", NULL },
	{ HYP, "print", NULL, "left out: characters to a serial port, each of them an out" },

	{ ISCA, "Hypercall", "hypercall:ring=0", NULL },
	{ ISCA, "Interrupt Controller Trap", "mmio-kernel", NULL },
	{ ISCA, "Virtual IPI", "ipi", NULL },
	{ ISCA, "Virtual IRQ Completion", "irq-completion", NULL },
	{ ISCA, "VM Switch", "vm-switch", "half of there and back, with what hands over" },
	{ ISCA, "I/O Latency Out", "io-out", NULL },
	{ ISCA, "I/O Latency In", "inject", NULL },

	{ LM, "pointer chase", "chase", NULL },
	{ LM, "bandwidth", "bandwidth", NULL },
	{ LM, "multiload", "loaded-latency", NULL },
	{ LM, "context switch", NULL,
	  "left out: a guest's kernel's work; set-cr3 is what a VM adds to it" },

	{ RT, "cyclictest", "halt-wake", "without an operating system in the guest" },
	{ RT, "oslat, rtla osnoise", "gaps", "with the cause on the host of each gap" },
	{ NULL, NULL, NULL, NULL }
};
