// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What each cell is measured beside: the right kind of reference, and none where there can be none.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/prctl.h>

#include "bench/backends/kvm/kvm.h"
#include "bench/backends/native.h"
#include "bench/backends/setup.h"
#include "bench/measure/reference.h"

#define OPS	  100
#define TARGET_NS 100000

static const struct traits traits = {
	.tsc_khz = 2000000,
	.kernel_exit_cycles = 4000,
	.reference_cycles = 20000,
};

static struct cell make(const char *workload, const char *config)
{
	struct cell cell;
	struct error err = { 0 };

	assert_int_equal(traits__default_cell(workload, &cell), 0);
	if (config && config__set_pair(&cell.config, config, &err))
		fail_msg("%s", err.text);
	strcpy(cell.backend, "kvm");
	return cell;
}

/* A first measurement that found so many exits per operation. */
static const struct measurement *measured(double exits)
{
	static struct measurement m;

	m = (struct measurement){ .ops_per_sample = OPS,
				  .exits_known = exits >= 0,
				  .window_ops = 1000 };
	m.exits = exits >= 0 ? (int64_t)(exits * 1000) : 0;
	return &m;
}

static int find(struct reference *ref, const struct traits *t, const struct cell *cell,
		double exits)
{
	const struct measurement *m = measured(exits);

	return reference__find(ref, t, cell, m, m);
}

static void exits_have_one_of_their_kind(void **state)
{
	struct cell user = make("mmio-user", "irqchip=split"), kernel = make("wrmsr", "pin=0");
	struct reference ref;

	(void)state;
	assert_int_equal(find(&ref, &traits, &user, 1), 0);
	assert_string_equal(ref.label, "pio-user");
	assert_string_equal(ref.cell.workload->name, "pio-user");
	assert_true(ref.cell.config.irqchip != user.config.irqchip);
	/* A fixed number, whatever was calibrated, which may differ in the next run. */
	assert_int_equal(ref.cell_ops_per_sample, 4);
	assert_int_equal(ref.ops_per_sample, 4);
	assert_int_equal(find(&ref, &traits, &kernel, 1), 0);
	assert_string_equal(ref.label, "pio-ioeventfd");
	assert_int_equal(ref.cell_ops_per_sample, 32);
	assert_int_equal(ref.ops_per_sample, 32);
	assert_true(config__same_thread(&ref.cell.config, &kernel.config));
}

/*
 * Operations that do not exit, exit to a hypervisor below, or are emulated: an exit of this KVM is
 * no measure for them.
 */
static void what_this_kvm_does_not_handle_has_another(void **state)
{
	static const char *const no_exit[] = { "pause", "empty" };
	struct traits below = traits, emulated = traits;
	struct cell cell;
	struct reference ref;

	(void)state;
	for (size_t i = 0; i < sizeof(no_exit) / sizeof(no_exit[0]); i++) {
		cell = make(no_exit[i], NULL);
		assert_int_equal(find(&ref, &traits, &cell, 0), 0);
		assert_string_equal(ref.label, "native");
		assert_ptr_equal(ref.backend, &backend_native);
		assert_int_equal(ref.cell_ops_per_sample, OPS);
	}
	below.host_is_virtual = true;
	cell = make("cpuid", NULL);
	assert_int_equal(find(&ref, &below, &cell, 0), 0);
	assert_string_equal(ref.label, "native");
	assert_int_not_equal(ref.cell_ops_per_sample, OPS);
	cell = make("hypercall", NULL);
	assert_int_equal(find(&ref, &below, &cell, 0), 0);
	assert_string_equal(ref.label, "native:cpuid");
	assert_string_equal(ref.cell.workload->name, "cpuid");
	/*
	 * Operations that exit to this KVM; exits that are not counted; or a CPU that does it
	 * alone, on a host that is not a guest.
	 */
	assert_int_equal(find(&ref, &below, &cell, 1), 0);
	assert_string_equal(ref.label, "pio-ioeventfd");
	assert_int_equal(find(&ref, &below, &cell, -1), 0);
	assert_string_equal(ref.label, "pio-ioeventfd");
	assert_int_equal(find(&ref, &traits, &cell, 0), 0);
	assert_string_equal(ref.label, "pio-ioeventfd");
	/* An operation that never exits has a sample of its own length beside some exits. */
	cell = make("invlpg", NULL);
	assert_int_equal(find(&ref, &traits, &cell, 0), 0);
	assert_string_equal(ref.label, "pio-ioeventfd");
	assert_int_equal(ref.ops_per_sample, 32);
	assert_int_equal(ref.cell_ops_per_sample, OPS);
	cell = make("guest-pf", NULL);
	assert_int_equal(find(&ref, &below, &cell, 0), 0);
	assert_string_equal(ref.label, "native:cpuid");
	assert_int_equal(ref.ops_per_sample, 32);
	assert_int_equal(ref.cell_ops_per_sample, OPS);
	/* Interrupts take longer than other exits. */
	cell = make("self-ipi", NULL);
	assert_int_equal(find(&ref, &traits, &cell, 3), 0);
	assert_string_equal(ref.label, "pio-ioeventfd");
	assert_int_equal(ref.cell_ops_per_sample, 4);
	emulated.cpl0_emulated = true;
	/* The loop that is subtracted has as many turns as the cell has operations. */
	assert_int_equal(find(&ref, &emulated, &cell, 3), 0);
	assert_true(ref.is_loop);
	assert_int_equal(ref.cell_ops_per_sample, 4);
	assert_int_equal(ref.ops_per_sample, 4);
	cell = make("rdmsr", NULL);
	assert_int_equal(find(&ref, &emulated, &cell, 0), 0);
	assert_string_equal(ref.label, "empty:ring=0");
	assert_string_equal(ref.cell.workload->name, "empty");
	assert_int_equal(ref.cell.ring, 0);
	cell = make("pio-user", NULL);
	cell.ring = 0;
	assert_int_equal(find(&ref, &emulated, &cell, 1), 0);
	assert_string_equal(ref.label, "pio-user");
}

