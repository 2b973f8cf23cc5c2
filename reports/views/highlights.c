// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/highlights.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result/doc.h"
#include "reports/formats/format.h"
#include "reports/views/ab_view.h"

#define MAX_EFFECTS 5
#define MAX_NAMES   6
/* Below this a difference is in the table, but is not what the page is about. */
#define LEAST_EFFECT 1.2
#define LEAST_TAIL   10

struct highlights {
	const json_t *cells;
	const struct view_style *style;
	json_t *effects; /* with "size", how many times */
	json_t *others;
};

static void add(json_t *list, double size, const char *group, json_t *text)
{
	json_array_append_new(list, json_pack("{s:f, s:s, s:o}", "size", isfinite(size) ? size : 0,
					      "group", group, "text", text));
}

/* "24.5 µs", "62.5 GB/s" */
static const char *amount(const struct highlights *h, const json_t *cell, double value, char *buf,
			  size_t len)
{
	struct format_scale scale = format__scale(doc__text(cell, "unit"), value, h->style->micro);
	json_t *figure = format__quantity(value / scale.divisor);

	snprintf(buf, len, "%s %s", json_string_value(figure) ?: "", scale.shown);
	json_decref(figure);
	return buf;
}

static double cost(const json_t *cell)
{
	return strcmp(doc__text(cell, "status"), "ok") ? NAN : doc__number(cell, "summary.p50");
}

static const json_t *find(const struct highlights *h, const char *label)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(h->cells, i, cell)
		if (!strcmp(doc__text(cell, "label"), label) &&
		    !strcmp(doc__text(cell, "backend"), "kvm") &&
		    !strcmp(doc__text(cell, "config.name"), "default"))
			return cell;
	return NULL;
}

/* What it costs to leave the kernel. */
static void add_user_space(struct highlights *h)
{
	static const struct {
		const char *user, *kernel, *what;
	} pairs[] = {
		{ "pio-user", "pio-kernel", "A port access" },
		{ "mmio-user", "mmio-kernel", "An MMIO access" },
	};
	char user[48], kernel[48];

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		const json_t *a = find(h, pairs[i].user), *b = find(h, pairs[i].kernel);
		double times = cost(a) / cost(b);

		if (!(times >= LEAST_EFFECT))
			continue;
		add(h->effects, times, doc__text(a, "group"),
		    json_sprintf("%s that the VMM handles costs %.1f times one that the kernel "
				 "handles: %s instead of %s (%s, %s).",
				 pairs[i].what, times, amount(h, a, cost(a), user, sizeof(user)),
				 amount(h, b, cost(b), kernel, sizeof(kernel)), pairs[i].user,
				 pairs[i].kernel));
		/* The other pair says the same. */
		return;
	}
}

/* Whether their intervals have nothing in common. */
static bool apart(const json_t *a, const json_t *b)
{
	return doc__element(a, "summary.ci95", 0) > doc__element(b, "summary.ci95", 1) ||
	       doc__element(b, "summary.ci95", 0) > doc__element(a, "summary.ci95", 1);
}

static bool same_setting(const json_t *a, const json_t *b)
{
	return !strcmp(doc__text(a, "config.name"), doc__text(b, "config.name")) &&
	       !strcmp(doc__text(a, "backend"), doc__text(b, "backend"));
}

/* Of each workload the cheapest and the dearest cell: {LABEL: [cheap, dear]}. */
static json_t *extremes_of(const json_t *cells)
{
	json_t *of = json_object(), *cell;
	size_t i;

	json_array_foreach((json_t *)cells, i, cell) {
		const char *label = doc__text(cell, "label");
		json_t *both = json_object_get(of, label);

		if (!(cost(cell) > 0))
			continue;
		if (!both)
			json_object_set_new(of, label, json_pack("[O, O]", cell, cell));
		else if (cost(cell) < cost(json_array_get(both, 0)))
			json_array_set(both, 0, cell);
		else if (cost(cell) > cost(json_array_get(both, 1)))
			json_array_set(both, 1, cell);
	}
	return of;
}

/* The largest difference that a configuration, or a backend, makes to a workload. */
static void add_configuration(struct highlights *h)
{
	json_t *extremes = extremes_of(h->cells), *both, *label, *slow, *fast;
	const json_t *dear = NULL, *cheap = NULL;
	double most = LEAST_EFFECT;
	char first[48], second[48];
	const char *name, *of;

	json_object_foreach(extremes, name, both) {
		const json_t *a = json_array_get(both, 0), *b = json_array_get(both, 1);

		if (same_setting(a, b) || !apart(a, b) || cost(b) / cost(a) < most)
			continue;
		most = cost(b) / cost(a);
		cheap = a;
		dear = b;
	}
	json_decref(extremes);
	if (!dear)
		return;
	of = strcmp(doc__text(dear, "config.name"), doc__text(cheap, "config.name")) ?
		     "config.name" :
		     "backend";
	label = style__escaped(h->style, doc__text(dear, "label"));
	slow = style__escaped(h->style, doc__text(dear, of));
	fast = style__escaped(h->style, doc__text(cheap, of));
	add(h->effects, most, doc__text(dear, "group"),
	    json_sprintf("%s: %s with %s, %s with %s, %.1f times as %s.", json_string_value(label),
			 amount(h, cheap, cost(cheap), first, sizeof(first)),
			 json_string_value(fast),
			 amount(h, dear, cost(dear), second, sizeof(second)),
			 json_string_value(slow), most,
			 doc__bool(dear, "higher_is_better") == 1 ? "much" : "long"));
	json_decref(label);
	json_decref(slow);
	json_decref(fast);
}

