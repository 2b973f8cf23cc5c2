// SPDX-License-Identifier: GPL-2.0-or-later
/* In what the cells of one workload differ: see chart_keys.h. */
#include "reports/charts/chart_keys.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "reports/charts/chart.h"

const json_t *chart_key__value(const struct chart_key *key, const json_t *cell)
{
	return json_object_get(*key->object ? json_object_get(cell, key->object) : cell, key->name);
}

size_t chart_key__index(const json_t *values, const json_t *value)
{
	const json_t *known;
	size_t i;

	json_array_foreach(values, i, known)
		if (json_equal(known, value))
			break;
	return i;
}

static int by_number(const void *a, const void *b)
{
	double x = chart__number_of(*(json_t *const *)a), y = chart__number_of(*(json_t *const *)b);

	return (x > y) - (x < y);
}

static json_t *sorted(json_t *values)
{
	size_t nr = json_array_size(values), i;
	json_t **list = alloc__need_zeroed(nr + 1, sizeof(*list)), *value, *made = json_array();
	bool numbers = true;

	json_array_foreach(values, i, value) {
		numbers = numbers && isfinite(chart__number_of(value));
		list[i] = value;
	}
	if (numbers)
		qsort(list, nr, sizeof(*list), by_number);
	for (i = 0; i < nr; i++)
		json_array_append(made, list[i]);
	json_decref(values);
	free(list);
	return made;
}

/* Records a key that takes several values, or that some cells lack. */
static void note(struct chart_keys *keys, const json_t *cells, const char *object, const char *name)
{
	struct chart_key key = {
		.object = object, .name = name, .values = json_array(), .whole = true
	};
	const json_t *cell;
	size_t i;

	json_array_foreach(cells, i, cell) {
		json_t *value = (json_t *)chart_key__value(&key, cell);

		key.whole = key.whole && value && !json_is_null(value);
		if (value && json_array_size(key.values) < MAX_VALUES &&
		    chart_key__index(key.values, value) == json_array_size(key.values))
			json_array_append(key.values, value);
	}
	if (json_array_size(key.values) + !key.whole < 2 || keys->nr >= MAX_KEYS) {
		keys->nr += json_array_size(key.values) + !key.whole >= 2 && keys->nr == MAX_KEYS;
		json_decref(key.values);
		return;
	}
	key.values = sorted(key.values);
	keys->list[keys->nr++] = key;
}

void chart_keys__find(struct chart_keys *keys, const json_t *cells)
{
	static const char *const objects[] = { "params", "config" };
	/*
	 * All cells of a workload have the same keys in a proper document, so look at the first
	 * cell's only.
	 */
	const json_t *first = json_array_get(cells, 0);
	const char *name;
	json_t *value;

	keys->nr = 0;
	for (size_t o = 0; o < 2; o++)
		json_object_foreach(json_object_get(first, objects[o]), name, value)
			if (keys->nr <= MAX_KEYS && (o == 0 || strcmp(name, "name")))
				note(keys, cells, objects[o], name);
	note(keys, cells, "", "ring");
	note(keys, cells, "", "backend");
}

void chart_keys__destroy(struct chart_keys *keys)
{
	for (size_t i = 0; i < keys->nr && i < MAX_KEYS; i++)
		json_decref(keys->list[i].values);
	keys->nr = 0;
}

json_t *chart_keys__name(const struct chart_keys *keys, const json_t *cell, const char *except)
{
	json_t *name = json_string("");

	for (size_t i = 0; i < keys->nr && i < MAX_KEYS; i++) {
		const struct chart_key *key = &keys->list[i];
		const json_t *value = chart_key__value(key, cell);
		json_t *words, *longer;

		if (!strcmp(key->name, except) || !value)
			continue;
		words = chart__value_in_words(key->name, value);
		longer = json_sprintf("%s%s%s=%s", json_string_value(name),
				      json_string_length(name) ? ", " : "", key->name,
				      json_string_value(words));
		json_decref(words);
		json_decref(name);
		name = longer ?: json_string("");
	}
	return name;
}
