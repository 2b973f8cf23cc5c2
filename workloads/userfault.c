/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First touch of a page that a thread of the host has to provide through userfaultfd, as post-copy
 * migration and restore from a snapshot do: the write faults, the vCPU's thread sleeps, the handler
 * wakes up, resolves `batch` pages from the one that faulted on, and the vCPU goes on.
 *
 *   mode=missing  there is no page: UFFDIO_COPY copies one in
 *   mode=minor    the page is in the page cache (memfd) and only not mapped: UFFDIO_CONTINUE
 *
 * Timed is the whole way, by the guest, for each page touched; with batch=1 every touch takes it,
 * with more all but the first of a batch only lack the second-stage mapping. `touch` is the same
 * with the kernel as handler. Pages are touched in order, so a fresh VM has working_set / 4096
 * operations.
 *
 * Where KVM may make the fault asynchronous, because the guest has interrupts on and its local APIC
 * is in the kernel, a kernel thread waits and the vCPU halts, which costs more.
 *
 * Same as: Linux selftests/kvm demand_paging_test -u MISSING and -u MINOR (-s shmem), whose guest
 * has interrupts off: with irqchip=user (tests/lab/selftests.sh).
 *
 * The host's half: bench/vmm/userfault.c
 */
#include "workloads/workload.h"

#define WORKING_SET 0
#define MODE	    1
#define BATCH	    2
#define PAGE_BYTES  4096

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	volatile uint8_t *p = ctx->arena + ctx->state[0];

	ctx->state[0] += n * PAGE_BYTES;
	while (n--) {
		*p = 1;
		p += PAGE_BYTES;
	}
	return 0;
}

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[WORKING_SET];
}

static uint64_t max_ops(const uint64_t *params)
{
	return params[WORKING_SET] / PAGE_BYTES;
}

static uint64_t shared_by(const uint64_t *params)
{
	return params[BATCH];
}

static struct workload_fetch fetch(const uint64_t *params)
{
	return (struct workload_fetch){ params[MODE] ? FAULTS_MINOR : FAULTS_MISSING, params[BATCH],
					0 };
}

static const char *const modes[] = { "missing", "minor", NULL };

DEFINE_WORKLOAD(workload_userfault) = {
	.name = "userfault",
	.what = "first write to a page that a host thread provides through userfaultfd",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.small_pages = true,
	.needs = NEEDS_USERFAULT,
	.exits_note = "one fault a page (EPT_VIOLATION, npf); "
		      "with batch above 1 fewer, where KVM maps "
		      "neighbours that are there as well",
	.params = {
		{ "working_set", "bytes touched in one VM",
		  PARAM_SIZE, 4 << 20, 1 << 16, 1ull << 39, NULL },
		{ "mode", "what is missing", PARAM_CHOICE, 0, 0, 0, modes },
		{ "batch", "pages that the handler provides at once", PARAM_COUNT, 1, 1, 512,
		  NULL },
	},
	.arena_bytes = arena_bytes,
	.max_ops = max_ops,
	.shared_by = shared_by,
	.fetch = fetch,
	.run = run,
};