/* The operation whose rare ones take longest, against its own median. */
static void add_tail(struct highlights *h)
{
	const json_t *cell, *worst = NULL;
	double most = LEAST_TAIL;
	char usual[48], rare[48];
	json_t *label;
	size_t i;

	json_array_foreach(h->cells, i, cell) {
		double times = doc__number(cell, "latency.p99") / doc__number(cell, "latency.p50");

		if (isfinite(cost(cell)) && doc__number(cell, "latency.n") >= 1000 &&
		    times >= most) {
			most = times;
			worst = cell;
		}
	}
	if (!worst)
		return;
	label = style__escaped(h->style, doc__text(worst, "label"));
	add(h->effects, most, doc__text(worst, "group"),
	    json_sprintf("One in a hundred operations of %s takes %.0f times the median or more: "
			 "%s, not %s.",
			 json_string_value(label), most,
			 amount(h, worst, doc__number(worst, "latency.p99"), rare, sizeof(rare)),
			 amount(h, worst, doc__number(worst, "latency.p50"), usual,
				sizeof(usual))));
	json_decref(label);
}

/* "cpuid, hypercall and 3 more" of the cells for which `is` holds; NULL: there are none. */
static json_t *names_of(const struct highlights *h, bool (*is)(const json_t *cell, const char *arg),
			const char *arg, const char **group)
{
	json_t *text = NULL, *longer, *cell;
	size_t i, nr = 0;

	json_array_foreach(h->cells, i, cell) {
		json_t *label;

		if (!is(cell, arg) || nr++ >= MAX_NAMES)
			continue;
		label = style__escaped(h->style, doc__text(cell, "label"));
		longer = json_sprintf("%s%s%s", text ? json_string_value(text) : "",
				      text ? ", " : "", json_string_value(label));
		if (!text)
			*group = doc__text(cell, "group");
		json_decref(label);
		json_decref(text);
		text = longer;
	}
	if (nr > MAX_NAMES) {
		longer = json_sprintf("%s and %zu more", json_string_value(text), nr - MAX_NAMES);
		json_decref(text);
		text = longer;
	}
	return text;
}

static bool is_handled_below(const json_t *cell, const char *arg)
{
	(void)arg;
	return doc__bool(cell, "exits.as_expected") == 0 &&
	       doc__number(cell, "exits.expected_total") >= 1 &&
	       doc__number(cell, "exits.per_op.total") < 0.01;
}

static bool is_unlike(const json_t *cell, const char *arg)
{
	return !is_handled_below(cell, arg) && (doc__bool(cell, "exits.as_expected") == 0 ||
						doc__bool(cell, "exits.user_as_expected") == 0 ||
						doc__bool(cell, "exits.reasons_as_expected") == 0);
}

static bool has_reason(const json_t *cell, const char *reason)
{
	return strcmp(doc__text(cell, "status"), "ok") &&
	       !strcmp(doc__text(cell, "reason"), reason);
}

static void add_unlike(struct highlights *h)
{
	const char *group = "";
	json_t *names = names_of(h, is_handled_below, NULL, &group);

	if (names)
		add(h->others, 0, group,
		    json_sprintf("Without an exit that this KVM counts, where VMX and SVM have "
				 "one: %s. A hypervisor below, or software, handles them.",
				 json_string_value(names)));
	json_decref(names);
	names = names_of(h, is_unlike, NULL, &group);
	if (names)
		add(h->others, 0, group,
		    json_sprintf("Exits other than those of the hardware: %s (\u2260 in the "
				 "tables).",
				 json_string_value(names)));
	json_decref(names);
}

/* A sentence for each reason, however many cells have it. */
static void add_missing(struct highlights *h)
{
	json_t *seen = json_object(), *cell;
	size_t i;

	json_array_foreach(h->cells, i, cell) {
		const char *status = doc__text(cell, "status"), *why = doc__text(cell, "reason");
		const char *group = "";
		json_t *names, *reason;

		if (!strcmp(status, "ok") || json_object_get(seen, why) ||
		    json_object_size(seen) >= MAX_EFFECTS)
			continue;
		json_object_set_new(seen, why, json_true());
		names = names_of(h, has_reason, why, &group);
		reason = style__escaped(h->style, why);
		add(h->others, 0, group,
		    json_sprintf("%s: %s: %s.", strcmp(status, "failed") ? "Skipped" : "Failed",
				 json_string_value(names), json_string_value(reason)));
		json_decref(names);
		json_decref(reason);
	}
	json_decref(seen);
}

