/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workloads in VMs of our own VMM. One VM is run by the calling thread; several at once have a
 * thread each, which start measuring together.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "arch.h"
#include "backends/collect.h"
#include "backends/kvm_lifecycle.h"
#include "backends/setup.h"
#include "base/stats.h"
#include "host.h"
#include "load.h"
#include "probes/schedstat.h"
#include "vmm/placement.h"
#include "vmm/vm.h"

#define MAX_VMS			512
#define INJECT_GAP_CYCLES	100000	/* for the vCPU to reach its HLT or its loop */

struct injector {
	pthread_t thread;
	bool running;
	volatile int stop;
	struct hv_kick *kick;
	int irqfd;
};

struct guest {
	struct vm vm;
	unsigned int index;
	bool booted;
	struct hv_command sent;		/* the last one */
	/* for a thread of its own */
	pthread_t thread;
	const struct cell *cell;
	struct measure_request req;
	struct measurement *m;
	struct gate *gate;
};

/* Held closed until all threads are there, so that they start together or not at all. */
struct gate {
	pthread_mutex_t closed;
	bool abandoned;
};

struct instance {
	struct payload payload;
	struct guest *guests;
	unsigned int nr_guests;
};

/* What the exit counters were at a doorbell, over all vCPUs. */
struct snapshot {
	uint64_t *stats;		/* each vCPU's values, then the VM's; NULL: none */
	uint64_t user_exits[VM_MAX_USER_EXITS];
	uint64_t interrupted;
	uint64_t cpu_ns;		/* of the vCPU threads */
	bool cpu_known;
};

static void kvm__probe(struct backend_info *info)
{
	struct error err = { 0 };
	int fd = vm__open_kvm(&err);

	*info = (struct backend_info){ .available = fd >= 0 };
	snprintf(info->virt, sizeof(info->virt), "%s", host__kvm_vendor(""));
	if (fd < 0) {
		info->why_code = err.code;
		snprintf(info->why, sizeof(info->why), "%s", err.text);
		return;
	}
	snprintf(info->detail, sizeof(info->detail), "/dev/kvm, module for %s", info->virt);
	close(fd);
}

static int kvm__supports(const struct cell *cell, struct error *err)
{
	const struct workload *w = cell->workload;
	const struct config *config = &cell->config;
	struct config settled = *config;
	int ret;

	if (w->needs & NEEDS_PIC && config->irqchip != IRQCHIP_KERNEL)
		return error__set(err, -EOPNOTSUPP, "needs the in-kernel PIC: irqchip=kernel");
	if (w->needs & (NEEDS_LAPIC | NEEDS_XAPIC) && !irqchip__has_lapic(config))
		return error__set(err, -EOPNOTSUPP,
				  "needs an in-kernel local APIC: irqchip=kernel or split");
	if (config->vcpus && w->vcpus > config->vcpus)
		return error__set(err, -EOPNOTSUPP, "needs vcpus=%u", w->vcpus);
	if (w->kind == WORKLOAD_HOST && (config->vms > 1 || config->overcommit_percent))
		return error__set(err, -EOPNOTSUPP, "makes its VMs one by one: vms= and overcommit= say "
				  "nothing of it");
	if (setup__vms(cell) > MAX_VMS)
		return error__set(err, -EOPNOTSUPP, "%u VMs: at most %u", setup__vms(cell), MAX_VMS);
	if (w->kind == WORKLOAD_HOST && config->dirty_log != DIRTY_LOG_OFF)
		return error__set(err, -EOPNOTSUPP, "runs no guest whose writes dirty_log= could log");
	ret = dirty__check(config->dirty_log, err);
	return ret ? ret : placement__settle(&settled, err);
}

static void kvm__destroy(struct instance *inst)
{
	if (!inst)
		return;
	for (unsigned int i = 0; i < inst->nr_guests; i++)
		vm__destroy(&inst->guests[i].vm);
	free(inst->guests);
	payload__close(&inst->payload);
	free(inst);
}

static int create_guest(struct instance *inst, const struct cell *cell, struct error *err)
{
	const struct workload *w = cell->workload;
	struct vm_request req = {
		.config = &cell->config,
		.payload = &inst->payload,
		.arena_bytes = w->arena_bytes ? w->arena_bytes(cell->params) : 0,
		.arena_pages = setup__pages(cell),
		.nr_vcpus = setup__vcpus(cell),
		.ioeventfd = w->needs & NEEDS_IOEVENTFD && cell->config.ioeventfd,
		.coalesced_mmio = w->needs & NEEDS_COALESCED_MMIO,
		.irqfd = w->needs & NEEDS_INJECTOR,
		.populate = w->populate && w->populate(cell->params),
		.x2apic = cell->config.x2apic && !(w->needs & NEEDS_XAPIC),
	};
	struct guest *guest = &inst->guests[inst->nr_guests];
	int ret;

	guest->index = inst->nr_guests;
	req.first_pin = guest->index * req.nr_vcpus;
	ret = vm__create(&guest->vm, &req, err);
	if (ret)
		return ret;
	inst->nr_guests++;
	return 0;
}

