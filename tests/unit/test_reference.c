// SPDX-License-Identifier: GPL-2.0-or-later
/* What a cell is measured beside: the right kind of reference for each, none where there can be none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "reference.h"

#define OPS		100
#define TARGET_NS	100000

static const struct traits traits = {
	.tsc_khz = 2000000, .kernel_exit_cycles = 4000, .reference_cycles = 20000,
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

static void exits_have_one_of_their_kind(void **state)
{
	struct cell user = make("mmio-user", "irqchip=split"), kernel = make("wrmsr", "pin=0");
	struct cell pause = make("pause", NULL);
	struct reference ref;

	(void)state;
	assert_int_equal(reference__find(&ref, &traits, &user, OPS), 0);
	assert_string_equal(ref.label, "pio-user");
	assert_string_equal(ref.cell.workload->name, "pio-user");
	assert_true(ref.cell.config.irqchip != user.config.irqchip);
	/* Whatever was calibrated: another run would find another number. */
	assert_int_equal(ref.cell_ops_per_sample, ref.ops_per_sample);
	assert_int_equal(reference__find(&ref, &traits, &kernel, OPS), 0);
	assert_string_equal(ref.label, "pio-ioeventfd");
	assert_int_equal(ref.cell_ops_per_sample, ref.ops_per_sample);
	assert_true(config__same_thread(&ref.cell.config, &kernel.config));
	/* May be a few cycles an operation. */
	assert_int_equal(reference__find(&ref, &traits, &pause, OPS), 0);
	assert_int_equal(ref.cell_ops_per_sample, OPS);
}

static void memory_and_timers_have_the_process(void **state)
{
	struct cell chase = make("chase", "irqchip=split"), wake = make("halt-wake", NULL);
	struct reference ref;

	(void)state;
	chase.params[0] = 123 << 12;
	assert_int_equal(config__set_pair(&chase.config, "pages=4k", NULL), 0);
	assert_int_equal(reference__find(&ref, &traits, &chase, OPS), 0);
	assert_string_equal(ref.label, "native");
	assert_ptr_equal(ref.backend, &backend_native);
	assert_int_equal(ref.cell.config.pages, PAGES_4K);
	assert_int_equal(ref.cell.params[0], 123 << 12);
	assert_int_equal(ref.ops_per_sample, ref.cell_ops_per_sample);
	assert_true(ref.ops_per_sample > OPS);
	assert_int_equal(reference__find(&ref, &traits, &wake, 1), 0);
	assert_string_equal(ref.label, "native");
	assert_int_equal(ref.cell.ring, 3);
}

static void some_have_none(void **state)
{
	static const char *const without[] = { "ipi", "inject", "touch", "vm-create" };
	struct traits unknown = { .tsc_khz = 2000000 };
	struct cell cell;
	struct reference ref;

	(void)state;
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		cell = make(without[i], NULL);
		assert_int_equal(reference__find(&ref, &traits, &cell, OPS), -EOPNOTSUPP);
	}
	cell = make("pio-user", "vms=2");
	assert_int_equal(reference__find(&ref, &traits, &cell, OPS), -EOPNOTSUPP);
	cell = make("pio-user", NULL);
	assert_int_equal(reference__find(&ref, &unknown, &cell, OPS), -EOPNOTSUPP);
	/* Not calibrated: it never ran. */
	assert_int_equal(reference__find(&ref, &traits, &cell, 0), -EOPNOTSUPP);
}

/* Whose turn it was before each sample. */
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
		cmocka_unit_test(memory_and_timers_have_the_process),
		cmocka_unit_test(some_have_none),
		cmocka_unit_test(a_process_gives_turns_before_each_sample_and_behind_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
