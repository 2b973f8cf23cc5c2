// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checks of what this host has for itself: control groups, what the level below takes, devices that
 * the kernel handles for VMs, and the rights that hvbench needs to see exits.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/doctor/doctor_host.h"
#include "bench/doctor/finding.h"
#include "bench/host/files.h"
#include "bench/host/limits.h"

#define GROUP_DIR "/sys/fs/cgroup"

/* The number after a word of cpu.stat; -1: it is not there. */
static int64_t stat_of(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at += len)
		if ((at == text || at[-1] == '\n') && at[len] == ' ')
			return strtoll(at + len, NULL, 10);
	return -1;
}

struct slices {
	struct finding *f;
	const char *dir;
	unsigned int nr;
};

static void visit_slice(const char *root, const char *name, void *arg)
{
	struct slices *slices = arg;
	char *text = host_file__read(root, "%s/%s/cpu.stat", slices->dir, name);
	int64_t throttled;

	if (!text)
		return;
	slices->nr++;
	throttled = stat_of(text, "nr_throttled");
	if (throttled > 0) {
		finding__count(slices->f, name, "throttled %" PRId64 " of %" PRId64 " times",
			       throttled, stat_of(text, "nr_periods"));
		finding__say(slices->f, DOCTOR_WARNING,
			     FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING,
			     "no limit (cpu.max, cpu.cfs_quota_us) on groups of VMs "
			     "that have CPUs of their own: %s was stopped %" PRId64 " times",
			     name, throttled);
	}
	free(text);
}

/* Where libvirt and systemd put VMs, and Kubernetes its pods. */
static void look_at_groups(const struct doctor_host *host, struct finding *f)
{
	static const char *const dirs[] = {
		GROUP_DIR,	  GROUP_DIR "/machine.slice",	  GROUP_DIR "/kubepods.slice",
		GROUP_DIR "/cpu", GROUP_DIR "/cpu/machine.slice",
	};
	struct slices slices = { .f = f };
	struct host_limits limits;

	host_limits__read(&limits, host->root);
	if (limits.version)
		finding__note(f, "control groups", "%s", limits.version);
	if (limits.cpus > 0) {
		finding__note(f, "of hvbench", "at most %.2f CPUs", limits.cpus);
		finding__say(
			f, DOCTOR_WARNING, FOR_LATENCY | FOR_BENCHMARKING,
			"no limit of CPU time "
			"on the group in which hvbench runs (now %.2f CPUs): figures contain how "
			"long it was stopped",
			limits.cpus);
	}
	free(limits.cpuset);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		slices.dir = dirs[i];
		host_file__each(host->root, dirs[i], "", visit_slice, &slices);
	}
	if (limits.version && slices.nr)
		finding__count(f, "groups looked at", "%u", slices.nr);
}

DEFINE_CHECK(groups) = {
	.id = "cgroup-throttling",
	.title = "control groups that stop VMs",
	.rank = 75,
	.where = "/sys/fs/cgroup/**/cpu.stat",
	.goals = FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING,
	.sources = { { "KubeVirt issue 12970", "read 2026-11" } },
	.no_proof = "'hvbench profile' shows how long vCPUs that are ready wait (off-CPU)",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_BY_HAND, FOR_ALL,
			  "systemctl set-property GROUP CPUQuota= (libvirt: virsh schedinfo VM "
			  "--set vcpu_quota=-1 emulator_quota=-1)",
			  NULL },
			{} },
	.look = look_at_groups,
};

static void look_at_steal(const struct doctor_host *host, struct finding *f)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal, all;
	char *text = host_file__read(host->root, "/proc/stat");
	double share;

	if (!host->guest) {
		finding__not_applicable(f, "this host is no VM");
	} else if (!text || sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user,
				   &nice, &system, &idle, &iowait, &irq, &softirq, &steal) != 8) {
		finding__unread(f, "/proc/stat has no steal time");
	} else {
		all = user + nice + system + irq + softirq + steal;
		share = all ? (double)steal / (double)all : 0;
		finding__count(f, "/proc/stat",
			       "steal is %.2f %% of the time that CPUs wanted to run "
			       "since boot",
			       100 * share);
		if (share > 0.01)
			finding__say(f, DOCTOR_WARNING,
				     FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING,
				     "a host with CPUs of its own: the level below "
				     "has taken %.1f %% of this one's time",
				     100 * share);
	}
	free(text);
}

DEFINE_CHECK(steal) = {
	.id = "steal",
	.title = "time that the level below takes",
	.rank = 65,
	.where = "/proc/stat",
	.goals = FOR_LATENCY | FOR_THROUGHPUT | FOR_BENCHMARKING,
	.sources = { { "Linux, Documentation/filesystems/proc.rst", "read 2026-11" } },
	.no_proof = "'hvbench run' notes the steal time of its rounds beside each figure",
	.look = look_at_steal,
};

