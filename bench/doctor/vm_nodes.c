// SPDX-License-Identifier: GPL-2.0-or-later
/* Check of the nodes that VMs are on: their memory, and the CPUs of their vCPUs. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/cpus.h"
#include "bench/doctor/vm_threads.h"
#include "bench/host/files.h"

#define NODE_DIR  "/sys/devices/system/node"
#define MAX_NODES 64
/* In MiB: less is not worth a node of its own. */
#define LEAST_MIB 64

/* In pages of 4 KiB, of lines like "7f00 default anon=9 N0=8 N1=1 kernelpagesize_kB=4". */
static bool pages_by_node(const char *text, int64_t pages[MAX_NODES])
{
	bool any = false;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *end = line + strcspn(line, "\n"), *size;
		int64_t each = 1;

		size = strstr(line, "kernelpagesize_kB=");
		if (size && size < end)
			each = strtoll(size + strlen("kernelpagesize_kB="), NULL, 10) / 4 ?: 1;
		for (const char *at = line; (at = strstr(at, " N")) && at < end; at += 2) {
			char *eq;
			unsigned long node = strtoul(at + 2, &eq, 10);

			if (eq == at + 2 || *eq != '=' || node >= MAX_NODES)
				continue;
			pages[node] += strtoll(eq + 1, NULL, 10) * each;
			any = true;
		}
	}
	return any;
}

struct nodes {
	struct cpus cpus[MAX_NODES];
	uint64_t with_cpus; /* a bit for each node that has any */
};

static void visit_node(const char *root, const char *name, void *arg)
{
	struct nodes *nodes = arg;
	unsigned long node = strtoul(name + strlen("node"), NULL, 10);
	const char *why;
	char *list;

	if (!isdigit((unsigned char)name[strlen("node")]) || node >= MAX_NODES)
		return;
	list = host_file__read(root, NODE_DIR "/%s/cpulist", name);
	if (list && *list && !cpus__parse(&nodes->cpus[node], list, &why))
		nodes->with_cpus |= UINT64_C(1) << node;
	free(list);
}

/* The nodes that the CPUs are on, a bit for each. */
static uint64_t nodes_of(const struct nodes *nodes, const struct cpus *cpus)
{
	struct cpus *both = alloc__need(sizeof(*both));
	uint64_t mask = 0;

	for (unsigned int node = 0; node < MAX_NODES; node++) {
		if (!(nodes->with_cpus & UINT64_C(1) << node))
			continue;
		*both = *cpus;
		cpus__keep(both, &nodes->cpus[node]);
		if (cpus__count(both))
			mask |= UINT64_C(1) << node;
	}
	free(both);
	return mask;
}

/* Where a VM is. */
struct place {
	int64_t pages[MAX_NODES], all, most; /* of memory */
	uint64_t vcpus;			     /* nodes of the vCPUs that are kept on one each */
	bool wander;			     /* a vCPU may run on several nodes */
};

/* "0, 1" */
static const char *list_nodes(uint64_t mask, char *buf, size_t len)
{
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned int node = 0; node < MAX_NODES && n < len; node++)
		if (mask & UINT64_C(1) << node)
			n += (size_t)snprintf(buf + n, len - n, "%s%u", n ? ", " : "", node);
	return buf;
}

static double share_elsewhere(const struct place *p)
{
	int64_t there = 0;

	for (unsigned int node = 0; node < MAX_NODES; node++)
		if (p->vcpus & UINT64_C(1) << node)
			there += p->pages[node];
	return (double)(p->all - there) / (double)p->all;
}

