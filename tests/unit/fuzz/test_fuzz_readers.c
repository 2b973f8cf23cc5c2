// SPDX-License-Identifier: GPL-2.0-or-later
// timeout: 120
// tier: full
/*
 * Runs the fuzz targets of everything that is read from outside: on their seeds, and each for a
 * second on mutations, the same ones in every run. A fault they find ends this program, which
 * counts as failed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/fuzz/mutate.h"
#include "tests/fuzz/seeds.h"

#define NO_FUZZER_MAIN
#include "tests/fuzz/fuzz_console.c"
#include "tests/fuzz/fuzz_elf.c"
#include "tests/fuzz/fuzz_footprint.c"
#include "tests/fuzz/fuzz_jobfile.c"
#include "tests/fuzz/fuzz_kvmstats.c"
#include "tests/fuzz/fuzz_list.c"
#include "tests/fuzz/fuzz_proc.c"
#include "tests/fuzz/fuzz_qmp.c"
#include "tests/fuzz/fuzz_recording.c"
#include "tests/fuzz/fuzz_trace.c"
#include "tests/fuzz/fuzz_tracefs.c"
#include "tests/fuzz/fuzz_wire.c"

#define SECONDS 1

static void corpus(const char *name, fuzz_target target, double seconds)
{
	unsigned long runs;
	struct rng rng;

	rng__seed(&rng, 1);
	runs = mutate__corpus(name, target, seconds, &rng);
	print_message("%s: %lu inputs\n", name, runs);
	/* A target that waits for something would do fewer. */
	assert_true(runs > (seconds > 0 ? 20 : 2));
}

#define CORPUS(NAME) \
	static void NAME##_does_no_harm(void **state) \
	{ \
		(void)state; \
		corpus(#NAME, fuzz_##NAME, SECONDS); \
	}

CORPUS(console)
CORPUS(footprint)
CORPUS(jobfile)
CORPUS(list)
CORPUS(proc)
CORPUS(qmp)
CORPUS(recording)
CORPUS(trace)
CORPUS(wire)

/* Undamaged only: see the target. */
static void tracefs_does_no_harm(void **state)
{
	(void)state;
	corpus("tracefs", fuzz_tracefs, 0);
}

static void kvmstats_does_no_harm(void **state)
{
	static uint8_t seed[8192];
	unsigned long runs;
	struct rng rng;

	(void)state;
	rng__seed(&rng, 1);
	runs = mutate__seed(seed, seed__kvmstats(seed), fuzz_kvmstats, SECONDS, &rng);
	print_message("kvmstats: %lu inputs\n", runs);
	assert_true(runs > 20);
}

/* This program itself, which needs a loader and libraries. */
static void elf_does_no_harm(void **state)
{
	uint8_t *seed = malloc(MUTATE_MAX_BYTES);
	unsigned long runs;
	struct rng rng;
	size_t size;

	(void)state;
	assert_non_null(seed);
	rng__seed(&rng, 1);
	size = mutate__read("/proc/self", "exe", seed);
	assert_true(size > 4096);
	runs = mutate__seed(seed, size < 8192 ? size : 8192, fuzz_elf, SECONDS, &rng);
	print_message("elf: %lu inputs\n", runs);
	assert_true(runs > 20);
	free(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(console_does_no_harm),	  cmocka_unit_test(elf_does_no_harm),
		cmocka_unit_test(jobfile_does_no_harm),	  cmocka_unit_test(kvmstats_does_no_harm),
		cmocka_unit_test(list_does_no_harm),	  cmocka_unit_test(proc_does_no_harm),
		cmocka_unit_test(qmp_does_no_harm),	  cmocka_unit_test(trace_does_no_harm),
		cmocka_unit_test(recording_does_no_harm), cmocka_unit_test(footprint_does_no_harm),
		cmocka_unit_test(tracefs_does_no_harm),	  cmocka_unit_test(wire_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
