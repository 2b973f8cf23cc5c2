/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the hypervisor is KVM: Documentation/virt/kvm/x86/cpuid.rst. */
#include "workloads/runtime/x86_64/runtime.h"

#define CPUID_HYPERVISOR 0x40000000u
/* KVM's leaves come second where Hyper-V's are shown as well. */
#define CPUID_HYPERVISOR_STEP 0x100u

/* "KVMKVMKVM" and three zeroes. */
static bool is_kvm(uint32_t leaf)
{
	uint32_t reg[4];

	arch_cpuid(leaf, 0, reg);
	return reg[1] == 0x4b4d564b && reg[2] == 0x564b4d56 && reg[3] == 0x4d;
}

uint32_t kvm__leaf(void)
{
	if (is_kvm(CPUID_HYPERVISOR))
		return CPUID_HYPERVISOR;
	return is_kvm(CPUID_HYPERVISOR + CPUID_HYPERVISOR_STEP) ?
		       CPUID_HYPERVISOR + CPUID_HYPERVISOR_STEP :
		       0;
}
