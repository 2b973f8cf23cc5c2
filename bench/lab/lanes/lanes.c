// SPDX-License-Identifier: GPL-2.0-or-later
/* The lanes that are linked in, in the order they are shown, and what they need of the machine. */
#include "bench/lab/lanes/lanes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/program.h"
#include "bench/base/units.h"

#define MAX_LANES	31	/* that a misspelt name is compared with */

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
	const char *nearest;
	unsigned int nr = 0;

	for_each_lane(lane) {
		if (!strcmp(lane->name, name))
			return lane;
		if (nr < MAX_LANES)
			names[nr++] = lane->name;
	}
	nearest = units__nearest(name, names);
	error__set(err, -EINVAL, nearest ? "unknown lane '%s'; did you mean '%s'?" :
					   "unknown lane '%s'; 'hvbench lab list' shows them", name, nearest);
	return NULL;
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
