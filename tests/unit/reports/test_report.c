// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reports show what the document holds, aligned and within the width, and pass on nothing by which
 * a name in a document could affect a terminal, a spreadsheet or a web page.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <unistd.h>

#include "bench/base/utf8.h"
#include "bench/result/file.h"
#include "reports/charts/chart_section.h"
#include "reports/formats/format.h"
#include "reports/formats/report.h"
#include "tests/synthetic.h"

#define UTF8_LOCALE "C.UTF-8"

extern const struct renderer renderer_csv, renderer_markdown;

static char *rendered(const json_t *doc, const struct renderer *renderer, unsigned int width,
		      bool color)
{
	struct report_options opts = { .width = width, .color = color };
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(renderer->render(SHOW_RESULT, doc, out, &opts), 0);
	fclose(out);
	return text;
}

static char *rendered_document(const struct renderer *renderer, unsigned int width)
{
	json_t *doc = synthetic__document();
	char *text = rendered(doc, renderer, width, false);

	json_decref(doc);
	return text;
}

/* A document in which every text and every field's name is `text`. */
static json_t *hostile(const char *text)
{
	json_t *doc = synthetic__document(), *cell, *host = json_object();
	size_t i;

	json_object_set_new(host, "kernel", json_string(text));
	json_object_set_new(host, "virt", json_string(text));
	json_object_set_new(host, "cpu", json_pack("{s:s, s:s}", "model", text, "governor", text));
	json_object_set_new(doc, "host", host);
	json_object_set_new(doc, "started", json_string(text));
	json_object_set_new(doc, "plan", json_pack("{s:s}", "name", text));
	json_object_set_new(doc, "exit_source", json_pack("{s:s, s:s}", "name", text, "why", text));
	json_array_foreach(json_object_get(doc, "cells"), i, cell) {
		json_object_set_new(cell, "workload", json_string(text));
		json_object_set_new(cell, "label", json_string(text));
		json_object_set_new(cell, "group", json_string(text));
		json_object_set_new(cell, "backend", json_pack("s+", text, i % 2 ? "1" : "2"));
		json_object_set_new(cell, "config", json_pack("{s:s}", "name", text));
		json_object_set_new(cell, "warnings", json_pack("[s, {s:s}]", text, "text", text));
		if (i % 2)
			json_object_set_new(cell, "status", json_string("failed"));
		json_object_set_new(cell, "reason", json_string(text));
		json_object_set_new(cell, "exits",
				    json_pack("{s:s, s:s, s:{s:i}, s:b}", "note", text,
					      "unknown_why", text, "expected", text, 1,
					      "as_expected", 0));
	}
	return doc;
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int nr = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		nr++;
	return nr;
}

static void numbers_are_grouped_whatever_the_locale(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "0.00" },	     { 0.517, "0.52" },	    { 9.994, "9.99" },
		{ 9.996, "10.0" },   { 487.14, "487.1" },   { 999.94, "999.9" },
		{ 999.96, "1,000" }, { 25420.4, "25,420" }, { -1234567.8, "-1,234,568" },
		{ -0.001, "0.00" },  { 123, "123.0" },	    { 1e14, "100,000,000,000,000" },
		{ 1e300, "1e+300" }, { NAN, "" },	    { INFINITY, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *text = format__quantity(cases[i].value);

		assert_string_equal(json_string_value(text), cases[i].text);
		json_decref(text);
	}
}

