// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: a job file from anywhere becomes a plan with cells, or is refused with a message
 * that is safe for a terminal.
 */
#include "bench/plan/job.h"
#include "bench/plan/plan.h"
#include "tests/fuzz/input.h"

int fuzz_jobfile(const uint8_t *data, size_t size);

int fuzz_jobfile(const uint8_t *data, size_t size)
{
	struct plan_options options = { 0 };
	char *text = fuzz__text(data, size);
	struct error err = { 0 };
	struct plan plan;

	if (plan__from_text(&plan, "fuzz.ini", text, &options, &err)) {
		fuzz__check_message(err.text);
	} else {
		if (!plan.nr_cells)
			abort();
		plan__free(&plan);
	}
	free(text);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_jobfile(data, size);
}
#endif
