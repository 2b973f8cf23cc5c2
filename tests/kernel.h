/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel made of a few variables, in which eBPF programs run as plain C: they are compiled into a
 * test, which sets the time and who runs where, and calls them as tracepoints would. Include it
 * before anything of probes/, and then the program's source with `const` defined as nothing, so
 * that what user space sets before loading becomes variables.
 */
#ifndef HVBENCH_TESTS_KERNEL_H
#define HVBENCH_TESTS_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/buckets.h"

/* Some functions have to have the same type, and some attributes are known to clang only. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunknown-pragmas"

/* Replaces libbpf's headers. */
#define __BPF_HELPERS__
#define __BPF_CORE_READ_H__
#define __BPF_TRACING_H__

#define SEC(name)	    __attribute__((unused))
#define __uint(name, value) int(*name)[value]
#define __type(name, type)  typeof(type) *name
#define __noinline	    __attribute__((noinline))

/* The current time, which task runs on which CPU, and where (the number of its stack). */
struct machine {
	int stack;
	uint64_t now;
	uint32_t cpu;
	uint64_t task;
	uint64_t pid_tgid;
};

static struct machine machine;

#define bpf_ktime_get_ns()	   (machine.now)
#define bpf_get_smp_processor_id() (machine.cpu)
#define bpf_get_current_task()	   (machine.task)
#define bpf_get_current_pid_tgid() (machine.pid_tgid)
#define bpf_get_ns_current_pid_tgid(dev, ino, info, size) \
	((void)(dev), (void)(ino), (void)(info), (void)(size), -1)
#define bpf_get_stackid(ctx, map, flags)      ((void)(ctx), (void)(map), machine.stack)
#define bpf_probe_read_kernel(to, size, from) memcpy(to, from, size)
#define bpf_core_field_exists(field)	      true
#define BPF_CORE_READ(from, field)	      ((from)->field)

/* The elements of all maps, in one list. */
struct element {
	struct element *next;
	const void *map;
	uint64_t key[4];
	bool gone;
	uint64_t value[]; /* on the heap, so that a sanitizer sees accesses beyond it */
};

static struct element *elements;

static struct element *map__find(const void *map, const void *key, size_t key_size)
{
	for (struct element *e = elements; e; e = e->next)
		if (e->map == map && !e->gone && !memcmp(e->key, key, key_size))
			return e;
	return NULL;
}

static struct element *map__add(const void *map, const void *key, size_t key_size,
				size_t value_size)
{
	struct element *e = calloc(1, sizeof(*e) + value_size);

	if (!e || key_size > sizeof(e->key))
		abort();
	memcpy(e->key, key, key_size);
	e->map = map;
	e->next = elements;
	elements = e;
	return e;
}

/* An array has all its elements from the start. */
static inline void *map__lookup(const void *map, bool array, const void *key, size_t key_size,
				size_t value_size)
{
	struct element *e = map__find(map, key, key_size);

	if (!e && array)
		e = map__add(map, key, key_size, value_size);
	return e ? e->value : NULL;
}

static inline long map__update(const void *map, const void *key, size_t key_size, const void *value,
			       size_t value_size, uint64_t flags)
{
	struct element *e = map__find(map, key, key_size);

	if (e && flags == BPF_NOEXIST)
		return -17;
	if (!e)
		e = map__add(map, key, key_size, value_size);
	memcpy(e->value, value, value_size);
	return 0;
}

static inline long map__delete(const void *map, const void *key, size_t key_size)
{
	struct element *e = map__find(map, key, key_size);

	if (e)
		e->gone = true;
	return e ? 0 : -2;
}

/* A queue's elements have no key. */
static inline long map__pop(const void *map, void *value, size_t value_size)
{
	struct element *e = map__find(map, "", 0);

	if (!e)
		return -2;
	memcpy(value, e->value, value_size);
	e->gone = true;
	return 0;
}

static inline void map__push(const void *map, const void *value, size_t value_size)
{
	memcpy(map__add(map, "", 0, value_size)->value, value, value_size);
}

#define MAP_IS(map, kind) (sizeof(*(map)->type) / sizeof(int) == (kind))
#define bpf_map_lookup_elem(map, k) \
	((typeof((map)->value))map__lookup(map, MAP_IS(map, BPF_MAP_TYPE_ARRAY), k, \
					   sizeof(*(map)->key), sizeof(*(map)->value)))
#define bpf_map_update_elem(map, k, v, flags) \
	map__update(map, k, sizeof(*(map)->key), v, sizeof(*(map)->value), flags)
#define bpf_map_delete_elem(map, k) map__delete(map, k, sizeof(*(map)->key))
#define bpf_map_pop_elem(map, v)    map__pop(map, v, sizeof(*(map)->value))

/* The last record, and how many were submitted. */
static struct {
	void *record;
	unsigned int nr;
	bool full;
} ring;

static inline void *ring__reserve(size_t size)
{
	if (ring.full)
		return NULL;
	free(ring.record);
	return ring.record = malloc(size);
}

#define bpf_ringbuf_reserve(map, size, flags) ring__reserve(size)
#define bpf_ringbuf_submit(record, flags)     ((void)(record), (void)ring.nr++)

static inline void machine__reset(void)
{
	while (elements) {
		struct element *next = elements->next;

		free(elements);
		elements = next;
	}
	machine = (struct machine){ .now = 1 };
	free(ring.record);
	memset(&ring, 0, sizeof(ring));
}

#endif
