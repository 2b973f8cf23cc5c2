// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of KVM's own parameters, and of what the CPU gives it. */
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench/doctor/doctor_host.h"
#include "bench/doctor/finding.h"
#include "bench/host/files.h"

#define KVM_DIR	  "/sys/module/kvm/parameters"
#define INTEL_DIR "/sys/module/kvm_intel/parameters"
#define AMD_DIR	  "/sys/module/kvm_amd/parameters"
#define FAST	  (FOR_LATENCY | FOR_THROUGHPUT)

static bool is_vmx(const struct doctor_host *host)
{
	return !strcmp(host->vendor, "vmx");
}

static bool is_svm(const struct doctor_host *host)
{
	return !strcmp(host->vendor, "svm");
}

static void note_extension(const struct doctor_host *host, struct finding *f, int extension,
			   const char *name)
{
	int value;

	if (host->kvm < 0)
		return;
	value = ioctl(host->kvm, KVM_CHECK_EXTENSION, extension);
	if (value >= 0)
		finding__note(f, name, "%d", value);
}

static void look_at_halt_polling(const struct doctor_host *host, struct finding *f)
{
	int64_t ns, grow, shrink;

	if (!finding__number(f, &ns, KVM_DIR "/halt_poll_ns"))
		return;
	if (finding__number(f, &grow, KVM_DIR "/halt_poll_ns_grow") && ns && !grow)
		finding__say(f, DOCTOR_CONTRADICTS, FOR_ALL,
			     "halt_poll_ns allows polling, and "
			     "halt_poll_ns_grow of 0 never lets it begin");
	finding__number(f, &shrink, KVM_DIR "/halt_poll_ns_shrink");
	note_extension(host, f, KVM_CAP_HALT_POLL, "KVM_CAP_HALT_POLL");
	if (ns)
		finding__say(f, DOCTOR_ADVICE, FOR_DENSITY,
			     "0 where CPUs are shared: a vCPU that "
			     "polls takes a CPU that another could have (now up to %" PRId64 " us "
			     "for each halt)",
			     ns / 1000);
	else
		finding__say(
			f, DOCTOR_ADVICE, FOR_LATENCY,
			"200000, the default: without polling "
			"each wake-up of a vCPU passes the scheduler, and often a sleeping CPU");
	if (ns > 1000000)
		finding__say(f, DOCTOR_WARNING, FOR_THROUGHPUT | FOR_DENSITY,
			     "less than 1 ms: "
			     "polling that long takes whole CPUs from others");
}

