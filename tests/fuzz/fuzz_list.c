// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: the options that say what to run. The lines of the input are --workload, --matrix
 * and a side of --ab, --exclude, --config.
 */
#include "bench/measure/ab_twins.h"
#include "bench/plan/list.h"
#include "bench/plan/plan.h"
#include "tests/fuzz/input.h"

#define LINES 4

int fuzz_list(const uint8_t *data, size_t size);

/* Skips settings of the host, whose files would be opened. */
static void parse_side(const struct plan *plan, const char *text)
{
	struct ab_side *side = calloc(1, sizeof(*side));
	struct error err = { 0 };

	if (!side)
		abort();
	if (!strchr(text, '/') && ab__parse_side(side, &plan->cells[0], text, &err))
		fuzz__check_message(err.text);
	free(side);
}

int fuzz_list(const uint8_t *data, size_t size)
{
	char *text = fuzz__text(data, size), *rest = text, *line[LINES];
	struct plan_options options = { 0 };
	struct error err = { 0 };
	char params[256];
	struct plan plan;

	for (int i = 0; i < LINES; i++)
		line[i] = strsep(&rest, "\n") ?: "";
	options.matrix = (const char *const[]){ *line[1] ? line[1] : NULL, NULL };
	options.excludes = (const char *const[]){ *line[2] ? line[2] : NULL, NULL };
	options.config_pairs = (const char *const[]){ *line[3] ? line[3] : NULL, NULL };
	if (plan__from_list(&plan, line[0], &options, &err)) {
		fuzz__check_message(err.text);
	} else {
		for (size_t i = 0; i < plan.nr_cells && i < 50; i++)
			plan__format_params(&plan.cells[i], true, params, sizeof(params));
		parse_side(&plan, line[1]);
		plan__free(&plan);
	}
	free(text);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_list(data, size);
}
#endif
