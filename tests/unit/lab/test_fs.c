// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files and directories of the lab: only what is meant is removed, and nothing that others use or a
 * link points to.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/lab/fs.h"

static char dir[256];

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "%s/hvbench-fs-XXXXXX", getenv("TMP") ?: "/tmp");
	return mkdtemp(dir) && !setenv("TMPDIR", dir, 1) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fs__remove_tree(dir);
	return access(dir, F_OK) ? 0 : -1;
}

/* A name within the directory of this test; good for the next four. */
static const char *in(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", dir, name);
	return path;
}

static void put(const char *name, const char *text)
{
	struct error err = { 0 };

	assert_int_equal(fs__write(in(name), text, strlen(text), &err), 0);
}

static bool is_there(const char *name)
{
	return !access(in(name), F_OK);
}

/* Makes a file old enough to be removed as left over. */
static void make_old(const char *name)
{
	struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	assert_int_equal(utimensat(AT_FDCWD, in(name), times, AT_SYMLINK_NOFOLLOW), 0);
}

static void a_path_that_does_not_fit_does_not_exist(void **state)
{
	char path[40];

	(void)state;
	fs__path(path, "%s/%d", "/a", 7);
	assert_string_equal(path, "/a/7");
	fs__path(path, "/%0100d", 7);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_true(!strncmp(path, "/nonexistent/", 13));
}

static void directories_are_made_with_all_above(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(fs__mkdirs(in("a/b/c"), &err), 0);
	assert_true(is_there("a/b/c"));
	assert_int_equal(fs__mkdirs(in("a/b/c"), &err), 0);
	put("file", "");
	assert_int_not_equal(fs__mkdirs(in("file/d"), &err), 0);
	assert_non_null(strstr(err.text, "file/d"));
}

static void a_tree_goes_without_what_its_links_point_to(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(fs__mkdirs(in("tree/deep"), &err), 0);
	assert_int_equal(fs__mkdirs(in("kept"), &err), 0);
	put("kept/file", "x");
	put("tree/deep/file", "x");
	assert_int_equal(symlink(in("kept"), in("tree/link")), 0);
	assert_int_equal(symlink(in("kept/file"), in("tree/deep/link")), 0);
	assert_int_equal(chmod(in("tree/deep"), 0), 0);
	fs__remove_tree(in("tree"));
	assert_false(is_there("tree"));
	assert_true(is_there("kept/file"));
}

static void the_first_that_matches_is_found(void **state)
{
	struct error err = { 0 };
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(fs__mkdirs(in("boot/sub"), &err), 0);
	put("boot/vmlinuz-6.2", "");
	put("boot/vmlinuz-6.1", "");
	put("boot/initrd", "");
	assert_int_equal(fs__mkdirs(in("boot/vmlinuz-5.0"), &err), 0);
	assert_int_equal(symlink("/nonexistent", in("boot/vmlinuz-1")), 0);
	assert_true(fs__find(in("boot"), "vmlinuz-*", path, sizeof(path)));
	assert_string_equal(path, in("boot/vmlinuz-6.1"));
	assert_int_equal(symlink("initrd", in("boot/vmlinuz-2")), 0);
	assert_true(fs__find(in("boot"), "vmlinuz-*", path, sizeof(path)));
	assert_string_equal(path, in("boot/vmlinuz-2"));
	assert_false(fs__find(in("boot"), "xen-*", path, sizeof(path)));
	/* The directory may be a link; those below it are not followed. */
	assert_int_equal(symlink("boot", in("link")), 0);
	assert_true(fs__find(in("link"), "vmlinuz-*", path, sizeof(path)));
	assert_string_equal(path, in("link/vmlinuz-2"));
	assert_int_equal(fs__mkdirs(in("above"), &err), 0);
	assert_int_equal(symlink("../boot", in("above/link")), 0);
	assert_false(fs__find(in("above"), "vmlinuz-*", path, sizeof(path)));
}

static void files_are_read_whole_or_from_an_offset(void **state)
{
	size_t len = 0, big = (1 << 16) * 3 + 5;
	char *data, *large = malloc(big);
	struct error err = { 0 };

	(void)state;
	assert_non_null(large);
	for (size_t i = 0; i < big; i++)
		large[i] = (char)(i * 7);
	/* Also of one byte more and one less than the buffer that reading begins with. */
	for (size_t n = (1 << 16) - 1; n <= (1 << 16) + 1; n++) {
		assert_int_equal(fs__write(in("large"), large, n, &err), 0);
		data = fs__read(in("large"), &len, &err);
		assert_int_equal(len, n);
		assert_memory_equal(data, large, n);
		assert_int_equal(data[n], 0);
		free(data);
	}
	assert_int_equal(fs__write(in("large"), large, big, &err), 0);
	data = fs__read_from(in("large"), 1000, &len, &err);
	assert_int_equal(len, big - 1000);
	assert_memory_equal(data, large + 1000, big - 1000);
	free(data);
	data = fs__read_from(in("large"), (off_t)big + 10, &len, &err);
	assert_int_equal(len, 0);
	assert_string_equal(data, "");
	free(data);
	assert_int_equal(fs__copy(in("large"), in("copy"), &err), 0);
	data = fs__read(in("copy"), &len, &err);
	assert_int_equal(len, big);
	assert_memory_equal(data, large, big);
	free(data);
	free(large);
	assert_null(fs__read(in("none"), NULL, &err));
	assert_int_equal(err.code, -ENOENT);
	assert_null(fs__read(dir, NULL, &err));
	assert_int_not_equal(fs__copy(in("none"), in("copy"), &err), 0);
	assert_int_not_equal(fs__write(in("none/file"), "", 0, &err), 0);
}

