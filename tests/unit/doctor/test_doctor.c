// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The doctor on made-up hosts below a temporary directory: every check with each of its outcomes,
 * and whole hosts of several kinds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <linux/kvm.h>

#include "bench/doctor/doctor.h"
#include "bench/doctor/finding.h"

#define CPU   "/sys/devices/system/cpu/"
#define KVM   "/sys/module/kvm/parameters/"
#define INTEL "/sys/module/kvm_intel/parameters/"
#define AMD   "/sys/module/kvm_amd/parameters/"
#define THP   "/sys/kernel/mm/transparent_hugepage/"
#define NODE  "/sys/devices/system/node/"
#define POOL  "/sys/kernel/mm/hugepages/hugepages-2048kB/"

/* Sanitizers take their time. */
#ifdef __SANITIZE_ADDRESS__
#define CHECKED 10
#else
#define CHECKED 1
#endif

/* In place of a text: a directory, which is there and cannot be read, whoever tries. */
#define DENIED "\001"

static char root[256];

static void put_bytes(const char *path, const void *bytes, size_t len, long at)
{
	char full[1024];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
	}
	if (len && *(const char *)bytes == *DENIED) {
		assert_int_equal(mkdir(full, 0755), 0);
		return;
	}
	file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void begin_host(void)
{
	snprintf(root, sizeof(root), "%s/hvbench-doctor-XXXXXX", getenv("TMP") ?: "/tmp");
	assert_non_null(mkdtemp(root));
	put("/proc/sys/kernel/osrelease", "6.12.0\n");
	put("/proc/cmdline", "ro quiet\n");
}

