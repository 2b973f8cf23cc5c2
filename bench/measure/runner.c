/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/measure/runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/kvm/kvm.h"
#include "bench/backends/registry.h"
#include "bench/backends/setup.h"
#include "bench/base/clock.h"
#include "bench/base/stats.h"
#include "bench/doctor/doctor.h"
#include "bench/host/fingerprint.h"
#include "bench/host/memory_section.h"
#include "bench/measure/host_traits.h"
#include "bench/measure/observed_rounds.h"
#include "bench/measure/reference.h"
#include "bench/result/document.h"
#include "bench/result/metrics_json.h"
#include "bench/result/reference.h"
#include "bench/result/result.h"
#include "bench/result/rounds.h"
#include "bench/result/warnings.h"

/* For the probe's cost: attaching and detaching take some 10 ms, so samples are few and long. */
#define PROBED		   "pio-ioeventfd"
#define PROBE_ALTERNATIONS 15
#define PROBE_TARGET_NS	   2000000
#define TIMEOUT_MS	   5000
/* What eBPF programs, their maps and the kernel's types take here and in the kernel: 20 MiB. */
#define PROBES_BYTES (24u << 20)

#define MAX_BACKENDS 8

/*
 * A warning says if vCPU threads waited for more than this share of the time they wanted a CPU.
 * Less than a scheduler tick is not worth one.
 */
#define MAX_DELAY_SHARE 0.1
#define MIN_DELAY_NS	4e6
#define MIN_WALL_NS	200000000 /* CPU time is reported in ticks of 10 ms */

struct work {
	const struct cell *cell;
	const struct backend *backend;
	uint64_t ops_per_sample; /* found in the first round, kept for the others */
	struct measurement **rounds;
	unsigned int nr_rounds;
	const char *reference; /* the label of its reference */
	struct pair *pairs;    /* with the reference, one per round; NULL: it has none */
	unsigned int nr_pairs;
	struct observation *observation; /* NULL: not observed */
	struct contention contention;	 /* what else ran on the host while its rounds were
					 * measured */
};

struct runner {
	const struct plan *plan;
	const struct runner_options *opts;
	struct work *work;
	struct depth depth;
	json_t *host;	/* as it was before the run put load on it */
	json_t *health; /* what the doctor says of it */
	struct traits traits;
	struct {
		const struct backend *backend;
		struct backend_info info;
	} asked[MAX_BACKENDS];	   /* ends with a NULL backend */
	struct observer *observer; /* NULL: not asked for, or no memory for it */
	char no_memory[160];	   /* why there is none for it; "": there is */
	const struct backend_info *kvm;
	struct rng rng;
	unsigned int rounds;   /* of all cells, complete so far */
	double once_s;	       /* took what will not be measured again */
	double deadline_s;     /* see depth__deadline_s() */
	bool late;	       /* something was left out because of it */
	uint64_t counting_khz; /* of a clock that counts instructions; else 0 */
	struct contention_files contention_files;
	struct contention contention; /* while any cell was measured */
	double begin_s;
};

static double now_s(void)
{
	return (double)clock__ns() / 1e9;
}

static bool stopped(const struct runner *r)
{
	return r->opts->stop && *r->opts->stop;
}

/* Whether it is time to leave out what is not needed for a figure of each cell. */
static bool is_late(struct runner *r)
{
	if (!r->late && r->deadline_s > 0 && now_s() - r->begin_s > r->deadline_s)
		r->late = true;
	return r->late;
}

