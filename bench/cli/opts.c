// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Command lines over getopt_long(), with its own messages off, since they name neither the command
 * nor the nearest option.
 */
#include "bench/cli/opts.h"

#include <ctype.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/error.h"
#include "bench/base/nearest.h"
#include "bench/base/units.h"

static size_t opts__nr(const struct opts *opts)
{
	size_t nr = 0;

	if (!opts->usage->options)
		return 0;
	while (opts->usage->options[nr].name)
		nr++;
	return nr;
}

void opts__init(struct opts *opts, const struct usage *usage, int argc, char **argv)
{
	*opts = (struct opts){ .usage = usage, .argc = argc, .argv = argv, .status = EXIT_USAGE };
	/* 0, not 1, makes glibc forget its state from an earlier argv. */
	optind = 0;
	opterr = 0;
}

int opts__misuse(struct opts *opts, const char *fmt, ...)
{
	const char *command = opts->usage->command;
	const char *space = *command ? " " : "";
	va_list ap;

	fprintf(stderr, "hvbench%s%s: ", space, command);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nSee 'hvbench%s%s --help'.\n", space, command);
	opts->status = EXIT_USAGE;
	return EXIT_USAGE;
}

/* The option's name for messages: "--output". */
static const char *opts__name(const struct opts *opts, int id)
{
	for (size_t i = 0; i < opts__nr(opts); i++) {
		if (opts->usage->options[i].id == id)
			return opts->usage->options[i].name;
	}
	return "help";
}

static void opts__misuse_unknown(struct opts *opts, const char *word)
{
	const char *names[OPTS_MAX + 2];
	const char *name = word + 2;
	size_t nr = opts__nr(opts);
	char typed[128], hint[NEAREST_ROOM];

	snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(name, "="), name);
	for (size_t i = 0; i < nr; i++)
		names[i] = opts->usage->options[i].name;
	names[nr] = "help";
	names[nr + 1] = NULL;
	opts__misuse(opts, "unknown option '--%s'%s", typed,
		     nearest__hint(hint, sizeof(hint), typed, names, "--", ""));
}

/* getopt_long() refused argv[optind - 1], or a letter (optopt) in it. */
static void opts__misuse_option(struct opts *opts, int why)
{
	const char *word = opts->argv[optind - 1];

	if (why == ':')
		opts__misuse(opts, "--%s needs an argument", opts__name(opts, optopt));
	else if (optopt && !strncmp(word, "--", 2))
		opts__misuse(opts, "--%s takes no argument", opts__name(opts, optopt));
	else if (optopt)
		opts__misuse(opts, "unknown option '-%c'", optopt);
	else
		opts__misuse_unknown(opts, word);
}

int opts__next(struct opts *opts)
{
	struct option longs[OPTS_MAX + 2] = { 0 };
	char shorts[2 * OPTS_MAX + 4] = ":h";
	size_t nr = opts__nr(opts);
	char *end = shorts + strlen(shorts);
	int id;

	for (size_t i = 0; i < nr && i < OPTS_MAX; i++) {
		const struct opt *opt = &opts->usage->options[i];

		longs[i] = (struct option){ opt->name, opt->arg ? required_argument : no_argument,
					    NULL, opt->id };
		if (opt->id >= OPT_LONG)
			continue;
		*end++ = (char)opt->id;
		if (opt->arg)
			*end++ = ':';
	}
	longs[nr] = (struct option){ "help", no_argument, NULL, 'h' };

	id = getopt_long(opts->argc, opts->argv, shorts, longs, NULL);
	opts->arg = optarg;
	opts->id = id;
	if (id == -1) {
		opts->done = true;
		opts->next_operand = optind;
		return 0;
	}
	if (id == '?' || id == ':') {
		opts__misuse_option(opts, id);
		return -1;
	}
	if (id == 'h') {
		usage__print_help(opts->usage, stdout, usage__width(stdout));
		opts->status = EXIT_OK;
		return -1;
	}
	return id;
}

int opts__count(struct opts *opts, uint64_t min, uint64_t max, uint64_t *value)
{
	if (units__parse_count(opts->arg, value) || *value < min || *value > max)
		return opts__misuse(opts, "--%s: '%s' is not a whole number from %llu to %llu",
				    opts__name(opts, opts->id), opts->arg, (unsigned long long)min,
				    (unsigned long long)max);
	return 0;
}

