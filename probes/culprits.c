// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/culprits.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/base/clock.h"
#include "probes/bpf_probe.h"
#include "probes/pidns.h"

#include "culprits.skel.h"

#define WHAT "the probe of run-queue delay by culprit"

struct culprits {
	struct culprits_bpf *skel;
	struct bpf_link *links[4];
	unsigned int nr_links;
	struct culprit_row *rows;
	uint64_t ended_ns; /* 0: attached, or never begun */
};

static size_t rows_bytes(void)
{
	return ((sizeof(struct culprit_row) + 7) & ~7ul) * CULPRITS_ROWS;
}

void culprits__end(struct culprits *c)
{
	if (c->nr_links)
		c->ended_ns = clock__kernel_ns();
	while (c->nr_links)
		bpf_link__destroy(c->links[--c->nr_links]);
}

void culprits__close(struct culprits *c)
{
	if (!c)
		return;
	culprits__end(c);
	if (c->rows)
		munmap(c->rows, rows_bytes());
	culprits_bpf__destroy(c->skel);
	free(c);
}

static int load(struct culprits *c, const struct probe_target *target, unsigned int vcpus)
{
	struct pidns ns;
	int cpus = libbpf_num_possible_cpus(), code;

	c->skel = culprits_bpf__open();
	if (!c->skel)
		return -errno;
	if (cpus < 0)
		return cpus;
	pidns__find(&ns);
	c->skel->rodata->pidns_dev = ns.dev;
	c->skel->rodata->pidns_ino = ns.ino;
	c->skel->rodata->filtered = target->nr_pids > 0;
	bpf_map__set_max_entries(c->skel->maps.cpus, (uint32_t)cpus);
	bpf_map__set_max_entries(c->skel->maps.victims, vcpus);
	bpf_map__set_max_entries(c->skel->maps.targets, (uint32_t)target->nr_pids + 1);
	code = culprits_bpf__load(c->skel);
	return code ?: bpf_probe__set_targets(c->skel->maps.targets, target);
}

static int fill_rows(struct culprits *c)
{
	void *rows =
		mmap(NULL, rows_bytes(), PROT_READ, MAP_SHARED, bpf_map__fd(c->skel->maps.rows), 0);

	if (rows == MAP_FAILED)
		return -errno;
	c->rows = rows;
	for (uint32_t i = 1; i < CULPRITS_ROWS; i++)
		if (bpf_map_update_elem(bpf_map__fd(c->skel->maps.free_rows), NULL, &i, BPF_ANY))
			return -errno;
	return 0;
}

int culprits__open(struct culprits **out, const struct probe_target *target, unsigned int vcpus,
		   struct error *err)
{
	struct culprits *c = calloc(1, sizeof(*c));
	int code;

	*out = NULL;
	if (!c)
		return error__set(err, -ENOMEM, "loading " WHAT ": out of memory");
	libbpf_set_print(NULL);
	code = load(c, target, vcpus);
	if (!code)
		code = fill_rows(c);
	if (code) {
		culprits__close(c);
		return bpf_probe__load_error(err, WHAT, code);
	}
	*out = c;
	return 0;
}

int culprits__begin(struct culprits *c, struct error *err)
{
	const struct {
		struct bpf_program *prog;
		const char *event;
	} programs[] = {
		{ c->skel->progs.on_thread_exit, "sched_process_exit" },
		{ c->skel->progs.on_migrate, "sched_migrate_task" },
		{ c->skel->progs.on_wakeup, "sched_wakeup" },
		{ c->skel->progs.on_switch, "sched_switch" },
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		struct bpf_link *link =
			bpf_program__attach_raw_tracepoint(programs[i].prog, programs[i].event);
		int code = errno;

		if (!link) {
			culprits__end(c);
			return bpf_probe__attach_error(err, WHAT, programs[i].event, code);
		}
		c->links[c->nr_links++] = link;
	}
	return 0;
}

/* Those that still wait, in rows that no other has. */
static void read_pending(struct culprits *c, culprits_visit visit, void *ctx)
{
	int fd = bpf_map__fd(c->skel->maps.victims);
	uint64_t key, *previous = NULL;
	struct culprit_victim v;

	for (; !bpf_map_get_next_key(fd, previous, &key); previous = &key) {
		if (bpf_map_lookup_elem(fd, &key, &v) || !v.waits_since_ns ||
		    v.waits_since_ns >= c->ended_ns)
			continue;
		visit(0,
		      &(struct culprit_row){ .ns = c->ended_ns - v.waits_since_ns,
					     .max_ns = c->ended_ns - v.waits_since_ns,
					     .victim_tgid = v.tgid,
					     .victim_tid = v.tid,
					     .who = { .kind = CULPRIT_PENDING },
					     .used = 1 },
		      ctx);
	}
}

void culprits__read(struct culprits *c, culprits_visit visit, void *ctx)
{
	/* They are given out in their order. */
	for (unsigned int i = 1; i < CULPRITS_ROWS && c->rows[i].used; i++)
		if (c->rows[i].ns)
			visit(i, &c->rows[i], ctx);
	if (c->ended_ns)
		read_pending(c, visit, ctx);
}

void culprits__lost(struct culprits *c, char *text, size_t len)
{
	unsigned long long threads = c->skel->bss->lost_threads;

	*text = '\0';
	if (threads)
		snprintf(text, len,
			 "there was no room for %llu vCPU threads more: what they waited is not "
			 "here",
			 threads);
}