static void measure_cell(struct runner *r, struct work *w, struct measurement *m)
{
	struct measure_request req = depth__request(&r->depth, w->cell);
	struct instance *inst = NULL;
	struct error err = { 0 };
	int ret;

	if (w->ops_per_sample)
		req.ops_per_sample = w->ops_per_sample;
	req.timeout_ms = depth__timeout_ms(&r->depth, w->cell);
	req.beside = r->depth.opts.icount ? NULL : reference__beside(w->cell);
	m->icount = r->depth.opts.icount;
	ret = backend__supports(w->backend, w->cell, &err);
	if (ret) {
		measurement__fail(m, MEASURE_SKIPPED, "%s", err.text);
		return;
	}
	ret = w->backend->create(w->cell, &req, &inst, &err);
	if (ret) {
		measurement__fail(m, ret == -EOPNOTSUPP ? MEASURE_SKIPPED : MEASURE_FAILED, "%s",
				  err.text);
		return;
	}
	w->backend->run(inst, w->cell, &req, m);
	w->backend->destroy(inst);
	/* What the host timed is in ns, of which such a clock makes instructions. */
	if (w->cell->workload->kind == WORKLOAD_HOST && m->icount) {
		r->counting_khz = r->counting_khz ?: setup__host_tsc_khz();
		m->tsc_khz = r->counting_khz;
	}
	if (m->status == MEASURE_OK && w->cell->workload->kind == WORKLOAD_BATCH)
		w->ops_per_sample = m->ops_per_sample;
	if (w->backend->uses_kvm)
		traits__annotate(&r->traits, w->cell, m);
}

/*
 * The first successful one. The reference is chosen by it, so that it does not change within a run.
 */
static const struct measurement *first_ok(const struct work *w)
{
	for (unsigned int i = 0; i < w->nr_rounds; i++)
		if (w->rounds[i]->status == MEASURE_OK)
			return w->rounds[i];
	return NULL;
}

static void measure_reference(struct runner *r, struct work *w)
{
	struct measure_request req = depth__request(&r->depth, w->cell);
	struct reference ref;

	if (r->depth.opts.icount || r->opts->payload || !w->backend->run_pair || !first_ok(w) ||
	    reference__find(&ref, &r->traits, w->cell, first_ok(w), w->rounds[w->nr_rounds - 1]) ||
	    is_late(r))
		return;
	if (!w->pairs)
		w->pairs = calloc(depth__most_visits(&r->depth, w->cell), sizeof(*w->pairs));
	if (!w->pairs)
		return;
	w->reference = ref.label;
	req.timeout_ms = depth__timeout_ms(&r->depth, w->cell);
	reference__measure(&ref, w->backend, w->cell, &req, &w->pairs[w->nr_pairs++]);
}

/* Measures a round, and what else went on on this host meanwhile. */
static void measure_round(struct runner *r, struct work *w, struct measurement *m)
{
	struct contention before, after;

	contention__read(&r->contention_files, &before);
	measure_cell(r, w, m);
	contention__read(&r->contention_files, &after);
	contention__add(&w->contention, &before, &after);
	contention__add(&r->contention, &before, &after);
}

static const struct backend_info *info_of(struct runner *r, const struct backend *backend)
{
	unsigned int i = 0;

	while (r->asked[i].backend && r->asked[i].backend != backend && i + 1 < MAX_BACKENDS)
		i++;
	if (r->asked[i].backend != backend) {
		backend->probe(&r->asked[i].info);
		r->asked[i].backend = backend;
	}
	return &r->asked[i].info;
}

/* What the VMs of this run run on. */
static const char *virt_of(struct runner *r, const struct backend_info *kvm)
{
	if (kvm->available)
		return kvm->virt;
	for (size_t i = 0; i < r->plan->nr_cells; i++)
		if (r->work[i].backend->vm_bytes && info_of(r, r->work[i].backend)->available)
			return info_of(r, r->work[i].backend)->virt;
	return "none";
}

/*
 * No warning where the cell itself has more vCPUs and load than there are CPUs: there waiting is
 * what it measures.
 */
static void warn_of_contention(const struct runner *r, const struct work *w, json_t *cell)
{
	const json_t *sched = json_object_get(cell, "sched");
	double delay = json_number_value(json_object_get(sched, "run_delay_ns"));
	double on_cpu = json_number_value(json_object_get(sched, "on_cpu_ns"));
	bool waited = delay >= MIN_DELAY_NS && delay >= MAX_DELAY_SHARE * (delay + on_cpu), busy;
	char text[256];

	contention__busy_text(&w->contention, text, sizeof(text));
	busy = *text && w->contention.wall_ns >= MIN_WALL_NS;
	if (r->depth.opts.icount)
		return;
	json_object_set_new(cell, "contention", metrics_json__contention(&w->contention));
	/*
	 * The same words for every cell: the figures are in the document, those of the run in its
	 * header.
	 */
	if (w->contention.throttled)
		result__warn(cell, "the CPU quota of its cgroup stopped it while it was measured");
	if (w->cell->config.load ||
	    setup__vcpus(w->cell) * setup__vms(w->cell) > setup__cpus(w->cell))
		return;
	if (waited)
		result__warn(cell, "the host was busy: its vCPU threads waited for a CPU for more "
				   "than a tenth of the "
				   "time that they wanted one");
	else if (busy)
		result__warn(cell, "the host was busy while it was measured");
}

