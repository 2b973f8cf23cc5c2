/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/backends/kvm/lifecycle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch.h"
#include "bench/backends/host_op.h"
#include "bench/backends/kvm/cpu_shares.h"
#include "bench/backends/kvm/fleet.h"
#include "bench/backends/kvm/session.h"
#include "bench/base/clock.h"
#include "bench/kvm/device.h"
#include "bench/vmm/memory.h"
#include "bench/vmm/slots.h"
#include "bench/vmm/vm.h"
#include "bench/vmm/watchdog.h"

#define MIN_SAMPLES	 5
#define BUDGET_FACTOR	 20 /* times as long as the timed samples of other workloads take */
#define EXTRA_SLOT	 2
#define EXTRA_GPA	 (2ull << 30)
#define EXTRA_BYTES	 (2ull << 20)
#define ENTRY_TIMEOUT_MS 5000

/*
 * Does one operation on a machine made for it; stores its cost in ns. A negative errno with a
 * message.
 */
typedef int (*lifecycle_fn)(const struct cell *cell, const struct vm_request *req, double *ns,
			    struct error *err);

static int time_vm_create(const struct cell *cell, const struct vm_request *req, double *ns,
			  struct error *err)
{
	int kvm = kvm_device__open(err), fd;
	uint64_t start;

	(void)cell;
	(void)req;
	if (kvm < 0)
		return kvm;
	/* A signal can interrupt it: then no VM was created, and the time does not count. */
	do {
		start = clock__ns();
		fd = ioctl(kvm, KVM_CREATE_VM, 0);
		*ns = (double)(clock__ns() - start);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0)
		error__set(err, -errno, "KVM_CREATE_VM: %s", strerror(errno));
	else
		close(fd);
	close(kvm);
	return fd < 0 ? err->code : 0;
}

static int time_vcpu_create(const struct cell *cell, const struct vm_request *req, double *ns,
			    struct error *err)
{
	uint64_t start;
	struct vm vm;
	int ret = vm__create_fd(&vm, err);

	(void)cell;
	if (ret)
		return ret;
	ret = vm__setup(&vm, req, err);
	if (!ret) {
		start = clock__ns();
		ret = vcpu__create(&vm, 0, err);
		*ns = (double)(clock__ns() - start);
		vm.nr_vcpus = 1;
	}
	vm__destroy(&vm);
	return ret;
}

static int time_first_entry(const struct cell *cell, const struct vm_request *req, double *ns,
			    struct error *err)
{
	uint64_t before = arch_clock(), after, entry;
	struct vm vm;
	int ret = vm__create(&vm, req, err);

	(void)cell;
	if (ret)
		return ret;
	ret = watchdog__run_to_ready(&vm, ENTRY_TIMEOUT_MS, err);
	after = arch_clock();
	entry = vm__mailbox(&vm)->status.entry_tsc;
	if (!ret && (!vm.tsc_khz || entry < before || entry > after))
		ret = error__set(err, -EOPNOTSUPP,
				 "the guest's clock is not the host's, so its first "
				 "instruction has no place in the host's time");
	else if (!ret)
		*ns = (double)(entry - before) * 1e6 / (double)vm.tsc_khz;
	vm__destroy(&vm);
	return ret;
}

static int time_memslot(const struct cell *cell, const struct vm_request *req, double *ns,
			struct error *err)
{
	struct kvm_userspace_memory_region region = {
		.slot = EXTRA_SLOT,
		.guest_phys_addr = EXTRA_GPA,
		.memory_size = EXTRA_BYTES,
	};
	bool time_delete = cell->params[0] == 1;
	struct memory mem = { 0 };
	struct vm vm;
	uint64_t start;
	int ret = vm__create(&vm, req, err);

	if (ret)
		return ret;
	ret = watchdog__run_to_ready(&vm, ENTRY_TIMEOUT_MS, err);
	if (!ret)
		ret = memory__alloc(&mem, EXTRA_BYTES, PAGES_4K, err);
	region.userspace_addr = (uintptr_t)mem.host;
	for (int pass = 0; !ret && pass <= time_delete; pass++) {
		if (pass)
			region.memory_size = 0;
		start = clock__ns();
		if (ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, &region) < 0)
			ret = error__set(err, -errno, "KVM_SET_USER_MEMORY_REGION: %s",
					 strerror(errno));
		*ns = (double)(clock__ns() - start);
	}
	vm__destroy(&vm);
	memory__free(&mem);
	return ret;
}

