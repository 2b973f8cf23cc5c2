// SPDX-License-Identifier: GPL-2.0-or-later
/* Reports as one HTML page: see html.h. */
#include "reports/formats/html.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/verdicts.h"
#include "bench/result/doc.h"
#include "bench/result/file.h"
#include "reports/charts/chart.h"
#include "reports/charts/charts.h"
#include "reports/formats/format.h"
#include "reports/formats/report.h"
#include "reports/views/ab_view.h"
#include "reports/views/footprint_view.h"
#include "reports/views/neighbour_view.h"
#include "reports/views/compare_view.h"
#include "reports/views/doctor_view.h"
#include "reports/views/highlights.h"
#include "reports/views/run_view.h"
#include "reports/views/side_label.h"
#include "reports/views/table_html.h"
#include "reports/views/trend_view.h"

/* A result larger than this is not embedded in the page for download. */
#define MAX_DOWNLOAD (24u << 20)
/* With more cells the page leaves out what observers saw of each; the raw data has it. */
#define MAX_OBSERVED 512

/* The style is a file of reports/, embedded in the program. */
__asm__(".pushsection .rodata\n"
	"html_style: .incbin \"reports/formats/report.css\"\n"
	".byte 0\n"
	".popsection\n");
extern const char html_style[] __attribute__((visibility("hidden")));

static void put_text(FILE *out, const char *text)
{
	char *escaped = style_html.escape(text);

	fputs(escaped ?: "", out);
	free(escaped);
}

static const char *text_of(const json_t *object, const char *field)
{
	return json_string_value(json_object_get(object, field)) ?: "";
}

static void put_remarks(FILE *out, const json_t *view)
{
	const json_t *item;
	size_t i;

	if (!json_array_size(json_object_get(view, "remarks")))
		return;
	fputs("<div class=\"remarks\">\n", out);
	json_array_foreach(json_object_get(view, "remarks"), i, item) {
		fputs("<p>", out);
		table_html__put_ready(out, text_of(item, "text"));
		fputs("</p>\n", out);
	}
	fputs("</div>\n", out);
}

static void put_header_lines(FILE *out, const json_t *view)
{
	const json_t *line, *part;
	size_t i, j;

	json_array_foreach(json_object_get(view, "header"), i, line) {
		fputs("<p class=\"facts\">", out);
		json_array_foreach(line, j, part) {
			fputs(j ? " <span>" : "<span class=\"first\">", out);
			table_html__put_ready(out, json_string_value(part));
			fputs("</span>", out);
		}
		fputs("</p>\n", out);
	}
}

/* Writes both sizes of a plot; the style decides which one is visible. */
static void put_plot(const struct html_report *r, FILE *out, const json_t *chart)
{
	struct error err = { 0 };
	char *svg;
	size_t len;

	fputs("<figure>\n<figcaption><b>", out);
	put_text(out, text_of(chart, "title"));
	fputs("</b> ", out);
	put_text(out, text_of(chart, "caption"));
	fputs("</figcaption>\n", out);
	for (int kind = PLOT_WIDE; kind <= PLOT_NARROW; kind++) {
		if (plots__draw(r->plots, chart, kind, &svg, &len, &err)) {
			fputs("<p class=\"failed\">No plot: ", out);
			put_text(out, err.text);
			fputs("</p>\n", out);
			break;
		}
		fprintf(out, "<div class=\"plot %s\" role=\"img\" aria-label=\"",
			kind == PLOT_WIDE ? "wide" : "narrow");
		put_text(out, text_of(chart, "title"));
		fputs("; the figures are in the table\">\n", out);
		fwrite(svg, 1, len, out);
		fputs("</div>\n", out);
		free(svg);
	}
	fputs("</figure>\n", out);
}

/* A section with more plots than this shows only so many: nobody looks at hundreds. */
#define MAX_PLOTS  24
#define MANY_PLOTS 4

/* The first is the one to look at, the others are small ones beside each other. */
static void put_plots_of(const struct html_report *r, FILE *out, const char *group)
{
	const json_t *chart;
	size_t i, nr = 0, shown = 0;

	if (!r->plots)
		return;
	json_array_foreach(r->charts, i, chart)
		nr += !strcmp(text_of(chart, "group"), group);
	fputs("<div class=\"plots\">\n", out);
	json_array_foreach(r->charts, i, chart)
		if (!strcmp(text_of(chart, "group"), group) &&
		    (nr <= MAX_PLOTS || shown < MANY_PLOTS)) {
			put_plot(r, out, chart);
			shown++;
		}
	fputs("</div>\n", out);
	if (shown < nr)
		fprintf(out,
			"<p class=\"banner\">%zu more plots of this section are left out; all "
			"figures are in the tables, and a report of fewer cells has all "
			"plots.</p>\n",
			nr - shown);
}

