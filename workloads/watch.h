/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watching the clock: a loop that does nothing else notes how long it was kept from reading it.
 */
#ifndef HV_WATCH_H
#define HV_WATCH_H

#include <stdbool.h>

#include "arch.h"
#include "workloads/abi.h"

struct watch {
	uint64_t cycles;  /* of all gaps of at least least_cycles */
	uint64_t longest; /* of them */
};

/*
 * Reads the clock until `until` is reached (0: never) or *word differs from `seen` (NULL: never).
 * Gaps are noted in `log`, if there is one. No PAUSE and no fence: the loop has to be shorter than
 * anything worth noting, and a CPU with pause-loop exiting must not leave the guest because of it.
 */
static inline struct watch watch__clock(struct hv_gaps *log, uint64_t least_cycles, uint64_t until,
					const volatile uint32_t *word, uint32_t seen)
{
	uint64_t start = arch_clock_plain(), last = start, now;
	struct watch w = { 0, 0 };
	bool go_on;

	do {
		/* Before the clock: a gap between the two must not end the loop unseen. */
		go_on = !word || *word == seen;
		now = arch_clock_plain();
		if (now - last >= least_cycles) {
			w.cycles += now - last;
			if (now - last > w.longest)
				w.longest = now - last;
			if (log) {
				log->list[log->nr % HV_MAX_GAPS] =
					(struct hv_gap){ last, now - last };
				log->cycles += now - last;
				__atomic_store_n(&log->nr, log->nr + 1, __ATOMIC_RELEASE);
			}
			/* What noting it takes is no gap. */
			now = arch_clock_plain();
		}
		last = now;
	} while (go_on && (!until || now < until));
	if (log)
		log->spun_cycles += last - start;
	return w;
}

#endif
