// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of the host's memory: which pages VMs get, and from where. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/doctor/doctor_host.h"
#include "bench/doctor/finding.h"
#include "bench/doctor/vm_threads.h"
#include "bench/host/files.h"

#define THP_DIR	 "/sys/kernel/mm/transparent_hugepage"
#define KSM_DIR	 "/sys/kernel/mm/ksm"
#define NODE_DIR "/sys/devices/system/node"
#define POOL_DIR "/sys/kernel/mm/hugepages"

static void count_node(const char *root, const char *name, void *arg)
{
	(void)root;
	*(unsigned int *)arg += isdigit((unsigned char)name[4]) != 0;
}

static unsigned int nr_nodes(const struct doctor_host *host)
{
	unsigned int nr = 0;

	host_file__each(host->root, NODE_DIR, "node", count_node, &nr);
	return nr;
}

static void look_at_ksm(const struct doctor_host *host, struct finding *f)
{
	int64_t run, across = 0;

	if (!finding__number(f, &run, KSM_DIR "/run"))
		return;
	if (run == 1) {
		finding__say(
			f, DOCTOR_ADVICE, FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING,
			"off (2: undo what is merged): ksmd takes CPU time, and the first write "
			"to a merged page a copy");
		finding__say(f, DOCTOR_WARNING, FOR_ISOLATION,
			     "off (2) where VMs do not trust each "
			     "other: by the time a write takes a guest sees what others hold");
	} else {
		finding__say(f, DOCTOR_ADVICE, FOR_DENSITY,
			     "on (1) where alike VMs are to take more "
			     "memory than there is");
	}
	if (nr_nodes(host) > 1 && finding__number(f, &across, KSM_DIR "/merge_across_nodes") &&
	    across && run == 1)
		finding__say(f, DOCTOR_ADVICE, FOR_ALL,
			     "merge_across_nodes of 0: else a VM's pages "
			     "end up on other nodes");
}

DEFINE_CHECK(ksm) = {
	.id = "ksm",
	.title = "merging of like pages (KSM)",
	.rank = 120,
	.where = KSM_DIR "/run",
	.goals = FOR_ALL,
	.sources = { { "tuned realtime-virtual-host", "2024-07-25" },
		     { "RHEL 9, Configuring and managing virtualization", "read 2026-11" },
		     { "Firecracker, docs/prod-host-setup.md", "read 2026-11" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "rewrite",
			.a = KSM_DIR "/run=0",
			.b = KSM_DIR "/run=1",
			.operation = "write",
			.gains = FOR_DENSITY,
			.unmeasured = "memory that is saved, the CPU time of ksmd",
		},
	.keep = (const struct doctor_keep[]){ { KEPT_IN_SYSFS,
						FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING |
							FOR_ISOLATION,
						KSM_DIR "/run", "2" },
					      { KEPT_IN_SYSFS, FOR_DENSITY, KSM_DIR "/run", "1" },
					      {} },
	.look = look_at_ksm,
};

/*
 * What holds for the pages that KVM can map: since Linux 6.8 each size has a choice of its own, of
 * which "inherit" is what `enabled` says. The caller frees it; NULL: not known.
 */
static char *choice_in_force(const struct doctor_host *host, struct finding *f)
{
	char *enabled = finding__choice(f, THP_DIR "/enabled"), *of_size = NULL;
	int64_t bytes = 2 << 20;

	host_file__number(&bytes, host->root, THP_DIR "/hpage_pmd_size");
	if (enabled &&
	    host_file__exists(host->root, THP_DIR "/hugepages-%" PRId64 "kB/enabled", bytes >> 10))
		of_size =
			finding__choice(f, THP_DIR "/hugepages-%" PRId64 "kB/enabled", bytes >> 10);
	if (!of_size || !strcmp(of_size, "inherit")) {
		free(of_size);
		return enabled;
	}
	if (strcmp(of_size, enabled))
		finding__say(f, DOCTOR_CONTRADICTS, FOR_ALL,
			     "hugepages-%" PRId64 "kB/enabled of inherit, or the same in both: "
			     "enabled says '%s', and '%s' is in force for pages of that size",
			     bytes >> 10, enabled, of_size);
	free(enabled);
	return of_size;
}

static void look_at_thp(const struct doctor_host *host, struct finding *f)
{
	char *enabled = choice_in_force(host, f);
	char *defrag = finding__choice(f, THP_DIR "/defrag");
	char *shmem = finding__choice(f, THP_DIR "/shmem_enabled");

	finding__bool(f, THP_DIR "/khugepaged/defrag");
	if (!enabled)
		goto out;
	if (!strcmp(enabled, "never"))
		finding__say(
			f, DOCTOR_ADVICE, FOR_THROUGHPUT | FOR_DENSITY,
			"always or madvise, "
			"where VMs have no reserved huge pages: with 4k pages each miss of the "
			"TLB walks two tables of four levels");
	else
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "never, with reserved huge pages for the "
			     "VMs: khugepaged and compaction stop a guest when they like");
	if (!strcmp(enabled, "never") && shmem &&
	    (!strcmp(shmem, "always") || !strcmp(shmem, "force")))
		finding__say(f, DOCTOR_CONTRADICTS, FOR_ALL,
			     "huge pages are off for memory of "
			     "processes and on for shared memory; VMs have one or the other by how "
			     "their VMM maps it");
	if (!strcmp(enabled, "madvise"))
		finding__note(f, "with madvise",
			      "only a VMM that asks for it has huge pages (QEMU "
			      "does, for anonymous memory)");
	if (defrag && !strcmp(defrag, "always") && strcmp(enabled, "never"))
		finding__say(f, DOCTOR_WARNING, FOR_LATENCY,
			     "defrag=madvise: with 'always' each "
			     "fault may wait for compaction");
out:
	free(enabled);
	free(defrag);
	free(shmem);
}

