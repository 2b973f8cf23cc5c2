/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a mailbox to a measurement, for every backend whose guests have one. */
#ifndef HVBENCH_MAILBOX_H
#define HVBENCH_MAILBOX_H

#include "bench/backends/backend.h"

/* The command for one measurement of the cell. */
void collect__command(struct hv_command *cmd, const struct cell *cell,
		      const struct measure_request *req, uint64_t tsc_khz);

/*
 * Takes over what the guest says it measured, checked against the command it was sent (the host's
 * own copy): a mailbox whose counts or state make no sense gives a failed measurement, never a
 * crash. `mb` may change while it is read.
 */
void collect__mailbox(const struct hv_mailbox *mb, const struct hv_command *sent,
		      const struct cell *cell, struct measurement *m);

/*
 * Checks that the guest rang the expected bell. -EAGAIN: it rang READY instead, so its mailbox has
 * to say why it refused; -EIO with a message: any other bell.
 */
int collect__bell(uint32_t rang, uint32_t want, struct error *err);
/*
 * After -EAGAIN and collect__mailbox(): fails the measurement, since without a timed part there is
 * no result.
 */
void collect__untimed(struct measurement *m);

/* The guest's steal counters at one moment; `mb` may change while they are read. */
struct steal_reading {
	uint64_t at_ns; /* clock__ns() */
	bool torn;	/* a record was being written at every attempt */
	uint64_t ns[HV_MAX_VCPUS];
	bool written[HV_MAX_VCPUS];
};

void collect__read_steal(const struct hv_mailbox *mb, unsigned int nr_vcpus,
			 struct steal_reading *r);
/*
 * What was stolen between two readings. Not known, with the reason, where the guest has no steal
 * time or its counters are impossible. KVM accounts stolen time when the vCPU next runs:
 * `pending_ns` of vCPU 0's were stolen before the first reading but accounted after it.
 */
void collect__steal(const struct hv_mailbox *mb, unsigned int nr_vcpus,
		    const struct steal_reading *begin, const struct steal_reading *end,
		    uint64_t pending_ns, struct steal *steal);

/*
 * -ETIME: the watchdog of `timeout_ms` stopped the guest; `overdue`: although it seemed to make
 * progress.
 */
void collect__timed_out(struct error *err, unsigned int timeout_ms, bool overdue);

/*
 * Whether the guest stopped, for the reason in `err`, while it only tried whether the operation is
 * possible. Then the measurement is skipped, with that reason.
 */
bool collect__impossible(const struct hv_mailbox *mb, const struct hv_command *sent,
			 const struct error *err, struct measurement *m);

/* What the guest has noted in mailbox.gaps so far. */
struct gap_total collect__gap_total(const struct hv_mailbox *mb);
/* Copies what it noted since then. NULL: out of memory. */
struct gap_record *collect__gaps(const struct hv_mailbox *mb, const struct gap_total *before);

/* Describes a struct hv_fault. */
char *collect__fault(const struct hv_fault *fault, char *buf, size_t len);

/* Appends `from` to `into` (samples, histogram, exits, counters), for VMs measured side by side. */
int collect__merge(struct measurement *into, const struct measurement *from);

#endif
