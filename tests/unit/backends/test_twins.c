// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Twins: in what order the sides take turns, and what the samples of both give. The guests here
 * only record whose turn it was; all numbers are worked out by hand.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/kvm/guest.h"
#include "bench/backends/kvm/injector.h"

/* One letter a bell: see run_to(). */
static char script[512];
static unsigned int fails_at;
static const struct guest *known[2];

static void write_down(char letter)
{
	size_t n = strlen(script);

	assert_true(n + 2 < sizeof(script));
	script[n] = letter;
}

/* Records a, b: a sample of that side; A, B: its last one; 0, 1: that side is ready again. */
static int run_to(struct guest *guest, uint32_t want, struct error *err)
{
	int side = guest == known[1];

	if (fails_at && strlen(script) + 1 == fails_at)
		return error__set(err, -EIO, "no bell");
	write_down(want == HV_BELL_STEP	 ? "ab"[side] :
		   want == HV_BELL_END	 ? "AB"[side] :
		   want == HV_BELL_READY ? "01"[side] :
					   '?');
	return 0;
}

static void hold_injector(struct injector *injector)
{
	(void)injector;
	write_down('[');
}

static void let_injector_go(struct injector *injector)
{
	(void)injector;
	write_down(']');
}

#define guest__run_to	 run_to
#define injector__hold	 hold_injector
#define injector__let_go let_injector_go
#include "bench/backends/kvm/twins.c"

static int set_up(void **state)
{
	(void)state;
	memset(script, 0, sizeof(script));
	fails_at = 0;
	return 0;
}

/* Balanced over every four samples: a steady drift adds the same to both sides. */
static void sides_are_a_b_b_a(void **state)
{
	static const int order[] = { 0, 1, 1, 0 };
	unsigned int positions[2] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 400; i++) {
		assert_int_equal(side_of(i), order[i % 4]);
		positions[side_of(i)] += i;
	}
	assert_int_equal(positions[0], positions[1]);
}

static void two_guests_take_turns_in_that_order(void **state)
{
	struct guest guests[2] = { 0 };
	struct guest *twin[2] = { &guests[0], &guests[1] };
	struct error err = { 0 };
	int which = -1;

	(void)state;
	known[0] = twin[0];
	known[1] = twin[1];
	assert_int_equal(alternate(twin, 4, &err, &which), 0);
	/* The last sample of each side ends the window. */
	assert_string_equal(script, "abbaabBA01");
	set_up(NULL);
	assert_int_equal(alternate(twin, 3, &err, &which), 0);
	assert_string_equal(script, "abbaAB01");
	/* The error names the side that failed. */
	set_up(NULL);
	fails_at = 3;
	assert_int_equal(alternate(twin, 3, &err, &which), -EIO);
	assert_string_equal(script, "ab");
	assert_int_equal(which, 1);
}

/* The process's own samples are recorded as p; its turn() comes before each and after the last. */
static void beside_a_process(unsigned int samples)
{
	struct guest guest = { 0 };
	struct error err = { 0 };
	struct turns turns = { .guest = &guest, .samples = samples, .err = &err };

	known[1] = &guest;
	for (unsigned int i = 0; i < samples; i++) {
		guest_turn(&turns, i);
		write_down('p');
	}
	guest_turn(&turns, samples);
	assert_int_equal(turns.ret, 0);
	assert_int_equal(turns.done, samples);
}

static void a_process_and_a_guest_too(void **state)
{
	(void)state;
	beside_a_process(4);
	assert_string_equal(script, "pbbppbBp");
	set_up(NULL);
	beside_a_process(3);
	assert_string_equal(script, "pbbppB");
	set_up(NULL);
	beside_a_process(1);
	assert_string_equal(script, "pB");
}

static double host_operation(void *state)
{
	(void)state;
	write_down('o');
	return 5;
}

static double failing_operation(void *state)
{
	(void)state;
	return -1;
}

/*
 * It runs in blocks, since the first operations after a turn differ from the rest; the guest stands
 * still during each.
 */
