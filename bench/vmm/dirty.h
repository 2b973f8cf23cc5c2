/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's log of the pages that a guest writes, as live migration uses it: a bitmap for each memory
 * slot, or a ring for each vCPU.
 *
 *   dirty__check()      can this KVM do it?
 *   dirty__setup()      for the VM, before it has vCPUs,
 *   dirty__map_ring()   and for each of its vCPUs
 *   dirty__begin()      from here on all of guest memory is logged: each page is write-protected,
 *                       so that the first write to it is seen
 *   dirty__drain()      for a vCPU whose ring is full (KVM_EXIT_DIRTY_RING_FULL)
 *   dirty__end()        the number of pages logged
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
	uint32_t ring_entries; /* of each vCPU */
	uint64_t pages;	       /* taken from the rings so far; a page counts again if it was
				 * written again after that */
	pthread_mutex_t lock;  /* protects the rings: vCPUs drain their own, dirty__end() drains
				 * all */
};

#define DIRTY_RING_MOST 65536u /* entries of a ring: KVM_DIRTY_RING_MAX_ENTRIES */

/* -EOPNOTSUPP: this KVM has no such log. */
int dirty__check(enum config_dirty_log mode, struct error *err);
/* `ring_entries`: 0: as many as usual. */
int dirty__setup(struct vm *vm, uint32_t ring_entries, struct error *err);
int dirty__map_ring(struct vcpu *vcpu, struct error *err);
void dirty__unmap_ring(struct vcpu *vcpu);
int dirty__begin(struct vm *vm, struct error *err);
/* Takes all entries of the ring and gives them back, to be reset; returns how many there were. */
uint32_t dirty__take(struct vcpu *vcpu);
/* Has KVM protect the pages of all entries given back. */
int dirty__reset(struct vm *vm, struct error *err);
/* Takes all entries of the ring, and has KVM protect their pages again. */
int dirty__drain(struct vcpu *vcpu, struct error *err);
/* Ends logging. If it never began, there are no pages. */
int dirty__end(struct vm *vm, uint64_t *pages, struct error *err);

#endif
