// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The benefit and cost of halt polling: latency against CPU time for different halt_poll_ns, each
 * point labelled with its setting. Settings without effect lie on top of each other, so their
 * labels have to be spread.
 */
#include "reports/charts/chart_kinds.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result/doc.h"
#include "reports/charts/chart_keys.h"

#define KEY	     "halt_poll_ns"
#define MIN_SETTINGS 3
#define MAX_SETTINGS 24
#define POLLED \
	0.01 /* of the CPU time; polling less than that does not count as
				 * polling */

/* The plot's inside, in pixels, and the size of a label's characters, as in tradeoff.gp. */
struct canvas {
	const char *file;
	double width, height, character, line;
};

static const struct canvas canvases[] = {
	{ "wide.dat", 740, 230, 6.6, 14 },
	{ "narrow.dat", 312, 195, 5.6, 12 },
};

struct setting {
	double ns, cpu, p50, p99, polled;
	json_t *words;
};

struct box {
	double left, right, low, high;
};

struct tradeoff {
	struct setting settings[MAX_SETTINGS];
	size_t nr;
	double xlow, xhigh, ylow, yhigh; /* of the axes, in ns; a linear y begins at 0 */
	bool logarithmic;
};

static int by_setting(const void *a, const void *b)
{
	const struct setting *p = a, *q = b;

	return (p->ns > q->ns) - (p->ns < q->ns);
}

static double p99_of(const json_t *cell)
{
	double single = doc__number(cell, "latency.p99");

	return isfinite(single) ? single : doc__number(cell, "summary.p99");
}

static double polled_of(const json_t *cell)
{
	double success = doc__number(cell, "halt_poll_ns_per_op.success");
	double fail = doc__number(cell, "halt_poll_ns_per_op.fail");

	return (isfinite(success) ? success : 0) + (isfinite(fail) ? fail : 0);
}

/*
 * Finds the settings of a curve (section__curves()) that have all the values to be drawn, in order.
 */
static void find_settings(struct tradeoff *t, const struct section *s, const json_t *curve)
{
	for (size_t i = 0; i < json_array_size(curve) && t->nr < MAX_SETTINGS; i++) {
		const json_t *cell = s->entries[json_integer_value(json_array_get(curve, i))].cell;
		const json_t *value = json_object_get(json_object_get(cell, "config"), KEY);
		struct setting one = {
			.ns = chart__number_of(value),
			.cpu = doc__number(cell, "cpu_ns_per_op"),
			.p50 = doc__number(cell, "summary.p50"),
			.p99 = p99_of(cell),
			.polled = polled_of(cell),
		};

		if (!(one.cpu > 0 && one.p50 > 0))
			continue;
		one.words = chart__value_in_words(KEY, value);
		t->settings[t->nr++] = one;
	}
	qsort(t->settings, t->nr, sizeof(*t->settings), by_setting);
}

static void set_ends(struct tradeoff *t)
{
	struct range ys = { DBL_MAX, -DBL_MAX }, xs = ys;
	double span;

	for (size_t i = 0; i < t->nr; i++) {
		range__stretch(&ys, t->settings[i].p50, true);
		range__stretch(&ys, t->settings[i].p99, true);
		range__stretch(&xs, t->settings[i].cpu, true);
	}
	/* Settings that hardly differ would all lie at the end of an axis from 0. */
	span = fmax(xs.most - xs.least, 0.1 * xs.most);
	t->xlow = xs.least > xs.most / 2 ? xs.least - 0.2 * span : 0;
	t->xhigh = xs.most + (t->xlow > 0 ? 0.25 * span : 0.12 * xs.most);
	t->logarithmic = ys.most > LOG_FROM * ys.least;
	t->ylow = t->logarithmic ? ys.least / 2 : 0;
	t->yhigh = t->logarithmic ? ys.most * 2 : ys.most * 1.2;
}

