// SPDX-License-Identifier: GPL-2.0-or-later
/* Lanes where the payload runs by itself; see standalone.h. */
#include "bench/lab/lanes/standalone.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/lab/fs.h"
#include "bench/lab/lanes/lanes.h"
#include "bench/lab/wire.h"
#include "bench/result/document.h"
#include "bench/result/result.h"
#include "bench/result/rounds.h"

/*
 * Xen passes on no longer command line to a module, and the payload's own buffer has the same size.
 */
#define MAX_CMDLINE 1000

/*
 * Where instructions are counted, operations are measured one by one: there is no noise to average
 * out.
 */
#define OPS	   100
#define SAMPLES	   101
#define ICOUNT_KHZ 1000000

/* Needs that are met in any machine that boots the payload. */
#define NEEDS_OF_PAYLOAD \
	(NEEDS_PIC | NEEDS_LAPIC | NEEDS_XAPIC | NEEDS_DEADLINE_TIMER | NEEDS_USER_SPACE)

extern const char hv_payload_start[], hv_payload_end[];

int standalone__write_payload(const char *path, struct error *err)
{
	return fs__write(path, hv_payload_start, hv_payload_end - hv_payload_start, err);
}

/*
 * Whether the address is in one of the file's own functions, which follow its name in the symbol
 * table.
 */
static bool is_of_file(Elf *elf, Elf_Scn *scn, uint32_t names, const char *file, uint64_t address)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	bool mine = false;
	GElf_Sym sym;

	for (int i = 0; data && gelf_getsym(data, i, &sym); i++) {
		if (GELF_ST_TYPE(sym.st_info) == STT_FILE)
			mine = !strcmp(elf_strptr(elf, names, sym.st_name) ?: "", file);
		else if (mine && address >= sym.st_value && address - sym.st_value < sym.st_size)
			return true;
	}
	return false;
}

bool standalone__is_workload(uint64_t address, const char *workload)
{
	bool is = true;
	GElf_Shdr section;
	char file[64];
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_memory((char *)hv_payload_start, (size_t)(hv_payload_end - hv_payload_start));
	snprintf(file, sizeof(file), "%s.c", workload);
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));)
		if (gelf_getshdr(scn, &section) && section.sh_type == SHT_SYMTAB)
			is = is_of_file(elf, scn, section.sh_link, file, address);
	elf_end(elf);
	return is;
}

/* A note for the figure of a cell that can run; NULL: none. */
static const char *remark(const struct lab_run *run, const struct cell *cell)
{
	bool measured = false;
	const char *unlike = run->lane->unlike ? run->lane->unlike(cell, &measured) : NULL;

	return measured ? unlike : NULL;
}

const struct honours standalone_honours = {
	.keys = (const char *const[]){ NULL },
	.needs = NEEDS_OF_PAYLOAD | NEEDS_HYPERVISOR,
	.vcpus = 1,
};

const struct honours standalone_honours_emulated = {
	.keys = (const char *const[]){ NULL },
	.needs = NEEDS_OF_PAYLOAD,
	.vcpus = 1,
};

int standalone__cmdline(const struct lab_run *run, char *text, size_t len, struct error *err)
{
	const struct plan *plan = run->req->plan;
	struct error first = { 0 }, why;
	char params[256];
	size_t n, start;

	n = snprintf(text, len, "ops=%u samples=%d%s w=",
		     run->req->ops    ? run->req->ops :
		     run->req->icount ? 1 :
					OPS,
		     SAMPLES, run->req->icount ? " exact tsc_khz=1000000" : "");
	start = n;
	for (size_t i = 0; i < plan->nr_cells; i++) {
		const struct cell *cell = &plan->cells[i];

		if (lab__lane_supports(run->lane, cell, first.code ? &why : &first))
			continue;
		plan__format_params(cell, false, params, sizeof(params));
		if (n < len)
			n += snprintf(text + n, len - n, "%s%s%s%s", n > start ? "," : "",
				      cell->workload->name, params[0] ? ":" : "", params);
	}
	if (n >= len || n > MAX_CMDLINE)
		return error__set(err, -E2BIG,
				  "%zu workloads do not fit the payload's command line: measure "
				  "them in several runs",
				  plan->nr_cells);
	if (n == start)
		return error__set(err, -EOPNOTSUPP, "lane %s can run none of these cells: %s",
				  run->lane->name, plan->nr_cells ? first.text : "there is none");
	return 0;
}

