// SPDX-License-Identifier: GPL-2.0-or-later
/* The comparison of result documents: see compare.h. */
#include "reports/compare/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/error.h"
#include "bench/base/json.h"
#include "bench/base/stats.h"
#include "bench/result/doc.h"
#include "bench/result/load.h"
#include "bench/result/touched.h"
#include "reports/compare/cell_verdict.h"
#include "reports/compare/compare_exits.h"
#include "reports/compare/compare_status.h"
#include "reports/compare/hosts.h"
#include "reports/compare/match.h"
#include "reports/compare/reference_level.h"
#include "version.h"

/*
 * With at least this many cells, a shift shared by this share of them is reported as a common one.
 */
#define COMMON_CELLS 5
#define COMMON_SHARE 0.9

/*
 * The cost of a VM's life differs from run to run, depending on what the kernel has allocated and
 * freed meanwhile, by more than the rounds of one run show. Of runs of one program, one after the
 * other on a quiet host, most differ by up to 3 %; once creating a VM went from 132 to 119 us for
 * good, by 10 to 12 %, and no operation of a process with it. The same holds for what a hypervisor
 * below emulates instead of running (its reference is the emulated empty loop): of such cells one
 * in ten moved by 1 to 4 % from run to run, some to the one and some to the other side. So two runs
 * cannot tell a change below BY_RUN_BETWEEN from that, and one that is certainly below BY_RUN_FLOOR
 * is none, unless the user asks for a smaller threshold.
 */
#define BY_RUN_BETWEEN 0.15
#define BY_RUN_FLOOR   0.05
#define EMULATED_LOOP  "empty:ring=0"

/* A pair of matched cells. */
struct pair {
	const json_t *base, *new;
	json_t *remarks;
	bool has_cost, has_ratio;
	struct figure cost, ratio;
	double *costs[2], *ratios[2]; /* for base and new: medians of rounds, log-ratios of
					 * pairs */
	size_t nr_costs[2], nr_ratios[2];
	const struct figure *level; /* of its reference; NULL: unknown */
	const char *why;	    /* why the cost could not be compared */
};

/* BASE against one NEW. */
struct comparison {
	const struct compare_side *base, *new;
	const struct compare_options *options;
	struct resamples_cache *resamples;
	bool exact, unlike_load, saturated;
	struct pair *pairs;
	size_t nr;
	struct level *levels; /* of the references */
	size_t nr_levels;
	const struct figure *host; /* the operation of a process that moved most; NULL: none
					 * moved */
	json_t *remarks;
};

static bool is_ok(const json_t *cell)
{
	return !strcmp(doc__text(cell, "status"), "ok") &&
	       isfinite(doc__number(cell, "summary.p50"));
}

/* Medians of the successful rounds, in their order; *nr is their number. NULL: out of memory. */
static double *replicates_of(const json_t *cell, size_t *nr)
{
	const json_t *rounds = json_object_get(cell, "rounds"), *round, *sample;
	size_t most = 0, i, k;
	double *medians, *samples;

	json_array_foreach(rounds, i, round)
		if (json_array_size(json_object_get(round, "samples")) > most)
			most = json_array_size(json_object_get(round, "samples"));
	medians = calloc(json_array_size(rounds) + 1, sizeof(*medians));
	samples = calloc(most + 1, sizeof(*samples));
	*nr = 0;
	if (!medians || !samples) {
		free(medians);
		free(samples);
		return NULL;
	}
	json_array_foreach(rounds, i, round) {
		const json_t *list = json_object_get(round, "samples");

		json_array_foreach(list, k, sample)
			samples[k] = json_number_value(sample);
		if (json_array_size(list))
			medians[(*nr)++] = stats__median(samples, json_array_size(list));
	}
	free(samples);
	return medians;
}

/*
 * The cost of an iteration of the timed loop, in the cell's unit: for operations that cost less,
 * percentages mean nothing. 0 where it is not known.
 */
static double loop_of(const json_t *cell)
{
	const json_t *round = json_array_get(json_object_get(cell, "rounds"), 0);
	double ticks = doc__number(round, "empty_loop"), khz = doc__number(cell, "tsc_khz");
	const char *unit = doc__text(cell, "unit");

	if (!isfinite(ticks) || ticks <= 0)
		return 0;
	if (!strcmp(unit, "insn") || !strcmp(unit, "cycles"))
		return ticks;
	return !strcmp(unit, "ns") && khz > 0 ? ticks * 1e6 / khz : 0;
}