static bool observable(const struct work *w, bool context)
{
	/* The exits of several VMs have no common window. */
	return w->backend->observable && w->nr_rounds && (context || setup__vms(w->cell) <= 1) &&
	       w->cell->workload->kind != WORKLOAD_HOST && !w->cell->config.neighbour &&
	       w->rounds[0]->status == MEASURE_OK;
}

/* The number of measurements of the cell that has most. */
static unsigned int most_measured(const struct runner *r)
{
	unsigned int most = 0;

	for (size_t i = 0; i < r->plan->nr_cells; i++)
		most = r->work[i].nr_rounds > most ? r->work[i].nr_rounds : most;
	return most;
}

/* What the deadline has left out of this cell. */
static void warn_of_deadline(const struct runner *r, const struct work *w, json_t *cell)
{
	if (!r->late || !first_ok(w))
		return;
	if (!w->nr_pairs && !r->depth.opts.icount && !r->opts->payload && w->backend->run_pair &&
	    reference__possible(w->cell))
		result__warn(cell, "not compared with a reference: the run took too long");
	if (!w->observation && !r->depth.opts.no_probes && observable(w, true))
		result__warn(cell, "no probes watched it: the run took too long");
}

/* `summary`: of all cells; `ended`: the run is over. */
static json_t *build_document(struct runner *r, bool ended, struct runner_summary *summary)
{
	json_t *host = json_incref(r->host), *source, *doc;

	json_object_set_new(host, "virt", json_string(virt_of(r, r->kvm)));
	json_object_set_new(host, "clock", json_string(r->depth.opts.icount ? "icount" : "tsc"));
	doc = result__new(r->plan, host);
	if (!doc)
		return NULL;
	source = observe__usable(r->observer) ? observe__source(r->observer) :
						traits__exit_source(&r->traits);
	if (r->no_memory[0])
		json_object_set_new(source, "why", json_string(r->no_memory));
	json_object_set_new(doc, "exit_source", source);
	json_object_set_new(doc, "calibration", traits__to_json(&r->traits));
	json_object_set(doc, "doctor", r->health);
	/*
	 * With an instruction-counting clock nothing waits, and equal runs must give equal
	 * documents.
	 */
	json_object_set_new(doc, "contention",
			    r->depth.opts.icount ? json_null() :
						   metrics_json__contention(&r->contention));
	for (size_t i = 0; i < r->plan->nr_cells; i++) {
		struct cell_rounds rounds = {
			.cell = r->work[i].cell,
			.rounds = r->work[i].rounds,
			.nr_rounds = r->work[i].nr_rounds,
		};
		json_t *cell = result__add_cell(doc, &rounds);
		const char *status = json_string_value(json_object_get(cell, "status"));

		if (r->work[i].nr_pairs)
			result__add_reference(cell, r->work[i].reference, r->work[i].pairs,
					      r->work[i].nr_pairs);
		if (r->work[i].observation)
			observe__to_cell(r->observer, r->work[i].observation, cell);
		warn_of_contention(r, &r->work[i], cell);
		warn_of_deadline(r, &r->work[i], cell);
		if (!status)
			continue;
		if (!strcmp(status, "ok"))
			summary->ok++;
		else if (!strcmp(status, "failed"))
			summary->failed++;
		else
			summary->skipped++;
	}
	summary->interrupted = !ended || stopped(r);
	summary->duration_s = now_s() - r->begin_s;
	summary->late = r->late;
	if (ended && r->plan->time_s > 0 && !summary->interrupted)
		r->depth.rounds = r->rounds;
	json_object_set_new(json_object_get(doc, "plan"), "rounds", json_integer(r->depth.rounds));
	json_object_set_new(json_object_get(doc, "plan"), "most_rounds",
			    json_integer(r->late ? most_measured(r) : depth__widest(&r->depth)));
	result__finish(doc, summary->duration_s, summary->interrupted);
	return doc;
}

