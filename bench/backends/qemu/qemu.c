/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same payload and mailbox in VMs of QEMU: over KVM, where the difference to our own VMM is due
 * to QEMU, and by TCG, which is software and needs no hypervisor. There is no doorbell port: the
 * guest rings through mailbox.bell and waits until that is acknowledged.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch.h"
#include "bench/backends/mailbox.h"
#include "bench/backends/qemu/stats.h"
#include "bench/backends/qemu/vm.h"
#include "bench/backends/setup.h"
#include "bench/base/clock.h"
#include "bench/host/fingerprint.h"
#include "bench/host/load.h"
#include "bench/kvm/device.h"
#include "bench/vmm/memory.h"
#include "bench/vmm/payload.h"
#include "bench/vmm/placement.h"
#include "bench/vmm/watchdog.h"

#define START_NS \
	10000000000ull /* for QEMU itself, in addition to the guest's
						 * time */
#define PROBE_MS	10000
#define QEMU_BYTES	(64ull << 20) /* of its process, in addition to the guest's */
#define FIRST_LOOK_NS	20000
#define LONGEST_LOOK_NS 500000
/* The needs of workloads that are met with and without KVM. */
#define NEEDS_OF_QEMU \
	(NEEDS_PIC | NEEDS_LAPIC | NEEDS_XAPIC | NEEDS_DEADLINE_TIMER | NEEDS_USER_SPACE)
#define CLOCK_TOLERANCE 0.02 /* of the guest's TSC rate, beside what is not known */

/* The guest's clock when a bell was rung, and the host's just before and after. */
struct stamp {
	uint64_t guest, before, after;
};

struct instance {
	bool kvm;
	struct payload payload;
	struct qemu_vm vm;
	bool booted;
	uint32_t bells; /* number of the last one */
	struct stamp rung, booted_at;
	struct hv_command sent;
	uint64_t tsc_khz;
	uint64_t deadline_ns;
	unsigned int timeout_ms, renewals; /* like those of our own VMM's watchdog */
	uint64_t seen;
	struct qemu_stats stats;
};

/* "QEMU emulator version 7.2.22 (Debian …)" */
static void parse_version(const char *text, char *version, size_t len)
{
	const char *p = strstr(text, "QEMU emulator version ");
	size_t n;

	p = p ? p + strlen("QEMU emulator version ") : "";
	n = strspn(p, "0123456789.");
	snprintf(version, len, "%.*s", (int)n, n ? p : "");
}

static bool has_line(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (!strncmp(p, word, n) && (p[n] == '\0' || p[n] == '\n' || p[n] == ' '))
			return true;
	return false;
}

static int ask(const char *path, const char *option, char *answer, size_t len, struct error *err)
{
	const char *const argv[] = { path, option, strcmp(option, "--version") ? "help" : NULL,
				     NULL };
	int ret = program__output(argv, answer, len, PROBE_MS, err);

	/*
	 * There is nothing to run on, whatever the reason, except for a limit of our own process.
	 */
	if (ret && ret != -EMFILE && ret != -ENFILE && ret != -EAGAIN)
		err->code = -ENODEV;
	return err->code;
}

static int probe_qemu(bool kvm, struct backend_info *info, struct error *err)
{
	char path[PATH_MAX], answer[16384], version[32];
	const char *accel = kvm ? "kvm" : "tcg";
	int ret = qemu_vm__find(path, sizeof(path), err);

	if (!ret)
		ret = ask(path, "--version", answer, sizeof(answer), err);
	if (ret)
		return ret;
	parse_version(answer, version, sizeof(version));
	if (!version[0])
		return error__set(err, -ENODEV, "'%.200s' is no QEMU", path);
	ret = ask(path, "-accel", answer, sizeof(answer), err);
	if (ret)
		return ret;
	if (!has_line(answer, accel))
		return error__set(err, -ENODEV, "QEMU %s (%.200s) is built without accelerator %s",
				  version, path, accel);
	ret = ask(path, "-machine", answer, sizeof(answer), err);
	if (ret)
		return ret;
	if (!has_line(answer, "microvm"))
		return error__set(err, -ENODEV, "QEMU %s (%.200s) has no machine 'microvm'",
				  version, path);
	snprintf(info->detail, sizeof(info->detail), "QEMU %s, %.120s, machine microvm%s%s",
		 version, path, kvm ? ", over /dev/kvm, module for " : "", kvm ? info->virt : "");
	return 0;
}

