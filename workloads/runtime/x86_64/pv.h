/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a hypervisor offers its guests instead of exits: KVM's features (Documentation/virt/kvm/x86/
 * cpuid.rst and msr.rst) and the Hyper-V interface (Microsoft's Hypervisor Top Level Functional
 * Specification). For CPL3: CPUID and MSRs are accessed through ring0().
 */
#ifndef HVBENCH_RUNTIME_PV_H
#define HVBENCH_RUNTIME_PV_H

#include <stdbool.h>
#include <stdint.h>

/* Bits of KVM_CPUID_FEATURES. */
#define PV_KVM_CLOCK	    (1u << 3)
#define PV_KVM_ASYNC_PF	    (1u << 4)
#define PV_KVM_STEAL	    (1u << 5)
#define PV_KVM_EOI	    (1u << 6)
#define PV_KVM_UNHALT	    (1u << 7)
#define PV_KVM_TLB_FLUSH    (1u << 9)
#define PV_KVM_SEND_IPI	    (1u << 11)
#define PV_KVM_POLL_CONTROL (1u << 12)
#define PV_KVM_ASYNC_PF_INT (1u << 14)

#define MSR_KVM_SYSTEM_TIME  0x4b564d01u
#define MSR_KVM_ASYNC_PF_EN  0x4b564d02u
#define MSR_KVM_STEAL_TIME   0x4b564d03u
#define MSR_KVM_PV_EOI	     0x4b564d04u
#define MSR_KVM_POLL_CONTROL 0x4b564d05u
#define MSR_KVM_ASYNC_PF_INT 0x4b564d06u /* ..._ACK, the next one: start.S */

/* Bits of HYPERV_CPUID_FEATURES: EAX, and 32 bits up those of EDX. */
#define PV_HV_COUNTER	    (1u << 1)
#define PV_HV_SYNIC	    (1u << 2)
#define PV_HV_STIMER	    (1u << 3)
#define PV_HV_APIC	    (1u << 4)
#define PV_HV_HYPERCALL	    (1u << 5)
#define PV_HV_TSC_PAGE	    (1u << 9)
#define PV_HV_STIMER_DIRECT (1ull << (32 + 19))

/* Bits of HYPERV_CPUID_ENLIGHTMENT_INFO, EAX: what Hyper-V recommends to its guests. */
#define PV_HV_FLUSH_BY_CALL (1u << 2)

#define MSR_HV_GUEST_OS	      0x40000000u
#define MSR_HV_HYPERCALL      0x40000001u
#define MSR_HV_REF_COUNT      0x40000020u
#define MSR_HV_REF_TSC	      0x40000021u
#define MSR_HV_ASSIST_PAGE    0x40000073u
#define MSR_HV_SCONTROL	      0x40000080u
#define MSR_HV_SIMP	      0x40000083u
#define MSR_HV_SINT0	      0x40000090u
#define MSR_HV_STIMER0_CONFIG 0x400000b0u
#define MSR_HV_STIMER0_COUNT  0x400000b1u

/* KVM's features; 0: no KVM, or it shows itself as something else. */
uint32_t pv__kvm_features(void);
/* Hyper-V's features; 0: none. With any of them, it knows us as a guest afterwards. */
uint64_t pv__hyperv_features(void);
/* What it recommends; 0: nothing, or no Hyper-V. */
uint32_t pv__hyperv_recommends(void);
void pv__wrmsr(uint32_t msr, uint64_t value);
/* The page through which Hyper-V is called, after pv__hyperv_features(); it is code. */
void *pv__hyperv_call_page(void);

/*
 * The word whose bit 0 says that an interrupt needs no EOI, to be tested and cleared by the handler
 * of HV_VECTOR_COMPLETE; NULL: there is none. Same protocol for KVM and Hyper-V.
 */
extern volatile uint32_t *pv_eoi_word;

/*
 * KVM's area for asynchronous page faults, and behind it how many pages have come: the handler of
 * HV_VECTOR_PAGE counts them, and gives `token` and the interrupt back to KVM.
 */
struct pv_async_pf {
	volatile uint32_t flags; /* bit 0: this #PF is of a page that has to be fetched */
	volatile uint32_t token; /* which page has come; 0: KVM may tell of the next one */
	uint32_t reserved[14];
	volatile uint32_t ready;
};
extern struct pv_async_pf pv_async_pf;

#endif
