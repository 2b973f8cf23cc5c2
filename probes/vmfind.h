/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VMs of this host, found by the KVM descriptors that processes hold (/proc/PID/fd: kvm-vm,
 * kvm-vcpu:N). These make a process a VMM, whatever it and its threads are called.
 */
#ifndef HVBENCH_VMFIND_H
#define HVBENCH_VMFIND_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "probes/vmname.h"

/* A process's name, which others chose, has been cleaned (bench/base/clean_text.h). */
struct vm_process {
	pid_t pid;
	char comm[64];
	struct vm_name name; /* of its VM; of several, of the first */
	unsigned int nr_vms, nr_vcpus;
	uint64_t started; /* in clock ticks since boot; 0: not known */
};

struct vm_list {
	struct vm_process *list;
	size_t nr;
	size_t unreadable; /* processes whose descriptors this user may not see */
};

/* All processes. -ENOMEM, or why /proc cannot be read. */
int vmfind__all(struct vm_list *vms);
/* Those whose /proc is below the root: of a copy, or made by a test. */
int vmfind__below(const char *root, struct vm_list *vms);
/* One process; -ESRCH, -EACCES, or 0 with nr_vms and nr_vcpus possibly 0. */
int vmfind__process(pid_t pid, struct vm_process *vm);
/* The same without names, to look often. */
int vmfind__count(pid_t pid, unsigned int *nr_vms);
/*
 * When the process started, in clock ticks since boot; 0: it is not there. With its number that
 * tells it from others that have had the number.
 */
uint64_t vmfind__started(pid_t pid);
/*
 * Threads of the process that sleep in KVM's halt of a vCPU (by /proc/PID/task/TID/wchan), at most
 * `room`; also 0 if this user may not see that.
 */
size_t vmfind__halted(pid_t pid, pid_t *tids, size_t room);
void vmfind__free(struct vm_list *vms);
/* How many vCPUs there are on this host, as far as this user may see. */
unsigned int vmfind__count_vcpus(void);

#endif
