// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The search of lab bisect: over sequences of figures with known steps, some of which cannot be
 * measured; and kernel images in order.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/lab/bisect/images.h"
#include "bench/lab/bisect/search.h"
#include "bench/lab/fs.h"

#define SKIPPED (-1)
#define MOST	1000

struct sequence {
	int figures[MOST];
	bool all, measured[MOST];
	unsigned int boots;
	size_t steps[MOST][2], nr_steps;
};

static int measure(void *data, size_t i, size_t left)
{
	struct sequence *s = data;

	assert_true(left > 1);
	assert_false(s->measured[i]);
	s->measured[i] = true;
	s->boots++;
	return s->figures[i] == SKIPPED ? BISECT_SKIP : 0;
}

static bool differ(void *data, size_t from, size_t to)
{
	struct sequence *s = data;

	assert_true(s->figures[from] != SKIPPED && s->figures[to] != SKIPPED);
	return s->figures[from] != s->figures[to];
}

static int found(void *data, size_t from, size_t to)
{
	struct sequence *s = data;

	s->steps[s->nr_steps][0] = from;
	s->steps[s->nr_steps++][1] = to;
	return 0;
}

static void run(struct sequence *s, size_t nr)
{
	struct search search = { nr, s->all, measure, differ, found, s };

	s->measured[0] = s->measured[nr - 1] = true;
	assert_int_equal(search__run(&search), 0);
}

static void one_step_is_found_wherever_it_is_in_log_n(void **state)
{
	static const size_t sizes[] = { 2, 3, 4, 7, 8, 9, 100, MOST };

	(void)state;
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
		for (size_t at = 1; at < sizes[k]; at++) {
			struct sequence *s = calloc(1, sizeof(*s));

			for (size_t i = 0; i < sizes[k]; i++)
				s->figures[i] = i >= at;
			run(s, sizes[k]);
			assert_int_equal(s->nr_steps, 1);
			assert_int_equal(s->steps[0][0], at - 1);
			assert_int_equal(s->steps[0][1], at);
			assert_true(s->boots <= search__boots(sizes[k] - 1));
			free(s);
		}
	assert_int_equal(search__boots(1), 0);
	assert_int_equal(search__boots(1000), 10);
	assert_int_equal(search__boots(1024), 10);
	assert_int_equal(search__boots(1025), 11);
}

static void all_steps_are_found(void **state)
{
	struct sequence s = { .all = true };

	(void)state;
	for (size_t i = 0; i < 64; i++)
		s.figures[i] = 1000 + (i >= 5) + 12 * (i >= 31) - 30 * (i >= 32);
	run(&s, 64);
	assert_int_equal(s.nr_steps, 3);
	assert_int_equal(s.steps[0][1], 5);
	assert_int_equal(s.steps[1][1], 31);
	assert_int_equal(s.steps[2][1], 32);
	assert_true(s.boots < 20);
}

/* All that can be said is between which two measured ones the step lies. */
static void what_cannot_be_measured_is_left_out(void **state)
{
	(void)state;
	for (int all = 0; all < 2; all++) {
		struct sequence s = { .all = all };

		for (size_t i = 0; i < 16; i++)
			s.figures[i] = i == 2 || i == 8 || i == 11 ? SKIPPED : i >= 12;
		run(&s, 16);
		assert_int_equal(s.nr_steps, 1);
		assert_int_equal(s.steps[0][0], 10);
		assert_int_equal(s.steps[0][1], 12);
		for (size_t i = 0; i < 16; i++)
			s.figures[i] = i && i < 15 ? SKIPPED : i > 0;
		memset(s.measured, 0, sizeof(s.measured));
		s.nr_steps = 0;
		run(&s, 16);
		assert_int_equal(s.nr_steps, 1);
		assert_int_equal(s.steps[0][0], 0);
		assert_int_equal(s.steps[0][1], 15);
	}
}

static int interrupted(void *data, size_t i, size_t left)
{
	(void)data;
	(void)i;
	(void)left;
	return -EINTR;
}

static void an_error_ends_it(void **state)
{
	struct sequence s = { .figures = { 0, 0, 1 } };
	struct search search = { 3, false, interrupted, differ, found, &s };

	(void)state;
	assert_int_equal(search__run(&search), -EINTR);
	assert_int_equal(s.nr_steps, 0);
}

static char dir[256];

static const char *in(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* As little of a Linux image as tells its version. */
static void make_image(const char *name, const char *version)
{
	char image[0x400] = { 0 };
	struct error err;

	memcpy(image + 0x202, "HdrS", 4);
	image[0x20f] = 1;
	snprintf(image + 0x300, 0x80, "%s (somebody@somewhere) #1", version);
	assert_int_equal(fs__write(in(name), image, sizeof(image), &err), 0);
}

static void make_dir(const char *name)
{
	struct error err;

	assert_int_equal(fs__mkdirs(in(name), &err), 0);
}

static void images_are_in_the_order_of_their_versions(void **state)
{
	static const char *const order[] = { "vmlinuz-6.9.1",  "tree",	  "bzImage-rc",
					     "vmlinuz-6.10.0", "build-2", "build-10" };
	struct members m = { 0 };
	struct error err;

	(void)state;
	make_image("vmlinuz-6.10.0", "6.10.0");
	make_image("vmlinuz-6.9.1", "6.9.1");
	make_image("bzImage-rc", "6.10.0-rc7");
	make_dir("tree/arch/x86/boot");
	make_image("tree/arch/x86/boot/bzImage", "6.9.2");
	make_dir("build-2");
	make_image("build-2/bzImage", "6.11.0");
	make_dir("build-10");
	make_image("build-10/bzImage", "6.11.0");
	make_dir("lib/modules/6.10.0");
	assert_int_equal(fs__write(in("vmlinuz-none"), "x", 1, &err), 0);
	assert_int_equal(members__images(&m, dir, NULL, NULL, &err), 0);
	assert_int_equal(m.nr, 6);
	for (size_t i = 0; i < m.nr; i++)
		assert_string_equal(m.list[i].id, order[i]);
	assert_null(m.list[0].modules);
	assert_string_equal(m.list[1].modules, in("tree"));
	assert_string_equal(m.list[3].modules, in("lib/modules/6.10.0"));
	members__free(&m);

	assert_int_equal(members__images(&m, dir, "6.9.2", "vmlinuz-6.10.0", &err), 0);
	assert_int_equal(m.nr, 3);
	assert_string_equal(m.list[0].id, "tree");
	members__free(&m);

	assert_int_equal(members__images(&m, dir, "6.9.2", "6.9.1", &err), -EINVAL);
	members__free(&m);
	assert_int_equal(members__images(&m, dir, "6.8", NULL, &err), -ENOENT);
	assert_non_null(strstr(err.text, "build-10"));
	members__free(&m);
	make_dir("empty");
	assert_int_equal(members__images(&m, in("empty"), NULL, NULL, &err), -ENOENT);
	members__free(&m);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "%s/hvbench-bisect-XXXXXX", getenv("TMP") ?: "/tmp");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fs__remove_tree(dir);
	return access(dir, F_OK) ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_step_is_found_wherever_it_is_in_log_n),
		cmocka_unit_test(all_steps_are_found),
		cmocka_unit_test(what_cannot_be_measured_is_left_out),
		cmocka_unit_test(an_error_ends_it),
		cmocka_unit_test(images_are_in_the_order_of_their_versions),
	};

	return cmocka_run_group_tests_name("bisect", tests, set_up, tear_down);
}
