// SPDX-License-Identifier: GPL-2.0-or-later
/* Which function made which exit longer: no part of a difference is lost, and names match. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/blame.h"
#include "bench/lab/blame_print.h"
#include "bench/lab/trace.h"
#include "bench/result/doc.h"

static void names_lose_what_compilers_append(void **state)
{
	static const char *const cases[][2] = {
		{ "svm_vcpu_run", "svm_vcpu_run" },
		{ "svm_vcpu_run.cold", "svm_vcpu_run" },
		{ "do_it.isra.0", "do_it" },
		{ "do_it.constprop.12", "do_it" },
		{ "do_it.part.0.constprop.0", "do_it" },
		{ "do_it.isra.0.cold", "do_it" },
		{ "do_it.llvm.1234567890", "do_it" },
		{ "do_it.cold.3", "do_it" },
		{ "x86.something", "x86.something" },
		{ "a.7", "a.7" },
		{ ".cold", ".cold" },
		{ "", "" },
	};
	char plain[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		blame__plain_name(cases[i][0], plain, sizeof(plain));
		assert_string_equal(plain, cases[i][1]);
	}
}

/* A cell whose functions are "NAME INSN CALLS" triples. */
static json_t *cell(const char *label, const char *functions)
{
	json_t *list = json_array();
	char name[64];
	json_int_t sum = 0;
	int insn, calls, n;

	for (; sscanf(functions, "%63s %d %d%n", name, &insn, &calls, &n) == 3; functions += n) {
		json_array_append_new(list, json_pack("{s:s, s:i, s:i}", "name", name, "insn", insn,
						      "calls", calls));
		sum += insn;
	}
	return json_pack("{s:s, s:s, s:s, s:{s:I, s:I, s:n, s:o}}", "label", label, "workload",
			 label, "status", "ok", "footprint", "insn", sum, "code_lines", sum / 16,
			 "why", "functions", list);
}

static json_t *document(json_t *first, json_t *second)
{
	json_t *cells = json_array();

	json_array_append_new(cells, first);
	if (second)
		json_array_append_new(cells, second);
	return json_pack("{s:o}", "cells", cells);
}

static json_int_t sum_of(const json_t *blame, const char *field)
{
	const json_t *f;
	json_int_t sum = 0;
	size_t i;

	json_array_foreach(json_object_get(blame, "functions"), i, f)
		sum += json_integer_value(json_object_get(f, field));
	return sum;
}

static void differences_add_up_to_that_of_the_exit(void **state)
{
	json_t *base =
		document(cell("cpuid", "run 100 1 pmu 134 1 decode 400 2 cold.cold 7 0 gone 5 1"),
			 cell("pio", "run 100 1 pmu 134 1 io 30 1"));
	json_t *new =
		document(cell("cpuid", "run 101 1 pmu 24 1 decode.isra.0 420 2 cold 7 0 cr8 110 1"),
			 cell("pio", "run 103 1 pmu 34 1 io 30 1 cr8 110 1"));
	struct blame b;
	struct error err;
	json_t *o;

	(void)state;
	assert_int_equal(blame__init(&b, base, new, &err), 0);
	assert_int_equal(b.known, 2);
	for (size_t i = 0; i < b.nr; i++) {
		o = blame__to_json(&b, b.exits[i].label);
		assert_int_equal(sum_of(o, "new") - sum_of(o, "base"),
				 doc__number(o, "difference"));
		assert_int_equal(sum_of(o, "new"), doc__number(o, "new"));
		json_decref(o);
	}
	/*
	 * Equal ones are sorted by name, of two equally large ones the added one comes first; a
	 * suffix does not make another function.
	 */
	assert_string_equal(b.exits[0].list[0].name, "cr8");
	assert_string_equal(b.exits[0].list[1].name, "pmu");
	assert_string_equal(b.exits[0].list[2].name, "decode");
	assert_int_equal(b.exits[0].nr, 6);
	/*
	 * The shared part is the least that all have: 110 in both, 100 of 110 and 100, 1 of 1 and
	 * 3.
	 */
	assert_int_equal(b.nr_every, 3);
	assert_string_equal(b.every[0].name, "cr8");
	assert_int_equal(b.every[0].every, 110);
	assert_string_equal(b.every[1].name, "pmu");
	assert_int_equal(b.every[1].every, -100);
	assert_string_equal(b.every[2].name, "run");
	assert_int_equal(b.every[2].every, 1);
	blame__free(&b);
	assert_null(blame__to_json(&b, "nothing"));
	json_decref(base);
	json_decref(new);
}

extern const struct renderer renderer_markdown;

static char *printed(const struct blame *b, const struct renderer *format)
{
	const char *const names[2] = { "6.1", "6.12" };
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	blame__print(b, names, format, f);
	fclose(f);
	return text;
}

