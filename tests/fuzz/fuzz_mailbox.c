// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target (libFuzzer's entry point): whatever a mailbox holds becomes a failed measurement with
 * a reason, or one whose result document its own reader accepts. The first byte of the input
 * chooses the workload and more. What follows replaces the start of a mailbox in order, up to its
 * samples; then each twelve bytes are a place behind it and the eight bytes that stand there.
 * Inputs are small that way, so that nearly all mutations change what is read.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/mailbox.h"
#include "bench/result/document.h"
#include "bench/result/result.h"
#include "bench/result/rounds.h"
#include "tests/fuzz/again.h"
#include "tests/fuzz/seeds.h"

#define HEAD_BYTES offsetof(struct hv_mailbox, samples)
#define MAX_EDITS  64

int fuzz_mailbox(const uint8_t *data, size_t size);

static void check_document(const struct cell *cell, struct measurement *m)
{
	struct plan plan = {
		.name = "fuzz", .cells = (struct cell *)cell, .nr_cells = 1, .rounds = 1
	};
	json_t *doc = result__new(&plan, json_pack("{s:s}", "virt", "vmx"));
	struct cell_rounds rounds = { .cell = cell, .rounds = &m, .nr_rounds = 1 };

	if (!doc || !result__add_cell(doc, &rounds))
		abort();
	result__finish(doc, 1, false);
	fuzz__read_again(doc);
	json_decref(doc);
}

/*
 * Whether the same failure of the same workload came by a short while ago, byte for byte: then its
 * document is the same too.
 */
static bool failed_before(const struct cell *cell, const struct measurement *m)
{
	static struct {
		struct measurement m;
		const struct workload *workload;
	} key;

	if (m->status == MEASURE_OK)
		return false;
	memcpy(&key.m, m, sizeof(*m));
	key.workload = cell->workload;
	return fuzz__is_known((const char *)&key, sizeof(key));
}

/* What becomes of a mailbox; bits of `choice` say what was asked for. */
static void collect(uint8_t choice, const struct hv_mailbox *mb)
{
	static const char *const names[] = { "pio-user", "touch", "ipi", "bandwidth" };
	struct measure_request req = { .samples = 100, .singles = 300 };
	struct measurement *m = measurement__new();
	struct cell cell = { .ring = 3 };
	struct hv_command sent;

	if (!m)
		abort();
	cell.workload = plan__find_workload(names[choice % 4], NULL);
	for (int i = 0; i < HV_MAX_PARAMS; i++)
		cell.params[i] = cell.workload->params[i].value;
	config__init(&cell.config);
	config__name(&cell.config);
	snprintf(cell.backend, sizeof(cell.backend), "kvm");
	req.ops_per_sample = choice & 0x80 ? 10 : 0;
	collect__command(&sent, &cell, &req, 2000000);
	sent.seq = 1;
	m->tsc_khz = choice & 0x40 ? 2000000 : 0;
	collect__mailbox(mb, &sent, &cell, m);
	if (choice & 0x20) {
		struct steal_reading begin = { 0 }, end;

		collect__read_steal(mb, choice & 0x10 ? HV_MAX_VCPUS : 1, &end);
		collect__steal(mb, choice & 0x10 ? HV_MAX_VCPUS : 1, &begin, &end, 0, &m->steal);
	}
	if (m->status != MEASURE_OK && !*m->reason)
		abort();
	if (!failed_before(&cell, m))
		check_document(&cell, m);
	measurement__free(m);
}

/* A mailbox in order, always the same one; in memory of its own, so that reads beyond it show. */
static struct hv_mailbox *usual_mailbox(void)
{
	static struct hv_mailbox *mb;
	struct rng rng;

	if (mb)
		return mb;
	mb = malloc(sizeof(*mb));
	if (!mb)
		abort();
	rng__seed(&rng, 1);
	seed__mailbox(mb, &rng);
	return mb;
}

int fuzz_mailbox(const uint8_t *data, size_t size)
{
	uint8_t *mb = (uint8_t *)usual_mailbox(), before[HEAD_BYTES];
	const uint8_t *edit = data + 1 + HEAD_BYTES;
	struct {
		size_t at;
		uint64_t value;
	} edits[MAX_EDITS];
	unsigned int nr = 0;

	memcpy(before, mb, HEAD_BYTES);
	memcpy(mb, data + 1, size - 1 < HEAD_BYTES ? size - 1 : HEAD_BYTES);
	for (; size > HEAD_BYTES && nr < MAX_EDITS && data + size - edit >= 12; nr++, edit += 12) {
		uint32_t place;

		memcpy(&place, edit, 4);
		edits[nr].at = HEAD_BYTES + place % (sizeof(struct hv_mailbox) - HEAD_BYTES - 7);
		memcpy(&edits[nr].value, mb + edits[nr].at, 8);
		memcpy(mb + edits[nr].at, edit + 4, 8);
	}
	collect(data[0], (struct hv_mailbox *)mb);
	while (nr--)
		memcpy(mb + edits[nr].at, &edits[nr].value, 8);
	memcpy(mb, before, HEAD_BYTES);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return size ? fuzz_mailbox(data, size) : 0;
}
#endif
