/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "workloads/runtime/command.h"

#include "workloads/runtime/mailbox.h"
#include "workloads/runtime/measure.h"
#include "workloads/runtime/x86_64/runtime.h"

/* What the secondary vCPUs are to do; written by the first one. */
static struct {
	const struct workload *workload;
	struct workload_ctx ctx; /* for all of them, except `cpu` */
	volatile uint32_t go;	 /* number of the assist() to take part in */
	volatile uint32_t stop;
	volatile uint32_t busy; /* vCPUs still taking part */
	uint32_t steal;		/* whether they enable their steal time first */
} team;

static volatile uint32_t machine_ready;
static volatile uint32_t online;
static volatile uint64_t workload_state[HV_STATE_WORDS];

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

static const struct measure_hooks hooks = { .bell = bell, .at_ring0 = at_ring0 };

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
		if (team.workload->assist)
			team.workload->assist(&ctx);
		__atomic_sub_fetch(&team.busy, 1, __ATOMIC_SEQ_CST);
	}
}

static void team_start(const struct workload *w, const struct workload_ctx *ctx)
{
	if (!w->assist || online < 2)
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
	if (!w->assist || online < 2)
		return;
	team.stop = 1;
	while (team.busy) {
		for (uint32_t cpu = 1; cpu < online && apic__present(); cpu++)
			apic__send_ipi(cpu, HV_VECTOR_IPI);
		for (int i = 0; i < 1000 && team.busy; i++)
			arch_pause();
	}
}

static int check_machine(const struct workload *w)
{
	unsigned int vcpus = w->vcpus ? w->vcpus : 1;

	if (online < vcpus)
		return HV_REFUSED_TOO_FEW_VCPUS;
	if (w->needs & (NEEDS_LAPIC | NEEDS_XAPIC) && !apic__present())
		return HV_REFUSED_NO_LAPIC;
	if (w->needs & NEEDS_DEADLINE_TIMER && !apic__has_deadline_timer())
		return HV_REFUSED_NO_DEADLINE_TIMER;
	if (w->needs & NEEDS_INJECTOR && mailbox.host_magic != HV_HOST_MAGIC)
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
	for (unsigned int i = 0; i < HV_STATE_WORDS; i++)
		workload_state[i] = 0;
	if (!w || w->kind == WORKLOAD_HOST)
		return HV_REFUSED_UNKNOWN_WORKLOAD;
	refusal = check_machine(w);
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
		.state = workload_state,
	};
	team.steal = cmd->flags & HV_CMD_STEAL;
	if (team.steal)
		mailbox.steal_state = steal__enable(0);
	team_start(w, &ctx);
	refusal = measure__run(&mailbox, cmd, w, &ctx, &hooks);
	team_stop(w);
	return refusal;
}
