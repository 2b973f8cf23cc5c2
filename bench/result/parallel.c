// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/result/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/json.h"
#include "bench/base/stats.h"

/* How the cell's figures are made from ticks of the guest's clock. */
struct figures {
	double factor;	     /* from ticks to ns, or 1 */
	double bytes_per_op; /* a rate's; 0: a cost */
	double per_s;	     /* what 1 / cost is to be multiplied by; NAN: the clock has no time */
};

static struct figures figures_of(const json_t *cell, const struct workload *w,
				 const uint64_t *params)
{
	const char *unit = json_string_value(json_object_get(cell, "unit"));
	double khz = json_number_value(json_object_get(cell, "tsc_khz"));
	struct figures f = { 1, 0, NAN };

	if (!strcmp(unit, "ns")) {
		f.factor = 1e6 / khz;
		f.per_s = 1e9;
	} else if (!strcmp(unit, "bytes_per_s")) {
		f.factor = 1e6 / khz;
		f.bytes_per_op = w->bytes_per_op(params);
		f.per_s = 1;
	}
	return f;
}

/* The median over one vCPU's samples of a round, less that of its own empty loops. */
static double cost_in_round(const struct measurement *m, unsigned int vcpu, bool subtract)
{
	unsigned int samples = m->nr_samples / m->nr_members, loops = m->nr_empty / m->nr_members;
	double cost = stats__median(m->samples + (size_t)vcpu * samples, samples);

	if (subtract && loops)
		cost -= stats__median(m->empty + (size_t)vcpu * loops, loops);
	return cost / (double)m->ops_per_sample;
}

static double in_unit(const struct figures *f, double ticks)
{
	double cost = ticks * f->factor;

	return !f->bytes_per_op ? cost : cost > 0 ? 1e9 * f->bytes_per_op / cost : NAN;
}

/* Over all good rounds; NAN: none. */
static double cost_of(const struct cell_rounds *r, unsigned int vcpu, const struct figures *f)
{
	double *costs = alloc__need_zeroed(r->nr_rounds + 1, sizeof(*costs)), cost;
	bool subtract = !r->cell->workload->keep_loop;
	size_t nr = 0;

	for (unsigned int i = 0; i < r->nr_rounds; i++)
		if (r->rounds[i]->status == MEASURE_OK && vcpu < r->rounds[i]->nr_members)
			costs[nr++] = cost_in_round(r->rounds[i], vcpu, subtract);
	cost = nr ? in_unit(f, stats__median(costs, nr)) : NAN;
	free(costs);
	return cost;
}

static double overhang_of(const struct cell_rounds *r)
{
	double ops = 0, overhang = 0;

	for (unsigned int i = 0; i < r->nr_rounds; i++)
		if (r->rounds[i]->status == MEASURE_OK) {
			ops += (double)r->rounds[i]->window_ops;
			overhang += (double)r->rounds[i]->overhang_ops;
		}
	return ops > 0 ? overhang / ops : NAN;
}

static json_t *new_parallel(const json_t *cell, const struct cell_rounds *r, unsigned int members)
{
	struct figures f = figures_of(cell, r->cell->workload, r->cell->params);
	double *costs = alloc__need_zeroed(members + 1, sizeof(*costs)), all = 0;
	double least, most;
	json_t *each = json_array(), *made;

	for (unsigned int v = 0; v < members; v++) {
		costs[v] = cost_of(r, v, &f);
		json_array_append_new(each, json__number(costs[v]));
		all += f.bytes_per_op ? costs[v] : costs[v] > 0 ? f.per_s / costs[v] : NAN;
	}
	stats__sort(costs, members);
	least = costs[0];
	most = costs[members - 1];
	made = json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "vcpus",
			 (int)r->cell->config.parallel, "each", each, "least", json__number(least),
			 "most", json__number(most), "spread",
			 json__number((most - least) / stats__quantile(costs, members, 0.5)),
			 "all_per_s", json__number(all), "overhang", json__number(overhang_of(r)));
	free(costs);
	return made;
}

void result_parallel__add(json_t *cell, const struct cell_rounds *r)
{
	unsigned int members = 0;

	for (unsigned int i = 0; i < r->nr_rounds && !members; i++)
		if (r->rounds[i]->status == MEASURE_OK)
			members = r->rounds[i]->nr_members;
	json_object_set_new(cell, "parallel",
			    r->cell->config.parallel > 1 && members ?
				    new_parallel(cell, r, members) :
				    json_null());
}
