/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict on a cell, from what is known about it: its cost; its ratio to a reference measured
 * beside it; and how the reference itself moved from one run to the other (reference_level.h).
 *
 *   ratio             cost              the reference      verdict
 *   none              any               -                  the cost's (5)
 *   same              same              any                same, by both
 *   same              slower, faster    any                moved: with its reference
 *   same              undecided         the same (3)       same, by the reference
 *   same              undecided         moved              moved
 *   same              undecided         neither shown      same-ratio
 *   slower            slower            any                slower, by both
 *   slower            same              any                same, by the cost: the reference moved
 *   slower            undecided         became faster (1)  inconclusive: that may be all there is
 *   slower            undecided         else               slower, by the ratio
 *   slower            shown to be less  any                inconclusive: they contradict each other
 *   slower            excludes it (4)   any                inconclusive: likewise
 *   undecided         same              any                same, by the cost
 *   undecided         slower            became slower (2)  inconclusive: that may be all there is
 *   excludes so much  slower            any                inconclusive: likewise
 *   undecided         slower            else               slower, by the cost (5)
 *   undecided         undecided         any                inconclusive
 *
 * Faster is treated like slower, the other way round.
 *
 *  - (1) The reference moved by at least half of the ratio's change, and the cost is not shown to
 *    have risen.
 *  - (2) The reference moved by at least half of the cost's rise.
 *  - (3) The interval of ratio and reference together, which is that of the cost, lies within the
 *    threshold, and the cost's own interval is not entirely on one side of zero.
 *  - (4) The cost's interval does not overlap that of ratio and reference together. Also if the
 *    cost is less than that of the loop around it, so that its change has no meaningful size, and
 *    nothing is known about the reference.
 *  - (5) Inconclusive if the host itself changed: an operation of a process, of any kind, moved by
 *    at least a third as much, and nothing was measured beside the cell that would tell its own
 *    change from that.
 *
 * A reference has moved if that is its verdict, or if the whole interval of its shift is on one
 * side of zero and the shift exceeds the threshold.
 *
 * "same-ratio" is not "same": nothing moved that the reference does not share, but what both share,
 * such as mitigations or the whole path of an exit, may have moved. "moved" is neither a change of
 * the cell's own nor no change: two runs cannot tell the state of the host from what all paths
 * share.
 */
#ifndef HVBENCH_CELL_VERDICT_H
#define HVBENCH_CELL_VERDICT_H

#include "reports/compare/verdict.h"

struct cell_verdict {
	enum verdict verdict;
	const char *by;	 /* "cost", "ratio", "both", "reference"; NULL: inconclusive */
	const char *why; /* an explanation where it is needed; else NULL */
	/*
	 * For inconclusive ones: the figure that more rounds would decide; NULL: more rounds would
	 * not help.
	 */
	const struct figure *wanting;
};

/*
 * The figures have been judged. `ratio`, `level` and `host` may be NULL; `level` is that of the
 * reference, `host` that of the operation of a process that moved most between the runs:
 * levels__host().
 */
struct cell_verdict cell__judge(const struct figure *cost, const struct figure *ratio,
				const struct figure *level, const struct figure *host);

/* 1: shown to cost more, -1: less, 0: neither. */
int figure__moved(const struct figure *f);

#endif
