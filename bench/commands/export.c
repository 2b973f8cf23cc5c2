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

static const struct opt options[] = {
	FORMAT_OPTION("Default openmetrics; "),
	OUTPUT_OPTION(
		"Write to FILE, in the format of its ending or else --format, all at once: who "
		"reads it sees the old one or the new one"),
	{}
};

static const struct example examples[] = {
	{ "hvbench export result.json -o /var/lib/node_exporter/hvbench.prom",
	  "for node_exporter's textfile collector" },
	{ "hvbench export -f openmetrics base.json new.json",
	  "two results, told apart by `result`" },
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
		"Exit status: 0 done; 64 wrong usage; 65 not a result, or one of A and B, which "
		"has "
		"no cells; 74 could not be written; 77 may not be read.",
	.options = options,
	.shows = SHOW_EXPORT,
	.examples = examples,
};

struct export_command {
	struct output chosen;
	struct inputs inputs;
};

/* false: return opts->status. */
static bool parse_options(struct export_command *e, struct opts *opts)
{
	int id;

	while ((id = opts__next(opts)) > 0)
		if (output__option(&e->chosen, opts, id))
			return false;
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
	return !output__settle(&e->chosen, opts);
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
		json_array_append_new(results,
				      json_pack("{s:o, s:O}", "name", json__text(side->name),
						"result", (json_t *)side->doc));
	}
	if (!code && e->chosen.path)
		code = output__save(e->chosen.path,
				    output__of_file(&e->chosen, &renderer_openmetrics), SHOW_EXPORT,
				    results, err);
	else if (!code)
		code = output__show(e->chosen.format ?: &renderer_openmetrics, SHOW_EXPORT, results,
				    err);
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