/* A VM takes half a dozen descriptors, and the usual soft limit is 1024. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Each of them could have its memory alone: pages come when a guest touches them. */
static int check_memory(const struct cell *cell, unsigned int vms, struct error *err)
{
	const struct workload *w = cell->workload;
	enum config_pages pages = setup__pages(cell);

	if (!w->arena_bytes || pages == PAGES_2M || pages == PAGES_1G)
		return 0;
	return memory__check(w->arena_bytes(cell->params) * vms, err);
}

static int kvm__create(const struct cell *cell, const struct measure_request *req,
		       struct instance **out, struct error *err)
{
	unsigned int vms = setup__vms(cell);
	struct instance *inst = calloc(1, sizeof(*inst));
	int ret;

	if (inst)
		inst->guests = calloc(vms, sizeof(*inst->guests));
	if (!inst || !inst->guests) {
		free(inst);
		return error__set(err, -ENOMEM, "out of memory");
	}
	raise_descriptor_limit();
	ret = vcpu__init_signal(err);
	if (!ret)
		ret = check_memory(cell, vms, err);
	if (!ret)
		ret = payload__open(&inst->payload, req->payload, err);
	/* Lifecycle workloads make their own. */
	while (!ret && cell->workload->kind != WORKLOAD_HOST && inst->nr_guests < vms)
		ret = create_guest(inst, cell, err);
	if (ret && inst->nr_guests)
		error__prefix(err, "VM %u of %u", inst->nr_guests + 1, vms);
	/* Which of a VM's descriptors was the one too many depends on the limit alone. */
	if (ret == -EMFILE || ret == -ENFILE)
		error__append(err, "; use fewer VMs, or raise the limit (ulimit -n)");
	if (ret) {
		kvm__destroy(inst);
		return ret;
	}
	*out = inst;
	return 0;
}

static int enter_thread(struct guest *guest, struct setup_thread *saved, struct error *err)
{
	return setup__enter(saved, &guest->vm.config, guest->vm.first_pin, err);
}

static void *inject(void *arg)
{
	struct injector *inj = arg;
	volatile struct hv_kick *kick = inj->kick;
	uint64_t one = 1, sent = 0;

	while (!inj->stop) {
		uint64_t wanted = kick->guest_seq, start;

		if (wanted == sent) {
			sched_yield();
			continue;
		}
		start = arch_clock();
		while (arch_clock() - start < INJECT_GAP_CYCLES)
			arch_pause();
		sent = wanted;
		kick->host_seq = sent;
		kick->host_tsc = arch_clock();
		if (write(inj->irqfd, &one, sizeof(one)) < 0)
			break;
	}
	return NULL;
}

static int injector__start(struct injector *inj, struct vm *vm, struct error *err)
{
	int ret;

	*inj = (struct injector){ .kick = &vm__mailbox(vm)->kick, .irqfd = vm->irqfd };
	if (vm->irqfd < 0)
		return 0;
	ret = pthread_create(&inj->thread, NULL, inject, inj);
	if (ret)
		return error__set(err, -ret, "starting the injecting thread: %s", strerror(ret));
	inj->running = true;
	return 0;
}

static void injector__stop(struct injector *inj)
{
	if (!inj->running)
		return;
	inj->stop = 1;
	pthread_join(inj->thread, NULL);
	inj->running = false;
}

/* Time in the guest counts as its thread's; vCPU 0 has none but the calling one. */
static bool add_cpu_time(const struct vcpu *vcpu, uint64_t *ns)
{
	struct timespec ts;
	clockid_t clock = CLOCK_THREAD_CPUTIME_ID;

	if ((vcpu->has_thread && pthread_getcpuclockid(vcpu->thread, &clock)) ||
	    clock_gettime(clock, &ts) < 0)
		return false;
	*ns += (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	return true;
}

/* Values of one of the VM's descriptors in a snapshot: a vCPU's, behind the last of them the VM's own. */
static uint64_t *stats_of(const struct vm *vm, const struct snapshot *snap, unsigned int index)
{
	return snap->stats + (size_t)index * vm->vcpus[0].stats.nr_values;
}

static int read_stats(struct kvmstats *stats, uint64_t *values)
{
	int ret = kvmstats__read(stats);

	if (!ret)
		memcpy(values, stats->values, stats->nr_values * sizeof(*values));
	return ret;
}

/* Of all or of none: what only some of the vCPUs say is not a count. */
static int snap_stats(struct vm *vm, struct snapshot *snap)
{
	unsigned int each = vm->vcpus[0].stats.nr_values;
	int ret = 0;

	if (!each)
		return 0;
	snap->stats = calloc((size_t)each * vm->nr_vcpus + vm->stats.nr_values, sizeof(*snap->stats));
	if (!snap->stats)
		return -ENOMEM;
	for (unsigned int i = 0; i < vm->nr_vcpus && !ret; i++) {
		ret = vm->vcpus[i].stats.nr_values == each ? 0 : -EPROTO;
		if (!ret)
			ret = read_stats(&vm->vcpus[i].stats, stats_of(vm, snap, i));
	}
	if (!ret && vm->has_stats)
		ret = read_stats(&vm->stats, stats_of(vm, snap, vm->nr_vcpus));
	if (ret) {
		free(snap->stats);
		snap->stats = NULL;
	}
	return 0;
}

static int take_snapshot(struct vm *vm, struct snapshot *snap)
{
	snap->cpu_known = true;
	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		struct vcpu *vcpu = &vm->vcpus[i];

		for (unsigned int k = 0; k < VM_MAX_USER_EXITS; k++)
			snap->user_exits[k] += vcpu->user_exits[k];
		snap->interrupted += vcpu->interrupted;
		snap->cpu_known &= add_cpu_time(vcpu, &snap->cpu_ns);
	}
	return snap_stats(vm, snap);
}

