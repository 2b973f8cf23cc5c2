/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "workloads/runtime/command.h"

#include "workloads/runtime/mailbox.h"
#include "workloads/runtime/measure.h"
#include "workloads/runtime/x86_64/runtime.h"

/* What the secondary vCPUs are to do; written by the first one. */
static struct {
	const struct workload *workload;
	struct workload_ctx ctx; /* for all of them, except `cpu` */
	struct hv_command cmd;
	struct crew crew;     /* those who measure together, if more than one */
	volatile uint32_t go; /* number of the assist() to take part in */
	volatile uint32_t stop;
	volatile uint32_t busy; /* vCPUs still taking part */
	uint32_t steal;		/* whether they enable their steal time first */
} team;

static volatile uint32_t machine_ready;
static volatile uint32_t online;
/* A workload's own words: those of the first vCPU or, for those who measure together, of each. */
static volatile uint64_t workload_state[HV_MAX_VCPUS][HV_STATE_WORDS] __attribute__((aligned(128)));

unsigned int command__vcpus(void)
{
	return online;
}

static uint64_t at_ring0(workload_fn fn, struct workload_ctx *ctx, uint64_t n)
{
	return ring0((ring0_fn)fn, ctx, n);
}

static void bell(void *unused, enum hv_doorbell value)
{
	(void)unused;
	mailbox__ring(value);
}

static void mark(void)
{
	arch_mark();
}

/* Static, since whatever is on the stack or in registers may be lost by an exception. */
static int attempt(int (*fn)(void *arg), void *arg)
{
	static struct trap_recovery recovery, *outer;
	static int refusal;

	outer = trap__recover_with(&recovery);
	mailbox.status.state = HV_STATE_TRYING;
	if (__builtin_setjmp(recovery.buffer))
		refusal = HV_REFUSED_RAISED;
	else
		refusal = fn(arg);
	trap__recover_with(outer);
	mailbox.status.state = HV_STATE_RUNNING;
	return refusal;
}

static const struct measure_hooks alone = {
	.bell = bell,
	.mark = mark,
	.at_ring0 = at_ring0,
	.attempt = attempt,
};
static const struct measure_hooks together = {
	.bell = bell,
	.mark = mark,
	.at_ring0 = at_ring0,
	.attempt = attempt,
	.crew = &team.crew,
};

/* A member works on its own words, in its own part of the arena. */
static int measure_as_member(struct workload_ctx *ctx)
{
	const struct hv_command *cmd = &team.cmd;
	uint64_t part = cmd->arena_bytes / cmd->parallel & ~(HV_ARENA_ALIGN - 1);

	ctx->state = workload_state[ctx->cpu];
	ctx->arena += ctx->cpu * part;
	ctx->arena_bytes = part;
	return measure__run(&mailbox, cmd, team.workload, ctx, &together);
}

static uint64_t ring0_halt_until_go(void *seen, uint64_t unused)
{
	(void)unused;
	while (team.go == (uint32_t)(uint64_t)seen)
		asm volatile("sti; hlt; cli" ::: "memory");
	return 0;
}

void command__assist(uint32_t cpu)
{
	uint32_t seen = 0;

	while (!machine_ready)
		arch_pause();
	if (apic__present())
		apic__enable();
	__atomic_add_fetch(&online, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		struct workload_ctx ctx;

		if (apic__present())
			ring0(ring0_halt_until_go, (void *)(uint64_t)seen, 0);
		while (team.go == seen)
			arch_pause();
		seen = team.go;
		ctx = team.ctx;
		ctx.cpu = cpu;
		if (team.steal)
			steal__enable(cpu);
		if (team.crew.size > 1 && cpu < team.crew.size)
			measure_as_member(&ctx);
		else if (team.workload->assist)
			team.workload->assist(&ctx);
		__atomic_sub_fetch(&team.busy, 1, __ATOMIC_SEQ_CST);
	}
}

static bool has_team(const struct workload *w)
{
	return online > 1 && (w->assist || team.crew.size > 1);
}

