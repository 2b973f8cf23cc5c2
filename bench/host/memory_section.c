// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory in the host's fingerprint: see memory_section.h. */
#include "bench/host/memory_section.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/host/files.h"
#include "bench/host/limits.h"

/* Finds "Name:   123 kB", also on lines that begin with "Node 0 ". -1: not there. */
static int64_t meminfo_bytes(const char *info, const char *name)
{
	const char *at = info;
	size_t len = strlen(name);

	while ((at = at ? strstr(at, name) : NULL)) {
		if ((at == info || isspace((unsigned char)at[-1])) && at[len] == ':')
			return (long long)(strtoull(at + len + 1, NULL, 10) << 10 & INT64_MAX);
		at += len;
	}
	return -1;
}

static json_t *bytes_or_null(int64_t bytes)
{
	return bytes < 0 ? json_null() : json_integer(bytes);
}

static void visit_node(const char *root, const char *name, void *arg)
{
	static const char dir[] = "/sys/devices/system/node";
	char *info, sub[PATH_MAX];
	json_t *node;

	if (!isdigit((unsigned char)name[4]))
		return;
	snprintf(sub, sizeof(sub), "%s/%s", dir, name);
	info = host_file__read(root, "%s/meminfo", sub);
	node = json_object();
	json_object_set_new(node, "node", json_integer(strtol(name + 4, NULL, 10)));
	json_object_set_new(node, "cpus", host_file__json_text(root, "%s/cpulist", sub));
	json_object_set_new(node, "total_bytes", bytes_or_null(meminfo_bytes(info, "MemTotal")));
	json_object_set_new(node, "free_bytes", bytes_or_null(meminfo_bytes(info, "MemFree")));
	json_object_set_new(node, "distance", host_file__json_text(root, "%s/distance", sub));
	json_array_append_new(arg, node);
	free(info);
}

struct each_pool {
	json_t *nodes;
	const char *size; /* "hugepages-2048kB" */
};

static void visit_node_pool(const char *root, const char *name, void *arg)
{
	static const char dir[] = "/sys/devices/system/node";
	struct each_pool *each = arg;
	json_t *pool;

	if (!isdigit((unsigned char)name[4]))
		return;
	pool = json_object();
	json_object_set_new(pool, "node", json_integer(strtol(name + 4, NULL, 10)));
	json_object_set_new(pool, "total",
			    host_file__json_number(root, "%s/%s/hugepages/%s/nr_hugepages", dir,
						   name, each->size));
	json_object_set_new(pool, "free",
			    host_file__json_number(root, "%s/%s/hugepages/%s/free_hugepages", dir,
						   name, each->size));
	json_array_append_new(each->nodes, pool);
}

static void visit_pool(const char *root, const char *name, void *arg)
{
	static const char dir[] = "/sys/kernel/mm/hugepages";
	struct each_pool each = { .nodes = json_array(), .size = name };
	json_t *pool = json_object();

	json_object_set_new(pool, "page_bytes",
			    json__u64(strtoull(name + strlen("hugepages-"), NULL, 10) << 10));
	json_object_set_new(pool, "total",
			    host_file__json_number(root, "%s/%s/nr_hugepages", dir, name));
	json_object_set_new(pool, "free",
			    host_file__json_number(root, "%s/%s/free_hugepages", dir, name));
	json_object_set_new(pool, "overcommit",
			    host_file__json_number(root, "%s/%s/nr_overcommit_hugepages", dir,
						   name));
	host_file__each(root, "/sys/devices/system/node", "node", visit_node_pool, &each);
	json_object_set_new(pool, "nodes", each.nodes);
	json_array_append_new(arg, pool);
}

static json_t *thp_section(const char *root)
{
	static const char dir[] = "/sys/kernel/mm/transparent_hugepage";
	json_t *thp = json_object();

	json_object_set_new(thp, "enabled", host_file__json_choice(root, "%s/enabled", dir));
	json_object_set_new(thp, "defrag", host_file__json_choice(root, "%s/defrag", dir));
	json_object_set_new(thp, "shmem_enabled",
			    host_file__json_choice(root, "%s/shmem_enabled", dir));
	json_object_set_new(thp, "khugepaged_defrag",
			    host_file__json_bool(root, "%s/khugepaged/defrag", dir));
	json_object_set_new(thp, "khugepaged_pages_to_scan",
			    host_file__json_number(root, "%s/khugepaged/pages_to_scan", dir));
	json_object_set_new(thp, "khugepaged_scan_sleep_ms",
			    host_file__json_number(root, "%s/khugepaged/scan_sleep_millisecs",
						   dir));
	return thp;
}

json_t *memory_section__new(const char *root)
{
	char *info = host_file__read(root, "/proc/meminfo");
	json_t *memory = json_object(), *nodes = json_array(), *pools = json_array();

	json_object_set_new(memory, "total_bytes", bytes_or_null(meminfo_bytes(info, "MemTotal")));
	json_object_set_new(memory, "available_bytes",
			    bytes_or_null(meminfo_bytes(info, "MemAvailable")));
	json_object_set_new(memory, "swap_total_bytes",
			    bytes_or_null(meminfo_bytes(info, "SwapTotal")));
	json_object_set_new(memory, "swap_free_bytes",
			    bytes_or_null(meminfo_bytes(info, "SwapFree")));
	free(info);
	json_object_set_new(memory, "thp", thp_section(root));
	host_file__each(root, "/sys/kernel/mm/hugepages", "hugepages-", visit_pool, pools);
	json_object_set_new(memory, "hugepages", pools);
	host_file__each(root, "/sys/devices/system/node", "node", visit_node, nodes);
	json_object_set_new(memory, "nr_nodes",
			    json_array_size(nodes) ? json_integer(json_array_size(nodes)) :
						     json_null());
	json_object_set_new(memory, "nodes", nodes);
	json_object_set_new(memory, "ksm_run",
			    host_file__json_number(root, "/sys/kernel/mm/ksm/run"));
	json_object_set_new(memory, "numa_balancing",
			    host_file__json_number(root, "/proc/sys/kernel/numa_balancing"));
	return memory;
}

uint64_t host__available_memory_bytes(const char *root, bool *by_group)
{
	char *info = host_file__read(root, "/proc/meminfo");
	int64_t bytes = meminfo_bytes(info, "MemAvailable");
	struct host_limits limits;

	free(info);
	host_limits__read(&limits, root);
	free(limits.cpuset);
	*by_group = limits.memory_free_bytes >= 0 &&
		    (bytes < 0 || limits.memory_free_bytes < bytes);
	if (*by_group)
		bytes = limits.memory_free_bytes;
	return bytes < 0 ? 0 : bytes;
}