static double across(const struct tradeoff *t, const struct canvas *c, double cpu)
{
	return c->width * (cpu - t->xlow) / (t->xhigh - t->xlow);
}

static double pixel_of(const struct tradeoff *t, const struct canvas *c, double y)
{
	return c->height *
	       (t->logarithmic ? log(y / t->ylow) / log(t->yhigh / t->ylow) : y / t->yhigh);
}

static double value_at(const struct tradeoff *t, const struct canvas *c, double pixel)
{
	double share = pixel / c->height;

	return t->logarithmic ? t->ylow * pow(t->yhigh / t->ylow, share) : share * t->yhigh;
}

static bool overlap(const struct box *a, const struct box *b)
{
	return a->left < b->right && b->left < a->right && a->low < b->high && b->low < a->high;
}

/* The nearest place to a point where a label covers neither a point nor another label. */
static struct box find_room(const struct canvas *c, double x, double y, double width,
			    const struct box *taken, size_t nr)
{
	struct box box = { 0 };

	for (double distance = 9; distance < c->height; distance += c->line / 2)
		for (int step = 0; step < 16; step++) {
			/* First right, left, above, below, then the directions between. */
			static const int order[] = { 0, 8, 4, 12, 2, 6,	 14, 10,
						     1, 3, 5, 7,  9, 11, 13, 15 };
			double angle = order[step] * M_PI / 8, centre = x + distance * cos(angle);
			double middle = y + distance * sin(angle);
			double left = centre + (cos(angle) > 0.1  ? 0 :
						cos(angle) < -0.1 ? -width :
								    -width / 2);
			bool clash = false;

			box = (struct box){ left, left + width, middle - c->line / 2,
					    middle + c->line / 2 };
			for (size_t i = 0; i < nr; i++)
				clash = clash || overlap(&box, &taken[i]);
			if (!clash && box.left >= 0 && box.right <= c->width && box.low >= 0 &&
			    box.high <= c->height)
				return box;
		}
	return box;
}

static void put_label(const struct tradeoff *t, const struct canvas *c, const struct box *box,
		      const char *words, double x, double y, FILE *out)
{
	double pixel = 1e-9 * (t->xhigh - t->xlow) / c->width, from = 1e-9 * t->xlow,
	       nearest_x = fmin(fmax(x, box->left), box->right);
	double nearest_y = fmin(fmax(y, box->low), box->high);

	fprintf(out, "%.9g\t%.9g\t%s\t%.9g\t%.9g\t%.9g\t%.9g\n",
		from + pixel * (box->left + box->right) / 2,
		1e-9 * value_at(t, c, (box->low + box->high) / 2), words, from + pixel * x,
		1e-9 * value_at(t, c, y), from + pixel * nearest_x,
		1e-9 * value_at(t, c, nearest_y));
}

/* Writes each point's setting, and where its label goes. */
static void put_labels(const struct tradeoff *t, const struct canvas *c, json_t *files)
{
	struct box taken[4 * MAX_SETTINGS];
	size_t nr = 0;
	struct data_file f;

	data_file__open(&f);
	for (int p99 = 0; p99 < 2; p99++)
		for (size_t i = 0; i < t->nr; i++) {
			double value = p99 ? t->settings[i].p99 : t->settings[i].p50;
			double x = across(t, c, t->settings[i].cpu), y = pixel_of(t, c, value);

			if (value > 0)
				taken[nr++] = (struct box){ x - 4, x + 4, y - 4, y + 4 };
		}
	for (int p99 = 0; p99 < 2; p99++)
		for (size_t i = 0; i < t->nr; i++) {
			const struct setting *s = &t->settings[i];
			double value = p99 ? s->p99 : s->p50, x = across(t, c, s->cpu), y;
			size_t width = json_string_length(s->words);
			struct box box;

			if (!(value > 0))
				continue;
			y = pixel_of(t, c, value);
			box = find_room(c, x, y, c->character * (double)width, taken, nr);
			taken[nr++] = box;
			put_label(t, c, &box, json_string_value(s->words), x, y, f.stream);
		}
	data_file__close(&f, files, c->file);
}