static void end_host(void)
{
	assert_int_equal(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void put_intel(void)
{
	put("/proc/cpuinfo",
	    "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vmx ept\n\n");
	put("/sys/module/kvm_intel/initstate", "live\n");
}

static void put_amd(const char *flags)
{
	char text[256];

	snprintf(text, sizeof(text), "processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: %s\n\n",
		 flags);
	put("/proc/cpuinfo", text);
	put("/sys/module/kvm_amd/initstate", "live\n");
}

static void put_guest(void)
{
	put("/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n"
			     "flags\t\t: fpu vmx hypervisor\n\n");
	put("/sys/module/kvm_intel/initstate", "live\n");
}

static unsigned int goal_of(const char *name)
{
	for (unsigned int i = 0; doctor_goals[i]; i++)
		if (!strcmp(doctor_goals[i], name))
			return 1u << i;
	return FOR_ALL;
}

static json_t *examine(const char *id, const char *goal)
{
	const char *ids[] = { id, NULL };
	const struct doctor_options options = { .root = root,
						.goals = goal_of(goal),
						.ids = id ? ids : NULL };
	struct error err = { 0 };
	json_t *doc = doctor__examine(&options, &err);

	assert_non_null(doc);
	return doc;
}

/* Everything that a check says in words. */
static bool says(const json_t *check, const char *text)
{
	char *dump = json_dumps(check, JSON_COMPACT);
	bool has = dump && strstr(dump, text);

	free(dump);
	return has;
}

static bool expect(const char *id, const char *goal, const char *outcome, const char *text)
{
	json_t *doc = examine(id, goal), *check = json_array_get(json_object_get(doc, "checks"), 0);
	const char *got = json_string_value(json_object_get(check, "outcome"));
	bool good = !strcmp(got, outcome) && (!text || says(check, text));

	if (!good) {
		char *dump = json_dumps(check, JSON_INDENT(1));

		print_error("%s for %s: wanted %s, '%s'; got %s\n", id, goal, outcome, text ?: "",
			    dump);
		free(dump);
	}
	json_decref(doc);
	return good;
}

enum machine { INTEL_HOST, AMD_HOST, GUEST, NO_KVM };

struct scene {
	const char *id, *goal, *outcome, *text;
	enum machine machine;
	const char *files[17]; /* path, text, path, text, … */
};

#define NR_VM_SCENES 62
#define STAT(utime)  "77 (a) b) S 1 2 3 4 5 6 7 8 9 10 " utime " 0 0 0 20 0 3 0 5000 1 2\n"

static const struct scene vms[NR_VM_SCENES];
static void put_vm(void);

static void run_scenes(const struct scene *scenes, size_t nr)
{
	unsigned int failed = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct scene *s = &scenes[i];

		begin_host();
		if (s->machine == INTEL_HOST)
			put_intel();
		else if (s->machine == AMD_HOST)
			put_amd("fpu svm npt avic");
		else if (s->machine == GUEST)
			put_guest();
		if (scenes == vms)
			put_vm();
		for (unsigned int k = 0; k + 1 < 17 && s->files[k]; k += 2)
			put(s->files[k], s->files[k + 1]);
		failed += !expect(s->id, s->goal, s->outcome, s->text);
		end_host();
	}
	assert_int_equal(failed, 0);
}

#define GOV  "cpufreq/scaling_governor"
#define EPP  "cpufreq/energy_performance_preference"
#define IDLE CPU "cpu0/cpuidle/"

static const struct scene power[] = {
	{ "governor", "latency", "ok", NULL, 0, { CPU "cpu0/" GOV, "performance\n" } },
	{ "governor",
	  "latency",
	  "advice",
	  "powersave: CPU 0",
	  0,
	  { CPU "cpu0/" GOV, "powersave\n" } },
	{ "governor",
	  "latency",
	  "warning",
	  "governed differently",
	  0,
	  { CPU "cpu0/" GOV, "performance\n", CPU "cpu1/" GOV, "powersave\n" } },
	{ "governor",
	  "throughput",
	  "contradicts",
	  "told to prefer otherwise",
	  0,
	  { CPU "cpu0/" GOV, "performance\n", CPU "cpu0/" EPP, "balance_power\n" } },
	{ "governor",
	  "throughput",
	  "advice",
	  "energy_perf_bias of 0",
	  0,
	  { CPU "cpu0/" GOV, "performance\n", CPU "cpu0/power/energy_perf_bias", "6\n" } },
	{ "governor",
	  "density",
	  "not-applicable",
	  "none of the goals",
	  0,
	  { CPU "cpu0/" GOV, "performance\n" } },
	{ "governor", "latency", "not-applicable", "there is no", 0, { NULL } },
	{ "governor", "latency", "not-applicable", "is a VM", GUEST, { NULL } },
	{ "governor", "latency", "unreadable", "may not be read", 0, { CPU "cpu0/" GOV, DENIED } },
	{ "boost", "throughput", "ok", NULL, 0, { CPU "cpufreq/boost", "1\n" } },
	{ "boost", "benchmarking", "advice", "boost off", 0, { CPU "cpufreq/boost", "1\n" } },
	{ "boost", "throughput", "advice", "boost on", 0, { CPU "intel_pstate/no_turbo", "1\n" } },
	{ "boost", "benchmarking", "ok", NULL, 0, { CPU "intel_pstate/no_turbo", "1\n" } },
	/* ... and it is proved by the file that is there. */
	{ "boost",
	  "benchmarking",
	  "advice",
	  "--ab " CPU "intel_pstate/no_turbo=1 " CPU "intel_pstate/no_turbo=0",
	  0,
	  { CPU "intel_pstate/no_turbo", "0\n" } },
	{ "boost",
	  "throughput",
	  "contradicts",
	  NULL,
	  0,
	  { CPU "cpufreq/boost", "1\n", CPU "intel_pstate/no_turbo", "1\n" } },
	{ "boost", "throughput", "unreadable", "neither as", 0, { CPU "cpufreq/boost", "?\n" } },
	{ "boost", "throughput", "not-applicable", "is a VM", GUEST, { NULL } },
	{ "boost", "throughput", "not-applicable", NULL, 0, { NULL } },
	{ "idle-states",
	  "latency",
	  "ok",
	  NULL,
	  0,
	  { IDLE "state0/name", "POLL\n", IDLE "state0/latency", "0\n", IDLE "state1/name", "C1\n",
	    IDLE "state1/latency", "2\n" } },
	{ "idle-states",
	  "latency",
	  "advice",
	  "deeper than 3 us",
	  0,
	  { IDLE "state2/name", "C6\n", IDLE "state2/latency", "50\n" } },
	{ "idle-states",
	  "throughput",
	  "ok",
	  NULL,
	  0,
	  { IDLE "state2/name", "C6\n", IDLE "state2/latency", "50\n" } },
	{ "idle-states",
	  "throughput",
	  "advice",
	  "C6, 133 us",
	  0,
	  { IDLE "state2/name", "C6\n", IDLE "state2/latency", "133\n" } },
	{ "idle-states",
	  "throughput",
	  "ok",
	  "disabled",
	  0,
	  { IDLE "state2/latency", "133\n", IDLE "state2/disable", "1\n", IDLE "state1/latency",
	    "2\n" } },
	/* The CPUs of VMs are kept awake, the others sleep; and cores of two kinds. */
	{ "idle-states",
	  "latency",
	  "ok",
	  "C6, 133 us: CPUs 0",
	  0,
	  { IDLE "state2/name", "C6\n", IDLE "state2/latency", "133\n",
	    CPU "cpu1/cpuidle/state1/latency", "2\n", CPU "cpu1/cpuidle/state2/latency", "133\n",
	    CPU "cpu1/cpuidle/state2/disable", "1\n", CPU "isolated", "1\n" } },
	{ "idle-states",
	  "latency",
	  "advice",
	  "now 600 us, on CPUs 1)",
	  0,
	  { IDLE "state2/name", "C6\n", IDLE "state2/latency", "133\n",
	    CPU "cpu1/cpuidle/state2/name", "C10\n", CPU "cpu1/cpuidle/state2/latency", "600\n" } },
	{ "idle-states", "latency", "not-applicable", NULL, GUEST, { NULL } },
	{ "idle-states", "latency", "not-applicable", NULL, 0, { NULL } },
	{ "unlike-cores", "latency", "not-applicable", "of one kind", 0, { NULL } },
	{ "unlike-cores",
	  "latency",
	  "warning",
	  "CPUs 0-15",
	  0,
	  { "/sys/devices/cpu_core/cpus", "0-15\n", "/sys/devices/cpu_atom/cpus", "16-23\n" } },
	{ "microcode",
	  "isolation",
	  "ok",
	  "0x2b: CPU 0",
	  0,
	  { CPU "cpu0/microcode/version", "0x2b\n" } },
	{ "microcode",
	  "isolation",
	  "contradicts",
	  NULL,
	  0,
	  { CPU "cpu0/microcode/version", "0x2b\n", CPU "cpu1/microcode/version", "0x2c\n" } },
	{ "microcode",
	  "isolation",
	  "warning",
	  "newer microcode",
	  0,
	  { CPU "vulnerabilities/old_microcode", "Vulnerable\n" } },
	{ "microcode",
	  "isolation",
	  "unreadable",
	  "microcode/version may",
	  0,
	  { CPU "cpu0/microcode/version", DENIED } },
	{ "microcode", "isolation", "not-applicable", "is a VM", GUEST, { NULL } },
};

static void clocks_and_sleep_are_judged(void **state)
{
	int32_t us = 2;

	(void)state;
	run_scenes(power, sizeof(power) / sizeof(power[0]));
	/* What is held open counts as well. */
	begin_host();
	put(IDLE "state2/latency", "133\n");
	put_bytes("/dev/cpu_dma_latency", &us, sizeof(us), 0);
	assert_true(expect("idle-states", "latency", "ok", "at most 2 us"));
	end_host();
}

static const struct scene kvm[] = {
	{ "halt-polling", "latency", "ok", NULL, 0, { KVM "halt_poll_ns", "200000\n" } },
	{ "halt-polling", "density", "advice", "200 us", 0, { KVM "halt_poll_ns", "200000\n" } },
	{ "halt-polling",
	  "latency",
	  "advice",
	  "200000, the default",
	  0,
	  { KVM "halt_poll_ns", "0\n" } },
	{ "halt-polling",
	  "throughput",
	  "warning",
	  "less than 1 ms",
	  0,
	  { KVM "halt_poll_ns", "2000000\n" } },
	{ "halt-polling",
	  "latency",
	  "contradicts",
	  "never lets it begin",
	  0,
	  { KVM "halt_poll_ns", "200000\n", KVM "halt_poll_ns_grow", "0\n" } },
	{ "halt-polling",
	  "latency",
	  "unreadable",
	  "not read as a number",
	  0,
	  { KVM "halt_poll_ns", "much\n" } },
	{ "halt-polling",
	  "latency",
	  "unreadable",
	  "may not be read",
	  0,
	  { KVM "halt_poll_ns", DENIED } },
	{ "halt-polling", "latency", "not-applicable", "there is no", 0, { NULL } },
	{ "halt-polling", "latency", "not-applicable", "KVM is not loaded", NO_KVM, { NULL } },
	{ "guest-halt-polling", "latency", "not-applicable", "is no VM", 0, { NULL } },
	{ "guest-halt-polling",
	  "latency",
	  "contradicts",
	  "polls before it halts",
	  GUEST,
	  { CPU "cpuidle/current_driver", "haltpoll\n", KVM "halt_poll_ns", "200000\n" } },
	{ "guest-halt-polling",
	  "latency",
	  "ok",
	  NULL,
	  GUEST,
	  { CPU "cpuidle/current_driver", "haltpoll\n", KVM "halt_poll_ns", "200000\n",
	    "/sys/module/haltpoll/parameters/guest_halt_poll_ns", "0\n" } },
	{ "guest-halt-polling",
	  "latency",
	  "ok",
	  NULL,
	  GUEST,
	  { CPU "cpuidle/current_driver", "none\n" } },
	{ "kvmclock-sync", "latency", "advice", NULL, 0, { KVM "kvmclock_periodic_sync", "Y\n" } },
	{ "kvmclock-sync", "latency", "ok", NULL, 0, { KVM "kvmclock_periodic_sync", "N\n" } },
	{ "kvmclock-sync", "latency", "not-applicable", NULL, 0, { NULL } },
	{ "pause-exits", "latency", "advice", "a CPU for itself", 0, { INTEL "ple_gap", "128\n" } },
	{ "pause-exits", "density", "ok", NULL, 0, { INTEL "ple_gap", "128\n" } },
	{ "pause-exits",
	  "density",
	  "advice",
	  "more vCPUs than CPUs",
	  AMD_HOST,
	  { AMD "pause_filter_count", "0\n" } },
	{ "pause-exits",
	  "density",
	  "unreadable",
	  NULL,
	  AMD_HOST,
	  { AMD "pause_filter_count", DENIED } },
	{ "nx-huge-pages",
	  "latency",
	  "contradicts",
	  "does not have",
	  0,
	  { KVM "nx_huge_pages", "Y\n", CPU "vulnerabilities/itlb_multihit", "Not affected\n" } },
	{ "nx-huge-pages",
	  "latency",
	  "advice",
	  "guests are trusted",
	  0,
	  { KVM "nx_huge_pages", "Y\n", CPU "vulnerabilities/itlb_multihit",
	    "KVM: Mitigation: Split huge pages\n" } },
	{ "nx-huge-pages",
	  "isolation",
	  "warning",
	  "machine check",
	  0,
	  { KVM "nx_huge_pages", "N\n", CPU "vulnerabilities/itlb_multihit",
	    "KVM: Vulnerable\n" } },
	{ "nx-huge-pages",
	  "isolation",
	  "ok",
	  NULL,
	  0,
	  { KVM "nx_huge_pages", "N\n", CPU "vulnerabilities/itlb_multihit", "Not affected\n" } },
	{ "nx-huge-pages",
	  "isolation",
	  "unreadable",
	  "itlb_multihit",
	  0,
	  { KVM "nx_huge_pages", "N\n" } },
	{ "timer-advance", "latency", "ok", NULL, 0, { KVM "lapic_timer_advance", "Y\n" } },
	{ "timer-advance",
	  "latency",
	  "advice",
	  "fire late",
	  0,
	  { KVM "lapic_timer_advance", "N\n" } },
	{ "timer-advance", "latency", "ok", NULL, 0, { KVM "lapic_timer_advance_ns", "-1\n" } },
	{ "timer-advance",
	  "latency",
	  "advice",
	  "by hand",
	  0,
	  { KVM "lapic_timer_advance_ns", "1000\n" } },
	{ "apicv", "latency", "ok", "see vm-interrupts", 0, { INTEL "enable_apicv", "Y\n" } },
	{ "apicv",
	  "latency",
	  "advice",
	  "kvm_intel enable_apicv=1",
	  0,
	  { INTEL "enable_apicv", "N\n" } },
	{ "apicv", "latency", "advice", "kvm_amd avic=1", AMD_HOST, { AMD "avic", "N\n" } },
	{ "apicv",
	  "latency",
	  "advice",
	  "nested=0 besides",
	  AMD_HOST,
	  { AMD "avic", "Y\n", AMD "nested", "1\n" } },
	{ "apicv",
	  "latency",
	  "advice",
	  "enable_ipiv=1",
	  0,
	  { INTEL "enable_apicv", "Y\n", INTEL "enable_ipiv", "N\n" } },
	{ "apicv",
	  "latency",
	  "warning",
	  "erratum 1235",
	  AMD_HOST,
	  { AMD "avic", "Y\n", "/proc/cpuinfo", "cpu family\t: 23\nflags\t\t: svm avic\n\n" } },
	{ "apicv",
	  "latency",
	  "ok",
	  NULL,
	  AMD_HOST,
	  { AMD "avic", "Y\n", AMD "enable_ipiv", "N\n", "/proc/cpuinfo",
	    "cpu family\t: 23\nflags\t\t: svm avic\n\n" } },
	{ "apicv", "latency", "not-applicable", "KVM is not loaded", NO_KVM, { NULL } },
	{ "iommu", "throughput", "advice", "intel_iommu=on", 0, { NULL } },
	{ "iommu",
	  "throughput",
	  "advice",
	  "iommu=pt on the kernel's",
	  0,
	  { "/sys/kernel/iommu_groups/0/type", "DMA\n" } },
	{ "iommu",
	  "throughput",
	  "ok",
	  NULL,
	  0,
	  { "/sys/kernel/iommu_groups/0/type", "identity\n", "/proc/cmdline",
	    "ro intel_iommu=on iommu=pt\n" } },
	{ "iommu",
	  "latency",
	  "advice",
	  "no intremap=nopost",
	  0,
	  { "/sys/kernel/iommu_groups/0/type", "identity\n", "/proc/cmdline",
	    "iommu=pt intremap=nopost\n", "/sys/class/iommu/dmar0/intel-iommu/cap",
	    "8d2078c106f0466\n" } },
	{ "iommu",
	  "latency",
	  "ok",
	  "0 of 1",
	  0,
	  { "/sys/kernel/iommu_groups/0/type", "identity\n", "/proc/cmdline",
	    "iommu=pt intremap=nopost\n", "/sys/class/iommu/dmar0/intel-iommu/cap",
	    "d2078c106f0466\n" } },
	{ "iommu", "throughput", "not-applicable", "is a VM", GUEST, { NULL } },
	{ "hardware-features",
	  "throughput",
	  "ok",
	  NULL,
	  0,
	  { INTEL "ept", "Y\n", INTEL "pml", "Y\n" } },
	{ "hardware-features", "throughput", "warning", "ept on", 0, { INTEL "ept", "N\n" } },
	{ "hardware-features",
	  "throughput",
	  "advice",
	  "vgif on",
	  AMD_HOST,
	  { AMD "npt", "1\n", AMD "vgif", "0\n" } },
	{ "nested", "isolation", "advice", "VMs in VMs", 0, { INTEL "nested", "Y\n" } },
	{ "nested", "isolation", "ok", NULL, AMD_HOST, { AMD "nested", "0\n" } },
	{ "mmu",
	  "throughput",
	  "ok",
	  NULL,
	  0,
	  { KVM "tdp_mmu", "Y\n", KVM "eager_page_split", "Y\n" } },
	{ "mmu", "throughput", "advice", "tdp_mmu=Y", 0, { KVM "tdp_mmu", "N\n" } },
	{ "mmu", "latency", "advice", "eager_page_split=Y", 0, { KVM "eager_page_split", "N\n" } },
	{ "vhost", "throughput", "ok", NULL, 0, { "/dev/vhost-net", "" } },
	{ "vhost", "throughput", "advice", "modprobe vhost_net", 0, { NULL } },
	{ "vhost", "throughput", "not-applicable", NULL, NO_KVM, { NULL } },
};

static void kvms_parameters_are_judged(void **state)
{
	(void)state;
	run_scenes(kvm, sizeof(kvm) / sizeof(kvm[0]));
}

#define TWO_NODES NODE "node0/cpulist", "0-1\n", NODE "node1/cpulist", "2-3\n"

static const struct scene memory[] = {
	{ "ksm", "throughput", "ok", NULL, 0, { "/sys/kernel/mm/ksm/run", "0\n" } },
	{ "ksm", "density", "advice", "on (1)", 0, { "/sys/kernel/mm/ksm/run", "2\n" } },
	{ "ksm", "latency", "advice", "off (2: undo", 0, { "/sys/kernel/mm/ksm/run", "1\n" } },
	{ "ksm", "isolation", "warning", NULL, 0, { "/sys/kernel/mm/ksm/run", "1\n" } },
	{ "ksm",
	  "density",
	  "advice",
	  "merge_across_nodes of 0",
	  0,
	  { "/sys/kernel/mm/ksm/run", "1\n", "/sys/kernel/mm/ksm/merge_across_nodes", "1\n",
	    TWO_NODES } },
	{ "ksm", "latency", "not-applicable", "there is no", 0, { NULL } },
	{ "thp", "throughput", "ok", NULL, 0, { THP "enabled", "always [madvise] never\n" } },
	{ "thp",
	  "throughput",
	  "advice",
	  "always or madvise",
	  0,
	  { THP "enabled", "always madvise [never]\n" } },
	{ "thp",
	  "latency",
	  "advice",
	  "never, with",
	  0,
	  { THP "enabled", "[always] madvise never\n" } },
	{ "thp",
	  "latency",
	  "warning",
	  "compaction",
	  0,
	  { THP "enabled", "[always] madvise never\n", THP "defrag",
	    "[always] defer madvise never\n" } },
	{ "thp",
	  "density",
	  "contradicts",
	  "shared memory",
	  0,
	  { THP "enabled", "always madvise [never]\n", THP "shmem_enabled", "[always] never\n" } },
	{ "thp",
	  "throughput",
	  "ok",
	  NULL,
	  0,
	  { THP "enabled", "[always] madvise never\n", THP "hugepages-2048kB/enabled",
	    "always [inherit] madvise never\n" } },
	{ "thp",
	  "throughput",
	  "contradicts",
	  "and 'never' is in force",
	  0,
	  { THP "enabled", "[always] madvise never\n", THP "hugepages-2048kB/enabled",
	    "always inherit madvise [never]\n" } },
	{ "thp", "latency", "unreadable", "brackets", 0, { THP "enabled", "always madvise\n" } },
	{ "thp", "latency", "not-applicable", NULL, 0, { NULL } },
	{ "reserved-huge-pages",
	  "throughput",
	  "advice",
	  "reserved for the VMs",
	  0,
	  { POOL "nr_hugepages", "0\n" } },
	{ "reserved-huge-pages",
	  "throughput",
	  "ok",
	  NULL,
	  0,
	  { POOL "nr_hugepages", "512\n", POOL "free_hugepages", "512\n" } },
	{ "reserved-huge-pages",
	  "density",
	  "advice",
	  "1024 of 1024 MiB are free",
	  0,
	  { POOL "nr_hugepages", "512\n", POOL "free_hugepages", "512\n" } },
	{ "reserved-huge-pages",
	  "throughput",
	  "warning",
	  "on each node",
	  0,
	  { POOL "nr_hugepages", "512\n", TWO_NODES,
	    NODE "node0/hugepages/hugepages-2048kB/nr_hugepages", "512\n",
	    NODE "node1/hugepages/hugepages-2048kB/nr_hugepages", "0\n" } },
	{ "reserved-huge-pages", "throughput", "not-applicable", NULL, 0, { NULL } },
	{ "numa-balancing",
	  "latency",
	  "not-applicable",
	  "one node",
	  0,
	  { "/proc/sys/kernel/numa_balancing", "1\n" } },
	{ "numa-balancing",
	  "latency",
	  "advice",
	  "pinned",
	  0,
	  { "/proc/sys/kernel/numa_balancing", "1\n", TWO_NODES } },
	{ "numa-balancing",
	  "latency",
	  "ok",
	  NULL,
	  0,
	  { "/proc/sys/kernel/numa_balancing", "0\n", TWO_NODES } },
	{ "numa-balancing",
	  "density",
	  "advice",
	  "first touched",
	  0,
	  { "/proc/sys/kernel/numa_balancing", "0\n", TWO_NODES } },
	{ "zone-reclaim", "latency", "not-applicable", "one node", 0, { NULL } },
	{ "zone-reclaim",
	  "latency",
	  "ok",
	  "7 pages",
	  0,
	  { "/proc/sys/vm/zone_reclaim_mode", "0\n", TWO_NODES, NODE "node1/numastat",
	    "numa_hit 9\nnuma_miss 7\n" } },
	{ "zone-reclaim",
	  "latency",
	  "advice",
	  NULL,
	  0,
	  { "/proc/sys/vm/zone_reclaim_mode", "1\n", TWO_NODES } },
	{ "swap",
	  "latency",
	  "ok",
	  NULL,
	  0,
	  { "/proc/sys/vm/swappiness", "60\n", "/proc/meminfo",
	    "SwapTotal: 0 kB\nSwapFree: 0 kB\n" } },
	{ "swap",
	  "latency",
	  "advice",
	  "35 (SUSE)",
	  0,
	  { "/proc/sys/vm/swappiness", "60\n", "/proc/meminfo",
	    "SwapTotal: 4096 kB\nSwapFree: 2048 kB\n" } },
	{ "swap",
	  "latency",
	  "ok",
	  "swap in use\",\"value\":\"2 MiB",
	  0,
	  { "/proc/sys/vm/swappiness", "10\n", "/proc/meminfo",
	    "SwapTotal: 4096 kB\nSwapFree: 2048 kB\n" } },
	{ "swap",
	  "isolation",
	  "advice",
	  "swapoff",
	  0,
	  { "/proc/sys/vm/swappiness", "10\n", "/proc/meminfo",
	    "SwapTotal: 4096 kB\nSwapFree: 2048 kB\n" } },
	{ "swap", "latency", "unreadable", "meminfo", 0, { "/proc/sys/vm/swappiness", "10\n" } },
	{ "writeback",
	  "throughput",
	  "advice",
	  "now 10 %",
	  0,
	  { "/proc/sys/vm/dirty_background_ratio", "10\n" } },
	{ "writeback",
	  "throughput",
	  "ok",
	  NULL,
	  0,
	  { "/proc/sys/vm/dirty_background_ratio", "0\n", "/proc/sys/vm/dirty_background_bytes",
	    "40960\n", "/proc/meminfo", "MemTotal: 1000 kB\n" } },
};

static void memory_is_judged(void **state)
{
	(void)state;
	run_scenes(memory, sizeof(memory) / sizeof(memory[0]));
}

#define CMDLINE "/proc/cmdline"
#define SOURCE	"/sys/devices/system/clocksource/clocksource0/current_clocksource"

static const struct scene jitter[] = {
	{ "isolated-cpus", "latency", "advice", "alone", 0, { NULL } },
	{ "isolated-cpus", "benchmarking", "ok", NULL, 0, { NULL } },
	{ "isolated-cpus",
	  "latency",
	  "ok",
	  NULL,
	  0,
	  { CMDLINE,
	    "isolcpus=managed_irq,domain,2-3 nohz_full=2-3 rcu_nocbs=2,3 irqaffinity=0-1\n" } },
	{ "isolated-cpus",
	  "latency",
	  "warning",
	  "all three or none",
	  0,
	  { CMDLINE, "isolcpus=2-3\n" } },
	{ "isolated-cpus",
	  "latency",
	  "contradicts",
	  "nohz_full= name different",
	  0,
	  { CMDLINE, "isolcpus=2-3 nohz_full=2-4 rcu_nocbs=2-3\n" } },
	{ "isolated-cpus",
	  "latency",
	  "contradicts",
	  "keeps free",
	  0,
	  { CMDLINE, "isolcpus=2-3 nohz_full=2-3 rcu_nocbs=2-3 irqaffinity=0-2\n" } },
	{ "isolated-cpus", "latency", "advice", "alone", 0, { CMDLINE, "ro -- isolcpus=2\n" } },
	{ "isolated-cpus", "latency", "unreadable", NULL, 0, { CMDLINE, "\n" } },
	{ "isolated-cpus",
	  "latency",
	  "ok",
	  "2-3",
	  0,
	  { CMDLINE, "isolcpus=2-3 nohz_full=2-3 rcu_nocbs=2-3\n", CPU "isolated", "2-3\n",
	    CPU "nohz_full", "2-3\n", CPU "possible", "0-3\n" } },
	{ "isolated-cpus",
	  "latency",
	  "contradicts",
	  "it has no such thing",
	  0,
	  { CMDLINE, "isolcpus=2-3 nohz_full=2-3 rcu_nocbs=2-3\n", CPU "isolated", "2-3\n",
	    CPU "possible", "0-3\n" } },
	{ "isolated-cpus",
	  "latency",
	  "contradicts",
	  "the kernel says none",
	  0,
	  { CMDLINE, "isolcpus=2-3 nohz_full=2-3 rcu_nocbs=2-3\n", CPU "isolated", "\n",
	    CPU "nohz_full", "2-3\n", CPU "possible", "0-3\n" } },
	{ "isolated-cpus",
	  "latency",
	  "warning",
	  "all three",
	  0,
	  { CMDLINE, "isolcpus=managed_irq,2-3\n", CPU "isolated", "\n", CPU "possible",
	    "0-3\n" } },
	{ "isolated-cpus",
	  "latency",
	  "advice",
	  "isolated by a cpuset",
	  0,
	  { CPU "isolated", "2-3\n", CPU "possible", "0-3\n" } },
	{ "irq-affinity",
	  "latency",
	  "ok",
	  NULL,
	  0,
	  { "/proc/irq/24/effective_affinity_list", "0\n" } },
	{ "irq-affinity",
	  "latency",
	  "warning",
	  "the first: 24",
	  0,
	  { "/proc/irq/24/effective_affinity_list", "2\n", CPU "isolated", "2-3\n" } },
	{ "irq-affinity",
	  "latency",
	  "advice",
	  "IRQBALANCE",
	  0,
	  { "/proc/irq/24/effective_affinity_list", "0\n", CPU "isolated", "2-3\n", "/proc/77/comm",
	    "irqbalance\n" } },
	{ "irq-affinity", "latency", "not-applicable", NULL, 0, { NULL } },
	{ "workqueues",
	  "latency",
	  "not-applicable",
	  "no CPUs are isolated",
	  0,
	  { "/sys/devices/virtual/workqueue/cpumask", "f\n" } },
	{ "workqueues",
	  "latency",
	  "warning",
	  "deferred work",
	  0,
	  { "/sys/devices/virtual/workqueue/cpumask", "f\n", CPU "isolated", "2-3\n" } },
	{ "workqueues",
	  "latency",
	  "ok",
	  NULL,
	  0,
	  { "/sys/devices/virtual/workqueue/cpumask", "1,00000003\n", CPU "isolated", "2-3\n" } },
	{ "workqueues",
	  "latency",
	  "warning",
	  NULL,
	  0,
	  { "/sys/devices/virtual/workqueue/cpumask", "1,00000003\n", CPU "isolated", "32\n" } },
	{ "workqueues",
	  "latency",
	  "unreadable",
	  "no mask",
	  0,
	  { "/sys/devices/virtual/workqueue/cpumask", "all\n", CPU "isolated", "2-3\n" } },
	{ "rt-throttling",
	  "latency",
	  "ok",
	  NULL,
	  0,
	  { "/proc/sys/kernel/sched_rt_runtime_us", "950000\n" } },
	{ "rt-throttling",
	  "latency",
	  "warning",
	  "for good",
	  0,
	  { "/proc/sys/kernel/sched_rt_runtime_us", "-1\n" } },
	{ "rt-throttling",
	  "latency",
	  "advice",
	  "each second",
	  0,
	  { "/proc/sys/kernel/sched_rt_runtime_us", "950000\n", CPU "isolated", "2-3\n" } },
	{ "timer-migration",
	  "latency",
	  "ok",
	  "2026",
	  0,
	  { "/proc/sys/kernel/timer_migration", "1\n" } },
	{ "timer-migration", "latency", "not-applicable", NULL, 0, { NULL } },
	{ "watchdogs",
	  "latency",
	  "advice",
	  "nmi_watchdog of 0",
	  0,
	  { "/proc/sys/kernel/nmi_watchdog", "1\n" } },
	{ "watchdogs", "latency", "ok", NULL, 0, { "/proc/sys/kernel/nmi_watchdog", "0\n" } },
	{ "watchdogs",
	  "latency",
	  "advice",
	  "nosoftlockup",
	  0,
	  { "/proc/sys/kernel/nmi_watchdog", "0\n", "/proc/sys/kernel/soft_watchdog", "1\n",
	    CMDLINE, "isolcpus=2\n" } },
	{ "stat-interval",
	  "latency",
	  "advice",
	  "each 1 s",
	  0,
	  { "/proc/sys/vm/stat_interval", "1\n" } },
	{ "stat-interval", "latency", "ok", NULL, 0, { "/proc/sys/vm/stat_interval", "10\n" } },
	{ "clocksource", "throughput", "ok", NULL, 0, { SOURCE, "tsc\n" } },
	{ "clocksource", "throughput", "warning", "now hpet", 0, { SOURCE, "hpet\n" } },
	{ "clocksource",
	  "throughput",
	  "warning",
	  "tsc=unstable",
	  0,
	  { SOURCE, "tsc\n", CMDLINE, "tsc=unstable\n" } },
	{ "clocksource", "latency", "advice", "skew_tick=1", 0, { SOURCE, "tsc\n" } },
	{ "clocksource", "latency", "ok", NULL, 0, { SOURCE, "tsc\n", CMDLINE, "skew_tick=1\n" } },
	{ "machine-checks",
	  "latency",
	  "ok",
	  NULL,
	  0,
	  { "/sys/devices/system/machinecheck/machinecheck0/ignore_ce", "0\n" } },
	{ "machine-checks",
	  "latency",
	  "advice",
	  NULL,
	  0,
	  { "/sys/devices/system/machinecheck/machinecheck0/ignore_ce", "0\n", CPU "isolated",
	    "2\n" } },
	{ "smis", "latency", "not-applicable", "only Intel", AMD_HOST, { NULL } },
	{ "smis", "latency", "not-applicable", "is a VM", GUEST, { NULL } },
	{ "smis", "latency", "unreadable", "modprobe msr", 0, { NULL } },
};

static void what_interrupts_vcpus_is_judged(void **state)
{
	uint64_t count = 1000;

	(void)state;
	run_scenes(jitter, sizeof(jitter) / sizeof(jitter[0]));
	begin_host();
	put_intel();
	put_bytes("/dev/cpu/0/msr", &count, sizeof(count), 0x34);
	put("/proc/uptime", "6000.00 1.00\n");
	assert_true(expect("smis", "latency", "warning", "10.00 a minute"));
	put("/proc/uptime", "600000.00 1.00\n");
	assert_true(expect("smis", "latency", "ok", "1000 in 600000 s"));
	end_host();
}

#define V2_MOUNT "1 1 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n"
#define V1_MOUNT "1 1 0:1 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
#define SLICE	 "/sys/fs/cgroup/machine.slice/vm.scope/cpu.stat"

static const struct scene sharing[] = {
	{ "mitigations",
	  "isolation",
	  "ok",
	  "1 mitigated",
	  0,
	  { CPU "vulnerabilities/meltdown", "Mitigation: PTI\n" } },
	{ "mitigations",
	  "isolation",
	  "warning",
	  "vulnerable to l1tf, mds",
	  0,
	  { CPU "vulnerabilities/l1tf",
	    "Mitigation: PTE Inversion; VMX: vulnerable; KVM: Vulnerable\n",
	    CPU "vulnerabilities/mds", "Vulnerable\n" } },
	{ "mitigations",
	  "isolation",
	  "advice",
	  "no mitigations=off",
	  0,
	  { CPU "vulnerabilities/meltdown", "Not affected\n", CMDLINE, "mitigations=off\n" } },
	{ "mitigations",
	  "latency",
	  "advice",
	  "vmentry_l1d_flush=cond",
	  0,
	  { INTEL "vmentry_l1d_flush", "always\n" } },
	{ "mitigations", "isolation", "not-applicable", NULL, 0, { NULL } },
	{ "smt",
	  "isolation",
	  "advice",
	  "core scheduling",
	  0,
	  { CPU "smt/control", "on\n", CPU "smt/active", "1\n" } },
	{ "smt",
	  "isolation",
	  "ok",
	  NULL,
	  0,
	  { CPU "smt/control", "off\n", CPU "smt/active", "0\n" } },
	{ "smt",
	  "density",
	  "advice",
	  "guests are trusted",
	  0,
	  { CPU "smt/control", "off\n", CPU "smt/active", "0\n" } },
	{ "smt",
	  "isolation",
	  "not-applicable",
	  "no siblings",
	  0,
	  { CPU "smt/control", "notsupported\n" } },
	{ "smt",
	  "isolation",
	  "not-applicable",
	  "below it they may",
	  GUEST,
	  { CPU "smt/control", "notsupported\n" } },
	{ "cgroup-throttling",
	  "latency",
	  "ok",
	  "v2",
	  0,
	  { "/proc/self/mountinfo", V2_MOUNT, "/proc/self/cgroup", "0::/\n", SLICE,
	    "usage_usec 7\nnr_periods 9\nnr_throttled 0\n" } },
	{ "cgroup-throttling",
	  "latency",
	  "warning",
	  "throttled 3 of 9",
	  0,
	  { "/proc/self/mountinfo", V2_MOUNT, "/proc/self/cgroup", "0::/\n", SLICE,
	    "usage_usec 7\nnr_periods 9\nnr_throttled 3\n" } },
	{ "cgroup-throttling",
	  "latency",
	  "warning",
	  "throttled 3 of 9",
	  0,
	  { "/proc/self/mountinfo", V1_MOUNT, "/proc/self/cgroup", "4:cpu,cpuacct:/\n",
	    "/sys/fs/cgroup/cpu/machine.slice/vm/cpu.stat",
	    "nr_periods 9\nnr_throttled 3\nthrottled_time 7\n" } },
	{ "cgroup-throttling",
	  "latency",
	  "warning",
	  "1.50 CPUs",
	  0,
	  { "/proc/self/mountinfo", V2_MOUNT, "/proc/self/cgroup", "0::/a\n",
	    "/sys/fs/cgroup/a/cpu.max", "150000 100000\n" } },
	{ "cgroup-throttling", "latency", "not-applicable", "there is no", 0, { NULL } },
	{ "steal", "latency", "not-applicable", "is no VM", 0, { NULL } },
	{ "steal",
	  "latency",
	  "ok",
	  "0.50 %",
	  GUEST,
	  { "/proc/stat", "cpu 995 0 0 9 9 0 0 5 0 0\n" } },
	{ "steal",
	  "latency",
	  "warning",
	  "10.0 %",
	  GUEST,
	  { "/proc/stat", "cpu 90 0 0 9 9 0 0 10 0 0\n" } },
	{ "steal", "latency", "unreadable", NULL, GUEST, { "/proc/stat", "cpu 90 0\n" } },
	{ "observability",
	  "benchmarking",
	  "ok",
	  NULL,
	  0,
	  { "/sys/kernel/btf/vmlinux", "x", "/sys/kernel/tracing/events/enable", "0\n",
	    "/proc/sys/kernel/perf_event_paranoid", "-1\n" } },
	{ "observability",
	  "benchmarking",
	  "advice",
	  "DEBUG_INFO_BTF",
	  0,
	  { "/sys/kernel/tracing/events/enable", "0\n" } },
	{ "observability",
	  "benchmarking",
	  "warning",
	  "lockdown=integrity",
	  0,
	  { "/sys/kernel/btf/vmlinux", "x", "/sys/kernel/tracing/events/enable", "0\n",
	    "/sys/kernel/security/lockdown", "none integrity [confidentiality]\n" } },
	{ "observability",
	  "benchmarking",
	  "advice",
	  "bpf_jit_enable",
	  0,
	  { "/sys/kernel/btf/vmlinux", "x", "/sys/kernel/tracing/events/enable", "0\n",
	    "/proc/sys/net/core/bpf_jit_enable", "0\n" } },
};

static void what_is_shared_is_judged(void **state)
{
	(void)state;
	run_scenes(sharing, sizeof(sharing) / sizeof(sharing[0]));
}

/* Of /proc/PID/task/TID/stat: up to utime, and from stime up to guest_time. */
#define TO_UTIME " 4 5 6 7 8 9 10 11 12 13 "
#define TO_GUEST \
	" 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 "
#define PINNED(tid, cpu) \
	"/proc/77/task/" tid "/comm", "vcpu\n", "/proc/77/task/" tid "/status", STATUS(cpu)
#define COUNTERS     "/sys/kernel/debug/kvm/77-12/"
#define VM_GROUP     "/machine.slice/vm.scope"
#define STATUS(cpus) "Name:\tx\nCpus_allowed_list:\t" cpus "\n"

static const struct scene vms[NR_VM_SCENES] = {
	{ "vm-pages",
	  "latency",
	  "ok",
	  "100 % of it",
	  0,
	  { "/proc/77/smaps_rollup", "Rss: 102400 kB\nAnonHugePages: 102400 kB\nSwap: 0 kB\n" } },
	{ "vm-pages",
	  "latency",
	  "ok",
	  "100 MiB reserved",
	  0,
	  { "/proc/77/smaps_rollup", "Rss: 1024 kB\nPrivate_Hugetlb: 102400 kB\n" } },
	{ "vm-pages",
	  "latency",
	  "warning",
	  "for 20 %",
	  0,
	  { "/proc/77/smaps_rollup", "Rss: 102400 kB\nAnonHugePages: 20480 kB\n" } },
	{ "vm-pages",
	  "latency",
	  "warning",
	  "swapped out",
	  0,
	  { "/proc/77/smaps_rollup", "Rss: 1024 kB\nSwap: 2048 kB\n" } },
	{ "vm-pages", "latency", "unreadable", "smaps_rollup", 0, { NULL } },
	{ "vm-pinning",
	  "latency",
	  "ok",
	  "2 of 2 vCPUs",
	  0,
	  { "/proc/77/task/77/comm", "qemu\n", "/proc/77/task/77/status", STATUS("0-1"),
	    "/proc/77/task/78/comm", "CPU 0/KVM\n", "/proc/77/task/78/status", STATUS("2"),
	    "/proc/77/task/79/comm", "CPU 1/KVM\n", "/proc/77/task/79/status", STATUS("3") } },
	{ "vm-pinning",
	  "latency",
	  "warning",
	  "1 are pinned to one",
	  0,
	  { "/proc/77/task/78/comm", "vcpu0\n", "/proc/77/task/78/status", STATUS("2"),
	    "/proc/77/task/79/comm", "vcpu1\n", "/proc/77/task/79/status", STATUS("2") } },
	{ "vm-pinning",
	  "latency",
	  "advice",
	  "1 of 1 may be moved",
	  0,
	  { "/proc/77/task/78/comm", "fc_vcpu 0\n", "/proc/77/task/78/status", STATUS("0-127") } },
	{ "vm-pinning",
	  "latency",
	  "ok",
	  "1 of 1 vCPUs pinned",
	  0,
	  { "/proc/77/task/78/comm", "qemu\n", "/proc/77/task/78/status", STATUS("5"),
	    "/proc/77/task/78/syscall", "16 0xd 0xae80 0x0 0x0 0x0 0x0 0x7ffe 0x7f00\n" } },
	{ "vm-pinning",
	  "throughput",
	  "ok",
	  NULL,
	  0,
	  { "/proc/77/task/78/comm", "fc_vcpu 0\n", "/proc/77/task/78/status", STATUS("0-127") } },
	/* A worker of the kernel's has its creator's system call, and is no vCPU. */
	{ "vm-pinning",
	  "latency",
	  "ok",
	  "1 of 1 vCPUs pinned",
	  0,
	  { "/proc/77/task/78/comm", "qemu\n", "/proc/77/task/78/status", STATUS("5"),
	    "/proc/77/task/78/syscall", "16 0xd 0xae80 0x0 0x0 0x0 0x0 0x7ffe 0x7f00\n",
	    "/proc/77/task/79/comm", "kvm-nx-lpage-re\n", "/proc/77/task/79/status", STATUS("0-4"),
	    "/proc/77/task/79/syscall", "16 0xd 0xae80 0x0 0x0 0x0 0x0 0x7ffe 0x7f00\n" } },
	/* Of a vCPU that runs nothing is seen but that: it is the one that has run a guest. */
	{ "vm-pinning",
	  "latency",
	  "advice",
	  "1 of 1 may be moved",
	  0,
	  { "/proc/77/task/77/comm", "qemu\n", "/proc/77/task/77/status", STATUS("5"),
	    "/proc/77/task/77/syscall", "running\n", "/proc/77/task/78/comm", "qemu\n",
	    "/proc/77/task/78/status", STATUS("0-9"), "/proc/77/task/78/stat",
	    "78 (q) R" TO_UTIME "7 1" TO_GUEST "6 0\n" } },
	/* ... or else one that runs just now. */
	{ "vm-pinning",
	  "latency",
	  "ok",
	  "1 of 1 vCPUs pinned",
	  0,
	  { "/proc/77/task/77/comm", "qemu\n", "/proc/77/task/77/status", STATUS("0-4"),
	    "/proc/77/task/78/comm", "qemu\n", "/proc/77/task/78/status", STATUS("5"),
	    "/proc/77/task/78/syscall", "running\n" } },
	{ "vm-pinning",
	  "latency",
	  "advice",
	  "emulatorpin",
	  0,
	  { "/proc/77/task/77/comm", "qemu\n", "/proc/77/task/77/status", STATUS("0-3"),
	    "/proc/77/task/78/comm", "CPU 0/KVM\n", "/proc/77/task/78/status", STATUS("2") } },
	{ "vm-pinning",
	  "latency",
	  "unreadable",
	  "none is called",
	  0,
	  { "/proc/77/task/77/comm", "own-vmm\n", "/proc/77/task/77/status", STATUS("0") } },
	{ "vm-throttling",
	  "latency",
	  "ok",
	  "throttled 0 times",
	  0,
	  { "/proc/77/cgroup", "0::" VM_GROUP "\n", "/sys/fs/cgroup" VM_GROUP "/cpu.stat",
	    "nr_periods 9\nnr_throttled 0\n" } },
	{ "vm-throttling",
	  "latency",
	  "warning",
	  "group /machine.slice was stopped 5",
	  0,
	  { "/proc/77/cgroup", "0::" VM_GROUP "\n", "/sys/fs/cgroup/machine.slice/cpu.stat",
	    "nr_periods 9\nnr_throttled 5\n" } },
	{ "vm-throttling",
	  "latency",
	  "warning",
	  "stopped 5 times",
	  0,
	  { "/proc/77/cgroup", "5:memory:/x\n4:cpuacct,cpu:/vm\n0::/\n",
	    "/sys/fs/cgroup/cpu/vm/cpu.stat", "nr_periods 9\nnr_throttled 5\n" } },
	{ "vm-throttling", "latency", "ok", "in no group", 0, { NULL } },
	{ "vm-nodes", "latency", "not-applicable", "one node", 0, { NULL } },
	{ "vm-nodes",
	  "latency",
	  "ok",
	  "node 0: 200 MiB",
	  0,
	  { TWO_NODES, "/proc/77/numa_maps",
	    "7f00 default anon=51200 N0=51200 N1=9 kernelpagesize_kB=4\n" } },
	{ "vm-nodes",
	  "latency",
	  "warning",
	  "50 % is elsewhere",
	  0,
	  { TWO_NODES, "/proc/77/numa_maps",
	    "7f00 default huge N0=50 N1=50 kernelpagesize_kB=2048\n" } },
	{ "vm-nodes",
	  "latency",
	  "warning",
	  "on the node of its vCPUs (1): 100 % of it",
	  0,
	  { TWO_NODES, PINNED("78", "2-3"), "/proc/77/numa_maps",
	    "7f00 default anon=51200 N0=51200 kernelpagesize_kB=4\n" } },
	{ "vm-nodes",
	  "latency",
	  "ok",
	  "vCPUs on node 1",
	  0,
	  { TWO_NODES, PINNED("78", "3"), "/proc/77/numa_maps",
	    "7f00 default anon=51200 N1=51200 kernelpagesize_kB=4\n" } },
	{ "vm-nodes",
	  "latency",
	  "advice",
	  "has CPUs enough (now 0, 1)",
	  0,
	  { TWO_NODES, PINNED("78", "1"), PINNED("79", "2"), "/proc/77/numa_maps",
	    "7f00 default anon=51200 N1=51200 kernelpagesize_kB=4\n" } },
	{ "vm-nodes", "latency", "unreadable", "numa_maps", 0, { TWO_NODES } },
	{ "vm-interrupts",
	  "latency",
	  "ok",
	  "3 interrupts injected",
	  0,
	  { INTEL "enable_apicv", "Y\n", COUNTERS "exits", "1000000\n", COUNTERS "irq_injections",
	    "3\n" } },
	{ "vm-interrupts",
	  "latency",
	  "warning",
	  "kvm_apicv_inhibit_changed",
	  0,
	  { INTEL "enable_apicv", "Y\n", COUNTERS "exits", "1000000\n", COUNTERS "irq_injections",
	    "300000\n" } },
	{ "vm-interrupts",
	  "latency",
	  "warning",
	  "x2APIC where only AVIC",
	  AMD_HOST,
	  { AMD "avic", "1\n", COUNTERS "exits", "1000000\n", COUNTERS "irq_injections",
	    "300000\n" } },
	{ "vm-interrupts",
	  "latency",
	  "not-applicable",
	  "off for all VMs",
	  AMD_HOST,
	  { AMD "avic", "N\n" } },
	{ "vm-interrupts", "latency", "not-applicable", "no hardware", 0, { NULL } },
	{ "vm-interrupts",
	  "latency",
	  "unreadable",
	  "debug/kvm",
	  0,
	  { INTEL "enable_apicv", "Y\n" } },
	{ "vm-halt-polling",
	  "density",
	  "ok",
	  "polled for 1 %",
	  0,
	  { COUNTERS "halt_poll_fail_ns", "100000000\n", COUNTERS "halt_attempted_poll", "10\n",
	    COUNTERS "halt_successful_poll", "9\n", "/proc/77/stat", STAT("1000") } },
	{ "vm-halt-polling",
	  "density",
	  "warning",
	  "burns 50 %",
	  0,
	  { COUNTERS "halt_poll_fail_ns", "4000000000\n", COUNTERS "halt_poll_success_ns",
	    "1000000000\n", "/proc/77/stat", STAT("1000") } },
	{ "vm-halt-polling",
	  "latency",
	  "advice",
	  "longer polling",
	  0,
	  { COUNTERS "halt_attempted_poll", "10000\n", COUNTERS "halt_successful_poll", "100\n",
	    "/proc/77/stat", STAT("1000") } },
	{ "vm-halt-polling", "latency", "unreadable", "debug/kvm", 0, { NULL } },
	{ "vm-exits",
	  "latency",
	  "ok",
	  "100 exits a second",
	  0,
	  { COUNTERS "exits", "10000\n", COUNTERS "mmio_exits", "9000\n", "/proc/uptime",
	    "150.00 1\n", "/proc/77/stat", STAT("1000") } },
	{ "vm-exits",
	  "throughput",
	  "advice",
	  "90 % of its exits are of MMIO, 90000 a second",
	  0,
	  { COUNTERS "exits", "10000000\n", COUNTERS "mmio_exits", "9000000\n", "/proc/uptime",
	    "150.00 1\n", "/proc/77/stat", STAT("1000") } },
	{ "vm-exits",
	  "latency",
	  "advice",
	  "cpu-pm=on",
	  0,
	  { COUNTERS "exits", "10000000\n", COUNTERS "halt_exits", "5000000\n", "/proc/uptime",
	    "150.00 1\n", "/proc/77/stat", STAT("1000") } },
	{ "vm-exits",
	  "latency",
	  "advice",
	  "90 % of its exits are of instructions emulated",
	  AMD_HOST,
	  { COUNTERS "exits", "10000000\n", COUNTERS "insn_emulation", "9000000\n", AMD "nrips",
	    "1\n", "/proc/uptime", "150.00 1\n", "/proc/77/stat", STAT("1000") } },
	/* MMIO is emulated as well, and all that exits where the CPU has no nrips. */
	{ "vm-exits",
	  "latency",
	  "ok",
	  NULL,
	  AMD_HOST,
	  { COUNTERS "exits", "10000000\n", COUNTERS "insn_emulation", "9000000\n", AMD "nrips",
	    "0\n", "/proc/uptime", "150.00 1\n", "/proc/77/stat", STAT("1000") } },
	{ "vm-exits", "latency", "unreadable", "debug/kvm", 0, { NULL } },
	{ "vm-mappings",
	  "latency",
	  "ok",
	  "2m: 200 MiB",
	  0,
	  { COUNTERS "pages_4k", "256\n", COUNTERS "pages_2m", "100\n" } },
	{ "vm-mappings",
	  "latency",
	  "warning",
	  "100 % of it is by 4k pages in KVM's tables, some of it split",
	  0,
	  { COUNTERS "pages_4k", "51200\n", COUNTERS "nx_lpage_splits", "3\n" } },
	{ "vm-mappings", "latency", "unreadable", "debug/kvm", 0, { NULL } },
	{ "vm-mappings",
	  "latency",
	  "not-applicable",
	  "ended before",
	  0,
	  { "/sys/kernel/debug/kvm/exits", "9\n" } },
	{ "vm-irqchip",
	  "latency",
	  "ok",
	  "split",
	  0,
	  { "/proc/77/cmdline", "qemu\n-machine\nq35,kernel_irqchip=split\n" } },
	{ "vm-irqchip",
	  "latency",
	  "warning",
	  "passes the VMM",
	  0,
	  { "/proc/77/cmdline", "qemu\n-machine\nq35,kernel_irqchip=off,accel=kvm\n" } },
	{ "vm-irqchip",
	  "latency",
	  "ok",
	  "kernel, with a PIT",
	  0,
	  { "/proc/99/comm", "kvm-pit/77\n" } },
	{ "vm-irqchip",
	  "latency",
	  "warning",
	  "it inhibits AVIC",
	  AMD_HOST,
	  { "/proc/99/comm", "kvm-pit/77\n", AMD "avic", "Y\n" } },
	{ "vm-irqchip",
	  "latency",
	  "ok",
	  "kernel, with a PIT",
	  AMD_HOST,
	  { "/proc/99/comm", "kvm-pit/77\n", AMD "avic", "Y\n", "/proc/77/cmdline",
	    "qemu\n-global\nkvm-pit.lost_tick_policy=discard\n" } },
	{ "vm-irqchip", "latency", "ok", "not known", 0, { NULL } },
	{ "vm-irqchip",
	  "latency",
	  "ok",
	  "local APICs in the kernel",
	  0,
	  { COUNTERS "vcpu0/tsc-offset", "0\n", COUNTERS "vcpu0/lapic_timer_advance_ns", "0\n" } },
	{ "vm-irqchip",
	  "latency",
	  "warning",
	  "in the VMM",
	  0,
	  { COUNTERS "vcpu0/tsc-offset", "0\n" } },
	{ "vm-cores",
	  "latency",
	  "ok",
	  "CPUs 0, cores of two VMs 0",
	  0,
	  { PINNED("78", "2"), PINNED("79", "3"), CPU "cpu2/topology/thread_siblings_list",
	    "2,66\n", CPU "cpu3/topology/thread_siblings_list", "3,67\n" } },
	{ "vm-cores",
	  "latency",
	  "warning",
	  "CPU 2, of qemu-system-x86 (pid 77)",
	  0,
	  { PINNED("78", "2"), PINNED("79", "2") } },
	{ "vm-cores",
	  "isolation",
	  "ok",
	  "of one VM 1",
	  0,
	  { PINNED("78", "2"), PINNED("79", "66"), CPU "cpu2/topology/thread_siblings_list",
	    "2,66\n", CPU "cpu66/topology/thread_siblings_list", "2,66\n" } },
	{ "vm-irqs",
	  "latency",
	  "ok",
	  "0 of 1",
	  0,
	  { PINNED("78", "2"), "/proc/irq/33/effective_affinity_list", "0-1\n" } },
	{ "vm-irqs",
	  "latency",
	  "warning",
	  "the first: 33, to CPU 2",
	  0,
	  { PINNED("78", "2"), "/proc/irq/33/effective_affinity_list", "0-3\n" } },
	{ "vm-irqs", "latency", "not-applicable", "no vCPU is pinned", 0, { NULL } },
	{ "vm-irqs",
	  "latency",
	  "not-applicable",
	  "one CPU",
	  0,
	  { PINNED("78", "0"), "/proc/irq/33/effective_affinity_list", "0\n", CPU "cpu0/online",
	    "1\n" } },
	{ "reserved-huge-pages",
	  "latency",
	  "warning",
	  "huge pages on node1 too: 1 vCPUs are pinned there",
	  0,
	  { PINNED("78", "5"), NODE "node0/cpulist", "0-3\n", NODE "node1/cpulist", "4-7\n",
	    POOL "nr_hugepages", "8\n", NODE "node0/hugepages/hugepages-2048kB/nr_hugepages",
	    "8\n" } },
};

/* A process is a VM by the descriptors that it holds. */
static void put_vm(void)
{
	char path[512];

	put("/proc/77/comm", "qemu-system-x86\n");
	put("/proc/77/fd/0", "");
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/proc/77/fd/%d", root, 9 + i);
		assert_int_equal(symlink(i ? "anon_inode:kvm-vcpu:0" : "anon_inode:kvm-vm", path),
				 0);
	}
}

