// SPDX-License-Identifier: GPL-2.0-or-later
/* Fuzz target: what an emulated host writes to port 0xe9, and the end of a log with any content. */
#include "bench/lab/fs.h"
#include "bench/lab/wire.h"
#include "tests/fuzz/input.h"

int fuzz_wire(const uint8_t *data, size_t size);

static void get(const char *path, const char *name)
{
	struct error err = { 0 };
	char *bytes;
	size_t len;

	if (wire__get_file(path, name, &bytes, &len, &err))
		fuzz__check_message(err.text);
	else if (bytes[len])
		abort();
	free(bytes);
}

int fuzz_wire(const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH_ROOM];
	struct wire_state state = { 0 };

	fuzz__file(data, size, path);
	wire__scan(path, &state);
	get(path, "result.json");
	get(path, "text");
	free(fs__tail(path, size % 5));
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_wire(data, size);
}
#endif