static void team_start(const struct workload *w, const struct workload_ctx *ctx)
{
	if (!has_team(w))
		return;
	team.workload = w;
	team.ctx = *ctx;
	team.stop = 0;
	team.busy = online - 1;
	team.go++;
	for (uint32_t cpu = 1; cpu < online && apic__present(); cpu++)
		apic__send_ipi(cpu, HV_VECTOR_WAKE);
}

/*
 * A secondary vCPU may be halted, waiting for one of the workload's interrupts: send interrupts
 * until all have returned.
 */
static void team_stop(const struct workload *w)
{
	if (!has_team(w))
		return;
	team.stop = 1;
	/* Members end by themselves, and need no interrupt for it. */
	while (team.crew.size > 1 && team.busy)
		arch_pause();
	while (team.busy) {
		for (uint32_t cpu = 1; cpu < online && apic__present(); cpu++)
			apic__send_ipi(cpu, HV_VECTOR_IPI);
		for (int i = 0; i < 1000 && team.busy; i++)
			arch_pause();
	}
}

static int check_machine(const struct workload *w, uint32_t parallel)
{
	unsigned int vcpus = w->vcpus > parallel ? w->vcpus : parallel;

	if (online < vcpus)
		return HV_REFUSED_TOO_FEW_VCPUS;
	if (w->needs & (NEEDS_LAPIC | NEEDS_XAPIC) && !apic__present())
		return HV_REFUSED_NO_LAPIC;
	if (w->needs & NEEDS_DEADLINE_TIMER && !apic__has_deadline_timer())
		return HV_REFUSED_NO_DEADLINE_TIMER;
	if (w->needs & (NEEDS_INJECTOR | NEEDS_RECEIVER | NEEDS_PEER) &&
	    mailbox.host_magic != HV_HOST_MAGIC)
		return HV_REFUSED_PARAMETER;
	return HV_REFUSED_NONE;
}

void command__machine_is_ready(void)
{
	online = 1;
	machine_ready = 1;
}

int command__run(const struct hv_command *cmd)
{
	const struct workload *w = measure__find(cmd->workload);
	struct hv_status *status = &mailbox.status;
	struct workload_ctx ctx;
	int refusal;

	status->nr_samples = status->nr_empty = status->nr_singles = 0;
	status->single_max = 0;
	for (unsigned int i = 0; i < HV_HIST_BUCKETS; i++)
		mailbox.hist[i] = 0;
	status->overhang = 0;
	for (unsigned int cpu = 0; cpu < HV_MAX_VCPUS; cpu++)
		for (unsigned int i = 0; i < HV_STATE_WORDS; i++)
			workload_state[cpu][i] = 0;
	if (!w || (w->kind == WORKLOAD_HOST && !w->run))
		return HV_REFUSED_UNKNOWN_WORKLOAD;
	refusal = check_machine(w, cmd->parallel > 1 ? cmd->parallel : 1);
	if (refusal)
		return refusal;
	refusal = memory__map_arena(cmd);
	if (refusal)
		return refusal;
	ctx = (struct workload_ctx){
		.params = cmd->params,
		.arena = (uint8_t *)HV_ARENA_VA,
		.arena_bytes = cmd->arena_bytes,
		.nr_cpus = online,
		.tsc_khz = mailbox.tsc_khz,
		.kick = &mailbox.kick,
		.stop = &team.stop,
		.state = workload_state[0],
	};
	team.cmd = *cmd;
	team.crew = (struct crew){ .size = cmd->parallel > 1 ? cmd->parallel : 1 };
	team.steal = cmd->flags & HV_CMD_STEAL;
	if (team.steal)
		mailbox.steal_state = steal__enable(0);
	team_start(w, &ctx);
	if (w->kind == WORKLOAD_HOST)
		refusal = (int)w->run(&ctx, 1);
	else if (team.crew.size > 1)
		refusal = measure_as_member(&ctx);
	else
		refusal = measure__run(&mailbox, cmd, w, &ctx, &alone);
	team_stop(w);
	trap__restore();
	return refusal;
}
