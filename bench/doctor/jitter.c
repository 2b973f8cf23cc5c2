// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of what interrupts a vCPU now and then: timers, interrupts, watchdogs, kernel threads. */
#include <ctype.h>
#include <errno.h>
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
#define STEADY	(FOR_LATENCY | FOR_BENCHMARKING)

/* Whether the list is one and names a CPU. */
static bool parse_cpus(struct cpus *cpus, const char *list)
{
	const char *why;

	cpus__clear(cpus);
	return list && *list && !cpus__parse(cpus, list, &why) && cpus__count(cpus);
}

/* Allocated, since it takes a kilobyte. */
static struct cpus *isolated_cpus(const struct doctor_host *host)
{
	char *list = host_file__read(host->root, CPU_DIR "/isolated");
	struct cpus *cpus = alloc__need(sizeof(*cpus));
	bool good = parse_cpus(cpus, list);

	free(list);
	if (good)
		return cpus;
	free(cpus);
	return NULL;
}

/* What the kernel's command line says: its list may begin with flags ("managed_irq,2-3"). */
static bool cmdline_cpus(const struct doctor_host *host, struct finding *f, const char *name,
			 struct cpus *cpus)
{
	char *value = doctor_host__cmdline(host, name), *list = value;
	bool good;

	while (list && isalpha((unsigned char)*list))
		list = strchr(list, ',') ? strchr(list, ',') + 1 : list + strlen(list);
	good = parse_cpus(cpus, list);
	if (value)
		finding__note(f, name, "%s", value);
	free(value);
	return good;
}

static bool overlap(const struct cpus *a, const struct cpus *b)
{
	struct cpus *both = alloc__need(sizeof(*both));
	bool any;

	*both = *a;
	cpus__keep(both, b);
	any = cpus__count(both) > 0;
	free(both);
	return any;
}

/* Flags before the list say what of, and "domain" is what holds without any. */
static bool isolates_domains(const struct doctor_host *host)
{
	char *value = doctor_host__cmdline(host, "isolcpus");
	bool does = value && (!isalpha((unsigned char)*value) || strstr(value, "domain"));

	free(value);
	return does;
}

/* "0-3,7", or "none". */
static void note_in_force(struct finding *f, const char *path, const char *list)
{
	finding__note(f, path, "%s", *list ? list : "none");
}

/*
 * What the kernel has made of isolcpus= and nohz_full=: it leaves out what it was not built for,
 * and lists that it does not understand. `configured` are those of the command line, NULL: none.
 */
static void compare_in_force(const struct doctor_host *host, struct finding *f, const char *option,
			     const char *file, const struct cpus *configured)
{
	char *list = host_file__read(host->root, CPU_DIR "/%s", file);
	struct cpus *cpus = alloc__need_zeroed(1, sizeof(*cpus));
	bool any = parse_cpus(cpus, list);

	/* Where there are other files of its kind, a kernel without this one cannot do it. */
	if (!list && !host_file__exists(host->root, CPU_DIR "/possible"))
		configured = NULL;
	if (list && (any || configured))
		note_in_force(f, file, any ? list : "");
	if (configured && memcmp(configured, cpus, sizeof(*cpus)))
		finding__say(f, DOCTOR_CONTRADICTS, STEADY,
			     "%s= is not in force as it stands on the command line: the kernel "
			     "says %s (" CPU_DIR "/%s)",
			     option,
			     any  ? list :
			     list ? "none" :
				    "that it has no such thing",
			     file);
	free(list);
	free(cpus);
}

