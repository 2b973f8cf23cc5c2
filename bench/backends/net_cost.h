/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an operation cost, from a measurement's raw samples: a sample without the empty loop of as
 * many iterations, divided by its operations. The result's samples, the ratios of twins and of
 * references, and the estimates that a run makes of its host all come from here.
 *
 * Everything is in the measurement's own clock units; converting them is the caller's.
 */
#ifndef HVBENCH_NET_COST_H
#define HVBENCH_NET_COST_H

#include "bench/backends/measurement.h"
#include "workloads/workload.h"

struct net_cost {
	double loop;	 /* the empty loop of a sample, the median; NAN: not measured */
	double subtract; /* what is taken off a sample: the loop, or 0 where it is part of the
			  * operation, does not exist or was not measured */
	double ops;	 /* in a sample; 1 where the workload times itself */
};

/* `w`: what was measured; NULL: an operation of the host (bench/backends/host_op.h). */
struct net_cost net_cost__of(const struct workload *w, const struct measurement *m);

/* Of one operation in a raw sample. Negative where the loop took longer than the sample. */
double net_cost__per_op(const struct net_cost *net, double sample);

/* An iteration of the empty loop; NAN: not measured. */
double net_cost__loop_per_op(const struct net_cost *net);

/* The median of all samples; NAN: there are none. */
double net_cost__median(const struct workload *w, const struct measurement *m);

/* log(cost / base); NAN if one of them is not positive, and there is no ratio. */
double net_cost__log_ratio(double base, double cost);

#endif
