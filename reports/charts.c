// SPDX-License-Identifier: GPL-2.0-or-later
/* What of result documents is drawn: see charts.h. */
#include "charts.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "base/utf8.h"
#include "doc.h"
#include "format.h"

#define MAX_SERIES	8	/* shapes and colours that can be told from each other */
#define MAX_LABEL	48
#define SHORT_LABEL	22
#define MAX_PARTS	7	/* of a stacked bar; the rest is "other" */
#define MIN_SWEEP	3	/* values of a parameter that make a curve */
#define LOG_FROM	30	/* largest over smallest: from here on a log scale */
#define MAX_TAIL	7	/* nines */

#define VERDICTS	"verdicts"
/* How far changes are drawn, in percent; those of which nothing is known yet should not crowd out the rest. */
#define UNDECIDED_REACH	30
#define MAX_REACH	120

/* A cell with figures, and by what names it stands in charts. */
struct entry {
	const json_t *cell;
	size_t result;
	json_t *label, *series;		/* fit for gnuplot */
};

/* The cells of one group and one kind of unit, of all results. */
struct section {
	const char *group, *unit;
	struct entry *entries;
	size_t nr;
	json_t *labels, *series;	/* object: name to its index */
};

/* A file of data in the making. */
struct file {
	FILE *stream;
	char *bytes;
	size_t len;
};

static int file__open(struct file *f)
{
	f->bytes = NULL;
	f->stream = open_memstream(&f->bytes, &f->len);
	return f->stream ? 0 : -1;
}

static void file__close(struct file *f, json_t *files, const char *name)
{
	if (!fclose(f->stream))
		json_object_set_new(files, name, json_string(f->bytes));
	free(f->bytes);
}

/* Characters on which gnuplot or an SVG could act are left out; no longer than `room` characters. */
static json_t *data_text(const char *text, size_t room)
{
	char *clean = format__clean(text, true), *to = clean;
	size_t len = clean ? strlen(clean) : 0, shown = 0;
	json_t *value;
	uint32_t cp;

	for (size_t i = 0, used; i < len && shown < room; i += used) {
		used = utf8__decode(clean + i, len - i, &cp);
		if (cp < 0x80 && strchr("\"'`\\<>&{}|\t$", (int)cp))
			continue;
		memmove(to, clean + i, used);
		to += used;
		if (++shown == room && i + used < len) {
			/* Room for it: what was left out or is cut off is longer. */
			to = mempcpy(to - used, "~", 1);
		}
	}
	if (clean)
		*to = '\0';
	value = clean && *clean ? json_string(clean) : json_string("?");
	free(clean);
	return value ?: json_string("?");
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* "q1" of "/tmp/q1.json" */
static json_t *result_name(const struct compare_side *result)
{
	const char *base = base_name(result->name);
	size_t len = strlen(base);
	char name[MAX_LABEL + 1];

	if (len > 5 && !strcmp(base + len - 5, ".json"))
		len -= 5;
	snprintf(name, sizeof(name), "%.*s", (int)(len < MAX_LABEL ? len : MAX_LABEL), base);
	return data_text(name, MAX_LABEL / 2);
}

static bool has_figures(const json_t *cell)
{
	return !strcmp(doc__text(cell, "status"), "ok") && isfinite(doc__number(cell, "summary.p50"));
}

static double factor_of(const char *unit)
{
	return strcmp(unit, "ns") ? 1 : 1e-9;
}

static const char *axis_unit(const char *unit)
{
	return !strcmp(unit, "ns") ? "s" : !strcmp(unit, "bytes_per_s") ? "B/s" : "";
}

static bool is_rate(const char *unit)
{
	return !strcmp(unit, "bytes_per_s");
}

static size_t index_of(json_t *names, const json_t *name)
{
	const json_t *known = json_object_get(names, json_string_value(name));
	size_t index = json_object_size(names);

	if (known)
		return (size_t)json_integer_value(known);
	json_object_set_new(names, json_string_value(name), json_integer((json_int_t)index));
	return index;
}

static const char *name_at(const json_t *names, size_t index)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)names, name, value)
		if ((size_t)json_integer_value(value) == index)
			return name;
	return "?";
}

/* Whether entries of a section differ in a field. */
static bool varies(const struct section *s, const char *path)
{
	for (size_t i = 1; i < s->nr; i++)
		if (strcmp(doc__text(s->entries[i].cell, path), doc__text(s->entries[0].cell, path)))
			return true;
	return false;
}

/* "q1, native, irqchip=split": what of it differs within the section. */
static json_t *series_name(const struct section *s, const struct entry *e, const struct compare_side *results,
			   bool results_vary, bool backends_vary, bool configs_vary)
{
	json_t *result = result_name(&results[e->result]), *whole, *clean;
	const char *backend = backends_vary ? doc__text(e->cell, "backend") : "";
	const char *config = configs_vary ? doc__text(e->cell, "config.name") : "";
	const char *first = results_vary ? json_string_value(result) : "";

	(void)s;
	whole = json_sprintf("%s%s%s%s%s", first, *first && *backend ? ", " : "", backend,
			     (*first || *backend) && *config ? ", " : "", config);
	clean = data_text(json_string_length(whole) ? json_string_value(whole) : "cost", MAX_LABEL);
	json_decref(result);
	json_decref(whole);
	return clean;
}

