// SPDX-License-Identifier: GPL-2.0-or-later
/* The exits that were seen; see exits.h. */
#include "bench/lab/plugin/exits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS	   (4 * EXITS_MAX)
#define PATH_SLOTS (4 * EXITS_PATHS)
#define MISSES_MAX (1u << 18) /* exits */
/*
 * Of a VM's exits at one instruction, a length that fewer than one in so many have does not count
 * as a path. A figure may be the path of an operation that follows another one, of which there are
 * sixteen in the trials that say what is around a loop, while each of 300 samples is a single one.
 */
#define MIN_SHARE 40

int exits__init(struct exits *exits, bool model)
{
	memset(exits, 0, sizeof(*exits));
	exits->min_alike = EXITS_MIN_ALIKE;
	exits->list = calloc(EXITS_MAX, sizeof(*exits->list));
	exits->slots = calloc(SLOTS, sizeof(*exits->slots));
	exits->paths = calloc(EXITS_PATHS, sizeof(*exits->paths));
	exits->path_slots = calloc(PATH_SLOTS, sizeof(*exits->path_slots));
	exits->misses = model ? calloc(MISSES_MAX, sizeof(*exits->misses)) : NULL;
	return exits->list && exits->slots && exits->paths && exits->path_slots &&
			       (exits->misses || !model) ?
		       0 :
		       -1;
}

void exits__free(struct exits *exits)
{
	for (uint32_t i = 0; i < exits->nr_paths; i++)
		free(exits->paths[i].list);
	free(exits->list);
	free(exits->slots);
	free(exits->paths);
	free(exits->path_slots);
	free(exits->misses);
	memset(exits, 0, sizeof(*exits));
}

static uint64_t hash_of(uint32_t vm, uint64_t rip, const struct span *span)
{
	uint64_t h = span->hash ^ rip * 0x9e3779b97f4a7c15ull ^ (uint64_t)vm << 40;

	for (int i = 0; i < SPAN_COUNTS; i++) {
		h = (h ^ span->counts[i]) * 0x100000001b3ull;
		h ^= h >> 31;
	}
	return h;
}

static struct exit_group *find(struct exits *exits, uint32_t vm, uint64_t rip,
			       const struct span *span)
{
	uint64_t hash = hash_of(vm, rip, span);
	struct exit_group *g;
	uint32_t i = hash % SLOTS;

	for (; exits->slots[i]; i = (i + 1) % SLOTS) {
		g = &exits->list[exits->slots[i] - 1];
		if (g->hash == hash && g->vm == vm && g->rip == rip)
			return g;
	}
	if (exits->nr == EXITS_MAX)
		return NULL;
	g = &exits->list[exits->nr++];
	exits->slots[i] = exits->nr;
	g->vm = vm;
	g->rip = rip;
	g->hash = hash;
	memcpy(g->counts, span->counts, sizeof(g->counts));
	memcpy(g->named, span->named, sizeof(g->named));
	return g;
}

/* The number of the path + 1; 0: there is no room. */
static uint32_t add_path(struct exits *exits, const struct span *span)
{
	size_t bytes = span->counts[SPAN_INSN] * sizeof(*span->path);
	uint32_t i = span->hash % PATH_SLOTS;
	struct exit_path *p;

	while (exits->path_slots[i] && exits->paths[exits->path_slots[i] - 1].hash != span->hash)
		i = (i + 1) % PATH_SLOTS;
	if (!exits->path_slots[i]) {
		if (exits->nr_paths == EXITS_PATHS)
			return 0;
		exits->path_slots[i] = ++exits->nr_paths;
		exits->paths[exits->nr_paths - 1].hash = span->hash;
	}
	p = &exits->paths[exits->path_slots[i] - 1];
	if (++p->count == 2) {
		p->list = malloc(bytes);
		if (p->list)
			memcpy(p->list, span->path, bytes);
	}
	return exits->path_slots[i];
}

static const uint64_t *path_of(const struct exits *exits, const struct exit_group *g)
{
	return g->path ? exits->paths[g->path - 1].list : NULL;
}

/* Most exits occurred only once: there are tens of thousands of them, and they can be no path. */
static bool may_be_path(const struct exits *exits, const struct exit_group *g)
{
	return path_of(exits, g) &&
	       (g->count > 1 || exits->paths[g->path - 1].count >= exits->min_alike);
}

/*
 * Which of two numbers of the guest's own instructions is a turn of its loop: the lesser. One alone
 * is the instruction that the host had the guest try again, or all that can be seen of the guest;
 * none: unknown.
 */
