// SPDX-License-Identifier: GPL-2.0-or-later
/* The host's half of workloads/memslot-live.c: a slot changes while vCPUs run. */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench/backends/kvm/session.h"
#include "bench/vmm/memory.h"
#include "bench/vmm/slots.h"

enum { WORKING_SET, OP, SLOTS, OF };
enum { OP_ADD, OP_DELETE, OP_MOVE, OP_FLAGS };

#define SLOT_BYTES  (2ull << 20)
#define SLOTS_GPA   (64ull << 30) /* above any arena of a usual working set */
#define PAGE_BYTES  4096
#define ALIVE_EVERY 256 /* slots between two signs of life from the guest */

static int set(struct session *s, uint32_t number, uint64_t place, uint64_t bytes, uint32_t flags,
	       struct error *err)
{
	struct kvm_userspace_memory_region region = {
		.slot = VM_MAX_SLOTS + number,
		.flags = flags,
		.guest_phys_addr = SLOTS_GPA + place * SLOT_BYTES,
		.memory_size = bytes,
		.userspace_addr = (uintptr_t)s->extra.host,
	};

	if (ioctl(s->vm->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return error__set(err, -errno,
				  "slot %u of %u, at %llu GiB (KVM_SET_USER_MEMORY_REGION): %s",
				  number, (unsigned int)s->cell->params[SLOTS],
				  (unsigned long long)(region.guest_phys_addr >> 30),
				  strerror(errno));
	return 0;
}

/* The slot that changes is the one after the others; it moves over one place. */
static uint32_t number(const struct session *s)
{
	return (uint32_t)s->cell->params[SLOTS];
}

static int add(struct session *s, struct error *err)
{
	return set(s, number(s), number(s), SLOT_BYTES, 0, err);
}

static int delete (struct session *s, struct error *err)
{
	return set(s, number(s), number(s), 0, 0, err);
}

static int move(struct session *s, struct error *err)
{
	return set(s, number(s), number(s) + 1, SLOT_BYTES, 0, err);
}

static int change_flags(struct session *s, struct error *err)
{
	return set(s, number(s), number(s), SLOT_BYTES, KVM_MEM_LOG_DIRTY_PAGES, err);
}

static int before(struct session *s, struct error *err)
{
	if (s->cell->params[WORKING_SET] + HV_ARENA_GPA > SLOTS_GPA)
		return error__set(err, -EOPNOTSUPP,
				  "the working set reaches to where the slots are: use less than "
				  "%llu GiB",
				  (unsigned long long)((SLOTS_GPA - HV_ARENA_GPA) >> 30));
	return 0;
}

static int open_session(struct session *s, struct error *err)
{
	int most = ioctl(s->vm->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_NR_MEMSLOTS);
	int ret;

	if (most > 0 && number(s) + VM_MAX_SLOTS + 1 > (unsigned int)most)
		return error__set(err, -EOPNOTSUPP,
				  "slots=%u: this KVM has %d at most (%d are "
				  "needed besides)",
				  number(s), most, VM_MAX_SLOTS + 1);
	ret = memory__alloc(&s->extra, SLOT_BYTES, PAGES_4K, err);
	for (uint32_t i = 0; i < number(s) && !ret; i++) {
		ret = set(s, i, i, SLOT_BYTES, 0, err);
		if (!ret && i % ALIVE_EVERY == 0)
			ret = session__spin(s, err);
	}
	return ret;
}

static int sample(struct session *s, double *ns, struct error *err)
{
	static int (*const calls[])(struct session * s, struct error * err) = {
		[OP_ADD] = add,
		[OP_DELETE] = delete,
		[OP_MOVE] = move,
		[OP_FLAGS] = change_flags,
	};
	enum session_figure of = (enum session_figure)s->cell->params[OF];
	uint64_t bytes = s->cell->params[WORKING_SET], op = s->cell->params[OP];
	int ret = op == OP_ADD ? 0 : add(s, err);

	if (!ret)
		ret = session__pass(s, HV_ORDER_WRITE, bytes, PAGE_BYTES, NULL, err);
	if (!ret)
		ret = session__time(s, of, calls[op], ns, err);
	if (!ret && of == OF_AFTER)
		ret = session__pass(s, HV_ORDER_READ, bytes, PAGE_BYTES, ns, err);
	if (!ret && op != OP_DELETE)
		ret = delete (s, err);
	return ret;
}

DEFINE_HOST_HALF(memslot_live) = {
	.workload = "memslot-live",
	.before = before,
	.open = open_session,
	.sample = sample,
};