static int compare_cost(struct comparison *c, struct pair *pair)
{
	size_t *nr = pair->nr_costs;
	int ret = -1;

	pair->cost.higher_is_better = doc__bool(pair->base, "higher_is_better") == 1;
	if (c->exact && !doc__lacks_path(pair->base) && !doc__lacks_path(pair->new)) {
		figure__compare_exact(&pair->cost, doc__number(pair->base, "summary.p50"),
				      doc__number(pair->new, "summary.p50"));
		pair->has_cost = true;
		return 0;
	}
	pair->costs[0] = replicates_of(pair->base, &nr[0]);
	pair->costs[1] = replicates_of(pair->new, &nr[1]);
	if (pair->costs[0] && pair->costs[1])
		ret = figure__compare(c->resamples, &pair->cost, pair->costs[0], nr[0],
				      pair->costs[1], nr[1], loop_of(pair->base));
	if (c->exact)
		pair->cost.least_floor = c->options->rules.floor;
	pair->has_cost = !ret && nr[0] && nr[1];
	if (!ret && !pair->has_cost)
		pair->why = "a result without its samples";
	return ret;
}

static double *numbers_of(const json_t *list, size_t *nr)
{
	double *numbers = alloc__need_zeroed(json_array_size(list) + 1, sizeof(*numbers));

	*nr = json_array_size(list);
	for (size_t i = 0; i < *nr; i++)
		numbers[i] = json_number_value(json_array_get(list, i));
	return numbers;
}

/* The ratio to the reference, if both were measured beside the same one. */
static int compare_ratio(struct comparison *c, struct pair *pair)
{
	const json_t *old = doc__at(pair->base, "reference.log_ratio.pairs");
	const json_t *now = doc__at(pair->new, "reference.log_ratio.pairs");
	size_t *nr = pair->nr_ratios;
	int ret = -1;

	if (!json_array_size(old) || !json_array_size(now) ||
	    strcmp(doc__text(pair->base, "reference.label"),
		   doc__text(pair->new, "reference.label")))
		return 0;
	/* The ratio is always of times, also where the cell's unit is bytes per second. */
	pair->ratio.higher_is_better = false;
	pair->ratios[0] = numbers_of(old, &nr[0]);
	pair->ratios[1] = numbers_of(now, &nr[1]);
	if (pair->ratios[0] && pair->ratios[1])
		ret = figure__compare_ratios(c->resamples, &pair->ratio, pair->ratios[0], nr[0],
					     pair->ratios[1], nr[1]);
	pair->has_ratio = !ret;
	return ret;
}

/* Whether the cell's cost differs from run to run by more than its rounds show. */
static bool differs_by_run(const json_t *cell)
{
	return !strcmp(doc__text(cell, "group"), "lifecycle") ||
	       !strcmp(doc__text(cell, "reference.label"), EMULATED_LOOP);
}

static void allow_for_runs(struct figure *f, bool floor_given)
{
	f->between = f->logs ? log1p(BY_RUN_BETWEEN) : BY_RUN_BETWEEN;
	if (!floor_given)
		f->least_floor = BY_RUN_FLOOR;
}

static int compare_pair(struct comparison *c, struct pair *pair)
{
	const char *old = doc__text(pair->base, "unit"), *now = doc__text(pair->new, "unit");
	int ret;

	if (!is_ok(pair->base) || !is_ok(pair->new))
		return 0;
	if (strcmp(old, now)) {
		pair->why = "the units differ";
		json_array_append_new(pair->remarks,
				      json_sprintf("measured in %s, and in %s now: not comparable",
						   old, now));
		return 0;
	}
	ret = compare_cost(c, pair);
	ret = ret ?: compare_ratio(c, pair);
	if (!c->exact && differs_by_run(pair->base)) {
		allow_for_runs(&pair->cost, c->options->floor_given);
		allow_for_runs(&pair->ratio, c->options->floor_given);
	}
	return ret;
}

/* Turns costs into logarithms of times, in place; for rates that is minus their logarithm. */
static void to_log_times(struct pair *pair)
{
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < pair->nr_costs[side]; i++)
			pair->costs[side][i] =
				log(pair->costs[side][i]) * (pair->cost.higher_is_better ? -1 : 1);
}

/*
 * If the level is not known from the cell itself, take the one found from other cells with the same
 * reference.
 */
static void lend_levels(struct comparison *c)
{
	for (size_t i = 0; i < c->nr; i++) {
		struct pair *pair = &c->pairs[i];
		const char *label = doc__text(pair->base, "reference.label");

		for (size_t k = 0; pair->has_ratio && !pair->level && k < c->nr_levels; k++)
			if (!c->levels[k].cell && !strcmp(c->levels[k].label, label))
				pair->level = &c->levels[k].figure;
	}
}