/* One line of the payload's, without its prefix; false at the end of the text. */
static bool next_line(char **at, const char *prefix, char **line)
{
	size_t len = strlen(prefix);

	while (*at && **at) {
		char *p = *at, *end = strpbrk(p, "\r\n");

		*at = end ? end + 1 : NULL;
		if (end)
			*end = '\0';
		if (strncmp(p, prefix, len))
			continue;
		*line = p + len;
		return true;
	}
	return false;
}

bool standalone__finished(struct lab_run *run, const char *path, const char *prefix)
{
	struct error unused;
	char *text, *at, *line, *end;
	bool done = false;
	size_t len;

	text = at = fs__read_from(path, run->told, &len, &unused);
	/* Read complete lines only. */
	end = text && len ? memrchr(text, '\n', len) : NULL;
	if (end) {
		end[1] = '\0';
		run->told += end + 1 - text;
		while (!done && next_line(&at, prefix, &line))
			done = !strcmp(line, "done");
	}
	free(text);
	return done;
}

static bool word(const char *line, const char *name, char *value, size_t len)
{
	char key[64];
	const char *p;

	snprintf(key, sizeof(key), " %s=", name);
	p = strstr(line, key);
	if (!p)
		return false;
	p += strlen(key);
	snprintf(value, len, "%.*s", (int)strcspn(p, " "), p);
	return true;
}

static uint64_t number(const char *line, const char *name)
{
	char value[32];

	return word(line, name, value, sizeof(value)) ? strtoull(value, NULL, 10) : 0;
}

/*
 * Appends the numbers on a line; returns how many there are now. Capacities are those of the
 * mailbox.
 */
static unsigned int append(double **values, unsigned int nr, unsigned int max, const char *numbers)
{
	char *end;

	if (!*values)
		*values = calloc(max, sizeof(double));
	while (*values && nr < max) {
		unsigned long long v = strtoull(numbers, &end, 10);

		if (end == numbers)
			break;
		(*values)[nr++] = (double)v;
		numbers = end;
	}
	return nr;
}

struct reader {
	const struct lab_run *run;
	char *at;
	const char *prefix;
	char fault[200]; /* the last exception reported */
};

/* Whether the guest refused since it cannot do that: see workloads/runtime/standalone.c. */
static bool lacks(const char *reason)
{
	return !strcmp(reason, "raises-an-exception") || !strcmp(reason, "not-on-this-cpu");
}

/*
 * Reads the next cell's lines, which must be those of `name`. If something is missing or does not
 * add up, the measurement has failed with the reason.
 */
static void read_cell(struct reader *r, const struct workload *w, struct measurement *m)
{
	const char *name = w->name;
	char value[64], status[32] = "", reason[128] = "";
	unsigned int samples = 0, empty = 0;
	bool mine = false;
	char *line;

	r->fault[0] = '\0';
	while (!status[0] && next_line(&r->at, r->prefix, &line)) {
		if (!strncmp(line, "cell ", 5)) {
			mine = word(line, "workload", value, sizeof(value)) && !strcmp(value, name);
			m->ops_per_sample = number(line, "ops_per_sample");
			samples = (unsigned int)number(line, "samples");
			empty = (unsigned int)number(line, "empty");
		} else if (!strncmp(line, "samples ", 8)) {
			m->nr_samples =
				append(&m->samples, m->nr_samples, HV_MAX_SAMPLES, line + 7);
		} else if (!strncmp(line, "empty ", 6)) {
			m->nr_empty = append(&m->empty, m->nr_empty, HV_MAX_EMPTY, line + 5);
		} else if (!strncmp(line, "fault ", 6)) {
			snprintf(r->fault, sizeof(r->fault), "%s", line + 6);
		} else if (!strncmp(line, "end ", 4)) {
			if (!word(line, "workload", value, sizeof(value)) || strcmp(value, name))
				continue;
			word(line, "status", status, sizeof(status));
			word(line, "reason", reason, sizeof(reason));
		}
	}
	if (!status[0])
		measurement__fail(m, MEASURE_FAILED,
				  "the guest stopped before it was done with %s%s%s", name,
				  r->fault[0] ? ": exception, " : "", r->fault);
	else if (!strcmp(status, "skipped"))
		measurement__fail(m, MEASURE_SKIPPED, "the guest skipped it: %s", reason);
	else if (w->optional && lacks(reason))
		measurement__fail(m, MEASURE_SKIPPED, "needs %s, which this vCPU lacks%s%s",
				  w->optional, r->fault[0] ? ": exception, " : "", r->fault);
	else if (strcmp(status, "ok"))
		measurement__fail(m, MEASURE_FAILED, "the guest could not do it: %s%s%s", reason,
				  r->fault[0] ? ": " : "", r->fault);
	else if (!mine || !samples || m->nr_samples != samples || m->nr_empty != empty)
		measurement__fail(m, MEASURE_FAILED,
				  "the guest's output is incomplete: %u of %u samples",
				  m->nr_samples, samples);
}