static void name_entries(struct section *s, const struct compare_side *results)
{
	bool backends = varies(s, "backend"), configs = varies(s, "config.name"), several = false;

	for (size_t i = 1; i < s->nr; i++)
		several = several || s->entries[i].result != s->entries[0].result;
	s->labels = json_object();
	s->series = json_object();
	for (size_t i = 0; i < s->nr; i++) {
		struct entry *e = &s->entries[i];
		const char *label = doc__text(e->cell, "label");

		e->label = data_text(*label ? label : doc__text(e->cell, "workload"), MAX_LABEL);
		e->series = series_name(s, e, results, several, backends, configs);
		index_of(s->series, e->series);
	}
	/* Too many to tell apart: then each has a row of its own. */
	for (size_t i = 0; i < s->nr && json_object_size(s->series) > MAX_SERIES; i++) {
		struct entry *e = &s->entries[i];
		json_t *both = json_sprintf("%s, %s", json_string_value(e->label), json_string_value(e->series));

		json_decref(e->label);
		e->label = data_text(json_string_value(both), 2 * MAX_LABEL);
		json_decref(both);
	}
	if (json_object_size(s->series) > MAX_SERIES) {
		json_object_clear(s->series);
		for (size_t i = 0; i < s->nr; i++) {
			json_decref(s->entries[i].series);
			s->entries[i].series = json_string("cost");
			index_of(s->series, s->entries[i].series);
		}
	}
	for (size_t i = 0; i < s->nr; i++)
		index_of(s->labels, s->entries[i].label);
}

static void section__destroy(struct section *s)
{
	for (size_t i = 0; i < s->nr; i++) {
		json_decref(s->entries[i].label);
		json_decref(s->entries[i].series);
	}
	free(s->entries);
	json_decref(s->labels);
	json_decref(s->series);
}

static void put_ticks(const struct section *s, json_t *files)
{
	struct file f;
	const char *name;
	json_t *index;

	if (file__open(&f))
		return;
	json_object_foreach(s->labels, name, index) {
		json_t *cut = data_text(name, SHORT_LABEL);

		fprintf(f.stream, "%" JSON_INTEGER_FORMAT "\t%s\t%s\n", json_integer_value(index) + 1, name,
			json_string_value(cut));
		json_decref(cut);
	}
	file__close(&f, files, "ticks.dat");
}

static json_t *new_chart(const char *group, const char *kind, const char *script, json_t *title, json_t *caption)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:i, s:{}, s:{}}", "group", group, "kind", kind, "script", script,
			 "title", title, "caption", caption, "row_height", 22, "vars", "files");
}

static void set_number(json_t *chart, const char *name, double value)
{
	json_object_set_new(json_object_get(chart, "vars"), name, json_real(isfinite(value) ? value : 0));
}

static void set_text(json_t *chart, const char *name, const char *value)
{
	json_object_set_new(json_object_get(chart, "vars"), name, json_string(value));
}

/* Where in its row a series stands: side by side around the middle. */
static double place(size_t row, size_t series, size_t nr)
{
	return (double)row + 1 + (nr > 1 ? ((double)series - (double)(nr - 1) / 2) * 0.7 / (double)nr : 0);
}

/*
 * The axis ("x" or "y") of values in `unit` up to `most`. Data is in s, B/s …: on a log scale ticks have SI
 * prefixes; on a linear one they would need digits as well, so that it has one unit, in its label.
 */
static void set_axis(json_t *chart, const char *axis, const char *unit, const char *what, double most,
		     bool logarithmic)
{
	struct format_scale scale = format__scale(unit, most, "µs");
	bool prefixes = logarithmic && *axis_unit(unit);
	char name[16];

	snprintf(name, sizeof(name), "%sunit", axis);
	set_text(chart, name, prefixes ? axis_unit(unit) : "");
	snprintf(name, sizeof(name), "%sdiv", axis);
	set_number(chart, name, prefixes ? 1 : factor_of(unit) * scale.divisor);
	snprintf(name, sizeof(name), "%slabel", axis);
	json_object_set_new(json_object_get(chart, "vars"), name,
			    json_sprintf("%s%s%s%s%s", what, prefixes ? "" : " [", prefixes ? "" : scale.shown,
					 prefixes ? "" : "]", logarithmic ? ", log scale" : ""));
}

static const char *cost_in_words(const char *unit)
{
	return is_rate(unit) ? "bandwidth" : strcmp(unit, "ns") ? "cost of an operation" : "time of an operation";
}

/* "27.1 us" */
static json_t *in_words(double value, const char *unit)
{
	struct format_scale scale = format__scale(unit, fabs(value), "µs");
	json_t *number = format__quantity(value / scale.divisor), *both;

	both = json_sprintf("%s %s", json_string_value(number), scale.shown);
	json_decref(number);
	return both;
}

struct range {
	double least, most;
};

static void stretch(struct range *r, double value, bool positive)
{
	if (!isfinite(value) || (positive && value <= 0))
		return;
	r->least = fmin(r->least, value);
	r->most = fmax(r->most, value);
}

static void interval_of(const json_t *cell, double *low, double *high)
{
	double p50 = doc__number(cell, "summary.p50");

	*low = doc__element(cell, "summary.ci95", 0);
	*high = doc__element(cell, "summary.ci95", 1);
	*low = isfinite(*low) ? fmin(*low, p50) : p50;
	*high = isfinite(*high) ? fmax(*high, p50) : p50;
}

