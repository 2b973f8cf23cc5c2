// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the level of a series changed: see changepoint.h. */
#include "bench/base/changepoint.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/inference.h"

/* Fewer results than this on a side of a split count as outliers, not as a level. */
#define LEAST_SIDE 3
/*
 * With so few values on a side the normal approximation of the rank sum is wrong in its tails:
 * arrangements are counted instead.
 */
#define SHORT_SIDE 12
/*
 * Counting starts only from this size of the sum, in standard errors, since smaller ones are not
 * rare, and only as long as it takes no more than so many steps.
 */
#define EXACT_FROM 2.4
#define MOST_WORK  1e5
/* Standard errors beyond which the tail is smaller than a double can hold. */
#define MOST_SIZE 38
/* Up to so many values the p of the whole search is counted as well, not only that of one split. */
#define COUNT_UP_TO 40

/* Each scale of seeded intervals has intervals this much shorter than those of the last. */
#define SCALE M_SQRT1_2

/*
 * From this share of the series on, picking an interval's values from the sorted series is quicker
 * than sorting them.
 */
#define PICK_FROM 16

/* In which values are sorted otherwise. */
#define DIGIT_BITS 8
#define DIGITS	   (1 << DIGIT_BITS)

struct search {
	const double *values;
	size_t nr, *all; /* all: indices of the series, sorted by value */
	size_t *places;	 /* of each value, where it stands in `all` */
	double alpha, least;
	size_t *found; /* indices, unsorted */
	size_t nr_found, room;
	double *ranks;	/* scratch */
	size_t *order;	/* scratch: indices of a segment, sorted by value */
	size_t *other;	/* scratch: while that is made */
	size_t *picked; /* scratch: indices of the values whose median is taken */
	size_t *spread; /* scratch: the same for each interval of one length */
	size_t *filled; /* scratch: how many values of each of them are filled in */
	size_t *starts; /* scratch: where each of them begins */
};

struct split {
	size_t at;
	double p;
};

static int compare_sizes(const void *pa, const void *pb)
{
	size_t a = *(const size_t *)pa, b = *(const size_t *)pb;

	return (a > b) - (a < b);
}

struct keyed {
	double value;
	size_t index;
};

static int compare_keyed(const void *pa, const void *pb)
{
	const struct keyed *a = pa, *b = pb;

	return (a->value > b->value) - (a->value < b->value);
}

/* Fills `order` with the indices of the values, sorted by value. */
static int sort_indices(const double *values, size_t n, size_t *order)
{
	struct keyed *list = calloc(n, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		list[i] = (struct keyed){ values[i], i };
	qsort(list, n, sizeof(*list), compare_keyed);
	for (size_t i = 0; i < n; i++)
		order[i] = list[i].index;
	free(list);
	return 0;
}

/* Sorts a part of the series by the places that its values have in the whole, digit by digit. */
static void sort_places(struct search *s, size_t from, size_t n, size_t *order)
{
	size_t *in = order, *out = s->other;

	for (size_t i = 0; i < n; i++)
		in[i] = i;
	for (unsigned int shift = 0; (s->nr - 1) >> shift; shift += DIGIT_BITS) {
		size_t ends[DIGITS + 1] = { 0 }, *swapped = in;

		for (size_t i = 0; i < n; i++)
			ends[((s->places[from + i] >> shift) % DIGITS) + 1]++;
		for (size_t d = 0; d < DIGITS; d++)
			ends[d + 1] += ends[d];
		for (size_t i = 0; i < n; i++)
			out[ends[(s->places[from + in[i]] >> shift) % DIGITS]++] = in[i];
		in = out;
		out = swapped;
	}
	if (in != order)
		memcpy(order, in, n * sizeof(*order));
}

/* Fills `order` with the indices of a part of the series, from 0, sorted by value. */
static void sort_interval(struct search *s, size_t from, size_t n, size_t *order)
{
	if (n * PICK_FROM < s->nr) {
		sort_places(s, from, n, order);
		return;
	}
	for (size_t i = 0, k = 0; i < s->nr; i++)
		if (s->all[i] - from < n)
			order[k++] = s->all[i] - from;
}

/* Midranks minus their mean, in the order of the series. */
static void rank_interval(const double *values, const size_t *order, size_t n, double *ranks)
{
	size_t end;

	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && values[order[end]] == values[order[i]]; end++)
			;
		for (size_t k = i; k < end; k++)
			ranks[order[k]] = ((double)i + (double)end - (double)n) / 2;
	}
}

