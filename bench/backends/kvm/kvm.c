/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workloads in VMs of our own VMM. One VM is run by the calling thread; several at once have a
 * thread each, which start measuring together.
 */
#include "bench/backends/kvm/kvm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "arch.h"
#include "bench/backends/kvm/guest.h"
#include "bench/backends/kvm/injector.h"
#include "bench/backends/kvm/lifecycle.h"
#include "bench/backends/kvm/neighbour.h"
#include "bench/backends/kvm/peer.h"
#include "bench/backends/kvm/receiver.h"
#include "bench/backends/kvm/session.h"
#include "bench/backends/kvm/twins.h"
#include "bench/backends/kvm/window.h"
#include "bench/backends/mailbox.h"
#include "bench/backends/setup.h"
#include "bench/host/fingerprint.h"
#include "bench/host/load.h"
#include "bench/plan/needs.h"
#include "bench/kvm/device.h"
#include "bench/vmm/devices.h"
#include "bench/vmm/memory.h"
#include "bench/vmm/payload.h"
#include "bench/vmm/placement.h"
#include "bench/vmm/slots.h"
#include "bench/vmm/vhost.h"
#include "bench/vmm/vm.h"
#include "bench/vmm/watchdog.h"
#include "probes/schedstat.h"

#define MAX_VMS 512

/* Holds all threads back until every one exists, so that they start together or not at all. */
struct gate {
	pthread_mutex_t closed;
	bool abandoned;
};