static void look_at_isolation(const struct doctor_host *host, struct finding *f)
{
	static const char *const lists[] = { "isolcpus", "nohz_full", "rcu_nocbs" };
	struct cpus *cpus = alloc__need_zeroed(4, sizeof(*cpus));
	struct cpus *isolated = NULL;
	bool has[3], irqs;
	unsigned int nr = 0;

	for (int i = 0; i < 3; i++) {
		has[i] = cmdline_cpus(host, f, lists[i], &cpus[i]);
		nr += has[i];
	}
	irqs = cmdline_cpus(host, f, "irqaffinity", &cpus[3]);
	compare_in_force(host, f, "isolcpus", "isolated",
			 has[0] && isolates_domains(host) ? &cpus[0] : NULL);
	compare_in_force(host, f, "nohz_full", "nohz_full", has[1] ? &cpus[1] : NULL);
	if (!*host->cmdline) {
		finding__unread(f, "/proc/cmdline");
	} else if (!nr && (isolated = isolated_cpus(host))) {
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "nohz_full= and rcu_nocbs= of the isolated CPUs besides, where guests "
			     "run in real time: they are isolated by a cpuset, which leaves them "
			     "ticks and callbacks");
	} else if (!nr) {
		finding__note(f, "isolated CPUs", "none");
		finding__say(
			f, DOCTOR_ADVICE, FOR_LATENCY,
			"CPUs for vCPUs alone, where guests run in "
			"real time: isolcpus=, nohz_full= and rcu_nocbs= of the same CPUs, and "
			"irqaffinity= of the others");
	}
	for (int i = 1; i < 3; i++)
		if (nr && has[0] != has[i])
			finding__say(f, DOCTOR_WARNING, STEADY,
				     "%s= of the same CPUs as the others: "
				     "all three or none",
				     has[i] ? "isolcpus" : lists[i]);
		else if (nr && has[i] && memcmp(&cpus[0], &cpus[i], sizeof(cpus[0])))
			finding__say(f, DOCTOR_CONTRADICTS, STEADY,
				     "isolcpus= and %s= name different "
				     "CPUs",
				     lists[i]);
	if (has[0] && irqs && overlap(&cpus[0], &cpus[3]))
		finding__say(f, DOCTOR_CONTRADICTS, STEADY,
			     "irqaffinity= sends interrupts to CPUs "
			     "that isolcpus= keeps free");
	free(isolated);
	free(cpus);
}

DEFINE_CHECK(isolation) = {
	.id = "isolated-cpus",
	.title = "CPUs kept free for vCPUs",
	.rank = 100,
	.where = "/proc/cmdline, " CPU_DIR "/isolated and nohz_full",
	.goals = STEADY,
	.sources = { { "tuned realtime-virtual-host", "2024-07-25" },
		     { "tuned cpu-partitioning", "2026-03-26" } },
	.proof = "-w halt-wake",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_ON_CMDLINE, STEADY, "isolcpus", "managed_irq,domain,CPUS" },
			{ KEPT_ON_CMDLINE, STEADY, "nohz_full", "CPUS" },
			{ KEPT_ON_CMDLINE, STEADY, "rcu_nocbs", "CPUS" },
			{ KEPT_ON_CMDLINE, STEADY, "irqaffinity", "OTHERS" },
			{ KEPT_BY_HAND, STEADY,
			  "CPUS are those of the vCPUs (such as 2-63), OTHERS all the rest; "
			  "tuned's cpu-partitioning does all of it: isolated_cores=CPUS in "
			  "/etc/tuned/cpu-partitioning-variables.conf",
			  NULL },
			{} },
	.look = look_at_isolation,
};

struct irqs {
	const struct cpus *isolated;
	unsigned int nr, on_isolated;
	char first[32];
};

static void visit_irq(const char *root, const char *name, void *arg)
{
	struct cpus *cpus;
	struct irqs *irqs = arg;
	char *list;

	if (!isdigit((unsigned char)*name))
		return;
	list = host_file__read(root, "/proc/irq/%s/effective_affinity_list", name);
	if (!list)
		return;
	cpus = alloc__need(sizeof(*cpus));
	irqs->nr++;
	if (irqs->isolated && parse_cpus(cpus, list) && overlap(cpus, irqs->isolated) &&
	    !irqs->on_isolated++)
		snprintf(irqs->first, sizeof(irqs->first), "%s", name);
	free(cpus);
	free(list);
}

