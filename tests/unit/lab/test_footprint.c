// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is counted of an exit: instructions are classified, each line is counted once, exits that
 * are alike become one, and the plugin's file is not trusted.
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
#include "bench/lab/fs.h"
#include "bench/lab/plugin/decode.c"
#include "bench/lab/plugin/exits.c"
#include "bench/lab/plugin/model.c"
#include "bench/result/doc.h"

static void instructions_are_told_apart(void **state)
{
	static const struct {
		uint8_t len, bytes[8];
		enum insn_kind kind;
		bool locked;
		enum insn_name name;
	} cases[] = {
		{ 2, { 0x74, 0x10 }, INSN_CONDITIONAL, false, NAME_NONE },
		{ 6, { 0x0f, 0x85, 1, 2, 3, 4 }, INSN_CONDITIONAL, false, NAME_NONE },
		{ 2, { 0xe3, 0x10 }, INSN_CONDITIONAL, false, NAME_NONE },
		{ 5, { 0xe8, 0x74, 0, 0, 0 }, INSN_PLAIN, false, NAME_NONE },
		{ 2, { 0xeb, 0x74 }, INSN_PLAIN, false, NAME_NONE },
		{ 1, { 0xc3 }, INSN_RETURN, false, NAME_NONE },
		{ 2, { 0xf3, 0xc3 }, INSN_RETURN, false, NAME_NONE },
		{ 2, { 0xff, 0xd0 }, INSN_INDIRECT, false, NAME_NONE },	      /* call *%rax */
		{ 3, { 0x41, 0xff, 0xe3 }, INSN_INDIRECT, false, NAME_NONE }, /* jmp *%r11 */
		{ 2, { 0xff, 0xc0 }, INSN_PLAIN, false, NAME_NONE },	      /* inc %eax */
		{ 2, { 0xff, 0x30 }, INSN_PLAIN, false, NAME_NONE },	      /* push (%rax) */
		{ 5, { 0xf0, 0x48, 0x0f, 0xb1, 0x0e }, INSN_PLAIN, true, NAME_NONE },
		{ 3, { 0x48, 0x87, 0x06 }, INSN_PLAIN, true, NAME_NONE },  /* xchg %rax, (%rsi) */
		{ 3, { 0x48, 0x87, 0xc6 }, INSN_PLAIN, false, NAME_NONE }, /* of registers */
		{ 3, { 0x0f, 0x01, 0xd8 }, INSN_PLAIN, false, NAME_VMRUN },
		{ 3, { 0x0f, 0x01, 0xda }, INSN_PLAIN, false, NAME_VMLOAD },
		{ 3, { 0x0f, 0x01, 0xc1 }, INSN_PLAIN, false, NAME_VMCALL },
		{ 3, { 0x0f, 0x01, 0xc3 }, INSN_PLAIN, false, NAME_VMRESUME },
		{ 3, { 0x0f, 0x78, 0xd0 }, INSN_PLAIN, false, NAME_VMREAD },
		{ 4, { 0x44, 0x0f, 0x79, 0xc2 }, INSN_PLAIN, false, NAME_VMWRITE },
		{ 3, { 0x0f, 0xc7, 0x33 }, INSN_PLAIN, false, NAME_VMPTRLD },
		{ 4, { 0x66, 0x0f, 0xc7, 0x33 }, INSN_PLAIN, false, NAME_VMCLEAR },
		{ 3, { 0x0f, 0xc7, 0xf0 }, INSN_PLAIN, false, NAME_NONE }, /* rdrand */
		{ 5, { 0x66, 0x0f, 0x38, 0x80, 0x08 }, INSN_PLAIN, false, NAME_INVEPT },
		{ 3, { 0x0f, 0x01, 0xdd }, INSN_PLAIN, false, NAME_CLGI },
		{ 3, { 0x0f, 0x01, 0xf8 }, INSN_PLAIN, false, NAME_SWAPGS },
		{ 4, { 0x0f, 0x01, 0x14, 0x24 }, INSN_PLAIN, false, NAME_LGDT },
		{ 3, { 0x0f, 0x01, 0x38 }, INSN_PLAIN, false, NAME_INVLPG },
		{ 3, { 0x0f, 0x00, 0xd8 }, INSN_PLAIN, false, NAME_LTR },
		{ 2, { 0x0f, 0x30 }, INSN_PLAIN, false, NAME_WRMSR },
		{ 3, { 0x0f, 0x22, 0xd8 }, INSN_PLAIN, false, NAME_MOV_TO_CR },
		{ 4, { 0x41, 0x0f, 0x20, 0xd8 }, INSN_PLAIN, false, NAME_MOV_FROM_CR },
		{ 3, { 0x0f, 0xae, 0xe8 }, INSN_PLAIN, false, NAME_LFENCE },
		{ 5, { 0xf3, 0x48, 0x0f, 0xae, 0xd8 }, INSN_PLAIN, false, NAME_WRGSBASE },
		{ 4, { 0x48, 0x0f, 0xae, 0x37 }, INSN_PLAIN, false, NAME_XSAVEOPT },
		{ 4, { 0x66, 0x0f, 0xae, 0x38 }, INSN_PLAIN, false, NAME_NONE }, /* clflushopt */
		{ 4, { 0x48, 0x0f, 0xc7, 0x1f }, INSN_PLAIN, false, NAME_XRSTORS },
		{ 4, { 0xf0, 0x0f, 0xc7, 0x0f }, INSN_PLAIN, true, NAME_NONE }, /* cmpxchg8b */
		{ 5, { 0x66, 0x0f, 0x38, 0x82, 0x06 }, INSN_PLAIN, false, NAME_INVPCID },
		{ 2, { 0x48, 0xcf }, INSN_PLAIN, false, NAME_IRET },
		{ 3, { 0xc5, 0xf8, 0x77 }, INSN_PLAIN, false, NAME_NONE }, /* vzeroupper */
		{ 1, { 0x66 }, INSN_PLAIN, false, NAME_NONE },
		{ 1, { 0x0f }, INSN_PLAIN, false, NAME_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct insn_class class = insn__classify(cases[i].bytes, cases[i].len);

		if (class.kind != cases[i].kind || class.locked != cases[i].locked ||
		    class.named != cases[i].name)
			fail_msg("case %zu: kind %d, locked %d, name %d (%s)", i, class.kind,
				 class.locked, class.named, insn_names[class.named] ?: "none");
	}
	for (int i = NAME_NONE + 1; i < NR_NAMES; i++)
		assert_non_null(insn_names[i]);
}

static void string_instructions_have_a_width(void **state)
{
	static const struct {
		uint8_t len, bytes[4], width;
	} cases[] = {
		{ 2, { 0xf3, 0xaa }, 1 },	      /* rep stosb */
		{ 3, { 0xf3, 0x48, 0xab }, 8 },	      /* rep stosq */
		{ 2, { 0xf3, 0xa5 }, 4 },	      /* rep movsl */
		{ 3, { 0x66, 0xf3, 0xa5 }, 2 },	      /* rep movsw */
		{ 3, { 0xf3, 0x40, 0xa4 }, 1 },	      /* a REX prefix without W */
		{ 3, { 0xf2, 0x48, 0xaf }, 8 },	      /* repne scasq */
		{ 3, { 0xf3, 0x48, 0x6f }, 4 },	      /* rep outsl: ports have no 8 bytes */
		{ 2, { 0xf3, 0xc3 }, 0 },	      /* rep ret */
		{ 4, { 0x0f, 0xaf, 0xc1, 0x00 }, 0 }, /* imul */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (insn__classify(cases[i].bytes, cases[i].len).width != cases[i].width)
			fail_msg("case %zu", i);
}

static void distinct_lines_and_pages_are_counted_once(void **state)
{
	struct span *s = calloc(1, sizeof(*s));

	(void)state;
	for (int round = 0; round < 2; round++) {
		span__begin(s);
		span__code(s, 0x1000);
		span__code(s, 0x103f);
		span__code(s, 0x1040);
		span__data(s, 0xffff0000, 0x5000, false);
		span__data(s, 0xffff0008, 0x5008, true);
		/* The same line at another address, as vmalloc and the direct map have it. */
		span__data(s, 0xeeee0000, 0x5000, true);
		span__data(s, 0xffff1000, 0x9000, false);
		assert_int_equal(s->counts[SPAN_CODE_LINES], 2);
		assert_int_equal(s->counts[SPAN_CODE_PAGES], 1);
		assert_int_equal(s->counts[SPAN_DATA_LINES], 2);
		assert_int_equal(s->counts[SPAN_DATA_LINES_WRITTEN], 1);
		assert_int_equal(s->counts[SPAN_DATA_PAGES], 3);
	}
	for (uint64_t line = 0; line <= SPAN_SLOTS / 2 && !s->overflow; line++)
		span__data(s, line << LINE_SHIFT, line << LINE_SHIFT, false);
	assert_true(s->overflow);
	free(s);
}

static void make_span(struct span *s, uint64_t first, unsigned int nr)
{
	span__begin(s);
	for (unsigned int i = 0; i < nr; i++)
		span__step(s, first + i);
}

/* An exit of `nr` instructions from `first` on, with so many loads. */
static void add_exit(struct exits *exits, struct span *s, uint64_t first, unsigned int nr,
		     unsigned int loads)
{
	make_span(s, first, nr);
	s->counts[SPAN_LOADS] = loads;
	s->named[NAME_VMRUN] = 1;
	exits__add(exits, 1, 0x1234, 5, s);
}

/* Without loads, and with so many of the guest's own instructions before it. */
static void add_exit_after(struct exits *exits, struct span *s, uint64_t guest, uint64_t first,
			   unsigned int nr)
{
	make_span(s, first, nr);
	exits__add(exits, 1, 0x1234, guest, s);
}

/* The plugin keeps them for as long as QEMU runs. */
static void free_exits(struct exits *exits)
{
	for (uint32_t i = 0; i < exits->nr_paths; i++)
		free(exits->paths[i].list);
	free(exits->paths);
	free(exits->path_slots);
	free(exits->misses);
	free(exits->list);
	free(exits->slots);
}

static char path[256];

static void write_exits(const struct exits *exits)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	exits__write(exits, f);
	fclose(f);
}

/* Two sets of two ways: even lines go to the first, odd ones to the second. */
static void what_was_used_least_recently_goes_first(void **state)
{
	struct model m;

	(void)state;
	assert_int_equal(model__init(&m, "2x2:2x2:4x2:1x1:1x2"), 0);
	for (uint64_t line = 0; line < 4; line++)
		model__code(&m, line << 6, false); /* 0 1 2 3: all new, on one page */
	assert_int_equal(m.misses[MODEL_L1I], 4);
	assert_int_equal(m.misses[MODEL_L2], 4);
	assert_int_equal(m.misses[MODEL_ITLB], 1);
	model__code(&m, 0 << 6, false); /* there: of its set 2 is the older now */
	model__code(&m, 4 << 6, false); /* new: 2 goes */
	model__code(&m, 0 << 6, false); /* still there */
	assert_int_equal(m.misses[MODEL_L1I], 5);
	model__code(&m, 2 << 6, false); /* gone from L1I, but in L2 */
	assert_int_equal(m.misses[MODEL_L1I], 6);
	assert_int_equal(m.misses[MODEL_L2], 5);
	/* The guest's code at the same address is other code, and another page. */
	model__code(&m, 2 << 6, true);
	assert_int_equal(m.misses[MODEL_L1I], 7);
	assert_int_equal(m.misses[MODEL_L2], 6);
	assert_int_equal(m.misses[MODEL_ITLB], 2);
	assert_int_equal(m.misses[MODEL_L1D], 0);
	model__free(&m);
}

/* A line that is mapped twice is one line on two pages; the guest and the host share it. */
static void data_is_known_by_where_it_lies(void **state)
{
	struct model m;

	(void)state;
	assert_int_equal(model__init(&m, "1x1:1x2:1x4:1x1:1x2"), 0);
	model__data(&m, 0x1000, 0x9000, false);
	model__data(&m, 0x2008, 0x9008, false);
	model__data(&m, 0x1010, 0x9010, true);
	assert_int_equal(m.misses[MODEL_L1D], 1);
	assert_int_equal(m.misses[MODEL_L2], 1);
	assert_int_equal(m.misses[MODEL_DTLB], 3); /* two of the host's, one of the guest's */
	model__data(&m, 0x2000, 0x9000, false);	   /* one of the two that are left */
	model__data(&m, 0x1000, 0x9000, false);	   /* the one that went */
	assert_int_equal(m.misses[MODEL_DTLB], 4);
	/* L2 holds code and data, and they are different things. */
	model__code(&m, 0x9000, false);
	assert_int_equal(m.misses[MODEL_L2], 2);
	model__free(&m);
}

static void a_model_is_what_was_asked_for(void **state)
{
	static const char *const bad[] = { "",
					   "1x1",
					   "1x1:1x1:1x1:1x1",
					   "1x1:1x1:1x1:1x1:1x1:1x1",
					   "0x1:1x1:1x1:1x1:1x1",
					   "1x0:1x1:1x1:1x1:1x1",
					   "1x1:1x1:1x1:1x1:9999999x9999999",
					   "a:b:c:d:e" };
	static const char *const bad_shapes[] = {
		"zen9",	      "L1I",	   "L1I=",	   "L1I=32",	 "L1I=32K",
		"L1I=32K/",   "L1I=32K/0", "L1I=32K/7",	   "L1I=33/1",	 "L3=1M/8",
		"ITLB=64K/8", "L1I=0/1",   "L1I=-1/1",	   "L1I=32K/8x", "L1D=9999999M/8",
		",",	      "zen3,zen9", "L1I=32K/99999"
	};
	struct model_shape shape;
	struct error err;
	struct model m;
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!model__init(&m, bad[i]))
			fail_msg("'%s' was taken", bad[i]);
	for (size_t i = 0; i < sizeof(bad_shapes) / sizeof(bad_shapes[0]); i++)
		if (model_shape__parse(&shape, bad_shapes[i], &err) != -EINVAL)
			fail_msg("'%s' was taken", bad_shapes[i]);
	assert_int_equal(model_shape__parse(&shape, "icelake-sp", &err), 0);
	assert_string_equal(shape.preset, "icelake-sp");
	assert_string_equal(model_shape__option(&shape, text, sizeof(text)),
			    "64x8:64x12:1024x20:16x8:16x4");
	assert_int_equal(model_shape__parse(&shape, "zen4,l1d=48K/12,DTLB=96/6", &err), 0);
	assert_null(shape.preset);
	assert_string_equal(model_shape__option(&shape, text, sizeof(text)),
			    "64x8:64x12:2048x8:1x64:16x6");
	assert_int_equal(model__init(&m, text), 0);
	model__free(&m);
}

