// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an emulated host sent is taken whole and undamaged, or not at all. The file is guest output
 * and only data.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/lab/wire.c"

static char path[256];

static int set_up(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/hvbench-wire-XXXXXX", getenv("TMP") ?: "/tmp");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static void capture(const char *mode, const char *bytes, size_t len)
{
	FILE *f = fopen(path, mode);

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* As the guest's side sends one. */
static void send_file(const char *name, const char *bytes, size_t len, uint32_t crc)
{
	char head[256];

	snprintf(head, sizeof(head), "\n" WIRE_MARK "file %s %zu %08x\n", name, len, crc);
	capture("a", head, strlen(head));
	capture("a", bytes, len);
}

static void expect(const char *name, const char *bytes, size_t len)
{
	struct error err = { 0 };
	char *data;
	size_t got;

	assert_int_equal(wire__get_file(path, name, &data, &got, &err), 0);
	assert_int_equal(got, len);
	assert_memory_equal(data, bytes, len);
	assert_int_equal(data[len], '\0');
	free(data);
}

static void refuse(const char *name, int code, const char *why)
{
	struct error err = { 0 };
	char *data;
	size_t got;

	assert_int_equal(wire__get_file(path, name, &data, &got, &err), code);
	assert_null(data);
	assert_non_null(strstr(err.text, why));
	assert_non_null(strstr(err.text, name));
}

/* The check value that every CRC-32 (IEEE 802.3) gives. */
static void the_checksum_is_the_usual_one(void **state)
{
	(void)state;
	assert_int_equal(crc32("123456789", 9), 0xcbf43926);
	assert_int_equal(crc32("", 0), 0);
}

static void files_arrive_as_they_were_sent(void **state)
{
	static const char binary[] = "a\0b\n" WIRE_MARK "end 5 0\n\xff";

	(void)state;
	capture("w", "BIOS says hello\r\n", 17);
	send_file("one.json", "{}", 2, crc32("{}", 2));
	send_file("two", binary, sizeof(binary), crc32(binary, sizeof(binary)));
	send_file("none", "", 0, 0);
	expect("one.json", "{}", 2);
	expect("two", binary, sizeof(binary));
	expect("none", "", 0);
	refuse("three", -ENOENT, "sent no");
	refuse("one", -ENOENT, "sent no");
}

static void damaged_and_cut_files_are_none(void **state)
{
	(void)state;
	send_file("damaged", "12345679", 8, crc32("12345678", 8));
	send_file("after", "x", 1, crc32("x", 1));
	refuse("damaged", -EBADMSG, "damaged");
	/* Complete items are not lost with the damaged one. */
	expect("after", "x", 1);
	send_file("cut", "1234", 4, crc32("12345678", 8));
	capture("a", "", 0);
	{
		char head[128];

		snprintf(head, sizeof(head), "\n" WIRE_MARK "file short 100 %08x\nonly this", 0);
		capture("a", head, strlen(head));
	}
	refuse("short", -EBADMSG, "cut short");
	refuse("cut", -EBADMSG, "damaged");
}

static void a_capture_is_scanned_to_its_end(void **state)
{
	static const char text[] = "\n" WIRE_MARK "note 4 0\nboot"
				   "\n" WIRE_MARK "note 3 0\nrun"
				   "\n" WIRE_MARK "fail 6 0\nno kvm"
				   "\n" WIRE_MARK "end 77 0\n";
	struct wire_state sent;

	(void)state;
	capture("w", text, sizeof(text) - 1);
	assert_int_equal(wire__scan(path, &sent), 0);
	assert_true(sent.ended);
	assert_int_equal(sent.status, 77);
	assert_string_equal(sent.note, "run");
	assert_string_equal(sent.fail, "no kvm");
	assert_int_equal(wire__scan("/nonexistent", &sent), 0);
	assert_false(sent.ended);
}

/* Longer than there is room for: cut, never written beyond. */
static void what_is_too_long_is_cut(void **state)
{
	char text[3000], head[64];
	struct wire_state sent;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 2; i++) {
		snprintf(head, sizeof(head), "\n" WIRE_MARK "%s 3000 0\n", i ? "fail" : "note");
		capture("a", head, strlen(head));
		capture("a", text, sizeof(text));
	}
	assert_int_equal(wire__scan(path, &sent), 0);
	assert_int_equal(strlen(sent.note), 250);
	assert_int_equal(strlen(sent.fail), 1000);
}

/* Reading continues where it stopped, since a long run has a long capture. */
static void reading_goes_on_where_it_was(void **state)
{
	static const char first[] = "\n" WIRE_MARK "note 3 0\none";
	static const char second[] = "\n" WIRE_MARK "note 3 0\ntwo";
	struct wire_state sent = { 0 };
	off_t at;

	(void)state;
	assert_int_equal(wire__read_on("/nonexistent", &sent), 0);
	capture("w", first, sizeof(first) - 1);
	assert_int_equal(wire__read_on(path, &sent), 0);
	assert_string_equal(sent.note, "one");
	at = sent.at;
	assert_int_equal(at, sizeof(first) - 1);
	capture("a", second, sizeof(second) - 1);
	/* What lies before that is not read again. */
	strcpy(sent.note, "mine");
	assert_int_equal(wire__read_on(path, &sent), 0);
	assert_string_equal(sent.note, "two");
	assert_int_equal(sent.at, at + (off_t)sizeof(second) - 1);
	strcpy(sent.note, "mine");
	assert_int_equal(wire__read_on(path, &sent), 0);
	assert_string_equal(sent.note, "mine");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_checksum_is_the_usual_one),
		TEST(files_arrive_as_they_were_sent),
		TEST(damaged_and_cut_files_are_none),
		TEST(a_capture_is_scanned_to_its_end),
		TEST(what_is_too_long_is_cut),
		TEST(reading_goes_on_where_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
