/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cell of one result document corresponds to which of another: by workload, parameters, ring,
 * backend and configuration. Labels, names of configurations and the order do not matter.
 */
#ifndef HVBENCH_MATCH_H
#define HVBENCH_MATCH_H

#include <jansson.h>

struct match_options {
	/* NULL-terminated lists, or NULL: */
	const char *const *only; /* patterns (fnmatch) of workloads, labels and groups */
	/*
	 * What the comparison is about, so that it may differ: configuration keys, parameters,
	 * "backend", "ring", "config" (all keys).
	 */
	const char *const *across;
};

/*
 * {"pairs": [ {"base": INDEX, "new": INDEX, "remark": text or null} ], "base": [ {"cell": INDEX,
 * "why": text} ], "new": [ … ] } If a cell has just one counterpart that differs only in fields
 * which one of the documents does not know, they are matched, and the remark says so. NULL: out of
 * memory.
 */
json_t *match__cells(const json_t *base, const json_t *new, const struct match_options *options);

/*
 * The keys that keep cells from matching: {"keys": "irqchip,pages" for --across (including those
 * given already), "more": how many pairs more than `nr_pairs` this makes}; a JSON null if it would
 * make none. NULL: out of memory.
 */
json_t *match__across(const json_t *base, const json_t *new, const struct match_options *options,
		      size_t nr_pairs);

/* Whether `only` selects a cell. */
int match__is_wanted(const json_t *cell, const char *const *only);

#endif
