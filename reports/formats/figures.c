// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/formats/figures.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result/doc.h"
#include "reports/formats/format.h"

static const struct {
	const char *of_document, *shown;
} units[] = {
	{ "insn", "instructions" },
	{ "bytes_per_s", "bytes/s" },
};

static const char *unit_of(const json_t *cell)
{
	const char *unit = doc__text(cell, "unit");

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(unit, units[i].of_document))
			return units[i].shown;
	return unit;
}

/* The result, where there are several, and what the cell has that most have not. */
static char *name_of(const json_t *of, const json_t *cell, bool several)
{
	const char *backend = doc__text(cell, "backend"), *config = doc__text(cell, "config.name");
	bool usual = !strcmp(backend, "kvm"), plain = !strcmp(config, "default");
	char *text, *clean;

	if (asprintf(&text, "%s%s%s%s%s%s%s", several ? doc__text(of, "name") : "",
		     several ? ": " : "", doc__text(cell, "label"), usual ? "" : " ",
		     usual ? "" : backend, plain || !*config ? "" : " ", plain ? "" : config) < 0)
		return NULL;
	clean = format__clean(text, true);
	free(text);
	return clean;
}

/* Words with one dot between them. */
static char *path_of(const char *first, const char *second)
{
	char *path, *end;

	if (asprintf(&path, "%s.%s", first, second) < 0)
		return NULL;
	end = path;
	for (const char *c = path; *c; c++) {
		bool dot = strchr(".: ", *c) != NULL;

		if (dot && (end == path || end[-1] == '.'))
			continue;
		*end++ = dot ? '.' : isascii(*c) && (isalnum(*c) || strchr("-_", *c)) ? *c : '_';
	}
	while (end > path && end[-1] == '.')
		end--;
	*end = '\0';
	return path;
}

static int figure__of_cell(struct figure *f, const json_t *of, const json_t *cell, bool several)
{
	const char *status = doc__text(cell, "status");
	char *alone;

	f->of = of;
	f->result = doc__at(of, "result");
	f->cell = cell;
	f->name = name_of(of, cell, several);
	alone = name_of(of, cell, false);
	f->path = alone ? path_of(doc__text(cell, "group"), alone) : NULL;
	free(alone);
	f->where = several ? path_of(doc__text(of, "name"), "") : calloc(1, 1);
	f->reason = format__clean(doc__text(cell, "reason"), true);
	f->unit = unit_of(cell);
	f->value = doc__number(cell, "summary.p50");
	f->low = doc__element(cell, "summary.ci95", 0);
	f->high = doc__element(cell, "summary.ci95", 1);
	f->bigger_is_better = doc__bool(cell, "higher_is_better") == 1;
	f->exits_per_op = doc__number(cell, "exits.per_op.total");
	f->measured = !strcmp(status, "ok") && isfinite(f->value);
	f->skipped = !strcmp(status, "skipped");
	return f->name && f->path && f->where && f->reason ? 0 : -ENOMEM;
}

int figures__of(const json_t *results, struct figure **list, size_t *nr)
{
	bool several = json_array_size(results) > 1;
	const json_t *of, *cell;
	size_t i, k, room = 0;

	json_array_foreach(results, i, of)
		room += json_array_size(doc__at(of, "result.cells"));
	*nr = 0;
	*list = calloc(room + 1, sizeof(**list));
	if (!*list)
		return -ENOMEM;
	json_array_foreach(results, i, of) {
		json_array_foreach(doc__at(of, "result.cells"), k, cell) {
			if (!strcmp(doc__text(cell, "group"), "profile"))
				continue;
			if (figure__of_cell(&(*list)[(*nr)++], of, cell, several))
				return -ENOMEM;
		}
	}
	return 0;
}

void figures__free(struct figure *list, size_t nr)
{
	for (size_t i = 0; list && i < nr; i++) {
		free(list[i].name);
		free(list[i].path);
		free(list[i].where);
		free(list[i].reason);
	}
	free(list);
}
