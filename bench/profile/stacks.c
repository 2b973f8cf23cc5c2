// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/profile/stacks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/symbols.h"
#include "bench/base/units.h"
#include "bench/result/file.h"
#include "probes/exits_read.h"
#include "probes/exits_stacks.h"

#define MAX_FUNCTION 128

/* Where a thread leaves the CPU; what is behind that only tells of the switch and its observers. */
#define SWITCH "__schedule"

struct folded {
	char *stack;
	uint64_t ns;
};

struct stacks {
	struct symbols symbols;
	struct folded *list;
	size_t nr, room;
};

/* It has no size; NULL: it cannot be read. */
static char *read_all(const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	if (!in)
		return NULL;
	if (getdelim(&text, &room, '\0', in) < 0) {
		free(text);
		text = NULL;
	}
	fclose(in);
	return text;
}

struct stacks *stacks__open(struct error *err)
{
	struct stacks *s = calloc(1, sizeof(*s));
	char *text = read_all("/proc/kallsyms");

	if (!s || (text && symbols__add(&s->symbols, text, err))) {
		error__set(err, -ENOMEM, "reading /proc/kallsyms: out of memory");
		stacks__close(s);
		return NULL;
	}
	symbols__sort(&s->symbols);
	return s;
}

void stacks__close(struct stacks *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nr; i++)
		free(s->list[i].stack);
	free(s->list);
	symbols__free(&s->symbols);
	free(s);
}

static const char *name_of(const struct stacks *s, uint64_t address, char name[MAX_FUNCTION])
{
	const struct symbol *symbol = symbols__find(&s->symbols, address);

	if (symbol)
		snprintf(name, MAX_FUNCTION, "%s", symbol->name);
	else
		snprintf(name, MAX_FUNCTION, "0x%" PRIx64, address);
	return name;
}

/* A stack in names, the innermost first, from the switch on if it is one. */
struct frames {
	char names[EXITS_FRAMES][MAX_FUNCTION];
	unsigned int first, nr;
};

static void find_frames(const struct stacks *s, const struct exits *x, int32_t stack,
			struct frames *f)
{
	uint64_t addresses[EXITS_FRAMES];

	f->first = 0;
	f->nr = exits_stacks__read(x, stack, addresses);
	for (unsigned int i = 0; i < f->nr; i++)
		if (!strcmp(name_of(s, addresses[i], f->names[i]), SWITCH) && !f->first)
			f->first = i;
}

/* Out of memory: that stack is not in the sum. */
static void fold(struct stacks *s, const char *vm, const char *reason, const struct frames *f,
		 const char *instead, uint64_t ns)
{
	struct folded *list;
	char *text = NULL;
	size_t len = 0;
	FILE *out = alloc__stream(&text, &len);

	fprintf(out, "%s;%s", vm, reason);
	for (unsigned int i = f->nr; i > f->first; i--)
		fprintf(out, ";%s", f->names[i - 1]);
	if (!f->nr)
		fprintf(out, ";%s", instead);
	alloc__close_stream(out);
	for (size_t i = 0; i < s->nr; i++) {
		if (strcmp(s->list[i].stack, text))
			continue;
		s->list[i].ns += ns;
		free(text);
		return;
	}
	if (s->nr == s->room) {
		list = realloc(s->list, (s->room ? 2 * s->room : 64) * sizeof(*list));
		if (!list) {
			free(text);
			return;
		}
		s->list = list;
		s->room = s->room ? 2 * s->room : 64;
	}
	s->list[s->nr++] = (struct folded){ text, ns };
}

static void print(const struct frames *f, FILE *out)
{
	for (unsigned int i = f->first; i < f->nr; i++)
		fprintf(out, "        %s\n", f->names[i]);
}

static void add_off(struct stacks *s, const struct exits *x, const struct exits_event *e,
		    const char *vm, const char *reason, FILE *out)
{
	static const char missing[] = "[stack not kept]";
	struct frames f;
	char ns[16];

	find_frames(s, x, e->where.off_stack, &f);
	fold(s, vm, reason, &f, missing, e->off_ns);
	if (!out)
		return;
	fprintf(out, "    off-CPU, longest for %s, in%s\n",
		units__format_brief_ns((double)e->where.off_ns, ns, sizeof(ns)),
		f.nr ? ":" : " a stack that was not kept");
	print(&f, out);
}

static void add_on(struct stacks *s, const struct exits *x, const struct exits_event *e,
		   const char *vm, const char *reason, FILE *out)
{
	uint64_t on_ns = e->ns - e->off_ns;
	bool user = e->where.on_ns && e->where.on_stack == -EFAULT;
	struct frames f;
	char ns[16];

	find_frames(s, x, e->where.on_ns ? e->where.on_stack : -ENOENT, &f);
	fold(s, vm, reason, &f,
	     user	    ? "[user space]" :
	     e->where.on_ns ? "[stack not kept]" :
			      "[not sampled]",
	     on_ns);
	if (!out || !e->where.on_ns)
		return;
	fprintf(out, "    on the CPU, %s into the exit, in%s\n",
		units__format_brief_ns((double)e->where.on_ns, ns, sizeof(ns)),
		user ? " user space" :
		f.nr ? ":" :
		       " a stack that was not kept");
	print(&f, out);
}

/* As one frame: without the separators of the format. */
static void make_frame(char *text)
{
	for (; *text; text++)
		if (*text == ';' || *text == '\n')
			*text = '_';
}

void stacks__add(struct stacks *s, const struct profile *p, const struct exits_event *e, FILE *out)
{
	char reason[64], vm[160];
	pid_t pid = (pid_t)(e->tgid & ~PIDNS_ELSEWHERE);

	snprintf(vm, sizeof(vm), "%s", profile__vm_name(p, pid));
	if (!*vm)
		snprintf(vm, sizeof(vm), "pid %d", pid);
	exits__reason_name(p->exits, e->isa, e->reason, reason, sizeof(reason));
	make_frame(vm);
	make_frame(reason);
	if (e->where.off_ns)
		add_off(s, p->exits, e, vm, reason, out);
	add_on(s, p->exits, e, vm, reason, out);
}

int stacks__save(const struct stacks *s, const char *path, struct error *err)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = alloc__stream(&text, &len);
	int code;

	for (size_t i = 0; i < s->nr; i++)
		fprintf(out, "%s %" PRIu64 "\n", s->list[i].stack, s->list[i].ns);
	alloc__close_stream(out);
	code = result__save_text(text, len, path, err);
	free(text);
	return code;
}
