/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results as a list of figures, for formats of other programs that know a name, a number and a
 * unit: the median cost of each cell. VMs of profiles have none and are left out.
 */
#ifndef HVBENCH_FIGURES_H
#define HVBENCH_FIGURES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct figure {
	const json_t *of;	     /* {"name", "result", …}: the element of SHOW_EXPORT */
	const json_t *result, *cell; /* the document, and the cell in it */
	char *name;		 /* "chase:working_set=64m", with what sets it apart from others */
	char *path;		 /* its group and its name, of [A-Za-z0-9_-] with dots between */
	char *where;		 /* the same of the result's name, "": there is one only */
	bool measured, skipped;	 /* neither: it failed */
	char *reason;		 /* of one that was not measured; never NULL */
	const char *unit;	 /* "ns", "cycles", "instructions", "bytes/s" */
	double value, low, high; /* low and high: its interval; NAN: it has none */
	bool bigger_is_better;
	double exits_per_op; /* NAN: not known */
};

/* -ENOMEM, else 0; to be freed by figures__free() in both cases. */
int figures__of(const json_t *results, struct figure **list, size_t *nr);
void figures__free(struct figure *list, size_t nr);

#endif
