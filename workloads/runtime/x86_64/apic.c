/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC, in xAPIC (MMIO) or x2APIC (MSR) mode: enough to send and take interrupts.
 * Intel SDM volume 3, chapter "Advanced Programmable Interrupt Controller".
 */
#include "workloads/runtime/x86_64/runtime.h"

#define MSR_APIC_BASE	      0x1b
#define APIC_BASE_ENABLE      (1u << 11)
#define APIC_BASE_X2	      (1u << 10)
#define MSR_X2APIC	      0x800
#define APIC_TPR	      0x80
#define APIC_EOI	      0xb0
#define APIC_SELF_IPI	      0x3f0
#define ICR_SELF	      0x44000u /* shorthand, assert */
#define APIC_SVR	      0xf0
#define APIC_ICR	      0x300
#define APIC_ICR_HIGH	      0x310
#define APIC_LVT_TIMER	      0x320
#define APIC_SVR_ENABLE	      0x100
#define APIC_TIMER_DEADLINE   (2u << 17)
#define ICR_INIT_ALL_BUT_SELF 0xc4500u
#define ICR_SIPI_ALL_BUT_SELF 0xc4600u
#define AP_TRAMPOLINE	      0x8000ull
#define ICR_ALL_BUT_SELF      0xc4000u /* shorthand, assert */

bool apic_x2; /* read by the interrupt handlers in start.S */

extern const uint8_t ap_trampoline[], ap_trampoline_end[];

bool apic__present(void)
{
	return !(mailbox.boot_flags & HV_BOOT_NO_LAPIC);
}

bool apic__has_deadline_timer(void)
{
	uint32_t reg[4];

	arch_cpuid(1, 0, reg);
	return reg[2] & 1u << 24;
}

static void write_reg(uint32_t reg, uint32_t value)
{
	if (apic_x2)
		arch_wrmsr(MSR_X2APIC + (reg >> 4), value);
	else
		arch_mmio_write32(HV_MMIO_LAPIC + reg, value);
}

static uint64_t ring0_enable(void *unused, uint64_t x2)
{
	uint64_t base = arch_rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

	(void)unused;
	arch_wrmsr(MSR_APIC_BASE, base);
	if (x2)
		arch_wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2);
	write_reg(APIC_SVR, APIC_SVR_ENABLE | HV_VECTOR_SPURIOUS);
	write_reg(APIC_TPR, 0);
	return 0;
}

void apic__enable(void)
{
	uint32_t reg[4];

	arch_cpuid(1, 0, reg);
	apic_x2 = mailbox.boot_flags & HV_BOOT_X2APIC && reg[2] & 1u << 21;
	ring0(ring0_enable, 0, apic_x2);
}

static uint64_t ring0_send(void *apic_id, uint64_t vector)
{
	if (apic_x2) {
		arch_wrmsr(MSR_X2APIC + (APIC_ICR >> 4), (uint64_t)apic_id << 32 | vector);
	} else {
		arch_mmio_write32(HV_MMIO_LAPIC + APIC_ICR_HIGH, (uint32_t)(uint64_t)apic_id << 24);
		arch_mmio_write32(HV_MMIO_LAPIC + APIC_ICR, (uint32_t)vector);
	}
	return 0;
}

void apic__send_ipi(uint32_t apic_id, uint8_t vector)
{
	ring0(ring0_send, (void *)(uint64_t)apic_id, vector);
}

void apic__send_self(uint8_t vector, bool by_self_ipi)
{
	if (by_self_ipi)
		arch_wrmsr(MSR_X2APIC + (APIC_SELF_IPI >> 4), vector);
	else
		write_reg(APIC_ICR, ICR_SELF | vector);
}

void apic__eoi(void)
{
	write_reg(APIC_EOI, 0);
}

bool apic__is_x2(void)
{
	return apic_x2;
}

static uint64_t ring0_timer(void *unused, uint64_t vector)
{
	(void)unused;
	write_reg(APIC_LVT_TIMER, APIC_TIMER_DEADLINE | (uint32_t)vector);
	return 0;
}

void apic__timer_deadline_mode(uint8_t vector)
{
	ring0(ring0_timer, 0, vector);
}

uint64_t ring0_halt_until_irq(void *vector, uint64_t seen)
{
	struct irq_slot *slot = &irq_slots[(uint64_t)vector];

	/* STI keeps interrupts off for one more instruction, so none is lost before HLT. */
	while (slot->count == seen)
		asm volatile("sti; hlt; cli" ::: "memory");
	return 0;
}

static void wait_cycles(uint64_t cycles)
{
	uint64_t start = arch_clock();

	while (arch_clock() - start < cycles)
		arch_pause();
}

static uint64_t ring0_icr(void *unused, uint64_t value)
{
	(void)unused;
	if (apic_x2)
		arch_wrmsr(MSR_X2APIC + (APIC_ICR >> 4), value);
	else
		arch_mmio_write32(HV_MMIO_LAPIC + APIC_ICR, (uint32_t)value);
	return 0;
}

uint64_t ring0_send_self(void *unused, uint64_t vector)
{
	return ring0_icr(unused, ICR_SELF | vector);
}

uint64_t ring0_send_others(void *unused, uint64_t vector)
{
	return ring0_icr(unused, ICR_ALL_BUT_SELF | vector);
}

uint64_t ring0_halt_until_count(void *stop, uint64_t count)
{
	volatile uint32_t *told = *(volatile uint32_t **)stop;

	while (irq_slots[HV_VECTOR_BROADCAST].count < count && !*told)
		asm volatile("sti; hlt; cli" ::: "memory");
	return 0;
}

/*
 * The waits are those of the multiprocessor specification (10 ms, 200 us) for a 4 GHz clock; on a
 * slower one they are longer, which does no harm.
 */
void apic__start_secondaries(void)
{
	uint8_t *low = (uint8_t *)AP_TRAMPOLINE;

	for (const uint8_t *p = ap_trampoline; p < ap_trampoline_end; p++)
		*low++ = *p;
	ring0(ring0_icr, 0, ICR_INIT_ALL_BUT_SELF);
	wait_cycles(40000000);
	ring0(ring0_icr, 0, ICR_SIPI_ALL_BUT_SELF | AP_TRAMPOLINE >> 12);
	wait_cycles(800000);
}