static void put_series(const struct tradeoff *t, json_t *files, bool p99)
{
	struct data_file f;

	data_file__open(&f);
	fprintf(f.stream, p99 ? "p99 of single operations\n" : "p50\n");
	for (size_t i = 0; i < t->nr; i++) {
		double value = p99 ? t->settings[i].p99 : t->settings[i].p50;

		if (value > 0)
			fprintf(f.stream, "%.9g\t%.9g\n", 1e-9 * t->settings[i].cpu, 1e-9 * value);
	}
	data_file__close(&f, files, p99 ? "d1.dat" : "d0.dat");
}

static json_t *caption_of(const struct tradeoff *t)
{
	bool polled = false;

	for (size_t i = 0; i < t->nr; i++)
		polled = polled || t->settings[i].polled > POLLED * t->settings[i].cpu;
	return json_sprintf("Each point a setting of " KEY
			    ", joined in their order; further down is sooner awake, further left "
			    "takes less CPU time from others.%s%s",
			    t->xlow > 0 ? " Its axis does not begin at 0." : "",
			    polled ? "" :
				     " By KVM's own count it hardly polled here, "
				     "whatever the setting: it does not on a CPU that has "
				     "something else to run, nor where sleeps are "
				     "longer than the setting.");
}

static json_t *tradeoff_chart(struct tradeoff *t, const struct section *s, const struct entry *e)
{
	json_t *result = section__result_name(s, e->result), *own, *chart, *files, *title;
	const char *workload = doc__text(e->cell, "workload");
	struct chart_keys keys;

	chart_keys__find(&keys, section__cells_of(s, e));
	own = chart_keys__name(&keys, e->cell, KEY);
	title = json_sprintf("%s%s%s%s%s: latency against CPU time", workload,
			     json_string_length(own) ? ", " : "", json_string_value(own),
			     json_string_length(result) ? ", " : "", json_string_value(result));
	chart_keys__destroy(&keys);
	set_ends(t);
	chart = chart__new(s->group, "tradeoff", "tradeoff", title, caption_of(t));
	files = json_object_get(chart, "files");
	put_series(t, files, false);
	put_series(t, files, true);
	for (size_t i = 0; i < sizeof(canvases) / sizeof(canvases[0]); i++)
		put_labels(t, &canvases[i], files);
	chart__set_number(chart, "series", 2);
	chart__set_number(chart, "xlow", 1e-9 * t->xlow);
	chart__set_number(chart, "xhigh", 1e-9 * t->xhigh);
	chart__set_number(chart, "ylow", 1e-9 * t->ylow);
	chart__set_number(chart, "yhigh", 1e-9 * t->yhigh);
	chart__set_number(chart, "ylog", t->logarithmic);
	chart__set_axis(chart, "x", "ns", "CPU time of the vCPU threads for an operation",
			t->xhigh / 2, false);
	chart__set_axis(chart, "y", "ns", "latency", t->yhigh / 2, t->logarithmic);
	json_decref(result);
	json_decref(own);
	return chart;
}

static void add(const struct section *s, json_t *charts)
{
	json_t *curves = strcmp(s->unit, "ns") ? NULL : section__curves(s, NULL, "config", KEY),
	       *curve;
	const char *key;

	json_object_foreach(curves, key, curve) {
		struct tradeoff t = { .nr = 0 };

		find_settings(&t, s, curve);
		if (t.nr >= MIN_SETTINGS)
			json_array_append_new(
				charts,
				tradeoff_chart(
					&t, s,
					&s->entries[json_integer_value(json_array_get(curve, 0))]));
		for (size_t i = 0; i < t.nr; i++)
			json_decref(t.settings[i].words);
	}
	json_decref(curves);
}

DEFINE_SCRIPT(tradeoff);
DEFINE_CHART(tradeoff) = {
	.order = 40,
	.add = add,
};
