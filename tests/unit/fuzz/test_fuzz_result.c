// SPDX-License-Identifier: GPL-2.0-or-later
// timeout: 120
/*
 * Runs the fuzz target of result documents on its corpus and for a few seconds on mutations of it,
 * the same ones in every run. A fault it finds ends this program, which counts as failed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <time.h>

#include "tests/fuzz/fuzz_result.c"

#define INPUT_BYTES (64 << 10)
#define MUTATIONS   1500 /* of each file of the corpus */
#define MAX_SECONDS 20
#define LOTS	    128 /* four bits of what is done, and any renderer */

static struct rng rng;

/* Replaces libFuzzer's: changes a few bytes, or cuts off the end. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	(void)max_size;
	for (uint64_t times = rng__below(&rng, 4) + 1; times && size; times--)
		data[rng__below(&rng, size)] = (uint8_t)rng__next(&rng);
	return rng__below(&rng, 4) || !size ? size : rng__below(&rng, size);
}

static size_t read_input(const char *dir, const char *name, uint8_t *input)
{
	char path[1024];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "r");
	assert_non_null(file);
	len = fread(input, 1, INPUT_BYTES, file);
	fclose(file);
	return len;
}

/* Each step mutates the last input that was a document: mutations of others lead nowhere. */
static unsigned int mutate_and_run(uint8_t *kept, size_t kept_size, uint8_t *input, time_t end)
{
	unsigned int accepted = 0;
	size_t size;

	for (int i = 0; i < MUTATIONS && time(NULL) < end; i++) {
		memcpy(input, kept, kept_size);
		size = LLVMFuzzerCustomMutator(input, kept_size, INPUT_BYTES,
					       (unsigned int)rng__next(&rng));
		if (!run_input(input, size, (uint32_t)rng__next(&rng)))
			continue;
		memcpy(kept, input, size);
		kept_size = size;
		accepted++;
	}
	return accepted;
}

static void corpus_and_mutations_do_no_harm(void **state)
{
	uint8_t *kept = malloc(INPUT_BYTES), *input = malloc(INPUT_BYTES);
	unsigned int accepted = 0;
	struct dirent **entries;
	char dir[512];
	int nr;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/result", getenv("TOP") ?: ".");
	nr = scandir(dir, &entries, NULL, alphasort);
	assert_true(nr > 2);
	rng__seed(&rng, 1);
	for (int i = 0; i < nr; i++) {
		if (entries[i]->d_name[0] != '.') {
			size_t size = read_input(dir, entries[i]->d_name, kept);

			/* In all formats. */
			for (uint32_t lot = 0; lot < LOTS; lot++)
				run_input(kept, size, lot);
			accepted += mutate_and_run(kept, size, input,
						   time(NULL) + MAX_SECONDS / (nr - 2) + 1);
		}
		free(entries[i]);
	}
	/* If nearly all were refused, the renderers would not have been tested. */
	assert_true(accepted > 100);
	free(entries);
	free(kept);
	free(input);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(corpus_and_mutations_do_no_harm) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
