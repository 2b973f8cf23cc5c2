// SPDX-License-Identifier: GPL-2.0-or-later
/* Never says that it is ready. */
#include "tests/payloads/hostile.h"

void hostile(uint32_t cpu)
{
	(void)cpu;
	hang();
}