static void unsafe_characters_are_shown_not_sent(void **state)
{
	static const struct {
		const char *text, *clean, *ascii;
	} cases[] = {
		{ "plain", "plain", "plain" },
		{ "\033[31m\n\t\x7f", "\\x1b[31m\\x0a\\x09\\x7f", "\\x1b[31m\\x0a\\x09\\x7f" },
		{ "caf\xc3\xa9", "caf\xc3\xa9", "caf?" },
		{ "\xe2\x80\xaetxt", "\\u{202e}txt", "\\u{202e}txt" }, /* right to left */
		{ "\xc2\x9b"
		  "31m",
		  "\\u{9b}31m", "\\u{9b}31m" }, /* C1's CSI */
		{ "a\xff\xc0\xaf", "a\\xff\\xc0\\xaf", "a\\xff\\xc0\\xaf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80" }, /* surrogate */
		{ "\xf0\x9f\x98", "\\xf0\\x9f\\x98", "\\xf0\\x9f\\x98" }, /* cut off */
		{ "\xef\xbb\xbf", "\\u{feff}", "\\u{feff}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *clean = format__clean(cases[i].text, true),
		     *ascii = format__clean(cases[i].text, false);

		assert_string_equal(clean, cases[i].clean);
		assert_string_equal(ascii, cases[i].ascii);
		free(clean);
		free(ascii);
	}
	assert_int_equal(format__width("caf\xc3\xa9"), 4);
	/* Whatever the locale: this program sets none where it writes tables. */
	assert_int_equal(format__width("\xe4\xb8\xad"), 2);
	assert_int_equal(format__width("e\xcc\x81"), 1); /* e and its accent */
}

static void sanitized_text_is_utf8(void **state)
{
	char *text = utf8__sanitize("a\xff\xe2\x82\xac\xc0", 6);

	(void)state;
	assert_string_equal(text, "a\xef\xbf\xbd\xe2\x82\xac\xef\xbf\xbd");
	free(text);
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	(void)state;
	for (unsigned int width = 80; width <= 140; width += 7) {
		char *text = rendered_document(&renderer_text, width);

		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
			if (format__width(line) > width)
				fail_msg("%zu columns of %u: %s", format__width(line), width, line);
			assert_true(line[strlen(line) - 1] != ' ');
		}
		free(text);
	}
}

static void left_out_columns_are_named(void **state)
{
	char *wide = rendered_document(&renderer_text, 0),
	     *narrow = rendered_document(&renderer_text, 80);

	(void)state;
	assert_null(strstr(wide, "want of width"));
	assert_non_null(strstr(narrow, "not shown for want of width: "));
	free(wide);
	free(narrow);
}

/* In the first table: where the decimal point is on each line of column p50. */
static void decimal_points_are_aligned(void **state)
{
	struct synthetic s;
	char *text, *line, *at;
	long column = -1;
	int rows = 0;

	(void)state;
	synthetic__init(&s, "vmx");
	for (int magnitude = 0; magnitude < 5; magnitude++) {
		synthetic__cell(&s, &synthetic_beside);
		synthetic__round(&s, (double[]){ 2.46 * pow(10, magnitude) }, 1, 1, 0)
			->exits_known = false;
		synthetic__finish(&s);
	}
	text = rendered(s.doc, &renderer_text, 0, false);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, "  beside", 8))
			continue;
		at = line + 8 + strspn(line + 8, " ");
		at += strspn(at, "0123456789,");
		if (column < 0)
			column = at - line;
		assert_int_equal(at - line, column);
		rows++;
	}
	assert_int_equal(rows, 5);
	free(text);
	json_decref(s.doc);
}

/* An interval that covers only 75 % is not shown as one of 95 %. */
static void interval_that_covers_less_is_not_shown(void **state)
{
	json_t *doc = synthetic__document(),
	       *cell = json_array_get(json_object_get(doc, "cells"), 0);
	json_t *log_ratio = json_object_get(json_object_get(cell, "reference"), "log_ratio");
	double low, high;
	char *text;

	(void)state;
	json_object_set_new(log_ratio, "ci_coverage", json_real(.5));
	/* Values that occur nowhere else in the table. */
	json_object_set_new(json_object_get(cell, "summary"), "ci95",
			    json_pack("[f, f]", 123.25, 177.75));
	json_object_set_new(json_object_get(cell, "summary"), "p50", json_real(150));
	text = rendered(doc, &renderer_text, 0, false);
	assert_null(strstr(text, "123.2"));
	assert_null(strstr(text, "177.8"));
	assert_non_null(strstr(text, "0.4966"));
	assert_null(strstr(text, "0.4966 ±"));
	free(text);
	entry__interval(cell, &low, &high);
	assert_true(low == 150 && high == 150);
	json_object_set_new(json_object_get(cell, "summary"), "ci_coverage", json_real(.96));
	entry__interval(cell, &low, &high);
	assert_true(low == 123.25 && high == 177.75);
	text = rendered(doc, &renderer_text, 0, false);
	assert_non_null(strstr(text, "123.2"));
	free(text);
	json_decref(doc);
}

