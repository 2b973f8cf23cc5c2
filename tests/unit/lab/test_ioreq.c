// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The device model of a Xen domain: what it shares with Xen lies where Xen's public headers say,
 * and a request is answered once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bench/lab/ioreq.c"

/* public/hvm/ioreq.h, public/hvm/dm_op.h, and Linux's privcmd.h and evtchn.h on a 64-bit dom0. */
static void layouts_are_those_of_xen(void **state)
{
	const struct ioreq read_ready = { .state = STATE_READY, .is_read = 1, .type = 1 };
	const uint8_t *bytes = (const uint8_t *)&read_ready;

	(void)state;
	assert_int_equal(sizeof(struct ioreq), 32);
	assert_int_equal(offsetof(struct ioreq, data), 8);
	assert_int_equal(offsetof(struct ioreq, size), 20);
	assert_int_equal(offsetof(struct ioreq, event_port), 24);
	/* state:4, data_is_ptr:1, dir:1, df:1; then the type */
	assert_int_equal(bytes[30], 0x21);
	assert_int_equal(bytes[31], 1);
	assert_int_equal(sizeof(struct dm_op), 72);
	assert_int_equal(offsetof(struct dm_op, u.create.id), 12);
	assert_int_equal(offsetof(struct dm_op, u.range.type), 12);
	assert_int_equal(offsetof(struct dm_op, u.range.start), 16);
	assert_int_equal(offsetof(struct dm_op, u.state.enabled), 10);
	assert_int_equal(PRIVCMD_DM_OP, 0x00105005);
	assert_int_equal(PRIVCMD_MMAP_RESOURCE, 0x00205007);
	assert_int_equal(EVTCHN_BIND_INTERDOMAIN, 0x00084501);
	assert_int_equal(EVTCHN_NOTIFY, 0x00044504);
}

static void a_request_is_answered_once(void **state)
{
	static const struct {
		struct ioreq asked;
		unsigned int state;
		uint64_t data;
	} table[] = {
		/* As from a bus where nothing is: all ones. */
		{ { .state = STATE_READY, .is_read = 1, .data = 5 }, STATE_DONE, ~0ull },
		{ { .state = STATE_READY, .is_read = 0, .data = 5 }, STATE_DONE, 5 },
		/* The data is an address in the guest: nothing is written to it, or over it. */
		{ { .state = STATE_READY, .is_read = 1, .data_is_pointer = 1, .data = 5 },
		  STATE_DONE,
		  5 },
		/* No request is there, another server has it, or it was answered already. */
		{ { .state = 0, .is_read = 1, .data = 5 }, 0, 5 },
		{ { .state = STATE_INPROCESS, .is_read = 1, .data = 5 }, STATE_INPROCESS, 5 },
		{ { .state = STATE_DONE, .is_read = 1, .data = 5 }, STATE_DONE, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct ioreq req = table[i].asked;

		answer(&req);
		assert_int_equal(req.state, table[i].state);
		assert_true(req.data == table[i].data);
		assert_int_equal(req.is_read, table[i].asked.is_read);
	}
}

static void not_reached(void)
{
	fail();
}

static void without_xen_it_says_where_it_belongs(void **state)
{
	struct error err = { 0 };

	(void)state;
	if (access("/dev/xen/privcmd", F_OK) == 0)
		skip();
	assert_int_equal(ioreq__serve(1, not_reached, &err), -ENOENT);
	assert_non_null(strstr(err.text, "dom0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts_are_those_of_xen),
		cmocka_unit_test(a_request_is_answered_once),
		cmocka_unit_test(without_xen_it_says_where_it_belongs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