static void count_user_exits(const struct snapshot *begin, const struct snapshot *end, struct measurement *m)
{
	char name[64];

	for (unsigned int k = 0; k < VM_MAX_USER_EXITS; k++) {
		int64_t n = (int64_t)(end->user_exits[k] - begin->user_exits[k]);

		if (k == KVM_EXIT_IO)
			n--;
		if (!n)
			continue;
		m->user_exits += n;
		snprintf(name, sizeof(name), "user.%s", vcpu__exit_name(k));
		measurement__count(m, name, n);
	}
	if (end->interrupted != begin->interrupted)
		measurement__count(m, "user.EINTR", (int64_t)(end->interrupted - begin->interrupted));
}

static int sum_stats(struct vm *vm, const struct snapshot *begin, const struct snapshot *end,
		     struct kvm_figures *figures)
{
	int ret = 0;

	figures->rounds = 1;
	for (unsigned int i = 0; i < vm->nr_vcpus && !ret; i++)
		ret = kvmstats_window__add(&figures->vcpus, &vm->vcpus[i].stats, stats_of(vm, begin, i),
					   stats_of(vm, end, i));
	if (!ret && vm->has_stats)
		ret = kvmstats_window__add(&figures->vm, &vm->stats, stats_of(vm, begin, vm->nr_vcpus),
					   stats_of(vm, end, vm->nr_vcpus));
	if (ret || vm->nr_vcpus < 2)
		return ret;
	figures->each = calloc(vm->nr_vcpus, sizeof(*figures->each));
	if (!figures->each)
		return -ENOMEM;
	figures->nr_each = vm->nr_vcpus;
	for (unsigned int i = 0; i < vm->nr_vcpus && !ret; i++) {
		ret = kvmstats_window__add(&figures->each[i], &vm->vcpus[i].stats, stats_of(vm, begin, i),
					   stats_of(vm, end, i));
		kvmstats_window__prune(&figures->each[i]);
	}
	return ret;
}

/*
 * Differences of the window. The doorbell that ended it is the one exit that is ours and not the
 * workload's; the one that began it came before the first snapshot.
 */
static void count_exits(struct vm *vm, const struct snapshot *begin, const struct snapshot *end,
			struct measurement *m)
{
	const struct kvmstats_window *w = &m->figures.vcpus;
	char name[64];

	count_user_exits(begin, end, m);
	if (!begin->stats || !end->stats) {
		snprintf(m->exits_unknown_why, sizeof(m->exits_unknown_why), "%s",
			 vm->vcpus[0].stats.nr_values ? "KVM's statistics could not be read" :
							"this kernel has no binary KVM statistics");
		return;
	}
	if (sum_stats(vm, begin, end, &m->figures)) {
		measurement__fail(m, MEASURE_FAILED, "out of memory");
		return;
	}
	for (unsigned int i = 0; i < w->nr; i++) {
		const struct kvmstats_figure *f = &w->list[i];
		int64_t n;

		if (f->desc.type != KVMSTATS_CUMULATIVE || f->backwards)
			continue;
		n = (int64_t)f->gained[0];
		if (!strcmp(f->desc.name, "exits")) {
			m->exits_known = true;
			m->exits += --n;
		}
		if (!strcmp(f->desc.name, "irq_exits")) {
			m->host_interrupts = n;
			m->exits -= n;
		}
		if (!n)
			continue;
		snprintf(name, sizeof(name), "kvm.%s", f->desc.name);
		measurement__count(m, name, n);
	}
	if (!m->exits_known)
		snprintf(m->exits_unknown_why, sizeof(m->exits_unknown_why), "%s",
			 kvmstats_window__find(w, "exits") ? "KVM's statistic 'exits' was reset meanwhile" :
							     "KVM's statistics have no 'exits'");
}

/* The vCPU of its own thread that ended; one that rang the doorbell (-EPROTO) may only have told of a fault. */
static const struct vcpu *ended_secondary(const struct vm *vm, bool rang)
{
	for (unsigned int i = 1; i < vm->nr_vcpus; i++) {
		const struct vcpu *vcpu = &vm->vcpus[i];

		if (vcpu->ended && vcpu->failure.code && (vcpu->failure.code == -EPROTO) == rang)
			return vcpu;
	}
	return NULL;
}

/* A vCPU of its own thread that ended, or an exception, is the reason and not what vCPU 0 saw. */
static void explain(struct guest *guest, const struct error *err, struct measurement *m,
		    unsigned int timeout_ms)
{
	struct vm *vm = &guest->vm;
	const struct vcpu *ended = ended_secondary(vm, false);
	struct error why = *err;
	char fault[256];

	if (ended) {
		measurement__fail(m, MEASURE_FAILED, "vCPU %u: %s", ended->index, ended->failure.text);
		return;
	}
	if (vm__mailbox(vm)->status.state == HV_STATE_FAULT) {
		struct hv_fault copy = vm__mailbox(vm)->status.fault;

		measurement__fail(m, MEASURE_FAILED, "%s", collect__fault(&copy, fault, sizeof(fault)));
		return;
	}
	ended = ended_secondary(vm, true);
	if (ended) {
		why = ended->failure;
	} else if (err->code == -ETIME) {
		error__set(&why, -ETIME, "no progress for %u.%u s: stopped", timeout_ms / 1000,
			   timeout_ms % 1000 / 100);
		vcpu__describe(&vm->vcpus[0], &why);
	}
	measurement__fail(m, MEASURE_FAILED, "%s", why.text);
}

