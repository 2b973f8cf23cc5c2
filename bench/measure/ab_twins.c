// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/ab_twins.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/net_cost.h"
#include "bench/backends/registry.h"
#include "bench/backends/setup.h"
#include "bench/base/clock.h"
#include "bench/base/inference.h"
#include "bench/base/json.h"
#include "bench/base/nearest.h"
#include "bench/base/stats.h"
#include "bench/base/units.h"
#include "bench/measure/ab_apart.h"
#include "bench/plan/cell.h"
#include "bench/result/document.h"
#include "bench/vmm/memory.h"

#define FIRST_LOOK AB_FIRST_LOOK
#define MAX_PAIRS  AB_MAX_PAIRS
#define LEVEL	   0.95
/* "Same" is said when an interval of this level lies within the threshold. */
#define SAME_LEVEL   0.99
#define MAX_FAILURES 3
/*
 * How long to wait for another run that holds a setting of the host: time for some of its
 * workloads.
 */
#define WAIT_FOR_SETTING_S 120

static int apply(struct ab_side *side, const char *key, const char *value, struct error *err)
{
	int param = workload__find_param(side->cell.workload, key);
	struct names names = { .nr = 0 };
	char hint[NEAREST_ROOM];

	if (host_setting__is(key))
		return host_settings__add(&side->host, key, value, err);
	if (param >= 0)
		return cell__set_param(&side->cell, param, value, err);
	if (!strcmp(key, "ring"))
		return cell__set_ring(&side->cell, value, err);
	if (is_config_key(key))
		return config__set(&side->cell.config, key, value, err);
	names__add_config(&names);
	names__add_params(&names, side->cell.workload);
	return error__set(err, -ENOENT,
			  "'%s' is neither a configuration key nor a parameter of %s%s", key,
			  side->cell.workload->name,
			  nearest__hint(hint, sizeof(hint), key, names.name, "", ""));
}

int ab__parse_side(struct ab_side *side, const struct cell *base, const char *text,
		   struct error *err)
{
	char copy[sizeof(side->label)], *save = NULL;
	int ret = 0;

	*side = (struct ab_side){ .cell = *base };
	if (snprintf(side->label, sizeof(side->label), "%s", text) >= (int)sizeof(side->label))
		return error__set(err, -EINVAL, "--ab: too long");
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *pair = strtok_r(copy, ",", &save); pair && !ret;
	     pair = strtok_r(NULL, ",", &save)) {
		char *value = strchr(pair, '=');

		if (!value)
			return error__set(err, -EINVAL, "--ab '%s': not of the form KEY=VALUE",
					  pair);
		*value++ = '\0';
		ret = apply(side, pair, value, err);
	}
	config__name(&side->cell.config);
	return ret;
}

bool ab__is_look(size_t nr)
{
	/* After 12, 16, 24, 36, 54, 81 … pairs: half as many again each time. */
	for (size_t look = FIRST_LOOK; look <= nr; look = look == FIRST_LOOK ? 16 : look * 3 / 2)
		if (look == nr)
			return true;
	return false;
}

enum verdict ab__decide(const double *log_ratios, size_t nr, double threshold, double *p)
{
	double margin = log1p(threshold), median = stats__median(log_ratios, nr);
	double *sorted = malloc(nr * sizeof(*sorted) + 1);
	struct stats_interval interval;
	struct rank_test test;

	*p = 1;
	if (!sorted || inference__signed_rank(log_ratios, nr, &test)) {
		free(sorted);
		return VERDICT_INCONCLUSIVE;
	}
	*p = test.p;
	memcpy(sorted, log_ratios, nr * sizeof(*sorted));
	stats__sort(sorted, nr);
	interval = stats__median_interval(sorted, nr, SAME_LEVEL);
	free(sorted);
	if (test.p < AB_ALPHA / AB_MAX_LOOKS && fabs(median) > margin)
		return median > 0 ? VERDICT_SLOWER : VERDICT_FASTER;
	if (interval.coverage >= SAME_LEVEL && interval.low > -margin && interval.high < margin)
		return VERDICT_SAME;
	return VERDICT_INCONCLUSIVE;
}

struct ab {
	const struct ab_side *side;
	const struct ab_options *opts;
	const struct backend *backend;
	struct measure_request req;
	uint64_t ops;
	struct host_toggle *toggle; /* NULL: no setting of the host is switched */
	double *log_ratio, *a, *b;
	size_t nr, failures;
	/* CPU time of an operation, in ns; pairs of their own, unless all are apart */
	double *cpu_log_ratio, *cpu[2];
	size_t nr_cpu;
	uint64_t tsc_khz;
	struct rng rng;
};