/*
 * The two-sided p of the rank sum test of k against n - k values, where the centred ranks of the k
 * values have that sum. It is counted, since for few values the normal approximation is wrong in
 * its tails; returns `otherwise` where counting would take too long, and 1 where it is seen without
 * that p is not below `limit`.
 */
static double counted_split_p(size_t k, size_t n, double sum, double limit, double otherwise)
{
	double u = fmax(ceil((double)k * (double)(n - k) / 2 - fabs(sum) - 1e-9), 0), p;

	if (2 * inference__rank_sum_tail_least(k, n - k, (size_t)u) > limit * (1 + 1e-9))
		return 1;
	if (u * (double)k > MOST_WORK || inference__rank_sum_tail(k, n - k, (size_t)u, &p))
		return otherwise;
	return 2 * p;
}

/* How far the sum of t ranks of n is from what it usually is, in standard errors, squared. */
static double size_of_sum(double sum, size_t t, size_t n)
{
	return sum * sum * 12 / ((double)n + 1) / ((double)t * (double)(n - t));
}

/* The split, of those `from` to `to` with the sums of ranks up to there, whose p is least. */
static void count_splits(const double *sums, size_t from, size_t to, size_t n, double limit,
			 struct split *best)
{
	for (size_t t = from; t <= to; t++) {
		size_t k = t < n - t ? t : n - t;
		double size = size_of_sum(sums[t], t, n), p;

		if (size <= EXACT_FROM * EXACT_FROM)
			continue;
		p = counted_split_p(k, n, sums[t], fmin(limit, best->p), erfc(sqrt(size / 2)));
		if (p < best->p)
			*best = (struct split){ t, p };
	}
}

/*
 * The likeliest split: the one where the p of the rank sum test is least. If none is below alpha,
 * any that is not. Makes the ranks their sums.
 */
static struct split likeliest_split(double *ranks, size_t n, double alpha)
{
	struct split split = { .at = n / 2, .p = 1 }, end = split;
	size_t short_side = n <= COUNT_UP_TO ? n / 2 : SHORT_SIDE;
	double most = 0, sum = 0, size, limit;

	/* sums[t] is that of the first t ranks. */
	for (size_t t = 0; t < n; t++) {
		double rank = ranks[t];

		ranks[t] = sum;
		sum += rank;
	}
	for (size_t t = short_side + 1; t + short_side < n; t++) {
		size = size_of_sum(ranks[t], t, n);
		if (size > most) {
			most = size;
			split.at = t;
		}
	}
	split.p = erfc(sqrt(most / 2));
	limit = fmin(alpha, split.p);
	count_splits(ranks, LEAST_SIDE, short_side, n, limit, &end);
	count_splits(ranks, n - short_side > short_side ? n - short_side : short_side + 1,
		     n - LEAST_SIDE, n, limit, &end);
	/* Counted and approximated p cannot be compared: count this one too. */
	if (end.p < split.p && most > EXACT_FROM * EXACT_FROM)
		split.p = counted_split_p(split.at < n - split.at ? split.at : n - split.at, n,
					  ranks[split.at], end.p, split.p);
	return end.p < split.p ? end : split;
}

/*
 * The probability that any of all splits has a p as small as this: the sum of what each split can
 * contribute, since few values have few arrangements.
 */
static double counted_p(size_t n, double p)
{
	double all = 0;

	for (size_t k = LEAST_SIDE; 2 * k <= n; k++) {
		size_t below = 0, beyond = k * (n - k) / 2 + 1;
		double tail, largest = 0;

		/* Bisection for the greatest U whose p is still as small. */
		while (below < beyond) {
			size_t mid = (below + beyond) / 2;

			if (inference__rank_sum_tail(k, n - k, mid, &tail))
				return 1;
			if (2 * tail <= p) {
				largest = 2 * tail;
				below = mid + 1;
			} else {
				beyond = mid;
			}
		}
		all += 2 * k == n ? largest : 2 * largest;
	}
	return all;
}

/*
 * The p of the whole search over all splits, given the least p of one: by Miller and Siegmund's
 * formula for the maximum of standardized sums or, for few values, where that is too large, the sum
 * over their arrangements.
 */