/* How the references moved. Costs next to nothing have no useful logarithm and are left out. */
static int find_levels(struct comparison *c)
{
	struct level_input *inputs = calloc(c->nr + 1, sizeof(*inputs));
	struct pair **of = calloc(c->nr + 1, sizeof(struct pair *));
	size_t nr = 0;
	int ret = -1;

	for (size_t i = 0; i < c->nr && inputs && of; i++) {
		struct pair *pair = &c->pairs[i];

		if (!pair->has_cost || !pair->has_ratio || !pair->cost.logs)
			continue;
		to_log_times(pair);
		of[nr] = pair;
		inputs[nr++] = (struct level_input){
			.label = doc__text(pair->base, "reference.label"),
			.cell = doc__text(pair->base, "label"),
			.cost = { pair->costs[0], pair->costs[1] },
			.ratio = { pair->ratios[0], pair->ratios[1] },
			.costs = { pair->nr_costs[0], pair->nr_costs[1] },
			.ratios = { pair->nr_ratios[0], pair->nr_ratios[1] },
		};
	}
	if (inputs && of)
		ret = levels__find(c->resamples, inputs, nr, &c->levels, &c->nr_levels);
	for (size_t i = 0; i < nr && !ret; i++)
		of[i]->level = &c->levels[inputs[i].level].figure;
	if (!ret)
		lend_levels(c);
	free(inputs);
	free(of);
	return ret;
}

static int judge(struct comparison *c)
{
	struct verdict_rules rules = c->options->rules;
	/* There are at most as many references as cells. */
	struct figure **figures = calloc(c->nr + 1, sizeof(*figures));
	int ret;

	if (!figures || find_levels(c)) {
		free(figures);
		return -1;
	}
	if (c->exact && !c->options->floor_given)
		rules.floor = 0;
	for (size_t i = 0; i < c->nr; i++)
		figures[i] = c->pairs[i].has_cost ? &c->pairs[i].cost : NULL;
	ret = figures__judge(figures, c->nr, &rules);
	for (size_t i = 0; i < c->nr; i++)
		figures[i] = c->pairs[i].has_ratio ? &c->pairs[i].ratio : NULL;
	ret = ret ?: figures__judge(figures, c->nr, &rules);
	for (size_t i = 0; i < c->nr_levels; i++)
		figures[i] = &c->levels[i].figure;
	ret = ret ?: figures__judge(figures, c->nr_levels, &rules);
	c->host = levels__host(c->levels, c->nr_levels);
	free(figures);
	return ret;
}

static const char *plural(size_t nr)
{
	return nr == 1 ? "" : "s";
}

/* Which side has too few, and how many more it takes at least; `of` is "round" or "pair". */
static json_t *explain_few(const struct figure *f, const char *of)
{
	size_t least = (size_t)f->needed;
	const size_t has[] = { f->n, f->m };
	static const char *const names[] = { "base", "new result" };
	int side = f->n < f->m ? 0 : 1;

	if (has[!side] < least)
		return json_sprintf("only %zu %s%s in the base and %zu in the new result: too few "
				    "to tell anything; at least %zu are needed in each, and how "
				    "many would decide cannot be told from so few",
				    f->n, of, plural(f->n), f->m, least);
	return json_sprintf("only %zu %s%s in the %s: too few to tell anything; at least %zu are "
			    "needed there, and how many would decide cannot be told from so few",
			    has[side], of, plural(has[side]), names[side], least);
}

/*
 * Says why a figure is inconclusive, and how many more rounds would help, on the side that has
 * fewer.
 */
static void explain(json_t *object, const struct figure *f, const char *of)
{
	size_t least = f->m < f->n ? f->m : f->n, most = f->m < f->n ? f->n : f->m;
	json_t *why = NULL, *more = json_null();

	if (f->verdict == VERDICT_INCONCLUSIVE && isfinite(f->needed))
		more = json_integer((json_int_t)f->needed - (json_int_t)least);
	if (f->verdict == VERDICT_INCONCLUSIVE && f->too_few && isfinite(f->needed)) {
		why = explain_few(f, of);
	} else if (f->verdict == VERDICT_INCONCLUSIVE && f->drift > 0 &&
		   f->drift >= fabs(f->shift)) {
		why = json_sprintf("between the halves of the %s run the level moved by %.1f %%, "
				   "more than the change: more %ss of the same would not decide it",
				   f->drift_in_new ? "new" : "base",
				   100 * figure__relative(f, f->drift), of);
	} else if (f->verdict == VERDICT_INCONCLUSIVE && f->between >= fabs(f->shift) &&
		   fabs(f->shift) > f->floor) {
		why = json_sprintf("what a VM's life costs differs by up to %.0f %% between runs "
				   "of one program: more %ss would not decide it, 'hvbench run "
				   "--ab' can",
				   100 * f->between, of);
	} else if (f->verdict == VERDICT_INCONCLUSIVE && isfinite(f->needed)) {
		why = json_sprintf("about %" JSON_INTEGER_FORMAT " more %s%s %s would decide",
				   json_integer_value(more), of,
				   plural((size_t)json_integer_value(more)),
				   f->needed > (double)most ? "a side" :
				   f->m < f->n		    ? "in the new result" :
							      "in the base");
	} else if (f->verdict == VERDICT_INCONCLUSIVE) {
		why = json_sprintf("no number of %ss within reach would decide", of);
	}
	json_object_set_new(object, "more_rounds", more);
	json_object_set_new(object, "why", why ?: json_null());
}

