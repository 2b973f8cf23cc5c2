// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a backend does not do it says, with the key; it never measures something else under that
 * name.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "bench/backends/backend.h"
#include "bench/measure/host_traits.h"

static void what_is_not_done_is_refused_by_its_name(void **state)
{
	static const struct {
		const char *backend, *pair, *key;
	} table[] = {
		{ "native", "vms=2", "vms" },
		{ "native", "overcommit=2", "overcommit" },
		{ "native", "dirty_log=bitmap", "dirty_log" },
		{ "qemu-kvm", "vms=2", "vms" },
		{ "qemu-kvm", "dirty_log=bitmap", "dirty_log" },
		{ "qemu-kvm", "ioeventfd=off", "ioeventfd" },
		{ "qemu-tcg", "vms=2", "vms" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct backend *backend = backend__find(table[i].backend);
		struct error err = { 0 };
		struct cell cell;

		assert_non_null(backend);
		assert_int_equal(traits__default_cell("empty", &cell), 0);
		strcpy(cell.backend, backend->name);
		if (backend->supports(&cell, &err)) {
			print_message("%s: %s\n", backend->name, err.text);
			continue;
		}
		assert_int_equal(config__set_pair(&cell.config, table[i].pair, &err), 0);
		assert_int_equal(backend->supports(&cell, &err), -EOPNOTSUPP);
		if (!strstr(err.text, table[i].key))
			fail_msg("%s with %s: %s", table[i].backend, table[i].pair, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_done_is_refused_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