static void kvm__probe(struct backend_info *info)
{
	struct error err = { 0 };
	int fd = kvm_device__open(&err);

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

/* The keys that apply where no guest works in memory of its own or beside others. */
static const struct honours lifecycle_honours = {
	.keys = (const char *const[]){ "irqchip", "halt_poll_ns", "disable_exits", "x2apic", "pin",
				       "numa", "sched", "load", NULL },
	.needs = ~0u,
};

/* And those that also apply where a guest obeys the host. */
static const struct honours session_honours = {
	.keys = (const char *const[]){ "pages", "guest_pages", "backing", "vcpus", "irqchip",
				       "halt_poll_ns", "disable_exits", "x2apic", "pin", "numa",
				       "sched", "load", NULL },
	.needs = ~0u,
};

static int kvm__supports(const struct cell *cell, struct error *err)
{
	struct config settled = cell->config;
	int ret = 0;

	if (cell->workload->kind == WORKLOAD_HOST)
		ret = host_half__find(cell->workload->name) ?
			      honours__check(&session_honours, cell,
					     "a workload that the host measures", NULL, err) :
			      honours__check(&lifecycle_honours, cell,
					     "a workload that runs no guest", NULL, err);
	if (ret)
		return ret;
	if (cell->workload->needs & (NEEDS_PEER | NEEDS_RECEIVER | NEEDS_QUEUE) &&
	    !cell->config.ioeventfd)
		return error__set(err, -EOPNOTSUPP, "needs ioeventfd=on");
	if (cell->workload->needs & NEEDS_PEER && setup__vms(cell) > 1)
		return error__set(err, -EOPNOTSUPP, "makes a second VM itself: not with vms=");
	if (setup__vms(cell) > MAX_VMS)
		return error__set(err, -EOPNOTSUPP, "%u VMs: at most %u", setup__vms(cell),
				  MAX_VMS);
	ret = dirty__check(cell->config.dirty_log, err);
	if (!ret && cell->workload->queue && cell->workload->queue(cell->params) == QUEUE_VHOST)
		ret = vhost__check(err);
	return ret ? ret : placement__settle(&settled, err);
}

static void kvm__destroy(struct instance *inst)
{
	if (!inst)
		return;
	peer__destroy(inst->peer);
	for (unsigned int i = 0; i < inst->nr_guests; i++) {
		userfault__stop(inst->guests[i].userfault);
		queue__stop(inst->guests[i].queue);
		vm__destroy(&inst->guests[i].vm);
	}
	free(inst->guests);
	payload__close(&inst->payload);
	free(inst);
}

/* userfaultfd has minor faults only for pages that a file already holds. */
static enum config_backing backing_of(const struct cell *cell)
{
	if (cell->config.backing == BACKING_ANON && cell->workload->fetch &&
	    cell->workload->fetch(cell->params).faults == FAULTS_MINOR)
		return BACKING_MEMFD;
	return cell->config.backing;
}

static int start_userfault(struct guest *guest, const struct cell *cell, struct error *err)
{
	struct workload_fetch how = cell->workload->fetch(cell->params);

	return userfault__start(&guest->userfault, &guest->vm.arena, &how, err);
}

static int create_guest(struct instance *inst, const struct cell *cell, struct error *err)
{
	const struct workload *w = cell->workload;
	struct vm_request req = {
		.config = &cell->config,
		.payload = &inst->payload,
		.arena_bytes = setup__arena_bytes(cell),
		.arena_pages = setup__pages(cell),
		.nr_vcpus = setup__vcpus(cell),
		.devices = w->needs & ~(cell->config.ioeventfd ? 0u : NEEDS_IOEVENTFD),
		.populate = w->populate && w->populate(cell->params),
		.backing = backing_of(cell),
		.hyperv = w->needs & NEEDS_HYPERV,
		.synic = w->needs & NEEDS_SYNIC,
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
	if (w->needs & NEEDS_PEER) {
		ret = peer__create(&inst->peer, &guest->vm, &req, err);
		guest->peer = inst->peer;
		if (ret)
			return ret;
	}
	if (w->fetch)
		ret = start_userfault(guest, cell, err);
	if (!ret && w->needs & NEEDS_QUEUE)
		ret = queue__start(&guest->queue, &guest->vm, w->queue(cell->params), err);
	return ret;
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
	ret = watchdog__init_signal(err);
	if (!ret)
		ret = memory__check(setup__memory_bytes(cell) + neighbour__memory_bytes(cell),
				    req->memory_bytes, err);
	if (!ret)
		ret = payload__open(&inst->payload, req->payload, err);
	/* Lifecycle workloads make their own VMs. */
	while (!ret && cell->workload->kind != WORKLOAD_HOST && inst->nr_guests < vms)
		ret = create_guest(inst, cell, err);
	if (ret && inst->nr_guests)
		error__prefix(err, "VM %u of %u", inst->nr_guests + 1, vms);
	/* Which of a VM's descriptors was one too many depends only on the limit. */
	if (ret == -EMFILE && vms > 1)
		error__append(err, ", or use fewer VMs");
	if (ret) {
		kvm__destroy(inst);
		return ret;
	}
	*out = inst;
	return 0;
}

static int measure(struct guest *guest, const struct cell *cell, const struct measure_request *req,
		   struct measurement *m, struct error *err)
{
	struct snapshot begin = { 0 }, end = { 0 };
	struct steal_snapshot snaps[3] = { 0 };
	struct vm *vm = &guest->vm;
	struct gap_total gaps = { 0 };
	uint64_t delay_ns;
	int ret;

	guest__command(guest, cell, req, req->steal ? HV_CMD_STEAL : 0);
	m->tsc_khz = vm->tsc_khz;
	ret = guest__run_to(guest, HV_BELL_BEGIN, err);
	/*
	 * vCPU 0 last ran just before this: if it now waits for a CPU until it runs again, the
	 * guest accounts that wait later, within the window.
	 */
	if (ret || !req->steal || schedstat__run_delay(vm->vcpus[0].tid, &delay_ns))
		delay_ns = UINT64_MAX;
	if (!ret)
		ret = dirty__begin(vm, err);
	if (!ret)
		ret = window__snap(vm, &begin);
	gaps = collect__gap_total(vm__mailbox(vm));
	if (!ret && req->on_window)
		req->on_window(req->window_ctx, true);
	if (!ret && req->steal)
		window__snap_steal(vm, &snaps[0]);
	if (!ret)
		ret = guest__run_to(guest, HV_BELL_END, err);
	if (!ret && req->steal)
		window__snap_steal(vm, &snaps[1]);
	if (!ret && req->on_window)
		req->on_window(req->window_ctx, false);
	if (!ret)
		ret = window__snap(vm, &end);
	if (!ret)
		ret = dirty__end(vm, &m->dirty_pages, err);
	if (!ret)
		ret = guest__run_to(guest, HV_BELL_READY, err);
	if (!ret && req->steal)
		window__snap_steal(vm, &snaps[2]);
	if (!ret || ret == -EAGAIN)
		guest__collect(guest, ret, cell, m);
	if (!ret && m->status == MEASURE_OK) {
		m->cpu_known = begin.cpu_known && end.cpu_known;
		m->cpu_ns = end.cpu_ns - begin.cpu_ns;
		window__count(vm, &begin, &end, m);
		if (cell->workload->notes_gaps)
			m->gaps = collect__gaps(vm__mailbox(vm), &gaps);
		if (m->gaps) {
			m->gaps->tsc_khz = vm->tsc_khz;
			m->gaps->tsc_is_host = vm->tsc_is_host;
		}
		if (req->steal)
			window__steal(vm, snaps, delay_ns, &m->steal);
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
	/* Too expensive to check everywhere; a fragmented host silently gives 4 KiB pages. */
	if (vm->arena.bytes >= 2u << 20 && vm->arena.pages == PAGES_THP &&
	    cell->workload->group == GROUP_MEMORY) {
		huge = memory__huge_bytes(&vm->arena);
		if (huge >= 0 && (uint64_t)huge < vm->arena.bytes / 10 * 9)
			measurement__warn(
				m,
				"pages=thp, but huge pages back only %d %% of the working "
				"set: see /sys/kernel/mm/transparent_hugepage/%s",
				(int)((uint64_t)huge * 100 / vm->arena.bytes),
				vm->config.backing == BACKING_MEMFD ? "shmem_enabled" : "enabled");
	}
}

/* The threads of the host that take part beside the vCPUs. */
struct helpers {
	struct injector injector;
	struct receiver receiver;
	struct peer *peer;
};

static int start_helpers(struct helpers *h, struct guest *guest, const struct cell *cell,
			 const struct measure_request *req, struct error *err)
{
	unsigned int wanted = cell->workload->needs;
	int ret = 0;

	if (wanted & NEEDS_INJECTOR)
		ret = injector__start(&h->injector, &guest->vm, NULL, err);
	if (!ret && wanted & NEEDS_RECEIVER)
		ret = receiver__start(&h->receiver, &guest->vm, cell->params[0] == RECEIVER_POLLS,
				      err);
	if (!ret && h->peer)
		ret = peer__start(h->peer, cell, req, err);
	return ret;
}

static void stop_helpers(struct helpers *h)
{
	injector__stop(&h->injector);
	receiver__stop(&h->receiver);
	peer__stop(h->peer);
}

/* One round of one VM in the calling thread. */
static void run_guest(struct guest *guest, const struct cell *cell,
		      const struct measure_request *req, struct measurement *m)
{
	struct setup_thread saved;
	struct helpers helpers = { .peer = guest->peer };
	struct watchdog dog = { 0 };
	struct error err = { 0 };
	int ret;

	ret = guest__enter_thread(guest, &saved, &err);
	if (!ret)
		ret = watchdog__start(&dog, &guest->vm.vcpus[0], req->timeout_ms, &err);
	if (!ret && cell->workload->optional)
		watchdog__expect_try(&dog, setup__meant_ms(cell));
	if (!ret && !guest->booted)
		ret = guest__boot(guest, &err);
	if (!ret && cell->workload->needs & (NEEDS_INJECTOR | NEEDS_RECEIVER) &&
	    !guest->vm.tsc_is_host) {
		measurement__fail(m, MEASURE_SKIPPED,
				  "the guest's clock is not the host's: what the host "
				  "stamps cannot be compared with what the guest reads");
	} else if (!ret) {
		ret = start_helpers(&helpers, guest, cell, req, &err);
		if (!ret)
			ret = measure(guest, cell, req, m, &err);
	}
	watchdog__stop(&dog);
	stop_helpers(&helpers);
	setup__leave(&saved);
	if (ret && peer__failed(guest->peer))
		err = *peer__failed(guest->peer);
	if (ret)
		guest__explain(guest, &err, m, req->timeout_ms);
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

/* The first failure is reported for all. */
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
		measurement__fail(
			m, MEASURE_FAILED, "starting a thread for each of %u VMs: %s%s",
			inst->nr_guests, strerror(ret),
			ret == EAGAIN ?
				"; use fewer VMs, or raise the limit of threads (ulimit -u)" :
				"");
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

/* VMs side by side need the same number of operations: the first VM calibrates it alone. */
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

/*
 * No vCPU runs for long in lifecycle workloads: the thread that makes the system calls is placed
 * instead.
 */
static void measure_lifecycle(struct instance *inst, const struct cell *cell,
			      const struct measure_request *req, struct measurement *m)
{
	struct cell placed = *cell;
	struct setup_thread saved;
	struct error err = { 0 };

	if (placement__settle(&placed.config, &err)) {
		measurement__fail(m, MEASURE_SKIPPED, "%s", err.text);
		return;
	}
	/* If there is a guest, its vCPUs have the first of the CPUs. */
	if (setup__enter(&saved, &placed.config,
			 host_half__find(cell->workload->name) ? setup__vcpus(cell) : 0, &err))
		measurement__fail(m, MEASURE_FAILED, "%s", err.text);
	else
		kvm_lifecycle__measure(&placed, req, &inst->payload, m);
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
	if (!all.ops_per_sample && cell->workload->kind == WORKLOAD_BATCH &&
	    !cell->workload->max_ops) {
		all.ops_per_sample = calibrate(inst, cell, req, m);
		if (!all.ops_per_sample)
			return;
	}
	run_together(inst, cell, &all, m);
}

static int kvm__run(struct instance *inst, const struct cell *cell,
		    const struct measure_request *req, struct measurement *m)
{
	struct neighbour *neighbour;
	struct error err = { 0 };
	struct load load;

	if (neighbour__start(&neighbour, cell, req, &inst->payload,
			     setup__vms(cell) * setup__vcpus(cell), &err))
		return measurement__fail(m, MEASURE_FAILED, "%s", err.text);
	if (load__start(&load, cell->config.load, &err)) {
		neighbour__stop(neighbour, &err);
		return measurement__fail(m, MEASURE_FAILED, "%s", err.text);
	}
	if (cell->workload->kind == WORKLOAD_HOST)
		measure_lifecycle(inst, cell, req, m);
	else
		run_guests(inst, cell, req, m);
	load__stop(&load);
	if (neighbour__stop(neighbour, &err) && m->status == MEASURE_OK)
		measurement__fail(m, MEASURE_FAILED, "%s", err.text);
	return 0;
}

static const struct memory *kvm__arena(const struct instance *inst)
{
	return inst->nr_guests && inst->guests[0].vm.arena.host ? &inst->guests[0].vm.arena : NULL;
}

DEFINE_BACKEND(backend_kvm) = {
	.name = "kvm",
	.rank = 10,
	.what = "VMs of our own small VMM over /dev/kvm",
	.uses_kvm = true,
	.observable = true,
	.vm_bytes = SETUP_VM_BYTES,
	.honours = {
		.keys = (const char *const[]){
			"pages", "guest_pages", "irqchip", "ioeventfd", "halt_poll_ns",
			"disable_exits", "x2apic", "vcpus", "parallel", "vms", "overcommit", "pin",
			"numa", "sched", "load", "dirty_log", "backing",
			"neighbour", NULL
		},
		.needs = NEEDS_PIC | NEEDS_LAPIC | NEEDS_XAPIC | DEVICES_NEEDS |
			 NEEDS_DEADLINE_TIMER | NEEDS_USER_SPACE | NEEDS_HYPERVISOR |
			 NEEDS_OUR_VMM | NEEDS_USERFAULT | NEEDS_HYPERV | NEEDS_SYNIC,
	},
	.probe = kvm__probe,
	.supports = kvm__supports,
	.create = kvm__create,
	.run = kvm__run,
	.run_pair = kvm_twins__run_pair,
	.run_toggled = kvm_twins__run_toggled,
	.arena = kvm__arena,
	.destroy = kvm__destroy,
};
