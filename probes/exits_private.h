/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the exits probe share; for no other code. exits_load.c makes a probe,
 * exits_read.c reads what it counts, exits.c attaches it; exits_profile.c and exits_choose.c are
 * built on top of these.
 */
#ifndef HVBENCH_EXITS_PRIVATE_H
#define HVBENCH_EXITS_PRIVATE_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "probes/exits.h"
#include "probes/exits_read.h"
#include "probes/exits_source.h"
#include "probes/kernel_types.h"
#include "probes/pidns.h"
#include "probes/tracefs.h"
#include "exits.skel.h"

#define MAX_LINKS   24
#define DETAIL_ROWS 8192

/* What has been collected of a slot. */
struct slot_seen {
	uint64_t unseen;
	uint64_t count[EXITS_REASONS];
	uint32_t row;	   /* of the exit that was under way; 0: none was */
	uint64_t given_ns; /* how much of it was reported as clip_ns */
};

struct exits {
	struct exits_bpf *skel;
	enum exits_source source;
	struct exits_options opts;
	struct kernel_types types;
	struct pidns pidns;
	struct tracefs *tracefs; /* NULL: not readable */
	struct bpf_link *links[MAX_LINKS];
	unsigned int nr_links;
	struct bpf_link **samplers; /* of stacks, one a CPU */
	unsigned int nr_samplers;
	unsigned int nr_rows, nr_tasks, nr_vcpus;
	struct exits_slot *slots; /* the skeleton's */
	struct exits_row *rows;
	struct exits_row **seen; /* by row: what has been collected; NULL: never looked at */
	struct exits_row *spare; /* for the next row to be collected */
	struct slot_seen *slot_seen[EXITS_SLOTS]; /* by slot: the same */
	unsigned int top_row;			  /* rows above this were never assigned */
	uint64_t missed_before;			  /* by missed_runs() */
	uint64_t ended_ns;			  /* 0: attached */
	int kvm_fd; /* open while attached: keeps the vendor's module, and
					 * with it the offsets, in place */
	/* the vendor's module when attached; 0: none, or built in */
	ino_t vendor;
	bool reloaded; /* it was replaced by another after that */
	struct ring_buffer *ring;
	exits_event_visit event_visit; /* of the poll in progress */
	void *event_ctx;
};

#endif
