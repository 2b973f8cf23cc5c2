/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of the payload, page tables, and the gates between CPL3 and CPL0.
 *
 *   entry64    64-bit, from our own VMM: see struct hv_payload_note in abi.h
 *   pvh_entry  32-bit protected mode, from QEMU -kernel and Xen: EBX = struct hvm_start_info
 *   0x8000     16-bit, secondary vCPUs by SIPI, where the VMM does not start them at entry64
 *
 * As little code as possible runs at CPL0: see ring0() in runtime.h.
 */
#define SEL_CODE32	0x08
#define SEL_CODE64	0x10
#define SEL_DATA	0x18
#define SEL_USER_DATA	0x2b
#define SEL_USER_CODE	0x33
#define KSTACK_SHIFT	13

#define MSR_EFER	0xc0000080
#define MSR_X2APIC_EOI	0x80b
#define XAPIC_EOI	0xfee000b0
#define MSR_KVM_ASYNC_PF_ACK 0x4b564d07

/* P RW US; A and D are set already so that the CPU need not write them. */
#define PT_TABLE	0x67
#define PT_LARGE	0xe7
#define PT_LARGE_UC	0xff

	.section .note.Xen, "a", @note
	.balign 4
	.long 4, 8, 18			/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.quad pvh_entry

	.section .note.hvbench, "a", @note
	.balign 4
	.long 8, 40, 1			/* HV_NOTE_PAYLOAD, struct hv_payload_note */
	.asciz "hvbench"
	.long 4, 40			/* HV_ABI_VERSION, of struct hv_payload_note */
	.quad entry64, boot_pml4, mailbox, __image_end

	.section .text.start, "ax"
	.code32
	.globl pvh_entry
pvh_entry:
	cli
	movl %ebx, pvh_start_info
	xorl %edi, %edi
	jmp start32

ap_start32:
	movl $SEL_DATA, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl $1, %edi
	lock xaddl %edi, ap_next

start32:
	lgdt gdt_pointer32
	movl $0x620, %eax		/* PAE, OSFXSR, OSXMMEXCPT */
	movl %eax, %cr4
	movl $boot_pml4, %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl $0x101, %eax		/* LME, SCE */
	wrmsr
	movl $0x80010033, %eax		/* PG WP NE ET MP PE */
	movl %eax, %cr0
	ljmp $SEL_CODE64, $entry64

	.code16
	.globl ap_trampoline, ap_trampoline_end
ap_trampoline:
	cli
	xorw %ax, %ax
	movw %ax, %ds
	lgdtl 0x8000 + (ap_gdt_pointer - ap_trampoline)
	movl %cr0, %eax
	orb $1, %al
	movl %eax, %cr0
	ljmpl $SEL_CODE32, $ap_start32
	.balign 4
ap_gdt_pointer:
	.word gdt_end - gdt - 1
	.long gdt
ap_trampoline_end:

	.code64
	.globl entry64
entry64:
	movl %edi, %ebx
	testl %ebx, %ebx
	jnz 1f
	rdtsc				/* the first thing a guest does: workloads/first-entry.c */
	movl %eax, entry_tsc
	movl %edx, entry_tsc + 4
1:
	leal 1(%rdi), %eax
	shll $KSTACK_SHIFT, %eax
	leaq kstacks(%rax), %rsp
	call cpu__boot			/* returns the top of the CPL3 stack */
	movl %ebx, %edi
	pushq $SEL_USER_DATA
	pushq %rax
	pushq $0x202			/* IF */
	pushq $SEL_USER_CODE
	pushq $user_main
	iretq

	.text
/*
 * Vector 3, DPL3: call RAX with the caller's argument registers; the caller saves what C may
 * clobber.
 */
	.globl gate_entry
gate_entry:
	call *%rax
	iretq

/* Exceptions: vector and error code above the frame, then C. */
	.balign 16
	.globl trap_stubs
trap_stubs:
	.set vector, 0
	.rept 32
	.balign 16
	.if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || \
	      vector == 21 || vector == 29 || vector == 30)
	pushq $0
	.endif
	pushq $vector
	jmp trap_common
	.set vector, vector + 1
	.endr
	.balign 16
trap_common:
	movq %rsp, %rdi
	movq %cr2, %rsi
	call trap__report
	testb %al, %al
	jz 1f
	addq $16, %rsp			/* drop vector and error code */
	iretq
1:	hlt
	jmp 1b

/* Interrupts: take the time stamp first, then count, then EOI. */
.macro IRQ_ENTRY name, vec
	.globl \name
\name:
	pushq %rax
	pushq %rdx
	pushq %rcx
	rdtsc
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, irq_slots + \vec * 16 + 8
	incq irq_slots + \vec * 16
	jmp irq_eoi