static void probe(bool kvm, struct backend_info *info)
{
	struct error err = { 0 };
	int ret = 0;

	*info = (struct backend_info){ 0 };
	snprintf(info->virt, sizeof(info->virt), "%s", kvm ? host__kvm_vendor("") : "tcg");
	if (kvm) {
		int fd = kvm_device__open(&err);

		if (fd >= 0)
			close(fd);
		ret = fd < 0 ? fd : 0;
	}
	if (!ret)
		ret = probe_qemu(kvm, info, &err);
	info->available = !ret;
	info->why_code = ret;
	if (ret)
		snprintf(info->why, sizeof(info->why), "%s", err.text);
}

static int supports(const struct cell *cell, struct error *err)
{
	const uint32_t all = DISABLE_EXIT_MWAIT | DISABLE_EXIT_HLT | DISABLE_EXIT_PAUSE |
			     DISABLE_EXIT_CSTATE;
	struct config settled = cell->config;

	if (cell->config.disable_exits && cell->config.disable_exits != all)
		return error__set(err, -EOPNOTSUPP,
				  "disable_exits=: QEMU disables all of them or none "
				  "(disable_exits=hlt+pause+mwait+cstate)");
	return placement__settle(&settled, err);
}

static int find_stats(struct instance *inst, struct error *err)
{
	if (inst->kvm)
		return qemu_stats__open(&inst->stats, &inst->vm.qmp, inst->deadline_ns, err);
	snprintf(inst->stats.why, sizeof(inst->stats.why), "there are none: TCG is no hypervisor");
	return 0;
}

static void destroy(struct instance *inst)
{
	if (!inst)
		return;
	qemu_stats__close(&inst->stats);
	qemu_vm__destroy(&inst->vm);
	payload__close(&inst->payload);
	free(inst);
}

static int create(bool kvm, const struct cell *cell, const struct measure_request *req,
		  struct instance **out, struct error *err)
{
	struct instance *inst = calloc(1, sizeof(*inst));
	struct qemu_request vm = { .cell = cell, .kvm = kvm };
	int ret;

	if (!inst)
		return error__set(err, -ENOMEM, "out of memory");
	inst->vm.qmp.fd = inst->stats.vcpu.fd = inst->stats.vm.fd = -1;
	inst->kvm = kvm;
	inst->deadline_ns = clock__ns() + START_NS + req->timeout_ms * 1000000ull;
	inst->tsc_khz = setup__host_tsc_khz();
	ret = memory__check(setup__memory_bytes(cell), req->memory_bytes, err);
	if (!ret)
		ret = payload__open(&inst->payload, req->payload, err);
	if (!ret) {
		vm.payload = &inst->payload;
		vm.tsc_khz = inst->tsc_khz;
		vm.deadline_ns = inst->deadline_ns;
		ret = qemu_vm__start(&inst->vm, &vm, err);
	}
	if (!ret)
		ret = find_stats(inst, err);
	if (ret) {
		destroy(inst);
		return ret;
	}
	*out = inst;
	return 0;
}

static uint64_t progress_of(const struct instance *inst)
{
	return inst->bells + hv_progress(&inst->vm.mailbox->status);
}

/* Sets a new deadline if the guest has made progress since the last one was set. */
static bool renewed(struct instance *inst)
{
	uint64_t progress = progress_of(inst);

	if (progress == inst->seen || inst->renewals == WATCHDOG_RENEWALS)
		return false;
	inst->seen = progress;
	inst->renewals++;
	inst->deadline_ns = clock__ns() + inst->timeout_ms * 1000000ull;
	return true;
}

