// SPDX-License-Identifier: GPL-2.0-or-later
/* Check of where VMs have their interrupt controllers, and of a timer that inhibits AVIC. */
#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/alloc.h"
#include "bench/doctor/vm_threads.h"
#include "bench/host/files.h"

#define MAX_CMDLINE (64u << 10)
#define OPTION	    "kernel_irqchip="
#define PIT	    "kvm-pit/"
#define KVM_STATS   "/sys/kernel/debug/kvm"

/* Its arguments, one a line; NULL: not to be had. The caller frees it. */
static char *arguments_of(const struct doctor_host *host, pid_t pid)
{
	char path[PATH_MAX], *text;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/proc/%d/cmdline", host->root, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	text = alloc__need(MAX_CMDLINE + 1);
	got = read(fd, text, MAX_CMDLINE);
	close(fd);
	got = got < 0 ? 0 : got;
	text[got] = '\0';
	for (ssize_t i = 0; i < got; i++)
		if (!text[i])
			text[i] = '\n';
	return text;
}

struct pids {
	pid_t *list;
	size_t nr, room;
};

static void add_pid(struct pids *pids, pid_t pid)
{
	if (pids->nr == pids->room) {
		pids->room = pids->room ? 2 * pids->room : 16;
		pids->list = realloc(pids->list, pids->room * sizeof(*pids->list));
		if (!pids->list)
			alloc__fail();
	}
	pids->list[pids->nr++] = pid;
}

static bool has_pid(const struct pids *pids, pid_t pid)
{
	for (size_t i = 0; i < pids->nr; i++)
		if (pids->list[i] == pid)
			return true;
	return false;
}

/* What the kernel has for VMs, by the process of each. */
struct chips {
	struct pids pits;
	struct pids lapics, no_lapics; /* of vCPUs; of other VMs it is not known */
};

/* KVM has a thread for each PIT of its own: "kvm-pit/77" of process 77. */
static void visit_process(const char *root, const char *name, void *arg)
{
	struct chips *chips = arg;
	char *comm;

	if (!isdigit((unsigned char)*name))
		return;
	comm = host_file__read(root, "/proc/%s/comm", name);
	if (comm && !strncmp(comm, PIT, strlen(PIT)))
		add_pid(&chips->pits, atoi(comm + strlen(PIT)));
	free(comm);
}

/* A vCPU that has its local APIC in the kernel has a file of its timer's advance. */
static void visit_vm_stats(const char *root, const char *name, void *arg)
{
	struct chips *chips = arg;

	if (!isdigit((unsigned char)*name) ||
	    !host_file__exists(root, KVM_STATS "/%s/vcpu0/tsc-offset", name))
		return;
	add_pid(host_file__exists(root, KVM_STATS "/%s/vcpu0/lapic_timer_advance_ns", name) ?
			&chips->lapics :
			&chips->no_lapics,
		atoi(name));
}

/* Since Linux 5.2. */
static bool shows_lapics(const struct doctor_host *host)
{
	char *release = host_file__read(host->root, "/proc/sys/kernel/osrelease");
	int major = 0, minor = 0;
	bool does = release && sscanf(release, "%d.%d", &major, &minor) == 2 &&
		    (major > 5 || (major == 5 && minor >= 2));

	free(release);
	return does;
}

static const char *describe(const char *mode, const struct chips *chips, pid_t pid)
{
	if (has_pid(&chips->no_lapics, pid))
		return "in the VMM";
	if (*mode && strcmp(mode, "on"))
		return mode;
	if (*mode || has_pid(&chips->pits, pid))
		return "kernel";
	return has_pid(&chips->lapics, pid) ?
		       "local APICs in the kernel (split, or kernel without a PIT)" :
		       "not known: split, or none in the kernel";
}

static void look_at_vm(const struct doctor_host *host, struct finding *f,
		       const struct vm_process *vm, const struct chips *chips, bool avic)
{
	char name[VM_NAME_ROOM], *args = arguments_of(host, vm->pid), mode[16] = "";
	const char *option = args ? strstr(args, OPTION) : NULL;
	bool pit = has_pid(&chips->pits, vm->pid);

	vm_threads__name(vm, name);
	if (option)
		snprintf(mode, sizeof(mode), "%.*s",
			 (int)strspn(option + strlen(OPTION), "abcdefghijklmnopqrstuvwxyz"),
			 option + strlen(OPTION));
	finding__count(f, name, "%s%s", describe(mode, chips, vm->pid),
		       pit ? ", with a PIT in the kernel" : "");
	if (!strcmp(mode, "off") || has_pid(&chips->no_lapics, vm->pid))
		finding__say(f, DOCTOR_WARNING, FOR_LATENCY | FOR_THROUGHPUT,
			     "kernel_irqchip=on or split for %s: now each interrupt and each timer "
			     "of it passes the VMM",
			     name);
	if (pit && avic && !(args && strstr(args, "lost_tick_policy=discard")))
		finding__say(f, DOCTOR_WARNING, FOR_LATENCY | FOR_THROUGHPUT,
			     "no PIT that reinjects lost ticks in %s: it inhibits AVIC (-global "
			     "kvm-pit.lost_tick_policy=discard, or no PIT at all)",
			     name);
	free(args);
}

static void look_at_irqchips(const struct doctor_host *host, struct finding *f)
{
	const struct vm_threads *t = vm_threads__vms(host, f);
	struct chips chips = { 0 };
	bool avic = !strcmp(host->vendor, "svm") && t->vms.nr &&
		    finding__bool(f, "/sys/module/kvm_amd/parameters/avic") == 1;

	if (t->vms.nr)
		host_file__each(host->root, "/proc", "", visit_process, &chips);
	if (t->vms.nr && shows_lapics(host))
		host_file__each(host->root, KVM_STATS, "", visit_vm_stats, &chips);
	for (size_t i = 0; i < t->vms.nr; i++)
		look_at_vm(host, f, &t->vms.list[i], &chips, avic);
	free(chips.pits.list);
	free(chips.lapics.list);
	free(chips.no_lapics.list);
}

DEFINE_CHECK(vm_irqchip) = {
	.id = "vm-irqchip",
	.title = "where VMs' interrupt controllers are",
	.rank = 13,
	.where = "/proc/PID/cmdline, the threads kvm-pit/PID, " KVM_STATS,
	.goals = FOR_LATENCY | FOR_THROUGHPUT,
	.sources = { { "Linux, Documentation/virt/kvm/api.rst (KVM_CREATE_IRQCHIP)",
		       "read 2026-11" },
		     { "cloud-hypervisor issue 5972", "read 2026-11" } },
	.prove = &(const struct doctor_proof){ .workloads = "halt-wake",
					       .a = "irqchip=split",
					       .b = "irqchip=kernel",
					       .sleeps = true,
					       .operation = "wake-up",
					       .gains = FOR_LATENCY },
	.needs_kvm = true,
	.keep = (const struct doctor_keep[]){ { KEPT_BY_HAND, FOR_LATENCY | FOR_THROUGHPUT,
						"QEMU: -machine kernel_irqchip=split (libvirt: "
						"<ioapic driver='qemu'/>) or on, "
						"-global kvm-pit.lost_tick_policy=discard",
						NULL },
					      {} },
	.root_adds = "VMs of other users, and where local APICs are",
	.look = look_at_irqchips,
};