static int all_there(int number)
{
	(void)number;
	return 1;
}

static int only_old_ones(int number)
{
	return number == KVM_CAP_IRQFD || number == KVM_CAP_IOEVENTFD || number == KVM_CAP_SYNC_MMU;
}

static int none_there(int number)
{
	(void)number;
	return 0;
}

/* What KVM says that it can do is judged; of a copy of a host nobody can be asked. */
static void what_kvm_can_do_is_judged(void **state)
{
	static const struct {
		int (*extension)(int number);
		const char *goal, *outcome, *text;
	} cases[] = {
		{ all_there, "all", "ok", "KVM_CAP_MAX_VCPUS" },
		{ only_old_ones, "latency", "advice", "cannot halt without an exit" },
		{ only_old_ones, "throughput", "advice", "another frequency" },
		{ none_there, "throughput", "warning", "each doorbell" },
		{ none_there, "density", "warning", "cannot be swapped" },
		{ NULL, "latency", "not-applicable", "this machine's KVM only" },
	};
	const char *ids[] = { "kvm-capabilities", NULL };

	(void)state;
	begin_host();
	put_intel();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct doctor_options options = { .root = root,
							.goals = goal_of(cases[i].goal),
							.extension = cases[i].extension,
							.ids = ids };
		struct error err = { 0 };
		json_t *doc = doctor__examine(&options, &err), *check;

		assert_non_null(doc);
		check = json_array_get(json_object_get(doc, "checks"), 0);
		assert_string_equal(json_string_value(json_object_get(check, "outcome")),
				    cases[i].outcome);
		assert_true(says(check, cases[i].text));
		json_decref(doc);
	}
	end_host();
}

