// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans from -w lists: see list.h. job.c makes those from job files; builder.c is what both share.
 */
#include "bench/plan/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/nearest.h"
#include "bench/base/units.h"
#include "bench/plan/builder.h"

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\n");
	len = strlen(text);
	while (len && strchr(" \t\n", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static int unknown_param(const struct workload *w, const char *name, struct error *err)
{
	struct names names = { 0 };
	char all[256] = ": it takes ", hint[NEAREST_ROOM];
	size_t used = strlen(all);

	if (is_config_key(name))
		return error__set(err, -ENOENT,
				  "'%s' is no parameter of %s: give it as --config %s=VALUE", name,
				  w->name, name);
	if (!strcmp(name, "backend"))
		return error__set(err, -ENOENT,
				  "'backend' is no parameter of %s: give it as --backend NAME",
				  w->name);
	names__add_params(&names, w);
	if (w->ring_choice)
		names__add(&names, "ring");
	if (!names.nr)
		return error__set(err, -ENOENT, "'%.64s': %s takes no parameters", name, w->name);
	for (size_t i = 0; i < names.nr && used < sizeof(all); i++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "",
					 names.name[i]);
	return error__set(err, -ENOENT, "%s has no parameter '%.64s'%s", w->name, name,
			  nearest__hint(hint, sizeof(hint), name, names.name, "", all));
}

/* Sets a PARAM=VALUE of a -w item. */
static int set_pair(struct cell *cell, char *pair, unsigned int *seen, struct error *err)
{
	char *value = strchr(pair, '=');
	unsigned int bit;
	int i;

	if (!value || value == pair)
		return error__set(err, -EINVAL, "'%.64s' after %s is not PARAM=VALUE", pair,
				  cell->workload->name);
	*value++ = '\0';
	i = workload__find_param(cell->workload, pair);
	if (i < 0 && strcmp(pair, "ring"))
		return unknown_param(cell->workload, pair, err);
	bit = 1u << (i < 0 ? HV_MAX_PARAMS : i);
	if (*seen & bit)
		return error__set(err, -EINVAL, "'%s' of %s is given twice", pair,
				  cell->workload->name);
	*seen |= bit;
	return i < 0 ? cell__set_ring(cell, value, err) : cell__set_param(cell, i, value, err);
}

static int add_item(struct plan_builder *builder, char *item, struct error *err)
{
	struct matrix matrix = { 0 };
	const struct workload *w;
	struct cell cell, scratch;
	unsigned int seen = 0;
	char label[sizeof(cell.section)], *pair;
	int ret = 0;

	snprintf(label, sizeof(label), "%s", item);
	pair = strchr(item, ':');
	if (pair)
		*pair++ = '\0';
	w = plan__find_workload(item, err);
	if (!w)
		return error__prefix(err, "-w");
	cell__init(&cell, w, label);
	while (pair && !ret) {
		char *next = strchr(pair, ':');

		if (next)
			*next++ = '\0';
		ret = set_pair(&cell, pair, &seen, err);
		pair = next;
	}
	if (ret)
		return error__prefix(err, "-w");
	scratch = cell;
	ret = builder__override(builder, &matrix, &scratch, err);
	if (!ret) {
		ret = builder__add_cells(builder, &matrix, &cell, err);
		if (ret)
			error__prefix(err, "%s", builder->culprit ? "--exclude" : "-w");
	}
	matrix__free(&matrix);
	return ret;
}

static int add_items(struct plan_builder *builder, const char *list, struct error *err)
{
	char *copy = strdup(list), *item, *next;
	int ret = 0;

	if (!copy)
		return error__set(err, -ENOMEM, "no memory for the list of workloads");
	for (item = copy; item && !ret; item = next) {
		next = strchr(item, ',');
		if (next)
			*next++ = '\0';
		item = trim(item);
		ret = item[0] ?
			      add_item(builder, item, err) :
			      error__set(err, -EINVAL,
					 "-w: '%.64s' names no workload between its commas: write "
					 "NAME[:PARAM=VALUE…][,NAME…]",
					 list);
	}
	free(copy);
	return ret;
}

int plan__from_list(struct plan *plan, const char *list, const struct plan_options *opts,
		    struct error *err)
{
	struct plan_builder builder;
	int ret;

	ret = builder__begin(&builder, plan, PLAN_OF_COMMAND_LINE, opts, err);
	if (!ret)
		ret = add_items(&builder, list, err);
	if (!ret) {
		ret = builder__check(&builder, err);
		if (ret && builder.culprit)
			error__prefix(err, "--exclude");
	}
	return builder__end(&builder, ret);
}
