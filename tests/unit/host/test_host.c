// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fingerprints of made-up machines below a temporary directory: what is there is reported, what is
 * not is null, and each of the two hashes changes with exactly the fields it covers.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/host/files.h"
#include "bench/host/fingerprint.h"
#include "bench/host/limits.h"
#include "bench/host/memory_section.h"
#include "bench/result/doc.h"

static char root[256];

static void put(const char *path, const char *text)
{
	char full[1024];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
	}
	file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void drop(const char *path)
{
	char full[1024];

	snprintf(full, sizeof(full), "%s%s", root, path);
	assert_int_equal(remove(full), 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "%s/hvbench-host-XXXXXX", getenv("TMP") ?: "/tmp");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define CPU "/sys/devices/system/cpu/"

/* Two sockets of two cores of two threads; CPU i and i + 4 share a core. */
static void put_topology(void)
{
	char path[128], text[32];

	for (int cpu = 0; cpu < 8; cpu++) {
		snprintf(path, sizeof(path), CPU "cpu%d/topology/core_cpus_list", cpu);
		snprintf(text, sizeof(text), "%d,%d\n", cpu % 4, cpu % 4 + 4);
		put(path, text);
		snprintf(path, sizeof(path), CPU "cpu%d/topology/package_cpus_list", cpu);
		put(path, cpu % 4 < 2 ? "0-1,4-5\n" : "2-3,6-7\n");
	}
	put(CPU "online", "0-7\n");
	put(CPU "present", "0-7\n");
}

static void put_server(void)
{
	put("/proc/cpuinfo",
	    "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\n"
	    "model name\t: Intel(R) Xeon(R) Platinum 8480+\nstepping\t: 8\nmicrocode\t: "
	    "0x2b000590\n"
	    "flags\t\t: fpu vmx ept_ad tsc_deadline_timer x2apic sse2 nonstop_tsc\n"
	    "vmx flags\t: vnmi posted_intr ple\nbugs\t\t: spectre_v1\n\n"
	    "processor\t: 1\nvendor_id\t: Other\n");
	put_topology();
	put("/proc/sys/kernel/osrelease", "6.12.0-9\n");
	put("/proc/sys/kernel/version", "#1 SMP\n");
	put("/proc/cmdline", "ro quiet \xff isolcpus=2-3\n");
	put("/proc/loadavg", "0.50 1.25 2.00 1/234 5678\n");
	put("/proc/meminfo", "MemTotal:       1000 kB\nMemFree:  10 kB\nMemAvailable:    600 kB\n"
			     "SwapTotal: 0 kB\nSwapFree: 0 kB\n");
	put(CPU "smt/control", "on\n");
	put(CPU "isolated", "2-3\n");
	put(CPU "cpu0/tsc_freq_khz", "2000000\n");
	put(CPU "cpu0/cache/index0/level", "1\n");
	put(CPU "cpu0/cache/index0/size", "48K\n");
	put(CPU "cpu0/cpuidle/state1/name", "C1\n");
	put(CPU "cpu0/cpuidle/state1/latency", "2\n");
	put(CPU "cpu0/cpuidle/state1/disable", "1\n");
	put(CPU "cpufreq/policy0/scaling_governor", "performance\n");
	put(CPU "cpufreq/policy1/scaling_governor", "performance\n");
	put(CPU "cpufreq/policy0/scaling_driver", "intel_pstate\n");
	put(CPU "intel_pstate/no_turbo", "1\n");
	put(CPU "vulnerabilities/meltdown", "Not affected\n");
	put("/sys/module/kvm/parameters/halt_poll_ns", "200000\n");
	put("/sys/module/kvm_intel/parameters/ept", "Y\n");
	put("/sys/module/kvm_intel/initstate", "live\n");
	put("/sys/module/kvmgt/parameters/x", "1\n");
	put("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
	put("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "5\n");
	put("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "4\n");
	put("/sys/devices/system/node/node0/meminfo",
	    "Node 0 MemTotal:  500 kB\nNode 0 MemFree:  5 kB\n");
	put("/sys/devices/system/node/node0/cpulist", "0-1,4-5\n");
	put("/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "3\n");
	put("/sys/devices/system/node/node1/cpulist", "2-3,6-7\n");
	put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
	put("/sys/devices/system/clocksource/clocksource0/available_clocksource",
	    "tsc hpet acpi_pm \n");
	put("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	put("/proc/sys/kernel/perf_event_paranoid", "-1\n");
	put("/etc/os-release", "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n");
}

static void server_is_described_in_full(void **state)
{
	static const struct {
		const char *path, *text;
	} texts[] = {
		{ "kernel", "6.12.0-9" },
		{ "kernel_version", "#1 SMP" },
		{ "os", "Debian GNU/Linux 12" },
		{ "cmdline", "ro quiet \xef\xbf\xbd isolcpus=2-3" },
		{ "cpu.model", "Intel(R) Xeon(R) Platinum 8480+" },
		{ "cpu.vendor", "GenuineIntel" },
		{ "cpu.microcode", "0x2b000590" },
		{ "cpu.online", "0-7" },
		{ "cpu.smt", "on" },
		{ "cpu.isolated", "2-3" },
		{ "cpu.governor", "performance" },
		{ "cpu.driver", "intel_pstate" },
		{ "mitigations.meltdown", "Not affected" },
		{ "kvm.vendor", "vmx" },
		{ "kvm.modules.kvm.parameters.halt_poll_ns", "200000" },
		{ "kvm.modules.kvm_intel.parameters.ept", "Y" },
		{ "memory.thp.enabled", "madvise" },
		{ "clocksource.current", "tsc" },
		{ "security.lockdown", "integrity" },
	};
	static const struct {
		const char *path;
		double value;
	} numbers[] = {
		{ "cpu.family", 6 },
		{ "cpu.model_id", 143 },
		{ "cpu.stepping", 8 },
		{ "cpu.sockets", 2 },
		{ "cpu.cores", 4 },
		{ "cpu.threads", 8 },
		{ "cpu.present", 8 },
		{ "cpu.tsc_khz", 2000000 },
		{ "memory.total_bytes", 1000 << 10 },
		{ "memory.nr_nodes", 2 },
		{ "security.perf_event_paranoid", -1 },
	};
	json_t *host;

	(void)state;
	put_server();
	host = host__fingerprint(root);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(doc__text(host, texts[i].path), texts[i].text))
			fail_msg("%s: %s", texts[i].path, doc__text(host, texts[i].path));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (doc__number(host, numbers[i].path) != numbers[i].value)
			fail_msg("%s: %g", numbers[i].path, doc__number(host, numbers[i].path));
	assert_int_equal(doc__bool(host, "cpu.boost"), 0);
	assert_int_equal(doc__bool(host, "nested"), 0);
	assert_null(doc__at(host, "kvm.modules.kvmgt"));
	assert_true(doc__element(host, "load_average", 1) == 1.25);
	json_decref(host);
}

static void lists_are_described_in_full(void **state)
{
	json_t *host, *flags, *pool, *node, *vmx;

	(void)state;
	put_server();
	host = host__fingerprint(root);
	flags = json_pack("[sssss]", "vmx", "ept_ad", "tsc_deadline_timer", "x2apic",
			  "nonstop_tsc");
	vmx = json_pack("[sss]", "vnmi", "posted_intr", "ple");
	assert_true(json_equal(doc__at(host, "cpu.flags"), flags));
	assert_true(json_equal(doc__at(host, "cpu.vmx_flags"), vmx));
	json_decref(flags);
	json_decref(vmx);
	assert_int_equal(json_array_size(doc__at(host, "clocksource.available")), 3);
	assert_true(doc__number(json_array_get(doc__at(host, "cpu.caches"), 0), "bytes") ==
		    48 << 10);
	assert_string_equal(doc__text(json_array_get(doc__at(host, "cpu.idle.states"), 0), "name"),
			    "C1");
	assert_int_equal(doc__bool(json_array_get(doc__at(host, "cpu.idle.states"), 0), "disabled"),
			 1);
	pool = json_array_get(doc__at(host, "memory.hugepages"), 0);
	assert_true(doc__number(pool, "page_bytes") == 2 << 20);
	assert_true(doc__number(pool, "total") == 5);
	assert_true(doc__number(json_array_get(json_object_get(pool, "nodes"), 0), "total") == 3);
	node = json_array_get(doc__at(host, "memory.nodes"), 0);
	assert_true(doc__number(node, "total_bytes") == 500 << 10);
	assert_string_equal(doc__text(node, "cpus"), "0-1,4-5");
	json_decref(host);
}

/* Whatever a machine lacks, its document has the same keys. */
static void assert_same_keys(json_t *a, json_t *b, const char *path)
{
	static const char *const open_ended[] = { "mitigations", "modules", NULL };
	const char *key;
	json_t *value;

	json_object_foreach(a, key, value) {
		bool skip = false;

		for (const char *const *name = open_ended; *name; name++)
			skip |= !strcmp(key, *name);
		if (!json_object_get(b, key))
			fail_msg("%s has no %s", path, key);
		if (json_is_object(value) && !skip)
			assert_same_keys(value, json_object_get(b, key), key);
	}
}

static void empty_machine_is_all_null_and_no_guess(void **state)
{
	bool by_group;
	json_t *host = host__fingerprint(root), *real = host__fingerprint("");

	(void)state;
	assert_same_keys(real, host, "host");
	assert_true(json_is_null(json_object_get(host, "kernel")));
	assert_true(json_is_null(doc__at(host, "cpu.model")));
	assert_true(json_is_null(doc__at(host, "cpu.sockets")));
	assert_true(json_is_null(doc__at(host, "cpu.tsc_khz")));
	assert_true(json_is_null(doc__at(host, "cpu.boost")));
	assert_true(json_is_null(doc__at(host, "memory.total_bytes")));
	assert_true(json_is_null(doc__at(host, "memory.nr_nodes")));
	assert_true(json_is_null(json_object_get(host, "load_average")));
	assert_string_equal(doc__text(host, "kvm.vendor"), "none");
	assert_true(host__available_memory_bytes(root, &by_group) == 0);
	json_decref(host);
	json_decref(real);
}

static void odd_files_do_no_harm(void **state)
{
	char *big = malloc(1 << 20), path[512];
	json_t *host;

	(void)state;
	memset(big, 'x', 1 << 20);
	big[(1 << 20) - 1] = '\0';
	put("/proc/cpuinfo", big);
	put("/proc/meminfo", "MemTotal");
	put("/proc/cmdline", "");
	put("/proc/loadavg", "x");
	put(CPU "online", "0-99999999999999999999,,-");
	put(CPU "cpu0/tsc_freq_khz", "2000000 kHz or so");
	put(CPU "cpu0/cache/index0/size", "big");
	put("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise");
	put("/proc/self/cgroup", "0::\n::\n3\n");
	put("/proc/self/mountinfo", "- cgroup2\n - cgroup2 x y\n");
	put("/sys/devices/system/node/node0/x", "");
	snprintf(path, sizeof(path), "%s/proc/sys", root);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/proc/sys/kernel", root);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/proc/sys/kernel/osrelease", root);
	assert_int_equal(mkfifo(path, 0600), 0);
	host = host__fingerprint(root);
	assert_true(json_is_null(doc__at(host, "cpu.threads")));
	assert_true(json_is_null(doc__at(host, "memory.total_bytes")));
	assert_string_equal(doc__text(host, "cmdline"), "");
	json_decref(host);
	free(big);
}

static void assert_hashes_change(const char *what, bool fingerprint, bool setup, json_t **before)
{
	json_t *after = host__fingerprint(root);
	const char *hashes[] = { "fingerprint", "setup" };
	bool wanted[] = { fingerprint, setup };

	for (int i = 0; i < 2; i++) {
		bool changed = strcmp(doc__text(*before, hashes[i]), doc__text(after, hashes[i])) !=
			       0;

		if (changed != wanted[i])
			fail_msg("%s: %s %s", what, hashes[i],
				 changed ? "changed" : "did not change");
	}
	json_decref(*before);
	*before = after;
}

static void hashes_change_with_what_they_are_about(void **state)
{
	json_t *before;

	(void)state;
	put_server();
	before = host__fingerprint(root);
	assert_int_equal(strlen(doc__text(before, "fingerprint")),
			 strlen("fnv1a64:0123456789abcdef"));
	assert_hashes_change("nothing", false, false, &before);
	put("/proc/loadavg", "9.00 9.00 9.00 1/234 5678\n");
	put("/proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 1 kB\n");
	assert_hashes_change("load and free memory", false, false, &before);
	put("/proc/sys/kernel/osrelease", "6.13.0\n");
	assert_hashes_change("kernel", false, true, &before);
	put("/sys/module/kvm/parameters/halt_poll_ns", "0\n");
	assert_hashes_change("module parameter", false, true, &before);
	put(CPU "vulnerabilities/meltdown", "Mitigation: PTI\n");
	assert_hashes_change("mitigation", false, true, &before);
	put(CPU "cpufreq/policy1/scaling_governor", "powersave\n");
	assert_hashes_change("governor", false, true, &before);
	put("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
	assert_hashes_change("THP", false, true, &before);
	put(CPU "present", "0-15\n");
	assert_hashes_change("CPUs", true, false, &before);
	json_decref(before);
}

/* The names that the schema's description of a hash lists, with commas between. */
static char *keys_of_schema(const char *hash)
{
	json_t *schema = json_load_file("bench/result/result.schema.json", 0, NULL);
	const json_t *properties = doc__at(schema, "properties.host.properties");
	const char *text = doc__text(json_object_get(properties, hash), "description");
	const char *from = strstr(text, "with the keys "),
		   *to = from ? strstr(from, " and ") : NULL;
	char *keys;

	assert_non_null(to);
	from += strlen("with the keys ");
	keys = strndup(from, (size_t)(to - from));
	json_decref(schema);
	return keys;
}

/*
 * Recomputed from the schema's description: if a hash changed, older results could not be compared.
 */
static void hash_is_what_the_schema_says(void **state)
{
	char *keys = keys_of_schema("fingerprint"), *save = NULL, text[32], *dump;
	json_t *host, *chosen = json_object();
	uint64_t hash = 14695981039346656037u;

	(void)state;
	put_server();
	host = host__fingerprint(root);
	for (char *key = strtok_r(keys, ", ", &save); key; key = strtok_r(NULL, ", ", &save))
		json_object_set(chosen, key, (json_t *)doc__at(host, key));
	assert_true(json_object_size(chosen) > 8);
	dump = json_dumps(chosen, JSON_SORT_KEYS | JSON_COMPACT);
	for (char *at = dump; *at; at++) {
		hash ^= (unsigned char)*at;
		hash *= 1099511628211u;
	}
	snprintf(text, sizeof(text), "fnv1a64:%016llx", (unsigned long long)hash);
	assert_string_equal(doc__text(host, "fingerprint"), text);
	free(dump);
	free(keys);
	json_decref(chosen);
	json_decref(host);
}

static void vendor_is_the_module_that_is_live(void **state)
{
	(void)state;
	assert_string_equal(host__kvm_vendor(root), "none");
	/* Both modules are built in; the CPU's flags tell which has its hardware. */
	put("/sys/module/kvm_intel/parameters/ept", "Y\n");
	put("/sys/module/kvm_amd/parameters/npt", "1\n");
	assert_string_equal(host__kvm_vendor(root), "none");
	put("/proc/cpuinfo", "flags\t\t: fpu svm_lock svm\n");
	assert_string_equal(host__kvm_vendor(root), "svm");
	put("/proc/cpuinfo", "flags\t\t: vmx fpu\n");
	assert_string_equal(host__kvm_vendor(root), "vmx");
	/* A loaded module must have found what it needs. */
	put("/sys/module/kvm_pvm/initstate", "live\n");
	assert_string_equal(host__kvm_vendor(root), "pvm");
	put("/sys/module/kvm_pvm/initstate", "going\n");
	assert_string_equal(host__kvm_vendor(root), "vmx");
}

static void built_in_pvm_needs_no_flag(void **state)
{
	(void)state;
	put("/sys/module/kvm_pvm/parameters/force", "N\n");
	put("/sys/module/kvm_amd/parameters/npt", "1\n");
	put("/proc/cpuinfo", "flags\t\t: fpu hypervisor\n");
	assert_string_equal(host__kvm_vendor(root), "pvm");
}

static void limits_of_v2_are_the_least_of_all_ancestors(void **state)
{
	bool by_group;
	struct host_limits limits;

	(void)state;
	put("/proc/meminfo", "MemAvailable: 8388608 kB\n");
	put("/proc/self/cgroup", "0::/outer/inner\n");
	put("/proc/self/mountinfo",
	    "31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n");
	put("/sys/fs/cgroup/outer/cpu.max", "400000 100000\n");
	put("/sys/fs/cgroup/outer/memory.max", "1073741824\n");
	put("/sys/fs/cgroup/outer/memory.current", "1000000000\n");
	put("/sys/fs/cgroup/outer/inner/cpu.max", "150000 100000\n");
	put("/sys/fs/cgroup/outer/inner/memory.max", "max\n");
	put("/sys/fs/cgroup/outer/inner/cpuset.cpus.effective", "0-3\n");
	host_limits__read(&limits, root);
	assert_string_equal(limits.version, "v2");
	assert_true(limits.cpus == 1.5);
	assert_true(limits.memory_bytes == 1073741824);
	assert_string_equal(limits.cpuset, "0-3");
	free(limits.cpuset);
	assert_true(host__available_memory_bytes(root, &by_group) == 73741824);
	assert_true(by_group);
	/*
	 * Memory that holds file pages is reclaimed before a process is killed, so it counts as
	 * available.
	 */
	put("/sys/fs/cgroup/outer/memory.stat",
	    "anon 5\ninactive_file 700\nactive_file 300\nslab 9\n");
	assert_true(host__available_memory_bytes(root, &by_group) == 73742824);
	put("/sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
	host_limits__read(&limits, root);
	free(limits.cpuset);
	assert_true(limits.cpus == 4);
	drop("/sys/fs/cgroup/outer/memory.max");
	assert_true(host__available_memory_bytes(root, &by_group) == 8589934592);
	assert_false(by_group);
}

static void the_hugetlb_limit_that_leaves_least_is_named(void **state)
{
	struct hugetlb_limit limit;

	(void)state;
	put("/proc/self/cgroup", "4:hugetlb:/vm\n0::/outer/inner\n");
	put("/proc/self/mountinfo",
	    "31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n");
	put("/sys/fs/cgroup/outer/hugetlb.2MB.max", "16777216\n");
	put("/sys/fs/cgroup/outer/hugetlb.2MB.current", "12582912\n");
	put("/sys/fs/cgroup/outer/hugetlb.2MB.rsvd.max", "max\n");
	put("/sys/fs/cgroup/outer/inner/hugetlb.2MB.max", "8388608\n");
	put("/sys/fs/cgroup/outer/inner/hugetlb.2MB.current", "0\n");
	put("/sys/fs/cgroup/outer/inner/hugetlb.2MB.rsvd.max", "2097152\n");
	put("/sys/fs/cgroup/outer/inner/hugetlb.2MB.rsvd.current", "4194304\n");
	host_limits__hugetlb(&limit, root, 2 << 20, false);
	assert_true(limit.left_bytes == 4194304);
	assert_string_equal(limit.file, "/sys/fs/cgroup/outer/hugetlb.2MB.max");
	host_limits__hugetlb(&limit, root, 2 << 20, true);
	assert_true(limit.left_bytes == 0);
	assert_string_equal(limit.file, "/sys/fs/cgroup/outer/inner/hugetlb.2MB.rsvd.max");
	host_limits__hugetlb(&limit, root, 1 << 30, true);
	assert_true(limit.left_bytes == -1);

	put("/proc/self/mountinfo",
	    "32 23 0:29 / /sys/fs/cgroup/hugetlb rw - cgroup cgroup rw,hugetlb\n");
	put("/sys/fs/cgroup/hugetlb/hugetlb.1GB.rsvd.limit_in_bytes", "9223372036854771712\n");
	put("/sys/fs/cgroup/hugetlb/vm/hugetlb.1GB.rsvd.limit_in_bytes", "2147483648\n");
	put("/sys/fs/cgroup/hugetlb/vm/hugetlb.1GB.rsvd.usage_in_bytes", "1073741824\n");
	host_limits__hugetlb(&limit, root, 1 << 30, true);
	assert_true(limit.left_bytes == 1 << 30);
	assert_string_equal(limit.file,
			    "/sys/fs/cgroup/hugetlb/vm/hugetlb.1GB.rsvd.limit_in_bytes");
}

static void limits_of_v1_are_found_in_a_container(void **state)
{
	struct host_limits limits;

	(void)state;
	/* The path is the host's; in the container its group is mounted as the root. */
	put("/proc/self/cgroup",
	    "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n2:cpuset:/docker/abc\n");
	put("/proc/self/mountinfo",
	    "1 2 0:1 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
	    "1 2 0:1 / /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n");
	put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "1000\n");
	put("/sys/fs/cgroup/memory/memory.usage_in_bytes", "400\n");
	put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
	host_limits__read(&limits, root);
	assert_string_equal(limits.version, "v1");
	assert_true(limits.cpus == 0.5);
	assert_true(limits.memory_bytes == 1000);
	assert_true(limits.memory_free_bytes == 600);
	assert_null(limits.cpuset);
	put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
	put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
	host_limits__read(&limits, root);
	assert_true(limits.cpus == 0);
	assert_true(limits.memory_bytes == -1);
	free(limits.cpuset);
}

static void this_machine_has_cpus_and_memory(void **state)
{
	bool by_group;
	char name[16];

	(void)state;
	assert_true(host__nr_cpus() >= 1);
	assert_int_equal(host__nr_cpus() <= (unsigned int)sysconf(_SC_NPROCESSORS_CONF), 1);
	assert_true(host__available_memory_bytes("", &by_group) > 1 << 20);
	assert_int_equal(host__is_guest(name, sizeof(name)) || !*name, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(server_is_described_in_full),
		TEST(lists_are_described_in_full),
		TEST(empty_machine_is_all_null_and_no_guess),
		TEST(odd_files_do_no_harm),
		TEST(hashes_change_with_what_they_are_about),
		TEST(hash_is_what_the_schema_says),
		TEST(vendor_is_the_module_that_is_live),
		TEST(built_in_pvm_needs_no_flag),
		TEST(limits_of_v2_are_the_least_of_all_ancestors),
		TEST(the_hugetlb_limit_that_leaves_least_is_named),
		TEST(limits_of_v1_are_found_in_a_container),
		TEST(this_machine_has_cpus_and_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
