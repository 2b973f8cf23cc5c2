// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checks of what KVM has counted of each VM since it began (debugfs, kvm/PID-FD): interrupts that
 * took an exit, polling, exits that a setting would avoid, the size of pages in KVM's own tables.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/doctor/vm_threads.h"
#include "bench/host/files.h"

#define STATS_DIR "/sys/kernel/debug/kvm"
#define FAST	  (FOR_LATENCY | FOR_THROUGHPUT)
/* USER_HZ, in which /proc/PID/stat counts, is 100 on all of x86. */
#define NS_PER_TICK 10000000.0
/* Fewer exits a second, or in all, are no matter. */
#define MANY_A_SECOND 1000
#define MANY_AT_ALL   1000

struct vm_stats {
	const struct doctor_host *host;
	struct finding *f;
	const struct vm_process *vm;
	char name[VM_NAME_ROOM], dir[128];
};

struct visiting {
	const struct doctor_host *host;
	struct finding *f;
	const struct vm_threads *t;
	void (*look)(const struct vm_stats *s);
	unsigned int nr;
};

static const struct vm_process *vm_of(const struct vm_threads *t, pid_t pid)
{
	for (size_t i = 0; i < t->vms.nr; i++)
		if (t->vms.list[i].pid == pid)
			return &t->vms.list[i];
	return NULL;
}

static void visit_stats(const char *root, const char *name, void *arg)
{
	struct visiting *v = arg;
	struct vm_stats s = { .host = v->host, .f = v->f };

	(void)root;
	/* Others are KVM's own, of all VMs together. */
	if (!isdigit((unsigned char)*name) || !strchr(name, '-'))
		return;
	s.vm = vm_of(v->t, atoi(name));
	if (!s.vm)
		return;
	v->nr++;
	vm_threads__name(s.vm, s.name);
	snprintf(s.dir, sizeof(s.dir), STATS_DIR "/%s", name);
	v->look(&s);
}

static void each_vm_stats(const struct doctor_host *host, struct finding *f,
			  void (*look)(const struct vm_stats *s))
{
	struct visiting v = { .host = host, .f = f, .look = look };

	v.t = vm_threads__vms(host, f);
	if (!v.t->vms.nr)
		return;
	host_file__each(host->root, STATS_DIR, "", visit_stats, &v);
	/* KVM's own counters are there, and those of VMs that have ended meanwhile are not. */
	if (!v.nr && host_file__exists(host->root, STATS_DIR "/exits"))
		finding__not_applicable(f, "the VMs ended before their counters could be read");
	else if (!v.nr)
		finding__unread(f, STATS_DIR "%s",
				!host->is_root ? " may not be read without root" :
						 " has no counters of VMs: debugfs is not "
						 "mounted, or the kernel is locked down");
}

static int64_t count_of(const struct vm_stats *s, const char *name)
{
	int64_t value;

	return host_file__number(&value, s->host->root, "%s/%s", s->dir, name) ? value : 0;
}

/* Field `nr` of /proc/PID/stat, from 3 on, which stand behind the name in parentheses; -1: none. */
static double stat_field(const struct vm_stats *s, int nr)
{
	char *text = host_file__read(s->host->root, "/proc/%d/stat", s->vm->pid);
	const char *at = text ? strrchr(text, ')') : NULL;
	double value = -1;

	for (int i = 2; at && i < nr; i++) {
		at = strchr(at + 1, ' ');
		if (at && i + 1 == nr)
			value = strtod(at, NULL);
	}
	free(text);
	return value;
}

/* In s; 0: not known. */
static double age_of(const struct vm_stats *s)
{
	char *text = host_file__read(s->host->root, "/proc/uptime");
	double up = text ? strtod(text, NULL) : 0, began = stat_field(s, 22);

	free(text);
	return began < 0 || up <= 0 ? 0 : up - began * NS_PER_TICK / 1e9;
}

static void look_at_injections(const struct vm_stats *s)
{
	int64_t exits = count_of(s, "exits"), injected = count_of(s, "irq_injections");
	int64_t windows = count_of(s, "irq_window");

	finding__count(s->f, s->name,
		       "%" PRId64 " interrupts injected by software, %" PRId64
		       " exits to await that, of %" PRId64 " exits",
		       injected, windows, exits);
	if (injected > MANY_AT_ALL && injected > exits / 100)
		finding__say(
			s->f, DOCTOR_WARNING, FAST,
			"APICv or AVIC not inhibited for %s: it is on, but %" PRId64
			" interrupts took an exit all the same. What does it: perf trace -e "
			"kvm:kvm_apicv_inhibit_changed while the VM starts (a PIT that reinjects, "
			"Hyper-V's autoEOI, x2APIC where only AVIC is there, nested VMs)",
			s->name, injected);
}

