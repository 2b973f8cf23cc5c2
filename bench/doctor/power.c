// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of the CPUs' clocks and sleep: how fast they run, and how deep they sleep. */
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/alloc.h"
#include "bench/base/cpus.h"
#include "bench/doctor/doctor_host.h"
#include "bench/doctor/finding.h"
#include "bench/host/files.h"

#define CPU_DIR "/sys/devices/system/cpu"
#define STEADY	(FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING)

static bool only_value(const json_t *values, const char *value)
{
	return json_object_size(values) == 1 && json_object_get(values, value);
}

static void look_at_governor(const struct doctor_host *host, struct finding *f)
{
	json_t *governors =
		finding__by_cpu(f, "cpufreq/scaling_governor", "cpufreq/scaling_governor");
	json_t *preferences = finding__by_cpu(f, "cpufreq/energy_performance_preference",
					      "cpufreq/energy_performance_preference");
	json_t *bias = finding__by_cpu(f, "power/energy_perf_bias", "power/energy_perf_bias");
	bool governed = json_object_size(governors) > 0;

	if (!governed && host->guest)
		finding__not_applicable(f, "this host is a VM: its CPUs' clocks are set below it");
	else if (json_object_size(governors) > 1)
		finding__say(f, DOCTOR_WARNING, STEADY,
			     "CPUs are governed differently, so that "
			     "what a VM gets depends on where it runs");
	if (governed && !only_value(governors, "performance"))
		finding__say(f, DOCTOR_ADVICE, STEADY,
			     "the governor 'performance' for all CPUs: "
			     "cpupower frequency-set -g performance");
	if (only_value(governors, "performance") && json_object_size(preferences) &&
	    !only_value(preferences, "performance"))
		finding__say(f, DOCTOR_CONTRADICTS, STEADY,
			     "the governor is 'performance', but "
			     "the hardware is told to prefer otherwise: write 'performance' to "
			     "energy_performance_preference");
	if (only_value(governors, "performance") && !json_object_size(preferences) &&
	    json_object_size(bias) && !only_value(bias, "0"))
		finding__say(f, DOCTOR_ADVICE, STEADY, "an energy_perf_bias of 0 (performance)");
	json_decref(governors);
	json_decref(preferences);
	json_decref(bias);
}

DEFINE_CHECK(governor) = {
	.id = "governor",
	.title = "frequency governor and energy preference",
	.rank = 10,
	.where = CPU_DIR "/cpu*/cpufreq",
	.goals = STEADY,
	.sources = { { "tuned throughput-performance", "2025-11-13" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "cpuid",
			.config = "pin=0",
			.a = CPU_DIR "/cpufreq/policy0/scaling_governor=powersave",
			.b = CPU_DIR "/cpufreq/policy0/scaling_governor=performance",
			.from_now = true,
			.operation = "CPUID",
			.gains = FOR_LATENCY | FOR_THROUGHPUT,
			.unmeasured = "power",
		},
	.keep = (const struct doctor_keep[]){ { KEPT_IN_SYSFS, STEADY,
						CPU_DIR "/cpufreq/policy*/scaling_governor",
						"performance" },
					      { KEPT_IN_SYSFS, STEADY,
						CPU_DIR
						"/cpufreq/policy*/energy_performance_preference",
						"performance" },
					      {} },
	.look = look_at_governor,
};

static void look_at_boost(const struct doctor_host *host, struct finding *f)
{
	int boost = finding__bool(f, CPU_DIR "/cpufreq/boost");
	int no_turbo = finding__bool(f, CPU_DIR "/intel_pstate/no_turbo");

	if (boost < 0 && no_turbo < 0) {
		if (host->guest)
			finding__not_applicable(f,
						"this host is a VM: its CPUs' clocks are set below "
						"it");
		return;
	}
	if (boost >= 0 && no_turbo >= 0 && boost == no_turbo)
		finding__say(f, DOCTOR_CONTRADICTS, FOR_ALL,
			     "cpufreq/boost and no_turbo say the "
			     "opposite of each other; the driver in use decides");
	else if (boost == 0 || no_turbo == 1)
		finding__say(f, DOCTOR_ADVICE, FOR_THROUGHPUT,
			     "boost on: single busy CPUs gain most");
	else
		finding__say(f, DOCTOR_ADVICE, FOR_BENCHMARKING,
			     "boost off while figures are "
			     "compared: what a CPU reaches depends on its temperature and on how "
			     "many others are busy");
}

DEFINE_CHECK(boost) = {
	.id = "boost",
	.title = "boost (turbo)",
	.rank = 20,
	.where = CPU_DIR "/cpufreq/boost",
	.goals = FOR_THROUGHPUT | FOR_BENCHMARKING,
	.sources = { { "tuned throughput-performance, latency-performance", "2025-11-13" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "chase",
			.a = CPU_DIR "/cpufreq/boost=0",
			.b = CPU_DIR "/cpufreq/boost=1",
			.elsewhere = { CPU_DIR "/intel_pstate/no_turbo=1",
				       CPU_DIR "/intel_pstate/no_turbo=0" },
			.operation = "load",
			.gains = FOR_THROUGHPUT,
			.unmeasured = "power",
		},
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_IN_SYSFS, FOR_THROUGHPUT, CPU_DIR "/cpufreq/boost", "1" },
			{ KEPT_IN_SYSFS, FOR_BENCHMARKING, CPU_DIR "/cpufreq/boost", "0" },
			{ KEPT_IN_SYSFS, FOR_THROUGHPUT, CPU_DIR "/intel_pstate/no_turbo", "0" },
			{ KEPT_IN_SYSFS, FOR_BENCHMARKING, CPU_DIR "/intel_pstate/no_turbo", "1" },
			{} },
	.look = look_at_boost,
};

