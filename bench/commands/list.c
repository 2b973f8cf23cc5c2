// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hvbench list: what can be run. Everything is taken from the JSON of listing.h, so that the
 * formats cannot disagree.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/nearest.h"
#include "bench/base/units.h"
#include "bench/cli/command.h"
#include "bench/cli/output.h"
#include "bench/commands/listing.h"
#include "reports/views/table.h"

struct section {
	const char *name;
	const char *title;
	json_t *(*make)(void);
	void (*text)(const json_t *list, unsigned int width);
	void (*table)(const json_t *list, const struct renderer *format);
};

static const char *str(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static int num(const json_t *object, const char *key)
{
	return (int)json_integer_value(json_object_get(object, key));
}

/* Text in a growing buffer, for a column or a line. */
struct line {
	char text[1024];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void line__add(struct line *line, const char *fmt, ...)
{
	size_t room = sizeof(line->text) - line->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line->text + line->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		line->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void exits_of(const json_t *workload, const char *vendor, struct line *line)
{
	const json_t *table = json_object_get(json_object_get(workload, "exits"), vendor);
	const char *reason, *separator = "";
	json_t *count;

	json_object_foreach((json_t *)table, reason, count) {
		line__add(line, "%s%d %s", separator, (int)json_integer_value(count), reason);
		separator = " + ";
	}
}

/* "1 IO_INSTRUCTION (VMX), 1 io (SVM); 1 to user space". */
static void exits_line(const json_t *workload, struct line *line)
{
	struct line vmx = { .len = 0 }, svm = { .len = 0 };

	exits_of(workload, "vmx", &vmx);
	exits_of(workload, "svm", &svm);
	if (vmx.len && !strcmp(vmx.text, svm.text))
		line__add(line, "%s", vmx.text);
	else if (vmx.len || svm.len)
		line__add(line, "%s (VMX), %s (SVM)", vmx.len ? vmx.text : "none",
			  svm.len ? svm.text : "none");
	else if (!json_is_null(json_object_get(workload, "exits")))
		line__add(line, "none");
	if (num(workload, "user_exits"))
		line__add(line, "%s%d to user space", line->len ? "; " : "",
			  num(workload, "user_exits"));
	if (*str(workload, "exits_note"))
		line__add(line, "%s%s", line->len ? "; " : "", str(workload, "exits_note"));
}

static void needs_line(const json_t *workload, struct line *line)
{
	json_t *need;
	size_t i;

	json_array_foreach(json_object_get(workload, "needs"), i, need)
		line__add(line, "%s%s", i ? ", " : "", json_string_value(need));
}

/*
 * A bound, as -w accepts it. If it does not fit a JSON integer it is a string already
 * (json__u64()).
 */
static void bound(const json_t *param, const char *key, char *buf, size_t len)
{
	const json_t *value = json_object_get(param, key);
	const char *kind = str(param, "kind");
	uint64_t n = json_is_string(value) ? strtoull(json_string_value(value), NULL, 10) :
					     (uint64_t)json_integer_value(value);

	if (!strcmp(kind, "size_bytes"))
		units__format_size(n, buf, len);
	else if (!strcmp(kind, "time_ns"))
		units__format_time_ns(n, buf, len);
	else
		snprintf(buf, len, strcmp(kind, "hex") ? "%llu" : "0x%llx", (unsigned long long)n);
}

/* What may follow "NAME=". */
static void values_line(const json_t *param, struct line *line)
{
	char min[32], max[32];
	json_t *choice;
	size_t i;

	if (json_is_array(json_object_get(param, "choices"))) {
		json_array_foreach(json_object_get(param, "choices"), i, choice)
			line__add(line, "%s%s", i ? "|" : "", json_string_value(choice));
		return;
	}
	bound(param, "min", min, sizeof(min));
	bound(param, "max", max, sizeof(max));
	line__add(line, "%s…%s", min, max);
}

#define LABEL 12

static void labelled(const char *label, const char *text, unsigned int width)
{
	if (!*text)
		return;
	printf("    %-*s", LABEL, label);
	usage__wrap(stdout, text, 4 + LABEL, 4 + LABEL, width);
}

static void workload_text(const json_t *workload, unsigned int width)
{
	struct line run = { .len = 0 }, exits = { .len = 0 }, needs = { .len = 0 };
	const char *kind = str(workload, "kind");
	json_t *param;
	size_t i;

	printf("\n%s: ", str(workload, "name"));
	usage__wrap(stdout, str(workload, "what"), (unsigned int)strlen(str(workload, "name")) + 2,
		    4, width);
	if (strcmp(kind, "host"))
		line__add(&run, "CPL%d, ", num(workload, "ring"));
	else
		line__add(&run, "timed by the host, ");
	line__add(&run, "%d vCPU%s, in %s%s%s", num(workload, "vcpus"),
		  num(workload, "vcpus") == 1 ? "" : "s",
		  strcmp(str(workload, "unit"), "bytes_per_s") ? str(workload, "unit") : "bytes/s",
		  strcmp(kind, "self-timed") ? "" : ", each operation timed by itself",
		  json_is_true(json_object_get(workload, "native")) ? ", also native" : "");
	labelled("runs", run.text, width);
	needs_line(workload, &needs);
	labelled("needs", needs.text, width);
	exits_line(workload, &exits);
	labelled("exits/op", exits.text, width);
	if (*str(workload, "reference"))
		labelled("x ref", str(workload, "reference"), width);
	json_array_foreach(json_object_get(workload, "params"), i, param) {
		struct line text = { .len = 0 };

		line__add(&text, "%s=%s (", str(param, "name"), str(param, "default_text"));
		values_line(param, &text);
		line__add(&text, "): %s", str(param, "help"));
		labelled(i ? "" : "parameters", text.text, width);
	}
}

static void workloads_text(const json_t *list, unsigned int width)
{
	const char *group = "";
	json_t *workload;
	size_t i;

	json_array_foreach((json_t *)list, i, workload) {
		if (strcmp(group, str(workload, "group"))) {
			group = str(workload, "group");
			printf("%s=== %s\n", i ? "\n" : "", group);
		}
		workload_text(workload, width);
	}
}

static void workloads_table(const json_t *list, const struct renderer *format)
{
	json_t *workload, *param;
	struct table table;
	size_t i, j;

	table__init(&table, format);
	for (const char *const *title =
		     (const char *const[]){ "workload", "group", "one operation", "unit", "ring",
					    "vCPUs", "native", "needs", "exits per operation",
					    "parameters", NULL };
	     *title; title++)
		table__column(&table, *title, "left", 0);
	json_array_foreach((json_t *)list, i, workload) {
		struct line exits = { .len = 0 }, needs = { .len = 0 }, params = { .len = 0 };

		needs_line(workload, &needs);
		exits_line(workload, &exits);
		json_array_foreach(json_object_get(workload, "params"), j, param) {
			line__add(&params, "%s%s=%s (", j ? "; " : "", str(param, "name"),
				  str(param, "default_text"));
			values_line(param, &params);
			line__add(&params, ")");
		}
		table__row(&table);
		table__figure(&table, "%s", str(workload, "name"));
		table__figure(&table, "%s", str(workload, "group"));
		table__figure(&table, "%s", str(workload, "what"));
		table__figure(&table, "%s", str(workload, "unit"));
		table__figure(&table, "%d", num(workload, "ring"));
		table__figure(&table, "%d", num(workload, "vcpus"));
		table__figure(&table, "%s",
			      json_is_true(json_object_get(workload, "native")) ? "yes" : "no");
		table__figure(&table, "%s", needs.text);
		table__figure(&table, "%s", exits.text);
		table__figure(&table, "%s", params.text);
	}
	table__put(&table, stdout, NULL);
	table__free(&table);
}

static int longest(const json_t *list, const char *key)
{
	json_t *item;
	size_t i;
	int len, max = 0;

	json_array_foreach((json_t *)list, i, item) {
		len = (int)strlen(str(item, key));
		max = len > max ? len : max;
	}
	return max;
}

static void configs_text(const json_t *list, unsigned int width)
{
	int name = longest(list, "key");
	unsigned int indent = 2 + (unsigned int)name + 2;
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item) {
		struct line line = { .len = 0 };

		printf("  %-*s  ", name, str(item, "key"));
		line__add(&line, "%s, default %s", str(item, "values"), str(item, "default"));
		usage__wrap(stdout, line.text, indent, indent, width);
		printf("%*s", (int)indent, "");
		usage__wrap(stdout, str(item, "help"), indent, indent, width);
	}
}

static void backends_text(const json_t *list, unsigned int width)
{
	int name = longest(list, "name");
	unsigned int indent = 2 + (unsigned int)name + 2;
	json_t *item, *key;
	size_t i, k;

	json_array_foreach((json_t *)list, i, item) {
		struct line line = { .len = 0 }, keys = { .len = 0 };

		printf("  %-*s  ", name, str(item, "name"));
		usage__wrap(stdout, str(item, "what"), indent, indent, width);
		if (json_is_true(json_object_get(item, "available")))
			line__add(&line, "here: %s%s%s", str(item, "virt"),
				  *str(item, "detail") ? ", " : "", str(item, "detail"));
		else
			line__add(&line, "not here: %s", str(item, "why"));
		printf("%*s", (int)indent, "");
		usage__wrap(stdout, line.text, indent, indent, width);
		json_array_foreach(json_object_get(item, "keys"), k, key)
			line__add(&keys, "%s%s", k ? ", " : "keys: ", json_string_value(key));
		printf("%*s", (int)indent, "");
		usage__wrap(stdout, keys.text, indent, indent, width);
	}
}

/* The tests of each tool under its name. */
static void peers_text(const json_t *list, unsigned int width)
{
	unsigned int indent = 2 + (unsigned int)longest(list, "test") + 2;
	const char *peer = "";
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item) {
		struct line line = { .len = 0 };

		if (strcmp(peer, str(item, "peer"))) {
			peer = str(item, "peer");
			printf("%s%s\n", i ? "\n" : "", peer);
		}
		line__add(&line, "%s%s%s%s", str(item, "run"),
			  *str(item, "run") && *str(item, "note") ? " (" : "", str(item, "note"),
			  *str(item, "run") && *str(item, "note") ? ")" : "");
		printf("  %-*s", (int)indent - 2, str(item, "test"));
		usage__wrap(stdout, line.text, indent, indent, width);
	}
}

static void jobs_text(const json_t *list, unsigned int width)
{
	int name = longest(list, "name");
	unsigned int indent = 2 + (unsigned int)name + 2;
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item) {
		struct line line = { .len = 0 };

		printf("  %-*s  ", name, str(item, "name"));
		line__add(&line, "%s (%d cells)", str(item, "what"), num(item, "cells"));
		usage__wrap(stdout, line.text, indent, indent, width);
	}
}

