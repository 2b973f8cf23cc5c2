/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict on a cell, from what is known of it: its cost; its ratio to a reference that was measured beside it;
 * and how the reference itself moved from one run to the other (reference_level.h).
 *
 *	ratio		cost			the reference		verdict
 *	none		any			-			the cost's (5)
 *	same		same			any			same, by both
 *	same		slower, faster		any			moved: with its reference
 *	same		undecided		the same (3)		same, by the reference
 *	same		undecided		moved			moved
 *	same		undecided		neither shown		same-ratio
 *	slower		slower			any			slower, by both
 *	slower		same			any			same, by the cost: only the reference moved
 *	slower		undecided		became faster (1)	inconclusive: that may be all there is
 *	slower		undecided		else			slower, by the ratio
 *	slower		shown to be less	any			inconclusive: they contradict each other
 *	slower		excludes so much (4)	any			inconclusive: likewise
 *	undecided	same			any			same, by the cost
 *	undecided	slower			became slower (2)	inconclusive: that may be all there is
 *	excludes so much	slower		any			inconclusive: likewise
 *	undecided	slower			else			slower, by the cost (5)
 *	undecided	undecided		any			inconclusive
 *
 * and faster like slower, the other way round. (1) By at least half of what the ratio changed, and the cost is not
 * shown to have risen. (2) By at least half of what the cost rose. (3) So that the interval of ratio and reference
 * together, which is that of the cost, lies within the threshold, and the cost's own is not on one side of zero. (4) Its
 * interval has nothing in common with that of ratio and reference together; and so where it costs less than its loop, so
 * that a change of it has no size, and of the reference nothing is known. (5) Inconclusive where the host is not what it was: what a process does there,
 * of whatever kind, moved by at least a third as much. Nothing was measured beside the cell that would tell its own
 * change from that. A reference has moved if that is its verdict,
 * or if the whole interval of its shift is on one side of zero and the shift is beyond the threshold.
 *
 * "same-ratio" is not "same": it says that nothing moved that the reference does not share, and nothing of what it
 * does, such as mitigations or all of an exit's path. "moved" is neither a change of the cell's own nor none: two
 * runs cannot tell the host's mood from what all of the paths share.
 */
#ifndef HVBENCH_CELL_VERDICT_H
#define HVBENCH_CELL_VERDICT_H

#include "reports/compare/verdict.h"

struct cell_verdict {
	enum verdict verdict;
	const char *by;		/* "cost", "ratio", "both", "reference"; NULL: inconclusive */
	const char *why;	/* where it is not plain; NULL */
	/* Of inconclusive ones: the figure of which more would decide, NULL: no more of them would. */
	const struct figure *wanting;
};

/*
 * Figures have been judged. `ratio`, `level` and `host` may be NULL; the level is that of the reference, and the host
 * that of the operation of a process which moved most between the runs: levels__host().
 */
struct cell_verdict cell__judge(const struct figure *cost, const struct figure *ratio, const struct figure *level,
				const struct figure *host);

/* 1: shown to be dearer, -1: cheaper, 0: neither. */
int figure__moved(const struct figure *f);

#endif
