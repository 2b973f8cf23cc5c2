/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VMs that run on the host that is looked at, and their threads. Both are read once, by the
 * first check that asks: a host of 500 VMs has thousands of threads.
 */
#ifndef HVBENCH_DOCTOR_VM_THREADS_H
#define HVBENCH_DOCTOR_VM_THREADS_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/base/cpus.h"
#include "bench/doctor/doctor_host.h"
#include "bench/doctor/finding.h"
#include "probes/vmfind.h"

struct vm_thread {
	size_t vm; /* its place in the list of VMs */
	pid_t tid;
	bool is_vcpu;
	bool runs;	  /* it ran when it was looked at: in user space, the kernel or a guest */
	bool of_kernel;	  /* a worker that the kernel started for the VM (vhost, KVM's own) */
	int only;	  /* the one CPU it may run on; -1: it may run on several */
	struct cpus cpus; /* that it may run on */
};

struct vm_threads {
	bool looked, threads_read;
	int error; /* of looking for VMs: negative errno */
	struct vm_list vms;
	struct vm_thread *list;
	size_t nr, room;
};

/* Without threads. Where there are no VMs, or /proc cannot be read, the finding says so. */
const struct vm_threads *vm_threads__vms(const struct doctor_host *host, struct finding *f);
/* With them. */
const struct vm_threads *vm_threads__of(const struct doctor_host *host, struct finding *f);
void vm_threads__free(struct vm_threads *threads);

/* "a (pid 77)" */
#define VM_NAME_ROOM 256
char *vm_threads__name(const struct vm_process *vm, char buf[VM_NAME_ROOM]);

/* Calls look() for each VM. */
void vm_threads__each(const struct doctor_host *host, struct finding *f,
		      void (*look)(const struct doctor_host *host, struct finding *f,
				   const struct vm_process *vm, const char *name));

#endif
