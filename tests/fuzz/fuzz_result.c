// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target (libFuzzer's entry points): a result document from anywhere is refused with a message
 * or can be rendered in every format. What is accepted must also survive being written and read
 * again.
 *
 * Random changes of bytes hardly ever leave valid JSON, so most mutations change the document's
 * values; the other ones are enough to test the parser. tests/unit/fuzz/test_fuzz_result.c runs the
 * same for a short time where there is no libFuzzer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/stats.h"

#include "bench/result/file.h"
#include "reports/charts/charts.h"
#include "reports/compare/compare.h"
#include "reports/formats/html.h"
#include "reports/formats/report.h"
#include "reports/views/compare_view.h"
#include "tests/fuzz/again.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/*
 * What is done with a document, by its text: all of it with each would leave time for few. The
 * same input always meets the same.
 */
static uint32_t lot_of(const uint8_t *data, size_t size)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 16777619u;
	return hash ^ hash >> 16;
}

/* One of the renderers of such documents. */
static const struct renderer *drawn(enum show shows, uint32_t lot)
{
	unsigned int nr = 0;

	for_each_renderer(r, shows) nr++;
	lot %= nr;
	for_each_renderer(r, shows) if (!lot--) return r;
	return NULL;
}

static void render(enum show shows, const json_t *doc, uint32_t lot, FILE *null)
{
	struct report_options options = { .width = lot & 1 ? 80 : 0, .color = lot & 1 };

	if (drawn(shows, lot >> 1)->render(shows, doc, null, &options))
		abort();
}

/* Compares it with the document before it; or makes the charts of both, and their page. */
static void compare(json_t *doc, uint32_t lot, FILE *null)
{
	static json_t *before;
	struct compare_side sides[] = { { "before", before ?: doc }, { "doc", doc } };
	struct compare_options options = { .rules = { .floor = 0.02, .alpha = 0.01 },
					   .force = true };
	json_t *comparison = compare__documents(&sides[0], &sides[1], 1, &options), *charts;

	if (!comparison)
		abort();
	if (lot & 3) {
		render(SHOW_COMPARISON, comparison, lot >> 2, null);
	} else {
		charts = charts__build(sides, 2, comparison);
		if (!charts || html__render(&(struct html_report){ .results = sides,
								   .nr = 2,
								   .comparison = comparison,
								   .charts = charts },
					    null))
			abort();
		json_decref(charts);
	}
	json_decref(comparison);
	json_decref(before);
	before = json_incref(doc);
}

/* Whether the input is a document. lot: what is done with it. */
static bool run_input(const uint8_t *data, size_t size, uint32_t lot)
{
	static FILE *null;
	struct error err = { 0 };
	json_t *doc = result__parse((const char *)data, size, "input", &err);

	if (!null) {
		setenv("LC_ALL", "C.UTF-8", 1);
		null = fopen("/dev/null", "w");
	}
	if (!doc != (err.code < 0) || (!doc && !*err.text))
		abort();
	if (!doc)
		return false;
	if (fuzz__read_again(doc)) {
		if (lot & 1)
			render(SHOW_RESULT, doc, lot >> 1, null);
		else
			compare(doc, lot >> 1, null);
	}
	json_decref(doc);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run_input(data, size, lot_of(data, size));
	return 0;
}

static json_t *long_string(struct rng *r)
{
	size_t len = rng__below(r, 3000);
	char *text = malloc(len + 1);
	json_t *value;

	memset(text, rng__below(r, 2) ? 'w' : ' ', len);
	text[len] = '\0';
	value = json_string(text);
	free(text);
	return value;
}

/* A value mostly of the same type as the one it replaces: others are refused early. */
static json_t *odd_value(struct rng *r, const json_t *old)
{
	static const char *const numbers[] = {
		"0",
		"-1",
		"1.5",
		"1e308",
		"-1e-308",
		"9223372036854775807",
		"-9223372036854775808",
		"1e15",
		"100",
	};
	static const char *const strings[] = {
		"\"\"",
		"\"ok\"",
		"\"samples\"",
		"\"\\u001b[0m\\n\"",
		"\"=1+1,\\\"|`\"",
		"\"~\"",
		"\"a b  c\"",
		"\"\\u202e\\ud83d\\ude00\\u0301\"",
	};
	static const char *const others[] = {
		"null",	     "true",	  "false", "[]",      "{}",
		"[[[[1]]]]", "{\"\":{}}", "[1,2]", "[1,2,3]", "{\"text\":\"t\"}",
		"\"x\"",     "1",
	};
	const char *text = others[rng__below(r, sizeof(others) / sizeof(others[0]))];

	if (rng__below(r, 4)) {
		if (json_is_string(old) && rng__below(r, 6) == 0)
			return long_string(r);
		if (json_is_number(old))
			text = numbers[rng__below(r, sizeof(numbers) / sizeof(numbers[0]))];
		else if (json_is_string(old))
			text = strings[rng__below(r, sizeof(strings) / sizeof(strings[0]))];
	}
	return json_loads(text, JSON_DECODE_ANY, NULL);
}

/* Replaces, removes or repeats an element of an object or array. */
static void mutate_element(json_t *parent, const char *key, size_t index, json_t *old,
			   struct rng *r)
{
	uint64_t what = rng__below(r, 8);
	char other[8];

	snprintf(other, sizeof(other), "%c", (int)(rng__below(r, 100) + 27));
	if (json_is_object(parent) && what == 0)
		json_object_del(parent, key);
	else if (json_is_object(parent) && what < 3)
		json_object_set_new(parent, other, json_deep_copy(old));
	else if (json_is_object(parent))
		json_object_set_new(parent, key, odd_value(r, old));
	else if (what == 0)
		json_array_remove(parent, index);
	else if (what < 5)
		json_array_set_new(parent, index, odd_value(r, old));
	else
		for (uint64_t times = rng__below(r, 30) + 1; times; times--)
			json_array_append_new(parent, json_deep_copy(old));
}

/* Goes down from the root through random elements and changes the one where it stops. */
static void mutate_document(json_t *at, struct rng *r)
{
	while (true) {
		size_t size = json_is_object(at) ? json_object_size(at) : json_array_size(at),
		       index;
		const char *key = NULL;
		json_t *next;

		if (!size)
			return;
		index = rng__below(r, size);
		if (json_is_object(at)) {
			void *iter = json_object_iter(at);

			for (size_t i = 0; i < index; i++)
				iter = json_object_iter_next(at, iter);
			key = json_object_iter_key(iter);
			next = json_object_iter_value(iter);
		} else {
			next = json_array_get(at, index);
		}
		if ((!json_is_object(next) && !json_is_array(next)) || rng__below(r, 6) == 0) {
			mutate_element(at, key, index, next, r);
			return;
		}
		at = next;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	json_t *doc = seed % 8 ? json_loadb((char *)data, size, 0, NULL) : NULL;
	struct rng rng;
	char *text;
	size_t len;

	if (!doc)
		return LLVMFuzzerMutate(data, size, max_size);
	rng__seed(&rng, seed);
	for (uint64_t times = rng__below(&rng, 3) + 1; times; times--)
		mutate_document(doc, &rng);
	text = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	len = text ? strlen(text) : max_size + 1;
	if (len <= max_size)
		memcpy(data, text, len);
	free(text);
	return len <= max_size ? len : LLVMFuzzerMutate(data, size, max_size);
}