/* Two VMs on the two threads of a core see each other. */
static void two_vms_on_a_core_are_found(void **state)
{
	char path[512];

	(void)state;
	begin_host();
	put_intel();
	put_vm();
	put("/proc/88/comm", "own-vmm\n");
	put("/proc/88/fd/0", "");
	snprintf(path, sizeof(path), "%s/proc/88/fd/9", root);
	assert_int_equal(symlink("anon_inode:kvm-vm", path), 0);
	put("/proc/77/task/78/comm", "vcpu0\n");
	put("/proc/77/task/78/status", STATUS("2"));
	put("/proc/88/task/89/comm", "vcpu0\n");
	put("/proc/88/task/89/status", STATUS("66"));
	put(CPU "cpu2/topology/thread_siblings_list", "2,66\n");
	put(CPU "cpu66/topology/thread_siblings_list", "2,66\n");
	assert_true(expect("vm-cores", "isolation", "warning", "CPUs 2 and 66, of qemu-system"));
	assert_true(expect("vm-cores", "latency", "advice", "own-vmm (pid 88)"));
	end_host();
}

static void running_vms_are_judged(void **state)
{
	(void)state;
	run_scenes(vms, sizeof(vms) / sizeof(vms[0]));
	begin_host();
	put_intel();
	assert_true(expect("vm-pages", "latency", "not-applicable", "no VM runs here"));
	assert_true(expect("vm-pinning", "latency", "not-applicable", "no VM runs here"));
	end_host();
}

