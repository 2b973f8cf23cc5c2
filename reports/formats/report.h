/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Renderers make text from a result document. They use nothing but the document, so any report can
 * be made later and elsewhere.
 */
#ifndef HVBENCH_REPORT_H
#define HVBENCH_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct report_options {
	bool color;		/* ANSI colours */
	unsigned int width;	/* of the terminal; 0: do not wrap */
	const char *name;	/* the result's name if there are several; else NULL */
};

struct renderer {
	const char *name;	/* --format NAME */
	const char *what;
	/* 0 or negative errno of writing. */
	int (*render)(const json_t *doc, FILE *out, const struct report_options *opts);
};

extern const struct renderer renderer_text, renderer_json, renderer_csv, renderer_markdown;
/* NULL-terminated. */
extern const struct renderer *const renderers[];

const struct renderer *renderer__find(const char *name);

#endif
