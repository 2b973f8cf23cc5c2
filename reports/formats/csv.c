// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Comma-separated values, with a row for each cell, quoted as in RFC 4180. Programs rely on the
 * columns: new ones are added at the end. Numbers are in the cell's unit, unrounded.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/csv.h"
#include "bench/result/doc.h"
#include "reports/formats/report.h"
#include "reports/views/table_csv.h"

struct column {
	const char *title, *path;
};

static const struct column columns[] = {
	{ "workload", "workload" },
	{ "label", "label" },
	{ "group", "group" },
	{ "config", "config.name" },
	{ "backend", "backend" },
	{ "status", "status" },
	{ "reason", "reason" },
	{ "unit", "unit" },
	{ "ops_per_sample", "ops_per_sample" },
	{ "rounds", "summary.rounds" },
	{ "n", "summary.n" },
	{ "min", "summary.min" },
	{ "p25", "summary.p25" },
	{ "p50", "summary.p50" },
	{ "p75", "summary.p75" },
	{ "p90", "summary.p90" },
	{ "p99", "summary.p99" },
	{ "p999", "summary.p999" },
	{ "max", "summary.max" },
	{ "mean", "summary.mean" },
	{ "sd", "summary.sd" },
	{ "ci95_low", "summary.ci95.0" },
	{ "ci95_high", "summary.ci95.1" },
	{ "ci_coverage", "summary.ci_coverage" },
	{ "ci_basis", "summary.ci_basis" },
	{ "single_unit", "latency.unit" },
	{ "single_n", "latency.n" },
	{ "single_p50", "latency.p50" },
	{ "single_p99", "latency.p99" },
	{ "single_p999", "latency.p999" },
	{ "single_max", "latency.max" },
	{ "tsc_khz", "tsc_khz" },
	{ "exits_per_op", "exits.per_op.total" },
	{ "user_exits_per_op", "exits.per_op.user" },
	{ "exits_expected", "exits.expected_total" },
	{ "exits_as_expected", "exits.as_expected" },
	{ "warnings", "warnings" },
	{ "reference", "reference.label" },
	{ "log_ratio", "reference.log_ratio.p50" },
	{ "log_ratio_low", "reference.log_ratio.ci95.0" },
	{ "log_ratio_high", "reference.log_ratio.ci95.1" },
	{ "kernel_ns", "cost.kernel" },
	{ "user_ns", "cost.user" },
	{ "off_cpu_ns", "cost.off_cpu" },
	{ "switch_ns", "cost.switch" },
	{ "cpu_ns_per_op", "cpu_ns_per_op" },
	{ "halt_poll_success_ns_per_op", "halt_poll_ns_per_op.success" },
	{ "halt_poll_fail_ns_per_op", "halt_poll_ns_per_op.fail" },
	{ "dirty_pages_per_op", "dirty_pages_per_op" },
	{ "halts", "halt_polling.halts" },
	{ "halt_polls_attempted", "halt_polling.attempted" },
	{ "halt_polls_successful", "halt_polling.successful" },
	{ "halt_waits", "halt_polling.waits" },
	{ "halt_wait_ns", "halt_polling.wait_ns" },
	{ "guest_steal_ns_per_op", "sched.guest_steal_ns_per_op" },
	{ "host_delay_ns_per_op", "sched.host_delay_ns_per_op" },
	{ "footprint_insn", "footprint.insn" },
	{ "footprint_insn_user", "footprint.insn_user" },
	{ "footprint_loads", "footprint.loads" },
	{ "footprint_stores", "footprint.stores" },
	{ "footprint_code_lines", "footprint.code_lines" },
	{ "footprint_data_lines", "footprint.data_lines" },
	{ "footprint_data_lines_written", "footprint.data_lines_written" },
	{ "footprint_code_pages", "footprint.code_pages" },
	{ "footprint_data_pages", "footprint.data_pages" },
	{ "footprint_branches", "footprint.branches" },
	{ "footprint_branches_taken", "footprint.branches_taken" },
	{ "footprint_indirect", "footprint.indirect" },
	{ "footprint_returns", "footprint.returns" },
	{ "footprint_locked", "footprint.locked" },
	{ "vcpu_least", "parallel.least" },
	{ "vcpu_most", "parallel.most" },
	{ "vcpus_all_per_s", "parallel.all_per_s" },
};

