// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/contention.h"

#include <ctype.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/base/clock.h"

#define MAX_CPUS   8192
#define BUSY_SHARE 0.25 /* share of the CPUs from which on their use by others is reported */

/*
 * ---- finding ----------------------------------------------------------------------------------
 */

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = strstr(list, word); at; at = strstr(at + 1, word))
		if ((at == list || at[-1] == ',') &&
		    (at[len] == ',' || !at[len] || at[len] == '\n'))
			return true;
	return false;
}

/* The cgroup of this process in the hierarchy that has the cpu controller; "": none. */
static void find_path(const char *root, bool unified, char *path, size_t len)
{
	char file[512], line[4096], *controllers, *at;
	FILE *f;

	*path = '\0';
	snprintf(file, sizeof(file), "%s/proc/self/cgroup", root);
	f = fopen(file, "re");
	while (f && !*path && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		controllers = strchr(line, ':');
		at = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!at)
			continue;
		*controllers++ = *at++ = '\0';
		/* Version 2 has a single hierarchy, number 0, which names no controllers. */
		if (unified ? !*controllers && !strcmp(line, "0") : has_word(controllers, "cpu"))
			snprintf(path, len, "%s", at);
	}
	if (f)
		fclose(f);
}

/*
 * Adds cpu.stat of a group, if it counts periods: only groups with a quota have to be read each
 * round.
 */
static void add_group(struct contention_files *files, const char *dir)
{
	char file[4200], line[128];
	uint64_t value;
	bool counts = false;
	FILE *f;

	snprintf(file, sizeof(file), "%s/cpu.stat", dir);
	f = fopen(file, "re");
	while (f && fgets(line, sizeof(line), f))
		counts |= sscanf(line, "nr_periods %" SCNu64, &value) == 1;
	if (f)
		fclose(f);
	if (counts && files->nr_quotas < CONTENTION_MAX_GROUPS)
		files->quota[files->nr_quotas] = strdup(file);
	if (counts && files->nr_quotas < CONTENTION_MAX_GROUPS && files->quota[files->nr_quotas])
		files->nr_quotas++;
}

/* Adds the group and all above it, as far as they are mounted here. */
static void add_groups(struct contention_files *files, const char *root, const char *mounted,
		       const char *mount_point, const char *path)
{
	size_t prefix = strcmp(mounted, "/") ? strlen(mounted) : 0, end;
	char dir[4096];
	int n;

	/* In another mount, or above it: then the mount's root is the best we can see. */
	if (strncmp(path, mounted, prefix) || (path[prefix] && path[prefix] != '/'))
		path = "";
	else
		path += prefix;
	n = snprintf(dir, sizeof(dir), "%s%s%s", root, mount_point, path);
	if (n < 0 || (size_t)n >= sizeof(dir))
		return;
	end = strlen(root) + strlen(mount_point);
	while (strlen(dir) > end && dir[strlen(dir) - 1] == '/')
		dir[strlen(dir) - 1] = '\0';
	for (;;) {
		add_group(files, dir);
		if (strlen(dir) <= end)
			return;
		*strrchr(dir, '/') = '\0';
	}
}

static void find_quotas(struct contention_files *files, const char *root)
{
	char file[512], line[4096], mounted[2048], mount_point[2048], path[2048], type[32], *rest;
	FILE *f;

	snprintf(file, sizeof(file), "%s/proc/self/mountinfo", root);
	f = fopen(file, "re");
	while (f && fgets(line, sizeof(line), f)) {
		rest = strstr(line, " - ");
		if (!rest || sscanf(line, "%*s %*s %*s %2047s %2047s", mounted, mount_point) != 2 ||
		    sscanf(rest, " - %31s", type) != 1)
			continue;
		rest = strrchr(rest, ' ') + 1;
		if (strcmp(type, "cgroup2") && (strcmp(type, "cgroup") || !has_word(rest, "cpu")))
			continue;
		find_path(root, !strcmp(type, "cgroup2"), path, sizeof(path));
		if (*path)
			add_groups(files, root, mounted, mount_point, path);
	}
	if (f)
		fclose(f);
}

void contention__find(struct contention_files *files, const char *root)
{
	*files = (struct contention_files){ 0 };
	if (asprintf(&files->stat, "%s/proc/stat", root) < 0)
		files->stat = NULL;
	find_quotas(files, root);
}

void contention__free(struct contention_files *files)
{
	free(files->stat);
	while (files->nr_quotas)
		free(files->quota[--files->nr_quotas]);
	*files = (struct contention_files){ 0 };
}

/*
 * ---- reading ----------------------------------------------------------------------------------
 */

