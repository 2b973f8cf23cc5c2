// SPDX-License-Identifier: GPL-2.0-or-later
/* hvbench export: results in the formats of other programs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/cli/command.h"
#include "bench/cli/inputs.h"
#include "bench/cli/output.h"
#include "bench/result/doc.h"
#include "reports/formats/openmetrics.h"

enum { OPT_ORIGIN = OPT_LONG, OPT_BUILD };

static const struct opt options[] = {
	FORMAT_OPTION("Default openmetrics; "),
	OUTPUT_OPTION(
		"Write to FILE, in the format of its ending or else --format, all at once: who "
		"reads it sees the old one or the new one"),
	{ OPT_ORIGIN, "origin", "NAME", "For kcidb: who submits it, as KernelCI knows you" },
	{ OPT_BUILD, "build", "ID",
	  "For kcidb: the id of the build that was tested, ORIGIN:…, which you or who built it "
	  "submitted" },
	{}
};

static const struct example examples[] = {
	{ "hvbench export result.json -o /var/lib/node_exporter/hvbench.prom",
	  "for node_exporter's textfile collector" },
	{ "hvbench export -f openmetrics base.json new.json",
	  "two results, told apart by `result`" },
	{ "hvbench export -f benchmark-action result.json -o times.json",
	  "for github-action-benchmark, which then says when a pull request makes it slower" },
	{ "hvbench export -f jsonl *.json | clickhouse-client -q 'INSERT INTO hvbench FORMAT "
	  "JSONEachRow'",
	  "rows for a database" },
	{ "hvbench export -f kcidb --origin us --build us:42 result.json | kcidb-submit",
	  "for KernelCI" },
	{}
};

static const struct usage usage = {
	.command = "export",
	.what = "results in the formats of other programs",
	.synopsis = "RESULT…",
	.text = "Writes what results have in a format that another program reads. As metrics (.om: "
		"OpenMetrics 1.0; .prom: the text format 0.0.4, the only one that node_exporter's "
		"textfile collector reads): the cost of each cell as a summary, its interval, "
		"exits "
		"by reason; of a profile rates and times by VM and reason. What was not measured "
		"has "
		"no sample. Names of results as given tell them apart.\n\n"
		"For services that say when a figure gets worse (benchmark-action, bencher), for "
		"who tests kernels (ktap, lkp, kcidb) the median cost of each cell with its unit; "
		"a cell that was skipped or failed says so where the format can. For databases "
		"(jsonl) a row for each cell and for each reason of its exits.\n\n"
		"Exit status: 0 done; 64 wrong usage; 65 not a result, or one of A and B, which "
		"has "
		"no cells; 74 could not be written; 77 may not be read.",
	.options = options,
	.shows = SHOW_EXPORT,
	.examples = examples,
};

struct export_command {
	struct output chosen;
	const char *origin, *build; /* NULL: not given */
	struct inputs inputs;
};

static const struct renderer *format_of(const struct export_command *e)
{
	return e->chosen.path	? output__of_file(&e->chosen, &renderer_openmetrics) :
	       e->chosen.format ?:
				  &renderer_openmetrics;
}

/* What KCIDB's schema asks of the two. false: return opts->status. */
static bool check_build(const struct export_command *e, struct opts *opts)
{
	const char *plain = "abcdefghijklmnopqrstuvwxyz0123456789_";

	if (!format_of(e)->of_build) {
		if (e->origin || e->build)
			return opts__misuse(opts, "--origin and --build are for -f kcidb"), false;
		return true;
	}
	if (!e->origin || !e->build)
		return opts__misuse(opts,
				    "-f kcidb needs --origin NAME and --build ID: who submits "
				    "it, and the id of the build that was tested"),
		       false;
	if (!*e->origin || e->origin[strspn(e->origin, plain)])
		return opts__misuse(opts, "--origin '%s': lower-case letters, digits and _ only",
				    e->origin),
		       false;
	if (!strspn(e->build, plain) || e->build[strspn(e->build, plain)] != ':')
		return opts__misuse(opts, "--build '%s': begins with its origin and a colon",
				    e->build),
		       false;
	return true;
}

/* false: return opts->status. */
static bool parse_options(struct export_command *e, struct opts *opts)
{
	int id;

	while ((id = opts__next(opts)) > 0) {
		if (id == OPT_ORIGIN)
			e->origin = opts->arg;
		else if (id == OPT_BUILD)
			e->build = opts->arg;
		else if (output__option(&e->chosen, opts, id))
			return false;
	}
	if (id < 0 || inputs__take(&e->inputs, opts))
		return false;
	if (!e->inputs.nr)
		return opts__misuse(opts,
				    "a result is missing: a file that 'hvbench run -o' wrote"),
		       false;
	for (size_t i = 0; i < e->inputs.nr; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(e->inputs.sides[i].name, e->inputs.sides[k].name))
				return opts__misuse(opts, "'%s' is given twice",
						    e->inputs.sides[i].name),
				       false;
	return !output__settle(&e->chosen, opts) && check_build(e, opts);
}

static int write_all(const struct export_command *e, struct error *err)
{
	json_t *results = json_array();
	int code = 0;

	for (size_t i = 0; !code && i < e->inputs.nr; i++) {
		const struct compare_side *side = &e->inputs.sides[i];

		if (doc__kind(side->doc) == DOC_AB)
			code = error__set(
				err, -EBADMSG,
				"%s: a result of A and B has no cells to export; 'hvbench "
				"report' shows it",
				side->name);
		json_array_append_new(results, json_pack("{s:o, s:O, s:s*, s:s*}", "name",
							 json__text(side->name), "result",
							 (json_t *)side->doc, "origin", e->origin,
							 "build", e->build));
	}
	if (!code && e->chosen.path)
		code = output__save(e->chosen.path, format_of(e), SHOW_EXPORT, results, err);
	else if (!code)
		code = output__show(format_of(e), SHOW_EXPORT, results, err);
	json_decref(results);
	return code;
}

static int cmd_export(int argc, char **argv)
{
	struct export_command e = { .chosen = { .path = NULL } };
	struct error err = { 0 };
	struct opts opts;
	int status;

	opts__init(&opts, &usage, argc, argv);
	if (!parse_options(&e, &opts)) {
		status = opts.status;
	} else {
		status = EXIT_OK;
		if (inputs__load(&e.inputs, &err))
			status = inputs__exit_status(&err);
		else if (write_all(&e, &err))
			status = err.code == -EBADMSG ? EXIT_BAD_INPUT :
				 err.code == -ENOMEM  ? EXIT_INTERNAL :
							EXIT_IO;
		if (status)
			fprintf(stderr, "hvbench export: %s\n", err.text);
	}
	inputs__destroy(&e.inputs);
	return status;
}
DEFINE_COMMAND(export, usage, cmd_export);
