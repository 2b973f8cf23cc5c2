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
#include "bench/base/json.h"
#include "bench/base/machine_fields.h"
#include "bench/host/cpu_section.h"
#include "bench/host/files.h"
#include "bench/host/limits.h"
#include "bench/host/memory_section.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

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
			 (!known[i].flag || cpuinfo__has_flag(info, known[i].flag)))
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
		name = alloc__text("docker");
	if (!name && host_file__exists(root, "/run/.containerenv"))
		name = alloc__text("podman");
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

	guest = *root ? cpuinfo__has_flag(info, "hypervisor") :
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
	json_object_set_new(section, "memory_bytes",
			    limits.memory_bytes < 0 ? json_null() :
						      json_integer(limits.memory_bytes));
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
	json_object_set_new(host, "cpu", cpu_section__new(root));
	host_file__each(root, "/sys/devices/system/cpu/vulnerabilities", "", visit_vulnerability,
			mitigations);
	json_object_set_new(host, "mitigations", mitigations);
	json_object_set_new(host, "kvm", kvm_section(root));
	json_object_set_new(host, "memory", memory_section__new(root));
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
