/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which source of exits to take. What attaches may still see nothing: with a software backend kvm_exit exists
 * and never fires. So a known number of exits is taken, and who saw them is asked.
 */
#ifndef HVBENCH_EXITS_CHOOSE_H
#define HVBENCH_EXITS_CHOOSE_H

#include <stdint.h>

#include "bench/base/error.h"
#include "probes/exits.h"
#include "probes/exits_fires.h"
#include "probes/exits_source.h"

struct exits_choice {
	enum exits_source source;	/* EXITS_NONE: nobody saw them */
	uint64_t expected, seen;	/* 0: not calibrated */
	char why[768];			/* what is wrong with the sources not taken; "" if nothing */
	int code;			/* negative errno of the first that failed, 0: none did */
};

/*
 * Opens the first source, from the best down, that sees the n exits exactly: raw_tp, tp, tracepoints.
 * (fentry is cheaper than raw_tp and has to be asked for: it has no reasons for exits that are handled
 * before the exit handler is called. Unasked it comes before tracepoints where the kernel is locked
 * down so that neither raw_tp nor tp can be.) With `calibrate` NULL, the first that attaches. *out is NULL and
 * choice->source EXITS_NONE when there is none. The probe is open; exits__begin()
 * begins, and forgets what choosing counted.
 */
void exits__choose(struct exits **out, const struct exits_options *opts, exits_calibrate calibrate,
		   void *ctx, uint64_t n, struct exits_choice *choice);
/* The same for one source only. */
void exits__try(struct exits **out, enum exits_source source, const struct exits_options *opts,
		exits_calibrate calibrate, void *ctx, uint64_t n, struct exits_choice *choice);

#endif
