// SPDX-License-Identifier: GPL-2.0-or-later
// timeout: 90
/*
 * The dirty log on this machine's /dev/kvm: bitmap and ring both hold the pages that the guest
 * wrote while it was on, and no others.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/vmm/payload.h"
#include "bench/vmm/slots.h"
#include "bench/vmm/vm.h"
#include "bench/vmm/watchdog.h"

/* The payload itself always writes its stack, samples and status. */
#define OWN_PAGES 64
#define SAMPLES	  8

static struct payload payload;

static int set_up(void **state)
{
	struct error err = { 0 };

	(void)state;
	return payload__open(&payload, NULL, &err) || watchdog__init_signal(&err) ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	payload__close(&payload);
	return 0;
}

static void run_to(struct vm *vm, uint32_t want)
{
	struct error err = { 0 };
	struct watchdog dog;
	uint32_t bell = 0;

	if (watchdog__start(&dog, &vm->vcpus[0], 20000, &err) ||
	    vcpu__run(&vm->vcpus[0], &bell, &err))
		fail_msg("%s", err.text);
	watchdog__stop(&dog);
	assert_int_equal(bell, want);
}

struct logged {
	uint64_t pages, ring_full;
};

/* The guest writes `bytes` before the log is on, and `workload` writes them again while it is. */
static struct logged log_of(enum config_dirty_log mode, const char *workload, uint64_t bytes,
			    uint64_t param)
{
	struct config config;
	struct vm_request req = {
		.config = &config,
		.payload = &payload,
		.nr_vcpus = 1,
		.x2apic = true,
		.arena_bytes = bytes,
		.arena_pages = PAGES_4K,
	};
	struct hv_command cmd = {
		.seq = 1,
		.ops_per_sample = bytes / 4096 / SAMPLES,
		.samples = SAMPLES,
		.ring = 3,
		.flags = HV_CMD_GUEST_4K,
		.arena_gpa = HV_ARENA_GPA,
		.arena_bytes = bytes,
		.params = { bytes, param },
	};
	struct error err = { 0 };
	struct logged logged;
	struct vm vm;

	config__init(&config);
	config.dirty_log = mode;
	if (vm__create(&vm, &req, &err))
		fail_msg("%s", err.text);
	run_to(&vm, HV_BELL_READY);
	snprintf(cmd.workload, sizeof(cmd.workload), "%s", workload);
	cmd.tables_gpa = vm.tables_gpa;
	cmd.tables_bytes = vm.tables_bytes;
	vm__mailbox(&vm)->command = cmd;
	run_to(&vm, HV_BELL_BEGIN);
	if (dirty__begin(&vm, &err))
		fail_msg("%s", err.text);
	run_to(&vm, HV_BELL_END);
	if (dirty__end(&vm, &logged.pages, &err))
		fail_msg("%s", err.text);
	logged.ring_full = vm.vcpus[0].user_exits[KVM_EXIT_DIRTY_RING_FULL];
	run_to(&vm, HV_BELL_READY);
	assert_int_equal(vm__mailbox(&vm)->status.state, HV_STATE_DONE);
	vm__destroy(&vm);
	return logged;
}

static void the_bitmap_has_the_pages_that_were_written(void **state)
{
	struct logged some, more;

	(void)state;
	some = log_of(DIRTY_LOG_BITMAP, "rewrite", 1 << 20, 4096);
	more = log_of(DIRTY_LOG_BITMAP, "rewrite", 4 << 20, 4096);
	assert_in_range(some.pages, 256, 256 + OWN_PAGES);
	assert_in_range(more.pages, 1024, 1024 + OWN_PAGES);
	assert_int_equal(more.pages - some.pages, 768);
}

static void pages_that_are_only_read_are_not_in_it(void **state)
{
	(void)state;
	assert_in_range(log_of(DIRTY_LOG_BITMAP, "chase", 4 << 20, 64).pages, 1, OWN_PAGES);
}

static bool has_ring(void)
{
	struct error err = { 0 };

	return dirty__check(DIRTY_LOG_RING, &err) == 0;
}

static void the_ring_has_the_pages_that_were_written(void **state)
{
	struct logged logged;

	(void)state;
	if (!has_ring())
		skip();
	logged = log_of(DIRTY_LOG_RING, "rewrite", 1 << 20, 4096);
	assert_in_range(logged.pages, 256, 256 + OWN_PAGES);
	assert_int_equal(logged.ring_full, 0);
	assert_in_range(log_of(DIRTY_LOG_RING, "chase", 4 << 20, 64).pages, 1, OWN_PAGES);
}

/* 8192 pages through a ring of 4096 entries: it has to be drained while the guest runs. */
static void a_full_ring_is_drained_and_no_page_is_lost(void **state)
{
	struct logged logged;

	(void)state;
	if (!has_ring())
		skip();
	logged = log_of(DIRTY_LOG_RING, "rewrite", 32 << 20, 4096);
	assert_true(logged.ring_full >= 2);
	/*
	 * Drained pages are protected again, so the payload's own pages are counted once more each
	 * time.
	 */
	assert_in_range(logged.pages, 8192, 8192 + (logged.ring_full + 1) * OWN_PAGES);
}

static void without_a_log_there_are_no_pages(void **state)
{
	struct logged logged;

	(void)state;
	logged = log_of(DIRTY_LOG_OFF, "rewrite", 1 << 20, 4096);
	assert_int_equal(logged.pages, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bitmap_has_the_pages_that_were_written),
		cmocka_unit_test(pages_that_are_only_read_are_not_in_it),
		cmocka_unit_test(the_ring_has_the_pages_that_were_written),
		cmocka_unit_test(a_full_ring_is_drained_and_no_page_is_lost),
		cmocka_unit_test(without_a_log_there_are_no_pages),
	};

	if (access("/dev/kvm", R_OK | W_OK)) {
		printf("1..0 # SKIP no /dev/kvm\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
