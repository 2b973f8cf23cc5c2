// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hvbench compare: did anything get slower? A verdict for each cell of two or more results, and an
 * exit status.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/units.h"
#include "bench/cli/command.h"
#include "bench/cli/inputs.h"
#include "bench/cli/output.h"
#include "bench/result/doc.h"
#include "bench/result/file.h"
#include "reports/compare/compare.h"
#include "reports/compare/match.h"

enum {
	OPT_THRESHOLD = OPT_LONG,
	OPT_ALPHA,
	OPT_ONLY,
	OPT_ACROSS,
	OPT_FORCE,
	OPT_MISSING,
	OPT_SAME_RATIO
};

static const struct opt options[] = {
	{ OPT_THRESHOLD, "threshold", "N%",
	  "Changes up to this do not matter (default 2%; under a counting "
	  "clock 0)" },
	{ OPT_ALPHA, "alpha", "P",
	  "How often, at most, a comparison in which nothing differs may call "
	  "anything slower or faster (default 0.01)" },
	{ OPT_ONLY, "only", "LIST", "Only these workloads, labels or groups; with * and ?" },
	{ OPT_ACROSS, "across", "KEY[,KEY…]",
	  "What the comparison is about, so that cells may "
	  "differ in it: configuration keys, parameters, 'backend', 'ring', or 'config' for all "
	  "keys" },
	{ OPT_MISSING, "missing", "fail|warn|ignore",
	  "Exit status 1, 2 (default) or 0 for a cell "
	  "that BASE measured and NEW lacks or skipped" },
	{ OPT_SAME_RATIO, "same-ratio", "warn|ok",
	  "A cell whose ratio to its reference is the "
	  "same, and whose cost is undecided: exit status 2 (default), since a change that "
	  "affects both is not excluded, or 0" },
	{ OPT_FORCE, "force", NULL, "Compare results of unlike hosts, and say so" },
	FORMAT_OPTION(""),
	OUTPUT_OPTION("Write to FILE, as its ending says (.json .md .html .xml .txt) or else "
		      "--format; the table still "
		      "goes to standard output"),
	{ 'q', "quiet", NULL, "Only the exit status, where there is no -o" },
	{}
};

static const struct example examples[] = {
	{ "hvbench compare base.json new.json", "did the new kernel make anything slower?" },
	{ "hvbench compare base.json new.json --only exit --threshold 1%",
	  "only exits, and more strictly" },
	{ "hvbench compare kernel.json split.json --across irqchip",
	  "two settings, run one after the other" },
	{ "hvbench compare base.json new.json --missing fail",
	  "a cell that is no longer measured is a failure" },
	{ "hvbench compare base.json new.json -o junit.xml", "for continuous integration" },
	{}
};

static const struct usage usage = {
	.command = "compare",
	.what = "did anything get slower? A verdict for each cell, and an exit status",
	.synopsis = "BASE NEW…",
	.text = "Compares results of 'hvbench run' cell by cell: the same workload with the same "
		"parameters in the same configuration on the same backend. Cells without a "
		"counterpart "
		"are listed with the reason.\n\n"
		"A cell is slower or faster if the medians of its rounds differ by rank "
		"(Mann-Whitney U, "
		"corrected for all cells after Holm) and the change is beyond the threshold and "
		"beyond "
		"the noise of that cell in these very runs; it is the same if the whole 95 % "
		"interval of "
		"the change is within the threshold. Otherwise it is inconclusive, and the table "
		"says how "
		"many more rounds would decide. With fewer than five rounds a side there is no "
		"such "
		"interval, and only the least is said that might decide.\n\n"
		"If both results hold the ratio to a reference measured beside the cell, it is "
		"judged "
		"separately: it stays the same when the host as a whole gets slower. It is a ratio "
		"of "
		"times, so a higher one is slower for bandwidth too. How a reference itself moved "
		"is "
		"computed from all cells beside it. 'slower (ratio)' means slower in proportion to "
		"its "
		"reference, 'slower (itself)' by its cost; if the cost is the same, or only the "
		"reference "
		"moved, the ratio does not count. 'same ratio' means that the ratio is the same "
		"and the "
		"cost undecided: nothing moved that the reference does not share. 'moved' means "
		"that the "
		"cost moved together with its reference, because of the host or of something both "
		"share, "
		"such as mitigations. If the load of the hosts was unlike, no cell gets a verdict "
		"by its "
		"cost alone.\n\n"
		"Exits per operation are compared as well; if their number is constant, more of "
		"them are "
		"a regression.\n\n"
		"Results of unlike hosts (another CPU, number of CPUs or nodes, another hypervisor "
		"below) "
		"are refused, with what differs; another kernel, microcode or setting is listed, "
		"since "
		"that may be what the comparison is about. Results of an instruction-counting "
		"clock are "
		"compared exactly.\n\n"
		"Profiles of 'hvbench profile' are shown side by side, in exits a second, and not "
		"judged "
		"(3): each is one window of a guest with a load of its own. Settings measured "
		"against "
		"each other ('run --ab') already hold their verdict, and are refused.\n\n"
		"Exit status: 0 cells were judged, and none got slower; 1 a cell is slower, takes "
		"more "
		"exits, or fails now; 2 a cell is inconclusive, has only the same ratio "
		"(--same-ratio), "
		"moved together with its reference, is missing or skipped in NEW (--missing), "
		"fails in "
		"both or only NEW has it, or cannot be compared (another unit, no samples); 3 no "
		"cell was "
		"judged: unlike hosts, clocks or kinds of documents, nothing in common, nothing "
		"measured. "
		"A cell that BASE had not measured cannot get lost: if NEW has measured it, it is "
		"'gained', and if both skipped it, it does not count (0). 1 takes precedence over "
		"3, and "
		"3 over 2. 64 wrong usage; 65 not a result; 74 could not be written.",
	.options = options,
	.shows = SHOW_COMPARISON,
	.examples = examples,
};

