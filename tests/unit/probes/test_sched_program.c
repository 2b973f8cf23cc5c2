// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel side of the sched probe counts: a vCPU thread is on a CPU, blocked, or waits for
 * one, and each nanosecond is one of these. The program runs here as plain C; all numbers are
 * worked out by hand.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/kernel.h"

#define const
#include "probes/sched.bpf.c"
#undef const

#define BLOCKED 1 /* TASK_INTERRUPTIBLE */

static struct task_struct vcpu = { .pid = 11 }, other = { .pid = 22 };

static int set_up(void **state)
{
	(void)state;
	machine__reset();
	machine.pid_tgid = 10ull << 32 | 11;
	vcpu = (struct task_struct){ .pid = 11, .preempt_notifiers.first = (void *)&vcpu };
	other = (struct task_struct){ .pid = 22 };
	lost = 0;
	filtered = false;
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
	on_switch((void *)args);
}

static void woken(uint64_t at, struct task_struct *task)
{
	__u64 args[] = { (uintptr_t)task };

	machine.now = at;
	on_wakeup((void *)args);
}

static void halt_ended(uint64_t ns, bool slept)
{
	__u64 args[] = { ns, slept };

	machine.task = (uintptr_t)&vcpu;
	on_halt_end((void *)args);
}

static struct sched_thread *seen(struct task_struct *task)
{
	uint64_t key = (uintptr_t)task;

	return bpf_map_lookup_elem(&threads, &key);
}

static unsigned int in_buckets(const uint32_t *buckets)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < HIST_LAYOUT_BUCKETS; i++)
		n += buckets[i];
	return n;
}

/* Asleep is not waiting for a CPU: run-queue delay begins with the wake-up. */
static void run_queue_delay_has_no_blocked_time_in_it(void **state)
{
	struct sched_thread *t;

	(void)state;
	vcpu.__state = BLOCKED;
	switched(1000, &vcpu, &other, false);
	woken(5000, &vcpu);
	vcpu.__state = 0;
	switched(5200, &other, &vcpu, false);
	t = seen(&vcpu);
	assert_non_null(t);
	assert_int_equal(t->wait_ns, 200);
	assert_int_equal(t->wait_max_ns, 200);
	assert_int_equal(t->blocked_ns, 4000);
	assert_int_equal(t->wakeups, 1);
	assert_int_equal(t->preemptions, 0);
	assert_int_equal(t->wait[bucket__of(200)], 1);
	assert_int_equal(t->wake[bucket__of(200)], 1);
	assert_int_equal(in_buckets(t->wait), 1);
	/* On the CPU until the next switch. */
	vcpu.__state = BLOCKED;
	switched(6000, &vcpu, &other, false);
	assert_int_equal(t->on_ns, 800);
	assert_int_equal(t->switches, 2);
	assert_int_equal(t->tgid, 10);
	assert_int_equal(t->tid, 11);
}

static void who_is_preempted_waits_and_is_not_blocked(void **state)
{
	struct sched_thread *t;

	(void)state;
	vcpu.__state = BLOCKED; /* preempted on its way to sleep: it runs again without a wake-up */
	switched(1000, &vcpu, &other, true);
	switched(1700, &other, &vcpu, false);
	/* Still runnable: it yielded. */
	vcpu.__state = 0;
	switched(2000, &vcpu, &other, false);
	switched(2050, &other, &vcpu, false);
	t = seen(&vcpu);
	assert_int_equal(t->preemptions, 2);
	assert_int_equal(t->wait_ns, 750);
	assert_int_equal(t->wait_max_ns, 700);
	assert_int_equal(t->blocked_ns, 0);
	assert_int_equal(t->on_ns, 300);
	assert_int_equal(in_buckets(t->wait), 2);
	assert_int_equal(in_buckets(t->wake), 0);
}

