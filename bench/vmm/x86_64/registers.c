// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/vmm/x86_64/registers.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench/vmm/vm.h"

#define CR0_LONG_MODE 0x80010033ull /* PG WP NE ET MP PE */
#define CR4_LONG_MODE 0x620ull	    /* PAE OSFXSR OSXMMEXCPT */
/*
 * SCE LME LMA. With SCE, which every operating system sets, VMX has to restore the host's SYSCALL
 * MSRs on each way to user space: some 330 instructions of pio-user and mmio-user there.
 */
#define EFER_LONG_MODE	0x501ull
#define RFLAGS_RESERVED 0x2ull
#define SEL_CODE64	0x10
#define SEL_DATA	0x18
#define SEL_TSS		0x40
#define TYPE_CODE	11
#define TYPE_DATA	3
#define TYPE_TSS_BUSY	11

static void set_segment(struct kvm_segment *s, uint16_t selector, uint8_t type, bool code)
{
	*s = (struct kvm_segment){
		.selector = selector,
		.limit = 0xffffffff,
		.type = type,
		.present = 1,
		.s = 1,
		.g = 1,
		.l = code,
		.db = !code,
	};
}

int registers__set(struct vcpu *vcpu, struct error *err)
{
	const struct hv_payload_note *note = &vcpu->vm->payload->note;
	struct kvm_regs regs = {
		.rip = note->entry64,
		.rdi = vcpu->index,
		.rflags = RFLAGS_RESERVED,
	};
	struct kvm_sregs sregs;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0)
		return error__set(err, -errno, "KVM_GET_SREGS: %s", strerror(errno));
	set_segment(&sregs.cs, SEL_CODE64, TYPE_CODE, true);
	set_segment(&sregs.ss, SEL_DATA, TYPE_DATA, false);
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss;
	sregs.tr = (struct kvm_segment){
		.selector = SEL_TSS,
		.limit = 0x67,
		.type = TYPE_TSS_BUSY,
		.present = 1,
	};
	sregs.ldt = (struct kvm_segment){ .unusable = 1 };
	sregs.cr0 = CR0_LONG_MODE;
	sregs.cr3 = note->pml4;
	sregs.cr4 = CR4_LONG_MODE;
	sregs.efer = EFER_LONG_MODE;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) < 0)
		return error__set(err, -errno, "entering 64-bit mode (KVM_SET_SREGS): %s",
				  strerror(errno));
	if (ioctl(vcpu->fd, KVM_SET_REGS, &regs) < 0)
		return error__set(err, -errno, "KVM_SET_REGS: %s", strerror(errno));
	return 0;
}

int registers__where(struct vcpu *vcpu, uint64_t *rip, unsigned int *cpl)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	if (ioctl(vcpu->fd, KVM_GET_REGS, &regs) < 0 || ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0)
		return -errno;
	*rip = regs.rip;
	*cpl = sregs.ss.dpl;
	return 0;
}