/* What people call a group of workloads; others have titles already. */
static const char *title_of_group(const char *group)
{
	static const struct {
		const char *group, *title;
	} titles[] = {
		{ "exit", "Exits" },
		{ "memory", "Memory" },
		{ "sched", "Scheduling and interrupts" },
		{ "lifecycle", "Life cycle of VMs" },
		{ "profile", "What VMs do" },
		{ "device", "Devices" },
		{ NEIGHBOUR_VIEW_TITLE, "Noisy neighbours" },
		{ AB_VIEW_TITLE, "Settings against each other" },
		{ "other", "Others" },
	};

	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		if (!strcmp(titles[i].group, group))
			return titles[i].title;
	return group;
}

/*
 * Writes a section with a view and the plots that belong to it. Takes over the view; NULL: nothing.
 */
static void put_view(const struct html_report *r, FILE *out, const char *id, const char *title,
		     json_t *view)
{
	const json_t *table;
	size_t i;

	if (!view)
		return;
	fprintf(out, "<section id=\"%s\">\n<h2>%s</h2>\n", id, title);
	put_header_lines(out, view);
	put_plots_of(r, out, id);
	json_array_foreach(json_object_get(view, "tables"), i, table) {
		fprintf(out, "<h3>%s</h3>\n", text_of(table, "title"));
		table_html__put(table, out);
	}
	put_remarks(out, view);
	fputs("</section>\n", out);
	json_decref(view);
}

/* A name that can be an id and a link's target, made from the group's. */
static void put_id(FILE *out, const char *group)
{
	fputs("g-", out);
	for (; *group; group++)
		if (isalnum((unsigned char)*group))
			fputc(*group, out);
}

/* The groups of all results, each once, in the order of their first cells. */
static json_t *groups_of(const struct html_report *r)
{
	json_t *groups = json_object(), *cell, *matrix;
	size_t i;

	for (size_t d = 0; d < r->nr; d++) {
		/* What such a run was for comes before the rows that it was made of. */
		matrix = neighbour_view__matrix(r->results[d].doc);
		if (matrix)
			json_object_set_new(groups, NEIGHBOUR_VIEW_TITLE, json_true());
		json_decref(matrix);
		json_array_foreach(json_object_get(r->results[d].doc, "cells"), i, cell) {
			const char *group = doc__text(cell, "group");

			json_object_set_new(groups, *group ? group : "other", json_true());
		}
		if (json_array_size(json_object_get(r->results[d].doc, "ab")))
			json_object_set_new(groups, AB_VIEW_TITLE, json_true());
		if (footprint_view__is_there(r->results[d].doc))
			json_object_set_new(groups, FOOTPRINT_VIEW_TITLE, json_true());
		if (footprint_view__has_model(r->results[d].doc))
			json_object_set_new(groups, FOOTPRINT_VIEW_MODEL_TITLE, json_true());
	}
	return groups;
}

/* Writes a group's tables, one result after the other. */
static void put_group(const struct html_report *r, FILE *out, const char *group,
		      json_t *const *views)
{
	char *title = style_html.escape(group);
	const json_t *table;
	size_t i;

	fputs("<section id=\"", out);
	put_id(out, group);
	fputs("\">\n<h2>", out);
	put_text(out, title_of_group(group));
	fputs("</h2>\n", out);
	put_plots_of(r, out, group);
	for (size_t d = 0; d < r->nr; d++)
		json_array_foreach(json_object_get(views[d], "tables"), i, table) {
			/* Long titles of tables are cut off, so compare only the beginning. */
			if (strncmp(text_of(table, "title"), title ?: "", 32))
				continue;
			if (r->nr > 1) {
				fputs("<h3>", out);
				put_text(out, r->results[d].name);
				fputs("</h3>\n", out);
			}
			table_html__put(table, out);
		}
	fputs("</section>\n", out);
	free(title);
}

static bool is_histogram(const json_t *value)
{
	return json_is_array(json_object_get(value, "buckets"));
}

