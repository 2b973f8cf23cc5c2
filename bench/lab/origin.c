// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a document of the lab comes from; see origin.h. */
#include "bench/lab/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/program.h"
#include "bench/lab/collect.h"
#include "bench/lab/fs.h"
#include "bench/lab/lanes/lanes.h"
#include "bench/result/doc.h"
#include "bench/result/document.h"

#define VERSION_TIMEOUT_MS 10000

/* The text after `mark` on its line; "" if the mark is not there. */
static void after_mark(const char *text, const char *mark, char *out, size_t len)
{
	const char *p = text ? strstr(text, mark) : NULL;

	p = p ? p + strlen(mark) : "";
	snprintf(out, len, "%.*s", (int)strcspn(p, "\r\n"), p);
}

/* Bochs shows its version only when it runs, at the beginning of its output. */
static json_t *bochs(const struct lab_run *run)
{
	char path[LAB_PATH], head[4096] = "", version[64];
	FILE *f;

	fs__path(path, "%s/emulator.log", run->dir);
	f = fopen(path, "re");
	if (f) {
		head[fread(head, 1, sizeof(head) - 1, f)] = '\0';
		fclose(f);
	}
	after_mark(head, "Bochs x86 Emulator ", version, sizeof(version));
	return json_pack("{s:s, s:s*}", "name", "Bochs", "version", *version ? version : NULL);
}

/* "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)" */
static json_t *qemu(const struct lab_run *run)
{
	char path[LAB_PATH], said[512] = "", version[128];
	const char *const argv[] = { path, "--version", NULL };
	struct error unused;

	if (program__find(run->args.argv[0], path, sizeof(path)))
		program__output(argv, said, sizeof(said), VERSION_TIMEOUT_MS, &unused);
	after_mark(said, "version ", version, sizeof(version));
	return json_pack("{s:s, s:s*}", "name", "QEMU", "version", *version ? version : NULL);
}

#define DECODING \
	"the emulator's SVM has no NRIPS: most of this is the decoding in software of " \
	"the instruction that exits; lane svm-bochs has none of it"

/*
 * Exits by an instruction that is then skipped, for which its length has to be known. That of an
 * access to a port comes with the exit on any CPU; one to memory is emulated on any.
 */
static bool skips(const struct cell *cell)
{
	const struct workload_exit *e = workload__exits(cell->workload, cell->params);

	for (; e && (e->vmx || e->svm); e++)
		if (e->svm && strcmp(e->svm, "io") && strcmp(e->svm, "npf") &&
		    !strstr(e->svm, "excp") && (cell->config.x2apic || e->per_op > e->apic))
			return true;
	return false;
}

/* What cell i of the document is of: cells of one workload are in the plan's order there. */
static const struct cell *planned(const json_t *cells, size_t i, const struct plan *plan)
{
	const char *name = doc__text(json_array_get(cells, i), "workload");
	size_t before = 0;

	while (i--)
		before += !strcmp(doc__text(json_array_get(cells, i), "workload"), name);
	for (size_t k = 0; k < plan->nr_cells; k++)
		if (!strcmp(plan->cells[k].workload->name, name) && !before--)
			return &plan->cells[k];
	return NULL;
}

static void mark_decoding(json_t *doc, const struct plan *plan)
{
	const json_t *cells = json_object_get(doc, "cells");
	json_t *cell;
	size_t i;

	json_array_foreach(cells, i, cell) {
		const struct cell *of = planned(cells, i, plan);

		if (!of || !skips(of) || strcmp(doc__text(cell, "status"), "ok"))
			continue;
		json_object_set_new(cell, "software_decoding", json_true());
		json_array_append_new(json_object_get(cell, "warnings"),
				      json_pack("{s:s}", "text", DECODING));
	}
}

void origin__stamp(json_t *doc, const struct lab_run *run, time_t started, double took_s)
{
	json_t *host = json_object_get(doc, "host"), *lab = json_object();

	json_object_set_new(lab, "lane", json_string(run->lane->name));
	json_object_set_new(lab, "emulator",
			    strcmp(run->args.argv[0], "bochs") ? qemu(run) : bochs(run));
	json_object_set_new(lab, "starts", json_integer(run->starts));
	/* The payload by itself has no clock of the day: its document was begun on this machine. */
	json_object_set(lab, "guest_started",
			run->lane->collect == lab__collect_sent ? json_object_get(doc, "started") :
								  json_null());
	json_object_set_new(host, "lab", lab);
	json_object_set_new(doc, "started", result__time(started));
	json_object_set_new(doc, "duration_s", json_real(took_s));
	if (run->lane->no_nrips)
		mark_decoding(doc, run->req->plan);
}