struct compare {
	struct compare_options options;
	struct opts_words only, across;
	struct output output;
	bool quiet;
	struct inputs inputs;
};

/* false: return opts->status. */
static bool parse_option(struct compare *c, struct opts *opts, int id)
{
	static const char *const missing[] = {
		[MISSING_WARN] = "warn", [MISSING_FAIL] = "fail", [MISSING_IGNORE] = "ignore", NULL
	};
	static const char *const same_ratio[] = { "warn", "ok", NULL };
	int which;

	switch (id) {
	case OPT_THRESHOLD:
		c->options.floor_given = true;
		return !opts__percentage(opts, 1000, &c->options.rules.floor);
	case OPT_ALPHA:
		return !opts__probability(opts, &c->options.rules.alpha);
	case OPT_ONLY:
		c->options.only = c->only.list;
		return !opts__words(opts, &c->only);
	case OPT_ACROSS:
		c->options.across = c->across.list;
		return !opts__words(opts, &c->across);
	case OPT_FORCE:
		c->options.force = true;
		return true;
	case OPT_MISSING:
		if (opts__choice(opts, missing, &which))
			return false;
		c->options.missing = (enum compare_missing)which;
		return true;
	case OPT_SAME_RATIO:
		if (opts__choice(opts, same_ratio, &which))
			return false;
		c->options.ratio_will_do = which == 1;
		return true;
	case 'f':
	case 'o':
		return !output__option(&c->output, opts, id);
	case 'q':
		c->quiet = true;
	}
	return true;
}

static bool parse_options(struct compare *c, struct opts *opts)
{
	int id;

	while ((id = opts__next(opts)) > 0)
		if (!parse_option(c, opts, id))
			return false;
	if (id < 0 || inputs__take(&c->inputs, opts))
		return false;
	if (c->inputs.nr < 2)
		return opts__misuse(opts,
				    c->inputs.nr ? "a result to compare with '%s' is missing" :
						   "two results are missing: BASE and NEW",
				    c->inputs.sides[0].name),
		       false;
	return !output__settle(&c->output, opts);
}

/* An --only that selects nothing is a mistake, and must not give the answer "all is well". */
static int check_only(const struct compare *c, struct error *err)
{
	const json_t *cell;
	size_t i;

	for (const char *const *word = c->options.only; word && *word; word++) {
		const char *const one[] = { *word, NULL };
		bool found = false;

		json_array_foreach(json_object_get(c->inputs.sides[0].doc, "cells"), i, cell)
			found = found || match__is_wanted(cell, one);
		if (!found)
			return error__set(err, -EINVAL,
					  "--only: '%s' has no workload, label or group '%s'",
					  c->inputs.sides[0].name, *word);
	}
	return 0;
}

static int show(const struct compare *c, const json_t *doc)
{
	struct error err = { 0 };

	if (c->quiet || !output__show(output__of_screen(&c->output, &renderer_text, &renderer_json),
				      SHOW_COMPARISON, doc, &err))
		return EXIT_OK;
	fprintf(stderr, "hvbench compare: %s\n", err.text);
	return EXIT_IO;
}

static int write_output(const struct compare *c, const json_t *doc)
{
	struct error err = { 0 };

	if (!output__save(c->output.path, output__of_file(&c->output, &renderer_json),
			  SHOW_COMPARISON, doc, &err))
		return EXIT_OK;
	fprintf(stderr, "hvbench compare: %s\n", err.text);
	return EXIT_IO;
}

static int compare(struct compare *c)
{
	json_t *doc = compare__documents(&c->inputs.sides[0], &c->inputs.sides[1], c->inputs.nr - 1,
					 &c->options);
	int status, written;

	if (!doc) {
		fprintf(stderr, "hvbench compare: out of memory\n");
		return EXIT_INTERNAL;
	}
	status = (int)json_integer_value(json_object_get(doc, "status"));
	written = show(c, doc);
	if (c->output.path && !written)
		written = write_output(c, doc);
	json_decref(doc);
	return written ?: status;
}

static int cmd_compare(int argc, char **argv)
{
	struct compare c = { .options.rules = { .floor = 0.02, .alpha = 0.01 } };
	struct error err = { 0 };
	struct opts opts;
	int status;

	opts__init(&opts, &usage, argc, argv);
	if (!parse_options(&c, &opts)) {
		status = opts.status;
	} else if (inputs__load(&c.inputs, &err) || check_only(&c, &err) ||
		   inputs__check_across(&c.inputs, c.across.list, &err)) {
		fprintf(stderr, "hvbench compare: %s\n", err.text);
		status = inputs__exit_status(&err);
	} else {
		status = compare(&c);
	}
	inputs__destroy(&c.inputs);
	opts_words__destroy(&c.only);
	opts_words__destroy(&c.across);
	return status;
}
DEFINE_COMMAND(compare, usage, cmd_compare);
