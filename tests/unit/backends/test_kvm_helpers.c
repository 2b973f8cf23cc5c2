// SPDX-License-Identifier: GPL-2.0-or-later
// timeout: 120
/*
 * What takes a second VM, a thread of the host, several vCPUs, or an offer of the hypervisor's: on
 * this machine's /dev/kvm each is measured, or skipped with a reason, and none fails or hangs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/backends/registry.h"
#include "bench/plan/list.h"

static const struct measure_request request = {
	.samples = 10,
	.singles = 5,
	.target_ns = 100000,
	.single_budget_ns = 1000000,
	.timeout_ms = 8000,
};

/* Returns how many of the list were measured. */
static unsigned int measured(const char *list)
{
	const struct plan_options opts = { .backend = "kvm" };
	const struct backend *kvm = backend__find("kvm");
	unsigned int ok = 0;
	struct plan plan;
	struct error err = { 0 };

	if (plan__from_list(&plan, list, &opts, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < plan.nr_cells; i++) {
		const struct cell *cell = &plan.cells[i];
		struct measurement *m = measurement__new();
		struct instance *inst = NULL;

		if (backend__supports(kvm, cell, &err)) {
			print_message("%s: %s\n", cell->section, err.text);
			measurement__free(m);
			continue;
		}
		if (kvm->create(cell, &request, &inst, &err))
			fail_msg("%s: %s", cell->section, err.text);
		kvm->run(inst, cell, &request, m);
		kvm->destroy(inst);
		if (m->status == MEASURE_FAILED)
			fail_msg("%s: %s", cell->section, m->reason);
		if (m->status == MEASURE_SKIPPED)
			print_message("%s: skipped: %s\n", cell->section, m->reason);
		else
			print_message("%s: %.0f cycles, %u samples\n", cell->section,
				      m->samples[m->nr_samples / 2], m->nr_samples);
		assert_true(m->status == MEASURE_OK || m->reason[0]);
		ok += m->status == MEASURE_OK;
		measurement__free(m);
	}
	plan__free(&plan);
	return ok;
}

static void two_vms_and_host_threads_are_measured(void **state)
{
	(void)state;
	if (access("/dev/kvm", W_OK))
		skip();
	assert_int_equal(measured("vm-switch,io-out,io-out:receiver=polling"), 3);
}

/* How often threads of this process went to sleep while that was measured. */
static long sleeps_of(const char *list)
{
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	assert_int_equal(measured(list), 1);
	getrusage(RUSAGE_SELF, &after);
	return after.ru_nvcsw - before.ru_nvcsw;
}

/* A doorbell finds the thread behind it asleep, or looking all the time. */
static void a_receiver_sleeps_or_polls(void **state)
{
	long blocked, polling;

	(void)state;
	if (access("/dev/kvm", W_OK))
		skip();
	blocked = sleeps_of("io-out");
	polling = sleeps_of("io-out:receiver=polling");
	/* Each doorbell wakes it once; what else sleeps is the same in both. */
	if (blocked < polling + (long)request.samples / 2)
		fail_msg("%ld sleeps with receiver=blocked, %ld with polling", blocked, polling);
}

static void interrupts_of_one_and_of_many(void **state)
{
	(void)state;
	if (access("/dev/kvm", W_OK))
		skip();
	assert_int_equal(measured("irq-completion,ipi-broadcast,ipi-broadcast:target=halted,"
				  "ple-round-robin"),
			 4);
}

static void offers_are_taken_or_skipped(void **state)
{
	(void)state;
	if (access("/dev/kvm", W_OK))
		skip();
	measured("irq-completion:pv=kvm,irq-completion:pv=hyperv,ipi-broadcast:by=hypercall,"
		 "pv-clock,pv-clock:by=rdtsc,pv-clock:by=hyperv,hv-counter,hv-hypercall,"
		 "nested-exit,nested-exit:to=l0,hv-stimer,hv-stimer:by=message,"
		 "tlb-shootdown:by=kvm,tlb-shootdown:by=hyperv,ticket-lock:spin=halt,"
		 "halt-wake:poll=guest,steal-time,steal-time:record=off");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_vms_and_host_threads_are_measured),
		cmocka_unit_test(a_receiver_sleeps_or_polls),
		cmocka_unit_test(interrupts_of_one_and_of_many),
		cmocka_unit_test(offers_are_taken_or_skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
