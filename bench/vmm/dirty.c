/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/vmm/dirty.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/kvm/device.h"
#include "bench/vmm/slots.h"
#include "bench/vmm/vm.h"

#define RING_ENTRIES 4096u /* QEMU's usual value */

static int ring_capability(int kvm_fd, int *bytes)
{
	static const int caps[] = { KVM_CAP_DIRTY_LOG_RING, KVM_CAP_DIRTY_LOG_RING_ACQ_REL };

	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		*bytes = ioctl(kvm_fd, KVM_CHECK_EXTENSION, caps[i]);
		if (*bytes > 0)
			return caps[i];
	}
	return -1;
}

int dirty__check(enum config_dirty_log mode, struct error *err)
{
	int kvm, bytes, cap;

	/* Every KVM has the bitmap. */
	if (mode != DIRTY_LOG_RING)
		return 0;
	kvm = kvm_device__open(err);
	if (kvm < 0)
		return kvm;
	cap = ring_capability(kvm, &bytes);
	close(kvm);
	return cap >= 0 ? 0 :
			  error__set(err, -EOPNOTSUPP,
				     "dirty_log=ring: this KVM has no dirty ring "
				     "(KVM_CAP_DIRTY_LOG_RING, Linux 5.11)");
}

int dirty__setup(struct vm *vm, uint32_t ring_entries, struct error *err)
{
	struct dirty_log *log = &vm->dirty;
	struct kvm_enable_cap enable = { .args = { 0 } };
	int bytes, cap;

	*log = (struct dirty_log){ .mode = vm->config.dirty_log,
				   .lock = PTHREAD_MUTEX_INITIALIZER };
	if (log->mode != DIRTY_LOG_RING)
		return 0;
	cap = ring_capability(vm->kvm_fd, &bytes);
	if (cap < 0)
		return error__set(err, -EOPNOTSUPP, "dirty_log=ring: this KVM has no dirty ring");
	log->ring_entries = ring_entries ? ring_entries : RING_ENTRIES;
	if ((uint32_t)bytes < log->ring_entries * sizeof(struct kvm_dirty_gfn))
		log->ring_entries = (uint32_t)bytes / sizeof(struct kvm_dirty_gfn);
	enable.cap = (uint32_t)cap;
	enable.args[0] = log->ring_entries * sizeof(struct kvm_dirty_gfn);
	if (ioctl(vm->fd, KVM_ENABLE_CAP, &enable) < 0)
		return error__set(err, -errno, "dirty_log=ring (KVM_CAP_DIRTY_LOG_RING): %s",
				  strerror(errno));
	return 0;
}

int dirty__map_ring(struct vcpu *vcpu, struct error *err)
{
	size_t bytes = vcpu->vm->dirty.ring_entries * sizeof(struct kvm_dirty_gfn);
	void *map;

	if (!bytes)
		return 0;
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd,
		   (off_t)KVM_DIRTY_LOG_PAGE_OFFSET * sysconf(_SC_PAGESIZE));
	if (map == MAP_FAILED)
		return error__set(err, -errno, "mapping the dirty ring of vCPU %u: %s", vcpu->index,
				  strerror(errno));
	vcpu->dirty_ring = map;
	return 0;
}

void dirty__unmap_ring(struct vcpu *vcpu)
{
	if (vcpu->dirty_ring)
		munmap(vcpu->dirty_ring,
		       vcpu->vm->dirty.ring_entries * sizeof(struct kvm_dirty_gfn));
	vcpu->dirty_ring = NULL;
}

static int set_logging(struct vm *vm, bool on, struct error *err)
{
	int ret = vm__log_slots(vm, on, err);

	vm->dirty.on = on && !ret;
	return ret;
}

uint32_t dirty__take(struct vcpu *vcpu)
{
	struct dirty_log *log = &vcpu->vm->dirty;
	uint32_t taken = 0;

	for (; taken < log->ring_entries; taken++) {
		struct kvm_dirty_gfn *gfn =
			&vcpu->dirty_ring[(vcpu->dirty_next + taken) % log->ring_entries];

		if (!(__atomic_load_n(&gfn->flags, __ATOMIC_ACQUIRE) & KVM_DIRTY_GFN_F_DIRTY))
			break;
		__atomic_store_n(&gfn->flags, KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
	}
	vcpu->dirty_next += taken;
	log->pages += taken;
	return taken;
}

int dirty__reset(struct vm *vm, struct error *err)
{
	if (ioctl(vm->fd, KVM_RESET_DIRTY_RINGS, 0) < 0)
		return error__set(err, -errno, "KVM_RESET_DIRTY_RINGS: %s", strerror(errno));
	return 0;
}

int dirty__drain(struct vcpu *vcpu, struct error *err)
{
	int ret = 0;

	if (!vcpu->dirty_ring)
		return error__set(err, -EPROTO,
				  "KVM says that a dirty ring is full, but there is "
				  "none");
	pthread_mutex_lock(&vcpu->vm->dirty.lock);
	/*
	 * Entries are given back to KVM at once: it has to protect these pages before they are
	 * written again.
	 */
	if (dirty__take(vcpu))
		ret = dirty__reset(vcpu->vm, err);
	pthread_mutex_unlock(&vcpu->vm->dirty.lock);
	return ret;
}

/* Counts the bits of one slot; reading clears them. */
static int count_bitmap(struct vm *vm, uint32_t slot, uint64_t bytes, uint64_t *pages,
			struct error *err)
{
	size_t words = (bytes / 4096 + 63) / 64;
	uint64_t *bitmap = calloc(words, sizeof(*bitmap));
	struct kvm_dirty_log log = { .slot = slot, .dirty_bitmap = bitmap };
	int ret = 0;

	if (!bitmap)
		return error__set(err, -ENOMEM, "no memory for the dirty log");
	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log) < 0)
		ret = error__set(err, -errno, "KVM_GET_DIRTY_LOG: %s", strerror(errno));
	for (size_t i = 0; i < words && !ret; i++)
		*pages += (uint64_t)__builtin_popcountll(bitmap[i]);
	free(bitmap);
	return ret;
}

int dirty__begin(struct vm *vm, struct error *err)
{
	vm->dirty.pages = 0;
	return vm->dirty.mode == DIRTY_LOG_OFF ? 0 : set_logging(vm, true, err);
}

int dirty__end(struct vm *vm, uint64_t *pages, struct error *err)
{
	int ret = 0;

	*pages = 0;
	if (!vm->dirty.on)
		return 0;
	if (vm->dirty.mode == DIRTY_LOG_BITMAP) {
		for (uint32_t slot = 0; slot < VM_MAX_SLOTS && !ret; slot++)
			if (vm__slot(vm, slot))
				ret = count_bitmap(vm, slot, vm__slot(vm, slot)->bytes, pages, err);
	} else {
		for (unsigned int i = 0; i < vm->nr_vcpus && !ret; i++)
			ret = dirty__drain(&vm->vcpus[i], err);
		*pages = vm->dirty.pages;
	}
	return ret ? ret : set_logging(vm, false, err);
}