/* Waits for the next bell, which the caller then has to acknowledge. */
static int wait_for_bell(struct instance *inst, uint32_t *bell, struct error *err)
{
	struct hv_mailbox *mb = inst->vm.mailbox;
	uint64_t look_ns = FIRST_LOOK_NS;

	for (;;) {
		uint64_t before = arch_clock();
		uint32_t seq = __atomic_load_n(&mb->bell.seq, __ATOMIC_ACQUIRE);
		int ret;

		if (seq != inst->bells) {
			inst->bells = seq;
			inst->rung.after = arch_clock();
			inst->rung.guest = mb->status.bell_tsc;
			*bell = mb->bell.value;
			return 0;
		}
		inst->rung.before = before;
		if (__atomic_load_n(&mb->status.state, __ATOMIC_RELAXED) == HV_STATE_FAULT)
			return error__set(err, -EFAULT, "guest exception");
		ret = qmp__sleep(&inst->vm.qmp, look_ns);
		if (ret == -ESHUTDOWN)
			return error__set(
				err, ret, "the VM stopped by itself (%s)%s", inst->vm.qmp.why,
				strstr(inst->vm.qmp.why, "guest-reset") ? ": triple fault" : "");
		if (ret)
			return error__set(err, ret, "QEMU ended");
		if (clock__ns() > inst->deadline_ns && !renewed(inst))
			return error__set(err, -ETIME, "stopped");
		if (look_ns < LONGEST_LOOK_NS)
			look_ns *= 2;
	}
}

static int run_to(struct instance *inst, uint32_t want, struct error *err)
{
	uint32_t bell = 0;
	int ret = wait_for_bell(inst, &bell, err);

	return ret ? ret : collect__bell(bell, want, err);
}

static void acknowledge(struct instance *inst)
{
	inst->rung.before = arch_clock();
	__atomic_store_n(&inst->vm.mailbox->bell.ack, inst->bells, __ATOMIC_RELEASE);
}

static int boot(struct instance *inst, struct error *err)
{
	int ret;

	inst->rung.before = arch_clock();
	ret = qemu_vm__go(&inst->vm, inst->deadline_ns, err);
	if (!ret)
		ret = run_to(inst, HV_BELL_READY, err);
	if (!ret)
		ret = qemu_vm__check_memory(&inst->vm, err);
	inst->booted_at = inst->rung;
	if (!ret)
		acknowledge(inst);
	inst->booted = !ret;
	return ret;
}

static void send_command(struct instance *inst, const struct cell *cell,
			 const struct measure_request *req)
{
	struct hv_command *cmd = &inst->sent, *to = &inst->vm.mailbox->command;
	uint32_t last = cmd->seq;

	collect__command(cmd, cell, req, inst->tsc_khz);
	cmd->flags |= setup__small_guest_pages(cell) ? HV_CMD_GUEST_4K : 0;
	cmd->arena_gpa = inst->vm.arena_gpa;
	cmd->arena_bytes = inst->vm.arena_bytes;
	cmd->tables_gpa = inst->vm.tables_gpa;
	cmd->tables_bytes = inst->vm.tables_bytes;
	/* The guest may look at any time: it must see the old number, or all of the new command. */
	cmd->seq = last;
	*to = *cmd;
	cmd->seq = last + 1;
	__atomic_store_n(&to->seq, cmd->seq, __ATOMIC_RELEASE);
}

/*
 * Differences over the window. Asking for the second snapshot causes an exit, which is a host
 * interrupt like any other that takes a vCPU out of the guest, and is counted as one.
 */