/*
 * Which side is first in a pair, in all things: made, booted, measured, destroyed. By lot: what is
 * first gets other memory than what is second, and memory that comes back to whom it was freed by
 * is worth 0.3 % of an exit. With a fixed order, or one that only alternates, a side may meet the
 * same memory in all pairs of a run.
 */
static int draw_first(struct ab *ab)
{
	return (int)rng__below(&ab->rng, 2);
}

static int calibrate(struct ab *ab, struct error *err)
{
	struct measurement *m = measurement__new();
	struct instance *inst = NULL;
	struct measure_request req = ab->req;
	int ret;

	if (!m)
		return error__set(err, -ENOMEM, "out of memory");
	req.samples = 5;
	ret = ab->backend->create(&ab->side[0].cell, &req, &inst, err);
	if (!ret) {
		ab->backend->run(inst, &ab->side[0].cell, &req, m);
		ab->backend->destroy(inst);
		if (m->status != MEASURE_OK)
			ret = error__set(err, m->status == MEASURE_SKIPPED ? -EOPNOTSUPP : -EIO,
					 "%s", m->reason);
		ab->ops = m->ops_per_sample;
	}
	measurement__free(m);
	return ret;
}

/* Each in a fresh VM; with what its CPU time says, where that is known. */
static int run_apart(struct ab *ab, struct pair *pair, struct error *err)
{
	struct ab_apart part[2];
	struct measure_request req = ab->req;
	int first = draw_first(ab), ret;

	req.ops_per_sample = ab->ops;
	for (int i = 0; i < 2; i++) {
		int s = i ^ first;

		if (ab->toggle)
			host_toggle__set(ab->toggle, s);
		if (ab->toggle && host_toggle__failed(ab->toggle))
			return error__set(err, -host_toggle__failed(ab->toggle),
					  "switching the host's settings: %s",
					  strerror(host_toggle__failed(ab->toggle)));
		ret = memory__check(setup__memory_bytes(&ab->side[s].cell), ab->req.memory_bytes,
				    err);
		ret = ret ?: ab_apart__measure(ab->backend, &ab->side[s].cell, &req, &part[s], err);
		if (ret)
			return ret;
	}
	*pair = (struct pair){ .status = MEASURE_OK,
			       .log_ratio = net_cost__log_ratio(part[0].cost, part[1].cost),
			       .a = part[0].cost,
			       .b = part[1].cost,
			       .tsc_khz = part[0].tsc_khz };
	if (!isfinite(pair->log_ratio))
		return error__set(err, -EIO, "no operation took longer than the empty loop");
	if (part[0].cpu_ns > 0 && part[1].cpu_ns > 0 && ab->nr_cpu < MAX_PAIRS) {
		ab->cpu_log_ratio[ab->nr_cpu] = log(part[1].cpu_ns / part[0].cpu_ns);
		for (int s = 0; s < 2; s++)
			ab->cpu[s][ab->nr_cpu] = part[s].cpu_ns;
		ab->nr_cpu++;
	}
	return 0;
}

/* Both sides in one VM, of which the settings of the host are switched. */
static int run_switched(struct ab *ab, struct pair *pair, struct error *err)
{
	const struct cell *cell = &ab->side[0].cell;
	struct twin twin = { .cell = cell, .ops_per_sample = ab->ops };
	int ret = memory__check(setup__memory_bytes(cell), ab->req.memory_bytes, err);

	ret = ret ?: ab->backend->create(cell, &ab->req, &twin.instance, err);
	if (ret)
		return ret;
	ab->backend->run_toggled(&twin, host_toggle__set, ab->toggle, &ab->req, pair);
	ab->backend->destroy(twin.instance);
	if (host_toggle__failed(ab->toggle))
		return error__set(err, -host_toggle__failed(ab->toggle),
				  "switching the host's settings: %s",
				  strerror(host_toggle__failed(ab->toggle)));
	return 0;
}

static void turn_round(struct pair *pair)
{
	const struct pair as_was = *pair;

	pair->a = as_was.b;
	pair->b = as_was.a;
	pair->log_ratio = -as_was.log_ratio;
	pair->low = -as_was.high;
	pair->high = -as_was.low;
}

