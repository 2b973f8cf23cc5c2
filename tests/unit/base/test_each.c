// SPDX-License-Identifier: GPL-2.0-or-later
/* Work shared by threads: each thing once, whatever their number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bench/base/each.h"

#define MOST 1000

struct seen {
	atomic_uint times[MOST];
};

static void see(void *ctx, size_t i)
{
	struct seen *seen = ctx;

	assert_in_range(i, 0, MOST - 1);
	atomic_fetch_add(&seen->times[i], 1);
}

static void each_is_done_once(void **state)
{
	static const size_t numbers[] = { 0, 1, 2, 31, 33, MOST };

	(void)state;
	for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
		struct seen seen = { 0 };

		each__of(numbers[k], see, &seen);
		for (size_t i = 0; i < MOST; i++)
			assert_int_equal(seen.times[i], i < numbers[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_done_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