DEFINE_CHECK(thp) = {
	.id = "thp",
	.title = "transparent huge pages",
	.rank = 70,
	.where = THP_DIR "/enabled",
	.goals = FOR_LATENCY | FOR_THROUGHPUT | FOR_DENSITY,
	.sources = { { "SUSE, Virtualization Best Practices", "read 2026-11" },
		     { "tuned network-latency (never)", "2026-07-20" } },
	.contested =
		"SUSE and RHEL advise always or madvise for VMs; tuned's network-latency, which "
		"its profiles for real time build on, never",
	.prove =
		&(const struct doctor_proof){
			.workloads = "chase:working_set=64m",
			.a = "pages=4k",
			.b = "pages=thp",
			.operation = "load",
			.gains = FOR_THROUGHPUT | FOR_LATENCY,
			.unmeasured = "the pauses of khugepaged and compaction",
		},
	.keep = (const struct doctor_keep[]){ { KEPT_IN_SYSFS, FOR_LATENCY, THP_DIR "/enabled",
						"never" },
					      { KEPT_IN_SYSFS, FOR_THROUGHPUT | FOR_DENSITY,
						THP_DIR "/enabled", "madvise" },
					      { KEPT_IN_SYSFS, FOR_LATENCY, THP_DIR "/defrag",
						"madvise" },
					      {} },
	.look = look_at_thp,
};

struct pools {
	const struct doctor_host *host;
	struct finding *f;
	int64_t total_kb, free_kb;
	const char *size;    /* of the pool whose nodes are visited */
	int64_t least, most; /* pages of a node */
};

static void visit_node_pool(const char *root, const char *name, void *arg)
{
	struct pools *pools = arg;
	int64_t nr, free_pages;

	if (!isdigit((unsigned char)name[4]) ||
	    !host_file__number(&nr, root, NODE_DIR "/%s/hugepages/%s/nr_hugepages", name,
			       pools->size))
		return;
	if (nr < pools->least)
		pools->least = nr;
	if (nr > pools->most)
		pools->most = nr;
	if (nr)
		finding__note(pools->f, name, "%s: %" PRId64, pools->size, nr);
	if (nr && host_file__number(&free_pages, root, NODE_DIR "/%s/hugepages/%s/free_hugepages",
				    name, pools->size))
		finding__count(pools->f, name, "%s: %" PRId64 " free", pools->size, free_pages);
}

static void visit_pool(const char *root, const char *name, void *arg)
{
	struct pools *pools = arg;
	int64_t kb = strtoll(name + strlen("hugepages-"), NULL, 10), nr, unused;

	if (!finding__number(pools->f, &nr, POOL_DIR "/%s/nr_hugepages", name) || nr <= 0)
		return;
	pools->total_kb += nr * kb;
	if (host_file__number(&unused, root, POOL_DIR "/%s/free_hugepages", name)) {
		finding__count(pools->f, name, "%" PRId64 " free", unused);
		pools->free_kb += unused * kb;
	}
	pools->size = name;
	pools->least = INT64_MAX;
	pools->most = 0;
	host_file__each(root, NODE_DIR, "node", visit_node_pool, pools);
	if (nr_nodes(pools->host) > 1 && !pools->least && pools->most)
		finding__say(
			pools->f, DOCTOR_WARNING, FOR_LATENCY | FOR_THROUGHPUT,
			"%s on each node "
			"that VMs run on: some have none, and VMs there get far memory, or fail "
			"to start",
			name);
}