static void text_says_all_there_is(void **state)
{
	static const char *const parts[] = {
		"job made-up",
		"3 rounds",
		"seed 7",
		"KVM on vmx",
		"\nexit\n",
		"\nsched\n",
		"p50 ns",
		"p50 GB/s",
		"p50 µs",
		"irqchip=split",
		"1 IO_INSTRUCTION",
		"≠",
		"stream:working_set=64k",
		"varies",
		"1 ref: port in a VM of the default configuration",
		"2 the clock was seen to step",
		"exits not known: this kernel has no binary statistics",
		"skipped: needs a local APIC",
		"native",
		"cover the median with 75 %, not 95 %",
		"With one round",
		"a round failed: the guest hung",
		"exits seen by raw_tp, saw 200 of 200",
		"0.4966 ±1 %",
		"50.0 + 60.0 + 1.00 + ",
	};
	char *text = rendered_document(&renderer_text, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strstr(text, parts[i]))
			fail_msg("no \"%s\" in:\n%s", parts[i], text);
	/* A note is explained once. */
	assert_int_equal(count(text, "the clock was seen to step"), 1);
	/* Failed cells are listed in their group's table, not in one of their own. */
	assert_int_equal(count(text, "\nsched\n"), 1);
	free(text);
}

static void what_lies_under_the_vms_has_its_right_name(void **state)
{
	static const struct {
		const char *virt, *is, *is_not;
	} table[] = {
		{ "svm", "KVM on svm", "Xen " },
		{ "xen", "Xen 9.8", "KVM on" },
		{ "tcg", "in software by tcg", "KVM on" },
		{ "none", "Linux 9.8", "KVM on" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *doc = json_pack("{s:s, s:{s:s, s:s}, s:[]}", "schema", "hvbench.result/1",
					"host", "kernel", "9.8", "virt", table[i].virt, "cells");
		char *out = rendered(doc, &renderer_text, 100, false);

		assert_non_null(strstr(out, table[i].is));
		assert_null(strstr(out, table[i].is_not));
		free(out);
		json_decref(doc);
	}
}

static void full_coverage_is_not_remarked_upon(void **state)
{
	struct synthetic s;
	char *text;

	(void)state;
	synthetic__init(&s, "vmx");
	synthetic__cell(&s, &synthetic_beside);
	for (int i = 0; i < 6; i++)
		synthetic__round(&s, (double[]){ 200 + i }, 1, 1, 0);
	synthetic__finish(&s);
	text = rendered(s.doc, &renderer_text, 0, false);
	assert_null(strstr(text, "cover the median"));
	free(text);
	json_decref(s.doc);
}

static void ascii_locale_gets_ascii(void **state)
{
	char *text;

	(void)state;
	setenv("LC_ALL", "C", 1);
	text = rendered_document(&renderer_text, 100);
	setenv("LC_ALL", UTF8_LOCALE, 1);
	for (char *at = text; *at; at++)
		assert_true(*at > 0);
	assert_non_null(strstr(text, "!="));
	free(text);
}

static void colour_only_where_asked_for(void **state)
{
	json_t *doc = synthetic__document();
	char *plain = rendered(doc, &renderer_text, 100, false),
	     *color = rendered(doc, &renderer_text, 100, true);
	char *from = color, *to = color;

	(void)state;
	assert_null(strchr(plain, '\033'));
	assert_non_null(strchr(color, '\033'));
	/* Apart from the colours it is the same text. */
	while (*from) {
		if (*from == '\033')
			from = strchr(from, 'm') + 1;
		else
			*to++ = *from++;
	}
	*to = '\0';
	assert_string_equal(plain, color);
	free(plain);
	free(color);
	json_decref(doc);
}

static void empty_document_is_reported(void **state)
{
	struct synthetic s;

	(void)state;
	synthetic__init(&s, "none");
	for_each_renderer(r, SHOW_RESULT)
	{
		char *text = rendered(s.doc, r, 80, false);

		assert_true(strlen(text) > 0);
		free(text);
	}
	json_decref(s.doc);
}

static const char *const attacks[] = {
	"\033[31m\033]0;title\007",
	"a\nb\rc",
	"\xe2\x80\xae gnp",
	"=cmd|' /C calc'!A0",
	"@SUM(1)",
	"+1+1",
	"-2+3",
	"\t=1",
	"a|b|c",
	"`code` <script>alert(1)</script>",
	"](http://example.org) @somebody #1",
	"\"quoted\",",
	"\\",
	"~~struck~~",
	"# title",
	"%s%n",
	"\xc2\x85\xc2\x9b",
	"",
};

static void no_text_of_a_document_acts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		json_t *doc = hostile(attacks[i]);

		for_each_renderer(r, SHOW_RESULT)
		{
			char *text = rendered(doc, r, 100, false);
			/* A page's style is ours. */
			const char *style = strstr(text, "</style>");
			uint32_t cp;

			for (size_t at = style ? (size_t)(style - text) : 0, len = strlen(text);
			     at < len;) {
				at += utf8__decode(text + at, len - at, &cp);
				if (cp != '\n' && (cp == UTF8_INVALID || utf8__is_unsafe(cp)))
					fail_msg("U+%04x from attack %zu in %s", cp, i, r->name);
			}
			free(text);
		}
		json_decref(doc);
	}
}

