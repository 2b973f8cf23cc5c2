/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plots by gnuplot: makes SVG or PNG from charts (charts.h). gnuplot runs in a private directory,
 * with its own settings only. Data of a result reaches it in files there, never as part of a
 * command, and its SVG is checked before it gets into a page.
 */
#ifndef HVBENCH_PLOT_H
#define HVBENCH_PLOT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "bench/base/error.h"

/* For a page, on a phone; and files of their own, which have a background. */
enum plot_kind { PLOT_WIDE, PLOT_NARROW, PLOT_FILE, PLOT_PNG };

struct plots {
	char dir[64];	 /* "" if there is none */
	unsigned int nr; /* plots made so far, which makes names in SVG unique */
	pid_t cleaner;	 /* the process that removes the directory if this one dies first;
				 * 0: none */
	int alive;	 /* the pipe by which it notices that */
};

/*
 * -ENOENT: there is no gnuplot; the message says how to get it. Other errors: no directory, or it
 * cannot be run.
 */
int plots__open(struct plots *plots, struct error *err);
void plots__close(struct plots *plots);

/*
 * Draws a chart. `*bytes` (the caller frees it) is an <svg> element for a page, 860 or 400 pixels
 * wide, or an SVG or PNG file.
 */
int plots__draw(struct plots *plots, const json_t *chart, enum plot_kind kind, char **bytes,
		size_t *len, struct error *err);

#endif
