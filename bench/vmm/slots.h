/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VM's memory slots: low memory with the payload and its mailbox, and the arena that workloads
 * use.
 */
#ifndef HVBENCH_VMM_SLOTS_H
#define HVBENCH_VMM_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "workloads/abi.h"

#define VM_SLOT_ARENA 1
#define VM_MAX_SLOTS  2

struct memory;
struct vm;
struct vm_request;

/* The size of page tables that map an arena of that size by 4 KiB pages, in whole 2 MiB. */
uint64_t vm__table_bytes(uint64_t arena_bytes);

/* Sets up the VM's memory as requested, with the payload in it. */
int vm__setup_memory(struct vm *vm, const struct vm_request *req, struct error *err);
/* The memory behind a slot; NULL: there is no such slot. */
const struct memory *vm__slot(const struct vm *vm, uint32_t slot);
/* Gives the VM its read-only page at HV_MMIO_ROM. */
int vm__add_rom(struct vm *vm, struct error *err);
/* Switches KVM's log of writes on or off for all slots. */
int vm__log_slots(struct vm *vm, bool on, struct error *err);
/* The same for the arena alone. */
int vm__log_arena(struct vm *vm, bool on, struct error *err);
struct hv_mailbox *vm__mailbox(struct vm *vm);

#endif
