/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "workloads/runtime/x86_64/pv.h"

#include <stddef.h>

#include "workloads/runtime/x86_64/runtime.h"

#define LEAF_HYPERVISOR	  0x40000000u
#define LEAF_STEP	  0x100u /* KVM's leaves come second where Hyper-V's are shown as well */
#define LEAF_FEATURES	  1
#define LEAF_HV_FEATURES  3
#define LEAF_HV_RECOMMEND 4
#define HV_INTERFACE	  0x31237648u		/* "Hv#1" */
#define GUEST_OS_ID	  (0x8100ull << 48 | 1) /* an open source system, none that is registered */

volatile uint32_t *pv_eoi_word;
struct pv_async_pf pv_async_pf __attribute__((aligned(64)));

static uint8_t call_page[4096] __attribute__((aligned(4096)));

/* At CPL0: at CPL3 a hypervisor further down may answer CPUID. */
static uint64_t ring0_kvm_features(void *unused, uint64_t unused_too)
{
	uint32_t reg[4];

	(void)unused;
	(void)unused_too;
	for (uint32_t base = LEAF_HYPERVISOR; base <= LEAF_HYPERVISOR + LEAF_STEP;
	     base += LEAF_STEP) {
		arch_cpuid(base, 0, reg);
		if (reg[1] != 0x4b4d564b || reg[2] != 0x564b4d56 || reg[3] != 0x4d)
			continue;
		arch_cpuid(base + LEAF_FEATURES, 0, reg);
		return reg[0];
	}
	return 0;
}

uint32_t pv__kvm_features(void)
{
	return (uint32_t)ring0(ring0_kvm_features, NULL, 0);
}

static uint64_t ring0_hyperv_features(void *unused, uint64_t unused_too)
{
	uint32_t reg[4];

	(void)unused;
	(void)unused_too;
	arch_cpuid(LEAF_HYPERVISOR + LEAF_FEATURES, 0, reg);
	if (reg[0] != HV_INTERFACE)
		return 0;
	arch_cpuid(LEAF_HYPERVISOR + LEAF_HV_FEATURES, 0, reg);
	arch_wrmsr(MSR_HV_GUEST_OS, GUEST_OS_ID);
	return (uint64_t)reg[3] << 32 | reg[0];
}

uint64_t pv__hyperv_features(void)
{
	return ring0(ring0_hyperv_features, NULL, 0);
}

static uint64_t ring0_hyperv_recommends(void *unused, uint64_t unused_too)
{
	uint32_t reg[4];

	(void)unused;
	(void)unused_too;
	arch_cpuid(LEAF_HYPERVISOR + LEAF_FEATURES, 0, reg);
	if (reg[0] != HV_INTERFACE)
		return 0;
	arch_cpuid(LEAF_HYPERVISOR + LEAF_HV_RECOMMEND, 0, reg);
	return reg[0];
}

uint32_t pv__hyperv_recommends(void)
{
	return (uint32_t)ring0(ring0_hyperv_recommends, NULL, 0);
}

static uint64_t ring0_wrmsr(void *msr, uint64_t value)
{
	arch_wrmsr((uint32_t)(uint64_t)msr, value);
	return 0;
}

void pv__wrmsr(uint32_t msr, uint64_t value)
{
	ring0(ring0_wrmsr, (void *)(uint64_t)msr, value);
}

void *pv__hyperv_call_page(void)
{
	pv__wrmsr(MSR_HV_HYPERCALL, (uint64_t)call_page | 1);
	return call_page;
}
