/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of dirty logging over working_set bytes of guest memory, as live migration takes them
 * again and again while the guest runs. Each round of steps begins with every page written by the
 * guest and mapped for it:
 *
 *   enable   KVM_SET_USER_MEMORY_REGION, KVM_MEM_LOG_DIRTY_PAGES: pages are write-protected, and
 *            huge ones split, unless log=manual-set leaves that to the first clear
 *   dirty    all vCPUs write every page once, each its part: time of the slowest, by its clock
 *   get      bitmap: KVM_GET_DIRTY_LOG, which protects the pages again unless log= is manual;
 *            ring: taking all entries from the rings
 *   clear    KVM_CLEAR_DIRTY_LOG of all pages (manual logs): protects them again
 *   reset    KVM_RESET_DIRTY_RINGS after all entries were taken (ring): the same
 *   disable  KVM_SET_USER_MEMORY_REGION without the flag
 *
 * of=call is how long the step takes the host. of=stall is what it takes from the guest: vCPU 0
 * does nothing but read its clock meanwhile, and gaps of 300 ns and more that overlap the step are
 * added up (the host's timer tick is in them too, where the step is long enough to meet one). What
 * a single newly dirty page costs the vCPU that writes it is the workload `rewrite`.
 *
 * Same as: Linux selftests/kvm dirty_log_perf_test ("Enabling dirty logging time", "dirty memory
 * time", "get dirty log time", "clear dirty log time", "Disabling dirty logging time"; manual-set
 * is its default, bitmap its -g with manual protection off), which logs with all vCPUs standing
 * still during get and clear and does not look at the guest.
 *
 * The host's half: bench/backends/kvm/dirty_log.c
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/orders.h"
#endif

static const char *const steps[] = { "enable", "dirty", "get", "clear", "reset", "disable", NULL };
static const char *const logs[] = { "bitmap", "manual", "manual-set", "ring", NULL };
static const char *const figures[] = { "call", "stall", NULL };

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[0];
}

DEFINE_WORKLOAD(workload_dirty_log) = {
	.name = "dirty-log",
	.what = "a step of dirty logging over the working set, or how long it stops a vCPU",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_HOST,
	.unit = "ns",
	.ring = 3,
	.waits = true,
	.small_pages = true,
	.params = {
		{ "working_set", "bytes that are logged", PARAM_SIZE, 16 << 20, 1 << 16, 1ull << 36,
		  NULL },
		{ "step", "what is timed", PARAM_CHOICE, 0, 0, 0, steps },
		{ "log", "how KVM logs", PARAM_CHOICE, 0, 0, 0, logs },
		{ "of", "the host's call, or the time that a spinning vCPU loses",
		  PARAM_CHOICE, 0, 0, 0, figures },
	},
	.arena_bytes = arena_bytes,
	.run = GUEST_ONLY(orders__run),
	.assist = GUEST_ONLY(orders__assist),
};
