// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/ab_lines.h"

#include <errno.h>
#include <math.h>

#include "bench/base/verdicts.h"
#include "bench/result/doc.h"
#include "reports/formats/format.h"

static void print_side(FILE *out, const char *name, const json_t *side)
{
	double ns = doc__number(side, "p50_ns"), cycles = doc__number(side, "p50_cycles");
	double rate = doc__number(side, "p50_bytes_per_s");

	fprintf(out, "  %s  %-40s", name, doc__text(side, "label"));
	if (isfinite(rate))
		fprintf(out, "  p50 %.4g GB/s\n", rate / 1e9);
	else if (isfinite(ns))
		fprintf(out, "  p50 %.1f ns (%.1f cycles)\n", ns, cycles);
	else
		fprintf(out, "  p50 %.1f cycles\n", cycles);
}

static void print_cpu(FILE *out, const json_t *cpu)
{
	double median = doc__number(cpu, "log_ratio.p50");
	double low = doc__element(cpu, "log_ratio.ci95", 0),
	       high = doc__element(cpu, "log_ratio.ci95", 1);

	if (!isfinite(median))
		return;
	fprintf(out, "  CPU time %.1f ns and %.1f ns an operation, B %+.2f %%",
		doc__number(cpu, "a_ns"), doc__number(cpu, "b_ns"), 100 * expm1(median));
	if (isfinite(low) && isfinite(high))
		fprintf(out, ", 95 %% interval %+.2f to %+.2f %%", 100 * expm1(low),
			100 * expm1(high));
	fprintf(out, ", %.0f pairs\n", doc__number(cpu, "pairs"));
}

static void print_verdict(FILE *out, const json_t *one, const char *verdict)
{
	const struct verdict_row *known = verdict__find(verdict);
	double needed = doc__number(one, "pairs_needed");

	if (!known)
		fprintf(out, "  => '%s', which is no verdict that this hvbench knows\n", verdict);
	else if (known->verdict == VERDICT_SAME)
		fprintf(out, "  => same: a difference above %.2g %% is excluded\n",
			100 * doc__number(one, "threshold"));
	else if (known->verdict == VERDICT_INCONCLUSIVE && !isfinite(doc__number(one, "p")))
		fprintf(out, "  => inconclusive: too few pairs to test (--time)\n");
	else if (known->verdict == VERDICT_INCONCLUSIVE && isfinite(needed) && needed > 0)
		fprintf(out, "  => inconclusive: about %.0f pairs would decide (--time)\n", needed);
	else
		fprintf(out, "  => %s\n", known->shown);
}

static void print_one(FILE *out, const json_t *one)
{
	const char *verdict = doc__text(one, "verdict");
	double median = doc__number(one, "log_ratio.p50");
	double low = doc__element(one, "log_ratio.ci95", 0),
	       high = doc__element(one, "log_ratio.ci95", 1);
	double p = doc__number(one, "p"), pairs = doc__number(one, "pairs");

	fprintf(out, "%s\n", doc__text(one, "workload"));
	print_side(out, "A", doc__at(one, "a"));
	print_side(out, "B", doc__at(one, "b"));
	if (!isfinite(median)) {
		fprintf(out, "  %s: nothing was measured\n", verdict);
		return;
	}
	/* A bandwidth is shown beside it, for which higher is better. */
	fprintf(out, "  B is %+.2f %% against A%s, ", 100 * expm1(median),
		isfinite(doc__number(one, "b.p50_bytes_per_s")) ? " in time a byte" : "");
	if (isfinite(low) && isfinite(high))
		fprintf(out, "95 %% interval %+.2f to %+.2f %%, ", 100 * expm1(low),
			100 * expm1(high));
	if (isfinite(p))
		fprintf(out, "p %.2g, ", p);
	fprintf(out, "%.0f pair%s, %.1f s\n", pairs, pairs == 1 ? "" : "s",
		doc__number(one, "duration_s"));
	print_cpu(out, doc__at(one, "cpu"));
	print_verdict(out, one, verdict);
}

int report_ab(const json_t *doc, FILE *out)
{
	const json_t *list = json_object_get(doc, "ab"), *one;
	size_t i;

	json_array_foreach(list, i, one)
		print_one(out, one);
	return ferror(out) ? -EIO : 0;
}