/* Writes "n 198, p50 194.586 ns, p99 32276.5 ns"; the buckets are for programs. */
static void put_histogram(FILE *out, const json_t *hist)
{
	static const char *const parts[] = { "n", "p50", "p99", "max" };
	const char *sep = "";

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		double value = doc__number(hist, parts[i]);

		if (!isfinite(value))
			continue;
		fprintf(out, "%s%s %.6g", sep, parts[i], value);
		sep = ", ";
		if (!i || !json_is_string(json_object_get(hist, "unit")))
			continue;
		fputc(' ', out);
		put_text(out, text_of(hist, "unit"));
	}
}

static bool is_list_of_values(const json_t *value)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(value))
		return false;
	json_array_foreach(value, i, item)
		if (json_is_array(item) || json_is_object(item))
			return false;
	return true;
}

static void put_value(FILE *out, const json_t *value)
{
	char *text;

	if (json_is_string(value)) {
		put_text(out, json_string_value(value));
	} else if (json_is_null(value)) {
		fputs("<i>not known</i>", out);
	} else if (json_is_boolean(value)) {
		fputs(json_is_true(value) ? "yes" : "no", out);
	} else {
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
		put_text(out, text ?: "");
		free(text);
	}
}

/* A named value, a list of values, or a list of what is in it. `depth`: within how many others. */
static void put_fact(FILE *out, const char *name, const json_t *value, int depth)
{
	const json_t *item;
	size_t i;

	fputs("<li><code>", out);
	put_text(out, name);
	fputs("</code> ", out);
	if (is_histogram(value)) {
		put_histogram(out, value);
	} else if (json_is_object(value) && depth < 8) {
		const char *key;
		json_t *field;

		fputs("<ul>\n", out);
		json_object_foreach((json_t *)value, key, field)
			put_fact(out, key, field, depth + 1);
		fputs("</ul>", out);
	} else if (is_list_of_values(value)) {
		json_array_foreach(value, i, item) {
			fputs(i ? ", " : "", out);
			put_value(out, item);
		}
		fputs(json_array_size(value) ? "" : "none", out);
	} else if (json_is_array(value) && depth < 8) {
		char number[24];

		fputs("<ul>\n", out);
		json_array_foreach(value, i, item) {
			snprintf(number, sizeof(number), "%zu", i + 1);
			put_fact(out, number, item, depth + 1);
		}
		fputs("</ul>", out);
	} else {
		put_value(out, value);
	}
	fputs("</li>\n", out);
}

static void put_host(FILE *out, const json_t *doc)
{
	const json_t *host = json_object_get(doc, "host");
	const char *key;
	json_t *item;

	fputs("<details><summary>All that is known of the host</summary>\n<ul class=\"host\">\n",
	      out);
	json_object_foreach((json_t *)host, key, item)
		put_fact(out, key, item, 0);
	fputs("</ul></details>\n", out);
}

static void put_part(FILE *out, const json_t *cell, const char *name)
{
	if (json_object_get(cell, name))
		put_fact(out, name, json_object_get(cell, name), 0);
}

/* Writes what the probes and KVM's statistics say about each observed cell. */
static void put_observed(FILE *out, const json_t *doc)
{
	static const char *const parts[] = {
		"halt_polling",	  "kvm_stats",	    "kvm_vm_stats",
		"kvm_vcpu_stats", "kvm_histograms", "kvm_gauges",
	};
	const json_t *cells = json_object_get(doc, "cells"), *cell;
	size_t i;

	if (!json_array_size(cells) || json_array_size(cells) > MAX_OBSERVED)
		return;
	fputs("<details><summary>What the observers saw of each cell</summary>\n", out);
	json_array_foreach(cells, i, cell) {
		const char *config = doc__text(cell, "config.name"),
			   *label = doc__text(cell, "label");

		fputs("<details><summary>", out);
		put_text(out, *label ? label : doc__text(cell, "workload"));
		fputs(" ", out);
		put_text(out, config);
		fputs("</summary>\n<ul class=\"host\">\n", out);
		for (size_t k = 0; doc__probe(k); k++)
			put_part(out, cell, doc__probe(k));
		for (size_t k = 0; k < sizeof(parts) / sizeof(*parts); k++)
			put_part(out, cell, parts[k]);
		fputs("</ul></details>\n", out);
	}
	fputs("</details>\n", out);
}

