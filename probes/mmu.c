// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mmu probe: guests' page faults, changes and zaps of page table entries, dirty tracking, from
 * KVM's own tracepoints. If this kernel lacks a tracepoint, its figure is unknown.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/bpf_probe.h"
#include "probes/mmu_layout.h"
#include "probes/pidns.h"

#include "mmu.skel.h"

#define WHAT "the mmu probe"

static const struct {
	const char *tracepoint, *name, *program;
} mmu_events[MMU_NR_EVENTS] = {
#define MMU_EVENT(tracepoint, name) { #tracepoint, #name, "on_" #tracepoint },
	MMU_EVENTS
#undef MMU_EVENT
};

struct mmu_probe {
	struct mmu_bpf *skel;
	struct bpf_link *links[MMU_NR_EVENTS]; /* NULL: no such tracepoint */
	int cpus;
};

static void detach(struct mmu_probe *p)
{
	for (int i = 0; i < MMU_NR_EVENTS; i++) {
		bpf_link__destroy(p->links[i]);
		p->links[i] = NULL;
	}
}

static void mmu__close(void *state)
{
	struct mmu_probe *p = state;

	if (!p)
		return;
	detach(p);
	mmu_bpf__destroy(p->skel);
	free(p);
}

static int mmu__open(void **out, const struct probe_target *target, struct error *err)
{
	struct mmu_probe *p = calloc(1, sizeof(*p));
	struct pidns ns;
	int code;

	*out = NULL;
	if (!p)
		return error__set(err, -ENOMEM, "loading " WHAT ": out of memory");
	libbpf_set_print(NULL);
	p->cpus = libbpf_num_possible_cpus();
	p->skel = mmu_bpf__open();
	code = p->skel ? 0 : -errno;
	if (!code) {
		p->skel->rodata->filtered = target->nr_pids > 0;
		pidns__find(&ns);
		p->skel->rodata->pidns_dev = ns.dev;
		p->skel->rodata->pidns_ino = ns.ino;
		bpf_map__set_max_entries(p->skel->maps.targets, (uint32_t)target->nr_pids + 1);
		code = mmu_bpf__load(p->skel);
	}
	if (!code)
		code = bpf_probe__set_targets(p->skel->maps.targets, target);
	if (code) {
		mmu__close(p);
		return bpf_probe__load_error(err, WHAT, code);
	}
	*out = p;
	return 0;
}

static int mmu__begin(void *state, struct error *err)
{
	struct mmu_probe *p = state;
	struct mmu_counts *zero = calloc((size_t)p->cpus, sizeof(*zero));
	uint32_t key = 0;
	int attached = 0;

	detach(p);
	if (!zero)
		return error__set(err, -ENOMEM, "starting " WHAT ": out of memory");
	bpf_map_update_elem(bpf_map__fd(p->skel->maps.counts), &key, zero, BPF_ANY);
	free(zero);
	for (int i = 0; i < MMU_NR_EVENTS; i++) {
		struct bpf_program *prog =
			bpf_object__find_program_by_name(p->skel->obj, mmu_events[i].program);

		p->links[i] = bpf_program__attach_raw_tracepoint(prog, mmu_events[i].tracepoint);
		if (p->links[i])
			attached++;
		else if (errno != ENOENT)
			return bpf_probe__attach_error(err, WHAT, mmu_events[i].tracepoint, errno);
	}
	return attached ? 0 : bpf_probe__attach_error(err, WHAT, mmu_events[0].tracepoint, ENOENT);
}

static int mmu__end(void *state, struct metrics *m, struct error *err)
{
	struct mmu_probe *p = state;
	struct mmu_counts *counts = calloc((size_t)p->cpus, sizeof(*counts));
	bool there[MMU_NR_EVENTS];
	uint64_t own, other;
	uint32_t key = 0;
	char name[64];

	for (int i = 0; i < MMU_NR_EVENTS; i++)
		there[i] = p->links[i];
	detach(p);
	if (!counts || bpf_map_lookup_elem(bpf_map__fd(p->skel->maps.counts), &key, counts)) {
		free(counts);
		return error__set(err, -ENOMEM, "reading " WHAT ": out of memory");
	}
	for (int i = 0; i < MMU_NR_EVENTS; i++) {
		if (!there[i]) {
			metrics__unknown(m, mmu_events[i].name, "count",
					 "this kernel has no tracepoint %s",
					 mmu_events[i].tracepoint);
			continue;
		}
		own = other = 0;
		for (int cpu = 0; cpu < p->cpus; cpu++) {
			own += counts[cpu].own[i];
			other += counts[cpu].other[i];
		}
		metrics__add(m, mmu_events[i].name, "count", (double)own);
		/*
		 * Not caused by the watched processes themselves, and not necessarily on their
		 * behalf.
		 */
		if (other) {
			snprintf(name, sizeof(name), "%s_by_others", mmu_events[i].name);
			metrics__add(m, name, "count", (double)other);
		}
	}
	free(counts);
	return 0;
}

DEFINE_PROBE(mmu) = {
	.name = "mmu",
	.open = mmu__open,
	.begin = mmu__begin,
	.end = mmu__end,
	.close = mmu__close,
};
