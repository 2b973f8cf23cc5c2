// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accesses the doorbell's port in every way that is not a doorbell: reads, other widths, strings,
 * neighbouring ports. None of it may count; after that it behaves.
 */
#include "tests/payloads/hostile.h"

static void poke(void)
{
	static uint32_t values[4] = { HV_BELL_END, HV_BELL_FAULT, HV_BELL_READY, 99 };
	uint16_t port = HV_PORT_DOORBELL;
	const void *from = values;
	void *to = values;
	uint64_t n = 4;
	uint32_t in;

	asm volatile("inl %w1, %0" : "=a"(in) : "d"(port));
	asm volatile("inb %w1, %b0" : "=a"(in) : "d"(port));
	asm volatile("outb %b0, %w1" ::"a"(HV_BELL_END), "d"(port));
	asm volatile("outw %w0, %w1" ::"a"(HV_BELL_END), "d"(port));
	asm volatile("outl %0, %w1" ::"a"(HV_BELL_END), "d"((uint16_t)(port + 1)));
	asm volatile("outl %0, %w1" ::"a"(HV_BELL_END), "d"((uint16_t)(port - 4)));
	asm volatile("rep insl" : "+D"(to), "+c"(n) : "d"(port) : "memory");
	n = 4;
	asm volatile("rep outsb" : "+S"(from), "+c"(n) : "d"(port) : "memory");
}

void hostile(uint32_t cpu)
{
	(void)cpu;
	poke();
	next_command();
	poke();
	fill_in();
	bell(HV_BELL_BEGIN);
	poke();
	bell(HV_BELL_END);
	finish();
}
