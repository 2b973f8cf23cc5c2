// SPDX-License-Identifier: GPL-2.0-or-later
/* What an exit touches: reads the plugin's file and adds it to the document; see footprint.h. */
#include "bench/lab/footprint.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/program.h"
#include "bench/lab/cmdline.h"
#include "bench/lab/fs.h"
#include "bench/lab/lanes/standalone.h"
#include "bench/lab/sources.h"
#include "bench/lab/trace.h"
#include "bench/result/doc.h"
#include "bench/vmm/vm.h"

#define PLUGIN_FILE "%s/footprint-%u.so"
/* Where reading the clock exits, what is subtracted for it may be off by a few. */
#define NEAR	 4
#define PROBE_MS 20000

extern const char hv_lab_plugin_start[], hv_lab_plugin_end[];

static const char *const footprint_fields[SPAN_COUNTS] = {
	[SPAN_INSN] = "insn",
	[SPAN_INSN_USER] = "insn_user",
	[SPAN_LOADS] = "loads",
	[SPAN_STORES] = "stores",
	[SPAN_CODE_LINES] = "code_lines",
	[SPAN_DATA_LINES] = "data_lines",
	[SPAN_DATA_LINES_WRITTEN] = "data_lines_written",
	[SPAN_CODE_PAGES] = "code_pages",
	[SPAN_DATA_PAGES] = "data_pages",
	[SPAN_BRANCHES] = "branches",
	[SPAN_TAKEN] = "branches_taken",
	[SPAN_INDIRECT] = "indirect",
	[SPAN_RETURNS] = "returns",
	[SPAN_LOCKED] = "locked",
};

/* Takes a number and the separator after it; false at the end of the line. */
static bool next_number(char **at, int base, uint64_t *value)
{
	char *end;

	while (**at == ' ')
		(*at)++;
	if (**at < '0' || **at > 'f')
		return false;
	*value = strtoull(*at, &end, base);
	if (end == *at)
		return false;
	*at = end;
	return true;
}

static int parse_exit(struct footprints *all, char *p)
{
	struct footprint *list = reallocarray(all->list, all->nr + 1, sizeof(*list)), *f;
	uint64_t vm;
	bool ok;

	if (!list)
		return -ENOMEM;
	all->list = list;
	f = &list[all->nr];
	memset(f, 0, sizeof(*f));
	ok = next_number(&p, 10, &vm) && next_number(&p, 16, &f->rip) &&
	     next_number(&p, 10, &f->seen) && next_number(&p, 10, &f->alike) &&
	     next_number(&p, 10, &f->same) && next_number(&p, 10, &f->guest);
	for (int i = 0; ok && i < SPAN_COUNTS; i++)
		ok = next_number(&p, 10, &f->counts[i]);
	if (!ok || *p || f->counts[SPAN_INSN] > SPAN_INSNS)
		return -EBADMSG;
	f->vm = (uint32_t)vm;
	f->named = json_object();
	if (!f->named)
		return -ENOMEM;
	all->nr++;
	return 0;
}

static int parse_named(struct footprint *f, char *p)
{
	uint64_t count;

	if (!next_number(&p, 10, &count) || *p != ' ' || !p[1])
		return -EBADMSG;
	return json_object_set_new(f->named, p + 1, json_integer((json_int_t)count)) ? -EBADMSG : 0;
}

static int parse_misses(struct footprint *f, char *p)
{
	f->modelled = true;
	for (int i = 0; i < MODEL_PARTS; i++)
		if (!next_number(&p, 10, &f->misses[i]))
			return -EBADMSG;
	return *p ? -EBADMSG : 0;
}

static int parse_path(struct footprint *f, char *p)
{
	uint64_t nr = f->counts[SPAN_INSN];

	if (f->path)
		return -EBADMSG;
	f->path = calloc(nr ? nr : 1, sizeof(*f->path));
	if (!f->path)
		return -ENOMEM;
	for (uint64_t i = 0; i < nr; i++)
		if (!next_number(&p, 16, &f->path[i]))
			return -EBADMSG;
	return *p ? -EBADMSG : 0;
}

