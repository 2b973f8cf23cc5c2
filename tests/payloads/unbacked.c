// SPDX-License-Identifier: GPL-2.0-or-later
/* Jumps to where there is no memory: KVM cannot fetch the instruction it has to emulate. */
#include "tests/payloads/hostile.h"

void hostile(uint32_t cpu)
{
	(void)cpu;
	((void (*)(void))0x40000000ull)();
	hang();
}