struct wanted_nodes {
	struct finding *f;
	const struct vm_threads *t;
};

static void add_pages(const char *root, const char *name, void *arg)
{
	int64_t nr;

	/* `name` is of a size, below the directory of a node that is in *arg. */
	if (host_file__number(&nr, root, "%s/%s/nr_hugepages", *(const char **)arg, name))
		((const char **)arg)[1] = nr > 0 ? "" : ((const char **)arg)[1];
}

/* Whether vCPUs are pinned to a node without reserved pages, while others have some. */
static void visit_wanted_node(const char *root, const char *name, void *arg)
{
	const struct wanted_nodes *w = arg;
	char dir[128], *list, vm[VM_NAME_ROOM];
	const char *pool[2] = { dir, NULL }, *why;
	struct cpus *cpus;
	size_t first = SIZE_MAX;
	unsigned int nr = 0;

	if (!isdigit((unsigned char)name[4]))
		return;
	snprintf(dir, sizeof(dir), NODE_DIR "/%s/hugepages", name);
	host_file__each(root, dir, "hugepages-", add_pages, pool);
	list = host_file__read(root, NODE_DIR "/%s/cpulist", name);
	cpus = alloc__need_zeroed(1, sizeof(*cpus));
	if (list && !pool[1] && !cpus__parse(cpus, list, &why))
		for (size_t i = 0; i < w->t->nr; i++)
			if (w->t->list[i].is_vcpu && w->t->list[i].only >= 0 &&
			    cpus__has(cpus, (unsigned int)w->t->list[i].only) && !nr++)
				first = w->t->list[i].vm;
	if (nr)
		finding__say(w->f, DOCTOR_WARNING, FOR_LATENCY | FOR_THROUGHPUT,
			     "huge pages on %s too: %u vCPUs are pinned there (the first of %s), "
			     "and all that are reserved are on other nodes",
			     name, nr, vm_threads__name(&w->t->vms.list[first], vm));
	free(cpus);
	free(list);
}

static void look_at_wanted_nodes(const struct doctor_host *host, struct finding *f)
{
	struct wanted_nodes w = { .f = f, .t = vm_threads__of(host, f) };

	/* Without VMs there is something to say all the same. */
	json_decref(f->not_applicable);
	f->not_applicable = NULL;
	host_file__each(host->root, NODE_DIR, "node", visit_wanted_node, &w);
}

static void look_at_hugetlb(const struct doctor_host *host, struct finding *f)
{
	struct pools pools = { .host = host, .f = f };

	host_file__each(host->root, POOL_DIR, "hugepages-", visit_pool, &pools);
	if (!json_array_size(f->found))
		return;
	if (pools.total_kb && nr_nodes(host) > 1)
		look_at_wanted_nodes(host, f);
	if (!pools.total_kb)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY | FOR_THROUGHPUT,
			     "huge pages reserved for "
			     "the VMs, at boot (hugepagesz=1G hugepages=N): they are never split, "
			     "swapped, or searched for when a VM starts");
	else if (pools.free_kb)
		finding__say(f, DOCTOR_ADVICE, FOR_DENSITY,
			     "no more reserved than VMs take (now "
			     "%" PRId64 " of %" PRId64
			     " MiB are free): it is of no use to anything "
			     "else",
			     pools.free_kb >> 10, pools.total_kb >> 10);
}

