// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hvbench history: results kept over time, trends with their changes, and a gate.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/alloc.h"
#include "bench/cli/command.h"
#include "bench/cli/inputs.h"
#include "bench/cli/output.h"
#include "bench/history/add.h"
#include "bench/history/address.h"
#include "bench/history/fleet.h"
#include "bench/history/gate_missing.h"
#include "bench/history/series.h"
#include "bench/history/store.h"
#include "bench/history/trend.h"
#include "bench/result/doc.h"
#include "bench/result/file.h"
#include "reports/views/trend_view.h"

#define MAX_FILES 100000

enum {
	OPT_FILE = OPT_LONG,
	OPT_DB,
	OPT_MACHINE,
	OPT_ACROSS_HOSTS,
	OPT_LABEL,
	OPT_LAST,
	OPT_HOST,
	OPT_ONLY,
	OPT_FIGURE,
	OPT_ALPHA,
	OPT_THRESHOLD,
	OPT_MISSING,
	OPT_DRY_RUN
};

#define FILE_OPTION \
	{ OPT_FILE, "file", "FILE", \
	  "The history (default: hvbench/history.sqlite in $XDG_DATA_HOME or " \
	  "~/.local/share)" }, \
	{ \
		OPT_DB, "db", "postgresql://…", \
			"The history, on a PostgreSQL server: an address as libpq takes it, " \
			"which " \
			"also reads PGHOST … and ~/.pgpass" \
	}
#define MACHINE_OPTION(help_) \
	{ \
		OPT_MACHINE, "machine", "NAME", help_ \
	}
#define HOST_OPTION \
	{ \
		OPT_HOST, "host", "FINGERPRINT", \
			"Results of this host, as 'history list' shows it (default: of the " \
			"host of the latest result)" \
	}
#define JUDGE_OPTIONS \
	{ OPT_ONLY, "only", "LIST", "Only these workloads, labels or groups; with * and ?" }, \
		{ OPT_FIGURE, "figure", "auto|cost|ratio", \
		  "What is followed: the cost itself, or its ratio to the " \
		  "reference measured beside it; auto: the ratio where all results have it" }, \
		{ OPT_ALPHA, "alpha", "P", \
		  "How rarely chance alone may look like a change (default 0.01)" }, \
	{ \
		OPT_THRESHOLD, "threshold", "N%", "Changes up to this do not matter (default 2%)" \
	}

struct history_command {
	const char *name;
	struct opts opts;
	const char *file, *label, *host, *machine;
	char *db; /* NULL: a file */
	struct output output;
	uint64_t last;
	struct opts_words only;
	struct trend_options trend;
	enum compare_missing missing;
	bool dry, across_hosts;
	struct history *history;
	struct error err;
};

/* Keeps a copy: others may read a command line, so that it must not go on holding a password. */
static bool take_address(struct history_command *c)
{
	if (!address__is_server(c->opts.arg)) {
		address__hide_password(c->opts.arg);
		opts__misuse(&c->opts,
			     "--db takes an address that begins with postgresql://; --file a file");
		return false;
	}
	free(c->db);
	c->db = alloc__text(c->opts.arg);
	address__hide_password(c->opts.arg);
	return true;
}