/* Runs vCPU 0 to its next doorbell, which has to be `want`. */
static int run_to(struct guest *guest, uint32_t want, struct error *err)
{
	uint32_t bell;
	int ret = vcpu__run(&guest->vm.vcpus[0], &bell, err);

	if (ret)
		return ret;
	return collect__bell(bell, want, err);
}

static int boot(struct guest *guest, struct error *err)
{
	struct vm *vm = &guest->vm;
	uint64_t before = arch_clock(), stamp;
	int ret = vm__start_secondaries(vm, err);

	if (!ret)
		ret = run_to(guest, HV_BELL_READY, err);
	stamp = vm__mailbox(vm)->status.bell_tsc;
	vm->tsc_is_host = stamp >= before && stamp <= arch_clock();
	guest->booted = !ret;
	return ret;
}

static void send_command(struct guest *guest, const struct cell *cell,
			 const struct measure_request *req, uint32_t flags)
{
	struct vm *vm = &guest->vm;
	struct hv_command *cmd = &guest->sent;
	uint32_t seq = cmd->seq + 1;

	collect__command(cmd, cell, req, vm->tsc_khz);
	cmd->seq = seq;
	cmd->flags = flags | (setup__small_guest_pages(cell) ? HV_CMD_GUEST_4K : 0);
	cmd->arena_gpa = HV_ARENA_GPA;
	cmd->arena_bytes = vm->arena.bytes;
	cmd->tables_gpa = vm->tables_gpa;
	cmd->tables_bytes = vm->tables_bytes;
	vm__mailbox(vm)->command = *cmd;
}

/* `ret` of run_to() is 0, or -EAGAIN: then the guest owes a refusal, for nothing was measured. */
static void collect(struct guest *guest, int ret, const struct cell *cell, struct measurement *m)
{
	collect__mailbox(vm__mailbox(&guest->vm), &guest->sent, cell, m);
	if (ret == -EAGAIN)
		collect__untimed(m);
}

/* Steal at one end of the window: by the guest, and by the host's scheduler. */
struct theft {
	struct steal_reading guest;
	uint64_t delay_ns[HV_MAX_VCPUS];	/* run-queue delay of each vCPU's thread */
	bool host_known;
};

static void look_at_steal(struct vm *vm, struct theft *theft)
{
	collect__read_steal(vm__mailbox(vm), vm->nr_vcpus, &theft->guest);
	theft->host_known = true;
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		theft->host_known &= !schedstat__run_delay(vm->vcpus[i].tid, &theft->delay_ns[i]);
}

/* `delay_ns`: of the thread of vCPU 0, when it had last run before the window; UINT64_MAX: not known. */
static void tell_steal(struct vm *vm, const struct theft stolen[2], uint64_t delay_ns, struct steal *steal)
{
	const struct theft *begin = &stolen[0], *end = &stolen[1];

	collect__steal(vm__mailbox(vm), vm->nr_vcpus, &begin->guest, &end->guest,
		       begin->host_known && delay_ns < begin->delay_ns[0] ? begin->delay_ns[0] - delay_ns : 0,
		       steal);
	steal->host_known = begin->host_known && end->host_known;
	for (unsigned int i = 0; steal->host_known && i < vm->nr_vcpus; i++)
		steal->host_ns += end->delay_ns[i] - begin->delay_ns[i];
}

static int measure(struct guest *guest, const struct cell *cell, const struct measure_request *req,
		   struct measurement *m, struct error *err)
{
	struct snapshot begin = { 0 }, end = { 0 };
	struct theft stolen[2] = { 0 };
	struct vm *vm = &guest->vm;
	uint64_t delay_ns;
	int ret;

	send_command(guest, cell, req, req->steal ? HV_CMD_STEAL : 0);
	m->tsc_khz = vm->tsc_khz;
	ret = run_to(guest, HV_BELL_BEGIN, err);
	/* vCPU 0 last ran right here: what it waits for a CPU until it runs again, the guest sees then. */
	if (ret || !req->steal || schedstat__run_delay(vm->vcpus[0].tid, &delay_ns))
		delay_ns = UINT64_MAX;
	if (!ret)
		ret = dirty__begin(vm, err);
	if (!ret)
		ret = take_snapshot(vm, &begin);
	if (!ret && req->on_window)
		req->on_window(req->window_ctx, true);
	if (!ret && req->steal)
		look_at_steal(vm, &stolen[0]);
	if (!ret)
		ret = run_to(guest, HV_BELL_END, err);
	if (!ret && req->steal)
		look_at_steal(vm, &stolen[1]);
	if (!ret && req->on_window)
		req->on_window(req->window_ctx, false);
	if (!ret)
		ret = take_snapshot(vm, &end);
	if (!ret)
		ret = dirty__end(vm, &m->dirty_pages, err);
	if (!ret)
		ret = run_to(guest, HV_BELL_READY, err);
	if (!ret || ret == -EAGAIN)
		collect(guest, ret, cell, m);
	if (!ret && m->status == MEASURE_OK) {
		m->cpu_known = begin.cpu_known && end.cpu_known;
		m->cpu_ns = end.cpu_ns - begin.cpu_ns;
		count_exits(vm, &begin, &end, m);
		if (req->steal)
			tell_steal(vm, stolen, delay_ns, &m->steal);
	}
	free(begin.stats);
	free(end.stats);
	return ret == -EAGAIN ? 0 : ret;
}