/* CPUs that sleep as deep as each other. */
struct sleepers {
	int64_t deepest_us; /* of the states that are not disabled; -1: there is none */
	char deepest[32];
	struct cpus cpus;
};

/* Cores of different kinds, and those that someone keeps awake. */
#define MAX_SLEEPERS 8

struct idle_states {
	struct finding *f;
	char dir[64]; /* of the CPU that is looked at */
	bool first;   /* it is the first: its states are noted */
	struct sleepers one, kinds[MAX_SLEEPERS];
	unsigned int nr;
};

static void visit_state(const char *root, const char *name, void *arg)
{
	struct idle_states *states = arg;
	int64_t latency, disabled = 0;
	char *text;

	if (!host_file__number(&latency, root, "%s/%s/latency", states->dir, name))
		return;
	host_file__number(&disabled, root, "%s/%s/disable", states->dir, name);
	text = host_file__read(root, "%s/%s/name", states->dir, name);
	if (states->first)
		finding__note(states->f, text ?: name, "exit latency %" PRId64 " us%s", latency,
			      disabled ? ", disabled" : "");
	if (!disabled && latency > states->one.deepest_us) {
		states->one.deepest_us = latency;
		snprintf(states->one.deepest, sizeof(states->one.deepest), "%s", text ?: name);
	}
	free(text);
}

static void visit_idle_cpu(const char *root, const char *name, void *arg)
{
	struct idle_states *states = arg;
	unsigned long cpu = strtoul(name + strlen("cpu"), NULL, 10);
	unsigned int i = 0;

	if (!isdigit((unsigned char)name[strlen("cpu")]) || cpu >= CPUS_MAX)
		return;
	snprintf(states->dir, sizeof(states->dir), CPU_DIR "/%s/cpuidle", name);
	states->one.deepest_us = -1;
	if (!host_file__each(root, states->dir, "state", visit_state, states))
		return;
	states->first = false;
	while (i < states->nr && (states->kinds[i].deepest_us != states->one.deepest_us ||
				  strcmp(states->kinds[i].deepest, states->one.deepest)))
		i++;
	if (i == MAX_SLEEPERS)
		i--;
	if (i == states->nr) {
		states->kinds[i] = states->one;
		states->nr++;
	}
	cpus__add(&states->kinds[i].cpus, (unsigned int)cpu);
}

/* What all who hold the file open together ask for, in us; -1: not known. It is 4 bytes. */
static int64_t asked_latency_us(const struct doctor_host *host, struct finding *f)
{
	char path[PATH_MAX];
	int32_t us;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/dev/cpu_dma_latency", host->root);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	got = read(fd, &us, sizeof(us));
	close(fd);
	if (got != sizeof(us))
		return -1;
	finding__note(f, "/dev/cpu_dma_latency", "at most %" PRId32 " us is asked for", us);
	return us;
}