static void of_what_misses_the_one_in_the_middle_is_written(void **state)
{
	struct span *s = calloc(1, sizeof(*s));
	struct footprints all;
	struct exits exits;
	struct error err;

	(void)state;
	assert_int_equal(exits__init(&exits, true), 0);
	/* The first is cold, and one had an interrupt before it. */
	for (uint32_t i = 0; i < 11; i++) {
		const uint32_t misses[MODEL_PARTS] = { i ? 7 : 400, i == 5 ? 99 : i, 1, 2, 3 };

		add_exit(&exits, s, 0xffffffff81000000, 100, 7);
		exits__add_misses(&exits, 1, 0x1234, s, misses);
	}
	/* A longer exit is another path. */
	add_exit(&exits, s, 0xffffffff81000000, 3000, 7);
	exits__add_misses(&exits, 1, 0x1234, s, (uint32_t[MODEL_PARTS]){ 999, 999, 999, 999, 999 });
	write_exits(&exits);
	assert_int_equal(footprints__read(&all, path, &err), 0);
	assert_int_equal(all.nr, 1);
	assert_true(all.list[0].modelled);
	assert_int_equal(all.list[0].misses[MODEL_L1I], 7);
	assert_int_equal(all.list[0].misses[MODEL_L1D], 6);
	assert_int_equal(all.list[0].misses[MODEL_L2], 1);
	assert_int_equal(all.list[0].misses[MODEL_ITLB], 2);
	assert_int_equal(all.list[0].misses[MODEL_DTLB], 3);
	footprints__free(&all);
	free_exits(&exits);
	free(s);
}

