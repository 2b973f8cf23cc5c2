/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a cell's configuration comes to, for every backend alike.
 */
#ifndef HVBENCH_SETUP_H
#define HVBENCH_SETUP_H

#include <sched.h>

#include "bench/backends/backend.h"
#include "bench/base/cpus.h"

/* What a VM touches of its low memory, and KVM's own for it. */
#define SETUP_VM_BYTES	(2ull << 20)

/* Host pages behind the working set: never PAGES_AUTO. */
enum config_pages setup__pages(const struct cell *cell);
/* Whether the guest maps the working set by 4 KiB pages. */
bool setup__small_guest_pages(const struct cell *cell);
/* vCPUs of each VM. */
unsigned int setup__vcpus(const struct cell *cell);
/* Host CPUs that may run them, at least 1. */
unsigned int setup__cpus(const struct cell *cell);
/* VMs side by side: vms=, or as many as overcommit= makes of the CPUs. */
unsigned int setup__vms(const struct cell *cell);

/*
 * Memory that an instance of the cell takes at its most, all VMs together: what memory__check() is to be
 * asked for. Huge pages that are reserved are not in it.
 */
uint64_t setup__memory_bytes(const struct cell *cell);

/*
 * Makes the calling thread what the configuration wants of the vCPU of that number. `config` is settled
 * (placement.h); setup__leave() puts everything back, also after an error.
 */
struct setup_thread {
	struct cpus cpus;
	int policy;
	struct sched_param param;
};

int setup__enter(struct setup_thread *saved, const struct config *config, unsigned int number,
		 struct error *err);
void setup__leave(const struct setup_thread *saved);

/*
 * The frequency of the host's TSC, which a process and, unscaled, a guest of TCG read: as the kernel tells
 * it, else as KVM does, else measured, once for all that this process runs. From one thread.
 */
uint64_t setup__host_tsc_khz(void);

/* Warns of more vCPUs than CPUs that may run them, and of HLTs that exit although they should not. */
void setup__warn(const struct cell *cell, struct measurement *m);

#endif