static int parse_rep(struct footprints *all, char *p)
{
	uint64_t address, width;

	if (!next_number(&p, 16, &address) || !next_number(&p, 10, &width) || *p || width > 8 ||
	    all->nr_reps == EXITS_REPS)
		return -EBADMSG;
	all->reps[all->nr_reps++] = (struct exit_rep){ address, (uint8_t)width };
	return 0;
}

static int parse_line(struct footprints *all, char *line, bool *ended)
{
	struct footprint *last = all->nr ? &all->list[all->nr - 1] : NULL;

	if (!strncmp(line, "exit ", 5))
		return last && !last->path ? -EBADMSG : parse_exit(all, line + 5);
	if (!strncmp(line, "named ", 6) && last)
		return parse_named(last, line + 6);
	if (!strncmp(line, "model ", 6) && last && !last->path)
		return parse_misses(last, line + 6);
	if (!strncmp(line, "path", 4) && last)
		return parse_path(last, line + 4);
	if (!strncmp(line, "rep ", 4))
		return parse_rep(all, line + 4);
	if (!strncmp(line, "loop ", 5)) {
		line += 5;
		return next_number(&line, 10, &all->loop) && !*line ? 0 : -EBADMSG;
	}
	if (strncmp(line, "end ", 4) || (last && !last->path))
		return -EBADMSG;
	line += 4;
	*ended = true;
	return next_number(&line, 10, &all->lost) ? 0 : -EBADMSG;
}

int footprints__read(struct footprints *all, const char *path, struct error *err)
{
	char *text = fs__read(path, NULL, err), *save = NULL;
	bool ended = false;
	int code = 0;

	memset(all, 0, sizeof(*all));
	all->loop = TRACE_LOOP;
	if (!text)
		return err->code;
	for (char *line = strtok_r(text, "\n", &save); line && !code && !ended;
	     line = strtok_r(NULL, "\n", &save))
		code = parse_line(all, line, &ended);
	free(text);
	if (!code && !ended)
		code = -EBADMSG;
	if (code) {
		footprints__free(all);
		return error__set(
			err, code,
			code == -ENOMEM ?
				"out of memory" :
				"what the plugin wrote of the exits is damaged, or cut short");
	}
	return 0;
}

void footprints__free(struct footprints *all)
{
	for (size_t i = 0; i < all->nr; i++) {
		json_decref(all->list[i].named);
		free(all->list[i].path);
	}
	free(all->list);
	memset(all, 0, sizeof(*all));
}

uint64_t footprint__path(const struct footprints *all, const struct footprint *f)
{
	return f->counts[SPAN_INSN] + f->guest - all->loop;
}

/*
 * At an instruction of the cell's workload, on the path of its figure: the nearest, of several the
 * first. NULL: see `why`.
 */
static const struct footprint *of_cell(const struct footprints *all, const json_t *cell, char *why,
				       size_t len)
{
	const char *workload = doc__text(cell, "workload");
	double figure = doc__number(cell, "summary.p50"), least = INFINITY;
	const struct footprint *nearest = NULL;

	for (size_t i = 0; i < all->nr; i++) {
		const struct footprint *f = &all->list[i];
		double off = fabs((double)footprint__path(all, f) - figure);

		if (!f->guest || !standalone__is_workload(f->rip, workload) || !(off < least))
			continue;
		nearest = f;
		least = off;
	}
	if (least <= NEAR)
		return nearest;
	if (isnan(figure))
		snprintf(why, len, "the cell has no figure");
	else if (nearest)
		snprintf(why, len,
			 "no exit that came often is as long as its figure, %.0f (the nearest is "
			 "%" PRIu64 "): an operation may be several",
			 figure, footprint__path(all, nearest));
	else
		snprintf(why, len, "no exit was seen again and again: the operation may not exit");
	return NULL;
}

