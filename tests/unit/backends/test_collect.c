// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest says it measured: taken over unchanged if it is possible, refused with the reason if
 * it is not, and never used as a length or an index before that check.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/mailbox.h"

#define SEQ 7

struct talk {
	struct hv_mailbox *mb; /* on the heap, so that a sanitizer sees reads beyond it */
	struct hv_command sent;
	struct cell cell;
	struct measurement *m;
};

static void start(struct talk *t, const char *workload, uint64_t ops)
{
	struct measure_request req = { .ops_per_sample = ops, .samples = 50, .singles = 20 };
	struct hv_status *status;

	memset(t, 0, sizeof(*t));
	t->mb = calloc(1, sizeof(*t->mb));
	t->m = measurement__new();
	t->cell.workload = plan__find_workload(workload, NULL);
	t->cell.ring = 3;
	assert_non_null(t->mb);
	assert_non_null(t->m);
	assert_non_null(t->cell.workload);
	for (int i = 0; i < HV_MAX_PARAMS; i++)
		t->cell.params[i] = t->cell.workload->params[i].value;
	collect__command(&t->sent, &t->cell, &req, 2000000);
	t->sent.seq = SEQ;

	t->mb->magic = HV_MAILBOX_MAGIC;
	t->mb->version = HV_ABI_VERSION;
	t->mb->size = sizeof(*t->mb);
	t->mb->command = t->sent;
	status = &t->mb->status;
	status->state = HV_STATE_DONE;
	status->seq = SEQ;
	status->nr_samples = 50;
	status->nr_empty = 3;
	status->ops_per_sample = ops ? ops : 1000;
	for (int i = 0; i < 50; i++)
		t->mb->samples[i] = 5000 + i;
	for (int i = 0; i < 3; i++)
		t->mb->empty[i] = 10 + i;
	status->nr_singles = 20;
	status->single_max = 777;
	status->single_overhead = 5;
	t->mb->hist[40] = 19;
	t->mb->hist[HV_HIST_BUCKETS - 1] = 1;
}

static void finish(struct talk *t)
{
	measurement__free(t->m);
	free(t->mb);
}

static void collect(struct talk *t)
{
	collect__mailbox(t->mb, &t->sent, &t->cell, t->m);
}

static void honest_result_is_taken_as_it_is(void **state)
{
	struct talk t;

	(void)state;
	start(&t, "pio-user", 0);
	collect(&t);
	assert_int_equal(t.m->status, MEASURE_OK);
	assert_int_equal(t.m->nr_samples, 50);
	assert_int_equal(t.m->nr_empty, 3);
	assert_int_equal(t.m->ops_per_sample, 1000);
	assert_int_equal(t.m->window_ops, 50000);
	assert_true(t.m->samples[0] == 5000 && t.m->samples[49] == 5049);
	assert_true(t.m->empty[2] == 12);
	assert_non_null(t.m->singles);
	assert_int_equal(t.m->singles->count, 20);
	assert_int_equal(t.m->singles->bucket[40], 19);
	assert_int_equal(t.m->singles->max, 777);
	assert_int_equal(t.m->singles_overhead, 5);
	finish(&t);
}

static void fewer_than_asked_for_is_honest(void **state)
{
	struct talk t;

	(void)state;
	start(&t, "pio-user", 0);
	t.mb->status.nr_samples = 1;
	t.mb->status.nr_empty = 0;
	t.mb->status.nr_singles = 0;
	memset(t.mb->hist, 0, sizeof(t.mb->hist));
	collect(&t);
	assert_int_equal(t.m->status, MEASURE_OK);
	assert_int_equal(t.m->nr_samples, 1);
	assert_int_equal(t.m->nr_empty, 0);
	assert_null(t.m->singles);
	finish(&t);
}

