/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The baseline: the same workload code, timed by the same code, in this process.
 */
#include "bench/backends/native.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "bench/backends/mailbox.h"
#include "bench/backends/setup.h"
#include "bench/host/load.h"
#include "bench/vmm/memory.h"
#include "bench/vmm/placement.h"
#include "workloads/runtime/measure.h"

struct instance {
	struct hv_mailbox *mailbox;
	struct memory arena;
	bool borrowed; /* the arena belongs to a twin */
	volatile uint64_t state[HV_STATE_WORDS];
	uint64_t tsc_khz;
};

static void native__probe(struct backend_info *info)
{
	*info = (struct backend_info){ .available = true, .virt = "none" };
	snprintf(info->detail, sizeof(info->detail), "this process, no VM");
}

static int native__supports(const struct cell *cell, struct error *err)
{
	struct config settled = cell->config;

	if (!cell->workload->native)
		return error__set(err, -EOPNOTSUPP,
				  "needs a VM: the instruction or device does not exist "
				  "for a process");
	/* For workloads whose ring is fixed, it only says what the guest's instructions need. */
	if (cell->ring != 3 && cell->workload->ring_choice)
		return error__set(err, -EOPNOTSUPP, "ring=0 needs a VM");
	return placement__settle(&settled, err);
}

static void native__destroy(struct instance *inst)
{
	if (!inst)
		return;
	if (!inst->borrowed)
		memory__free(&inst->arena);
	free(inst->mailbox);
	free(inst);
}

/*
 * For host_page=present: the pages exist before they are touched, and the process finds them by a
 * fault, as KVM does.
 */
static int alloc_arena(struct instance *inst, const struct cell *cell, uint64_t bytes,
		       struct error *err)
{
	bool present = cell->workload->populate && cell->workload->populate(cell->params);
	int ret;

	if (present && setup__pages(cell) == PAGES_4K && cell->config.numa == NUMA_NONE)
		return memory__alloc_unmapped(&inst->arena, bytes, err);
	ret = memory__alloc(&inst->arena, bytes, setup__pages(cell), err);
	if (!ret)
		ret = memory__bind(&inst->arena, cell->config.numa, err);
	if (!ret)
		ret = memory__prove(&inst->arena, err);
	if (!ret && present)
		ret = memory__populate(&inst->arena, err);
	return ret;
}

static int native__create(const struct cell *cell, const struct measure_request *req,
			  struct instance **out, struct error *err)
{
	const struct workload *w = cell->workload;
	uint64_t bytes = w->arena_bytes ? w->arena_bytes(cell->params) : 0;
	struct instance *inst = calloc(1, sizeof(*inst));
	int ret = 0;

	if (inst)
		inst->mailbox = calloc(1, sizeof(*inst->mailbox));
	if (!inst || !inst->mailbox) {
		free(inst);
		return error__set(err, -ENOMEM, "out of memory");
	}
	inst->tsc_khz = setup__host_tsc_khz();
	inst->borrowed = req->arena && req->arena->bytes >= bytes;
	if (inst->borrowed)
		inst->arena = *req->arena;
	else if (bytes)
		ret = memory__check(setup__memory_bytes(cell), req->memory_bytes, err);
	if (!ret && bytes && !inst->borrowed)
		ret = alloc_arena(inst, cell, bytes, err);
	if (ret) {
		native__destroy(inst);
		return ret;
	}
	*out = inst;
	return 0;
}

struct turns {
	void (*turn)(void *ctx, unsigned int sample);
	void *ctx;
	unsigned int sample, samples;
};

static void pass_turn(void *ctx, enum hv_doorbell value)
{
	struct turns *t = ctx;

	if (t && value == HV_BELL_STEP)
		t->turn(t->ctx, t->sample++);
	else if (t && value == HV_BELL_END)
		t->turn(t->ctx, t->samples);
}

/* turns: NULL if no other twin takes turns. */
static void run_placed(struct instance *inst, const struct cell *cell,
		       const struct measure_request *req, struct turns *turns,
		       struct measurement *m)
{
	const struct measure_hooks hooks = { .bell = pass_turn, .ctx = turns };
	struct hv_mailbox *mb = inst->mailbox;
	struct workload_ctx ctx = {
		.params = cell->params,
		.arena = inst->arena.host,
		.arena_bytes = inst->arena.bytes,
		.nr_cpus = 1,
		.tsc_khz = inst->tsc_khz,
		.state = inst->state,
	};
	int refusal, slack;

	memset(mb, 0, sizeof(*mb));
	mb->magic = HV_MAILBOX_MAGIC;
	mb->version = HV_ABI_VERSION;
	mb->size = sizeof(*mb);
	collect__command(&mb->command, cell, req, inst->tsc_khz);
	mb->command.arena_bytes = inst->arena.bytes;
	mb->command.ring = 3;
	mb->command.flags |= turns ? HV_CMD_STEP : 0;
	/* A guest's timers have no slack either. */
	slack = prctl(PR_GET_TIMERSLACK);
	prctl(PR_SET_TIMERSLACK, 1);
	refusal = measure__run(mb, &mb->command, cell->workload, &ctx, &hooks);
	if (slack > 0)
		prctl(PR_SET_TIMERSLACK, slack);
	mb->status.refusal = (uint32_t)refusal;
	mb->status.state = refusal ? HV_STATE_REFUSED : HV_STATE_DONE;
	m->tsc_khz = inst->tsc_khz;
	collect__mailbox(mb, &mb->command, cell, m);
	snprintf(m->exits_unknown_why, sizeof(m->exits_unknown_why), "a process takes no VM exits");
}

static int native__run(struct instance *inst, const struct cell *cell,
		       const struct measure_request *req, struct measurement *m)
{
	struct config settled = cell->config;
	struct setup_thread saved;
	struct error err = { 0 };
	struct load load;

	if (placement__settle(&settled, &err) || load__start(&load, settled.load, &err))
		return measurement__fail(m, MEASURE_FAILED, "%s", err.text);
	if (setup__enter(&saved, &settled, 0, &err))
		measurement__fail(m, MEASURE_FAILED, "%s", err.text);
	else
		run_placed(inst, cell, req, NULL, m);
	setup__leave(&saved);
	load__stop(&load);
	return 0;
}

static int native__run_in_turns(const struct twin *twin, const struct measure_request *req,
				void (*turn)(void *ctx, unsigned int sample), void *ctx,
				struct measurement *m)
{
	struct turns turns = { .turn = turn, .ctx = ctx, .samples = req->samples };
	struct measure_request own = *req;

	own.ops_per_sample = twin->ops_per_sample;
	own.singles = 0;
	run_placed(twin->instance, twin->cell, &own, &turns, m);
	return 0;
}

DEFINE_BACKEND(backend_native) = {
	.name = "native",
	.rank = 40,
	.what = "the same code in a process of the host: the baseline",
	.honours = {
		.keys = (const char *const[]){ "pages", "pin", "numa", "sched", "load", NULL },
		/* For halt-wake, which in a process sleeps by the host's timer. */
		.needs = NEEDS_LAPIC | NEEDS_DEADLINE_TIMER,
	},
	.probe = native__probe,
	.supports = native__supports,
	.create = native__create,
	.run = native__run,
	.run_in_turns = native__run_in_turns,
	.destroy = native__destroy,
};