/* false: return opts.status. */
static bool parse_option(struct history_command *c, int id)
{
	static const char *const figures[] = { "auto", "cost", "ratio", NULL };
	static const char *const missing[] = {
		[MISSING_WARN] = "warn", [MISSING_FAIL] = "fail", [MISSING_IGNORE] = "ignore", NULL
	};
	int which;

	switch (id) {
	case OPT_FILE:
		c->file = c->opts.arg;
		return true;
	case OPT_DB:
		return take_address(c);
	case OPT_ACROSS_HOSTS:
		c->across_hosts = true;
		return true;
	case OPT_MACHINE:
		c->machine = c->opts.arg;
		return true;
	case OPT_LABEL:
		c->label = c->opts.arg;
		return true;
	case OPT_HOST:
		c->host = c->opts.arg;
		return true;
	case OPT_LAST:
		return !opts__count(&c->opts, 0, 10000000, &c->last);
	case OPT_ONLY:
		c->trend.only = c->only.list;
		return !opts__words(&c->opts, &c->only);
	case OPT_FIGURE:
		if (opts__choice(&c->opts, figures, &which))
			return false;
		c->trend.figure = (enum trend_figure)which;
		return true;
	case 'f':
		return !output__option(&c->output, &c->opts, id);
	case OPT_MISSING:
		if (opts__choice(&c->opts, missing, &which))
			return false;
		c->missing = (enum compare_missing)which;
		return true;
	case OPT_DRY_RUN:
		c->dry = true;
		return true;
	case OPT_ALPHA:
		return !opts__probability(&c->opts, &c->trend.alpha);
	case OPT_THRESHOLD:
		return !opts__percentage(&c->opts, 1000, &c->trend.floor);
	}
	return true;
}

/* `last`: the default number of results. */
static bool parse_options(struct history_command *c, const char *name, const struct usage *usage,
			  uint64_t last, int argc, char **argv)
{
	int id;

	*c = (struct history_command){ .name = name,
				       .last = last,
				       .trend = { .alpha = 0.01, .floor = 0.02 } };
	opts__init(&c->opts, usage, argc, argv);
	while ((id = opts__next(&c->opts)) > 0)
		if (!parse_option(c, id))
			return false;
	if (!id && c->db && c->file)
		id = -opts__misuse(&c->opts, "--file and --db are two histories: one at a time");
	return id == 0;
}

static int open_history(struct history_command *c, enum history_access access_to)
{
	char path[PATH_MAX];

	if (!c->file && !c->db && history__default_path(path, sizeof(path), &c->err))
		return c->err.code;
	return history__open(&c->history, c->db ?: c->file ?: path, access_to, &c->err);
}

/* Ends a command: with an error if `ret` is one, else with `status`. */
static int finish(struct history_command *c, int ret, int status)
{
	history__close(c->history);
	opts_words__destroy(&c->only);
	free(c->db);
	if (!ret)
		return status;
	fprintf(stderr, "hvbench history %s: %s\n", c->name, c->err.text);
	return c->err.code == -ENODATA ? EXIT_NOT_COMPARABLE : inputs__exit_status(&c->err);
}

static int show(struct history_command *c, const json_t *doc)
{
	return output__show(output__of_screen(&c->output, &renderer_text, NULL),
			    (enum show)c->opts.usage->shows, doc, &c->err);
}

static struct history_which which_of(const struct history_command *c)
{
	return (struct history_which){ .fingerprint = c->host, .machine = c->machine };
}

/* Results without cells are not judged, but the message says that they are there. Sets c->err. */
static void say_nothing_measured(struct history_command *c)
{
	const struct history_which which = which_of(c);
	json_t *all = history__list(c->history, &which, 1, &c->err);

	if (!all)
		return;
	if (json_array_size(all))
		error__set(&c->err, -ENODATA,
			   "all results here are of settings measured against each other (run "
			   "--ab), with the "
			   "verdict in them: 'hvbench history list' shows it; there is nothing to "
			   "judge by a history");
	else if (c->machine)
		error__set(&c->err, -ENOENT, "there are no results of machine '%s'%s%s", c->machine,
			   c->host ? " on host " : "", c->host ?: "");
	else
		error__set(&c->err, -ENOENT,
			   c->host ? "there are no results of host '%s'" : "the history is empty%s",
			   c->host ?: "");
	json_decref(all);
}