static json_t *relative(const struct figure *f, double shift)
{
	return json__number(figure__relative(f, shift));
}

static json_t *figure_json(const struct figure *f, const char *label)
{
	json_t *object = json_object();

	json_object_set_new(object, "verdict", json_string(verdict__name(f->verdict)));
	json_object_set_new(object, "base", json__number(f->base));
	json_object_set_new(object, "new", json__number(f->new));
	json_object_set_new(object, "rounds",
			    f->exact ? json_null() :
				       json_pack("[I, I]", (json_int_t)f->n, (json_int_t)f->m));
	json_object_set_new(object, "change", relative(f, f->shift));
	json_object_set_new(object, "ci95",
			    isnan(f->low) ?
				    json_null() :
				    json_pack("[o, o]", relative(f, f->low), relative(f, f->high)));
	json_object_set_new(object, "p", json__number(f->p));
	json_object_set_new(object, "p_holm", json__number(f->p_holm));
	json_object_set_new(object, "test", f->test ? json_string(f->test) : json_null());
	json_object_set_new(object, "floor", relative(f, f->floor));
	json_object_set_new(object, "noise",
			    f->exact || isnan(f->noise) ? json_null() :
							  relative(f, fmax(f->noise, f->between)));
	json_object_set_new(object, "drift", f->drift > 0 ? relative(f, f->drift) : json_null());
	json_object_set_new(object, "drift_in",
			    f->drift > 0 ? json_string(f->drift_in_new ? "new" : "base") :
					   json_null());
	json_object_set_new(object, "relative_to",
			    f->logs || f->exact || f->scale <= fabs(f->base) ?
				    json_null() :
				    json__number(f->scale));
	json_object_set_new(object, "label", json__text(label));
	explain(object, f, label ? "pair" : "round");
	return object;
}

/* If the load of the two runs was unlike, it may be all that moved. */
static struct cell_verdict mind_load(const struct comparison *c, const struct pair *pair,
				     struct cell_verdict verdict)
{
	if ((verdict.verdict != VERDICT_SLOWER && verdict.verdict != VERDICT_FASTER) ||
	    !load__explains(doc__text(pair->base, "group"), strcmp(verdict.by, "cost"),
			    c->saturated))
		return verdict;
	return (struct cell_verdict){
		.verdict = VERDICT_INCONCLUSIVE,
		.why = "the host's load was another: of this cell that may be all there is",
	};
}

static struct cell_verdict verdict_of(const struct comparison *c, const struct pair *pair)
{
	struct cell_verdict verdict;

	if (!strcmp(doc__text(pair->base, "workload"), "profile"))
		return (struct cell_verdict){ .verdict = VERDICT_UNJUDGED };
	if (!is_ok(pair->base) && !is_ok(pair->new))
		return (struct cell_verdict){ .verdict = VERDICT_UNMEASURED };
	if (!is_ok(pair->base))
		return (struct cell_verdict){ .verdict =
						      strcmp(doc__text(pair->new, "status"), "ok") ?
							      VERDICT_UNMEASURED :
							      VERDICT_GAINED };
	if (!is_ok(pair->new))
		return (struct cell_verdict){ .verdict = !strcmp(doc__text(pair->new, "status"),
								 "skipped") ?
								 VERDICT_MISSING :
								 VERDICT_LOST };
	if (!pair->has_cost)
		return (struct cell_verdict){ .verdict = VERDICT_UNMEASURED };
	verdict = cell__judge(&pair->cost, pair->has_ratio ? &pair->ratio : NULL, pair->level,
			      c->host);
	return c->unlike_load ? mind_load(c, pair, verdict) : verdict;
}

