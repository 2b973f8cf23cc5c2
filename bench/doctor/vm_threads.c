// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/doctor/vm_threads.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/host/files.h"

char *vm_threads__name(const struct vm_process *vm, char buf[VM_NAME_ROOM])
{
	snprintf(buf, VM_NAME_ROOM, "%s (pid %d)", *vm->name.name ? vm->name.name : vm->comm,
		 vm->pid);
	return buf;
}

/*
 * By its name (QEMU's "CPU 0/KVM" with debug-threads, Firecracker's "fc_vcpu 0", "vcpu0" of
 * others), or since it sleeps in ioctl(KVM_RUN): "16 0xd 0xae80 …"
 * (Documentation/filesystems/proc.rst).
 */
static bool is_vcpu(const char *root, pid_t pid, const char *tid, const char *comm)
{
	char *syscall;
	bool runs;

	if (strstr(comm, "/KVM") || strstr(comm, "vcpu"))
		return true;
	syscall = host_file__read(root, "/proc/%d/task/%s/syscall", pid, tid);
	runs = syscall && strstr(syscall, " 0xae80 ");
	free(syscall);
	return runs;
}

static bool allowed_cpus(struct cpus *cpus, const char *status)
{
	const char *at = strstr(status, "\nCpus_allowed_list:"), *why;
	char list[4096];
	size_t len;

	if (!at)
		return false;
	at += strlen("\nCpus_allowed_list:");
	at += strspn(at, " \t");
	len = strcspn(at, "\n");
	if (len >= sizeof(list))
		return false;
	memcpy(list, at, len);
	list[len] = '\0';
	return !cpus__parse(cpus, list, &why);
}

struct reading {
	struct vm_threads *threads;
	size_t vm;
};

static struct vm_thread *new_thread(struct vm_threads *t)
{
	if (t->nr == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->list = realloc(t->list, t->room * sizeof(*t->list));
		if (!t->list)
			alloc__fail();
	}
	return memset(&t->list[t->nr], 0, sizeof(*t->list));
}

static void visit_thread(const char *root, const char *tid, void *arg)
{
	const struct reading *r = arg;
	pid_t pid = r->threads->vms.list[r->vm].pid;
	struct vm_thread *thread;
	char *comm, *status;

	if (!isdigit((unsigned char)*tid))
		return;
	comm = host_file__read(root, "/proc/%d/task/%s/comm", pid, tid);
	status = host_file__read(root, "/proc/%d/task/%s/status", pid, tid);
	thread = new_thread(r->threads);
	if (comm && status && allowed_cpus(&thread->cpus, status)) {
		thread->vm = r->vm;
		thread->is_vcpu = is_vcpu(root, pid, tid, comm);
		thread->only = cpus__count(&thread->cpus) == 1 ? cpus__nth(&thread->cpus, 0) : -1;
		r->threads->nr++;
	}
	free(comm);
	free(status);
}

const struct vm_threads *vm_threads__vms(const struct doctor_host *host, struct finding *f)
{
	struct vm_threads *t = host->vms;

	if (!t->looked)
		t->error = vmfind__below(host->root, &t->vms);
	t->looked = true;
	if (t->error)
		finding__unread(f, "/proc, to look for VMs");
	else if (!t->vms.nr && t->vms.unreadable && !host->is_root)
		finding__not_applicable(f, "no VM of this user's runs here");
	else if (!t->vms.nr)
		finding__not_applicable(f, "no VM runs here");
	return t;
}

const struct vm_threads *vm_threads__of(const struct doctor_host *host, struct finding *f)
{
	struct vm_threads *t = host->vms;
	char dir[64];

	vm_threads__vms(host, f);
	for (size_t i = 0; !t->threads_read && i < t->vms.nr; i++) {
		struct reading r = { t, i };

		snprintf(dir, sizeof(dir), "/proc/%d/task", t->vms.list[i].pid);
		host_file__each(host->root, dir, "", visit_thread, &r);
	}
	t->threads_read = true;
	return t;
}

void vm_threads__free(struct vm_threads *threads)
{
	vmfind__free(&threads->vms);
	free(threads->list);
}

void vm_threads__each(const struct doctor_host *host, struct finding *f,
		      void (*look)(const struct doctor_host *host, struct finding *f,
				   const struct vm_process *vm, const char *name))
{
	const struct vm_threads *t = vm_threads__vms(host, f);
	char name[VM_NAME_ROOM];

	for (size_t i = 0; i < t->vms.nr; i++)
		look(host, f, &t->vms.list[i], vm_threads__name(&t->vms.list[i], name));
}