DEFINE_CHECK(hugetlb) = {
	.id = "reserved-huge-pages",
	.title = "reserved huge pages, on each node",
	.rank = 90,
	.where = POOL_DIR,
	.goals = FOR_LATENCY | FOR_THROUGHPUT | FOR_DENSITY,
	.sources = { { "RHEL 9, Configuring and managing virtualization", "read 2026-11" },
		     { "SUSE, Virtualization Best Practices", "read 2026-11" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "chase:working_set=64m",
			.a = "pages=4k",
			.b = "pages=2m",
			.operation = "load",
			.gains = FOR_THROUGHPUT | FOR_LATENCY,
			.unmeasured = "memory that is kept from others",
		},
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_ON_CMDLINE, FOR_LATENCY | FOR_THROUGHPUT, "hugepagesz=1G hugepages",
			  "N" },
			{ KEPT_BY_HAND, FOR_LATENCY | FOR_THROUGHPUT,
			  "N is the memory of all VMs in GiB, which the kernel spreads over the "
			  "nodes; for each node of its own hugepages=0:N0,1:N1 (Linux 5.16 and "
			  "later). VMs then have to ask for them (libvirt: "
			  "<memoryBacking><hugepages/></memoryBacking>)",
			  NULL },
			{} },
	.look = look_at_hugetlb,
};

static void look_at_numa_balancing(const struct doctor_host *host, struct finding *f)
{
	int64_t value;

	if (nr_nodes(host) < 2) {
		finding__not_applicable(f, "there is one node of memory");
		return;
	}
	if (!finding__number(f, &value, "/proc/sys/kernel/numa_balancing"))
		return;
	if (value)
		finding__say(
			f, DOCTOR_ADVICE, FOR_LATENCY | FOR_BENCHMARKING,
			"0 where VMs are pinned "
			"to a node: it takes pages away to see who wants them, which costs faults "
			"of the second level");
	else
		finding__say(f, DOCTOR_ADVICE, FOR_THROUGHPUT | FOR_DENSITY,
			     "1 where VMs are not "
			     "pinned: else memory stays where it was first touched");
}

DEFINE_CHECK(numa_balancing) = {
	.id = "numa-balancing",
	.title = "automatic NUMA balancing",
	.rank = 130,
	.where = "/proc/sys/kernel/numa_balancing",
	.goals = FOR_LATENCY | FOR_THROUGHPUT | FOR_DENSITY | FOR_BENCHMARKING,
	.sources = { { "tuned network-latency", "2026-07-20" },
		     { "SUSE, Virtualization Best Practices", "read 2026-11" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "touch",
			.a = "/proc/sys/kernel/numa_balancing=0",
			.b = "/proc/sys/kernel/numa_balancing=1",
			.operation = "first touch of a page",
			.gains = FOR_THROUGHPUT,
		},
	.keep = (const struct doctor_keep[]){ { KEPT_BY_SYSCTL, FOR_LATENCY | FOR_BENCHMARKING,
						"kernel.numa_balancing", "0" },
					      { KEPT_BY_SYSCTL, FOR_THROUGHPUT | FOR_DENSITY,
						"kernel.numa_balancing", "1" },
					      {} },
	.look = look_at_numa_balancing,
};

static int64_t node_miss(const char *stat)
{
	const char *at = strstr(stat, "numa_miss ");

	return at ? strtoll(at + strlen("numa_miss "), NULL, 10) : 0;
}

static void visit_numastat(const char *root, const char *name, void *arg)
{
	struct finding *f = arg;
	char *text;

	if (!isdigit((unsigned char)name[4]))
		return;
	text = host_file__read(root, NODE_DIR "/%s/numastat", name);
	if (text && node_miss(text))
		finding__count(f, name,
			       "%" PRId64 " pages were taken here for want of memory "
			       "elsewhere (numa_miss)",
			       node_miss(text));
	free(text);
}

static void look_at_zone_reclaim(const struct doctor_host *host, struct finding *f)
{
	int64_t mode;

	if (nr_nodes(host) < 2) {
		finding__not_applicable(f, "there is one node of memory");
		return;
	}
	if (!finding__number(f, &mode, "/proc/sys/vm/zone_reclaim_mode"))
		return;
	host_file__each(host->root, NODE_DIR, "node", visit_numastat, f);
	if (mode)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY | FOR_THROUGHPUT,
			     "0: else a fault may "
			     "reclaim pages of its own node before it takes one of another");
}

