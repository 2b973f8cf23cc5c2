// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of the CPUs that vCPUs are pinned to: who else is there. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/doctor/vm_threads.h"
#include "bench/host/files.h"

#define CPU_DIR "/sys/devices/system/cpu"
#define STEADY	(FOR_LATENCY | FOR_BENCHMARKING)
#define NOBODY	SIZE_MAX

/* For each CPU the VM whose vCPU is pinned to it, or NOBODY; the caller frees it. */
static size_t *owners_of(const struct vm_threads *t, unsigned int *nr)
{
	size_t *owner = alloc__need(CPUS_MAX * sizeof(*owner));

	for (unsigned int cpu = 0; cpu < CPUS_MAX; cpu++)
		owner[cpu] = NOBODY;
	*nr = 0;
	for (size_t i = 0; i < t->nr; i++)
		if (t->list[i].is_vcpu && t->list[i].only >= 0) {
			owner[t->list[i].only] = t->list[i].vm;
			(*nr)++;
		}
	return owner;
}

struct shared {
	unsigned int cpus, others, own; /* CPUs, and cores, that two vCPUs have */
	char first_cpu[2 * VM_NAME_ROOM + 64], first_core[2 * VM_NAME_ROOM + 64];
};

static void find_shared_cpus(const struct vm_threads *t, struct shared *shared)
{
	size_t *taken = alloc__need(CPUS_MAX * sizeof(*taken));
	char a[VM_NAME_ROOM], b[VM_NAME_ROOM];

	for (unsigned int cpu = 0; cpu < CPUS_MAX; cpu++)
		taken[cpu] = NOBODY;
	for (size_t i = 0; i < t->nr; i++) {
		const struct vm_thread *thread = &t->list[i];

		if (!thread->is_vcpu || thread->only < 0)
			continue;
		if (taken[thread->only] == NOBODY)
			taken[thread->only] = thread->vm;
		else if (!shared->cpus++)
			snprintf(shared->first_cpu, sizeof(shared->first_cpu),
				 "CPU %d, of %s and %s", thread->only,
				 vm_threads__name(&t->vms.list[taken[thread->only]], a),
				 vm_threads__name(&t->vms.list[thread->vm], b));
	}
	free(taken);
}

static void find_shared_cores(const struct doctor_host *host, const struct vm_threads *t,
			      const size_t *owner, struct shared *shared)
{
	struct cpus *siblings = alloc__need_zeroed(1, sizeof(*siblings));
	char a[VM_NAME_ROOM], b[VM_NAME_ROOM];
	const char *why;
	int other;

	for (unsigned int cpu = 0; cpu < CPUS_MAX; cpu++) {
		char *list;

		if (owner[cpu] == NOBODY)
			continue;
		list = host_file__read(host->root, CPU_DIR "/cpu%u/topology/thread_siblings_list",
				       cpu);
		for (unsigned int i = 0; list && !cpus__parse(siblings, list, &why) &&
					 (other = cpus__nth(siblings, i)) >= 0;
		     i++) {
			/* Each two of them once. */
			if (other <= (int)cpu || owner[other] == NOBODY)
				continue;
			if (owner[other] == owner[cpu])
				shared->own++;
			else if (!shared->others++)
				snprintf(shared->first_core, sizeof(shared->first_core),
					 "CPUs %u and %d, of %s and %s", cpu, other,
					 vm_threads__name(&t->vms.list[owner[cpu]], a),
					 vm_threads__name(&t->vms.list[owner[other]], b));
		}
		free(list);
	}
	free(siblings);
}

static void look_at_cores(const struct doctor_host *host, struct finding *f)
{
	const struct vm_threads *t = vm_threads__of(host, f);
	struct shared *shared;
	unsigned int nr;
	size_t *owner;

	if (!t->vms.nr)
		return;
	owner = owners_of(t, &nr);
	shared = alloc__need_zeroed(1, sizeof(*shared));
	finding__count(f, "vCPUs pinned to one CPU", "%u", nr);
	find_shared_cpus(t, shared);
	find_shared_cores(host, t, owner, shared);
	if (nr)
		finding__count(f, "shared by two of them",
			       "CPUs %u, cores of two VMs %u, of one VM %u", shared->cpus,
			       shared->others, shared->own);
	if (shared->cpus)
		finding__say(f, DOCTOR_WARNING, FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING,
			     "a CPU for each vCPU that is pinned: %u have to wait for another "
			     "(the first: %s)",
			     shared->cpus, shared->first_cpu);
	if (shared->others) {
		finding__say(f, DOCTOR_WARNING, FOR_ISOLATION,
			     "cores that VMs do not share: %u are of two VMs (the first: %s), "
			     "which see each other by what the siblings share",
			     shared->others, shared->first_core);
		finding__say(f, DOCTOR_ADVICE, STEADY,
			     "cores that VMs do not share: %u are of two VMs (the first: %s)",
			     shared->others, shared->first_core);
	}
	free(shared);
	free(owner);
}

