// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/isca_view.h"

#include <math.h>
#include <string.h>

#include "bench/result/doc.h"
#include "reports/formats/format.h"

/* In the paper's order, with what each of them is in its words, shortened. */
static const struct {
	const char *workload, *name, *what;
} rows[] = {
	{ "hypercall", "Hypercall", "to the hypervisor and back, without work there" },
	{ "mmio-kernel", "Interrupt Controller Trap", "a register of the emulated controller" },
	{ "ipi", "Virtual IPI", "from a vCPU to another one that runs on another CPU" },
	{ "irq-completion", "Virtual IRQ Completion", "the guest ends an interrupt" },
	{ "vm-switch", "VM Switch", "from one VM to another on the same CPU" },
	{ "io-out", "I/O Latency Out", "from the guest's signal to the device's thread" },
	{ "inject", "I/O Latency In", "from the device's thread to the guest's handler" },
};

static const json_t *cell_of(const json_t *doc, const char *workload)
{
	json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		if (!strcmp(doc__text(cell, "workload"), workload))
			return cell;
	return NULL;
}

/* In cycles of the clock, as the paper has them; with a counting clock, instructions. */
static double cycles_of(const json_t *cell)
{
	double p50 = doc__number(cell, "summary.p50");

	return strcmp(doc__text(cell, "unit"), "ns") ? p50 :
						       p50 * doc__number(cell, "tsc_khz") / 1e6;
}

static json_t *new_row(const json_t *cell, size_t i, const struct view_style *style)
{
	double cycles = cell ? cycles_of(cell) : NAN;
	bool known = isfinite(cycles), time = known && !strcmp(doc__text(cell, "unit"), "ns");
	const char *why = cell ? doc__text(cell, "reason") : "";
	json_t *cells = json_array();

	json_array_append_new(cells, json_string(rows[i].name));
	json_array_append_new(cells, format__quantity(cycles));
	json_array_append_new(cells, format__quantity(
					     time ? doc__number(cell, "summary.p50") / 1e3 : NAN));
	json_array_append_new(cells, json_string(rows[i].workload));
	json_array_append_new(cells, json_string(rows[i].what));
	return json_pack("{s:s, s:b, s:o, s:o}", "status", known ? "ok" : "skipped", "finding", 0,
			 "cells", cells, "message",
			 known ? json_null() :
				 style__escaped(style, *why ? why : "not measured in this run"));
}

json_t *isca_view__table(const json_t *doc, const struct view_style *style)
{
	static const struct {
		const char *title, *align;
		int drop;
	} columns[] = {
		{ "micro-benchmark", "left", 0 }, { "cycles", "point", 0 }, { "us", "point", 1 },
		{ "workload", "left", 2 },	  { "what", "left", 3 },
	};
	bool counted = !strcmp(doc__text(doc, "host.clock"), "icount");
	json_t *titles, *list;

	if (strcmp(doc__text(doc, "plan.name"), "isca2016"))
		return NULL;
	titles = json_array();
	list = json_array();
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		const char *title = columns[i].title;

		if (!strcmp(title, "us"))
			title = style->micro;
		else if (counted && !strcmp(title, "cycles"))
			title = "instructions";
		json_array_append_new(titles, json_pack("{s:s, s:s, s:i}", "title", title, "align",
							columns[i].align, "drop", columns[i].drop));
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_array_append_new(list, new_row(cell_of(doc, rows[i].workload), i, style));
	return json_pack("{s:s, s:o, s:o, s:[]}", "title", "ISCA 2016, table II", "columns", titles,
			 "rows", list, "notes");
}

json_t *isca_view__legend(void)
{
	return json_string("ISCA 2016: medians, of the benchmarks as that paper defines them; "
			   "workloads/vcpus.md says where x86 differs.");
}
