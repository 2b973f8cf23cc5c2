/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest changes its own page tables: one entry of a table in use is made to point to another
 * frame, INVLPG drops the old translation, and one read brings in the new one. With EPT or NPT that
 * is the guest's own affair; with shadow paging the table is write-protected, and both the write
 * and the INVLPG exit.
 *
 * Same as: HyperBench memory-pt (which leaves out INVLPG and the read).
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"
#endif

#define ENTRIES 0

#ifdef HV_GUEST
#define PT_LARGE   0x80ull
#define PT_ADDRESS 0x000ffffffffff000ull

extern uint64_t boot_pml4[512];

/* The table that maps the arena's first 2 MiB; low memory is mapped one to one. */
static uint64_t *leaf_table(void)
{
	uint64_t *table = boot_pml4;

	for (int shift = 39; shift > 12; shift -= 9) {
		uint64_t entry = table[HV_ARENA_VA >> shift & 511];

		if (!(entry & 1) || (shift < 39 && entry & PT_LARGE))
			return NULL;
		table = (uint64_t *)(entry & PT_ADDRESS);
	}
	return table;
}

static int setup(struct workload_ctx *ctx)
{
	for (uint64_t i = 0; i < 2 * ctx->params[ENTRIES]; i++)
		*(volatile uint8_t *)(ctx->arena + i * 4096) = 1;
	ctx->state[0] = (uint64_t)leaf_table();
	return ctx->state[0] ? HV_REFUSED_NONE : HV_REFUSED_PARAMETER;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	volatile uint64_t *table = (volatile uint64_t *)ctx->state[0];
	uint64_t last = ctx->params[ENTRIES] - 1, at = ctx->state[1];

	while (n--) {
		volatile uint8_t *page = ctx->arena + 2 * at * 4096;

		/* The even pages of the arena point to their own frame or to the next one. */
		table[2 * at] ^= 4096;
		asm volatile("invlpg (%0)" ::"r"(page) : "memory");
		(void)*page;
		at = at == last ? 0 : at + 1;
	}
	ctx->state[1] = at;
	return 0;
}
#endif

static uint64_t arena_bytes(const uint64_t *params)
{
	return 2 * params[ENTRIES] * 4096;
}

DEFINE_WORKLOAD(workload_pt_update) = {
	.name = "pt-update",
	.what = "the guest changes an entry of its page tables, INVLPG, and a read through it",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.small_pages = true,
	.exits_note = "none with EPT or NPT; with shadow paging a fault for the write, an exit for "
		      "INVLPG and a fault for the read",
	.params = {
		{ "entries", "of the page table, changed in turns", PARAM_COUNT, 64, 1, 256, NULL },
	},
	.arena_bytes = arena_bytes,
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
