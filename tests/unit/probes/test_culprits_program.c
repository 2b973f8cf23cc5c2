// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who had the CPU while a vCPU's thread waited, as the kernel side of the culprits probe finds it:
 * each nanosecond of waiting belongs to one thread. The program runs here as plain C; all numbers
 * are worked out by hand.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/kernel.h"

#define const
#include "probes/culprits.bpf.c"
#undef const

#define BLOCKED 1 /* TASK_INTERRUPTIBLE */
#define ROWS	8

static struct task_struct vcpu, neighbour, hog, worker, idle;

static int set_up(void **state)
{
	(void)state;
	machine__reset();
	vcpu = (struct task_struct){
		.pid = 11, .tgid = 10, .comm = "CPU 0/KVM", .preempt_notifiers.first = (void *)&vcpu
	};
	neighbour = (struct task_struct){
		.pid = 21, .tgid = 20, .comm = "CPU 7/KVM", .preempt_notifiers.first = (void *)&vcpu
	};
	hog = (struct task_struct){ .pid = 31, .tgid = 30, .comm = "hog" };
	worker = (struct task_struct){
		.pid = 41, .tgid = 41, .comm = "kworker/0:1", .flags = KERNEL_THREAD
	};
	idle = (struct task_struct){ .comm = "swapper/0", .flags = KERNEL_THREAD };
	lost_threads = 0;
	filtered = false;
	for (uint32_t row = ROWS; row; row--)
		map__push(&free_rows, &row, sizeof(row));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	machine__reset();
	return 0;
}

static void switched(uint64_t at, struct task_struct *prev, struct task_struct *next,
		     bool preempted)
{
	__u64 args[] = { preempted, (uintptr_t)prev, (uintptr_t)next };

	machine.now = at;
	machine.pid_tgid = (uint64_t)prev->tgid << 32 | (uint32_t)prev->pid;
	on_switch((void *)args);
	next->thread_info.cpu = machine.cpu;
}

static void woken(uint64_t at, struct task_struct *task)
{
	__u64 args[] = { (uintptr_t)task };

	machine.now = at;
	on_wakeup((void *)args);
}

static void migrated(uint64_t at, struct task_struct *task, uint32_t to)
{
	__u64 args[] = { (uintptr_t)task, to };

	machine.now = at;
	on_migrate((void *)args);
	task->thread_info.cpu = to;
}

/* What the vCPU waited because of that one; a row without anything if it did not. */
static struct culprit_row because_of(const struct task_struct *who)
{
	struct culprit_row none = { 0 };

	for (uint32_t i = 1; i <= ROWS; i++) {
		struct culprit_row *row = bpf_map_lookup_elem(&rows, &i);

		if (row->victim_tid == 11 && row->who.kind != CULPRIT_UNKNOWN &&
		    row->who.tid == (uint32_t)who->pid)
			return *row;
	}
	return none;
}

static uint64_t waited(void)
{
	uint64_t ns = 0;

	for (uint32_t i = 1; i <= ROWS; i++) {
		struct culprit_row *row = bpf_map_lookup_elem(&rows, &i);

		if (row->victim_tid == 11)
			ns += row->ns;
	}
	return ns;
}

static void who_preempts_is_told_apart_from_who_follows(void **state)
{
	(void)state;
	switched(1000, &vcpu, &hog, true);
	switched(1700, &hog, &worker, false);
	switched(1750, &worker, &hog, false);
	switched(1950, &hog, &vcpu, false);
	assert_int_equal(because_of(&hog).ns, 900);
	assert_int_equal(because_of(&hog).turns, 2);
	assert_int_equal(because_of(&hog).max_ns, 700);
	assert_int_equal(because_of(&hog).who.kind, CULPRIT_TASK);
	assert_int_equal(because_of(&hog).who.tgid, 30);
	assert_int_equal(because_of(&worker).ns, 50);
	assert_int_equal(because_of(&worker).who.kind, CULPRIT_KERNEL);
	assert_string_equal(because_of(&worker).who.comm, "kworker/0:1");
	assert_int_equal(because_of(&worker).victim_tgid, 10);
	assert_int_equal(waited(), 950);
}

/* Asleep it waits for nobody: delay begins with the wake-up, in the middle of another's turn. */
static void a_turn_counts_from_the_wake_up_on(void **state)
{
	(void)state;
	vcpu.__state = BLOCKED;
	switched(1000, &vcpu, &hog, false);
	switched(2000, &hog, &neighbour, false);
	woken(2600, &vcpu);
	woken(2700, &vcpu);
	switched(3000, &neighbour, &vcpu, false);
	assert_int_equal(because_of(&hog).ns, 0);
	assert_int_equal(because_of(&neighbour).ns, 400);
	assert_int_equal(because_of(&neighbour).who.kind, CULPRIT_VCPU);
	/* Woken while it is still on its CPU: it never lost it. */
	woken(3100, &vcpu);
	switched(3200, &vcpu, &idle, false);
	woken(3500, &vcpu);
	switched(3530, &idle, &vcpu, false);
	assert_int_equal(because_of(&idle).ns, 30);
	assert_int_equal(because_of(&idle).who.kind, CULPRIT_IDLE);
	assert_int_equal(waited(), 430);
}