static void an_operation_of_the_hosts_has_blocks(void **state)
{
	static const struct host_op op = { .name = "op", .run = host_operation };
	static const struct host_op bad = { .name = "bad", .run = failing_operation };
	double samples[20];
	struct measurement beside = { .samples = samples };
	struct injector injector = { 0 };
	struct guest guest = { 0 };
	struct error err = { 0 };

	(void)state;
	known[1] = &guest;
	assert_int_equal(alternate_with_op(&guest, &injector, &op, NULL, 20, &beside, &err), 0);
	assert_string_equal(script, "[oooooooooo]"
				    "bbbbbbbbbb"
				    "bbbbbbbbbB"
				    "[oooooooooo]"
				    "1");
	assert_int_equal(beside.nr_samples, 20);
	assert_true(samples[0] == 5 && samples[19] == 5);
	set_up(NULL);
	beside.nr_samples = 0;
	assert_int_equal(alternate_with_op(&guest, &injector, &bad, NULL, 20, &beside, &err), -EIO);
	assert_non_null(strstr(err.text, "bad"));
	/* The guest is let go again. */
	assert_string_equal(script, "[]");

	/* With any number of samples each side gets all of its own, and room for no more. */
	set_up(NULL);
	beside.nr_samples = 0;
	assert_int_equal(alternate_with_op(&guest, &injector, &op, NULL, 3, &beside, &err), 0);
	assert_string_equal(script, "[ooo]bbB1");
	assert_int_equal(beside.nr_samples, 3);
	set_up(NULL);
	beside.nr_samples = 0;
	assert_int_equal(alternate_with_op(&guest, &injector, &op, NULL, 13, &beside, &err), 0);
	assert_string_equal(script, "[oooooooooo]bbbbbbbbbbbbB[ooo]1");
}

static struct measurement *side(const double *samples, unsigned int nr, const double *empty,
				unsigned int nr_empty, uint64_t ops)
{
	struct measurement *m = measurement__new();

	assert_non_null(m);
	m->samples = calloc(nr + 1, sizeof(double));
	m->empty = calloc(nr_empty + 1, sizeof(double));
	assert_true(m->samples && m->empty);
	memcpy(m->samples, samples, nr * sizeof(double));
	if (nr_empty)
		memcpy(m->empty, empty, nr_empty * sizeof(double));
	m->nr_samples = nr;
	m->nr_empty = nr_empty;
	m->ops_per_sample = ops;
	return m;
}

#define SIDE(samples, empty, ops) \
	side(samples, sizeof(samples) / sizeof(*(samples)), empty, \
	     sizeof(empty) / sizeof(*(empty)), ops)

static void compare(struct measurement *a, struct measurement *b, bool loop, struct pair *pair)
{
	static const struct workload batch = { .kind = WORKLOAD_BATCH };
	static const struct cell cell = { .workload = &batch };
	const struct twin twins[2] = { { .cell = &cell, .is_loop = loop }, { .cell = &cell } };
	struct measurement *const m[2] = { a, b };

	compare_twins(twins, m, pair);
}

static bool close_to(double a, double b)
{
	return fabs(a - b) < 1e-12;
}

/*
 * Each side is reduced by its own empty loop (the median) and divided by its own number of
 * operations.
 */
static void both_are_net_and_of_one_operation(void **state)
{
	static const double of_a[] = { 1010, 1210, 1410, 1110, 1310 }, empty_a[] = { 10, 10, 500 };
	static const double of_b[] = { 210, 250, 290, 230, 270 }, empty_b[] = { 30, 30, 30, 29 };
	struct measurement *a = SIDE(of_a, empty_a, 10), *b = SIDE(of_b, empty_b, 2);
	struct pair pair = { .status = MEASURE_FAILED };

	(void)state;
	/* A: 100, 120, 140, 110, 130; B: 90, 110, 130, 100, 120. */
	compare(a, b, false, &pair);
	assert_int_equal(pair.status, MEASURE_OK);
	assert_int_equal(pair.alternations, 5);
	assert_true(close_to(pair.a, 120) && close_to(pair.b, 110));
	/* The ratio of each alternation: .9, .91666, .92857, .90909, .92307; their median. */
	assert_true(close_to(pair.log_ratio, log(110. / 120)));
	assert_true(pair.low <= pair.log_ratio && pair.high >= pair.log_ratio);
	assert_true(pair.low >= log(.9) - 1e-12 && pair.high <= log(130. / 140) + 1e-12);
	measurement__free(a);
	measurement__free(b);
}

/* Ratios are taken pair by pair, not of medians: a drift that both sides see cancels. */
static void ratios_are_of_samples_side_by_side(void **state)
{
	double of_a[9], of_b[9];
	static const double none[] = { 0 };
	struct measurement *a, *b;
	struct pair pair = { 0 };

	(void)state;
	for (int i = 0; i < 9; i++) {
		of_a[i] = 100 << i;
		of_b[i] = 1.5 * of_a[i];
	}
	a = SIDE(of_a, none, 1);
	b = SIDE(of_b, none, 1);
	compare(a, b, false, &pair);
	assert_true(close_to(pair.log_ratio, log(1.5)));
	assert_true(close_to(pair.low, log(1.5)) && close_to(pair.high, log(1.5)));
	measurement__free(a);
	measurement__free(b);
}