static bool is_irqbalance(const char *root, const char *name)
{
	char *comm = host_file__read(root, "/proc/%s/comm", name);
	bool is = comm && !strcmp(comm, "irqbalance");

	free(comm);
	return is;
}

static void visit_process(const char *root, const char *name, void *arg)
{
	if (isdigit((unsigned char)*name) && is_irqbalance(root, name))
		*(bool *)arg = true;
}

static void look_at_irqs(const struct doctor_host *host, struct finding *f)
{
	struct cpus *isolated = isolated_cpus(host);
	struct irqs irqs = { .isolated = isolated };
	bool balanced = false;

	host_file__each(host->root, "/proc/irq", "", visit_irq, &irqs);
	host_file__each(host->root, "/proc", "", visit_process, &balanced);
	if (irqs.nr) {
		finding__count(f, "interrupts", "%u; of them on isolated CPUs: %u", irqs.nr,
			       irqs.on_isolated);
		finding__note(f, "irqbalance", balanced ? "runs" : "does not run");
	}
	if (irqs.on_isolated)
		finding__say(f, DOCTOR_WARNING, STEADY,
			     "no interrupts on isolated CPUs: %u are sent to "
			     "one (the first: %s); each takes an exit there",
			     irqs.on_isolated, irqs.first);
	if (irqs.nr && isolated && balanced)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "irqbalance kept off isolated CPUs "
			     "(IRQBALANCE_BANNED_CPULIST), or off altogether");
	free(isolated);
}

DEFINE_CHECK(irqs) = {
	.id = "irq-affinity",
	.title = "interrupts of devices on CPUs of VMs",
	.rank = 110,
	.where = "/proc/irq/*/effective_affinity_list",
	.goals = STEADY,
	.sources = { { "tuned realtime", "2025-04-16" },
		     { "RHEL 9 for Real Time, Optimizing RHEL", "read 2026-11" } },
	.no_proof = "'hvbench profile' shows how often VMs that run are interrupted "
		    "(EXTERNAL_INTERRUPT, interrupt)",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_BY_HAND, STEADY,
			  "IRQBALANCE_BANNED_CPULIST=CPUS in /etc/default/irqbalance (Debian, "
			  "Ubuntu) or /etc/sysconfig/irqbalance, or irqaffinity= on the kernel's "
			  "command line and irqbalance off (systemctl disable --now irqbalance)",
			  NULL },
			{} },
	.look = look_at_irqs,
};

/* A mask in hexadecimal, with commas each 32 bits: "ff,ffffffff". */
static bool parse_mask(struct cpus *cpus, const char *text)
{
	unsigned int cpu = 0, digit;

	cpus__clear(cpus);
	for (const char *at = text + strlen(text); at-- > text;) {
		if (*at == ',')
			continue;
		if (!isxdigit((unsigned char)*at) || cpu + 4 > CPUS_MAX)
			return false;
		digit = isdigit((unsigned char)*at) ?
				(unsigned int)(*at - '0') :
				(unsigned int)(tolower((unsigned char)*at) - 'a' + 10);
		for (unsigned int bit = 0; bit < 4; bit++, cpu++)
			if (digit & 1u << bit)
				cpus__add(cpus, cpu);
	}
	return cpu > 0;
}

static void look_at_workqueues(const struct doctor_host *host, struct finding *f)
{
	static const char *const paths[] = { "/sys/devices/virtual/workqueue/cpumask",
					     "/sys/bus/workqueue/devices/writeback/cpumask" };
	struct cpus *isolated = isolated_cpus(host), *cpus = alloc__need(sizeof(*cpus));
	char *text;

	for (int i = 0; i < 2; i++) {
		text = finding__text(f, "%s", paths[i]);
		if (text && !parse_mask(cpus, text))
			finding__unread(f, "%s is no mask of CPUs", paths[i]);
		else if (text && isolated && overlap(cpus, isolated))
			finding__say(f, DOCTOR_WARNING, STEADY,
				     "only CPUs that are not isolated in "
				     "%s: the kernel's deferred work is done on those of vCPUs too",
				     paths[i]);
		free(text);
	}
	if (!isolated && json_array_size(f->found))
		finding__not_applicable(f, "no CPUs are isolated");
	free(isolated);
	free(cpus);
}

