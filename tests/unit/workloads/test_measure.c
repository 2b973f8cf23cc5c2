// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The method itself, on a clock that only the tests advance: what is in a sample, what is in the
 * empty loop beside it, and which operations are in neither. All numbers are worked out by hand.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "arch.h"

static uint64_t now;

static uint64_t test_clock(void)
{
	return now;
}

/* A copy of measure.c for this test, with that clock; the native backend's is linked as well. */
#define arch_clock    test_clock
#define measure__run  tested__run
#define measure__find tested__find
#include "workloads/runtime/measure.c"

#define CALL	100  /* the way to CPL0 and back, in everything that is timed */
#define TURN	3    /* of the empty loop */
#define COST	40   /* of an operation, with its turn of the loop */
#define COLD	5000 /* in addition, the first time after another VM's turn */
#define SHORTER 5    /* less, once */
#define MAX_LOG 512

enum what { EMPTY, RUN, BELL, MARKED };

/* What happened, in order: n operations, n turns of the empty loop, or a bell. */
struct event {
	enum what what;
	uint64_t n;
};

static struct event logged[MAX_LOG];
static unsigned int nr_logged;
static bool cold;
static uint64_t around;		       /* instructions around the loop, once a call */
static unsigned int runs, shorter_run; /* that one, from 1, takes SHORTER less */
static unsigned int detours_until;     /* nine of sixteen runs until that one take more */
static uint64_t max_ops_here;
static uint64_t self_timed_next, lost_at;

static void note(enum what what, uint64_t n)
{
	assert_true(nr_logged < MAX_LOG);
	logged[nr_logged++] = (struct event){ what, n };
}

static void bell(void *ctx, enum hv_doorbell value)
{
	(void)ctx;
	note(BELL, value);
	cold |= value == HV_BELL_STEP;
	now += 1000000;
}

static void note_mark(void)
{
	note(MARKED, 0);
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	now += around + n * COST + (cold ? COLD : 0) - (++runs == shorter_run ? SHORTER : 0);
	if (runs <= detours_until && runs % 16 >= 7)
		now += 20 + runs;
	cold = false;
	return 0;
}

/* Returns 100, 101, 102 …; after `lost_at` of them the event never comes. */
static uint64_t run_self_timed(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	assert_int_equal(n, 1);
	return self_timed_next == lost_at ? HV_EVENT_LOST : 100 + self_timed_next++;
}

static uint64_t max_ops(const uint64_t *params)
{
	(void)params;
	return max_ops_here;
}

static uint64_t of_16(const uint64_t *params)
{
	(void)params;
	return 16;
}

static uint64_t arena_bytes(const uint64_t *params)
{
	(void)params;
	return 4096;
}

static int refuse(struct workload_ctx *ctx)
{
	(void)ctx;
	return HV_REFUSED_NO_LAPIC;
}

/*
 * Every function is called through this one: if it is not one of the workload's, it is the empty
 * loop.
 */
static uint64_t at_ring0(workload_fn fn, struct workload_ctx *ctx, uint64_t n)
{
	bool is_run = fn == run || fn == run_self_timed;

	note(is_run ? RUN : EMPTY, n);
	now += CALL;
	if (!is_run)
		now += n * TURN;
	return fn(ctx, n);
}

static int attempted, attempt_result;

/* As if the first operation had raised an exception, if the test says so. */
static int attempt(int (*fn)(void *arg), void *arg)
{
	int refusal = fn(arg);

	attempted++;
	return attempt_result ? attempt_result : refusal;
}

static const struct measure_hooks hooks = {
	.bell = bell, .mark = note_mark, .at_ring0 = at_ring0, .attempt = attempt
};
static const struct workload batch = { .name = "batch", .run = run };

struct bench {
	struct hv_mailbox *mb;
	struct hv_command cmd;
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->mb = calloc(1, sizeof(*b->mb));
	assert_non_null(b->mb);
	b->cmd = (struct hv_command){ .ops_per_sample = 10, .samples = 4, .ring = 0 };
	now = 1000;
	nr_logged = 0;
	cold = false;
	around = 0;
	runs = 0;
	shorter_run = 0;
	detours_until = 0;
	max_ops_here = 0;
	self_timed_next = 0;
	lost_at = ~0ull;
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	free(b->mb);
	free(b);
	return 0;
}

