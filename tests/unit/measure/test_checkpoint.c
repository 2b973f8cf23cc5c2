// SPDX-License-Identifier: GPL-2.0-or-later
/* What is saved while a run goes on: where, how often, and what becomes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/clock.h"
#include "bench/measure/checkpoint.h"

static char dir[128], output[160], partial[192], second[192];

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "%s/hvbench-checkpoint-XXXXXX", getenv("TMP") ?: "/tmp");
	if (!mkdtemp(dir))
		return -1;
	snprintf(output, sizeof(output), "%s/r.json", dir);
	snprintf(partial, sizeof(partial), "%s.partial", output);
	snprintf(second, sizeof(second), "%s.partial.2", output);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(output);
	unlink(partial);
	unlink(second);
	return rmdir(dir);
}

static void put(const char *path)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fclose(f);
}

static void it_stands_beside_the_output(void **state)
{
	struct checkpoint c;

	(void)state;
	checkpoint__init(&c, output);
	assert_string_equal(c.path, partial);
	/* The checkpoint that a killed run left is not touched. */
	put(partial);
	checkpoint__init(&c, output);
	assert_string_equal(c.path, second);
	/* Without a file, for standard output and beside a device there is none. */
	checkpoint__init(&c, NULL);
	assert_string_equal(c.path, "");
	checkpoint__init(&c, "-");
	assert_string_equal(c.path, "");
	checkpoint__init(&c, "/dev/null");
	assert_string_equal(c.path, "");
	assert_false(checkpoint__due(&c));
}

static void it_takes_a_hundredth_of_the_time(void **state)
{
	struct checkpoint c;

	(void)state;
	checkpoint__init(&c, output);
	assert_false(checkpoint__due(&c));
	/* The first is written soon: a run that is killed after a second leaves something, too. */
	c.last_ns -= CHECKPOINT_FIRST_NS;
	assert_true(checkpoint__due(&c));
	checkpoint__save(&c, json_object());
	c.cost_ns = 0;
	c.last_ns -= CHECKPOINT_FIRST_NS;
	assert_false(checkpoint__due(&c));
	c.last_ns = clock__ns() - CHECKPOINT_MIN_NS;
	assert_true(checkpoint__due(&c));
	/* One that took a second is not written again within a hundred. */
	c.cost_ns = 1000000000;
	assert_false(checkpoint__due(&c));
	c.last_ns = clock__ns() - 100000000000ull;
	assert_true(checkpoint__due(&c));
}

static void it_goes_when_the_result_is_there(void **state)
{
	struct checkpoint c;

	(void)state;
	checkpoint__init(&c, output);
	checkpoint__save(&c, json_object());
	assert_int_equal(access(partial, F_OK), 0);
	checkpoint__end(&c, false);
	assert_int_equal(access(partial, F_OK), 0);
	unlink(partial);
	checkpoint__init(&c, output);
	checkpoint__save(&c, json_object());
	checkpoint__end(&c, true);
	assert_int_equal(access(partial, F_OK), -1);
}

static void an_error_ends_the_saving_and_not_the_run(void **state)
{
	struct checkpoint c;

	(void)state;
	checkpoint__init(&c, output);
	checkpoint__save(&c, NULL);
	c.last_ns = 0;
	assert_false(checkpoint__due(&c));
	checkpoint__end(&c, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_stands_beside_the_output, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_takes_a_hundredth_of_the_time, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(it_goes_when_the_result_is_there, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_error_ends_the_saving_and_not_the_run, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
