// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host's fingerprint: see fingerprint.h. What each field means is in
 * bench/result/result.schema.json.
 *
 * It has two hashes (FNV-1a, 64 bits, over the compact JSON text with sorted keys of the fields
 * named in machine_fields and setup_fields). Equal `fingerprint`s mean the same kind of machine, so
 * that figures may be compared at all; equal `setup`s mean that it was also configured alike, so
 * that a difference in figures has another cause. Load and free memory change from minute to minute
 * and are part of neither.
 */
#include "bench/host/fingerprint.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "bench/base/alloc.h"
#include "bench/base/cpus.h"
#include "bench/base/json.h"
#include "bench/base/machine_fields.h"
#include "bench/host/files.h"
#include "bench/host/limits.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/*
 * The flags of /proc/cpuinfo that affect exits, their acceleration, the clock, page sizes,
 * mitigations and memory bandwidth. The names are the kernel's
 * (arch/x86/include/asm/cpufeatures.h).
 */
static const char *const flags_that_matter[] = {
	"vmx",
	"svm",
	"ept",
	"ept_ad",
	"vpid",
	"vnmi",
	"tpr_shadow",
	"flexpriority",
	"npt",
	"lbrv",
	"svm_lock",
	"nrip_save",
	"tsc_scale",
	"vmcb_clean",
	"flushbyasid",
	"decodeassists",
	"pausefilter",
	"pfthreshold",
	"avic",
	"x2avic",
	"v_vmsave_vmload",
	"vgif",
	"v_spec_ctrl",
	"hypervisor",
	"x2apic",
	"extd_apicid",
	"arat",
	"tsc",
	"rdtscp",
	"tsc_deadline_timer",
	"constant_tsc",
	"nonstop_tsc",
	"tsc_reliable",
	"tsc_known_freq",
	"tsc_adjust",
	"pdpe1gb",
	"la57",
	"pcid",
	"invpcid",
	"invlpgb",
	"monitor",
	"mwaitx",
	"waitpkg",
	"hwp",
	"aperfmperf",
	"cpb",
	"erms",
	"fsrm",
	"avx",
	"avx2",
	"avx512f",
	"arch_perfmon",
	"perfctr_core",
	"perfmon_v2",
	"ibrs",
	"ibrs_enhanced",
	"autoibrs",
	"ibpb",
	"stibp",
	"ssbd",
	"md_clear",
	"flush_l1d",
	"arch_capabilities",
	"pti",
	"bus_lock_detect",
	"split_lock_detect",
	"user_shstk",
	"fred",
	"sev",
	"sev_es",
	"sev_snp",
	"tdx_guest",
	"tdx_host_platform",
};

static const char *const setup_fields[] = {
	"kernel",
	"kernel_version",
	"cmdline",
	"mitigations",
	"kvm",
	"clocksource.current",
	"cpu.microcode",
	"cpu.flags",
	"cpu.vmx_flags",
	"cpu.online",
	"cpu.smt",
	"cpu.governor",
	"cpu.driver",
	"cpu.boost",
	"cpu.max_khz",
	"cpu.idle",
	"cpu.isolated",
	"cpu.nohz_full",
	"memory.thp",
	"memory.ksm_run",
	"memory.numa_balancing",
	"limits",
	NULL,
};

/* Finds "name : value" in the first block of cpuinfo; stores the value's length in *len. */
static const char *cpuinfo_field(const char *info, const char *name, size_t *len)
{
	size_t name_len = strlen(name);

	while (info && *info && *info != '\n') {
		const char *end = info + strcspn(info, "\n");
		const char *after = info + name_len;

		if (!strncmp(info, name, name_len)) {
			after += strspn(after, " \t");
			if (*after == ':') {
				after++;
				after += strspn(after, " \t");
				*len = end > after ? end - after : 0;
				return after;
			}
		}
		info = *end ? end + 1 : end;
	}
	return NULL;
}

static json_t *cpuinfo_text(const char *info, const char *name)
{
	size_t len;
	const char *value = cpuinfo_field(info, name, &len);
	char *copy = value && len ? strndup(value, len) : NULL;
	json_t *text = json__text(copy);

	free(copy);
	return text;
}