/* An axis that holds all medians and intervals, with room for figures at the right. */
static bool set_cost_axis(const struct section *s, json_t *chart, double factor)
{
	struct range values = { DBL_MAX, -DBL_MAX }, positive = values;
	bool logarithmic;

	for (size_t i = 0; i < s->nr; i++) {
		double low, high, p50 = doc__number(s->entries[i].cell, "summary.p50");

		interval_of(s->entries[i].cell, &low, &high);
		stretch(&values, low, false);
		stretch(&values, high, false);
		stretch(&positive, p50, true);
		stretch(&positive, high, true);
		if (low > p50 / 10)
			stretch(&positive, low, true);
	}
	logarithmic = positive.most > 0 && positive.most > LOG_FROM * positive.least;
	if (logarithmic) {
		set_number(chart, "xlow", factor * positive.least / 1.5);
		set_number(chart, "xhigh", factor * positive.most * pow(positive.most / positive.least, 0.25));
	} else {
		double from = fmin(values.least, 0), to = fmax(values.most, 0);

		set_number(chart, "xlow", factor * (from < 0 ? from * 1.1 : 0));
		set_number(chart, "xhigh", factor * (to > 0 ? to * 1.3 : 1));
	}
	set_number(chart, "xlog", logarithmic);
	return logarithmic;
}

static void put_costs(const struct section *s, json_t *chart, size_t series, bool logarithmic, double factor)
{
	double floor = doc__number(chart, "vars.xlow");
	struct file f;
	char name[32];

	if (file__open(&f))
		return;
	fprintf(f.stream, "%s\n", name_at(s->series, series));
	for (size_t i = 0; i < s->nr; i++) {
		const struct entry *e = &s->entries[i];
		double p50 = doc__number(e->cell, "summary.p50"), low, high;
		size_t row = index_of(s->labels, e->label);
		json_t *words;

		if (index_of(s->series, e->series) != series)
			continue;
		interval_of(e->cell, &low, &high);
		/* What is not above 0 has no place on a log scale; its figure stands at the left. */
		if (logarithmic && p50 * factor <= floor)
			p50 = low = high = floor / factor;
		if (logarithmic && low * factor < floor)
			low = floor / factor;
		words = in_words(doc__number(e->cell, "summary.p50"), s->unit);
		fprintf(f.stream, "%.12g\t%.4f\t%.12g\t%.12g\t%s\n", factor * p50,
			place(row, series, json_object_size(s->series)), factor * low, factor * high,
			json_string_value(words));
		json_decref(words);
	}
	snprintf(name, sizeof(name), "d%zu.dat", series);
	file__close(&f, json_object_get(chart, "files"), name);
}

static void set_rows(const struct section *s, json_t *chart)
{
	size_t series = json_object_size(s->series);

	set_number(chart, "rows", (double)json_object_size(s->labels));
	json_object_set_new(chart, "row_height", json_integer(series < 3 ? 22 : 8 + 8 * (int)series));
}

static json_t *cost_chart(const struct section *s)
{
	json_t *chart;
	double factor = factor_of(s->unit);
	bool logarithmic;

	chart = new_chart(s->group, "costs", "costs",
			  json_sprintf("%s: %s", s->group, is_rate(s->unit) ? "bandwidth" : "cost of an operation"),
			  json_string("Median over rounds of fresh VMs, and its 95 % interval."));
	logarithmic = set_cost_axis(s, chart, factor);
	for (size_t i = 0; i < json_object_size(s->series); i++)
		put_costs(s, chart, i, logarithmic, factor);
	put_ticks(s, json_object_get(chart, "files"));
	set_number(chart, "series", (double)json_object_size(s->series));
	set_rows(s, chart);
	set_axis(chart, "x", s->unit, cost_in_words(s->unit), doc__number(chart, "vars.xhigh") / factor / 2, logarithmic);
	return chart;
}

/* Stacked bars. Parts of a bar by name, as an object; NULL: this cell has no bar. */
typedef json_t *(*parts_of)(const json_t *cell);

static json_t *cost_parts(const json_t *cell)
{
	static const struct { const char *path, *name; } parts[] = {
		{ "cost.kernel", "kernel handling" }, { "cost.user", "user space" }, { "cost.off_cpu", "off CPU" },
		{ "cost.switch", "world switch and guest" },
	};
	json_t *object;

	if (!isfinite(doc__number(cell, "cost.kernel")))
		return NULL;
	object = json_object();
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		double value = doc__number(cell, parts[i].path);

		if (isfinite(value))
			json_object_set_new(object, parts[i].name, json_real(fmax(value, 0) * 1e-9));
	}
	return object;
}

/* By reason, where a probe tells them apart. */
static json_t *reason_parts(const json_t *cell)
{
	const json_t *reasons = doc__at(cell, "exits.by_reason"), *reason;
	json_t *object = json_object(), *name;
	size_t i;

	json_array_foreach(reasons, i, reason) {
		double per_op = doc__number(reason, "per_op");

		if (!isfinite(per_op) || per_op <= 0)
			continue;
		name = data_text(doc__text(reason, "reason"), MAX_LABEL / 2);
		json_object_set_new(object, json_string_value(name), json_real(per_op));
		json_decref(name);
	}
	if (json_object_size(object))
		return object;
	json_decref(object);
	return NULL;
}