static void count_exits(struct instance *inst, const uint64_t *begin, const uint64_t *end,
			struct measurement *m)
{
	m->user_exits_unknown = true;
	snprintf(m->exits_unknown_why, sizeof(m->exits_unknown_why), "%s", inst->stats.why);
	if (!begin || !end)
		return;
	if (qemu_stats__window(&inst->stats, begin, end, &m->figures))
		measurement__fail(m, MEASURE_FAILED, "out of memory");
	else
		measurement__count_figures(m, 0);
}

/*
 * Checks the rate of the guest's clock by what both clocks read at two bells. The host's reading
 * only lies between two looks at the mailbox; if the host's rate is possible, it is taken for the
 * guest's.
 */
static void check_clock(const struct instance *inst, const struct stamp *a, const struct stamp *b,
			struct measurement *m)
{
	double guest = (double)(b->guest - a->guest);
	double least = (double)(b->before - a->after), most = (double)(b->after - a->before);
	double rate = guest / ((least + most) / 2);

	m->tsc_khz = inst->tsc_khz;
	if (b->before <= a->after || !(guest >= 0))
		return;
	if (guest >= least * (1 - CLOCK_TOLERANCE) && guest <= most * (1 + CLOCK_TOLERANCE))
		return;
	m->tsc_khz = (uint64_t)((double)inst->tsc_khz * rate);
	measurement__warn(
		m,
		"the guest's clock runs at %.3f of the host's by %.0f cycles of it: times are "
		"converted with this estimate",
		rate, guest);
	if (!m->tsc_khz)
		measurement__fail(m, MEASURE_FAILED, "the guest's clock stands still");
}

static int measure(struct instance *inst, const struct cell *cell,
		   const struct measure_request *req, struct measurement *m, struct error *err)
{
	uint64_t *begin = NULL, *end = NULL;
	int ret;

	send_command(inst, cell, req);
	ret = run_to(inst, HV_BELL_BEGIN, err);
	if (!ret)
		ret = qemu_stats__read(&inst->stats, &inst->vm.qmp, &begin, inst->deadline_ns, err);
	if (ret)
		goto out;
	if (req->on_window)
		req->on_window(req->window_ctx, true);
	acknowledge(inst);
	ret = run_to(inst, HV_BELL_END, err);
	if (req->on_window)
		req->on_window(req->window_ctx, false);
	if (!ret)
		ret = qemu_stats__read(&inst->stats, &inst->vm.qmp, &end, inst->deadline_ns, err);
	if (!ret) {
		acknowledge(inst);
		ret = run_to(inst, HV_BELL_READY, err);
	}
	if (!ret)
		check_clock(inst, &inst->booted_at, &inst->rung, m);
out:
	if (!ret || ret == -EAGAIN) {
		collect__mailbox(inst->vm.mailbox, &inst->sent, cell, m);
		acknowledge(inst);
	}
	if (ret == -EAGAIN)
		collect__untimed(m);
	if (!ret && m->status == MEASURE_OK)
		count_exits(inst, begin, end, m);
	free(begin);
	free(end);
	return ret == -EAGAIN ? 0 : ret;
}

static void explain(struct instance *inst, struct error *err, const struct measure_request *req,
		    struct measurement *m)
{
	struct hv_fault fault = inst->vm.mailbox->status.fault;
	char text[256];

	if (inst->vm.mailbox->status.state == HV_STATE_FAULT) {
		measurement__fail(m, MEASURE_FAILED, "%s",
				  collect__fault(&fault, text, sizeof(text)));
		return;
	}
	if (err->code == -ETIME)
		collect__timed_out(err, req->timeout_ms, inst->renewals == WATCHDOG_RENEWALS);
	qemu_vm__describe(&inst->vm, err);
	if (collect__impossible(inst->vm.mailbox, &inst->sent, err, m))
		return;
	measurement__fail(m, err->code == -EOPNOTSUPP ? MEASURE_SKIPPED : MEASURE_FAILED, "%s",
			  err->text);
}

