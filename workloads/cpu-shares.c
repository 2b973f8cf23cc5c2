/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many VMs that all want the same CPUs, each in a control group of its own: does each get the share
 * that its weight promises, how long does one stand still meanwhile, and what does a limit take
 * from a guest? `size` VMs of one vCPU, bound to the first `cpus` of the CPUs of pin= (or of this
 * process), do nothing but read their clocks. A sample is one window:
 *
 *   figure=shortfall  what the VM that was worst off missed of the CPU time that it was promised
 *   figure=longest    the longest gap that any of them saw in its own clock
 *   figure=lost       what the first VM lost, the sum of its gaps of 300 ns and more
 *
 * Promised is a part of the CPU time that all of them had together, in proportion to the weights
 * and not more than a vCPU or its limit allows; what one cannot use is divided among the others. So
 * threads that are not ours take time from all VMs alike. CPU time is the host's account of the
 * vCPU's thread, gaps are the guest's. The cell's "shares" in the document has each VM's weight,
 * what it was promised and got, by the host and by its own clock, how long the group says that it
 * was throttled, and Jain's index of fairness (1: all got the same part of what was promised); a
 * note in tables sums it up.
 *
 *   weights=equal   100 each
 *   weights=rising  100, 200, 300 … (one that is above 10,000 is 10,000)
 *   weights=one     the first has 400, the others 100
 *   limit=N         the first VM may use N percent of a CPU (period 100 ms); 0: no limit
 *
 * Needs a cpu controller (cgroup v1: cpu.shares and cpu.cfs_quota_us below this process's group;
 * v2: cpu.weight and cpu.max, where the controller is delegated). Groups are removed in any case:
 * after a SIGKILL by the next run. No peer measures it; ISCA 2016 and HyperBench have one VM.
 *
 * The host's half: bench/backends/kvm/cpu_shares.c
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/orders.h"
#endif

static const char *const weights[] = { "equal", "rising", "one", NULL };
static const char *const figures[] = { "shortfall", "longest", "lost", NULL };

DEFINE_WORKLOAD(workload_cpu_shares) = {
	.name = "cpu-shares",
	.what = "VMs under cgroup weights: what one misses of its share, stands still, or loses",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_HOST,
	.unit = "ns",
	.ring = 3,
	.waits = true,
	.params = {
		{ "size", "VMs that share the CPUs", PARAM_COUNT, 4, 1, 1000, NULL },
		{ "cpus", "that they share", PARAM_COUNT, 1, 1, 1024, NULL },
		{ "weights", "of their groups", PARAM_CHOICE, 0, 0, 0, weights },
		{ "limit", "of the first VM, in percent of a CPU; 0: none", PARAM_COUNT, 0, 0, 100,
		  NULL },
		{ "window", "how long they are watched for a sample",
		  PARAM_TIME_NS, 200000000, 10000000, 10000000000, NULL },
		{ "figure", "what is measured in a window", PARAM_CHOICE, 0, 0, 0, figures },
	},
	.run = GUEST_ONLY(orders__run),
	.assist = GUEST_ONLY(orders__assist),
};
