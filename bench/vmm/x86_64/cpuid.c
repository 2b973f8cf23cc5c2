// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/vmm/x86_64/cpuid.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench/vmm/irqchip.h"
#include "bench/vmm/vm.h"

#define MAX_CPUID 256

#define LEAF_HYPERVISOR 0x40000000u
#define HYPERVISOR_STEP 0x100u

/*
 * Hyper-V's leaves come first, so KVM's go up by 0x100, where its guests look for them as well. If
 * this KVM has none, nothing changes: the guest looks whether they are there.
 */
static void add_hyperv(struct vcpu *vcpu, struct kvm_cpuid2 *cpuid)
{
	size_t bytes = sizeof(struct kvm_cpuid2) + MAX_CPUID * sizeof(struct kvm_cpuid_entry2);
	struct kvm_cpuid2 *hyperv = calloc(1, bytes);

	if (!hyperv)
		return;
	hyperv->nent = MAX_CPUID;
	if (ioctl(vcpu->fd, KVM_GET_SUPPORTED_HV_CPUID, hyperv) < 0 || !hyperv->nent ||
	    cpuid->nent + hyperv->nent > MAX_CPUID) {
		free(hyperv);
		return;
	}
	for (uint32_t i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

		if (e->function < LEAF_HYPERVISOR ||
		    e->function >= LEAF_HYPERVISOR + HYPERVISOR_STEP)
			continue;
		if (e->function == LEAF_HYPERVISOR)
			e->eax += HYPERVISOR_STEP;
		e->function += HYPERVISOR_STEP;
	}
	memcpy(cpuid->entries + cpuid->nent, hyperv->entries,
	       hyperv->nent * sizeof(*hyperv->entries));
	cpuid->nent += hyperv->nent;
	free(hyperv);
}

/*
 * The MSRs of Hyper-V's interrupt controller and timers. Only for guests that use them, since it
 * took APICv from a VM before Linux 5.14. If this KVM has none, a guest that tries gets #GP.
 */
static void enable_synic(struct vcpu *vcpu)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_HYPERV_SYNIC2 };

	ioctl(vcpu->fd, KVM_ENABLE_CAP, &cap);
}

int cpuid__set(struct vcpu *vcpu, struct error *err)
{
	size_t bytes = sizeof(struct kvm_cpuid2) + MAX_CPUID * sizeof(struct kvm_cpuid_entry2);
	struct kvm_cpuid2 *cpuid = calloc(1, bytes);
	bool deadline = ioctl(vcpu->vm->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_TSC_DEADLINE_TIMER) >
			0;
	int ret = 0;

	if (!cpuid)
		return error__set(err, -ENOMEM, "no memory for CPUID");
	cpuid->nent = MAX_CPUID;
	if (ioctl(vcpu->vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid) < 0) {
		ret = error__set(err, -errno, "KVM_GET_SUPPORTED_CPUID: %s", strerror(errno));
		goto out;
	}
	for (uint32_t i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

		switch (e->function) {
		case 1:
			e->ebx = (e->ebx & 0x00ffffff) | vcpu->index << 24;
			/*
			 * KVM does not report the deadline timer as supported, since that depends
			 * on the in-kernel LAPIC.
			 */
			if (irqchip__has_lapic(&vcpu->vm->config))
				e->ecx |= 1u << 21 | (deadline ? 1u << 24 : 0);
			break;
		case 0xb:
		case 0x1f:
			e->edx = vcpu->index;
			break;
		}
	}
	if (vcpu->vm->hyperv)
		add_hyperv(vcpu, cpuid);
	if (vcpu->vm->synic)
		enable_synic(vcpu);
	if (ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid) < 0)
		ret = error__set(err, -errno, "KVM_SET_CPUID2: %s", strerror(errno));
out:
	free(cpuid);
	return ret;
}
