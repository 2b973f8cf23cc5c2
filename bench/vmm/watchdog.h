/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A timer that stops a vCPU which makes no progress, by the signal that gets a thread out of
 * KVM_RUN. The handler takes the vCPU from the signal's value. Functions that fail return a
 * negative errno and say why in *err.
 */
#ifndef HVBENCH_VMM_WATCHDOG_H
#define HVBENCH_VMM_WATCHDOG_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "bench/base/error.h"

struct vcpu;
struct vm;

/*
 * Installs the handlers of KICK_SIGNAL and NUDGE_SIGNAL; once a process, before the first vCPU
 * runs.
 */
int watchdog__init_signal(struct error *err);

struct watchdog {
	timer_t timer;
	bool armed;
	struct vcpu *vcpu;
	unsigned int timeout_ms, renewals;
	uint64_t seen; /* the guest's progress when it was started or last
					 * renewed */
	/* looked at often, until the guest is past its first operation, which it tries now */
	volatile sig_atomic_t short_first, tried;
	uint64_t began_ns, began_cpu_ns; /* expecting the try; once `tried`: the try */
	uint64_t meant_ms;		 /* of the try: what it takes because it was told to */
};
#define WATCHDOG_RENEWALS   20
#define WATCHDOG_TRY_MS	    1000
#define WATCHDOG_TRY_CPU_MS 200
/*
 * For the calling thread, which runs `vcpu`. Stops the vCPU after `timeout_ms` in which the guest
 * neither rang a bell nor added a sample to its mailbox, and in any case after WATCHDOG_RENEWALS
 * times that long, since the guest may lie about its progress.
 */
int watchdog__start(struct watchdog *dog, struct vcpu *vcpu, unsigned int timeout_ms,
		    struct error *err);
/*
 * To be called after it was started: the guest will try an operation that it may never come back
 * from. Stops the vCPU already if that takes WATCHDOG_TRY_CPU_MS of its thread's CPU time, or
 * WATCHDOG_TRY_MS: on an idle host that is half a second after it was begun. `meant_ms`, which is
 * added to both, is how long the operation takes because it was told to.
 */
void watchdog__expect_try(struct watchdog *dog, uint64_t meant_ms);
void watchdog__stop(struct watchdog *dog);

/* Runs the first vCPU of a fresh VM, watched, until the payload is ready for commands. */
int watchdog__run_to_ready(struct vm *vm, unsigned int timeout_ms, struct error *err);

#endif