static void capacities_are_used_to_the_last(void **state)
{
	struct talk t;

	(void)state;
	start(&t, "pio-user", 0);
	t.sent.samples = HV_MAX_SAMPLES;
	t.mb->status.nr_samples = HV_MAX_SAMPLES;
	t.mb->status.nr_empty = HV_MAX_EMPTY;
	t.mb->samples[HV_MAX_SAMPLES - 1] = UINT64_MAX;
	t.mb->empty[HV_MAX_EMPTY - 1] = UINT64_MAX;
	collect(&t);
	assert_int_equal(t.m->status, MEASURE_OK);
	assert_true(t.m->samples[HV_MAX_SAMPLES - 1] == (double)UINT64_MAX);
	assert_true(t.m->empty[HV_MAX_EMPTY - 1] == (double)UINT64_MAX);
	finish(&t);
}

/* Each vCPU's begin at a place of its own, whose distance the command determines. */
static void each_vcpu_has_its_samples(void **state)
{
	struct talk t;

	(void)state;
	start(&t, "pio-user", 0);
	t.sent.parallel = 3;
	t.sent.samples = 50;
	t.mb->status.nr_samples = 2;
	t.mb->status.nr_empty = 1;
	t.mb->status.overhang = 4;
	for (unsigned int v = 0; v < 3; v++) {
		t.mb->samples[v * 50] = 100 * v;
		t.mb->samples[v * 50 + 1] = 100 * v + 1;
		t.mb->empty[v * (HV_MAX_EMPTY / 3)] = 10 * v;
	}
	collect(&t);
	assert_int_equal(t.m->status, MEASURE_OK);
	assert_int_equal(t.m->nr_members, 3);
	assert_int_equal(t.m->nr_samples, 6);
	assert_int_equal(t.m->nr_empty, 3);
	for (unsigned int v = 0; v < 3; v++) {
		assert_true(t.m->samples[2 * v] == 100 * v);
		assert_true(t.m->samples[2 * v + 1] == 100 * v + 1);
		assert_true(t.m->empty[v] == 10 * v);
	}
	/* Operations beyond a vCPU's samples are in the window in which exits are counted too. */
	assert_int_equal(t.m->overhang_ops, 4000);
	assert_int_equal(t.m->window_ops, 10000);
	finish(&t);
}

static void expect_failed(struct talk *t, const char *what, const char *reason)
{
	collect(t);
	if (t->m->status != MEASURE_FAILED)
		fail_msg("%s: status %d", what, t->m->status);
	if (!strstr(t->m->reason, reason))
		fail_msg("%s: '%s' is not in '%s'", what, reason, t->m->reason);
	finish(t);
}