.endm
/* For several vCPUs at once; the time stamp first, so that whoever sees the count sees it too. */
	.globl irq_broadcast
irq_broadcast:
	pushq %rax
	pushq %rdx
	pushq %rcx
	rdtsc
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, irq_slots + 0x44 * 16 + 8
	lock incq irq_slots + 0x44 * 16
	jmp irq_eoi

/* A TLB flush that another vCPU asks for: all but global pages, of which the payload has none. */
	.globl irq_flush
irq_flush:
	pushq %rax
	pushq %rdx
	pushq %rcx
	movq %cr3, %rax
	movq %rax, %cr3
	lock incq irq_slots + 0x47 * 16
	jmp irq_eoi

/* A page that had to be fetched has come: struct pv_async_pf. KVM waits for the word's 0. */
	.globl irq_page
irq_page:
	pushq %rax
	pushq %rdx
	pushq %rcx
	movl $0, pv_async_pf + 4
	incl pv_async_pf + 64
	movl $MSR_KVM_ASYNC_PF_ACK, %ecx
	movl $1, %eax
	xorl %edx, %edx
	wrmsr
	jmp irq_eoi

/* The time stamps before and after EOI: workloads/irq-completion.c */
	.globl irq_complete
irq_complete:
	pushq %rax
	pushq %rdx
	pushq %rcx
	rdtsc
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, irq_slots + 0x45 * 16 + 8
	movq pv_eoi_word, %rcx
	testq %rcx, %rcx
	jz 3f
	btrl $0, (%rcx)			/* it needs no EOI: see pv.h */
	jc 2f
3:	cmpb $0, apic_x2
	je 1f
	movl $MSR_X2APIC_EOI, %ecx
	xorl %eax, %eax
	xorl %edx, %edx
	wrmsr
	jmp 2f
1:	movl $XAPIC_EOI, %ecx
	movl $0, (%rcx)
2:	rdtsc
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, irq_slots + 0x46 * 16 + 8
	incq irq_slots + 0x46 * 16
	popq %rcx
	popq %rdx
	popq %rax
	iretq

	IRQ_ENTRY irq_timer, 0x40
	IRQ_ENTRY irq_ipi, 0x41
	IRQ_ENTRY irq_inject, 0x42
	IRQ_ENTRY irq_wake, 0x43
irq_eoi:
	cmpb $0, apic_x2
	je 1f
	movl $MSR_X2APIC_EOI, %ecx
	xorl %eax, %eax
	xorl %edx, %edx
	wrmsr
	jmp 2f
1:	movl $XAPIC_EOI, %ecx
	movl $0, (%rcx)
2:	popq %rcx
	popq %rdx
	popq %rax
	iretq

	.globl irq_spurious
irq_spurious:
	iretq

	.data
	.balign 16
	.globl gdt, gdt_end
gdt:
	.quad 0
	.quad 0x00cf9b000000ffff	/* 0x08 code, 32 bits */
	.quad 0x00af9b000000ffff	/* 0x10 code, 64 bits */
	.quad 0x00cf93000000ffff	/* 0x18 data */
	.quad 0
	.quad 0x00cff3000000ffff	/* 0x28 data, CPL3 */
	.quad 0x00affb000000ffff	/* 0x30 code, 64 bits, CPL3 */
	.quad 0
	.globl gdt_tss
gdt_tss:				/* 0x40: one descriptor of 16 bytes a vCPU */
	.fill 64 * 2, 8, 0
gdt_end:
gdt_pointer32:
	.word gdt_end - gdt - 1
	.long gdt
	.globl gdt_pointer
gdt_pointer:
	.word gdt_end - gdt - 1
	.quad gdt
	.balign 8
	.globl entry_tsc
entry_tsc:
	.quad 0
ap_next:
	.long 1
	.globl pvh_start_info
pvh_start_info:
	.long 0

/* The first 4 GiB one to one with 2 MiB pages, everything open to CPL3; the last GiB uncached. */
	.balign 4096
	.globl boot_pml4
boot_pml4:
	.quad boot_pdpt + PT_TABLE
	.fill 511, 8, 0
boot_pdpt:
	.quad boot_pd + PT_TABLE
	.quad boot_pd + 0x1000 + PT_TABLE
	.quad boot_pd + 0x2000 + PT_TABLE
	.quad boot_pd + 0x3000 + PT_TABLE
	.fill 508, 8, 0
boot_pd:
	.set page, 0
	.rept 1536
	.quad (page << 21) + PT_LARGE
	.set page, page + 1
	.endr
	.rept 512
	.quad (page << 21) + PT_LARGE_UC
	.set page, page + 1
	.endr

	.bss
	.balign 4096
	.globl kstacks
kstacks:
	.fill 64 << KSTACK_SHIFT
	.section .note.GNU-stack, "", @progbits
