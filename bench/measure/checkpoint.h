/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run has measured so far, kept beside its output while it goes on: a whole result document that
 * says it was interrupted, so that after a SIGKILL, an OOM kill or a power failure every command that reads
 * results reads it. It is replaced at one stroke, and gone once the result itself is written.
 *
 * The file is OUTPUT.partial; where that is left from a run that died, it is not touched and the next free
 * name of OUTPUT.partial.2 … is taken. Writing it takes at most a hundredth of the time: what dies with the
 * run is that and, at most, what the last CHECKPOINT_MIN_NS measured.
 */
#ifndef HVBENCH_CHECKPOINT_H
#define HVBENCH_CHECKPOINT_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define CHECKPOINT_MIN_NS	2000000000ull
#define CHECKPOINT_SHARE	100	/* of the time that passes, one in so many for writing */

struct checkpoint {
	char path[PATH_MAX];	/* "": nothing is kept */
	uint64_t last_ns, cost_ns;
	bool written;
};

/*
 * For a result that goes to `output`; NULL, standard output or what is no ordinary file: nothing is kept.
 * Tells on standard error of what an earlier run left there.
 */
void checkpoint__init(struct checkpoint *c, const char *output);
/* Whether it is time for another one: to be asked between two measurements. */
bool checkpoint__due(const struct checkpoint *c);
/* Takes over `doc`. Errors are told once and end the keeping: the run itself goes on. */
void checkpoint__save(struct checkpoint *c, json_t *doc);
/* The result is where it should be (`saved`), or is not: then what was kept stays. */
void checkpoint__end(struct checkpoint *c, bool saved);

#endif
