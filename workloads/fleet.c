/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many VMs on one host: each of `size` VMs is created, run to its payload's first bell, and
 * destroyed, while those before it are still there. A sample is one VM's: the spread over the
 * samples shows whether the last costs more than the first.
 *
 *   step=create   VM, memory with the payload, irqchip, one vCPU
 *   step=entry    from KVM_RUN to the payload's first bell: its memory is faulted in
 *   step=destroy  all of it again, youngest last
 *   how=sequence  one after the other in one thread
 *   how=together  each VM has a thread, and all of them begin a step at the same time
 *
 * A note says what a VM takes of memory: in this process, and of the host's MemAvailable, before
 * the first and with all of them; the latter is left out where other work moved it further. A limit
 * that is reached (descriptors, threads, memory) fails the cell with its name and the number of the
 * VM. No peer measures it; `first-entry` and its parts are the same for a single VM.
 *
 * The host's half: bench/backends/kvm/fleet.c
 */
#include "workloads/workload.h"

static const char *const steps[] = { "create", "entry", "destroy", NULL };
static const char *const hows[] = { "sequence", "together", NULL };

DEFINE_WORKLOAD(workload_fleet) = {
	.name = "fleet",
	.what = "a step in the life of one of many VMs",
	.group = GROUP_LIFECYCLE,
	.kind = WORKLOAD_HOST,
	.unit = "ns",
	.ring = 3,
	.waits = true,
	.params = {
		{ "size", "VMs that are alive at once", PARAM_COUNT, 10, 1, 1000, NULL },
		{ "step", "what is timed", PARAM_CHOICE, 0, 0, 0, steps },
		{ "how", "one after the other, or all at once", PARAM_CHOICE, 0, 0, 0, hows },
	},
};