static int measured(struct bench *b, const struct workload *w)
{
	struct workload_ctx ctx = { .params = b->cmd.params };

	return measure__run(b->mb, &b->cmd, w, &ctx, &hooks);
}

static unsigned int find_bell(enum hv_doorbell value)
{
	for (unsigned int i = 0; i < nr_logged; i++)
		if (logged[i].what == BELL && logged[i].n == value)
			return i;
	fail_msg("bell %d was not rung", value);
	return 0;
}

/* Operations between BEGIN and END, by which the exits of the window are divided. */
static uint64_t ops_in_window(void)
{
	uint64_t n = 0;

	for (unsigned int i = find_bell(HV_BELL_BEGIN); i < find_bell(HV_BELL_END); i++)
		n += logged[i].what == RUN ? logged[i].n : 0;
	return n;
}

static void a_sample_is_the_whole_batch(void **state)
{
	struct bench *b = *state;

	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.ops_per_sample, 10);
	assert_int_equal(b->mb->status.nr_samples, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(b->mb->samples[i], CALL + 10 * COST);
	assert_int_equal(ops_in_window(), 4 * 10);
	/*
	 * Before the window: the warm-up batch and as many empty loops as samples; the window holds
	 * nothing else.
	 */
	assert_int_equal(logged[0].what, RUN);
	assert_int_equal(logged[0].n, 10);
	assert_int_equal(find_bell(HV_BELL_BEGIN), 1 + 4);
	assert_int_equal(find_bell(HV_BELL_END), 1 + 4 + 1 + 4);
	assert_int_equal(nr_logged, 1 + 4 + 1 + 4 + 1);
}

/*
 * As many turns as a sample has operations, so that the difference is due to the operations alone.
 */
static void the_empty_loop_has_as_many_turns(void **state)
{
	struct bench *b = *state;

	b->cmd.ops_per_sample = 37;
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.nr_empty, 4);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(b->mb->empty[i], CALL + 37 * TURN);
		assert_int_equal(b->mb->samples[i] - b->mb->empty[i], 37 * (COST - TURN));
	}
	for (unsigned int i = 0; i < nr_logged; i++)
		assert_true(logged[i].what != EMPTY || logged[i].n == 37);
}

static void there_are_only_so_many_empty_loops(void **state)
{
	struct bench *b = *state;

	b->cmd.samples = HV_MAX_EMPTY + 5;
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.nr_empty, HV_MAX_EMPTY);
	assert_int_equal(b->mb->status.nr_samples, HV_MAX_EMPTY + 5);
}

static void a_loop_that_is_kept_is_not_timed_empty(void **state)
{
	static const struct workload keeps = { .name = "keeps", .run = run, .keep_loop = true };
	struct bench *b = *state;

	b->cmd.flags = HV_CMD_EXACT;
	assert_int_equal(measured(b, &keeps), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.nr_empty, 0);
	for (unsigned int i = 0; i < nr_logged; i++)
		assert_int_not_equal(logged[i].what, EMPTY);
}

/* Neither the cold operation nor the bell is part of a sample, however long that is. */
static void first_operation_after_a_turn_is_left_out(void **state)
{
	struct bench *b = *state;

	b->cmd.flags = HV_CMD_STEP;
	for (uint64_t n = 1; n <= 100; n *= 10) {
		nr_logged = 0;
		b->cmd.ops_per_sample = n;
		assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
		for (int i = 0; i < 4; i++)
			assert_int_equal(b->mb->samples[i], CALL + n * COST);
		/* A step, an operation that is not timed, the sample; and again. */
		for (unsigned int i = 0; i < 4; i++) {
			const struct event *e = &logged[find_bell(HV_BELL_BEGIN) + 1 + 3 * i];

			assert_true(e[0].what == BELL && e[0].n == HV_BELL_STEP);
			assert_true(e[1].what == RUN && e[1].n == 1);
			assert_true(e[2].what == RUN && e[2].n == n);
		}
		assert_int_equal(ops_in_window(), 4 * (n + 1));
	}
}