static void look_at_inhibited(const struct doctor_host *host, struct finding *f)
{
	bool svm = !strcmp(host->vendor, "svm");
	int on = finding__bool(f, "/sys/module/kvm_%s",
			       svm ? "amd/parameters/avic" : "intel/parameters/enable_apicv");

	if (on == 1)
		each_vm_stats(host, f, look_at_injections);
	else if (on == 0)
		finding__not_applicable(f, "it is off for all VMs: see apicv");
	else
		finding__not_applicable(f, "this KVM (%s) has no hardware that delivers interrupts",
					host->vendor);
}

DEFINE_CHECK(vm_interrupts) = {
	.id = "vm-interrupts",
	.title = "whether APICv or AVIC is inhibited for VMs",
	.rank = 3,
	.where = STATS_DIR "/PID-FD/irq_injections of each VM",
	.goals = FAST,
	.sources = { { "Linux, arch/x86/kvm (APICv inhibit reasons)", "read 2026-11" },
		     { "libkrun issue 498, cloud-hypervisor issue 5972", "read 2026-11" } },
	.no_proof = "what inhibits it is of that VM; 'hvbench run -w ipi,inject' shows what an "
		    "interrupt costs without",
	.needs_kvm = true,
	.keep = (const struct doctor_keep[]){ { KEPT_BY_HAND, FAST,
						"QEMU: -global kvm-pit.lost_tick_policy=discard "
						"(libvirt: <timer name='pit' "
						"tickpolicy='discard'/>), no hv-synic autoEOI "
						"(hv-apicv), x2apic=off where the "
						"CPU has AVIC without x2AVIC",
						NULL },
					      {} },
	.root_adds = "interrupts that VMs took exits for",
	.look = look_at_inhibited,
};

static void look_at_polls(const struct vm_stats *s)
{
	double polled = (double)count_of(s, "halt_poll_success_ns") +
			(double)count_of(s, "halt_poll_fail_ns");
	double cpu = (stat_field(s, 14) + stat_field(s, 15)) * NS_PER_TICK;
	int64_t tried = count_of(s, "halt_attempted_poll");
	int64_t good = count_of(s, "halt_successful_poll");
	double share = cpu > 0 ? 100 * polled / cpu : 0;
	double success = tried ? 100.0 * (double)good / (double)tried : 0;

	finding__count(s->f, s->name,
		       "polled for %.0f %% of its CPU time; %.0f %% of %" PRId64
		       " polls saw a wake-up",
		       share, success, tried);
	if (share > 10)
		finding__say(s->f, DOCTOR_WARNING, FOR_DENSITY,
			     "a smaller halt_poll_ns for %s, which burns %.0f %% of its CPU time "
			     "by polling while it is halted",
			     s->name, share);
	if (tried > MANY_AT_ALL && success < 10)
		finding__say(s->f, DOCTOR_ADVICE, FOR_LATENCY | FOR_DENSITY,
			     "longer polling for %s, or none: %.0f %% of its polls see the wake-up "
			     "that they wait for",
			     s->name, success);
}

static void look_at_burning(const struct doctor_host *host, struct finding *f)
{
	each_vm_stats(host, f, look_at_polls);
}

DEFINE_CHECK(vm_polling) = {
	.id = "vm-halt-polling",
	.title = "CPU time that VMs poll away",
	.rank = 12,
	.where = STATS_DIR "/PID-FD/halt_poll_*_ns of each VM",
	.goals = FOR_LATENCY | FOR_DENSITY,
	.sources = { { "Linux, Documentation/virt/kvm/halt-polling.rst", "read 2026-11" } },
	.prove = &(const struct doctor_proof){ .workloads = "halt-wake",
					       .a = "halt_poll_ns=0",
					       .b = "halt_poll_ns=200000",
					       .sleeps = true,
					       .operation = "wake-up",
					       .gains = FOR_LATENCY },
	.needs_kvm = true,
	.keep = (const struct doctor_keep[]){ { KEPT_BY_HAND, FOR_LATENCY | FOR_DENSITY,
						"KVM_CAP_HALT_POLL by the VMM, of that VM alone; "
						"of all VMs see halt-polling",
						NULL },
					      {} },
	.root_adds = "how long VMs polled",
	.look = look_at_burning,
};

/* Exits that a setting of the VM avoids, by KVM's counters. */
static const struct avoidable {
	const char *counter, *what, *advice;
	unsigned int goals;
} avoidable[] = {
	{ "io_exits", "port I/O",
	  "devices by virtio with ioeventfd and vhost instead of emulated ones", FAST },
	{ "mmio_exits", "MMIO",
	  "devices by virtio with ioeventfd and vhost instead of emulated ones", FAST },
	{ "halt_exits", "halts",
	  "no exits for HLT where its vCPUs have CPUs of their own (QEMU: -overcommit cpu-pm=on; "
	  "KVM_CAP_X86_DISABLE_EXITS)",
	  FOR_LATENCY },
	{ "irq_window", "waiting to inject an interrupt",
	  "APICv or AVIC: see apicv and vm-interrupts", FAST },
	{ "insn_emulation", "instructions emulated",
	  "no device memory that is written by instructions which KVM has to emulate", FAST },
	{ "request_irq_exits", "waiting for the VMM's interrupt",
	  "irqchip=kernel or split: see vm-irqchip", FAST },
};

