// SPDX-License-Identifier: GPL-2.0-or-later
/* The verdict on a cell: see cell_verdict.h. */
#include "reports/compare/cell_verdict.h"

#include <math.h>
#include <stddef.h>

/* If a reference moved by at least this share of a change, it may be the whole reason for it. */
#define EXPLAINS 0.5
/*
 * The same for an operation other than the reference, which may have moved more or less than the
 * cell for the same reason.
 */
#define HOST_EXPLAINS (1.0 / 3)

/* 1: costs more, -1: costs less. */
static int direction(const struct figure *f)
{
	return (f->shift > 0) != f->higher_is_better ? 1 : -1;
}

static int called(const struct figure *f)
{
	return f->verdict == VERDICT_SLOWER ? 1 : f->verdict == VERDICT_FASTER ? -1 : 0;
}

int figure__moved(const struct figure *f)
{
	if (called(f))
		return called(f);
	if (!(f->low > 0 || f->high < 0) || fabs(f->shift) <= f->floor)
		return 0;
	return direction(f);
}

/* Whether the reference moved in that direction, and far enough to be all that is seen. */
static bool is_explained(const struct figure *seen, const struct figure *level, int way)
{
	return level && figure__moved(level) == way &&
	       fabs(level->shift) >= EXPLAINS * fabs(seen->shift);
}

static struct cell_verdict slower_or_faster(int way, const char *by)
{
	return (struct cell_verdict){ .verdict = way > 0 ? VERDICT_SLOWER : VERDICT_FASTER,
				      .by = by };
}

static struct cell_verdict inconclusive(const char *why, const struct figure *wanting)
{
	return (struct cell_verdict){ .verdict = VERDICT_INCONCLUSIVE,
				      .why = why,
				      .wanting = wanting };
}

/*
 * A cell's cost is its ratio times the reference's cost: whether the interval of both together lies
 * within the threshold.
 */
static bool is_composed_same(const struct figure *ratio, const struct figure *level)
{
	double shift = ratio->shift + level->shift;

	return shift - hypot(ratio->shift - ratio->low, level->shift - level->low) >
		       -ratio->floor &&
	       shift + hypot(ratio->high - ratio->shift, level->high - level->shift) < ratio->floor;
}

static struct cell_verdict beside_same_ratio(const struct figure *cost, const struct figure *ratio,
					     const struct figure *level)
{
	if (cost->verdict == VERDICT_SAME)
		return (struct cell_verdict){ .verdict = VERDICT_SAME, .by = "both" };
	if (level && !figure__moved(cost) && is_composed_same(ratio, level))
		return (struct cell_verdict){
			.verdict = VERDICT_SAME,
			.by = "reference",
			.why = "its ratio is the same, and its reference costs the same over all "
			       "cells beside it: so does it, "
			       "more exactly than its own rounds tell",
		};
	if (called(cost) || (level && figure__moved(level)))
		return (struct cell_verdict){
			.verdict = VERDICT_MOVED,
			.by = "ratio",
			.why = "its cost moved together with that of its reference: that is the "
			       "host, or what both share",
		};
	return (struct cell_verdict){
		.verdict = VERDICT_SAME_RATIO,
		.by = "ratio",
		.why = "the ratio to its reference is the same; its cost itself is undecided, and "
		       "with it what both share",
	};
}

/*
 * A cost is a ratio times the reference's cost. Whether the interval of the cost and that of both
 * together (of the ratio alone, if nothing is known about the reference) do not overlap.
 */
static bool is_contradicted(const struct figure *cost, const struct figure *ratio,
			    const struct figure *level)
{
	double shift = ratio->shift, down = ratio->shift - ratio->low,
	       up = ratio->high - ratio->shift;
	/* Convert rates to times. */
	double low = cost->higher_is_better ? -cost->high : cost->low,
	       high = cost->higher_is_better ? -cost->low : cost->high;

	if (level) {
		shift += level->shift;
		down = hypot(down, level->shift - level->low);
		up = hypot(up, level->high - level->shift);
	}
	return cost->logs && (low > shift + up || high < shift - down);
}

/* The ratio says slower (1) or faster (-1). */
static struct cell_verdict beside_changed_ratio(const struct figure *cost,
						const struct figure *ratio,
						const struct figure *level)
{
	int way = called(ratio), moved = figure__moved(cost);

	if (called(cost) == way)
		return slower_or_faster(way, "both");
	if (cost->verdict == VERDICT_SAME)
		return (struct cell_verdict){
			.verdict = VERDICT_SAME,
			.by = "cost",
			.why = "its cost is the same: the ratio changed because its reference "
			       "moved",
		};
	if (moved == -way)
		return inconclusive("its cost moved one way and the ratio to its reference the "
				    "other: the reference moved "
				    "more than it did",
				    NULL);
	if (moved != way && is_explained(ratio, level, -way))
		return inconclusive("its reference moved, and its own cost is not shown to have: "
				    "that the ratio changed "
				    "says nothing about this cell",
				    cost);
	if (is_contradicted(cost, ratio, level))
		return inconclusive("its own cost is known to have changed by less than the ratio "
				    "to its reference says",
				    NULL);
	/*
	 * The cell costs less than the loop around it, so the size of a change of its cost cannot
	 * be compared with that of the ratio.
	 */
	if (!cost->logs && !level)
		return inconclusive(
			"its own cost is undecided, and how its reference moved is not known",
			cost);
	return slower_or_faster(way, "ratio");
}

/* Whether the ratio is undecided, but known to have changed by less than the cost did. */
static bool is_excluded(const struct figure *cost, const struct figure *ratio)
{
	double low = cost->higher_is_better ? -cost->high : cost->low,
	       high = cost->higher_is_better ? -cost->low : cost->high;

	return low > ratio->high || high < ratio->low;
}

/* Of two undecided figures, the one that needs fewer rounds. */
static const struct figure *cheapest(const struct figure *a, const struct figure *b)
{
	return b->needed < a->needed || !isfinite(a->needed) ? b : a;
}

struct cell_verdict cell__judge(const struct figure *cost, const struct figure *ratio,
				const struct figure *level, const struct figure *host)
{
	int way = called(cost);

	if (ratio && ratio->verdict == VERDICT_SAME)
		return beside_same_ratio(cost, ratio, level);
	if (ratio && called(ratio))
		return beside_changed_ratio(cost, ratio, level);
	if (cost->verdict == VERDICT_SAME)
		return (struct cell_verdict){ .verdict = VERDICT_SAME, .by = "cost" };
	if (way && ratio && is_explained(cost, level, way))
		return inconclusive("its reference moved as well, and the ratio to it is "
				    "undecided: it may be the host",
				    ratio);
	if (way && ratio && is_excluded(cost, ratio))
		return inconclusive("its cost moved by what the ratio to its reference excludes: "
				    "it may be the host",
				    ratio);
	if (way && host && fabs(host->shift) >= HOST_EXPLAINS * fabs(cost->shift))
		return inconclusive("the host is not what it was: operations of a process moved as "
				    "well, and nothing beside "
				    "this cell tells its own change from that",
				    NULL);
	if (way)
		return slower_or_faster(way, "cost");
	return inconclusive(NULL, ratio ? cheapest(ratio, cost) : cost);
}