/* A page touched during a warm-up could not be touched for the first time again. */
static void what_is_possible_once_is_not_spent_on_warming(void **state)
{
	static const struct workload once = { .name = "once", .run = run, .max_ops = max_ops };
	struct bench *b = *state;

	b->cmd.flags = HV_CMD_STEP;
	b->cmd.singles = 1000;
	b->cmd.single_budget_cycles = ~0ull;
	max_ops_here = 60;
	assert_int_equal(measured(b, &once), HV_REFUSED_NONE);
	assert_int_equal(ops_in_window(), 4 * 10);
	assert_int_equal(b->mb->samples[0], CALL + 10 * COST + COLD);
	/* The rest one by one, and no more than are possible. */
	assert_int_equal(b->mb->status.nr_singles, 20);
	/* Three quarters go into batches if no number is given. */
	b->cmd.ops_per_sample = 0;
	max_ops_here = 160;
	nr_logged = 0;
	memset(&b->mb->status, 0, sizeof(b->mb->status));
	assert_int_equal(measured(b, &once), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.ops_per_sample, 30);
	assert_int_equal(ops_in_window(), 120);
	assert_int_equal(b->mb->status.nr_singles, 40);
	/* Fewer operations than samples: one in each. */
	max_ops_here = 4;
	memset(&b->mb->status, 0, sizeof(b->mb->status));
	nr_logged = 0;
	assert_int_equal(measured(b, &once), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.ops_per_sample, 1);
	assert_int_equal(b->mb->status.nr_samples, 3);
	assert_int_equal(b->mb->status.nr_singles, 1);
	max_ops_here = 0;
	assert_int_equal(measured(b, &once), HV_REFUSED_PARAMETER);
}

/* One to see whether it is possible at all, one to find everything cold: both are spent. */
static void what_is_possible_once_is_not_timed_by_itself_more_often(void **state)
{
	static const struct workload once = { .name = "once",
					      .kind = WORKLOAD_SELF_TIMED,
					      .run = run_self_timed,
					      .max_ops = max_ops },
				     optional = { .name = "optional",
						  .kind = WORKLOAD_SELF_TIMED,
						  .run = run_self_timed,
						  .optional = "a page",
						  .max_ops = max_ops };
	struct bench *b = *state;

	b->cmd.samples = 300;
	max_ops_here = 10;
	assert_int_equal(measured(b, &once), HV_REFUSED_NONE);
	assert_int_equal(self_timed_next, 10);
	assert_int_equal(b->mb->status.nr_samples, 9);
	self_timed_next = 0;
	assert_int_equal(measured(b, &optional), HV_REFUSED_NONE);
	assert_int_equal(self_timed_next, 10);
	assert_int_equal(b->mb->status.nr_samples, 8);
}

/* One of sixteen pays for all: a sample of fewer would have it, or not. */
static void a_sample_holds_all_that_share_a_cost(void **state)
{
	static const struct workload shared = { .name = "shared", .run = run, .shared_by = of_16 };
	static const struct workload once = {
		.name = "once", .run = run, .max_ops = max_ops, .shared_by = of_16
	};
	struct bench *b = *state;

	b->cmd.ops_per_sample = 0;
	b->cmd.target_cycles = 1000;
	assert_int_equal(measured(b, &shared), HV_REFUSED_NONE);
	assert_true(b->mb->status.ops_per_sample >= 16);
	assert_int_equal(b->mb->status.ops_per_sample % 16, 0);
	/* A number that was asked for stays. */
	b->cmd.ops_per_sample = 10;
	assert_int_equal(measured(b, &shared), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.ops_per_sample, 10);
	/* Fewer samples, where there are not enough operations for all. */
	b->cmd.ops_per_sample = 16;
	max_ops_here = 50;
	nr_logged = 0;
	assert_int_equal(measured(b, &once), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.ops_per_sample, 16);
	assert_int_equal(b->mb->status.nr_samples, 3);
	/* One that cannot be held. */
	max_ops_here = 12;
	nr_logged = 0;
	assert_int_equal(measured(b, &once), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.ops_per_sample, 2);
}