/* The results of one host: the latest result's, if none is named. */
static json_t *results_of(struct history_command *c)
{
	struct history_which which = which_of(c);
	json_t *latest = NULL, *results;

	if (!which.fingerprint) {
		latest = history__measured(c->history, &which, 1, &c->err);
		if (!latest)
			return NULL;
		which.fingerprint = json_string_value(
			json_object_get(json_array_get(latest, 0), "fingerprint"));
		which.fingerprint = which.fingerprint ?: "";
	}
	results = history__measured(c->history, &which, c->last, &c->err);
	json_decref(latest);
	if (results && !json_array_size(results)) {
		json_decref(results);
		say_nothing_measured(c);
		return NULL;
	}
	return results;
}

/* history add */

static const struct opt add_options[] = {
	FILE_OPTION,
	{ OPT_LABEL, "label", "TEXT",
	  "What was measured, for lists and trends: a commit, a build number" },
	MACHINE_OPTION("The machine it was measured on, where the history has several of a kind"),
	{}
};

static const struct example add_examples[] = {
	{ "hvbench history add result.json --label $(git rev-parse --short HEAD)",
	  "one result of a build" },
	{ "hvbench history add results/*.json", "all there are" },
	{ "hvbench history add result.json --machine $(hostname) --db postgresql://history/fleet",
	  "to the history of many machines" },
	{}
};

static const struct usage add_usage = {
	.command = "history add",
	.what = "add results",
	.synopsis = "RESULT…",
	.text = "Adds the figures of results to the history; a result that is in it already is "
		"not added again. Several processes may add at once. Settings measured against "
		"each other ('run --ab') are kept and listed with their verdict; trends and gates "
		"only use results that hold cells.",
	.options = add_options,
	.examples = add_examples,
};

/* Loads a result; refuses one that a history cannot hold. NULL with c->err set. */
static json_t *load(struct history_command *c, const char *path)
{
	json_t *doc = result__load(path, &c->err);

	if (!doc || doc__kind(doc) == DOC_AB ||
	    (doc__kind(doc) == DOC_CELLS && json_array_size(doc__at(doc, "cells"))))
		return doc;
	error__set(&c->err, -EBADMSG, "%s: %s; a history keeps results of 'hvbench run'", path,
		   doc__kind(doc) == DOC_PROFILE ? "a profile of VMs that others run" :
						   "it holds no cell");
	json_decref(doc);
	return NULL;
}

static struct history_source source_of(const struct history_command *c, const char *path)
{
	return (struct history_source){ .name = path, .label = c->label, .machine = c->machine };
}

static int add_file(struct history_command *c, const char *path, unsigned int *added,
		    unsigned int *known)
{
	const struct history_source source = source_of(c, path);
	json_t *doc = load(c, path);
	int ret;

	if (!doc)
		return c->err.code ?: -EINVAL;
	ret = history__add(c->history, doc, &source, &c->err);
	json_decref(doc);
	if (ret < 0)
		return ret;
	*added += !ret;
	*known += ret == 1;
	return 0;
}

static int cmd_history_add(int argc, char **argv)
{
	unsigned int added = 0, known = 0, files = 0;
	struct history_command c;
	char *path;
	int ret = 0;

	if (!parse_options(&c, "add", &add_usage, 0, argc, argv))
		return finish(&c, 0, c.opts.status);
	while (!ret && (path = opts__operand(&c.opts)) && files++ < MAX_FILES) {
		if (!c.history)
			ret = open_history(&c, HISTORY_CREATE);
		ret = ret ?: add_file(&c, path, &added, &known);
	}
	if (!files)
		return finish(
			&c, 0,
			opts__misuse(&c.opts,
				     "a result is missing: a file that 'hvbench run -o' wrote"));
	if (added || known)
		fprintf(stderr, "hvbench history add: %u added, %u there already\n", added, known);
	return finish(&c, ret, EXIT_OK);
}

static const struct command command_history_add = {
	.name = "add",
	.usage = &add_usage,
	.run = cmd_history_add,
};

/* history list */

static const struct opt list_options[] = {
	FILE_OPTION,
	{ OPT_LAST, "last", "N", "Only the latest N (default: 50; 0: all)" },
	{ OPT_HOST, "host", "FINGERPRINT", "Only those of this host" },
	MACHINE_OPTION("Only those of this machine"),
	FORMAT_OPTION(""),
	{}
};