static double search_p(double least, size_t n, double alpha)
{
	double size, p, range = 2 * log(((double)n - LEAST_SIDE) / LEAST_SIDE);

	/* Accounting for the search only makes it larger. */
	if (least >= alpha)
		return 1;
	size = least > 0 ? -inference__normal_quantile(least / 2) : MOST_SIZE;
	p = exp(-size * size / 2) / sqrt(2 * M_PI) * (4 / size + (size - 1 / size) * range);
	return fmin(1,
		    n <= COUNT_UP_TO && p >= alpha ? fmin(p, counted_p(n, least * (1 + 1e-9))) : p);
}

/* The best split of an interval; `order` has its indices sorted by value. */
static struct split split_sorted(struct search *s, size_t from, const size_t *order, size_t n,
				 double alpha)
{
	struct split split = { .at = from + n / 2, .p = 1 };

	/* So few values cannot reach alpha. */
	if (inference__least_p(n / 2, n - n / 2) >= alpha)
		return split;
	rank_interval(s->values + from, order, n, s->ranks);
	split = likeliest_split(s->ranks, n, alpha);
	split.at += from;
	split.p = search_p(split.p, n, alpha);
	return split;
}

static struct split best_split(struct search *s, size_t from, size_t n, double alpha)
{
	sort_interval(s, from, n, s->order);
	return split_sorted(s, from, s->order, n, alpha);
}

/* NAN if there are no values. */
static double median_of(struct search *s, size_t from, size_t to)
{
	size_t n = to - from;

	if (!n)
		return NAN;
	sort_interval(s, from, n, s->picked);
	return (s->values[from + s->picked[(n - 1) / 2]] + s->values[from + s->picked[n / 2]]) / 2;
}

static bool moves_enough(struct search *s, size_t from, size_t at, size_t to)
{
	return fabs(median_of(s, at, to) - median_of(s, from, at)) >= s->least;
}

/* How many intervals a segment of n values is searched by. */
static size_t count_intervals(size_t n)
{
	size_t nr = 0;

	for (double len = (double)n; len >= 2 * CHANGEPOINT_LEAST || len == (double)n; len *= SCALE)
		nr += (size_t)ceil(2 * ((double)n / len - 1) - 1e-9) + 1;
	return nr;
}

/* Intervals of one length, spread evenly over a segment of n values. */
struct intervals {
	size_t n, steps, width;
};

static size_t start_of(const struct intervals *v, size_t i)
{
	return v->steps ? (size_t)((double)(v->n - v->width) * (double)i / (double)v->steps) : 0;
}

/*
 * Sorts all intervals at once: goes through the segment's values in order and hands each to the
 * intervals that contain it.
 */
static void spread_order(struct search *s, const struct intervals *v)
{
	double distance = v->steps ? (double)(v->n - v->width) / (double)v->steps : 1;

	for (size_t i = 0; i <= v->steps; i++) {
		s->starts[i] = start_of(v, i);
		s->filled[i] = 0;
	}
	for (size_t k = 0; k < v->n; k++) {
		size_t index = s->order[k],
		       last = v->steps ? (size_t)((double)index / distance) + 1 : 0;

		last = last < v->steps ? last : v->steps;
		for (size_t i = last + 1; i-- > 0;) {
			size_t start = s->starts[i];

			if (start > index)
				continue;
			if (start + v->width <= index)
				break;
			s->spread[i * v->width + s->filled[i]++] = index - start;
		}
	}
}

/*
 * The most significant split, over all intervals of the segment, that moves the level enough. Its p
 * is 1 if there is none.
 */
static struct split search_segment(struct search *s, size_t from, size_t n)
{
	struct split best = { .at = from + n / 2, .p = 1 };
	size_t nr = count_intervals(n);

	sort_interval(s, from, n, s->order);
	for (double len = (double)n; len >= 2 * CHANGEPOINT_LEAST || len == (double)n;
	     len *= SCALE) {
		struct intervals v = {
			.n = n,
			.steps = (size_t)ceil(2 * ((double)n / len - 1) - 1e-9),
			.width = (size_t)ceil(len),
		};

		/*
		 * Half of alpha goes to the whole segment, where a change most likely shows, half
		 * to all the other intervals.
		 */
		double share = nr == 1 ? 1 : len == (double)n ? 2 : 2 * (double)(nr - 1);

		spread_order(s, &v);
		for (size_t i = 0; i <= v.steps; i++) {
			size_t start = from + s->starts[i];
			struct split split = split_sorted(s, start, s->spread + i * v.width,
							  v.width, s->alpha / share);

			split.p = fmin(1, split.p * share);
			if (split.p < best.p && moves_enough(s, start, split.at, start + v.width))
				best = split;
		}
		/*
		 * If the whole segment shows a change, the smaller intervals need not be searched.
		 */
		if (len == (double)n && best.p < s->alpha)
			break;
	}
	return best;
}

