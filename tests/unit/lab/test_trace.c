// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One exit, instruction by instruction: which instructions are the exit's, what they are called,
 * and which of several exits is meant. Logs of a few lines; all numbers are counted by hand.
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

#include "bench/lab/trace.c"

/* QEMU's flags: an SVM guest's, and the ring. */
#define GUEST 0x200000u
#define USER  3u

static char path[256];
static FILE *log_file;

static int set_up(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/hvbench-trace-XXXXXX", getenv("TMP") ?: "/tmp");
	fd = mkstemp(path);
	log_file = fd < 0 ? NULL : fdopen(fd, "w");
	return log_file ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static void step(uint64_t pc, unsigned int flags)
{
	fprintf(log_file, "Trace 0: 0x7f0000000000 [00000000/%016llx/%08x/ff000001] \n",
		(unsigned long long)pc, flags);
}

/* "run" at 0x1000, from whose middle the guest is entered; it calls "handle" at 0x2000. */
static void add_symbols(struct symbols *symbols)
{
	static const char text[] = "0000000000001000 T run\n"
				   "0000000000002000 t handle\t[kvm]\n"
				   "0000000000002000 t __alias\n"
				   "0000000000003000 T interrupt\n"
				   "0000000000004000 D data\n"
				   "0000000000002800 t handle.cold\n"
				   "0000000000005000 t file.c#of_xen\n";
	struct error err = { 0 };

	memset(symbols, 0, sizeof(*symbols));
	assert_int_equal(symbols__add(symbols, strdup(text), &err), 0);
	symbols__sort(symbols);
}

/* Seven instructions: run 2, handle 4 (one with a rep prefix, thrice), run 1. */
static void usual_exit(void)
{
	step(0x1008, 0);
	step(0x100c, 0);
	step(0x2000, 0);
	for (int i = 0; i < 3; i++)
		step(0x2004, 0);
	step(0x1004, 0);
}

/* The guest's loop: five instructions, of which that at 0x40 exits. */
static void guest_loop(void)
{
	for (uint64_t pc = 0x30; pc <= 0x40; pc += 4)
		step(pc, GUEST);
}

static int read_log(struct trace *trace, const struct symbols *symbols, const char *user,
		    struct error *err)
{
	fclose(log_file);
	return trace__read(trace, path, symbols, user, err);
}

static void an_exit_is_what_runs_between_two_of_the_guests(void **state)
{
	struct symbols symbols;
	struct error err = { 0 };
	struct trace trace;

	(void)state;
	add_symbols(&symbols);
	/* It begins and ends in the middle of an exit: those are incomplete and do not count. */
	step(0x2004, 0);
	for (int i = 0; i < 4; i++) {
		guest_loop();
		usual_exit();
	}
	assert_int_equal(read_log(&trace, &symbols, "", &err), 0);
	assert_int_equal(trace.exits, 3);
	assert_int_equal(trace.alike, 3);
	assert_int_equal(trace.instructions, 7);
	assert_int_equal(trace.guest_instructions, 5);
	assert_int_equal(trace.guest_address, 0x40);
	/*
	 * Without the empty loop: two instructions and the one that exits, which the clock does not
	 * see.
	 */
	assert_int_equal(trace__path(&trace), 7 + 5 - 3);
	assert_int_equal(trace__total(&trace, "run"), 7);
	assert_int_equal(trace__total(&trace, "handle"), 4);
	assert_int_equal(trace__total(&trace, "interrupt"), 0);
	/* Two repetitions in addition to the instruction itself. */
	assert_int_equal(trace.repetitions, 2);
	assert_int_equal(trace.nr_reps, 1);
	assert_int_equal(trace.reps[0].address, 0x2004);
	assert_int_equal(trace.reps[0].repetitions, 2);
	assert_string_equal(trace.reps[0].function, "handle");
	trace__free(&trace);
	symbols__free(&symbols);
}

/*
 * An exit with a timer interrupt is like no other; nor is one of the same length by another
 * instruction.
 */
static void the_typical_one_is_like_most_others(void **state)
{
	struct symbols symbols;
	struct error err = { 0 };
	struct trace trace;

	(void)state;
	add_symbols(&symbols);
	guest_loop();
	usual_exit();
	guest_loop();
	for (int i = 0; i < 20; i++)
		step(0x3000 + 4 * i, 0);
	usual_exit();
	guest_loop();
	step(0x50, GUEST);
	usual_exit();
	step(0x54, GUEST);
	usual_exit();
	guest_loop();
	usual_exit();
	guest_loop();
	usual_exit();
	guest_loop();
	assert_int_equal(read_log(&trace, &symbols, "", &err), 0);
	assert_int_equal(trace.exits, 6);
	assert_int_equal(trace.alike, 3);
	assert_int_equal(trace.instructions, 7);
	assert_int_equal(trace.guest_address, 0x40);
	assert_int_equal(trace__total(&trace, "interrupt"), 0);
	trace__free(&trace);
	symbols__free(&symbols);
}

static void one_exit_is_no_profile(void **state)
{
	struct symbols symbols;
	struct error err = { 0 };
	struct trace trace;

	(void)state;
	add_symbols(&symbols);
	guest_loop();
	usual_exit();
	guest_loop();
	step(0x1008, 0);
	guest_loop();
	assert_int_equal(read_log(&trace, &symbols, "", &err), -ENODATA);
	assert_non_null(strstr(err.text, "23 instructions"));
	trace__free(&trace);
	symbols__free(&symbols);
}

/* User space is a single entry with a name, or is looked up like the rest. */
static void user_space_has_a_name(void **state)
{
	struct symbols symbols;
	struct error err = { 0 };
	struct trace trace;

	(void)state;
	add_symbols(&symbols);
	for (int i = 0; i < 3; i++) {
		guest_loop();
		step(0x1008, 0);
		step(0x7000, USER);
		step(0x7004, USER);
		step(0x1004, 0);
	}
	guest_loop();
	assert_int_equal(read_log(&trace, &symbols, "the VMM", &err), 0);
	assert_int_equal(trace.instructions, 4);
	assert_int_equal(trace.user_instructions, 2);
	assert_int_equal(trace__total(&trace, "the VMM"), 2);
	trace__free(&trace);
	symbols__free(&symbols);
}

static void a_tree_is_printed_with_what_each_has(void **state)
{
	struct symbols symbols;
	struct error err = { 0 };
	struct trace trace;
	char *text = NULL;
	size_t len;
	FILE *out;

	(void)state;
	add_symbols(&symbols);
	for (int i = 0; i < 3; i++) {
		guest_loop();
		usual_exit();
	}
	guest_loop();
	assert_int_equal(read_log(&trace, &symbols, "", &err), 0);
	out = open_memstream(&text, &len);
	trace__print_tree(&trace, 0, out);
	fclose(out);
	assert_non_null(strstr(text, "      7       0  100.0 %  exit\n"));
	assert_non_null(strstr(text, "      7       3  100.0 %    run\n"));
	assert_non_null(strstr(text, "      4       4   57.1 %      handle\n"));
	free(text);
	trace__free(&trace);
	symbols__free(&symbols);
}

/* What a document keeps of an exit is all there is to it. */
static void a_tree_comes_back_from_a_document(void **state)
{
	struct symbols symbols;
	struct error err = { 0 };
	struct trace trace, again;
	json_t *doc, *before, *after;

	(void)state;
	add_symbols(&symbols);
	for (int i = 0; i < 3; i++) {
		guest_loop();
		usual_exit();
	}
	guest_loop();
	assert_int_equal(read_log(&trace, &symbols, "", &err), 0);
	trace.reps[0].width = 8;
	doc = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o}", "insn", 7, "insn_user", 0,
			"guest_insn", 5, "seen", 2, "alike", 2, "repetitions", 2, "tree",
			trace__tree(&trace), "rep", trace__reps(&trace));
	trace.exits = trace.alike = 2;
	assert_int_equal(trace__of_footprint(&again, doc, &err), 0);
	before = trace__to_json(&trace);
	after = trace__to_json(&again);
	assert_true(json_equal(before, after));
	json_decref(before);
	json_decref(after);
	trace__free(&again);
	trace__free(&trace);
	json_decref(doc);
	symbols__free(&symbols);
}

