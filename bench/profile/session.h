/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `hvbench profile`: the exits of VMs that others run, over a period. The session watches and sums
 * up; report.h and live.h show, advice.h says what to do about it.
 */
#ifndef HVBENCH_PROFILE_SESSION_H
#define HVBENCH_PROFILE_SESSION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/profile/child.h"
#include "bench/profile/waits.h"
#include "probes/exits_choose.h"
#include "probes/exits_profile.h"
#include "probes/exits_read.h"
#include "probes/exits_source.h"
#include "probes/pidns.h"
#include "probes/vmfind.h"

#define PROFILE_MAX_PIDS  512
#define PROFILE_MAX_NAMES 64
#define PROFILE_NAME_LEN  512 /* room for profile__group_name() */

/*
 * Processes are kept by their numbers. Of several that had a number one after the other, the second
 * one has this added, the third one twice this; numbers of processes are below it.
 */
#define PROFILE_AGAIN (1 << 22)

/* A kind of detail (enum exits_kind), who exits, or who had the CPU meanwhile. */
enum profile_by { PROFILE_BY_VCPU = EXITS_NR_KINDS, PROFILE_BY_VM, PROFILE_BY_CULPRIT };

struct profile_options {
	pid_t pids[PROFILE_MAX_PIDS];
	unsigned int nr_pids;		      /* 0: all VMs */
	const char *names[PROFILE_MAX_NAMES]; /* of VMs; profile__resolve() makes PIDs of them */
	unsigned int nr_names;
	struct profile_child *child; /* the command that is watched instead; NULL: none */
	int vcpu;		     /* -1: all */
	double duration_s;	     /* 0: until stopped */
	double interval_s;	     /* 0: the total only */
	bool live;		     /* an interval is needed whatever interval_s is */
	bool record;		     /* single exits are needed, for recording__begin() */
	unsigned int by;	     /* enum exits_kind, or enum profile_by */
	uint64_t over_ns;	     /* 0: no streaming */
	bool stacks;		     /* with over_ns: events say where in the kernel it was */
	int source;		     /* enum exits_source, -1: calibrate and choose */
	bool counts_only;
	unsigned int top; /* lines of a table, 0: all */
};

/*
 * A vCPU that was seen; it stays in the list after it is gone. Numbers with PIDNS_ELSEWHERE belong
 * to another PID namespace and are not those of /proc.
 */
struct profile_vcpu {
	pid_t tgid, tid;
	int id; /* -1: not known */
	uint64_t kvm;
	uint64_t count;		   /* exits for all reasons, each counted once */
	uint64_t ns;		   /* time out of the guest, within the time watched */
	uint64_t begin_ns, end_ns; /* watched from and to; end 0: it still exists */
};

/* A process that runs VMs; stays in the list after it is gone. */
struct profile_vm {
	struct vm_process process;
	unsigned int nr_seen_vcpus;
	bool there_first; /* existed before watching began */
	uint64_t gone_ns; /* when its process was found to be gone (profile__find_gone()); else 0 */
	bool forgotten;	  /* its sums have been dropped */
	bool apicv_known;
	uint64_t apicv_inhibits; /* all reasons that were seen (exits__apicv()) */
};

/* An exit that had not ended when watching did. */
struct profile_way {
	unsigned int vcpu; /* in vcpus */
	char reason[64];
	uint64_t ns;
};

/* What a recorded profile has in place of the probe. */
struct profile_past {
	bool timed;
	uint64_t memory_bytes;	/* of the probe's maps */
	json_t *host;		/* its fingerprint, where it was recorded */
	char started[32];	/* ISO 8601; "": not known */
	unsigned int asked_for; /* processes, by -p; 0: all VMs */
	uint64_t lost;		/* as exits__lost() */
	char lost_text[512];
	char apicv[64][32]; /* why APICv is inhibited, by bit; "": not in this profile */
	struct profile_way *ways;
	size_t nr_ways;
};

struct record;

