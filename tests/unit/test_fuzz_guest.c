// SPDX-License-Identifier: GPL-2.0-or-later
// timeout: 60
/*
 * The fuzz targets of what comes from a guest, on damaged copies of the real payload and of a mailbox
 * in order, the same ones in every run. What they find ends this program, which counts as failed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <elf.h>

#include "base/clock.h"
#include "base/stats.h"

#define NO_FUZZER_MAIN
#include "../fuzz/fuzz_payload.c"
#include "../fuzz/fuzz_mailbox.c"

#define MAX_SECONDS	4

static const uint64_t edges[] = {
	0, 1, 2, 3, 7, 0x7f, 0xff, 0xfff, 0x1000, 0x1001, 0x7fff, 0xffff, 0x7fffffff, 0x80000000,
	0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffff000,
	0xffffffffffffffff,
};

/* Some bytes at random, or a field of 2, 4 or 8 of them at the edge of something. */
static void damage(uint8_t *data, size_t size, struct rng *rng)
{
	for (uint64_t times = rng__below(rng, 4) + 1; times; times--) {
		size_t width = 1u << rng__below(rng, 4);
		size_t at = rng__below(rng, (size - width) / width + 1) * width;
		uint64_t value = rng__below(rng, 3) ? edges[rng__below(rng, sizeof(edges) / 8)] :
						      rng__next(rng);

		memcpy(data + at, &value, width);
	}
}

/* Headers and notes are where the loader decides, so that is where most of the damage goes. */
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
			damage(copy, sizeof(Elf64_Ehdr), &rng);
			break;
		case 1:
			damage(copy + sizeof(Elf64_Ehdr), sizeof(ph), &rng);
			break;
		case 2:
			damage(copy + ph[1].p_offset, ph[1].p_filesz, &rng);
			break;
		default:
			damage(copy, size, &rng);
			size = rng__below(&rng, 2) ? rng__below(&rng, size) : rng__below(&rng, 256);
		}
		fuzz_payload(copy, size);
	}
	print_message("%u payloads\n", runs);
	assert_true(runs > 100);
	free(copy);
	payload__close(&payload);
}

static void mailbox_in_order(struct hv_mailbox *mb, struct rng *rng)
{
	memset(mb, 0, sizeof(*mb));
	mb->magic = HV_MAILBOX_MAGIC;
	mb->version = HV_ABI_VERSION;
	mb->size = sizeof(*mb);
	mb->status = (struct hv_status){
		.state = HV_STATE_DONE, .seq = 1, .nr_samples = 100, .nr_empty = HV_MAX_EMPTY,
		.nr_singles = 5, .ops_per_sample = 10, .single_max = 5000,
	};
	for (unsigned int i = 0; i < HV_MAX_SAMPLES; i++)
		mb->samples[i] = 1000 + rng__below(rng, 100);
	for (unsigned int i = 0; i < HV_MAX_EMPTY; i++)
		mb->empty[i] = 10;
	for (unsigned int i = 0; i < 5; i++)
		mb->hist[rng__below(rng, HV_HIST_BUCKETS)]++;
}

static void damaged_mailboxes_do_no_harm(void **state)
{
	uint64_t end = clock__ns() + MAX_SECONDS * 1000000000ull;
	uint8_t *input = malloc(1 + sizeof(struct hv_mailbox));
	struct hv_mailbox *mb = malloc(sizeof(*mb));
	unsigned int runs = 0;
	struct rng rng;

	(void)state;
	assert_non_null(input);
	assert_non_null(mb);
	rng__seed(&rng, 2);
	for (; runs < 3000 && clock__ns() < end; runs++) {
		mailbox_in_order(mb, &rng);
		switch (rng__below(&rng, 4)) {
		case 0:
			damage((uint8_t *)mb, offsetof(struct hv_mailbox, samples), &rng);
			break;
		case 1:
			damage((uint8_t *)&mb->status, sizeof(mb->status), &rng);
			break;
		case 2:
			damage((uint8_t *)mb->samples, 800, &rng);
			damage((uint8_t *)mb->empty, sizeof(mb->empty), &rng);
			break;
		default:
			damage((uint8_t *)mb->hist, sizeof(mb->hist), &rng);
		}
		input[0] = (uint8_t)rng__next(&rng);
		memcpy(input + 1, mb, sizeof(*mb));
		fuzz_mailbox(input, 1 + sizeof(*mb));
	}
	print_message("%u mailboxes\n", runs);
	assert_true(runs > 50);
	free(input);
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