static void warn_of_setup(struct guest *guest, const struct cell *cell, struct measurement *m)
{
	struct vm *vm = &guest->vm;
	int64_t huge;

	setup__warn(cell, m);
	if (vm->disable_exits_refused[0])
		measurement__warn(m, "this KVM does not grant disable_exits=%s",
				  vm->disable_exits_refused);
	/* Cheap enough only where it matters; a fragmented host gives 4 KiB pages without a word. */
	if (vm->arena.bytes >= 2u << 20 && vm->arena.pages == PAGES_THP &&
	    cell->workload->group == GROUP_MEMORY) {
		huge = memory__huge_bytes(&vm->arena);
		if (huge >= 0 && (uint64_t)huge < vm->arena.bytes / 10 * 9)
			measurement__warn(m, "pages=thp, but huge pages back only %d %% of the working "
					  "set: see /sys/kernel/mm/transparent_hugepage/enabled",
					  (int)((uint64_t)huge * 100 / vm->arena.bytes));
	}
}

/* One round of one VM in the calling thread. */
static void run_guest(struct guest *guest, const struct cell *cell,
		      const struct measure_request *req, struct measurement *m)
{
	struct setup_thread saved;
	struct injector injector = { 0 };
	struct watchdog dog = { 0 };
	struct error err = { 0 };
	int ret;

	ret = enter_thread(guest, &saved, &err);
	if (!ret)
		ret = watchdog__start(&dog, &guest->vm.vcpus[0], req->timeout_ms, &err);
	if (!ret && !guest->booted)
		ret = boot(guest, &err);
	if (!ret && cell->workload->needs & NEEDS_INJECTOR && !guest->vm.tsc_is_host) {
		measurement__fail(m, MEASURE_SKIPPED, "the guest's clock is not the host's: what the host "
				  "stamps cannot be compared with what the guest reads");
	} else if (!ret) {
		ret = injector__start(&injector, &guest->vm, &err);
		if (!ret)
			ret = measure(guest, cell, req, m, &err);
	}
	watchdog__stop(&dog);
	injector__stop(&injector);
	setup__leave(&saved);
	if (ret)
		explain(guest, &err, m, req->timeout_ms);
	else if (m->status == MEASURE_OK)
		warn_of_setup(guest, cell, m);
}

static void *guest_thread(void *arg)
{
	struct guest *guest = arg;

	pthread_mutex_lock(&guest->gate->closed);
	pthread_mutex_unlock(&guest->gate->closed);
	if (!guest->gate->abandoned)
		run_guest(guest, guest->cell, &guest->req, guest->m);
	return NULL;
}

/* The first failure speaks for all. */
static void merge(struct instance *inst, struct measurement *m)
{
	for (unsigned int i = 0; i < inst->nr_guests; i++) {
		struct measurement *one = inst->guests[i].m;

		if (one->status != MEASURE_OK) {
			measurement__fail(m, one->status, "VM %u of %u: %s", i, inst->nr_guests,
					  one->reason);
			return;
		}
		if (collect__merge(m, one)) {
			measurement__fail(m, MEASURE_FAILED, "out of memory");
			return;
		}
	}
}

static void run_together(struct instance *inst, const struct cell *cell,
			 const struct measure_request *req, struct measurement *m)
{
	struct gate gate = { .closed = PTHREAD_MUTEX_INITIALIZER };
	unsigned int started = 0;
	int ret = 0;

	pthread_mutex_lock(&gate.closed);
	for (unsigned int i = 0; i < inst->nr_guests; i++) {
		struct guest *guest = &inst->guests[i];

		guest->cell = cell;
		guest->req = *req;
		guest->gate = &gate;
		guest->m = measurement__new();
		if (!guest->m)
			ret = ENOMEM;
	}
	while (!ret && started < inst->nr_guests) {
		struct guest *guest = &inst->guests[started];

		ret = pthread_create(&guest->thread, NULL, guest_thread, guest);
		if (!ret)
			started++;
	}
	gate.abandoned = ret != 0;
	pthread_mutex_unlock(&gate.closed);
	if (ret)
		measurement__fail(m, MEASURE_FAILED, "starting a thread for each of %u VMs: %s",
				  inst->nr_guests, strerror(ret));
	for (unsigned int i = 0; i < started; i++)
		pthread_join(inst->guests[i].thread, NULL);
	if (!ret)
		merge(inst, m);
	for (unsigned int i = 0; i < inst->nr_guests; i++) {
		measurement__free(inst->guests[i].m);
		inst->guests[i].m = NULL;
	}
	pthread_mutex_destroy(&gate.closed);
}