static void look_at_vhost(const struct doctor_host *host, struct finding *f)
{
	static const struct {
		const char *path, *module;
	} devices[] = {
		{ "/dev/vhost-net", "vhost_net" },
		{ "/dev/vhost-vsock", "vhost_vsock" },
	};

	for (int i = 0; i < 2; i++) {
		bool there = host_file__exists(host->root, "%s", devices[i].path);

		finding__note(f, devices[i].path, there ? "there" : "not there");
		if (!there && !i)
			finding__say(f, DOCTOR_ADVICE, FOR_THROUGHPUT | FOR_LATENCY,
				     "vhost_net, for "
				     "VMs with a virtio network card (modprobe vhost_net): packets "
				     "then pass the kernel only");
	}
}

DEFINE_CHECK(vhost) = {
	.id = "vhost",
	.title = "virtio handled by the kernel (vhost)",
	.rank = 270,
	.where = "/dev/vhost-net",
	.goals = FOR_THROUGHPUT | FOR_LATENCY,
	.sources = { { "RHEL 9, Configuring and managing virtualization", "read 2026-11" },
		     { "SUSE, Virtualization Best Practices", "read 2026-11" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "mmio-ioeventfd",
			.a = "ioeventfd=off",
			.b = "ioeventfd=on",
			.operation = "doorbell",
			.gains = FOR_LATENCY | FOR_THROUGHPUT,
		},
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_BY_HAND, FOR_THROUGHPUT | FOR_LATENCY,
			  "echo vhost_net >/etc/modules-load.d/vhost_net.conf", NULL },
			{} },
	.needs_kvm = true,
	.look = look_at_vhost,
};

static void look_at_rights(const struct doctor_host *host, struct finding *f)
{
	bool btf = host_file__exists(host->root, "/sys/kernel/btf/vmlinux");
	bool tracefs = host_file__exists(host->root, "/sys/kernel/tracing/events") ||
		       host_file__exists(host->root, "/sys/kernel/debug/tracing/events");
	char *lockdown = host_file__exists(host->root, "/sys/kernel/security/lockdown") ?
				 finding__choice(f, "/sys/kernel/security/lockdown") :
				 NULL;
	int64_t paranoid = -1, jit = -1, bpf;

	finding__note(f, "/sys/kernel/btf/vmlinux", btf ? "there" : "not there");
	finding__note(f, "tracefs", tracefs ? "there" : "not there, or hidden");
	finding__number(f, &paranoid, "/proc/sys/kernel/perf_event_paranoid");
	finding__number(f, &bpf, "/proc/sys/kernel/unprivileged_bpf_disabled");
	finding__number(f, &jit, "/proc/sys/net/core/bpf_jit_enable");
	if (lockdown && !strcmp(lockdown, "confidentiality"))
		finding__say(f, DOCTOR_WARNING, FOR_BENCHMARKING,
			     "lockdown=integrity: with "
			     "'confidentiality' exits cannot be seen by reason");
	if (!btf)
		finding__say(f, DOCTOR_ADVICE, FOR_BENCHMARKING,
			     "a kernel with CONFIG_DEBUG_INFO_BTF: "
			     "without it exits are seen by slower ways, if at all");
	if (host->is_root && !tracefs)
		finding__say(f, DOCTOR_ADVICE, FOR_BENCHMARKING,
			     "tracefs: mount -t tracefs tracefs "
			     "/sys/kernel/tracing");
	if (!host->is_root && paranoid > 2)
		finding__say(f, DOCTOR_ADVICE, FOR_BENCHMARKING,
			     "kernel.perf_event_paranoid of 2, or "
			     "root: now there are no hardware counters for this user");
	if (jit == 0)
		finding__say(f, DOCTOR_ADVICE, FOR_BENCHMARKING,
			     "net.core.bpf_jit_enable of 1: without "
			     "it observing exits costs much more");
	free(lockdown);
}

DEFINE_CHECK(rights) = {
	.id = "observability",
	.title = "whether exits can be seen here",
	.rank = 320,
	.where = "/sys/kernel/btf, /sys/kernel/tracing, /proc/sys/kernel",
	.goals = FOR_BENCHMARKING,
	.sources = { { "hvbench, bench/profile/README.md", "2026-11" } },
	.no_proof = "'hvbench run' finds out at each start, by a known number of exits",
	.root_adds = "whether tracefs is mounted",
	.keep = (const struct doctor_keep[]){ { KEPT_BY_SYSCTL, FOR_BENCHMARKING,
						"net.core.bpf_jit_enable", "1" },
					      { KEPT_BY_SYSCTL, FOR_BENCHMARKING,
						"kernel.perf_event_paranoid", "2" },
					      {} },
	.look = look_at_rights,
};