static void put_base64(FILE *out, const unsigned char *bytes, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t word = (uint32_t)bytes[i] << 16 |
				(i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0) |
				(i + 2 < len ? bytes[i + 2] : 0);

		fputc(digits[word >> 18], out);
		fputc(digits[word >> 12 & 63], out);
		fputc(i + 1 < len ? digits[word >> 6 & 63] : '=', out);
		fputc(i + 2 < len ? digits[word & 63] : '=', out);
	}
}

/* A file name for the browser that identifies the result: "old-result.json". */
static void put_file_name(const struct html_report *r, FILE *out, size_t which)
{
	json_t *label = side__label(r->results, r->nr, which, MAX_LABEL);
	char *name = alloc__text(json_string_value(label) ?: "");

	for (char *at = name; *at; at++)
		if (*at == '/' || *at == ':')
			*at = '-';
	put_text(out, *name && strcmp(name, "-") ? name : "result");
	fputs(".json", out);
	free(name);
	json_decref(label);
}

static void put_download(const struct html_report *r, FILE *out, size_t which)
{
	const struct compare_side *result = &r->results[which];
	size_t len;
	char *text = result__dump(result->doc, &len);

	if (!text)
		alloc__fail();
	if (len > MAX_DOWNLOAD) {
		fputs("<p>The raw figures are in ", out);
		put_text(out, result->name);
		fputs("; they are too many for this page.</p>\n", out);
	} else {
		fputs("<p><a download=\"", out);
		put_file_name(r, out, which);
		fputs("\" href=\"data:application/json;base64,", out);
		put_base64(out, (const unsigned char *)text, len);
		fprintf(out, "\">Raw figures (JSON, %zu KiB)</a></p>\n", (len + 1023) >> 10);
	}
	free(text);
}

struct tally {
	size_t ok, failed, skipped, findings;
};

static struct tally tally_of(const json_t *doc)
{
	struct tally t = { 0 };
	const json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, cell) {
		const char *status = doc__text(cell, "status");

		t.ok += !strcmp(status, "ok");
		t.failed += !strcmp(status, "failed");
		t.skipped += !strcmp(status, "skipped");
		t.findings += doc__bool(cell, "exits.as_expected") == 0 ||
			      doc__bool(cell, "exits.user_as_expected") == 0 ||
			      doc__bool(cell, "exits.reasons_as_expected") == 0;
	}
	return t;
}

/* `where`: the id of what it counts; NULL: nothing to go to. */
static void put_tile(FILE *out, const char *kind, size_t nr, const char *what, const char *where)
{
	if (nr && where)
		fprintf(out, "<li class=\"%s\"><a href=\"#%s\"><b>%zu</b> %s</a></li>\n", kind,
			where, nr, what);
	else if (nr)
		fprintf(out, "<li class=\"%s\"><b>%zu</b> %s</li>\n", kind, nr, what);
}

static void put_verdict_tiles(const struct html_report *r, FILE *out)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(r->comparison, "comparisons"), i, one)
		for (size_t v = 0; v < NR_VERDICTS; v++) {
			double nr =
				doc__number(json_object_get(one, "counts"), verdict_table[v].name);

			put_tile(out, verdict_table[v].color, nr > 0 ? (size_t)nr : 0,
				 verdict_table[v].tile, "verdicts");
		}
}

static void put_result(const struct html_report *r, FILE *out, size_t d, const json_t *view)
{
	struct tally t = tally_of(r->results[d].doc);

	fputs("<div class=\"result\">\n", out);
	if (r->nr > 1) {
		fputs("<h2>", out);
		put_text(out, r->results[d].name);
		fputs("</h2>\n", out);
	}
	put_header_lines(out, view);
	fputs("<ul class=\"tiles\">\n", out);
	put_tile(out, "", t.ok, t.ok == 1 ? "cell measured" : "cells measured", NULL);
	put_tile(out, "red", t.failed, "failed", "summary");
	put_tile(out, "yellow", t.skipped, "skipped", "summary");
	put_tile(out, "yellow", t.findings, "with exits other than expected", "summary");
	fputs("</ul>\n", out);
	put_host(out, r->results[d].doc);
	put_observed(out, r->results[d].doc);
	put_download(r, out, d);
	fputs("</div>\n", out);
}

static bool has_health(const struct html_report *r)
{
	for (size_t d = 0; d < r->nr; d++)
		if (json_is_array(doc__at(r->results[d].doc, "doctor.checks")))
			return true;
	return false;
}

