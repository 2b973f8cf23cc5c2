/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run has measured so far, saved beside its output while it goes on: a complete result
 * document that says it was interrupted, so that after a SIGKILL, an OOM kill or a power failure
 * every command that reads results can read it. It is replaced atomically, and removed once the
 * result itself is written.
 *
 * The file is OUTPUT.partial. If a dead run left one, that is not touched, and the next free name,
 * OUTPUT.partial.2 …, is used. Writing takes at most a hundredth of the time. A killed run loses
 * the measurement under way and, at most, what the last CHECKPOINT_MIN_NS measured.
 */
#ifndef HVBENCH_CHECKPOINT_H
#define HVBENCH_CHECKPOINT_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define CHECKPOINT_MIN_NS   2000000000ull
#define CHECKPOINT_FIRST_NS 500000000ull /* after the run began */
#define CHECKPOINT_SHARE    100		 /* writing may take one part in so many of the time */

struct checkpoint {
	char path[PATH_MAX]; /* "": nothing is saved */
	uint64_t last_ns, cost_ns;
	bool written;
};

/*
 * For a result that goes to `output`; if that is NULL, standard output or not a regular file,
 * nothing is saved. Says on standard error what an earlier run left there.
 */
void checkpoint__init(struct checkpoint *c, const char *output);
/* Whether it is time for the next save. To be called between two measurements. */
bool checkpoint__due(const struct checkpoint *c);
/*
 * Takes ownership of `doc`. The first error is reported and ends the saving; the run itself goes
 * on.
 */
void checkpoint__save(struct checkpoint *c, json_t *doc);
/* Removes the checkpoint if the result itself was written (`saved`), otherwise leaves it. */
void checkpoint__end(struct checkpoint *c, bool saved);

#endif