DEFINE_CHECK(halt_polling) = {
	.id = "halt-polling",
	.title = "polling when a vCPU halts",
	.rank = 40,
	.where = KVM_DIR "/halt_poll_ns",
	.goals = FAST | FOR_DENSITY,
	.sources = { { "Linux, Documentation/virt/kvm/halt-polling.rst", "read 2026-11" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "halt-wake",
			.a = KVM_DIR "/halt_poll_ns=0",
			.b = KVM_DIR "/halt_poll_ns=200000",
			.instead = { "halt_poll_ns=0", "halt_poll_ns=200000" },
			.instead_needs = KVM_CAP_HALT_POLL,
			.sleeps = true,
			.operation = "wake-up",
			.gains = FOR_LATENCY,
		},
	.keep = (const struct doctor_keep[]){ { KEPT_BY_MODULE, FOR_LATENCY, "kvm.halt_poll_ns",
						"200000" },
					      { KEPT_BY_MODULE, FOR_DENSITY, "kvm.halt_poll_ns",
						"0" },
					      {} },
	.needs_kvm = true,
	.look = look_at_halt_polling,
};

static void look_at_guest_polling(const struct doctor_host *host, struct finding *f)
{
	char *governor, *driver, *forced;
	int64_t guest_ns = -1, host_ns = 0;

	if (!host->guest) {
		finding__not_applicable(f, "this host is no VM; it matters in those that it runs");
		return;
	}
	driver = finding__text(f, "/sys/devices/system/cpu/cpuidle/current_driver");
	governor = finding__text(f, "/sys/devices/system/cpu/cpuidle/current_governor");
	finding__number(f, &guest_ns, "/sys/module/haltpoll/parameters/guest_halt_poll_ns");
	finding__number(f, &host_ns, KVM_DIR "/halt_poll_ns");
	forced = doctor_host__cmdline(host, "cpuidle_haltpoll.force");
	if (driver && !strcmp(driver, "haltpoll") && guest_ns != 0 && host_ns)
		finding__say(f, DOCTOR_CONTRADICTS, FAST | FOR_DENSITY,
			     "this VM polls before it "
			     "halts, and polls again for its own VMs: one of both is wasted; "
			     "guest_halt_poll_ns or halt_poll_ns of 0");
	free(driver);
	free(governor);
	free(forced);
}

DEFINE_CHECK(guest_polling) = {
	.id = "guest-halt-polling",
	.title = "polling in the guest besides the host's",
	.rank = 150,
	.where = "/sys/devices/system/cpu/cpuidle/current_driver",
	.goals = FAST | FOR_DENSITY,
	.sources = { { "Linux, Documentation/virt/guest-halt-polling.rst", "read 2026-11" },
		     { "tuned sap-hana-kvm-guest", "read 2026-11" } },
	.no_proof = "it takes a guest with Linux in it",
	.keep = (const struct doctor_keep[]){ { KEPT_BY_MODULE, FAST | FOR_DENSITY,
						"haltpoll.guest_halt_poll_ns", "0" },
					      {} },
	.look = look_at_guest_polling,
};

static void look_at_clock_sync(const struct doctor_host *host, struct finding *f)
{
	(void)host;
	if (finding__bool(f, KVM_DIR "/kvmclock_periodic_sync") == 1)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "N for real-time guests: each VM is "
			     "interrupted every 300 s to keep its kvmclock in step (options kvm "
			     "kvmclock_periodic_sync=0, when the module is loaded)");
}

DEFINE_CHECK(clock_sync) = {
	.id = "kvmclock-sync",
	.title = "periodic synchronization of kvmclock",
	.rank = 260,
	.where = KVM_DIR "/kvmclock_periodic_sync",
	.goals = FOR_LATENCY,
	.sources = { { "tuned realtime-virtual-host", "2024-07-25" } },
	.no_proof = "it is set when the module is loaded, and a gap each 300 s takes hours to see",
	.keep = (const struct doctor_keep[]){ { KEPT_BY_MODULE, FOR_LATENCY,
						"kvm.kvmclock_periodic_sync", "0" },
					      {} },
	.needs_kvm = true,
	.look = look_at_clock_sync,
};

static void look_at_pause_exits(const struct doctor_host *host, struct finding *f)
{
	int64_t gap;
	bool read = is_svm(host) ? finding__number(f, &gap, AMD_DIR "/pause_filter_count") :
				   finding__number(f, &gap, INTEL_DIR "/ple_gap");

	if (!read)
		return;
	if (gap)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "0 where each vCPU has a CPU for itself: "
			     "exits of spinning vCPUs help only where another one waits");
	else
		finding__say(f, DOCTOR_ADVICE, FOR_DENSITY,
			     "on where there are more vCPUs than CPUs: "
			     "a vCPU that spins on the lock of one that does not run wastes its "
			     "time slice");
}