/* Adds the verdict: by which figure, why, and how many more rounds would decide. */
static void add_verdict(json_t *cell, const struct comparison *c, const struct pair *pair)
{
	struct cell_verdict verdict = verdict_of(c, pair);
	const json_t *wanting = verdict.wanting == &pair->ratio ? json_object_get(cell, "ratio") :
				verdict.wanting			? json_object_get(cell, "cost") :
								  NULL;
	json_t *why = verdict.why ? json_string(verdict.why) :
				    json_incref(json_object_get(wanting, "why"));

	json_object_set_new(cell, "verdict", json_string(verdict__name(verdict.verdict)));
	json_object_set_new(cell, "by", verdict.by ? json_string(verdict.by) : json_null());
	json_object_set_new(cell, "why", why ?: json_null());
	json_object_set_new(cell, "more_rounds",
			    json_incref(json_object_get(wanting, "more_rounds")) ?: json_null());
}

static void remark_status(const struct pair *pair, json_t *remarks)
{
	static const char *const sides[] = { "base", "new" };
	const json_t *cells[] = { pair->base, pair->new };

	for (int i = 0; i < 2; i++)
		if (strcmp(doc__text(cells[i], "status"), "ok"))
			json_array_append_new(remarks,
					      json_sprintf("%s in the %s result: %s",
							   doc__text(cells[i], "status"), sides[i],
							   doc__text(cells[i], "reason")));
	if (pair->why && !pair->has_cost && !json_array_size(remarks))
		json_array_append_new(remarks, json_string(pair->why));
	if (pair->has_cost && !pair->cost.logs && !pair->cost.exact &&
	    pair->cost.scale > fabs(pair->cost.base))
		json_array_append_new(
			remarks, json_string("costs less than the timed loop around it: changes "
					     "are relative to the loop"));
}

/* What exits touch is counted exactly, and no verdict is built on it. */
static void add_touched(const struct pair *pair, json_t *cell, json_t *remarks)
{
	const json_t *base = json_object_get(pair->base, "footprint");
	const json_t *new = json_object_get(pair->new, "footprint");
	char text[512];

	json_object_set_new(cell, "touched", touched__to_json(base, new));
	if (touched__changes(base, new, text, sizeof(text)))
		json_array_append_new(remarks, json_sprintf("touches: %s", text));
}

static json_t *cell_json(const struct comparison *c, const struct pair *pair)
{
	static const char *const copied[] = { "workload",	  "label",   "group", "unit",
					      "higher_is_better", "backend", "ring",  "params",
					      "config",		  NULL };
	json_t *cell = json_object(), *remarks = json_incref(pair->remarks);

	for (const char *const *name = copied; *name; name++) {
		json_t *value = json_object_get(pair->new, *name);

		json_object_set(cell, *name, value);
		if (!value)
			json_object_set_new(cell, *name, json_null());
	}
	/* A failed cell does not know its unit. */
	if (!is_ok(pair->new))
		json_object_set(cell, "unit", json_object_get(pair->base, "unit"));
	json_object_set_new(cell, "base_status", json_string(doc__text(pair->base, "status")));
	json_object_set_new(cell, "new_status", json_string(doc__text(pair->new, "status")));
	json_object_set_new(cell, "cost",
			    pair->has_cost ? figure_json(&pair->cost, NULL) : json_null());
	json_object_set_new(cell, "ratio",
			    pair->has_ratio ?
				    figure_json(&pair->ratio,
						doc__text(pair->base, "reference.label")) :
				    json_null());
	json_object_set_new(cell, "exits", compare__exits(pair->base, pair->new, c->exact));
	add_verdict(cell, c, pair);
	remark_status(pair, remarks);
	add_touched(pair, cell, remarks);
	json_object_set_new(cell, "remarks", remarks);
	json_object_set_new(cell, "status",
			    json_integer(compare_status__of_cell(cell, c->options->missing,
								 c->options->ratio_will_do)));
	return cell;
}