static const struct usage list_usage = {
	.command = "history list",
	.what = "the results there are",
	.options = list_options,
	.shows = SHOW_LIST,
};

static int cmd_history_list(int argc, char **argv)
{
	struct history_command c;
	struct history_which which;
	json_t *doc, *results;
	int ret;

	if (!parse_options(&c, "list", &list_usage, 50, argc, argv) || opts__no_more(&c.opts))
		return finish(&c, 0, c.opts.status);
	ret = open_history(&c, HISTORY_READ);
	if (ret)
		return finish(&c, ret, 0);
	which = which_of(&c);
	results = history__list(c.history, &which, c.last, &c.err);
	if (!results)
		return finish(&c, c.err.code, 0);
	doc = json_pack("{s:s, s:s, s:o}", "schema", "hvbench.history-list/1", "file",
			history__name(c.history), "results", results);
	ret = show(&c, doc);
	json_decref(doc);
	return finish(&c, ret, EXIT_OK);
}

static const struct command command_history_list = {
	.name = "list",
	.usage = &list_usage,
	.run = cmd_history_list,
};

/* history trend */

static const struct opt trend_options[] = {
	FILE_OPTION,
	{ OPT_LAST, "last", "N", "Over the latest N results (default: 1000; 0: all)" },
	HOST_OPTION,
	MACHINE_OPTION("Results of this machine"),
	{ OPT_ACROSS_HOSTS, "across-hosts", NULL,
	  "Of all machines, each with those of its kind: a change that many have is one finding, "
	  "and machines that differ from the others are named" },
	JUDGE_OPTIONS,
	FORMAT_OPTION(""),
	{}
};

static const struct example trend_examples[] = {
	{ "hvbench history trend", "all cells, and when their levels changed" },
	{ "hvbench history trend --only 'pio-*' -f json", "some, for a program" },
	{ "hvbench history trend --across-hosts --db postgresql://history/fleet",
	  "what changed on how many of many machines" },
	{}
};

static const struct usage trend_usage = {
	.command = "history trend",
	.what = "each cell over time, with the changes of its level dated",
	.text = "Shows for each cell the level it began at and is at now, and finds the results "
		"between which the level changed: by rank tests of all splits, in intervals of "
		"falling length, split again and again (seeded binary segmentation). One or two "
		"disturbed results do not count as a change: a level has at least three results, "
		"and a change can be found among ten or more. That is not always enough: a step "
		"of six standard deviations is found in 19 of 20 cases with three results after "
		"it if there are 60 before it, with four behind 12, with five behind 7; with "
		"three behind 20 in one of ten cases, with three behind 9 never (with --alpha "
		"0.05 nearly always behind 12, but with more false ones). Only results of one "
		"host are used together.\n\n"
		"For plots: 'hvbench report RESULT --history FILE'.",
	.options = trend_options,
	.shows = SHOW_TREND,
	.examples = trend_examples,
};

static int show_fleet(struct history_command *c)
{
	json_t *fleet = fleet__find(c->history, c->host, c->last, &c->trend, &c->err), *doc;
	int ret;

	if (!fleet)
		return c->err.code;
	if (!json_array_size(json_object_get(fleet, "kinds"))) {
		json_decref(fleet);
		say_nothing_measured(c);
		return c->err.code;
	}
	doc = json_pack("{s:s, s:s}", "schema", "hvbench.history-fleet/1", "file",
			history__name(c->history));
	json_object_update(doc, fleet);
	ret = output__show(output__of_screen(&c->output, &renderer_text, NULL), SHOW_FLEET, doc,
			   &c->err);
	json_decref(doc);
	json_decref(fleet);
	return ret;
}