static void warn(const struct instance *inst, const struct cell *cell, struct measurement *m)
{
	uint32_t online = inst->vm.mailbox->status.vcpus_online;
	int64_t huge;

	setup__warn(cell, m);
	if (online < setup__vcpus(cell))
		measurement__warn(m, "only %u of %u vCPUs came up", online, setup__vcpus(cell));
	if (!inst->kvm)
		measurement__warn(m,
				  "emulated in software by QEMU's TCG, not run by a hypervisor: "
				  "instructions are "
				  "translated, devices are calls within QEMU%s",
				  m->tsc_khz == inst->tsc_khz ? ", the clock is the host's TSC" :
								"");
	if (inst->vm.arena_bytes < 2u << 20 || setup__pages(cell) != PAGES_THP ||
	    cell->workload->group != GROUP_MEMORY)
		return;
	huge = qemu_vm__huge_bytes(&inst->vm);
	if (huge >= 0 && (uint64_t)huge < inst->vm.arena_bytes / 10 * 9)
		measurement__warn(
			m,
			"pages=thp, but huge pages back only %d %% of the working set: see "
			"/sys/kernel/mm/transparent_hugepage/enabled",
			(int)((uint64_t)huge * 100 / inst->vm.arena_bytes));
}

static int run(struct instance *inst, const struct cell *cell, const struct measure_request *req,
	       struct measurement *m)
{
	struct error err = { 0 };
	struct load load;
	int ret = load__start(&load, cell->config.load, &err);

	if (ret)
		return measurement__fail(m, MEASURE_FAILED, "%s", err.text);
	inst->timeout_ms = req->timeout_ms;
	inst->renewals = 0;
	inst->seen = progress_of(inst);
	inst->deadline_ns = clock__ns() + req->timeout_ms * 1000000ull;
	if (!inst->booted)
		ret = boot(inst, &err);
	if (!ret)
		ret = measure(inst, cell, req, m, &err);
	if (ret)
		explain(inst, &err, req, m);
	else if (m->status == MEASURE_OK)
		warn(inst, cell, m);
	load__stop(&load);
	return 0;
}

static void kvm__probe(struct backend_info *info)
{
	probe(true, info);
}

static int kvm__create(const struct cell *cell, const struct measure_request *req,
		       struct instance **out, struct error *err)
{
	return create(true, cell, req, out, err);
}

DEFINE_BACKEND(backend_qemu_kvm) = {
	.name = "qemu-kvm",
	.rank = 20,
	.what = "VMs of QEMU over /dev/kvm",
	.vm_bytes = SETUP_VM_BYTES + QEMU_BYTES,
	.uses_kvm = true,
	.honours = {
		.keys = (const char *const[]){
			"pages", "guest_pages", "irqchip", "disable_exits", "x2apic", "vcpus",
			"parallel", "pin", "numa", "sched", "load", NULL
		},
		.needs = NEEDS_OF_QEMU | NEEDS_HYPERVISOR,
	},
	.probe = kvm__probe,
	.supports = supports,
	.create = kvm__create,
	.run = run,
	.destroy = destroy,
};

static void tcg__probe(struct backend_info *info)
{
	probe(false, info);
}

static int tcg__create(const struct cell *cell, const struct measure_request *req,
		       struct instance **out, struct error *err)
{
	return create(false, cell, req, out, err);
}

DEFINE_BACKEND(backend_qemu_tcg) = {
	.name = "qemu-tcg",
	.rank = 30,
	.what = "VMs of QEMU without any hypervisor: software emulation",
	.vm_bytes = SETUP_VM_BYTES + QEMU_BYTES,
	.honours = {
		.keys = (const char *const[]){
			"pages", "guest_pages", "x2apic", "vcpus", "parallel", "pin", "numa",
			"sched", "load", NULL
		},
		.needs = NEEDS_OF_QEMU,
	},
	.probe = tcg__probe,
	.supports = supports,
	.create = tcg__create,
	.run = run,
	.destroy = destroy,
};
