/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measurements made up for tests, whose results can be worked out by hand. The clock runs at 2 GHz:
 * two cycles are a nanosecond.
 */
#ifndef HVBENCH_SYNTHETIC_H
#define HVBENCH_SYNTHETIC_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/backend.h"
#include "bench/plan/plan.h"
#include "bench/result/document.h"
#include "bench/result/result.h"
#include "bench/result/rounds.h"

#define SYNTHETIC_TSC_KHZ    2000000
#define SYNTHETIC_MAX_ROUNDS 16

static inline uint64_t synthetic_bytes_per_op(const uint64_t *params)
{
	return params[0];
}

static const char *const synthetic_ops[] = { "read", "write", NULL };

static const struct workload synthetic_port = {
	.name = "port",
	.what = "one byte to a port",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.user_exits = 1,
	.exits = { { "IO_INSTRUCTION", "io", 1 } },
};
static const struct workload synthetic_beside = {
	.name = "beside",
	.what = "an operation beside the loop",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.keep_loop = true,
};
static const struct workload synthetic_timer = {
	.name = "timer",
	.what = "lateness of a timer",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_SELF_TIMED,
	.unit = "cycles",
	.ring = 0,
	.exits_note = "depends on the host",
};
static const struct workload synthetic_create = {
	.name = "create",
	.what = "KVM_CREATE_VM",
	.group = GROUP_LIFECYCLE,
	.kind = WORKLOAD_HOST,
	.unit = "ns",
	.ring = 3,
};
static const struct workload synthetic_stream = {
	.name = "stream", .what = "bytes per second", .group = GROUP_MEMORY, .kind = WORKLOAD_BATCH,
	.unit = "bytes_per_s", .ring = 3, .keep_loop = true, .bytes_per_op = synthetic_bytes_per_op,
	.params = {
		{ "working_set", "bytes", PARAM_SIZE, 1 << 20, 4096, 1ull << 39, NULL },
		{ "op", "what is done", PARAM_CHOICE, 0, 0, 0, synthetic_ops },
	},
};

/* A document being made; rounds are added to the current cell until it is finished. */
struct synthetic {
	struct plan plan;
	struct cell cell;
	struct measurement *rounds[SYNTHETIC_MAX_ROUNDS];
	unsigned int nr_rounds;
	json_t *doc;
};

static inline void synthetic__init(struct synthetic *s, const char *virt)
{
	json_t *host = json_object();

	memset(s, 0, sizeof(*s));
	snprintf(s->plan.name, sizeof(s->plan.name), "made-up");
	s->plan.rounds = 3;
	s->plan.seed = 7;
	json_object_set_new(host, "virt", json_string(virt));
	json_object_set_new(host, "clock", json_string("tsc"));
	s->doc = result__new(&s->plan, host);
}

static inline void synthetic__cell(struct synthetic *s, const struct workload *w)
{
	memset(&s->cell, 0, sizeof(s->cell));
	s->cell.workload = w;
	for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++)
		s->cell.params[i] = w->params[i].value;
	s->cell.ring = w->ring;
	config__init(&s->cell.config);
	config__name(&s->cell.config);
	snprintf(s->cell.backend, sizeof(s->cell.backend), "kvm");
	s->nr_rounds = 0;
}

/*
 * A successful round: `nr` raw samples of `ops` operations, three empty loops of `empty` cycles (0:
 * none).
 */
static inline struct measurement *synthetic__round(struct synthetic *s, const double *samples,
						   unsigned int nr, uint64_t ops, double empty)
{
	struct measurement *m = calloc(1, sizeof(*m));

	m->status = MEASURE_OK;
	m->samples = calloc(nr ? nr : 1, sizeof(double));
	m->empty = calloc(3, sizeof(double));
	if (nr)
		memcpy(m->samples, samples, nr * sizeof(double));
	m->nr_samples = nr;
	m->nr_empty = empty > 0 ? 3 : 0;
	for (int i = 0; i < 3; i++)
		m->empty[i] = empty + 10 * (i - 1);
	m->ops_per_sample = ops;
	m->tsc_khz = SYNTHETIC_TSC_KHZ;
	if (s->cell.workload->kind != WORKLOAD_HOST) {
		m->exits_known = true;
		m->exits = m->user_exits = 1000;
		m->window_ops = 1000;
	}
	s->rounds[s->nr_rounds++] = m;
	return m;
}

static inline struct measurement *
synthetic__bad_round(struct synthetic *s, enum measure_status status, const char *reason)
{
	struct measurement *m = synthetic__round(s, NULL, 0, 0, 0);

	m->status = status;
	snprintf(m->reason, sizeof(m->reason), "%s", reason);
	return m;
}

static inline void synthetic__count(struct measurement *m, const char *name, int64_t value)
{
	struct counter *c = &m->counters[m->nr_counters++];

	snprintf(c->name, sizeof(c->name), "%s", name);
	c->value = value;
}

static inline json_t *synthetic__finish(struct synthetic *s)
{
	struct cell_rounds rounds = { &s->cell, s->rounds, s->nr_rounds };
	json_t *cell = result__add_cell(s->doc, &rounds);

	for (unsigned int i = 0; i < s->nr_rounds; i++)
		measurement__free(s->rounds[i]);
	s->nr_rounds = 0;
	return cell;
}

