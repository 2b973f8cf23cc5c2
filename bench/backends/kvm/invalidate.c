// SPDX-License-Identifier: GPL-2.0-or-later
/* The host's half of workloads/invalidate.c: pages taken from a running guest. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/backends/kvm/session.h"

enum { WORKING_SET, ADVICE, OF };

#define PAGE_BYTES 4096

static int take(struct session *s, struct error *err)
{
	int advice = s->cell->params[ADVICE] ? MADV_FREE : MADV_DONTNEED;

	if (madvise(s->vm->arena.host, s->vm->arena.bytes, advice) < 0)
		return error__set(err, errno == EINVAL ? -EOPNOTSUPP : -errno, "madvise(%s): %s",
				  advice == MADV_FREE ? "MADV_FREE" : "MADV_DONTNEED",
				  strerror(errno));
	return 0;
}

static int sample(struct session *s, double *ns, struct error *err)
{
	enum session_figure of = (enum session_figure)s->cell->params[OF];
	uint64_t bytes = s->cell->params[WORKING_SET];
	int ret = session__pass(s, HV_ORDER_WRITE, bytes, PAGE_BYTES, NULL, err);

	if (!ret)
		ret = session__time(s, of, take, ns, err);
	if (!ret && of == OF_AFTER)
		ret = session__pass(s, HV_ORDER_WRITE, bytes, PAGE_BYTES, ns, err);
	return ret;
}

DEFINE_HOST_HALF(invalidate) = {
	.workload = "invalidate",
	.sample = sample,
};
