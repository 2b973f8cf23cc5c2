// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mailbox protocol of a guest without any VM: what a command says, and which of several reasons
 * for a failure is the real one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/kvm/guest.h"
#include "bench/measure/host_traits.h"
#include "bench/vmm/slots.h"

#define VCPUS 3

static struct payload payload;

struct made_up {
	struct guest guest;
	struct cell cell;
	struct measurement *m;
};

static int set_up(void **state)
{
	struct made_up *t = calloc(1, sizeof(*t));

	if (!t)
		return -1;
	*state = t;
	t->guest.vm.low.host = calloc(1, sizeof(struct hv_mailbox));
	t->guest.vm.payload = &payload;
	t->guest.vm.vcpus = calloc(VCPUS, sizeof(struct vcpu));
	t->m = measurement__new();
	if (!t->guest.vm.low.host || !t->guest.vm.vcpus || !t->m)
		return -1;
	t->guest.vm.nr_vcpus = VCPUS;
	t->guest.vm.tsc_khz = 2000000;
	for (unsigned int i = 0; i < VCPUS; i++) {
		t->guest.vm.vcpus[i].index = i;
		t->guest.vm.vcpus[i].fd = -1;
	}
	return traits__default_cell("pio-user", &t->cell);
}

static int tear_down(void **state)
{
	struct made_up *t = *state;

	measurement__free(t->m);
	free(t->guest.vm.vcpus);
	free(t->guest.vm.low.host);
	free(t);
	return 0;
}

/* The reason of a measurement that failed with this error. */
static const char *explained(struct made_up *t, int code, const char *text)
{
	struct error err = { .code = code };

	snprintf(err.text, sizeof(err.text), "%s", text);
	guest__explain(&t->guest, &err, t->m, 1500);
	assert_int_equal(t->m->status, MEASURE_FAILED);
	return t->m->reason;
}

static void the_first_cause_is_reported(void **state)
{
	struct made_up *t = *state;
	struct vcpu *second = &t->guest.vm.vcpus[2];
	struct hv_status *status = &vm__mailbox(&t->guest.vm)->status;

	assert_string_equal(explained(t, -EIO, "shut down"), "shut down");
	/* A secondary vCPU that rang the doorbell: vCPU 0 waited for it in vain. */
	second->ended = 1;
	error__set(&second->failure, -EPROTO, "rang the doorbell");
	assert_string_equal(explained(t, -EIO, "shut down"), "rang the doorbell");
	/* It may have done so to tell of an exception, which then is the reason. */
	status->state = HV_STATE_FAULT;
	status->fault = (struct hv_fault){ .vector = 14, .error_code = 2, .rip = 0x1000, .cs = 3 };
	assert_non_null(strstr(explained(t, -EIO, "shut down"), "#PF"));
	assert_non_null(strstr(t->m->reason, "RIP 0x1000, CPL 3"));
	/* A secondary vCPU that could not go on comes before all these reasons. */
	error__set(&second->failure, -EIO, "triple fault");
	assert_string_equal(explained(t, -EIO, "shut down"), "vCPU 2: triple fault");
	/* A vCPU that was told to end, or is still running, is no reason. */
	second->failure.code = 0;
	assert_non_null(strstr(explained(t, -EIO, "shut down"), "#PF"));
	error__set(&second->failure, -EIO, "triple fault");
	second->ended = 0;
	status->state = 0;
	assert_string_equal(explained(t, -EIO, "shut down"), "shut down");
}

static void a_time_limit_says_how_long_it_was(void **state)
{
	struct made_up *t = *state;

	assert_non_null(strstr(explained(t, -ETIME, "kicked"), "no progress for 1.5 s"));
	t->guest.vm.vcpus[0].overdue = true;
	assert_non_null(strstr(explained(t, -ETIME, "kicked"), "still not done for "));
}

static void a_command_has_what_this_vm_is(void **state)
{
	struct made_up *t = *state;
	const struct hv_command *cmd = &vm__mailbox(&t->guest.vm)->command;
	const struct measure_request req = { .ops_per_sample = 7, .samples = 5 };

	t->guest.vm.arena.bytes = 8192;
	t->guest.vm.tables_gpa = 0x5000;
	t->guest.vm.tables_bytes = 4096;
	guest__command(&t->guest, &t->cell, &req, HV_CMD_STEP);
	assert_int_equal(cmd->seq, 1);
	assert_int_equal(cmd->ops_per_sample, 7);
	assert_int_equal(cmd->samples, 5);
	assert_true(cmd->flags & HV_CMD_STEP);
	assert_false(cmd->flags & HV_CMD_GUEST_4K);
	assert_true(cmd->arena_gpa == HV_ARENA_GPA && cmd->arena_bytes == 8192);
	assert_true(cmd->tables_gpa == 0x5000 && cmd->tables_bytes == 4096);
	/* Results are checked against the host's own copy of the command. */
	assert_memory_equal(cmd, &t->guest.sent, sizeof(*cmd));
	/* The guest knows a new command by its number. */
	guest__command(&t->guest, &t->cell, &req, 0);
	assert_int_equal(cmd->seq, 2);
	assert_false(cmd->flags & HV_CMD_STEP);
}

static void without_a_timed_part_there_is_no_measurement(void **state)
{
	struct made_up *t = *state;
	struct hv_mailbox *mb = vm__mailbox(&t->guest.vm);
	const struct measure_request req = { .ops_per_sample = 10, .samples = 2 };

	guest__command(&t->guest, &t->cell, &req, 0);
	mb->magic = HV_MAILBOX_MAGIC;
	mb->version = HV_ABI_VERSION;
	mb->size = sizeof(*mb);
	mb->status.state = HV_STATE_DONE;
	mb->status.seq = 1;
	mb->status.nr_samples = 2;
	mb->status.ops_per_sample = 10;
	mb->samples[0] = 100;
	mb->samples[1] = 200;
	guest__collect(&t->guest, 0, &t->cell, t->m);
	assert_int_equal(t->m->status, MEASURE_OK);
	assert_true(t->m->nr_samples == 2 && t->m->samples[1] == 200);
	measurement__free(t->m);
	t->m = measurement__new();
	/* The guest rang READY at once, and says nevertheless that it has samples. */
	guest__collect(&t->guest, -EAGAIN, &t->cell, t->m);
	assert_int_equal(t->m->status, MEASURE_FAILED);
	assert_non_null(strstr(t->m->reason, "never rang BEGIN"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_cause_is_reported, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_time_limit_says_how_long_it_was, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_command_has_what_this_vm_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_timed_part_there_is_no_measurement,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
