/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/vmm/vm.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/kvm/device.h"
#include "bench/vmm/devices.h"
#include "bench/vmm/irqchip.h"
#include "bench/vmm/machine.h"
#include "bench/vmm/placement.h"
#include "bench/vmm/slots.h"

static int enable_cap(struct vm *vm, uint32_t cap, uint64_t arg)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { arg } };

	return ioctl(vm->fd, KVM_ENABLE_CAP, &enable) < 0 ? -errno : 0;
}

static int setup_capabilities(struct vm *vm, struct error *err)
{
	const struct config *config = &vm->config;
	int ret;

	if (config->disable_exits) {
		int can = ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_DISABLE_EXITS);
		uint32_t refused = config->disable_exits & ~(can > 0 ? (uint32_t)can : 0);

		if (refused)
			snprintf(vm->disable_exits_refused, sizeof(vm->disable_exits_refused),
				 "%s%s%s%s", refused & DISABLE_EXIT_MWAIT ? "mwait " : "",
				 refused & DISABLE_EXIT_HLT ? "hlt " : "",
				 refused & DISABLE_EXIT_PAUSE ? "pause " : "",
				 refused & DISABLE_EXIT_CSTATE ? "cstate " : "");
		ret = enable_cap(vm, KVM_CAP_X86_DISABLE_EXITS, config->disable_exits & ~refused);
		if (ret && !refused)
			return error__set(err, ret, "disable_exits (KVM_CAP_X86_DISABLE_EXITS): %s",
					  strerror(-ret));
	}
	if (config->halt_poll_ns != HALT_POLL_DEFAULT) {
		ret = enable_cap(vm, KVM_CAP_HALT_POLL, (uint64_t)config->halt_poll_ns);
		if (ret)
			return error__set(err, ret, "halt_poll_ns (KVM_CAP_HALT_POLL): %s",
					  strerror(-ret));
	}
	return 0;
}

int vm__create_fd(struct vm *vm, struct error *err)
{
	*vm = (struct vm){ .kvm_fd = -1, .fd = -1, .ioeventfd = -1, .irqfd = -1, .stats.fd = -1 };
	vm->kvm_fd = kvm_device__open(err);
	if (vm->kvm_fd < 0)
		return vm->kvm_fd;
	/* A signal can interrupt it, which is not an error. */
	do {
		vm->fd = ioctl(vm->kvm_fd, KVM_CREATE_VM, 0);
	} while (vm->fd < 0 && errno == EINTR);
	if (vm->fd < 0) {
		int code = -errno;

		vm__destroy(vm);
		return error__set(err, code, "creating a VM (KVM_CREATE_VM): %s", strerror(-code));
	}
	return 0;
}

int vm__setup(struct vm *vm, const struct vm_request *req, struct error *err)
{
	struct hv_mailbox *mb;
	struct error ignored;
	int max = ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS), ret;

	vm->config = *req->config;
	ret = placement__settle(&vm->config, err);
	if (ret)
		return ret;
	vm->payload = req->payload;
	vm->first_pin = req->first_pin;
	vm->hyperv = req->hyperv;
	vm->synic = req->synic;
	if (req->nr_vcpus > HV_MAX_VCPUS || (max > 0 && req->nr_vcpus > (unsigned int)max))
		return error__set(err, -ERANGE, "%u vCPUs are more than %s allows (%d)",
				  req->nr_vcpus,
				  max > 0 && max < HV_MAX_VCPUS ? "this host's KVM" : "the payload",
				  max > 0 && max < HV_MAX_VCPUS ? max : HV_MAX_VCPUS);
	vm->vcpus = calloc(req->nr_vcpus, sizeof(*vm->vcpus));
	if (!vm->vcpus)
		return error__set(err, -ENOMEM, "no memory for %u vCPUs", req->nr_vcpus);
	machine__prepare(vm);
	ret = setup_capabilities(vm, err);
	if (!ret)
		ret = dirty__setup(vm, req->dirty_ring_entries, err);
	/* Memory first: a slot added soon after the irqchip waits some ms for KVM's SRCU. */
	if (!ret)
		ret = vm__setup_memory(vm, req, err);
	if (!ret)
		ret = irqchip__create(vm, err);
	if (!ret)
		ret = devices__add(vm, req->devices, err);
	if (ret)
		return ret;
	vm->has_stats = kvmstats__open(&vm->stats, vm->fd, &ignored) == 0;

	mb = vm__mailbox(vm);
	mb->host_magic = HV_HOST_MAGIC;
	mb->doorbell_port = HV_PORT_DOORBELL;
	mb->nr_vcpus = req->nr_vcpus;
	mb->boot_flags = (req->x2apic ? HV_BOOT_X2APIC : 0) |
			 (irqchip__has_lapic(req->config) ? 0 : HV_BOOT_NO_LAPIC);
	return 0;
}

