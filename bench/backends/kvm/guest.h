/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One guest of the kvm backend: its VM, and the mailbox protocol with its vCPU 0, which the calling
 * thread runs. kvm.c measures with it; twins.c lets two of them take turns.
 */
#ifndef HVBENCH_KVM_GUEST_H
#define HVBENCH_KVM_GUEST_H

#include <pthread.h>

#include "bench/backends/backend.h"
#include "bench/backends/setup.h"
#include "bench/vmm/queue.h"
#include "bench/vmm/userfault.h"
#include "bench/vmm/vm.h"

struct gate;
struct peer;

struct guest {
	struct vm vm;
	unsigned int index;
	bool booted;
	struct userfault *userfault; /* NULL: none */
	struct queue *queue;	     /* likewise */
	struct hv_command sent;	     /* the last one */
	struct peer *peer;	     /* the other VM of a workload that needs two; NULL: none */
	/* for a guest that has a thread of its own */
	pthread_t thread;
	const struct cell *cell;
	struct measure_request req;
	struct measurement *m;
	struct gate *gate;
};

struct instance {
	struct payload payload;
	struct guest *guests;
	unsigned int nr_guests;
	struct peer *peer;
};

/* Places the calling thread as the guest's configuration says; setup__leave() restores it. */
int guest__enter_thread(struct guest *guest, struct setup_thread *saved, struct error *err);
/* Runs from the first instruction to READY, with all vCPUs. */
int guest__boot(struct guest *guest, struct error *err);
/* Puts a command into the mailbox; `flags` are HV_CMD_*. */
void guest__command(struct guest *guest, const struct cell *cell, const struct measure_request *req,
		    uint32_t flags);
/*
 * Runs vCPU 0 to its next doorbell, which has to be `want`. -EAGAIN: it refused the command, and
 * its mailbox says why; else -errno with a message.
 */
int guest__run_to(struct guest *guest, uint32_t want, struct error *err);
/*
 * Turns the mailbox into a measurement. `ret` of guest__run_to() is 0, or -EAGAIN: then nothing was
 * measured.
 */
void guest__collect(struct guest *guest, int ret, const struct cell *cell, struct measurement *m);
/*
 * Fails the measurement with the reason behind an error of guest__run_to(): a fault, a hang,
 * another vCPU.
 */
void guest__explain(struct guest *guest, const struct error *err, struct measurement *m,
		    unsigned int timeout_ms);

#endif
