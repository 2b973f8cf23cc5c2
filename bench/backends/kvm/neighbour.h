/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second VM that does one thing over and over while the cell's own is measured (neighbour=): what
 * one VM can do to another. Its vCPUs have threads of their own, on the CPUs after those of the
 * measured ones. neighbour=overcommit has two of them for each CPU, all of which spin.
 */
#ifndef HVBENCH_KVM_NEIGHBOUR_H
#define HVBENCH_KVM_NEIGHBOUR_H

#include "bench/backends/kvm/guest.h"

struct neighbour;

/* What its VM takes at most, beside those of the cell (setup__memory_bytes()); 0: there is none. */
uint64_t neighbour__memory_bytes(const struct cell *cell);

/*
 * Returns once it is at work. NULL in *out, and 0: the cell has none. `first_pin`: how many vCPUs
 * come before it in pin=.
 */
int neighbour__start(struct neighbour **out, const struct cell *cell,
		     const struct measure_request *req, const struct payload *payload,
		     unsigned int first_pin, struct error *err);
/* Ends it. -errno with a message if it had ended before: then it was no neighbour all the time. */
int neighbour__stop(struct neighbour *n, struct error *err);

#endif
