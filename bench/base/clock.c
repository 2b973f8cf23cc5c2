/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clock.h"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint64_t clock__ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t clock__tsc_khz(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_DUMMY,
		.exclude_kernel = 1, .exclude_hv = 1,
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
				  map->time_mult / 2) / map->time_mult);
	munmap(map, page);
	return khz;
}