/* Each check that there is has been looked at above, and says all that a reader needs. */
static void no_check_is_left_out(void **state)
{
	static const struct {
		const struct scene *list;
		size_t nr;
	} all[] = {
		{ power, sizeof(power) / sizeof(power[0]) },
		{ kvm, sizeof(kvm) / sizeof(kvm[0]) },
		{ memory, sizeof(memory) / sizeof(memory[0]) },
		{ jitter, sizeof(jitter) / sizeof(jitter[0]) },
		{ sharing, sizeof(sharing) / sizeof(sharing[0]) },
		{ vms, sizeof(vms) / sizeof(vms[0]) },
	};
	const struct doctor_check **checks = doctor__checks();
	size_t nr = 0;

	(void)state;
	for (size_t c = 0; checks[c]; c++, nr++) {
		bool tested = !strcmp(checks[c]->id, "kvm-capabilities"), well = tested;

		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			for (size_t k = 0; k < all[i].nr; k++)
				if (!strcmp(all[i].list[k].id, checks[c]->id)) {
					tested = true;
					well |= !strcmp(all[i].list[k].outcome, "ok");
				}
		if (!tested || (!well && strcmp(checks[c]->id, "unlike-cores") &&
				strcmp(checks[c]->id, "smis")))
			fail_msg("%s: its outcomes are not tested", checks[c]->id);
		assert_true(checks[c]->title && checks[c]->where && checks[c]->goals);
		assert_true(checks[c]->sources[0].by && checks[c]->sources[0].date);
		assert_int_equal(!!checks[c]->prove + !!checks[c]->proof + !!checks[c]->no_proof,
				 1);
	}
	assert_int_equal(nr, 51);
	free(checks);
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static json_int_t count_of(const json_t *doc, const char *outcome)
{
	return json_integer_value(json_object_get(json_object_get(doc, "counts"), outcome));
}

/* 128 CPUs on two nodes, and all 51 checks well within the half second that they have. */
static void a_large_host_takes_little_time(void **state)
{
	char path[128];
	double began;
	json_t *doc;

	(void)state;
	begin_host();
	put_intel();
	for (int cpu = 0; cpu < 128; cpu++) {
		snprintf(path, sizeof(path), CPU "cpu%d/" GOV, cpu);
		put(path, cpu < 64 || cpu == 100 ? "performance\n" : "powersave\n");
		snprintf(path, sizeof(path), "/proc/irq/%d/effective_affinity_list", cpu);
		put(path, "0-127\n");
	}
	put(NODE "node0/cpulist", "0-63\n");
	put(NODE "node1/cpulist", "64-127\n");
	assert_true(expect("governor", "latency", "warning", "performance: CPUs 0-63,100"));
	assert_true(expect("governor", "latency", "warning", "powersave: CPUs 64-99,101-127"));
	began = now_s();
	doc = examine(NULL, "all");
	assert_true(now_s() - began < 0.5);
	assert_int_equal(json_array_size(json_object_get(doc, "checks")), 51);
	assert_int_equal(json_integer_value(json_object_get(doc, "status")), 1);
	/* What has to be looked at first is first. */
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(doc, "checks"), 0), "outcome")),
			    "warning");
	json_decref(doc);
	end_host();
}

