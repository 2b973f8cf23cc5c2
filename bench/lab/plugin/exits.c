// SPDX-License-Identifier: GPL-2.0-or-later
/* The exits that were seen; see exits.h. */
#include "bench/lab/plugin/exits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS (4 * EXITS_MAX)
/*
 * Of a VM's exits at one instruction, a length that occurs less often than this does not count as a
 * path.
 */
#define MIN_ALIKE 8
#define MIN_SHARE 10

int exits__init(struct exits *exits)
{
	memset(exits, 0, sizeof(*exits));
	exits->list = calloc(EXITS_MAX, sizeof(*exits->list));
	exits->slots = calloc(SLOTS, sizeof(*exits->slots));
	return exits->list && exits->slots ? 0 : -1;
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

void exits__add(struct exits *exits, uint32_t vm, uint64_t rip, uint64_t guest,
		const struct span *span)
{
	struct exit_group *g = span->overflow ? NULL : find(exits, vm, rip, span);
	size_t bytes = span->counts[SPAN_INSN] * sizeof(*span->path);

	if (!g) {
		exits->lost++;
		return;
	}
	g->count++;
	if (guest && (!g->guest || guest < g->guest))
		g->guest = guest;
	if (g->path || g->count < 2)
		return;
	g->path = malloc(bytes);
	if (g->path)
		memcpy(g->path, span->path, bytes);
}

void exits__repeated(struct exits *exits, uint64_t address, uint8_t width)
{
	uint32_t i = 0;

	while (i < exits->nr_reps && exits->reps[i].address != address)
		i++;
	if (i == exits->nr_reps && i < EXITS_REPS)
		exits->reps[exits->nr_reps++] = (struct exit_rep){ address, width };
}

static void write_group(const struct exit_group *g, uint64_t seen, uint64_t alike, uint64_t guest,
			FILE *f)
{
	fprintf(f, "exit %u %" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, g->vm,
		g->rip, seen, alike, g->count, guest);
	for (int i = 0; i < SPAN_COUNTS; i++)
		fprintf(f, " %" PRIu64, g->counts[i]);
	fputc('\n', f);
	for (int i = 1; i < NR_NAMES; i++)
		if (g->named[i])
			fprintf(f, "named %u %s\n", g->named[i], insn_names[i]);
	fputs("path", f);
	for (uint64_t i = 0; i < g->counts[SPAN_INSN]; i++)
		fprintf(f, " %" PRIx64, g->path[i]);
	fputc('\n', f);
}

/*
 * All exits that are as long as `g`: how many, the least of the guest's own instructions, and the
 * most frequent one.
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
		if (o->counts[SPAN_INSN] != g->counts[SPAN_INSN])
			continue;
		l.alike += o->count;
		if (o->guest && (!l.guest || o->guest < l.guest))
			l.guest = o->guest;
		if (!l.most || o->count > l.most->count)
			l.most = o;
	}
	return l;
}

void exits__write(const struct exits *exits, FILE *f)
{
	for (const struct exit_group *g = exits->list; g < exits->list + exits->nr; g++) {
		struct length l;

		/*
		 * Most occurred only once: there are tens of thousands of them, and they cannot be
		 * a path.
		 */
		if (g->count < 2)
			continue;
		l = look(exits, g);
		if (l.most == g && l.alike >= MIN_ALIKE && MIN_SHARE * l.alike >= l.seen && g->path)
			write_group(g, l.seen, l.alike, l.guest, f);
	}
	for (uint32_t i = 0; i < exits->nr_reps; i++)
		fprintf(f, "rep %" PRIx64 " %u\n", exits->reps[i].address, exits->reps[i].width);
	fprintf(f, "end %" PRIu64 "\n", exits->lost);
}
