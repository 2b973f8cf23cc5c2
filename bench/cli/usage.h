/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command accepts, in one table: opts.h parses by it, and --help and the manual page are
 * made from it, so that help and behaviour cannot disagree.
 */
#ifndef HVBENCH_USAGE_H
#define HVBENCH_USAGE_H

#include <stdio.h>

/* Options that have only a long name have ids from here on. */
#define OPT_LONG 256

struct opt {
	int id;		  /* 'w': -w and --NAME; OPT_LONG and up: --NAME only */
	const char *name; /* without the dashes */
	const char *arg;  /* what the argument is ("FILE"); NULL: there is none */
	const char *help; /* wrapped to the terminal */
};

struct example {
	const char *command; /* as typed, with "hvbench" */
	const char *what;
};

struct usage {
	/* as typed after "hvbench": "run", "lab compare"; "" is hvbench itself */
	const char *command;
	const char *what; /* one line, no full stop */
	/* operands, e.g. "[JOB]"; several forms on several lines; NULL: none */
	const char *synopsis;
	/*
	 * Paragraphs separated by "\n\n"; one that starts with a blank is shown unchanged. May be
	 * NULL.
	 */
	const char *text;
	/* ends with a NULL name; -h/--help is added to it. May be NULL */
	const struct opt *options;
	const struct example *examples; /* ends with a NULL command. May be NULL */
	/*
	 * A mask of enum show (report.h): -f takes the formats that show it, and its help lists
	 * them.
	 */
	unsigned int shows;
};

/* Wrapped to `width` columns; 0: 80. */
void usage__print_help(const struct usage *usage, FILE *out, unsigned int width);
/* The command's manual page (roff, man macros), with the program's version. */
void usage__print_man(const struct usage *usage, FILE *out);
/* The same as a part of another command's page, under its own name. */
void usage__print_man_part(const struct usage *usage, FILE *out);
/* The width of the terminal `out`, at most 100 columns; 80 if it is not a terminal. */
unsigned int usage__width(FILE *out);
/* For tables: the full width of the terminal `out`; 0, unlimited, if it is not a terminal. */
unsigned int usage__table_width(FILE *out);
/* Replaces the line shown last on the terminal `out` by this one, cut to its width. */
void usage__progress(FILE *out, const char *text);
/*
 * Prints the words of `text`, the first at column `at` (where the caller has left the line), with
 * further lines indented; ends the line.
 */
void usage__wrap(FILE *out, const char *text, unsigned int at, unsigned int indent,
		 unsigned int width);

#endif
