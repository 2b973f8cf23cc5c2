// SPDX-License-Identifier: GPL-2.0-or-later
/* An access to a device by an instruction that KVM's emulator does not know: popcnt. */
#include "tests/payloads/hostile.h"

void hostile(uint32_t cpu)
{
	(void)cpu;
	asm volatile("popcntl (%0), %%eax" ::"r"(HV_MMIO_USER) : "eax");
	hang();
}
