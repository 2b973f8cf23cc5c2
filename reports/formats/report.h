/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Renderers: a document in, text out, in a format. They see nothing but the document, so any report
 * can be made later and elsewhere.
 *
 * One file a format, reports/formats/NAME.c; DEFINE_RENDERER() puts it into a linker section, so
 * that adding the file is all there is to do: every command that shows what the format `shows`
 * takes it as --format NAME and by the endings of its files, and names it in its help and its
 * messages.
 */
#ifndef HVBENCH_REPORT_H
#define HVBENCH_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "reports/views/style.h"
#include "reports/views/terminal.h"

struct report_options {
	bool color;	    /* ANSI colours */
	unsigned int width; /* of the terminal; 0: do not wrap */
	const char *name;   /* of the result, where it is one of several; else NULL */
	bool plots;	    /* drawn, where the format has any */
};

/* What there is to be shown. */
enum show {
	SHOW_RESULT = 1,     /* a result document */
	SHOW_COMPARISON = 2, /* compare.h */
	SHOW_TREND = 4,	     /* these three: trend_view.h */
	SHOW_GATE = 8,
	SHOW_LIST = 16,
	SHOW_DOCTOR = 64, /* what the doctor found (bench/doctor/doctor.h) */
	/* tables that commands make themselves, and what stands around them */
	SHOW_TABLE = 32,
	/* trees of functions (stacks.h), which are tables as well: of one host, or of two */
	SHOW_STACKS = 128,
	SHOW_STACKS_OF_TWO = 256,
	/* counters of what goes on (bench/profile/metrics.h), which the command writes itself */
	SHOW_METRICS = 512,
	/*
	 * for other programs: an array of {"name", "result"}, name being that of the file; for
	 * formats of_build with "origin" and "build", as they were given
	 */
	SHOW_EXPORT = 1024,
	SHOW_FLEET = 2048, /* fleet_view.h */
	/* single exits in the order of time (bench/profile/perfetto.h), likewise */
	SHOW_TRACE = 4096,
};

struct renderer {
	const char *name; /* --format NAME */
	const char *what;
	const char *endings; /* of files in it: ".html .htm"; NULL: none says so */
	unsigned int order;  /* in lists of them: the one with the least is the first */
	unsigned int shows;  /* enum show, of documents and tables */
	/* Of SHOW_EXPORT: what it writes belongs to a kernel's build, which has to be named. */
	bool of_build;
	/*
	 * 0 or negative errno of writing. `doc` is of the kind that `what` names, one of those in
	 * `shows`.
	 */
	int (*render)(enum show what, const json_t *doc, FILE *out,
		      const struct report_options *opts);
	/*
	 * Of SHOW_TABLE: writes a table (table.h) whose texts were made ready by `style`; NULL
	 * style: the terminal's.
	 */
	void (*table)(const json_t *table, FILE *out, const struct terminal *look);
	const struct view_style *style;
};

#define DEFINE_RENDERER(ident) \
	extern const struct renderer renderer_##ident; \
	static const struct renderer *const renderer_##ident##_entry \
		__attribute__((used, section("renderer_table"))) = &renderer_##ident; \
	const struct renderer renderer_##ident

/* What commands show where nothing is said. */
extern const struct renderer renderer_text, renderer_json, renderer_html;

/*
 * Those that show one of `what` (a mask of enum show), in order: the one behind `last`, NULL: the
 * first. NULL: no more.
 */
const struct renderer *renderer__after(const struct renderer *last, unsigned int what);

#define for_each_renderer(r, what) \
	for (const struct renderer *r = renderer__after(NULL, what); r; \
	     r = renderer__after(r, what))

/* NULL: there is none of that name that shows it. */
const struct renderer *renderer__find(const char *name, unsigned int what);
/* By the ending of a file's name, whatever it shows; NULL: no format has it. */
const struct renderer *renderer__of_file(const char *path);
/* "text, json, csv or md". Returns buf. */
char *renderer__names(unsigned int what, char *buf, size_t len);

#endif
