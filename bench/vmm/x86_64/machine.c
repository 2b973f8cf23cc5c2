// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/vmm/machine.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench/vmm/irqchip.h"
#include "bench/vmm/vm.h"
#include "bench/vmm/x86_64/cpuid.h"
#include "bench/vmm/x86_64/registers.h"

/* Only used on VMX without unrestricted guests; they must lie outside all slots. */
#define TSS_ADDRESS  0xfffbd000ull
#define IDENTITY_MAP 0xfffbc000ull
#define MSI_ADDRESS  0xfee00000u /* physical destination 0 */

void machine__prepare(struct vm *vm)
{
	uint64_t identity_map = IDENTITY_MAP;

	/* If this fails, they are not needed. */
	ioctl(vm->fd, KVM_SET_TSS_ADDR, TSS_ADDRESS);
	ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
}

void machine__msi(struct kvm_irq_routing_msi *msi, uint8_t vector)
{
	*msi = (struct kvm_irq_routing_msi){ .address_lo = MSI_ADDRESS, .data = vector };
}

/*
 * Gives host and guest the same clock, with an offset of 0. If that is refused or ignored, the
 * backend finds out by comparing time stamps of both sides.
 */
static void set_clock(struct vcpu *vcpu)
{
	uint64_t offset = 0;
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL,
		.attr = KVM_VCPU_TSC_OFFSET,
		.addr = (uintptr_t)&offset,
	};
	int khz = ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0);

	ioctl(vcpu->fd, KVM_SET_DEVICE_ATTR, &attr);
	if (khz > 0)
		vcpu->vm->tsc_khz = (uint64_t)khz;
}

int machine__reset(struct vcpu *vcpu, struct error *err)
{
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	int ret = cpuid__set(vcpu, err);

	if (!ret)
		ret = registers__set(vcpu, err);
	if (ret)
		return ret;
	set_clock(vcpu);
	if (vcpu->index > 0 && irqchip__has_lapic(&vcpu->vm->config) &&
	    ioctl(vcpu->fd, KVM_SET_MP_STATE, &runnable) < 0)
		return error__set(err, -errno, "starting vCPU %u (KVM_SET_MP_STATE): %s",
				  vcpu->index, strerror(errno));
	return 0;
}

int machine__where(struct vcpu *vcpu, uint64_t *rip, unsigned int *cpl)
{
	return registers__where(vcpu, rip, cpl);
}
