// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target (libFuzzer's entry point): whatever a mailbox holds becomes a failed measurement with
 * a reason, or one whose result document its own reader accepts. The first byte of the input
 * chooses the workload, the rest is the mailbox from its start.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/mailbox.h"
#include "bench/result/document.h"
#include "bench/result/file.h"
#include "bench/result/result.h"
#include "bench/result/rounds.h"

int fuzz_mailbox(const uint8_t *data, size_t size);

static void check_document(const struct cell *cell, struct measurement *m)
{
	struct plan plan = {
		.name = "fuzz", .cells = (struct cell *)cell, .nr_cells = 1, .rounds = 1
	};
	json_t *doc = result__new(&plan, json_pack("{s:s}", "virt", "vmx")), *again;
	struct cell_rounds rounds = { .cell = cell, .rounds = &m, .nr_rounds = 1 };
	struct error err = { 0 };
	char *text;
	size_t len;

	if (!doc || !result__add_cell(doc, &rounds))
		abort();
	result__finish(doc, 1, false);
	text = result__dump(doc, &len);
	again = text ? result__parse(text, len, "fuzz", &err) : NULL;
	if (!again) {
		fprintf(stderr, "the document is refused: %s\n", err.text);
		abort();
	}
	json_decref(again);
	json_decref(doc);
	free(text);
}

int fuzz_mailbox(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "pio-user", "touch", "ipi", "bandwidth" };
	struct measure_request req = { .samples = 100, .singles = 300 };
	struct hv_mailbox *mb = calloc(1, sizeof(*mb));
	struct measurement *m = measurement__new();
	struct hv_command sent;
	struct cell cell = { .ring = 3 };

	if (!mb || !m || !size)
		abort();
	cell.workload = plan__find_workload(names[data[0] % 4], NULL);
	for (int i = 0; i < HV_MAX_PARAMS; i++)
		cell.params[i] = cell.workload->params[i].value;
	config__init(&cell.config);
	config__name(&cell.config);
	snprintf(cell.backend, sizeof(cell.backend), "kvm");
	req.ops_per_sample = data[0] & 0x80 ? 10 : 0;
	collect__command(&sent, &cell, &req, 2000000);
	sent.seq = 1;
	memcpy(mb, data + 1, size - 1 < sizeof(*mb) ? size - 1 : sizeof(*mb));
	m->tsc_khz = data[0] & 0x40 ? 2000000 : 0;
	collect__mailbox(mb, &sent, &cell, m);
	if (m->status != MEASURE_OK && !*m->reason)
		abort();
	check_document(&cell, m);
	measurement__free(m);
	free(mb);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return size ? fuzz_mailbox(data, size) : 0;
}
#endif
