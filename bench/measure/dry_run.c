// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/dry_run.h"

#include <errno.h>
#include <string.h>

#include "bench/backends/backend.h"
#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/result/result.h"

#define MAX_BACKENDS 16

/* Backends are looked for once: it takes opening devices and starting programs. */
struct found {
	const struct backend *backend[MAX_BACKENDS];
	struct backend_info info[MAX_BACKENDS];
	size_t nr;
};

static const struct backend_info *probe(struct found *found, const struct backend *backend)
{
	for (size_t i = 0; i < found->nr; i++) {
		if (found->backend[i] == backend)
			return &found->info[i];
	}
	if (found->nr == MAX_BACKENDS)
		found->nr--;
	found->backend[found->nr] = backend;
	backend->probe(&found->info[found->nr]);
	return &found->info[found->nr++];
}

static int add_cell(json_t *list, struct found *found, const struct cell *cell, const struct depth *depth,
		    struct error *err)
{
	const struct backend *backend = backend__find(cell->backend);
	const struct backend_info *info;
	struct error why = { 0 };
	json_t *object;

	if (!backend)
		return error__set(err, -EINVAL,
				  "unknown backend '%s': 'hvbench list backends' names them",
				  cell->backend);
	info = probe(found, backend);
	if (!info->available)
		error__set(&why, -ENODEV, "%s", info->why);
	else
		backend->supports(cell, &why);
	object = json_object();
	json_object_set_new(object, "section", json__text(cell->section));
	result__identify(object, cell);
	json_object_set_new(object, "rounds", json_integer((json_int_t)depth->rounds * depth__visits(depth, cell)));
	json_object_set_new(object, "estimated_s", json__number(why.code ? 0 : depth__cell_s(depth, cell)));
	json_object_set_new(object, "skipped", why.code ? json__text(why.text) : json_null());
	return json_array_append_new(list, object) ? error__set(err, -ENOMEM, "out of memory") : 0;
}

int dry_run__new(json_t **doc, const struct plan *plan, const struct runner_options *opts,
		 struct error *err)
{
	struct found found = { .nr = 0 };
	json_t *cells = json_array();
	struct depth depth;
	double total, cells_s = 0, skipped = 0;
	int ret = 0;

	depth__choose(&depth, plan, &opts->depth);

	for (size_t i = 0; i < plan->nr_cells && !ret; i++) {
		double seconds = depth__cell_s(&depth, &plan->cells[i]);

		ret = add_cell(cells, &found, &plan->cells[i], &depth, err);
		cells_s += seconds;
		skipped += seconds - json_number_value(json_object_get(json_array_get(cells, i), "estimated_s"));
	}
	total = depth__run_s(&depth);
	if (ret) {
		json_decref(cells);
		return ret;
	}
	*doc = json_pack("{s:s, s:o, s:o, s:i, s:i, s:o, s:f, s:f, s:I, s:I, s:o}", "schema", DRY_RUN_SCHEMA,
			 "name", json__text(plan->name), "what", json__text(plan->what), "rounds",
			 (int)depth.rounds, "most_rounds", (int)depth__widest(&depth), "seed",
			 plan->seed_set ? json__u64(plan->seed) : json_null(), "estimated_s", total - skipped,
			 "besides_cells_s", total - cells_s,
			 "excluded", (json_int_t)plan->nr_excluded, "same",
			 (json_int_t)plan->nr_same, "cells", cells);
	return *doc ? 0 : error__set(err, -ENOMEM, "out of memory");
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static const char *config_of(const json_t *cell)
{
	return text_of(json_object_get(cell, "config"), "name");
}

/* Seconds where they can be told apart, minutes where nobody counts seconds. */
static void print_time(FILE *out, double seconds, int width)
{
	if (seconds < 10)
		fprintf(out, "%*.1f s", width, seconds);
	else if (seconds < 600)
		fprintf(out, "%*.0f s", width, seconds);
	else
		fprintf(out, "%*.0f min", width - 2, seconds / 60);
}

static int widest(const json_t *cells, const char *(*get)(const json_t *cell), const char *title)
{
	size_t width = strlen(title), i;
	json_t *cell;

	json_array_foreach((json_t *)cells, i, cell) {
		if (strlen(get(cell)) > width)
			width = strlen(get(cell));
	}
	return (int)width;
}

static const char *label_of(const json_t *cell)
{
	return text_of(cell, "label");
}

static const char *backend_of(const json_t *cell)
{
	return text_of(cell, "backend");
}

static void print_cells(const json_t *cells, FILE *out)
{
	int label = widest(cells, label_of, "workload"),
	    backend = widest(cells, backend_of, "backend");
	int config = widest(cells, config_of, "configuration");
	json_t *cell;
	size_t i;

	fprintf(out, "  %-*s  %-*s  %-*s  %6s  %8s\n", label, "workload", backend, "backend", config,
		"configuration", "rounds", "about");
	json_array_foreach((json_t *)cells, i, cell) {
		const char *skipped = text_of(cell, "skipped");

		fprintf(out, "  %-*s  %-*s  %-*s  ", label, label_of(cell), backend,
			backend_of(cell), config, config_of(cell));
		if (skipped) {
			fprintf(out, "skipped: %s", skipped);
		} else {
			fprintf(out, "%6.0f  ", json_number_value(json_object_get(cell, "rounds")));
			print_time(out, json_number_value(json_object_get(cell, "estimated_s")), 6);
		}
		fputc('\n', out);
	}
}

int dry_run__print(const json_t *plan, FILE *out)
{
	/* A name is that of a file, which is anybody's. */
	json_t *doc = json__clean_copy(plan);
	const json_t *cells = json_object_get(doc, "cells");
	json_int_t excluded = json_integer_value(json_object_get(doc, "excluded"));
	json_int_t same = json_integer_value(json_object_get(doc, "same"));
	double rounds = json_number_value(json_object_get(doc, "rounds"));
	double most = json_number_value(json_object_get(doc, "most_rounds"));
	const char *what = text_of(doc, "what");
	char text[64];

	fprintf(out, "%s%s%s\n", text_of(doc, "name"), *what ? ": " : "", what);
	fprintf(out, "%zu cell%s, %s: about ", json_array_size(cells),
		json_array_size(cells) == 1 ? "" : "s", units__format_rounds(rounds, most, text, sizeof(text)));
	print_time(out, json_number_value(json_object_get(doc, "estimated_s")), 0);
	fputs("\n\n", out);
	print_cells(cells, out);
	if (excluded || same)
		fputc('\n', out);
	if (excluded)
		fprintf(out, "%lld combination%s excluded\n", (long long)excluded,
			excluded == 1 ? " is" : "s are");
	if (same)
		fprintf(out, "%lld cell%s left out: the command line makes %s the same as others\n",
			(long long)same, same == 1 ? " is" : "s are", same == 1 ? "it" : "them");
	json_decref(doc);
	return fflush(out) ? -errno : 0;
}
