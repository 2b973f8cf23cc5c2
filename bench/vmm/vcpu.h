/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vCPU: create it, run it until its next doorbell, stop or hold it, describe it, destroy it. */
#ifndef HVBENCH_VMM_VCPU_H
#define HVBENCH_VMM_VCPU_H

#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "bench/kvm/kvmstats.h"

struct vm;
struct watchdog;

#define VM_MAX_USER_EXITS 64 /* KVM_EXIT_* that are counted separately */
#define KICK_SIGNAL \
	(SIGRTMIN + 2)	    /* gets a thread out of KVM_RUN; its value is the vCPU:
					 * watchdog.c */
#define NUDGE_SIGNAL SIGURG /* in its place where that cannot be queued; does nothing itself */
#define KICK_AGAIN_NS \
	50000000 /* repeated, since a signal just after a check of `stop`
					 * has no effect */

struct vcpu {
	struct vm *vm;
	unsigned int index;
	int fd;
	struct kvm_run *run;
	size_t run_bytes;
	struct kvm_coalesced_mmio_ring *coalesced; /* NULL: none */
	struct kvm_dirty_gfn *dirty_ring;	   /* NULL: none */
	uint32_t dirty_next;			   /* the entry that KVM will fill next, as
							 * far as we know */
	struct kvmstats stats;
	uint64_t user_exits[VM_MAX_USER_EXITS]; /* returns of KVM_RUN by exit reason */
	uint64_t interrupted;			/* returns of KVM_RUN with EINTR */
	uint64_t bells;				/* doorbells it rang */
	volatile sig_atomic_t stop;		/* set by vcpu__kick() and the watchdog */
	pid_t tid;				/* of the thread that ran it last, 0: none */
	pthread_t thread;			/* of its own, if has_thread: vCPU 1 and up */
	bool has_thread;
	pthread_mutex_t turn; /* with has_thread: guards `held` and `parked` */
	pthread_cond_t turned;
	bool held, parked;    /* whether it shall be held; whether it is */
	struct error failure; /* why the thread ended; code 0: it was told to */
	volatile int ended;
	struct watchdog *dog;  /* the one that watches it now; NULL: none */
	bool overdue;	       /* the last watchdog was renewed as often as allowed */
	unsigned int tried_ms; /* how long its first operation took until it was given up */
};

int vcpu__create(struct vm *vm, unsigned int index, struct error *err);
/*
 * Runs until the guest rings the doorbell: 0 and the value in *bell. Anything else is a negative
 * errno and a message that names vCPU, RIP and exit: -ETIME the watchdog or vcpu__kick(), -EIO the
 * guest cannot go on (shutdown, internal error, failed entry).
 */
int vcpu__run(struct vcpu *vcpu, uint32_t *bell, struct error *err);
/* Makes vcpu__run() return soon; may be called from any thread and from signal handlers. */
void vcpu__kick(struct vcpu *vcpu);
/*
 * Holds a vCPU that has a thread of its own: outside the guest and asleep, until it is let go. Both
 * return once that is so. To be called from the thread that runs vCPU 0.
 */
void vcpu__hold(struct vcpu *vcpu);
void vcpu__let_go(struct vcpu *vcpu);
/* Adds to the message where the vCPU is (RIP, CPL, last exit). */
void vcpu__describe(struct vcpu *vcpu, struct error *err);
/* Ends the vCPU's own thread, if it has one. */
void vcpu__join(struct vcpu *vcpu);
void vcpu__destroy(struct vcpu *vcpu);
const char *vcpu__exit_name(uint32_t exit_reason);

#endif
