// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A probe is one definition: three probes defined in this file only, and the places where their
 * figures appear although no other code knows them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <unistd.h>

#include "bench/result/check.h"
#include "bench/result/metrics_json.h"
#include "probes/probes.h"
#include "reports/formats/html.h"
#include "tests/synthetic.h"

/* What was called, one letter each; capitals are the probe that comes last. */
static char calls[64];

static void note(char c)
{
	calls[strlen(calls)] = c;
}

static int moon__open(void **state, const struct probe_target *target, struct error *err)
{
	(void)err;
	assert_int_equal(target->nr_pids, 1);
	note('o');
	*state = calls;
	return 0;
}

static int moon__begin(void *state, struct error *err)
{
	(void)err;
	assert_ptr_equal(state, calls);
	note('b');
	return 0;
}

static int moon__end(void *state, struct metrics *m, struct error *err)
{
	(void)state;
	(void)err;
	note('e');
	metrics__add(m, "craters", "count", 21474);
	metrics__unknown(m, "far_side", "count", "it cannot be seen from here");
	return 0;
}

static void moon__close(void *state)
{
	(void)state;
	note('c');
}

static int late__begin(void *state, struct error *err)
{
	(void)state;
	(void)err;
	note('B');
	return 0;
}

static int late__end(void *state, struct metrics *m, struct error *err)
{
	(void)state;
	(void)m;
	note('E');
	return error__set(err, -EIO, "it was lost in between");
}

static int blind__open(void **state, const struct probe_target *target, struct error *err)
{
	(void)state;
	(void)target;
	return error__set(err, -EOPNOTSUPP, "there is no telescope");
}

/* Its name makes sure that it is not last just by the order of names. */
DEFINE_PROBE(a_late) = {
	.name = "a_late",
	.last = true,
	.open = moon__open,
	.begin = late__begin,
	.end = late__end,
	.close = moon__close,
};
DEFINE_PROBE(moon) = {
	.name = "moon",
	.open = moon__open,
	.begin = moon__begin,
	.end = moon__end,
	.close = moon__close,
};
DEFINE_PROBE(blind) = { .name = "blind", .open = blind__open };

static void take_part(const struct probe *probe, const struct metrics *metrics, const char *why,
		      void *ctx)
{
	json_object_set_new(ctx, probe->name,
			    metrics ? metrics_json__metrics(metrics) : json_string(why));
}

static json_t *parts(void)
{
	pid_t self = getpid();
	struct probe_target target = { .pids = &self, .nr_pids = 1, .vcpu = -1 };
	struct probes *p = probes__open(&target);
	json_t *seen = json_object();

	assert_non_null(p);
	memset(calls, 0, sizeof(calls));
	probes__begin(p);
	probes__end(p, take_part, seen);
	assert_string_equal(calls, "bBEe");
	probes__close(p);
	assert_string_equal(calls, "bBEecc");
	return seen;
}

static void each_is_begun_and_ended_and_says_why_not(void **state)
{
	json_t *seen = parts();

	(void)state;
	assert_true(json_number_value(json_object_get(json_object_get(seen, "moon"), "craters")) ==
		    21474);
	assert_true(json_is_null(json_object_get(json_object_get(seen, "moon"), "far_side")));
	assert_string_equal(json_string_value(json_object_get(seen, "blind")),
			    "there is no telescope");
	assert_string_equal(json_string_value(json_object_get(seen, "a_late")),
			    "it was lost in between");
	json_decref(seen);
}

static void every_cell_has_its_part_and_the_page_shows_it(void **state)
{
	json_t *doc = synthetic__document(),
	       *cell = json_array_get(json_object_get(doc, "cells"), 0);
	struct compare_side side = { .name = "r.json", .doc = doc };
	struct html_report report = { .results = &side, .nr = 1 };
	json_t *seen = parts();
	size_t len;
	char *page;
	FILE *out;

	(void)state;
	assert_true(json_is_null(json_object_get(cell, "moon")));
	json_object_set(cell, "moon", json_object_get(seen, "moon"));
	out = open_memstream(&page, &len);
	assert_int_equal(html__render(&report, out), 0);
	fclose(out);
	assert_non_null(strstr(page, "<code>craters</code> 21474"));
	assert_non_null(strstr(page, "it cannot be seen from here"));
	free(page);
	json_decref(seen);
	json_decref(doc);
}

/* Readers may trust the types of what any probe saw. */
static void its_part_is_checked(void **state)
{
	static const char *const good[] = {
		"null", "{}",
		"{\"craters\": 1.5, \"full\": true, \"far_side\": null, \"window_ops\": 3}",
		"{\"craters\": {\"n\": 1, \"max\": 7, \"buckets\": [[1, 2, 3]]}, \"why\": \"\"}",
	}, *const bad[] = {
		"3", "{\"craters\": \"many\"}", "{\"craters\": {\"buckets\": [[1, 2]]}}",
		"{\"not_measured\": {\"far_side\": 0}}",
	};
	json_t *doc = synthetic__document(),
	       *cell = json_array_get(json_object_get(doc, "cells"), 1);
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		json_object_set_new(cell, "moon", json_loads(good[i], JSON_DECODE_ANY, NULL));
		if (result__check(doc, "r", &err))
			fail_msg("%s: %s", good[i], err.text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_object_set_new(cell, "moon", json_loads(bad[i], JSON_DECODE_ANY, NULL));
		assert_int_equal(result__check(doc, "r", &err), -EBADMSG);
		assert_non_null(strstr(err.text, "r: damaged result: cells[1].moon"));
	}
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_begun_and_ended_and_says_why_not),
		cmocka_unit_test(every_cell_has_its_part_and_the_page_shows_it),
		cmocka_unit_test(its_part_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