static json_t *levels_json(const struct comparison *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->nr_levels; i++) {
		const struct level *level = &c->levels[i];
		json_t *one = figure_json(&level->figure, level->label);

		json_object_set_new(one, "cell", json__text(level->cell));
		json_object_set_new(one, "cells", json_integer((json_int_t)level->cells));
		json_object_set_new(one, "moved", json_boolean(figure__moved(&level->figure)));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *run_json(const struct compare_side *side)
{
	const json_t *doc = side->doc;
	json_t *run = json_object();
	static const struct {
		const char *name, *path;
	} texts[] = {
		{ "started", "started" },    { "version", "tool.version" },
		{ "kernel", "host.kernel" }, { "cpu", "host.cpu.model" },
		{ "virt", "host.virt" },     { "clock", "host.clock" },
	};

	json_object_set_new(run, "name", json__text(side->name));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		json_object_set_new(run, texts[i].name,
				    *doc__text(doc, texts[i].path) ?
					    json_string(doc__text(doc, texts[i].path)) :
					    json_null());
	json_object_set_new(run, "rounds", json__number(doc__number(doc, "plan.rounds")));
	json_object_set_new(run, "most_rounds", json__number(doc__number(doc, "plan.most_rounds")));
	json_object_set_new(run, "interrupted", json_boolean(doc__bool(doc, "interrupted") == 1));
	return run;
}

/*
 * Cells of one side without a counterpart. If they were not measured in the base nothing is lost,
 * but a failure in the new result must not pass.
 */
static json_t *unmatched_json(const json_t *list, const json_t *doc, bool of_new,
			      enum compare_missing missing)
{
	json_t *result = json_array();
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const json_t *cell =
			json_array_get(json_object_get(doc, "cells"),
				       json_integer_value(json_object_get(item, "cell")));
		const char *label = doc__text(cell, "label"), *was = doc__text(cell, "status");
		int status = EXIT_OK;

		if (of_new && !strcmp(was, "failed"))
			status = EXIT_INCONCLUSIVE;
		else if (!of_new && !strcmp(was, "ok"))
			status = compare_status__of_missing(missing);
		json_array_append_new(result,
				      json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:O}", "label",
						*label ? label : doc__text(cell, "workload"),
						"config", doc__text(cell, "config.name"), "group",
						doc__text(cell, "group"), "backend",
						doc__text(cell, "backend"), "was", was, "status",
						status, "why", json_object_get(item, "why")));
	}
	return result;
}

/* A shift that most cells have in common: then the host changed, or all paths did. */
static json_t *common_shift(const struct comparison *c)
{
	double *logs = alloc__need_zeroed(c->nr + 1, sizeof(*logs)), median;
	size_t nr = 0, agree = 0;

	for (size_t i = 0; i < c->nr; i++) {
		const struct figure *f = &c->pairs[i].cost;

		if (!c->pairs[i].has_cost || !f->logs || isnan(f->shift))
			continue;
		logs[nr++] = f->higher_is_better ? -f->shift : f->shift;
	}
	median = stats__median(logs, nr);
	for (size_t i = 0; i < nr; i++)
		agree += logs[i] * median > 0;
	free(logs);
	if (nr < COMMON_CELLS || (double)agree < COMMON_SHARE * (double)nr ||
	    fabs(expm1(median)) < c->options->rules.floor)
		return json_null();
	return json_pack("{s:f, s:I, s:I}", "change", expm1(median), "cells", (json_int_t)nr,
			 "agree", (json_int_t)agree);
}

static void count_one(json_t *counts, const char *name)
{
	json_object_set_new(counts, name,
			    json_integer(json_integer_value(json_object_get(counts, name)) + 1));
}

static json_t *count(const json_t *cells, const json_t *unmatched)
{
	json_t *counts = json_object();
	const json_t *cell;
	size_t i;

	for (size_t v = 0; v < NR_VERDICTS; v++)
		if (verdict_table[v].on & ON_CELL)
			json_object_set_new(counts, verdict_table[v].name, json_integer(0));
	json_object_set_new(counts, "exits", json_integer(0));
	json_array_foreach(cells, i, cell) {
		count_one(counts, doc__text(cell, "verdict"));
		if (json_array_size(doc__at(cell, "exits.changes")))
			count_one(counts, "exits");
	}
	json_array_foreach(json_object_get(unmatched, "base"), i, cell)
		if (!strcmp(doc__text(cell, "was"), "ok"))
			count_one(counts, verdict__name(VERDICT_MISSING));
	return counts;
}

/* Why no matched cell was judged; NULL: one was. */
static const char *why_unjudged(const json_t *cells)
{
	const json_t *cell;
	bool profiles = false;
	size_t i;

	json_array_foreach(cells, i, cell) {
		if (verdict__is_judged(doc__text(cell, "verdict")))
			return NULL;
		profiles = profiles || !strcmp(doc__text(cell, "workload"), "profile");
	}
	return profiles ? "Profiles are shown beside each other, by exits a second, and not "
			  "judged: each is one window of "
			  "a guest whose load is its own." :
			  "Nothing was judged: no cell was measured in both results, in the same "
			  "unit.";
}

/* Refuses documents that hold no cells to match. NULL: they do hold some. */
static json_t *refusal_of_kind(const struct comparison *c)
{
	enum doc_kind base = doc__kind(c->base->doc), new = doc__kind(c->new->doc);

	if (base == DOC_AB || new == DOC_AB)
		return json_sprintf("the %s holds settings measured against each other (run --ab), "
				    "with the verdict in it: "
				    "'hvbench report' shows it",
				    base == DOC_AB ? "base" : "new result");
	if (base != new)
		return json_sprintf("the %s is a profile of VMs that others run, and the other is "
				    "a measurement: they have "
				    "no figure in common",
				    base == DOC_PROFILE ? "base" : "new result");
	return NULL;
}

