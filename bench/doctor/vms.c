// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of the VMs that run here, of any VMM: their pages, CPUs and groups. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/cpus.h"
#include "bench/doctor/vm_threads.h"
#include "bench/host/files.h"

/* Less is no VM worth huge pages. */
#define LEAST_KB (64 << 10)

/* In KiB; 0 if it is not there. */
static int64_t kb_of(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at += len)
		if ((at == text || at[-1] == '\n') && at[len] == ':')
			return strtoll(at + len + 1, NULL, 10);
	return 0;
}

static void look_at_vm_pages(const struct doctor_host *host, struct finding *f,
			     const struct vm_process *vm, const char *name)
{
	char *text = host_file__read(host->root, "/proc/%d/smaps_rollup", vm->pid);
	int64_t all, huge, reserved, swapped;

	if (!text) {
		finding__unread(f, "/proc/%d/smaps_rollup%s", vm->pid,
				host->is_root ? "" : " may not be read without root");
		return;
	}
	reserved = kb_of(text, "Private_Hugetlb") + kb_of(text, "Shared_Hugetlb");
	all = kb_of(text, "Rss") + reserved;
	huge = kb_of(text, "AnonHugePages") + kb_of(text, "ShmemPmdMapped") +
	       kb_of(text, "FilePmdMapped") + reserved;
	swapped = kb_of(text, "Swap");
	finding__count(f, name,
		       "%" PRId64 " MiB, %.0f %% of it in huge pages (%" PRId64
		       " MiB reserved ones), %" PRId64 " MiB swapped",
		       all >> 10, all ? 100.0 * (double)huge / (double)all : 0, reserved >> 10,
		       swapped >> 10);
	if (all >= LEAST_KB && huge < all / 2)
		finding__say(f, DOCTOR_WARNING, FOR_LATENCY | FOR_THROUGHPUT,
			     "huge pages for %s, which has them for %.0f %% of its memory: the VMM "
			     "has to ask for them (madvise), or they are not to be had",
			     name, 100.0 * (double)huge / (double)all);
	if (swapped)
		finding__say(f, DOCTOR_WARNING, FOR_LATENCY | FOR_BENCHMARKING,
			     "memory enough for %s: %" PRId64 " MiB of it are swapped out", name,
			     swapped >> 10);
	free(text);
}

static void look_at_pages(const struct doctor_host *host, struct finding *f)
{
	vm_threads__each(host, f, look_at_vm_pages);
}

DEFINE_CHECK(vm_pages) = {
	.id = "vm-pages",
	.title = "pages that VMs have",
	.rank = 5,
	.where = "/proc/PID/smaps_rollup of each VM",
	.goals = FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING,
	.sources = { { "SUSE, Virtualization Best Practices", "read 2026-11" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "chase:working_set=64m",
			.a = "pages=4k",
			.b = "pages=thp",
			.operation = "load",
			.gains = FOR_THROUGHPUT | FOR_LATENCY,
		},
	.root_adds = "VMs of other users and their pages",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_BY_HAND, FOR_ALL,
			  "libvirt: <memoryBacking><hugepages/></memoryBacking>; QEMU: -mem-path "
			  "/dev/hugepages; Firecracker: huge_pages 2M; after that the VM has to be "
			  "started again",
			  NULL },
			{} },
	.look = look_at_pages,
};

struct pinning {
	struct cpus taken; /* by vCPUs that are pinned to one CPU */
	unsigned int nr, pinned, twice;
	unsigned int others_there; /* threads that are no vCPUs and may run on `taken` */
};

static bool may_be_there(const struct vm_thread *thread, const struct cpus *taken)
{
	struct cpus *both = alloc__need(sizeof(*both));
	bool any;

	*both = thread->cpus;
	cpus__keep(both, taken);
	any = cpus__count(both) > 0;
	free(both);
	return any;
}

/* Threads from `first` on, which are all of one VM. */
static void count_pinning(const struct vm_threads *t, size_t first, size_t end, struct pinning *p)
{
	for (size_t i = first; i < end; i++) {
		const struct vm_thread *thread = &t->list[i];

		if (!thread->is_vcpu)
			continue;
		p->nr++;
		if (thread->only < 0)
			continue;
		p->pinned++;
		p->twice += cpus__has(&p->taken, (unsigned int)thread->only);
		cpus__add(&p->taken, (unsigned int)thread->only);
	}
	for (size_t i = first; i < end && p->pinned; i++)
		if (!t->list[i].is_vcpu)
			p->others_there += may_be_there(&t->list[i], &p->taken);
}

static void judge_pinning(struct finding *f, const struct pinning *p, unsigned int vcpus,
			  const char *name)
{
	if (!p->nr) {
		finding__unread(
			f, "which threads of %s are vCPUs: none is called as one, or sleeps in KVM",
			name);
		return;
	}
	if (p->nr < vcpus)
		finding__unread(f, "which threads of %s are %u of its %u vCPUs", name,
				vcpus - p->nr, vcpus);
	finding__count(f, name, "%u of %u vCPUs pinned to one CPU", p->pinned, p->nr);
	if (p->twice)
		finding__say(f, DOCTOR_WARNING, FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING,
			     "a CPU for each vCPU of %s: %u are pinned to one that another has",
			     name, p->twice);
	if (p->pinned < p->nr)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY | FOR_BENCHMARKING,
			     "the vCPUs of %s pinned, each to a CPU: %u of %u may be moved", name,
			     p->nr - p->pinned, p->nr);
	if (p->others_there)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "the VMM's own threads of %s kept off the CPUs of its vCPUs: %u may "
			     "run there (emulatorpin, in libvirt)",
			     name, p->others_there);
}

