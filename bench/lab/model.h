/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What caches a footprint's model of misses has (plugin/model.h): by the name of a processor whose
 * sizes they are, or as the user says.
 */
#ifndef HVBENCH_LAB_MODEL_H
#define HVBENCH_LAB_MODEL_H

#include <jansson.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "bench/lab/plugin/model.h"

struct model_shape {
	const char *preset; /* NULL: none */
	struct {
		uint64_t size; /* bytes; of TLBs entries */
		uint32_t ways;
	} parts[MODEL_PARTS];
};

/*
 * "zen3", or any of "L1I=32K/8,L1D=48K/12,L2=2M/16,ITLB=64/8,DTLB=64/4", behind a preset or not;
 * what is not said is the preset's, or that of the first one. -EINVAL.
 */
int model_shape__parse(struct model_shape *shape, const char *text, struct error *err);
/* The plugin's option of it. Returns buf. */
char *model_shape__option(const struct model_shape *shape, char *buf, size_t len);
/* {"preset", "l1i": {"size", "ways", "misses"} …} */
json_t *model_shape__to_json(const struct model_shape *shape, const uint64_t misses[MODEL_PARTS]);

#endif
