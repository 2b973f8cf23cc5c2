// SPDX-License-Identifier: GPL-2.0-or-later
/* The results that a command line names: see inputs.h. */
#include "bench/cli/inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/nearest.h"
#include "bench/plan/config.h"
#include "bench/result/file.h"

int inputs__take(struct inputs *inputs, struct opts *opts)
{
	char *operand;

	while ((operand = opts__operand(opts))) {
		if (inputs->nr == INPUTS_MAX)
			return opts__misuse(opts, "more than %d results", INPUTS_MAX);
		inputs->sides[inputs->nr++].name = operand;
	}
	return 0;
}

int inputs__load(struct inputs *inputs, struct error *err)
{
	size_t standard_input = 0;

	for (size_t i = 0; i < inputs->nr; i++) {
		struct compare_side *side = &inputs->sides[i];

		standard_input += !strcmp(side->name, "-");
		if (standard_input > 1)
			return error__set(err, -EINVAL,
					  "standard input can be only one of the results");
		if (!side->doc)
			side->doc = result__load(side->name, err);
		if (!side->doc)
			return err->code ?: -EINVAL;
	}
	return 0;
}

void inputs__destroy(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->nr; i++)
		json_decref((json_t *)inputs->sides[i].doc);
}

int inputs__exit_status(const struct error *err)
{
	switch (err->code) {
	case -EBADMSG:
	case -EPROTONOSUPPORT:
	case -EFBIG:
		return EXIT_BAD_INPUT;
	case -EINVAL:
	case -ENOENT:
	case -EISDIR:
		return EXIT_USAGE;
	case -EBUSY:
		return EXIT_IO;
	default:
		return error__exit_status(err);
	}
}

static void add_keys(json_t *known, const json_t *values)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)values, key, value)
		json_object_set_new(known, key, json_true());
}

/*
 * What --across may name: configuration keys, and whatever distinguishes the cells of these
 * results.
 */
static json_t *keys_of(const struct inputs *inputs)
{
	json_t *known = json_pack("{s:b, s:b, s:b}", "backend", 1, "ring", 1, "config", 1);
	const json_t *cell;
	size_t i;

	for (const struct config_key *key = config_keys; key->name; key++)
		json_object_set_new(known, key->name, json_true());
	for (size_t s = 0; s < inputs->nr; s++)
		json_array_foreach(json_object_get(inputs->sides[s].doc, "cells"), i, cell) {
			add_keys(known, json_object_get(cell, "params"));
			add_keys(known, json_object_get(cell, "config"));
		}
	return known;
}

int inputs__check_across(const struct inputs *inputs, const char *const *across, struct error *err)
{
	json_t *known = keys_of(inputs), *value;
	const char **names = alloc__need_zeroed(json_object_size(known) + 1, sizeof(*names)), *name;
	char hint[NEAREST_ROOM];
	size_t nr = 0;
	int ret = 0;

	json_object_foreach(known, name, value)
		names[nr++] = name;
	for (const char *const *word = across; word && *word && !ret; word++) {
		if (json_object_get(known, *word))
			continue;
		ret = error__set(err, -EINVAL,
				 "--across: '%.64s' is no configuration key, and no cell has such "
				 "a parameter%s",
				 *word, nearest__hint(hint, sizeof(hint), *word, names, "", ""));
	}
	free(names);
	json_decref(known);
	return ret;
}
