/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/measure/depth.h"

#include <math.h>
#include <string.h>

#include "bench/backends/registry.h"
#include "bench/backends/setup.h"
#include "bench/measure/reference.h"

/*
 * A sample of 100 us is a thousand times what reading the clock costs. A hundred of them and 300
 * single operations make a round of some 30 ms with its VM.
 */
#define TARGET_NS	 100000
#define MAX_TARGET_NS	 5000000
#define DEFAULT_SAMPLES	 100
#define SINGLES_A_SAMPLE 3
#define SINGLE_BUDGET_NS 10000000
/*
 * For estimates: a VM's life, an operation of the host's, a wake-up, the first touch of a page,
 * preparing a byte.
 */
#define OVERHEAD_NS	  8000000
#define HOST_OP_NS	  1500000
#define WATCHES		  3
#define WAKE_NS		  100000
#define FIRST_TOUCH_NS	  4000
#define SETUP_NS_PER_BYTE 0.7
/* Reading the host's fingerprint, choosing an exit source, measuring the probe's cost. */
#define FIXED_S		 0.6
#define OBSERVED_FIXED_S 0.6

/* How much longer than promised a run may take before it leaves out what it can. */
#define DEADLINE_FACTOR 1.5

#define TIMEOUT_MS	      5000
#define TIMEOUT_FACTOR	      10 /* times what a measurement should take */
#define LOGGED_TIMEOUT_FACTOR 4	 /* operations were calibrated before the dirty log was on */
#define TIMEOUT_MS_PER_MIB    20 /* setting up a working set, at its slowest */
/*
 * An operation of --ops, which nothing has timed before: an exit to user space on a host that is
 * itself a guest, with probes. What hangs is found by its first operation, much earlier.
 */
#define TIMEOUT_NS_PER_OP 100000

/*
 * For the default job on an idle host: a quarter of the samples in four times as many VMs halves
 * the intervals of wake-ups and interrupts. A VM's life takes long itself, and what it costs
 * differs more between runs than within one.
 */
#define SPREAD	     4
#define SPREAD_LIFE  2
#define LARGE_BYTES  (32ull << 20)
#define SPREAD_LARGE 2 /* setting up its memory takes most of the time */

static unsigned int spread_of(const struct cell *cell)
{
	const struct workload *w = cell->workload;

	if (w->kind == WORKLOAD_HOST)
		return SPREAD_LIFE;
	if (w->kind != WORKLOAD_BATCH || w->max_ops)
		return SPREAD;
	/* A large arena's cost varies with the host pages it happens to get. */
	return setup__arena_bytes(cell) >= LARGE_BYTES ? SPREAD_LARGE : 1;
}

unsigned int depth__visits(const struct depth *d, const struct cell *cell)
{
	unsigned int visits = d->spread ? spread_of(cell) : 1,
		     most = d->req.samples / DEPTH_MIN_SAMPLES;

	return visits <= most ? visits : most ? most : 1;
}

unsigned int depth__most_visits(const struct depth *d, const struct cell *cell)
{
	return d->most_rounds * depth__visits(d, cell);
}

unsigned int depth__widest(const struct depth *d)
{
	unsigned int most = 1;

	for (size_t i = 0; i < d->plan->nr_cells; i++)
		if (depth__visits(d, &d->plan->cells[i]) > most)
			most = depth__visits(d, &d->plan->cells[i]);
	return d->rounds * most;
}

struct measure_request depth__request(const struct depth *d, const struct cell *cell)
{
	unsigned int visits = depth__visits(d, cell);
	struct measure_request req = d->req;
	const struct workload *w = cell->workload;
	uint64_t shared = w->shared_by ? w->shared_by(cell->params) : 1;

	req.samples /= visits;
	req.singles /= visits;
	req.single_budget_ns /= visits;
	if (shared > 1) {
		req.singles = 0;
		/* An exact clock needs no more than one of them, but all of it. */
		if (d->opts.icount && req.ops_per_sample == 1)
			req.ops_per_sample = shared;
	}
	return req;
}

