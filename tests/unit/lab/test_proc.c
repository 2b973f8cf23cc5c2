// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Child processes of the lab: how each way to end is reported, and that nothing that a child
 * started is left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/lab/proc.h"

static struct signals_blocked blocked;
static char path[128];

static int set_up(void **state)
{
	struct error err;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/hvbench-proc-XXXXXX", getenv("TMP") ?: "/tmp");
	fd = mkstemp(path);
	if (fd < 0 || close(fd))
		return -1;
	return signals__block(&blocked, &err);
}

static int tear_down(void **state)
{
	(void)state;
	signals__restore(&blocked);
	return unlink(path);
}

static int run(const char *script, const struct proc_options *opts, struct proc_result *res,
	       struct error *err)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	return proc__run(argv, opts, &blocked, res, err);
}

/* The file of the child's output. */
static const char *written(void)
{
	static char text[256];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static void its_status_is_reported(void **state)
{
	static const struct proc_options plain = { .timeout_s = 60 };
	const char *const argv[] = { "hvbench-no-such-program", NULL };
	struct proc_result res;
	struct error err;

	(void)state;
	assert_int_equal(run("exit 0", &plain, &res, &err), 0);
	assert_int_equal(res.status, 0);
	assert_int_equal(run("exit 3", &plain, &res, &err), 0);
	assert_int_equal(res.status, 3);
	assert_int_equal(run("kill -9 $$", &plain, &res, &err), 0);
	assert_int_equal(res.status, 128 + 9);
	assert_true(res.wall_s > 0 && res.wall_s < 60 && res.cpu_s >= 0);
	assert_int_equal(run("exit 3", &plain, NULL, &err), 0);
	assert_int_equal(proc__run(argv, &plain, &blocked, &res, &err), -ENOENT);
	assert_non_null(strstr(err.text, "hvbench-no-such-program"));
}

static void it_has_the_streams_the_directory_and_the_environment(void **state)
{
	static const char *const env[] = { "HVBENCH_ONE=1", "HVBENCH_TWO=two words", NULL };
	struct proc_options opts = { .dir = "/", .out = path, .env = env, .timeout_s = 60 };
	struct error err;

	(void)state;
	assert_int_equal(run("pwd; echo \"$HVBENCH_ONE $HVBENCH_TWO\"; cat; echo said >&2", &opts,
			     NULL, &err),
			 0);
	/* Standard input is empty, and standard error goes where the output goes. */
	assert_string_equal(written(), "/\n1 two words\nsaid\n");
	opts.in = path;
	opts.out = NULL;
	opts.err = "/dev/null";
	assert_int_equal(run("read -r line && [ \"$line\" = / ] && exit 7", &opts, NULL, &err), 0);
}

/* Also what a child started in the background: it holds the file open, and would write to it. */
static void what_takes_too_long_is_killed_with_its_children(void **state)
{
	struct proc_options opts = { .out = path, .timeout_s = 1 };
	struct proc_result res;
	struct error err;

	(void)state;
	assert_int_equal(run("(sleep 1.5; echo late) & echo first; sleep 60", &opts, &res, &err),
			 -ETIMEDOUT);
	assert_non_null(strstr(err.text, "sh did not finish within 1 s"));
	assert_int_equal(res.status, 128 + SIGKILL);
	assert_true(res.wall_s >= 1 && res.wall_s < 30);
	nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	assert_string_equal(written(), "first\n");
}

static int count(void *data)
{
	int *ticks = data;

	return ++*ticks == 3 ? -EPIPE : 0;
}

static void who_looks_on_can_end_it(void **state)
{
	int ticks = 0;
	struct proc_options opts = { .timeout_s = 60, .tick = count, .data = &ticks };
	struct proc_result res;
	struct error err;

	(void)state;
	assert_int_equal(run("sleep 60", &opts, &res, &err), -EPIPE);
	assert_int_equal(ticks, 3);
	/* And it sees a child that ends at once: there may be something to read. */
	ticks = 10;
	assert_int_equal(run("exit 0", &opts, &res, &err), 0);
	assert_true(ticks > 10);
}

static void a_signal_ends_it_too(void **state)
{
	static const struct proc_options plain = { .timeout_s = 60 };
	struct proc_result res;
	struct error err;

	(void)state;
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(run("sleep 60", &plain, &res, &err), -EINTR);
	assert_non_null(strstr(err.text, "interrupted while sh was running"));
	/* Taken out, or restoring the mask would end this program. */
	assert_int_equal(sigtimedwait(&(sigset_t){ { 1ul << (SIGTERM - 1) } }, NULL,
				      &(struct timespec){ 0 }),
			 SIGTERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(its_status_is_reported, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			it_has_the_streams_the_directory_and_the_environment, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_takes_too_long_is_killed_with_its_children,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_looks_on_can_end_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_signal_ends_it_too, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
