// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks for hundreds of interrupts, out of order, and takes none. For workloads with an injector. */
#include "tests/payloads/hostile.h"

void hostile(uint32_t cpu)
{
	volatile struct hv_kick *kick = &mailbox.kick;

	(void)cpu;
	next_command();
	fill_in();
	bell(HV_BELL_BEGIN);
	for (uint64_t i = 1; i < 1000; i++) {
		kick->guest_seq = i * 0x9e3779b97f4a7c15ull;
		kick->host_seq = ~0ull;
	}
	bell(HV_BELL_END);
	mailbox.status.ops_per_sample = 1;
	finish();
}