/*
 * Of those that are emulated: accesses to MMIO are counted of themselves, and a CPU of AMD's that
 * does not say where the next instruction is (nrips) has KVM decode each one that exits.
 */
static double emulated_alone(const struct vm_stats *s)
{
	int64_t all = count_of(s, "insn_emulation"), mmio = count_of(s, "mmio_exits");
	char *nrips = host_file__read(s->host->root, "/sys/module/kvm_amd/parameters/nrips");
	bool decodes_all = nrips && (*nrips == '0' || *nrips == 'N');

	free(nrips);
	return decodes_all || all < mmio ? 0 : (double)(all - mmio);
}

static void look_at_exits(const struct vm_stats *s)
{
	double exits = (double)count_of(s, "exits"), age = age_of(s), rate;

	finding__count(s->f, s->name, "%.0f exits a second since it began",
		       age > 0 ? exits / age : 0);
	for (size_t i = 0; age > 0 && i < sizeof(avoidable) / sizeof(avoidable[0]); i++) {
		const char *counter = avoidable[i].counter;
		double nr = !strcmp(counter, "insn_emulation") ? emulated_alone(s) :
								 (double)count_of(s, counter);

		rate = nr / age;
		if (rate < MANY_A_SECOND || nr < exits / 10)
			continue;
		finding__count(s->f, s->name, "%s: %.0f a second", avoidable[i].what, rate);
		finding__say(s->f, DOCTOR_ADVICE, avoidable[i].goals,
			     "%s, for %s: %.0f %% of its exits are of %s, %.0f a second",
			     avoidable[i].advice, s->name, 100 * nr / exits, avoidable[i].what,
			     rate);
	}
}

static void look_at_avoidable(const struct doctor_host *host, struct finding *f)
{
	each_vm_stats(host, f, look_at_exits);
}

DEFINE_CHECK(vm_exits) = {
	.id = "vm-exits",
	.title = "exits of VMs that a setting would avoid",
	.rank = 2,
	.where = STATS_DIR "/PID-FD/exits of each VM",
	.goals = FAST,
	.sources = { { "Linux, Documentation/virt/kvm/api.rst", "read 2026-11" },
		     { "hvbench, workloads/exits.md", "2026-11" } },
	.prove = &(const struct doctor_proof){ .workloads = "mmio-ioeventfd",
					       .a = "ioeventfd=off",
					       .b = "ioeventfd=on",
					       .operation = "doorbell",
					       .gains = FAST },
	.needs_kvm = true,
	.keep = (const struct doctor_keep[]){ { KEPT_BY_HAND, FAST,
						"of that VM: <driver name='vhost' ioeventfd='on'/> "
						"of its devices (libvirt), "
						"-overcommit cpu-pm=on (QEMU)",
						NULL },
					      {} },
	.root_adds = "how often VMs exit, and for what; 'hvbench profile' shows what they do now",
	.look = look_at_avoidable,
};

static void look_at_mapped(const struct vm_stats *s)
{
	int64_t small = count_of(s, "pages_4k") << 2, huge = count_of(s, "pages_2m") << 11;
	int64_t giant = count_of(s, "pages_1g") << 20, splits = count_of(s, "nx_lpage_splits");
	int64_t all = small + huge + giant;

	finding__count(s->f, s->name,
		       "mapped by 4k: %" PRId64 " MiB, 2m: %" PRId64 " MiB, 1g: %" PRId64 " MiB",
		       small >> 10, huge >> 10, giant >> 10);
	if (all >= 64 << 10 && small > all / 2)
		finding__say(s->f, DOCTOR_WARNING, FAST,
			     "memory of %s mapped by huge pages: %.0f %% of it is by 4k pages in "
			     "KVM's tables%s, whatever the host has behind it (4k pages of the "
			     "VMM's memory, slots that are not aligned to 2 MiB, dirty logging)",
			     s->name, 100.0 * (double)small / (double)all,
			     splits > 0 ? ", some of it split for nx_huge_pages" : "");
}

static void look_at_mappings(const struct doctor_host *host, struct finding *f)
{
	each_vm_stats(host, f, look_at_mapped);
}

DEFINE_CHECK(vm_mappings) = {
	.id = "vm-mappings",
	.title = "pages in KVM's tables of VMs",
	.rank = 11,
	.where = STATS_DIR "/PID-FD/pages_4k of each VM",
	.goals = FAST,
	.sources = { { "Linux, Documentation/admin-guide/mm/transhuge.rst", "read 2026-11" } },
	.prove = &(const struct doctor_proof){ .workloads = "chase:working_set=64m",
					       .a = "pages=4k",
					       .b = "pages=thp",
					       .operation = "load",
					       .gains = FAST },
	.needs_kvm = true,
	.keep =
		(const struct doctor_keep[]){
			{ KEPT_BY_HAND, FAST, "as vm-pages; and memory of the VM aligned to 2 MiB",
			  NULL },
			{} },
	.root_adds = "the pages that KVM has mapped",
	.look = look_at_mappings,
};