/* Reads one record by RFC 4180 and returns how many fields it has; 0 at the end. */
static unsigned int read_record(const char **at, char *field, size_t room, unsigned int wanted)
{
	unsigned int nr = 0;

	while (**at) {
		bool quoted = **at == '"', keep = nr++ == wanted;
		size_t len = 0;

		*at += quoted;
		while (quoted ? **at != '"' || (*at)[1] == '"' : !strchr(",\n", **at)) {
			*at += quoted && **at == '"';
			if (keep && len + 1 < room)
				field[len++] = **at;
			(*at)++;
		}
		*at += quoted;
		if (keep)
			field[len] = '\0';
		if (*(*at)++ == '\n')
			break;
	}
	return nr;
}

static void csv_has_as_many_fields_in_every_record(void **state)
{
	char field[256];

	(void)state;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		json_t *doc = hostile(attacks[i]);
		char *text = rendered(doc, &renderer_csv, 0, false);
		const char *at = text;
		unsigned int fields = read_record(&at, field, sizeof(field), 0), records = 0;

		assert_string_equal(field, "workload");
		assert_int_equal(fields, 74);
		while (*at) {
			assert_int_equal(read_record(&at, field, sizeof(field), 0), fields);
			assert_null(*field ? strchr("=+-@\t\r", *field) : NULL);
			records++;
		}
		assert_int_equal(records, json_array_size(json_object_get(doc, "cells")));
		free(text);
		json_decref(doc);
	}
}

static void csv_has_the_figures(void **state)
{
	char *text = rendered_document(&renderer_csv, 0), field[256];
	const char *at = text;

	(void)state;
	read_record(&at, field, sizeof(field), 13);
	assert_string_equal(field, "p50");
	read_record(&at, field, sizeof(field), 13);
	assert_string_equal(field, "150.75");
	free(text);
}

static void markdown_rows_have_as_many_cells_as_the_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		json_t *doc = hostile(attacks[i]);
		char *text = rendered(doc, &renderer_markdown, 0, false), *save;
		unsigned int wanted = 0;

		for (char *line = strtok_r(text, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save)) {
			unsigned int bars = 0;

			if (*line != '|') {
				wanted = 0;
				continue;
			}
			for (char *at = line; *at; at++)
				bars += *at == '|';
			wanted = wanted ?: bars;
			if (bars != wanted)
				fail_msg("%u bars, not %u: %s", bars, wanted, line);
		}
		free(text);
		json_decref(doc);
	}
}

