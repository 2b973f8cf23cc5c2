// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/backends/net_cost.h"

#include <math.h>

#include "bench/base/stats.h"

struct net_cost net_cost__of(const struct workload *w, const struct measurement *m)
{
	bool batch = w && w->kind == WORKLOAD_BATCH;
	struct net_cost net = {
		.loop = m->nr_empty ? stats__median(m->empty, m->nr_empty) : NAN,
		.ops = batch && m->ops_per_sample ? (double)m->ops_per_sample : 1,
	};

	if (batch && !w->keep_loop && m->nr_empty)
		net.subtract = net.loop;
	return net;
}

double net_cost__per_op(const struct net_cost *net, double sample)
{
	return (sample - net->subtract) / net->ops;
}

double net_cost__loop_per_op(const struct net_cost *net)
{
	return net->loop / net->ops;
}

double net_cost__median(const struct workload *w, const struct measurement *m)
{
	struct net_cost net = net_cost__of(w, m);

	return m->nr_samples ? net_cost__per_op(&net, stats__median(m->samples, m->nr_samples)) :
			       NAN;
}

double net_cost__log_ratio(double base, double cost)
{
	return base > 0 && cost > 0 ? log(cost / base) : NAN;
}
