// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Samples of a VM's life: the first is left out, and each has one operation of the host beside it,
 * before it and after it in turns. KVM here is a clock and a script that says in which order things
 * were done.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/base/clock.h"
#include "bench/kvm/device.h"

#define FIRST_NS 50000 /* the first VM takes so long */
#define VM_NS	 1000  /* and each other one */

static uint64_t now;
static char script[256];
static unsigned int interruptions;

static void write_down(char letter)
{
	size_t n = strlen(script);

	assert_true(n + 2 < sizeof(script));
	script[n] = letter;
}

static uint64_t test_clock(void)
{
	return now;
}

static int test_open(struct error *err)
{
	(void)err;
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* The operation that is timed; KVM_CREATE_VM unless a test says otherwise. */
static int test_ioctl(int fd, unsigned long request, ...)
{
	(void)fd;
	assert_int_equal(request, KVM_CREATE_VM);
	if (interruptions && script[0]) {
		interruptions--;
		now += 7777;
		errno = EINTR;
		return -1;
	}
	now += script[0] ? VM_NS : FIRST_NS;
	write_down('v');
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

#define clock__ns	 test_clock
#define kvm_device__open test_open
#define ioctl		 test_ioctl
#include "bench/backends/kvm/lifecycle.c"

static double host_operation(void *state)
{
	(void)state;
	write_down('h');
	return 5;
}

static const struct host_op op = { .name = "op", .run = host_operation };
static const struct workload create = { .name = "vm-create", .kind = WORKLOAD_HOST };
static const struct workload unknown = { .name = "vm-paint", .kind = WORKLOAD_HOST };

static int set_up(void **state)
{
	(void)state;
	now = 1;
	interruptions = 0;
	memset(script, 0, sizeof(script));
	return 0;
}

static void sample(struct measurement *m, const struct measure_request *req)
{
	struct cell cell = { .workload = &create };
	struct vm_request vm_req = { .nr_vcpus = 1 };
	struct error err = { 0 };

	m->samples = calloc(req->samples, sizeof(double));
	m->beside = calloc(req->samples, sizeof(double));
	assert_true(m->samples && m->beside);
	assert_int_equal(take_samples(&cell, &vm_req, req, m, &err), 0);
}

static void workloads_have_their_operation(void **state)
{
	static const char *const names[] = {
		"vm-create", "vcpu-create", "first-entry", "memslot", "vm-destroy",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(find(names[i]));
	assert_true(find("vm-create") != find("vm-destroy"));
	assert_null(find("vm"));
	assert_null(find("cpuid"));
}

static void the_first_life_is_no_sample(void **state)
{
	struct measure_request req = { .samples = 6, .target_ns = 1000000 };
	struct measurement *m = measurement__new();

	(void)state;
	sample(m, &req);
	assert_string_equal(script, "vvvvvvv");
	assert_int_equal(m->nr_samples, 6);
	for (unsigned int i = 0; i < 6; i++)
		assert_true(m->samples[i] == VM_NS);
	measurement__free(m);
}

static void the_hosts_operation_is_first_every_second_time(void **state)
{
	struct measure_request req = { .samples = 5, .target_ns = 1000000, .beside = &op };
	struct measurement *m = measurement__new();

	(void)state;
	sample(m, &req);
	/* The first VM, which is left out; then a VM and the host's, the host's and a VM … */
	assert_string_equal(script, "v"
				    "vh"
				    "hv"
				    "vh"
				    "hv"
				    "vh");
	for (unsigned int i = 0; i < 5; i++)
		assert_true(m->beside[i] == 5);
	measurement__free(m);
}

/* A few samples are taken however long they take. */
static void samples_end_with_their_budget(void **state)
{
	struct measure_request req = { .samples = 100, .target_ns = 1 };
	struct measurement *m = measurement__new();

	(void)state;
	sample(m, &req);
	assert_int_equal(m->nr_samples, MIN_SAMPLES);
	measurement__free(m);
	set_up(NULL);
	m = measurement__new();
	/* 100 * 30 ns * 20 are 60 us; the first VM takes 50, so the eleventh sample is the last. */
	req.target_ns = 30;
	sample(m, &req);
	assert_int_equal(m->nr_samples, 11);
	measurement__free(m);
}

/* An operation that a signal cut short is done again; no sample has its time. */
static void an_interrupted_operation_is_done_again(void **state)
{
	struct measure_request req = { .samples = 1, .target_ns = 1000000 };
	struct measurement *m = measurement__new();

	(void)state;
	interruptions = 2;
	sample(m, &req);
	assert_true(m->samples[0] == VM_NS);
	measurement__free(m);
}

static void what_is_not_known_is_skipped(void **state)
{
	struct measure_request req = { .samples = 1 };
	struct cell cell = { .workload = &unknown };
	struct measurement *m = measurement__new();

	(void)state;
	kvm_lifecycle__measure(&cell, &req, NULL, m);
	assert_int_equal(m->status, MEASURE_SKIPPED);
	assert_non_null(strstr(m->reason, "vm-paint"));
	measurement__free(m);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(workloads_have_their_operation),
		TEST(the_first_life_is_no_sample),
		TEST(the_hosts_operation_is_first_every_second_time),
		TEST(samples_end_with_their_budget),
		TEST(an_interrupted_operation_is_done_again),
		TEST(what_is_not_known_is_skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
