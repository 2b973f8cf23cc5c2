/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who else wanted the CPUs while something was measured: CPU time that went to others (/proc/stat less
 * this process' and its children's own), that a hypervisor below kept (steal), and periods in which a
 * CPU quota stopped this process (cpu.stat of its cgroups, version 1 and 2). For anyone to read.
 */
#ifndef HVBENCH_CONTENTION_H
#define HVBENCH_CONTENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTENTION_MAX_GROUPS	16

/* What there is to read; find it once. */
struct contention_files {
	char *stat;				/* /proc/stat */
	char *quota[CONTENTION_MAX_GROUPS];	/* cpu.stat of each cgroup above that has a quota */
	unsigned int nr_quotas;
};

/* Sums since some beginning, or between two readings. */
struct contention {
	bool known;			/* /proc/stat could be read */
	bool has_quota;
	unsigned int cpus;		/* this process may use */
	uint64_t wall_ns, busy_ns, steal_ns;	/* of those CPUs; in steps of 10 ms a CPU */
	uint64_t own_ns;		/* CPU time of this process and of its children that have ended */
	uint64_t periods, throttled, throttled_ns;	/* over all quotas */
};

/* `root`: "" or where another /proc and /sys are, for tests. Never fails: what is not there is not read. */
void contention__find(struct contention_files *files, const char *root);
void contention__free(struct contention_files *files);
void contention__read(const struct contention_files *files, struct contention *now);
/* Adds what happened between two readings. */
void contention__add(struct contention *sum, const struct contention *before, const struct contention *now);

/* CPUs that others had, that this process had, that were stolen; on average, of `cpus`. */
double contention__others(const struct contention *c);
double contention__own(const struct contention *c);
double contention__stolen(const struct contention *c);

/* In words what has to be known about figures measured meanwhile, or "". */
void contention__busy_text(const struct contention *c, char *text, size_t len);
void contention__quota_text(const struct contention *c, char *text, size_t len);

#endif
