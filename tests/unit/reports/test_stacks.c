// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Trees of functions as folded stacks, flame graphs and profiles: each instruction is in each of
 * them once, names cannot break out of their place, and two hosts are put side by side by names.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bench/lab/blame_tree.h"
#include "reports/formats/report.h"
#include "reports/views/stacks.h"

static json_t *parse(const char *text)
{
	json_t *doc = json_loads(text, 0, NULL);

	assert_non_null(doc);
	return doc;
}

/* exit 0, run 3, handle 4 (twice), and one with a name that means something elsewhere. */
static json_t *one_host(void)
{
	return parse("{\"lane\": \"svm\", \"kernel\": \"6.1\", \"workload\": \"cpuid\", \"tree\":"
		     "{\"function\": \"exit\", \"self\": 0, \"calls\": 0, \"children\": ["
		     "{\"function\": \"run\", \"self\": 3, \"calls\": 0, \"children\": ["
		     "{\"function\": \"handle\", \"self\": 4, \"calls\": 2, \"children\": []},"
		     "{\"function\": \"a;<b>&\\\"\\u001b\", \"self\": 1, \"calls\": 1,"
		     " \"children\": []}]}]}}");
}

static json_t *two_hosts(void)
{
	json_t *base =
		parse("[{\"function\": \"exit\", \"parent\": null, \"self\": 0, \"calls\": 0},"
		      "{\"function\": \"run\", \"parent\": 0, \"self\": 3, \"calls\": 0},"
		      "{\"function\": \"gone\", \"parent\": 1, \"self\": 5, \"calls\": 1},"
		      "{\"function\": \"handle.isra.0\", \"parent\": 1, \"self\": 4, \"calls\": "
		      "1}]");
	json_t *new =
		parse("[{\"function\": \"exit\", \"parent\": null, \"self\": 0, \"calls\": 0},"
		      "{\"function\": \"run\", \"parent\": 0, \"self\": 4, \"calls\": 0},"
		      "{\"function\": \"handle\", \"parent\": 1, \"self\": 4, \"calls\": 1},"
		      "{\"function\": \"handle.cold\", \"parent\": 1, \"self\": 1, \"calls\": 1},"
		      "{\"function\": \"fresh\", \"parent\": 2, \"self\": 7, \"calls\": 2}]");
	json_t *doc = json_pack("{s:s, s:s, s:s, s:[{s:s, s:o}]}", "lane", "svm", "base", "6.1",
				"new", "6.12", "cells", "label", "cpuid", "tree",
				blame_tree__merge(base, new));

	json_decref(base);
	json_decref(new);
	return doc;
}

static char *rendered(const char *format, const json_t *doc, size_t *len)
{
	const struct renderer *r = renderer__find(format, SHOW_STACKS | SHOW_STACKS_OF_TWO);
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	assert_non_null(r);
	assert_int_equal(r->render(SHOW_STACKS, doc, out, NULL), 0);
	fclose(out);
	return text;
}

static void each_stack_is_a_line(void **state)
{
	json_t *doc = one_host();
	char *text;
	size_t len;

	(void)state;
	text = rendered("folded", doc, &len);
	assert_string_equal(text, "exit;run 3\nexit;run;handle 4\nexit;run;a:<b>&\"? 1\n");
	free(text);
	json_decref(doc);
}

static void two_hosts_are_one_tree(void **state)
{
	json_t *doc = two_hosts();
	struct stacks stacks;
	char *text;
	size_t len;

	(void)state;
	text = rendered("difffolded", doc, &len);
	assert_string_equal(text, "cpuid;run 3 4\ncpuid;run;gone 5 0\ncpuid;run;handle 4 5\n"
				  "cpuid;run;handle;fresh 0 7\n");
	free(text);
	assert_int_equal(stacks__read(&stacks, doc), 0);
	assert_int_equal(stacks.root->total[0], 12);
	assert_int_equal(stacks.root->total[1], 16);
	/* Each as wide as on the host where it has more: run 4, gone 5, handle 5, fresh 7. */
	assert_int_equal(stacks.root->width, 21);
	assert_int_equal(stacks.depth, 4);
	stacks__free(&stacks);
	json_decref(doc);
}

static void several_exits_stand_side_by_side(void **state)
{
	json_t *doc = two_hosts(), *cells = json_object_get(doc, "cells");
	json_t *second = json_deep_copy(json_array_get(cells, 0));
	char *text;
	size_t len;

	(void)state;
	json_object_set_new(second, "label", json_string("rdmsr"));
	json_array_append_new(cells, second);
	text = rendered("difffolded", doc, &len);
	assert_non_null(strstr(text, "exits;cpuid;run 3 4\n"));
	assert_non_null(strstr(text, "exits;rdmsr;run 3 4\n"));
	free(text);
	json_decref(doc);
}

