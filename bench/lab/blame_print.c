// SPDX-License-Identifier: GPL-2.0-or-later
/* Which function made which exit longer, for people; see blame_print.h. */
#include "bench/lab/blame_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result/touched.h"

#define TEXT_ROWS  24 /* functions listed for an exit */
#define MAIL_ROWS  24 /* for the only exit, in Markdown for a mail */
#define MAIL_EVERY 8  /* for what every exit shares, in a mail about several */
#define MAIL_EXITS 12

struct sums {
	int64_t added, removed;
	size_t changed;
};

static struct sums sums_of(const struct blame_exit *e)
{
	struct sums s = { 0 };

	for (size_t i = 0; i < e->nr; i++) {
		int64_t diff = e->list[i].new - e->list[i].base;

		s.changed += diff != 0;
		*(diff > 0 ? &s.added : &s.removed) += diff;
	}
	return s;
}

/* "+82 = +606 - 524 in 71 of 150 functions" */
static void print_sum(const struct blame_exit *e, FILE *out)
{
	struct sums s = sums_of(e);

	fprintf(out, "%+" PRId64 " = +%" PRId64 " - %" PRId64 " in %zu of %zu functions",
		e->new - e->base, s.added, -s.removed, s.changed, e->nr);
}

static const char *remark(const struct blame_function *f)
{
	return !f->base && !f->calls_base ? " (new)" : !f->new && !f->calls_new ? " (gone)" : "";
}

static void calls(struct table *t, const struct blame_function *f)
{
	if (f->calls_base == f->calls_new)
		table__figure(t, "%" PRId64, f->calls_new);
	else
		table__figure(t, "%" PRId64 " -> %" PRId64, f->calls_base, f->calls_new);
}

static void function_row(struct table *t, const struct blame_function *f, bool every)
{
	char name[272], where[300];

	table__row(t);
	table__figure(t, "%+" PRId64, f->new - f->base);
	if (every)
		table__figure(t, f->every ? "%+" PRId64 : "", f->every);
	table__figure(t, "%" PRId64, f->base);
	table__figure(t, "%" PRId64, f->new);
	calls(t, f);
	snprintf(name, sizeof(name), "%.255s%s", f->name, remark(f));
	table__text(t, name);
	if (f->file) {
		snprintf(where, sizeof(where), " %.270s:%" PRId64, f->file, f->line);
		table__more(t, where);
	}
}

/* A row for the functions left out, so that the column adds up. */
static void rest_row(struct table *t, const struct blame_exit *e, size_t from, bool every)
{
	int64_t diff = 0, common = 0, base = 0, new = 0;
	size_t n = 0;

	for (size_t i = from; i < e->nr; i++) {
		diff += e->list[i].new - e->list[i].base;
		common += e->list[i].every;
		base += e->list[i].base;
		new += e->list[i].new;
		n++;
	}
	if (!n)
		return;
	table__row(t);
	table__figure(t, "%+" PRId64, diff);
	if (every)
		table__figure(t, common ? "%+" PRId64 : "", common);
	table__figure(t, "%" PRId64, base);
	table__figure(t, "%" PRId64, new);
	table__figure(t, "%s", "");
	table__figure(t, "%zu more", n);
}

static void print_functions(const struct blame *b, const struct blame_exit *e, size_t rows,
			    const struct renderer *format, FILE *out)
{
	bool every = b->nr_every;
	struct table t;
	size_t n = 0;

	table__init(&t, format);
	table__column(&t, "difference", "right", 0);
	if (every)
		table__column(&t, "every exit's", "right", 0);
	table__column(&t, "base", "right", 0);
	table__column(&t, "new", "right", 0);
	table__column(&t, "calls", "right", 0);
	table__column(&t, "function", "left", 0);
	for (; n < e->nr && n < rows && e->list[n].new != e->list[n].base; n++)
		function_row(&t, &e->list[n], every);
	rest_row(&t, e, n, every);
	table__put(&t, out, NULL);
	table__free(&t);
}

/* What changed in the footprint. */
static void print_touched(const struct blame_exit *e, FILE *out)
{
	char text[512];

	if (touched__changes(e->touched[0], e->touched[1], text, sizeof(text)))
		fprintf(out, "touches: %s\n", text);
}

static void print_exit(const struct blame *b, const struct blame_exit *e, size_t rows,
		       const struct renderer *format, FILE *out)
{
	fprintf(out, "%s%s: ", format->style ? "" : "\n", e->label);
	if (e->why) {
		fprintf(out, "functions are not known: %s\n", e->why);
		return;
	}
	fprintf(out, "%" PRId64 " -> %" PRId64 " instructions: ", e->base, e->new);
	print_sum(e, out);
	fputc('\n', out);
	print_touched(e, out);
	if (format->style)
		fputc('\n', out);
	if (sums_of(e).changed)
		print_functions(b, e, rows, format, out);
}