#define MANY_VMS 500

static void put_one_of_many(int pid)
{
	static const char *const counters[] = { "exits", "irq_injections", "pages_4k", "pages_2m",
						"halt_poll_fail_ns" };
	char path[512];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	put(path, "qemu-system-x86\n");
	for (int fd = 0; fd < 5; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/dir/x", pid);
		if (!fd)
			put(path, "");
		snprintf(path, sizeof(path), "%s/proc/%d/fd/%d", root, pid, fd);
		assert_int_equal(symlink(fd ? "anon_inode:kvm-vcpu:0" : "anon_inode:kvm-vm", path),
				 0);
	}
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	put(path, "Rss: 102400 kB\nAnonHugePages: 102400 kB\n");
	snprintf(path, sizeof(path), "/proc/%d/numa_maps", pid);
	put(path, "7f00 default anon=51200 N0=51200 N1=9 kernelpagesize_kB=4\n");
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	put(path, "0::/machine.slice/vm.scope\n");
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	put(path, STAT("1000"));
	for (int i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, pid + i);
		put(path, i < 4 ? "CPU 0/KVM\n" : "qemu-system-x86\n");
		snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, pid + i);
		put(path, STATUS("0-127"));
	}
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-12/%s", pid, counters[i]);
		put(path, "100000\n");
	}
}