static int cmd_history_trend(int argc, char **argv)
{
	struct history_series *series = NULL;
	json_t *results, *trends = NULL, *doc;
	struct history_filter filter;
	struct history_command c;
	size_t nr = 0;
	int ret;

	if (!parse_options(&c, "trend", &trend_usage, 1000, argc, argv) || opts__no_more(&c.opts))
		return finish(&c, 0, c.opts.status);
	if (c.across_hosts && c.machine)
		return finish(&c, 0,
			      opts__misuse(&c.opts, "--across-hosts is about all machines, "
						    "--machine about one"));
	ret = open_history(&c, HISTORY_READ);
	if (ret || c.across_hosts)
		return finish(&c, ret ?: show_fleet(&c), 0);
	results = results_of(&c);
	if (!results)
		return finish(&c, c.err.code, 0);
	filter = trend__filter(&c.trend);
	ret = history__series(c.history, results, &filter, &series, &nr, &c.err);
	if (!ret)
		trends = trend__find(results, series, nr, &c.trend);
	history__free_series(series, nr);
	if (!ret) {
		doc = json_pack("{s:s, s:s, s:O, s:o}", "schema", "hvbench.history-trend/1", "file",
				history__name(c.history), "results", results, "trends", trends);
		ret = show(&c, doc);
		json_decref(doc);
	}
	json_decref(results);
	return finish(&c, ret, EXIT_OK);
}

static const struct command command_history_trend = {
	.name = "trend",
	.usage = &trend_usage,
	.run = cmd_history_trend,
};

/* history gate */

static const struct opt gate_options[] = {
	FILE_OPTION,
	{ OPT_LABEL, "label", "TEXT", "Of RESULT, as with 'history add'" },
	{ OPT_LAST, "last", "N", "Against the latest N results (default: 200; 0: all)" },
	HOST_OPTION,
	MACHINE_OPTION("Of RESULT, which is judged by this machine's results alone"),
	JUDGE_OPTIONS,
	{ OPT_MISSING, "missing", "fail|warn|ignore",
	  "A cell that results of the same job before it have, and this one has "
	  "not, or has skipped: exit status 1, 2 (default) or 0" },
	FORMAT_OPTION(""),
	{}
};

static const struct example gate_examples[] = {
	{ "hvbench history gate result.json --label $(git rev-parse --short HEAD)",
	  "add a result and judge it" },
	{ "hvbench history gate", "judge the latest once more" },
	{ "hvbench history gate result.json --missing fail -f junit >junit.xml",
	  "for continuous integration" },
	{}
};

static const struct usage gate_usage = {
	.command = "history gate",
	.what = "does the latest result fit those before it?",
	.synopsis = "[RESULT]",
	.text = "Adds RESULT if one is given, and judges the latest result of the host: a cell is "
		"slower or faster if its figure is outside the range of earlier results at its "
		"level (a prediction interval, for all cells together) and the change exceeds the "
		"threshold. Its level is the one since the last change. The range includes how "
		"much runs on the same host differ from day to day, which a comparison of two "
		"results cannot know. If the host was busier than for any of "
		"them, or all its CPUs were, what that may explain is inconclusive.\n\n"
		"Failed cells are listed, and so are missing ones: those that any of the 8 "
		"earlier results of the same job has.\n\n"
		"Exit status: 0 nothing is slower; 1 a cell is, or has failed; 2 for some cells "
		"there are fewer than 8 results to judge by, a cost moved together with its "
		"reference ('moved': the host, or what both share), or a cell is missing or was "
		"skipped (--missing); 3 no cell was judged, or no result holds any; 64 wrong "
		"usage; 65 a damaged file; 74 it cannot be read or written; 77 not permitted.",
	.options = gate_options,
	.shows = SHOW_GATE,
	.examples = gate_examples,
};

/*
 * Adds a result and finds its host. It must be the latest of its host, or it would be unclear what
 * to judge it by. *host is allocated.
 */
