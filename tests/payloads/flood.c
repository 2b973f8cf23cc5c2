// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keeps the VMM busy with endless exits to user space, of all kinds. After every 2^16 of them it
 * claims to be done.
 */
#include "tests/payloads/hostile.h"

void hostile(uint32_t cpu)
{
	static uint8_t buffer[4096];

	(void)cpu;
	for (;;) {
		void *to = buffer;
		const void *from = buffer;
		uint64_t n = sizeof(buffer);

		out32(HV_PORT_USER, 0);
		*(volatile uint32_t *)HV_MMIO_USER = 0;
		(void)*(volatile uint64_t *)(HV_MMIO_USER + 4093);
		asm volatile("rep insb" : "+D"(to), "+c"(n) : "d"(HV_PORT_USER) : "memory");
		n = sizeof(buffer);
		asm volatile("rep outsb" : "+S"(from), "+c"(n) : "d"(HV_PORT_USER) : "memory");
	}
}