static void each_nanosecond_is_counted_once(void **state)
{
	struct sched_thread *t;
	uint64_t at = 1000;

	(void)state;
	vcpu.__state = BLOCKED;
	switched(at, &vcpu, &other, false);
	for (unsigned int i = 1; i <= 100; i++) {
		woken(at += 10 * i, &vcpu);
		woken(at + 1, &vcpu); /* it has been woken already */
		switched(at += 7 * i, &other, &vcpu, false);
		switched(at += 3 * i, &vcpu, &other, i % 2);
		if (i % 2) {
			switched(at += i, &other, &vcpu, false);
			switched(at += i, &vcpu, &other, false);
		}
	}
	t = seen(&vcpu);
	assert_int_equal(t->on_ns + t->blocked_ns + t->wait_ns, at - 1000);
	assert_int_equal(t->blocked_ns, 10 * 5050);
	assert_int_equal(t->wait_ns, 7 * 5050 + 2500);
	assert_int_equal(t->on_ns, 3 * 5050 + 2500);
	assert_int_equal(t->wakeups, 100);
}

/* A wake-up while it is still on its CPU is no wait. */
static void a_wake_up_that_comes_early_is_none(void **state)
{
	struct sched_thread *t;

	(void)state;
	vcpu.__state = BLOCKED;
	switched(1000, &vcpu, &other, true);
	switched(1100, &other, &vcpu, false);
	woken(1200, &vcpu);
	switched(1300, &vcpu, &other, false);
	switched(1400, &other, &vcpu, false);
	t = seen(&vcpu);
	assert_int_equal(t->wakeups, 0);
	assert_int_equal(t->wait_ns, 100);
	assert_int_equal(t->blocked_ns, 100);
}

static void threads_move_between_cpus(void **state)
{
	static const uint32_t cpu[] = { 0, 0, 3, 3, 0 };

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		switched(1000 + 20 * i, &vcpu, &other, true);
		machine.cpu = cpu[i];
		switched(1010 + 20 * i, &other, &vcpu, false);
	}
	assert_int_equal(seen(&vcpu)->migrations, 2);
}

static void only_threads_in_kvm_run_are_watched(void **state)
{
	uint32_t tgid = 10;
	uint8_t yes = 1;

	(void)state;
	switched(1000, &other, &vcpu, false);
	assert_null(seen(&other));
	assert_null(seen(&vcpu)); /* not known before it is switched out within KVM_RUN */
	filtered = true;
	switched(1100, &vcpu, &other, false);
	assert_null(seen(&vcpu));
	bpf_map_update_elem(&targets, &tgid, &yes, BPF_ANY);
	switched(1200, &vcpu, &other, false);
	assert_non_null(seen(&vcpu));
	/* From then on outside of KVM_RUN too. */
	vcpu.preempt_notifiers.first = NULL;
	switched(1300, &other, &vcpu, false);
	switched(1400, &vcpu, &other, false);
	assert_int_equal(seen(&vcpu)->switches, 2);
	/* The task_struct now is another thread's, which is not the one that was watched. */
	vcpu.pid = 33;
	switched(1500, &other, &vcpu, false);
	switched(1600, &vcpu, &other, false);
	assert_int_equal(seen(&vcpu)->switches, 2);
}

static void halts_are_polled_or_slept(void **state)
{
	struct sched_thread *t;

	(void)state;
	halt_ended(300, false);
	halt_ended(9000, true);
	halt_ended(500, false);
	t = seen(&vcpu);
	assert_int_equal(t->polled, 2);
	assert_int_equal(t->polled_ns, 800);
	assert_int_equal(t->waited, 1);
	assert_int_equal(t->waited_ns, 9000);
	assert_int_equal(t->halt[bucket__of(9000)], 1);
	assert_int_equal(in_buckets(t->halt), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(run_queue_delay_has_no_blocked_time_in_it),
		TEST(who_is_preempted_waits_and_is_not_blocked),
		TEST(each_nanosecond_is_counted_once),
		TEST(a_wake_up_that_comes_early_is_none),
		TEST(threads_move_between_cpus),
		TEST(only_threads_in_kvm_run_are_watched),
		TEST(halts_are_polled_or_slept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
