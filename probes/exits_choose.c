// SPDX-License-Identifier: GPL-2.0-or-later
/* Chooses the source of exits: one that sees exits that are known to have occurred. */
#include "probes/exits_choose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probes/exits_fires.h"
#include "probes/exits_load.h"
#include "probes/exits_private.h"

struct known_exits {
	uint32_t self;
	uint64_t most;
};

/*
 * The exits of this process's most frequent reason: the start of a guest takes a few for other
 * reasons.
 */
static void sum_up(const struct exits_delta *d, void *ctx)
{
	struct known_exits *known = ctx;

	if (d->kind == EXITS_BY_REASON && d->vcpu->tgid == known->self && d->count > known->most)
		known->most = d->count;
}

/* The probe is attached. */
static int count_known(struct exits *x, exits_calibrate calibrate, void *ctx, uint64_t n,
		       uint64_t *seen, struct error *err)
{
	struct known_exits known = { .self = (uint32_t)x->pidns.self };
	int code;

	x->skel->bss->calibrating = true;
	code = calibrate(ctx, n, err);
	x->skel->bss->calibrating = false;
	if (!code)
		code = exits__collect(x, sum_up, &known, err);
	*seen = known.most;
	return code;
}

static void note(struct exits_choice *choice, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void note(struct exits_choice *choice, const char *fmt, ...)
{
	size_t len = sizeof(choice->why), used = strlen(choice->why);
	va_list ap;

	if (used && used + 2 < len) {
		memcpy(choice->why + used, "; ", 3);
		used += 2;
	}
	va_start(ap, fmt);
	vsnprintf(choice->why + used, len - used, fmt, ap);
	va_end(ap);
}

static void try_with(struct exits **out, enum exits_source source, const struct exits_options *opts,
		     const struct kernel_types *types, exits_calibrate calibrate, void *ctx,
		     uint64_t n, struct exits_choice *choice)
{
	struct error err = { 0 };
	struct exits *x;
	uint64_t seen = 0;
	int code;

	*out = NULL;
	choice->source = EXITS_NONE;
	code = exits__load(&x, source, opts, types, &err);
	/* A source that cannot be attached is of no use. */
	if (!code)
		code = exits__begin(x, &err);
	if (code) {
		exits__close(x);
		/* The same thing may be missing for several sources: say it once. */
		if (!strstr(choice->why, err.text))
			note(choice, "%s", err.text);
		choice->code = choice->code ?: code;
		return;
	}
	if (calibrate) {
		code = count_known(x, calibrate, ctx, n, &seen, &err);
		if (code)
			note(choice, "not calibrated: %s", err.text);
		else
			choice->expected = n;
		if (seen > choice->seen)
			choice->seen = seen;
		if (!code && seen != n) {
			note(choice, "%s saw %llu of %llu exits", exits_source__name(source),
			     (unsigned long long)seen, (unsigned long long)n);
			exits__close(x);
			return;
		}
	}
	choice->source = source;
	*out = x;
}

void exits__try(struct exits **out, enum exits_source source, const struct exits_options *opts,
		exits_calibrate calibrate, void *ctx, uint64_t n, struct exits_choice *choice)
{
	struct kernel_types types;

	memset(choice, 0, sizeof(*choice));
	exits__find_types(&types);
	try_with(out, source, opts, &types, calibrate, ctx, n, choice);
}

void exits__choose(struct exits **out, const struct exits_options *opts, exits_calibrate calibrate,
		   void *ctx, uint64_t n, struct exits_choice *choice)
{
	static const enum exits_source order[] = { EXITS_RAW_TP, EXITS_TP, EXITS_FENTRY,
						   EXITS_TRACEPOINTS };
	enum exits_source first = EXITS_RAW_TP;
	struct kernel_types types;

	memset(choice, 0, sizeof(*choice));
	*out = NULL;
	exits__find_types(&types);
	/* Where types are known, trying raw_tp finds that out anyway. */
	if (!types.kvm_btf && calibrate && !exits__fires(calibrate, ctx, n)) {
		first = EXITS_TRACEPOINTS;
		choice->expected = n;
		note(choice,
		     "raw_tp and tp saw 0 of %llu exits: kvm_exit does not fire on this host",
		     (unsigned long long)n);
	}
	for (size_t i = 0; !*out && i < sizeof(order) / sizeof(*order); i++) {
		if (order[i] < first)
			continue;
		/* The same tracepoints: if raw_tp attached and saw nothing, tp would not either. */
		if (order[i] == EXITS_TP && !choice->code && choice->expected && !choice->seen)
			continue;
		/*
		 * It misses some exits, so it is used only if the sources that see all are locked
		 * out.
		 */
		if (order[i] == EXITS_FENTRY && !(types.no_reads && types.invoke_exit_handler))
			continue;
		try_with(out, order[i], opts, &types, calibrate, ctx, n, choice);
	}
}
