/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/vmm/placement.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/host/files.h"
#include "bench/host/fingerprint.h"

#define NODES	  "/sys/devices/system/node"
#define MASK_BITS 1024
#define WORD_BITS (8 * sizeof(unsigned long))

static int no_node(int node, struct error *err)
{
	char *online = host_file__read("", NODES "/online");
	int ret = error__set(err, -EOPNOTSUPP, "numa=%d: this host has no such NUMA node%s%s", node,
			     online ? "; it has " : "", online ? online : "");

	free(online);
	return ret;
}

int placement__keep_node(struct cpus *cpus, const char *root, int node, struct error *err)
{
	char *list = host_file__read(root, NODES "/node%d/cpulist", node);
	struct cpus of_node;
	const char *why;

	if (!list)
		return no_node(node, err);
	/* A node that has only memory has an empty list. */
	if (!*list || cpus__parse(&of_node, list, &why))
		cpus__clear(&of_node);
	free(list);
	cpus__keep(cpus, &of_node);
	if (cpus__count(cpus))
		return 0;
	return error__set(err, -EOPNOTSUPP,
			  "numa=%d: none of the node's CPUs is for this process; name the "
			  "CPUs by pin=",
			  node);
}

int placement__settle(struct config *config, struct error *err)
{
	int ret;

	if (config->numa != NUMA_NONE && !host_file__exists("", NODES "/node%d", config->numa))
		return no_node(config->numa, err);
	if (config->pinned ? !config->pin_all : config->numa == NUMA_NONE)
		return 0;
	ret = cpus__get_affinity(0, &config->pin);
	if (ret)
		return error__set(err, ret, "the CPUs of this process (sched_getaffinity): %s",
				  strerror(-ret));
	return config->numa == NUMA_NONE ?
		       0 :
		       placement__keep_node(&config->pin, "", config->numa, err);
}

unsigned int placement__nr_cpus(const struct config *config)
{
	struct config settled = *config;

	if (placement__settle(&settled, NULL) || !cpus__count(&settled.pin))
		return host__nr_cpus();
	return cpus__count(&settled.pin);
}

static int check_huge_pages(uint64_t bytes, int node, uint64_t page_bytes, struct error *err)
{
	int64_t free_pages = 0;

	host_file__number(&free_pages, "",
			  NODES "/node%d/hugepages/hugepages-%" PRIu64 "kB/free_hugepages", node,
			  page_bytes >> 10);
	if (free_pages >= 0 && (uint64_t)free_pages >= bytes / page_bytes)
		return 0;
	return error__set(err, -EOPNOTSUPP,
			  "numa=%d: %" PRIu64 " huge pages of %" PRIu64 " KiB are needed and "
			  "the node has %" PRId64 "; reserve them with 'echo N >" NODES
			  "/node%d/hugepages/"
			  "hugepages-%" PRIu64 "kB/nr_hugepages'",
			  node, bytes / page_bytes, page_bytes >> 10, free_pages, node,
			  page_bytes >> 10);
}

int placement__bind_memory(void *start, uint64_t bytes, int node, uint64_t huge_page_bytes,
			   struct error *err)
{
	unsigned long mask[MASK_BITS / WORD_BITS] = { 0 };
	int ret;

	if (node == NUMA_NONE)
		return 0;
	if (huge_page_bytes) {
		ret = check_huge_pages(bytes, node, huge_page_bytes, err);
		if (ret)
			return ret;
	}
	mask[(size_t)node / WORD_BITS] |= 1ul << ((size_t)node % WORD_BITS);
	/* The kernel uses one bit fewer than it is told. */
	if (syscall(SYS_mbind, start, bytes, MPOL_BIND, mask, MASK_BITS + 1ul, MPOL_MF_STRICT) == 0)
		return 0;
	if (errno == EINVAL)
		return error__set(err, -EOPNOTSUPP,
				  "numa=%d: the node has no memory for this process (mbind: "
				  "%s)",
				  node, strerror(errno));
	return error__set(err, errno == EPERM || errno == ENOSYS ? -EOPNOTSUPP : -errno,
			  "numa=%d: binding guest memory to the node (mbind): %s", node,
			  strerror(errno));
}

int placement__set_class(const struct config *config, pid_t tid, struct error *err)
{
	static const int policies[] = {
		[SCHED_CLASS_OTHER] = SCHED_OTHER, [SCHED_CLASS_BATCH] = SCHED_BATCH,
		[SCHED_CLASS_IDLE] = SCHED_IDLE,   [SCHED_CLASS_FIFO] = SCHED_FIFO,
		[SCHED_CLASS_RR] = SCHED_RR,
	};
	struct sched_param param = { .sched_priority = config->sched_priority };

	if (config->sched == SCHED_CLASS_OTHER ||
	    sched_setscheduler(tid, policies[config->sched], &param) == 0)
		return 0;
	return error__set(err, -errno, "sched=: %s; real-time classes need root or CAP_SYS_NICE",
			  strerror(errno));
}

int placement__pin_thread(const struct config *config, pid_t tid, unsigned int number,
			  struct error *err)
{
	unsigned int nr = cpus__count(&config->pin);
	int cpu, ret;

	if (!nr)
		return 0;
	if (!config->pinned) {
		ret = cpus__set_affinity(tid, &config->pin);
		return ret ? error__set(err, ret, "keeping a vCPU's thread on NUMA node %d: %s",
					config->numa, strerror(-ret)) :
			     0;
	}
	cpu = cpus__nth(&config->pin, number % nr);
	ret = cpus__set_affinity_to(tid, (unsigned int)cpu);
	return !ret ? 0 :
		      error__set(err, ret,
				 "pinning a vCPU's thread to CPU %d: %s; pin= takes CPUs that "
				 "are online and that this process may use (in a shell: taskset "
				 "-cp $$)",
				 cpu, strerror(-ret));
}
