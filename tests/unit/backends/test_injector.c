// SPDX-License-Identifier: GPL-2.0-or-later
/* The thread that injects: one interrupt for each request, none while it is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench/backends/kvm/injector.h"
#include "bench/vmm/slots.h"

#define LONG_MS	 10000 /* what happens at once happens within it on a busy host too */
#define SHORT_MS 50

static struct payload payload;

/* No VM: memory in which the mailbox lies, and an eventfd in place of KVM's irqfd. */
static int set_up(void **state)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return -1;
	vm->low.host = calloc(1, sizeof(struct hv_mailbox));
	vm->payload = &payload;
	vm->irqfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	*state = vm;
	return vm->low.host && vm->irqfd >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	struct vm *vm = *state;

	if (vm->irqfd >= 0)
		close(vm->irqfd);
	free(vm->low.host);
	free(vm);
	return 0;
}

/* How many interrupts came; waits for the first. */
static uint64_t interrupts(const struct vm *vm, int wait_ms)
{
	struct pollfd fd = { .fd = vm->irqfd, .events = POLLIN };
	uint64_t n = 0;

	if (poll(&fd, 1, wait_ms) == 1)
		assert_int_equal(read(vm->irqfd, &n, sizeof(n)), sizeof(n));
	return n;
}

static void each_request_is_answered_once(void **state)
{
	struct vm *vm = *state;
	volatile struct hv_kick *kick = &vm__mailbox(vm)->kick;
	struct injector inj;
	struct error err;
	uint64_t before = 0;

	assert_int_equal(injector__start(&inj, vm, NULL, &err), 0);
	assert_true(inj.running);
	for (uint64_t seq = 1; seq <= 3; seq++) {
		kick->guest_seq = seq;
		assert_int_equal(interrupts(vm, LONG_MS), 1);
		/* Both were written before the interrupt. */
		assert_true(kick->host_seq == seq);
		assert_true(kick->host_tsc > before);
		before = kick->host_tsc;
		assert_int_equal(interrupts(vm, SHORT_MS), 0);
	}
	injector__stop(&inj);
	assert_false(inj.running);
	injector__stop(&inj);
}

static void while_it_is_held_it_sleeps(void **state)
{
	struct vm *vm = *state;
	volatile struct hv_kick *kick = &vm__mailbox(vm)->kick;
	struct injector inj;
	struct error err;

	assert_int_equal(injector__start(&inj, vm, NULL, &err), 0);
	injector__hold(&inj);
	/* It may be looking just now, and still see this request; the next one it must not. */
	kick->guest_seq = 1;
	interrupts(vm, SHORT_MS);
	kick->guest_seq = 2;
	assert_int_equal(interrupts(vm, SHORT_MS), 0);
	injector__let_go(&inj);
	assert_int_equal(interrupts(vm, LONG_MS), 1);
	assert_true(kick->host_seq == 2);
	injector__stop(&inj);
}

static void a_vm_without_interrupts_has_none(void **state)
{
	struct vm *vm = *state;
	struct injector inj;
	struct error err;

	close(vm->irqfd);
	vm->irqfd = -1;
	assert_int_equal(injector__start(&inj, vm, NULL, &err), 0);
	assert_false(inj.running);
	injector__hold(&inj);
	injector__let_go(&inj);
	injector__stop(&inj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_request_is_answered_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(while_it_is_held_it_sleeps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_vm_without_interrupts_has_none, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