static uint64_t turn_of(uint64_t a, uint64_t b)
{
	if (a <= 1 || b <= 1)
		return a > b ? a : b;
	return a < b ? a : b;
}

void exits__add(struct exits *exits, uint32_t vm, uint64_t rip, uint64_t guest,
		const struct span *span)
{
	struct exit_group *g = span->overflow ? NULL : find(exits, vm, rip, span);

	if (!g) {
		exits->lost++;
		return;
	}
	g->count++;
	g->guest = turn_of(g->guest, guest);
	g->path = add_path(exits, span);
}

void exits__add_misses(struct exits *exits, uint32_t vm, uint64_t rip, const struct span *span,
		       const uint32_t misses[MODEL_PARTS])
{
	struct exit_misses *m;

	if (!exits->misses || span->overflow || exits->nr_misses == MISSES_MAX)
		return;
	m = &exits->misses[exits->nr_misses++];
	m->vm = vm;
	m->rip = rip;
	m->insn = (uint32_t)span->counts[SPAN_INSN];
	memcpy(m->misses, misses, sizeof(m->misses));
}

static int by_size(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Of the exits as long as `g` and at the same instruction. */
static void write_misses(const struct exits *exits, const struct exit_group *g, FILE *f)
{
	uint32_t *values = exits->misses ? calloc(exits->nr_misses + 1, sizeof(*values)) : NULL;

	if (!values)
		return;
	fputs("model", f);
	for (int part = 0; part < MODEL_PARTS; part++) {
		size_t nr = 0;

		for (uint32_t i = 0; i < exits->nr_misses; i++) {
			const struct exit_misses *m = &exits->misses[i];

			if (m->vm == g->vm && m->rip == g->rip && m->insn == g->counts[SPAN_INSN])
				values[nr++] = m->misses[part];
		}
		qsort(values, nr, sizeof(*values), by_size);
		fprintf(f, " %u", nr ? values[(nr - 1) / 2] : 0);
	}
	fputc('\n', f);
	free(values);
}

void exits__repeated(struct exits *exits, uint64_t address, uint8_t width)
{
	uint32_t i = 0;

	while (i < exits->nr_reps && exits->reps[i].address != address)
		i++;
	if (i == exits->nr_reps && i < EXITS_REPS)
		exits->reps[exits->nr_reps++] = (struct exit_rep){ address, width };
}

/*
 * All exits that are as long as `g`: how many, and the most frequent one. Of all at that
 * instruction: how many, and the least of the guest's own instructions before one.
 */
struct length {
	uint64_t alike, guest, seen;
	const struct exit_group *most;
};

static struct length look(const struct exits *exits, const struct exit_group *g)
{
	struct length l = { 0 };

	for (const struct exit_group *o = exits->list; o < exits->list + exits->nr; o++) {
		if (o->vm != g->vm || o->rip != g->rip)
			continue;
		l.seen += o->count;
		/* The loop is the same whichever way an exit takes. */
		l.guest = turn_of(l.guest, o->guest);
		if (o->counts[SPAN_INSN] != g->counts[SPAN_INSN])
			continue;
		l.alike += o->count;
		if (may_be_path(exits, o) && (!l.most || o->count > l.most->count))
			l.most = o;
	}
	return l;
}

static void write_group(const struct exits *exits, const struct exit_group *g,
			const struct length *l, FILE *f)
{
	fprintf(f, "exit %u %" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, g->vm,
		g->rip, l->seen, l->alike, g->count, l->guest);
	for (int i = 0; i < SPAN_COUNTS; i++)
		fprintf(f, " %" PRIu64, g->counts[i]);
	fputc('\n', f);
	for (int i = 1; i < NR_NAMES; i++)
		if (g->named[i])
			fprintf(f, "named %u %s\n", g->named[i], insn_names[i]);
	write_misses(exits, g, f);
	fputs("path", f);
	for (uint64_t i = 0; i < g->counts[SPAN_INSN]; i++)
		fprintf(f, " %" PRIx64, path_of(exits, g)[i]);
	fputc('\n', f);
}

void exits__write(const struct exits *exits, FILE *f)
{
	for (const struct exit_group *g = exits->list; g < exits->list + exits->nr; g++) {
		struct length l;

		if (!may_be_path(exits, g))
			continue;
		l = look(exits, g);
		if (l.most == g && l.alike >= exits->min_alike && MIN_SHARE * l.alike >= l.seen)
			write_group(exits, g, &l, f);
	}
	for (uint32_t i = 0; i < exits->nr_reps; i++)
		fprintf(f, "rep %" PRIx64 " %u\n", exits->reps[i].address, exits->reps[i].width);
	fprintf(f, "end %" PRIu64 "\n", exits->lost);
}
