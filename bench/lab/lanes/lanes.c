// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lanes that are linked in, in the order in which they are listed, and what they need of the
 * machine.
 */
#include "bench/lab/lanes/lanes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/backends/kvm/kvm.h"
#include "bench/base/nearest.h"
#include "bench/base/program.h"
#include "bench/base/units.h"

#define MAX_LANES 31 /* lanes that a misspelt name is compared with */

extern const struct lab_lane *const __start_lane_table[];
extern const struct lab_lane *const __stop_lane_table[];

static bool is_behind(const struct lab_lane *b, const struct lab_lane *a)
{
	return b->rank != a->rank ? b->rank > a->rank : strcmp(b->name, a->name) > 0;
}

const struct lab_lane *lab__lane_after(const struct lab_lane *lane)
{
	const struct lab_lane *next = NULL;

	for (const struct lab_lane *const *l = __start_lane_table; l < __stop_lane_table; l++)
		if ((!lane || is_behind(*l, lane)) && (!next || is_behind(next, *l)))
			next = *l;
	return next;
}

const struct lab_lane *lab__find_lane(const char *name, struct error *err)
{
	const char *names[MAX_LANES + 1] = { NULL };
	char hint[NEAREST_ROOM];
	unsigned int nr = 0;

	for_each_lane(lane) {
		if (!strcmp(lane->name, name))
			return lane;
		if (nr < MAX_LANES)
			names[nr++] = lane->name;
	}
	error__set(err, -EINVAL, "unknown lane '%s'%s", name,
		   nearest__hint(hint, sizeof(hint), name, names, "",
				 ": 'hvbench lab list' shows them"));
	return NULL;
}

/* Lanes in which hvbench runs have the keys and needs of hvbench's default backend. */
const struct honours *lab__lane_honours(const struct lab_lane *lane)
{
	return lane->honours ? lane->honours : &backend_kvm.honours;
}

int lab__lane_supports(const struct lab_lane *lane, const struct cell *cell, struct error *err)
{
	struct honourer others[MAX_LANES + 1] = { { NULL, NULL } };
	bool measured = false;
	const char *unlike;
	size_t nr = 0;
	char who[64];
	int ret;

	if (!lane->honours)
		return 0;
	for_each_lane(l)
		if (l != lane && nr < MAX_LANES)
			others[nr++] = (struct honourer){ l->name, lab__lane_honours(l) };
	snprintf(who, sizeof(who), "lane %s", lane->name);
	if (strcmp(cell->backend, backend_kvm.name))
		return error__set(err, -EOPNOTSUPP,
				  "%s runs the guest by itself, without backend %s", who,
				  cell->backend);
	ret = honours__check(lane->honours, cell, who, others, err);
	if (ret)
		return ret;
	unlike = lane->unlike ? lane->unlike(cell, &measured) : NULL;
	return unlike && !measured ? error__set(err, -EOPNOTSUPP, "%s", unlike) : 0;
}

bool lab__has_need(const struct lab_need *need)
{
	char path[LAB_PATH];

	if (need->test[0] != '/')
		return program__find(need->test, NULL, 0);
	for (const char *p = need->test; *p; p += *p == ',') {
		snprintf(path, sizeof(path), "%.*s", (int)strcspn(p, ","), p);
		if (!access(path, R_OK))
			return true;
		p += strcspn(p, ",");
	}
	return false;
}

const struct lab_need *lab__missing(const struct lab_lane *lane)
{
	for (const struct lab_need *n = lane->needs; n->test; n++)
		if (!lab__has_need(n))
			return n;
	return NULL;
}
