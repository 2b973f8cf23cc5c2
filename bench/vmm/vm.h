/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our own VMM over /dev/kvm: just enough machine for the payload, and only a switch statement
 * between an exit to user space and the next KVM_RUN.
 *
 *   vm__create()             VM, irqchip, memory with the payload in it
 *   vm__create_vcpus()       vCPUs at the payload's 64-bit entry
 *   vm__start_secondaries()  threads for vCPU 1 and up
 *   vcpu__run()              runs a vCPU in the calling thread until its next doorbell
 *   vm__destroy()
 *
 * The caller decides which thread runs vCPU 0, so that one thread can run several VMs in turn.
 */
#ifndef HVBENCH_VM_H
#define HVBENCH_VM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/base/error.h"
#include "bench/kvm/kvmstats.h"
#include "bench/plan/config.h"
#include "bench/vmm/dirty.h"
#include "bench/vmm/memory.h"
#include "bench/vmm/payload.h"
#include "bench/vmm/vcpu.h"

struct vm {
	int kvm_fd, fd;
	struct config config;
	struct memory low, arena, rom;
	const struct payload *payload;
	struct vcpu *vcpus;
	unsigned int nr_vcpus;
	struct kvmstats stats;
	bool has_stats;
	int ioeventfd, irqfd; /* -1: none */
	int coalesced_offset; /* page of the run mapping, 0: none */
	uint64_t tables_gpa, tables_bytes;
	struct dirty_log dirty;
	uint64_t tsc_khz;
	bool tsc_is_host; /* the guest's TSC reads the same as the host's */
	unsigned int first_pin;
	bool hyperv, synic;
	char disable_exits_refused[96]; /* which of config.disable_exits KVM did not grant */
};

struct vm_request {
	const struct config *config;
	const struct payload *payload;
	uint64_t arena_bytes;
	enum config_pages arena_pages; /* resolved, not PAGES_AUTO */
	enum config_backing backing;   /* of the arena */
	unsigned int nr_vcpus;
	unsigned int devices;	     /* bits of enum workload_needs that ask for devices */
	bool populate;		     /* host pages behind the arena from the start */
	uint32_t dirty_ring_entries; /* with dirty_log=ring; 0: the usual number */
	unsigned int first_pin;	     /* vCPU i goes to CPU number first_pin + i of config.pin */
	bool x2apic;
	bool hyperv; /* show Hyper-V's CPUID leaves too, where this KVM has them */
	bool synic;  /* switch its synthetic interrupt controller on, likewise */
};

int vm__create(struct vm *vm, const struct vm_request *req, struct error *err);
/* The steps of vm__create(), for callers that time them. */
int vm__create_fd(struct vm *vm, struct error *err);
int vm__setup(struct vm *vm, const struct vm_request *req, struct error *err);
/* The threads inherit the caller's scheduling class. */
int vm__start_secondaries(struct vm *vm, struct error *err);
void vm__destroy(struct vm *vm);

#endif
