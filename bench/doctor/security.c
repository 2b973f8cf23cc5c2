// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of what keeps VMs apart from each other and from the host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/doctor/doctor_host.h"
#include "bench/doctor/finding.h"
#include "bench/host/files.h"

#define CPU_DIR "/sys/devices/system/cpu"

struct vulnerabilities {
	struct finding *f;
	unsigned int nr, vulnerable, mitigated;
	char *names; /* those that are vulnerable */
};

static void visit_vulnerability(const char *root, const char *name, void *arg)
{
	struct vulnerabilities *v = arg;
	char *text = host_file__read(root, CPU_DIR "/vulnerabilities/%s", name), *longer;

	if (!text)
		return;
	v->nr++;
	if (!strncmp(text, "Mitigation", 10))
		v->mitigated++;
	if (!strncmp(text, "Vulnerable", 10) || strstr(text, "KVM: Vulnerable")) {
		finding__note(v->f, name, "%s", text);
		if (asprintf(&longer, "%s%s%s", v->names ?: "", v->names ? ", " : "", name) < 0)
			alloc__fail();
		free(v->names);
		v->names = longer;
		v->vulnerable++;
	}
	free(text);
}

static void look_at_mitigations(const struct doctor_host *host, struct finding *f)
{
	char *switched = doctor_host__cmdline(host, "mitigations"), *flush;
	struct vulnerabilities v = { .f = f };

	if (switched)
		finding__note(f, "mitigations=", "%s", switched);
	host_file__each(host->root, CPU_DIR "/vulnerabilities", "", visit_vulnerability, &v);
	flush = finding__text(f, "/sys/module/kvm_intel/parameters/vmentry_l1d_flush");
	if (v.nr)
		finding__note(f, "vulnerabilities", "%u known, %u mitigated, %u vulnerable", v.nr,
			      v.mitigated, v.vulnerable);
	if (v.vulnerable)
		finding__say(f, DOCTOR_WARNING, FOR_ISOLATION,
			     "mitigations on where guests are not "
			     "trusted: vulnerable to %s",
			     v.names);
	else if (switched && !strcmp(switched, "off"))
		finding__say(f, DOCTOR_ADVICE, FOR_ISOLATION,
			     "no mitigations=off: this CPU needs "
			     "none of those known so far");
	if (flush && !strcmp(flush, "always"))
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY | FOR_THROUGHPUT,
			     "vmentry_l1d_flush=cond: "
			     "with 'always' the first cache is emptied at every entry");
	free(switched);
	free(flush);
	free(v.names);
}

DEFINE_CHECK(mitigations) = {
	.id = "mitigations",
	.title = "mitigations of the CPU's vulnerabilities",
	.rank = 140,
	.where = CPU_DIR "/vulnerabilities",
	.goals = FOR_ISOLATION | FOR_LATENCY | FOR_THROUGHPUT,
	.sources = { { "Linux, Documentation/admin-guide/hw-vuln", "read 2026-11" },
		     { "Firecracker, docs/prod-host-setup.md", "read 2026-11" } },
	.no_proof = "it takes a reboot: 'hvbench lab sweep svm --mitigations auto' counts what "
		    "they take at each exit",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_BY_HAND, FOR_ISOLATION,
			  "no mitigations=off, nor options that switch single ones off, on the "
			  "kernel's command line; microcode and a kernel of today",
			  NULL },
			{ KEPT_BY_MODULE, FOR_LATENCY | FOR_THROUGHPUT,
			  "kvm_intel.vmentry_l1d_flush", "cond" },
			{} },
	.look = look_at_mitigations,
};

static void look_at_smt(const struct doctor_host *host, struct finding *f)
{
	char *control = finding__text(f, CPU_DIR "/smt/control");
	int active = finding__bool(f, CPU_DIR "/smt/active");

	if (control && (!strcmp(control, "notsupported") || !strcmp(control, "notimplemented"))) {
		finding__not_applicable(f, host->guest ? "this VM's CPUs have no siblings that it "
							 "knows of; below it they may" :
							 "the CPUs have no siblings");
	} else if (active == 1) {
		finding__say(f, DOCTOR_ADVICE, FOR_ISOLATION,
			     "off, or core scheduling "
			     "(prctl PR_SCHED_CORE) in the VMM, where tenants share the host: "
			     "siblings share what vulnerabilities leak from");
		finding__say(f, DOCTOR_ADVICE, FOR_LATENCY | FOR_BENCHMARKING,
			     "no work on the "
			     "siblings of CPUs of vCPUs: both share one core's units");
	} else if (active == 0) {
		finding__say(f, DOCTOR_ADVICE, FOR_THROUGHPUT | FOR_DENSITY,
			     "on, where guests are "
			     "trusted: a core of two busy threads does more than one of one");
	}
	free(control);
}

DEFINE_CHECK(smt) = {
	.id = "smt",
	.title = "sibling threads of a core",
	.rank = 145,
	.where = CPU_DIR "/smt/control",
	.goals = FOR_ALL,
	.sources = { { "Firecracker, docs/prod-host-setup.md", "read 2026-11" },
		     { "cloud-hypervisor issue 7747", "read 2026-11" },
		     { "Linux, Documentation/admin-guide/hw-vuln/core-scheduling.rst",
		       "read 2026-11" } },
	.no_proof =
		"it takes CPUs offline, and the pinning of other VMs with them, which is not put "
		"back with it: 'hvbench run -w chase --matrix load=0,1' on a host of your own",
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_ON_CMDLINE, FOR_ISOLATION, "nosmt", "" },
			{ KEPT_BY_HAND, FOR_LATENCY | FOR_BENCHMARKING,
			  "siblings of vCPUs' CPUs left idle by the pinning (libvirt: <vcpupin> to "
			  "one of thread_siblings_list)",
			  NULL },
			{} },
	.look = look_at_smt,
};