/* A table of the program's own texts: NULL-terminated keys, which are its headings too. */
static void simple_table(const json_t *list, const struct renderer *format, const char *const *keys)
{
	struct table table;
	json_t *item;
	size_t i;

	table__init(&table, format);
	for (const char *const *key = keys; *key; key++)
		table__column(&table, *key, "left", 0);
	json_array_foreach((json_t *)list, i, item) {
		table__row(&table);
		for (const char *const *key = keys; *key; key++)
			table__figure(&table, "%s", str(item, *key));
	}
	table__put(&table, stdout, NULL);
	table__free(&table);
}

static void configs_table(const json_t *list, const struct renderer *format)
{
	simple_table(list, format,
		     (const char *const[]){ "key", "values", "default", "help", NULL });
}

static void backends_table(const json_t *list, const struct renderer *format)
{
	simple_table(list, format,
		     (const char *const[]){ "name", "what", "virt", "detail", "why", NULL });
}

static void jobs_table(const json_t *list, const struct renderer *format)
{
	simple_table(list, format, (const char *const[]){ "name", "what", NULL });
}

static void peers_table(const json_t *list, const struct renderer *format)
{
	simple_table(list, format, (const char *const[]){ "peer", "test", "run", "note", NULL });
}

static const struct section sections[] = {
	{ "workloads", "Workloads", listing__workloads, workloads_text, workloads_table },
	{ "configs", "Configuration (--config KEY=VALUE)", listing__configs, configs_text,
	  configs_table },
	{ "backends", "Backends (--backend NAME)", listing__backends, backends_text,
	  backends_table },
	{ "jobs", "Jobs (hvbench run JOB)", listing__jobs, jobs_text, jobs_table },
	{}
};

