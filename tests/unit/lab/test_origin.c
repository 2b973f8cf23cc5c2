// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a document of the lab comes from: made-up runs, an emulator that only says its version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/json.h"
#include "bench/lab/origin.c"

static char dir[128];

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "%s/hvbench-origin-XXXXXX", getenv("TMP") ?: "/tmp");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "emulator.log", "qemu" };
	char path[256];

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

static void put(const char *name, const char *text, char *path, size_t len)
{
	FILE *f;

	snprintf(path, len, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

/* Stamps a document of a run with this emulator, begun at the epoch. */
static json_t *stamped(const struct lab_lane *lane, const char *emulator)
{
	json_t *doc = json_pack("{s:{}, s:s}", "host", "started", "2026-01-01T00:00:07Z");
	struct lab_run run = { .lane = lane, .args = { .argv = { emulator } } };

	snprintf(run.dir, sizeof(run.dir), "%s", dir);
	origin__stamp(doc, &run, 0, 27.5);
	return doc;
}

static const char *text(const json_t *doc, const char *path)
{
	return json_string_value(json__at(doc, path));
}

static void the_time_is_this_machines(void **state)
{
	static const struct lab_lane sends = { .name = "one", .collect = lab__collect_sent };
	static const struct lab_lane tells = { .name = "other" };
	json_t *doc = stamped(&sends, "bochs");

	(void)state;
	assert_string_equal(text(doc, "started"), "1970-01-01T00:00:00Z");
	assert_true(json_number_value(json__at(doc, "duration_s")) == 27.5);
	assert_string_equal(text(doc, "host.lab.lane"), "one");
	assert_string_equal(text(doc, "host.lab.guest_started"), "2026-01-01T00:00:07Z");
	json_decref(doc);
	/* A payload by itself has no clock of the day. */
	doc = stamped(&tells, "bochs");
	assert_true(json_is_null(json__at(doc, "host.lab.guest_started")));
	json_decref(doc);
}

static void bochs_says_its_version_as_it_runs(void **state)
{
	static const struct lab_lane lane = { .name = "one" };
	char path[256];
	json_t *doc = stamped(&lane, "bochs");

	(void)state;
	assert_string_equal(text(doc, "host.lab.emulator.name"), "Bochs");
	assert_null(json__at(doc, "host.lab.emulator.version"));
	json_decref(doc);
	put("emulator.log", "=====\n    Bochs x86 Emulator 2.7\r\n   Built from SVN\n", path,
	    sizeof(path));
	doc = stamped(&lane, "bochs");
	assert_string_equal(text(doc, "host.lab.emulator.version"), "2.7");
	json_decref(doc);
}

static void qemu_is_asked(void **state)
{
	static const struct lab_lane lane = { .name = "one" };
	char path[256];
	json_t *doc;

	(void)state;
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", dir);
	assert_int_equal(setenv("PATH", path, 1), 0);
	put("qemu",
	    "#!/bin/sh\n[ \"$*\" = --version ] && echo 'QEMU emulator version 7.2.22 (Debian "
	    "1:7.2)' && echo Copyright\n",
	    path, sizeof(path));
	doc = stamped(&lane, "qemu");
	assert_string_equal(text(doc, "host.lab.emulator.name"), "QEMU");
	assert_string_equal(text(doc, "host.lab.emulator.version"), "7.2.22 (Debian 1:7.2)");
	json_decref(doc);
	doc = stamped(&lane, "hvbench-no-such-emulator");
	assert_null(json__at(doc, "host.lab.emulator.version"));
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_time_is_this_machines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bochs_says_its_version_as_it_runs, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(qemu_is_asked, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