static void a_damaged_tree_is_refused(void **state)
{
	static const char *const bad[] = {
		"[{\"function\": \"a\", \"parent\": 0, \"self\": 1, \"calls\": 1}]",
		"[{\"function\": \"a\", \"parent\": null}, {\"function\": \"b\", \"parent\": 1}]",
		"[{\"function\": \"a\", \"parent\": null}, {\"function\": \"b\", \"parent\": -1}]",
		"[{\"function\": \"a\", \"parent\": null}, {\"function\": \"b\", \"parent\": "
		"null}]",
		"[{\"function\": 7, \"parent\": null}]",
		"[1]",
	};
	struct error err = { 0 };
	struct trace trace;
	json_t *deep = json_array(), *doc;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		doc = json_pack("{s:o}", "tree", json_loads(bad[i], 0, NULL));
		if (trace__of_footprint(&trace, doc, &err) != -EBADMSG)
			fail_msg("case %zu was taken", i);
		trace__free(&trace);
		json_decref(doc);
	}
	for (int i = 0; i < 100000; i++)
		json_array_append_new(deep, json_pack("{s:s, s:o}", "function", "f", "parent",
						      i ? json_integer(i - 1) : json_null()));
	doc = json_pack("{s:o}", "tree", deep);
	assert_int_equal(trace__of_footprint(&trace, doc, &err), -EBADMSG);
	trace__free(&trace);
	json_object_set_new(doc, "tree", json_null());
	assert_int_equal(trace__of_footprint(&trace, doc, &err), -ENODATA);
	trace__free(&trace);
	json_decref(doc);
}

static void addresses_belong_to_the_function_before_them(void **state)
{
	struct symbols symbols;

	(void)state;
	add_symbols(&symbols);
	assert_null(symbols__find(&symbols, 0xfff));
	assert_string_equal(symbols__find(&symbols, 0x1000)->name, "run");
	assert_string_equal(symbols__find(&symbols, 0x1fff)->name, "run");
	/* Of two names the one without underscores; data are none; Xen's has its file before it. */
	assert_string_equal(symbols__find(&symbols, 0x2000)->name, "handle");
	assert_string_equal(symbols__find(&symbols, 0x4000)->name, "interrupt");
	assert_string_equal(symbols__find(&symbols, 0x5000)->name, "of_xen");
	assert_non_null(symbols__find(&symbols, 0x5000 + (1 << 20)));
	assert_null(symbols__find(&symbols, 0x5001 + (1 << 20)));
	symbols__free(&symbols);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_exit_is_what_runs_between_two_of_the_guests),
		TEST(the_typical_one_is_like_most_others),
		TEST(one_exit_is_no_profile),
		TEST(user_space_has_a_name),
		TEST(a_tree_is_printed_with_what_each_has),
		TEST(a_tree_comes_back_from_a_document),
		cmocka_unit_test(a_damaged_tree_is_refused),
		cmocka_unit_test(addresses_belong_to_the_function_before_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
