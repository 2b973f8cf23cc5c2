/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pages does a guest use? The host marks all of working_set idle in
 * /sys/kernel/mm/page_idle/bitmap, and KVM clears the accessed bits of its mappings (where the CPU
 * has none, it makes them inaccessible).
 *
 *   of=mark     marking all of them
 *   of=access   the guest's next pass through all of it, one read a page
 *   of=stall    what vCPU 0, which only reads its clock, loses while they are marked
 *
 * Same as: Linux selftests/kvm access_tracking_perf_test ("Mark memory idle", "Reading from idle
 * memory"). Needs CONFIG_IDLE_PAGE_TRACKING, and CAP_SYS_ADMIN for page frame numbers.
 *
 * The host's half: bench/backends/kvm/access_tracking.c
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/orders.h"
#endif

static const char *const figures[] = { "mark", "stall", "access", NULL };

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[0];
}

DEFINE_WORKLOAD(workload_access_tracking) = {
	.name = "access-tracking",
	.what = "the host marks guest memory idle, or the guest's first access after that",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_HOST,
	.unit = "ns",
	.ring = 3,
	.waits = true,
	.small_pages = true,
	.params = {
		{ "working_set", "bytes marked", PARAM_SIZE, 16 << 20, 4096, 1ull << 36, NULL },
		{ "of", "marking, what a spinning vCPU loses meanwhile, or the guest's next pass",
		  PARAM_CHOICE, 0, 0, 0, figures },
	},
	.arena_bytes = arena_bytes,
	.run = GUEST_ONLY(orders__run),
	.assist = GUEST_ONLY(orders__assist),
};