/* Shown only when asked for. */
static const struct section peers = { "peers",
				      "What other tools measure, and what measures it here",
				      listing__peers, peers_text, peers_table };

enum { OPT_PEERS = OPT_LONG };

static const struct opt options[] = {
	FORMAT_OPTION(""),
	{ OPT_PEERS, "peers", NULL,
	  "Instead: which tests of other tools (kvm-unit-tests, selftests, HyperBench …) are "
	  "measured by "
	  "which workload here, and why the others are left out" },
	{},
};

static const struct example examples[] = {
	{ "hvbench list", "Names and one line of everything" },
	{ "hvbench list workloads", "All about the workloads: needs, expected exits, parameters" },
	{ "hvbench list --peers", "What kvm-unit-tests and others call it" },
	{ "hvbench list --format json | jq -r '.workloads[].name'", "For scripts" },
	{}
};

static const struct usage usage = {
	.command = "list",
	.what = "show the workloads, configuration keys, backends and jobs there are",
	.synopsis = "[workloads | configs | backends | jobs]",
	.text = "Exits are those that one operation takes on hardware, by the names of KVM's "
		"kvm_exit "
		"tracepoint for VMX and SVM; a report sets what was observed against them.",
	.options = options,
	.shows = SHOW_TABLE,
	.examples = examples,
};

