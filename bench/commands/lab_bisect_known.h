/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `hvbench lab bisect` knows while it searches. */
#ifndef HVBENCH_LAB_BISECT_KNOWN_H
#define HVBENCH_LAB_BISECT_KNOWN_H

#include "bench/commands/lab_common.h"
#include "bench/commands/lab_threshold.h"
#include "bench/lab/bisect/git.h"
#include "bench/lab/bisect/members.h"

struct bisect_step {
	size_t from, to; /* members */
	size_t *between; /* ones between the two that could not be measured */
	size_t nr_between;
};

struct bisect {
	struct lab_command *cmd;
	/* options */
	const char *good, *bad, *images, *git, *build, *state_path;
	struct threshold threshold;
	bool all;

	struct git_tree tree;
	struct members members;
	size_t first, last; /* the good one and the bad one */
	json_t *question;   /* of which the state file has measurements */
	json_t *measured;   /* from id to {"result": document} or {"skipped": why} */
	size_t *tested;	    /* members, in the order in which they were measured */
	size_t nr_tested;
	struct bisect_step *steps;
	size_t nr_steps;
};

/* What is known of a member; NULL: nothing yet. */
const json_t *bisect__known(const struct bisect *b, size_t member);
/* The document of a member; NULL: it could not be measured. */
const json_t *bisect__result(const struct bisect *b, size_t member);
/* Why it could not be measured; "" if it was. */
const char *bisect__skipped(const struct bisect *b, size_t member);
/* The figure of one of a document's cells; NAN: it has none. */
double bisect__figure(const json_t *doc, size_t cell);
size_t bisect__nr_cells(const struct bisect *b);
/* Whether a change counts; to have a figure on one side only does. */
bool bisect__counts(const struct bisect *b, double from, double to);
/* Whether that member has, of what separates the bad one from the good one, anything. */
bool bisect__is_bad(const struct bisect *b, size_t member);

#endif