static unsigned int times(const char *text, const char *what)
{
	unsigned int n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void a_flame_graph_holds_nothing_foreign(void **state)
{
	json_t *docs[] = { one_host(), two_hosts() };
	static const char *const foreign[] = { "<script", "href",	   "url(",   "@import",
					       "<image",  "foreignObject", "onload", "onclick",
					       "<b>",	  "\x1b" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		size_t len;
		char *svg = rendered("svg", docs[i], &len);

		for (size_t k = 0; k < sizeof(foreign) / sizeof(foreign[0]); k++)
			if (strstr(svg, foreign[k]))
				fail_msg("%s is in it", foreign[k]);
		/* Of addresses only the name of the format. */
		assert_int_equal(times(svg, "://"), 1);
		assert_int_equal(times(svg, "<title>"), i ? 5 : 4);
		assert_int_equal(times(svg, "<g>"), times(svg, "</g>"));
		free(svg);
	}
	{
		size_t len;
		char *svg = rendered("svg", docs[0], &len);

		assert_non_null(
			strstr(svg, "handle: 4 instructions (50.0 %), 4 of its own, 2 calls"));
		assert_non_null(strstr(svg, "a;&lt;b&gt;&amp;&quot;"));
		free(svg);
		svg = rendered("svg", docs[1], &len);
		assert_non_null(strstr(svg, "gone: 5 \xe2\x86\x92 0 instructions (-5)"));
		free(svg);
	}
	json_decref(docs[0]);
	json_decref(docs[1]);
}

static uint64_t varint(const unsigned char **p, const unsigned char *end)
{
	uint64_t value = 0;
	unsigned int shift = 0;

	while (*p < end) {
		unsigned char byte = *(*p)++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
		if (!(byte & 0x80))
			return value;
	}
	fail_msg("cut off");
	return 0;
}

/* Adds up the values of all samples, by their place. */
static void sum_samples(const unsigned char *p, const unsigned char *end, int64_t sums[3])
{
	while (p < end) {
		uint64_t key = varint(&p, end), len;
		const unsigned char *stop;
		int nr = 0;

		if ((key & 7) == 0) {
			varint(&p, end);
			continue;
		}
		assert_int_equal(key & 7, 2);
		len = varint(&p, end);
		stop = p + len;
		assert_true(stop <= end);
		while (key >> 3 == 2 && p < stop) {
			uint64_t field = varint(&p, stop);
			int64_t value = (int64_t)varint(&p, stop);

			if (field >> 3 == 2 && nr < 3)
				sums[nr++] += value;
		}
		p = stop;
	}
}

static void a_profile_has_each_instruction_once(void **state)
{
	json_t *docs[] = { one_host(), two_hosts() };
	static const int64_t want[2][3] = { { 8, 0, 0 }, { 12, 16, 4 } };

	(void)state;
	for (int i = 0; i < 2; i++) {
		unsigned char plain[4096];
		int64_t sums[3] = { 0 };
		size_t len;
		char *packed = rendered("pprof", docs[i], &len), *again;
		z_stream z = { .next_in = (unsigned char *)packed,
			       .avail_in = (uInt)len,
			       .next_out = plain,
			       .avail_out = sizeof(plain) };

		assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
		assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
		sum_samples(plain, plain + z.total_out, sums);
		inflateEnd(&z);
		for (int k = 0; k < 3; k++)
			assert_int_equal(sums[k], want[i][k]);
		again = rendered("pprof", docs[i], &len);
		assert_memory_equal(packed, again, len);
		free(packed);
		free(again);
		json_decref(docs[i]);
	}
}

static void a_file_s_ending_says_the_format(void **state)
{
	(void)state;
	assert_string_equal(renderer__of_file("a.b/x.pb.gz")->name, "pprof");
	assert_string_equal(renderer__of_file("x.svg.json")->name, "json");
	assert_string_equal(renderer__of_file("x.folded")->name, "folded");
	assert_string_equal(renderer__of_file("x.svg")->name, "svg");
	assert_null(renderer__of_file("x.gz"));
	assert_null(renderer__of_file("a.svg/x"));
}

static void what_is_damaged_is_refused(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"cells\": []}",
		"{\"cells\": [{\"label\": \"a\", \"tree\": null}]}",
		"{\"cells\": [{\"label\": \"a\", \"tree\": [{}, {\"parent\": 7}]}]}",
		"{\"cells\": [{\"label\": \"a\", \"tree\": [{}, {\"parent\": -1}]}]}",
	};
	json_t *deep = json_object();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *doc = parse(bad[i]);
		struct stacks stacks;

		/* Functions that are not known, or whose list is no tree. */
		if (i && !stacks__read(&stacks, doc) && stacks.root->total[1])
			fail_msg("case %zu was taken", i);
		else if (i)
			stacks__free(&stacks);
		json_decref(doc);
	}
	for (int i = 0; i < 600; i++)
		deep = json_pack("{s:s, s:[o]}", "function", "f", "children", deep);
	deep = json_pack("{s:o}", "tree", deep);
	{
		struct stacks stacks;

		assert_int_equal(stacks__read(&stacks, deep), -EBADMSG);
		stacks__free(&stacks);
	}
	json_decref(deep);
	assert_null(blame_tree__merge(NULL, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_stack_is_a_line),
		cmocka_unit_test(two_hosts_are_one_tree),
		cmocka_unit_test(several_exits_stand_side_by_side),
		cmocka_unit_test(a_flame_graph_holds_nothing_foreign),
		cmocka_unit_test(a_profile_has_each_instruction_once),
		cmocka_unit_test(a_file_s_ending_says_the_format),
		cmocka_unit_test(what_is_damaged_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