static int run_twins(struct ab *ab, struct pair *pair, struct error *err)
{
	struct twin twins[2] = { 0 };
	int first = draw_first(ab), ret;

	ret = memory__check(setup__memory_bytes(&ab->side[0].cell) +
				    setup__memory_bytes(&ab->side[1].cell),
			    ab->req.memory_bytes, err);
	for (int i = 0; i < 2 && !ret; i++) {
		twins[i].cell = &ab->side[i ^ first].cell;
		twins[i].ops_per_sample = ab->ops;
		ret = ab->backend->create(twins[i].cell, &ab->req, &twins[i].instance, err);
	}
	if (!ret)
		ab->backend->run_pair(twins, &ab->req, pair);
	for (int i = 0; i < 2; i++)
		ab->backend->destroy(twins[i].instance);
	if (!ret && first)
		turn_round(pair);
	return ret;
}

static int run_pair(struct ab *ab, struct pair *pair, struct error *err)
{
	int ret;

	if (ab->opts->apart)
		return run_apart(ab, pair, err);
	ret = ab->toggle ? run_switched(ab, pair, err) : run_twins(ab, pair, err);
	if (!ret && pair->status != MEASURE_OK)
		ret = error__set(err, pair->status == MEASURE_SKIPPED ? -EOPNOTSUPP : -EIO, "%s",
				 pair->reason);
	return ret;
}

/* The bytes that an operation of that side moves; 0: it moves none. */
static double bytes_of(const struct ab_side *side)
{
	const struct workload *w = side->cell.workload;

	return w->bytes_per_op ? (double)w->bytes_per_op(side->cell.params) : 0;
}

double ab__log_ratio(const struct ab_side side[2], double log_ratio)
{
	double a = bytes_of(&side[0]), b = bytes_of(&side[1]);

	return a > 0 && b > 0 ? log_ratio - log(b / a) : log_ratio;
}

double ab__pairs_needed(const double *log_ratios, size_t nr, double threshold)
{
	double margin = log1p(threshold), median = stats__median(log_ratios, nr);
	double spread = inference__spread(log_ratios, nr), distance = fabs(fabs(median) - margin),
	       n;

	/* So few say nothing about how many it takes. */
	if (nr < FIRST_LOOK || !(distance > 0))
		return NAN;
	n = fabs(median) > margin ? 3.6 * 3.6 * spread * spread / (median * median) :
				    2.6 * 2.6 * 1.571 * spread * spread / (distance * distance);
	n = fmax(n, (double)nr + 1);
	/* It is decided only at the next look. */
	for (size_t look = (size_t)fmin(n, MAX_PAIRS); look <= MAX_PAIRS; look++)
		if (ab__is_look(look) && (double)look >= n)
			return (double)look;
	return NAN;
}

static json_t *side_json(const struct ab_side *side, const double *cycles, size_t nr, uint64_t khz)
{
	double median = nr ? stats__median(cycles, nr) : NAN;

	return json_pack("{s:o, s:o, s:o, s:o}", "label", json__text(side->label), "p50_cycles",
			 json__number(median), "p50_ns",
			 json__number(khz ? median * 1e6 / (double)khz : NAN), "p50_bytes_per_s",
			 json__number(bytes_of(side) > 0 && khz ?
					      bytes_of(side) * 1e3 * (double)khz / median :
					      NAN));
}

/* {"p50", "ci95", "ci_coverage"} of log-ratios, and all of them where `pairs` is. */
static json_t *log_ratio_json(const double *log_ratio, size_t nr, json_t *pairs)
{
	double *sorted = malloc(nr * sizeof(*sorted) + 1);
	struct stats_interval interval = { NAN, NAN, 0 };

	if (sorted && nr) {
		memcpy(sorted, log_ratio, nr * sizeof(*sorted));
		stats__sort(sorted, nr);
		interval = stats__median_interval(sorted, nr, LEVEL);
	}
	free(sorted);
	return json_pack("{s:o*, s:o, s:o, s:o}", "pairs", pairs, "p50",
			 json__number(nr ? stats__median(log_ratio, nr) : NAN), "ci95",
			 interval.coverage < LEVEL ? json_null() :
						     json_pack("[oo]", json__number(interval.low),
							       json__number(interval.high)),
			 "ci_coverage", json__number(interval.coverage));
}

/* CPU time of an operation; null: not asked for, or not known. */
static json_t *cpu_json(const struct ab *ab)
{
	double p = NAN;
	enum verdict verdict;

	if (!ab->opts->cpu || !ab->nr_cpu)
		return json_null();
	verdict = ab__decide(ab->cpu_log_ratio, ab->nr_cpu, AB_CPU_THRESHOLD, &p);
	if (ab->nr_cpu < FIRST_LOOK) {
		verdict = VERDICT_INCONCLUSIVE;
		p = NAN;
	}
	return json_pack("{s:s, s:o, s:o, s:i, s:o, s:o, s:f}", "verdict", verdict__name(verdict),
			 "a_ns", json__number(stats__median(ab->cpu[0], ab->nr_cpu)), "b_ns",
			 json__number(stats__median(ab->cpu[1], ab->nr_cpu)), "pairs",
			 (int)ab->nr_cpu, "log_ratio",
			 log_ratio_json(ab->cpu_log_ratio, ab->nr_cpu, NULL), "p", json__number(p),
			 "threshold", AB_CPU_THRESHOLD);
}