#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* For settings measured against each other: such a document has no cells. */
static const struct column ab_columns[] = {
	{ "workload", "workload" },
	{ "a", "a.label" },
	{ "b", "b.label" },
	{ "verdict", "verdict" },
	{ "a_p50_ns", "a.p50_ns" },
	{ "b_p50_ns", "b.p50_ns" },
	{ "a_p50_cycles", "a.p50_cycles" },
	{ "b_p50_cycles", "b.p50_cycles" },
	{ "a_p50_bytes_per_s", "a.p50_bytes_per_s" },
	{ "b_p50_bytes_per_s", "b.p50_bytes_per_s" },
	{ "log_ratio", "log_ratio.p50" },
	{ "log_ratio_low", "log_ratio.ci95.0" },
	{ "log_ratio_high", "log_ratio.ci95.1" },
	{ "ci_coverage", "log_ratio.ci_coverage" },
	{ "p", "p" },
	{ "pairs", "pairs" },
	{ "pairs_needed", "pairs_needed" },
	{ "threshold", "threshold" },
	{ "duration_s", "duration_s" },
};

#define NR_AB_COLUMNS (sizeof(ab_columns) / sizeof(ab_columns[0]))

/* jansson writes numbers with a dot, whatever the locale. */
static void put_number(FILE *out, const json_t *number)
{
	char *text = json_dumps(number, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));

	fputs(text ?: "", out);
	free(text);
}

/* The last step of the path may be an index into an array. */
static const json_t *value_at(const json_t *cell, const char *path)
{
	char parent[64];
	const char *dot = strrchr(path, '.');

	if (!dot || dot[1] < '0' || dot[1] > '9')
		return doc__at(cell, path);
	snprintf(parent, sizeof(parent), "%.*s", (int)(dot - path), path);
	return json_array_get(doc__at(cell, parent), dot[1] - '0');
}

/* All warnings in one field. */
static void put_warnings(FILE *out, const json_t *warnings)
{
	const json_t *warning;
	char *text;
	size_t len, i;
	FILE *all = alloc__stream(&text, &len);

	json_array_foreach(warnings, i, warning)
		fprintf(all, "%s%s", i ? "; " : "",
			json_string_value(warning) ?: doc__text(warning, "text"));
	alloc__close_stream(all);
	csv__quoted(out, text);
	free(text);
}

static void put_value(FILE *out, const json_t *value)
{
	if (json_is_array(value))
		put_warnings(out, value);
	else if (json_is_string(value))
		csv__quoted(out, json_string_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "true" : "false", out);
	else if (json_is_number(value))
		put_number(out, value);
}

static void put_rows(FILE *out, const json_t *list, const struct column *of, size_t nr,
		     const char *result)
{
	json_t *name = result ? json_string(result) : NULL;
	const json_t *one;
	size_t i;

	for (size_t c = 0; c < nr; c++)
		fprintf(out, "%s%s", c ? "," : "", of[c].title);
	/* With several results a column says which one; that is not part of the document. */
	fputs(",result\n", out);
	json_array_foreach(list, i, one) {
		for (size_t c = 0; c < nr; c++) {
			if (c)
				fputc(',', out);
			put_value(out, value_at(one, of[c].path));
		}
		fputc(',', out);
		put_value(out, name);
		fputc('\n', out);
	}
	json_decref(name);
}

static int render(enum show what, const json_t *doc, FILE *out, const struct report_options *opts)
{
	const char *name = opts ? opts->name : NULL;

	if (what != SHOW_RESULT)
		return -EINVAL;
	if (doc__kind(doc) == DOC_AB)
		put_rows(out, json_object_get(doc, "ab"), ab_columns, NR_AB_COLUMNS, name);
	else
		put_rows(out, json_object_get(doc, "cells"), columns, NR_COLUMNS, name);
	return fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

static void put_table(const json_t *table, FILE *out, const struct terminal *look)
{
	(void)look;
	table_csv__put(table, out);
}

DEFINE_RENDERER(csv) = {
	.name = "csv",
	.what = "a line for each cell, for spreadsheets and scripts",
	.endings = ".csv",
	.order = 30,
	.shows = SHOW_RESULT | SHOW_TABLE,
	.render = render,
	.table = put_table,
	.style = &style_plain,
};