/* What the doctor said of the hosts, beside the figures that depend on it. */
static void put_health(const struct html_report *r, FILE *out)
{
	const json_t *table;
	size_t i;

	if (!has_health(r))
		return;
	fputs("<section id=\"health\">\n<h2>Host health</h2>\n<p>What guides for hosts of VMs "
	      "advise "
	      "otherwise than it was set before the run, the most rewarding first "
	      "(<code>hvbench doctor</code>).</p>\n",
	      out);
	for (size_t d = 0; d < r->nr; d++) {
		const json_t *health = json_object_get(r->results[d].doc, "doctor");
		json_t *view;

		if (!json_is_array(json_object_get(health, "checks")))
			continue;
		view = doctor_view__build(health, &style_html);
		if (r->nr > 1) {
			fputs("<h3>", out);
			put_text(out, r->results[d].name);
			fputs("</h3>\n", out);
		}
		json_array_foreach(json_object_get(view, "tables"), i, table)
			table_html__put(table, out);
		fputs("<details><summary>What to do, and by whose advice</summary>\n", out);
		put_remarks(out, view);
		fputs("</details>\n", out);
		json_decref(view);
	}
	fputs("</section>\n", out);
}

static void put_navigation(const struct html_report *r, FILE *out, json_t *groups)
{
	const char *group;
	json_t *value;

	fputs("<nav aria-label=\"contents\">\n", out);
	if (r->comparison)
		fputs("<a href=\"#verdicts\">Verdicts</a>\n", out);
	if (r->trends)
		fputs("<a href=\"#trends\">Trends</a>\n", out);
	json_object_foreach(groups, group, value) {
		fputs("<a href=\"#", out);
		put_id(out, group);
		fputs("\">", out);
		put_text(out, title_of_group(group));
		fputs("</a>\n", out);
	}
	if (has_health(r))
		fputs("<a href=\"#health\">Host health</a>\n", out);
	fputs("</nav>\n", out);
}

/* What the page is about. */
static void put_title(const struct html_report *r, FILE *out)
{
	const json_t *host = r->nr ? json_object_get(r->results[0].doc, "host") : NULL;
	enum doc_kind kind = r->nr ? doc__kind(r->results[0].doc) : DOC_CELLS;

	fputs(r->comparison	  ? "What changed" :
	      kind == DOC_PROFILE ? "What VMs do" :
	      kind == DOC_AB	  ? "A against B" :
				    "What virtualization costs",
	      out);
	if (r->nr != 1)
		return;
	fputs(" <small>", out);
	put_text(out, doc__text(host, "cpu.model"));
	fputs(*doc__text(host, "cpu.model") ? ", " : "", out);
	put_text(out, format__before_kernel(doc__text(host, "virt")));
	put_text(out, doc__text(host, "kernel"));
	fputs("</small>", out);
}

static void put_head(const struct html_report *r, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n"
	      /* If markup ever did get in, it could do nothing. */
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; "
	      "img-src data:; base-uri 'none'; form-action 'none'\">\n"
	      "<link rel=\"icon\" href=\"data:,\">\n<title>hvbench: ",
	      out);
	for (size_t i = 0; i < r->nr; i++) {
		json_t *label = side__label(r->results, r->nr, i, MAX_LABEL);

		fputs(i ? ", " : "", out);
		put_text(out, json_string_value(label) ?: "");
		json_decref(label);
	}
	fputs("</title>\n<style>\n", out);
	fputs(html_style, out);
	fputs("</style>\n</head>\n<body>\n<main>\n<h1>", out);
	put_title(r, out);
	fputs("</h1>\n", out);
}

static void put_highlights(FILE *out, json_t *list, const char *name)
{
	const json_t *item;
	size_t i;

	if (json_array_size(list) && name) {
		fputs("<h2>", out);
		put_text(out, name);
		fputs("</h2>\n", out);
	}
	fputs(json_array_size(list) ? "<ul>\n" : "", out);
	json_array_foreach(list, i, item) {
		const char *group = text_of(item, "group");

		fputs("<li>", out);
		table_html__put_ready(out, text_of(item, "text"));
		fputs(" <a href=\"#", out);
		if (*group)
			put_id(out, group);
		else
			fputs("verdicts", out);
		fputs("\">", out);
		put_text(out, *group ? title_of_group(group) : "Verdicts");
		fputs("</a></li>\n", out);
	}
	fputs(json_array_size(list) ? "</ul>\n" : "", out);
	json_decref(list);
}

