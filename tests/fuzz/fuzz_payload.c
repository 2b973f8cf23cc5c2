// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target (libFuzzer's entry point): a payload from anywhere is refused with a message, or
 * loads into guest memory with its mailbox inside. tests/unit/fuzz/test_fuzz_guest.c runs the same
 * for a short time where there is no libFuzzer.
 */
#include "bench/vmm/payload.h"
#include "tests/fuzz/input.h"

#define LOW_BYTES (1u << 20)

int fuzz_payload(const uint8_t *data, size_t size);

int fuzz_payload(const uint8_t *data, size_t size)
{
	/* Never read, so that one serves all inputs. */
	static uint8_t *low;
	char path[FUZZ_PATH_ROOM];
	struct error err = { 0 };
	struct payload payload;
	int ret;

	fuzz__file(data, size, path);
	ret = payload__open(&payload, path, &err);
	if (ret != err.code || (ret && !*err.text))
		abort();
	if (ret)
		return 0;
	low = low ?: malloc(LOW_BYTES);
	if (!low)
		abort();
	ret = payload__load(&payload, low, LOW_BYTES, &err);
	if (!ret && (payload.note.mailbox > LOW_BYTES - sizeof(struct hv_mailbox) ||
		     payload.note.pml4 > LOW_BYTES - 4096))
		abort();
	payload__close(&payload);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_payload(data, size);
}
#endif
