// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Archives that Linux unpacks at boot: exact bytes, sorted, with their directories; of two equal
 * names the last.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/lab/fs.h"
#include "bench/lab/image/cpio.h"

/*
 * inode, mode, uid, gid, links, mtime, size, major, minor, rmajor, rminor, length of the name,
 * checksum
 */
#define HEAD(inode, mode, links, size, name_len) \
	"070701" inode mode "00000000" \
	"00000000" links "00000000" size "00000000" \
	"00000000" \
	"00000000" \
	"00000000" name_len "00000000"

static char path[] = "/tmp/test_cpio.XXXXXX";

static void assert_archive(struct cpio *cpio, const char *expected, size_t expected_len)
{
	struct error err = { 0 };
	size_t len;
	char *data;

	assert_int_equal(cpio__write(cpio, path, &err), 0);
	data = fs__read(path, &len, &err);
	assert_non_null(data);
	assert_int_equal(len, expected_len);
	assert_memory_equal(data, expected, len);
	free(data);
	cpio__free(cpio);
}

/* A line an entry. */
/* clang-format off */
static void headers_names_and_contents_are_padded_to_four_bytes(void **state)
{
	static const char expected[] =
		HEAD("00000001", "000081ed", "00000001", "00000005", "00000005")
		"init\0\0" "hello\0\0\0"
		HEAD("00000000", "00000000", "00000001", "00000000", "0000000b")
		"TRAILER!!!\0\0\0\0";
	struct cpio *cpio = cpio__new();

	(void)state;
	/*
	 * 110 bytes of header and 5 of name end one byte before the next word; 5 bytes of text
	 * three.
	 */
	assert_int_equal(cpio__add_text(cpio, "/init", 0755, "hello"), 0);
	assert_archive(cpio, expected, sizeof(expected) - 1);
}

static void entries_are_sorted_after_their_directories(void **state)
{
	static const char expected[] =
		HEAD("00000001", "000041ed", "00000002", "00000000", "00000002") "a\0"
		HEAD("00000002", "000041ed", "00000002", "00000000", "00000004") "a/b\0\0\0"
		HEAD("00000003", "000081a4", "00000001", "00000001", "00000006") "a/b/c\0" "2\0\0\0"
		HEAD("00000004", "000081a4", "00000001", "00000004", "00000006") "a/b/d\0" "1234"
		HEAD("00000000", "00000000", "00000001", "00000000", "0000000b")
		"TRAILER!!!\0\0\0\0";
	/* clang-format on */
	struct cpio *cpio = cpio__new();

	(void)state;
	assert_int_equal(cpio__add_text(cpio, "a/b/d", 0644, "1234"), 0);
	assert_int_equal(cpio__add_text(cpio, "a/b/c", 0644, "1"), 0);
	/* Added twice: the last one. */
	assert_int_equal(cpio__add_text(cpio, "a/b/c", 0644, "2"), 0);
	assert_archive(cpio, expected, sizeof(expected) - 1);
}

static void a_file_that_cannot_be_written_is_an_error(void **state)
{
	struct cpio *cpio = cpio__new();
	struct error err = { 0 };

	(void)state;
	assert_int_equal(cpio__write(cpio, "/nonexistent/image", &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/image"));
	assert_int_equal(cpio__add_text(cpio, "a", 0644, "1"), 0);
	assert_int_equal(cpio__write(cpio, "/dev/full", &err), -ENOSPC);
	cpio__free(cpio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_names_and_contents_are_padded_to_four_bytes),
		cmocka_unit_test(entries_are_sorted_after_their_directories),
		cmocka_unit_test(a_file_that_cannot_be_written_is_an_error),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
