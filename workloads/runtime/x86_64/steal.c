/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's steal time (Documentation/virt/kvm/x86/msr.rst, MSR_KVM_STEAL_TIME): how long this vCPU was
 * ready to run and did not, written by KVM into mailbox.steal when the vCPU is put back on a CPU.
 */
#include "workloads/runtime/x86_64/runtime.h"

#define MSR_KVM_STEAL_TIME     0x4b564d03
#define STEAL_ENABLE	       1
#define CPUID_KVM_FEATURES     1
#define KVM_FEATURE_STEAL_TIME (1u << 5)

static uint64_t ring0_enable(void *record, uint64_t unused)
{
	uint32_t reg[4], base = kvm__leaf();

	(void)unused;
	if (!base)
		return HV_STEAL_NOT_KVM;
	arch_cpuid(base + CPUID_KVM_FEATURES, 0, reg);
	if (!(reg[0] & KVM_FEATURE_STEAL_TIME))
		return HV_STEAL_NO_FEATURE;
	arch_wrmsr(MSR_KVM_STEAL_TIME, (uint64_t)record | STEAL_ENABLE);
	return HV_STEAL_ON;
}

uint32_t steal__enable(uint32_t cpu)
{
	return (uint32_t)ring0(ring0_enable, &mailbox.steal[cpu], 0);
}
