/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exits probe: every exit of every watched vCPU, counted by reason and timed from kvm_exit to
 * kvm_entry, aggregated in the kernel.
 *
 * exits_choose.h makes one, with the source that sees exits on this host (exits_source.h); here it
 * is attached and detached; exits_read.h returns what it counted, and exits_profile.h sums that up.
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
	bool counts_only;   /* no times, which is cheaper still */
	enum exits_kind by; /* details to record besides the reasons; EXITS_BY_REASON: none */
	bool rip;	    /* events carry the guest's RIP; implied by EXITS_BY_RIP */
	uint64_t over_ns;   /* exits slower than this are also streamed; 0: none */
	bool stacks;	    /* events say where in the kernel the exit was (exits_stacks.h) */
	bool record;	    /* all of them are, and when their threads had no CPU */
	bool clip;	    /* deltas have clip_ns */
	bool family;	    /* also the processes that descend from this one */
	unsigned int vcpus; /* room for so many; 0: twice as many as run here now */
};

struct exits;

void exits__close(struct exits *x);
/* Attaches; earlier counts are dropped. */
int exits__begin(struct exits *x, struct error *err);
/* Attaches again after exits__end(), and continues counting. */
int exits__resume(struct exits *x, struct error *err);
/* Detaches. The counts can still be read. */
void exits__end(struct exits *x);

/* When counting ended; 0: it is still going on. */
uint64_t exits__ended_ns(const struct exits *x);

#endif
