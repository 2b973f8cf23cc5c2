/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's own structures: TSS with an I/O bitmap that allows every port (for port accesses from
 * CPL3; some backends ignore IOPL), stacks, GDT slot. And how the machine is shut down.
 */
#include "workloads/runtime/x86_64/runtime.h"

#define IO_BITMAP_BYTES 8192

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_bitmap_base;
	uint8_t io_bitmap[IO_BITMAP_BYTES];
	uint8_t io_bitmap_end; /* the CPU reads one byte beyond: must be 0xff */
} __attribute__((packed, aligned(16)));

struct descriptor_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static struct tss tss[HV_MAX_VCPUS];
static uint8_t fault_stacks[HV_MAX_VCPUS][2048] __attribute__((aligned(16)));
static uint8_t user_stacks[HV_MAX_VCPUS][USTACK_BYTES] __attribute__((aligned(16)));

extern uint8_t kstacks[HV_MAX_VCPUS][KSTACK_BYTES];
extern uint64_t gdt_tss[HV_MAX_VCPUS][2];
extern const struct descriptor_pointer gdt_pointer;
extern const struct descriptor_pointer idt_pointer;

/* At CPL0, before anything else on this vCPU; returns the CPL3 stack. Called from start.S. */
uint64_t cpu__boot(uint32_t cpu);
uint64_t cpu__boot(uint32_t cpu)
{
	struct tss *t = &tss[cpu];
	uint64_t base = (uint64_t)t;
	uint64_t limit = sizeof(*t) - 1;

	t->rsp[0] = (uint64_t)kstacks[cpu] + KSTACK_BYTES;
	t->ist[0] = (uint64_t)fault_stacks[cpu] + sizeof(fault_stacks[cpu]);
	t->io_bitmap_base = (uint16_t)((uint64_t)t->io_bitmap - base);
	t->io_bitmap_end = 0xff;

	gdt_tss[cpu][0] = limit | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24) << 56;
	gdt_tss[cpu][1] = base >> 32;
	asm volatile("lgdt %0" ::"m"(gdt_pointer));
	asm volatile("lidt %0" ::"m"(idt_pointer));
	asm volatile("ltr %w0" ::"r"(SEL_TSS + cpu * 16));
	return (uint64_t)user_stacks[cpu] + USTACK_BYTES - 8;
}

static uint64_t ring0_triple_fault(void *unused, uint64_t arg)
{
	static const struct descriptor_pointer nothing;

	(void)unused;
	(void)arg;
	asm volatile("lidt %0; ud2" ::"m"(nothing));
	return 0;
}

/* Keyboard controller, PCI reset port, triple fault: one of them ends or resets any PC. */
void cpu__shutdown(void)
{
	arch_out8(0x64, 0xfe);
	arch_out8(0xcf9, 0x06);
	for (;;)
		ring0(ring0_triple_fault, 0, 0);
}
