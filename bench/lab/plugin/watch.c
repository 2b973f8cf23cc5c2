// SPDX-License-Identifier: GPL-2.0-or-later
/* Records exits from what a processor executes; see watch.h. */
#include "bench/lab/plugin/watch.h"

#include <string.h>

#define KERNEL_HALF (1ull << 63)

static void end_exit(struct watch *w)
{
	if (w->whole) {
		exits__add(&w->exits, w->vm, w->rip,
			   w->last_rip == w->rip ? w->last_guest_insns : 0, &w->span);
		exits__add_misses(&w->exits, w->vm, w->rip, &w->span, w->model.misses);
	}
	w->last_rip = w->rip;
	w->whole = false;
}

static void in_the_guest(struct watch *w, const struct insn *in)
{
	if (in->address == w->entry)
		w->vm++;
	w->rip = in->address;
	w->guest_insns++;
}

static void leave_guest(struct watch *w)
{
	w->in_guest = false;
	w->last_guest_insns = w->guest_insns;
	w->guest_insns = 0;
	w->last = NULL;
	w->whole = true;
	span__begin(&w->span);
	memset(w->model.misses, 0, sizeof(w->model.misses));
}

/* Only now it is known what the last instruction did. */
static void follow(struct span *s, const struct insn *before, uint64_t address)
{
	if (before->class.kind == INSN_CONDITIONAL)
		s->counts[SPAN_TAKEN] += address != before->address + before->len;
}

static void in_the_host(struct watch *w, const struct insn *in)
{
	struct span *s = &w->span;
	const struct insn_class *c = &in->class;

	if (c->width && w->last && w->last->address == in->address)
		exits__repeated(&w->exits, in->address, c->width);
	if (w->last)
		follow(s, w->last, in->address);
	if (!w->last || w->last->address >> LINE_SHIFT != in->address >> LINE_SHIFT)
		span__code(s, in->address);
	if ((in->address + in->len - 1) >> LINE_SHIFT != in->address >> LINE_SHIFT)
		span__code(s, in->address + in->len - 1);
	span__step(s, in->address);
	s->counts[SPAN_INSN_USER] += in->address < KERNEL_HALF;
	s->counts[SPAN_BRANCHES] += c->kind == INSN_CONDITIONAL;
	s->counts[SPAN_INDIRECT] += c->kind == INSN_INDIRECT;
	s->counts[SPAN_RETURNS] += c->kind == INSN_RETURN;
	s->counts[SPAN_LOCKED] += c->locked;
	s->named[c->named]++;
	w->last = in;
}

/* Each line that is fetched, by whomever. */
static void fetch(struct watch *w, const struct insn *in, bool guest)
{
	uint64_t last = in->address + in->len - 1;

	if (w->fetched >> LINE_SHIFT != in->address >> LINE_SHIFT)
		model__code(&w->model, in->address, guest);
	if (last >> LINE_SHIFT != in->address >> LINE_SHIFT)
		model__code(&w->model, last, guest);
	w->fetched = last;
}

static bool is_host(const struct watch *w, uint64_t address)
{
	return w->resume ? address == w->resume : address >= KERNEL_HALF;
}

void watch__begin_in_guest(struct watch *w)
{
	w->vm++;
	w->in_guest = true;
	w->entering = w->whole = false;
	w->resume = w->guest_insns = w->last_guest_insns = w->last_rip = 0;
}

void watch__insn(struct watch *w, const struct insn *in)
{
	if (w->entering) {
		w->entering = false;
		/* If no guest instruction was executed, the exit continues. */
		if (!is_host(w, in->address)) {
			end_exit(w);
			w->in_guest = true;
		}
	}
	if (w->in_guest) {
		if (!is_host(w, in->address)) {
			in_the_guest(w, in);
			if (w->model.on)
				fetch(w, in, true);
			return;
		}
		leave_guest(w);
	}
	if (w->model.on)
		fetch(w, in, false);
	if (w->whole && !w->span.overflow)
		in_the_host(w, in);
	if (in->class.named == NAME_VMRUN || in->class.named == NAME_VMLAUNCH ||
	    in->class.named == NAME_VMRESUME) {
		w->entering = true;
		w->resume = in->class.named == NAME_VMRUN ? in->address + in->len : 0;
	}
}

bool watch__unread(struct watch *w)
{
	if (w->entering) {
		w->entering = false;
		end_exit(w);
		w->in_guest = true;
	}
	w->guest_insns += w->in_guest;
	return w->in_guest;
}

void watch__exited_at(struct watch *w, uint64_t address)
{
	if (w->in_guest)
		w->rip = address;
}

static bool is_counted(const struct watch *w)
{
	return !w->in_guest && w->whole && !w->span.overflow;
}

bool watch__wants_data(const struct watch *w)
{
	/* VMRUN's own reads and writes are the processor's. */
	return !w->entering && (w->model.on || is_counted(w));
}

void watch__access(struct watch *w, bool store)
{
	if (is_counted(w))
		w->span.counts[store ? SPAN_STORES : SPAN_LOADS]++;
}

void watch__line(struct watch *w, uint64_t address, uint64_t physical, bool store)
{
	if (w->model.on)
		model__data(&w->model, address, physical, w->in_guest);
	if (is_counted(w))
		span__data(&w->span, address, physical, store);
}
