/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command takes, as one table: opts.h parses by it, and --help and the manual page are made
 * from it, so that help and behaviour cannot disagree.
 */
#ifndef HVBENCH_USAGE_H
#define HVBENCH_USAGE_H

#include <stdio.h>

/* Ids of options that have a long name only start here. */
#define OPT_LONG	256

struct opt {
	int id;			/* 'w': -w and --NAME; OPT_LONG and up: --NAME only */
	const char *name;	/* without the dashes */
	const char *arg;	/* what the argument is ("FILE"); NULL: there is none */
	const char *help;	/* wrapped to the terminal */
};

struct example {
	const char *command;	/* as typed, "hvbench" included */
	const char *what;
};

struct usage {
	const char *command;	/* as typed after "hvbench": "run", "lab compare"; "" is hvbench itself */
	const char *what;	/* one line, no full stop */
	const char *synopsis;	/* operands, e.g. "[JOB]"; several forms on several lines; NULL: none */
	/* Paragraphs, "\n\n" between them; one that starts with a blank is shown as it is. May be NULL. */
	const char *text;
	const struct opt *options;	/* ends with a NULL name; -h/--help is added to it. May be NULL */
	const struct example *examples;	/* ends with a NULL command. May be NULL */
};

/* Wrapped to `width` columns, 0: 80. */
void usage__print_help(const struct usage *usage, FILE *out, unsigned int width);
/* A manual page (roff, man macros) of the program's version. */
void usage__print_man(const struct usage *usage, FILE *out);
/* The same as a part of another command's page, under its name. */
void usage__print_man_part(const struct usage *usage, FILE *out);
/* Columns of the terminal that `out` is, at most 100; 80 where it is none. */
unsigned int usage__width(FILE *out);
/* Of the terminal that `out` is, whole: for tables. 0, any, where it is none. */
unsigned int usage__table_width(FILE *out);
/* Shows a line in place of the one before on the terminal that `out` is, cut to its width. */
void usage__progress(FILE *out, const char *text);
/*
 * The words of `text`, the first at column `at` (where the caller has left the line), further lines
 * indented; ends the line.
 */
void usage__wrap(FILE *out, const char *text, unsigned int at, unsigned int indent,
		 unsigned int width);

#endif
