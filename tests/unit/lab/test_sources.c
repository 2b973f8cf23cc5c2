// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source lines by debug information: of a program linked where a kernel is, and of a module that
 * was loaded elsewhere than where it says. Both are compiled here, from lines that are known.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/fs.h"
#include "bench/lab/lab.h"
#include "bench/lab/sources.h"

#ifdef HAVE_LIBDW
static const char kernel_c[] =
	"int counter;\n"
	"\n"
	"static inline __attribute__((always_inline)) void put_aside(int n)\n"
	"{\n"
	"	*(volatile int *)&counter = n;\n"
	"}\n"
	"\n"
	"__attribute__((noinline)) void handle(void)\n"
	"{\n"
	"	put_aside(7);\n"
	"}\n"
	"\n"
	"void _start(void)\n"
	"{\n"
	"	handle();\n"
	"}\n";

static const char module_c[] = "int f(int n);\n"
			       "int first(int n)\n"
			       "{\n"
			       "	return f(n);\n"
			       "}\n"
			       "int second(int n)\n"
			       "{\n"
			       "	return f(n) + 1;\n"
			       "}\n";

static const char other_c[] = "int f(int n);\n"
			      "int first(int n)\n"
			      "{\n"
			      "	return f(n) * f(n + 7) * f(n + 9);\n"
			      "}\n"
			      "int second(int n)\n"
			      "{\n"
			      "	return f(n) + 1;\n"
			      "}\n";

static char dir[256];

static void command(const char *fmt)
{
	char text[2048];

	snprintf(text, sizeof(text), "cd '%s' && %s", dir, fmt);
	if (system(text))
		fail_msg("%s", text);
}

static void put(const char *name, const char *text)
{
	char path[LAB_PATH];
	struct error err;

	fs__path(path, "%s/%s", dir, name);
	assert_int_equal(fs__write(path, text, strlen(text), &err), 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "%s/hvbench-sources-XXXXXX", getenv("TMP") ?: "/tmp");
	if (!mkdtemp(dir))
		return -1;
	put("kernel.c", kernel_c);
	put("module.c", module_c);
	put("other.c", other_c);
	command("mkdir -p arch/x86/kvm && gcc -g -O1 -fno-pic -mcmodel=kernel -nostdlib -static "
		"-fno-asynchronous-unwind-tables -Wl,-Ttext=0xffffffff81000000 -Wl,--build-id=none "
		"-o vmlinux kernel.c && gcc -g -O1 -fno-pic -c -o arch/x86/kvm/kvm-x.ko "
		"arch/x86/../../module.c "
		"&& "
		"cp vmlinux stripped && strip stripped && nm vmlinux >kernel.syms && "
		"nm arch/x86/kvm/kvm-x.ko >module.syms");
	command("mkdir -p boot lib/modules/9/kernel/virt alone without other && "
		"cp vmlinux boot/vmlinux-9 && cp arch/x86/kvm/kvm-x.ko lib/modules/9/kernel/virt "
		"&& "
		"cp vmlinux alone/vmlinux && "
		"cp vmlinux without && strip -g -o without/kvm-x.ko arch/x86/kvm/kvm-x.ko && "
		"cp vmlinux other && gcc -g -O1 -fno-pic -c -o other/kvm-x.ko other.c");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fs__remove_tree(dir);
	return 0;
}

/* As /proc/kallsyms has them: the kernel's moved by `off`, the module's loaded far above it. */
static void take_symbols(struct symbols *symbols, uint64_t off)
{
	static const char *const files[] = { "kernel.syms", "module.syms" };
	struct error err;

	memset(symbols, 0, sizeof(*symbols));
	for (int i = 0; i < 2; i++) {
		char path[LAB_PATH], line[256], *text = NULL, name[128], type;
		unsigned long long address;
		size_t len;
		FILE *in, *out = open_memstream(&text, &len);

		fs__path(path, "%s/%s", dir, files[i]);
		in = fopen(path, "r");
		assert_non_null(in);
		while (fgets(line, sizeof(line), in))
			if (sscanf(line, "%llx %c %127s", &address, &type, name) == 3)
				fprintf(out, "%016llx %c %s%s\n",
					address + (i ? 0xffffffffc0123000 : off), type, name,
					i ? "\t[kvm_x]" : "");
		fclose(in);
		fclose(out);
		assert_int_equal(symbols__add(symbols, text, &err), 0);
	}
	symbols__sort(symbols);
}

static const struct symbol *named(const struct symbols *symbols, const char *name)
{
	for (size_t i = 0; i < symbols->nr; i++)
		if (!strcmp(symbols->list[i].name, name))
			return &symbols->list[i];
	fail_msg("no symbol %s", name);
	return NULL;
}