static void memory_has_the_process(void **state)
{
	struct cell chase = make("chase", "irqchip=split"), touch = make("touch", NULL);
	struct reference ref;

	(void)state;
	chase.params[0] = 64 << 12;
	assert_int_equal(config__set_pair(&chase.config, "pages=4k", NULL), 0);
	assert_int_equal(find(&ref, &traits, &chase, 0), 0);
	assert_string_equal(ref.label, "native");
	assert_ptr_equal(ref.backend, &backend_native);
	assert_int_equal(ref.cell.config.pages, PAGES_4K);
	assert_int_equal(ref.cell.params[0], 64 << 12);
	/* What fits into the caches need not be fetched again after a turn. */
	assert_true(ref.same_memory);
	assert_int_equal(ref.ops_per_sample, OPS);
	assert_int_equal(ref.cell_ops_per_sample, OPS);
	chase.params[0] = 1ull << 39;
	assert_int_equal(find(&ref, &traits, &chase, 0), 0);
	assert_false(ref.same_memory);
	assert_int_equal(ref.ops_per_sample, ref.cell_ops_per_sample);
	assert_true(ref.ops_per_sample > OPS);
	/* Possible once a page, with memory of its own for each twin. */
	assert_int_equal(find(&ref, &traits, &touch, 1), -EOPNOTSUPP);
	touch.params[2] = 1;
	assert_int_equal(find(&ref, &traits, &touch, 1), 0);
	assert_string_equal(ref.label, "native");
	assert_false(ref.same_memory);
	assert_int_equal(ref.ops_per_sample, OPS);
}

static void others_have_an_operation_of_the_hosts(void **state)
{
	struct cell ipi = make("ipi", NULL), inject = make("inject", NULL),
		    create = make("vm-create", NULL);
	struct reference ref;

	(void)state;
	if (setup__cpus(&ipi) < 2)
		skip();
	assert_int_equal(find(&ref, &traits, &ipi, -1), 0);
	assert_string_equal(ref.label, "native:membarrier");
	assert_ptr_equal(ref.op, &host_op_membarrier);
	assert_int_equal(find(&ref, &traits, &inject, -1), 0);
	assert_ptr_equal(ref.op, &host_op_membarrier);
	assert_null(reference__beside(&ipi));
	assert_ptr_equal(reference__beside(&create), &host_op_memfd);
	assert_int_equal(find(&ref, &traits, &create, -1), 0);
	assert_string_equal(ref.label, "native:memfd");
}

/* What `list workloads` says is what is done. */
static void what_is_listed_is_what_there_is(void **state)
{
	(void)state;
	for_each_workload(entry) {
		struct cell cell = make((*entry)->name, NULL);
		struct reference ref;
		const char *what = reference__what(*entry);

		/* Only one kind of touch has a reference. */
		if ((*entry)->populate)
			cell.params[2] = 1;
		if (setup__cpus(&cell) < setup__vcpus(&cell) ||
		    ((*entry)->needs & NEEDS_INJECTOR && setup__cpus(&cell) < 2))
			continue;
		if (!!what != !find(&ref, &traits, &cell, 1))
			fail_msg("%s: listed as measured beside %s", (*entry)->name,
				 what ?: "nothing");
	}
}

static void some_have_none(void **state)
{
	static const char *const without[] = { "halt-wake", "rewrite", "memslot", "vm-destroy" };
	struct traits unknown = { .tsc_khz = 2000000 };
	struct measurement never = { .ops_per_sample = 0 };
	struct cell cell;
	struct reference ref;

	(void)state;
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		cell = make(without[i], NULL);
		assert_int_equal(find(&ref, &traits, &cell, -1), -EOPNOTSUPP);
		assert_null(reference__beside(&cell));
	}
	/* How long a halted target takes depends on how long it waited before. */
	cell = make("ipi", NULL);
	cell.params[0] = 1;
	assert_int_equal(find(&ref, &traits, &cell, -1), -EOPNOTSUPP);
	cell = make("pio-user", "vms=2");
	assert_int_equal(find(&ref, &traits, &cell, 1), -EOPNOTSUPP);
	/* Only the cell would have a second vCPU that idles. */
	cell = make("pio-user", "vcpus=2");
	assert_int_equal(find(&ref, &traits, &cell, 1), -EOPNOTSUPP);
	cell = make("pio-user", NULL);
	assert_int_equal(find(&ref, &unknown, &cell, 1), -EOPNOTSUPP);
	/* A cell that never ran was not calibrated. */
	assert_int_equal(reference__find(&ref, &traits, &cell, &never, &never), -EOPNOTSUPP);
}