DEFINE_CHECK(pause_exits) = {
	.id = "pause-exits",
	.title = "exits of spinning vCPUs (ple_gap, pause_filter_count)",
	.rank = 190,
	.where = INTEL_DIR "/ple_gap or " AMD_DIR "/pause_filter_count",
	.goals = FOR_LATENCY | FOR_DENSITY,
	.sources = { { "tuned realtime-virtual-host", "2024-07-25" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "pause",
			.a = "disable_exits=none",
			.b = "disable_exits=pause",
			.operation = "PAUSE",
			.gains = FOR_LATENCY,
			.unmeasured = "what other vCPUs lose while one spins",
		},
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_BY_MODULE, FOR_LATENCY, "kvm_intel.ple_gap", "0" },
			{ KEPT_BY_MODULE, FOR_DENSITY, "kvm_intel.ple_gap", "128" },
			{ KEPT_BY_MODULE, FOR_LATENCY, "kvm_amd.pause_filter_count", "0" },
			{ KEPT_BY_MODULE, FOR_DENSITY, "kvm_amd.pause_filter_count", "3000" },
			{} },
	.needs_kvm = true,
	.look = look_at_pause_exits,
};

static void look_at_nx_huge_pages(const struct doctor_host *host, struct finding *f)
{
	int on = finding__bool(f, KVM_DIR "/nx_huge_pages");
	char *multihit = host_file__read(host->root, "/sys/devices/system/cpu/vulnerabilities/"
						     "itlb_multihit");
	bool affected;

	if (on < 0)
		goto out;
	if (!multihit) {
		finding__unread(f, "whether the CPU is affected (vulnerabilities/itlb_multihit)");
		goto out;
	}
	finding__note(f, "vulnerabilities/itlb_multihit", "%s", multihit);
	affected = strncmp(multihit, "Not affected", 12) != 0;
	if (on && !affected)
		finding__say(f, DOCTOR_CONTRADICTS, FAST,
			     "N: huge pages are split for an erratum "
			     "that this CPU does not have");
	else if (on)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "N where all guests are trusted: pages "
			     "are split when code in them is run, and joined again, with pauses of "
			     "some 100 us");
	else if (affected)
		finding__say(f, DOCTOR_WARNING, FOR_ISOLATION,
			     "Y where guests are not trusted: a "
			     "guest can stop this CPU by a machine check");
out:
	free(multihit);
}

DEFINE_CHECK(nx_huge_pages) = {
	.id = "nx-huge-pages",
	.title = "huge pages split for the iTLB multihit erratum",
	.rank = 80,
	.where = KVM_DIR "/nx_huge_pages",
	.goals = FAST | FOR_ISOLATION,
	.sources = { { "Linux, Documentation/admin-guide/hw-vuln/multihit.rst", "read 2026-11" },
		     { "tuned realtime-virtual-host", "2024-07-25" } },
	.no_proof = "it takes a workload that runs code all over its memory, which there is "
		    "none of",
	.keep = (const struct doctor_keep[]){ { KEPT_BY_MODULE, FAST, "kvm.nx_huge_pages", "off" },
					      { KEPT_BY_MODULE, FOR_ISOLATION, "kvm.nx_huge_pages",
						"auto" },
					      {} },
	.needs_kvm = true,
	.look = look_at_nx_huge_pages,
};

static void look_at_timer_advance(const struct doctor_host *host, struct finding *f)
{
	char *text = finding__text(f, KVM_DIR "/lapic_timer_advance");
	int64_t ns;

	(void)host;
	/* Before 6.x: lapic_timer_advance_ns, -1 for automatic. */
	if (!text && finding__number(f, &ns, KVM_DIR "/lapic_timer_advance_ns") && ns >= 0)
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "-1 (automatic): values set by hand are "
			     "right for one CPU at one frequency%s",
			     ns ? "" : "; 0 is off");
	else if (text && strcmp(text, "Y"))
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY,
			     "Y (automatic): timers of guests fire "
			     "late by the time an entry takes");
	free(text);
}