static void read_cpus(const char *path, struct contention *now)
{
	uint64_t user, nice, system, irq, softirq, steal;
	uint64_t tick_ns = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	size_t bytes = CPU_ALLOC_SIZE(MAX_CPUS);
	cpu_set_t *allowed = CPU_ALLOC(MAX_CPUS);
	FILE *f = path ? fopen(path, "re") : NULL;
	bool all = !allowed || sched_getaffinity(0, bytes, allowed);
	unsigned int cpu;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		/* Skip the first line, which is the sum over all CPUs. */
		if (!isdigit((unsigned char)line[3]) ||
		    sscanf(line,
			   "cpu%u %" SCNu64 " %" SCNu64 " %" SCNu64 " %*u %*u %" SCNu64 " %" SCNu64
			   " %" SCNu64,
			   &cpu, &user, &nice, &system, &irq, &softirq, &steal) != 7 ||
		    (!all && !CPU_ISSET_S(cpu, bytes, allowed)))
			continue;
		now->known = true;
		now->cpus++;
		now->busy_ns += (user + nice + system + irq + softirq) * tick_ns;
		now->steal_ns += steal * tick_ns;
	}
	if (f)
		fclose(f);
	CPU_FREE(allowed);
}

static uint64_t used_ns(int who)
{
	struct rusage usage;

	if (getrusage(who, &usage))
		return 0;
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000u +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000u;
}

static void read_quota(const char *path, struct contention *now)
{
	FILE *f = fopen(path, "re");
	char line[128];
	uint64_t value;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "nr_periods %" SCNu64, &value) == 1)
			now->periods += value;
		else if (sscanf(line, "nr_throttled %" SCNu64, &value) == 1)
			now->throttled += value;
		else if (sscanf(line, "throttled_time %" SCNu64, &value) == 1) /* version 1, ns */
			now->throttled_ns += value;
		else if (sscanf(line, "throttled_usec %" SCNu64, &value) == 1)
			now->throttled_ns += 1000 * value;
	}
	if (f)
		fclose(f);
}

void contention__read(const struct contention_files *files, struct contention *now)
{
	*now = (struct contention){ .wall_ns = clock__ns(), .has_quota = files->nr_quotas };
	now->own_ns = used_ns(RUSAGE_SELF) + used_ns(RUSAGE_CHILDREN);
	read_cpus(files->stat, now);
	for (unsigned int i = 0; i < files->nr_quotas; i++)
		read_quota(files->quota[i], now);
}

static uint64_t gained(uint64_t before, uint64_t now)
{
	return now > before ? now - before : 0;
}

void contention__add(struct contention *sum, const struct contention *before,
		     const struct contention *now)
{
	sum->known = before->known && now->known;
	sum->has_quota |= now->has_quota;
	sum->cpus = now->cpus;
	sum->wall_ns += gained(before->wall_ns, now->wall_ns);
	sum->busy_ns += gained(before->busy_ns, now->busy_ns);
	sum->steal_ns += gained(before->steal_ns, now->steal_ns);
	sum->own_ns += gained(before->own_ns, now->own_ns);
	sum->periods += gained(before->periods, now->periods);
	sum->throttled += gained(before->throttled, now->throttled);
	sum->throttled_ns += gained(before->throttled_ns, now->throttled_ns);
}

static double mean_cpus(const struct contention *c, uint64_t ns)
{
	return c->wall_ns ? (double)ns / (double)c->wall_ns : 0;
}

double contention__others(const struct contention *c)
{
	return mean_cpus(c, gained(c->own_ns, c->busy_ns));
}

double contention__own(const struct contention *c)
{
	return mean_cpus(c, c->own_ns);
}

double contention__stolen(const struct contention *c)
{
	return mean_cpus(c, c->steal_ns);
}

void contention__busy_text(const struct contention *c, char *text, size_t len)
{
	double others = contention__others(c), stolen = contention__stolen(c),
	       most = BUSY_SHARE * c->cpus;

	*text = '\0';
	if (!c->known || others + stolen < most)
		return;
	if (stolen < 0.05 * c->cpus)
		snprintf(text, len,
			 "the host was busy: others had %.1f of %u CPUs while cells were measured; "
			 "times "
			 "include waiting for a CPU",
			 others, c->cpus);
	else
		snprintf(text, len,
			 "the host was busy: others had %.1f of %u CPUs while cells were measured, "
			 "and a "
			 "hypervisor below kept %.1f; times include waiting for a CPU",
			 others, c->cpus, stolen);
}

void contention__quota_text(const struct contention *c, char *text, size_t len)
{
	*text = '\0';
	if (c->throttled)
		snprintf(text, len,
			 "stopped by the CPU quota of its cgroup in %" PRIu64 " of %" PRIu64
			 " periods, for "
			 "%.2f s: raise the quota (cpu.max, cpu.cfs_quota_us) or measure outside",
			 c->throttled, c->periods, (double)c->throttled_ns / 1e9);
}