/* VMs side by side need one number of operations: the first one finds it, alone. */
static uint64_t calibrate(struct instance *inst, const struct cell *cell,
			  const struct measure_request *req, struct measurement *m)
{
	struct measure_request once = *req;
	struct measurement *probe = measurement__new();
	uint64_t ops = 0;

	if (!probe)
		return 0;
	once.samples = 1;
	once.singles = 0;
	run_guest(&inst->guests[0], cell, &once, probe);
	if (probe->status == MEASURE_OK)
		ops = probe->ops_per_sample;
	else
		measurement__fail(m, probe->status, "%s", probe->reason);
	measurement__free(probe);
	return ops;
}

/* Lifecycle workloads run no vCPU for long: it is the thread that makes the calls that is placed. */
static void measure_lifecycle(struct instance *inst, const struct cell *cell,
			      const struct measure_request *req, struct measurement *m)
{
	struct config settled = cell->config;
	struct setup_thread saved;
	struct error err = { 0 };

	if (placement__settle(&settled, &err)) {
		measurement__fail(m, MEASURE_SKIPPED, "%s", err.text);
		return;
	}
	if (setup__enter(&saved, &settled, 0, &err))
		measurement__fail(m, MEASURE_FAILED, "%s", err.text);
	else
		kvm_lifecycle__measure(cell, req, &inst->payload, m);
	setup__leave(&saved);
}

static void run_guests(struct instance *inst, const struct cell *cell,
		       const struct measure_request *req, struct measurement *m)
{
	struct measure_request all = *req;

	if (inst->nr_guests == 1) {
		run_guest(&inst->guests[0], cell, req, m);
		return;
	}
	if (!all.ops_per_sample && cell->workload->kind == WORKLOAD_BATCH && !cell->workload->max_ops) {
		all.ops_per_sample = calibrate(inst, cell, req, m);
		if (!all.ops_per_sample)
			return;
	}
	run_together(inst, cell, &all, m);
}

static int kvm__run(struct instance *inst, const struct cell *cell,
		    const struct measure_request *req, struct measurement *m)
{
	struct error err = { 0 };
	struct load load;

	if (load__start(&load, cell->config.load, &err))
		return measurement__fail(m, MEASURE_FAILED, "%s", err.text);
	if (cell->workload->kind == WORKLOAD_HOST)
		measure_lifecycle(inst, cell, req, m);
	else
		run_guests(inst, cell, req, m);
	load__stop(&load);
	return 0;
}

/* Both guests up to the bell before their first sample. */
static int start_twin(struct guest *guest, const struct cell *cell, const struct measure_request *req,
		      struct error *err)
{
	int ret = 0;

	if (!guest->booted)
		ret = boot(guest, err);
	if (ret)
		return ret;
	send_command(guest, cell, req, HV_CMD_STEP);
	ret = run_to(guest, HV_BELL_BEGIN, err);
	if (!ret)
		ret = dirty__begin(&guest->vm, err);
	return ret ? ret : run_to(guest, HV_BELL_STEP, err);
}

/* A B, B A, A B …: what drifts steadily is on both sides. */
static int side_of(unsigned int sample)
{
	return (sample & 1) ^ (sample >> 1 & 1);
}

/* A sample each in that order; the last one of each ends in END and then READY. */
static int alternate(struct guest *twin[2], unsigned int samples, struct error *err, int *which)
{
	int ret = 0;

	for (unsigned int i = 0; i < 2 * samples && !ret; i++) {
		uint32_t want = i / 2 + 1 == samples ? HV_BELL_END : HV_BELL_STEP;

		*which = side_of(i);
		ret = run_to(twin[*which], want, err);
	}
	for (int i = 0; i < 2 && !ret; i++) {
		*which = i;
		ret = run_to(twin[i], HV_BELL_READY, err);
	}
	return ret;
}

static double empty_loop(const struct measurement *m)
{
	return m->nr_empty ? stats__median(m->empty, m->nr_empty) : 0;
}

static void compare_twins(const struct measurement *a, const struct measurement *b, struct pair *pair)
{
	double empty_a = empty_loop(a), empty_b = empty_loop(b);
	double *ratio = calloc(3 * (size_t)a->nr_samples + 1, sizeof(*ratio));
	double *net_a = ratio + a->nr_samples, *net_b = net_a + a->nr_samples;
	unsigned int n = 0;

	if (!ratio) {
		pair->status = MEASURE_FAILED;
		snprintf(pair->reason, sizeof(pair->reason), "out of memory");
		return;
	}
	for (unsigned int i = 0; i < a->nr_samples && i < b->nr_samples; i++) {
		double cost_a = (a->samples[i] - empty_a) / (double)a->ops_per_sample;
		double cost_b = (b->samples[i] - empty_b) / (double)b->ops_per_sample;

		if (cost_a <= 0 || cost_b <= 0)
			continue;
		net_a[n] = cost_a;
		net_b[n] = cost_b;
		ratio[n++] = log(cost_b / cost_a);
	}
	pair->alternations = n;
	pair->status = n ? MEASURE_OK : MEASURE_FAILED;
	if (n) {
		struct stats_interval interval;

		stats__sort(ratio, n);
		interval = stats__median_interval(ratio, n, 0.95);
		pair->low = interval.low;
		pair->high = interval.high;
		pair->log_ratio = stats__quantile(ratio, n, 0.5);
		pair->a = stats__median(net_a, n);
		pair->b = stats__median(net_b, n);
	} else {
		snprintf(pair->reason, sizeof(pair->reason),
			 "no sample took longer than the empty loop: there is no ratio");
	}
	free(ratio);
}

