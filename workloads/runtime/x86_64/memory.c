/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps the arena, the memory that workloads use, at HV_ARENA_VA with 4 KiB or 2 MiB guest pages.
 * The tables are written from CPL3 before they are linked in, so that a hypervisor that shadows or
 * write-protects live page tables does not trap these writes.
 */
#include "workloads/runtime/x86_64/runtime.h"

#define PAGE_4K	   4096ull
#define PAGE_2M	   (2ull << 20)
#define PAGE_1G	   (1ull << 30)
#define PT_TABLE   0x67ull /* P RW US A D */
#define PT_LEAF_4K 0x67ull
#define PT_LEAF_2M 0xe7ull
#define ENTRIES	   512

extern uint64_t boot_pml4[ENTRIES];
static uint64_t arena_pdpt[ENTRIES] __attribute__((aligned(4096)));

/* What is mapped now. */
static uint64_t mapped_gpa, mapped_bytes;
static uint32_t mapped_4k;

static uint64_t ring0_reload_cr3(void *unused, uint64_t arg)
{
	uint64_t cr3;

	(void)unused;
	(void)arg;
	asm volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(cr3)::"memory");
	return 0;
}

int memory__map_arena(const struct hv_command *cmd)
{
	uint32_t small = cmd->flags & HV_CMD_GUEST_4K;
	uint64_t *next = (uint64_t *)cmd->tables_gpa;
	uint64_t *end = (uint64_t *)(cmd->tables_gpa + cmd->tables_bytes);
	bool remap = mapped_bytes != 0;

	if (cmd->arena_bytes == 0)
		return HV_REFUSED_NONE;
	if (mapped_gpa == cmd->arena_gpa && mapped_bytes == cmd->arena_bytes && mapped_4k == small)
		return HV_REFUSED_NONE;
	if (cmd->arena_bytes > PAGE_1G * ENTRIES)
		return HV_REFUSED_ARENA_TOO_SMALL;

	for (uint64_t gb = 0; gb < cmd->arena_bytes; gb += PAGE_1G) {
		uint64_t *pd = next;

		next += ENTRIES;
		if (next > end)
			return HV_REFUSED_ARENA_TOO_SMALL;
		for (unsigned int i = 0; i < ENTRIES; i++) {
			uint64_t offset = gb + i * PAGE_2M, gpa = cmd->arena_gpa + offset;

			if (offset >= cmd->arena_bytes) {
				pd[i] = 0;
			} else if (!small) {
				pd[i] = gpa | PT_LEAF_2M;
			} else {
				uint64_t *pt = next;

				next += ENTRIES;
				if (next > end)
					return HV_REFUSED_ARENA_TOO_SMALL;
				for (unsigned int j = 0; j < ENTRIES; j++)
					pt[j] = (gpa + j * PAGE_4K) | PT_LEAF_4K;
				pd[i] = (uint64_t)pt | PT_TABLE;
			}
		}
		arena_pdpt[gb / PAGE_1G] = (uint64_t)pd | PT_TABLE;
	}
	boot_pml4[HV_ARENA_VA >> 39] = (uint64_t)arena_pdpt | PT_TABLE;
	if (remap)
		ring0(ring0_reload_cr3, 0, 0);
	mapped_gpa = cmd->arena_gpa;
	mapped_bytes = cmd->arena_bytes;
	mapped_4k = small;
	return HV_REFUSED_NONE;
}
