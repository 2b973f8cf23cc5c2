// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exits from what Bochs's debugger prints: of a mark's instructions those between two of the
 * guest's are an exit, with its accesses to memory; what the processor reads by itself, what comes
 * before a mark, and an exit with a line that cannot be read, do not count.
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

#include "bench/lab/footprint.h"
#include "bench/lab/lanes/bochs_log.h"

#define STEP(address, text, bytes) \
	"(0).[2007961919] [0x0000015d3237] 0010:" address " (unk. ctxt): " text " ; " bytes "\n"
#define MARK		   "sent by the host(0) Magic breakpoint\nNext at t=5\n<bochs:2> trace on\n"
#define GUEST		   STEP("0000000000104a2c", "cpuid", "0fa2")
#define ENTER(text, bytes) STEP("ffffffffc035139e", text, bytes)
#define EXIT(first, enter, bytes) \
	STEP(first, "push rax", "50") \
	"[CPU0 WR]: LIN 0xffffc900005a7920 PHY 0x00001f074920 (len=8, WB): 0xFFFF8880 " \
	"0x1EDB5300\n" STEP( \
		"ffffffff81063ecb", "inc dword ptr gs:[rip+1]", \
		"65ff0501000000") "[CPU0 RD]: PHY 0x00001f092ff8 (len=8, WB): 0x00000000 " \
				  "0x02A15067	; PML4E\n" \
				  "[CPU0 RW]: LIN 0xffff88801f41fb3e PHY 0x00001f41fb3e (len=4, " \
				  "WB): 0x0000138E\n" \
				  "[CPU0 WR]: PHY 0x00001f41fb3e (len=4, WB): 0x0000138F\n" STEP( \
					  "ffffffff81063ed2", "ret", \
					  "c3") "[CPU0 RD]: LIN 0xffffc900005a7920 PHY " \
						"0x00001f074920 (len=8, WB): 0xFFFFFFFF " \
						"0x0\n" ENTER(enter, \
							      bytes) "[CPU0 RD]: LIN " \
								     "0xffff88801e000000 PHY " \
								     "0x00001e000000 (len=8, " \
								     "WB): 0x00000000 0x0\n"
/* Under nested paging of SVM. */
#define UNREAD \
	"(0).[1] ??? (physical address not available)\n" \
	"[CPU0 WR]: PHY 0x00001f0a5570 (len=8, WB): 0x00000000 0x00000246\n" \
	"[CPU0 WR]: PHY 0x00001f0a5578 (len=8, WB): 0x00000000 0x00104A2C\n"
#define VMX EXIT("ffffffffc03513ae", "vmresume", "0f01c3")
#define SVM EXIT("ffffffffc03513a1", "vmrun", "0f01d8")

static int exits_of(const char *text, struct footprints *all)
{
	char log[] = "/tmp/hvbench-test.XXXXXX", out[] = "/tmp/hvbench-test.XXXXXX";
	struct error err;
	int code;

	assert_true(write(mkstemp(log), text, strlen(text)) == (ssize_t)strlen(text));
	assert_true(mkstemp(out) >= 0);
	code = bochs_log__exits(log, NULL, out, &err);
	if (!code)
		assert_int_equal(footprints__read(all, out, &err), 0);
	unlink(log);
	unlink(out);
	return code;
}

static void is_the_exit(const char *text, uint64_t first, const char *enter)
{
	const uint64_t path[] = { first, 0xffffffff81063ecb, 0xffffffff81063ed2,
				  0xffffffffc035139e };
	struct footprints all;

	assert_int_equal(exits_of(text, &all), 0);
	assert_int_equal(all.nr, 1);
	assert_int_equal(all.list[0].rip, 0x104a2c);
	assert_int_equal(all.list[0].alike, 3);
	assert_int_equal(all.list[0].guest, 1);
	/* Bochs's clock counts the guest's instruction too; less two of a loop. */
	assert_int_equal(footprint__path(&all, &all.list[0]), 4 + 1 - 2);
	assert_int_equal(all.list[0].counts[SPAN_INSN], 4);
	assert_memory_equal(all.list[0].path, path, sizeof(path));
	assert_int_equal(all.list[0].counts[SPAN_LOADS], 2);
	assert_int_equal(all.list[0].counts[SPAN_STORES], 2);
	/* One of the accesses goes over the end of a line. */
	assert_int_equal(all.list[0].counts[SPAN_DATA_LINES], 3);
	assert_int_equal(all.list[0].counts[SPAN_DATA_LINES_WRITTEN], 3);
	assert_int_equal(all.list[0].counts[SPAN_RETURNS], 1);
	assert_int_equal(json_integer_value(json_object_get(all.list[0].named, enter)), 1);
	footprints__free(&all);
}

static void an_exit_is_what_lies_between_two_instructions_of_the_guest(void **state)
{
	(void)state;
	is_the_exit(GUEST VMX MARK GUEST VMX GUEST VMX GUEST VMX GUEST, 0xffffffffc03513ae,
		    "VMRESUME");
	is_the_exit(GUEST SVM MARK GUEST SVM GUEST SVM GUEST SVM GUEST, 0xffffffffc03513a1,
		    "VMRUN");
}

static void where_the_guest_cannot_be_read_its_vmcb_tells_where_it_was(void **state)
{
	(void)state;
	is_the_exit(MARK UNREAD SVM UNREAD SVM UNREAD SVM UNREAD, 0xffffffffc03513a1, "VMRUN");
}

static void what_is_not_whole_is_left_out(void **state)
{
	struct footprints all;

	(void)state;
	/* The last one was cut off. */
	is_the_exit(MARK GUEST VMX GUEST VMX GUEST VMX GUEST VMX, 0xffffffffc03513ae, "VMRESUME");
	/* Of one an instruction could not be read. */
	is_the_exit(MARK GUEST VMX GUEST VMX GUEST STEP(
			    "ffffffffc03513ae", "push rax",
			    "50") "(0).[1] ??? (physical address not "
				  "available)\n" STEP("ffffffffc035139e", "vmresume", "0f01c3")
					  GUEST VMX GUEST,
		    0xffffffffc03513ae, "VMRESUME");
	assert_int_equal(exits_of(GUEST VMX GUEST VMX GUEST VMX GUEST, &all), 0);
	assert_int_equal(all.nr, 0);
	footprints__free(&all);
}

static void a_log_without_instructions_is_an_error(void **state)
{
	struct footprints all;

	(void)state;
	assert_int_equal(exits_of("Next at t=0\n" MARK, &all), -ENODATA);
}

static void the_debugger_stops_at_so_many_marks(void **state)
{
	char *text = NULL;
	size_t len, nr = 0;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	bochs_log__commands(f, 3);
	fclose(f);
	for (const char *p = text; (p = strstr(p, "trace-mem on\ns "));)
		p++, nr++;
	assert_int_equal(nr, 3);
	assert_string_equal(text + len - 4, "c\nc\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exit_is_what_lies_between_two_instructions_of_the_guest),
		cmocka_unit_test(where_the_guest_cannot_be_read_its_vmcb_tells_where_it_was),
		cmocka_unit_test(what_is_not_whole_is_left_out),
		cmocka_unit_test(a_log_without_instructions_is_an_error),
		cmocka_unit_test(the_debugger_stops_at_so_many_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