DEFINE_CHECK(zone_reclaim) = {
	.id = "zone-reclaim",
	.title = "reclaim within a node, and memory taken from others",
	.rank = 220,
	.where = "/proc/sys/vm/zone_reclaim_mode",
	.goals = FOR_LATENCY | FOR_THROUGHPUT,
	.sources = { { "RHEL 9.3, Managing, monitoring and updating the kernel", "read 2026-11" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "chase",
			.config = "pin=0",
			.a = "numa=1",
			.b = "numa=0",
			.operation = "load",
			.gains = FOR_LATENCY | FOR_THROUGHPUT,
		},
	.keep = (const struct doctor_keep[]){ { KEPT_BY_SYSCTL, FOR_LATENCY | FOR_THROUGHPUT,
						"vm.zone_reclaim_mode", "0" },
					      {} },
	.look = look_at_zone_reclaim,
};

/* In bytes; -1: not known. */
static int64_t meminfo(const struct doctor_host *host, const char *name)
{
	char *text = host_file__read(host->root, "/proc/meminfo"), *at;
	int64_t bytes = -1;

	for (at = text; at && (at = strstr(at, name)); at++)
		if ((at == text || at[-1] == '\n') && at[strlen(name)] == ':') {
			bytes = strtoll(at + strlen(name) + 1, NULL, 10) * 1024;
			break;
		}
	free(text);
	return bytes;
}

static void look_at_swap(const struct doctor_host *host, struct finding *f)
{
	int64_t swappiness, total = meminfo(host, "SwapTotal"), left = meminfo(host, "SwapFree");

	if (!finding__number(f, &swappiness, "/proc/sys/vm/swappiness"))
		return;
	if (total < 0) {
		finding__unread(f, "/proc/meminfo, for how much swap there is");
		return;
	}
	finding__note(f, "swap", "%" PRId64 " MiB", total >> 20);
	finding__count(f, "swap in use", "%" PRId64 " MiB", (total - left) >> 20);
	if (!total) {
		finding__say(f, DOCTOR_ADVICE, FOR_DENSITY,
			     "swap, where VMs are promised more memory "
			     "than there is: without it the OOM killer takes one of them");
		return;
	}
	if (swappiness > 35)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY | FOR_THROUGHPUT,
			     "vm.swappiness of 10 "
			     "(tuned) to 35 (SUSE): pages of guests look unused to the host");
	finding__say(
		f, DOCTOR_ADVICE, FOR_ISOLATION | FOR_BENCHMARKING,
		"no swap (swapoff -a), or an "
		"encrypted one: guests' memory ends up on a disk, and comes back when it likes");
}

DEFINE_CHECK(swap) = {
	.id = "swap",
	.title = "swap and swappiness",
	.rank = 240,
	.where = "/proc/sys/vm/swappiness",
	.goals = FOR_ALL,
	.sources = { { "tuned throughput-performance (10)", "2025-11-13" },
		     { "SUSE, Virtualization Best Practices (35)", "read 2026-11" },
		     { "Firecracker, docs/prod-host-setup.md (no swap)", "read 2026-11" } },
	.contested = "10 by tuned, 35 by SUSE, no swap at all by Firecracker",
	.no_proof = "it takes a host that is short of memory",
	.keep = (const struct doctor_keep[]){ { KEPT_BY_SYSCTL, FOR_LATENCY | FOR_THROUGHPUT,
						"vm.swappiness", "10" },
					      { KEPT_BY_HAND, FOR_ISOLATION | FOR_BENCHMARKING,
						"no swap: swapoff -a, and its lines in /etc/fstab "
						"taken out (systemctl mask swap.target)",
						NULL },
					      {} },
	.look = look_at_swap,
};

static void look_at_writeback(const struct doctor_host *host, struct finding *f)
{
	int64_t bytes = 0, ratio, total = meminfo(host, "MemTotal");

	if (!finding__number(f, &ratio, "/proc/sys/vm/dirty_background_ratio"))
		return;
	finding__number(f, &bytes, "/proc/sys/vm/dirty_background_bytes");
	if (bytes && total > 0)
		ratio = bytes * 100 / total;
	if (ratio > 5)
		finding__say(f, DOCTOR_ADVICE, FOR_THROUGHPUT,
			     "5 %% of memory (now %" PRId64 " %%): "
			     "disks of VMs that are files are then written steadily, not in bursts",
			     ratio);
}

DEFINE_CHECK(writeback) = {
	.id = "writeback",
	.title = "when writing back of files begins",
	.rank = 290,
	.where = "/proc/sys/vm/dirty_background_ratio",
	.goals = FOR_THROUGHPUT,
	.sources = { { "tuned virtual-host", "2025-07-08" } },
	.no_proof = "it takes a workload that writes to disks, which there is none of",
	.keep = (const struct doctor_keep[]){ { KEPT_BY_SYSCTL, FOR_THROUGHPUT,
						"vm.dirty_background_ratio", "5" },
					      {} },
	.look = look_at_writeback,
};
