/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings of `hvbench profile --record`: what was counted, second by second, and each exit with
 * its times. What was counted is never lacking, so the tables of a recording are those that the
 * profile had; of single exits some may be, which is counted.
 *
 * The file: RECORD_MAGIC, then chunks, each a struct record_chunk (little-endian) and zlib's
 * compressed bytes. The first chunk is JSON, {"recording": RECORD_VERSION, …}: the host, how exits
 * were seen, the clocks. The others are items one after the other. A chunk that is not whole ends
 * the recording: a writer that is killed, or a disk that is full, loses what came after the last
 * whole one. A chunk is written every second at least.
 *
 * An item is a byte, type | flags << 3, and numbers as LEB128 (7 bits a byte, the lowest first);
 * "signed" ones are zigzag-encoded, (n << 1) ^ (n >> 63), and texts are a length and bytes. vCPUs,
 * names and VMs are numbered from 0 in the order in which they come.
 *
 * EXIT, MOMENT, OFF_CPU: vCPU; signed time since that of the last item of these (in each chunk
 *	since begin_ns at first). EXIT and OFF_CPU: ns. OFF_CPU: ready to run, of that. EXIT and
 *	MOMENT: name. By the flags: OFF: off_ns; USER: user_ns, user_off_ns; DETAIL: kind, key
 *	rotated left by 2; RIP: rip. MISSED: events of this vCPU before it were lost.
 * VM: text, JSON. · VCPU: signed process and thread, signed number, kvm, begin_ns.
 * NAME: isa, reason, text.
 * SUM: vCPU, kind, isa, key, repeats, count, ns, off_ns, user_ns, user_off_ns, signed clip_ns,
 *	max_ns, end_ns of the vCPU, number of buckets, and for each how many are left out before it,
 *	and its count. Kinds are those of enum exits_kind, buckets those of hist.h.
 * COLLECTED: now_ns; single exits lost so far. Closes the sums before it.
 * WAY: vCPU, name, ns: an exit under way at the end.
 * END: text, JSON: what there is to say of the whole.
 */
#ifndef HVBENCH_PROFILE_RECORD_H
#define HVBENCH_PROFILE_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "bench/profile/session.h"
#include "probes/exits_read.h"

#define RECORD_MAGIC   "HVBENCH-RECORD\r\n"
#define RECORD_VERSION 1

struct record_chunk {
	uint32_t raw;	 /* bytes before compression */
	uint32_t stored; /* bytes that follow */
	uint32_t crc;	 /* CRC-32 of those */
};

/* Limits, which readers check. */
#define RECORD_MAX_RAW	 (16u << 20) /* of a chunk */
#define RECORD_MAX_VCPUS 65536	     /* in all the time; of VMs the same */
#define RECORD_MAX_NAMES 4096

enum record_item {
	RECORD_EXIT = 1,
	RECORD_MOMENT,
	RECORD_OFF_CPU,
	RECORD_VM,
	RECORD_VCPU,
	RECORD_NAME,
	RECORD_SUM, /* these four: flags tell them apart */
};

/* Flags of RECORD_EXIT and RECORD_MOMENT … */
#define RECORD_OFF    1
#define RECORD_USER   2
#define RECORD_DETAIL 4
#define RECORD_RIP    8
#define RECORD_MISSED 16 /* of RECORD_OFF_CPU too */
/* … and those of RECORD_SUM, if it is none. */
#define RECORD_COLLECTED 1
#define RECORD_WAY	 2
#define RECORD_END	 3

struct record;

/*
 * Opens the file, which is emptied at the beginning. `max_bytes`: it does not become larger; what
 * comes later is not recorded. Negative errno with err set.
 */
int record__open(struct record **out, const char *path, uint64_t max_bytes, struct error *err);
/* Writes the first chunk. `begin_ns`: when watching began. */
void record__begin(struct record *r, const json_t *head, uint64_t begin_ns);
void record__vm(struct record *r, const struct profile_vm *vm);
void record__vcpu(struct record *r, const struct profile_vcpu *vcpu);
/* Whether the name is recorded. */
bool record__knows(const struct record *r, unsigned int isa, uint32_t reason);
void record__name(struct record *r, unsigned int isa, uint32_t reason, const char *name);
/* `e->slot` is the vCPU's number in the recording; the reason's name is recorded. */
void record__event(struct record *r, const struct exits_event *e);
/* What a vCPU gained; the reason's name is recorded. */
void record__sum(struct record *r, unsigned int vcpu, const struct exits_delta *d, bool repeats,
		 uint64_t end_ns);
/* All sums up to now have been recorded: writes them to the file. */
void record__collected(struct record *r, uint64_t now_ns, uint64_t lost_events);
void record__way(struct record *r, unsigned int vcpu, unsigned int isa, uint32_t reason,
		 uint64_t ns);
void record__end(struct record *r, const json_t *end);
/*
 * Why it is not complete, to be said once: "" if it is, or if that was said. -ENOSPC and other
 * errors of writing, or -EFBIG: `max_bytes` were reached.
 */
int record__failed(struct record *r, struct error *err);
/* Closes the file, which is on the disk then. Negative errno, as above. NULL: 0. */
int record__close(struct record *r);

#endif