/* One thread, one CPU, for both; put back afterwards. */
static int enter_cpu(struct guest *guest, struct setup_thread *saved, struct error *err)
{
	int ret = enter_thread(guest, saved, err), cpu = sched_getcpu();
	cpu_set_t one;

	if (ret || guest->vm.config.pinned || cpu < 0)
		return ret;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
	return 0;
}

/* Runs both; *which is the one that an error is about. */
static int take_turns(struct guest *guests[2], const struct twin twins[2],
		      const struct measure_request *req, struct error *err, int *which)
{
	struct watchdog dog[2] = { 0 };
	struct setup_thread saved;
	struct load load;
	int ret = load__start(&load, guests[0]->vm.config.load, err);

	*which = 0;
	if (ret)
		return ret;
	ret = enter_cpu(guests[0], &saved, err);
	for (int i = 0; i < 2 && !ret; i++)
		ret = watchdog__start(&dog[i], &guests[i]->vm.vcpus[0], req->timeout_ms, err);
	for (int i = 0; i < 2 && !ret; i++) {
		struct measure_request own = *req;

		*which = i;
		own.ops_per_sample = twins[i].ops_per_sample;
		own.singles = 0;
		ret = start_twin(guests[i], twins[i].cell, &own, err);
	}
	if (!ret)
		ret = alternate(guests, req->samples, err, which);
	for (int i = 0; i < 2; i++)
		watchdog__stop(&dog[i]);
	setup__leave(&saved);
	load__stop(&load);
	return ret;
}

/* A guest beside a process that gives it turns. */
struct turns {
	struct guest *guest;
	unsigned int done, samples;
	struct error *err;
	int ret;
};

/* The same order as that of two guests: its samples 0, then 0 and 1 of the guest, then 1 and 2 … */
static void guest_turn(void *ctx, unsigned int sample)
{
	struct turns *t = ctx;
	unsigned int due = sample + (sample & 1);

	while (!t->ret && t->done < due && t->done < t->samples) {
		t->done++;
		t->ret = run_to(t->guest, t->done == t->samples ? HV_BELL_END : HV_BELL_STEP, t->err);
	}
	/* Behind its last sample whatever is left. */
	if (sample == t->samples && t->done < t->samples && !t->ret)
		guest_turn(ctx, sample + 1);
}

static int run_beside(const struct backend *other, const struct twin twins[2],
		      const struct measure_request *req, struct pair *pair)
{
	struct measurement *m[2] = { measurement__new(), measurement__new() };
	struct guest *guest = &twins[1].instance->guests[0];
	struct measure_request own = *req;
	struct error err = { 0 };
	struct turns turns = { .guest = guest, .samples = req->samples, .err = &err };
	struct setup_thread saved;
	struct watchdog dog = { 0 };
	struct load load;
	int ret = m[0] && m[1] ? load__start(&load, guest->vm.config.load, &err) : -ENOMEM;

	if (ret)
		goto out;
	own.ops_per_sample = twins[1].ops_per_sample;
	own.singles = 0;
	ret = enter_cpu(guest, &saved, &err);
	if (!ret)
		ret = watchdog__start(&dog, &guest->vm.vcpus[0], req->timeout_ms, &err);
	if (!ret)
		ret = start_twin(guest, twins[1].cell, &own, &err);
	if (!ret) {
		other->run_in_turns(&twins[0], req, guest_turn, &turns, m[0]);
		ret = turns.ret ?: run_to(guest, HV_BELL_READY, &err);
	}
	watchdog__stop(&dog);
	setup__leave(&saved);
	load__stop(&load);
	if (ret && ret != -EAGAIN)
		explain(guest, &err, m[1], req->timeout_ms);
	else
		collect(guest, ret, twins[1].cell, m[1]);
out:
	pair->status = !m[0] || !m[1] ? MEASURE_FAILED : m[0]->status ? m[0]->status : m[1]->status;
	if (pair->status == MEASURE_OK) {
		pair->tsc_khz = guest->vm.tsc_khz;
		compare_twins(m[0], m[1], pair);
	} else {
		snprintf(pair->reason, sizeof(pair->reason), "%s", err.text[0] ? err.text :
			 m[0] && m[1] ? m[m[0]->status ? 0 : 1]->reason : "out of memory");
	}
	measurement__free(m[0]);
	measurement__free(m[1]);
	return 0;
}

static int kvm__run_pair(const struct twin twins[2], const struct measure_request *req,
			 struct pair *pair)
{
	const struct backend *other = backend__find(twins[0].cell->backend);
	struct measurement *m[2] = { measurement__new(), measurement__new() };
	struct guest *guests[2];
	struct error err = { 0 };
	int ret, which = 0;

