// SPDX-License-Identifier: GPL-2.0-or-later
/* Halts with interrupts off before it is ready: nothing can wake it. */
#include "tests/payloads/hostile.h"

void hostile(uint32_t cpu)
{
	(void)cpu;
	for (;;)
		asm volatile("cli; hlt");
}