/* The cold first call is not used, and the batch is as long as asked for. */
static void a_batch_is_as_long_as_its_target(void **state)
{
	struct bench *b = *state;

	b->cmd.ops_per_sample = 0;
	b->cmd.target_cycles = 100000;
	cold = true;
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	/*
	 * The first of 1, 2, 4 … operations that takes a quarter of the target is 1024: 41060
	 * cycles with the call.
	 */
	assert_int_equal(b->mb->status.ops_per_sample, 1024 * 100000 / (CALL + 1024 * COST));
	/* At least one. */
	nr_logged = 0;
	b->cmd.target_cycles = 1;
	memset(&b->mb->status, 0, sizeof(b->mb->status));
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.ops_per_sample, 1);
}

static void one_slow_batch_does_not_shorten_the_samples(void **state)
{
	struct bench *b = *state;
	struct measure m = {
		.mb = b->mb,
		.cmd = &b->cmd,
		.w = &batch,
		.hooks = &hooks,
		.ops_left = ~0ull,
	};

	cold = true;
	assert_int_equal(least_timed(&m, 8), CALL + 8 * COST);
}

static unsigned int marks(unsigned int *at)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < nr_logged; i++)
		if (logged[i].what == MARKED) {
			*at = i;
			nr++;
		}
	return nr;
}

/* A debugger sees where one operation follows another, and where the next sample's begins. */
static void operations_that_follow_each_other_come_after_the_mark(void **state)
{
	static const struct workload times_itself = { .name = "times-itself",
						      .run = run_self_timed,
						      .kind = WORKLOAD_SELF_TIMED };
	struct bench *b = *state;
	unsigned int at = 0;

	b->cmd.ops_per_sample = 1;
	b->cmd.flags = HV_CMD_EXACT;
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	assert_int_equal(marks(&at), 0);
	b->cmd.flags = HV_CMD_EXACT | HV_CMD_MARK;
	nr_logged = 0;
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	assert_int_equal(marks(&at), 1);
	assert_true(at < find_bell(HV_BELL_BEGIN));
	assert_int_equal(logged[at + 1].what, EMPTY);
	assert_int_equal(logged[at + 2].what, RUN);
	assert_int_equal(logged[at + 2].n, 2);
	/* Where nothing is known of what is around the loop, the samples follow. */
	nr_logged = 0;
	assert_int_equal(measured(b, &times_itself), HV_REFUSED_NONE);
	assert_int_equal(marks(&at), 1);
	assert_int_equal(find_bell(HV_BELL_BEGIN), at + 1);
}

/*
 * What a function does before and after its loop is 2 net(1) - net(2); with an exact clock it is
 * added to the empty loop.
 */
static void what_is_around_the_loop_is_no_operations(void **state)
{
	static const struct workload enters_once = {
		.name = "enters-once",
		.run = run,
		.long_around = true,
	};
	struct bench *b = *state;

	around = 17;
	b->cmd.flags = HV_CMD_EXACT;
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(b->mb->empty[i], CALL + 10 * TURN + 17);
		assert_int_equal(b->mb->samples[i] - b->mb->empty[i], 10 * (COST - TURN));
	}
	/* As much as this belongs to the operation. */
	around = 65;
	memset(&b->mb->status, 0, sizeof(b->mb->status));
	nr_logged = 0;
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	assert_int_equal(b->mb->empty[0], CALL + 10 * TURN);
	/* ... unless the workload says that it is not. */
	memset(&b->mb->status, 0, sizeof(b->mb->status));
	nr_logged = 0;
	assert_int_equal(measured(b, &enters_once), HV_REFUSED_NONE);
	assert_int_equal(b->mb->empty[0], CALL + 10 * TURN + 65);
	/* Other clocks are not exact enough to tell. */
	around = 17;
	b->cmd.flags = 0;
	memset(&b->mb->status, 0, sizeof(b->mb->status));
	nr_logged = 0;
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	assert_int_equal(b->mb->empty[0], CALL + 10 * TURN);
}

