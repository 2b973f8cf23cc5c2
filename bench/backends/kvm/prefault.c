// SPDX-License-Identifier: GPL-2.0-or-later
/* The host's half of workloads/prefault.c: KVM_PRE_FAULT_MEMORY. */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "bench/backends/kvm/session.h"
#include "bench/base/clock.h"
#include "bench/vmm/memory.h"

enum { WORKING_SET, HOST_PAGE };

/* As of Linux 6.12; older headers lack it. */
#ifndef KVM_PRE_FAULT_MEMORY
#define KVM_CAP_PRE_FAULT_MEMORY 236
struct kvm_pre_fault_memory {
	__u64 gpa;
	__u64 size;
	__u64 flags;
	__u64 padding[5];
};
#define KVM_PRE_FAULT_MEMORY _IOWR(KVMIO, 0xd5, struct kvm_pre_fault_memory)
#endif

static int open_session(struct session *s, struct error *err)
{
	if (ioctl(s->vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_PRE_FAULT_MEMORY) <= 0)
		return error__set(err, -EOPNOTSUPP,
				  "this KVM has no KVM_PRE_FAULT_MEMORY (Linux 6.12, with EPT or "
				  "NPT)");
	return 0;
}

static int sample(struct session *s, double *ns, struct error *err)
{
	struct kvm_pre_fault_memory range = {
		.gpa = HV_ARENA_GPA,
		.size = s->vm->arena.bytes,
	};
	uint64_t start;
	int ret = 0;

	/* KVM drops its mappings with the pages. */
	if (madvise(s->vm->arena.host, s->vm->arena.bytes, MADV_DONTNEED) < 0)
		return error__set(err, -errno, "madvise(MADV_DONTNEED): %s", strerror(errno));
	if (s->cell->params[HOST_PAGE])
		ret = memory__populate(&s->vm->arena, err);
	start = clock__ns();
	/* It may stop early, and then says how much is left. */
	while (!ret && range.size)
		if (ioctl(s->vm->vcpus[0].fd, KVM_PRE_FAULT_MEMORY, &range) < 0 && errno != EINTR &&
		    errno != EAGAIN)
			ret = error__set(err, errno == EOPNOTSUPP ? -EOPNOTSUPP : -errno,
					 "KVM_PRE_FAULT_MEMORY: %s", strerror(errno));
	*ns = (double)(clock__ns() - start);
	return ret;
}

DEFINE_HOST_HALF(prefault) = {
	.workload = "prefault",
	.still = true,
	.open = open_session,
	.sample = sample,
};
