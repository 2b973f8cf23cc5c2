/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ticket lock that all vCPUs of the VM take in turns, as spinlocks of a guest's kernel are: who
 * takes it draws a number and spins until it is its turn. If the host takes the CPU from the
 * holder, or from the next one in the queue, all others spin for nothing until it is back: with
 * more vCPUs than CPUs (vcpus=, overcommit=) that is what the figure is made of, and what
 * pause-loop exiting with directed yield (spin=pause, PLE on the host) is there for. spin=plain
 * spins without PAUSE, so no CPU leaves the guest because of it.
 *
 * One operation is vCPU 0's: take the lock, hold it for `hold`, give it back; between two
 * operations every vCPU stays away for `away`.
 *
 * Same as: kvm-unit-tests vmexit ple_round_robin, which hands a turn round and has no lock.
 */
#include "arch.h"
#include "workloads/workload.h"

#define HOLD 0
#define AWAY 1
#define SPIN 2

enum { NEXT, SERVING }; /* words of ctx->state */

#ifdef HV_GUEST
static void delay(const struct workload_ctx *ctx, uint64_t ns)
{
	uint64_t cycles = ctx->tsc_khz ? ns * ctx->tsc_khz / 1000000 : ns;
	uint64_t start = arch_clock_plain();

	while (cycles && arch_clock_plain() - start < cycles)
		;
}

/* Whoever has drawn a number has to wait for it, or nobody after it would ever be served. */
static void pass_once(struct workload_ctx *ctx)
{
	uint64_t ticket = __atomic_fetch_add(&ctx->state[NEXT], 1, __ATOMIC_ACQ_REL);

	while (__atomic_load_n(&ctx->state[SERVING], __ATOMIC_ACQUIRE) != ticket)
		if (!ctx->params[SPIN])
			arch_pause();
	delay(ctx, ctx->params[HOLD]);
	__atomic_store_n(&ctx->state[SERVING], ticket + 1, __ATOMIC_RELEASE);
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	while (n--) {
		pass_once(ctx);
		delay(ctx, ctx->params[AWAY]);
	}
	return 0;
}

static void assist(struct workload_ctx *ctx)
{
	while (!*ctx->stop) {
		pass_once(ctx);
		delay(ctx, ctx->params[AWAY]);
	}
}
#endif

static const char *const spins[] = { "pause", "plain", NULL };

DEFINE_WORKLOAD(workload_ticket_lock) = {
	.name = "ticket-lock",
	.what = "a ticket lock that all vCPUs take in turns: taken, held, given back",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.vcpus = 2,
	.exits_note = "none while everybody runs; PAUSE (pause-loop exiting) where waiting is long",
	.params = {
		{ "hold", "how long the lock is held", PARAM_TIME_NS, 500, 0, 1000000000, NULL },
		{ "away", "between two turns of a vCPU", PARAM_TIME_NS, 500, 0, 1000000000, NULL },
		{ "spin", "how they wait", PARAM_CHOICE, 0, 0, 0, spins },
	},
	.run = GUEST_ONLY(run),
	.assist = GUEST_ONLY(assist),
};
