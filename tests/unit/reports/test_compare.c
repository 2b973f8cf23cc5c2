// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Comparisons: cells that are really slower are called slower, those that are not are not, those
 * that cannot be decided are called inconclusive, and results that do not belong together are not
 * compared.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/stats.h"
#include "bench/result/doc.h"
#include "reports/compare/cell_verdict.h"
#include "reports/compare/compare.h"
#include "reports/compare/reference_level.h"
#include "reports/compare/verdict.h"
#include "reports/formats/report.h"
#include "reports/views/compare_view.h"
#include "tests/documents.h"

#define ICOUNT "icount"
#define TSC    "tsc"

static const struct compare_options usual = { .rules = { .floor = 0.02, .alpha = 0.01 } };

static json_t *compared(const json_t *base, const json_t *new,
			const struct compare_options *options)
{
	struct compare_side a = { "base.json", base }, b = { "new.json", new };
	json_t *doc = compare__documents(&a, &b, 1, options);

	assert_non_null(doc);
	return doc;
}

static const json_t *first(const json_t *doc)
{
	return json_array_get(json_object_get(doc, "comparisons"), 0);
}

static const json_t *cell_of(const json_t *doc, size_t i)
{
	return json_array_get(json_object_get(first(doc), "cells"), i);
}

static const char *verdict_of(const json_t *doc, size_t i)
{
	return doc__text(cell_of(doc, i), "verdict");
}

static int status_of(const json_t *doc)
{
	return (int)doc__number(doc, "status");
}

extern const struct renderer renderer_junit;

static char *rendered(const json_t *doc, const struct renderer *renderer, unsigned int width)
{
	struct report_options opts = { .width = width };
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(renderer->render(SHOW_COMPARISON, doc, out, &opts), 0);
	fclose(out);
	return text;
}

/* Cells of different levels: slower, faster, same, and one too noisy to tell. */
static void verdicts_are_what_was_put_in(void **state)
{
	static const struct {
		double ratio, spread;
		const char *verdict;
	} cells[] = {
		{ 1.10, .01, "slower" },
		{ .90, .01, "faster" },
		{ 1, .005, "same" },
		{ 1.05, .3, "inconclusive" },
	};
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
	char name[16];
	struct rng rng;

	(void)state;
	rng__seed(&rng, 4);
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "cell-%d", i);
		document__random_cell(base, name, &rng, 1000, cells[i].spread, 20);
		document__random_cell(new, name, &rng, 1000 * cells[i].ratio, cells[i].spread, 20);
	}
	doc = compared(base, new, &usual);
	for (int i = 0; i < 4; i++)
		assert_string_equal(verdict_of(doc, i), cells[i].verdict);
	assert_int_equal(status_of(doc), 1);
	assert_true(doc__number(cell_of(doc, 0), "cost.change") > .08);
	assert_true(doc__element(cell_of(doc, 0), "cost.ci95", 0) < .1);
	assert_true(doc__element(cell_of(doc, 0), "cost.ci95", 1) > .1);
	assert_true(doc__number(cell_of(doc, 3), "cost.more_rounds") > 0);
	assert_true(json_is_null(doc__at(cell_of(doc, 0), "cost.more_rounds")));
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static void faster_alone_is_no_regression_and_noise_is_not_sameness(void **state)
{
	static const struct {
		double ratio, spread;
		int status;
	} cases[] = {
		{ .8, .01, 0 },
		{ 1, .003, 0 },
		{ 1, .3, 2 },
		{ 1.2, .01, 1 },
	};
	struct rng rng;

	(void)state;
	rng__seed(&rng, 5);
	for (int i = 0; i < 4; i++) {
		json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;

		document__random_cell(base, "cell", &rng, 1000, cases[i].spread, 12);
		document__random_cell(new, "cell", &rng, 1000 * cases[i].ratio, cases[i].spread,
				      12);
		doc = compared(base, new, &usual);
		assert_int_equal(status_of(doc), cases[i].status);
		json_decref(doc);
		json_decref(base);
		json_decref(new);
	}
}

/* Even equal medians do not show that nothing differs if rounds are far apart. */
static void equal_medians_of_noise_are_inconclusive(void **state)
{
	static const double wide[] = { 700, 800, 900, 1000, 1100, 1200, 1300 };
	json_t *base = document__new("x", TSC), *doc;

	(void)state;
	document__cell(base, "cell", wide, 7);
	doc = compared(base, base, &usual);
	assert_true(doc__number(cell_of(doc, 0), "cost.change") == 0);
	assert_string_equal(verdict_of(doc, 0), "inconclusive");
	json_decref(doc);
	json_decref(base);
}