static void the_exit_that_comes_most_often_is_written(void **state)
{
	struct span *s = calloc(1, sizeof(*s));
	struct footprints all;
	struct exits exits;
	struct error err;

	(void)state;
	assert_int_equal(exits__init(&exits, false), 0);
	for (int i = 0; i < 40; i++)
		add_exit(&exits, s, 0xffffffff81000000, 100, 7 + (i % 4 == 0));
	/* One equally long but elsewhere, and a longer one, as with an interrupt. */
	add_exit(&exits, s, 0xffffffff82000000, 100, 7);
	add_exit(&exits, s, 0xffffffff81000000, 3000, 7);
	s->overflow = true;
	exits__add(&exits, 1, 0x1234, 5, s);
	for (int i = 0; i < 3; i++)
		exits__repeated(&exits, 0xffffffff81000010, 8);
	write_exits(&exits);
	assert_int_equal(footprints__read(&all, path, &err), 0);
	assert_int_equal(all.nr, 1);
	assert_int_equal(all.nr_reps, 1);
	assert_int_equal(all.reps[0].address, 0xffffffff81000010);
	assert_int_equal(all.reps[0].width, 8);
	assert_int_equal(all.lost, 1);
	assert_int_equal(all.list[0].seen, 42);
	assert_int_equal(all.list[0].alike, 41);
	assert_int_equal(all.list[0].same, 30);
	assert_int_equal(all.list[0].counts[SPAN_LOADS], 7);
	assert_int_equal(all.list[0].path[99], 0xffffffff81000063);
	assert_int_equal(footprint__path(&all, &all.list[0]), 102);
	assert_int_equal(doc__number(all.list[0].named, "VMRUN"), 1);
	footprints__free(&all);
	free_exits(&exits);
	free(s);
}

