// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/side_label.h"

#include <string.h>

#include "reports/charts/chart.h"

#define ENDING ".json"

/* The last `parts` parts of a path; the whole path if it has no more. */
static const char *last_parts(const char *path, size_t parts)
{
	const char *from = path + strlen(path);

	while (from > path) {
		if (from[-1] == '/' && *from && *from != '/' && !--parts)
			break;
		from--;
	}
	return from;
}

static size_t count_parts(const char *path)
{
	size_t parts = 1;

	for (; *path; path++)
		parts += *path == '/';
	return parts;
}

static json_t *of_parts(const char *path, size_t parts, size_t room)
{
	const char *from = last_parts(path, parts);
	size_t len = strlen(from), ending = strlen(ENDING);
	json_t *whole, *clean;

	if (len > ending && !strcmp(from + len - ending, ENDING))
		len -= ending;
	whole = json_sprintf("%.*s", (int)len, from);
	/* A file's name may not be valid UTF-8. */
	clean = chart__text(json_string_value(whole) ?: "?", room);
	json_decref(whole);
	return clean;
}

static bool is_shared(const struct compare_side *sides, size_t nr, size_t which,
		      const json_t *label, size_t parts, size_t room)
{
	bool shared = false;

	for (size_t i = 0; i < nr && !shared; i++) {
		json_t *other = i == which ? NULL : of_parts(sides[i].name, parts, room);

		shared = other && json_equal(other, label);
		json_decref(other);
	}
	return shared;
}

json_t *side__label(const struct compare_side *sides, size_t nr, size_t which, size_t room)
{
	const char *path = sides[which].name;
	size_t most = count_parts(path);
	json_t *label, *numbered, *clean;

	/*
	 * One more than any path has: "q.json" beside "old/q.json" differs by having no more parts.
	 */
	for (size_t parts = 1; parts <= most + 1; parts++) {
		label = of_parts(path, parts, room);
		if (!is_shared(sides, nr, which, label, parts, room))
			return label;
		json_decref(label);
	}
	label = of_parts(path, 1, room);
	numbered = json_sprintf("%zu: %s", which + 1, json_string_value(label) ?: "?");
	clean = chart__text(json_string_value(numbered) ?: "?", room);
	json_decref(label);
	json_decref(numbered);
	return clean;
}
