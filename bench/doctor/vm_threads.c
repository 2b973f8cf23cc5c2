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
 * Kernel threads that are threads of the process (Linux 6.4 and later). They are clones of the one
 * that started them, and have its system call still: ioctl(KVM_RUN), though they never make it.
 */
static bool is_of_kernel(const char *comm)
{
	static const char *const names[] = { "vhost-", "kvm-nx-lpage-re", "iou-wrk-", "iou-sqp-" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(comm, names[i], strlen(names[i])))
			return true;
	return false;
}

/*
 * By its name (QEMU's "CPU 0/KVM" with debug-threads, Firecracker's "fc_vcpu 0", "vcpu0" of
 * others), or since it sleeps in ioctl(KVM_RUN): "16 0xd 0xae80 …"; of one that runs there is only
 * "running" (Documentation/filesystems/proc.rst).
 */
static void judge_thread(const char *root, pid_t pid, const char *comm, struct vm_thread *thread)
{
	char *syscall;

	thread->of_kernel = is_of_kernel(comm);
	thread->is_vcpu = !thread->of_kernel && (strstr(comm, "/KVM") || strstr(comm, "vcpu"));
	if (thread->of_kernel || thread->is_vcpu)
		return;
	syscall = host_file__read(root, "/proc/%d/task/%d/syscall", pid, thread->tid);
	thread->is_vcpu = syscall && strstr(syscall, " 0xae80 ");
	thread->runs = syscall && !strncmp(syscall, "running", 7);
	free(syscall);
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
		thread->tid = atoi(tid);
		judge_thread(root, pid, comm, thread);
		thread->only = cpus__count(&thread->cpus) == 1 ? cpus__nth(&thread->cpus, 0) : -1;
		r->threads->nr++;
	}
	free(comm);
	free(status);
}

/*
 * How likely it is that a thread which is not known as a vCPU is one: it has run a guest
 * (guest_time of /proc/PID/task/TID/stat, field 43), or else it runs just now. 0: it is not.
 */
static double likeness(const char *root, pid_t pid, const struct vm_thread *thread)
{
	char *text = host_file__read(root, "/proc/%d/task/%d/stat", pid, thread->tid), *at;
	unsigned long long user = 0, system = 0, guest = 0;

	at = text ? strrchr(text, ')') : NULL;
	for (int field = 3; at && field <= 43; field++) {
		at = strchr(at + 1, ' ');
		if (at && field == 14)
			user = strtoull(at, NULL, 10);
		else if (at && field == 15)
			system = strtoull(at, NULL, 10);
		else if (at && field == 43)
			guest = strtoull(at, NULL, 10);
	}
	free(text);
	if (guest)
		return 1e18 + (double)guest;
	return thread->runs ? 1 + (double)(user + system) : 0;
}

/* As many vCPUs as the VM has by its descriptors; threads from `first` on are its. */
static void find_other_vcpus(const char *root, struct vm_threads *t, size_t first)
{
	const struct vm_process *vm = first < t->nr ? &t->vms.list[t->list[first].vm] : NULL;
	unsigned int known = 0;
	double *like;

	for (size_t i = first; i < t->nr; i++)
		known += t->list[i].is_vcpu;
	if (!vm || known >= vm->nr_vcpus)
		return;
	like = alloc__need_zeroed(t->nr - first, sizeof(*like));
	for (size_t i = first; i < t->nr; i++)
		if (!t->list[i].is_vcpu && !t->list[i].of_kernel)
			like[i - first] = likeness(root, vm->pid, &t->list[i]);
	for (; known < vm->nr_vcpus; known++) {
		size_t best = 0;

		for (size_t i = 1; i < t->nr - first; i++)
			if (like[i] > like[best])
				best = i;
		if (like[best] <= 0)
			break;
		t->list[first + best].is_vcpu = true;
		like[best] = 0;
	}
	free(like);
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
		size_t first = t->nr;

		snprintf(dir, sizeof(dir), "/proc/%d/task", t->vms.list[i].pid);
		host_file__each(host->root, dir, "", visit_thread, &r);
		find_other_vcpus(host->root, t, first);
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
