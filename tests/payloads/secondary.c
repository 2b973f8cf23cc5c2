// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first vCPU does everything right, or waits; the second one misbehaves once there is a
 * command.
 */
#include "tests/payloads/hostile.h"

static void misbehave(uint64_t way) __attribute__((noreturn));
static void misbehave(uint64_t way)
{
	volatile struct hv_status *status = &mailbox.status;

	switch (way) {
	case 1: /* ends while the first one waits for it */
	case 2: /* ends after the first one is done */
		asm volatile("ud2");
		__builtin_unreachable();
	case 3: /* rings the first one's doorbell */
		for (;;)
			bell(HV_BELL_END);
	case 4:
		hang();
	}
	/* Keeps changing what the host is about to read. */
	for (;;) {
		status->nr_samples = 0xffffffff;
		status->nr_empty = 0xffffffff;
		status->ops_per_sample = 0;
		status->nr_samples = mailbox.command.samples;
		status->nr_empty = 1;
		status->ops_per_sample = mailbox.command.ops_per_sample;
	}
}

void hostile(uint32_t cpu)
{
	static volatile uint64_t way;

	if (cpu) {
		while (!way)
			asm volatile("pause");
		misbehave(way);
	}
	if (next_command() != 2)
		way = mailbox.command.ops_per_sample;
	if (mailbox.command.ops_per_sample == 1 || mailbox.command.ops_per_sample == 3)
		hang();
	fill_in();
	bell(HV_BELL_BEGIN);
	bell(HV_BELL_END);
	way = mailbox.command.ops_per_sample;
	finish();
}