/* Data lies elsewhere each time, as on a way through another domain. */
static void exits_that_are_alike_in_their_instructions_are_a_path(void **state)
{
	struct span *s = calloc(1, sizeof(*s));
	struct footprints all;
	struct exits exits;
	struct error err;

	(void)state;
	assert_int_equal(exits__init(&exits, false), 0);
	for (unsigned int i = 0; i < 9; i++)
		add_exit(&exits, s, 0xffffffff81000000, 100, 7 + i);
	/* Seven of another length, each with the same: too few to be a path. */
	for (int i = 0; i < 7; i++)
		add_exit(&exits, s, 0xffffffff82000000, 300, 7);
	/* Many that are like no other. */
	for (unsigned int i = 0; i < 340; i++)
		add_exit(&exits, s, 0xffffffff83000000, 1000 + i, 7);
	write_exits(&exits);
	assert_int_equal(footprints__read(&all, path, &err), 0);
	assert_int_equal(all.nr, 1);
	assert_int_equal(all.list[0].seen, 356);
	assert_int_equal(all.list[0].alike, 9);
	assert_int_equal(all.list[0].same, 1);
	assert_int_equal(all.list[0].path[99], 0xffffffff81000063);
	footprints__free(&all);
	free_exits(&exits);
	free(s);
}