static int add_and_find(struct history_command *c, const char *path, char **host)
{
	const struct history_source source = source_of(c, path);
	struct history_which which = which_of(c);
	json_t *doc = load(c, path), *latest;
	const char *started;
	int ret;

	if (!doc)
		return c->err.code ?: -EINVAL;
	if (doc__kind(doc) == DOC_AB) {
		ret = error__set(
			&c->err, -EBADMSG,
			"%s: settings measured against each other (run --ab), with the verdict in "
			"it: "
			"there is nothing to judge by a history; 'hvbench history add' keeps it",
			path);
		json_decref(doc);
		return ret;
	}
	*host = strdup(doc__text(doc, "host.fingerprint"));
	if (!*host) {
		json_decref(doc);
		return error__set(&c->err, -ENOMEM, "out of memory");
	}
	which.fingerprint = *host;
	ret = history__add(c->history, doc, &source, &c->err);
	latest = ret < 0 ? NULL : history__measured(c->history, &which, 1, &c->err);
	started = json_string_value(json_object_get(json_array_get(latest, 0), "started"));
	ret = ret < 0 ? ret : latest ? 0 : c->err.code;
	if (!ret && started &&
	    strcmp(started, json_string_value(json_object_get(doc, "started")) ?: ""))
		ret = error__set(
			&c->err, -EINVAL,
			"%s was added, but it is not judged: the history has a later result of "
			"this host (%s)",
			path, started);
	json_decref(latest);
	json_decref(doc);
	return ret;
}

/* The gate, with what the judged result lacks. NULL with c->err set. */
static json_t *gate_of(struct history_command *c, const json_t *results,
		       const struct history_series *series, size_t nr)
{
	const json_t *last = json_array_get(results, json_array_size(results) - 1);
	json_t *unmeasured = history__unmeasured(c->history,
						 json_integer_value(json_object_get(last, "id")),
						 &c->err);
	json_t *gate = unmeasured ? trend__gate(results, series, nr, &c->trend) : NULL;

	if (gate)
		gate__add_missing(gate, results, series, nr, unmeasured, c->missing, &c->trend);
	else if (unmeasured)
		error__set(&c->err, -ENOMEM, "out of memory");
	json_decref(unmeasured);
	return gate;
}

static int judge(struct history_command *c, int *status)
{
	json_t *results = results_of(c), *gate, *doc;
	const struct history_filter filter = trend__filter(&c->trend);
	struct history_series *series = NULL;
	size_t nr = 0;
	int ret;

	if (!results)
		return c->err.code;
	ret = history__series(c->history, results, &filter, &series, &nr, &c->err);
	if (!ret) {
		gate = gate_of(c, results, series, nr);
		ret = gate ? 0 : c->err.code;
	}
	if (!ret) {
		*status = (int)json_integer_value(json_object_get(gate, "status"));
		doc = json_pack("{s:s, s:s, s:o, s:O}", "schema", "hvbench.history-gate/1", "file",
				history__name(c->history), "gate", gate, "result",
				json_array_get(results, json_array_size(results) - 1));
		ret = show(c, doc);
		json_decref(doc);
	}
	history__free_series(series, nr);
	json_decref(results);
	return ret;
}

static int cmd_history_gate(int argc, char **argv)
{
	struct history_command c;
	char *path = NULL, *host = NULL;
	int ret, status = EXIT_OK;

	if (!parse_options(&c, "gate", &gate_usage, 200, argc, argv))
		return finish(&c, 0, c.opts.status);
	path = opts__operand(&c.opts);
	if (opts__no_more(&c.opts))
		return finish(&c, 0, c.opts.status);
	/* One more, for the result that is judged. */
	c.last += c.last > 0;
	ret = open_history(&c, path ? HISTORY_CREATE : HISTORY_READ);
	if (!ret && path) {
		ret = add_and_find(&c, path, &host);
		c.host = c.host ?: host;
	}
	ret = ret ?: judge(&c, &status);
	free(host);
	return finish(&c, ret, status);
}

