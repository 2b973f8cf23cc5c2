/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cell of one result document is which of another: by workload, parameters, ring, backend and
 * configuration. Labels and names of configurations do not count, nor does the order.
 */
#ifndef HVBENCH_MATCH_H
#define HVBENCH_MATCH_H

#include <jansson.h>

struct match_options {
	/* NULL-terminated lists, or NULL: */
	const char *const *only;	/* patterns (fnmatch) of workloads, labels and groups */
	/* What the comparison is about, and so may differ: configuration keys, parameters, "backend",
	 * "ring", "config" (all keys). */
	const char *const *across;
};

/*
 * {"pairs": [ {"base": INDEX, "new": INDEX, "remark": text or null} ],
 *  "base": [ {"cell": INDEX, "why": text} ], "new": [ … ] }
 * A cell that has a counterpart but for fields that only one of the documents knows is matched with it
 * if there is just one such, and the remark says so. NULL: out of memory.
 */
json_t *match__cells(const json_t *base, const json_t *new, const struct match_options *options);

/*
 * The keys that stand between cells that have no like: {"keys": "irqchip,pages" for --across (what is across
 * already among them), "more": how many pairs more than `nr_pairs` that makes}; a JSON null where it would make
 * none. NULL: out of memory.
 */
json_t *match__across(const json_t *base, const json_t *new, const struct match_options *options, size_t nr_pairs);

/* Whether a cell is wanted by `only`. */
int match__is_wanted(const json_t *cell, const char *const *only);

#endif
