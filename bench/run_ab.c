// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_ab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/units.h"
#include "host.h"
#include "result.h"

static int status_of(enum ab_verdict verdict)
{
	switch (verdict) {
	case AB_SLOWER:
	case AB_FAILED:
		return EXIT_REGRESSION;
	case AB_INCONCLUSIVE:
		return EXIT_INCONCLUSIVE;
	default:
		return EXIT_OK;
	}
}

/* A regression is worse than not knowing, and that worse than none. */
static int worse(int a, int b)
{
	static const int rank[] = { [EXIT_OK] = 0, [EXIT_INCONCLUSIVE] = 1, [EXIT_REGRESSION] = 2 };

	return rank[a] >= rank[b] ? a : b;
}

static json_t *new_document(const struct plan *plan)
{
	json_t *host = host__fingerprint("");
	struct backend_info info;

	backend_kvm.probe(&info);
	json_object_set_new(host, "virt", json_string(info.available && info.virt[0] ? info.virt : "none"));
	json_object_set_new(host, "clock", json_string("tsc"));
	return result__new(plan, host);
}

int run_ab(const struct plan *plan, const char *a, const char *b, const struct ab_options *opts,
	   json_t **doc)
{
	double begin = (double)clock__ns() / 1e9;
	struct ab_side *side = calloc(2, sizeof(*side));
	struct error err = { 0 };
	int status = EXIT_OK;

	*doc = new_document(plan);
	if (!*doc || !side) {
		free(side);
		fprintf(stderr, "hvbench run: out of memory\n");
		return EXIT_INTERNAL;
	}
	/* All of them before the first is measured: a typo is told at once. */
	for (size_t i = 0; i < plan->nr_cells; i++) {
		if (ab__parse_side(&side[0], &plan->cells[i], a, &err) ||
		    ab__parse_side(&side[1], &plan->cells[i], b, &err)) {
			fprintf(stderr, "hvbench run: %s\n", err.text);
			status = err.code == -EACCES || err.code == -EPERM ? EXIT_NOT_PERMITTED : EXIT_USAGE;
			goto out;
		}
	}
	for (size_t i = 0; i < plan->nr_cells && !(opts->stop && *opts->stop); i++) {
		enum ab_verdict verdict;

		ab__parse_side(&side[0], &plan->cells[i], a, &err);
		ab__parse_side(&side[1], &plan->cells[i], b, &err);
		if (ab__run(side, opts, *doc, &verdict, &err)) {
			fprintf(stderr, "hvbench run: %s: %s\n", plan->cells[i].workload->name, err.text);
			/* What was measured is worth as much as before; to go on would be to measure another host. */
			if (err.code == -ENOTRECOVERABLE) {
				status = EXIT_IO;
				break;
			}
			/* The next workload would say the same. */
			if (error__exit_status(&err) == EXIT_NOTHING_TO_RUN_ON ||
			    error__exit_status(&err) == EXIT_NOT_PERMITTED ||
			    error__exit_status(&err) == EXIT_USAGE) {
				status = error__exit_status(&err);
				goto out;
			}
		}
		status = worse(status, status_of(verdict));
	}
	result__finish(*doc, (double)clock__ns() / 1e9 - begin, opts->stop && *opts->stop);
	if (opts->stop && *opts->stop)
		status = EXIT_INTERRUPTED;
out:
	free(side);
	return status;
}
