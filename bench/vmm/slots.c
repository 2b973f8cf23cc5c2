// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/vmm/slots.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench/vmm/vm.h"

#define SLOT_LOW 0
#define SLOT_ROM VM_MAX_SLOTS /* above those that can be logged */
#define GIB	 (1ull << 30)
#define PAGE_2M	 (2ull << 20)

static int set_region(struct vm *vm, uint32_t slot, uint32_t flags, uint64_t gpa,
		      const struct memory *mem, struct error *err)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = mem->bytes,
		.userspace_addr = (uintptr_t)mem->host,
	};

	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return error__set(err, -errno, "giving the VM %llu MiB of memory: %s",
				  (unsigned long long)(mem->bytes >> 20), strerror(errno));
	return 0;
}

static int set_memory(struct vm *vm, uint32_t slot, uint32_t flags, struct error *err)
{
	if (slot == SLOT_LOW)
		return set_region(vm, slot, flags, 0, &vm->low, err);
	return set_region(vm, slot, flags, HV_ARENA_GPA, &vm->arena, err);
}

int vm__add_rom(struct vm *vm, struct error *err)
{
	return set_region(vm, SLOT_ROM, KVM_MEM_READONLY, HV_MMIO_ROM, &vm->rom, err);
}

/*
 * Page tables for the arena: one page for each GiB, and one for every 2 MiB mapped by 4 KiB pages.
 */
uint64_t vm__table_bytes(uint64_t arena_bytes)
{
	uint64_t pages = arena_bytes / GIB + 1 + arena_bytes / PAGE_2M + 1;

	return arena_bytes ? (pages * 4096 + PAGE_2M - 1) & ~(PAGE_2M - 1) : 0;
}

int vm__setup_memory(struct vm *vm, const struct vm_request *req, struct error *err)
{
	uint64_t tables = vm__table_bytes(req->arena_bytes);
	int ret;

	if (HV_LOW_BYTES + tables > 3 * GIB)
		return error__set(err, -ERANGE,
				  "%llu GiB of working set need more page tables than "
				  "fit below 3 GiB",
				  (unsigned long long)(req->arena_bytes / GIB));
	vm->tables_gpa = HV_LOW_BYTES;
	vm->tables_bytes = tables;
	ret = memory__alloc(&vm->low, HV_LOW_BYTES + tables, PAGES_4K, err);
	if (!ret)
		ret = memory__bind(&vm->low, vm->config.numa, err);
	if (ret)
		return ret;
	ret = payload__load(req->payload, vm->low.host, HV_LOW_BYTES, err);
	if (ret)
		return ret;
	ret = set_memory(vm, SLOT_LOW, 0, err);
	if (ret || !req->arena_bytes)
		return ret;
	/*
	 * At the guest's own address for it, so that a process can follow the guest's pointers: see
	 * reference.h.
	 */
	ret = memory__alloc_at(&vm->arena, HV_ARENA_VA, req->arena_bytes, req->arena_pages,
			       req->backing, err);
	if (!ret)
		ret = memory__bind(&vm->arena, vm->config.numa, err);
	if (!ret)
		ret = memory__prove(&vm->arena, err);
	if (ret)
		return ret;
	if (req->populate) {
		ret = memory__populate(&vm->arena, err);
		if (ret)
			return ret;
	}
	return set_memory(vm, VM_SLOT_ARENA, 0, err);
}

const struct memory *vm__slot(const struct vm *vm, uint32_t slot)
{
	const struct memory *mem = slot == SLOT_LOW	 ? &vm->low :
				   slot == VM_SLOT_ARENA ? &vm->arena :
							   NULL;

	return mem && mem->host ? mem : NULL;
}

int vm__log_slots(struct vm *vm, bool on, struct error *err)
{
	int ret = 0;

	for (uint32_t slot = 0; slot < VM_MAX_SLOTS && !ret; slot++)
		if (vm__slot(vm, slot))
			ret = set_memory(vm, slot, on ? KVM_MEM_LOG_DIRTY_PAGES : 0, err);
	return ret ? error__prefix(err, "dirty_log") : 0;
}

int vm__log_arena(struct vm *vm, bool on, struct error *err)
{
	return set_memory(vm, VM_SLOT_ARENA, on ? KVM_MEM_LOG_DIRTY_PAGES : 0, err);
}

struct hv_mailbox *vm__mailbox(struct vm *vm)
{
	return (struct hv_mailbox *)((uint8_t *)vm->low.host + vm->payload->note.mailbox);
}