static json_t *cpuinfo_number(const char *info, const char *name)
{
	size_t len;
	const char *value = cpuinfo_field(info, name, &len);
	char *end;
	long long number;

	if (!value)
		return json_null();
	number = strtoll(value, &end, 0);
	return end == value ? json_null() : json_integer(number);
}

static bool is_flag_that_matters(const char *flag, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags_that_matter); i++)
		if (strlen(flags_that_matter[i]) == len &&
		    !strncmp(flags_that_matter[i], flag, len))
			return true;
	return false;
}

/* A list of words: all of the field's, or only those in flags_that_matter. */
static json_t *cpuinfo_words(const char *info, const char *name, bool all)
{
	size_t len, word;
	const char *value = cpuinfo_field(info, name, &len);
	json_t *words = value ? json_array() : NULL;

	for (const char *at = value; words && at < value + len; at += word) {
		at += strspn(at, " ");
		word = strcspn(at, " \n");
		if (!word)
			break;
		if (all || is_flag_that_matters(at, word))
			json_array_append_new(words, json_stringn(at, word));
	}
	return words ?: json_null();
}

static bool has_flag(const char *info, const char *flag)
{
	size_t len, flag_len = strlen(flag);
	const char *value = cpuinfo_field(info, "flags", &len);

	for (const char *at = value; at && at < value + len; at++) {
		at = strstr(at, flag);
		if (!at || at >= value + len)
			return false;
		if ((at == value || at[-1] == ' ') && strchr(" \n", at[flag_len]))
			return true;
	}
	return false;
}

struct topology {
	unsigned int sockets, cores;
	bool known;
};

static bool is_first_of(const char *root, const char *cpu, const char *modern, const char *old)
{
	char *list =
		host_file__read(root, "/sys/devices/system/cpu/%s/topology/%s", cpu, modern) ?:
			host_file__read(root, "/sys/devices/system/cpu/%s/topology/%s", cpu, old);
	bool first = list && strtoul(list, NULL, 10) == strtoul(cpu + 3, NULL, 10);

	free(list);
	return first;
}

/* Sockets and cores are counted at their first CPU. Offline CPUs have no topology directory. */
static void visit_cpu(const char *root, const char *name, void *arg)
{
	struct topology *t = arg;

	if (!isdigit((unsigned char)name[3]) ||
	    !host_file__exists(root, "/sys/devices/system/cpu/%s/topology", name))
		return;
	t->known = true;
	t->sockets += is_first_of(root, name, "package_cpus_list", "core_siblings_list");
	t->cores += is_first_of(root, name, "core_cpus_list", "thread_siblings_list");
}

static json_t *list_count(const char *root, const char *path)
{
	char *list = host_file__read(root, "%s", path);
	struct cpus cpus;
	const char *why;
	unsigned int count = list && !cpus__parse(&cpus, list, &why) ? cpus__count(&cpus) : 0;

	free(list);
	return count ? json_integer(count) : json_null();
}

static void add_topology(json_t *cpu, const char *root)
{
	struct topology t = { 0 };

	host_file__each(root, "/sys/devices/system/cpu", "cpu", visit_cpu, &t);
	json_object_set_new(cpu, "sockets", t.known ? json_integer(t.sockets) : json_null());
	json_object_set_new(cpu, "cores", t.known ? json_integer(t.cores) : json_null());
	json_object_set_new(cpu, "threads", list_count(root, "/sys/devices/system/cpu/online"));
	json_object_set_new(cpu, "present", list_count(root, "/sys/devices/system/cpu/present"));
	json_object_set_new(cpu, "online",
			    host_file__json_text(root, "/sys/devices/system/cpu/online"));
	json_object_set_new(cpu, "smt",
			    host_file__json_text(root, "/sys/devices/system/cpu/smt/control"));
	json_object_set_new(cpu, "isolated",
			    host_file__json_text(root, "/sys/devices/system/cpu/isolated"));
	json_object_set_new(cpu, "nohz_full",
			    host_file__json_text(root, "/sys/devices/system/cpu/nohz_full"));
}

struct each_policy {
	json_t *values; /* the set of values read */
	const char *file;
};