DEFINE_CHECK(workqueues) = {
	.id = "workqueues",
	.title = "the kernel's deferred work on CPUs of VMs",
	.rank = 250,
	.where = "/sys/devices/virtual/workqueue/cpumask",
	.goals = STEADY,
	.sources = { { "tuned realtime", "2025-04-16" } },
	.no_proof = "it takes a detector of gaps in the guest, which there is none of",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_IN_SYSFS, STEADY, "/sys/devices/virtual/workqueue/cpumask", "MASK" },
			{ KEPT_BY_HAND, STEADY,
			  "MASK is that of the CPUs that are not isolated, in hexadecimal", NULL },
			{} },
	.look = look_at_workqueues,
};

static void look_at_rt_runtime(const struct doctor_host *host, struct finding *f)
{
	struct cpus *isolated = isolated_cpus(host);
	int64_t us;

	if (!finding__number(f, &us, "/proc/sys/kernel/sched_rt_runtime_us"))
		goto out;
	if (us < 0 && !isolated)
		finding__say(f, DOCTOR_WARNING, FOR_ALL,
			     "950000, since no CPUs are isolated: a "
			     "real-time vCPU that spins takes a CPU from the host for good");
	else if (us >= 0 && isolated)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "-1 where vCPUs run as FIFO on isolated "
			     "CPUs: else each is stopped for a part of each second");
out:
	free(isolated);
}

DEFINE_CHECK(rt_runtime) = {
	.id = "rt-throttling",
	.title = "throttling of real-time threads",
	.rank = 180,
	.where = "/proc/sys/kernel/sched_rt_runtime_us",
	.goals = FOR_ALL,
	.sources = { { "tuned realtime", "2025-04-16" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "halt-wake",
			.a = "sched=other",
			.b = "sched=fifo:1",
			.apart = true,
			.sleeps = true,
			.operation = "wake-up",
			.gains = FOR_LATENCY,
			.unmeasured = "what other tasks of these CPUs lose",
		},
	.keep = (const struct doctor_keep[]){ { KEPT_BY_SYSCTL, FOR_ALL,
						"kernel.sched_rt_runtime_us", "950000" },
					      {} },
	.look = look_at_rt_runtime,
};

static void look_at_timer_migration(const struct doctor_host *host, struct finding *f)
{
	int64_t value;

	(void)host;
	/* Either value is somebody's advice: there is nothing to say but that. */
	finding__number(f, &value, "/proc/sys/kernel/timer_migration");
}

DEFINE_CHECK(timer_migration) = {
	.id = "timer-migration",
	.title = "timers moved to CPUs that are awake",
	.rank = 310,
	.where = "/proc/sys/kernel/timer_migration",
	.goals = FOR_LATENCY,
	.sources = { { "tuned network-latency (0)", "2026-07-20" },
		     { "OpenShift, OCPBUGS-41219, OCPBUGS-86541 (1, 0 and 1)", "2022 to 2026" } },
	.contested = "tuned's network-latency sets 0; OpenShift set 1 in 2022, 0 in 2025, and 1 "
		     "in 2026",
	.prove =
		&(const struct doctor_proof){
			.workloads = "halt-wake",
			.a = "/proc/sys/kernel/timer_migration=0",
			.b = "/proc/sys/kernel/timer_migration=1",
			.sleeps = true,
			.operation = "wake-up",
			.gains = FOR_LATENCY,
			.unmeasured = "power",
		},
	.look = look_at_timer_migration,
};

static void look_at_watchdogs(const struct doctor_host *host, struct finding *f)
{
	char *isolated = doctor_host__cmdline(host, "isolcpus");
	int64_t nmi, soft;

	if (finding__number(f, &nmi, "/proc/sys/kernel/nmi_watchdog") && nmi)
		finding__say(f, DOCTOR_ADVICE, STEADY,
			     "kernel.nmi_watchdog of 0: it takes a hardware "
			     "counter from each CPU, and an interrupt each few seconds");
	if (finding__number(f, &soft, "/proc/sys/kernel/soft_watchdog") && soft && isolated)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "nosoftlockup, or kernel.watchdog_cpumask "
			     "without the isolated CPUs");
	free(isolated);
}