static double cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* 500 VMs on 128 CPUs of two nodes: in half a second as well, of CPU time, since tests share it. */
static void many_vms_take_little_time(void **state)
{
	char path[128];
	double began;
	json_t *doc;

	(void)state;
	begin_host();
	put_intel();
	put(INTEL "enable_apicv", "Y\n");
	put(NODE "node0/cpulist", "0-63\n");
	put(NODE "node1/cpulist", "64-127\n");
	put("/proc/uptime", "150.00 1\n");
	for (int cpu = 0; cpu < 128; cpu++) {
		snprintf(path, sizeof(path), CPU "cpu%d/" GOV, cpu);
		put(path, "performance\n");
		snprintf(path, sizeof(path), "/proc/irq/%d/effective_affinity_list", cpu);
		put(path, "0-127\n");
	}
	for (int i = 0; i < MANY_VMS; i++)
		put_one_of_many(1000 + 10 * i);
	began = cpu_s();
	doc = examine(NULL, "all");
	print_message("%d VMs: %.3f s of CPU time\n", MANY_VMS, cpu_s() - began);
	assert_true(cpu_s() - began < 0.5 * CHECKED);
	assert_int_equal(json_integer_value(json_object_get(doc, "status")), 1);
	json_decref(doc);
	end_host();
}