static void visit_policy(const char *root, const char *name, void *arg)
{
	struct each_policy *each = arg;
	char *text =
		host_file__read(root, "/sys/devices/system/cpu/cpufreq/%s/%s", name, each->file);

	if (text)
		json_object_set_new(each->values, text, json_true());
	free(text);
}

/*
 * The value that all policies share, or else all that occur: "performance" or
 * "performance,powersave".
 */
static json_t *policy_text(const char *root, const char *file)
{
	struct each_policy each = { .values = json_object(), .file = file };
	char joined[256] = "";
	const char *key;
	json_t *value;
	size_t len;

	host_file__each(root, "/sys/devices/system/cpu/cpufreq", "policy", visit_policy, &each);
	json_object_foreach(each.values, key, value) {
		len = strlen(joined);
		snprintf(joined + len, sizeof(joined) - len, "%s%s", len ? "," : "", key);
	}
	json_decref(each.values);
	return json__text(*joined ? joined : NULL);
}

/* From cpufreq/boost, or from intel_pstate's no_turbo, which is its opposite. */
static json_t *boost(const char *root)
{
	json_t *value = host_file__json_bool(root, "/sys/devices/system/cpu/cpufreq/boost");
	json_t *no_turbo;
	bool off;

	if (!json_is_null(value))
		return value;
	no_turbo = host_file__json_bool(root, "/sys/devices/system/cpu/intel_pstate/no_turbo");
	if (json_is_null(no_turbo))
		return no_turbo;
	off = json_is_true(no_turbo);
	json_decref(no_turbo);
	return json_boolean(!off);
}

static void visit_idle_state(const char *root, const char *name, void *arg)
{
	static const char dir[] = "/sys/devices/system/cpu/cpu0/cpuidle";
	json_t *state = json_object();

	json_object_set_new(state, "name", host_file__json_text(root, "%s/%s/name", dir, name));
	json_object_set_new(state, "latency_us",
			    host_file__json_number(root, "%s/%s/latency", dir, name));
	json_object_set_new(state, "disabled",
			    host_file__json_bool(root, "%s/%s/disable", dir, name));
	json_array_append_new(arg, state);
}

static void visit_cache(const char *root, const char *name, void *arg)
{
	static const char dir[] = "/sys/devices/system/cpu/cpu0/cache";
	char *size = host_file__read(root, "%s/%s/size", dir, name); /* "1024K" */
	json_t *cache = json_object();
	long long kib = size ? strtoll(size, NULL, 10) : 0;

	json_object_set_new(cache, "level", host_file__json_number(root, "%s/%s/level", dir, name));
	json_object_set_new(cache, "type", host_file__json_text(root, "%s/%s/type", dir, name));
	json_object_set_new(cache, "bytes", kib > 0 ? json__u64((uint64_t)kib << 10) : json_null());
	free(size);
	json_object_set_new(cache, "shared_cpu_list",
			    host_file__json_text(root, "%s/%s/shared_cpu_list", dir, name));
	json_array_append_new(arg, cache);
}

static void add_power(json_t *cpu, const char *root)
{
	json_t *idle = json_object(), *states = json_array();

	json_object_set_new(cpu, "governor", policy_text(root, "scaling_governor"));
	json_object_set_new(cpu, "driver", policy_text(root, "scaling_driver"));
	json_object_set_new(cpu, "energy_preference",
			    policy_text(root, "energy_performance_preference"));
	json_object_set_new(cpu, "max_khz", policy_text(root, "scaling_max_freq"));
	json_object_set_new(cpu, "boost", boost(root));
	host_file__each(root, "/sys/devices/system/cpu/cpu0/cpuidle", "state", visit_idle_state,
			states);
	json_object_set_new(idle, "driver",
			    host_file__json_text(root,
						 "/sys/devices/system/cpu/cpuidle/current_driver"));
	json_object_set_new(
		idle, "governor",
		host_file__json_text(root, "/sys/devices/system/cpu/cpuidle/current_governor"));
	json_object_set_new(idle, "states", states);
	json_object_set_new(cpu, "idle", idle);
}

static json_t *first_of(json_t *one, json_t *other)
{
	if (json_is_null(one)) {
		json_decref(one);
		return other;
	}
	json_decref(other);
	return one;
}

