/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `hvbench profile`: the exits of VMs that others run, over a while. The session watches and sums up;
 * the report (profile_report.c) and the live view (profile_live.c) show.
 */
#ifndef HVBENCH_PROFILE_H
#define HVBENCH_PROFILE_H

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include "probes/exits_choose.h"
#include "probes/exits_profile.h"
#include "probes/exits_source.h"
#include "probes/pidns.h"
#include "probes/vmfind.h"

#define PROFILE_MAX_PIDS	512
#define PROFILE_NAME_LEN	256	/* of what profile__group_name() makes */

enum profile_by { PROFILE_BY_REASON, PROFILE_BY_MSR, PROFILE_BY_PORT, PROFILE_BY_GPA, PROFILE_BY_RIP,
		  PROFILE_BY_VCPU };

struct profile_options {
	pid_t pids[PROFILE_MAX_PIDS];
	unsigned int nr_pids;		/* 0: all VMs */
	int vcpu;			/* -1: all */
	double duration_s;		/* 0: until stopped */
	double interval_s;		/* 0: the total only */
	bool live;			/* interval is wanted whatever interval_s is */
	enum profile_by by;
	uint64_t over_ns;		/* 0: no streaming */
	int source;			/* enum exits_source, -1: calibrate and choose */
	bool counts_only;
	unsigned int top;		/* lines of a table, 0: all */
};

/* A vCPU that was seen; stays in the list after it is gone. Numbers with PIDNS_ELSEWHERE are not /proc's. */
struct profile_vcpu {
	pid_t tgid, tid;
	int id;				/* -1: not known */
	uint64_t kvm;
	uint64_t count;			/* over all reasons, each exit once */
	uint64_t ns;			/* out of the guest, of what was watched */
	uint64_t begin_ns, end_ns;	/* watched from, to; end 0: it is there yet */
};

/* A process that runs VMs; stays in the list after it is gone. */
struct profile_vm {
	struct vm_process process;
	unsigned int nr_seen_vcpus;
	bool there_first;		/* before watching began */
};

struct profile {
	const struct profile_options *opts;
	struct exits *exits;
	struct exits_choice choice;
	struct profile_vcpu *vcpus;
	unsigned int nr_vcpus, room_vcpus;
	uint32_t vcpu_of[EXITS_SLOTS];	/* by slot of the probe: place in vcpus + 1 */
	struct profile_vm *vms;
	size_t nr_vms;
	size_t unreadable;		/* processes whose descriptors could not be seen */
	struct exits_profile total;	/* groups: processes, or places in vcpus when by vCPU */
	struct exits_profile interval;	/* … since the last profile__collect(), if there are intervals */
	uint64_t begin_ns, interval_begin_ns, now_ns;
	bool ended;
	bool vms_ended;			/* those asked for, before the time was over */
	uint64_t gone_ns;		/* since when there was none of them; 0: there is one */
	unsigned int halted;		/* vCPUs that slept in KVM all the time, by exits that nobody saw */
	int failed;			/* of a visit under way */
};

/*
 * Finds the VMs, chooses the source and attaches. -ESRCH: no such process; -ENODEV: it runs no VM;
 * else as exits__open().
 */
int profile__open(struct profile *p, const struct profile_options *opts, struct error *err);
/* Reads what was gained: into total, and anew into interval. New VMs are taken up. */
int profile__collect(struct profile *p, struct error *err);
/* Detaches and reads a last time. */
int profile__end(struct profile *p, struct error *err);
/*
 * To be asked now and then: whether the VMs that were asked for by process (--pid) are gone; false when all are
 * watched. A process that makes one VM after the other has none in between, so its end is waited for.
 */
bool profile__over(struct profile *p);
void profile__close(struct profile *p);

double profile__seconds(const struct profile *p);		/* begin to the last collection */
double profile__interval_seconds(const struct profile *p);
/* How long vCPUs were there while it was watched, all together; of one. */
double profile__vcpus_ns(const struct profile *p);
double profile__vcpu_ns(const struct profile *p, const struct profile_vcpu *vcpu);
enum exits_kind profile__kind(const struct profile *p);		/* of the rows wanted */
/* "4711 qemu-system-x86 web1", "… vCPU 3" for groups of a profile by vCPU. */
void profile__group_name(const struct profile *p, int64_t group, char *name, size_t len);
/* The same of a vCPU by its slot of the probe. */
void profile__slot_name(const struct profile *p, const struct exits_slot *slot, char *name, size_t len);
struct profile_vm *profile__vm(const struct profile *p, pid_t pid);

/* ---- profile_report.c ------------------------------------------------------------------------ */

/* The table for people, of the total; `color`. */
int profile_report__text(struct profile *p, FILE *out, bool color);
int profile_report__markdown(struct profile *p, FILE *out);
/* One interval in brief, as it goes by. */
void profile_report__interval(struct profile *p, FILE *out);
void profile_report__csv_header(FILE *out);
void profile_report__csv(struct profile *p, const struct exits_profile *of, double seconds, FILE *out);
/* Result document; NULL without memory. */
json_t *profile_report__document(struct profile *p, bool interrupted);
void profile_report__event(const struct exits_event *e, struct exits *x, FILE *out);

/* What a profile suggests, in words: calls `say` for each finding. */
void profile_advice(struct profile *p, void (*say)(const char *text, void *ctx), void *ctx);

/* ---- profile_live.c --------------------------------------------------------------------------- */

/* Until q, the end of the duration, or *stop. */
int profile_live(struct profile *p, const volatile sig_atomic_t *stop, struct error *err);

#endif
