/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IDT, and the report of unexpected exceptions: vector, error code, RIP and CR2 go into the
 * mailbox, then the doorbell is rung; without a host, a line goes to the console.
 */
#include "workloads/runtime/x86_64/runtime.h"

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_mid;
	uint32_t offset_high;
	uint32_t reserved;
};

struct trap_frame {
	uint64_t vector;
	uint64_t error_code;
	uint64_t rip;
	uint64_t cs;
	uint64_t rflags;
	uint64_t rsp;
	uint64_t ss;
};

#define GATE_INTERRUPT	    0x8e
#define GATE_INTERRUPT_DPL3 0xee
#define VECTOR_BREAKPOINT   3
#define VECTOR_DOUBLE_FAULT 8
#define TRAP_STUB_BYTES	    16

static struct gate idt[256] __attribute__((aligned(4096)));
const struct {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed)) idt_pointer = { sizeof(idt) - 1, (uint64_t)idt };

struct irq_slot irq_slots[256];

extern const uint8_t trap_stubs[32][TRAP_STUB_BYTES];
void gate_entry(void);
void irq_timer(void);
void irq_ipi(void);
void irq_inject(void);
void irq_wake(void);
void irq_broadcast(void);
void irq_complete(void);
void irq_flush(void);
void irq_page(void);
void irq_spurious(void);

static void set_gate(unsigned int vector, const void *handler, uint8_t type, uint8_t ist)
{
	uint64_t offset = (uint64_t)handler;

	idt[vector] = (struct gate){
		.offset_low = (uint16_t)offset,
		.selector = SEL_CODE64,
		.ist = ist,
		.type = type,
		.offset_mid = (uint16_t)(offset >> 16),
		.offset_high = (uint32_t)(offset >> 32),
	};
}

static void set_exception(unsigned int vector)
{
	set_gate(vector, trap_stubs[vector], GATE_INTERRUPT, vector == VECTOR_DOUBLE_FAULT);
}

static uint32_t handled; /* bits of the vectors that trap__handle() has changed */

void trap__handle(unsigned int vector, const void *handler)
{
	handled |= 1u << vector;
	set_gate(vector, handler, GATE_INTERRUPT, 0);
}

void trap__restore(void)
{
	for (unsigned int v = 0; v < 32; v++)
		if (handled & 1u << v)
			set_exception(v);
	handled = 0;
}

void trap__init(void)
{
	for (unsigned int v = 0; v < 32; v++)
		set_exception(v);
	set_gate(VECTOR_BREAKPOINT, gate_entry, GATE_INTERRUPT_DPL3, 0);
	/* An interrupt from any source of the machine's own must not end the run. */
	for (unsigned int v = 32; v < 256; v++)
		set_gate(v, irq_spurious, GATE_INTERRUPT, 0);
	set_gate(HV_VECTOR_TIMER, irq_timer, GATE_INTERRUPT, 0);
	set_gate(HV_VECTOR_IPI, irq_ipi, GATE_INTERRUPT, 0);
	set_gate(HV_VECTOR_INJECT, irq_inject, GATE_INTERRUPT, 0);
	set_gate(HV_VECTOR_WAKE, irq_wake, GATE_INTERRUPT, 0);
	set_gate(HV_VECTOR_BROADCAST, irq_broadcast, GATE_INTERRUPT, 0);
	set_gate(HV_VECTOR_COMPLETE, irq_complete, GATE_INTERRUPT, 0);
	set_gate(HV_VECTOR_FLUSH, irq_flush, GATE_INTERRUPT, 0);
	set_gate(HV_VECTOR_PAGE, irq_page, GATE_INTERRUPT, 0);
}

static struct trap_recovery *recovery;

struct trap_recovery *trap__recover_with(struct trap_recovery *r)
{
	struct trap_recovery *before = recovery;

	recovery = r;
	return before;
}

static void land(void)
{
	__builtin_longjmp(recovery->buffer, 1);
}

/*
 * Called at CPL0 from start.S. Returns true if there is a recovery: the frame then returns to
 * land().
 */
bool trap__report(struct trap_frame *frame, uint64_t cr2);
bool trap__report(struct trap_frame *frame, uint64_t cr2)
{
	struct hv_fault *fault = &mailbox.status.fault;

	fault->vector = (uint32_t)frame->vector;
	fault->error_code = frame->error_code;
	fault->rip = frame->rip;
	fault->cs = frame->cs;
	fault->cr2 = cr2;
	mailbox.status.state = HV_STATE_FAULT;
	if (recovery) {
		frame->rip = (uint64_t)land;
		frame->cs = SEL_USER_CODE;
		frame->ss = SEL_USER_DATA;
		frame->rsp = ((uint64_t)recovery->buffer[2] & ~15ull) - 8;
		frame->rflags = 0x202;
		return true;
	}
	if (mailbox.doorbell_port)
		arch_out32((uint16_t)mailbox.doorbell_port, HV_BELL_FAULT);
	return false;
}
