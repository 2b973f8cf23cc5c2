/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the exits probe share; for nobody else. exits_load.c makes one, exits_read.c reads what
 * it counts, exits.c attaches it; exits_profile.c and exits_choose.c stand above these.
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

#define MAX_LINKS	16
#define DETAIL_ROWS	8192

/* What was collected of a slot. */
struct slot_seen {
	uint64_t unseen;
	uint64_t count[EXITS_REASONS];
	uint32_t row;		/* of the exit that was under way; 0: none was */
	uint64_t given_ns;	/* what of it was handed out as clip_ns */
};

struct exits {
	struct exits_bpf *skel;
	enum exits_source source;
	struct exits_options opts;
	struct kernel_types types;
	struct pidns pidns;
	struct tracefs *tracefs;	/* NULL: not readable */
	struct bpf_link *links[MAX_LINKS];
	unsigned int nr_links;
	unsigned int nr_rows, nr_tasks, nr_vcpus;
	struct exits_slot *slots;	/* the skeleton's */
	struct exits_row *rows;
	struct exits_row **seen;	/* by row: what was collected; NULL: never looked at */
	struct exits_row *spare;	/* for the next that is collected */
	struct slot_seen *slot_seen[EXITS_SLOTS];	/* by slot: the same */
	unsigned int top_row;		/* rows above were never handed out */
	uint64_t missed_before;		/* by missed_runs() */
	uint64_t ended_ns;		/* 0: attached */
	int kvm_fd;			/* while attached: keeps the vendor's module, and its offsets, in place */
	ino_t vendor;			/* the vendor's module when it was attached; 0: none, or built in */
	bool reloaded;			/* … and then it was another */
	struct ring_buffer *ring;
	exits_event_visit event_visit;	/* of the poll under way */
	void *event_ctx;
};

#endif