/* A container's /sys and /proc: nearly nothing is there, and nothing is guessed. */
static void nothing_is_guessed_of_an_empty_host(void **state)
{
	json_t *doc;

	(void)state;
	begin_host();
	put("/run/.containerenv", "");
	doc = examine(NULL, "all");
	assert_string_equal(json_string_value(
				    json_object_get(json_object_get(doc, "host"), "container")),
			    "podman");
	assert_string_equal(json_string_value(json_object_get(json_object_get(doc, "host"), "kvm")),
			    "none");
	assert_true(count_of(doc, "not-applicable") >= 33);
	assert_int_equal(count_of(doc, "warning") + count_of(doc, "contradicts"), 0);
	json_decref(doc);
	end_host();
}

static void status_says_what_was_found(void **state)
{
	json_t *doc;

	(void)state;
	begin_host();
	put_intel();
	put(KVM "halt_poll_ns", "200000\n");
	doc = examine("halt-polling", "latency");
	assert_int_equal(json_integer_value(json_object_get(doc, "status")), 0);
	json_decref(doc);
	doc = examine("halt-polling", "density");
	assert_int_equal(json_integer_value(json_object_get(doc, "status")), 1);
	json_decref(doc);
	put(KVM "halt_poll_ns", "what\n");
	doc = examine("halt-polling", "density");
	assert_int_equal(json_integer_value(json_object_get(doc, "status")), 2);
	json_decref(doc);
	end_host();
}

static void wrong_names_are_refused(void **state)
{
	const char *ids[] = { "halt-poling", NULL };
	struct doctor_options options = { .root = "/nonexistent", .goals = FOR_ALL };
	struct error err = { 0 };

	(void)state;
	assert_null(doctor__examine(&options, &err));
	assert_int_equal(err.code, -ENOENT);
	options = (struct doctor_options){ .root = "", .goals = FOR_ALL, .ids = ids };
	assert_null(doctor__examine(&options, &err));
	assert_int_equal(err.code, -EINVAL);
	assert_non_null(strstr(err.text, "did you mean 'halt-polling'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_and_sleep_are_judged),
		cmocka_unit_test(kvms_parameters_are_judged),
		cmocka_unit_test(memory_is_judged),
		cmocka_unit_test(what_interrupts_vcpus_is_judged),
		cmocka_unit_test(what_is_shared_is_judged),
		cmocka_unit_test(running_vms_are_judged),
		cmocka_unit_test(what_kvm_can_do_is_judged),
		cmocka_unit_test(two_vms_on_a_core_are_found),
		cmocka_unit_test(no_check_is_left_out),
		cmocka_unit_test(a_large_host_takes_little_time),
		cmocka_unit_test(many_vms_take_little_time),
		cmocka_unit_test(nothing_is_guessed_of_an_empty_host),
		cmocka_unit_test(status_says_what_was_found),
		cmocka_unit_test(wrong_names_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