/* Saves a checkpoint if one is due. Called between two measurements. */
static void keep(struct runner *r)
{
	struct checkpoint *checkpoint = r->opts->checkpoint;
	struct runner_summary summary = { 0 };

	if (checkpoint && checkpoint__due(checkpoint))
		checkpoint__save(checkpoint, build_document(r, false, &summary));
}

/*
 * A round with probes on, for exits or for the context. No time of such a round is reported as the
 * cell's.
 */
static void observe_cell(struct runner *r, struct work *w, bool context)
{
	struct measure_request req = r->depth.req;
	struct measurement *m = measurement__new();
	struct instance *inst = NULL;
	struct error err = { 0 };

	if (!w->observation)
		w->observation = observation__new();
	if (!m || !w->observation)
		goto out;
	req.ops_per_sample = w->ops_per_sample;
	req.singles = 0;
	req.timeout_ms = depth__timeout_ms(&r->depth, w->cell);
	if (w->backend->create(w->cell, &req, &inst, &err)) {
		w->observation->err = err;
		goto out;
	}
	if (context)
		observe__arm_context(r->observer, w->observation, setup__vms(w->cell),
				     w->cell->workload->notes_gaps, &req);
	else
		observe__arm(r->observer, w->observation, &req);
	w->backend->run(inst, w->cell, &req, m);
	w->backend->destroy(inst);
	if (context)
		observe__add_context(r->observer, w->observation, m);
	else
		observe__add(r->observer, w->observation, w->cell->workload, m,
			     r->depth.opts.icount);
out:
	measurement__free(m);
}

/* Once a run, with an exit that every host takes and that is handled in the kernel. */
static void measure_probe_cost(struct runner *r)
{
	struct measure_request req = r->depth.req;
	struct cell cell;
	struct twin twin = { .cell = &cell };
	struct error err = { 0 };

	if (traits__default_cell(PROBED, &cell) || !(r->traits.kernel_exit_cycles > 0))
		return;
	twin.ops_per_sample =
		traits__ops(&r->traits, r->traits.kernel_exit_cycles, PROBE_TARGET_NS);
	req.timeout_ms = TIMEOUT_MS;
	req.samples = PROBE_ALTERNATIONS;
	req.payload = NULL;
	if (backend_kvm.create(&cell, &req, &twin.instance, &err))
		return;
	observe__measure_cost(r->observer, &backend_kvm, &twin, &req);
	backend_kvm.destroy(twin.instance);
}

/*
 * Everything is measured by now: rather no exits by reason than a run that the kernel kills. The
 * memory available at first decides whether it has to be looked at again.
 */
static bool has_memory_for_probes(struct runner *r)
{
	uint64_t available;
	bool by_group;

	if (r->depth.req.memory_bytes >= 4 * PROBES_BYTES)
		return true;
	available = host__available_memory_bytes("", &by_group);
	if (!available || available >= PROBES_BYTES)
		return true;
	snprintf(r->no_memory, sizeof(r->no_memory),
		 "no probes: they take %u MiB of memory, and %s has %llu MiB left",
		 PROBES_BYTES >> 20,
		 by_group ? "the memory limit of this process's control group" : "this host",
		 (unsigned long long)(available >> 20));
	return false;
}

static void observe(struct runner *r)
{
	if (r->depth.opts.no_probes || !r->work[0].cell || is_late(r) || !has_memory_for_probes(r))
		return;
	r->observer = observe__open();
	if (!r->observer)
		return;
	/* Without an exit source there are still scheduling and the counters. */
	for (unsigned int round = observe__usable(r->observer) ? 0 : OBSERVED_ROUNDS;
	     round < OBSERVED_ROUNDS + CONTEXT_ROUNDS; round++)
		for (size_t i = 0; i < r->plan->nr_cells && !stopped(r) && !is_late(r); i++)
			if (observable(&r->work[i], round >= OBSERVED_ROUNDS)) {
				observe_cell(r, &r->work[i], round >= OBSERVED_ROUNDS);
				keep(r);
			}
	if (!stopped(r) && !is_late(r) && observe__usable(r->observer))
		measure_probe_cost(r);
}