static int add_cell(struct reader *r, const struct cell *cell, const struct standalone_host *host,
		    json_t *doc, struct error *err)
{
	struct measurement *m = measurement__new();
	struct cell named = *cell;
	struct cell_rounds rounds = { .cell = &named, .rounds = &m, .nr_rounds = 1 };
	const char *said = remark(r->run, cell);
	struct error why = { 0 };

	if (!m)
		return error__set(err, -ENOMEM, "out of memory");
	snprintf(named.backend, sizeof(named.backend), "%s", host->virt);
	m->icount = r->run->req->icount;
	m->tsc_khz = m->icount ? ICOUNT_KHZ : 0;
	snprintf(m->exits_unknown_why, sizeof(m->exits_unknown_why), "%s", host->exits_why);
	if (lab__lane_supports(r->run->lane, cell, &why))
		measurement__fail(m, MEASURE_SKIPPED, "%s", why.text);
	else
		read_cell(r, cell->workload, m);
	if (said && m->status == MEASURE_OK)
		measurement__warn(m, "%s", said);
	result__add_cell(doc, &rounds);
	measurement__free(m);
	return 0;
}

static json_t *host_object(const struct lab_run *run, const struct standalone_host *host)
{
	return json_pack("{s:s*, s:s, s:s, s:s, s:b, s:s*, s:{s:s}, s:{s:b, s:s}}", "kernel",
			 *host->version ? host->version : NULL, "machine", "x86_64", "virt",
			 host->virt, "clock", run->req->icount ? "icount" : "tsc", "nested", 0,
			 "cmdline", host->cmdline, "cpu", "model", "emulated by QEMU TCG",
			 "virtualization", "guest", 1, "hypervisor", host->software);
}

int standalone__document(const struct lab_run *run, const char *path, const char *prefix,
			 const struct standalone_host *host, json_t **doc, struct error *err)
{
	char *text = fs__read(path, NULL, err), *line = NULL;
	struct reader r = { .run = run, .at = text, .prefix = prefix };
	int code = 0;

	if (!text)
		return err->code;
	while (next_line(&r.at, prefix, &line) && strncmp(line, "hvbench payload ", 16))
		line = NULL;
	if (!line || strncmp(line, "hvbench payload ", 16)) {
		code = error__set(err, -EIO,
				  "the guest never started: nothing of it is on the console");
		goto out;
	}
	*doc = result__new(run->req->plan, host_object(run, host));
	for (size_t i = 0; i < run->req->plan->nr_cells && !code; i++)
		code = add_cell(&r, &run->req->plan->cells[i], host, *doc, err);
	if (code) {
		json_decref(*doc);
		*doc = NULL;
	}
out:
	free(text);
	return code;
}

int standalone__collect(const struct lab_run *run, const char *path, const char *prefix,
			const struct standalone_host *host, json_t **doc, struct error *err)
{
	struct wire_state state;

	if (!wire__scan(run->capture, &state) && state.fail[0])
		return error__set(err, -EIO, "%s", state.fail);
	return standalone__document(run, path, prefix, host, doc, err);
}