static int by_size(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	double left = doc__number(*x, "size"), right = doc__number(*y, "size");

	return (right > left) - (right < left);
}

/* The largest first, at most `most`; takes over the list. */
static json_t *largest(json_t *list, size_t most)
{
	size_t nr = json_array_size(list);
	const json_t **items = calloc(nr + 1, sizeof(*items));
	json_t *sorted = json_array();

	for (size_t i = 0; items && i < nr; i++)
		items[i] = json_array_get(list, i);
	if (items)
		qsort(items, nr, sizeof(*items), by_size);
	for (size_t i = 0; items && i < nr && i < most; i++)
		json_array_append(sorted, (json_t *)items[i]);
	free(items);
	json_decref(list);
	return sorted;
}

/* What was measured against each other: the larger differences first, then what is not decided. */
static void add_ab(struct highlights *h, const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const char *verdict = doc__text(one, "verdict");
		double size = fabs(doc__number(one, "log_ratio.p50"));
		bool decided = !strcmp(verdict, "slower") || !strcmp(verdict, "faster");
		json_t *workload = style__escaped(h->style, doc__text(one, "workload")),
		       *a = style__escaped(h->style, doc__text(one, "a.label")),
		       *b = style__escaped(h->style, doc__text(one, "b.label"));

		if (decided && isfinite(size))
			add(h->effects, exp(size), AB_VIEW_TITLE,
			    json_sprintf("%s: %s with %s than with %s, %+.1f %%.",
					 json_string_value(workload), verdict, json_string_value(b),
					 json_string_value(a),
					 100 * expm1(doc__number(one, "log_ratio.p50"))));
		else
			add(h->others, 0, AB_VIEW_TITLE,
			    json_sprintf("%s: %s and %s: %s.", json_string_value(workload),
					 json_string_value(a), json_string_value(b),
					 !strcmp(verdict, "same")   ? "no difference" :
					 !strcmp(verdict, "failed") ? "it could not be measured" :
								      "not decided"));
		json_decref(workload);
		json_decref(a);
		json_decref(b);
	}
}

json_t *highlights__of_result(const json_t *doc, const struct view_style *style)
{
	struct highlights h = { .cells = json_object_get(doc, "cells"),
				.style = style,
				.effects = json_array(),
				.others = json_array() };

	if (doc__kind(doc) == DOC_CELLS) {
		add_user_space(&h);
		add_configuration(&h);
		add_tail(&h);
		add_unlike(&h);
		add_missing(&h);
	}
	if (doc__kind(doc) == DOC_AB)
		add_ab(&h, json_object_get(doc, "ab"));
	h.effects = largest(h.effects, MAX_EFFECTS);
	json_array_extend(h.effects, h.others);
	json_decref(h.others);
	return h.effects;
}

static bool is_change(const char *verdict)
{
	return !strcmp(verdict, "slower") || !strcmp(verdict, "faster");
}

static bool is_of_exits(const char *verdict)
{
	return !strcmp(verdict, "more") || !strcmp(verdict, "fewer") || !strcmp(verdict, "changed");
}

json_t *highlights__of_comparison(const json_t *comparison, const struct view_style *style)
{
	const char *refused = doc__text(comparison, "refused");
	json_t *list = json_array(), *cell;
	size_t i, nr = 0;

	json_array_foreach(json_object_get(comparison, "cells"), i, cell) {
		const char *verdict = doc__text(cell, "verdict"),
			   *exits = doc__text(cell, "exits.verdict");
		double change = doc__number(cell, "ratio.change");
		char text[64];
		json_t *label;

		if (!is_change(verdict) && !is_of_exits(exits))
			continue;
		if (!is_change(doc__text(cell, "ratio.verdict")))
			change = doc__number(cell, "cost.change");
		label = style__escaped(style, doc__text(cell, "label"));
		snprintf(text, sizeof(text), "%s, %+.1f %%", verdict, 100 * change);
		add(list, fabs(log1p(change)), "",
		    json_sprintf("%s: %s%s%s%s.", json_string_value(label),
				 is_change(verdict) ? text : "",
				 is_change(verdict) && is_of_exits(exits) ? "; " : "",
				 is_of_exits(exits) ? exits : "",
				 is_of_exits(exits) ? " exits" : ""));
		json_decref(label);
		nr++;
	}
	list = largest(list, MAX_EFFECTS);
	if (nr > MAX_EFFECTS)
		add(list, 0, "", json_sprintf("%zu more cells changed.", nr - MAX_EFFECTS));
	if (*refused) {
		json_t *why = style__escaped(style, refused);

		add(list, 0, "", json_sprintf("Not compared: %s.", json_string_value(why)));
		json_decref(why);
	} else if (!nr) {
		add(list, 0, "", json_string("Nothing is shown to have changed."));
	}
	return list;
}
