// SPDX-License-Identifier: GPL-2.0-or-later
/* Rings the wrong bells once it has been asked to measure. */
#include "tests/payloads/hostile.h"

void hostile(uint32_t cpu)
{
	uint64_t way = next_command();

	(void)cpu;
	fill_in();
	switch (way) {
	case 1: /* BEGIN is left out */
		bell(HV_BELL_END);
		break;
	case 2: /* no END is rung */
		for (;;)
			bell(HV_BELL_BEGIN);
	case 3: /* nothing was measured, but there is a result */
		break;
	case 4:
		bell(0xffffffff);
		break;
	case 5: /* a fault that is not recorded in the mailbox */
		bell(HV_BELL_FAULT);
		break;
	case 6:
		bell(HV_BELL_BEGIN);
		bell(HV_BELL_END);
		bell(HV_BELL_END);
		break;
	case 7: /* the guest does nothing after BEGIN */
		bell(HV_BELL_BEGIN);
		hang();
	case 8:
		bell(HV_BELL_BEGIN);
		for (;;)
			asm volatile("cli; hlt");
	case 9: /* the guest does nothing after END */
		bell(HV_BELL_BEGIN);
		bell(HV_BELL_END);
		hang();
	case 10: /* the timed part ends the guest */
		bell(HV_BELL_BEGIN);
		asm volatile("ud2");
		__builtin_unreachable();
	case 11: /* claims progress for ever */
		bell(HV_BELL_BEGIN);
		for (;;)
			(*(volatile uint32_t *)&mailbox.status.nr_samples)++;
	case 12: /* slow but making progress: five samples take longer than the time limit
			 * of one */
		bell(HV_BELL_BEGIN);
		for (uint32_t i = 1; i <= 5; i++) {
			uint64_t begin = now();

			mailbox.status.nr_samples = i;
			while (now() - begin < mailbox.tsc_khz * 200)
				asm volatile("pause");
		}
		bell(HV_BELL_END);
	}
	finish();
}
