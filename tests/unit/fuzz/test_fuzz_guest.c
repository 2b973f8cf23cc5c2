// SPDX-License-Identifier: GPL-2.0-or-later
// timeout: 60
/*
 * Runs the fuzz targets for data from guests, on damaged copies of the real payload and of a valid
 * mailbox, the same ones in every run. A fault they find ends this program, which counts as failed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <elf.h>

#include "tests/fuzz/mutate.h"
#include "tests/fuzz/seeds.h"

#define NO_FUZZER_MAIN
#include "tests/fuzz/fuzz_mailbox.c"
#include "tests/fuzz/fuzz_payload.c"

#define MAX_SECONDS 4

/* The loader's decisions depend on headers and notes, so most of the damage goes there. */
static void damaged_payloads_do_no_harm(void **state)
{
	uint64_t end = clock__ns() + MAX_SECONDS * 1000000000ull;
	struct error err = { 0 };
	struct payload payload;
	Elf64_Phdr ph[2];
	unsigned int runs = 0;
	struct rng rng;
	uint8_t *copy;

	(void)state;
	rng__seed(&rng, 1);
	assert_int_equal(payload__open(&payload, NULL, &err), 0);
	copy = malloc(payload.bytes);
	assert_non_null(copy);
	memcpy(ph, payload.image + sizeof(Elf64_Ehdr), sizeof(ph));
	assert_int_equal(ph[1].p_type, PT_NOTE);
	fuzz_payload(payload.image, payload.bytes);
	for (; runs < 3000 && clock__ns() < end; runs++) {
		size_t size = payload.bytes;

		memcpy(copy, payload.image, size);
		switch (rng__below(&rng, 4)) {
		case 0:
			mutate__damage(copy, sizeof(Elf64_Ehdr), &rng);
			break;
		case 1:
			mutate__damage(copy + sizeof(Elf64_Ehdr), sizeof(ph), &rng);
			break;
		case 2:
			mutate__damage(copy + ph[1].p_offset, ph[1].p_filesz, &rng);
			break;
		default:
			mutate__damage(copy, size, &rng);
			size = rng__below(&rng, 2) ? rng__below(&rng, size) : rng__below(&rng, 256);
		}
		fuzz_payload(copy, size);
	}
	print_message("%u payloads\n", runs);
	assert_true(runs > 100);
	free(copy);
	payload__close(&payload);
}

static void damaged_mailboxes_do_no_harm(void **state)
{
	uint64_t end = clock__ns() + MAX_SECONDS * 1000000000ull;
	uint8_t input[1 + HEAD_BYTES + 4 * 12] = { 0 };
	struct hv_mailbox *mb = malloc(sizeof(*mb));
	unsigned int runs = 0;
	struct rng rng;

	(void)state;
	assert_non_null(mb);
	rng__seed(&rng, 2);
	for (; runs < 3000 && clock__ns() < end; runs++) {
		seed__mailbox(mb, &rng);
		switch (rng__below(&rng, 4)) {
		case 0:
			mutate__damage((uint8_t *)mb, offsetof(struct hv_mailbox, samples), &rng);
			break;
		case 1:
			mutate__damage((uint8_t *)&mb->status, sizeof(mb->status), &rng);
			break;
		case 2:
			mutate__damage((uint8_t *)mb->samples, 800, &rng);
			mutate__damage((uint8_t *)mb->empty, sizeof(mb->empty), &rng);
			break;
		default:
			mutate__damage((uint8_t *)mb->hist, sizeof(mb->hist), &rng);
		}
		collect((uint8_t)rng__next(&rng), mb);
		/* The same start, and something else behind it. */
		input[0] = (uint8_t)rng__next(&rng);
		memcpy(input + 1, mb, HEAD_BYTES);
		mutate__damage(input + 1 + HEAD_BYTES, sizeof(input) - 1 - HEAD_BYTES, &rng);
		fuzz_mailbox(input, sizeof(input));
	}
	print_message("%u mailboxes\n", runs);
	assert_true(runs > 50);
	free(mb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_payloads_do_no_harm),
		cmocka_unit_test(damaged_mailboxes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