static void add_outcome(struct ab *ab, enum verdict verdict, double p, double elapsed, json_t *doc)
{
	json_t *list = json_object_get(doc, "ab"), *pairs = json_array(), *one;
	const struct ab_side *side = ab->side;

	for (size_t i = 0; i < ab->nr; i++)
		json_array_append_new(pairs, json__number(ab->log_ratio[i]));
	one = json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:i, s:o, s:o, s:o, s:f, s:f, s:o}", "workload",
		side[0].cell.workload->name, "verdict", verdict__name(verdict), "method",
		ab->opts->apart ? "apart" :
		ab->toggle	? "switched" :
				  "twins",
		"a", side_json(&side[0], ab->a, ab->nr, ab->tsc_khz), "b",
		side_json(&side[1], ab->b, ab->nr, ab->tsc_khz), "pairs", (int)ab->nr, "log_ratio",
		log_ratio_json(ab->log_ratio, ab->nr, pairs), "p", json__number(p), "pairs_needed",
		verdict == VERDICT_INCONCLUSIVE ?
			json__number(ab__pairs_needed(ab->log_ratio, ab->nr, ab->opts->threshold)) :
			json_null(),
		"threshold", ab->opts->threshold, "duration_s", elapsed, "cpu", cpu_json(ab));
	if (!list) {
		list = json_array();
		json_object_set_new(doc, "ab", list);
	}
	json_array_append_new(list, one);
}

/*
 * Saves a checkpoint between two pairs: the document as if this pair were the last, still
 * undecided.
 */
static void keep(struct ab *ab, double p, double elapsed, const json_t *doc)
{
	struct checkpoint *checkpoint = ab->opts->checkpoint;
	json_t *so_far, *done;

	if (!checkpoint || ab->nr < 2 || !checkpoint__due(checkpoint))
		return;
	so_far = json_copy((json_t *)doc);
	done = json_object_get(doc, "ab");
	if (done)
		json_object_set_new(so_far, "ab", json_copy(done));
	add_outcome(ab, VERDICT_INCONCLUSIVE, p, elapsed, so_far);
	result__finish(so_far, (double)(clock__ns() - ab->opts->begin_ns) / 1e9, true);
	checkpoint__save(checkpoint, so_far);
}

static int measure(struct ab *ab, enum verdict *verdict, double *p, const json_t *doc,
		   struct error *err)
{
	double begin = (double)clock__ns() / 1e9, elapsed = 0;
	struct pair pair;
	int ret = 0;

	*verdict = VERDICT_INCONCLUSIVE;
	*p = NAN;
	while (ab->nr < MAX_PAIRS && !(ab->opts->stop && *ab->opts->stop)) {
		ret = run_pair(ab, &pair, err);
		if (ret && (++ab->failures >= MAX_FAILURES || !ab->nr))
			return ret;
		elapsed = (double)clock__ns() / 1e9 - begin;
		if (!ret) {
			ab->tsc_khz = pair.tsc_khz;
			ab->log_ratio[ab->nr] = ab__log_ratio(ab->side, pair.log_ratio);
			ab->a[ab->nr] = pair.a;
			ab->b[ab->nr++] = pair.b;
			if (ab->opts->progress)
				ab->opts->progress(ab->opts->arg, ab->side[0].cell.workload->name,
						   ab->nr, elapsed);
		}
		if (!ret && ab__is_look(ab->nr)) {
			*verdict = ab__decide(ab->log_ratio, ab->nr, ab->opts->threshold, p);
			if (*verdict != VERDICT_INCONCLUSIVE)
				return 0;
		}
		keep(ab, *p, elapsed, doc);
		if (elapsed > ab->opts->time_s)
			break;
	}
	if (ab->nr < FIRST_LOOK)
		return 0;
	*verdict = ab__decide(ab->log_ratio, ab->nr, ab->opts->threshold, p);
	return 0;
}

/* What cannot be measured here stays unknown: the decision about time is made already. */
static void measure_cpu(struct ab *ab)
{
	struct error err = { 0 };
	struct pair pair;

	if (!ab->opts->cpu || ab->opts->apart)
		return;
	for (size_t i = 0; i < AB_CPU_PAIRS && !(ab->opts->stop && *ab->opts->stop); i++)
		if (run_apart(ab, &pair, &err))
			return;
}