/*
 * Estimates the time the rest will take, assuming that measurements take as long as so far on
 * average.
 */
static double left_s(const struct runner *r, size_t total, unsigned int round, size_t done)
{
	double spent = now_s() - r->begin_s;

	if (done < 5 && round == 0)
		return -1;
	if (r->plan->time_s > spent && !r->plan->rounds_given)
		return r->plan->time_s - spent;
	return spent / (double)done * (double)(total - done) + depth__observed_s(&r->depth);
}

/* `done` measurements of all rounds, of `nr` each. */
static void report(struct runner *r, unsigned int round, size_t done, size_t nr,
		   const struct cell *cell)
{
	/* With a time given there may be more rounds than estimated. */
	unsigned int rounds = round < r->depth.rounds ? r->depth.rounds : round + 1;
	struct runner_progress p = {
		.done = done,
		.total = nr * rounds,
		.round = round,
		.rounds = rounds,
		.cell = cell,
		.left_s = cell && done ? left_s(r, nr * rounds, round, done) : -1,
	};

	if (r->opts->progress)
		r->opts->progress(&p, r->opts->arg);
}

static bool worth_another(const struct work *w)
{
	/* An unsupported cell stays unsupported in the next round; two failures are enough. */
	if (w->nr_rounds >= 1 && w->rounds[0]->status == MEASURE_SKIPPED)
		return false;
	return !(w->nr_rounds >= 2 && w->rounds[0]->status == MEASURE_FAILED &&
		 w->rounds[1]->status == MEASURE_FAILED);
}

/*
 * With thousands of cells the statistics of each round would take most of the memory: keep sums
 * only.
 */
static void fold_figures(struct work *w)
{
	struct measurement *last = w->rounds[w->nr_rounds - 1];

	if (last->status != MEASURE_OK)
		return;
	for (unsigned int i = 0; i + 1 < w->nr_rounds; i++) {
		if (w->rounds[i]->status != MEASURE_OK)
			continue;
		if (!kvm_figures__merge(&w->rounds[i]->figures, &last->figures))
			kvm_figures__free(&last->figures);
		return;
	}
}

/* Each cell as often as a round has VMs of it; the caller frees the list. */
static size_t *visits_of_a_round(const struct runner *r, size_t *nr)
{
	size_t *order, n = 0;

	for (size_t i = 0; i < r->plan->nr_cells; i++)
		n += depth__visits(&r->depth, r->work[i].cell);
	*nr = n;
	order = calloc(n, sizeof(*order));
	if (!order)
		return NULL;
	n = 0;
	for (size_t i = 0; i < r->plan->nr_cells; i++)
		for (unsigned int k = depth__visits(&r->depth, r->work[i].cell); k; k--)
			order[n++] = i;
	return order;
}

static int visit(struct runner *r, struct work *w, unsigned int nr, struct error *err)
{
	struct measurement *m = measurement__new();
	double begin_s = now_s();

	if (!m)
		return error__set(err, -ENOMEM, "out of memory");
	measure_round(r, w, m);
	if (m->status != MEASURE_OK)
		r->once_s += now_s() - begin_s;
	m->visit = nr;
	w->rounds[w->nr_rounds++] = m;
	fold_figures(w);
	if (m->status == MEASURE_OK)
		measure_reference(r, w);
	keep(r);
	return 0;
}

static int run_rounds(struct runner *r, struct error *err)
{
	size_t n, done = 0, *order = visits_of_a_round(r, &n);
	double begin_s = now_s();
	unsigned int visits = 0;
	int ret = 0;

	if (!order)
		return error__set(err, -ENOMEM, "out of memory");
	for (unsigned int round = 0; round < r->depth.most_rounds && !stopped(r) && !ret; round++) {
		if (!depth__fits(&r->depth, round, now_s() - begin_s - r->once_s,
				 now_s() - r->begin_s))
			break;
		rng__shuffle(&r->rng, order, n, sizeof(*order));
		for (size_t i = 0; i < n && !stopped(r) && !ret; i++, done++) {
			struct work *w = &r->work[order[i]];

			if (round && is_late(r))
				break;
			if (!worth_another(w))
				continue;
			report(r, round, done, n, w->cell);
			ret = visit(r, w, ++visits, err);
		}
		if (!round || !r->late)
			r->rounds++;
		else
			break;
	}
	free(order);
	return ret;
}

