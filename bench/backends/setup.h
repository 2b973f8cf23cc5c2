/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a cell's configuration means, the same for every backend. */
#ifndef HVBENCH_SETUP_H
#define HVBENCH_SETUP_H

#include <sched.h>

#include "bench/backends/backend.h"
#include "bench/base/cpus.h"

/* What a VM touches of its low memory, and KVM's own for it. */
#define SETUP_VM_BYTES (2ull << 20)

/* Host pages behind the working set: never PAGES_AUTO. */
enum config_pages setup__pages(const struct cell *cell);
/* Whether the guest maps the working set with 4 KiB pages. */
bool setup__small_guest_pages(const struct cell *cell);
/* vCPUs of each VM. */
unsigned int setup__vcpus(const struct cell *cell);
/*
 * How long one operation may take because its parameters say so: each of them that is a time, once
 * for each vCPU (who holds a lock keeps all the others waiting).
 */
uint64_t setup__meant_ms(const struct cell *cell);
/* Bytes of arena that a VM needs: with parallel= as many parts as vCPUs. */
uint64_t setup__arena_bytes(const struct cell *cell);
/* Host CPUs that may run them, at least 1. */
unsigned int setup__cpus(const struct cell *cell);
/* VMs side by side: vms=, or as many as overcommit= needs for the CPUs. */
unsigned int setup__vms(const struct cell *cell);

/* The longest time that one operation waits because of a parameter. */
double setup__waiting_ns(const struct cell *cell);

/*
 * The most memory that an instance of the cell takes, all VMs together: to be passed to
 * memory__check(). Reserved huge pages are not included.
 */
uint64_t setup__memory_bytes(const struct cell *cell);

/*
 * Places the calling thread as the configuration says for the vCPU of that number. `config` is
 * settled (placement.h); setup__leave() restores everything, also after an error.
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
 * The frequency of the host's TSC, which a process reads and, unscaled, a guest of TCG: from the
 * kernel, else from KVM, else measured, once for everything this process runs. To be called from
 * one thread.
 */
uint64_t setup__host_tsc_khz(void);

/*
 * Warns if there are more vCPUs than CPUs that may run them, and if HLTs exit although they should
 * not.
 */
void setup__warn(const struct cell *cell, struct measurement *m);

#endif