static int add_found(struct search *s, size_t at)
{
	if (s->nr_found == s->room) {
		size_t room = 2 * s->room + 16;
		size_t *found = realloc(s->found, room * sizeof(*found));

		if (!found)
			return -ENOMEM;
		s->found = found;
		s->room = room;
	}
	s->found[s->nr_found++] = at;
	return 0;
}

static int segment(struct search *s, size_t from, size_t to)
{
	struct split split;
	int ret;

	if (to - from < CHANGEPOINT_LEAST)
		return 0;
	split = search_segment(s, from, to - from);
	if (split.p >= s->alpha)
		return 0;
	ret = add_found(s, split.at);
	ret = ret ?: segment(s, from, split.at);
	return ret ?: segment(s, split.at, to);
}

/*
 * Tests each change once more, between its neighbours: an interval may have placed it badly, or may
 * have seen part of another change. Changes that do not hold are dropped. Returns how many are
 * left.
 */
static size_t refine(struct search *s, size_t *at, size_t nr_changes, size_t nr)
{
	size_t kept = 0;

	for (size_t i = 0; i < nr_changes; i++) {
		size_t from = kept ? at[kept - 1] : 0, to = i + 1 < nr_changes ? at[i + 1] : nr;
		struct split split = best_split(s, from, to - from, s->alpha);

		if (split.p < s->alpha && moves_enough(s, from, split.at, to))
			at[kept++] = split.at;
	}
	return kept;
}

static int describe(struct search *s, size_t nr, struct changepoint **changes, size_t *nr_changes)
{
	size_t left = s->nr_found, before;

	*changes = calloc(s->nr_found + 1, sizeof(**changes));
	if (!*changes)
		return -ENOMEM;
	if (left)
		qsort(s->found, s->nr_found, sizeof(*s->found), compare_sizes);
	do {
		before = left;
		left = refine(s, s->found, left, nr);
	} while (left && left < before);
	for (size_t i = 0; i < left; i++) {
		size_t from = i ? s->found[i - 1] : 0, to = i + 1 < left ? s->found[i + 1] : nr,
		       at = s->found[i];

		(*changes)[i] = (struct changepoint){
			.at = at,
			.before = median_of(s, from, at),
			.after = median_of(s, at, to),
			.p = best_split(s, from, to - from, s->alpha).p,
		};
	}
	*nr_changes = left;
	return 0;
}

int changepoint__find(const double *values, size_t nr, double alpha, double least,
		      struct changepoint **changes, size_t *nr_changes)
{
	struct search s = { .values = values, .nr = nr, .alpha = alpha, .least = least };
	int ret = -ENOMEM;

	*changes = NULL;
	*nr_changes = 0;
	s.ranks = calloc(nr + 1, sizeof(*s.ranks));
	s.all = calloc(nr + 1, sizeof(*s.all));
	s.places = calloc(nr + 1, sizeof(*s.places));
	s.picked = calloc(nr + 1, sizeof(*s.picked));
	s.other = calloc(nr + 1, sizeof(*s.other));
	s.order = calloc(nr + 1, sizeof(*s.order));
	/*
	 * Intervals overlap by half, so they hold each value twice; one interval more is for
	 * rounding.
	 */
	s.spread = calloc(4 * nr + 4 * CHANGEPOINT_LEAST, sizeof(*s.spread));
	s.filled = calloc(nr + 4, sizeof(*s.filled));
	s.starts = calloc(nr + 4, sizeof(*s.starts));
	if (s.ranks && s.all && s.places && s.picked && s.order && s.other && s.spread &&
	    s.filled && s.starts)
		ret = sort_indices(values, nr, s.all);
	for (size_t i = 0; !ret && i < nr; i++)
		s.places[s.all[i]] = i;
	ret = ret ?: segment(&s, 0, nr);
	if (!ret)
		ret = describe(&s, nr, changes, nr_changes);
	free(s.ranks);
	free(s.all);
	free(s.places);
	free(s.picked);
	free(s.other);
	free(s.order);
	free(s.spread);
	free(s.filled);
	free(s.starts);
	free(s.found);
	if (ret) {
		free(*changes);
		*changes = NULL;
	}
	return ret;
}
