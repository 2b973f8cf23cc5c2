/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/base/clock.h"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"

#define CALIBRATION_NS 50000000 /* two readings, each wrong by 50 ns: 2 in 10^6 */
#define STAMP_TRIES    16

static uint64_t read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t clock__ns(void)
{
	return read_clock(CLOCK_MONOTONIC_RAW);
}

uint64_t clock__kernel_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock__tsc_khz(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	struct perf_event_mmap_page *map;
	uint64_t khz = 0;

	if (fd < 0)
		return 0;
	map = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return 0;
	/* ns = cycles * time_mult >> time_shift */
	if (map->cap_user_time && map->time_mult && map->time_shift < 64)
		khz = (uint64_t)((((unsigned __int128)1000000 << map->time_shift) +
				  map->time_mult / 2) /
				 map->time_mult);
	munmap(map, page);
	return khz;
}

struct stamp {
	uint64_t ns, cycles, width_ns;
};

/* Of several pairs of readings, the one with the least time between the two clocks. */
static struct stamp take_stamp(void)
{
	struct stamp best = { .width_ns = UINT64_MAX };

	for (int i = 0; i < STAMP_TRIES; i++) {
		uint64_t before = clock__ns(), cycles = arch_clock(), after = clock__ns();

		if (after - before < best.width_ns)
			best = (struct stamp){ before + (after - before) / 2, cycles,
					       after - before };
	}
	return best;
}

uint64_t clock__measured_tsc_khz(void)
{
	struct timespec wait = { .tv_nsec = CALIBRATION_NS };
	struct stamp from = take_stamp(), to;

	/* A signal may end the sleep early. */
	do {
		nanosleep(&wait, NULL);
		to = take_stamp();
	} while (to.ns - from.ns < CALIBRATION_NS);
	return (uint64_t)((double)(to.cycles - from.cycles) * 1e6 / (double)(to.ns - from.ns) +
			  0.5);
}