/* The deepest sleepers among the CPUs, or of all where none of the CPUs is known; NULL: none. */
static const struct sleepers *deepest_of(const struct idle_states *states, const struct cpus *cpus)
{
	struct cpus *both = alloc__need(sizeof(*both));
	const struct sleepers *deepest = NULL;

	for (unsigned int i = 0; i < states->nr; i++) {
		*both = states->kinds[i].cpus;
		if (cpus)
			cpus__keep(both, cpus);
		if (cpus__count(both) &&
		    (!deepest || states->kinds[i].deepest_us > deepest->deepest_us))
			deepest = &states->kinds[i];
	}
	free(both);
	return deepest;
}

/* Where CPUs are isolated, these are what VMs that have to wake soon run on. */
static const struct sleepers *deepest_of_vms(const struct doctor_host *host,
					     const struct idle_states *states)
{
	char *list = host_file__read(host->root, CPU_DIR "/isolated");
	struct cpus *isolated = alloc__need(sizeof(*isolated));
	const struct sleepers *deepest = NULL;
	const char *why;

	if (list && *list && !cpus__parse(isolated, list, &why))
		deepest = deepest_of(states, isolated);
	free(isolated);
	free(list);
	return deepest ?: deepest_of(states, NULL);
}

static void note_sleepers(struct finding *f, const struct idle_states *states)
{
	for (unsigned int i = 0; i < states->nr && states->nr > 1; i++) {
		const struct sleepers *kind = &states->kinds[i];
		char *list = finding__list_cpus(&kind->cpus);

		finding__note(f, "deepest sleep", "%s, %" PRId64 " us: CPUs %s",
			      *kind->deepest ? kind->deepest : "none", kind->deepest_us, list);
		free(list);
	}
}

static void judge_sleep(const struct doctor_host *host, struct finding *f,
			const struct idle_states *states, int64_t asked)
{
	const struct sleepers *all = deepest_of(states, NULL);
	const struct sleepers *vms = deepest_of_vms(host, states);
	int64_t us = all->deepest_us, vms_us = vms->deepest_us;
	char *list = finding__list_cpus(&vms->cpus);

	/* The states up to it are all that are entered. */
	if (asked >= 0) {
		us = asked < us ? asked : us;
		vms_us = asked < vms_us ? asked : vms_us;
	}
	if (us > 70)
		finding__say(f, DOCTOR_ADVICE, FOR_THROUGHPUT,
			     "no sleep deeper than 70 us (now %s, "
			     "%" PRId64 " us): tuned's force_latency",
			     all->deepest, us);
	if (vms_us > 3)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY | FOR_BENCHMARKING,
			     "no sleep deeper than "
			     "3 us (now %" PRId64
			     " us%s%s) on the CPUs of VMs that have to wake soon; it "
			     "costs power, and boost",
			     vms_us, states->nr > 1 ? ", on CPUs " : "",
			     states->nr > 1 ? list : "");
	free(list);
}

static void look_at_idle_states(const struct doctor_host *host, struct finding *f)
{
	struct idle_states *states = alloc__need_zeroed(1, sizeof(*states));
	char *driver = finding__text(f, CPU_DIR "/cpuidle/current_driver");

	states->f = f;
	states->first = true;
	host_file__each(host->root, CPU_DIR, "cpu", visit_idle_cpu, states);
	note_sleepers(f, states);
	if (states->nr)
		judge_sleep(host, f, states, asked_latency_us(host, f));
	else if (host->guest)
		finding__not_applicable(f, "this host is a VM whose CPUs have no sleep states");
	free(states);
	free(driver);
}

