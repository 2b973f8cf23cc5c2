/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A timer that stops a vCPU which does not get on, by the signal that gets a thread out of KVM_RUN. The handler reads
 * the vCPU from the signal's value.
 */
#ifndef HVBENCH_VMM_WATCHDOG_H
#define HVBENCH_VMM_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "bench/base/error.h"

struct vcpu;

/* Once a process, before the first vCPU runs: the handler of KICK_SIGNAL. */
int watchdog__init_signal(struct error *err);

struct watchdog {
	timer_t timer;
	bool armed;
	struct vcpu *vcpu;
	unsigned int timeout_ms, renewals;
	uint64_t seen;			/* of the guest's progress, when it was started or renewed */
};
#define WATCHDOG_RENEWALS	20
/*
 * For the calling thread, which runs `vcpu`. It stops the vCPU once `timeout_ms` went by in which the guest
 * neither rang a bell nor showed another sample in its mailbox, or after WATCHDOG_RENEWALS times that long:
 * what a guest shows may be a lie.
 */
int watchdog__start(struct watchdog *dog, struct vcpu *vcpu, unsigned int timeout_ms,
		    struct error *err);
void watchdog__stop(struct watchdog *dog);

#endif
