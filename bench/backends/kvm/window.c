/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/backends/kvm/window.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/vmm/slots.h"
#include "probes/schedstat.h"

/* Time in the guest is part of its thread's CPU time; vCPU 0 runs in the calling thread. */
static bool add_cpu_time(const struct vcpu *vcpu, uint64_t *ns)
{
	struct timespec ts;
	clockid_t clock = CLOCK_THREAD_CPUTIME_ID;

	if ((vcpu->has_thread && pthread_getcpuclockid(vcpu->thread, &clock)) ||
	    clock_gettime(clock, &ts) < 0)
		return false;
	*ns += (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	return true;
}

/*
 * A descriptor's values in a snapshot: those of vCPU `index` or, after the last vCPU, of the VM
 * itself.
 */
static uint64_t *stats_of(const struct vm *vm, const struct snapshot *snap, unsigned int index)
{
	return snap->stats + (size_t)index * vm->vcpus[0].stats.nr_values;
}

static int read_stats(struct kvmstats *stats, uint64_t *values)
{
	int ret = kvmstats__read(stats);

	if (!ret)
		memcpy(values, stats->values, stats->nr_values * sizeof(*values));
	return ret;
}

/* For all vCPUs or none: a count of only some of them means nothing. */
static int snap_stats(struct vm *vm, struct snapshot *snap)
{
	unsigned int each = vm->vcpus[0].stats.nr_values;
	int ret = 0;

	if (!each)
		return 0;
	snap->stats =
		calloc((size_t)each * vm->nr_vcpus + vm->stats.nr_values, sizeof(*snap->stats));
	if (!snap->stats)
		return -ENOMEM;
	for (unsigned int i = 0; i < vm->nr_vcpus && !ret; i++) {
		ret = vm->vcpus[i].stats.nr_values == each ? 0 : -EPROTO;
		if (!ret)
			ret = read_stats(&vm->vcpus[i].stats, stats_of(vm, snap, i));
	}
	if (!ret && vm->has_stats)
		ret = read_stats(&vm->stats, stats_of(vm, snap, vm->nr_vcpus));
	if (ret) {
		free(snap->stats);
		snap->stats = NULL;
	}
	return 0;
}

int window__snap(struct vm *vm, struct snapshot *snap)
{
	snap->cpu_known = true;
	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		struct vcpu *vcpu = &vm->vcpus[i];

		for (unsigned int k = 0; k < VM_MAX_USER_EXITS; k++)
			snap->user_exits[k] += vcpu->user_exits[k];
		snap->interrupted += vcpu->interrupted;
		snap->cpu_known &= add_cpu_time(vcpu, &snap->cpu_ns);
	}
	return snap_stats(vm, snap);
}

static void count_user_exits(const struct snapshot *begin, const struct snapshot *end,
			     struct measurement *m)
{
	char name[64];

	for (unsigned int k = 0; k < VM_MAX_USER_EXITS; k++) {
		int64_t n = (int64_t)(end->user_exits[k] - begin->user_exits[k]);

		if (k == KVM_EXIT_IO)
			n--;
		if (!n)
			continue;
		m->user_exits += n;
		snprintf(name, sizeof(name), "user.%s", vcpu__exit_name(k));
		measurement__count(m, name, n);
	}
	if (end->interrupted != begin->interrupted)
		measurement__count(m, "user.EINTR",
				   (int64_t)(end->interrupted - begin->interrupted));
}

/*
 * Differences over the window. The doorbell that ended it is the only exit in it that is ours and
 * not the workload's; the one that began it came before the first snapshot.
 */
void window__count(struct vm *vm, const struct snapshot *begin, const struct snapshot *end,
		   struct measurement *m)
{
	count_user_exits(begin, end, m);
	if (!begin->stats || !end->stats) {
		snprintf(m->exits_unknown_why, sizeof(m->exits_unknown_why), "%s",
			 vm->vcpus[0].stats.nr_values ? "KVM's statistics could not be read" :
							"this kernel has no binary KVM statistics");
		return;
	}
	if (kvm_figures__fill(&m->figures, &vm->vcpus[0].stats, vm->nr_vcpus,
			      vm->has_stats ? &vm->stats : NULL, begin->stats, end->stats))
		measurement__fail(m, MEASURE_FAILED, "out of memory");
	else
		measurement__count_figures(m, 1);
}

void window__snap_steal(struct vm *vm, struct steal_snapshot *snap)
{
	collect__read_steal(vm__mailbox(vm), vm->nr_vcpus, &snap->guest);
	snap->host_known = true;
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		snap->host_known &= !schedstat__run_delay(vm->vcpus[i].tid, &snap->delay_ns[i]);
}

static uint64_t waited_after(const struct steal_snapshot *end, const struct steal_snapshot *later)
{
	uint64_t guest = later->guest.ns[0] - end->guest.ns[0],
		 host = later->delay_ns[0] - end->delay_ns[0];

	if (!later->host_known || later->guest.torn || !later->guest.written[0] ||
	    later->guest.ns[0] < end->guest.ns[0])
		return 0;
	return guest > host ? guest - host : 0;
}

void window__steal(struct vm *vm, const struct steal_snapshot snaps[3], uint64_t delay_ns,
		   struct steal *steal)
{
	const struct steal_snapshot *begin = &snaps[0], *end = &snaps[1];

	collect__steal(vm__mailbox(vm), vm->nr_vcpus, &begin->guest, &end->guest,
		       begin->host_known && delay_ns < begin->delay_ns[0] ?
			       begin->delay_ns[0] - delay_ns :
			       0,
		       steal);
	steal->host_known = begin->host_known && end->host_known;
	for (unsigned int i = 0; steal->host_known && i < vm->nr_vcpus; i++)
		steal->host_ns += end->delay_ns[i] - begin->delay_ns[i];
	if (steal->host_known) {
		uint64_t after = waited_after(end, &snaps[2]);

		steal->host_ns -= after < steal->host_ns ? after : steal->host_ns;
	}
}
