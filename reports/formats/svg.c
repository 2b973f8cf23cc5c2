// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flame graphs as SVG: a box for each way a function was called, as wide as it has instructions
 * with what it called, its caller below it. Self-contained: no script, no font, no address;
 * what a box is, is shown where the pointer is (<title>). Of two hosts a box is as wide as the one
 * with more instructions would have it, so that what is gone is there too, and its colour is the
 * difference of its own instructions: red more, blue fewer.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/units.h"
#include "reports/formats/report.h"
#include "reports/views/stacks.h"

#define WIDTH	  1200
#define ROW	  17
#define MARGIN	  10
#define HEAD	  62  /* title, subtitle, what width and colour mean */
#define LETTER	  6.9 /* of the font, on average */
#define NARROWEST 0.2 /* boxes that are narrower are not drawn */

struct graph {
	FILE *out;
	const struct stacks *stacks;
	double scale;	 /* of an instruction */
	int64_t largest; /* difference of a frame */
	unsigned int height;
};

static void put_text(FILE *out, const char *text)
{
	char *ready = style_html.escape(text);

	fputs(ready ? ready : "", out);
	free(ready);
}

static int64_t own_difference(const struct stack_frame *frame)
{
	return frame->self[1] - frame->self[0];
}

/* The same function has the same colour everywhere; those of user space are of another kind. */
static void put_color(const struct graph *g, const struct stack_frame *frame)
{
	int64_t diff = own_difference(frame);
	unsigned int hash = 5381, strength;

	for (const char *c = frame->name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	if (!g->stacks->two) {
		bool user = !strncmp(frame->name, "[user space", 11);

		fprintf(g->out, "hsl(%u,%u%%,%u%%)", user ? 150 + hash % 40 : 12 + hash % 40,
			user ? 35 : 85, 62 + hash / 64 % 14);
		return;
	}
	if (!diff) {
		fputs("#e8e8e8", g->out);
		return;
	}
	strength = (unsigned int)(90 - 140 * llabs(diff) / (3 * g->largest));
	fprintf(g->out, "hsl(%d,85%%,%u%%)", diff > 0 ? 4 : 215, strength);
}

static void put_title(const struct graph *g, const struct stack_frame *frame)
{
	const struct stack_frame *root = g->stacks->root;

	put_text(g->out, frame->name);
	if (!g->stacks->two) {
		fprintf(g->out, ": %" PRId64 " instructions (%.1f %%), %" PRId64 " of its own",
			frame->total[1],
			root->total[1] ? 100.0 * frame->total[1] / root->total[1] : 0.0,
			frame->self[1]);
		if (frame->calls[1] > 1)
			fprintf(g->out, ", %" PRId64 " calls", frame->calls[1]);
		return;
	}
	fprintf(g->out,
		": %" PRId64 " \xe2\x86\x92 %" PRId64 " instructions (%+" PRId64
		"), of its own %" PRId64 " \xe2\x86\x92 %" PRId64 " (%+" PRId64 "), calls %" PRId64
		" \xe2\x86\x92 %" PRId64,
		frame->total[0], frame->total[1], frame->total[1] - frame->total[0], frame->self[0],
		frame->self[1], own_difference(frame), frame->calls[0], frame->calls[1]);
}

/* As much of the name as there is room for. */
static void put_label(const struct graph *g, const char *name, double x, double y, double width)
{
	size_t room = width > 6 ? (size_t)((width - 6) / LETTER) : 0;
	json_t *label;

	if (room < 3)
		return;
	label = strlen(name) <= room ? style__escaped(&style_html, name) :
		room >= 6	     ? style__escaped_short(&style_html, name, room - 3) :
				       NULL;
	if (label)
		fprintf(g->out, "<text x=\"%.1f\" y=\"%.1f\">%s</text>", x + 3, y + ROW - 5,
			json_string_value(label));
	json_decref(label);
}

static void put_frame(const struct graph *g, const struct stack_frame *frame, double x,
		      unsigned int depth)
{
	double width = frame->width * g->scale, y = g->height - MARGIN - depth * ROW;

	if (width < NARROWEST)
		return;
	fprintf(g->out, "<g><title>");
	put_title(g, frame);
	fprintf(g->out, "</title><rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\" fill=\"",
		x, y, width > 0.6 ? width - 0.3 : width, ROW - 1);
	put_color(g, frame);
	fputs("\"/>", g->out);
	put_label(g, frame->name, x, y, width);
	fputs("</g>\n", g->out);
	for (const struct stack_frame *c = frame->child; c; c = c->next) {
		put_frame(g, c, x, depth + 1);
		x += c->width * g->scale;
	}
}

static void find_largest(const struct stack_frame *frame, void *arg)
{
	int64_t *largest = arg, diff = llabs(own_difference(frame));

	*largest = diff > *largest ? diff : *largest;
}

static void put_head(const struct graph *g)
{
	const struct stacks *s = g->stacks;
	const struct stack_frame *root = s->root;

	fprintf(g->out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" "
		"viewBox=\"0 0 %d %u\" font-family=\"DejaVu Sans Mono,Consolas,monospace\" "
		"font-size=\"11.5\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n"
		"<text x=\"%d\" y=\"22\" font-size=\"15\" font-weight=\"bold\">",
		WIDTH, g->height, WIDTH, g->height, MARGIN);
	put_text(g->out, *s->what ? s->what : "exits");
	fputs(" in ", g->out);
	put_text(g->out, s->lane);
	fputs(": ", g->out);
	if (s->two) {
		put_text(g->out, s->names[0]);
		fputs(" \xe2\x86\x92 ", g->out);
	}
	put_text(g->out, s->names[1]);
	fprintf(g->out, "</text>\n<text x=\"%d\" y=\"40\">", MARGIN);
	if (s->two)
		fprintf(g->out,
			"%" PRId64 " \xe2\x86\x92 %" PRId64 " instructions (%+" PRId64
			"), counted: not time",
			root->total[0], root->total[1], root->total[1] - root->total[0]);
	else
		fprintf(g->out, "%" PRId64 " instructions of one exit, counted: not time",
			root->total[1]);
	fprintf(g->out, "</text>\n<text x=\"%d\" y=\"55\" fill=\"#555555\">%s</text>\n", MARGIN,
		s->two ? "Width: instructions with all it calls, of the host that has more. Red: "
			 "more of its own on the new host; blue: fewer; grey: as many." :
			 "Width: instructions with all it calls. Green: user space.");
}

static int render(enum show what, const json_t *doc, FILE *out, const struct report_options *opts)
{
	struct stacks stacks;
	struct graph g = { .out = out, .stacks = &stacks, .largest = 1 };
	int code = stacks__read(&stacks, doc);

	(void)what;
	(void)opts;
	if (!code) {
		stacks__each(&stacks, find_largest, &g.largest);
		g.scale = stacks.root->width ? (double)(WIDTH - 2 * MARGIN) / stacks.root->width :
					       0;
		g.height = HEAD + stacks.depth * ROW + MARGIN;
		put_head(&g);
		put_frame(&g, stacks.root, MARGIN, 1);
		fputs("</svg>\n", out);
	}
	stacks__free(&stacks);
	if (code)
		return code;
	return fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

DEFINE_RENDERER(svg) = {
	.name = "svg",
	.what = "a flame graph; of two hosts that of their difference",
	.endings = ".svg",
	.order = 62,
	.shows = SHOW_STACKS | SHOW_STACKS_OF_TWO,
	.render = render,
};