static int add_vcpu(struct vm *vm, unsigned int index, struct error *err)
{
	struct error ignored;
	int ret = vcpu__create(vm, index, err);

	/* Count it even if it failed: what exists of it has to be destroyed. */
	vm->nr_vcpus = index + 1;
	if (!ret) {
		kvmstats__open(&vm->vcpus[index].stats, vm->vcpus[index].fd, &ignored);
		ret = machine__reset(&vm->vcpus[index], err);
	}
	if (!ret && index == 0)
		vm__mailbox(vm)->tsc_khz = vm->tsc_khz;
	return ret;
}

int vm__create(struct vm *vm, const struct vm_request *req, struct error *err)
{
	int ret = vm__create_fd(vm, err);

	if (ret)
		return ret;
	ret = vm__setup(vm, req, err);
	for (unsigned int i = 0; !ret && i < req->nr_vcpus; i++)
		ret = add_vcpu(vm, i, err);
	if (ret)
		vm__destroy(vm);
	return ret;
}

static void *secondary_thread(void *arg)
{
	struct vcpu *vcpu = arg;
	struct vm *vm = vcpu->vm;
	uint32_t bell;
	int ret;

	ret = placement__pin_thread(&vm->config, 0, vm->first_pin + vcpu->index, &vcpu->failure);
	if (!ret)
		ret = vcpu__run(vcpu, &bell, &vcpu->failure);
	if (ret == 0)
		error__set(&vcpu->failure, -EPROTO, "vCPU %u rang the doorbell (%u)", vcpu->index,
			   bell);
	else if (ret == -ETIME)
		vcpu->failure.code = 0;
	pthread_mutex_lock(&vcpu->turn);
	vcpu->ended = 1;
	pthread_cond_broadcast(&vcpu->turned);
	pthread_mutex_unlock(&vcpu->turn);
	/* The caller that waits for vCPU 0 must not wait for an answer that cannot come. */
	if (vcpu->failure.code)
		vcpu__kick(&vm->vcpus[0]);
	return NULL;
}

int vm__start_secondaries(struct vm *vm, struct error *err)
{
	for (unsigned int i = 1; i < vm->nr_vcpus; i++) {
		struct vcpu *vcpu = &vm->vcpus[i];
		char name[16];
		int ret;

		pthread_mutex_init(&vcpu->turn, NULL);
		pthread_cond_init(&vcpu->turned, NULL);
		ret = pthread_create(&vcpu->thread, NULL, secondary_thread, vcpu);
		if (ret) {
			error__set(err, -ret, "starting the thread of vCPU %u: %s", i,
				   strerror(ret));
			return error__advise_start(err, -ret);
		}
		vcpu->has_thread = true;
		snprintf(name, sizeof(name), "vcpu%u", i);
		pthread_setname_np(vcpu->thread, name);
	}
	return 0;
}

void vm__destroy(struct vm *vm)
{
	/* A secondary that ends by itself kicks vCPU 0, which has to exist until then. */
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		vcpu__join(&vm->vcpus[i]);
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		vcpu__destroy(&vm->vcpus[i]);
	free(vm->vcpus);
	if (vm->has_stats)
		kvmstats__close(&vm->stats);
	if (vm->ioeventfd >= 0)
		close(vm->ioeventfd);
	if (vm->irqfd >= 0)
		close(vm->irqfd);
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->kvm_fd >= 0)
		close(vm->kvm_fd);
	memory__free(&vm->low);
	memory__free(&vm->arena);
	memory__free(&vm->rom);
	*vm = (struct vm){ .kvm_fd = -1, .fd = -1, .ioeventfd = -1, .irqfd = -1, .stats.fd = -1 };
}
