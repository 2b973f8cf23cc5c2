// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: kvm_exit's format file, by which records are built and read and exit reasons get
 * their names. There is no other tracefs to open, so the text goes directly to the parser, not
 * through tracefs.h. libtraceevent 1.7 crashes on damaged formats; real ones come from the running
 * kernel, and this tests what newer versions of either do.
 */
#include "probes/tracefs.c"

#include <stdint.h>

int fuzz_tracefs(const uint8_t *data, size_t size);

int fuzz_tracefs(const uint8_t *data, size_t size)
{
	struct tracefs t = { .dir = -1, .tep = tep_alloc() };
	char *text = malloc(size + 1), name[256];

	if (!t.tep || !text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	tep_set_loglevel(TEP_LOG_NONE);
	tep_set_long_size(t.tep, 8);
	tep_parse_event(t.tep, text, size, "kvm");
	free(text);
	tracefs__event_id(&t, "kvm", "kvm_exit");
	tracefs__field_off(&t, "kvm", "kvm_exit", "exit_reason");
	for (uint32_t reason = 0; reason < 3; reason++) {
		enum exit_isa isa = reason & 1 ? ISA_VMX : ISA_SVM;

		tracefs__exit_reason(&t, isa, reason * 0x40, name, sizeof(name));
		if (strnlen(name, sizeof(name)) == sizeof(name))
			abort();
	}
	tep_free(t.tep);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_tracefs(data, size);
}
#endif