DEFINE_CHECK(watchdogs) = {
	.id = "watchdogs",
	.title = "watchdogs of the kernel",
	.rank = 160,
	.where = "/proc/sys/kernel/nmi_watchdog",
	.goals = STEADY,
	.sources = { { "tuned network-latency", "2026-07-20" },
		     { "tuned realtime", "2025-04-16" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "halt-wake",
			.a = "/proc/sys/kernel/nmi_watchdog=1",
			.b = "/proc/sys/kernel/nmi_watchdog=0",
			.sleeps = true,
			.operation = "wake-up",
			.gains = FOR_LATENCY,
			.unmeasured = "pauses that come less than once in a hundred wake-ups",
		},
	.keep = (const struct doctor_keep[]){ { KEPT_BY_SYSCTL, STEADY, "kernel.nmi_watchdog",
						"0" },
					      {} },
	.look = look_at_watchdogs,
};

static void look_at_stat_interval(const struct doctor_host *host, struct finding *f)
{
	int64_t s;

	(void)host;
	if (finding__number(f, &s, "/proc/sys/vm/stat_interval") && s < 10)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "vm.stat_interval of 10: statistics are "
			     "gathered on each CPU each %" PRId64 " s",
			     s);
}

DEFINE_CHECK(stat_interval) = {
	.id = "stat-interval",
	.title = "how often statistics of memory are gathered",
	.rank = 300,
	.where = "/proc/sys/vm/stat_interval",
	.goals = FOR_LATENCY,
	.sources = { { "tuned network-latency", "2026-07-20" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "halt-wake",
			.a = "/proc/sys/vm/stat_interval=1",
			.b = "/proc/sys/vm/stat_interval=10",
			.sleeps = true,
			.operation = "wake-up",
			.gains = FOR_LATENCY,
			.unmeasured = "pauses that come less than once in a hundred wake-ups",
		},
	.keep = (const struct doctor_keep[]){ { KEPT_BY_SYSCTL, FOR_LATENCY, "vm.stat_interval",
						"10" },
					      {} },
	.look = look_at_stat_interval,
};

static void look_at_clock(const struct doctor_host *host, struct finding *f)
{
	char *current = finding__text(f, "/sys/devices/system/clocksource/clocksource0/"
					 "current_clocksource");
	char *skew = doctor_host__cmdline(host, "skew_tick");
	char *tsc = doctor_host__cmdline(host, "tsc");

	if (tsc)
		finding__note(f, "tsc=", "%s", tsc);
	if (skew)
		finding__note(f, "skew_tick=", "%s", skew);
	if (tsc && !strcmp(tsc, "unstable"))
		finding__say(f, DOCTOR_WARNING, FOR_ALL,
			     "no tsc=unstable: guests get no stable clock "
			     "of their own then, and read the time by exits");
	else if (current && strcmp(current, "tsc") && strcmp(current, "kvm-clock"))
		finding__say(f, DOCTOR_WARNING, FOR_ALL,
			     "tsc (now %s): each reading of the time is "
			     "slower by far, and KVM gives guests no stable clock",
			     current);
	if (current && (!skew || strcmp(skew, "1")))
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "skew_tick=1 on the kernel's command line, "
			     "on hosts with many CPUs: ticks of all CPUs meet at the same locks");
	free(current);
	free(skew);
	free(tsc);
}

