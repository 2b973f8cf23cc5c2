/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plots by gnuplot: charts (charts.h) in, SVG or PNG out. gnuplot runs in a private directory, with its
 * own settings only; what comes from a result reaches it as data in files there, never as part of a
 * command, and its SVG is looked over before it is let into a page.
 */
#ifndef HVBENCH_PLOT_H
#define HVBENCH_PLOT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "bench/base/error.h"

enum plot_kind { PLOT_WIDE, PLOT_NARROW, PLOT_PNG };

struct plots {
	char dir[64];		/* "" if there is none */
	unsigned int nr;	/* plots made so far: names in SVG are unlike each other by it */
	pid_t cleaner;		/* removes the directory, should this process die first; 0: none */
	int alive;		/* what it watches */
};

/*
 * -ENOENT: there is no gnuplot; the message says how to get it. Other errors: no directory, or it does
 * not run.
 */
int plots__open(struct plots *plots, struct error *err);
void plots__close(struct plots *plots);

/*
 * Draws a chart. `*bytes` (the caller frees it) is an <svg> element for a page, 860 or 400 pixels wide,
 * or a PNG file.
 */
int plots__draw(struct plots *plots, const json_t *chart, enum plot_kind kind, char **bytes, size_t *len,
		struct error *err);

#endif