/* Why the two must not be compared, as a new text; NULL: they may be. */
static json_t *refusal(const struct comparison *c, const json_t *hosts)
{
	const char *old = doc__text(c->base->doc, "host.clock"),
		   *now = doc__text(c->new->doc, "host.clock");

	if (*old && *now && strcmp(old, now))
		return json_sprintf("one was measured by the clock %s, the other by %s: a count of "
				    "instructions and a time have nothing in common",
				    old, now);
	if (doc__bool(hosts, "unlike") == 1 && !c->options->force)
		return json_string("they were measured on unlike hosts, so that a difference would "
				   "say nothing about "
				   "what changed; --force compares them all the same");
	return NULL;
}

static json_t *nothing_alike(const json_t *across)
{
	if (json_is_object(across))
		return json_sprintf(
			"no cell of one has its like in the other; %" JSON_INTEGER_FORMAT
			" have with --across %s",
			json_integer_value(json_object_get(across, "more")),
			doc__text(across, "keys"));
	return json_string("no cell of one has its like in the other");
}

static int fill_pairs(struct comparison *c, const json_t *matches)
{
	const json_t *list = json_object_get(matches, "pairs"), *item;
	size_t i;

	c->pairs = calloc(json_array_size(list) + 1, sizeof(*c->pairs));
	if (!c->pairs)
		return -1;
	c->nr = json_array_size(list);
	json_array_foreach(list, i, item) {
		struct pair *pair = &c->pairs[i];
		json_t *remark = json_object_get(item, "remark");

		pair->base = json_array_get(json_object_get(c->base->doc, "cells"),
					    json_integer_value(json_object_get(item, "base")));
		pair->new = json_array_get(json_object_get(c->new->doc, "cells"),
					   json_integer_value(json_object_get(item, "new")));
		pair->remarks = json_array();
		if (json_is_string(remark))
			json_array_append(pair->remarks, remark);
		if (compare_pair(c, pair))
			return -1;
	}
	return judge(c);
}

static json_t *load_remark(const json_t *base, const json_t *new, const char *base_name,
			   const char *name)
{
	static const char so[] = "where only the cost says so nothing is called slower or faster, "
				 "nor are wake-ups and the life cycle.";
	struct load before = load__of(base), after = load__of(new);

	if (load__is_saturated(&before) || load__is_saturated(&after))
		return json_sprintf("All CPUs were busy while %s was measured, and how many tasks "
				    "waited for one is not known: nothing but exits is called "
				    "slower or faster, and those by their ratio.",
				    load__is_saturated(&after) ? name : base_name);
	if (isfinite(before.others - after.others))
		return json_sprintf(
			"Others had %.2f CPUs while it was measured, and %.2f for %s: %s",
			before.others, after.others, name, so);
	return json_sprintf("The load of the host was %.1f, and %.1f for %s: %s", before.average,
			    after.average, name, so);
}

static void add_remarks(struct comparison *c, const json_t *hosts, const json_t *across)
{
	const struct compare_side *sides[] = { c->base, c->new };
	json_int_t more = json_integer_value(json_object_get(across, "more"));

	if (more)
		json_array_append_new(c->remarks,
				      json_sprintf("With --across %s %" JSON_INTEGER_FORMAT
						   " more cell%s a like in the other "
						   "result.",
						   doc__text(across, "keys"), more,
						   more == 1 ? " has" : "s have"));
	for (int i = 0; i < 2; i++)
		if (doc__bool(sides[i]->doc, "interrupted") == 1)
			json_array_append_new(
				c->remarks,
				json_sprintf("%s was interrupted: it lacks rounds or cells",
					     sides[i]->name));
	if (doc__bool(hosts, "unlike") == 1 && c->options->force)
		json_array_append_new(
			c->remarks,
			json_string("The hosts are unlike, and compared because of --force: "
				    "differences may be the machine's."));
	if (c->unlike_load)
		json_array_append_new(c->remarks, load_remark(c->base->doc, c->new->doc,
							      c->base->name, c->new->name));
	if (c->exact)
		json_array_append_new(
			c->remarks,
			json_string("The clock counts instructions: minima and medians are "
				    "compared exactly."));
}

