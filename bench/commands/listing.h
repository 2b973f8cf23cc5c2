/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be run, as JSON: the descriptors of workloads, the configuration's keys, the backends as
 * they are on this host, the shipped jobs. `hvbench list` makes its text and Markdown from it.
 */
#ifndef HVBENCH_LISTING_H
#define HVBENCH_LISTING_H

#include <jansson.h>

/*
 * New arrays of objects. NULL only when memory is out.
 *
 * workloads: name, group, what, unit, kind ("batch", "self-timed", "host"), ring, vcpus, native,
 *	needs (array of texts), exits ({"vmx": {REASON: per_op}, "svm": {…}}; null: not constant),
 *	user_exits, exits_note, reference (what its cost is compared with; null: nothing), params
 *	(name, help, kind, default, min, max, choices; sizes in bytes, times in ns; default_text is
 *	the default as -w takes it)
 * configs: key, values, default, help
 * backends: name, what, available, why (null if available), virt, detail, keys (that it honours)
 * peers: peer, test, run (as -w takes it, null: left out), note (null: nothing to say)
 * jobs: name, what, cells, rounds (null: the default)
 */
json_t *listing__workloads(void);
json_t *listing__configs(void);
json_t *listing__backends(void);
json_t *listing__jobs(void);
json_t *listing__peers(void);

#endif