/* A loop measured beside each sample is subtracted from that sample, in place of any other. */
static void a_loop_is_subtracted_where_it_stood(void **state)
{
	static const double of_a[] = { 320, 640, 960 }, of_b[] = { 900, 1500, 2100 };
	static const double none[] = { 0 }, own[] = { 700 };
	struct measurement *a = SIDE(of_a, none, 32), *b = SIDE(of_b, own, 30);
	struct pair pair = { 0 };

	(void)state;
	/* A: 10, 20, 30; B: 30 - 10, 50 - 20, 70 - 30. */
	compare(a, b, true, &pair);
	assert_int_equal(pair.alternations, 3);
	assert_true(close_to(pair.a, 20) && close_to(pair.b, 30));
	assert_true(close_to(pair.log_ratio, log(1.5)));
	measurement__free(a);
	measurement__free(b);
}

static void what_has_no_ratio_is_left_out(void **state)
{
	static const double of_a[] = { 10, 100, 100, 5 }, of_b[] = { 100, 10, 200, 5 };
	static const double empty[] = { 10 };
	struct measurement *a = SIDE(of_a, empty, 1), *b = SIDE(of_b, empty, 1);
	struct pair pair = { 0 };

	(void)state;
	compare(a, b, false, &pair);
	assert_int_equal(pair.status, MEASURE_OK);
	assert_int_equal(pair.alternations, 1);
	assert_true(close_to(pair.log_ratio, log(190. / 90)));
	/* No pairs: no ratio, and a reason. */
	a->nr_samples = 2;
	compare(a, b, false, &pair);
	assert_int_equal(pair.status, MEASURE_FAILED);
	assert_int_equal(pair.alternations, 0);
	assert_non_null(strstr(pair.reason, "empty loop"));
	measurement__free(a);
	measurement__free(b);
}

/* One VM in which a setting is switched: its samples are sorted by the side that was on. */
static void samples_go_to_the_side_that_was_on(void **state)
{
	static const double samples[] = { 0, 1, 2, 3, 4, 5, 6, 7 }, empty[] = { 8, 9 };
	static const double of_a[] = { 0, 3, 4, 7 }, of_b[] = { 1, 2, 5, 6 };
	struct measurement *m = SIDE(samples, empty, 17);
	static const unsigned char order[] = { 0, 1, 1, 0, 0, 1, 1, 0 };
	struct measurement *sides[2] = { measurement__new(), measurement__new() };

	(void)state;
	assert_int_equal(part_sides(m, order, sides), 0);
	for (int s = 0; s < 2; s++) {
		assert_int_equal(sides[s]->nr_samples, 4);
		assert_int_equal(sides[s]->nr_empty, 2);
		assert_int_equal(sides[s]->ops_per_sample, 17);
		assert_memory_equal(sides[s]->empty, empty, sizeof(empty));
		assert_memory_equal(sides[s]->samples, s ? of_b : of_a, sizeof(of_a));
		measurement__free(sides[s]);
	}
	measurement__free(m);
}

/*
 * Of each two samples one is of A and one of B, in an order drawn by lot, so that neither side is
 * more often at one place of a workload that repeats every three, four or five samples.
 */
static void sides_of_one_vm_are_drawn_by_lot(void **state)
{
	int excess[6][6] = { { 0 } };

	(void)state;
	for (uint64_t vm = 0; vm < 400; vm++) {
		unsigned char *sides = draw_sides(200, 1000 + vm);

		assert_non_null(sides);
		for (unsigned int i = 0; i < 200; i++) {
			if (i & 1)
				assert_int_equal(sides[i] + sides[i - 1], 1);
			for (unsigned int period = 3; period <= 5; period++)
				excess[period][i % period] += sides[i] ? 1 : -1;
		}
		free(sides);
	}
	/* Of some 20000 samples at each place: four standard deviations. */
	for (unsigned int period = 3; period <= 5; period++)
		for (unsigned int place = 0; place < period; place++)
			assert_true(abs(excess[period][place]) < 4 * 164);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sides_are_a_b_b_a),
		cmocka_unit_test_setup(two_guests_take_turns_in_that_order, set_up),
		cmocka_unit_test_setup(a_process_and_a_guest_too, set_up),
		cmocka_unit_test_setup(an_operation_of_the_hosts_has_blocks, set_up),
		cmocka_unit_test(both_are_net_and_of_one_operation),
		cmocka_unit_test(ratios_are_of_samples_side_by_side),
		cmocka_unit_test(a_loop_is_subtracted_where_it_stood),
		cmocka_unit_test(what_has_no_ratio_is_left_out),
		cmocka_unit_test(samples_go_to_the_side_that_was_on),
		cmocka_unit_test(sides_of_one_vm_are_drawn_by_lot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
