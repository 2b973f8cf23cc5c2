// SPDX-License-Identifier: GPL-2.0-or-later
/* How the references themselves moved: see reference_level.h. */
#include "reports/compare/reference_level.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/stats.h"
#include "reports/compare/cell_verdict.h"

static size_t rounds_of(const struct level_input *in, int side)
{
	return in->costs[side] < in->ratios[side] ? in->costs[side] : in->ratios[side];
}

static bool is_own(const char *label)
{
	return !strcmp(label, "native");
}

static bool is_of(const struct level_input *in, const struct level *level)
{
	return !level->cell && !is_own(in->label) && !strcmp(in->label, level->label);
}

static void assign(struct level_input *inputs, size_t nr, struct level *levels, size_t *nr_levels)
{
	for (size_t i = 0; i < nr; i++) {
		size_t at = 0;

		while (at < *nr_levels && !is_of(&inputs[i], &levels[at]))
			at++;
		if (at == *nr_levels)
			levels[(*nr_levels)++] = (struct level){
				.label = inputs[i].label,
				.cell = is_own(inputs[i].label) ? inputs[i].cell : NULL,
			};
		levels[at].cells++;
		inputs[i].level = at;
	}
}

static double reference_cost(const struct level_input *in, int side, size_t round)
{
	return in->cost[side][round] - in->ratio[side][round];
}

/*
 * The median cost of the cell's reference in the base. `room` has space for as many values as it
 * has rounds.
 */
static double center_of(const struct level_input *in, double *room)
{
	size_t n = rounds_of(in, 0);

	for (size_t i = 0; i < n; i++)
		room[i] = reference_cost(in, 0, i);
	return stats__median(room, n);
}

/*
 * The replicates of a level on one side; returns how many. `room` has space for as many as there
 * are inputs.
 */
static size_t fill(const struct level_input *inputs, const double *centers, size_t nr, size_t level,
		   int side, double *out, double *room)
{
	size_t most = 0, filled = 0;

	for (size_t i = 0; i < nr; i++)
		if (inputs[i].level == level && rounds_of(&inputs[i], side) > most)
			most = rounds_of(&inputs[i], side);
	for (size_t round = 0; round < most; round++) {
		size_t n = 0;

		for (size_t i = 0; i < nr; i++)
			if (inputs[i].level == level && round < rounds_of(&inputs[i], side))
				room[n++] = reference_cost(&inputs[i], side, round) - centers[i];
		out[filled++] = stats__median(room, n);
	}
	return filled;
}

int levels__find(struct resamples_cache *cache, struct level_input *inputs, size_t nr,
		 struct level **levels, size_t *nr_levels)
{
	double *centers, *room, *sides[2];
	size_t most = 1;
	int ret = -ENOMEM;

	for (size_t i = 0; i < nr; i++)
		for (int side = 0; side < 2; side++)
			most = rounds_of(&inputs[i], side) > most ? rounds_of(&inputs[i], side) :
								    most;
	*nr_levels = 0;
	*levels = calloc(nr + 1, sizeof(**levels));
	centers = calloc(nr + 1, sizeof(*centers));
	room = calloc(nr + most, sizeof(*room));
	sides[0] = calloc(most, sizeof(*sides[0]));
	sides[1] = calloc(most, sizeof(*sides[1]));
	if (!*levels || !centers || !room || !sides[0] || !sides[1])
		goto out;
	ret = 0;
	assign(inputs, nr, *levels, nr_levels);
	for (size_t i = 0; i < nr; i++)
		centers[i] = center_of(&inputs[i], room);
	for (size_t level = 0; level < *nr_levels && !ret; level++) {
		size_t n = fill(inputs, centers, nr, level, 0, sides[0], room);
		size_t m = fill(inputs, centers, nr, level, 1, sides[1], room);

		ret = figure__compare_ratios(cache, &(*levels)[level].figure, sides[0], n, sides[1],
					     m);
	}
out:
	free(centers);
	free(room);
	free(sides[0]);
	free(sides[1]);
	if (ret) {
		free(*levels);
		*levels = NULL;
	}
	return ret;
}

const struct figure *levels__host(const struct level *levels, size_t nr)
{
	const struct figure *most = NULL;

	for (size_t i = 0; i < nr; i++)
		if (!strncmp(levels[i].label, "native", strlen("native")) &&
		    figure__moved(&levels[i].figure) &&
		    (!most || fabs(levels[i].figure.shift) > fabs(most->shift)))
			most = &levels[i].figure;
	return most;
}
