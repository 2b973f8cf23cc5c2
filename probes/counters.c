// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The counters probe: perf events of the watched threads, by libperf. Hardware events are counted
 * separately for host and guest ("cycles_host", "cycles_guest"), page walks (page_walks.h)
 * included; if this CPU, kernel or hypervisor does not count one, its figure is unknown, with the
 * reason. Counts of events that had to share counters are scaled and marked as "multiplexed".
 * Without a target this process is watched.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <perf/cpumap.h>
#include <perf/evlist.h>
#include <perf/evsel.h>
#include <perf/threadmap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/page_walks.h"
#include "probes/pidns.h"
#include "probes/probe.h"

#define MAX_THREADS 4096

/*
 * libperf of Linux 6.8 renamed the function that makes the map for any CPU. Which of the two exists
 * is found when linking, since the library may be the distribution's or from any kernel's sources.
 */
struct perf_cpu_map *perf_cpu_map__new_any_cpu(void) __attribute__((weak));
struct perf_cpu_map *perf_cpu_map__dummy_new(void) __attribute__((weak));

static struct perf_cpu_map *new_any_cpu(void)
{
	return perf_cpu_map__new_any_cpu ? perf_cpu_map__new_any_cpu() : perf_cpu_map__dummy_new();
}

#define CACHE(cache, op, result) \
	(PERF_COUNT_HW_CACHE_##cache | PERF_COUNT_HW_CACHE_OP_##op << 8 | \
	 PERF_COUNT_HW_CACHE_RESULT_##result << 16)

enum side { SIDE_BOTH, SIDE_HOST, SIDE_GUEST };

static const struct counter_event {
	const char *name, *unit;
	uint32_t type;
	uint64_t config;
} hardware[] = {
	{ "cycles", "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "instructions", "count", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	{ "llc_misses", "count", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES },
	{ "dtlb_load_misses", "count", PERF_TYPE_HW_CACHE, CACHE(DTLB, READ, MISS) },
	{ "itlb_misses", "count", PERF_TYPE_HW_CACHE, CACHE(ITLB, READ, MISS) },
	{ "branch_misses", "count", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES },
}, software[] = {
	{ "task_clock_ns", "ns", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK },
	{ "context_switches", "count", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "cpu_migrations", "count", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS },
	{ "minor_faults", "count", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN },
	{ "major_faults", "count", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ },
};

#define NR_HARDWARE (sizeof(hardware) / sizeof(*hardware))
#define NR_SOFTWARE (sizeof(software) / sizeof(*software))
#define NR_COUNTERS (2 * (NR_HARDWARE + NR_PAGE_WALKS) + NR_SOFTWARE)
/*
 * Cycles, instructions and two related events: larger groups would never fit on the CPU together.
 */
#define GROUP_SIZE 4

struct counter {
	const struct counter_event *event;
	enum side side;
	int code;		  /* negative errno: it cannot be counted here */
	const char *why;	  /* the reason, if known more exactly than by `code`; else
					 * NULL */
	struct perf_evsel *evsel; /* owned by its group */
};

struct group {
	struct perf_evlist *evlist;
	bool open;
};

struct counters_probe {
	pid_t *pids;
	size_t nr_pids;
	struct page_walk_event walks[NR_PAGE_WALKS];
	struct counter_event walk_events[NR_PAGE_WALKS];
	struct counter counters[NR_COUNTERS];
	struct group groups[NR_COUNTERS];
	unsigned int nr_groups;
	struct perf_thread_map *threads;
	struct perf_cpu_map *any_cpu;
};

static int silent(enum libperf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

static void fill_attr(const struct counter *c, struct perf_event_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	attr->type = c->event->type;
	attr->config = c->event->config;
	attr->read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	attr->disabled = 1;
	attr->inherit = 1;
	attr->exclude_guest = c->side == SIDE_HOST;
	attr->exclude_host = c->side == SIDE_GUEST;
}

/* Tries once, on this process, whether it can be counted at all. */
static int try_counter(const struct counter *c, struct perf_cpu_map *any_cpu)
{
	struct perf_thread_map *self = perf_thread_map__new_dummy();
	struct perf_event_attr attr;
	struct perf_evsel *evsel;
	int code;

	fill_attr(c, &attr);
	evsel = perf_evsel__new(&attr);
	if (!evsel || !self) {
		perf_evsel__delete(evsel);
		perf_thread_map__put(self);
		return -ENOMEM;
	}
	perf_thread_map__set_pid(self, 0, 0);
	code = perf_evsel__open(evsel, any_cpu, self);
	if (!code)
		perf_evsel__close(evsel);
	perf_evsel__delete(evsel);
	perf_thread_map__put(self);
	return code;
}

static void find_walks(struct counters_probe *p)
{
	page_walks__find("", p->walks);
	for (size_t i = 0; i < NR_PAGE_WALKS; i++)
		p->walk_events[i] = (struct counter_event){ p->walks[i].name, p->walks[i].unit,
							    p->walks[i].type, p->walks[i].config };
}

static void close_groups(struct counters_probe *p)
{
	for (unsigned int i = 0; i < p->nr_groups; i++) {
		if (p->groups[i].open)
			perf_evlist__close(p->groups[i].evlist);
		/*
		 * libperf's events keep references to the maps that deleting the events does not
		 * release.
		 */
		perf_evlist__set_maps(p->groups[i].evlist, NULL, NULL);
		perf_evlist__delete(p->groups[i].evlist);
	}
	for (size_t i = 0; i < NR_COUNTERS; i++)
		p->counters[i].evsel = NULL;
	p->nr_groups = 0;
	perf_thread_map__put(p->threads);
	p->threads = NULL;
}

static void counters__close(void *state)
{
	struct counters_probe *p = state;

	if (!p)
		return;
	close_groups(p);
	perf_cpu_map__put(p->any_cpu);
	free(p->pids);
	free(p);
}

static int counters__open(void **out, const struct probe_target *target, struct error *err)
{
	struct counters_probe *p;
	unsigned int n = 0;
	struct pidns ns;

	*out = NULL;
	/*
	 * Threads are found in /proc, but perf_event_open() uses the numbers of our own namespace.
	 */
	pidns__find(&ns);
	if (ns.self != getpid())
		return error__set(err, -EOPNOTSUPP,
				  "opening perf events: /proc is that of another PID "
				  "namespace; mount it anew (unshare --mount-proc)");
	p = calloc(1, sizeof(*p));
	if (!p)
		goto no_memory;
	p->nr_pids = target->nr_pids ? target->nr_pids : 1;
	p->pids = calloc(p->nr_pids, sizeof(*p->pids));
	libperf_init(silent);
	p->any_cpu = new_any_cpu();
	if (!p->pids || !p->any_cpu)
		goto no_memory;
	p->pids[0] = getpid();
	if (target->nr_pids)
		memcpy(p->pids, target->pids, target->nr_pids * sizeof(*p->pids));
	find_walks(p);
	for (enum side side = SIDE_HOST; side <= SIDE_GUEST; side++) {
		for (size_t i = 0; i < NR_HARDWARE; i++)
			p->counters[n++] = (struct counter){ .event = &hardware[i], .side = side };
		for (size_t i = 0; i < NR_PAGE_WALKS; i++)
			p->counters[n++] = (struct counter){ .event = &p->walk_events[i],
							     .side = side,
							     .why = p->walks[i].known ?
									    NULL :
									    p->walks[i].why };
	}
	for (size_t i = 0; i < NR_SOFTWARE; i++)
		p->counters[n++] = (struct counter){ .event = &software[i], .side = SIDE_BOTH };
	for (size_t i = 0; i < NR_COUNTERS; i++)
		p->counters[i].code = p->counters[i].why ? -ENOENT :
							   try_counter(&p->counters[i], p->any_cpu);
	*out = p;
	return 0;
no_memory:
	counters__close(p);
	return error__set(err, -ENOMEM, "opening perf events: out of memory");
}

static int list_threads(struct counters_probe *p, pid_t *tids)
{
	struct dirent *entry;
	char path[64];
	int n = 0;
	DIR *dir;

	for (size_t i = 0; i < p->nr_pids; i++) {
		snprintf(path, sizeof(path), "/proc/%d/task", p->pids[i]);
		dir = opendir(path);
		if (!dir)
			continue;
		while ((entry = readdir(dir)))
			if (isdigit((unsigned char)entry->d_name[0]) && n < MAX_THREADS)
				tids[n++] = atoi(entry->d_name);
		closedir(dir);
	}
	return n;
}

static int add_counter(struct counters_probe *p, struct counter *c, bool with_previous)
{
	struct perf_event_attr attr;
	struct group *g;

	fill_attr(c, &attr);
	if (!with_previous || !p->nr_groups) {
		g = &p->groups[p->nr_groups];
		g->open = false;
		g->evlist = perf_evlist__new();
		if (!g->evlist)
			return -ENOMEM;
		p->nr_groups++;
	}
	g = &p->groups[p->nr_groups - 1];
	c->evsel = perf_evsel__new(&attr);
	if (!c->evsel)
		return -ENOMEM;
	perf_evlist__add(g->evlist, c->evsel);
	return 0;
}

/*
 * Puts the hardware events of a side into groups that are counted together; software events stay
 * alone.
 */
static int make_groups(struct counters_probe *p)
{
	unsigned int in_group = 0;
	enum side side = SIDE_BOTH;

	for (size_t i = 0; i < NR_COUNTERS; i++) {
		struct counter *c = &p->counters[i];
		bool join = c->side != SIDE_BOTH && c->side == side && in_group < GROUP_SIZE;

		if (c->code)
			continue;
		if (add_counter(p, c, join))
			return -ENOMEM;
		in_group = join ? in_group + 1 : 1;
		side = c->side;
	}
	return 0;
}

static int counters__begin(void *state, struct error *err)
{
	struct counters_probe *p = state;
	pid_t *tids = calloc(MAX_THREADS, sizeof(*tids));
	int n, code = 0;

	close_groups(p);
	if (!tids)
		return error__set(err, -ENOMEM, "opening perf events: out of memory");
	n = list_threads(p, tids);
	if (!n) {
		free(tids);
		return error__set(err, -ESRCH, "opening perf events: the process is gone");
	}
	p->threads = perf_thread_map__new_array(n, tids);
	free(tids);
	if (!p->threads || make_groups(p)) {
		close_groups(p);
		return error__set(err, -ENOMEM, "opening perf events: out of memory");
	}
	for (unsigned int i = 0; i < p->nr_groups; i++) {
		struct group *g = &p->groups[i];

		perf_evlist__set_maps(g->evlist, p->any_cpu, p->threads);
		perf_evlist__set_leader(g->evlist);
		g->open = !perf_evlist__open(g->evlist);
		if (!g->open)
			code = -errno;
	}
	for (unsigned int i = 0; i < p->nr_groups; i++)
		if (p->groups[i].open)
			perf_evlist__enable(p->groups[i].evlist);
	/* If another user of the counters keeps a group out, its figures show that. */
	return code == -EMFILE ? error__set(err, code, "opening perf events of %d threads: %s", n,
					    strerror(EMFILE)) :
				 0;
}

static const char *reason_of(int code)
{
	switch (code) {
	case -ENOENT:
	case -ENODEV:
	case -EOPNOTSUPP:
	case -EINVAL:
		return "not counted by this CPU, kernel or hypervisor";
	case -EACCES:
	case -EPERM:
		return "not permitted: CAP_PERFMON, or kernel.perf_event_paranoid at most 1";
	case -EBUSY:
		return "the counter is in use";
	default:
		return strerror(-code);
	}
}

static bool is_open(const struct counters_probe *p, const struct counter *c)
{
	struct perf_evsel *evsel;

	for (unsigned int i = 0; i < p->nr_groups; i++) {
		if (!p->groups[i].open)
			continue;
		perf_evlist__for_each_evsel(p->groups[i].evlist, evsel)
			if (evsel == c->evsel)
				return true;
	}
	return false;
}

/* The sum over threads; *scaled: some were not on a counter all the time. */
static int read_counter(struct counters_probe *p, struct counter *c, double *value, bool *scaled)
{
	int threads = perf_thread_map__nr(p->threads);
	struct perf_counts_values counts;
	__s8 how;

	*value = 0;
	for (int t = 0; t < threads; t++) {
		memset(&counts, 0, sizeof(counts));
		if (perf_evsel__read(c->evsel, 0, t, &counts))
			continue;
		if (counts.ena && !counts.run)
			return -EBUSY;
		how = 0;
		perf_counts_values__scale(&counts, true, &how);
		if (how)
			*scaled = true;
		*value += (double)counts.val;
	}
	return 0;
}

static int counters__end(void *state, struct metrics *m, struct error *err)
{
	struct counters_probe *p = state;
	static const char *const sides[] = { "", "_host", "_guest" };
	bool scaled = false;

	(void)err;
	for (unsigned int i = 0; i < p->nr_groups; i++)
		if (p->groups[i].open)
			perf_evlist__disable(p->groups[i].evlist);
	for (size_t i = 0; i < NR_COUNTERS; i++) {
		struct counter *c = &p->counters[i];
		double value = 0;
		char name[64];
		int code = c->code;

		snprintf(name, sizeof(name), "%s%s", c->event->name, sides[c->side]);
		if (!code)
			code = is_open(p, c) ? read_counter(p, c, &value, &scaled) : -EBUSY;
		if (code)
			metrics__unknown(m, name, c->event->unit, "%s", c->why ?: reason_of(code));
		else
			metrics__add(m, name, c->event->unit, value);
	}
	metrics__add(m, "multiplexed", "bool", scaled);
	close_groups(p);
	return 0;
}

DEFINE_PROBE(counters) = {
	.name = "counters",
	.last = true,
	.open = counters__open,
	.begin = counters__begin,
	.end = counters__end,
	.close = counters__close,
};