static int time_vm_destroy(const struct cell *cell, const struct vm_request *req, double *ns,
			   struct error *err)
{
	struct vcpu *vcpu;
	uint64_t start;
	struct vm vm;
	int ret = vm__create(&vm, req, err);

	(void)cell;
	if (ret)
		return ret;
	ret = watchdog__run_to_ready(&vm, ENTRY_TIMEOUT_MS, err);
	if (!ret) {
		ret = memory__populate(&vm.low, err);
		vcpu = &vm.vcpus[0];
		kvmstats__close(&vcpu->stats);
		kvmstats__close(&vm.stats);
		vm.has_stats = false;
		start = clock__ns();
		munmap(vcpu->run, vcpu->run_bytes);
		close(vcpu->fd);
		close(vm.fd);
		*ns = (double)(clock__ns() - start);
		vcpu->run = NULL;
		vcpu->fd = vm.fd = -1;
	}
	vm__destroy(&vm);
	return ret;
}

static lifecycle_fn find(const char *name)
{
	static const struct {
		const char *name;
		lifecycle_fn fn;
	} table[] = {
		{ "vm-create", time_vm_create },     { "vcpu-create", time_vcpu_create },
		{ "first-entry", time_first_entry }, { "memslot", time_memslot },
		{ "vm-destroy", time_vm_destroy },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].name, name))
			return table[i].fn;
	return NULL;
}

/* If there is an operation of the host beside it, one of each in turns, with the order swapped. */
static int take_samples(const struct cell *cell, const struct vm_request *vm_req,
			const struct measure_request *req, struct measurement *m, struct error *err)
{
	uint64_t budget_ns = req->target_ns * req->samples * BUDGET_FACTOR;
	lifecycle_fn fn = find(cell->workload->name);
	uint64_t begin = clock__ns();
	double ignored;
	/* The first one finds cold caches and slabs, unlike the others. */
	int ret = fn(cell, vm_req, &ignored, err);

	while (!ret && m->nr_samples < req->samples) {
		unsigned int i = m->nr_samples;

		if (i >= MIN_SAMPLES && clock__ns() - begin > budget_ns)
			break;
		if (req->beside && i & 1)
			m->beside[i] = req->beside->run(NULL);
		ret = fn(cell, vm_req, &m->samples[i], err);
		if (req->beside && !(i & 1))
			m->beside[i] = req->beside->run(NULL);
		m->nr_samples++;
	}
	return ret;
}

int kvm_lifecycle__measure(const struct cell *cell, const struct measure_request *req,
			   const struct payload *payload, struct measurement *m)
{
	struct vm_request vm_req = {
		.config = &cell->config,
		.payload = payload,
		.nr_vcpus = 1,
		.x2apic = cell->config.x2apic,
	};
	const struct host_half *half = host_half__find(cell->workload->name);
	struct error err = { 0 };
	int kvm, bystander, ret;

	if (!strcmp(cell->workload->name, "fleet"))
		return kvm_fleet__measure(cell, req, payload, m);
	if (!strcmp(cell->workload->name, "cpu-shares"))
		return kvm_cpu_shares__measure(cell, req, payload, m);
	if (half)
		return session__measure(half, cell, req, payload, m);
	if (!find(cell->workload->name))
		return measurement__fail(m, MEASURE_SKIPPED, "this backend does not measure '%s'",
					 cell->workload->name);
	m->samples = calloc(req->samples, sizeof(*m->samples));
	if (req->beside)
		m->beside = calloc(req->samples, sizeof(*m->beside));
	if (!m->samples || (req->beside && !m->beside))
		return measurement__fail(m, MEASURE_FAILED, "out of memory");
	/*
	 * The first VM of a host costs more to create and the last more to destroy (by half, where
	 * it was looked at). Whether the host has other VMs is not ours to decide, so make one that
	 * stays.
	 */
	kvm = kvm_device__open(&err);
	if (kvm < 0)
		return measurement__fail(m, MEASURE_FAILED, "%s", err.text);
	bystander = ioctl(kvm, KVM_CREATE_VM, 0);
	ret = take_samples(cell, &vm_req, req, m, &err);
	if (bystander >= 0)
		close(bystander);
	close(kvm);
	if (ret)
		return measurement__fail(m,
					 ret == -EOPNOTSUPP && m->nr_samples <= 1 ?
						 MEASURE_SKIPPED :
						 MEASURE_FAILED,
					 "%s", err.text);
	return measurement__by_host(m);
}
