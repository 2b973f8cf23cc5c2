// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Metrics as text: both formats as they are specified, labels that others chose, and histograms
 * whose limits are ends of our own buckets.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/openmetrics.c"

static void write_one(struct openmetrics *om, const char *vm)
{
	struct openmetrics_text labels = { .len = 0 };

	openmetrics__label(&labels, "vm", vm);
	openmetrics__label(&labels, "pod", "");
	openmetrics__family(om, "a_seconds", OPENMETRICS_COUNTER, "seconds", "Time");
	openmetrics__ns(om, &labels, 1500000007);
	openmetrics__family(om, "b", OPENMETRICS_INFO, NULL, "What it is");
	openmetrics__u64(om, &labels, 1);
	openmetrics__family(om, "c", OPENMETRICS_GAUGE, NULL, "A number");
	openmetrics__number(om, NULL, 0.5);
	openmetrics__number(om, &labels, NAN);
	assert_int_equal(openmetrics__end(om), 0);
	free(labels.at);
}

static void assert_text(const struct openmetrics *om, const char *text)
{
	assert_int_equal(om->text.len, strlen(text));
	assert_memory_equal(om->text.at, text, om->text.len);
}

static void both_formats_are_as_specified(void **state)
{
	struct openmetrics om = { .classic = false }, classic = { .classic = true };

	(void)state;
	write_one(&om, "web1");
	assert_text(&om, "# HELP a_seconds Time\n# TYPE a_seconds counter\n"
			 "# UNIT a_seconds seconds\n"
			 "a_seconds_total{vm=\"web1\"} 1.500000007\n"
			 "# HELP b What it is\n# TYPE b info\nb_info{vm=\"web1\"} 1\n"
			 "# HELP c A number\n# TYPE c gauge\nc 0.5\n# EOF\n");
	write_one(&classic, "web1");
	assert_text(&classic,
		    "# HELP a_seconds_total Time\n# TYPE a_seconds_total counter\n"
		    "a_seconds_total{vm=\"web1\"} 1.500000007\n"
		    "# HELP b_info What it is\n# TYPE b_info gauge\nb_info{vm=\"web1\"} 1\n"
		    "# HELP c A number\n# TYPE c gauge\nc 0.5\n# EOF\n");
	free(om.text.at);
	free(classic.text.at);
}

static void labels_are_escaped(void **state)
{
	struct openmetrics_text labels = { .len = 0 };

	(void)state;
	openmetrics__label(&labels, "vm", "a\"} 1\nb{c=\"\\");
	assert_int_equal(labels.len, strlen("vm=\"a\\\"} 1\\nb{c=\\\"\\\\\""));
	assert_memory_equal(labels.at, "vm=\"a\\\"} 1\\nb{c=\\\"\\\\\"", labels.len);
	free(labels.at);
}

static void limits_are_ends_of_buckets(void **state)
{
	char text[40];

	(void)state;
	for (unsigned int i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		uint64_t limit = (1ull << (FIRST_LIMIT + LIMIT_STEP * i)) - 1;

		snprintf(text, sizeof(text), "%.10g", (double)limit / 1e9);
		assert_string_equal(text, limits[i]);
		assert_int_equal(hist__high(hist__bucket(limit)), limit);
	}
}

static void a_histogram_has_each_count_on_its_side_of_a_limit(void **state)
{
	struct openmetrics om = { .classic = false };
	struct hist *hist = calloc(1, sizeof(*hist));

	(void)state;
	hist__add(hist, 255, 1);
	hist__add(hist, 256, 2);
	hist__add(hist, 1023, 4);
	hist__add(hist, 1024, 8);
	hist__add(hist, 5000000000, 16);
	openmetrics__family(&om, "x", OPENMETRICS_HISTOGRAM, "seconds", "Time");
	om.text.len = 0;
	openmetrics__hist(&om, NULL, hist, 80000001234);
	openmetrics__end(&om);
	assert_text(&om, "x_bucket{le=\"2.55e-07\"} 1\nx_bucket{le=\"1.023e-06\"} 7\n"
			 "x_bucket{le=\"4.095e-06\"} 15\nx_bucket{le=\"1.6383e-05\"} 15\n"
			 "x_bucket{le=\"6.5535e-05\"} 15\nx_bucket{le=\"0.000262143\"} 15\n"
			 "x_bucket{le=\"0.001048575\"} 15\nx_bucket{le=\"0.004194303\"} 15\n"
			 "x_bucket{le=\"0.016777215\"} 15\nx_bucket{le=\"0.067108863\"} 15\n"
			 "x_bucket{le=\"0.268435455\"} 15\nx_bucket{le=\"1.073741823\"} 15\n"
			 "x_bucket{le=\"+Inf\"} 31\nx_sum 80.000001234\nx_count 31\n# EOF\n");
	free(om.text.at);
	free(hist);
}

static void the_largest_numbers_fit(void **state)
{
	struct openmetrics om = { .classic = false };

	(void)state;
	openmetrics__family(&om, "x", OPENMETRICS_COUNTER, NULL, "");
	om.text.len = 0;
	openmetrics__u64(&om, NULL, UINT64_MAX);
	openmetrics__ns(&om, NULL, UINT64_MAX);
	openmetrics__ns(&om, NULL, 0);
	openmetrics__end(&om);
	assert_text(&om, "x_total 18446744073709551615\nx_total 18446744073.709551615\n"
			 "x_total 0.000000000\n# EOF\n");
	free(om.text.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_formats_are_as_specified),
		cmocka_unit_test(labels_are_escaped),
		cmocka_unit_test(limits_are_ends_of_buckets),
		cmocka_unit_test(a_histogram_has_each_count_on_its_side_of_a_limit),
		cmocka_unit_test(the_largest_numbers_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
