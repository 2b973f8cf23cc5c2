// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sched probe: run-queue delay, wake-up latency, preemptions, migrations, time on and off the
 * CPU, and how halts ended, of threads that run vCPUs.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probes/bpf_probe.h"
#include "probes/pidns.h"
#include "probes/sched_layout.h"

#include "sched.skel.h"

#define WHAT	    "the sched probe"
#define MAX_THREADS 1024 /* that run vCPUs */

struct sched_probe {
	struct sched_bpf *skel;
	struct bpf_link *links[3];
	unsigned int nr_links;
	bool halts; /* kvm_vcpu_wakeup is there */
};

/* Sums over threads. */
struct totals {
	uint64_t threads, on_ns, blocked_ns, wait_ns, wait_max_ns;
	uint64_t switches, preemptions, wakeups, migrations;
	uint64_t polled, polled_ns, waited, waited_ns;
	struct hist wait, wake, halt;
};

static void detach(struct sched_probe *p)
{
	while (p->nr_links)
		bpf_link__destroy(p->links[--p->nr_links]);
}

static void sched__close(void *state)
{
	struct sched_probe *p = state;

	if (!p)
		return;
	detach(p);
	sched_bpf__destroy(p->skel);
	free(p);
}

static int sched__open(void **out, const struct probe_target *target, struct error *err)
{
	struct sched_probe *p = calloc(1, sizeof(*p));
	struct pidns ns;
	int code = -ENOMEM;

	*out = NULL;
	if (!p)
		return error__set(err, -ENOMEM, "loading " WHAT ": out of memory");
	libbpf_set_print(NULL);
	p->skel = sched_bpf__open();
	if (!p->skel) {
		code = -errno;
		goto fail;
	}
	p->skel->rodata->filtered = target->nr_pids > 0;
	pidns__find(&ns);
	p->skel->rodata->pidns_dev = ns.dev;
	p->skel->rodata->pidns_ino = ns.ino;
	bpf_map__set_max_entries(p->skel->maps.threads, MAX_THREADS);
	bpf_map__set_max_entries(p->skel->maps.targets, (uint32_t)target->nr_pids + 1);
	code = sched_bpf__load(p->skel);
	if (!code)
		code = bpf_probe__set_targets(p->skel->maps.targets, target);
	if (code)
		goto fail;
	*out = p;
	return 0;
fail:
	sched__close(p);
	return bpf_probe__load_error(err, WHAT, code);
}

static int attach(struct sched_probe *p, struct bpf_program *prog, const char *event)
{
	struct bpf_link *link = bpf_program__attach_raw_tracepoint(prog, event);

	if (!link)
		return -errno;
	p->links[p->nr_links++] = link;
	return 0;
}

static int sched__begin(void *state, struct error *err)
{
	struct sched_probe *p = state;
	int fd = bpf_map__fd(p->skel->maps.threads), code;
	uint64_t key;

	detach(p);
	while (!bpf_map_get_next_key(fd, NULL, &key))
		bpf_map_delete_elem(fd, &key);
	p->skel->bss->lost = 0;
	p->halts = !attach(p, p->skel->progs.on_halt_end, "kvm_vcpu_wakeup");
	code = attach(p, p->skel->progs.on_wakeup, "sched_wakeup");
	if (code) {
		detach(p);
		return bpf_probe__attach_error(err, WHAT, "sched_wakeup", -code);
	}
	code = attach(p, p->skel->progs.on_switch, "sched_switch");
	if (code) {
		detach(p);
		return bpf_probe__attach_error(err, WHAT, "sched_switch", -code);
	}
	return 0;
}

static void add_thread(struct totals *sum, const struct sched_thread *t)
{
	sum->threads++;
	sum->on_ns += t->on_ns;
	sum->blocked_ns += t->blocked_ns;
	sum->wait_ns += t->wait_ns;
	if (sum->wait_max_ns < t->wait_max_ns)
		sum->wait_max_ns = t->wait_max_ns;
	sum->switches += t->switches;
	sum->preemptions += t->preemptions;
	sum->wakeups += t->wakeups;
	sum->migrations += t->migrations;
	sum->polled += t->polled;
	sum->polled_ns += t->polled_ns;
	sum->waited += t->waited;
	sum->waited_ns += t->waited_ns;
	hist__add_buckets(&sum->wait, t->wait, NULL, HIST_LAYOUT_BUCKETS);
	hist__add_buckets(&sum->wake, t->wake, NULL, HIST_LAYOUT_BUCKETS);
	hist__add_buckets(&sum->halt, t->halt, NULL, HIST_LAYOUT_BUCKETS);
}

static void hand_out(struct sched_probe *p, struct totals *sum, struct metrics *m)
{
	if (sum->wait.max > sum->wait_max_ns)
		sum->wait.max = sum->wait_max_ns;
	metrics__add(m, "threads", "count", (double)sum->threads);
	metrics__add(m, "switches", "count", (double)sum->switches);
	metrics__add(m, "preemptions", "count", (double)sum->preemptions);
	metrics__add(m, "migrations", "count", (double)sum->migrations);
	metrics__add(m, "wakeups", "count", (double)sum->wakeups);
	metrics__add(m, "on_cpu_ns", "ns", (double)sum->on_ns);
	metrics__add(m, "blocked_ns", "ns", (double)sum->blocked_ns);
	metrics__add(m, "run_delay_ns", "ns", (double)sum->wait_ns);
	metrics__add(m, "run_delay_max_ns", "ns", (double)sum->wait_max_ns);
	metrics__add_hist(m, "run_delay", "ns", &sum->wait);
	metrics__add_hist(m, "wake_to_run", "ns", &sum->wake);
	if (p->halts) {
		metrics__add(m, "halts_polled", "count", (double)sum->polled);
		metrics__add(m, "halts_polled_ns", "ns", (double)sum->polled_ns);
		metrics__add(m, "halts_slept", "count", (double)sum->waited);
		metrics__add(m, "halts_slept_ns", "ns", (double)sum->waited_ns);
		metrics__add_hist(m, "halt_sleep", "ns", &sum->halt);
	} else {
		metrics__unknown(m, "halts_slept", "count", "this kernel has no kvm_vcpu_wakeup");
	}
	metrics__add(m, "lost_threads", "count", (double)p->skel->bss->lost);
}

static int sched__end(void *state, struct metrics *m, struct error *err)
{
	struct sched_probe *p = state;
	int fd = bpf_map__fd(p->skel->maps.threads);
	struct sched_thread *t = malloc(sizeof(*t));
	struct totals *sum = calloc(1, sizeof(*sum));
	uint64_t key, *previous = NULL;
	int code = 0;

	detach(p);
	if (!t || !sum) {
		code = error__set(err, -ENOMEM, "reading " WHAT ": out of memory");
		goto out;
	}
	while (!bpf_map_get_next_key(fd, previous, &key)) {
		if (!bpf_map_lookup_elem(fd, &key, t))
			add_thread(sum, t);
		previous = &key;
	}
	hand_out(p, sum, m);
out:
	free(t);
	free(sum);
	return code;
}

DEFINE_PROBE(sched) = {
	.name = "sched",
	.open = sched__open,
	.begin = sched__begin,
	.end = sched__end,
	.close = sched__close,
};
