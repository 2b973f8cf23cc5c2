// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The timed window of a VM: what the counters gained between its two doorbells, without the one
 * exit in it that is ours and without what the host's interrupts forced. All numbers are worked out
 * by hand.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bench/backends/kvm/window.h"

#define VCPUS 2
#define STATS 3

static struct kvmstats_desc descs[STATS] = {
	{ .name = "exits", .base = 10, .size = 1, .first = 0 },
	{ .name = "irq_exits", .base = 10, .size = 1, .first = 1 },
	{ .name = "halt_exits", .base = 10, .size = 1, .first = 2 },
};

struct window {
	struct vm *vm;
	struct snapshot begin, end;
	struct measurement *m;
};

static int set_up(void **state)
{
	struct window *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->vm = calloc(1, sizeof(*w->vm));
	assert_non_null(w->vm);
	w->vm->nr_vcpus = VCPUS;
	w->vm->vcpus = calloc(VCPUS, sizeof(*w->vm->vcpus));
	assert_non_null(w->vm->vcpus);
	for (int i = 0; i < VCPUS; i++) {
		w->vm->vcpus[i].stats.descs = descs;
		w->vm->vcpus[i].stats.nr_descs = w->vm->vcpus[i].stats.nr_values = STATS;
	}
	w->begin.stats = calloc(VCPUS * STATS, sizeof(uint64_t));
	w->end.stats = calloc(VCPUS * STATS, sizeof(uint64_t));
	w->m = measurement__new();
	assert_true(w->begin.stats && w->end.stats && w->m);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct window *w = *state;

	measurement__free(w->m);
	free(w->begin.stats);
	free(w->end.stats);
	free(w->vm->vcpus);
	free(w->vm);
	free(w);
	return 0;
}

static int64_t counted(const struct measurement *m, const char *name)
{
	for (unsigned int i = 0; i < m->nr_counters; i++)
		if (!strcmp(m->counters[i].name, name))
			return m->counters[i].value;
	return -1;
}

/* The doorbell that ends the window is in it, the one that begins it is not. */
static void own_exits_are_not_the_workloads(void **state)
{
	struct window *w = *state;

	w->begin.user_exits[KVM_EXIT_IO] = 7;
	w->end.user_exits[KVM_EXIT_IO] = 7 + 1073 + 1;
	w->begin.stats[0] = 100;
	w->end.stats[0] = 100 + 1073 + 1;
	window__count(w->vm, &w->begin, &w->end, w->m);
	assert_int_equal(w->m->user_exits, 1073);
	assert_true(w->m->exits_known);
	assert_int_equal(w->m->exits, 1073);
	assert_int_equal(counted(w->m, "user.IO"), 1073);
	assert_int_equal(counted(w->m, "kvm.exits"), 1073);
}

/* An empty window has nothing to report. */
static void an_empty_window_has_none(void **state)
{
	struct window *w = *state;

	w->end.user_exits[KVM_EXIT_IO] = 1;
	w->end.stats[0] = 1;
	window__count(w->vm, &w->begin, &w->end, w->m);
	assert_int_equal(w->m->user_exits, 0);
	assert_int_equal(w->m->exits, 0);
	assert_int_equal(w->m->nr_counters, 0);
}

/* Summed over all vCPUs, with the host's interrupts kept separate. */
static void exits_are_of_all_vcpus_without_the_hosts(void **state)
{
	struct window *w = *state;

	w->end.user_exits[KVM_EXIT_IO] = 1;
	w->end.user_exits[KVM_EXIT_MMIO] = 30;
	w->end.interrupted = 2;
	w->end.stats[0] = 1 + 20 + 4;
	w->end.stats[1] = 4;
	w->end.stats[STATS + 0] = 10 + 5;
	w->end.stats[STATS + 1] = 5;
	w->end.stats[STATS + 2] = 10;
	window__count(w->vm, &w->begin, &w->end, w->m);
	assert_int_equal(w->m->exits, 30);
	assert_int_equal(w->m->host_interrupts, 9);
	assert_int_equal(w->m->user_exits, 30);
	assert_int_equal(counted(w->m, "user.MMIO"), 30);
	assert_int_equal(counted(w->m, "user.EINTR"), 2);
	assert_int_equal(counted(w->m, "kvm.halt_exits"), 10);
}

/* Where the statistics were not read the number of exits is unknown, not 0. */
static void without_statistics_exits_are_not_known(void **state)
{
	struct window *w = *state;

	free(w->end.stats);
	w->end.stats = NULL;
	w->end.user_exits[KVM_EXIT_IO] = 3;
	window__count(w->vm, &w->begin, &w->end, w->m);
	assert_false(w->m->exits_known);
	assert_non_null(strstr(w->m->exits_unknown_why, "could not be read"));
	/* The VMM's own count does not depend on that. */
	assert_int_equal(w->m->user_exits, 2);
	w->vm->vcpus[0].stats.nr_values = 0;
	window__count(w->vm, &w->begin, &w->end, w->m);
	assert_non_null(strstr(w->m->exits_unknown_why, "no binary KVM statistics"));
}

/*
 * The host's scheduler made vCPU 0 wait for 900 ns, of which 300 were before the window but
 * accounted in it by the guest, and 100 after its end: the guest accounts those when it runs again.
 */
static void steal_is_what_was_waited_for_in_the_window(void **state)
{
	struct window *w = *state;
	struct hv_mailbox *mb = calloc(1, sizeof(*mb));
	struct steal_snapshot snaps[3] = { 0 };
	struct payload payload = { .bytes = 0 };
	struct steal steal;

	assert_non_null(mb);
	w->vm->nr_vcpus = 1;
	w->vm->low.host = (void *)mb;
	w->vm->payload = &payload;
	mb->steal_state = HV_STEAL_ON;
	for (int i = 0; i < 3; i++) {
		snaps[i].guest.at_ns = 1000000 * (i + 1);
		snaps[i].guest.written[0] = true;
		snaps[i].host_known = true;
	}
	snaps[0].guest.ns[0] = 5000;
	snaps[0].delay_ns[0] = 8300;
	snaps[1].guest.ns[0] = 5000 + 300 + 500;
	snaps[1].delay_ns[0] = 8300 + 600;
	snaps[2].guest.ns[0] = 5000 + 300 + 500 + 100;
	snaps[2].delay_ns[0] = 8300 + 600;
	window__steal(w->vm, snaps, 8000, &steal);
	assert_true(steal.known);
	assert_int_equal(steal.ns, 500);
	assert_int_equal(steal.window_ns, 1000000);
	assert_true(steal.host_known);
	assert_int_equal(steal.host_ns, 500);
	free(mb);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(own_exits_are_not_the_workloads),
		TEST(an_empty_window_has_none),
		TEST(exits_are_of_all_vcpus_without_the_hosts),
		TEST(without_statistics_exits_are_not_known),
		TEST(steal_is_what_was_waited_for_in_the_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
