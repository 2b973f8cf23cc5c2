/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host thread that the workload io-out needs: it waits for the guest's doorbell, and puts the
 * time at which it has it, and then the number of the next, into mailbox.kick.
 */
#ifndef HVBENCH_KVM_RECEIVER_H
#define HVBENCH_KVM_RECEIVER_H

#include <pthread.h>

#include "bench/vmm/vm.h"

/* The workload's parameter `receiver`: what does not block polls. */
#define RECEIVER_POLLS 1

struct receiver {
	pthread_t thread;
	bool running, polls;
	volatile int stop;
	struct hv_kick *kick;
	int eventfd;
};

int receiver__start(struct receiver *receiver, struct vm *vm, bool polls, struct error *err);
/* Also allowed if it was never started. */
void receiver__stop(struct receiver *receiver);

#endif