/* The time to measure one VM with this request. */
static double visit_ns(const struct measure_request *req, const struct cell *cell)
{
	const struct workload *w = cell->workload;
	double samples = req->samples, vcpus = (double)setup__vcpus(cell) * setup__vms(cell);
	double share = vcpus / setup__cpus(cell);
	/* The vCPUs of one VM set up their parts of the arena at the same time. */
	double ns = OVERHEAD_NS + (double)setup__arena_bytes(cell) /
					  (cell->config.parallel > 1 ? cell->config.parallel : 1) *
					  SETUP_NS_PER_BYTE;

	/* One that watches for a time does so a few times. */
	if (w->kind == WORKLOAD_HOST)
		return ns + samples * HOST_OP_NS + WATCHES * setup__waiting_ns(cell);
	if (w->kind == WORKLOAD_SELF_TIMED)
		ns += samples * (setup__waiting_ns(cell) + WAKE_NS);
	else if (w->max_ops)
		ns += (double)w->max_ops(cell->params) * FIRST_TOUCH_NS;
	else
		ns += samples * fmax((double)req->target_ns * 1.5, setup__waiting_ns(cell)) +
		      (double)req->single_budget_ns;
	return ns * (share > 1 ? share : 1);
}

static bool is_observed(const struct depth *d, const struct cell *cell)
{
	const struct backend *backend = backend__find(cell->backend);

	return !d->opts.no_probes && backend && backend->observable && !cell->config.neighbour &&
	       cell->workload->kind != WORKLOAD_HOST;
}

static double observed_cell_s(const struct depth *d, const struct cell *cell)
{
	return is_observed(d, cell) ?
		       (OBSERVED_ROUNDS + CONTEXT_ROUNDS) * visit_ns(&d->req, cell) / 1e9 :
		       0;
}

double depth__cell_s(const struct depth *d, const struct cell *cell)
{
	const struct backend *backend = backend__find(cell->backend);
	struct measure_request req = depth__request(d, cell);
	double ns = visit_ns(&req, cell);

	if (!d->opts.icount && backend && backend->run_pair && reference__possible(cell))
		ns += reference__estimate_ns(cell, &req, OVERHEAD_NS);
	return (double)d->rounds * depth__visits(d, cell) * ns / 1e9 + observed_cell_s(d, cell);
}

double depth__observed_s(const struct depth *d)
{
	double seconds = d->opts.no_probes ? 0 : OBSERVED_FIXED_S;

	for (size_t i = 0; i < d->plan->nr_cells; i++)
		seconds += observed_cell_s(d, &d->plan->cells[i]);
	return seconds;
}

bool depth__fits(const struct depth *d, unsigned int done, double rounds_s, double elapsed_s)
{
	double observed = depth__observed_s(d), estimate, each;

	if (!(d->plan->time_s > 0) || d->plan->rounds_given || done < DEPTH_MIN_ROUNDS)
		return true;
	/* Assume that the rest is misestimated as much as what is done. */
	estimate = (depth__run_s(d) - FIXED_S - observed) / d->rounds;
	each = rounds_s / done;
	if (estimate > 0)
		observed *= each / estimate;
	return elapsed_s + each + observed <= d->plan->time_s;
}

double depth__run_s(const struct depth *d)
{
	double seconds = FIXED_S + (d->opts.no_probes ? 0 : OBSERVED_FIXED_S);

	for (size_t i = 0; i < d->plan->nr_cells; i++)
		seconds += depth__cell_s(d, &d->plan->cells[i]);
	return seconds;
}

/*
 * Makes a round `size` times as long as usual: by more samples as long as there is room for them,
 * then by longer ones.
 */
static void set_size(struct depth *d, double size)
{
	double room = (double)DEPTH_MAX_VALUES / ((double)d->plan->nr_cells * d->rounds);
	double samples = DEFAULT_SAMPLES * size,
	       most = fmin(HV_MAX_SAMPLES, fmax(room, DEPTH_MIN_SAMPLES));

	d->req.target_ns = TARGET_NS;
	if (samples > most) {
		d->req.target_ns = (uint64_t)fmin(TARGET_NS * samples / most, MAX_TARGET_NS);
		samples = most;
	}
	d->req.samples = samples < DEPTH_MIN_SAMPLES ? DEPTH_MIN_SAMPLES : (unsigned int)samples;
	if (d->opts.samples)
		d->req.samples = d->opts.samples;
	d->req.singles = d->req.samples * SINGLES_A_SAMPLE;
	d->req.single_budget_ns =
		(uint64_t)(SINGLE_BUDGET_NS *
			   fmax(size, (double)DEPTH_MIN_SAMPLES / DEFAULT_SAMPLES));
	if (d->opts.icount)
		d->req.singles = 0;
}

