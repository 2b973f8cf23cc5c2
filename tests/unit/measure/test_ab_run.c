// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run --ab over several workloads: the exit status of each combination of outcomes, where nothing
 * is measured but what this test makes up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/measure/ab_twins.h"
#include "bench/measure/host_traits.h"

/* What each workload gives: a verdict, or an errno. */
static const struct outcome {
	enum verdict verdict;
	int code;
} * outcomes;
static unsigned int measured;
static volatile sig_atomic_t stop;
static unsigned int stop_after;
static int parse_code;

static int made_up_side(struct ab_side *side, const struct cell *base, const char *text,
			struct error *err)
{
	(void)side, (void)base, (void)text;
	return parse_code ? error__set(err, parse_code, "no such key") : 0;
}

static int made_up_run(const struct ab_side side[2], const struct ab_options *opts, json_t *doc,
		       enum verdict *verdict, struct error *err)
{
	const struct outcome *o = &outcomes[measured++];

	(void)side, (void)opts, (void)doc;
	*verdict = o->verdict;
	if (measured == stop_after)
		stop = 1;
	return o->code ? error__set(err, o->code, "outcome %u", measured) : 0;
}

#define ab__parse_side made_up_side
#define ab__run	       made_up_run
#include "bench/measure/ab_run.c"

/* The exit status of a run over `nr` workloads with these outcomes. */
static int status_of(const struct outcome *list, size_t nr)
{
	struct ab_options opts = { .stop = &stop };
	struct cell cells[3];
	struct plan plan = { .cells = cells, .nr_cells = nr };
	json_t *doc;
	int status;

	for (size_t i = 0; i < nr; i++)
		assert_int_equal(traits__default_cell("pio-user", &cells[i]), 0);
	outcomes = list;
	measured = 0;
	stop = 0;
	status = run_ab(&plan, "extra=0", "extra=1", &opts, &doc);
	assert_non_null(doc);
	json_decref(doc);
	return status;
}

static void the_status_is_the_worst_of_all(void **state)
{
	static const struct {
		struct outcome list[3];
		int status;
	} table[] = {
		{ { { VERDICT_SAME, 0 }, { VERDICT_SAME, 0 }, { VERDICT_FASTER, 0 } }, EXIT_OK },
		{ { { VERDICT_SAME, 0 }, { VERDICT_SLOWER, 0 }, { VERDICT_SAME, 0 } },
		  EXIT_REGRESSION },
		{ { { VERDICT_INCONCLUSIVE, 0 }, { VERDICT_SAME, 0 }, { VERDICT_SAME, 0 } },
		  EXIT_INCONCLUSIVE },
		{ { { VERDICT_INCONCLUSIVE, 0 }, { VERDICT_SLOWER, 0 }, { VERDICT_SAME, 0 } },
		  EXIT_REGRESSION },
		/* Workloads that cannot run here do not count, unless none can. */
		{ { { VERDICT_SAME, -EOPNOTSUPP }, { VERDICT_SAME, 0 }, { VERDICT_SAME, 0 } },
		  EXIT_OK },
		{ { { VERDICT_SAME, -ENODEV },
		    { VERDICT_SAME, -ENODEV },
		    { VERDICT_SAME, -ENODEV } },
		  EXIT_NOTHING_TO_RUN_ON },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(status_of(table[i].list, 3), table[i].status);
		assert_int_equal(measured, 3);
	}
}

static void what_the_next_would_fail_of_too_ends_it(void **state)
{
	static const struct outcome denied[3] = { { VERDICT_SAME, -EACCES } };
	static const struct outcome misused[3] = { { VERDICT_SAME, -EINVAL } };
	/* A setting of the host could not be put back: the next workload would meet it. */
	static const struct outcome lost[3] = { { VERDICT_SAME, -ENOTRECOVERABLE } };

	(void)state;
	assert_int_equal(status_of(denied, 3), EXIT_NOT_PERMITTED);
	assert_int_equal(measured, 1);
	assert_int_equal(status_of(misused, 3), EXIT_USAGE);
	assert_int_equal(measured, 1);
	assert_int_equal(status_of(lost, 3), EXIT_IO);
	assert_int_equal(measured, 1);
}

/* Of all workloads, before the first is measured. */
static void a_mistake_is_reported_at_once(void **state)
{
	static const struct outcome none[3];

	(void)state;
	parse_code = -EINVAL;
	assert_int_equal(status_of(none, 3), EXIT_USAGE);
	parse_code = -EPERM;
	assert_int_equal(status_of(none, 3), EXIT_NOT_PERMITTED);
	parse_code = 0;
	assert_int_equal(measured, 0);
}

static void a_signal_ends_it_after_the_one_under_way(void **state)
{
	static const struct outcome slower[3] = { { VERDICT_SLOWER, 0 } };

	(void)state;
	stop_after = 1;
	assert_int_equal(status_of(slower, 3), EXIT_INTERRUPTED);
	assert_int_equal(measured, 1);
	stop_after = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_status_is_the_worst_of_all),
		cmocka_unit_test(what_the_next_would_fail_of_too_ends_it),
		cmocka_unit_test(a_mistake_is_reported_at_once),
		cmocka_unit_test(a_signal_ends_it_after_the_one_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
