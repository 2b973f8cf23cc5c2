/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adding a result to a history (store.h). */
#ifndef HVBENCH_HISTORY_ADD_H
#define HVBENCH_HISTORY_ADD_H

#include <jansson.h>

#include "bench/history/store.h"

/* Where a result is from. */
struct history_source {
	const char *name;    /* of its file */
	const char *label;   /* for instance a commit; may be NULL */
	const char *machine; /* the one of its kind that it was measured on; may be NULL */
};

/* Adds a result (checked by result/check.h). 1: it was there already. */
int history__add(struct history *history, const json_t *doc, const struct history_source *source,
		 struct error *err);

#endif
