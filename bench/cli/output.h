/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -o FILE and -f FORMAT, the same for every command that has a document to show: the formats are
 * the renderers that show it (report.h). A file is in the format of its ending (.json .csv .md .txt
 * .html .xml); one whose ending says none, in that of --format. Standard output has what --format
 * says, unless that is what the file has already.
 */
#ifndef HVBENCH_OUTPUT_H
#define HVBENCH_OUTPUT_H

#include <stdbool.h>

#include "bench/base/error.h"
#include "bench/cli/opts.h"
#include "reports/formats/report.h"

struct output {
	const char *path;	       /* -o; NULL: none */
	const struct renderer *format; /* -f; NULL: it was not given */
};

/*
 * For a command's table of options. Which formats there are, and the list of them after the help,
 * follow from `shows` of its usage.
 */
#define OUTPUT_OPTION(help_) \
	{ \
		'o', "output", "FILE", help_ \
	}
#define FORMAT_OPTION(help_) \
	{ \
		'f', "format", "FORMAT", help_ \
	}

/* One of these two; others are left alone. Non-zero: return opts->status. */
int output__option(struct output *output, struct opts *opts, int id);
/* After the last option: checks that the file has a format. Non-zero: return opts->status. */
int output__settle(const struct output *output, struct opts *opts);

/* What the file is written in; `usual` where neither -f nor its ending says so. */
const struct renderer *output__of_file(const struct output *output, const struct renderer *usual);
/* What standard output has; `usual_file` is what the file would usually have. */
const struct renderer *output__of_screen(const struct output *output, const struct renderer *usual,
					 const struct renderer *usual_file);

/* How standard output is: colours where it is a terminal and NO_COLOR is not set, and its width. */
struct report_options output__look(void);

/*
 * Shows a document on standard output. 0, also where nobody reads on (EPIPE), or negative errno
 * with err set.
 */
int output__show(const struct renderer *renderer, enum show what, const json_t *doc,
		 struct error *err);
/* Writes a document to `path` in whole or not at all. Negative errno with err set. */
int output__save(const char *path, const struct renderer *renderer, enum show what,
		 const json_t *doc, struct error *err);
/* The same of what `put` writes. */
int output__save_by(const char *path, const struct renderer *renderer,
		    int (*put)(FILE *out, const struct renderer *renderer, void *arg), void *arg,
		    struct error *err);

#endif
