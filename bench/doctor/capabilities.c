// SPDX-License-Identifier: GPL-2.0-or-later
/* Check of what this KVM can do for VMs (KVM_CHECK_EXTENSION). */
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "bench/doctor/doctor_host.h"
#include "bench/doctor/finding.h"

#define FAST (FOR_LATENCY | FOR_THROUGHPUT)

/* Of later kernels than the headers that this is built with. */
#ifndef KVM_CAP_DIRTY_LOG_RING_ACQ_REL
#define KVM_CAP_DIRTY_LOG_RING_ACQ_REL 223
#endif

static const struct extension {
	const char *name, *without;
	int number;
	enum doctor_outcome outcome;
	unsigned int goals;
} extensions[] = {
	{ "KVM_CAP_IRQFD", "each interrupt of a device passes the VMM", KVM_CAP_IRQFD,
	  DOCTOR_WARNING, FAST },
	{ "KVM_CAP_IOEVENTFD", "each doorbell of a device passes the VMM", KVM_CAP_IOEVENTFD,
	  DOCTOR_WARNING, FAST },
	{ "KVM_CAP_SYNC_MMU", "guests' memory cannot be swapped, merged or moved", KVM_CAP_SYNC_MMU,
	  DOCTOR_WARNING, FOR_DENSITY },
	{ "KVM_CAP_SPLIT_IRQCHIP", "the PIC and the IOAPIC have to be in the kernel as well",
	  KVM_CAP_SPLIT_IRQCHIP, DOCTOR_ADVICE, FOR_ISOLATION },
	{ "KVM_CAP_X2APIC_API", "VMs have at most 255 vCPUs", KVM_CAP_X2APIC_API, DOCTOR_ADVICE,
	  FOR_THROUGHPUT },
	{ "KVM_CAP_X86_DISABLE_EXITS", "vCPUs with CPUs of their own cannot halt without an exit",
	  KVM_CAP_X86_DISABLE_EXITS, DOCTOR_ADVICE, FOR_LATENCY },
	{ "KVM_CAP_HALT_POLL", "all VMs have to poll alike", KVM_CAP_HALT_POLL, DOCTOR_ADVICE,
	  FOR_LATENCY | FOR_DENSITY },
	{ "KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2",
	  "all pages are write-protected at once when a "
	  "migration begins, and a VM stands still for it",
	  KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, DOCTOR_ADVICE, FOR_LATENCY },
	{ "KVM_CAP_TSC_CONTROL", "a VM from a host of another frequency reads the time by exits",
	  KVM_CAP_TSC_CONTROL, DOCTOR_ADVICE, FAST },
	{ "KVM_CAP_X86_BUS_LOCK_EXIT", "split locks of a guest slow all CPUs down",
	  KVM_CAP_X86_BUS_LOCK_EXIT, DOCTOR_ADVICE, FOR_ISOLATION },
	{ "KVM_CAP_BINARY_STATS_FD", "KVM's counters are in debugfs alone, if there",
	  KVM_CAP_BINARY_STATS_FD, DOCTOR_ADVICE, FOR_BENCHMARKING },
};

static int value_of(const struct doctor_host *host, int number)
{
	if (host->extension)
		return host->extension(number);
	return ioctl(host->kvm, KVM_CHECK_EXTENSION, number);
}

static void look_at_extensions(const struct doctor_host *host, struct finding *f)
{
	if (!host->here && !host->extension) {
		finding__not_applicable(f, "it is asked of this machine's KVM only");
		return;
	}
	if (host->kvm < 0 && !host->extension) {
		finding__unread(f, "%s", host->no_kvm);
		return;
	}
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		int value = value_of(host, extensions[i].number);

		finding__note(f, extensions[i].name, "%d", value);
		if (value <= 0)
			finding__say(f, extensions[i].outcome, extensions[i].goals,
				     "%s, by a later kernel or another CPU: without it %s",
				     extensions[i].name, extensions[i].without);
	}
	finding__note(f, "KVM_CAP_MAX_VCPUS", "%d", value_of(host, KVM_CAP_MAX_VCPUS));
}

DEFINE_CHECK(capabilities) = {
	.id = "kvm-capabilities",
	.title = "what this KVM can do for VMs",
	.rank = 205,
	.where = "/dev/kvm",
	.goals = FOR_ALL,
	.sources = { { "Linux, Documentation/virt/kvm/api.rst", "read 2026-11" } },
	.no_proof = "'hvbench run' says of each cell what it lacks here",
	.needs_kvm = true,
	.root_adds = "what KVM can do, where /dev/kvm is root's alone",
	.look = look_at_extensions,
};