DEFINE_CHECK(vm_cores) = {
	.id = "vm-cores",
	.title = "vCPUs that share a CPU or a core",
	.rank = 8,
	.where = "/proc/PID/task/*/status of each VM, " CPU_DIR "/cpu*/topology",
	.goals = FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING | FOR_ISOLATION,
	.sources = { { "cloud-hypervisor issue 7747", "read 2026-11" },
		     { "Firecracker, docs/prod-host-setup.md", "read 2026-11" } },
	.no_proof = "'hvbench run -w chase --matrix load=0,1 --config pin=CPU' shows what a busy "
		    "sibling takes",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_BY_HAND, FOR_ALL,
			  "libvirt: <vcpupin> of two VMs to CPUs of different "
			  "thread_siblings_list; where "
			  "VMs are not pinned, core scheduling (prctl PR_SCHED_CORE) in the VMM",
			  NULL },
			{} },
	.root_adds = "VMs of other users",
	.look = look_at_cores,
};

struct irqs {
	const size_t *owner;
	unsigned int nr, there;
	char first[32];
	int first_cpu;
};

static void visit_irq(const char *root, const char *name, void *arg)
{
	struct irqs *irqs = arg;
	struct cpus *cpus;
	const char *why;
	char *list;
	int cpu = -1;

	if (!isdigit((unsigned char)*name))
		return;
	list = host_file__read(root, "/proc/irq/%s/effective_affinity_list", name);
	if (!list)
		return;
	irqs->nr++;
	cpus = alloc__need_zeroed(1, sizeof(*cpus));
	if (!cpus__parse(cpus, list, &why))
		for (unsigned int i = 0; (cpu = cpus__nth(cpus, i)) >= 0; i++)
			if (irqs->owner[cpu] != NOBODY)
				break;
	if (cpu >= 0 && !irqs->there++) {
		snprintf(irqs->first, sizeof(irqs->first), "%s", name);
		irqs->first_cpu = cpu;
	}
	free(cpus);
	free(list);
}

static void look_at_vm_irqs(const struct doctor_host *host, struct finding *f)
{
	const struct vm_threads *t = vm_threads__of(host, f);
	unsigned int nr;
	struct irqs irqs = { 0 };
	size_t *owner;

	if (!t->vms.nr)
		return;
	owner = owners_of(t, &nr);
	irqs.owner = owner;
	if (!nr)
		finding__not_applicable(f, "no vCPU is pinned to a CPU");
	else if (!host_file__exists(host->root, CPU_DIR "/cpu1") &&
		 host_file__exists(host->root, CPU_DIR "/cpu0"))
		finding__not_applicable(f, "there is one CPU, for interrupts and all else");
	else
		host_file__each(host->root, "/proc/irq", "", visit_irq, &irqs);
	if (irqs.nr)
		finding__count(f, "interrupts on vCPUs' CPUs", "%u of %u", irqs.there, irqs.nr);
	if (irqs.there)
		finding__say(f, DOCTOR_WARNING, STEADY,
			     "no interrupts of the host's devices on CPUs of pinned vCPUs: %u are "
			     "sent there (the first: %s, to CPU %d); each takes an exit",
			     irqs.there, irqs.first, irqs.first_cpu);
	free(owner);
}

DEFINE_CHECK(vm_irqs) = {
	.id = "vm-irqs",
	.title = "interrupts of devices on vCPUs' CPUs",
	.rank = 9,
	.where = "/proc/irq/*/effective_affinity_list, /proc/PID/task/*/status of each VM",
	.goals = STEADY,
	.sources = { { "tuned realtime-virtual-host", "2024-07-25" },
		     { "RHEL 9 for Real Time, Optimizing RHEL", "read 2026-11" } },
	.no_proof = "'hvbench profile' shows how often VMs that run are interrupted "
		    "(EXTERNAL_INTERRUPT, interrupt)",
	.keep = (const struct doctor_keep[]){ { KEPT_BY_HAND, STEADY,
						"IRQBALANCE_BANNED_CPULIST=CPUS of irqbalance's "
						"configuration; at once: echo "
						"OTHERS >/proc/irq/N/smp_affinity_list",
						NULL },
					      {} },
	.root_adds = "VMs of other users",
	.look = look_at_vm_irqs,
};