static void of_rates_more_is_faster(void **state)
{
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
	struct rng rng;

	(void)state;
	rng__seed(&rng, 6);
	for (int i = 0; i < 2; i++) {
		json_t *cell =
			document__random_cell(i ? new : base, "rate", &rng, i ? 2e9 : 1e9, .01, 12);

		json_object_set_new(cell, "higher_is_better", json_true());
		json_object_set_new(cell, "unit", json_string("bytes_per_s"));
	}
	doc = compared(base, new, &usual);
	assert_string_equal(verdict_of(doc, 0), "faster");
	json_decref(doc);
	doc = compared(new, base, &usual);
	assert_string_equal(verdict_of(doc, 0), "slower");
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/*
 * The guest's bandwidth halves beside a process: the rate falls, and the ratio, which is one of
 * times, rises.
 */
static void ratio_of_a_rate_is_a_cost(void **state)
{
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
	struct rng rng;

	(void)state;
	rng__seed(&rng, 16);
	for (int i = 0; i < 2; i++) {
		json_t *cell =
			document__random_cell(i ? new : base, "rate", &rng, i ? 1e9 : 2e9, .3, 12);

		document__reference(cell, &rng, i ? 2 : 1, .003, 12);
		json_object_set_new(cell, "higher_is_better", json_true());
		json_object_set_new(cell, "unit", json_string("bytes_per_s"));
	}
	doc = compared(base, new, &usual);
	assert_string_equal(doc__text(cell_of(doc, 0), "ratio.verdict"), "slower");
	assert_true(doc__number(cell_of(doc, 0), "ratio.change") > .9);
	assert_string_equal(verdict_of(doc, 0), "slower");
	assert_int_equal(status_of(doc), 1);
	json_decref(doc);
	doc = compared(new, base, &usual);
	assert_string_equal(doc__text(cell_of(doc, 0), "ratio.verdict"), "faster");
	assert_string_equal(verdict_of(doc, 0), "faster");
	assert_int_equal(status_of(doc), 0);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/*
 * The middle two of eight rounds on a busy host may be far apart: the change is that of the medians
 * shown.
 */
static void change_is_that_of_the_medians_shown(void **state)
{
	static const double old[] = { 60, 70, 80, 95, 9000, 9100, 9200, 9300 };
	static const double now[] = { 50, 60, 70, 75, 7885, 8000, 8100, 8200 };
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
	const json_t *cost;

	(void)state;
	document__cell(base, "cell", old, 8);
	document__cell(new, "cell", now, 8);
	doc = compared(base, new, &usual);
	cost = json_object_get(cell_of(doc, 0), "cost");
	assert_true(fabs(doc__number(cost, "base") - 4547.5) < 1e-6 &&
		    fabs(doc__number(cost, "new") - 3980) < 1e-6);
	assert_true(fabs(doc__number(cost, "change") - (3980 / 4547.5 - 1)) < 1e-9);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/*
 * How many more rounds are needed depends on what prevents a decision, which may be the noise
 * rather than the spread. More noise never needs fewer, and too many are called out of reach.
 */
static void more_rounds_are_those_that_decide(void **state)
{
	struct resamples_cache *cache = resamples_cache__new();
	struct verdict_rules rules = { .floor = .02, .alpha = .01 };
	double before = 0;

	(void)state;
	for (double spread = .002; spread < 4; spread *= 1.5) {
		struct figure f = { 0 }, *list[] = { &f };
		double base[8], new[8];

		for (int i = 0; i < 8; i++) {
			base[i] = 1000 * exp(spread * ((i * 3 % 8) - 3.5));
			new[i] = 1060 * exp(spread * ((i * 5 % 8) - 3.5));
		}
		assert_int_equal(figure__compare(cache, &f, base, 8, new, 8, 0), 0);
		assert_int_equal(figures__judge(list, 1, &rules), 0);
		if (f.verdict != VERDICT_INCONCLUSIVE)
			continue;
		assert_true(f.needed > 8 && f.needed >= before);
		/* Noise alone shrinks with the square root of the number of rounds. */
		if (f.noise > f.shift)
			assert_true(f.needed >= 8 * pow(f.noise / f.shift, 2) - 1);
		before = f.needed;
	}
	assert_true(isinf(before));
	resamples_cache__free(cache);
}

/*
 * Rounds that are mostly alike have a small spread; a few that are not make the position of the
 * median a matter of chance.
 */
static void more_rounds_know_of_the_noise(void **state)
{
	struct resamples_cache *cache = resamples_cache__new();
	static const double old[] = { 35, 36, 35.5, 36.2, 35.2, 9000, 9100, 9200 };
	static const double now[] = { 2200, 2210, 2195, 2190, 2205, 2199, 36.5, 2150 };
	struct verdict_rules rules = { .floor = .02, .alpha = .01 };
	struct figure f = { 0 }, *list[] = { &f };

	(void)state;
	assert_int_equal(figure__compare(cache, &f, old, 8, now, 8, 0), 0);
	assert_int_equal(figures__judge(list, 1, &rules), 0);
	assert_int_equal(f.verdict, VERDICT_INCONCLUSIVE);
	assert_true(figure__relative(&f, f.shift) > 50 && f.noise > f.shift);
	assert_true(f.needed >= 8 * pow(f.noise / f.shift, 2) && f.needed > 12);
	resamples_cache__free(cache);
}

/* Thousands of cells of as many rounds take no more drawing at random than one does. */
static void resamples_are_drawn_once_for_all_cells(void **state)
{
	size_t drawn[2];

	(void)state;
	for (int many = 0; many < 2; many++) {
		json_t *base = document__new("x", TSC), *new = document__new("x", TSC);
		struct compare_options options = usual;
		struct rng rng;
		char name[32];

		rng__seed(&rng, 1);
		options.resamples = resamples_cache__new();
		for (int i = 0; i < (many ? 300 : 1); i++) {
			snprintf(name, sizeof(name), "cell%d", i);
			document__reference(document__random_cell(base, name, &rng, 100, .01, 12),
					    &rng, 1, .01, 48);
			document__reference(document__random_cell(new, name, &rng, 100, .01, 12),
					    &rng, 1, .01, 48);
		}
		json_decref(compared(base, new, &options));
		drawn[many] = options.resamples->drawn;
		resamples_cache__free(options.resamples);
		json_decref(base);
		json_decref(new);
	}
	assert_true(drawn[0] > 0 && drawn[0] == drawn[1]);
}

/* An interval of two, three or four rounds would not cover what it claims: there is none. */
static void too_few_rounds_have_no_interval(void **state)
{
	static const double rounds[] = { 1000, 1001, 1002, 1003, 1004, 1005 };

	(void)state;
	for (size_t n = 2; n <= 6; n++) {
		json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;

		document__cell(base, "cell", rounds, n);
		document__cell(new, "cell", rounds, 6);
		doc = compared(base, new, &usual);
		assert_int_equal(json_is_null(doc__at(cell_of(doc, 0), "cost.ci95")), n < 5);
		assert_string_equal(verdict_of(doc, 0), n < 5 ? "inconclusive" : "same");
		/* Nor was anything tested where no p below alpha is possible. */
		assert_int_equal(json_is_null(doc__at(cell_of(doc, 0), "cost.p")), n < 4);
		assert_int_equal(json_is_null(doc__at(cell_of(doc, 0), "cost.p_holm")), n < 4);
		assert_int_equal(json_is_null(doc__at(cell_of(doc, 0), "cost.test")), n < 4);
		assert_int_equal(json_is_null(doc__at(cell_of(doc, 0), "cost.noise")), n < 4);
		if (n < 5)
			assert_true(doc__number(cell_of(doc, 0), "cost.more_rounds") ==
				    5 - (double)n);
		/*
		 * What would decide is not known: two medians can differ that much without any
		 * change.
		 */
		assert_int_equal(!strstr(doc__text(cell_of(doc, 0), "cost.why"),
					 "cannot be told from so few"),
				 n >= 5);
		json_decref(doc);
		json_decref(base);
		json_decref(new);
	}
}

/* In comparisons of 20 cells in which nothing differs: how many call any slower or faster. */
static int wrong_calls(double spread, size_t rounds, int trials, uint64_t seed)
{
	struct rng rng;
	int wrong = 0;
	char name[16];

	rng__seed(&rng, seed);
	for (int trial = 0; trial < trials; trial++) {
		json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;

		for (int i = 0; i < 20; i++) {
			snprintf(name, sizeof(name), "cell-%d", i);
			document__random_cell(base, name, &rng, 1000, spread, rounds);
			document__random_cell(new, name, &rng, 1000, spread, rounds);
		}
		doc = compared(base, new, &usual);
		wrong += doc__number(first(doc), "counts.slower") +
				 doc__number(first(doc), "counts.faster") >
			 0;
		json_decref(doc);
		json_decref(base);
		json_decref(new);
	}
	return wrong;
}

static void where_nothing_differs_hardly_anything_is_called(void **state)
{
	(void)state;
	/* At most 1 of 100 is promised; 3 of 20 have a probability of 0.001. */
	assert_in_range(wrong_calls(.05, 10, 20, 7), 0, 2);
}

static void a_change_below_the_threshold_is_none(void **state)
{
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
	struct compare_options strict = usual;
	struct rng rng;

	(void)state;
	rng__seed(&rng, 8);
	document__random_cell(base, "cell", &rng, 1000, .001, 20);
	document__random_cell(new, "cell", &rng, 1010, .001, 20);
	doc = compared(base, new, &usual);
	assert_string_equal(verdict_of(doc, 0), "same");
	json_decref(doc);
	strict.rules.floor = .005;
	doc = compared(base, new, &strict);
	assert_string_equal(verdict_of(doc, 0), "slower");
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/* Every round of the second half is 15 % slower: then 10 % more in the new run mean nothing. */
static void drift_within_a_run_raises_the_threshold(void **state)
{
	double rounds[16], later[16];
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
	struct rng rng;

	(void)state;
	rng__seed(&rng, 9);
	for (int i = 0; i < 16; i++) {
		rounds[i] = document__draw(&rng, i < 8 ? 1000 : 1150, .005);
		later[i] = document__draw(&rng, 1170, .005);
	}
	document__cell(base, "cell", rounds, 16);
	document__cell(new, "cell", later, 16);
	doc = compared(base, new, &usual);
	assert_string_equal(verdict_of(doc, 0), "inconclusive");
	assert_string_equal(doc__text(cell_of(doc, 0), "cost.drift_in"), "base");
	assert_true(fabs(doc__number(cell_of(doc, 0), "cost.drift") - .15) < .02);
	assert_non_null(strstr(doc__text(cell_of(doc, 0), "cost.why"), "level moved"));
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static void too_few_rounds_are_said_to_be(void **state)
{
	static const double few[] = { 1000, 1001, 1002 }, more[] = { 2000, 2001, 2002 },
			    one[] = { 1000 };
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;

	(void)state;
	document__cell(base, "three", few, 3);
	document__cell(new, "three", more, 3);
	document__cell(base, "one", one, 1);
	document__cell(new, "one", more, 1);
	doc = compared(base, new, &usual);
	/*
	 * Three against three rounds have a p of 0.1 at best; five have 0.0079, and six, which
	 * alpha 0.01 needs for two cells, 0.0022.
	 */
	assert_string_equal(verdict_of(doc, 0), "inconclusive");
	assert_true(doc__number(cell_of(doc, 0), "cost.more_rounds") == 3);
	assert_string_equal(verdict_of(doc, 1), "inconclusive");
	assert_true(doc__number(cell_of(doc, 1), "cost.more_rounds") == 5);
	assert_true(json_is_null(doc__at(cell_of(doc, 1), "cost.ci95")));
	assert_int_equal(status_of(doc), 2);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/* The side that has too few is named; those of the other are not asked for again. */
static void sides_with_too_few_rounds_are_named(void **state)
{
	static const struct {
		size_t base, new;
		int more;
		const char *says;
	} cases[] = {
		{ 12, 2, 3, "only 2 rounds in the new result" },
		{ 2, 12, 3, "only 2 rounds in the base" },
		{ 12, 1, 4, "only 1 round in the new result" },
		{ 3, 2, 3, "only 3 rounds in the base and 2 in the new result" },
		{ 1, 1, 4, "only 1 round in the base and 1 in the new result" },
		{ 5, 4, 1, "only 4 rounds in the new result" },
	};
	double rounds[12];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
		const char *why;

		/* Neither noise nor a small change makes an estimate of so few. */
		for (int k = 0; k < 12; k++)
			rounds[k] = 1000 + 700 * (k * 7 % 12) / 12.0;
		document__cell(base, "cell", rounds, cases[i].base);
		document__cell(new, "cell", rounds, cases[i].new);
		doc = compared(base, new, &usual);
		assert_string_equal(verdict_of(doc, 0), "inconclusive");
		why = doc__text(cell_of(doc, 0), "why");
		if (!strstr(why, cases[i].says) ||
		    doc__number(cell_of(doc, 0), "more_rounds") != cases[i].more)
			fail_msg("%zu against %zu: %s", cases[i].base, cases[i].new, why);
		json_decref(doc);
		json_decref(base);
		json_decref(new);
	}
}

/*
 * Rounds that share the state of the host: a cell's cost in a round is its level times that of the
 * round.
 */
static void common_levels(struct rng *rng, double *rounds, size_t nr, double spread)
{
	for (size_t i = 0; i < nr; i++)
		rounds[i] = document__draw(rng, 1, spread);
}

/* `nr` cells, each twice the cost of the reference beside it; `factor` changes only the first. */
static json_t *beside_a_reference(struct rng *rng, size_t nr, double host, double spread,
				  double factor)
{
	json_t *doc = document__new("x", TSC), *cell;
	double rounds[20], costs[20];
	char name[16];

	common_levels(rng, rounds, 20, spread);
	for (size_t c = 0; c < nr; c++) {
		for (int i = 0; i < 20; i++)
			costs[i] =
				1000 * host * rounds[i] * document__draw(rng, c ? 1 : factor, .002);
		snprintf(name, sizeof(name), "cell-%zu", c);
		cell = document__cell(doc, name, costs, 20);
		document__reference(cell, rng, 2 * (c ? 1 : factor), .003, 20);
	}
	return doc;
}

/* The host got 20 % slower as a whole, and one cell 5 % more than that. */
static void the_ratio_to_a_reference_is_judged_apart(void **state)
{
	struct rng rng;
	json_t *base, *new, *doc, *reference;

	(void)state;
	rng__seed(&rng, 10);
	base = beside_a_reference(&rng, 6, 1, .02, 1);
	new = beside_a_reference(&rng, 6, 1.2, .02, 1.05);
	doc = compared(base, new, &usual);
	assert_string_equal(doc__text(cell_of(doc, 0), "ratio.verdict"), "slower");
	assert_string_equal(verdict_of(doc, 0), "slower");
	assert_string_equal(doc__text(cell_of(doc, 0), "by"), "both");
	assert_true(fabs(doc__number(cell_of(doc, 0), "ratio.change") - .05) < .005);
	assert_true(fabs(doc__number(cell_of(doc, 0), "ratio.base") - 2) < .01);
	for (int i = 1; i < 6; i++) {
		/*
		 * Its cost is slower, and so is its reference's: that is neither its own change nor
		 * none.
		 */
		assert_string_equal(doc__text(cell_of(doc, i), "cost.verdict"), "slower");
		assert_string_equal(doc__text(cell_of(doc, i), "ratio.verdict"), "same");
		assert_string_equal(verdict_of(doc, i), "moved");
	}
	assert_int_equal(status_of(doc), 1);
	reference = json_array_get(json_object_get(first(doc), "references"), 0);
	assert_int_equal(json_array_size(json_object_get(first(doc), "references")), 1);
	assert_string_equal(doc__text(reference, "label"), "pio-user");
	assert_int_equal(doc__number(reference, "cells"), 6);
	assert_true(json_is_true(json_object_get(reference, "moved")));
	assert_true(fabs(doc__number(reference, "change") - .2) < .02);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/*
 * Everything costs 5 % more, as with a mitigation, on a host whose rounds vary by more: no cell
 * alone shows it, and no ratio. The verdict is not "the same", and neither is the status.
 */
static void what_hits_the_reference_too_is_not_the_same(void **state)
{
	struct rng rng;
	json_t *base, *new, *doc;

	(void)state;
	rng__seed(&rng, 20);
	base = beside_a_reference(&rng, 6, 1, .03, 1);
	new = beside_a_reference(&rng, 6, 1.05, .03, 1);
	doc = compared(base, new, &usual);
	for (int i = 0; i < 6; i++) {
		assert_string_equal(doc__text(cell_of(doc, i), "ratio.verdict"), "same");
		assert_string_equal(verdict_of(doc, i), "moved");
	}
	assert_int_equal(doc__number(first(doc), "counts.moved"), 6);
	assert_int_equal(status_of(doc), 2);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/* Only noise: the ratio is the same, and the cost is said to be unknown. */
static void undecided_cost_with_a_same_ratio_is_said_to_be_so(void **state)
{
	struct compare_options will_do = usual;
	json_t *base, *new, *doc;
	struct rng rng;
	char *text;

	(void)state;
	rng__seed(&rng, 21);
	base = beside_a_reference(&rng, 6, 1, .2, 1);
	new = beside_a_reference(&rng, 6, 1, .2, 1);
	doc = compared(base, new, &usual);
	for (int i = 0; i < 6; i++) {
		assert_string_equal(doc__text(cell_of(doc, i), "cost.verdict"), "inconclusive");
		assert_string_equal(verdict_of(doc, i), "same-ratio");
		assert_string_equal(doc__text(cell_of(doc, i), "by"), "ratio");
	}
	/*
	 * If all of them cost 5 % more it would look the same, so it passes only if the user allows
	 * that.
	 */
	assert_int_equal(status_of(doc), 2);
	text = rendered(doc, &renderer_text, 0);
	assert_non_null(strstr(text, "6 same ratio."));
	assert_null(strstr(text, "6 same."));
	assert_non_null(strstr(text, "Reference pio-user: "));
	free(text);
	json_decref(doc);
	will_do.ratio_will_do = true;
	doc = compared(base, new, &will_do);
	assert_int_equal(status_of(doc), 0);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/*
 * One cell's own rounds are too noisy, but its ratio is the same, and the other cells together show
 * well what the reference costs.
 */
static void same_beside_a_same_reference_is_the_same(void **state)
{
	double noisy[20];
	json_t *base, *new, *doc, *docs[2];
	struct rng rng;

	(void)state;
	rng__seed(&rng, 22);
	base = beside_a_reference(&rng, 6, 1, .003, 1);
	new = beside_a_reference(&rng, 6, 1, .003, 1);
	docs[0] = base;
	docs[1] = new;
	for (int side = 0; side < 2; side++) {
		for (int i = 0; i < 20; i++)
			noisy[i] = document__draw(&rng, 1000, .1);
		document__reference(document__cell(docs[side], "noisy", noisy, 20), &rng, 2, .003,
				    20);
	}
	doc = compared(base, new, &usual);
	assert_string_equal(doc__text(cell_of(doc, 6), "cost.verdict"), "inconclusive");
	assert_string_equal(verdict_of(doc, 6), "same");
	assert_string_equal(doc__text(cell_of(doc, 6), "by"), "reference");
	assert_int_equal(status_of(doc), 0);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/* 24.1 ns and 24.1 ns, beside a reference that became 10 % slower: nothing is faster. */
static void only_the_reference_moved(void **state)
{
	static const double factors[] = { 1 / 1.1, 1.1 };
	struct rng rng;

	(void)state;
	rng__seed(&rng, 23);
	/*
	 * Once with well-known costs, then with so much noise that only the change of the reference
	 * shows.
	 */
	for (int noise = 0; noise < 2; noise++)
		for (int way = 0; way < 2; way++) {
			json_t *docs[2] = { document__new("x", TSC), document__new("x", TSC) },
			       *doc, *cell;
			double spread = noise ? .03 : .002;

			for (int side = 0; side < 2; side++) {
				cell = document__random_cell(docs[side], "pause", &rng, 24.1,
							     spread, 20);
				document__reference(cell, &rng, side ? factors[way] : 1, .003, 20);
			}
			doc = compared(docs[0], docs[1], &usual);
			assert_string_equal(doc__text(cell_of(doc, 0), "ratio.verdict"),
					    way ? "slower" : "faster");
			if (noise)
				assert_string_equal(verdict_of(doc, 0), "inconclusive");
			else
				assert_string_equal(verdict_of(doc, 0), "same");
			assert_int_equal(status_of(doc), noise ? 2 : 0);
			json_decref(doc);
			json_decref(docs[0]);
			json_decref(docs[1]);
		}
}

/*
 * Twice as slow, beside twenty other tasks: cells judged by their cost alone, or that wait for the
 * scheduler, get no verdict.
 */
static void load_is_not_taken_for_a_change(void **state)
{
	static const char *const groups[] = { "memory", "sched", "exit" };
	json_t *docs[2] = { document__new("x", TSC), document__new("x", TSC) }, *doc, *cell;
	struct rng rng;

	(void)state;
	rng__seed(&rng, 24);
	for (int side = 0; side < 2; side++)
		for (int i = 0; i < 3; i++) {
			cell = document__random_cell(docs[side], groups[i], &rng,
						     side ? 2000 : 1000, .01, 20);
			json_object_set_new(cell, "group", json_string(groups[i]));
			if (i)
				document__reference(cell, &rng, side ? 2 : 1, .003, 20);
		}
	for (int loaded = 0; loaded < 2; loaded++) {
		for (int side = 0; side < 2; side++)
			json_object_set_new(json_object_get(docs[side], "host"), "load_average",
					    json_pack("[f, f, f]",
						      loaded && side ? 20.0 : side + .3, .5, .5));
		doc = compared(docs[0], docs[1], &usual);
		assert_string_equal(verdict_of(doc, 0), loaded ? "inconclusive" : "slower");
		assert_string_equal(verdict_of(doc, 1), loaded ? "inconclusive" : "slower");
		assert_string_equal(verdict_of(doc, 2), "slower");
		assert_int_equal(json_array_size(json_object_get(first(doc), "remarks")), loaded);
		json_decref(doc);
	}
	/* What was counted while cells were measured says more than a load average from before. */
	for (int loaded = 0; loaded < 2; loaded++) {
		for (int side = 0; side < 2; side++) {
			json_object_set_new(json_object_get(docs[side], "host"), "load_average",
					    json_pack("[f, f, f]", loaded ? 4.0 : 1 + 19.0 * side,
						      .5, .5));
			json_object_set_new(docs[side], "contention",
					    json_pack("{s:f, s:f}", "others_cpus",
						      loaded && !side ? 1.5 : .01, "stolen_cpus",
						      0.0));
		}
		doc = compared(docs[0], docs[1], &usual);
		assert_string_equal(verdict_of(doc, 1), loaded ? "inconclusive" : "slower");
		assert_string_equal(verdict_of(doc, 2), "slower");
		assert_int_equal(json_array_size(json_object_get(first(doc), "remarks")), loaded);
		json_decref(doc);
	}
	/* With all CPUs busy, others have the same share of them however many they are. */
	document__reference(json_array_get(json_object_get(docs[0], "cells"), 0), &rng, 1, .003,
			    20);
	document__reference(json_array_get(json_object_get(docs[1], "cells"), 0), &rng, 2, .003,
			    20);
	for (int busy = 0; busy < 2; busy++) {
		for (int side = 0; side < 2; side++)
			json_object_set_new(docs[side], "contention",
					    json_pack("{s:i, s:f, s:f, s:f}", "cpus", 2,
						      "others_cpus", 1.65, "own_cpus",
						      busy && side ? 0.33 : 0.2, "stolen_cpus",
						      0.01));
		doc = compared(docs[0], docs[1], &usual);
		assert_string_equal(verdict_of(doc, 0), busy ? "inconclusive" : "slower");
		assert_string_equal(verdict_of(doc, 1), busy ? "inconclusive" : "slower");
		assert_string_equal(verdict_of(doc, 2), "slower");
		assert_int_equal(json_array_size(json_object_get(first(doc), "remarks")), busy);
		json_decref(doc);
	}
	json_decref(docs[0]);
	json_decref(docs[1]);
}

/*
 * The cost of a VM's life differs from run to run: 12 % are not called a change, 18 % are, and 3 %
 * are none unless the user asks for less. The same holds for what is emulated below.
 */
static void some_costs_differ_from_run_to_run(void **state)
{
	static const struct {
		const char *group, *reference;
		double level;
		bool threshold;
		const char *verdict;
	} table[] = {
		{ "lifecycle", NULL, 1120, false, "inconclusive" },
		{ "lifecycle", NULL, 880, false, "inconclusive" },
		{ "lifecycle", NULL, 1180, false, "slower" },
		{ "lifecycle", NULL, 800, false, "faster" },
		{ "lifecycle", NULL, 1030, false, "same" },
		{ "lifecycle", NULL, 1030, true, "inconclusive" },
		{ "exit", "empty:ring=0", 1120, false, "inconclusive" },
		{ "exit", "empty:ring=0", 1180, false, "slower" },
		{ "exit", "empty:ring=0", 1030, false, "same" },
		{ "exit", "pio-user", 1030, false, "slower" },
		{ "exit", NULL, 1030, false, "slower" },
	};
	struct compare_options given = usual;
	struct rng rng;

	(void)state;
	given.floor_given = true;
	rng__seed(&rng, 25);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *docs[2] = { document__new("x", TSC), document__new("x", TSC) }, *doc, *cell;

		for (int side = 0; side < 2; side++) {
			cell = document__random_cell(docs[side], "w", &rng,
						     side ? table[i].level : 1000, .002, 48);
			json_object_set_new(cell, "group", json_string(table[i].group));
			if (table[i].reference)
				json_object_set_new(cell, "reference",
						    json_pack("{s:s}", "label",
							      table[i].reference));
		}
		doc = compared(docs[0], docs[1], table[i].threshold ? &given : &usual);
		assert_string_equal(verdict_of(doc, 0), table[i].verdict);
		json_decref(doc);
		json_decref(docs[0]);
		json_decref(docs[1]);
	}
}

/* The table of cell_verdict.h. */
static void figures_join_to_verdicts(void **state)
{
	enum {
		S = VERDICT_SAME,
		U = VERDICT_INCONCLUSIVE,
		W = VERDICT_SLOWER,
		F = VERDICT_FASTER,
		NONE = -1
	};
	static const struct {
		int cost, ratio, level;
		double cost_shift, ratio_shift, level_shift;
		const char *verdict, *by;
	} table[] = {
		{ S, NONE, NONE, 0, 0, 0, "same", "cost" },
		{ W, NONE, NONE, .1, 0, 0, "slower", "cost" },
		{ U, NONE, NONE, .1, 0, 0, "inconclusive", "" },
		{ S, S, S, 0, 0, 0, "same", "both" },
		{ W, S, U, .1, 0, .1, "moved", "ratio" },
		{ F, S, U, -.1, 0, -.1, "moved", "ratio" },
		{ U, S, S, 0, 0, 0, "same", "reference" },
		{ U, S, W, .1, 0, .1, "moved", "ratio" },
		{ U, S, U, 0, 0, 0, "same-ratio", "ratio" },
		{ W, W, U, .1, .1, 0, "slower", "both" },
		{ F, F, U, -.1, -.1, 0, "faster", "both" },
		{ S, W, F, 0, .1, -.1, "same", "cost" },
		{ S, F, W, 0, -.1, .1, "same", "cost" },
		{ U, W, F, 0, .1, -.1, "inconclusive", "" },
		{ U, F, W, 0, -.1, .1, "inconclusive", "" },
		{ U, W, F, 0, .1, -.03, "slower", "ratio" },
		{ U, W, U, 0, .1, 0, "slower", "ratio" },
		{ F, W, F, -.1, .1, -.2, "inconclusive", "" },
		{ W, F, W, .1, -.1, .2, "inconclusive", "" },
		{ S, U, U, 0, 0, 0, "same", "cost" },
		{ W, U, W, .1, 0, .08, "inconclusive", "" },
		{ W, U, W, .1, 0, .03, "slower", "cost" },
		{ F, U, U, -.1, 0, 0, "faster", "cost" },
		{ U, U, U, .1, 0, .1, "inconclusive", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct figure f[3];
		const int verdicts[] = { table[i].cost, table[i].ratio, table[i].level };
		const double shifts[] = { table[i].cost_shift, table[i].ratio_shift,
					  table[i].level_shift };
		struct cell_verdict verdict;

		for (int k = 0; k < 3; k++) {
			double half = verdicts[k] == U ? 1 : .001;

			f[k] = (struct figure){
				.verdict = verdicts[k] < 0 ? U : (enum verdict)verdicts[k],
				.logs = true,
				.shift = shifts[k],
				.low = shifts[k] - half,
				.high = shifts[k] + half,
				.floor = .02,
				.needed = 20,
			};
		}
		verdict = cell__judge(&f[0], table[i].ratio == NONE ? NULL : &f[1],
				      table[i].level == NONE ? NULL : &f[2], NULL);
		if (strcmp(verdict__name(verdict.verdict), table[i].verdict) ||
		    strcmp(verdict.by ?: "", table[i].by))
			fail_msg("row %zu: %s by %s", i, verdict__name(verdict.verdict),
				 verdict.by ?: "nothing");
	}
}

/*
 * A ratio that changed by an amount that the cell's own cost excludes changed because of the
 * reference, whether or not the reference's change is visible.
 */
static void ratio_that_the_cost_excludes_is_not_called(void **state)
{
	struct figure cost = { .verdict = VERDICT_INCONCLUSIVE,
			       .logs = true,
			       .low = -.02,
			       .high = .03,
			       .floor = .02 };
	struct figure ratio = {
		.verdict = VERDICT_FASTER, .logs = true, .shift = -.3, .low = -.301, .high = -.299
	};
	struct figure level = { .verdict = VERDICT_INCONCLUSIVE,
				.logs = true,
				.shift = .001,
				.low = -.01,
				.high = .01 };

	(void)state;
	assert_int_equal(cell__judge(&cost, &ratio, &level, NULL).verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(cell__judge(&cost, &ratio, NULL, NULL).verdict, VERDICT_INCONCLUSIVE);
	cost.low = -.35;
	assert_int_equal(cell__judge(&cost, &ratio, &level, NULL).verdict, VERDICT_FASTER);
	/*
	 * The cost is less than that of the loop around it: percentages of it depend on the
	 * reference.
	 */
	cost.logs = false;
	assert_int_equal(cell__judge(&cost, &ratio, NULL, NULL).verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(cell__judge(&cost, &ratio, &level, NULL).verdict, VERDICT_FASTER);
	/* The other way round: a cost that changed while the ratio excludes such a change. */
	cost = (struct figure){
		.verdict = VERDICT_FASTER, .shift = -.034, .low = -.037, .high = -.029, .floor = .02
	};
	ratio = (struct figure){ .verdict = VERDICT_INCONCLUSIVE,
				 .logs = true,
				 .low = -.003,
				 .high = .025,
				 .floor = .02 };
	assert_int_equal(cell__judge(&cost, &ratio, NULL, NULL).verdict, VERDICT_INCONCLUSIVE);
	ratio.low = -.04;
	assert_int_equal(cell__judge(&cost, &ratio, NULL, NULL).verdict, VERDICT_FASTER);
	ratio = (struct figure){
		.verdict = VERDICT_FASTER, .logs = true, .shift = -.3, .low = -.301, .high = -.299
	};
	cost = (struct figure){
		.verdict = VERDICT_INCONCLUSIVE, .low = -.35, .high = .03, .floor = .02
	};
	level.shift = .3, level.low = .29, level.high = .31, level.verdict = VERDICT_SLOWER;
	assert_int_equal(cell__judge(&cost, &ratio, &level, NULL).verdict, VERDICT_INCONCLUSIVE);
}

/*
 * A cost without a usable reference gets no verdict where operations of processes on the host
 * changed by a third as much.
 */
static void a_cost_alone_is_not_called_where_the_host_moved(void **state)
{
	struct figure cost = { .verdict = VERDICT_FASTER,
			       .logs = true,
			       .shift = -.2,
			       .low = -.28,
			       .high = -.17,
			       .floor = .02 };
	struct figure ratio = { .verdict = VERDICT_INCONCLUSIVE,
				.logs = true,
				.shift = -.1,
				.low = -.3,
				.high = .1,
				.floor = .02 };
	struct level levels[] = {
		{ .label = "native:memfd",
		  .figure = { .verdict = VERDICT_INCONCLUSIVE,
			      .shift = .3,
			      .low = -.1,
			      .high = .5 } },
		{ .label = "pio-user",
		  .figure = { .verdict = VERDICT_FASTER, .shift = -.4, .low = -.5, .high = -.3 } },
		{ .label = "native",
		  .figure = { .verdict = VERDICT_SLOWER, .shift = .06, .low = .05, .high = .07 } },
		{ .label = "native:membarrier",
		  .figure = { .verdict = VERDICT_SLOWER,
			      .shift = .03,
			      .low = .025,
			      .high = .035 } },
	};
	const struct figure *host = levels__host(levels, 4);

	(void)state;
	/*
	 * Measured in a process, and known to have changed; the direction says nothing about
	 * another operation.
	 */
	assert_ptr_equal(host, &levels[2].figure);
	assert_null(levels__host(levels, 2));
	assert_int_equal(cell__judge(&cost, NULL, NULL, NULL).verdict, VERDICT_FASTER);
	assert_int_equal(cell__judge(&cost, NULL, NULL, host).verdict, VERDICT_FASTER);
	levels[2].figure.shift = .07;
	assert_int_equal(cell__judge(&cost, NULL, NULL, host).verdict, VERDICT_INCONCLUSIVE);
	assert_non_null(cell__judge(&cost, NULL, NULL, host).why);
	assert_int_equal(cell__judge(&cost, &ratio, NULL, host).verdict, VERDICT_INCONCLUSIVE);
	/* A decided ratio is of what was measured at the same time. */
	ratio = (struct figure){ .verdict = VERDICT_FASTER,
				 .logs = true,
				 .shift = -.2,
				 .low = -.22,
				 .high = -.18,
				 .floor = .02 };
	assert_int_equal(cell__judge(&cost, &ratio, NULL, host).verdict, VERDICT_FASTER);
	cost.verdict = VERDICT_SAME;
	assert_int_equal(cell__judge(&cost, NULL, NULL, host).verdict, VERDICT_SAME);
}

static void a_shift_of_all_cells_is_said_to_be_one(void **state)
{
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
	char name[16];
	struct rng rng;

	(void)state;
	rng__seed(&rng, 11);
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "cell-%d", i);
		document__random_cell(base, name, &rng, 1000, .01, 12);
		document__random_cell(new, name, &rng, 1200, .01, 12);
	}
	doc = compared(base, new, &usual);
	assert_true(fabs(doc__number(first(doc), "common.change") - .2) < .02);
	assert_true(doc__number(first(doc), "common.agree") == 8);
	assert_int_equal(status_of(doc), 1);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/* What no two samples took is a median like any other, and one round of it decides nothing. */
static void a_count_without_a_path_is_not_exact(void **state)
{
	static const double path[] = { 1000 }, longer[] = { 1040 };
	json_t *base = document__new("x", ICOUNT), *new = document__new("x", ICOUNT), *doc, *cell;

	(void)state;
	cell = document__cell(base, "cell", path, 1);
	json_object_set_new(cell, "unit", json_string("insn"));
	json_object_set_new(json_object_get(cell, "summary"), "on_path", json_real(1));
	cell = document__cell(new, "cell", longer, 1);
	json_object_set_new(cell, "unit", json_string("insn"));
	for (int has = 1; has >= 0; has--) {
		json_object_set_new(json_object_get(cell, "summary"), "on_path",
				    has ? json_real(.5) : json_null());
		doc = compared(base, new, &usual);
		assert_string_equal(verdict_of(doc, 0), has ? "slower" : "inconclusive");
		assert_int_equal(status_of(doc), has ? 1 : 2);
		json_decref(doc);
	}
	json_decref(base);
	json_decref(new);
}

static void counted_instructions_are_compared_exactly(void **state)
{
	static const double path[] = { 1000 }, longer[] = { 1001 };
	json_t *base = document__new("x", ICOUNT), *new = document__new("x", ICOUNT), *doc;
	struct compare_options tolerant = usual;

	(void)state;
	document__cell(base, "same", path, 1);
	document__cell(new, "same", path, 1);
	document__cell(base, "longer", path, 1);
	document__cell(new, "longer", longer, 1);
	/* Only the minimum differs: a stray sample, not the path. */
	document__cell(base, "least", path, 1);
	json_object_set_new(json_object_get(document__cell(new, "least", path, 1), "summary"),
			    "min", json_real(998));
	doc = compared(base, new, &usual);
	assert_string_equal(verdict_of(doc, 0), "same");
	assert_string_equal(verdict_of(doc, 1), "slower");
	assert_string_equal(verdict_of(doc, 2), "same");
	assert_string_equal(doc__text(cell_of(doc, 1), "cost.test"), "exact");
	json_decref(doc);
	tolerant.floor_given = true;
	doc = compared(base, new, &tolerant);
	assert_string_equal(verdict_of(doc, 1), "same");
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static void a_count_and_a_time_are_not_compared(void **state)
{
	static const double path[] = { 1000 };
	json_t *base = document__new("x", ICOUNT), *new = document__new("x", TSC), *doc;
	struct compare_options force = usual;

	(void)state;
	document__cell(base, "cell", path, 1);
	document__cell(new, "cell", path, 1);
	force.force = true;
	doc = compared(base, new, &force);
	assert_int_equal(status_of(doc), 3);
	assert_non_null(strstr(doc__text(first(doc), "refused"), "clock"));
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static void unlike_hosts_are_refused_and_named(void **state)
{
	static const double path[] = { 1000, 1001, 1002, 1003, 1004 };
	json_t *base = document__new("x", TSC), *new = document__new("y", TSC), *doc, *machine;
	struct compare_options force = usual;

	(void)state;
	document__cell(base, "cell", path, 5);
	document__cell(new, "cell", path, 5);
	json_object_set_new(json_object_get(json_object_get(new, "host"), "cpu"), "model",
			    json_string("Another CPU"));
	doc = compared(base, new, &usual);
	assert_int_equal(status_of(doc), 3);
	assert_int_equal(json_array_size(json_object_get(first(doc), "cells")), 0);
	machine = (json_t *)doc__at(first(doc), "hosts.machine");
	assert_int_equal(json_array_size(machine), 1);
	assert_string_equal(doc__text(json_array_get(machine, 0), "field"), "cpu.model");
	assert_string_equal(doc__text(json_array_get(machine, 0), "new"), "Another CPU");
	json_decref(doc);
	force.force = true;
	doc = compared(base, new, &force);
	assert_int_equal(status_of(doc), 0);
	assert_int_equal(json_array_size(json_object_get(first(doc), "remarks")), 1);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static json_t *emulated(json_t *doc, const char *lane, const char *name, const char *version)
{
	json_object_set_new(json_object_get(doc, "host"), "lab",
			    json_pack("{s:s, s:{s:s, s:s}}", "lane", lane, "emulator", "name", name,
				      "version", version));
	return doc;
}

/* The fingerprint knows nothing of what emulated a host, and may be the same. */
static void another_emulator_is_another_host(void **state)
{
	static const double path[] = { 1000, 1001, 1002, 1003, 1004 };
	static const struct {
		const char *lane, *name, *version, *field;
	} others[] = {
		{ "svm", "QEMU", "7.2", NULL },
		{ "svm", "QEMU", "10.0", "lab.emulator.version" },
		{ "svm", "Bochs", "7.2", "lab.emulator.name" },
		{ "svm-bochs", "QEMU", "7.2", "lab.lane" },
		{ NULL, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		json_t *base = emulated(document__new("x", TSC), "svm", "QEMU", "7.2"),
		       *new = document__new("x", TSC), *doc;
		const json_t *machine;

		document__cell(base, "cell", path, 5);
		document__cell(new, "cell", path, 5);
		if (others[i].lane)
			emulated(new, others[i].lane, others[i].name, others[i].version);
		doc = compared(base, new, &usual);
		assert_int_equal(status_of(doc), others[i].field ? 3 : 0);
		machine = doc__at(first(doc), "hosts.machine");
		assert_int_equal(json_array_size(machine), others[i].field ? 1 : 0);
		if (others[i].field)
			assert_string_equal(doc__text(json_array_get(machine, 0), "field"),
					    others[i].field);
		json_decref(doc);
		json_decref(base);
		json_decref(new);
	}
}

/* A document that was changed by hand, or merged, may have the fingerprint of another machine. */
static void unlike_hosts_of_one_fingerprint_are_refused(void **state)
{
	static const double path[] = { 1000, 1001, 1002, 1003, 1004 };
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
	json_t *host = json_object_get(new, "host");

	(void)state;
	document__cell(base, "cell", path, 5);
	document__cell(new, "cell", path, 5);
	/* A field that only one document has is no difference. */
	json_object_set_new(host, "machine", json_string("x86_64"));
	doc = compared(base, new, &usual);
	assert_int_equal(status_of(doc), 0);
	assert_int_equal(json_array_size(doc__at(first(doc), "hosts.machine")), 0);
	assert_int_equal(json_array_size(doc__at(first(doc), "hosts.setup")), 1);
	json_decref(doc);
	json_object_set_new(json_object_get(host, "cpu"), "model", json_string("Another CPU"));
	doc = compared(base, new, &usual);
	assert_int_equal(status_of(doc), 3);
	assert_int_equal(doc__bool(doc__at(first(doc), "hosts"), "unlike"), 1);
	assert_int_equal(json_array_size(doc__at(first(doc), "hosts.machine")), 1);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static void another_kernel_is_reported_but_not_refused(void **state)
{
	static const double path[] = { 1000, 1001, 1002, 1003, 1004 };
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc, *setup;

	(void)state;
	document__cell(base, "cell", path, 5);
	document__cell(new, "cell", path, 5);
	json_object_set_new(json_object_get(new, "host"), "kernel", json_string("6.12.0"));
	json_object_set_new(json_object_get(json_object_get(new, "host"), "cpu"), "flags",
			    json_pack("[s, s]", "tsc", "vaes"));
	json_object_set_new(json_object_get(new, "host"), "load_average", json_pack("[i]", 7));
	doc = compared(base, new, &usual);
	assert_int_equal(status_of(doc), 0);
	setup = (json_t *)doc__at(first(doc), "hosts.setup");
	assert_int_equal(json_array_size(setup), 2);
	assert_string_equal(doc__text(json_array_get(setup, 0), "field"), "kernel");
	assert_string_equal(doc__text(json_array_get(setup, 1), "base"), "pcid");
	assert_string_equal(doc__text(json_array_get(setup, 1), "new"), "vaes");
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/* Replaces the exits of a cell by reasons as from a probe, and a total. */
static void set_exits(json_t *cell, double total, double cpuid, double hlt, bool constant)
{
	json_t *exits = json_pack("{s:{s:f, s:f, s:f}, s:[{s:s, s:f}, {s:s, s:f}]}", "per_op",
				  "total", total, "user", 0.0, "host_interrupts", total / 3,
				  "by_reason", "reason", "CPUID", "per_op", cpuid, "reason", "HLT",
				  "per_op", hlt);

	json_object_set_new(exits, "as_expected", constant ? json_true() : json_null());
	json_object_set_new(cell, "exits", exits);
}

static void exit_profiles_are_compared(void **state)
{
	static const double path[] = { 1000, 1001, 1002, 1003, 1004, 1005 };
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;

	(void)state;
	for (int i = 0; i < 3; i++)
		set_exits(document__cell(base, "cell", path, 6), 1, 1, 0, i < 2);
	set_exits(document__cell(new, "cell", path, 6), 1.002, 1.002, 0, true);
	set_exits(document__cell(new, "cell", path, 6), 2, 1, 1, true);
	set_exits(document__cell(new, "cell", path, 6), 1, 0, 1, false);
	doc = compared(base, new, &usual);
	assert_string_equal(doc__text(cell_of(doc, 0), "exits.verdict"), "same");
	assert_string_equal(doc__text(cell_of(doc, 1), "exits.verdict"), "more");
	assert_string_equal(doc__text(cell_of(doc, 2), "exits.verdict"), "changed");
	assert_int_equal(json_array_size(doc__at(cell_of(doc, 2), "exits.changes")), 2);
	assert_string_equal(doc__text(json_array_get(doc__at(cell_of(doc, 2), "exits.changes"), 0),
				      "what"),
			    "went");
	/* The times are the same; one more exit per operation is a regression nevertheless. */
	assert_string_equal(verdict_of(doc, 1), "same");
	assert_int_equal(status_of(doc), 1);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/* A reason that the base never had is reported with its number; before it was 0. */
static void a_reason_that_is_new_has_its_number(void **state)
{
	static const double path[] = { 1000, 1001, 1002, 1003, 1004, 1005 };
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc, *of_base;
	const json_t *change;

	(void)state;
	of_base = document__cell(base, "cell", path, 6);
	set_exits(of_base, 1, 1, 0, true);
	json_array_remove(json_object_get(json_object_get(of_base, "exits"), "by_reason"), 1);
	set_exits(document__cell(new, "cell", path, 6), 1, 1, 0.5, true);
	doc = compared(base, new, &usual);
	assert_string_equal(doc__text(cell_of(doc, 0), "exits.verdict"), "changed");
	assert_int_equal(json_array_size(doc__at(cell_of(doc, 0), "exits.changes")), 1);
	change = json_array_get(doc__at(cell_of(doc, 0), "exits.changes"), 0);
	assert_string_equal(doc__text(change, "reason"), "HLT");
	assert_string_equal(doc__text(change, "what"), "appeared");
	assert_true(doc__number(change, "base") == 0);
	assert_true(doc__number(change, "new") == 0.5);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static void cells_match_by_what_they_are_not_by_their_place(void **state)
{
	static const double low[] = { 10, 10, 10, 10, 10 }, high[] = { 99, 99, 99, 99, 99 };
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc, *cell;

	(void)state;
	for (int i = 0; i < 2; i++) {
		cell = document__cell(base, "chase", i ? high : low, 5);
		json_object_set_new(cell, "params",
				    json_pack("{s:i}", "working_set", i ? 4096 : 64));
		cell = document__cell(new, "chase", i ? low : high, 5);
		json_object_set_new(cell, "params",
				    json_pack("{s:s}", "working_set", i ? "64" : "4096"));
	}
	doc = compared(base, new, &usual);
	assert_string_equal(verdict_of(doc, 0), "same");
	assert_string_equal(verdict_of(doc, 1), "same");
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static void what_has_no_like_is_listed_with_the_reason(void **state)
{
	static const double path[] = { 10, 10, 10, 10, 10 };
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
	const json_t *alone;
	struct compare_options across = usual;
	static const char *const keys[] = { "irqchip", NULL };

	(void)state;
	document__cell(base, "both", path, 5);
	document__cell(new, "both", path, 5);
	document__cell(base, "gone", path, 5);
	document__cell(base, "split", path, 5);
	json_object_set_new(json_object_get(document__cell(new, "split", path, 5), "config"),
			    "irqchip", json_string("split"));
	doc = compared(base, new, &usual);
	alone = doc__at(first(doc), "unmatched.base");
	assert_int_equal(json_array_size(alone), 2);
	assert_string_equal(doc__text(json_array_get(alone, 0), "why"),
			    "the other result has no such workload");
	assert_string_equal(doc__text(json_array_get(alone, 1), "why"),
			    "the other result has it with irqchip=split (here: kernel)");
	assert_int_equal(json_array_size(doc__at(first(doc), "unmatched.new")), 1);
	json_decref(doc);
	across.across = keys;
	doc = compared(base, new, &across);
	assert_int_equal(json_array_size(json_object_get(first(doc), "cells")), 2);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/*
 * A newer program writes one more key: the cells still match, and the key that only one has is
 * named.
 */
static void a_key_that_only_one_knows_does_not_part_cells(void **state)
{
	static const double path[] = { 10, 10, 10, 10, 10 };
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;

	(void)state;
	document__cell(base, "cell", path, 5);
	json_object_set_new(json_object_get(document__cell(new, "cell", path, 5), "config"),
			    "numa_node", json_string("any"));
	doc = compared(base, new, &usual);
	assert_int_equal(json_array_size(json_object_get(first(doc), "cells")), 1);
	assert_string_equal(json_string_value(
				    json_array_get(json_object_get(cell_of(doc, 0), "remarks"), 0)),
			    "only the new one says numa_node=any");
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static void set_config(json_t *cell, const char *key, const char *value)
{
	json_object_set_new(json_object_get(cell, "config"), key, json_string(value));
}

/*
 * Where keys keep cells from matching, the --across that would match them is named: the fewest keys
 * that match the most cells.
 */
static void keys_that_part_cells_are_named(void **state)
{
	static const double path[] = { 10, 10, 10, 10, 10 };
	static const struct {
		const char *of_new[2][2];
		const char *across;
		double more;
	} cases[] = {
		{ { { "kernel", "4k" }, { "kernel", "4k" } }, NULL, 0 },
		{ { { "split", "4k" }, { "split", "4k" } }, "irqchip", 2 },
		{ { { "split", "4k" }, { "kernel", "4k" } }, "irqchip", 1 },
		{ { { "split", "thp" }, { "kernel", "4k" } }, "irqchip,pages", 1 },
		{ { { "split", "4k" }, { "kernel", "thp" } }, "irqchip,pages", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;

		for (int k = 0; k < 2; k++) {
			set_config(document__cell(base, k ? "one" : "two", path, 5), "pages", "4k");
			set_config(document__cell(new, k ? "one" : "two", path, 5), "irqchip",
				   cases[i].of_new[k][0]);
			set_config(json_array_get(json_object_get(new, "cells"), (size_t)k),
				   "pages", cases[i].of_new[k][1]);
		}
		document__cell(new, "other", path, 5);
		doc = compared(base, new, &usual);
		if (cases[i].across) {
			assert_string_equal(doc__text(first(doc), "across.keys"), cases[i].across);
			assert_true(doc__number(first(doc), "across.more") == cases[i].more);
		} else {
			assert_true(json_is_null(json_object_get(first(doc), "across")));
		}
		json_decref(doc);
		json_decref(base);
		json_decref(new);
	}
}

static void units_that_differ_are_not_guessed_at(void **state)
{
	static const double path[] = { 10, 10, 10, 10, 10 };
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;

	(void)state;
	document__cell(base, "cell", path, 5);
	json_object_set_new(document__cell(new, "cell", path, 5), "unit", json_string("cycles"));
	doc = compared(base, new, &usual);
	assert_string_equal(verdict_of(doc, 0), "unmeasured");
	assert_true(json_is_null(json_object_get(cell_of(doc, 0), "cost")));
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static void a_cell_that_fails_now_is_a_regression(void **state)
{
	static const double path[] = { 10, 10, 10, 10, 10 };
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc, *cell;

	(void)state;
	document__cell(base, "cell", path, 5);
	cell = document__cell(new, "cell", path, 5);
	json_object_set_new(cell, "status", json_string("failed"));
	json_object_set_new(cell, "reason", json_string("the guest hung"));
	json_object_set_new(cell, "summary", json_null());
	doc = compared(base, new, &usual);
	assert_string_equal(verdict_of(doc, 0), "lost");
	assert_int_equal(status_of(doc), 1);
	json_decref(doc);
	doc = compared(new, base, &usual);
	assert_string_equal(verdict_of(doc, 0), "gained");
	/*
	 * Alone, such a cell means that nothing was compared; beside a judged one it changes
	 * nothing.
	 */
	assert_int_equal(status_of(doc), 3);
	json_decref(doc);
	document__cell(base, "other", path, 5);
	document__cell(new, "other", path, 5);
	doc = compared(new, base, &usual);
	assert_int_equal(status_of(doc), 0);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/*
 * 0.1 ns more for an operation of 0.02 ns is not a five-fold slow-down: it is negligible beside the
 * loop.
 */
static void next_to_nothing_is_measured_by_the_loop(void **state)
{
	double before[12], after[12];
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc, *cell;
	struct rng rng;

	(void)state;
	rng__seed(&rng, 12);
	for (int i = 0; i < 12; i++) {
		before[i] = document__draw(&rng, .02, .01);
		after[i] = document__draw(&rng, .12, .01);
	}
	cell = document__cell(base, "empty", before, 12);
	json_object_set_new(cell, "tsc_khz", json_integer(1000000));
	json_object_set_new(json_array_get(json_object_get(cell, "rounds"), 0), "empty_loop",
			    json_real(10));
	document__cell(new, "empty", after, 12);
	doc = compared(base, new, &usual);
	assert_string_equal(verdict_of(doc, 0), "same");
	assert_true(fabs(doc__number(cell_of(doc, 0), "cost.change") - .01) < .002);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int nr = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		nr++;
	return nr;
}

/* Names in a document have no effect on a terminal or on a reader of XML or Markdown. */
static void hostile_names_are_harmless(void **state)
{
	static const double path[] = { 10, 10, 10, 10, 10 };
	static const char evil[] = "\033[31m<script>]]>&\"'`|\n@all\xe2\x80\xae";
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
	char *text;

	(void)state;
	document__cell(base, evil, path, 5);
	json_object_set_new(document__cell(new, evil, path, 5), "group", json_string(evil));
	set_exits(json_array_get(json_object_get(base, "cells"), 0), 1, 1, 0, true);
	set_exits(json_array_get(json_object_get(new, "cells"), 0), 2, 1, 1, true);
	json_object_set_new(json_array_get(doc__at(json_array_get(json_object_get(new, "cells"), 0),
						   "exits.by_reason"),
					   1),
			    "reason", json_string(evil));
	json_object_set_new(json_object_get(new, "host"), evil, json_string(evil));
	document__cell(base, evil, path, 5);
	doc = compared(base, new, &usual);
	for_each_renderer(r, SHOW_COMPARISON)
	{
		text = rendered(doc, r, 100);
		assert_null(strchr(text, '\033'));
		assert_null(strstr(text, "\xe2\x80\xae"));
		if (r == &renderer_junit)
			assert_null(strstr(text, "<script>"));
		free(text);
	}
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static void junit_counts_what_it_holds(void **state)
{
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
	struct rng rng;
	char *text;

	(void)state;
	rng__seed(&rng, 14);
	document__random_cell(base, "slow", &rng, 1000, .01, 12);
	document__random_cell(new, "slow", &rng, 1300, .01, 12);
	document__random_cell(base, "noisy", &rng, 1000, .5, 12);
	document__random_cell(new, "noisy", &rng, 1000, .5, 12);
	document__random_cell(base, "same", &rng, 1000, .002, 12);
	document__random_cell(new, "same", &rng, 1000, .002, 12);
	doc = compared(base, new, &usual);
	text = rendered(doc, &renderer_junit, 0);
	assert_non_null(strstr(text, "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\""));
	assert_int_equal(count(text, "<testcase"), 3);
	assert_int_equal(count(text, "<failure"), 1);
	assert_int_equal(count(text, "</testcase>"), 3);
	free(text);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static void tables_fit_the_terminal(void **state)
{
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
	struct rng rng;
	char *text;

	(void)state;
	rng__seed(&rng, 15);
	for (int i = 0; i < 2; i++)
		document__reference(document__random_cell(i ? new : base, "a-workload-with-a-name",
							  &rng, 1e5, .01, 12),
				    &rng, 2, .01, 12);
	doc = compared(base, new, &usual);
	text = rendered(doc, &renderer_text, 80);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 80 + 10); /* some characters take several bytes */
	free(text);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static void documents_without_what_a_comparison_needs_are_survived(void **state)
{
	json_t *base = document__new("x", TSC), *new = document__new("x", TSC), *doc;
	char *text;

	(void)state;
	doc = compared(base, new, &usual);
	assert_int_equal(status_of(doc), 3);
	json_decref(doc);
	for (int i = 0; i < 2; i++)
		json_array_append_new(json_object_get(i ? new : base, "cells"),
				      json_pack("{s:s, s:s, s:s, s:{s:i}}", "workload", "x",
						"status", "ok", "unit", "ns", "summary", "p50", 1));
	json_object_set_new(base, "host", json_object());
	json_object_set_new(new, "host", json_object());
	doc = compared(base, new, &usual);
	for_each_renderer(r, SHOW_COMPARISON)
	{
		text = rendered(doc, r, 0);
		free(text);
	}
	assert_string_equal(verdict_of(doc, 0), "unmeasured");
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_are_what_was_put_in),
		cmocka_unit_test(faster_alone_is_no_regression_and_noise_is_not_sameness),
		cmocka_unit_test(equal_medians_of_noise_are_inconclusive),
		cmocka_unit_test(of_rates_more_is_faster),
		cmocka_unit_test(ratio_of_a_rate_is_a_cost),
		cmocka_unit_test(change_is_that_of_the_medians_shown),
		cmocka_unit_test(more_rounds_are_those_that_decide),
		cmocka_unit_test(more_rounds_know_of_the_noise),
		cmocka_unit_test(too_few_rounds_have_no_interval),
		cmocka_unit_test(resamples_are_drawn_once_for_all_cells),
		cmocka_unit_test(where_nothing_differs_hardly_anything_is_called),
		cmocka_unit_test(a_change_below_the_threshold_is_none),
		cmocka_unit_test(drift_within_a_run_raises_the_threshold),
		cmocka_unit_test(too_few_rounds_are_said_to_be),
		cmocka_unit_test(sides_with_too_few_rounds_are_named),
		cmocka_unit_test(the_ratio_to_a_reference_is_judged_apart),
		cmocka_unit_test(what_hits_the_reference_too_is_not_the_same),
		cmocka_unit_test(undecided_cost_with_a_same_ratio_is_said_to_be_so),
		cmocka_unit_test(same_beside_a_same_reference_is_the_same),
		cmocka_unit_test(only_the_reference_moved),
		cmocka_unit_test(load_is_not_taken_for_a_change),
		cmocka_unit_test(figures_join_to_verdicts),
		cmocka_unit_test(ratio_that_the_cost_excludes_is_not_called),
		cmocka_unit_test(some_costs_differ_from_run_to_run),
		cmocka_unit_test(a_cost_alone_is_not_called_where_the_host_moved),
		cmocka_unit_test(a_shift_of_all_cells_is_said_to_be_one),
		cmocka_unit_test(counted_instructions_are_compared_exactly),
		cmocka_unit_test(a_count_without_a_path_is_not_exact),
		cmocka_unit_test(a_count_and_a_time_are_not_compared),
		cmocka_unit_test(unlike_hosts_are_refused_and_named),
		cmocka_unit_test(another_emulator_is_another_host),
		cmocka_unit_test(unlike_hosts_of_one_fingerprint_are_refused),
		cmocka_unit_test(another_kernel_is_reported_but_not_refused),
		cmocka_unit_test(exit_profiles_are_compared),
		cmocka_unit_test(a_reason_that_is_new_has_its_number),
		cmocka_unit_test(cells_match_by_what_they_are_not_by_their_place),
		cmocka_unit_test(what_has_no_like_is_listed_with_the_reason),
		cmocka_unit_test(a_key_that_only_one_knows_does_not_part_cells),
		cmocka_unit_test(keys_that_part_cells_are_named),
		cmocka_unit_test(units_that_differ_are_not_guessed_at),
		cmocka_unit_test(a_cell_that_fails_now_is_a_regression),
		cmocka_unit_test(next_to_nothing_is_measured_by_the_loop),
		cmocka_unit_test(hostile_names_are_harmless),
		cmocka_unit_test(junit_counts_what_it_holds),
		cmocka_unit_test(tables_fit_the_terminal),
		cmocka_unit_test(documents_without_what_a_comparison_needs_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