static void markdown_keeps_document_text_in_code_spans(void **state)
{
	json_t *doc = hostile("a` <b>@x [a](b) #1</b>");
	char *text = rendered(doc, &renderer_markdown, 0, false);
	bool code = false;

	(void)state;
	for (char *at = text; *at; at++) {
		code ^= *at == '`';
		if (!code && strchr("<@[", *at))
			fail_msg("outside a code span: %.40s", at);
	}
	assert_false(code);
	free(text);
	json_decref(doc);
}

static void json_is_the_document(void **state)
{
	json_t *doc = synthetic__document(), *back;
	char *text = rendered(doc, &renderer_json, 0, false);
	struct error err;

	(void)state;
	back = result__parse(text, strlen(text), "r", &err);
	assert_non_null(back);
	assert_int_equal(json_array_size(json_object_get(back, "cells")),
			 json_array_size(json_object_get(doc, "cells")));
	free(text);
	json_decref(doc);
	json_decref(back);
}

static void failing_output_is_an_error(void **state)
{
	struct report_options opts = { .width = 80 };
	json_t *doc = synthetic__document();

	(void)state;
	for_each_renderer(r, SHOW_RESULT)
	{
		FILE *out = fopen("/dev/full", "w");

		assert_true(r->render(SHOW_RESULT, doc, out, &opts) < 0);
		fclose(out);
	}
	json_decref(doc);
}

static void renderers_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(renderer__find("text", SHOW_RESULT), &renderer_text);
	assert_ptr_equal(renderer__find("md", SHOW_RESULT), &renderer_markdown);
	assert_null(renderer__find("pdf", ~0u));
}

static void halt_polling_is_summed_up_where_cells_wait(void **state)
{
	json_t *doc = synthetic__document(), *cell;
	const char *said =
		"halt polling: 100 of 100 halts (100 %) were woken while KVM polled; 0.5 ";
	char *text;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		json_object_set_new(cell, "halt_polling",
				    json_pack("{s:i, s:i, s:i, s:i}", "attempted", 100,
					      "successful", 100, "wasted_ns", 50000, "window_ops",
					      100));
	text = rendered(doc, &renderer_text, 0, false);
	assert_null(strstr(text, "halt polling:"));
	free(text);
	json_array_foreach(json_object_get(doc, "cells"), i, cell) {
		json_object_set_new(cell, "group", json_string("sched"));
		json_object_set_new(cell, "cpu_ns_per_op", json_real(1e4));
	}
	text = rendered(doc, &renderer_text, 0, false);
	assert_non_null(strstr(text, said));
	assert_non_null(strstr(text, "an operation polled in vain"));
	free(text);
	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		json_object_set_new(json_object_get(cell, "halt_polling"), "attempted",
				    json_null());
	text = rendered(doc, &renderer_text, 0, false);
	assert_null(strstr(text, "halt polling:"));
	free(text);
	json_decref(doc);
}

static void a_cost_without_parts_says_why(void **state)
{
	json_t *doc = synthetic__document(), *cell;
	char *text;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		json_object_set_new(cell, "cost",
				    json_pack("{s:f, s:f, s:f, s:s}", "kernel", 1.0, "user", 0.0,
					      "off_cpu", 0.0, "why", "it is of others as well"));
	text = rendered(doc, &renderer_text, 0, false);
	assert_non_null(strstr(text, "where its cost goes is not known: it is of others as well"));
	free(text);
	/* How late something was has no parts, and nobody asks for them. */
	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		json_object_set_new(cell, "kind", json_string("self-timed"));
	text = rendered(doc, &renderer_text, 0, false);
	assert_null(strstr(text, "where its cost goes"));
	free(text);
	json_decref(doc);
}

/*
 * An emulated host: the kernel's times are counts of instructions, converted by the TSC's rate
 * (here 100 MHz).
 */