static const struct section *find_section(struct opts *opts, const char *name)
{
	const char *names[8] = { NULL };
	char hint[NEAREST_ROOM];
	size_t nr;

	for (nr = 0; sections[nr].name; nr++) {
		if (!strcmp(sections[nr].name, name))
			return &sections[nr];
		names[nr] = sections[nr].name;
	}
	opts__misuse(opts, "there is no list of '%s'%s", name,
		     nearest__hint(hint, sizeof(hint), name, names, "",
				   "; there are workloads, configs, backends and jobs"));
	return NULL;
}

static void overview(unsigned int width)
{
	json_t *list = listing__workloads();
	const char *group = "";
	int name = longest(list, "name");
	json_t *workload;
	size_t i;

	puts("Workloads (hvbench run -w NAME; all about them: hvbench list workloads)");
	json_array_foreach(list, i, workload) {
		unsigned int indent = 4 + (unsigned int)name + 2;

		if (strcmp(group, str(workload, "group"))) {
			group = str(workload, "group");
			printf("  %s\n", group);
		}
		printf("    %-*s  ", name, str(workload, "name"));
		usage__wrap(stdout, str(workload, "what"), indent, indent, width);
	}
	json_decref(list);
	for (const struct section *section = sections + 1; section->name; section++) {
		list = section->make();
		printf("\n%s\n", section->title);
		section->text(list, width);
		json_decref(list);
	}
}

static void show_json(const struct section *one)
{
	json_t *doc = json_pack("{s:s}", "schema", "hvbench.list/1");

	if (one == &peers)
		json_object_set_new(doc, peers.name, peers.make());
	for (const struct section *section = sections; section->name; section++) {
		if (!one || one == section)
			json_object_set_new(doc, section->name, section->make());
	}
	json_dumpf(doc, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(doc);
}

static void show_tables(const struct section *one, const struct renderer *format)
{
	bool first = true;

	if (one == &peers) {
		json_t *list = peers.make();

		peers.table(list, format);
		json_decref(list);
		return;
	}
	for (const struct section *section = sections; section->name; section++) {
		json_t *list;

		if (one && one != section)
			continue;
		list = section->make();
		/* For programs there is nothing but the tables. */
		if (format->style != &style_plain)
			printf("%s## %s\n\n", first ? "" : "\n", section->title);
		section->table(list, format);
		json_decref(list);
		first = false;
	}
}

static int cmd_list(int argc, char **argv)
{
	/* Lines that a program reads are not wrapped. */
	unsigned int width = isatty(STDOUT_FILENO) ? usage__width(stdout) : 100000;
	const struct section *section = NULL;
	struct output output = { .path = NULL };
	const struct renderer *format;
	int id;
	struct opts opts;
	const char *name;
	json_t *list;

	opts__init(&opts, &usage, argc, argv);
	while ((id = opts__next(&opts)) > 0) {
		if (id == OPT_PEERS)
			section = &peers;
		else if (output__option(&output, &opts, id))
			return opts.status;
	}
	if (id < 0)
		return opts.status;
	name = opts__operand(&opts);
	if (name && section)
		return opts__misuse(&opts, "--peers is a list of its own: leave out '%s'", name);
	if (name) {
		section = find_section(&opts, name);
		if (!section || opts__no_more(&opts))
			return opts.status;
	}
	format = output__of_screen(&output, &renderer_text, NULL);
	if (!format->table) {
		show_json(section);
	} else if (format != &renderer_text) {
		show_tables(section, format);
	} else if (!section) {
		overview(width);
	} else {
		list = section->make();
		section->text(list, width);
		json_decref(list);
	}
	return EXIT_OK;
}
DEFINE_COMMAND(list, usage, cmd_list);
