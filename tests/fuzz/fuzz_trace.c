// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: symbols sent by an emulated host, and QEMU's log of what it executed. The input is
 * the text of the symbols, a NUL, the log; if the last byte is odd, user space gets a name of its
 * own.
 */
#include "bench/lab/trace.h"
#include "tests/fuzz/input.h"

int fuzz_trace(const uint8_t *data, size_t size);

static void print(const struct trace *trace)
{
	static FILE *null;

	null = null ?: fopen("/dev/null", "w");
	trace__print_tree(trace, 0.1, null);
	json_decref(trace__to_json(trace));
	trace__total(trace, "f");
}

int fuzz_trace(const uint8_t *data, size_t size)
{
	size_t len = size ? strnlen((const char *)data, size) : 0;
	struct symbols symbols = { 0 };
	char path[FUZZ_PATH_ROOM];
	struct error err = { 0 };
	struct trace trace;

	fuzz__file(data + len, size - len, path);
	if (symbols__add(&symbols, fuzz__text(data, len), &err))
		fuzz__check_message(err.text);
	symbols__sort(&symbols);
	if (trace__read(&trace, path, &symbols, size && data[size - 1] & 1 ? "[hvbench]" : "",
			&err))
		fuzz__check_message(err.text);
	else
		print(&trace);
	trace__free(&trace);
	symbols__free(&symbols);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_trace(data, size);
}
#endif
