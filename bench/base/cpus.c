// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/cpus.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

void cpus__clear(struct cpus *cpus)
{
	memset(cpus, 0, sizeof(*cpus));
}

void cpus__add(struct cpus *cpus, unsigned int cpu)
{
	if (cpu < CPUS_MAX)
		cpus->bits[cpu / CPUS_WORD_BITS] |= 1ul << cpu % CPUS_WORD_BITS;
}

void cpus__drop(struct cpus *cpus, unsigned int cpu)
{
	if (cpu < CPUS_MAX)
		cpus->bits[cpu / CPUS_WORD_BITS] &= ~(1ul << cpu % CPUS_WORD_BITS);
}

bool cpus__has(const struct cpus *cpus, unsigned int cpu)
{
	return cpu < CPUS_MAX && cpus->bits[cpu / CPUS_WORD_BITS] >> cpu % CPUS_WORD_BITS & 1;
}

unsigned int cpus__count(const struct cpus *cpus)
{
	unsigned int count = 0;

	for (size_t i = 0; i < CPUS_MAX / CPUS_WORD_BITS; i++)
		count += (unsigned int)__builtin_popcountl(cpus->bits[i]);
	return count;
}

void cpus__keep(struct cpus *cpus, const struct cpus *others)
{
	for (size_t i = 0; i < CPUS_MAX / CPUS_WORD_BITS; i++)
		cpus->bits[i] &= others->bits[i];
}

int cpus__nth(const struct cpus *cpus, unsigned int nth)
{
	for (unsigned int cpu = 0; cpu < CPUS_MAX; cpu++)
		if (cpus__has(cpus, cpu) && nth-- == 0)
			return (int)cpu;
	return -1;
}

/* At most six digits, so that nothing overflows; the caller refuses numbers that are too large. */
static int take_cpu(const char **p)
{
	int value = 0, digits = 0;

	for (; **p >= '0' && **p <= '9'; (*p)++) {
		if (++digits > 6)
			return -1;
		value = value * 10 + (**p - '0');
	}
	return digits ? value : -1;
}

/* FIRST[-LAST[:STRIDE]], as taskset reads it. */
static int take_range(const char **p, int *first, int *last, int *stride)
{
	*first = *last = take_cpu(p);
	*stride = 1;
	if (**p == '-') {
		++*p;
		*last = take_cpu(p);
		if (**p == ':') {
			++*p;
			*stride = take_cpu(p);
		}
	}
	return *first < 0 || *last < *first || *stride < 1 ? -EINVAL : 0;
}

int cpus__parse(struct cpus *cpus, const char *list, const char **why)
{
	int first, last, stride, before = -1;

	*why = NULL;
	cpus__clear(cpus);
	for (;; list++) {
		if (take_range(&list, &first, &last, &stride))
			return -EINVAL;
		if (last >= CPUS_MAX) {
			*why = "CPUs are numbered 0 to 8191";
			return -EINVAL;
		}
		if (first <= before) {
			*why = "CPUs are listed once each, ascending, in the order of their use";
			return -EINVAL;
		}
		for (; first <= last; first += stride) {
			cpus__add(cpus, (unsigned int)first);
			before = first;
		}
		if (!*list)
			return 0;
		if (*list != ',')
			return -EINVAL;
	}
}

/*
 * The kernel refuses a set smaller than its own, and of a larger one uses only as much as it has.
 */
int cpus__get_affinity(pid_t tid, struct cpus *cpus)
{
	cpus__clear(cpus);
	return sched_getaffinity(tid, sizeof(*cpus), (cpu_set_t *)cpus->bits) ? -errno : 0;
}

int cpus__set_affinity(pid_t tid, const struct cpus *cpus)
{
	return sched_setaffinity(tid, sizeof(*cpus), (const cpu_set_t *)cpus->bits) ? -errno : 0;
}

int cpus__set_affinity_to(pid_t tid, unsigned int cpu)
{
	struct cpus one;

	cpus__clear(&one);
	cpus__add(&one, cpu);
	return cpus__set_affinity(tid, &one);
}