static json_t *compare_two(struct comparison *c)
{
	struct match_options matching = { .only = c->options->only, .across = c->options->across };
	json_t *hosts = hosts__differences(json_object_get(c->base->doc, "host"),
					   json_object_get(c->new->doc, "host"));
	json_t *kind = refusal_of_kind(c),
	       *matches = kind ? json_pack("{s:[], s:[], s:[]}", "pairs", "base", "new") :
				 match__cells(c->base->doc, c->new->doc, &matching);
	json_t *cells = json_array(), *result = NULL, *refused, *common = json_null(), *unmatched,
	       *across = NULL;
	struct load loads[] = { load__of(c->base->doc), load__of(c->new->doc) };
	size_t nr_pairs;
	bool unlike;

	c->remarks = json_array();
	c->exact = !strcmp(doc__text(c->base->doc, "host.clock"), "icount");
	c->saturated = !c->exact &&
		       (load__is_saturated(&loads[0]) || load__is_saturated(&loads[1]));
	c->unlike_load = !c->exact && (c->saturated || load__unlike(&loads[0], &loads[1]));
	if (!hosts || !matches)
		goto out;
	nr_pairs = json_array_size(json_object_get(matches, "pairs"));
	across = kind ? json_null() : match__across(c->base->doc, c->new->doc, &matching, nr_pairs);
	refused = kind ? json_incref(kind) : refusal(c, hosts);
	unlike = refused;
	if (!refused && !nr_pairs)
		refused = nothing_alike(across);
	add_remarks(c, hosts, nr_pairs ? across : NULL);
	if (!refused) {
		if (fill_pairs(c, matches))
			goto out;
		for (size_t i = 0; i < c->nr; i++)
			json_array_append_new(cells, cell_json(c, &c->pairs[i]));
		common = common_shift(c);
		if (why_unjudged(cells))
			json_array_append_new(c->remarks, json_string(why_unjudged(cells)));
	}
	unmatched = json_pack("{s:o, s:o}", "base",
			      unmatched_json(json_object_get(matches, "base"), c->base->doc, false,
					     c->options->missing),
			      "new",
			      unmatched_json(json_object_get(matches, "new"), c->new->doc, true,
					     c->options->missing));
	result = json_object();
	json_object_set_new(result, "new", run_json(c->new));
	json_object_set_new(result, "status",
			    json_integer(unlike ? EXIT_NOT_COMPARABLE :
						  compare_status__of_all(cells, unmatched)));
	json_object_set_new(result, "refused", refused ?: json_null());
	json_object_set_new(result, "matched", json_integer((json_int_t)nr_pairs));
	json_object_set(result, "hosts", hosts);
	json_object_set_new(result, "counts", count(cells, unmatched));
	json_object_set_new(result, "common", common);
	json_object_set_new(result, "references", levels_json(c));
	json_object_set(result, "remarks", c->remarks);
	json_object_set(result, "cells", cells);
	json_object_set_new(result, "unmatched", unmatched);
	json_object_set(result, "across", across);
out:
	for (size_t i = 0; i < c->nr; i++) {
		json_decref(c->pairs[i].remarks);
		for (int side = 0; side < 2; side++) {
			free(c->pairs[i].costs[side]);
			free(c->pairs[i].ratios[side]);
		}
	}
	free(c->pairs);
	free(c->levels);
	json_decref(c->remarks);
	json_decref(kind);
	json_decref(across);
	json_decref(hosts);
	json_decref(matches);
	json_decref(cells);
	return result;
}

static json_t *words(const char *const *list)
{
	json_t *array = json_array();

	for (; list && *list; list++)
		json_array_append_new(array, json__text(*list));
	return array;
}

json_t *compare__documents(const struct compare_side *base, const struct compare_side *news,
			   size_t nr, const struct compare_options *options)
{
	json_t *doc = json_object(), *list = json_array(), *one;
	struct resamples_cache *own = options->resamples ? NULL : resamples_cache__new();
	int status = EXIT_OK;

	for (size_t i = 0; i < nr; i++) {
		struct comparison c = { .base = base,
					.new = &news[i],
					.options = options,
					.resamples = own ?: options->resamples };

		one = compare_two(&c);
		if (!one) {
			json_decref(doc);
			json_decref(list);
			resamples_cache__free(own);
			return NULL;
		}
		status = exit_status__worse(status, (int)json_integer_value(
							    json_object_get(one, "status")));
		json_array_append_new(list, one);
	}
	resamples_cache__free(own);
	json_object_set_new(doc, "schema", json_string(COMPARE_SCHEMA));
	json_object_set_new(doc, "tool",
			    json_pack("{s:s, s:s}", "version", HVBENCH_VERSION, "commit",
				      HVBENCH_COMMIT));
	json_object_set_new(doc, "options",
			    json_pack("{s:f, s:f, s:f, s:o, s:o, s:b}", "threshold",
				      options->rules.floor, "alpha", options->rules.alpha, "level",
				      VERDICT_LEVEL, "only", words(options->only), "across",
				      words(options->across), "forced", options->force));
	json_object_set_new(doc, "base", run_json(base));
	json_object_set_new(doc, "status", json_integer(status));
	json_object_set_new(doc, "comparisons", list);
	return doc;
}