static void judge_place(struct finding *f, const struct place *p, const char *name)
{
	const unsigned int goals = FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING;
	bool large = p->all >> 8 >= LEAST_MIB, several = (p->vcpus & (p->vcpus - 1)) != 0;
	char list[256];

	list_nodes(p->vcpus, list, sizeof(list));
	if (p->vcpus)
		finding__count(f, name, "vCPUs on node%s %s%s", several ? "s" : "", list,
			       p->wander ? ", others anywhere" : "");
	if (large && p->vcpus && !p->wander && share_elsewhere(p) > 0.1)
		finding__say(f, DOCTOR_WARNING, goals,
			     "the memory of %s on the node of its vCPUs (%s): %.0f %% of it is "
			     "elsewhere, where each access takes the way between nodes",
			     name, list, 100 * share_elsewhere(p));
	else if (large && p->most < p->all - p->all / 10)
		finding__say(f, DOCTOR_WARNING, goals,
			     "the memory of %s on the node of its vCPUs (numactl --membind, "
			     "numatune), if it fits there: %.0f %% is elsewhere",
			     name, 100.0 * (double)(p->all - p->most) / (double)p->all);
	if (several)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY | FOR_BENCHMARKING,
			     "the vCPUs of %s on one node, if it has CPUs enough (now %s); if not, "
			     "its guest has to be told of them (libvirt: <cpu><numa>)",
			     name, list);
}

/* The threads from *at on that are of this VM; moves *at behind them. */
static void find_vcpus(const struct vm_threads *t, size_t vm, size_t *at, const struct nodes *nodes,
		       struct place *p)
{
	for (; *at < t->nr && t->list[*at].vm == vm; ++*at) {
		uint64_t mask;

		if (!t->list[*at].is_vcpu)
			continue;
		mask = nodes_of(nodes, &t->list[*at].cpus);
		if (mask & (mask - 1))
			p->wander = true;
		else
			p->vcpus |= mask;
	}
}

static void look_at_vm(const struct doctor_host *host, struct finding *f,
		       const struct vm_process *vm, struct place *p)
{
	char *text = host_file__read(host->root, "/proc/%d/numa_maps", vm->pid);
	char name[VM_NAME_ROOM];

	vm_threads__name(vm, name);
	if (!text || !pages_by_node(text, p->pages)) {
		finding__unread(f, "/proc/%d/numa_maps", vm->pid);
		free(text);
		return;
	}
	for (unsigned int i = 0; i < MAX_NODES; i++) {
		p->all += p->pages[i];
		p->most = p->pages[i] > p->most ? p->pages[i] : p->most;
		if (p->pages[i])
			finding__count(f, name, "node %u: %" PRId64 " MiB", i, p->pages[i] >> 8);
	}
	judge_place(f, p, name);
	free(text);
}

static void look_at_nodes(const struct doctor_host *host, struct finding *f)
{
	const struct vm_threads *t;
	struct nodes *nodes;
	struct place place;
	size_t at = 0;

	if (!host_file__exists(host->root, NODE_DIR "/node1")) {
		finding__not_applicable(f, "there is one node of memory");
		return;
	}
	nodes = alloc__need_zeroed(1, sizeof(*nodes));
	host_file__each(host->root, NODE_DIR, "node", visit_node, nodes);
	t = vm_threads__of(host, f);
	for (size_t vm = 0; vm < t->vms.nr; vm++) {
		place = (struct place){ 0 };
		find_vcpus(t, vm, &at, nodes, &place);
		look_at_vm(host, f, &t->vms.list[vm], &place);
	}
	free(nodes);
}

DEFINE_CHECK(vm_nodes) = {
	.id = "vm-nodes",
	.title = "nodes that VMs are on",
	.rank = 7,
	.where = "/proc/PID/numa_maps and /proc/PID/task/*/status of each VM",
	.goals = FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING,
	.sources = { { "RHEL 9, Configuring and managing virtualization", "read 2026-11" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "chase",
			.config = "pin=0",
			.a = "numa=1",
			.b = "numa=0",
			.operation = "load",
			.gains = FOR_LATENCY | FOR_THROUGHPUT,
		},
	.root_adds = "VMs of other users",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_BY_HAND, FOR_ALL,
			  "libvirt: <numatune><memory mode='strict' nodeset='0'/></numatune> and "
			  "vCPUs pinned to that node; at once: migratepages PID FROM TO",
			  NULL },
			{} },
	.look = look_at_nodes,
};
