// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/ab_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/kvm/kvm.h"
#include "bench/base/clock.h"
#include "bench/base/units.h"
#include "bench/host/fingerprint.h"
#include "bench/result/document.h"

static json_t *new_document(const struct plan *plan)
{
	json_t *host = host__fingerprint("");
	struct backend_info info;

	backend_kvm.probe(&info);
	json_object_set_new(host, "virt",
			    json_string(info.available && info.virt[0] ? info.virt : "none"));
	json_object_set_new(host, "clock", json_string("tsc"));
	return result__new(plan, host);
}

/*
 * Reports a workload that could not be measured, unless the message is the same as the last one.
 * Returns the exit status if the next workload would fail alike, else 0.
 */
static int leave_out(const char *command, const char *workload, const struct error *err, char *said,
		     size_t len, size_t *skipped)
{
	int status = error__exit_status(err);

	if (strcmp(said, err->text))
		fprintf(stderr, "hvbench %s: %s: %s\n", command, workload, err->text);
	snprintf(said, len, "%s", err->text);
	if (status == EXIT_NOTHING_TO_RUN_ON)
		(*skipped)++;
	return status == EXIT_NOT_PERMITTED || status == EXIT_USAGE ? status : EXIT_OK;
}

int run_ab(const struct plan *plan, const char *a, const char *b, const struct ab_options *opts,
	   json_t **doc)
{
	const char *command = opts->command ?: "run";
	struct ab_side *side = calloc(2, sizeof(*side));
	char said[sizeof(((struct error *)0)->text)] = "";
	struct error err = { 0 };
	int status = EXIT_OK;
	size_t skipped = 0;

	*doc = new_document(plan);
	if (!*doc || !side) {
		free(side);
		fprintf(stderr, "hvbench run: out of memory\n");
		return EXIT_INTERNAL;
	}
	/* Check them all before the first is measured: a typo is reported at once. */
	for (size_t i = 0; i < plan->nr_cells; i++) {
		if (ab__parse_side(&side[0], &plan->cells[i], a, &err) ||
		    ab__parse_side(&side[1], &plan->cells[i], b, &err)) {
			fprintf(stderr, "hvbench %s: %s\n", command, err.text);
			status = err.code == -EACCES || err.code == -EPERM || err.code == -EROFS ?
					 EXIT_NOT_PERMITTED :
					 EXIT_USAGE;
			goto out;
		}
	}
	for (size_t i = 0; i < plan->nr_cells && !(opts->stop && *opts->stop); i++) {
		enum verdict verdict;

		ab__parse_side(&side[0], &plan->cells[i], a, &err);
		ab__parse_side(&side[1], &plan->cells[i], b, &err);
		err = (struct error){ 0 };
		if (ab__run(side, opts, *doc, &verdict, &err)) {
			size_t before = skipped;
			int fatal = leave_out(command, plan->cells[i].workload->name, &err, said,
					      sizeof(said), &skipped);

			/*
			 * What was measured so far stays valid; going on would measure a host in
			 * another state, or meet the same limit again.
			 */
			if (error__exit_status(&err) == EXIT_IO) {
				status = EXIT_IO;
				break;
			}
			if (fatal) {
				status = fatal;
				goto out;
			}
			if (skipped > before)
				continue;
		}
		status = exit_status__worse(status, (int)verdict_table[verdict].status);
	}
	if (skipped && skipped == plan->nr_cells)
		status = EXIT_NOTHING_TO_RUN_ON;
	else if (skipped)
		fprintf(stderr, "hvbench %s: %zu of %zu workloads skipped\n", command, skipped,
			plan->nr_cells);
	result__finish(*doc, (double)(clock__ns() - opts->begin_ns) / 1e9,
		       opts->stop && *opts->stop);
	if (opts->stop && *opts->stop)
		status = EXIT_INTERRUPTED;
out:
	free(side);
	return status;
}
