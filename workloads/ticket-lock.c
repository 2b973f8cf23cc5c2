/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ticket lock that all vCPUs of the VM take in turns, as spinlocks of a guest's kernel are: who
 * takes it draws a number and spins until it is its turn. If the host takes the CPU from the
 * holder, or from the next one in the queue, all others spin for nothing until it is back: with
 * more vCPUs than CPUs (vcpus=, overcommit=) that is what the figure is made of, and what
 * pause-loop exiting with directed yield (spin=pause, PLE on the host) is there for. spin=plain
 * spins without PAUSE, so no CPU leaves the guest because of it.
 *
 * spin=halt is how Linux's paravirtual spinlocks wait (PV unhalt): after 1024 rounds of PAUSE the
 * vCPU halts, and whoever gives the lock back kicks the next one, if that one halted
 * (KVM_HC_KICK_CPU). Skipped where the guest is not offered that. Waiting is rarely that long
 * with a CPU for each vCPU; on an emulated host with two of them (lab run svm --no-icount --cpus 2
 * --config vcpus=4) one operation in a thousand takes the HLT and the call.
 *
 * One operation is vCPU 0's: take the lock, hold it for `hold`, give it back; between two
 * operations every vCPU stays away for `away`.
 *
 * Same as: kvm-unit-tests vmexit ple_round_robin, which hands a turn round and has no lock.
 */
#include "arch.h"
#include "workloads/workload.h"

enum { SPIN_PAUSE, SPIN_PLAIN, SPIN_HALT };

#define HOLD 0
#define AWAY 1
#define SPIN 2

enum { NEXT, SERVING }; /* words of ctx->state */

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/pv.h"
#include "workloads/runtime/x86_64/runtime.h"

#define KVM_HC_KICK_CPU 5
#define PAUSES		1024 /* before a waiter halts */

/* Who waits in HLT for that ticket, by its last digits: number of the vCPU and 1. */
static volatile uint32_t halted[HV_MAX_VCPUS];
static bool amd;

static uint64_t ring0_kick(void *unused, uint64_t cpu)
{
	uint64_t ret = KVM_HC_KICK_CPU;

	(void)unused;
	if (amd)
		asm volatile("vmmcall" : "+a"(ret) : "b"(0ull), "c"(cpu) : "memory");
	else
		asm volatile("vmcall" : "+a"(ret) : "b"(0ull), "c"(cpu) : "memory");
	return ret;
}

static int setup(struct workload_ctx *ctx)
{
	if (ctx->params[SPIN] != SPIN_HALT)
		return HV_REFUSED_NONE;
	amd = arch_is_amd();
	if (!(pv__kvm_features() & PV_KVM_UNHALT))
		return HV_REFUSED_NOT_OFFERED;
	return ring0(ring0_kick, NULL, 0) ? HV_REFUSED_NOT_OFFERED : HV_REFUSED_NONE;
}

/*
 * A kick that comes before the HLT ends it at once. With interrupts on, so that anything else that
 * comes ends it too.
 */
static uint64_t ring0_halt(void *ctx_pointer, uint64_t ticket)
{
	struct workload_ctx *ctx = ctx_pointer;
	volatile uint32_t *mine = &halted[ticket % HV_MAX_VCPUS];

	__atomic_store_n(mine, ctx->cpu + 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&ctx->state[SERVING], __ATOMIC_SEQ_CST) != ticket)
		asm volatile("sti; hlt; cli" ::: "memory");
	*mine = 0;
	return 0;
}

static void wait_for(struct workload_ctx *ctx, uint64_t ticket)
{
	unsigned int left = PAUSES;

	while (__atomic_load_n(&ctx->state[SERVING], __ATOMIC_ACQUIRE) != ticket) {
		if (ctx->params[SPIN] != SPIN_PLAIN)
			arch_pause();
		if (ctx->params[SPIN] == SPIN_HALT && !--left) {
			ring0(ring0_halt, ctx, ticket);
			left = PAUSES;
		}
	}
}

static void hand_on(struct workload_ctx *ctx, uint64_t next)
{
	uint32_t sleeper;

	__atomic_store_n(&ctx->state[SERVING], next, __ATOMIC_SEQ_CST);
	if (ctx->params[SPIN] != SPIN_HALT)
		return;
	sleeper = __atomic_load_n(&halted[next % HV_MAX_VCPUS], __ATOMIC_SEQ_CST);
	if (sleeper)
		ring0(ring0_kick, NULL, sleeper - 1);
}

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

	wait_for(ctx, ticket);
	delay(ctx, ctx->params[HOLD]);
	hand_on(ctx, ticket + 1);
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

static const char *const spins[] = { "pause", "plain", "halt", NULL };

DEFINE_WORKLOAD(workload_ticket_lock) = {
	.name = "ticket-lock",
	.what = "a ticket lock that all vCPUs take in turns: taken, held, given back",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.vcpus = 2,
	.optional = "KVM's hypercall to wake a vCPU",
	.exits_note = "none while everybody runs; PAUSE_INSTRUCTION (pause) where waiting is "
		      "long, and with spin=halt HLT (hlt) and VMCALL (hypercall) for the kick",
	.params = {
		{ "hold", "how long the lock is held", PARAM_TIME_NS, 500, 0, 1000000000, NULL },
		{ "away", "between two turns of a vCPU", PARAM_TIME_NS, 500, 0, 1000000000, NULL },
		{ "spin", "how they wait", PARAM_CHOICE, 0, 0, 0, spins },
	},
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
	.assist = GUEST_ONLY(assist),
};