/*
 * Operations alone in their samples have the clock's reading before them; what the loop takes shows
 * only in one that follows another, even if its exit takes another way.
 */
static void the_loop_is_the_same_before_all_exits(void **state)
{
	struct span *s = calloc(1, sizeof(*s));
	struct footprints all;
	struct exits exits;
	struct error err;

	(void)state;
	assert_int_equal(exits__init(&exits, false), 0);
	for (unsigned int i = 0; i < 9; i++)
		add_exit_after(&exits, s, 65, 0xffffffff81000000, 100);
	add_exit_after(&exits, s, 3, 0xffffffff82000000, 300);
	/* This one is the instruction before it, tried again. */
	add_exit_after(&exits, s, 1, 0xffffffff82000000, 300);
	write_exits(&exits);
	assert_int_equal(footprints__read(&all, path, &err), 0);
	assert_int_equal(all.nr, 1);
	assert_int_equal(all.list[0].alike, 9);
	assert_int_equal(all.list[0].guest, 3);
	footprints__free(&all);
	free_exits(&exits);
	free(s);
}

#define COUNTS " 2 0 1 1 1 1 1 1 1 0 0 0 0 0"

static void what_the_plugin_wrote_is_read_with_suspicion(void **state)
{
	static const char good[] = "exit 1 1000 9 9 9 5" COUNTS
				   "\nnamed 1 VMRUN\npath ffff 1f\nend 0\n";
	static const char *const bad[] = {
		"",
		"end\n",
		"end x\n",
		"path 1 2\nend 0\n",
		"named 1 VMRUN\nend 0\n",
		"exit 1 1000 9 9 9 5" COUNTS "\nend 0\n",
		"exit 1 1000 9 9 9 5 1 2\npath 1 2\nend 0\n",
		"exit 1 1000 9 9 9 5" COUNTS " 7\npath 1 2\nend 0\n",
		"exit 1 1000 9 9 9 5" COUNTS "\npath 1\nend 0\n",
		"exit 1 1000 9 9 9 5" COUNTS "\npath 1 2 3\nend 0\n",
		"exit 1 1000 9 9 9 5" COUNTS "\npath 1 2\n",
		"exit 1 1000 9 9 9 5" COUNTS "\npath 1 2\npath 1 2\nend 0\n",
		"exit 1 1000 9 9 9 5 99999999999999999999 0 1 1 1 1 1 1 1 0 0 0 0 0\npath 1 2\nend "
		"0\n",
		"exit 1 1000 9 9 9 5" COUNTS "\nnamed 1\npath 1 2\nend 0\n",
		"exit 1 1000 9 9 9 5" COUNTS "\npath 1 2\nrep 1\nend 0\n",
		"exit 1 1000 9 9 9 5" COUNTS "\npath 1 2\nrep 1 9\nend 0\n",
		"exit 1 1000 9 9 9 5" COUNTS "\nmodel 1 2 3 4\npath 1 2\nend 0\n",
		"something else\nend 0\n",
	};
	struct footprints all;
	struct error err;

	(void)state;
	assert_int_equal(fs__write(path, good, sizeof(good) - 1, &err), 0);
	assert_int_equal(footprints__read(&all, path, &err), 0);
	assert_int_equal(all.list[0].path[0], 0xffff);
	footprints__free(&all);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(fs__write(path, bad[i], strlen(bad[i]), &err), 0);
		if (footprints__read(&all, path, &err) != -EBADMSG)
			fail_msg("case %zu was taken: %s", i, bad[i]);
	}
	/* A good file cut off at every length. */
	for (size_t len = 0; len + 3 < sizeof(good); len++) {
		assert_int_equal(fs__write(path, good, len, &err), 0);
		assert_int_not_equal(footprints__read(&all, path, &err), 0);
	}
	unlink(path);
	assert_int_equal(footprints__read(&all, path, &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions_are_told_apart),
		cmocka_unit_test(string_instructions_have_a_width),
		cmocka_unit_test(distinct_lines_and_pages_are_counted_once),
		cmocka_unit_test(what_was_used_least_recently_goes_first),
		cmocka_unit_test(data_is_known_by_where_it_lies),
		cmocka_unit_test(a_model_is_what_was_asked_for),
		cmocka_unit_test(of_what_misses_the_one_in_the_middle_is_written),
		cmocka_unit_test(the_exit_that_comes_most_often_is_written),
		cmocka_unit_test(the_loop_is_the_same_before_all_exits),
		cmocka_unit_test(exits_that_are_alike_in_their_instructions_are_a_path),
		cmocka_unit_test(what_the_plugin_wrote_is_read_with_suspicion),
	};
	int failed;

	snprintf(path, sizeof(path), "%s/hvbench-footprint-%d", getenv("TMP") ?: "/tmp",
		 (int)getpid());
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