/* What went on to user space, and what the kernel did alone: known everywhere. */
static json_t *handler_parts(const json_t *cell)
{
	double total = doc__number(cell, "exits.per_op.total"), user = doc__number(cell, "exits.per_op.user");

	if (!isfinite(total))
		return NULL;
	user = isfinite(user) ? fmin(fmax(user, 0), total) : 0;
	return json_pack("{s:f, s:f}", "handled in the kernel", total - user, "on to user space", user);
}

/*
 * Whether reasons may stand for exits: a source that sees several events an exit (KVM's tracepoints
 * without kvm_exit) has some that do not add up.
 */
static bool reasons_add_up(const struct section *s)
{
	bool any = false;

	for (size_t i = 0; i < s->nr; i++) {
		double total = doc__number(s->entries[i].cell, "exits.per_op.total"), sum = 0;
		json_t *object = reason_parts(s->entries[i].cell), *value;
		const char *name;

		json_object_foreach(object, name, value)
			sum += json_real_value(value);
		any = any || object;
		json_decref(object);
		if (isfinite(total) && sum > total + fmax(0.05 * total, 0.05))
			return false;
	}
	return any;
}

static int by_size(const void *a, const void *b)
{
	double x = json_real_value(json_array_get(*(json_t *const *)a, 1));
	double y = json_real_value(json_array_get(*(json_t *const *)b, 1));

	return (x < y) - (x > y);
}

/* The names of all parts, largest sums first; beyond MAX_PARTS they are "other". */
static json_t *part_names(const struct section *s, parts_of parts, bool sorted)
{
	json_t *sums = json_object(), *names = json_object(), *value, **list;
	const char *name;
	size_t nr = 0;

	for (size_t i = 0; i < s->nr; i++) {
		json_t *object = parts(s->entries[i].cell);

		json_object_foreach(object, name, value)
			json_object_set_new(sums, name, json_real(json_real_value(value) +
								  json_real_value(json_object_get(sums, name))));
		json_decref(object);
	}
	list = calloc(json_object_size(sums) + 1, sizeof(*list));
	json_object_foreach(sums, name, value)
		if (list)
			list[nr++] = json_pack("[s, O]", name, value);
	if (sorted)
		qsort(list, nr, sizeof(*list), by_size);
	for (size_t i = 0; i < nr; i++) {
		if (i < MAX_PARTS)
			index_of(names, json_array_get(list[i], 0));
		json_decref(list[i]);
	}
	if (nr > MAX_PARTS)
		json_object_set_new(names, "other", json_integer(MAX_PARTS));
	free(list);
	json_decref(sums);
	return names;
}

/* One file a part; a bar's parts follow each other in the order of the names. Returns the longest bar. */
static double put_stack(const struct section *s, json_t *chart, const json_t *names, parts_of parts)
{
	size_t nr = json_object_size(names);
	struct file *files = calloc(nr + 1, sizeof(*files));
	double longest = 0;
	char file_name[32];

	if (!files)
		return 0;
	for (size_t p = 0; p < nr; p++) {
		file__open(&files[p]);
		fprintf(files[p].stream, "%s\n", name_at(names, p));
	}
	for (size_t i = 0; i < s->nr; i++) {
		const struct entry *e = &s->entries[i];
		json_t *object = parts(e->cell), *value;
		size_t several = json_object_size(s->series);
		double sums[MAX_PARTS + 1] = { 0 }, from = 0;
		const char *name;

		json_object_foreach(object, name, value) {
			const json_t *index = json_object_get(names, name);

			sums[index ? json_integer_value(index) : MAX_PARTS] += json_real_value(value);
		}
		for (size_t p = 0; p < nr; p++) {
			if (sums[p] > 0)
				fprintf(files[p].stream, "%.9g\t%.9g\t%.4f\t%.4f\n", from, from + sums[p],
					place(index_of(s->labels, e->label), index_of(s->series, e->series),
					      several), 0.34 / (double)several);
			from += sums[p];
		}
		longest = fmax(longest, from);
		json_decref(object);
	}
	for (size_t p = 0; p < nr; p++) {
		snprintf(file_name, sizeof(file_name), "d%zu.dat", p);
		file__close(&files[p], json_object_get(chart, "files"), file_name);
	}
	free(files);
	return longest;
}

/* What was expected, where it is a constant: one mark a row. */
static void put_marks(const struct section *s, json_t *chart, bool wanted)
{
	json_t *seen = json_object();
	bool any = false;
	struct file f;

	if (file__open(&f))
		return;
	for (size_t i = 0; wanted && i < s->nr; i++) {
		const struct entry *e = &s->entries[i];
		double expected = doc__number(e->cell, "exits.expected_total");

		if (!isfinite(expected) || json_object_get(seen, json_string_value(e->label)))
			continue;
		json_object_set_new(seen, json_string_value(e->label), json_true());
		fprintf(f.stream, "%.9g\t%zu\n", expected, index_of(s->labels, e->label) + 1);
		any = true;
	}
	/* gnuplot wants something to read. */
	fprintf(f.stream, "NaN\tNaN\n");
	file__close(&f, json_object_get(chart, "files"), "marks.dat");
	json_decref(seen);
	set_number(chart, "marks", any);
}

/* Those entries of a section that have bars; names and indices are made anew. */
static struct section with_parts(const struct section *s, parts_of parts)
{
	struct section some = { .group = s->group, .unit = s->unit, .labels = json_object(), .series = json_object() };