static void the_tail_is_the_last_lines(void **state)
{
	char *text;

	(void)state;
	put("log", "one\ntwo\x01\nthree\n\r\n");
	text = fs__tail(in("log"), 2);
	assert_string_equal(text, "two\nthree");
	free(text);
	text = fs__tail(in("log"), 9);
	assert_string_equal(text, "one\ntwo\nthree");
	free(text);
	put("log", "");
	text = fs__tail(in("log"), 3);
	assert_string_equal(text, "");
	free(text);
	assert_null(fs__tail(in("none"), 3));
}

static void only_the_newest_are_kept(void **state)
{
	static const char *const names[] = { "3.log", "1.log", "2.log", "0.json", ".log" };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		put(names[i], "");
	fs__keep_newest(dir, ".log", 2);
	assert_false(is_there("1.log"));
	assert_true(is_there("2.log") && is_there("3.log"));
	/* A file of another kind, and one whose name is only the ending. */
	assert_true(is_there("0.json") && is_there(".log"));
	fs__keep_newest(dir, ".log", 2);
	assert_true(is_there("2.log") && is_there("3.log"));
	fs__keep_newest(in("none"), ".log", 0);
}

/* Directories of processes that are gone; not those in use, new, or with other names. */
static void directories_left_behind_are_swept(void **state)
{
	char held[256], left[256], fresh[256];
	struct error err = { 0 };
	int fd, other;

	(void)state;
	assert_int_equal(fs__temp_dir(held, sizeof(held), &fd, &err), 0);
	assert_int_equal(fs__temp_dir(left, sizeof(left), &other, &err), 0);
	close(other);
	assert_int_equal(fs__temp_dir(fresh, sizeof(fresh), &other, &err), 0);
	close(other);
	assert_true(strcmp(held, left) && !strncmp(held, dir, strlen(dir)));
	assert_int_equal(fs__mkdirs(in("hvbench-lab.mine"), &err), 0);
	make_old(strrchr(held, '/') + 1);
	make_old(strrchr(left, '/') + 1);
	make_old("hvbench-lab.mine");
	fs__sweep_temp_dirs();
	assert_int_equal(access(held, F_OK), 0);
	assert_int_not_equal(access(left, F_OK), 0);
	assert_int_equal(access(fresh, F_OK), 0);
	assert_true(is_there("hvbench-lab.mine"));
	close(fd);
}

static void files_of_processes_that_are_gone_are_swept(void **state)
{
	static const char *const names[] = { "image", "initrd", NULL };
	char gone[64], alive[64], fresh[64], other[64];
	pid_t pid = fork();

	(void)state;
	if (!pid)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	snprintf(gone, sizeof(gone), "image.%d.new", pid);
	snprintf(fresh, sizeof(fresh), "initrd.%d.new", pid);
	snprintf(other, sizeof(other), "kernel.%d.new", pid);
	snprintf(alive, sizeof(alive), "image.%d.new", getpid());
	put(gone, "");
	put(fresh, "");
	put(other, "");
	put(alive, "");
	put("image", "");
	put("image.x", "");
	make_old(gone);
	make_old(other);
	make_old(alive);
	make_old("image");
	make_old("image.x");
	fs__sweep_files(dir, names);
	assert_false(is_there(gone));
	assert_true(is_there(fresh) && is_there(other) && is_there(alive));
	assert_true(is_there("image") && is_there("image.x"));
}

static void elf_files_are_recognized(void **state)
{
	(void)state;
	assert_true(fs__is_elf("\177ELF\2", 5));
	assert_false(fs__is_elf("\177ELF", 4));
	assert_false(fs__is_elf("#!/bin/sh", 9));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_that_does_not_fit_does_not_exist),
		TEST(directories_are_made_with_all_above),
		TEST(a_tree_goes_without_what_its_links_point_to),
		TEST(the_first_that_matches_is_found),
		TEST(files_are_read_whole_or_from_an_offset),
		TEST(the_tail_is_the_last_lines),
		TEST(only_the_newest_are_kept),
		TEST(directories_left_behind_are_swept),
		TEST(files_of_processes_that_are_gone_are_swept),
		cmocka_unit_test(elf_files_are_recognized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