static void print_every(const struct blame *b, size_t rows, const struct renderer *format,
			FILE *out)
{
	int64_t sum = 0, added = 0, rest = 0;
	struct table t;

	for (size_t i = 0; i < b->nr_every; i++) {
		sum += b->every[i].every;
		added += b->every[i].every > 0 ? b->every[i].every : 0;
		rest += i >= rows ? b->every[i].every : 0;
	}
	fprintf(out,
		"\nPaid by every exit: %+" PRId64 " = +%" PRId64 " - %" PRId64
		" in %zu functions.\n",
		sum, added, added - sum, b->nr_every);
	if (format->style)
		fputc('\n', out);
	table__init(&t, format);
	table__column(&t, "difference", "right", 0);
	table__column(&t, "function", "left", 0);
	for (size_t i = 0; i < b->nr_every && i < rows; i++) {
		table__row(&t);
		table__figure(&t, "%+" PRId64, b->every[i].every);
		table__text(&t, b->every[i].name);
	}
	if (b->nr_every > rows) {
		table__row(&t);
		table__figure(&t, "%+" PRId64, rest);
		table__figure(&t, "%zu more", b->nr_every - rows);
	}
	table__put(&t, out, NULL);
	table__free(&t);
}

static int64_t own(const struct blame_function *f)
{
	return f->new - f->base - f->every;
}

/* One cell with the two functions whose differences are largest, without what every exit shares. */
static void largest(struct table *t, const struct blame_exit *e)
{
	const struct blame_function *most[2] = { NULL };
	char text[600] = "";
	size_t n = 0;

	for (int i = 0; i < 2; i++)
		for (const struct blame_function *f = e->list; f < e->list + e->nr; f++)
			if (own(f) && f != most[0] &&
			    (!most[i] || llabs(own(f)) > llabs(own(most[i]))))
				most[i] = f;
	for (int i = 0; i < 2 && most[i]; i++)
		n += snprintf(text + n, sizeof(text) - n, "%s%+" PRId64 " %.255s", i ? ", " : "",
			      own(most[i]), most[i]->name);
	table__text(t, text);
}

static void print_exits(const struct blame *b, const struct renderer *format, FILE *out)
{
	struct table t;

	table__init(&t, format);
	table__column(&t, "exit", "left", 0);
	table__column(&t, "base", "right", 0);
	table__column(&t, "new", "right", 0);
	table__column(&t, "difference", "right", 0);
	table__column(&t, "added", "right", 0);
	table__column(&t, "removed", "right", 0);
	table__column(&t, "largest of its own", "left", 0);
	for (size_t i = 0; i < b->nr && i < MAIL_EXITS; i++) {
		const struct blame_exit *e = &b->exits[i];
		struct sums s = sums_of(e);

		table__row(&t);
		table__text(&t, e->label);
		if (e->why) {
			for (int k = 0; k < 5; k++)
				table__figure(&t, "%s", "");
			table__text(&t, e->why);
			continue;
		}
		table__figure(&t, "%" PRId64, e->base);
		table__figure(&t, "%" PRId64, e->new);
		table__figure(&t, "%+" PRId64, e->new - e->base);
		table__figure(&t, "+%" PRId64, s.added);
		table__figure(&t, "%" PRId64, s.removed);
		largest(&t, e);
	}
	table__put(&t, out, NULL);
	table__free(&t);
	if (b->nr > MAIL_EXITS)
		fprintf(out, "\n%zu more exits are in the JSON.\n", b->nr - MAIL_EXITS);
}

/* For programs: a row for each function of each exit. */
static void print_rows(const struct blame *b, const struct renderer *format, FILE *out)
{
	struct table t;

	table__init(&t, format);
	for (const char *const *title =
		     (const char *const[]){ "exit", "function", "base", "new", "difference",
					    "every_exit", "calls_base", "calls_new", NULL };
	     *title; title++)
		table__column(&t, *title, "left", 0);
	for (const struct blame_exit *e = b->exits; e < b->exits + b->nr; e++)
		for (const struct blame_function *f = e->list; f < e->list + e->nr; f++) {
			const int64_t figures[] = { f->base,  f->new,	     f->new - f->base,
						    f->every, f->calls_base, f->calls_new };

			table__row(&t);
			table__text(&t, e->label);
			table__text(&t, f->name);
			for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
				table__figure(&t, "%" PRId64, figures[i]);
		}
	table__put(&t, out, NULL);
	table__free(&t);
}

void blame__print(const struct blame *b, const char *const names[2], const struct renderer *format,
		  FILE *out)
{
	bool mail = format->style;

	if (format->style == &style_plain) {
		print_rows(b, format, out);
		return;
	}
	fprintf(out, "base: %s\nnew:  %s\n", names[0], names[1]);
	if (mail)
		fputc('\n', out);
	if (mail && b->nr > 1)
		print_exits(b, format, out);
	if (b->nr_every)
		print_every(b, mail ? MAIL_EVERY : TEXT_ROWS, format, out);
	for (size_t i = 0; i < b->nr && !(mail && b->nr > 1); i++)
		print_exit(b, &b->exits[i], mail ? MAIL_ROWS : TEXT_ROWS, format, out);
	fprintf(out,
		"\nInstructions of the hypervisor's software for one exit, counted: not time.\n");
}