DEFINE_CHECK(timer_advance) = {
	.id = "timer-advance",
	.title = "advance of guests' timers",
	.rank = 200,
	.where = KVM_DIR "/lapic_timer_advance",
	.goals = FOR_LATENCY,
	.sources = { { "tuned, pull request 288 (tuning by hand withdrawn)", "read 2026-11" } },
	.proof = "-w halt-wake",
	.keep = (const struct doctor_keep[]){ { KEPT_BY_MODULE, FOR_LATENCY,
						"kvm.lapic_timer_advance", "1" },
					      { KEPT_BY_MODULE, FOR_LATENCY,
						"kvm.lapic_timer_advance_ns", "-1" },
					      {} },
	.needs_kvm = true,
	.look = look_at_timer_advance,
};

/* Interrupts that reach a vCPU without an exit. */
static void look_at_apicv(const struct doctor_host *host, struct finding *f)
{
	int on, ipiv;

	if (!is_vmx(host) && !is_svm(host)) {
		finding__not_applicable(f, "this KVM (%s) has no hardware that delivers interrupts",
					host->vendor);
		return;
	}
	on = is_vmx(host) ? finding__bool(f, INTEL_DIR "/enable_apicv") :
			    finding__bool(f, AMD_DIR "/avic");
	ipiv = finding__bool(f, "%s/enable_ipiv", is_vmx(host) ? INTEL_DIR : AMD_DIR);
	if (on == 1 && ipiv == 0 && is_vmx(host))
		finding__say(f, DOCTOR_ADVICE, FAST,
			     "kvm_intel enable_ipiv=1, where the CPU has it: without it each IPI "
			     "of a guest takes an exit");
	/* Since the kernel has the parameter, it is off by itself on these. */
	if (on == 1 && ipiv < 0 && is_svm(host) && doctor_host__has(host, "cpu family", "23"))
		finding__say(f, DOCTOR_WARNING, FAST,
			     "avic=0, or a kernel that has kvm_amd's enable_ipiv: CPUs of family "
			     "17h lose IPIs of guests (erratum 1235), and this one lets them");
	if (on == 0)
		finding__say(
			f, DOCTOR_ADVICE, FAST,
			"on, where the CPU has it: without it each "
			"interrupt and each IPI of a guest takes an exit (options %s=1, when the "
			"module is loaded)",
			is_vmx(host) ? "kvm_intel enable_apicv" : "kvm_amd avic");
	if (on == 0 && is_svm(host) && !doctor_host__has(host, "flags", "avic"))
		finding__note(f, "CPU flag avic", "not there: firmware or a level below hides it");
	if (on == 1 && is_svm(host) && finding__bool(f, AMD_DIR "/nested") == 1)
		finding__say(f, DOCTOR_ADVICE, FAST,
			     "nested=0 besides: before Linux 5.19 AVIC is "
			     "inhibited for VMs that are offered nested virtualization");
	if (on == 1)
		finding__note(f, "inhibited by a VM", "see vm-interrupts");
}

DEFINE_CHECK(apicv) = {
	.id = "apicv",
	.title = "interrupts without exits (APICv, AVIC)",
	.rank = 60,
	.where = INTEL_DIR "/enable_apicv or " AMD_DIR "/avic",
	.goals = FAST,
	.sources = { { "Linux, arch/x86/kvm (APICv inhibit reasons)", "read 2026-11" },
		     { "libkrun issue 498, cloud-hypervisor issue 5972", "read 2026-11" } },
	.prove =
		&(const struct doctor_proof){
			.workloads = "ipi",
			.a = "x2apic=off",
			.b = "x2apic=on",
			.apart = true,
			.operation = "interrupt",
			.gains = FOR_LATENCY | FOR_THROUGHPUT,
		},
	.keep = (const struct doctor_keep[]){ { KEPT_BY_MODULE, FAST, "kvm_intel.enable_apicv",
						"1" },
					      { KEPT_BY_MODULE, FAST, "kvm_amd.avic", "1" },
					      {} },
	.needs_kvm = true,
	.look = look_at_apicv,
};

static void count_only(const char *root, const char *name, void *arg)
{
	(void)root;
	(void)name;
	(void)arg;
}

/* Of the capability register of VT-d: interrupts can be posted to vCPUs (its bit 59). */
#define VTD_CAP_PI (UINT64_C(1) << 59)

