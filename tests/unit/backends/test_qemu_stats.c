// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KVM's statistics as QEMU reports them: described as KVM describes them, histograms included;
 * answers that make no sense are left out or refused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/qemu/stats.h"
#include "tests/kvmstats_by_name.h"

#define SCHEMAS \
	"[{'target': 'vm', 'stats': [{'name': 'pages_4k', 'type': 'instant', 'exponent': 0}]}," \
	" {'target': 'vcpu', 'stats': [" \
	"  {'name': 'exits', 'type': 'cumulative', 'exponent': 0}," \
	"  {'name': 'hist', 'type': 'log2-histogram', 'unit': 'seconds', 'base': 10, 'exponent': " \
	"-9}," \
	"  {'name': 'linear', 'type': 'linear-histogram', 'unit': 'bytes', 'base': 2, " \
	"'exponent': 10, 'bucket-size': 4}," \
	"  {'name': 'blocking', 'type': 'instant', 'unit': 'boolean', 'exponent': 0}]}]"
#define SAMPLE \
	"[{'name': 'blocking', 'value': true}, {'name': 'linear', 'value': [7, 8]}," \
	" {'name': 'hist', 'value': [1, 2, 3]}, {'name': 'exits', 'value': 42}]"

/* JSON with ' instead of ", so that it can be read in C. */
static json_t *json(const char *text)
{
	char *copy = strdup(text);
	json_t *value;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	value = json_loads(copy, JSON_DECODE_ANY, NULL);
	assert_non_null(value);
	free(copy);
	return value;
}

static void answers_are_read_by_name(void **state)
{
	json_t *schemas = json(SCHEMAS), *sample = json(SAMPLE);
	const struct kvmstats_desc *desc;
	struct kvmstats stats;
	uint64_t values[7];

	(void)state;
	assert_int_equal(qemu_stats__describe(&stats, schemas, "vcpu", sample), 0);
	assert_int_equal(stats.nr_descs, 4);
	assert_int_equal(stats.nr_values, 7);
	assert_int_equal(qemu_stats__values(&stats, sample, values), 0);
	assert_int_equal(values[by_name(&stats, "exits")->first], 42);
	desc = by_name(&stats, "hist");
	assert_int_equal(desc->type, KVMSTATS_LOG_HIST);
	assert_int_equal(desc->unit, KVMSTATS_SECONDS);
	assert_int_equal(desc->exponent, -9);
	assert_int_equal(desc->size, 3);
	assert_int_equal(values[desc->first + 2], 3);
	desc = by_name(&stats, "linear");
	assert_int_equal(desc->base, 2);
	assert_int_equal(desc->bucket_size, 4);
	assert_int_equal(values[desc->first + 1], 8);
	assert_int_equal(values[by_name(&stats, "blocking")->first], 1);
	kvmstats__close(&stats);
	assert_int_equal(qemu_stats__describe(&stats, schemas, "vm", sample), 0);
	assert_int_equal(stats.nr_descs, 1);
	kvmstats__close(&stats);
	json_decref(schemas);
	json_decref(sample);
}

static void what_makes_no_sense_is_left_out(void **state)
{
	static const char *const bad[] = {
		"{'name': 'x', 'type': 'of-tomorrow', 'exponent': 0}",
		"{'type': 'cumulative', 'exponent': 0}",
		"{'name': 'x', 'type': 'cumulative', 'exponent': 31}",
		"{'name': 5, 'type': 'peak'}",
		"[]",
		"null",
		"{'name': 'x', 'type': 'cumulative', 'exponent': -9223372036854775808}",
		"{'name': 'none', 'type': 'log2-histogram', 'exponent': 0}",
		"{'name': 'empty', 'type': 'log2-histogram', 'exponent': 0}",
		"{'name': 'many', 'type': 'log2-histogram', 'exponent': 0}",
		"{'name': 'two', 'type': 'linear-histogram', 'exponent': 0}",
		"{'name': 'two', 'type': 'linear-histogram', 'exponent': 0, 'bucket-size': "
		"4294967296}",
		"{'name': 'two', 'type': 'linear-histogram', 'exponent': 0, 'bucket-size': -1}",
	};
	json_t *sample = json("[{'name': 'empty', 'value': []}, {'name': 'two', 'value': [1, 2]}]");
	json_t *many = json("{'name': 'many', 'value': []}");

	(void)state;
	for (int i = 0; i < 66; i++)
		json_array_append_new(json_object_get(many, "value"), json_integer(i));
	json_array_append_new(sample, many);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *schemas =
			json_pack("[{s:s, s:[o]}]", "target", "vcpu", "stats", json(bad[i]));
		struct kvmstats stats;

		assert_int_equal(qemu_stats__describe(&stats, schemas, "vcpu", sample), 0);
		if (stats.nr_descs)
			fail_msg("%s: taken", bad[i]);
		kvmstats__close(&stats);
		json_decref(schemas);
	}
	json_decref(sample);
}

static void a_histogram_of_another_size_is_refused(void **state)
{
	static const char *const samples[] = {
		"[{'name': 'hist', 'value': [1, 2, 3, 4]}, {'name': 'linear', 'value': [1, 2]}]",
		"[{'name': 'hist', 'value': [1, 2]}, {'name': 'linear', 'value': [1, 2]}]",
		"[{'name': 'hist', 'value': 3}, {'name': 'linear', 'value': [1, 2]}]",
		"[]",
		"null",
		"{}",
		"[null, 5]",
	};
	json_t *schemas = json(SCHEMAS), *sample = json(SAMPLE);
	struct kvmstats stats;
	uint64_t *values = calloc(7, sizeof(*values));

	(void)state;
	assert_int_equal(qemu_stats__describe(&stats, schemas, "vcpu", sample), 0);
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		json_t *other = json(samples[i]);

		assert_int_equal(qemu_stats__values(&stats, other, values), -EPROTO);
		json_decref(other);
	}
	free(values);
	kvmstats__close(&stats);
	json_decref(schemas);
	json_decref(sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_read_by_name),
		cmocka_unit_test(what_makes_no_sense_is_left_out),
		cmocka_unit_test(a_histogram_of_another_size_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
