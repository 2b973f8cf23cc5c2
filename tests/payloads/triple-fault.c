// SPDX-License-Identifier: GPL-2.0-or-later
/* An exception where there is no IDT. */
#include "tests/payloads/hostile.h"

void hostile(uint32_t cpu)
{
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) nothing;

	(void)cpu;
	asm volatile("lidt %0; ud2" ::"m"(nothing));
	__builtin_unreachable();
}
