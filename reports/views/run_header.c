// SPDX-License-Identifier: GPL-2.0-or-later
/* The lines above the tables of a result: see run_header.h. */
#include "reports/views/run_header.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/units.h"
#include "bench/result/doc.h"
#include "reports/formats/format.h"
#include "reports/views/notes.h"

struct source {
	const json_t *doc;
	const struct view_style *style;
};

/* Adds a part with text from the document, and our own words before and behind it. */
static void add_text_part(const struct source *v, json_t *line, const char *before,
			  const char *path, const char *behind)
{
	const char *text = doc__text(v->doc, path);
	json_t *clean;

	if (!*text)
		return;
	clean = style__escaped(v->style, text);
	line__add(line, "%s%s%s", before, json_string_value(clean) ?: "", behind);
	json_decref(clean);
}

static json_t *run_line(const struct source *v)
{
	const json_t *seed = json_object_get(v->doc, "seed");
	double rounds = doc__number(v->doc, "plan.rounds");
	char text[64];
	double took = doc__number(v->doc, "duration_s");
	json_t *line = json_array();

	add_text_part(v, line, "hvbench ", "tool.version", "");
	add_text_part(v, line, "job ", "plan.name", "");
	/* With --ab there are pairs, each workload as many as it took, instead of rounds. */
	if (isfinite(rounds) && !json_object_get(v->doc, "ab"))
		line__add(line, "%s",
			  units__format_rounds(rounds, doc__number(v->doc, "plan.most_rounds"),
					       text, sizeof(text)));
	if (json_is_integer(seed))
		line__add(line, "seed %" JSON_INTEGER_FORMAT, json_integer_value(seed));
	else
		add_text_part(v, line, "seed ", "seed", "");
	add_text_part(v, line, "", "started", "");
	if (isfinite(took))
		line__add(line, "took %.*f s", took < 10 ? 1 : 0, took);
	return line;
}

/* A line of its own, so that nobody takes it for the whole run. */
static json_t *interrupted_line(const struct source *v)
{
	json_t *line = json_array();

	if (doc__bool(v->doc, "interrupted") == 1)
		line__add(line, "INTERRUPTED: only what was measured until then");
	return line;
}

static json_t *cpu_line(const struct source *v)
{
	double sockets = doc__number(v->doc, "host.cpu.sockets");
	double cores = doc__number(v->doc, "host.cpu.cores");
	double threads = doc__number(v->doc, "host.cpu.threads");
	double bytes = doc__number(v->doc, "host.memory.total_bytes");
	json_t *line = json_array();

	add_text_part(v, line, "", "host.cpu.model", "");
	if (sockets >= 1 && cores >= sockets && threads >= cores)
		line__add(line, "%.0f socket%s %s %.0f core%s %s %.0f thread%s", sockets,
			  sockets == 1 ? "" : "s", v->style->times, cores / sockets,
			  cores == sockets ? "" : "s", v->style->times, threads / cores,
			  threads == cores ? "" : "s");
	add_text_part(v, line, "microcode ", "host.cpu.microcode", "");
	add_text_part(v, line, "governor ", "host.cpu.governor", "");
	if (isfinite(bytes))
		line__add(line, "%.0f GiB", bytes / (1u << 30));
	return line;
}

static json_t *kernel_line(const struct source *v)
{
	const char *virt = doc__text(v->doc, "host.virt"), *before_virt = format__before_virt(virt);
	json_t *line = json_array();

	add_text_part(v, line, format__before_kernel(virt), "host.kernel", "");
	if (before_virt)
		add_text_part(v, line, before_virt, "host.virt", "");
	if (doc__bool(v->doc, "host.nested") == 1) {
		if (*doc__text(v->doc, "host.virtualization.hypervisor"))
			add_text_part(v, line, "itself a guest of ",
				      "host.virtualization.hypervisor", "");
		else
			line__add(line, "itself a guest");
	}
	add_text_part(v, line, "clock ", "host.clock", "");
	add_text_part(v, line, "THP ", "host.memory.thp.enabled", "");
	return line;
}

static json_t *lab_line(const struct source *v)
{
	json_t *line = json_array(),
	       *version = style__escaped(v->style, doc__text(v->doc, "host.lab.emulator.version"));
	char behind[128];

	snprintf(behind, sizeof(behind), " %.100s", json_string_value(version) ?: "");
	json_decref(version);
	add_text_part(v, line, "lane ", "host.lab.lane", " of the lab");
	add_text_part(v, line, "emulated by ", "host.lab.emulator.name", behind[1] ? behind : "");
	return line;
}

static bool has_exits(const json_t *cells)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(cells, i, cell)
		if (json_is_object(json_object_get(cell, "exits")))
			return true;
	return false;
}

static json_t *exits_line(const struct source *v)
{
	double expected = doc__number(v->doc, "exit_source.expected");
	double seen = doc__number(v->doc, "exit_source.seen");
	json_t *line = json_array();

	if (!has_exits(json_object_get(v->doc, "cells")))
		return line;
	if (!strcmp(doc__text(v->doc, "exit_source.name"), "none"))
		line__add(line, "exits not counted");
	else
		add_text_part(v, line, "exits seen by ", "exit_source.name", "");
	if (expected > 0 && isfinite(seen))
		line__add(line, "saw %.0f of %.0f known ones", seen, expected);
	add_text_part(v, line, "", "exit_source.why", "");
	return line;
}

/* Warnings that make all figures doubtful come before the tables. */
static json_t *warning_line(const struct source *v, const char *path)
{
	json_t *line = json_array();

	add_text_part(v, line, "WARNING: ", path, "");
	return line;
}

json_t *run_header__lines(const json_t *doc, const struct view_style *style)
{
	const struct source from = { .doc = doc, .style = style }, *v = &from;
	json_t *lines = json_array(), *made[] = {
		run_line(v),
		cpu_line(v),
		kernel_line(v),
		lab_line(v),
		exits_line(v),
		interrupted_line(v),
		warning_line(v, "contention.busy_warning"),
		warning_line(v, "contention.quota_warning"),
	};

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (json_array_size(made[i]))
			json_array_append(lines, made[i]);
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		json_decref(made[i]);
	return lines;
}