/* The second name of each field is arm64's. */
static json_t *cpu_section(const char *root)
{
	char *info = host_file__read(root, "/proc/cpuinfo");
	json_t *cpu = json_object(), *caches = json_array();

	json_object_set_new(cpu, "model", cpuinfo_text(info, "model name"));
	json_object_set_new(cpu, "vendor",
			    first_of(cpuinfo_text(info, "vendor_id"),
				     cpuinfo_text(info, "CPU implementer")));
	json_object_set_new(cpu, "family",
			    first_of(cpuinfo_number(info, "cpu family"),
				     cpuinfo_number(info, "CPU architecture")));
	json_object_set_new(cpu, "model_id",
			    first_of(cpuinfo_number(info, "model"),
				     cpuinfo_number(info, "CPU part")));
	json_object_set_new(cpu, "stepping",
			    first_of(cpuinfo_number(info, "stepping"),
				     cpuinfo_number(info, "CPU revision")));
	json_object_set_new(cpu, "microcode", cpuinfo_text(info, "microcode"));
	json_object_set_new(cpu, "flags",
			    first_of(cpuinfo_words(info, "flags", false),
				     cpuinfo_words(info, "Features", true)));
	json_object_set_new(cpu, "vmx_flags", cpuinfo_words(info, "vmx flags", true));
	json_object_set_new(cpu, "bugs", cpuinfo_words(info, "bugs", true));
	json_object_set_new(cpu, "tsc_khz",
			    host_file__json_number(root,
						   "/sys/devices/system/cpu/cpu0/tsc_freq_khz"));
	host_file__each(root, "/sys/devices/system/cpu/cpu0/cache", "index", visit_cache, caches);
	json_object_set_new(cpu, "caches", caches);
	add_topology(cpu, root);
	add_power(cpu, root);
	free(info);
	return cpu;
}

static void visit_vulnerability(const char *root, const char *name, void *arg)
{
	json_object_set_new(arg, name,
			    host_file__json_text(root, "/sys/devices/system/cpu/vulnerabilities/%s",
						 name));
}

struct each_parameter {
	json_t *parameters;
	const char *module;
};

static void visit_parameter(const char *root, const char *name, void *arg)
{
	struct each_parameter *each = arg;

	json_object_set_new(each->parameters, name,
			    host_file__json_text(root, "/sys/module/%s/parameters/%s", each->module,
						 name));
}

static void visit_module(const char *root, const char *name, void *arg)
{
	struct each_parameter each = { .parameters = json_object(), .module = name };
	char dir[PATH_MAX];
	json_t *module;

	if (strcmp(name, "kvm") && strncmp(name, "kvm_", 4)) {
		json_decref(each.parameters);
		return;
	}
	snprintf(dir, sizeof(dir), "/sys/module/%s/parameters", name);
	host_file__each(root, dir, "", visit_parameter, &each);
	module = json_object();
	json_object_set_new(module, "srcversion",
			    host_file__json_text(root, "/sys/module/%s/srcversion", name));
	json_object_set_new(module, "parameters", each.parameters);
	json_object_set_new(arg, name, module);
}

static json_t *kvm_section(const char *root)
{
	json_t *kvm = json_object(), *modules = json_object();

	host_file__each(root, "/sys/module", "kvm", visit_module, modules);
	json_object_set_new(kvm, "vendor", json_string(host__kvm_vendor(root)));
	json_object_set_new(kvm, "modules", modules);
	return kvm;
}

/*
 * A loaded module that is live has found its hardware: otherwise its init fails, and only one
 * vendor module can be in use. Built-in modules (no initstate) are present whether or not they
 * found theirs, so the CPU's flags decide between them; kvm_pvm needs no hardware and comes after
 * those that have theirs.
 */
