/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/vmm/irqchip.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench/vmm/vm.h"

#define SPLIT_IOAPIC_PINS 24

int irqchip__create(struct vm *vm, struct error *err)
{
	struct kvm_enable_cap split = {
		.cap = KVM_CAP_SPLIT_IRQCHIP,
		.args = { SPLIT_IOAPIC_PINS },
	};

	switch (vm->config.irqchip) {
	case IRQCHIP_KERNEL:
		if (ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0) < 0)
			return error__set(err, -errno, "irqchip=kernel (KVM_CREATE_IRQCHIP): %s",
					  strerror(errno));
		break;
	case IRQCHIP_SPLIT:
		if (ioctl(vm->fd, KVM_ENABLE_CAP, &split) < 0)
			return error__set(err, -errno, "irqchip=split (KVM_CAP_SPLIT_IRQCHIP): %s",
					  strerror(errno));
		break;
	case IRQCHIP_USER:
		break;
	}
	return 0;
}
