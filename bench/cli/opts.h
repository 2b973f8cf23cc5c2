/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command lines. A command describes itself by a struct usage (usage.h) and reads its options in a
 * loop; -h and --help, unknown options (with the nearest name), missing and superfluous arguments
 * are dealt with here:
 *
 *	static const struct opt options[] = {
 *		{ 'o', "output", "FILE", "Write the result to FILE, replacing it at once" },
 *		{ OPT_ROUNDS, "rounds", "N", "Fresh VMs for each cell" }, // OPT_LONG …
 *		{ }
 *	};
 *	static const struct usage usage = {
 *		.command = "run", .what = "measure", .synopsis = "[JOB]", .options = options,
 *	};
 *
 *	int cmd_run(int argc, char **argv)
 *	{
 *		struct opts opts;
 *		int id;
 *
 *		opts__init(&opts, &usage, argc, argv);
 *		while ((id = opts__next(&opts)) > 0) {
 *			switch (id) {
 *			case 'o':
 *				path = opts.arg;
 *				break;
 *			case OPT_ROUNDS:
 *				if (opts__count(&opts, 1, 10000, &rounds))
 *					return opts.status;
 *				break;
 *			}
 *		}
 *		if (id < 0)
 *			return opts.status;
 *		job = opts__operand(&opts);
 *		if (opts__no_more(&opts))
 *			return opts.status;
 *		…
 *	}
 *	DEFINE_COMMAND(run, usage, cmd_run);				// command.h
 *
 * Whatever returns non-zero here has said why on standard error (or shown the help that was asked
 * for on standard output) and has set `status` to what the command is to return.
 */
#ifndef HVBENCH_OPTS_H
#define HVBENCH_OPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/cli/usage.h"

#define OPTS_MAX       48
#define OPTS_MAX_WORDS 64

struct option;

struct opts {
	const struct usage *usage;
	int argc;
	char **argv;
	char *arg;  /* the option's argument, points into argv */
	int status; /* the exit status, when the command has to return */
	/* private */
	int id;
	int next_operand;
	bool done;
};

/* argv[0] is the command's name; argv is permuted, so that options may follow operands. */
void opts__init(struct opts *opts, const struct usage *usage, int argc, char **argv);
/* The id of the next option; 0: no more; negative: return opts->status. */
int opts__next(struct opts *opts);

/*
 * The argument of the option just returned: as a whole number, as a time in s, as one of some names
 * …
 */
int opts__count(struct opts *opts, uint64_t min, uint64_t max, uint64_t *value);
/* "90s", "2m", "500ms"; a bare number is in seconds. */
int opts__seconds(struct opts *opts, double min, double max, double *value);
/* "2%"; *share is 0.02. The percent sign is required, since "2" could also mean 200 %. */
int opts__percentage(struct opts *opts, double max, double *share);
/* Above 0, up to 0.5. */
int opts__probability(struct opts *opts, double *p);

/* A list of names separated by commas; opts_words__destroy() frees its memory. */
struct opts_words {
	char *copy;
	const char *list[OPTS_MAX_WORDS + 1]; /* NULL-terminated */
};

int opts__words(struct opts *opts, struct opts_words *words);
void opts_words__destroy(struct opts_words *words);

/* `names` is NULL-terminated; *index is the place of the argument in it. */
int opts__choice(struct opts *opts, const char *const *names, int *index);

/* A list with commas; if the option is given several times, the lists are joined. */
#define OPTS_LIST_ROOM 8192
int opts__append(struct opts *opts, char list[OPTS_LIST_ROOM]);

/* The next operand, NULL if there is none; only after opts__next() has returned 0. */
char *opts__operand(struct opts *opts);
/* Refuses any remaining operands. */
int opts__no_more(struct opts *opts);

/*
 * Prints "hvbench run: MESSAGE" and where to find help to standard error. Sets and returns
 * EXIT_USAGE, so that a command can `return opts__misuse(…)`.
 */
int opts__misuse(struct opts *opts, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
