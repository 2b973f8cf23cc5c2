// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The thread behind a vsock device's queues: a request is refused, and whatever a guest writes into
 * its queues, nothing outside of them is read or written (the sanitized build sees that).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bench/base/stats.h"
#include "bench/vmm/vsock.h"
#include "workloads/abi.h"

struct device {
	struct hv_vsock *shared;
	void *state;
};

static int set_up(void **state)
{
	struct device *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	d->shared = calloc(1, sizeof(*d->shared));
	d->state = calloc(1, vsock_answers.state_bytes);
	assert_true(d->shared && d->state);
	*state = d;
	return 0;
}

static int tear_down(void **state)
{
	struct device *d = *state;

	free(d->shared);
	free(d->state);
	free(d);
	return 0;
}

static uint64_t gpa(const struct hv_vsock *v, const void *member)
{
	return HV_ARENA_GPA + (uint64_t)((const uint8_t *)member - (const uint8_t *)v);
}

static void a_request_is_refused(void **state)
{
	const struct device *d = *state;
	struct hv_vsock *v = d->shared;
	bool wake = true;

	v->sent[0] = (struct hv_vsock_packet){ .src_cid = 7,
					       .dst_cid = 2,
					       .src_port = 8,
					       .dst_port = 9,
					       .type = HV_VSOCK_STREAM,
					       .op = HV_VSOCK_REQUEST };
	v->tx.desc[0] = (struct hv_vring_desc){ gpa(v, &v->sent[0]), sizeof(v->sent[0]), 0, 0 };
	v->rx.desc[3] = (struct hv_vring_desc){ gpa(v, &v->received[1]), sizeof(v->sent[0]),
						HV_DESC_WRITE, 0 };
	v->rx.avail[0] = 3;
	v->rx.avail_flags = HV_RING_NO_INTERRUPT;
	assert_false(vsock_answers.pending(v, d->state));
	v->tx.avail_idx = 1;
	/* Where the guest left no room for an answer it gets none. */
	assert_int_equal(vsock_answers.answer(v, d->state, &wake), 0);
	v->rx.avail_idx = 1;
	assert_true(vsock_answers.pending(v, d->state));
	assert_int_equal(vsock_answers.answer(v, d->state, &wake), 1);
	assert_false(wake);
	assert_int_equal(v->received[1].op, HV_VSOCK_RESET);
	assert_int_equal(v->received[1].dst_cid, 7);
	assert_int_equal(v->received[1].dst_port, 8);
	assert_int_equal(v->received[1].src_port, 9);
	assert_int_equal(v->rx.used[0].id, 3);
	assert_int_equal(v->rx.used_idx, 1);
	assert_int_equal(v->tx.used_idx, 1);
	assert_false(vsock_answers.pending(v, d->state));
}

/* Behind the end, across it, before the beginning, and too short: no packet, but answered. */
static void packets_outside_are_none(void **state)
{
	const struct device *d = *state;
	struct hv_vsock *v = d->shared;
	const struct hv_vring_desc bad[] = {
		{ gpa(v, v + 1), 44, 0, 0 }, { gpa(v, v + 1) - 43, 44, 0, 0 },
		{ gpa(v, v) - 1, 44, 0, 0 }, { gpa(v, v), UINT32_MAX, 0, 0 },
		{ UINT64_MAX, 44, 0, 0 },    { gpa(v, v->sent), 43, 0, 0 },
	};
	const uint16_t nr = sizeof(bad) / sizeof(bad[0]);
	bool wake = false;

	v->rx.desc[0] = (struct hv_vring_desc){ gpa(v, v->received), 44, HV_DESC_WRITE, 0 };
	for (uint16_t i = 0; i < nr; i++) {
		v->tx.desc[i] = bad[i];
		v->tx.avail[i] = i;
	}
	v->tx.avail_idx = v->rx.avail_idx = nr;
	assert_int_equal(vsock_answers.answer(v, d->state, &wake), nr);
	assert_int_equal(v->received[0].op, 0);
	assert_true(wake);
	assert_int_equal(v->rx.used_idx, nr);
}

static void any_bytes_are_borne(void **state)
{
	const struct device *d = *state;
	struct rng rng;

	rng__seed(&rng, 1);
	for (int round = 0; round < 2000; round++) {
		uint8_t *bytes = (uint8_t *)d->shared;
		bool wake;

		/* All of it at first, then some places at a time, so that the rings stay in use. */
		for (size_t i = 0; i < (round % 100 ? 64 : sizeof(*d->shared)); i++)
			bytes[round % 100 ? rng__below(&rng, sizeof(*d->shared)) : i] =
				(uint8_t)rng__next(&rng);
		for (int i = 0; i < HV_VSOCK_ENTRIES && round % 3; i++)
			d->shared->tx.desc[i].addr = HV_ARENA_GPA + rng__below(&rng, 1 << 16);
		assert_true(vsock_answers.answer(d->shared, d->state, &wake) <= HV_VSOCK_ENTRIES);
		vsock_answers.set_awake(d->shared, round & 1);
		vsock_answers.pending(d->shared, d->state);
	}
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_request_is_refused),
		test(packets_outside_are_none),
		test(any_bytes_are_borne),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
