// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: the console output of a payload without a host becomes a document that its own
 * reader accepts, or is refused with a message.
 */
#include "bench/lab/lanes/lanes.h"
#include "bench/lab/lanes/standalone.h"
#include "bench/plan/list.h"
#include "tests/fuzz/again.h"

#define PREFIX "(d0) "

int fuzz_console(const uint8_t *data, size_t size);

static const struct plan *plan_of_cells(void)
{
	static struct plan plan;
	struct plan_options options = { 0 };
	struct error err = { 0 };

	if (!plan.nr_cells && plan__from_list(&plan, "pio-user,hypercall", &options, &err))
		abort();
	return &plan;
}

int fuzz_console(const uint8_t *data, size_t size)
{
	static struct lab lab;
	struct lab_request request = { .icount = size & 1, .plan = (struct plan *)plan_of_cells() };
	struct error err = { 0 };
	struct lab_run run = { .lab = &lab, .lane = lab__find_lane("xen", &err), .req = &request };
	struct standalone_host host = {
		.virt = "xen", .software = "Xen", .version = "v", .cmdline = "", .exits_why = "w"
	};
	char path[FUZZ_PATH_ROOM];
	json_t *doc = NULL;

	fuzz__file(data, size, path);
	standalone__finished(&run, path, PREFIX);
	if (standalone__document(&run, path, PREFIX, &host, &doc, &err))
		fuzz__check_message(err.text);
	else
		fuzz__read_again(doc);
	json_decref(doc);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_console(data, size);
}
#endif
