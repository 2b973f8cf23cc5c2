/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VMs of this host, found by the KVM descriptors their processes hold (/proc/PID/fd: kvm-vm,
 * kvm-vcpu:N): that is what makes a process a VMM, whatever it and its threads are called.
 */
#ifndef HVBENCH_VMFIND_H
#define HVBENCH_VMFIND_H

#include <stddef.h>
#include <sys/types.h>

/* What processes call themselves and their VMs is clean (bench/base/clean_text.h). */
struct vm_process {
	pid_t pid;
	char comm[64];
	char name[128];			/* what the VMM calls the VM (QEMU's -name), "" if nothing */
	unsigned int nr_vms, nr_vcpus;
};

struct vm_list {
	struct vm_process *list;
	size_t nr;
	size_t unreadable;		/* processes whose descriptors this user may not see */
};

/* -ENOMEM, or what keeps /proc from being read. A process in front of pid 0: all processes. */
int vmfind__all(struct vm_list *vms);
/* One process; -ESRCH, -EACCES, or 0 with nr_vms and nr_vcpus possibly 0. */
int vmfind__process(pid_t pid, struct vm_process *vm);
/*
 * Threads of the process that sleep in KVM's halt of a vCPU (by /proc/PID/task/TID/wchan), at most `room`;
 * 0 also where this user may not know.
 */
size_t vmfind__halted(pid_t pid, pid_t *tids, size_t room);
void vmfind__free(struct vm_list *vms);
/* vCPUs on this host, as far as this user may see. */
unsigned int vmfind__count_vcpus(void);

#endif
