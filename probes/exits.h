/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exits probe: every exit of every vCPU watched, counted by reason and timed from kvm_exit to
 * kvm_entry, aggregated in the kernel.
 *
 * exits_choose.h makes one, by the source that sees exits on this host (exits_source.h); here it is
 * attached and detached; exits_read.h hands out what it counted, exits_profile.h sums that up.
 */
#ifndef HVBENCH_EXITS_H
#define HVBENCH_EXITS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "probes/exits_layout.h"
#include "probes/probe.h"

struct exits_options {
	struct probe_target target;
	bool counts_only;	/* no times: cheaper still */
	enum exits_kind by;	/* details wanted beside the reasons; EXITS_BY_REASON: none */
	bool rip;		/* events carry the guest's RIP; implied by EXITS_BY_RIP */
	uint64_t over_ns;	/* slower exits are also streamed; 0: none */
	bool clip;		/* deltas have clip_ns */
	unsigned int vcpus;	/* room for so many; 0: for what runs here now, and as many again */
};

struct exits;

void exits__close(struct exits *x);
/* Attaches; what was counted before is forgotten. */
int exits__begin(struct exits *x, struct error *err);
/* Attaches again after exits__end(), and goes on counting. */
int exits__resume(struct exits *x, struct error *err);
/* Detaches. What was counted stays readable. */
void exits__end(struct exits *x);

/* When counting ended; 0: it goes on. */
uint64_t exits__ended_ns(const struct exits *x);

#endif
