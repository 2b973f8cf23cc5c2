// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Results as rows for a database: JSON objects without anything inside them, one a line, all with
 * the same keys. A row is a cell (`row` is "cell"), or one reason of a cell's exits ("exit").
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/result/doc.h"
#include "reports/formats/report.h"

/* Column and where it is in the result, in the cell, and in an exit's reason. */
static const struct column {
	const char *name, *path;
	bool number;
} of_result[] = {
	{ "started", "started", false },
	{ "host", "host.fingerprint", false },
	{ "kernel", "host.kernel", false },
	{ "cpu", "host.cpu.model", false },
	{ "job", "plan.name", false },
	{ "version", "tool.version", false },
	{ "commit", "tool.commit", false },
}, of_cell[] = {
	{ "group", "group", false },
	{ "workload", "workload", false },
	{ "label", "label", false },
	{ "backend", "backend", false },
	{ "config", "config.name", false },
	{ "status", "status", false },
	{ "why", "reason", false },
	{ "unit", "unit", false },
	{ "p50", "summary.p50", true },
	{ "p90", "summary.p90", true },
	{ "p99", "summary.p99", true },
	{ "p99_one_op", "latency.p99", true },
	{ "n", "summary.n", true },
	{ "rounds", "summary.rounds", true },
	{ "exits_per_op", "exits.per_op.total", true },
	{ "user_exits_per_op", "exits.per_op.user", true },
}, of_reason[] = {
	{ "reason", "reason", false },
	{ "reason_per_op", "per_op", true },
	{ "reason_p50_ns", "ns.p50", true },
	{ "reason_p99_ns", "ns.p99", true },
};

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

/* `from` may be NULL: the columns are then null. */
static void add(json_t *row, const json_t *from, const struct column *columns, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		const char *text = doc__text(from, columns[i].path);

		json_object_set_new(row, columns[i].name,
				    columns[i].number ? number(doc__number(from, columns[i].path)) :
				    *text	      ? json_string(text) :
							json_null());
	}
}

#define ADD(row, from, columns) add(row, from, columns, sizeof(columns) / sizeof(*(columns)))

static int put_row(const json_t *of, const json_t *cell, const json_t *reason, FILE *out)
{
	json_t *row = json_pack("{s:s, s:O}", "row", reason ? "exit" : "cell", "result",
				json_object_get(of, "name"));
	int code;

	ADD(row, json_object_get(of, "result"), of_result);
	ADD(row, cell, of_cell);
	json_object_set_new(row, "p50_low", number(doc__element(cell, "summary.ci95", 0)));
	json_object_set_new(row, "p50_high", number(doc__element(cell, "summary.ci95", 1)));
	ADD(row, reason, of_reason);
	code = json_dumpf(row, out, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12)) ?
		       -(errno ?: ENOMEM) :
		       0;
	fputc('\n', out);
	json_decref(row);
	return code;
}

static int render(enum show what, const json_t *doc, FILE *out, const struct report_options *opts)
{
	const json_t *of, *cell, *reason;
	size_t i, k, r;

	(void)what;
	(void)opts;
	json_array_foreach(doc, i, of) {
		json_array_foreach(doc__at(of, "result.cells"), k, cell) {
			int code = put_row(of, cell, NULL, out);

			json_array_foreach(doc__at(cell, "exits.by_reason"), r, reason)
				code = code ?: put_row(of, cell, reason, out);
			if (code)
				return code;
		}
	}
	return fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

DEFINE_RENDERER(jsonl) = {
	.name = "jsonl",
	.what = "flat rows for ClickHouse (JSONEachRow), PostgreSQL, DuckDB",
	.endings = ".jsonl .ndjson",
	.order = 75,
	.shows = SHOW_EXPORT,
	.render = render,
};