static const struct command command_history_gate = {
	.name = "gate",
	.usage = &gate_usage,
	.run = cmd_history_gate,
};

/* history rm */

static const struct opt rm_options[] = { FILE_OPTION,
					 { OPT_DRY_RUN, "dry-run", NULL,
					   "Show what would be removed, and remove nothing" },
					 FORMAT_OPTION(""),
					 {} };

static const struct example rm_examples[] = { { "hvbench history list", "which has the ids" },
					      { "hvbench history rm 17 18", "remove two results" },
					      {} };

static const struct usage rm_usage = {
	.command = "history rm",
	.what = "remove results",
	.synopsis = "ID…",
	.text = "Removes all the results named, or none of them, and shows what they were.",
	.options = rm_options,
	.shows = SHOW_LIST,
	.examples = rm_examples,
};

/* -EINVAL with c->opts.status set. */
static int parse_ids(struct history_command *c, int64_t *ids, size_t *nr)
{
	char *operand, *end;

	while ((operand = opts__operand(&c->opts))) {
		long long id;
		bool known = false;

		errno = 0;
		id = strtoll(operand, &end, 10);
		if (errno || end == operand || *end || id <= 0 || *nr == MAX_FILES)
			return opts__misuse(
				       &c->opts,
				       "'%s' is no id of a result: 'hvbench history list' has them",
				       operand),
			       -EINVAL;
		for (size_t i = 0; i < *nr; i++)
			known = known || ids[i] == id;
		if (!known)
			ids[(*nr)++] = id;
	}
	if (!*nr)
		return opts__misuse(&c->opts, "an id is missing: 'hvbench history list' has them"),
		       -EINVAL;
	return 0;
}

static int remove_results(struct history_command *c, const int64_t *ids, size_t nr)
{
	int ret = open_history(c, c->dry ? HISTORY_READ : HISTORY_CHANGE);
	json_t *removed, *doc;

	if (ret)
		return ret;
	removed = history__remove(c->history, ids, nr, c->dry, &c->err);
	if (!removed)
		return c->err.code;
	fprintf(stderr, "hvbench history rm: %zu %s\n", json_array_size(removed),
		c->dry ? "would be removed" : "removed");
	doc = json_pack("{s:s, s:s, s:o}", "schema", "hvbench.history-list/1", "file",
			history__name(c->history), "results", removed);
	ret = show(c, doc);
	json_decref(doc);
	return ret;
}

static int cmd_history_rm(int argc, char **argv)
{
	int64_t *ids = calloc((size_t)argc + 1, sizeof(*ids));
	struct history_command c;
	size_t nr = 0;
	int ret;

	if (!parse_options(&c, "rm", &rm_usage, 0, argc, argv) ||
	    (ids && parse_ids(&c, ids, &nr))) {
		free(ids);
		return finish(&c, 0, c.opts.status);
	}
	ret = ids ? remove_results(&c, ids, nr) : error__set(&c.err, -ENOMEM, "out of memory");
	free(ids);
	return finish(&c, ret, EXIT_OK);
}

static const struct command command_history_rm = {
	.name = "rm",
	.usage = &rm_usage,
	.run = cmd_history_rm,
};

static const struct command *const history_commands[] = {
	&command_history_add,	&command_history_list, &command_history_rm,
	&command_history_trend, &command_history_gate, NULL
};

static const struct example history_examples[] = {
	{ "hvbench history add result.json", "keep a result" },
	{ "hvbench history trend", "what changed, and when" },
	{ "hvbench history gate result.json", "does a new one fit those before it?" },
	{}
};

static const struct usage history_usage = {
	.command = "history",
	.what = "results over time: trends with dated changes, and a gate",
	.synopsis = "COMMAND",
	.text = "Keeps the figures of results in an SQLite file, which may be shared by any number "
		"of processes, or on a PostgreSQL server, for many machines.",
	.examples = history_examples,
};

DEFINE_COMMAND_GROUP(history, history_usage, history_commands);