/* What it waited on one CPU is put down to those who ran there, and not to who runs elsewhere. */
static void who_is_moved_waited_for_both_cpus(void **state)
{
	(void)state;
	machine.cpu = 3;
	switched(900, &idle, &worker, false);
	machine.cpu = 0;
	switched(1000, &vcpu, &hog, true);
	switched(1100, &hog, &neighbour, true);
	migrated(1150, &vcpu, 3);
	switched(1400, &neighbour, &hog, false);
	machine.cpu = 3;
	switched(1350, &worker, &vcpu, false);
	assert_int_equal(because_of(&hog).ns, 100);
	assert_int_equal(because_of(&neighbour).ns, 50);
	assert_int_equal(because_of(&worker).ns, 200);
	assert_int_equal(waited(), 350);
	/* One that does not wait is moved without that. */
	migrated(1360, &vcpu, 0);
	assert_int_equal(waited(), 350);
}

static void turns_that_are_forgotten_are_others(void **state)
{
	uint64_t at = 1000;
	struct culprit_row *others;
	uint32_t first = 1;

	(void)state;
	switched(at, &vcpu, &hog, true);
	for (unsigned int i = 0; i < CULPRITS_TURNS; i++) {
		switched(at += 10, &hog, &worker, false);
		switched(at += 5, &worker, &hog, false);
	}
	switched(at += 10, &hog, &vcpu, false);
	assert_int_equal(because_of(&hog).turns + because_of(&worker).turns, CULPRITS_TURNS);
	assert_int_equal(because_of(&hog).ns, 10 * CULPRITS_TURNS / 2);
	others = bpf_map_lookup_elem(&rows, &first);
	assert_int_equal(others->who.kind, CULPRIT_UNKNOWN);
	assert_int_equal(others->ns, at - 1000 - 15 * CULPRITS_TURNS / 2);
	assert_int_equal(waited(), at - 1000);
}

static void without_room_for_one_more_it_is_one_of_the_others(void **state)
{
	struct task_struct many[ROWS] = { { .comm = "" } };
	uint64_t at = 1000;

	(void)state;
	for (int i = 0; i < ROWS; i++)
		many[i] = (struct task_struct){ .pid = 100 + i, .tgid = 100 + i, .comm = "cc1" };
	switched(at, &vcpu, &many[0], true);
	for (int i = 0; i < ROWS; i++)
		switched(at += 10, &many[i], i + 1 < ROWS ? &many[i + 1] : &vcpu, false);
	/* One row is that of the others. */
	assert_int_equal(because_of(&many[ROWS - 1]).ns, 10);
	assert_int_equal(because_of(&many[0]).ns, 0);
	assert_int_equal(waited(), 10 * ROWS);
}

/* Where nobody can be waiting nothing is found out about who runs. */
static void who_runs_is_told_where_somebody_may_wait(void **state)
{
	struct culprit_cpu *cpu;
	uint32_t at = 0;

	(void)state;
	switched(1000, &idle, &hog, false);
	switched(1100, &hog, &worker, false);
	cpu = bpf_map_lookup_elem(&cpus, &at);
	assert_int_equal(cpu->turns[1].who.kind, CULPRIT_UNKNOWN);
	switched(1200, &worker, &vcpu, false);
	switched(1300, &vcpu, &hog, true);
	switched(1400, &hog, &vcpu, false);
	assert_int_equal(cpu->turns[4].who.kind, CULPRIT_TASK);
	vcpu.__state = BLOCKED;
	switched(1500, &vcpu, &idle, false);
	switched(1600, &idle, &hog, false);
	switched(1700, &hog, &idle, false);
	assert_int_equal(cpu->turns[7].who.kind, CULPRIT_UNKNOWN);
	assert_int_equal(because_of(&hog).ns, 100);
	assert_int_equal(waited(), 100);
}

static void only_threads_of_vcpus_that_are_asked_for_are_watched(void **state)
{
	uint32_t tgid = 10;
	uint8_t yes = 1;

	(void)state;
	filtered = true;
	bpf_map_update_elem(&targets, &tgid, &yes, BPF_ANY);
	switched(1000, &neighbour, &hog, true);
	switched(1100, &hog, &neighbour, false);
	switched(1200, &neighbour, &vcpu, true);
	switched(1300, &vcpu, &neighbour, true);
	switched(1400, &neighbour, &vcpu, true);
	assert_int_equal(because_of(&neighbour).ns, 100);
	assert_int_equal(because_of(&hog).ns, 0);
	/* Its memory is another thread's now, which is not a vCPU's. */
	machine.task = (uintptr_t)&vcpu;
	on_thread_exit(NULL);
	vcpu.preempt_notifiers.first = NULL;
	switched(1500, &vcpu, &hog, true);
	switched(1600, &hog, &vcpu, false);
	assert_int_equal(waited(), 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_preempts_is_told_apart_from_who_follows),
		TEST(a_turn_counts_from_the_wake_up_on),
		TEST(who_is_moved_waited_for_both_cpus),
		TEST(turns_that_are_forgotten_are_others),
		TEST(without_room_for_one_more_it_is_one_of_the_others),
		TEST(who_runs_is_told_where_somebody_may_wait),
		TEST(only_threads_of_vcpus_that_are_asked_for_are_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
