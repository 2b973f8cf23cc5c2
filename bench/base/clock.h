/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clocks of the host.
 */
#ifndef HVBENCH_CLOCK_H
#define HVBENCH_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC_RAW, which NTP does not slew during a measurement. */
uint64_t clock__ns(void);
/* CLOCK_MONOTONIC: the clock in which eBPF programs and the kernel's traces give times. */
uint64_t clock__kernel_ns(void);

/*
 * The TSC's frequency as the kernel knows it: from the conversion factors that perf gives to user
 * space (perf_event_mmap_page, cap_user_time), which are those of the kernel's own sched_clock.
 * Accurate to better than 1 in 10^6. 0 where the kernel does not provide them.
 */
uint64_t clock__tsc_khz(void);

/* The same, measured against CLOCK_MONOTONIC_RAW: accurate to about 1 in 10^5. Takes 50 ms. */
uint64_t clock__measured_tsc_khz(void);

#endif