const char *host__kvm_vendor(const char *root)
{
	static const struct {
		const char *module, *vendor, *flag;
	} known[] = {
		{ "kvm_intel", "vmx", "vmx" },
		{ "kvm_amd", "svm", "svm" },
		{ "kvm_pvm", "pvm", NULL },
	};
	char *info = host_file__read(root, "/proc/cpuinfo");
	const char *built_in = NULL, *live = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		char *state = host_file__read(root, "/sys/module/%s/initstate", known[i].module);

		if (state && !strcmp(state, "live") && !live)
			live = known[i].vendor;
		else if (!state && !built_in &&
			 host_file__exists(root, "/sys/module/%s", known[i].module) &&
			 (!known[i].flag || has_flag(info, known[i].flag)))
			built_in = known[i].vendor;
		free(state);
	}
	free(info);
	return live ?: built_in ?: "none";
}

bool host__is_guest(char *hypervisor, size_t len)
{
	bool guest = false;

	if (len)
		hypervisor[0] = '\0';
#ifdef __x86_64__
	uint32_t eax, ebx, ecx, edx, name[4] = { 0 };

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & 1u << 31))
		return false;
	guest = true;
	__cpuid(0x40000000, eax, name[0], name[1], name[2]);
	/*
	 * Intel CPUs without that leaf answer with the highest basic one, which does not hold a
	 * name.
	 */
	for (size_t i = 0; i < 12 && ((char *)name)[i]; i++)
		if (!isprint(((unsigned char *)name)[i]))
			return true;
	snprintf(hypervisor, len, "%s", (char *)name);
#endif
	return guest;
}

static json_t *container(const char *root)
{
	char *name = host_file__read(root, "/run/systemd/container");
	json_t *value;

	if (!name && host_file__exists(root, "/.dockerenv"))
		name = strdup("docker");
	if (!name && host_file__exists(root, "/run/.containerenv"))
		name = strdup("podman");
	value = json__text(name);
	free(name);
	return value;
}

/*
 * CPUID describes this machine; for another root the flag in its cpuinfo stands for the same bit.
 */
static void add_virtualization(json_t *host, const char *root)
{
	json_t *virtualization = json_object();
	char *info = host_file__read(root, "/proc/cpuinfo");
	char hypervisor[16] = "";
	bool guest;

	guest = *root ? has_flag(info, "hypervisor") :
			host__is_guest(hypervisor, sizeof(hypervisor));
	free(info);
	json_object_set_new(host, "nested", json_boolean(guest));
	json_object_set_new(virtualization, "guest", json_boolean(guest));
	json_object_set_new(virtualization, "hypervisor",
			    json__text(*hypervisor ? hypervisor : NULL));
	json_object_set_new(virtualization, "sys_hypervisor",
			    host_file__json_text(root, "/sys/hypervisor/type"));
	json_object_set_new(virtualization, "product",
			    host_file__json_text(root, "/sys/class/dmi/id/product_name"));
	json_object_set_new(virtualization, "product_vendor",
			    host_file__json_text(root, "/sys/class/dmi/id/sys_vendor"));
	json_object_set_new(virtualization, "container", container(root));
	json_object_set_new(host, "virtualization", virtualization);
}

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

static json_t *memory_section(const char *root)
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

static json_t *clocksource_section(const char *root)
{
	static const char dir[] = "/sys/devices/system/clocksource/clocksource0";
	char *text = host_file__read(root, "%s/available_clocksource", dir), *save = NULL;
	json_t *section = json_object(), *available = text ? json_array() : json_null();

	for (char *word = text ? strtok_r(text, " ", &save) : NULL; word;
	     word = strtok_r(NULL, " ", &save))
		json_array_append_new(available, json__text(word));
	free(text);
	json_object_set_new(section, "current",
			    host_file__json_text(root, "%s/current_clocksource", dir));
	json_object_set_new(section, "available", available);
	return section;
}

static json_t *security_section(const char *root)
{
	json_t *section = json_object();

	json_object_set_new(section, "lockdown",
			    host_file__json_choice(root, "/sys/kernel/security/lockdown"));
	json_object_set_new(section, "perf_event_paranoid",
			    host_file__json_number(root, "/proc/sys/kernel/perf_event_paranoid"));
	json_object_set_new(section, "unprivileged_bpf_disabled",
			    host_file__json_number(root,
						   "/proc/sys/kernel/unprivileged_bpf_disabled"));
	json_object_set_new(section, "btf",
			    json_boolean(host_file__exists(root, "/sys/kernel/btf/vmlinux")));
	return section;
}