	some.entries = calloc(s->nr + 1, sizeof(*some.entries));
	for (size_t i = 0; some.entries && i < s->nr; i++) {
		json_t *object = parts(s->entries[i].cell);

		if (object) {
			struct entry *e = &some.entries[some.nr++];

			*e = s->entries[i];
			json_incref(e->label);
			json_incref(e->series);
			index_of(some.labels, e->label);
			index_of(some.series, e->series);
		}
		json_decref(object);
	}
	return some;
}

static json_t *stack_chart(const struct section *all, parts_of parts, const char *kind, json_t *title,
			   json_t *caption)
{
	struct section s = with_parts(all, parts);
	bool exits = parts != cost_parts;
	json_t *chart = new_chart(s.group, kind, "stack", title, caption), *names = part_names(&s, parts, exits);
	double longest = put_stack(&s, chart, names, parts);

	put_marks(&s, chart, exits);
	for (size_t i = 0; exits && i < s.nr; i++) {
		double expected = doc__number(s.entries[i].cell, "exits.expected_total");

		longest = isfinite(expected) ? fmax(longest, expected) : longest;
	}
	put_ticks(&s, json_object_get(chart, "files"));
	set_number(chart, "series", (double)json_object_size(names));
	set_number(chart, "xhigh", longest * 1.05);
	set_rows(&s, chart);
	if (exits) {
		set_text(chart, "xunit", "");
		set_text(chart, "xlabel", "exits per operation");
	} else {
		set_axis(chart, "x", "ns", "time of an operation", longest * 1e9 / 2, false);
	}
	json_decref(names);
	/* Without a bar there is no chart. */
	if (!(longest > 0)) {
		json_decref(chart);
		chart = NULL;
	}
	section__destroy(&s);
	return chart;
}

/* Percentile curve of one cell, by its histogram of single operations. */
static bool put_curve(const struct entry *e, const char *name, json_t *files, const char *file_name,
		      double *longest)
{
	const json_t *buckets = doc__at(e->cell, "latency.buckets"), *bucket;
	double total = 0, below = 0, factor = factor_of(doc__text(e->cell, "latency.unit"));
	struct file f;
	size_t i;

	json_array_foreach(buckets, i, bucket)
		total += fmax(json_number_value(json_array_get(bucket, 2)), 0);
	if (!(total >= 10) || file__open(&f))
		return false;
	fprintf(f.stream, "%s\n", name);
	json_array_foreach(buckets, i, bucket) {
		double low = json_number_value(json_array_get(bucket, 0));
		double high = json_number_value(json_array_get(bucket, 1));
		double count = fmax(json_number_value(json_array_get(bucket, 2)), 0), tail;

		if (!i)
			fprintf(f.stream, "0\t%.9g\n", factor * fmax(low, 1e-3));
		below += count;
		tail = fmin(-log10(fmax((total - below) / total, 1 / total)), MAX_TAIL);
		*longest = fmax(*longest, tail);
		/* Longer than the longest nothing was. */
		high = fmin(high, fmax(doc__number(e->cell, "latency.max"), low));
		fprintf(f.stream, "%.6f\t%.9g\n", tail, factor * fmax(high, 1e-3));
	}
	file__close(&f, files, file_name);
	return true;
}

static json_t *latency_chart(const struct section *s, const struct entry *const *list, size_t nr, unsigned int part)
{
	json_t *chart = new_chart(s->group, "latency", "percentiles",
				  part ? json_sprintf("%s: latency of single operations (%u)", s->group, part) :
					 json_sprintf("%s: latency of single operations", s->group),
				  json_string("Each operation timed by itself, all rounds together; the time of reading the "
					      "clock is in it. Towards the right ever rarer operations."));
	const char *unit = doc__text(list[0]->cell, "latency.unit");
	double longest = 1;
	size_t series = 0;
	char name[32];

	for (size_t i = 0; i < nr; i++) {
		json_t *both = json_object_size(s->series) > 1 ?
			       json_sprintf("%s, %s", json_string_value(list[i]->label),
					    json_string_value(list[i]->series)) : json_incref(list[i]->label);

		snprintf(name, sizeof(name), "d%zu.dat", series);
		series += put_curve(list[i], json_string_value(both), json_object_get(chart, "files"), name, &longest);
		json_decref(both);
	}
	set_number(chart, "series", (double)series);
	set_number(chart, "xhigh", longest);
	set_axis(chart, "y", unit, "latency", doc__number(list[0]->cell, "latency.p50"), true);
	if (series)
		return chart;
	json_decref(chart);
	return NULL;
}

/* As many charts as it takes to have few enough curves in each. */
static void add_latency_charts(const struct section *s, json_t *charts)
{
	const struct entry **list = calloc(s->nr + 1, sizeof(*list));
	size_t nr = 0, each, parts;

	/* What is to be compared is drawn together: the same workload of all series. */
	for (size_t row = 0; list && row < json_object_size(s->labels); row++)
		for (size_t i = 0; i < s->nr; i++)
			if (index_of(s->labels, s->entries[i].label) == row &&
			    json_array_size(doc__at(s->entries[i].cell, "latency.buckets")))
				list[nr++] = &s->entries[i];
	parts = (nr + MAX_SERIES - 1) / MAX_SERIES;
	each = parts ? (nr + parts - 1) / parts : 0;
	/* Without taking one workload's apart. */
	if (each + json_object_size(s->series) - 1 <= MAX_SERIES && json_object_size(s->series))
		each += (json_object_size(s->series) - each % json_object_size(s->series)) %
			json_object_size(s->series);
	for (size_t p = 0; p < parts; p++) {
		size_t from = p * each, some = nr - from < each ? nr - from : each;
		json_t *chart = some ? latency_chart(s, list + from, some, parts > 1 ? (unsigned int)p + 1 : 0) : NULL;

		if (chart)
			json_array_append_new(charts, chart);
	}
	free(list);
}