/*
 * The largest round that keeps the time, from the smallest possible up to a thousand times the
 * usual.
 */
static void fit_size(struct depth *d, double time_s)
{
	double low = (double)DEPTH_MIN_SAMPLES / DEFAULT_SAMPLES, high = 1000;

	for (int i = 0; i < 40; i++) {
		double middle = sqrt(low * high);

		set_size(d, middle);
		if (depth__run_s(d) > time_s)
			high = middle;
		else
			low = middle;
	}
	set_size(d, low);
}

/* The most rounds that keep the time, at least DEPTH_MIN_ROUNDS. */
static void fit_rounds(struct depth *d, double time_s, unsigned int most)
{
	unsigned int least = DEPTH_MIN_ROUNDS;

	while (least < most) {
		d->rounds = least + (most - least + 1) / 2;
		if (depth__run_s(d) > time_s)
			most = d->rounds - 1;
		else
			least = d->rounds;
	}
	d->rounds = least;
}

void depth__choose(struct depth *d, const struct plan *plan, const struct depth_options *opts)
{
	*d = (struct depth){
		.plan = plan,
		.opts = *opts,
		.rounds = plan->rounds,
		.most_rounds = plan->rounds,
		/*
		 * Not spread if the user says how many rounds or samples, or if instructions are
		 * counted.
		 */
		.spread = !plan->rounds_given && !opts->samples && !opts->icount,
	};
	set_size(d, 1);
	if (!(plan->time_s > 0))
		return;
	if (!plan->rounds_given && depth__run_s(d) <= plan->time_s)
		fit_rounds(d, plan->time_s, DEPTH_MAX_ROUNDS);
	if (plan->rounds_given || depth__run_s(d) > plan->time_s || d->rounds == DEPTH_MAX_ROUNDS)
		fit_size(d, plan->time_s);
	if (!plan->rounds_given && depth__run_s(d) > plan->time_s)
		fit_rounds(d, plan->time_s, d->rounds);
	d->most_rounds = d->rounds;
	if (!plan->rounds_given)
		d->most_rounds = d->rounds < DEPTH_MAX_ROUNDS / 2 ? 2 * d->rounds :
								    DEPTH_MAX_ROUNDS;
}

double depth__least_s(const struct plan *plan, const struct depth_options *opts)
{
	struct depth d = { .plan = plan, .opts = *opts, .rounds = DEPTH_MIN_ROUNDS };

	if (plan->rounds_given)
		d.rounds = plan->rounds;
	set_size(&d, 0);
	return depth__run_s(&d);
}

double depth__deadline_s(const struct depth *d)
{
	if (!(d->plan->time_s > 0) || d->plan->rounds_given)
		return 0;
	return DEADLINE_FACTOR * fmax(d->plan->time_s, depth__least_s(d->plan, &d->opts));
}

unsigned int depth__timeout_ms(const struct depth *d, const struct cell *cell)
{
	uint64_t mib = setup__arena_bytes(cell) >> 20;
	double ms = TIMEOUT_MS + (double)TIMEOUT_MS_PER_MIB * (double)mib;

	if (d->opts.timeout_ms)
		return d->opts.timeout_ms;
	ms += TIMEOUT_FACTOR *
	      (d->req.samples * (d->req.target_ns + setup__waiting_ns(cell)) +
	       (double)d->req.single_budget_ns) /
	      1e6;
	ms += (double)d->req.samples * (double)d->req.ops_per_sample * TIMEOUT_NS_PER_OP / 1e6;
	/* The VMs, and the vCPUs that work at once, share the CPUs, or wait for each other. */
	ms *= setup__vms(cell) * (cell->config.parallel > 1 ? cell->config.parallel : 1) *
	      (1 + (double)cell->config.load / setup__cpus(cell));
	if (cell->config.dirty_log != DIRTY_LOG_OFF)
		ms *= LOGGED_TIMEOUT_FACTOR;
	return ms < 86400000 ? (unsigned int)ms : 86400000;
}
