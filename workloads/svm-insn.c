/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a hypervisor that is a guest itself (L1) executes around each VMRUN: KVM, as any other on
 * AMD, saves and loads what VMRUN leaves out, and keeps interrupts away meanwhile.
 *
 *   insn=vmload  the segments and MSRs of a VMCB into the CPU
 *   insn=vmsave  the other way
 *   insn=gif     CLGI and STGI
 *
 * The hypervisor below takes each of them, except where the CPU has virtual VMLOAD and VMSAVE
 * (kvm_amd's `vls`) and virtual GIF (`vgif`); other accesses to a VMCB are accesses to memory.
 *
 * Timed: n times the instruction, or both of gif, at CPL0, and the loop is subtracted. The VMCB
 * holds what the CPU has already. SVM only; skipped where CPUID does not offer it.
 * kvm-unit-tests svm_tests.c: latency_svm_insn, which times STGI and CLGI each by itself.
 */
#include "workloads/workload.h"

enum { VMLOAD, VMSAVE, GIF };
static const char *const insns[] = { "vmload", "vmsave", "gif", NULL };

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

#define MSR_EFER  0xc0000080u
#define EFER_SVME (1ull << 12)
#define CPUID_SVM (1u << 2) /* leaf 0x80000001, ECX */

static uint8_t vmcbs[HV_MAX_VCPUS][4096] __attribute__((aligned(4096)));

static uint64_t ring0_prepare(void *vmcb, uint64_t unused)
{
	uint32_t reg[4];

	(void)unused;
	arch_cpuid(0x80000000u, 0, reg);
	if (reg[0] < 0x8000000au)
		return HV_REFUSED_NOT_THERE;
	arch_cpuid(0x80000001u, 0, reg);
	if (!(reg[2] & CPUID_SVM))
		return HV_REFUSED_NOT_THERE;
	arch_wrmsr(MSR_EFER, arch_rdmsr(MSR_EFER) | EFER_SVME);
	asm volatile("vmsave %%rax" ::"a"(vmcb) : "memory");
	return HV_REFUSED_NONE;
}

static int setup(struct workload_ctx *ctx)
{
	return (int)ring0(ring0_prepare, vmcbs[ctx->cpu], 0);
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	void *vmcb = vmcbs[ctx->cpu];

	switch (ctx->params[0]) {
	case VMLOAD:
		while (n--)
			asm volatile("vmload %%rax" ::"a"(vmcb) : "memory");
		break;
	case VMSAVE:
		while (n--)
			asm volatile("vmsave %%rax" ::"a"(vmcb) : "memory");
		break;
	default:
		while (n--)
			asm volatile("clgi; stgi" ::: "memory");
	}
	return 0;
}
#endif

static const struct workload_exit *exits_with(const uint64_t *params)
{
	static const struct workload_exit vmload[] = { { .svm = "vmload", .per_op = 1 }, { 0 } };
	static const struct workload_exit vmsave[] = { { .svm = "vmsave", .per_op = 1 }, { 0 } };
	static const struct workload_exit gif[] = { { 0 } };

	return params[0] == VMLOAD ? vmload : params[0] == VMSAVE ? vmsave : gif;
}

DEFINE_WORKLOAD(workload_svm_insn) = {
	.name = "svm-insn",
	.what = "what a guest that is a hypervisor executes around VMRUN: VMLOAD, VMSAVE, or CLGI "
		"and STGI",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "SVM for the guest (nested virtualization)",
	.needs = NEEDS_HYPERVISOR,
	.exits_with = exits_with,
	.exits_note = "vmload, vmsave: none with virtual VMLOAD and VMSAVE; without virtual GIF "
		      "gif takes 1 clgi and 1 stgi",
	.params = { { "insn", "which", PARAM_CHOICE, VMLOAD, 0, 0, insns } },
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
