// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: an ELF program, from a package or the user, that is put into an image with all it
 * needs.
 */
#include "bench/lab/image/cpio.h"
#include "bench/lab/image/elfdeps.h"
#include "tests/fuzz/input.h"

int fuzz_elf(const uint8_t *data, size_t size);

int fuzz_elf(const uint8_t *data, size_t size)
{
	struct elf_search search = { { NULL } };
	struct cpio *cpio = cpio__new();
	char path[FUZZ_PATH_ROOM];
	struct error err = { 0 };

	if (!cpio)
		abort();
	fuzz__file(data, size, path);
	elf_search__add(&search, "/nonexistent");
	if (elfdeps__add_program(cpio, "bin/program", path, &search, &err))
		fuzz__check_message(err.text);
	cpio__write(cpio, "/dev/null", &err);
	cpio__free(cpio);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_elf(data, size);
}
#endif