/* What stands out, before everything else. */
static void put_summary(const struct html_report *r, FILE *out)
{
	const json_t *list = json_object_get(r->comparison, "comparisons"), *one;
	size_t i;

	fputs("<div class=\"summary\" id=\"summary\">\n", out);
	json_array_foreach(list, i, one)
		put_highlights(out, highlights__of_comparison(one, &style_html),
			       json_array_size(list) > 1 ? doc__text(one, "new.name") : NULL);
	for (size_t d = 0; d < r->nr; d++)
		put_highlights(out, highlights__of_result(r->results[d].doc, &style_html),
			       r->nr > 1 ? r->results[d].name : NULL);
	fputs("</div>\n", out);
}

static void put_all_remarks(const struct html_report *r, FILE *out, json_t *const *views)
{
	json_t *once = json_object();
	const json_t *remark;
	size_t i;

	for (size_t d = 0; d < r->nr; d++)
		json_array_foreach(json_object_get(views[d], "remarks"), i, remark)
			json_object_set_new(once, text_of(remark, "text"), json_true());
	if (json_object_size(once)) {
		const char *text;
		json_t *value;

		fputs("<section class=\"remarks\">\n<h2>How to read this</h2>\n", out);
		json_object_foreach(once, text, value) {
			fputs("<p>", out);
			table_html__put_ready(out, text);
			fputs("</p>\n", out);
		}
		fputs("</section>\n", out);
	}
	json_decref(once);
}

int html__render(const struct html_report *r, FILE *out)
{
	json_t **views = alloc__need_zeroed(r->nr + 1, sizeof(*views)), *groups, *value;
	const char *group;
	int ret = -ENOMEM;

	for (size_t d = 0; d < r->nr; d++) {
		views[d] = view__build(r->results[d].doc, &style_html);
		if (!views[d])
			goto out;
	}
	groups = groups_of(r);
	put_head(r, out);
	if (r->comparison) {
		fputs("<ul class=\"tiles\">\n", out);
		put_verdict_tiles(r, out);
		fputs("</ul>\n", out);
	}
	put_summary(r, out);
	fputs("<div class=\"results\">\n", out);
	for (size_t d = 0; d < r->nr; d++)
		put_result(r, out, d, views[d]);
	fputs("</div>\n", out);
	if (!r->plots) {
		fputs("<p class=\"banner\">There are no plots in this report: ", out);
		put_text(out, r->no_plots ?: "they were not asked for");
		fputs(".</p>\n", out);
	}
	put_navigation(r, out, groups);
	put_view(r, out, "verdicts", "Verdicts",
		 r->comparison ? compare_view__build(r->comparison, &style_html) : NULL);
	put_view(r, out, "trends", "Trends",
		 r->trends ? trend_view__build(r->trends, &style_html) : NULL);
	json_object_foreach(groups, group, value)
		put_group(r, out, group, views);
	put_health(r, out);
	put_all_remarks(r, out, views);
	fputs("</main>\n</body>\n</html>\n", out);
	json_decref(groups);
	ret = fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
out:
	for (size_t d = 0; d < r->nr; d++)
		json_decref(views[d]);
	free(views);
	return ret;
}

static int render_with_plots(struct html_report *page, FILE *out)
{
	json_t *charts = charts__build(page->results, page->nr, page->comparison);
	struct error no_plots = { 0 };
	struct plots plots = { .nr = 0 };
	int ret;

	page->charts = charts;
	if (plots__open(&plots, &no_plots))
		page->no_plots = no_plots.text;
	else
		page->plots = &plots;
	ret = html__render(page, out);
	plots__close(&plots);
	json_decref(charts);
	return ret;
}

/* A page of one document. */
static int render(enum show what, const json_t *doc, FILE *out, const struct report_options *opts)
{
	const struct compare_side side = { opts && opts->name ? opts->name :
								doc__text(doc, "plan.name"),
					   doc };
	struct html_report page = { .results = &side, .nr = what == SHOW_RESULT };

	if (what == SHOW_COMPARISON)
		page.comparison = doc;
	return opts && opts->plots ? render_with_plots(&page, out) : html__render(&page, out);
}

static void put_table(const json_t *table, FILE *out, const struct terminal *look)
{
	(void)look;
	table_html__put(table, out);
}

DEFINE_RENDERER(html) = {
	.name = "html",
	.what = "a page with plots and tables",
	.endings = ".html .htm",
	.order = 50,
	.shows = SHOW_RESULT | SHOW_COMPARISON,
	.render = render,
	.table = put_table,
	.style = &style_html,
};
