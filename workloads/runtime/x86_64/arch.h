/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What workloads need of the machine, x86-64. Usable in the payload and, except for the privileged
 * instructions, in a host process. Uses integer registers only: where KVM emulates CPL0, SSE,
 * rdtscp and several newer instructions there end the guest.
 */
#ifndef HVBENCH_ARCH_H
#define HVBENCH_ARCH_H

#include <stdint.h>

/*
 * Ordered time stamp: nothing before it is still executing, nothing after it has begun. LFENCE is
 * dispatch-serializing on Intel and, with the setting every current Linux makes, on AMD.
 */
static inline uint64_t arch_clock(void)
{
	uint32_t low, high;

	asm volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

/* For a debugger below, that is told to stop at it: Bochs's magic breakpoint. Else nothing. */
static inline void arch_mark(void)
{
	asm volatile("xchg %%bx, %%bx" ::: "memory");
}

/*
 * For CPL0, where LFENCE may not be emulated; the instructions beside which it is used serialize
 * anyway.
 */
static inline uint64_t arch_clock_plain(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

static inline void arch_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t reg[4])
{
	asm volatile("cpuid"
		     : "=a"(reg[0]), "=b"(reg[1]), "=c"(reg[2]), "=d"(reg[3])
		     : "a"(leaf), "c"(subleaf));
}

static inline void arch_pause(void)
{
	asm volatile("pause" ::: "memory");
}

static inline void arch_out8(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static inline void arch_out16(uint16_t port, uint16_t value)
{
	asm volatile("outw %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static inline void arch_out32(uint16_t port, uint32_t value)
{
	asm volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static inline uint8_t arch_in8(uint16_t port)
{
	uint8_t value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint32_t arch_in32(uint16_t port)
{
	uint32_t value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

/* A single instruction with a plain memory operand, which every hypervisor's decoder knows. */
static inline void arch_mmio_write32(uint64_t address, uint32_t value)
{
	asm volatile("movl %1, (%0)" ::"r"(address), "r"(value) : "memory");
}

static inline uint32_t arch_mmio_read32(uint64_t address)
{
	uint32_t value;

	asm volatile("movl (%1), %0" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline uint64_t arch_rdmsr(uint32_t msr)
{
	uint32_t low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
	return (uint64_t)high << 32 | low;
}

static inline void arch_wrmsr(uint32_t msr, uint64_t value)
{
	asm volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
		     : "memory");
}

static inline unsigned int arch_ring(void)
{
	uint16_t cs;

	asm("mov %%cs, %0" : "=r"(cs));
	return cs & 3;
}

/* "AuthenticAMD" and "HygonGenuine" take VMMCALL, all others VMCALL. */
static inline int arch_is_amd(void)
{
	uint32_t reg[4];

	arch_cpuid(0, 0, reg);
	return reg[2] == 0x444d4163 /* cAMD */ || reg[2] == 0x656e6975 /* uine */;
}

#endif
