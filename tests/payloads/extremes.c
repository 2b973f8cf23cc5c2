// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values that are possible although they make no sense: the longest and shortest samples, empty
 * loops longer than the samples, histograms in the last bucket. The host has to report what the
 * guest says.
 */
#include "tests/payloads/hostile.h"

void hostile(uint32_t cpu)
{
	uint64_t way = next_command();
	struct hv_status *status = &mailbox.status;

	(void)cpu;
	fill_in();
	bell(HV_BELL_BEGIN);
	bell(HV_BELL_END);
	for (uint32_t i = 0; i < status->nr_samples; i++)
		mailbox.samples[i] = way == 1 ? ~0ull : 0;
	mailbox.empty[0] = way == 1 ? 0 : ~0ull;
	mailbox.hist[way == 1 ? HV_HIST_BUCKETS - 1 : 0] = 1;
	status->nr_singles = 1;
	status->single_max = ~0ull;
	status->single_overhead = ~0ull;
	finish();
}