/* Cells of an unavailable backend are skipped; if none is available, there is nothing to run on. */
static int find_backends(struct runner *r, struct backend_info *kvm, struct error *err)
{
	size_t usable = 0;

	*kvm = (struct backend_info){ 0 };
	for (size_t i = 0; i < r->plan->nr_cells; i++) {
		const struct cell *cell = &r->plan->cells[i];
		const struct backend_info *info;

		r->work[i].cell = cell;
		r->work[i].rounds =
			calloc(depth__most_visits(&r->depth, cell), sizeof(*r->work[i].rounds));
		r->work[i].backend = backend__find(cell->backend);
		if (!r->work[i].rounds)
			return error__set(err, -ENOMEM, "out of memory");
		if (!r->work[i].backend)
			return error__set(err, -EINVAL,
					  "unknown backend '%s': 'hvbench list backends' "
					  "names them",
					  cell->backend);
		info = info_of(r, r->work[i].backend);
		if (r->work[i].backend->uses_kvm)
			*kvm = *info_of(r, &backend_kvm);
		if (info->available) {
			usable++;
			continue;
		}
		r->work[i].rounds[0] = measurement__new();
		if (!r->work[i].rounds[0])
			return error__set(err, -ENOMEM, "out of memory");
		measurement__fail(r->work[i].rounds[0], MEASURE_SKIPPED, "%s", info->why);
		r->work[i].nr_rounds = 1;
		if (!err->code)
			error__set(err, info->why_code ? info->why_code : -ENODEV, "%s", info->why);
	}
	if (usable)
		*err = (struct error){ 0 };
	return usable ? 0 : err->code;
}

int runner__run(const struct plan *plan, const struct runner_options *opts, json_t **doc,
		struct runner_summary *summary, struct error *err)
{
	struct runner r = { .plan = plan, .opts = opts, .begin_s = now_s() };
	struct backend_info kvm;
	bool by_group;
	int ret;

	*doc = NULL;
	*summary = (struct runner_summary){ 0 };
	r.work = calloc(plan->nr_cells, sizeof(*r.work));
	if (!r.work)
		return error__set(err, -ENOMEM, "out of memory");
	depth__choose(&r.depth, plan, &opts->depth);
	r.deadline_s = depth__deadline_s(&r.depth);
	r.depth.req.payload = opts->payload;
	/*
	 * When instructions are counted every operation is exact, so timing many as one gains
	 * nothing.
	 */
	r.depth.req.exact = opts->depth.icount;
	r.depth.req.ops_per_sample = opts->ops_per_sample ?: opts->depth.icount ? 1 : 0;
	r.depth.req.memory_bytes = host__available_memory_bytes("", &by_group);
	rng__seed(&r.rng, plan->seed);
	ret = find_backends(&r, &kvm, err);
	if (ret)
		goto out;
	r.host = host__fingerprint("");
	/* Before there are VMs of its own; it would move ticks that counted instructions see. */
	r.health = r.depth.opts.icount ? json_null() : doctor__health();
	r.kvm = &kvm;
	contention__find(&r.contention_files, "");
	if (kvm.available) {
		struct measure_request req = r.depth.req;

		req.timeout_ms = TIMEOUT_MS;
		req.payload = NULL;
		report(&r, 0, 0, 0, NULL);
		traits__measure(&r.traits, &backend_kvm, &req);
	}
	ret = run_rounds(&r, err);
	if (ret)
		goto out;
	if (kvm.available)
		observe(&r);
	*doc = build_document(&r, true, summary);
	if (!*doc)
		ret = error__set(err, -ENOMEM, "out of memory");
out:
	for (size_t i = 0; i < plan->nr_cells; i++) {
		for (unsigned int k = 0; k < r.work[i].nr_rounds; k++)
			measurement__free(r.work[i].rounds[k]);
		free(r.work[i].rounds);
		free(r.work[i].pairs);
		observation__free(r.work[i].observation);
	}
	free(r.work);
	observe__close(r.observer);
	contention__free(&r.contention_files);
	json_decref(r.host);
	json_decref(r.health);
	return ret;
}