/* An operation that once takes a shorter way says nothing of what is around the loop. */
static void one_short_operation_does_not_shift_all_samples(void **state)
{
	/* The first batch warms up; then come sixteen of one operation, and sixteen of two. */
	static const unsigned int once[] = { 4, 20 };
	struct bench *b = *state;

	around = 8;
	b->cmd.flags = HV_CMD_EXACT;
	for (size_t i = 0; i < sizeof(once) / sizeof(*once); i++) {
		runs = 0;
		shorter_run = once[i];
		memset(&b->mb->status, 0, sizeof(b->mb->status));
		nr_logged = 0;
		assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
		assert_int_equal(b->mb->samples[3] - b->mb->empty[3], 10 * (COST - TURN));
	}
}

/* Nor does one that takes many ways: the one that comes most often does. */
static void of_many_ways_the_usual_one_counts(void **state)
{
	struct bench *b = *state;

	around = 8;
	detours_until = 1 + 2 * EXACT_TRIALS;
	b->cmd.flags = HV_CMD_EXACT;
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	assert_int_equal(b->mb->samples[3] - b->mb->empty[3], 10 * (COST - TURN));
}

static void single_operations_are_all_in_the_histogram(void **state)
{
	struct bench *b = *state;

	b->cmd.singles = 5;
	b->cmd.single_budget_cycles = ~0ull;
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.nr_singles, 5);
	assert_int_equal(b->mb->status.single_max, CALL + COST);
	assert_int_equal(b->mb->status.single_overhead, CALL + TURN);
	/* 140 is in the eighth octave: (7 - 3) * 16 + the four bits behind the highest, 0b0001. */
	assert_int_equal(b->mb->hist[4 * 16 + 1], 5);
	/* After the window: the exits they take do not belong to the samples. */
	assert_int_equal(ops_in_window(), 4 * 10);
}

static void single_operations_end_with_their_budget(void **state)
{
	struct bench *b = *state;

	b->cmd.singles = 1000;
	b->cmd.single_budget_cycles = 10 * (CALL + COST);
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.nr_singles, 11);
	b->cmd.singles = 0;
	memset(&b->mb->status, 0, sizeof(b->mb->status));
	nr_logged = 0;
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.nr_singles, 0);
	assert_int_equal(b->mb->status.single_overhead, 0);
}

static void buckets_are_those_of_the_abi(void **state)
{
	(void)state;
	assert_int_equal(hist_bucket(0), 0);
	assert_int_equal(hist_bucket(15), 15);
	assert_int_equal(hist_bucket(16), 16);
	assert_int_equal(hist_bucket(31), 31);
	assert_int_equal(hist_bucket(32), 32);
	assert_int_equal(hist_bucket(33), 32);
	assert_int_equal(hist_bucket(1000), 6 * 16 + 15);
	assert_int_equal(hist_bucket(~0ull), HV_HIST_BUCKETS - 1);
}

static void self_timed_operations_say_themselves(void **state)
{
	static const struct workload timer = {
		.name = "timer",
		.run = run_self_timed,
		.kind = WORKLOAD_SELF_TIMED,
	};
	struct bench *b = *state;

	assert_int_equal(measured(b, &timer), HV_REFUSED_NONE);
	assert_int_equal(b->mb->status.nr_samples, 4);
	assert_int_equal(b->mb->status.ops_per_sample, 1);
	assert_int_equal(b->mb->status.nr_empty, 0);
	/* The first, 100, is left out. */
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(b->mb->samples[i], 101 + i);
	assert_int_equal(ops_in_window(), 4);
	assert_int_equal(b->mb->status.nr_singles, 4);
	assert_int_equal(b->mb->status.single_max, 104);
	/* A lost event gives no sample. */
	memset(&b->mb->status, 0, sizeof(b->mb->status));
	self_timed_next = 0;
	lost_at = 3;
	assert_int_equal(measured(b, &timer), HV_REFUSED_TIMEOUT);
	assert_int_equal(b->mb->status.nr_samples, 2);
	self_timed_next = lost_at = 0;
	assert_int_equal(measured(b, &timer), HV_REFUSED_TIMEOUT);
}

