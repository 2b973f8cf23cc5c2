/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other VM of the workload vm-switch: the same payload with the same command, which answers
 * each interrupt by one, in a thread on the same CPU.
 */
#ifndef HVBENCH_KVM_PEER_H
#define HVBENCH_KVM_PEER_H

#include "bench/backends/backend.h"
#include "bench/vmm/vm.h"

struct peer;

/* Makes the VM and joins it to `of`. Also after an error *out is to be destroyed. */
int peer__create(struct peer **out, struct vm *of, const struct vm_request *req, struct error *err);
/*
 * Keeps the calling thread on one CPU, and starts the other VM's thread there; returns once that
 * VM waits for an interrupt.
 */
int peer__start(struct peer *peer, const struct cell *cell, const struct measure_request *req,
		struct error *err);
/* Why it ended by itself; NULL: it did not. */
const struct error *peer__failed(const struct peer *peer);
/* All may be called with NULL; peer__stop() also if it was never started. */
void peer__stop(struct peer *peer);
void peer__destroy(struct peer *peer);

#endif
