// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of CPUs, as pin= takes them and /sys has them: one parser reads them all. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "bench/base/cpus.h"

static void lists_are_read(void **state)
{
	static const struct {
		const char *list;
		int count;
	} table[] = {
		{ "0", 1 },    { "0-3,8,10-11", 7 }, { "0-126:2", 64 },
		{ "8191", 1 }, { "", -1 },	     { "3-1", -1 },
		{ "1,1", -1 }, { "8192", -1 },	     { "0-99999999999", -1 },
		{ "1,", -1 },  { "x", -1 },	     { "1 2", -1 },
	};
	struct cpus cpus;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int ret = cpus__parse(&cpus, table[i].list, &why);

		if (ret ? table[i].count != -1 : (int)cpus__count(&cpus) != table[i].count)
			fail_msg("'%s'", table[i].list);
	}
}

/* Every other CPU of a large host: 20,000 characters. */
static void a_list_may_be_long(void **state)
{
	static char list[24000];
	struct cpus cpus;
	const char *why;
	size_t len = 0;

	(void)state;
	for (int cpu = 0; cpu < CPUS_MAX; cpu += 2)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%d", cpu ? "," : "",
					cpu);
	assert_int_equal(cpus__parse(&cpus, list, &why), 0);
	assert_int_equal(cpus__count(&cpus), CPUS_MAX / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_read),
		cmocka_unit_test(a_list_may_be_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
