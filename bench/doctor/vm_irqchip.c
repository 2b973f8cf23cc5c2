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

struct pits {
	pid_t *pids;
	size_t nr, room;
};

/* KVM has a thread for each PIT of its own: "kvm-pit/77" of process 77. */
static void visit_process(const char *root, const char *name, void *arg)
{
	struct pits *pits = arg;
	char *comm;

	if (!isdigit((unsigned char)*name))
		return;
	comm = host_file__read(root, "/proc/%s/comm", name);
	if (comm && !strncmp(comm, PIT, strlen(PIT))) {
		if (pits->nr == pits->room) {
			pits->room = pits->room ? 2 * pits->room : 16;
			pits->pids = realloc(pits->pids, pits->room * sizeof(*pits->pids));
			if (!pits->pids)
				alloc__fail();
		}
		pits->pids[pits->nr++] = atoi(comm + strlen(PIT));
	}
	free(comm);
}

static bool has_pit(const struct pits *pits, pid_t pid)
{
	for (size_t i = 0; i < pits->nr; i++)
		if (pits->pids[i] == pid)
			return true;
	return false;
}

static void look_at_vm(const struct doctor_host *host, struct finding *f,
		       const struct vm_process *vm, bool pit, bool avic)
{
	char name[VM_NAME_ROOM], *args = arguments_of(host, vm->pid), mode[16] = "";
	const char *option = args ? strstr(args, OPTION) : NULL;

	vm_threads__name(vm, name);
	if (option)
		snprintf(mode, sizeof(mode), "%.*s",
			 (int)strspn(option + strlen(OPTION), "abcdefghijklmnopqrstuvwxyz"),
			 option + strlen(OPTION));
	finding__note(f, name, "%s%s",
		      *mode && strcmp(mode, "on") ? mode :
		      *mode || pit		  ? "kernel" :
						    "not known: split, or none in the kernel",
		      pit ? ", with a PIT in the kernel" : "");
	if (!strcmp(mode, "off"))
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
	struct pits pits = { 0 };
	bool avic = !strcmp(host->vendor, "svm") && t->vms.nr &&
		    finding__bool(f, "/sys/module/kvm_amd/parameters/avic") == 1;

	if (t->vms.nr)
		host_file__each(host->root, "/proc", "", visit_process, &pits);
	for (size_t i = 0; i < t->vms.nr; i++)
		look_at_vm(host, f, &t->vms.list[i], has_pit(&pits, t->vms.list[i].pid), avic);
	free(pits.pids);
}

DEFINE_CHECK(vm_irqchip) = {
	.id = "vm-irqchip",
	.title = "where VMs' interrupt controllers are",
	.rank = 13,
	.where = "/proc/PID/cmdline and the threads kvm-pit/PID",
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
	.root_adds = "VMs of other users",
	.look = look_at_irqchips,
};