/* Pairs of real guests and operations of the host. */
static void measure_beside(const char *workload, const char *label)
{
	struct measure_request req = { .samples = 40, .target_ns = TARGET_NS, .timeout_ms = 5000 };
	struct measurement m = { .ops_per_sample = 1 };
	struct backend_info info;
	struct reference ref;
	struct pair pair = { 0 };
	struct cell cell = make(workload, NULL);

	backend_kvm.probe(&info);
	if (!info.available || setup__cpus(&cell) < 2)
		skip();
	assert_int_equal(reference__find(&ref, &traits, &cell, &m, &m), 0);
	assert_string_equal(ref.label, label);
	reference__measure(&ref, &backend_kvm, &cell, &req, &pair);
	if (pair.status != MEASURE_OK)
		fail_msg("%s", pair.reason);
	assert_true(pair.alternations >= 10);
	assert_true(pair.a > 0 && pair.b > 0);
}

static void interrupts_take_turns_with_barriers(void **state)
{
	(void)state;
	measure_beside("ipi", "native:membarrier");
	measure_beside("inject", "native:membarrier");
}

/* A process that follows the guest's pointers, in the guest's memory. */
static void a_process_works_in_the_guests_memory(void **state)
{
	(void)state;
	measure_beside("chase", "native");
}

static void lifecycle_is_measured_in_turns_from_the_start(void **state)
{
	double samples[] = { 100, 220, 400 }, beside[] = { 50, 110, 100 };
	struct measurement m = {
		.ops_per_sample = 1,
		.nr_samples = 3,
		.samples = samples,
		.beside = beside,
	};
	struct cell cell = make("vm-create", NULL);
	struct reference ref;
	struct pair pair;

	(void)state;
	assert_int_equal(reference__find(&ref, &traits, &cell, &m, &m), 0);
	reference__measure(&ref, &backend_kvm, &cell, &(struct measure_request){ 0 }, &pair);
	assert_int_equal(pair.status, MEASURE_OK);
	assert_int_equal(pair.alternations, 3);
	assert_true(fabs(pair.log_ratio - log(2)) < 1e-9);
	beside[0] = beside[1] = beside[2] = -1;
	reference__measure(&ref, &backend_kvm, &cell, &(struct measure_request){ 0 }, &pair);
	assert_int_equal(pair.status, MEASURE_FAILED);
}

/* Records whose turn it was before each sample. */
struct log {
	unsigned int calls, last;
	int broken;
};

static void note(void *ctx, unsigned int sample)
{
	struct log *log = ctx;

	log->broken |= sample != log->calls++;
	log->last = sample;
}

static void a_process_gives_turns_before_each_sample_and_behind_the_last(void **state)
{
	struct measure_request req = { .samples = 7, .target_ns = TARGET_NS, .timeout_ms = 1000 };
	struct measurement *m = measurement__new();
	struct cell cell = make("chase", NULL);
	struct instance *inst;
	struct twin twin = { .cell = &cell, .ops_per_sample = 10 };
	struct log log = { .last = 0 };
	struct error err;
	int slack = prctl(PR_GET_TIMERSLACK);

	(void)state;
	assert_int_equal(backend_native.create(&cell, &req, &inst, &err), 0);
	twin.instance = inst;
	backend_native.run_in_turns(&twin, &req, note, &log, m);
	backend_native.destroy(inst);
	assert_int_equal(m->status, MEASURE_OK);
	assert_int_equal(m->nr_samples, 7);
	assert_int_equal(log.calls, 8);
	assert_int_equal(log.last, 7);
	assert_false(log.broken);
	assert_int_equal(prctl(PR_GET_TIMERSLACK), slack);
	measurement__free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exits_have_one_of_their_kind),
		cmocka_unit_test(what_this_kvm_does_not_handle_has_another),
		cmocka_unit_test(memory_has_the_process),
		cmocka_unit_test(others_have_an_operation_of_the_hosts),
		cmocka_unit_test(what_is_listed_is_what_there_is),
		cmocka_unit_test(some_have_none),
		cmocka_unit_test(interrupts_take_turns_with_barriers),
		cmocka_unit_test(a_process_works_in_the_guests_memory),
		cmocka_unit_test(lifecycle_is_measured_in_turns_from_the_start),
		cmocka_unit_test(a_process_gives_turns_before_each_sample_and_behind_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