static void one_instruction_is_found_and_named(void **state)
{
	json_t *base = document(cell("cpuid", "run 100 1 handle_exit 33 1"), NULL);
	json_t *new = document(cell("cpuid", "run 100 1 handle_exit 34 1"), NULL);
	struct blame b;
	struct error err;
	char *text;

	(void)state;
	assert_int_equal(blame__init(&b, base, new, &err), 0);
	text = printed(&b, &renderer_markdown);
	assert_non_null(strstr(text, "133 -> 134 instructions: +1 = +1 - 0 in 1 of 2 functions"));
	assert_non_null(strstr(text, "| +1 | 33 | 34 | 1 | `handle_exit` |"));
	free(text);
	blame__free(&b);
	json_decref(base);
	json_decref(new);
}

static void markdown_fits_a_mail(void **state)
{
	json_t *base = json_pack("{s:[]}", "cells"), *new = json_pack("{s:[]}", "cells");
	char functions[16384], label[16];
	struct blame b;
	struct error err;
	unsigned int lines;
	char *text;

	(void)state;
	for (int i = 0; i < 20; i++) {
		for (int side = 0; side < 2; side++) {
			size_t n = 0;

			for (int k = 0; k < 200; k++)
				n += snprintf(functions + n, sizeof(functions) - n, "f%d %d 1 ", k,
					      10 + side * k);
			snprintf(label, sizeof(label), "exit%d", i);
			json_array_append_new(json_object_get(side ? new : base, "cells"),
					      cell(label, functions));
		}
		assert_int_equal(blame__init(&b, base, new, &err), 0);
		text = printed(&b, &renderer_markdown);
		lines = 0;
		for (const char *p = text; *p; p++)
			lines += *p == '\n';
		assert_true(lines < 40);
		free(text);
		text = printed(&b, &renderer_text);
		assert_non_null(strstr(text, "more"));
		free(text);
		blame__free(&b);
	}
	json_decref(base);
	json_decref(new);
}

static void what_is_not_known_is_said(void **state)
{
	json_t *good = document(cell("cpuid", "run 100 1"), NULL), *other;
	static const struct {
		const char *json, *why;
	} cases[] = {
		{ "{\"cells\": []}", "only base has it" },
		{ "{\"cells\": [{\"label\": \"cpuid\", \"status\": \"ok\"}]}",
		  "without --footprint" },
		{ "{\"cells\": [{\"label\": \"cpuid\", \"footprint\": {\"why\": \"no plugins\"}}]}",
		  "no plugins" },
		{ "{\"cells\": [{\"label\": \"cpuid\", \"footprint\": {\"insn\": 7, \"functions\": "
		  "null, \"why\": null}}]}",
		  "no symbols" },
		{ "{\"cells\": [{\"label\": \"cpuid\", \"reason\": \"it hung\"}]}", "it hung" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct blame b;
		struct error err;
		char *text;

		other = json_loads(cases[i].json, 0, NULL);
		assert_non_null(other);
		assert_int_equal(blame__init(&b, good, other, &err), 0);
		assert_int_equal(b.known, 0);
		text = printed(&b, &renderer_text);
		assert_non_null(strstr(text, cases[i].why));
		free(text);
		blame__free(&b);
		json_decref(other);
	}
	json_decref(good);
}

static void a_path_becomes_its_functions(void **state)
{
	static const uint64_t path[] = {
		0xffffffff81000000, 0xffffffff81000004, 0xffffffff81000100,
		0xffffffff81000104, 0xffffffff81000008, 0x401000,
		0x401004,	    0xffffffff81000010, 0xffffffff81000100,
	};
	struct symbols symbols = { 0 };
	struct trace trace;
	struct error err;
	json_t *list;

	(void)state;
	assert_int_equal(
		symbols__add(&symbols,
			     strdup("ffffffff81000000 T outer\nffffffff81000100 t inner\n"), &err),
		0);
	symbols__sort(&symbols);
	assert_int_equal(trace__of_path(&trace, path, sizeof(path) / sizeof(path[0]), &symbols,
					"[user]", &err),
			 0);
	list = trace__functions(&trace);
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(doc__text(json_array_get(list, 0), "name"), "outer");
	assert_int_equal(doc__number(json_array_get(list, 0), "insn"), 4);
	/* Equally large ones are sorted by name. */
	assert_string_equal(doc__text(json_array_get(list, 1), "name"), "inner");
	assert_int_equal(doc__number(json_array_get(list, 1), "insn"), 3);
	assert_int_equal(doc__number(json_array_get(list, 1), "calls"), 2);
	assert_string_equal(doc__text(json_array_get(list, 2), "name"), "[user]");
	assert_int_equal(doc__number(json_array_get(list, 2), "insn"), 2);
	json_decref(list);
	trace__free(&trace);
	symbols__free(&symbols);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_lose_what_compilers_append),
		cmocka_unit_test(differences_add_up_to_that_of_the_exit),
		cmocka_unit_test(one_instruction_is_found_and_named),
		cmocka_unit_test(markdown_fits_a_mail),
		cmocka_unit_test(what_is_not_known_is_said),
		cmocka_unit_test(a_path_becomes_its_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
