/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exits of a guest's guest. The payload is a hypervisor (L1) on the one that is measured (L0): it
 * enters a guest of its own (L2), a few instructions in the same address space, without nested
 * paging.
 *
 *   to=l1   L2 executes CPUID, which L1 intercepts: VMRUN, the exit to L0, which L0 hands to L1.
 *           One operation is one VMRUN and one such exit.
 *   to=l0   L2 executes CPUID, which only L0 intercepts and answers: L1 never sees it. One
 *           operation is one CPUID; n of them share one VMRUN, whose n-th part is in the figure
 *           but for the lab, whose clock is exact: there it is subtracted. Its exits are counted
 *           everywhere, so that the lab, with one operation a sample, has three instead of one.
 *
 * Timed: n operations at CPL0 of L1, and the loop is subtracted. GIF stays clear in between, so
 * that STGI and CLGI are once a sample; without virtual GIF (the lab's lane svm-bochs) each of them
 * exits then. In L0 to=l1 takes an exit for VMRUN and one for CPUID, to=l0 one for CPUID.
 *
 * SVM only (AMD's VMCB); skipped where CPUID does not offer it: nested=0, VMX, no hardware
 * virtualization. kvm-unit-tests svm_tests.c: latency_run_exit, which prints VMRUN and the exit
 * apart. The kernel's selftests x86/nested_* check the same paths.
 */
#include "arch.h"
#include "workloads/workload.h"

enum { TO_L1, TO_L0 };
static const char *const to[] = { "l1", "l0", NULL };

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

#define MSR_EFER	   0xc0000080u
#define EFER_SVME	   (1ull << 12)
#define MSR_VM_HSAVE	   0xc0010117u
#define CPUID_SVM	   (1u << 2) /* leaf 0x80000001, ECX */
#define INTERCEPT_CPUID	   (1u << 18)
#define INTERCEPT_SHUTDOWN (1u << 31)
#define INTERCEPT_VMRUN	   (1u << 0)
#define INTERCEPT_VMMCALL  (1u << 1)
#define EXIT_CPUID	   0x72
#define EXIT_VMMCALL	   0x81
#define CPUID_BYTES	   2
#define ATTRIB_CODE	   0x029b /* present, code, 64 bits */
#define ATTRIB_DATA	   0x0c93

/* AMD64 Architecture Programmer's Manual, volume 2, appendix B; what is not named stays 0. */
struct segment {
	uint16_t selector, attrib;
	uint32_t limit;
	uint64_t base;
};

struct vmcb {
	uint32_t cr, dr, exceptions, misc1, misc2;
	uint8_t pad0[0x58 - 0x14];
	uint32_t asid;
	uint8_t pad1[0x70 - 0x5c];
	uint64_t exit_code, exit_info1, exit_info2;
	uint8_t pad2[0x400 - 0x88];
	struct segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	uint8_t pad3[0x4d0 - 0x4a0];
	uint64_t efer;
	uint8_t pad4[0x548 - 0x4d8];
	uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
	uint8_t pad5[0x5d8 - 0x580];
	uint64_t rsp;
	uint8_t pad6[0x5f8 - 0x5e0];
	uint64_t rax;
	uint8_t pad7[0x668 - 0x600];
	uint64_t pat;
	uint8_t pad8[0x1000 - 0x670];
} __attribute__((packed));

_Static_assert(sizeof(struct vmcb) == 4096, "a VMCB is a page");

/* Of each vCPU. */
static struct vmcb vmcbs[HV_MAX_VCPUS] __attribute__((aligned(4096)));
static uint8_t host_save[HV_MAX_VCPUS][4096] __attribute__((aligned(4096)));

void nested_l2_cpuid(void);
void nested_l2_loop(void);
/* L2's code: R15 counts. A VMMCALL is intercepted by L1 and ends it. */
asm(".text\n"
    "nested_l2_cpuid:\n"
    "1:	cpuid\n"
    "	jmp 1b\n"
    "nested_l2_loop:\n"
    "	xorl %eax, %eax\n"
    "	xorl %ecx, %ecx\n"
    "	cpuid\n"
    "	decq %r15\n"
    "	jnz nested_l2_loop\n"
    "	vmmcall\n");

struct table {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static uint64_t ring0_prepare(void *ctx_pointer, uint64_t unused)
{
	struct workload_ctx *ctx = ctx_pointer;
	struct vmcb *v = &vmcbs[ctx->cpu];
	bool to_l1 = ctx->params[0] == TO_L1;
	struct table gdt, idt;
	uint32_t reg[4];

	(void)unused;
	arch_cpuid(0x80000000u, 0, reg);
	if (reg[0] < 0x8000000au)
		return HV_REFUSED_NOT_THERE;
	arch_cpuid(0x80000001u, 0, reg);
	if (!(reg[2] & CPUID_SVM))
		return HV_REFUSED_NOT_THERE;
	arch_wrmsr(MSR_EFER, arch_rdmsr(MSR_EFER) | EFER_SVME);
	arch_wrmsr(MSR_VM_HSAVE, (uint64_t)host_save[ctx->cpu]);
	v->misc1 = INTERCEPT_SHUTDOWN | (to_l1 ? INTERCEPT_CPUID : 0);
	v->misc2 = INTERCEPT_VMRUN | INTERCEPT_VMMCALL;
	v->asid = 1;
	v->cs = (struct segment){ SEL_CODE64, ATTRIB_CODE, 0xffffffff, 0 };
	v->ss = v->ds = v->es = (struct segment){ SEL_DATA, ATTRIB_DATA, 0xffffffff, 0 };
	asm volatile("sgdt %0; sidt %1" : "=m"(gdt), "=m"(idt));
	v->gdtr = (struct segment){ .limit = gdt.limit, .base = gdt.base };
	v->idtr = (struct segment){ .limit = idt.limit, .base = idt.base };
	v->efer = arch_rdmsr(MSR_EFER);
	asm volatile("mov %%cr0, %0" : "=r"(v->cr0));
	asm volatile("mov %%cr3, %0" : "=r"(v->cr3));
	asm volatile("mov %%cr4, %0" : "=r"(v->cr4));
	v->dr6 = 0xffff0ff0;
	v->dr7 = 0x400;
	v->rflags = 2;
	v->pat = 0x0007040600070406ull;
	v->rip = (uint64_t)(to_l1 ? nested_l2_cpuid : nested_l2_loop);
	return HV_REFUSED_NONE;
}

static int setup(struct workload_ctx *ctx)
{
	return (int)ring0(ring0_prepare, ctx, 0);
}

/* L2 has all registers but RAX and RSP, which VMRUN saves and #VMEXIT restores. */
static inline void enter(struct vmcb *v, uint64_t count)
{
	register uint64_t r15 asm("r15") = count;

	asm volatile("vmrun %%rax" : "+r"(r15) : "a"(v) : "rbx", "rcx", "rdx", "memory", "cc");
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	struct vmcb *v = &vmcbs[ctx->cpu];

	asm volatile("clgi" ::: "memory");
	if (ctx->params[0] == TO_L1) {
		while (n--) {
			enter(v, 0);
			v->rip = (uint64_t)nested_l2_cpuid;
		}
		ctx->state[0] |= v->exit_code ^ EXIT_CPUID;
	} else {
		v->rip = (uint64_t)nested_l2_loop;
		enter(v, n);
		ctx->state[0] |= v->exit_code ^ EXIT_VMMCALL;
	}
	asm volatile("stgi" ::: "memory");
	return 0;
}
#endif

static const struct workload_exit *exits_with(const uint64_t *params)
{
	static const struct workload_exit to_l1[] = { { .svm = "vmrun", .per_op = 1 },
						      { .svm = "cpuid", .per_op = 1 },
						      { 0 } };
	static const struct workload_exit to_l0[] = { { .svm = "cpuid", .per_op = 1 }, { 0 } };

	return params[0] == TO_L1 ? to_l1 : to_l0;
}

DEFINE_WORKLOAD(workload_nested_exit) = {
	.name = "nested-exit",
	.what = "an exit of a guest's guest, to the guest or past it",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.long_around = true,
	.optional = "SVM for the guest (nested virtualization)",
	.needs = NEEDS_HYPERVISOR,
	.exits_with = exits_with,
	.exits_note = "with to=l0 each sample has one more VMRUN and its VMMCALL; without virtual "
		      "GIF CLGI and STGI as well",
	.params = { { "to", "which hypervisor takes it", PARAM_CHOICE, TO_L1, 0, 0, to } },
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