static bool switches_host(const struct ab_side side[2])
{
	return side[0].host.nr || side[1].host.nr;
}

static int check(struct ab *ab, struct error *err)
{
	const struct ab_side *side = ab->side;

	if (!ab->backend || !ab->backend->run_pair)
		return error__set(err, -EOPNOTSUPP,
				  "backend '%s' has no twins: --ab needs backend kvm",
				  side[0].cell.backend);
	if (side[0].cell.workload->kind == WORKLOAD_HOST)
		return error__set(err, -EOPNOTSUPP, "%s is measured by the host: it has no twins",
				  side[0].cell.workload->name);
	if (!ab->opts->apart &&
	    (side[0].cell.workload->vcpus > 1 ||
	     side[0].cell.workload->needs & (NEEDS_INJECTOR | NEEDS_RECEIVER | NEEDS_PEER)))
		return error__set(err, -EOPNOTSUPP,
				  "%s has a part that runs beside the vCPU, also while the "
				  "twin has its turn: no twins (--apart measures without)",
				  side[0].cell.workload->name);
	if (switches_host(side) && !cell__measures_the_same(&side[0].cell, &side[1].cell))
		return error__set(err, -EINVAL,
				  "--ab: settings of the host on one side and of the VM on the "
				  "other cannot be told apart: change one kind at a time");
	for (int s = 0; s < 2; s++) {
		int ret = backend__supports(ab->backend, &side[s].cell, err);

		if (ret)
			return ret;
		if (side[s].cell.config.vms > 1)
			return error__set(err, -EOPNOTSUPP, "vms=%u: twins are one VM each",
					  side[s].cell.config.vms);
	}
	return 0;
}

/* Where an operation is possible once a page, or some share a cost, fewer than wanted. */
static unsigned int alternations(const struct ab_side side[2])
{
	uint64_t most = AB_ALTERNATIONS;

	for (int s = 0; s < 2; s++) {
		const struct workload *w = side[s].cell.workload;
		const uint64_t *params = side[s].cell.params;
		uint64_t shared = w->shared_by ? w->shared_by(params) ?: 1 : 1;
		uint64_t some = w->max_ops ? w->max_ops(params) * 3 / 4 / shared : most;

		most = some < most ? some : most;
	}
	return most ? (unsigned int)most : 1;
}

int ab__run(const struct ab_side side[2], const struct ab_options *opts, json_t *doc,
	    enum verdict *verdict, struct error *err)
{
	struct ab ab = {
		.side = side,
		.opts = opts,
		.backend = backend__find(side[0].cell.backend),
		.req = { .target_ns = AB_SAMPLE_NS,
			 .samples = alternations(side),
			 .timeout_ms = AB_TIMEOUT_MS,
			 .payload = opts->payload },
	};
	double begin = (double)clock__ns() / 1e9, p = NAN;
	int ret = check(&ab, err), restored;

	*verdict = VERDICT_FAILED;
	if (ret)
		return ret;
	rng__seed(&ab.rng, 0);
	ab.log_ratio = calloc(6 * MAX_PAIRS, sizeof(*ab.log_ratio));
	if (!ab.log_ratio)
		return error__set(err, -ENOMEM, "out of memory");
	ab.a = ab.log_ratio + MAX_PAIRS;
	ab.b = ab.a + MAX_PAIRS;
	ab.cpu_log_ratio = ab.b + MAX_PAIRS;
	ab.cpu[0] = ab.cpu_log_ratio + MAX_PAIRS;
	ab.cpu[1] = ab.cpu[0] + MAX_PAIRS;
	if (switches_host(side)) {
		const struct host_waiting waiting = { WAIT_FOR_SETTING_S, opts->stop, opts->say,
						      opts->arg };

		ab.toggle = host_toggle__open(&side[0].host, &side[1].host, &waiting, err);
		ret = ab.toggle ? 0 : err->code;
		if (ret)
			goto out;
	}
	ret = calibrate(&ab, err);
	if (!ret)
		ret = measure(&ab, verdict, &p, doc, err);
	if (!ret)
		measure_cpu(&ab);
	restored = host_toggle__restore(ab.toggle, err);
	if (ret)
		*verdict = VERDICT_FAILED;
	if (!ret || ab.nr)
		add_outcome(&ab, *verdict, p, (double)clock__ns() / 1e9 - begin, doc);
	if (restored)
		ret = restored;
out:
	free(ab.log_ratio);
	return ret;
}
