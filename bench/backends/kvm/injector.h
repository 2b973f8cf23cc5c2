/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host thread that the workload `inject` needs: it answers each of the guest's requests
 * (mailbox.kick) through the irqfd, as a device's back end does.
 */
#ifndef HVBENCH_KVM_INJECTOR_H
#define HVBENCH_KVM_INJECTOR_H

#include <pthread.h>

#include "bench/base/cpus.h"
#include "bench/vmm/vm.h"

struct injector {
	pthread_t thread;
	bool running;
	volatile int stop;
	struct hv_kick *kick;
	int irqfd;
	pthread_mutex_t turn;
	bool placed;
	struct cpus where;
};

/*
 * Runs on these CPUs, or (NULL) where the caller may run. Does nothing for a VM without an irqfd.
 */
int injector__start(struct injector *inj, struct vm *vm, const struct cpus *where,
		    struct error *err);
/* Puts it to sleep while another twin has its turn; it takes microseconds to notice. */
void injector__hold(struct injector *inj);
void injector__let_go(struct injector *inj);
/* Also allowed if it was never started. */
void injector__stop(struct injector *inj);

#endif