struct profile {
	const struct profile_options *opts;
	struct exits *exits; /* NULL: recorded before */
	struct profile_past *past;
	struct record *record; /* where it is recorded; NULL: nowhere */
	struct exits_choice choice;
	struct waits *waits; /* of a profile by culprit; else NULL */
	struct profile_vcpu *vcpus;
	unsigned int nr_vcpus, room_vcpus;
	uint32_t vcpu_of[EXITS_SLOTS]; /* by slot of the probe: index in vcpus + 1 */
	struct profile_vm *vms;
	size_t nr_vms;
	size_t unreadable; /* processes whose descriptors could not be seen */
	/* groups are processes or, when by vCPU, indices in vcpus */
	struct exits_profile total;
	struct exits_profile interval; /* the part since the last profile__collect(), if there
					 * are intervals */
	uint64_t begin_ns, interval_begin_ns, now_ns;
	bool ended;
	bool vms_ended;	  /* the command or the requested VMs ended before the time was over */
	uint64_t gone_ns; /* since when none of them exists; 0: one does */
	/* vCPUs that slept in KVM all the time and so had no exit */
	unsigned int halted;
	int failed; /* an errno from within a callback */
};

/*
 * Adds the processes of the VMs with the names to the PIDs: of each name all that have it. -ESRCH:
 * no VM has it; -E2BIG.
 */
int profile__resolve(struct profile_options *opts, struct error *err);
/*
 * Finds the VMs, chooses the source and attaches. -ESRCH: no such process; -ENODEV: it runs no VM;
 * else the errors of exits__open().
 */
int profile__open(struct profile *p, const struct profile_options *opts, struct error *err);
/*
 * Reads what was counted since the last time: adds it to `total`, and puts it alone into
 * `interval`. Takes up new VMs.
 */
int profile__collect(struct profile *p, struct error *err);
/*
 * Reads the single exits that there are, for the recording and for `visit` (NULL: nobody). While
 * recording, to be called every few milliseconds.
 */
void profile__drain(struct profile *p, exits_event_visit visit, void *ctx);
/* Detaches and reads a last time. */
int profile__end(struct profile *p, struct error *err);
/*
 * Whether the VMs requested by process (--pid) are gone; always false when all VMs are watched. To
 * be called now and then. A process may make one VM after the other and have none in between, so
 * its end is waited for.
 */
bool profile__over(struct profile *p);
/* Looks which VMs' processes are gone: reads a file for each. */
void profile__find_gone(struct profile *p);
/*
 * Drops the sums of VMs that have been gone for longer, so that memory does not grow with all that
 * ever ran. Totals do not have them any more. Whether there were any.
 */
bool profile__forget(struct profile *p, uint64_t ns);
void profile__close(struct profile *p);

double profile__seconds(const struct profile *p); /* begin to the last collection */
double profile__interval_seconds(const struct profile *p);
/* The time for which vCPUs existed while watched: of all together; of one. */
double profile__vcpus_ns(const struct profile *p);
double profile__vcpu_ns(const struct profile *p, const struct profile_vcpu *vcpu);
/* Whether there are times, and what the probe took and lost: of this profile, or when recorded. */
bool profile__timed(const struct profile *p);
uint64_t profile__memory_bytes(const struct profile *p);
uint64_t profile__lost(const struct profile *p, char *text, size_t len);
void profile__apicv_name(const struct profile *p, unsigned int bit, char *name, size_t len);
/* Exits under way, if exits are timed. */
typedef void (*profile_way_visit)(const struct profile *p, const struct profile_vcpu *vcpu,
				  const char *reason, uint64_t ns, void *ctx);
void profile__under_way(struct profile *p, profile_way_visit visit, void *ctx);
enum exits_kind profile__kind(const struct profile *p); /* the kind of the rows to show */
/*
 * "4711 qemu-system-x86 web1 (pod default/web-1)"; for groups of a profile by vCPU "… vCPU 3".
 */
void profile__group_name(const struct profile *p, int64_t group, char *name, size_t len);
/* Always the process … */
void profile__process_name(const struct profile *p, pid_t pid, char *name, size_t len);
/* … and always the vCPU. */
void profile__vcpu_name(const struct profile *p, const struct profile_vcpu *vcpu, char *name,
			size_t len);
/* A process's number in /proc, or what it is in another namespace. */
int profile__number(pid_t pid);
/* The number of the vCPU's VM within its process, in the order in which they were first seen. */
unsigned int profile__vm_number(const struct profile *p, const struct profile_vcpu *vcpu);
struct profile_vm *profile__vm(const struct profile *p, pid_t pid);
/*
 * Adds a process, or returns the one of this number; a vCPU, whose process is there. NULL: out of
 * memory.
 */
struct profile_vm *profile__add_vm(struct profile *p, const struct vm_process *process);
struct profile_vcpu *profile__add_vcpu(struct profile *p, const struct profile_vcpu *vcpu);
/* In brief: "web1", or the program's name; "" if the process is not known. */
const char *profile__vm_name(const struct profile *p, pid_t pid);

#endif