struct posting {
	unsigned int nr, can;
};

static void visit_vtd(const char *root, const char *name, void *arg)
{
	char *cap = host_file__read(root, "/sys/class/iommu/%s/intel-iommu/cap", name);
	struct posting *posting = arg;

	if (cap) {
		posting->nr++;
		posting->can += (strtoull(cap, NULL, 16) & VTD_CAP_PI) != 0;
	}
	free(cap);
}

/* Whether interrupts of devices that are passed through reach vCPUs without an exit. */
static void look_at_posting(const struct doctor_host *host, struct finding *f)
{
	char *intremap = doctor_host__cmdline(host, "intremap");
	struct posting posting = { 0 };

	host_file__each(host->root, "/sys/class/iommu", "dmar", visit_vtd, &posting);
	if (posting.nr)
		finding__note(f, "IOMMUs that can post interrupts", "%u of %u", posting.can,
			      posting.nr);
	if (intremap)
		finding__note(f, "intremap=", "%s", intremap);
	if (intremap && (strstr(intremap, "off") || (posting.can && strstr(intremap, "nopost"))))
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY | FOR_ISOLATION,
			     "no intremap=%s: interrupts of devices that are passed through are "
			     "not kept apart, or take an exit each",
			     intremap);
	free(intremap);
}

static void look_at_iommu(const struct doctor_host *host, struct finding *f)
{
	unsigned int groups =
		host_file__each(host->root, "/sys/kernel/iommu_groups", "", count_only, NULL);
	char *value = doctor_host__cmdline(host, "intel_iommu");
	char *iommu = doctor_host__cmdline(host, "iommu");

	finding__note(f, "groups of /sys/kernel/iommu_groups", "%u", groups);
	if (value)
		finding__note(f, "intel_iommu=", "%s", value);
	if (iommu)
		finding__note(f, "iommu=", "%s", iommu);
	if (!groups && host->guest)
		finding__not_applicable(f, "this host is a VM without an IOMMU");
	else if (!groups)
		finding__say(f, DOCTOR_ADVICE, FAST,
			     "an IOMMU, if devices are passed through to VMs: "
			     "switch VT-d or AMD-Vi on in the firmware%s",
			     is_vmx(host) ? ", and intel_iommu=on iommu=pt" : ", and iommu=pt");
	else if (!iommu || strcmp(iommu, "pt"))
		finding__say(f, DOCTOR_ADVICE, FOR_THROUGHPUT,
			     "iommu=pt on the kernel's command "
			     "line, if the host's own devices are not to pay for translation");
	if (groups)
		look_at_posting(host, f);
	free(value);
	free(iommu);
}

DEFINE_CHECK(iommu) = {
	.id = "iommu",
	.title = "IOMMU for passed-through devices",
	.rank = 280,
	.where = "/sys/kernel/iommu_groups and /sys/class/iommu",
	.goals = FAST | FOR_ISOLATION,
	.sources = { { "RHEL 9, Configuring and managing virtualization", "read 2026-11" } },
	.no_proof = "it takes a device to pass through",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_ON_CMDLINE, FAST, "iommu", "pt" },
			{ KEPT_BY_HAND, FAST,
			  "on Intel's, where no group is there, intel_iommu=on on the kernel's "
			  "command line besides, and VT-d in the firmware",
			  NULL },
			{} },
	.needs_kvm = true,
	.look = look_at_iommu,
};

