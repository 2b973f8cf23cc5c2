/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chooses the source of exits. One that can be attached may still see nothing: with a software
 * backend kvm_exit exists but never fires. So a known number of exits is taken, and it is checked
 * which source saw them.
 */
#ifndef HVBENCH_EXITS_CHOOSE_H
#define HVBENCH_EXITS_CHOOSE_H

#include <stdint.h>

#include "bench/base/error.h"
#include "probes/exits.h"
#include "probes/exits_fires.h"
#include "probes/exits_source.h"

struct exits_choice {
	enum exits_source source; /* EXITS_NONE: no source saw them */
	uint64_t expected, seen;  /* 0: not calibrated */
	char why[768];		  /* what is wrong with the sources not chosen; "" if
					 * nothing */
	int code;		  /* negative errno of the first source that failed; 0: none
					 * did */
};

/*
 * Opens the best source that sees the n exits exactly: raw_tp, tp, tracepoints, in that order.
 * (fentry is cheaper than raw_tp but has to be asked for: it has no reasons for exits that are
 * handled before the exit handler is called. Unasked it comes before tracepoints, if the kernel is
 * so locked down that neither raw_tp nor tp works.) With `calibrate` NULL, the first that can be
 * attached. If there is none, *out is NULL and choice->source EXITS_NONE. The probe is open;
 * exits__begin() begins, and drops what was counted while choosing.
 */
void exits__choose(struct exits **out, const struct exits_options *opts, exits_calibrate calibrate,
		   void *ctx, uint64_t n, struct exits_choice *choice);
/* The same for one source only. */
void exits__try(struct exits **out, enum exits_source source, const struct exits_options *opts,
		exits_calibrate calibrate, void *ctx, uint64_t n, struct exits_choice *choice);

#endif
