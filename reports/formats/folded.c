// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Folded stacks: a line for each way a function was called, with its own instructions, as
 * flamegraph.pl, inferno and speedscope read it. Of two hosts both numbers, as difffolded.pl writes
 * them.
 */
#include <errno.h>
#include <inttypes.h>

#include "reports/formats/report.h"
#include "reports/views/stacks.h"

static void put_one(const struct stack_frame *frame, void *arg)
{
	FILE *out = arg;

	if (!frame->self[1])
		return;
	stacks__put_folded(frame, out);
	fprintf(out, " %" PRId64 "\n", frame->self[1]);
}

static void put_two(const struct stack_frame *frame, void *arg)
{
	FILE *out = arg;

	if (!frame->self[0] && !frame->self[1])
		return;
	stacks__put_folded(frame, out);
	fprintf(out, " %" PRId64 " %" PRId64 "\n", frame->self[0], frame->self[1]);
}

static int put(const json_t *doc, FILE *out,
	       void (*line)(const struct stack_frame *frame, void *arg))
{
	struct stacks stacks;
	int code = stacks__read(&stacks, doc);

	if (!code)
		stacks__each(&stacks, line, out);
	stacks__free(&stacks);
	if (code)
		return code;
	return fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

/* What the new host alone has, where there are two. */
static int render_one(enum show what, const json_t *doc, FILE *out,
		      const struct report_options *opts)
{
	(void)what;
	(void)opts;
	return put(doc, out, put_one);
}

static int render_two(enum show what, const json_t *doc, FILE *out,
		      const struct report_options *opts)
{
	(void)what;
	(void)opts;
	return put(doc, out, put_two);
}

DEFINE_RENDERER(folded) = {
	.name = "folded",
	.what = "a line for each stack, for flamegraph.pl and speedscope",
	.endings = ".folded",
	.order = 60,
	.shows = SHOW_STACKS,
	.render = render_one,
};

DEFINE_RENDERER(difffolded) = {
	.name = "difffolded",
	.what = "the same of two hosts, for flamegraph.pl",
	.endings = ".difffolded",
	.order = 61,
	.shows = SHOW_STACKS_OF_TWO,
	.render = render_two,
};
