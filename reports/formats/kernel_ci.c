// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Figures for those who test kernels: KTAP (Documentation/dev-tools/ktap.rst), LKP's "key: value"
 * lines, and KCIDB's objects, version 5.3 of its schema, in which a test may have a number.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/result/doc.h"
#include "reports/formats/figures.h"
#include "reports/formats/report.h"

static int written(FILE *out)
{
	return fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

static void print_ktap(const struct figure *f, size_t nr, FILE *out)
{
	const char *dot = *f->where ? "." : "";

	if (f->measured) {
		fprintf(out, "# %s%s%s: %.6g %s", f->where, dot, f->path, f->value, f->unit);
		if (isfinite(f->low) && isfinite(f->high))
			fprintf(out, ", 95 %% interval %.6g to %.6g", f->low, f->high);
		if (isfinite(f->exits_per_op))
			fprintf(out, ", %.3f exits an operation", f->exits_per_op);
		fprintf(out, "\nok %zu %s%s%s\n", nr, f->where, dot, f->path);
	} else if (f->skipped) {
		fprintf(out, "ok %zu %s%s%s # SKIP %s\n", nr, f->where, dot, f->path, f->reason);
	} else {
		fprintf(out, "# %s\nnot ok %zu %s%s%s\n", f->reason, nr, f->where, dot, f->path);
	}
}

static int render_ktap(enum show what, const json_t *doc, FILE *out,
		       const struct report_options *opts)
{
	struct figure *figures;
	size_t nr;
	int code = figures__of(doc, &figures, &nr);

	(void)what;
	(void)opts;
	if (!code)
		fprintf(out, "KTAP version 1\n1..%zu\n", nr);
	for (size_t i = 0; !code && i < nr; i++)
		print_ktap(&figures[i], i + 1, out);
	figures__free(figures, nr);
	return code ?: written(out);
}

/* Units are part of a key there. */
static const char *suffix_of(const char *unit)
{
	return !strcmp(unit, "bytes/s") ? "bytes_per_s" : unit;
}

static int render_lkp(enum show what, const json_t *doc, FILE *out,
		      const struct report_options *opts)
{
	struct figure *figures;
	size_t nr;
	int code = figures__of(doc, &figures, &nr);

	(void)what;
	(void)opts;
	for (size_t i = 0; !code && i < nr; i++) {
		const struct figure *f = &figures[i];
		const char *dot = *f->where ? "." : "";

		if (!f->measured)
			continue;
		fprintf(out, "%s%s%s.%s: %.9g\n", f->where, dot, f->path, suffix_of(f->unit),
			f->value);
		if (isfinite(f->exits_per_op))
			fprintf(out, "%s%s%s.exits_per_op: %.9g\n", f->where, dot, f->path,
				f->exits_per_op);
	}
	figures__free(figures, nr);
	return code ?: written(out);
}

/* Values are in units without prefixes; who shows them finds the one that fits. */
static json_t *kcidb_number(const struct figure *f)
{
	bool time = !strcmp(f->unit, "ns"), bytes = !strcmp(f->unit, "bytes/s");

	return json_pack("{s:f, s:s, s:s*}", "value", time ? f->value * 1e-9 : f->value, "unit",
			 time  ? "s" :
			 bytes ? "B/s" :
				 f->unit,
			 "prefix", time || bytes ? "metric" : NULL);
}

static json_t *kcidb_test(const struct figure *f)
{
	const char *origin = json_string_value(json_object_get(f->of, "origin")) ?: "";
	const char *build = json_string_value(json_object_get(f->of, "build")) ?: "";
	const char *started = doc__text(f->result, "started");
	json_t *test = json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o*}", "origin", origin,
				 "build_id", build, "status",
				 f->measured ? "DONE" :
				 f->skipped  ? "SKIP" :
					       "ERROR",
				 "id",
				 json_sprintf("%s:hvbench-%s-%s-%.0f-%s", origin,
					      doc__text(f->result, "host.fingerprint"), started,
					      doc__number(f->result, "seed"), f->path),
				 "path", json_sprintf("kvm.hvbench.%s", f->path), "start_time",
				 started, "number", f->measured ? kcidb_number(f) : NULL);
	json_t *misc = json_pack("{s:s, s:s, s:s}", "hvbench", doc__text(f->result, "tool.version"),
				 "kernel", doc__text(f->result, "host.kernel"), "label",
				 doc__text(f->cell, "label"));

	if (!f->measured && *f->reason)
		json_object_set_new(test, "comment", json_string(f->reason));
	json_object_set_new(test, "environment",
			    json_pack("{s:s, s:{s:s}}", "comment",
				      doc__text(f->result, "host.cpu.model"), "misc", "fingerprint",
				      doc__text(f->result, "host.fingerprint")));
	if (f->measured && isfinite(f->low) && isfinite(f->high))
		json_object_set_new(misc, "interval_95", json_pack("[f, f]", f->low, f->high));
	if (isfinite(f->exits_per_op))
		json_object_set_new(misc, "exits_per_op", json_real(f->exits_per_op));
	json_object_set_new(misc, "unit", json_string(f->unit));
	json_object_set_new(test, "misc", misc);
	return test;
}

static int render_kcidb(enum show what, const json_t *doc, FILE *out,
			const struct report_options *opts)
{
	json_t *tests = json_array(), *all;
	struct figure *figures;
	size_t nr;
	int code = figures__of(doc, &figures, &nr);

	(void)what;
	(void)opts;
	for (size_t i = 0; !code && i < nr; i++)
		if (json_array_append_new(tests, kcidb_test(&figures[i])))
			code = -ENOMEM;
	figures__free(figures, nr);
	all = json_pack("{s:{s:i, s:i}, s:o}", "version", "major", 5, "minor", 3, "tests", tests);
	if (!code &&
	    json_dumpf(all, out, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12)))
		code = -(errno ?: ENOMEM);
	fputc('\n', out);
	json_decref(all);
	return code ?: written(out);
}

DEFINE_RENDERER(ktap) = {
	.name = "ktap",
	.what = "KTAP 1, figures in its diagnostic lines",
	.endings = ".ktap",
	.order = 83,
	.shows = SHOW_EXPORT,
	.render = render_ktap,
};

DEFINE_RENDERER(lkp) = {
	.name = "lkp",
	.what = "lines \"key: value\" for the parse script of an LKP program",
	.order = 84,
	.shows = SHOW_EXPORT,
	.render = render_lkp,
};

DEFINE_RENDERER(kcidb) = {
	.name = "kcidb",
	.what = "test objects of KCIDB 5.3; needs --origin and --build",
	.order = 85,
	.shows = SHOW_EXPORT,
	.of_build = true,
	.render = render_kcidb,
};