/* The length of a unit in seconds; 0: unknown unit. */
static double seconds_per(const char *unit)
{
	static const struct {
		const char *name;
		double s;
	} units[] = {
		{ "", 1 },	{ "s", 1 },  { "ms", 1e-3 }, { "us", 1e-6 },
		{ "ns", 1e-9 }, { "m", 60 }, { "min", 60 },  { "h", 3600 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(unit, units[i].name))
			return units[i].s;
	}
	return 0;
}

int opts__seconds(struct opts *opts, double min, double max, double *value)
{
	char *unit;
	double number = strtod(opts->arg, &unit);
	double s = unit == opts->arg ? NAN : number * seconds_per(unit);

	if (!seconds_per(unit) || !isfinite(s) || s < min || s > max)
		return opts__misuse(
			opts, "--%s: '%s' is not a time from %g s to %g s (write 90s, 2m or 500ms)",
			opts__name(opts, opts->id), opts->arg, min, max);
	*value = s;
	return 0;
}

int opts__percentage(struct opts *opts, double max, double *share)
{
	char *end;
	double percent = strtod(opts->arg, &end);

	while (end != opts->arg && isspace((unsigned char)*end))
		end++;
	if (end == opts->arg || strcmp(end, "%") || !(percent >= 0 && percent <= max))
		return opts__misuse(opts, "--%s '%s': a percentage from 0%% to %g%%, like 2%%",
				    opts__name(opts, opts->id), opts->arg, max);
	*share = percent / 100;
	return 0;
}

int opts__probability(struct opts *opts, double *p)
{
	char *end;
	double number = strtod(opts->arg, &end);

	if (end == opts->arg || *end || !(number > 0 && number <= 0.5))
		return opts__misuse(opts, "--%s '%s': a probability above 0 and up to 0.5",
				    opts__name(opts, opts->id), opts->arg);
	*p = number;
	return 0;
}

int opts__words(struct opts *opts, struct opts_words *words)
{
	const char *name = opts__name(opts, opts->id);
	size_t nr = 0;
	char *next;

	free(words->copy);
	words->copy = alloc__text(opts->arg);
	for (char *word = words->copy; word; word = next) {
		next = strchr(word, ',');
		if (next)
			*next++ = '\0';
		if (!*word)
			return opts__misuse(opts, "--%s '%s': an empty name in the list", name,
					    opts->arg);
		if (nr == OPTS_MAX_WORDS)
			return opts__misuse(opts, "--%s: more than %d names", name, OPTS_MAX_WORDS);
		words->list[nr++] = word;
	}
	words->list[nr] = NULL;
	return 0;
}

void opts_words__destroy(struct opts_words *words)
{
	free(words->copy);
	words->copy = NULL;
}

int opts__choice(struct opts *opts, const char *const *names, int *index)
{
	char list[512] = "";
	size_t len = 0;

	for (int i = 0; names[i]; i++) {
		if (!strcmp(names[i], opts->arg)) {
			*index = i;
			return 0;
		}
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
						i ? ", " : "", names[i]);
	}
	return opts__misuse(opts, "--%s: '%s' is none of %s", opts__name(opts, opts->id), opts->arg,
			    list);
}

char *opts__operand(struct opts *opts)
{
	if (!opts->done || opts->next_operand >= opts->argc)
		return NULL;
	return opts->argv[opts->next_operand++];
}

int opts__append(struct opts *opts, char list[OPTS_LIST_ROOM])
{
	size_t used = strlen(list);

	if (snprintf(list + used, OPTS_LIST_ROOM - used, "%s%s", used ? "," : "", opts->arg) >=
	    (int)(OPTS_LIST_ROOM - used))
		return opts__misuse(opts, "the list is longer than %d characters",
				    OPTS_LIST_ROOM - 1);
	return 0;
}

int opts__no_more(struct opts *opts)
{
	const char *word = opts__operand(opts);

	if (!word)
		return 0;
	return opts__misuse(opts, "unexpected argument '%s'", word);
}
