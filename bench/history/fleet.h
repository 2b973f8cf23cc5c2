/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a history shows of many machines at once. Machines are compared with those of their kind,
 * which have the same fingerprint; of each the figures of a cell are followed as by trend.h.
 *
 * A change of level that several machines of a kind have in the same direction at about the same
 * time is one finding. About the same time: between one machine's change and the next are at most
 * three times the usual time between results of a machine, so that a roll-out of some days is one
 * finding too. It counts if that many changes are rarer than alpha where each machine has one by
 * chance with probability alpha (Poisson); fewer are findings of their own if they are certain
 * enough for so many machines (Bonferroni). What
 * several kinds have at the same time is one finding too.
 *
 * A machine stands apart if its level lies outside the range that would hold 1 - alpha of further
 * machines, for all of them together, and differs from the median level by more than the floor. It
 * takes 8 machines to know that.
 *
 * As JSON: { "kinds": [ {"fingerprint", "machines", "results", "first", "last"} ],
 *   "cells": how many were looked at,
 *   "findings": [ {"label", "config", "backend", "group", "unit", "figure",
 *     "fingerprints": the kinds that have it, "verdict": "slower|faster",
 *     "change": the median of all, "least", "most",
 *     "from", "to": first result after the first and the last of the changes,
 *     "before_kernel", "kernel", "before_build", "build": what three in four have, or null,
 *     "of": how many machines of these kinds were measured before and after it,
 *     "machines": [name], "without": those of `of` that do not have it} ],
 *   "apart": [ {"label", …, "fingerprint", "machine", "verdict", "level", "usual", "change",
 *     "limit": from where a change counts, "of"} ] }
 * A machine without a name is "".
 */
#ifndef HVBENCH_FLEET_H
#define HVBENCH_FLEET_H

#include <jansson.h>
#include <stddef.h>

#include "bench/history/store.h"
#include "bench/history/trend.h"

/*
 * Of each machine the latest `last` results, 0: all. `fingerprint` NULL: all kinds. NULL with err
 * set.
 */
json_t *fleet__find(struct history *history, const char *fingerprint, size_t last,
		    const struct trend_options *options, struct error *err);

#endif