static void look_at_pinning(const struct doctor_host *host, struct finding *f)
{
	const struct vm_threads *t = vm_threads__of(host, f);
	struct pinning *p = alloc__need(sizeof(*p));
	char name[VM_NAME_ROOM];
	size_t first = 0, end;

	for (size_t vm = 0; vm < t->vms.nr; vm++, first = end) {
		for (end = first; end < t->nr && t->list[end].vm == vm; end++)
			;
		memset(p, 0, sizeof(*p));
		count_pinning(t, first, end, p);
		judge_pinning(f, p, t->vms.list[vm].nr_vcpus,
			      vm_threads__name(&t->vms.list[vm], name));
	}
	free(p);
}

DEFINE_CHECK(vm_pinning) = {
	.id = "vm-pinning",
	.title = "CPUs that vCPUs run on",
	.rank = 6,
	.where = "/proc/PID/task/*/status of each VM",
	.goals = FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING,
	.sources = { { "RHEL 9, Configuring and managing virtualization", "read 2026-11" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "halt-wake",
			.a = "pin=none",
			.b = "pin=all",
			.apart = true,
			.sleeps = true,
			.operation = "wake-up",
			.gains = FOR_LATENCY,
		},
	.root_adds = "VMs of other users",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_BY_HAND, FOR_ALL,
			  "libvirt: <cputune><vcpupin vcpu='0' cpuset='4'/>... and <emulatorpin "
			  "cpuset='0-1'/></cputune>; at once: virsh vcpupin VM 0 4 --live "
			  "--config, or taskset -pc CPU TID",
			  NULL },
			{} },
	.look = look_at_pinning,
};

/* Whether `names`, up to `end`, like ":cpu,cpuacct:", hold the controller of CPU time. */
static bool has_cpu(const char *names, const char *end)
{
	for (const char *at = names; (at = strstr(at, "cpu")) && at < end; at++)
		if (strchr(":,", at[-1]) && strchr(":,", at[3]))
			return true;
	return false;
}

/* The part of a line like "4:cpu,cpuacct:/a/b" or "0::/a/b" behind its controllers. */
static char *group_of(const char *text, bool v2)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *names = strchr(line, ':');
		const char *path = names ? strchr(names + 1, ':') : NULL;

		if (path && (v2 ? path == names + 1 : has_cpu(names, path)))
			return strndup(path + 1, strcspn(path + 1, "\n"));
	}
	return NULL;
}

static int64_t throttled_in(const char *stat)
{
	const char *at = stat ? strstr(stat, "nr_throttled ") : NULL;

	return at ? strtoll(at + strlen("nr_throttled "), NULL, 10) : -1;
}

static void look_at_vm_group(const struct doctor_host *host, struct finding *f,
			     const struct vm_process *vm, const char *name)
{
	char *text = host_file__read(host->root, "/proc/%d/cgroup", vm->pid);
	bool any = false;

	for (int v2 = 0; text && v2 <= 1; v2++) {
		char *group = group_of(text, v2), *slash;

		/* A limit of any group above it holds for it as well. */
		while (group && *group) {
			char *stat = host_file__read(host->root, "/sys/fs/cgroup%s%s/cpu.stat",
						     v2 ? "" : "/cpu", group);
			int64_t times = throttled_in(stat);

			free(stat);
			any |= times >= 0;
			if (times > 0)
				finding__say(f, DOCTOR_WARNING,
					     FOR_LATENCY | FOR_BENCHMARKING | FOR_THROUGHPUT,
					     "no limit of CPU time on %s, if it has "
					     "CPUs of its own: group %s was stopped %" PRId64
					     " times",
					     name, group, times);
			if (times >= 0)
				finding__count(f, name, "%s: throttled %" PRId64 " times", group,
					       times);
			slash = strrchr(group, '/');
			*(slash ?: group) = '\0';
		}
		free(group);
	}
	if (!any)
		finding__count(f, name, "in no group that counts throttling");
	free(text);
}

static void look_at_throttling(const struct doctor_host *host, struct finding *f)
{
	vm_threads__each(host, f, look_at_vm_group);
}

DEFINE_CHECK(vm_throttling) = {
	.id = "vm-throttling",
	.title = "VMs stopped by limits of CPU time",
	.rank = 4,
	.where = "/proc/PID/cgroup of each VM",
	.goals = FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING,
	.sources = { { "KubeVirt issue 12970", "read 2026-11" } },
	.no_proof = "'hvbench profile' shows how long vCPUs that are ready wait (off-CPU)",
	.root_adds = "VMs of other users",
	.keep = (const struct doctor_keep[]){ { KEPT_BY_HAND, FOR_ALL,
						"libvirt: virsh schedinfo VM --set vcpu_quota=-1 "
						"--live --config; Kubernetes: requests equal to "
						"limits with whole CPUs (static CPU manager)",
						NULL },
					      {} },
	.look = look_at_throttling,
};