/* The functions as trace.c calls them: without what compilers put aside. */
static json_t *line_of(json_t *by_place, const struct footprint_names *names, uint64_t address)
{
	const struct symbol *symbol = symbols__find(names->symbols, address);
	const char *file;
	unsigned int number;
	char key[1024];
	json_t *line;

	if (!symbol || !sources__find(names->sources, symbol, address, &file, &number))
		return NULL;
	snprintf(key, sizeof(key), "%s:%u %s", file, number, symbol->name);
	line = json_object_get(by_place, key);
	if (line)
		return line;
	line = json_pack("{s:s, s:i, s:s, s:i}", "file", file, "line", (int)number, "function",
			 symbol->name, "insn", 0);
	json_object_set_new(by_place, key, line);
	return line;
}

static int by_instructions(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	json_int_t n = json_integer_value(json_object_get(x, "insn"));
	json_int_t m = json_integer_value(json_object_get(y, "insn"));
	int files = strcmp(json_string_value(json_object_get(x, "file")),
			   json_string_value(json_object_get(y, "file")));

	if (n != m)
		return n > m ? -1 : 1;
	return files ?:
		       (int)(json_integer_value(json_object_get(x, "line")) -
			     json_integer_value(json_object_get(y, "line")));
}

/* Source lines of the kernel, most instructions first. */
static json_t *lines_of(const struct footprint *f, const struct footprint_names *names)
{
	json_t *by_place = json_object(), *list = json_array(), *line, **sorted;
	const char *key;
	size_t n = 0;

	for (uint64_t i = 0; i < f->counts[SPAN_INSN]; i++) {
		/* The VMM's are not the kernel's. */
		line = f->path[i] >> 63 ? line_of(by_place, names, f->path[i]) : NULL;
		if (line)
			json_object_set_new(line, "insn",
					    json_integer(json_integer_value(
								 json_object_get(line, "insn")) +
							 1));
	}
	sorted = calloc(json_object_size(by_place) + 1, sizeof(json_t *));
	json_object_foreach(by_place, key, line)
		if (sorted)
			sorted[n++] = line;
	if (sorted)
		qsort(sorted, n, sizeof(json_t *), by_instructions);
	for (size_t i = 0; i < n; i++)
		json_array_append(list, sorted[i]);
	free(sorted);
	json_decref(by_place);
	return list;
}

/* One exit's calls; false: the host tells no symbols, or out of memory. */
static bool take_trace(struct trace *trace, const struct footprints *all, const struct footprint *f,
		       const struct footprint_names *names)
{
	struct error unused;

	if (!names->symbols->nr || trace__of_path(trace, f->path, f->counts[SPAN_INSN],
						  names->symbols, names->user, &unused))
		return false;
	for (unsigned int i = 0; i < trace->nr_reps; i++)
		for (size_t k = 0; k < all->nr_reps; k++)
			if (all->reps[k].address == trace->reps[i].address)
				trace->reps[i].width = all->reps[k].width;
	if (names->sources)
		trace__place(trace->root, names->symbols, names->sources);
	return true;
}

static json_t *to_json(const struct footprints *all, const struct footprint *f,
		       const struct footprint_names *names)
{
	json_t *o = json_object();
	struct trace trace;
	bool traced = o && take_trace(&trace, all, f, names);

	for (int i = 0; o && i < SPAN_COUNTS; i++)
		json_object_set_new(o, footprint_fields[i], json_integer((json_int_t)f->counts[i]));
	json_object_set(o, "privileged", f->named);
	json_object_set_new(o, "model",
			    f->modelled && names->model ?
				    model_shape__to_json(names->model, f->misses) :
				    json_null());
	json_object_set_new(o, "seen", json_integer((json_int_t)f->seen));
	json_object_set_new(o, "alike", json_integer((json_int_t)f->alike));
	json_object_set_new(o, "same", json_integer((json_int_t)f->same));
	json_object_set_new(o, "guest_insn", json_integer((json_int_t)f->guest));
	json_object_set_new(o, "loop_insn", json_integer((json_int_t)all->loop));
	json_object_set_new(o, "functions", traced ? trace__functions(&trace) : json_null());
	json_object_set_new(o, "tree", traced ? trace__tree(&trace) : json_null());
	if (names->sources)
		json_object_set_new(o, "lines", traced ? lines_of(f, names) : json_null());
	json_object_set_new(o, "repetitions",
			    traced ? json_integer((json_int_t)trace.repetitions) : json_null());
	json_object_set_new(o, "rep", traced ? trace__reps(&trace) : json_null());
	json_object_set_new(o, "why", json_null());
	if (traced)
		trace__free(&trace);
	return o;
}

