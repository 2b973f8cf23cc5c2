// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/plan/needs.h"

#define KERNEL (1u << IRQCHIP_KERNEL)
#define SPLIT  (1u << IRQCHIP_SPLIT)

const struct need needs[] = {
	{ NEEDS_PIC, "the ", "in-kernel PIC", KERNEL, "irqchip=kernel" },
	{ NEEDS_LAPIC, "an ", "in-kernel local APIC", KERNEL | SPLIT, "irqchip=kernel or split" },
	{ NEEDS_XAPIC, "a ", "local APIC in xAPIC (MMIO) mode", KERNEL | SPLIT,
	  "irqchip=kernel or split" },
	{ NEEDS_IOEVENTFD, "an ", "ioeventfd", 0, NULL },
	{ NEEDS_COALESCED_MMIO, "", "coalesced MMIO", 0, NULL },
	{ NEEDS_INJECTOR, "a ", "host thread that injects by irqfd", 0, NULL },
	{ NEEDS_DEADLINE_TIMER, "a ", "TSC-deadline timer", 0, NULL },
	{ NEEDS_USER_SPACE, "a ", "VMM in user space behind the hypervisor", 0, NULL },
	{ NEEDS_HYPERVISOR, "a ", "hypervisor below the guest", 0, NULL },
	{ NEEDS_ROM, "", "memory that is read-only to the guest", 0, NULL },
	{ NEEDS_USERFAULT, "a ", "host thread that answers page faults", 0, NULL },
	{ NEEDS_PEER, "a ", "second VM on the same CPU", KERNEL | SPLIT,
	  "irqchip=kernel or split" },
	{ NEEDS_HYPERV, "", "Hyper-V's CPUID leaves", 0, NULL },
	{ NEEDS_SYNIC, "", "Hyper-V's synthetic interrupt controller", KERNEL | SPLIT,
	  "irqchip=kernel or split" },
	{ NEEDS_RECEIVER, "a ", "host thread that waits for a doorbell", 0, NULL },
	{ NEEDS_QUEUE, "a ", "host thread behind a queue", 0, NULL },
	{ NEEDS_OUR_VMM, "our ", "own VMM", 0, NULL },
	{ 0, NULL, NULL, 0, NULL }
};

unsigned int needs__of(const struct workload *w)
{
	return w->needs | (w->kind == WORKLOAD_HOST ? NEEDS_OUR_VMM : 0);
}