/* Whether some instruction of the function is from that line. */
static bool has_line(struct sources *sources, const struct symbols *symbols, const char *name,
		     const char *want_file, unsigned int want)
{
	const struct symbol *s = named(symbols, name);
	const char *file;
	unsigned int line;

	for (uint64_t off = 0; off < 16; off++)
		if (sources__find(sources, s, s->address + off, &file, &line) && line == want &&
		    strstr(file, want_file) && !strstr(file, ".."))
			return true;
	return false;
}

static void lines_are_found_of_kernel_and_module(void **state)
{
	struct symbols symbols;
	struct sources *sources;
	char path[LAB_PATH];
	struct error err;

	(void)state;
	fs__path(path, "%s/vmlinux", dir);
	assert_int_equal(sources__open(&sources, path, &err), 0);
	take_symbols(&symbols, 0);
	assert_int_equal(sources__check(sources, &symbols, &err), 0);
	/* What was inlined has its own line, in the function that it is in. */
	assert_true(has_line(sources, &symbols, "handle", "kernel.c", 5));
	assert_true(has_line(sources, &symbols, "_start", "kernel.c", 15));
	assert_true(has_line(sources, &symbols, "first", "module.c", 4));
	assert_true(has_line(sources, &symbols, "second", "module.c", 8));
	assert_false(has_line(sources, &symbols, "first", "module.c", 8));
	assert_false(sources__lack(sources, err.text, sizeof(err.text)));
	symbols__free(&symbols);
	sources__close(sources);
}

static void modules_are_of_the_build_that_ran_or_missed(void **state)
{
	static const struct {
		const char *vmlinux;
		bool there;
	} cases[] = {
		{ "boot/vmlinux-9", true },   /* as Debian's package has them */
		{ "alone/vmlinux", false },   /* there is none */
		{ "without/vmlinux", false }, /* it has no debug information */
		{ "other/vmlinux", false },   /* another build's */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct symbols symbols;
		struct sources *sources;
		char path[LAB_PATH], why[512];
		struct error err;

		fs__path(path, "%s/%s", dir, cases[i].vmlinux);
		assert_int_equal(sources__open(&sources, path, &err), 0);
		take_symbols(&symbols, 0);
		assert_int_equal(sources__check(sources, &symbols, &err), 0);
		assert_true(has_line(sources, &symbols, "handle", "kernel.c", 5));
		assert_false(sources__lack(sources, why, sizeof(why)));
		assert_int_equal(has_line(sources, &symbols, "second", ".c", 8), cases[i].there);
		assert_int_equal(sources__lack(sources, why, sizeof(why)), !cases[i].there);
		assert_true(cases[i].there || strstr(why, "kvm_x: below "));
		symbols__free(&symbols);
		sources__close(sources);
	}
}

static void another_kernel_s_is_refused(void **state)
{
	struct symbols symbols;
	struct sources *sources;
	char path[LAB_PATH];
	struct error err;

	(void)state;
	fs__path(path, "%s/vmlinux", dir);
	assert_int_equal(sources__open(&sources, path, &err), 0);
	take_symbols(&symbols, 0x40);
	assert_int_equal(sources__check(sources, &symbols, &err), -EINVAL);
	assert_non_null(strstr(err.text, "another kernel"));
	symbols__free(&symbols);
	sources__close(sources);
}

static void files_without_lines_are_reported(void **state)
{
	static const struct {
		const char *name;
		int code;
	} cases[] = {
		{ "stripped", -EBADMSG },
		{ "kernel.c", -EBADMSG },
		{ "nowhere", -ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sources *sources;
		char path[LAB_PATH];
		struct error err;

		fs__path(path, "%s/%s", dir, cases[i].name);
		assert_int_equal(sources__open(&sources, path, &err), cases[i].code);
		assert_null(sources);
		assert_non_null(strstr(err.text, cases[i].name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_found_of_kernel_and_module),
		cmocka_unit_test(modules_are_of_the_build_that_ran_or_missed),
		cmocka_unit_test(another_kernel_s_is_refused),
		cmocka_unit_test(files_without_lines_are_reported),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

#else

static void without_libdw_the_message_says_what_is_missing(void **state)
{
	struct sources *sources;
	struct error err;

	(void)state;
	assert_int_equal(sources__open(&sources, "/proc/self/exe", &err), -EOPNOTSUPP);
	assert_null(sources);
	assert_non_null(strstr(err.text, "libdw"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_libdw_the_message_says_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
