// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sizes, times and counts are read exactly or refused, and what is printed reads back as the same.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "bench/base/nearest.h"
#include "bench/base/stats.h"
#include "bench/base/units.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct expected {
	const char *text;
	int ret;
	uint64_t value;
};

static void check(int (*parse)(const char *, uint64_t *), const struct expected *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t value = 0;
		int ret = parse(table[i].text, &value);

		if (ret != table[i].ret || (!ret && value != table[i].value))
			fail_msg("'%s': returned %d and %llu", table[i].text, ret,
				 (unsigned long long)value);
	}
}

static void sizes_are_read_exactly(void **state)
{
	static const struct expected table[] = {
		{ "0", 0, 0 },
		{ "17", 0, 17 },
		{ "512b", 0, 512 },
		{ "64k", 0, 65536 },
		{ "64K", 0, 65536 },
		{ "64kb", 0, 65536 },
		{ "64KiB", 0, 65536 },
		{ "1.5g", 0, 1610612736 },
		{ "1.50m", 0, 1572864 },
		{ "0.5k", 0, 512 },
		{ "2t", 0, 2199023255552 },
		{ "16777215t", 0, 16777215ull << 40 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "1.000", 0, 1 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "16777216t", -ERANGE, 0 },
		{ "99999999999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "k", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1 k", -EINVAL, 0 },
		{ "1kk", -EINVAL, 0 },
		{ "1.5", -EINVAL, 0 },
		{ "0.3k", -EINVAL, 0 },
		{ "1.", -EINVAL, 0 },
		{ ".5k", -EINVAL, 0 },
		{ "1.k", -EINVAL, 0 },
		{ "1ib", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1,5g", -EINVAL, 0 },
		{ "1p", -EINVAL, 0 },
		{ "1.1.1k", -EINVAL, 0 },
		{ "0.0000000000000000001t", -EINVAL, 0 },
	};

	(void)state;
	check(units__parse_size, table, COUNT(table));
}

static void times_are_read_exactly(void **state)
{
	static const struct expected table[] = {
		{ "0", 0, 0 },
		{ "250", 0, 250 },
		{ "250ns", 0, 250 },
		{ "100us", 0, 100000 },
		{ "1.5ms", 0, 1500000 },
		{ "2s", 0, 2000000000 },
		{ "0.000000001s", 0, 1 },
		{ "18446744073s", 0, 18446744073000000000u },
		{ "18446744074s", -ERANGE, 0 },
		{ "1.5ns", -EINVAL, 0 },
		{ "1.5", -EINVAL, 0 },
		{ "1m", -EINVAL, 0 },
		{ "1S", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "-1s", -EINVAL, 0 },
		{ "1 s", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ "1us ", -EINVAL, 0 },
	};

	(void)state;
	check(units__parse_time_ns, table, COUNT(table));
}

static void spans_are_seconds_unless_they_say_otherwise(void **state)
{
	static const struct expected table[] = {
		{ "2", 0, 2000000000 },
		{ "0.5", 0, 500000000 },
		{ "90s", 0, 90000000000 },
		{ "5m", 0, 300000000000 },
		{ "5min", 0, 300000000000 },
		{ "0.5h", 0, 1800000000000 },
		{ "250ms", 0, 250000000 },
		{ "7ns", 0, 7 },
		{ "", -EINVAL, 0 },
		{ "m", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "1d", -EINVAL, 0 },
		{ "inf", -EINVAL, 0 },
		{ "0.1ns", -EINVAL, 0 },
		{ "99999999999h", -ERANGE, 0 },
	};

	(void)state;
	check(units__parse_span_ns, table, COUNT(table));
}

static void counts_are_read_exactly(void **state)
{
	static const struct expected table[] = {
		{ "0", 0, 0 },
		{ "12", 0, 12 },
		{ "0x1F", 0, 31 },
		{ "0Xff", 0, 255 },
		{ "007", 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "0xffffffffffffffff", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "0x10000000000000000", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "0x", -EINVAL, 0 },
		{ "0xg", -EINVAL, 0 },
		{ "1k", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "1.0", -EINVAL, 0 },
		{ "ff", -EINVAL, 0 },
	};

	(void)state;
	check(units__parse_count, table, COUNT(table));
}

static void formats_are_short(void **state)
{
	static const struct {
		uint64_t value;
		const char *size, *time;
	} table[] = {
		{ 0, "0", "0" },
		{ 17, "17", "17ns" },
		{ 512, "512", "512ns" },
		{ 1000, "1000", "1us" },
		{ 1024, "1k", "1024ns" },
		{ 1500, "1500", "1.5us" },
		{ 1536, "1536", "1536ns" },
		{ 1572864, "1.5m", "1572864ns" },
		{ 65536, "64k", "65536ns" },
		{ 100000, "100000", "100us" },
		{ 524288, "512k", "524288ns" },
		{ 268435456, "256m", "268435456ns" },
		{ 1610612736, "1.5g", "1610612736ns" },
		{ 1500000000, "1500000000", "1.5s" },
		{ 1ull << 40, "1t", "1099511627776ns" },
		{ UINT64_MAX, "18446744073709551615", "18446744073709551615ns" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		char buf[32];

		assert_string_equal(units__format_size(table[i].value, buf, sizeof(buf)),
				    table[i].size);
		assert_string_equal(units__format_time_ns(table[i].value, buf, sizeof(buf)),
				    table[i].time);
	}
}

static void what_is_printed_is_read_back(void **state)
{
	struct rng rng;

	(void)state;
	rng__seed(&rng, 11);
	for (int i = 0; i < 50000; i++) {
		uint64_t value = rng__next(&rng) >> rng__below(&rng, 64), back = ~value;
		char buf[32];

		if (i & 1)
			value <<= rng__below(&rng, 40);
		else
			value -= value % 1000000;
		assert_int_equal(
			units__parse_size(units__format_size(value, buf, sizeof(buf)), &back), 0);
		assert_true(back == value);
		back = ~value;
		assert_int_equal(
			units__parse_time_ns(units__format_time_ns(value, buf, sizeof(buf)), &back),
			0);
		assert_true(back == value);
	}
}

static void short_buffers_are_not_overrun(void **state)
{
	char buf[4] = { 'x', 'x', 'x', 'x' };

	(void)state;
	units__format_size(123456789, buf, 3);
	assert_string_equal(buf, "12");
	assert_int_equal(buf[3], 'x');
}

static void the_nearest_name_is_suggested(void **state)
{
	static const char *const names[] = {
		"pio-user",
		"pio-kernel",
		"mmio-user",
		"workload",
		"pages",
		"ring",
		"x2apic",
		"vms",
		"ipi",
		"z",
		"0123456789abcdef0123456789abcdef0123456789abcdef",
		"far-too-long-a-name-to-be-the-name-of-anything-in-here",
		NULL,
	};
	static const struct {
		const char *word, *nearest;
	} table[] = {
		{ "pio-usr", "pio-user" },
		{ "PIO-USER", "pio-user" },
		{ "wrokload", "workload" },
		{ "page", "pages" },
		{ "pgaes", "pages" },
		{ "rnig", "ring" },
		{ "xapic", "x2apic" },
		{ "vm", "vms" },
		{ "mmio_user", "mmio-user" },
		{ "ring", "ring" },
		{ "ip", "ipi" },
		{ "zebra", NULL },
		{ "", NULL },
		{ "x", NULL },
		{ "kernel", NULL },
		{ "memory", NULL },
		{ "pio", NULL },
		{ "pio-k", "pio-kernel" },
		{ "work", "workload" },
		{ "wo", NULL },
		{ "vmss", "vms" },
		{ "iip", "ipi" },
		{ "far", NULL },
		{ "0123456789abcdef0123456789abcdef0123456789abcdeX",
		  "0123456789abcdef0123456789abcdef0123456789abcdef" },
		{ "0123456789abcdef0123456789abcdef0123456789abcdeff", NULL },
		{ "pio-user-pio-user-pio-user-pio-user-pio-user-pio-user", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const char *got = nearest__word(table[i].word, names);

		if (!table[i].nearest)
			assert_null(got);
		else
			assert_string_equal(got ? got : "(none)", table[i].nearest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_read_exactly),
		cmocka_unit_test(times_are_read_exactly),
		cmocka_unit_test(spans_are_seconds_unless_they_say_otherwise),
		cmocka_unit_test(counts_are_read_exactly),
		cmocka_unit_test(formats_are_short),
		cmocka_unit_test(what_is_printed_is_read_back),
		cmocka_unit_test(short_buffers_are_not_overrun),
		cmocka_unit_test(the_nearest_name_is_suggested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