/* Adds what twins and probes add to a cell. */
static inline void synthetic__observe(json_t *doc, json_t *cell)
{
	json_t *exits = json_object_get(cell, "exits");

	json_object_set_new(
		doc, "exit_source",
		json_pack("{s:s, s:i, s:i, s:s, s:f, s:[f, f]}", "name", "raw_tp", "expected", 200,
			  "seen", 200, "why",
			  "fentry cannot be attached on this kernel, and tracepoints by "
			  "perf cost more than twice as much an exit as this does",
			  "cost_ns", 75.5, "cost_ns_ci95", 70.0, 80.0));
	json_object_set_new(cell, "reference",
			    json_pack("{s:s, s:{s:[f, f, f, f, f, f], s:f, s:[f, f], s:f}}",
				      "label", "port", "log_ratio", "pairs", -0.71, -0.7, -0.7,
				      -0.7, -0.7, -0.69, "p50", -0.7, "ci95", -0.71, -0.69,
				      "ci_coverage", 0.96875));
	json_object_set_new(cell, "cost",
			    json_pack("{s:f, s:f, s:f, s:f, s:f}", "kernel", 50.0, "user", 60.0,
				      "off_cpu", 1.0, "switch",
				      json_number_value(json_object_get(
					      json_object_get(cell, "summary"), "p50")) -
					      111.0,
				      "observed", 400.5));
	json_object_set_new(cell, "probe_cost", json_real(75.5));
	json_object_set_new(exits, "reasons_as_expected", json_true());
	json_object_set_new(exits, "observed_ops", json_integer(400));
	json_object_set_new(exits, "lost", json_integer(0));
	json_object_set_new(exits, "by_reason",
			    json_pack("[{s:s, s:i, s:f, s:{s:i, s:f, s:f, s:n, s:n, s:i, s:[[i, i, "
				      "i]]}, s:i, s:i, s:i}]",
				      "reason", "IO_INSTRUCTION", "count", 400, "per_op", 1.0, "ns",
				      "n", 400, "mean", 110.0, "p50", 111.0, "p99", "p999", "max",
				      118, "buckets", 104, 111, 400, "total_ns", 44000, "user_ns",
				      24000, "off_cpu_ns", 400));
}

/* A document with something of everything it can hold. */
static inline json_t *synthetic__document(void)
{
	static const double port[] = { 3100, 3120, 3110, 3140 }, late[] = { 9000, 9500, 120000 };
	static const double create[] = { 410000, 395000, 402000 }, stream[] = { 1000000, 1010000 };
	struct synthetic s;
	struct measurement *m;
	json_t *observed;

	synthetic__init(&s, "vmx");
	synthetic__cell(&s, &synthetic_port);
	for (int i = 0; i < 3; i++) {
		m = synthetic__round(&s, port, 4, 10, 100);
		m->singles = calloc(1, sizeof(*m->singles));
		for (uint64_t v = 0; v < 500; v++)
			hist__add(m->singles, 300 + v, 1);
		synthetic__count(m, "kvm.exits", 1000);
		synthetic__count(m, "user.io", 1000);
		snprintf(m->warnings[m->nr_warnings++], sizeof(m->warnings[0]),
			 "the clock was seen to step");
	}
	observed = synthetic__finish(&s);
	synthetic__observe(s.doc, observed);

	synthetic__cell(&s, &synthetic_port);
	config__set(&s.cell.config, "irqchip", "split", NULL);
	config__name(&s.cell.config);
	m = synthetic__round(&s, port, 4, 10, 100);
	m->exits = 2000;
	synthetic__finish(&s);

	synthetic__cell(&s, &synthetic_beside);
	synthetic__round(&s, port, 4, 10, 0)->exits_known = false;
	snprintf(s.rounds[0]->exits_unknown_why, sizeof(s.rounds[0]->exits_unknown_why),
		 "this kernel has no binary statistics");
	synthetic__bad_round(&s, MEASURE_FAILED, "the guest hung");
	synthetic__finish(&s);

	synthetic__cell(&s, &synthetic_timer);
	synthetic__round(&s, late, 3, 1, 0);
	synthetic__round(&s, late, 2, 1, 0);
	synthetic__finish(&s);

	synthetic__cell(&s, &synthetic_create);
	synthetic__round(&s, create, 3, 1, 0);
	synthetic__round(&s, create, 2, 1, 0);
	synthetic__finish(&s);

	for (int backend = 0; backend < 2; backend++) {
		synthetic__cell(&s, &synthetic_stream);
		s.cell.params[0] = 64 << 10;
		if (backend)
			snprintf(s.cell.backend, sizeof(s.cell.backend), "native");
		for (int i = 0; i < 7; i++)
			synthetic__round(&s, stream, 2, 100, 0);
		synthetic__finish(&s);
	}

	synthetic__cell(&s, &synthetic_timer);
	synthetic__bad_round(&s, MEASURE_SKIPPED,
			     "needs a local APIC in the kernel: irqchip=kernel or split");
	synthetic__finish(&s);
	result__finish(s.doc, 12.5, false);
	return s.doc;
}

#endif
