// SPDX-License-Identifier: GPL-2.0-or-later
/* The CPUs in the host's fingerprint: see cpu_section.h. */
#include "bench/host/cpu_section.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/cpus.h"
#include "bench/base/json.h"
#include "bench/host/files.h"

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

/* The first word of the rest of a line, its length in *len; NULL if there is no more. */
static const char *next_word(const char *rest, size_t *len)
{
	rest += strspn(rest, " ");
	*len = strcspn(rest, " \n");
	return *len ? rest : NULL;
}

/* A list of words: all of the field's, or only those in flags_that_matter. */
static json_t *cpuinfo_words(const char *info, const char *name, bool all)
{
	size_t len;
	const char *value = cpuinfo_field(info, name, &len);
	json_t *words = value ? json_array() : NULL;

	for (const char *at = value; at && (at = next_word(at, &len)); at += len)
		if (all || is_flag_that_matters(at, len))
			json_array_append_new(words, json_stringn(at, len));
	return words ?: json_null();
}

bool cpuinfo__has_flag(const char *info, const char *flag)
{
	size_t len;
	const char *at = cpuinfo_field(info, "flags", &len);

	for (; at && (at = next_word(at, &len)); at += len)
		if (len == strlen(flag) && !strncmp(at, flag, len))
			return true;
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
json_t *cpu_section__new(const char *root)
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