int footprints__annotate(const struct footprints *all, const struct footprint_names *names,
			 const char *why, json_t *doc, struct error *err)
{
	json_t *cell, *o;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, cell) {
		char reason[512];
		const struct footprint *f = NULL;

		/* A cell without a figure says why itself. */
		if (strcmp(doc__text(cell, "status"), "ok"))
			continue;
		if (all)
			f = of_cell(all, cell, reason, sizeof(reason));
		else
			snprintf(reason, sizeof(reason), "%s", why);
		o = f ? to_json(all, f, names) : json_pack("{s:s}", "why", reason);
		if (json_object_set_new(cell, "footprint", o))
			return error__set(err, -ENOMEM, "out of memory");
	}
	return 0;
}

/* 0: QEMU loads it, as a plugin of that version of the interface; what it said is in `said`. */
static int try_version(const char *program, const char *dir, unsigned int version, char *said,
		       size_t len)
{
	char path[LAB_PATH], option[2 * LAB_PATH + 64], quoted[2 * LAB_PATH];
	const char *const argv[] = { program,	    "-machine", "none", "-display", "none",
				     "-nodefaults", "-plugin",	option, NULL };
	struct error why = { 0 };
	int code;

	fs__path(path, PLUGIN_FILE, dir, version);
	code = fs__write(path, hv_lab_plugin_start, hv_lab_plugin_end - hv_lab_plugin_start, &why);
	if (!code) {
		cmdline__for_qemu(path, quoted, sizeof(quoted));
		fs__path(option, "file=%s,probe=on", quoted);
		code = program__output(argv, said, len, PROBE_MS, &why);
	}
	if (!code && !strncmp(said, "interface ", 10))
		return 0;
	unlink(path);
	if (!*said)
		snprintf(said, len, "%s", why.text);
	return -EOPNOTSUPP;
}

int footprint__install(const char *emulator, const char *dir, unsigned int *version,
		       struct error *err)
{
	/* One that says it knows 2 is taken up to where 7 is needed. */
	static const unsigned int versions[] = { 7, 2, 1 };
	char program[LAB_PATH], said[1024] = "";

	if (!program__find(emulator, program, sizeof(program)))
		return error__set(err, -ENOENT, "%s is not there", emulator);
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		*version = versions[i];
		said[0] = '\0';
		if (!try_version(program, dir, versions[i], said, sizeof(said)))
			return 0;
		/* Another version would not help. */
		if (!strstr(said, "version"))
			break;
	}
	if (strstr(said, "invalid option") || strstr(said, "not enabled"))
		return error__set(
			err, -EOPNOTSUPP,
			"%s takes no plugins: it needs QEMU 7.2 or later, configured with "
			"--enable-plugins, as Debian's packages are",
			program);
	return error__set(err, -EOPNOTSUPP, "%s does not load the lab's plugin: %.*s", program,
			  (int)strcspn(said, "\r\n"), said);
}

int footprint__option(const char *dir, unsigned int version, const struct model_shape *model,
		      char *option, size_t len, struct error *err)
{
	char quoted[2 * LAB_PATH], caches[128];
	struct payload payload;
	int code = payload__open(&payload, NULL, err);

	if (code)
		return code;
	cmdline__for_qemu(dir, quoted, sizeof(quoted));
	fs__format(option, len, "file=" PLUGIN_FILE ",out=%s/footprint,entry=0x%" PRIx64 "%s%s",
		   quoted, version, quoted, payload.note.entry64, model ? ",model=" : "",
		   model ? model_shape__option(model, caches, sizeof(caches)) : "");
	payload__close(&payload);
	return 0;
}