DEFINE_CHECK(clock) = {
	.id = "clocksource",
	.title = "clock source and ticks",
	.rank = 55,
	.where = "/sys/devices/system/clocksource/clocksource0/current_clocksource",
	.goals = FOR_ALL,
	.sources = { { "tuned network-latency", "2026-07-20" } },
	.no_proof = "'hvbench run' measures by the TSC, and says where it does not hold",
	.keep = (const struct doctor_keep[]){ { KEPT_ON_CMDLINE, FOR_LATENCY, "skew_tick", "1" },
					      {} },
	.look = look_at_clock,
};

static void look_at_machine_checks(const struct doctor_host *host, struct finding *f)
{
	struct cpus *isolated = isolated_cpus(host);
	int ignored = finding__bool(f, "/sys/devices/system/machinecheck/machinecheck0/ignore_ce");

	if (ignored == 0 && isolated)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "ignore_ce of 1 on CPUs of real-time VMs: "
			     "correctable errors are looked for on each CPU by a timer");
	free(isolated);
}

DEFINE_CHECK(machine_checks) = {
	.id = "machine-checks",
	.title = "polling for correctable errors",
	.rank = 330,
	.where = "/sys/devices/system/machinecheck/machinecheck0/ignore_ce",
	.goals = FOR_LATENCY,
	.sources = { { "tuned realtime", "2025-04-16" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "halt-wake",
			.a = "/sys/devices/system/machinecheck/machinecheck0/ignore_ce=0",
			.b = "/sys/devices/system/machinecheck/machinecheck0/ignore_ce=1",
			.sleeps = true,
			.operation = "wake-up",
			.gains = FOR_LATENCY,
			.unmeasured = "pauses that come less than once in a hundred wake-ups",
		},
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_IN_SYSFS, FOR_LATENCY,
			  "/sys/devices/system/machinecheck/machinecheck*/ignore_ce", "1" },
			{} },
	.look = look_at_machine_checks,
};

#define MSR_SMI_COUNT 0x34

static double uptime_s(const struct doctor_host *host)
{
	char *text = host_file__read(host->root, "/proc/uptime");
	double s = text ? strtod(text, NULL) : 0;

	free(text);
	return s;
}

static void look_at_smis(const struct doctor_host *host, struct finding *f)
{
	char path[PATH_MAX];
	uint32_t count;
	ssize_t got;
	double s;
	int fd;

	if (host->guest || !strstr(host->cpuinfo, "GenuineIntel")) {
		finding__not_applicable(f, host->guest ? "this host is a VM: SMIs are below it" :
							 "only Intel's CPUs count them (MSR 0x34)");
		return;
	}
	snprintf(path, sizeof(path), "%s/dev/cpu/0/msr", host->root);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		finding__unread(f, errno == ENOENT ? "/dev/cpu/0/msr is not there: modprobe msr" :
						     "/dev/cpu/0/msr may not be read without root");
		return;
	}
	got = pread(fd, &count, sizeof(count), MSR_SMI_COUNT);
	close(fd);
	s = uptime_s(host);
	if (got != sizeof(count) || s <= 0) {
		finding__unread(f, "MSR 0x34 cannot be read");
		return;
	}
	finding__count(f, "SMIs", "%" PRIu32 " in %.0f s", count, s);
	if (count / s > 1.0 / 60)
		finding__say(
			f, DOCTOR_WARNING, STEADY,
			"fewer: %.2f a minute, each of which stops "
			"all CPUs; the firmware's settings of power, and of errors reported first "
			"to it",
			count / s * 60);
}

DEFINE_CHECK(smis) = {
	.id = "smis",
	.title = "system management interrupts",
	.rank = 170,
	.where = "/dev/cpu/0/msr (MSR 0x34)",
	.goals = STEADY,
	.sources = { { "RHEL 9 for Real Time, Optimizing RHEL", "read 2026-11" },
		     { "Linux, Documentation/trace/hwlat_detector.rst", "read 2026-11" } },
	.no_proof = "the kernel's hwlat tracer, meanwhile",
	.root_adds = "how many there have been (MSR 0x34)",
	.look = look_at_smis,
};