static json_t *limits_section(const char *root)
{
	struct host_limits limits;
	json_t *section = json_object();

	host_limits__read(&limits, root);
	json_object_set_new(section, "cgroup", json__text(limits.version));
	json_object_set_new(section, "cpus",
			    limits.cpus > 0 ? json_real(limits.cpus) : json_null());
	json_object_set_new(section, "cpuset", json__text(limits.cpuset));
	json_object_set_new(section, "memory_bytes", bytes_or_null(limits.memory_bytes));
	free(limits.cpuset);
	return section;
}

static json_t *load_average(const char *root)
{
	char *text = host_file__read(root, "/proc/loadavg");
	double load[3];
	json_t *value;

	if (text && sscanf(text, "%lf %lf %lf", &load[0], &load[1], &load[2]) == 3)
		value = json_pack("[fff]", load[0], load[1], load[2]);
	else
		value = json_null();
	free(text);
	return value;
}

static json_t *os_name(const char *root)
{
	char *text = host_file__read(root, "/etc/os-release") ?:
			     host_file__read(root, "/usr/lib/os-release");
	char *at = text ? strstr(text, "PRETTY_NAME=") : NULL;
	json_t *value;

	if (at) {
		at += strlen("PRETTY_NAME=");
		at += *at == '"' || *at == '\'';
		at[strcspn(at, "\"'\n")] = '\0';
	}
	value = json__text(at);
	free(text);
	return value;
}

static uint64_t fnv1a(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3ull;
	return hash;
}

/* "fnv1a64:0123456789abcdef" over the named fields. */
static json_t *hash_fields(const json_t *host, const char *const *fields)
{
	json_t *chosen = json_object();
	char text[32], *dump;

	for (; *fields; fields++) {
		const json_t *value = json__at(host, *fields);

		if (value)
			json_object_set(chosen, *fields, (json_t *)value);
	}
	dump = json_dumps(chosen, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(chosen);
	if (!dump)
		return json_null();
	snprintf(text, sizeof(text), "fnv1a64:%016" PRIx64, fnv1a(dump));
	free(dump);
	return json_string(text);
}

static void add_kernel(json_t *host, const char *root)
{
	struct utsname uts;

	json_object_set_new(host, "kernel",
			    host_file__json_text(root, "/proc/sys/kernel/osrelease"));
	json_object_set_new(host, "kernel_version",
			    host_file__json_text(root, "/proc/sys/kernel/version"));
	json_object_set_new(host, "machine", uname(&uts) ? json_null() : json__text(uts.machine));
	json_object_set_new(host, "os", os_name(root));
	json_object_set_new(host, "cmdline", host_file__json_text(root, "/proc/cmdline"));
}

json_t *host__fingerprint(const char *root)
{
	json_t *host = json_object(), *mitigations = json_object();

	add_kernel(host, root);
	json_object_set_new(host, "cpu", cpu_section(root));
	host_file__each(root, "/sys/devices/system/cpu/vulnerabilities", "", visit_vulnerability,
			mitigations);
	json_object_set_new(host, "mitigations", mitigations);
	json_object_set_new(host, "kvm", kvm_section(root));
	json_object_set_new(host, "memory", memory_section(root));
	json_object_set_new(host, "clocksource", clocksource_section(root));
	json_object_set_new(host, "security", security_section(root));
	add_virtualization(host, root);
	json_object_set_new(host, "limits", limits_section(root));
	json_object_set_new(host, "load_average", load_average(root));
	json_object_set_new(host, "fingerprint", hash_fields(host, machine_fields));
	json_object_set_new(host, "setup", hash_fields(host, setup_fields));
	return host;
}

unsigned int host__nr_cpus(void)
{
	unsigned int count = 1;
	cpu_set_t *set;

	/* The kernel refuses a set smaller than its own and does not tell its size. */
	for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
		size_t size = CPU_ALLOC_SIZE(cpus);
		int err;

		set = alloc__need(size);
		err = sched_getaffinity(0, size, set) ? errno : 0;
		if (!err)
			count = CPU_COUNT_S(size, set);
		free(set);
		if (err != EINVAL)
			break;
	}
	return count;
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