DEFINE_CHECK(idle_states) = {
	.id = "idle-states",
	.title = "deep sleep states",
	.rank = 30,
	.where = CPU_DIR "/cpu*/cpuidle",
	.goals = STEADY,
	.sources = { { "tuned virtual-host (70 us, or the state with number 3)", "2025-07-08" },
		     { "tuned latency-performance (3 us)", "2025-11-13" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "halt-wake",
			.config = "pin=0",
			.a = CPU_DIR "/cpu0/cpuidle/state*/disable=0",
			.b = CPU_DIR "/cpu0/cpuidle/state*/disable=1",
			.sleeps = true,
			.operation = "wake-up",
			.gains = FOR_LATENCY,
			.unmeasured = "power, and boost of other CPUs",
		},
	.root_adds = "what is asked for by /dev/cpu_dma_latency",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_BY_HAND, FOR_LATENCY | FOR_BENCHMARKING,
			  "a process that holds /dev/cpu_dma_latency open with 3 written to it: "
			  "tuned's force_latency=3, or a service of its own",
			  NULL },
			{ KEPT_BY_HAND, FOR_THROUGHPUT,
			  "the same with 70 (tuned's virtual-host: "
			  "force_latency=cstate.id_no_zero:3|70)",
			  NULL },
			{} },
	.look = look_at_idle_states,
};

static void look_at_cores(const struct doctor_host *host, struct finding *f)
{
	char *big = host_file__read(host->root, "/sys/devices/cpu_core/cpus");
	char *small = host_file__read(host->root, "/sys/devices/cpu_atom/cpus");

	if (!big || !small) {
		finding__not_applicable(f, "the CPUs are all of one kind");
	} else {
		finding__note(f, "performance cores", "CPUs %s", big);
		finding__note(f, "efficient cores", "CPUs %s", small);
		finding__say(
			f, DOCTOR_WARNING, FOR_LATENCY | FOR_BENCHMARKING,
			"VMs and "
			"measurements pinned to CPUs of one kind: the same code takes different "
			"times on the other");
	}
	free(big);
	free(small);
}

DEFINE_CHECK(unlike_cores) = {
	.id = "unlike-cores",
	.title = "cores of different kinds",
	.rank = 35,
	.where = "/sys/devices/cpu_core/cpus, /sys/devices/cpu_atom/cpus",
	.goals = FOR_LATENCY | FOR_BENCHMARKING,
	.sources = { { "Linux, Documentation/ABI/testing/sysfs-devices-system-cpu",
		       "read 2026-11" } },
	.no_proof = "'hvbench run -w chase --ab pin=P pin=E' shows it, with a CPU of each kind",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_BY_HAND, FOR_LATENCY | FOR_BENCHMARKING,
			  "vCPUs pinned to cores of one kind (libvirt: <cputune><vcpupin>)", NULL },
			{} },
	.look = look_at_cores,
};

static void look_at_microcode(const struct doctor_host *host, struct finding *f)
{
	json_t *versions = finding__by_cpu(f, "microcode/version", "microcode/version");
	char *old = host_file__read(host->root, CPU_DIR "/vulnerabilities/old_microcode");

	if (old)
		finding__note(f, CPU_DIR "/vulnerabilities/old_microcode", "%s", old);
	if (host->guest && !json_object_size(versions) && !json_array_size(f->unread))
		finding__not_applicable(f, "this host is a VM: microcode is loaded below it");
	if (json_object_size(versions) > 1)
		finding__say(f, DOCTOR_CONTRADICTS, FOR_ALL,
			     "CPUs have different microcode: reboot "
			     "with one that is loaded early");
	if (old && !strncmp(old, "Vulnerable", 10))
		finding__say(f, DOCTOR_WARNING, FOR_ISOLATION,
			     "the kernel knows of newer microcode "
			     "that mends vulnerabilities: update it");
	json_decref(versions);
	free(old);
}

DEFINE_CHECK(microcode) = {
	.id = "microcode",
	.title = "microcode",
	.rank = 340,
	.where = CPU_DIR "/cpu*/microcode/version",
	.goals = FOR_ISOLATION | FOR_BENCHMARKING,
	.sources = { { "Linux, Documentation/admin-guide/hw-vuln/old_microcode.rst",
		       "read 2026-11" } },
	.no_proof = "what firmware sets (nodes per socket, determinism) takes a reboot; "
		    "'hvbench compare' of a result before and one after",
	.root_adds = "the version of each CPU's microcode",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_BY_HAND, FOR_ISOLATION | FOR_BENCHMARKING,
			  "the distribution's package of microcode (intel-microcode, "
			  "amd64-microcode, microcode_ctl, ucode-intel, ucode-amd), and a reboot",
			  NULL },
			{} },
	.look = look_at_microcode,
};
