/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every hostile payload needs to boot at all, in our own VMM or by PVH: ELF notes, page
 * tables, stacks, a valid mailbox until the payload ruins it. Everything runs at CPL0, with the
 * segments the VMM has set and without an IDT. A payload that can misbehave in several ways takes
 * the number of operations a sample (`hvbench run --ops N`) as the number of the way.
 */
#ifndef HVBENCH_HOSTILE_H
#define HVBENCH_HOSTILE_H

#include "workloads/abi.h"

/* Called on every vCPU. */
void hostile(uint32_t cpu) __attribute__((noreturn));

struct hv_mailbox mailbox __attribute__((section(".data"), aligned(4096))) = {
	.magic = HV_MAILBOX_MAGIC,
	.version = HV_ABI_VERSION,
	.size = sizeof(struct hv_mailbox),
};

/* struct hv_payload_note begins with the version of the mailbox. */
#define TEXT_OF(number)	  #number
#define AS_TEXT(constant) TEXT_OF(constant)
#define NOTE_BEGINS	  ".long " AS_TEXT(HV_ABI_VERSION) ", 40\n"

asm(".pushsection .note.hvbench, \"a\", @note\n"
    ".balign 4\n"
    ".long 8, 40, 1\n"
    ".asciz \"hvbench\"\n" NOTE_BEGINS ".quad entry64, boot_pml4, mailbox, __image_end\n"
    ".popsection\n"
    ".pushsection .note.Xen, \"a\", @note\n"
    ".balign 4\n"
    ".long 4, 8, 18\n" /* XEN_ELFNOTE_PHYS32_ENTRY */
    ".asciz \"Xen\"\n"
    ".quad pvh_entry\n"
    ".popsection\n"
    ".pushsection .text.start, \"ax\"\n"
    ".code32\n"
    "pvh_entry:\n"
    "	lgdt gdt_pointer\n"
    "	movl $0x620, %eax\n" /* PAE, OSFXSR, OSXMMEXCPT */
    "	movl %eax, %cr4\n"
    "	movl $boot_pml4, %eax\n"
    "	movl %eax, %cr3\n"
    "	movl $0xc0000080, %ecx\n" /* EFER: LME, SCE */
    "	rdmsr\n"
    "	orl $0x101, %eax\n"
    "	wrmsr\n"
    "	movl $0x80010033, %eax\n" /* PG WP NE ET MP PE */
    "	movl %eax, %cr0\n"
    "	xorl %edi, %edi\n"
    "	ljmp $8, $entry64\n"
    ".code64\n"
    ".globl entry64\n"
    "entry64:\n"
    "	movl %edi, %eax\n"
    "	shll $12, %eax\n"
    "	leaq stacks + 4096(%rax), %rsp\n"
    "	call hostile\n"
    ".popsection\n"
    ".pushsection .bss\n"
    ".balign 4096\n"
    "stacks: .fill 64 << 12\n"
    ".popsection\n"
    /* The first 4 GiB one to one with 2 MiB pages. */
    ".pushsection .data\n"
    ".balign 4096\n"
    "boot_pml4: .quad boot_pdpt + 0x67\n"
    "	.fill 511, 8, 0\n"
    "boot_pdpt: .quad boot_pd + 0x67, boot_pd + 0x1067, boot_pd + 0x2067, boot_pd + 0x3067\n"
    "	.fill 508, 8, 0\n"
    "boot_pd:\n"
    "	.set page, 0\n"
    "	.rept 2048\n"
    "	.quad (page << 21) + 0xe7\n"
    "	.set page, page + 1\n"
    "	.endr\n"
    "gdt: .quad 0, 0x00af9b000000ffff\n"
    "gdt_pointer: .word 15\n"
    "	.long gdt\n"
    ".popsection\n");

static inline void out32(uint16_t port, uint32_t value)
{
	asm volatile("outl %0, %w1" ::"a"(value), "d"(port) : "memory");
}

static inline uint64_t now(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* Our own VMM has written its magic before the first instruction; others do not know of it. */
static inline void bell(uint32_t value)
{
	volatile struct hv_bell *b = &mailbox.bell;

	mailbox.status.bell_tsc = now();
	asm volatile("" ::: "memory");
	if (mailbox.host_magic == HV_HOST_MAGIC) {
		out32(HV_PORT_DOORBELL, value);
		return;
	}
	b->value = value;
	b->seq++;
	while (b->ack != b->seq)
		;
}

static inline void hang(void) __attribute__((noreturn));
static inline void hang(void)
{
	for (;;)
		asm volatile("pause");
}

/* Rings READY, waits for the command, and returns the number of the way to misbehave. */
static inline uint64_t next_command(void)
{
	mailbox.status.state = HV_STATE_READY;
	bell(HV_BELL_READY);
	while (*(volatile uint32_t *)&mailbox.command.seq == mailbox.status.seq)
		;
	asm volatile("" ::: "memory");
	mailbox.status.seq = mailbox.command.seq;
	return mailbox.command.ops_per_sample;
}

/* A flawless result: as many samples as were asked for. */
static inline void fill_in(void)
{
	struct hv_status *status = &mailbox.status;

	status->nr_samples = mailbox.command.samples;
	status->nr_empty = 1;
	status->ops_per_sample = mailbox.command.ops_per_sample;
	for (uint32_t i = 0; i < status->nr_samples; i++)
		mailbox.samples[i] = 1000000 + i;
	mailbox.empty[0] = 10;
	status->state = HV_STATE_DONE;
}

/* A correct timed part, then READY for ever with whatever the mailbox holds. */
static inline void finish(void) __attribute__((noreturn));
static inline void finish(void)
{
	for (;;)
		bell(HV_BELL_READY);
}

#endif