	*pair = (struct pair){ .status = MEASURE_FAILED };
	if (!config__same_thread(&twins[0].cell->config, &twins[1].cell->config)) {
		pair->status = MEASURE_SKIPPED;
		snprintf(pair->reason, sizeof(pair->reason), "twins take turns in one thread, so they cannot "
			 "differ in pin, sched, load or numa (numa= alone can, with the same pin=CPU): compare "
			 "two runs");
		goto out;
	}
	if (other && other->run_in_turns) {
		run_beside(other, twins, req, pair);
		goto out;
	}
	for (int i = 0; i < 2; i++) {
		if (!m[i] || !twins[i].instance->nr_guests) {
			snprintf(pair->reason, sizeof(pair->reason), "%s",
				 m[i] ? "measured by the host: it has no twin" : "out of memory");
			goto out;
		}
		guests[i] = &twins[i].instance->guests[0];
	}
	ret = take_turns(guests, twins, req, &err, &which);
	for (int i = 0; i < 2; i++) {
		if (ret && ret != -EAGAIN) {
			if (i == which)
				explain(guests[i], &err, m[i], req->timeout_ms);
		} else if (!ret || i == which) {
			collect(guests[i], ret, twins[i].cell, m[i]);
		}
		if (m[i]->status != MEASURE_OK) {
			pair->status = m[i]->status;
			snprintf(pair->reason, sizeof(pair->reason), "%s", m[i]->reason);
			goto out;
		}
	}
	pair->tsc_khz = guests[0]->vm.tsc_khz;
	compare_twins(m[0], m[1], pair);
out:
	measurement__free(m[0]);
	measurement__free(m[1]);
	return 0;
}

/* Samples of one VM that alternated between two sides, as two measurements. */
static int part_sides(const struct measurement *m, struct measurement *side[2])
{
	for (int s = 0; s < 2; s++) {
		side[s]->samples = calloc(m->nr_samples + 1, sizeof(double));
		side[s]->empty = calloc(m->nr_empty + 1, sizeof(double));
		if (!side[s]->samples || !side[s]->empty)
			return -ENOMEM;
		memcpy(side[s]->empty, m->empty, m->nr_empty * sizeof(double));
		side[s]->nr_empty = m->nr_empty;
		side[s]->ops_per_sample = m->ops_per_sample;
	}
	for (unsigned int i = 0; i < m->nr_samples; i++) {
		struct measurement *to = side[side_of(i)];

		to->samples[to->nr_samples++] = m->samples[i];
	}
	return 0;
}

static int take_turns_alone(struct guest *guest, const struct twin *twin,
			    void (*set)(void *ctx, int side), void *ctx,
			    const struct measure_request *req, struct error *err)
{
	struct setup_thread saved;
	struct watchdog dog = { 0 };
	struct load load;
	int ret = load__start(&load, guest->vm.config.load, err);

	if (ret)
		return ret;
	ret = enter_cpu(guest, &saved, err);
	if (!ret)
		ret = watchdog__start(&dog, &guest->vm.vcpus[0], req->timeout_ms, err);
	if (!ret)
		ret = start_twin(guest, twin->cell, req, err);
	for (unsigned int i = 0; i < req->samples && !ret; i++) {
		set(ctx, side_of(i));
		ret = run_to(guest, i + 1 == req->samples ? HV_BELL_END : HV_BELL_STEP, err);
	}
	if (!ret)
		ret = run_to(guest, HV_BELL_READY, err);
	watchdog__stop(&dog);
	setup__leave(&saved);
	load__stop(&load);
	return ret;
}

static int kvm__run_toggled(const struct twin *twin, void (*set)(void *ctx, int side), void *ctx,
			    const struct measure_request *req, struct pair *pair)
{
	struct measurement *m = measurement__new();
	struct measurement *side[2] = { measurement__new(), measurement__new() };
	struct measure_request own = *req;
	struct guest *guest;
	struct error err = { 0 };
	int ret;

	*pair = (struct pair){ .status = MEASURE_FAILED };
	if (!m || !side[0] || !side[1] || !twin->instance->nr_guests) {
		snprintf(pair->reason, sizeof(pair->reason), "nothing to alternate in");
		goto out;
	}
	own.ops_per_sample = twin->ops_per_sample;
	own.samples = req->samples * 2 < HV_MAX_SAMPLES ? req->samples * 2 : HV_MAX_SAMPLES;
	own.singles = 0;
	guest = &twin->instance->guests[0];
	ret = take_turns_alone(guest, twin, set, ctx, &own, &err);
	if (ret && ret != -EAGAIN)
		explain(guest, &err, m, req->timeout_ms);
	else
		collect(guest, ret, twin->cell, m);
	if (m->status == MEASURE_OK && part_sides(m, side))
		measurement__fail(m, MEASURE_FAILED, "out of memory");
	pair->status = m->status;
	snprintf(pair->reason, sizeof(pair->reason), "%s", m->reason);
	pair->tsc_khz = guest->vm.tsc_khz;
	if (m->status == MEASURE_OK)
		compare_twins(side[0], side[1], pair);
out:
	measurement__free(m);
	measurement__free(side[0]);
	measurement__free(side[1]);
	return 0;
}

const struct backend backend_kvm = {
	.name = "kvm",
	.what = "VMs of our own small VMM over /dev/kvm",
	.uses_kvm = true,
	.probe = kvm__probe,
	.supports = kvm__supports,
	.create = kvm__create,
	.run = kvm__run,
	.run_pair = kvm__run_pair,
	.run_toggled = kvm__run_toggled,
	.destroy = kvm__destroy,
};
