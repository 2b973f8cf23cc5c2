/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's log of the pages that a guest writes, as live migration uses it: by a bitmap for each memory
 * slot, or by a ring for each vCPU.
 *
 *	dirty__check()		can this KVM do it?
 *	dirty__setup()		the VM before its vCPUs,
 *	dirty__map_ring()	and each of them
 *	dirty__begin()		from here on all of guest memory is logged: each page is write-protected, so
 *				that the first write to it is seen
 *	dirty__drain()		a vCPU whose ring is full (KVM_EXIT_DIRTY_RING_FULL)
 *	dirty__end()		how many pages it came to
 *
 * Documentation/virt/kvm/api.rst, 4.8 (KVM_GET_DIRTY_LOG) and 8.29 (KVM_CAP_DIRTY_LOG_RING).
 */
#ifndef HVBENCH_DIRTY_H
#define HVBENCH_DIRTY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "bench/plan/config.h"

struct vm;
struct vcpu;
struct kvm_dirty_gfn;

struct dirty_log {
	enum config_dirty_log mode;
	bool on;
	uint32_t ring_entries;	/* of each vCPU */
	uint64_t pages;		/* taken from the rings so far; a page written again after it was taken counts again */
	pthread_mutex_t lock;	/* of the rings: their vCPUs drain them, and dirty__end() all of them */
};

/* -EOPNOTSUPP: this KVM has no such log. */
int dirty__check(enum config_dirty_log mode, struct error *err);
int dirty__setup(struct vm *vm, struct error *err);
int dirty__map_ring(struct vcpu *vcpu, struct error *err);
void dirty__unmap_ring(struct vcpu *vcpu);
int dirty__begin(struct vm *vm, struct error *err);
/* Takes what the ring holds, and has KVM protect these pages again. */
int dirty__drain(struct vcpu *vcpu, struct error *err);
/* Ends logging. Without dirty__begin() there were no pages. */
int dirty__end(struct vm *vm, uint64_t *pages, struct error *err);

#endif