#define LIE(workload, ops, what, reason) \
	do { \
		struct talk t; \
		struct hv_mailbox *mb; \
		struct hv_status *s; \
		start(&t, workload, ops); \
		mb = t.mb; \
		s = &mb->status; \
		(void)s; \
		what; \
		expect_failed(&t, #what, reason); \
	} while (0)

static void damaged_header_is_reported(void **state)
{
	(void)state;
	LIE("pio-user", 0, mb->magic++, "header");
	LIE("pio-user", 0, mb->version++, "header");
	LIE("pio-user", 0, mb->size--, "header");
	LIE("pio-user", 0, memset(mb, 0xff, sizeof(*mb)), "header");
	LIE("pio-user", 0, memset(mb, 0, sizeof(*mb)), "header");
}

static void impossible_counts_are_refused(void **state)
{
	(void)state;
	LIE("pio-user", 0, s->nr_samples = 0, "impossible");
	LIE("pio-user", 0, s->nr_samples = 51, "impossible");
	LIE("pio-user", 0, s->nr_samples = HV_MAX_SAMPLES, "impossible");
	LIE("pio-user", 0, s->nr_samples = HV_MAX_SAMPLES + 1, "impossible");
	LIE("pio-user", 0, s->nr_samples = UINT32_MAX, "impossible");
	LIE("pio-user", 0, (mb->command.samples = UINT32_MAX, s->nr_samples = UINT32_MAX),
	    "impossible");
	LIE("pio-user", 0, (t.sent.samples = UINT32_MAX, s->nr_samples = HV_MAX_SAMPLES + 1),
	    "impossible");
	LIE("pio-user", 0, s->nr_empty = HV_MAX_EMPTY + 1, "impossible");
	LIE("pio-user", 0, s->nr_empty = UINT32_MAX, "impossible");
	LIE("pio-user", 0, s->nr_singles = 21, "impossible");
	LIE("pio-user", 0, s->overhang = 1, "impossible");
	LIE("pio-user", 0, (t.sent.parallel = 64, t.sent.samples = 65, s->nr_samples = 65),
	    "impossible");
	LIE("pio-user", 0, (t.sent.parallel = 64, s->nr_empty = 2), "impossible");
	LIE("pio-user", 0,
	    (t.sent.parallel = 2, s->overhang = UINT32_MAX, s->ops_per_sample = 1ull << 33),
	    "impossible");
	LIE("pio-user", 0, s->nr_singles = UINT32_MAX, "impossible");
}

static void impossible_operations_are_refused(void **state)
{
	(void)state;
	LIE("pio-user", 0, s->ops_per_sample = 0, "impossible");
	LIE("pio-user", 0, s->ops_per_sample = UINT64_MAX, "impossible");
	LIE("pio-user", 0, s->ops_per_sample = UINT64_MAX / 50 + 1, "impossible");
	LIE("pio-user", 100, s->ops_per_sample = 99, "impossible");
	LIE("pio-user", 100, s->ops_per_sample = 101, "impossible");
	LIE("ipi", 0, (s->ops_per_sample = 2, s->nr_singles = 0), "impossible");
	LIE("touch", 100, s->ops_per_sample = 101, "impossible");
}

/* Where each operation can be done only once there may be fewer of them than were asked for. */
static void limited_operations_may_be_fewer(void **state)
{
	struct talk t;

	(void)state;
	start(&t, "touch", 100);
	assert_non_null(t.cell.workload->max_ops);
	t.mb->status.ops_per_sample = 60;
	collect(&t);
	assert_int_equal(t.m->status, MEASURE_OK);
	assert_int_equal(t.m->ops_per_sample, 60);
	finish(&t);
}

static void histogram_and_its_count_agree(void **state)
{
	(void)state;
	LIE("pio-user", 0, s->nr_singles = 19, "histogram");
	LIE("pio-user", 0, s->nr_singles = 0, "histogram");
	LIE("pio-user", 0, mb->hist[3] = 1, "histogram");
	LIE("pio-user", 0, mb->hist[0] = UINT32_MAX, "histogram");
	LIE("pio-user", 0, memset(mb->hist, 0xff, sizeof(mb->hist)), "histogram");
	LIE("pio-user", 0, memset(mb->hist, 0, sizeof(mb->hist)), "histogram");
}

static void unfinished_and_foreign_results_are_refused(void **state)
{
	(void)state;
	LIE("pio-user", 0, s->state = HV_STATE_BOOTING, "state 0 of command 7");
	LIE("pio-user", 0, s->state = HV_STATE_READY, "state 1");
	LIE("pio-user", 0, s->state = HV_STATE_RUNNING, "state 2");
	LIE("pio-user", 0, s->state = UINT32_MAX, "state 4294967295");
	LIE("pio-user", 0, s->seq = SEQ - 1, "command 6, not that command 7");
	LIE("pio-user", 0, s->seq = SEQ + 1, "command 8, not that command 7");
	LIE("pio-user", 0, mb->command.seq = s->seq = 99, "command 99, not that command 7");
}

static void refusals_skip_if_they_make_sense(void **state)
{
	(void)state;
	for (uint32_t refusal = 0; refusal <= HV_REFUSED_MAX + 1; refusal++) {
		bool sensible = refusal != HV_REFUSED_NONE && refusal < HV_REFUSED_MAX &&
				refusal != HV_REFUSED_TIMEOUT;
		struct talk t;

		start(&t, "pio-user", 0);
		t.mb->status.state = HV_STATE_REFUSED;
		t.mb->status.refusal = refusal;
		collect(&t);
		assert_int_equal(t.m->status, sensible ? MEASURE_SKIPPED : MEASURE_FAILED);
		assert_true(strlen(t.m->reason) > 10);
		assert_null(t.m->samples);
		finish(&t);
	}
	LIE("pio-user", 0, (s->state = HV_STATE_REFUSED, s->refusal = UINT32_MAX),
	    "unknown reason");
}

static void what_the_cpu_lacks_is_reported(void **state)
{
	struct talk t;

	(void)state;
	start(&t, "invpcid", 0);
	t.mb->status.state = HV_STATE_REFUSED;
	t.mb->status.refusal = HV_REFUSED_RAISED;
	t.mb->status.fault = (struct hv_fault){ .vector = 6, .rip = 0x1234 };
	collect(&t);
	assert_int_equal(t.m->status, MEASURE_SKIPPED);
	assert_non_null(strstr(t.m->reason, "needs INVPCID"));
	assert_non_null(strstr(t.m->reason, "#UD"));
	assert_non_null(strstr(t.m->reason, "0x1234"));
	finish(&t);
	start(&t, "invpcid", 0);
	t.mb->status.state = HV_STATE_REFUSED;
	t.mb->status.refusal = HV_REFUSED_NOT_THERE;
	collect(&t);
	assert_int_equal(t.m->status, MEASURE_SKIPPED);
	assert_non_null(strstr(t.m->reason, "needs INVPCID"));
	finish(&t);
}

/*
 * A guest that stops at any other moment, or in an operation that is always possible, has failed.
 */
static void what_cannot_be_done_is_skipped_only_when_tried(void **state)
{
	static const struct error gave_up = { .code = -EIO, .text = "KVM gave up" };
	static const struct error hangs = { .code = -ETIME, .text = "no progress for 1.0 s" };
	struct talk t;

	(void)state;
	start(&t, "invpcid", 0);
	t.mb->status.state = HV_STATE_RUNNING;
	assert_false(collect__impossible(t.mb, &t.sent, &gave_up, t.m));
	assert_int_equal(t.m->status, MEASURE_OK);
	t.mb->status.state = HV_STATE_TRYING;
	assert_true(collect__impossible(t.mb, &t.sent, &gave_up, t.m));
	assert_int_equal(t.m->status, MEASURE_SKIPPED);
	assert_string_equal(t.m->reason, "needs INVPCID, which cannot be done here: KVM gave up");
	finish(&t);
	start(&t, "invpcid", 0);
	t.mb->status.state = HV_STATE_TRYING;
	assert_true(collect__impossible(t.mb, &t.sent, &hangs, t.m));
	assert_non_null(strstr(t.m->reason, "hangs: no progress for 1.0 s"));
	finish(&t);
	start(&t, "pio-user", 0);
	t.mb->status.state = HV_STATE_TRYING;
	assert_false(collect__impossible(t.mb, &t.sent, &gave_up, t.m));
	finish(&t);
}

static void faults_are_reported_with_their_place(void **state)
{
	struct hv_fault fault = {
		.vector = 14, .error_code = 6, .rip = 0x1234, .cr2 = 0x5678, .cs = 0x33
	};
	char text[256], small[8];

	(void)state;
	collect__fault(&fault, text, sizeof(text));
	assert_string_equal(text,
			    "guest exception #PF (vector 14, error code 0x6) at RIP 0x1234, CPL 3, "
			    "CR2 0x5678");
	for (uint64_t vector = 0; vector < 300; vector++) {
		fault.vector = (uint32_t)vector;
		collect__fault(&fault, text, sizeof(text));
		assert_non_null(strstr(text, "RIP 0x1234"));
	}
	collect__fault(&fault, small, sizeof(small));
	assert_int_equal(strlen(small), sizeof(small) - 1);
	LIE("pio-user", 0, (s->state = HV_STATE_FAULT, memset(&s->fault, 0xff, sizeof(s->fault))),
	    "vector 4294967295");
}

static void commands_stay_within_the_mailbox(void **state)
{
	struct measure_request req = { .samples = 1000000, .target_ns = UINT64_MAX };
	struct hv_command cmd;

	(void)state;
	for_each_workload(entry) {
		struct cell cell = { .workload = *entry, .ring = 3 };

		memset(&cmd, 0xff, sizeof(cmd));
		collect__command(&cmd, &cell, &req, 5000000);
		assert_int_equal(cmd.samples, HV_MAX_SAMPLES);
		assert_string_equal(cmd.workload, (*entry)->name);
		assert_int_equal(cmd.parallel, 1);
		cell.config.parallel = HV_MAX_VCPUS;
		collect__command(&cmd, &cell, &req, 5000000);
		assert_true(cmd.samples >= 1 && cmd.samples * cmd.parallel <= HV_MAX_SAMPLES);
	}
}

static void merging_appends_and_adds_up(void **state)
{
	struct measurement *all = measurement__new();
	struct talk t;

	(void)state;
	for (int i = 0; i < 3; i++) {
		start(&t, "pio-user", 100);
		collect(&t);
		t.m->exits = 5000;
		t.m->user_exits = 5000;
		t.m->exits_known = true;
		measurement__count(t.m, "user.IO", 5000);
		assert_int_equal(collect__merge(all, t.m), 0);
		finish(&t);
	}
	assert_int_equal(all->nr_samples, 150);
	assert_int_equal(all->nr_empty, 9);
	assert_true(all->samples[149] == 5049);
	assert_int_equal(all->singles->count, 60);
	assert_int_equal(all->window_ops, 15000);
	assert_int_equal(all->exits, 15000);
	assert_int_equal(all->nr_counters, 1);
	assert_int_equal(all->counters[0].value, 15000);
	/* A round with another batch size cannot be averaged with the others. */
	start(&t, "pio-user", 200);
	collect(&t);
	assert_int_not_equal(collect__merge(all, t.m), 0);
	finish(&t);
	measurement__free(all);
}

#define WINDOW_NS 1000000000ull

/* Two vCPUs that account their steal time and one that never did; 300 and 500 us in a second. */
static void look_twice(struct hv_mailbox *mb, struct steal_reading *begin,
		       struct steal_reading *end)
{
	mb->steal_state = HV_STEAL_ON;
	mb->steal[0].version = mb->steal[1].version = 2;
	mb->steal[0].ns = 7000;
	collect__read_steal(mb, 3, begin);
	mb->steal[0].ns += 300000;
	mb->steal[1].ns += 500000;
	mb->steal[1].version += 2;
	collect__read_steal(mb, 3, end);
	end->at_ns = begin->at_ns + WINDOW_NS;
}

static void steal_is_what_the_records_gained(void **state)
{
	struct steal_reading begin, end;
	struct steal steal;
	struct talk t;

	(void)state;
	start(&t, "pio-user", 100);
	look_twice(t.mb, &begin, &end);
	collect__steal(t.mb, 3, &begin, &end, 0, &steal);
	assert_true(steal.known);
	assert_int_equal(steal.ns, 800000);
	assert_int_equal(steal.window_ns, WINDOW_NS);
	assert_int_equal(steal.vcpus, 2);
	/* The first vCPU's debt from before is subtracted, but the result is never negative. */
	collect__steal(t.mb, 3, &begin, &end, 100000, &steal);
	assert_int_equal(steal.ns, 700000);
	collect__steal(t.mb, 3, &begin, &end, 400000, &steal);
	assert_int_equal(steal.ns, 500000);
	/* More vCPUs than there are records. */
	collect__read_steal(t.mb, HV_MAX_VCPUS + 1, &begin);
	collect__steal(t.mb, HV_MAX_VCPUS + 1, &begin, &begin, 0, &steal);
	assert_true(steal.known);
	assert_int_equal(steal.ns, 0);
	finish(&t);
}

static void steal_of_several_vms_adds_up(void **state)
{
	struct measurement *all = measurement__new(), *one = measurement__new();

	(void)state;
	assert_non_null(all);
	assert_non_null(one);
	one->ops_per_sample = 1;
	one->steal = (struct steal){ .known = true,
				     .ns = 100,
				     .host_known = true,
				     .host_ns = 110,
				     .window_ns = 1000,
				     .vcpus = 2 };
	for (int i = 0; i < 3; i++)
		assert_int_equal(collect__merge(all, one), 0);
	assert_true(all->steal.known && all->steal.host_known);
	assert_int_equal(all->steal.ns, 300);
	assert_int_equal(all->steal.host_ns, 330);
	assert_int_equal(all->steal.window_ns, 3000);
	assert_int_equal(all->steal.vcpus, 6);
	/* If it is not known for one round, it is not known for all of them. */
	one->steal.known = one->steal.host_known = false;
	memcpy(one->steal.why, "why", 4);
	assert_int_equal(collect__merge(all, one), 0);
	one->steal.known = true;
	assert_int_equal(collect__merge(all, one), 0);
	assert_false(all->steal.known || all->steal.host_known);
	assert_string_equal(all->steal.why, "why");
	measurement__free(one);
	measurement__free(all);
}

static void assert_not_known(const struct talk *t, const struct steal_reading *begin,
			     const struct steal_reading *end, const char *why)
{
	struct steal steal;

	collect__steal(t->mb, 3, begin, end, 0, &steal);
	assert_false(steal.known);
	assert_non_null(strstr(steal.why, why));
}

static void steal_that_cannot_be_is_not_known(void **state)
{
	struct steal_reading begin, end;
	struct talk t;

	(void)state;
	start(&t, "pio-user", 100);
	look_twice(t.mb, &begin, &end);
	t.mb->steal_state = HV_STEAL_OFF;
	assert_not_known(&t, &begin, &end, "does not account");
	t.mb->steal_state = HV_STEAL_NOT_KVM;
	assert_not_known(&t, &begin, &end, "KVM's CPUID");
	t.mb->steal_state = HV_STEAL_NO_FEATURE;
	assert_not_known(&t, &begin, &end, "does not offer");
	t.mb->steal_state = 0xffffffff;
	assert_not_known(&t, &begin, &end, "unknown reason");
	t.mb->steal_state = HV_STEAL_ON;

	end.ns[1] = WINDOW_NS + 1200000000;
	assert_not_known(&t, &begin, &end, "of vCPU 1 gained");
	end.ns[1] = ~0ull;
	assert_not_known(&t, &begin, &end, "of vCPU 1 gained");
	end.ns[1] = 0;
	end.ns[0] = 6999;
	assert_not_known(&t, &begin, &end, "of vCPU 0 went backwards");

	/* A record that is always being written, and one that never was. */
	look_twice(t.mb, &begin, &end);
	t.mb->steal[1].version = 3;
	collect__read_steal(t.mb, 3, &end);
	assert_not_known(&t, &begin, &end, "all the time");
	t.mb->steal[0].version = t.mb->steal[1].version = 0;
	collect__read_steal(t.mb, 3, &end);
	assert_not_known(&t, &begin, &end, "did not write");
	finish(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_result_is_taken_as_it_is),
		cmocka_unit_test(fewer_than_asked_for_is_honest),
		cmocka_unit_test(each_vcpu_has_its_samples),
		cmocka_unit_test(capacities_are_used_to_the_last),
		cmocka_unit_test(damaged_header_is_reported),
		cmocka_unit_test(impossible_counts_are_refused),
		cmocka_unit_test(impossible_operations_are_refused),
		cmocka_unit_test(limited_operations_may_be_fewer),
		cmocka_unit_test(histogram_and_its_count_agree),
		cmocka_unit_test(unfinished_and_foreign_results_are_refused),
		cmocka_unit_test(refusals_skip_if_they_make_sense),
		cmocka_unit_test(what_the_cpu_lacks_is_reported),
		cmocka_unit_test(what_cannot_be_done_is_skipped_only_when_tried),
		cmocka_unit_test(faults_are_reported_with_their_place),
		cmocka_unit_test(commands_stay_within_the_mailbox),
		cmocka_unit_test(merging_appends_and_adds_up),
		cmocka_unit_test(steal_is_what_the_records_gained),
		cmocka_unit_test(steal_of_several_vms_adds_up),
		cmocka_unit_test(steal_that_cannot_be_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
