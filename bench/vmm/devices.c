// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/vmm/devices.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "bench/vmm/machine.h"
#include "bench/vmm/slots.h"
#include "bench/vmm/vm.h"

static int route_msi(struct vm *vm, uint32_t gsi, uint8_t vector, struct error *err)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry[1];
	} routing = {
		.head.nr = 1,
		.entry[0] = {
			.gsi = gsi,
			.type = KVM_IRQ_ROUTING_MSI,
		},
	};

	machine__msi(&routing.entry[0].u.msi, vector);
	if (ioctl(vm->fd, KVM_SET_GSI_ROUTING, &routing) < 0)
		return error__set(err, -errno, "routing an MSI (KVM_SET_GSI_ROUTING): %s",
				  strerror(errno));
	return 0;
}

/* The irqfd through which a host thread interrupts vCPU 0. */
static int add_irqfd(struct vm *vm, struct error *err)
{
	struct kvm_irqfd irqfd = { .gsi = HV_IRQFD_GSI };
	int ret = route_msi(vm, HV_IRQFD_GSI, HV_VECTOR_INJECT, err);

	if (ret)
		return ret;
	vm->irqfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->irqfd < 0)
		return error__set(err, -errno, "eventfd: %s", strerror(errno));
	irqfd.fd = (uint32_t)vm->irqfd;
	if (ioctl(vm->fd, KVM_IRQFD, &irqfd) < 0)
		return error__set(err, -errno, "binding an irqfd (KVM_IRQFD): %s", strerror(errno));
	return 0;
}

static int bind_eventfd(struct vm *vm, const struct kvm_ioeventfd *to, struct error *err)
{
	struct kvm_ioeventfd bound = *to;

	bound.fd = vm->ioeventfd;
	if (!ioctl(vm->fd, KVM_IOEVENTFD, &bound))
		return 0;
	return error__set(err, -errno, "binding an ioeventfd to %s (KVM_IOEVENTFD): %s",
			  to->flags & KVM_IOEVENTFD_FLAG_PIO ? "a port" : "an address",
			  strerror(errno));
}

/*
 * The eventfd is never read while the guest writes: its counter can take 2^64 - 2 writes, and as
 * long as no thread waits for it only KVM's part is measured.
 */
static int add_ioeventfds(struct vm *vm, struct error *err)
{
	struct kvm_ioeventfd pio = {
		.addr = HV_PORT_IOEVENTFD,
		.len = 2,
		.flags = KVM_IOEVENTFD_FLAG_PIO,
	};
	struct kvm_ioeventfd mmio = { .addr = HV_MMIO_IOEVENTFD, .len = 0 };
	const struct kvm_ioeventfd match[] = {
		{
			.addr = HV_PORT_MATCH,
			.len = 2,
			.datamatch = HV_MATCH,
			.flags = KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_DATAMATCH,
		},
		{
			.addr = HV_MMIO_MATCH,
			.len = 4,
			.datamatch = HV_MATCH,
			.flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
		},
	};
	int ret;

	vm->ioeventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->ioeventfd < 0)
		return error__set(err, -errno, "eventfd: %s", strerror(errno));
	ret = bind_eventfd(vm, &pio, err);
	/* A length of 0 matches any width and needs no decoding; old kernels want a width. */
	if (!ret && bind_eventfd(vm, &mmio, err)) {
		mmio.len = 4;
		ret = bind_eventfd(vm, &mmio, err);
	}
	for (size_t i = 0; i < sizeof(match) / sizeof(match[0]) && !ret; i++)
		ret = bind_eventfd(vm, &match[i], err);
	return ret;
}

static int add_coalesced(struct vm *vm, struct error *err)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = HV_MMIO_COALESCED, .size = 4096 };
	int page = ioctl(vm->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_MMIO);

	if (page <= 0)
		return error__set(err, -EOPNOTSUPP, "this KVM has no coalesced MMIO");
	if (ioctl(vm->fd, KVM_REGISTER_COALESCED_MMIO, &zone) < 0)
		return error__set(err, -errno, "KVM_REGISTER_COALESCED_MMIO: %s", strerror(errno));
	vm->coalesced_offset = page;
	return 0;
}

/* A page of memory that the guest can read; KVM hands its writes to the VMM. */
static int add_rom(struct vm *vm, struct error *err)
{
	int ret;

	if (ioctl(vm->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_READONLY_MEM) <= 0)
		return error__set(err, -EOPNOTSUPP, "this KVM has no read-only memory slots");
	ret = memory__alloc(&vm->rom, 4096, PAGES_4K, err);
	return ret ? ret : vm__add_rom(vm, err);
}

/* The eventfd of one's doorbell is a source of the other's interrupt. */
static int interrupt_by(struct vm *vm, const struct vm *other, struct error *err)
{
	struct kvm_irqfd irqfd = { .fd = (uint32_t)other->ioeventfd, .gsi = HV_IRQFD_GSI };

	if (ioctl(vm->fd, KVM_IRQFD, &irqfd) < 0)
		return error__set(err, -errno,
				  "binding another VM's doorbell to an interrupt (KVM_IRQFD): %s",
				  strerror(errno));
	return 0;
}

int devices__join(struct vm *a, struct vm *b, struct error *err)
{
	int ret = interrupt_by(a, b, err);

	return ret ? ret : interrupt_by(b, a, err);
}

static const struct {
	unsigned int need;
	int (*add)(struct vm *vm, struct error *err);
} devices[] = {
	{ NEEDS_IOEVENTFD | NEEDS_QUEUE, add_ioeventfds },
	{ NEEDS_COALESCED_MMIO, add_coalesced },
	{ NEEDS_INJECTOR | NEEDS_PEER | NEEDS_QUEUE, add_irqfd },
	{ NEEDS_ROM, add_rom },
};

int devices__add(struct vm *vm, unsigned int needs, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]) && !ret; i++)
		if (needs & devices[i].need)
			ret = devices[i].add(vm, err);
	return ret;
}