static void look_at_features(const struct doctor_host *host, struct finding *f)
{
	static const char *const vmx[] = { "ept",
					   "vpid",
					   "pml",
					   "flexpriority",
					   "eptad",
					   "unrestricted_guest",
					   "preemption_timer",
					   NULL };
	static const char *const svm[] = { "npt", "vgif", "vls", "nrips", "tsc_scaling", NULL };
	const char *dir = is_vmx(host) ? INTEL_DIR : AMD_DIR;

	if (!is_vmx(host) && !is_svm(host)) {
		finding__not_applicable(f, "this KVM (%s) uses none of them", host->vendor);
		return;
	}
	for (const char *const *name = is_vmx(host) ? vmx : svm; *name; name++)
		if (finding__bool(f, "%s/%s", dir, *name) == 0)
			finding__say(f, name == vmx || name == svm ? DOCTOR_WARNING : DOCTOR_ADVICE,
				     FAST | FOR_DENSITY,
				     "%s on: it is off by an option of the module, "
				     "or neither the CPU nor the level below has it",
				     *name);
}

DEFINE_CHECK(features) = {
	.id = "hardware-features",
	.title = "second-level paging and other help by the CPU",
	.rank = 50,
	.where = INTEL_DIR " or " AMD_DIR,
	.goals = FAST | FOR_DENSITY,
	.sources = { { "Linux, Documentation/admin-guide/kernel-parameters.txt", "read 2026-11" } },
	.proof = "-w chase",
	.needs_kvm = true,
	.look = look_at_features,
};

static void look_at_nested(const struct doctor_host *host, struct finding *f)
{
	int nested = is_svm(host) ? finding__bool(f, AMD_DIR "/nested") :
				    finding__bool(f, INTEL_DIR "/nested");

	if (nested == 1)
		finding__say(f, DOCTOR_ADVICE, FOR_ISOLATION,
			     "0 unless VMs in VMs are needed: it is "
			     "much code that a guest can reach");
}

DEFINE_CHECK(nested) = {
	.id = "nested",
	.title = "nested virtualization",
	.rank = 230,
	.where = INTEL_DIR "/nested or " AMD_DIR "/nested",
	.goals = FOR_ISOLATION,
	.sources = { { "Firecracker, docs/prod-host-setup.md", "read 2026-11" } },
	.proof = "-w cpuid",
	.keep = (const struct doctor_keep[]){ { KEPT_BY_MODULE, FOR_ISOLATION, "kvm_intel.nested",
						"0" },
					      { KEPT_BY_MODULE, FOR_ISOLATION, "kvm_amd.nested",
						"0" },
					      {} },
	.needs_kvm = true,
	.look = look_at_nested,
};

static void look_at_mmu(const struct doctor_host *host, struct finding *f)
{
	int tdp = finding__bool(f, KVM_DIR "/tdp_mmu");
	int eager = finding__bool(f, KVM_DIR "/eager_page_split");

	note_extension(host, f, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, "KVM_CAP_DIRTY_LOG_RING_ACQ_REL");
	if (tdp == 0 && (is_vmx(host) || is_svm(host)))
		finding__say(f, DOCTOR_ADVICE, FOR_THROUGHPUT | FOR_DENSITY,
			     "tdp_mmu=Y: page faults "
			     "of many vCPUs are handled at once");
	if (eager == 0)
		finding__say(
			f, DOCTOR_ADVICE, FOR_LATENCY,
			"eager_page_split=Y: else huge pages are "
			"split in the vCPUs' faults while a VM migrates (it makes the start of "
			"dirty logging longer)");
}

DEFINE_CHECK(mmu) = {
	.id = "mmu",
	.title = "KVM's page tables (tdp_mmu, eager_page_split)",
	.rank = 210,
	.where = KVM_DIR "/tdp_mmu",
	.goals = FAST | FOR_DENSITY,
	.sources = { { "Linux, Documentation/admin-guide/kernel-parameters.txt", "read 2026-11" } },
	.proof = "-w rewrite",
	.keep = (const struct doctor_keep[]){ { KEPT_BY_MODULE, FOR_THROUGHPUT | FOR_DENSITY,
						"kvm.tdp_mmu", "1" },
					      { KEPT_BY_MODULE, FOR_LATENCY, "kvm.eager_page_split",
						"1" },
					      {} },
	.needs_kvm = true,
	.look = look_at_mmu,
};