static void what_cannot_be_measured_is_refused(void **state)
{
	static const struct workload large = {
		.name = "large",
		.run = run,
		.arena_bytes = arena_bytes,
	};
	static const struct workload refuses = { .name = "refuses", .run = run, .setup = refuse };
	static const struct measure_hooks no_ring0 = { .bell = bell };
	struct bench *b = *state;
	struct workload_ctx ctx = { .params = b->cmd.params };

	b->cmd.samples = 0;
	assert_int_equal(measured(b, &batch), HV_REFUSED_PARAMETER);
	b->cmd.samples = HV_MAX_SAMPLES + 1;
	assert_int_equal(measured(b, &batch), HV_REFUSED_PARAMETER);
	b->cmd.samples = 4;
	b->cmd.ring = 1;
	assert_int_equal(measured(b, &batch), HV_REFUSED_PARAMETER);
	b->cmd.ring = 0;
	assert_int_equal(measure__run(b->mb, &b->cmd, &batch, &ctx, &no_ring0),
			 HV_REFUSED_PARAMETER);
	b->cmd.arena_bytes = 4095;
	assert_int_equal(measured(b, &large), HV_REFUSED_ARENA_TOO_SMALL);
	assert_int_equal(measured(b, &refuses), HV_REFUSED_NO_LAPIC);
	assert_int_equal(nr_logged, 0);
	b->cmd.arena_bytes = 4096;
	assert_int_equal(measured(b, &large), HV_REFUSED_NONE);
	/* At CPL3, without any way to CPL0. */
	b->cmd.ring = 3;
	memset(&b->mb->status, 0, sizeof(b->mb->status));
	assert_int_equal(measure__run(b->mb, &b->cmd, &batch, &ctx, &no_ring0), HV_REFUSED_NONE);
	assert_int_equal(b->mb->samples[3], 10 * COST);
}

static void workloads_are_found_by_their_whole_name(void **state)
{
	(void)state;
	assert_string_equal(measure__find("pio-user")->name, "pio-user");
	assert_null(measure__find("pio"));
	assert_null(measure__find("pio-userx"));
	assert_null(measure__find(""));
}

/* Tried with its set-up, once, before anything is timed; not where it is always possible. */
static void what_may_be_impossible_is_tried_first(void **state)
{
	static const struct workload may_lack = { .name = "may-lack", .run = run, .optional = "X" };
	static const struct workload refused = {
		.name = "refused", .run = run, .optional = "X", .setup = refuse
	};
	struct bench *b = *state;

	attempted = attempt_result = 0;
	assert_int_equal(measured(b, &batch), HV_REFUSED_NONE);
	assert_int_equal(attempted, 0);
	nr_logged = 0;
	assert_int_equal(measured(b, &may_lack), HV_REFUSED_NONE);
	assert_int_equal(attempted, 1);
	assert_true(logged[0].what == RUN && logged[0].n == 1);
	assert_true(logged[1].what == RUN && logged[1].n == 10);
	assert_int_equal(ops_in_window(), 4 * 10);
	/* If its set-up refuses, the operation is not tried. */
	nr_logged = 0;
	assert_int_equal(measured(b, &refused), HV_REFUSED_NO_LAPIC);
	assert_int_equal(nr_logged, 0);
	attempt_result = HV_REFUSED_RAISED;
	assert_int_equal(measured(b, &may_lack), HV_REFUSED_RAISED);
	assert_int_equal(nr_logged, 1);
	attempt_result = 0;
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_sample_is_the_whole_batch),
		test(the_empty_loop_has_as_many_turns),
		test(there_are_only_so_many_empty_loops),
		test(a_loop_that_is_kept_is_not_timed_empty),
		test(first_operation_after_a_turn_is_left_out),
		test(a_sample_holds_all_that_share_a_cost),
		test(what_is_possible_once_is_not_spent_on_warming),
		test(what_is_possible_once_is_not_timed_by_itself_more_often),
		test(a_batch_is_as_long_as_its_target),
		test(one_slow_batch_does_not_shorten_the_samples),
		test(operations_that_follow_each_other_come_after_the_mark),
		test(what_is_around_the_loop_is_no_operations),
		test(one_short_operation_does_not_shift_all_samples),
		test(of_many_ways_the_usual_one_counts),
		test(single_operations_are_all_in_the_histogram),
		test(single_operations_end_with_their_budget),
		test(buckets_are_those_of_the_abi),
		test(self_timed_operations_say_themselves),
		test(what_cannot_be_measured_is_refused),
		test(workloads_are_found_by_their_whole_name),
		test(what_may_be_impossible_is_tried_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