/* A parameter's or a configuration key's value as a number; NAN where it is none. */
static double number_of(const json_t *value)
{
	uint64_t number;

	if (json_is_number(value))
		return json_number_value(value);
	if (json_is_string(value) && !units__parse_size(json_string_value(value), &number))
		return (double)number;
	if (json_is_string(value) && !units__parse_time_ns(json_string_value(value), &number))
		return (double)number;
	return NAN;
}

/* Sizes and times by the parameter's name, since a document holds bare numbers. */
static const char *parameter_unit(const char *name)
{
	if (strstr(name, "_ns"))
		return "s";
	if (strstr(name, "size") || strstr(name, "set") || strstr(name, "stride") || strstr(name, "bytes"))
		return "B";
	return "";
}

/* What a cell is but for one of its parameters: cells that are equal in it are one curve. */
static json_t *curve_of(const struct entry *e, const char *object_name, const char *parameter)
{
	json_t *params = json_copy(json_object_get(e->cell, "params") ?: json_null());
	json_t *config = json_copy(json_object_get(e->cell, "config") ?: json_null());
	json_t *key;
	char *text;

	if (json_is_object(config))
		json_object_del(config, "name");
	json_object_del(!strcmp(object_name, "params") ? params : config, parameter);
	key = json_pack("[s, s, i, o, o, O]", doc__text(e->cell, "workload"), doc__text(e->cell, "backend"),
			(int)e->result, params, config, json_object_get(e->cell, "ring") ?: json_null());
	text = key ? json_dumps(key, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
	json_decref(key);
	key = json_string(text ?: "");
	free(text);
	return key;
}

struct point {
	double x, y, low, high;
};

static int by_x(const void *a, const void *b)
{
	const struct point *p = a, *q = b;

	return (p->x > q->x) - (p->x < q->x);
}

/* The points of one curve in order. Returns how many there are. */
static size_t points_of(const struct section *s, const json_t *curve, const char *object_name,
			const char *parameter, struct point *points)
{
	size_t nr = 0;

	for (size_t i = 0; i < s->nr; i++) {
		const struct entry *e = &s->entries[i];
		double x = number_of(json_object_get(json_object_get(e->cell, object_name), parameter));
		json_t *key = curve_of(e, object_name, parameter);

		if (isfinite(x) && json_equal(key, (json_t *)curve)) {
			points[nr].x = x;
			points[nr].y = doc__number(e->cell, "summary.p50");
			interval_of(e->cell, &points[nr].low, &points[nr].high);
			nr++;
		}
		json_decref(key);
	}
	qsort(points, nr, sizeof(*points), by_x);
	return nr;
}

static size_t different_x(const struct point *points, size_t nr)
{
	size_t different = nr > 0;

	for (size_t i = 1; i < nr; i++)
		different += points[i].x != points[i - 1].x;
	return different;
}

static void put_points(json_t *chart, size_t series, const char *name, const struct point *points, size_t nr,
		       double xfactor, double yfactor)
{
	struct file f;
	char file_name[32];

	if (file__open(&f))
		return;
	fprintf(f.stream, "%s\n", name);
	for (size_t i = 0; i < nr; i++)
		fprintf(f.stream, "%.12g\t%.12g\t%.12g\t%.12g\n", xfactor * points[i].x, yfactor * points[i].y,
			yfactor * points[i].low, yfactor * points[i].high);
	snprintf(file_name, sizeof(file_name), "d%zu.dat", series);
	file__close(&f, json_object_get(chart, "files"), file_name);
}

/* All curves of one workload over one parameter; NULL: it takes too few values. */
static json_t *sweep_chart(const struct section *s, const char *workload, const char *object_name,
			   const char *parameter)
{
	struct point *points = calloc(s->nr + 1, sizeof(*points));
	struct range xs = { DBL_MAX, -DBL_MAX }, ys = xs;
	json_t *curves = json_object(), *chart, *name = data_text(parameter, MAX_LABEL / 2);
	const char *unit = parameter_unit(parameter);
	bool positive = true, xlog, ylog;
	size_t series = 0;

	chart = new_chart(s->group, "sweep", "sweep", json_sprintf("%s over %s", workload, parameter),
			  json_string("Median over rounds of fresh VMs, and its 95 % interval."));
	for (size_t i = 0; points && i < s->nr && series < MAX_SERIES; i++) {
		const struct entry *e = &s->entries[i];
		json_t *curve;
		size_t nr;

		if (strcmp(doc__text(e->cell, "workload"), workload))
			continue;
		curve = curve_of(e, object_name, parameter);
		if (!json_object_get(curves, json_string_value(curve))) {
			json_object_set_new(curves, json_string_value(curve), json_true());
			nr = points_of(s, curve, object_name, parameter, points);
			for (size_t p = 0; different_x(points, nr) >= MIN_SWEEP && p < nr; p++) {
				stretch(&xs, points[p].x, false);
				stretch(&ys, points[p].y, false);
				positive = positive && points[p].low > 0;
			}
			if (different_x(points, nr) >= MIN_SWEEP)
				put_points(chart, series++, json_string_value(e->series), points, nr,
					   !strcmp(unit, "s") ? 1e-9 : 1, factor_of(s->unit));
		}
		json_decref(curve);
	}
	set_number(chart, "series", (double)series);
	xlog = xs.least > 0 && xs.most >= 8 * xs.least;
	ylog = positive && ys.most > LOG_FROM * ys.least;
	set_number(chart, "xlog", xlog ? (!strcmp(unit, "B") ? 2 : 10) : 0);
	set_number(chart, "ylog", ylog);
	if (!strcmp(unit, "s")) {
		set_axis(chart, "x", "ns", json_string_value(name), xs.most / 2, xlog);
	} else {
		set_text(chart, "xunit", xlog ? unit : "");
		set_text(chart, "xlabel", json_string_value(name));
	}
	set_axis(chart, "y", s->unit, cost_in_words(s->unit), ys.most / 2, ylog);
	free(points);
	json_decref(curves);
	json_decref(name);
	if (series)
		return chart;
	json_decref(chart);
	return NULL;
}

/* A chart for each workload and each of its parameters and keys that takes several values. */
static void add_sweeps(const struct section *s, json_t *charts)
{
	static const char *const objects[] = { "params", "config" };
	json_t *done = json_object(), *value;
	const char *parameter;

	for (size_t i = 0; i < s->nr; i++) {
		const char *workload = doc__text(s->entries[i].cell, "workload");

		for (size_t o = 0; o < 2; o++) {
			json_object_foreach(json_object_get(s->entries[i].cell, objects[o]), parameter, value) {
				json_t *key = json_sprintf("%s %s %s", workload, objects[o], parameter), *chart;

				if (key && isfinite(number_of(value)) &&
				    !json_object_get(done, json_string_value(key))) {
					json_object_set_new(done, json_string_value(key), json_true());
					chart = sweep_chart(s, workload, objects[o], parameter);
					if (chart)
						json_array_append_new(charts, chart);
				}
				json_decref(key);
			}
		}
	}
	json_decref(done);
}

static void add_chart(json_t *charts, json_t *chart)
{
	if (chart)
		json_array_append_new(charts, chart);
}

static void add_section(const struct section *s, json_t *charts)
{
	bool by_reason = reasons_add_up(s);

	add_chart(charts, cost_chart(s));
	add_sweeps(s, charts);
	add_chart(charts, stack_chart(s, cost_parts, "breakdown",
				      json_sprintf("%s: where the time goes", s->group),
				      json_string("Of an operation in observed rounds: the host's handling, user space, time off "
						  "the CPU, and the rest, which is the world switch and the guest's own. "
						  "The probe's own cost is in it.")));
	add_chart(charts, stack_chart(s, by_reason ? reason_parts : handler_parts, "exits",
				      json_sprintf("%s: exits of an operation", s->group),
				      json_string(by_reason ? "By reason, as a probe saw them in rounds of its own." :
							      "By what handled them: the VMM in user space, or the "
							      "kernel alone.")));
	add_latency_charts(s, charts);
}

/* Sections in the order of their first cells, over all results. */
static void add_sections(const struct compare_side *results, size_t nr, json_t *charts)
{
	json_t *of = json_object(), *cells, *cell, *members, *item;
	const char *name;
	size_t i;

	for (size_t r = 0; r < nr; r++) {
		cells = json_object_get(results[r].doc, "cells");
		json_array_foreach(cells, i, cell) {
			json_t *key = json_sprintf("%s %s", doc__text(cell, "unit"), doc__text(cell, "group"));

			name = json_string_value(key) ?: "";
			if (has_figures(cell) && !json_object_get(of, name))
				json_object_set_new(of, name, json_array());
			if (has_figures(cell))
				json_array_append_new(json_object_get(of, name),
						      json_pack("[i, O]", (int)r, cell));
			json_decref(key);
		}
	}
	json_object_foreach(of, name, members) {
		struct section s = { .nr = 0 };

		s.entries = calloc(json_array_size(members) + 1, sizeof(*s.entries));
		json_array_foreach(members, i, item) {
			if (!s.entries)
				break;
			s.entries[s.nr].cell = json_array_get(item, 1);
			s.entries[s.nr++].result = (size_t)json_integer_value(json_array_get(item, 0));
		}
		s.group = s.nr && *doc__text(s.entries[0].cell, "group") ? doc__text(s.entries[0].cell, "group") :
									  "other";
		s.unit = s.nr ? doc__text(s.entries[0].cell, "unit") : "";
		name_entries(&s, results);
		if (s.nr)
			add_section(&s, charts);
		section__destroy(&s);
	}
	json_decref(of);
}

static unsigned int color_of(const char *verdict)
{
	if (!strcmp(verdict, "slower"))
		return 0xd55e00;
	if (!strcmp(verdict, "faster"))
		return 0x0072b2;
	return strcmp(verdict, "same") ? 0x8a8a94 : 0x009e73;
}

/* How far the axis has to reach for one figure of all cells: intervals of what is inconclusive may be cut. */
static double reach_of(const json_t *cells, const char *figure)
{
	double reach = 0;
	const json_t *cell;
	size_t i;

	json_array_foreach(cells, i, cell) {
		const json_t *of = json_object_get(cell, figure);
		double change = fabs(100 * doc__number(of, "change"));

		if (!isfinite(change))
			continue;
		if (!strcmp(doc__text(of, "verdict"), "inconclusive")) {
			reach = fmax(reach, fmin(change, UNDECIDED_REACH));
			continue;
		}
		reach = fmax(reach, change);
		reach = fmax(reach, fabs(100 * doc__element(of, "ci95", 0)));
		reach = fmax(reach, fabs(100 * doc__element(of, "ci95", 1)));
	}
	return reach;
}

static double within(double value, double limit)
{
	return fmin(fmax(value, -limit), limit);
}

/* Changes of one figure of all cells, in percent. */
static void put_changes(const json_t *cells, json_t *chart, size_t series, const char *figure, const char *name,
			double limit)
{
	const json_t *cell;
	struct file f;
	char file_name[32];
	size_t i;

	if (file__open(&f))
		return;
	fprintf(f.stream, "%s\n", name);
	json_array_foreach(cells, i, cell) {
		const json_t *of = json_object_get(cell, figure);
		double change = 100 * doc__number(of, "change"), low = 100 * doc__element(of, "ci95", 0);
		double high = 100 * doc__element(of, "ci95", 1);
		bool two = json_is_object(json_object_get(cell, "ratio"));

		if (!isfinite(change))
			continue;
		low = isfinite(low) ? low : change;
		high = isfinite(high) ? high : change;
		fprintf(f.stream, "%.6g\t%.4f\t%.6g\t%.6g\t%u\n", within(change, 0.99 * limit),
			(double)i + 1 + (series ? 0.18 : two ? -0.18 : 0), within(low, limit), within(high, limit),
			color_of(doc__text(of, "verdict")));
	}
	snprintf(file_name, sizeof(file_name), "d%zu.dat", series);
	file__close(&f, json_object_get(chart, "files"), file_name);
}

/* Labels of the comparison's cells, with configuration and backend where they are needed. */
static void put_change_ticks(const json_t *cells, json_t *files)
{
	const char *backend = doc__text(json_array_get(cells, 0), "backend");
	const json_t *cell;
	struct file f;
	size_t i;

	if (file__open(&f))
		return;
	json_array_foreach(cells, i, cell) {
		const char *label = doc__text(cell, "label"), *config = doc__text(cell, "config.name");
		bool other = strcmp(doc__text(cell, "backend"), backend), set = *config && strcmp(config, "default");
		json_t *whole = json_sprintf("%s%s%s%s%s", *label ? label : doc__text(cell, "workload"),
					     set ? ", " : "", set ? config : "", other ? ", " : "",
					     other ? doc__text(cell, "backend") : "");
		json_t *full = data_text(json_string_value(whole) ?: "?", MAX_LABEL);
		json_t *cut = data_text(json_string_value(whole) ?: "?", SHORT_LABEL);

		fprintf(f.stream, "%zu\t%s\t%s\n", i + 1, json_string_value(full), json_string_value(cut));
		json_decref(whole);
		json_decref(full);
		json_decref(cut);
	}
	file__close(&f, files, "ticks.dat");
}

static void add_changes(const json_t *comparison, const json_t *one, json_t *charts)
{
	const json_t *cells = json_object_get(one, "cells"), *cell;
	double floor = 100 * doc__number(comparison, "options.threshold"), limit;
	bool ratios = false;
	json_t *chart;
	size_t i;

	json_array_foreach(cells, i, cell)
		ratios = ratios || json_is_object(json_object_get(cell, "ratio"));
	if (!json_array_size(cells))
		return;
	chart = new_chart(VERDICTS, "changes", "changes", json_string("Changes"),
			  json_string("By how much each cell changed, and the 95 % interval of that; what is cut off reaches "
				      "further. Orange: slower; blue: faster; green: the same; grey: inconclusive. "
				      "The shaded band is the threshold."));
	limit = fmax(reach_of(cells, "cost"), reach_of(cells, "ratio"));
	limit = fmin(fmax(1.15 * limit, fmax(3 * floor, 1)), MAX_REACH);
	put_changes(cells, chart, 0, "cost", "cost itself", limit);
	if (ratios)
		put_changes(cells, chart, 1, "ratio", "ratio to the reference", limit);
	put_change_ticks(cells, json_object_get(chart, "files"));
	set_number(chart, "series", ratios ? 2 : 1);
	set_number(chart, "rows", (double)json_array_size(cells));
	json_object_set_new(chart, "row_height", json_integer(ratios ? 26 : 22));
	set_number(chart, "floor", floor);
	set_number(chart, "limit", limit);
	set_text(chart, "xlabel", "change, in percent of the base");
	set_text(chart, "xunit", "");
	json_array_append_new(charts, chart);
}

json_t *charts__build(const struct compare_side *results, size_t nr, const json_t *comparison)
{
	const json_t *list = json_object_get(comparison, "comparisons"), *one;
	json_t *charts = json_array();
	size_t i;

	json_array_foreach(list, i, one)
		add_changes(comparison, one, charts);
	add_sections(results, nr, charts);
	return charts;
}
