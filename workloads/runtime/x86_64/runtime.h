/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The payload's runtime, x86-64: what runtime/ and guest-only workloads use of it. */
#ifndef HVBENCH_RUNTIME_H
#define HVBENCH_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "arch.h"
#include "workloads/abi.h"
#include "workloads/runtime/mailbox.h"

/* Segment selectors; those of CPL3 have Linux's values, which a software backend may insist on. */
#define SEL_CODE32    0x08
#define SEL_CODE64    0x10
#define SEL_DATA      0x18
#define SEL_USER_DATA (0x28 | 3)
#define SEL_USER_CODE (0x30 | 3)
#define SEL_TSS	      0x40

#define KSTACK_BYTES 8192
#define USTACK_BYTES 16384

extern uint64_t entry_tsc;	/* TSC at the first instruction of vCPU 0 */
extern uint32_t pvh_start_info; /* guest-physical, 0 when not entered by PVH */

/*
 * Interrupts that have arrived, by vector. The handlers write it; only one vCPU receives a vector
 * at a time, except HV_VECTOR_BROADCAST, whose time stamp is that of one of the last.
 */
struct irq_slot {
	volatile uint64_t count;
	volatile uint64_t tsc; /* of the last one, first thing in the handler */
};
extern struct irq_slot irq_slots[256];

/*
 * Calls fn(a, b) at CPL0 with interrupts off, through int3 and a DPL3 gate: the only way up that
 * neither exits on hardware nor is refused by a KVM that runs CPL3 natively and emulates the rest.
 * At CPL0 already it is a plain call. fn must be short: where CPL0 is emulated, an instruction
 * takes a microsecond.
 */
typedef uint64_t (*ring0_fn)(void *a, uint64_t b);
static inline uint64_t ring0(ring0_fn fn, void *a, uint64_t b)
{
	uint64_t ret = (uint64_t)fn;

	if (arch_ring() == 0)
		return fn(a, b);
	asm volatile("int3"
		     : "+a"(ret), "+D"(a), "+S"(b)::"rcx", "rdx", "r8", "r9", "r10", "r11",
		       "memory", "cc");
	return ret;
}

/* trap.c */
void trap__init(void); /* fills the IDT that start.S has loaded; may run at CPL3 */
/*
 * With a recovery set, an exception (of the first vCPU) is recorded in mailbox.status.fault and
 * execution continues, at CPL3, where __builtin_setjmp(r->buffer) was called. NULL: it ends the
 * payload. Returns the one that was set before.
 */
struct trap_recovery {
	void *buffer[5];
};
struct trap_recovery *trap__recover_with(struct trap_recovery *r);
/*
 * Has exceptions of that vector (below 32) go to `handler`, which runs at CPL0 on the frame that
 * the CPU pushed and returns by IRETQ, until trap__restore().
 */
void trap__handle(unsigned int vector, const void *handler);
void trap__restore(void);

/* apic.c: called at CPL3 unless said otherwise */
bool apic__present(void);
void apic__enable(void); /* that of this vCPU, in the mode mailbox.boot_flags asks
					 * for */
void apic__send_ipi(uint32_t apic_id, uint8_t vector); /* CPL0 or CPL3 */
/* At CPL0: to this vCPU, by the ICR or, in x2APIC mode only, by the register for that. */
void apic__send_self(uint8_t vector, bool by_self_ipi);
void apic__eoi(void); /* at CPL0 */
bool apic__is_x2(void);
void apic__timer_deadline_mode(uint8_t vector);
bool apic__has_deadline_timer(void);
/* INIT/SIPI to all but self: for VMMs that do not start them */
void apic__start_secondaries(void);

/* At CPL0: an interrupt to this vCPU, or to all others, by the ICR's shorthands. */
uint64_t ring0_send_self(void *unused, uint64_t vector);
uint64_t ring0_send_others(void *unused, uint64_t vector);
/*
 * Waits at CPL0 until HV_VECTOR_BROADCAST's count is at least that, or **stop, by STI; HLT. `stop`:
 * the address of a pointer.
 */
uint64_t ring0_halt_until_count(void *stop, uint64_t count);
/* Waits at CPL0 until irq_slots[vector].count differs from `seen`: STI; HLT. */
uint64_t ring0_halt_until_irq(void *vector, uint64_t seen);

/* memory.c: maps the arena of the command at HV_ARENA_VA. Returns an enum hv_refusal. */
int memory__map_arena(const struct hv_command *cmd);

/* console.c: port 0xe9 and COM1. */
void console__puts(const char *s);
void console__putu(uint64_t value);
void console__puthex(uint64_t value);

/*
 * kvm.c: the first of KVM's CPUID leaves; 0: the hypervisor that the guest sees is not KVM. To be
 * called at CPL0: at CPL3 a hypervisor further down may answer.
 */
uint32_t kvm__leaf(void);

/* steal.c: has KVM write this vCPU's record in the mailbox. Returns an enum hv_steal_state. */
uint32_t steal__enable(uint32_t cpu);

/* cpu.c */
void cpu__shutdown(void) __attribute__((noreturn));

/* main.c */
void user_main(uint32_t cpu) __attribute__((noreturn));

#endif
