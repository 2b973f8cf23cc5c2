/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest switches its address space: MOV to CR3, with `roots` = 2 from one set of page tables to
 * another that maps the same, and then reads `touch` pages of the arena, whose translations the
 * switch threw away (there is no PCID). With EPT or NPT nothing exits and the second stage keeps
 * its translations; with shadow paging each switch exits.
 *
 * Same as: HyperBench set-cr3 (one root, nothing touched).
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"
#endif

#define ROOTS 0
#define TOUCH 1

#ifdef HV_GUEST
extern uint64_t boot_pml4[512];
static uint64_t other_pml4[512] __attribute__((aligned(4096)));

static int setup(struct workload_ctx *ctx)
{
	for (unsigned int i = 0; i < 512; i++)
		other_pml4[i] = boot_pml4[i];
	for (uint64_t i = 0; i < ctx->params[TOUCH]; i++)
		*(volatile uint8_t *)(ctx->arena + i * 4096) = 1;
	return HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t roots[2] = { (uint64_t)boot_pml4,
			      (uint64_t)(ctx->params[ROOTS] == 2 ? other_pml4 : boot_pml4) };
	uint64_t pages = ctx->params[TOUCH];

	for (uint64_t i = 1; i <= n; i++) {
		volatile uint8_t *p = ctx->arena;

		asm volatile("mov %0, %%cr3" ::"r"(roots[i & 1]) : "memory");
		for (uint64_t k = pages; k; k--, p += 4096)
			(void)*p;
	}
	/* However many there were: end where it began. */
	asm volatile("mov %0, %%cr3" ::"r"(roots[0]) : "memory");
	return 0;
}
#endif

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[TOUCH] * 4096;
}

DEFINE_WORKLOAD(workload_set_cr3) = {
	.name = "set-cr3",
	.what = "the guest loads CR3, from one set of page tables to another",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.small_pages = true,
	.exits_note = "none with EPT or NPT; a CR access each with shadow paging",
	.params = {
		{ "roots", "sets of page tables", PARAM_COUNT, 2, 1, 2, NULL },
		{ "touch", "pages read after each switch", PARAM_COUNT, 0, 0, 512, NULL },
	},
	.arena_bytes = arena_bytes,
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