static void a_counting_clock_has_no_times(void **state)
{
	json_t *doc = synthetic__document(), *cell, *host = json_object_get(doc, "host");
	char *text;
	size_t i;

	(void)state;
	json_object_set_new(host, "clock", json_string("icount"));
	json_object_set_new(host, "lab",
			    json_pack("{s:s, s:{s:s, s:s}, s:s}", "lane", "vmx", "emulator", "name",
				      "Bochs", "version", "2.7", "guest_started",
				      "2026-01-01T00:00:20Z"));
	json_array_foreach(json_object_get(doc, "cells"), i, cell) {
		json_object_set_new(cell, "group", json_string("sched"));
		json_object_set_new(cell, "unit", json_string("insn"));
		json_object_set_new(cell, "latency", json_null());
		json_object_set_new(cell, "tsc_khz", json_integer(100000));
		json_object_set_new(cell, "cpu_ns_per_op", json_real(40000));
		json_object_set_new(cell, "cost",
				    json_pack("{s:f, s:f, s:f, s:f}", "kernel", 20000.0, "user",
					      0.0, "off_cpu", 0.0, "switch", 1000.0));
		if (json_is_object(json_object_get(cell, "summary")))
			json_object_set_new(json_object_get(cell, "summary"), "p50",
					    json_real(2100));
		json_object_set_new(cell, "halt_polling",
				    json_pack("{s:i, s:i, s:i, s:i}", "attempted", 100,
					      "successful", 100, "wasted_ns", 2500000, "window_ops",
					      100));
	}
	text = rendered(doc, &renderer_text, 0, false);
	assert_non_null(strstr(text, "lane vmx of the lab, emulated by Bochs 2.7"));
	assert_non_null(strstr(text, "CPU instructions/op"));
	assert_non_null(strstr(text, "4,000"));
	assert_non_null(strstr(text, "2,500 instructions an operation polled in vain"));
	assert_non_null(strstr(text, "2,000 + 0.00 + 0.00 + 100.0"));
	assert_null(strstr(text, "µs"));
	assert_null(strstr(text, " us "));
	assert_null(strstr(text, " ns "));
	free(text);
	/* Without the rate nothing is converted. */
	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		json_object_set_new(cell, "tsc_khz", json_null());
	text = rendered(doc, &renderer_text, 0, false);
	assert_null(strstr(text, "CPU instructions/op"));
	assert_null(strstr(text, "polled in vain"));
	free(text);
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_grouped_whatever_the_locale),
		cmocka_unit_test(unsafe_characters_are_shown_not_sent),
		cmocka_unit_test(sanitized_text_is_utf8),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(left_out_columns_are_named),
		cmocka_unit_test(decimal_points_are_aligned),
		cmocka_unit_test(interval_that_covers_less_is_not_shown),
		cmocka_unit_test(text_says_all_there_is),
		cmocka_unit_test(what_lies_under_the_vms_has_its_right_name),
		cmocka_unit_test(full_coverage_is_not_remarked_upon),
		cmocka_unit_test(ascii_locale_gets_ascii),
		cmocka_unit_test(colour_only_where_asked_for),
		cmocka_unit_test(empty_document_is_reported),
		cmocka_unit_test(no_text_of_a_document_acts),
		cmocka_unit_test(csv_has_as_many_fields_in_every_record),
		cmocka_unit_test(csv_has_the_figures),
		cmocka_unit_test(halt_polling_is_summed_up_where_cells_wait),
		cmocka_unit_test(a_cost_without_parts_says_why),
		cmocka_unit_test(a_counting_clock_has_no_times),
		cmocka_unit_test(markdown_rows_have_as_many_cells_as_the_header),
		cmocka_unit_test(markdown_keeps_document_text_in_code_spans),
		cmocka_unit_test(json_is_the_document),
		cmocka_unit_test(failing_output_is_an_error),
		cmocka_unit_test(renderers_are_found_by_name),
	};

	setenv("LC_ALL", UTF8_LOCALE, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
