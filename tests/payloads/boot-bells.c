// SPDX-License-Identifier: GPL-2.0-or-later
/* Rings a bell without meaning where READY is expected. */
#include "tests/payloads/hostile.h"

void hostile(uint32_t cpu)
{
	(void)cpu;
	for (;;)
		bell(77);
}
