// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/ab_apart.h"

#include <errno.h>
#include <math.h>

#include "bench/backends/net_cost.h"

int ab_apart__measure(const struct backend *backend, const struct cell *cell,
		      const struct measure_request *req, struct ab_apart *out, struct error *err)
{
	struct measurement *m = measurement__new();
	struct instance *inst = NULL;
	int ret;

	if (!m)
		return error__set(err, -ENOMEM, "out of memory");
	ret = backend->create(cell, req, &inst, err);
	if (ret)
		goto out;
	ret = backend->run(inst, cell, req, m);
	backend->destroy(inst);
	if (ret == -EINTR)
		goto out;
	ret = 0;
	if (m->status != MEASURE_OK) {
		ret = error__set(err, m->status == MEASURE_SKIPPED ? -EOPNOTSUPP : -EIO, "%s",
				 m->reason);
		goto out;
	}
	out->cost = net_cost__median(cell->workload, m);
	out->cpu_ns = m->cpu_known && m->window_ops ? (double)m->cpu_ns / (double)m->window_ops :
						      NAN;
	out->tsc_khz = m->tsc_khz;
out:
	measurement__free(m);
	return ret;
}
