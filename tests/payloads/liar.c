// SPDX-License-Identifier: GPL-2.0-or-later
/* Does everything right and then writes impossible values into its mailbox. */
#include "tests/payloads/hostile.h"

static void overwrite(void *to, uint64_t bytes)
{
	volatile uint64_t *p = to;

	for (; bytes >= sizeof(*p); bytes -= sizeof(*p))
		*p++ = ~0ull;
}

static void lie(uint64_t way)
{
	struct hv_status *status = &mailbox.status;

	switch (way) {
	case 1:
		mailbox.magic = ~mailbox.magic;
		break;
	case 2:
		mailbox.version = 0xffff;
		break;
	case 3:
		mailbox.size = 16;
		break;
	case 4:
		status->nr_samples = 0xffffffff;
		break;
	case 5:
		status->nr_samples = HV_MAX_SAMPLES + 1;
		break;
	case 6:
		status->nr_samples = 0;
		break;
	case 7: /* more than were asked for: the rest of the array was never written */
		status->nr_samples = HV_MAX_SAMPLES;
		break;
	case 8:
		status->nr_empty = 0xffffffff;
		break;
	case 9:
		status->nr_empty = HV_MAX_EMPTY + 1;
		break;
	case 10:
		status->ops_per_sample = 0;
		break;
	case 11:
		status->ops_per_sample = ~0ull;
		break;
	case 12:
		status->state = 0x12345678;
		break;
	case 13:
		status->state = HV_STATE_RUNNING;
		break;
	case 14:
		status->seq += 1;
		break;
	case 15:
		status->state = HV_STATE_REFUSED;
		status->refusal = 0x7fffffff;
		break;
	case 16:
		status->state = HV_STATE_REFUSED;
		status->refusal = HV_REFUSED_NONE;
		break;
	case 17:
		status->state = HV_STATE_FAULT;
		overwrite(&status->fault, sizeof(status->fault));
		break;
	case 18: /* more single operations than the histogram holds */
		status->nr_singles = 0xffffffff;
		break;
	case 19: /* the whole result, and what the host wrote */
		overwrite(&mailbox.tsc_khz, sizeof(mailbox) - 24);
		break;
	case 20: /* a histogram without its count */
		mailbox.hist[5] = 7;
		break;
	case 21: /* operations other than those asked for */
		status->ops_per_sample = 1;
		break;
	}
}

void hostile(uint32_t cpu)
{
	uint64_t way = next_command();

	(void)cpu;
	fill_in();
	bell(HV_BELL_BEGIN);
	bell(HV_BELL_END);
	lie(way);
	finish();
}
