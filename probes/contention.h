/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What else wanted the CPUs during a measurement: CPU time that went to others (/proc/stat without
 * that of this process and its children), CPU time that a hypervisor below kept (steal), and
 * periods in which a CPU quota stopped this process (cpu.stat of its cgroups, version 1 and 2).
 * Needs no privilege.
 */
#ifndef HVBENCH_CONTENTION_H
#define HVBENCH_CONTENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTENTION_MAX_GROUPS 16

/* The files to read; to be found only once. */
struct contention_files {
	char *stat;			    /* /proc/stat */
	char *quota[CONTENTION_MAX_GROUPS]; /* cpu.stat of each cgroup at or above ours that
						 * has a quota */
	unsigned int nr_quotas;
};

/* Sums since some beginning, or between two readings. */
struct contention {
	bool known; /* /proc/stat could be read */
	bool has_quota;
	unsigned int cpus; /* that this process may use */
	/* of all CPUs together, in steps of 10 ms per CPU */
	uint64_t wall_ns, busy_ns, steal_ns;
	uint64_t own_ns; /* CPU time of this process and of its children that have
					 * ended */
	uint64_t periods, throttled, throttled_ns; /* sums over all quotas */
};

/*
 * `root`: "", or the directory of another /proc and /sys for tests. Never fails: missing files are
 * not read.
 */
void contention__find(struct contention_files *files, const char *root);
void contention__free(struct contention_files *files);
void contention__read(const struct contention_files *files, struct contention *now);
/* Adds what happened between two readings. */
void contention__add(struct contention *sum, const struct contention *before,
		     const struct contention *now);

/* How many CPUs others used, this process used, and were stolen, on average, out of `cpus`. */
double contention__others(const struct contention *c);
double contention__own(const struct contention *c);
double contention__stolen(const struct contention *c);

/* What a reader of figures measured meanwhile has to know, in words, or "". */
void contention__busy_text(const struct contention *c, char *text, size_t len);
void contention__quota_text(const struct contention *c, char *text, size_t len);

#endif
