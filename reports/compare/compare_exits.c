// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exit profiles of two cells: see compare_exits.h. Counts of exits do not vary as times do, so no
 * statistics are needed; but the host's interrupts and the few exits around the timed part vary a
 * little.
 */
#include "reports/compare/compare_exits.h"

#include <math.h>
#include <string.h>

#include "bench/base/verdicts.h"
#include "bench/result/doc.h"

/* A change has to exceed both the absolute and the relative tolerance. */
#define TOLERANCE	   0.01 /* exits per operation, where their number is constant */
#define TOLERANCE_VARYING  0.05 /* and where it is not */
#define TOLERANCE_RELATIVE 0.1
#define TOLERANCE_EXACT	   0.001

/* Reasons caused by the host's interrupts, not by the operation. */
static const char *const hosts_own[] = {
	"host_interrupts", "EXTERNAL_INTERRUPT", "intr", "nmi", "INTR", "NMI", NULL,
};

static bool is_hosts_own(const char *reason)
{
	for (const char *const *own = hosts_own; *own; own++)
		if (!strcmp(reason, *own))
			return true;
	return false;
}

static void add_reasons(json_t *profile, const json_t *list, const char *prefix, bool *any)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		double per_op = doc__number(entry, "per_op");
		json_t *name;

		if (!isfinite(per_op))
			continue;
		name = json_sprintf("%s%s", prefix, doc__text(entry, "reason"));
		json_object_set_new(profile, json_string_value(name) ?: "", json_real(per_op));
		json_decref(name);
		*any = true;
	}
}

/* Exits per operation by reason, including "total" and "user". */
static json_t *profile_of(const json_t *cell, bool *by_reason, bool *by_user_reason)
{
	json_t *profile = json_object(), *value;
	const char *name;

	*by_reason = *by_user_reason = false;
	json_object_foreach((json_t *)doc__at(cell, "exits.per_op"), name, value) {
		if (!json_is_number(value))
			continue;
		json_object_set_new(profile, name, json_real(json_number_value(value)));
		*by_reason = *by_reason ||
			     (strcmp(name, "total") && strcmp(name, "user") && !is_hosts_own(name));
	}
	add_reasons(profile, doc__at(cell, "exits.by_reason"), "", by_reason);
	add_reasons(profile, doc__at(cell, "exits.user_by_reason"), "user ", by_user_reason);
	return profile;
}

static bool is_user_reason(const char *name)
{
	return !strncmp(name, "user ", 5);
}

static bool differs(double base, double new, double tolerance)
{
	double size = fabs(new - base);

	if (tolerance == TOLERANCE_VARYING)
		return size > tolerance && size > TOLERANCE_RELATIVE * fabs(base);
	return size > tolerance;
}

static void add_change(json_t *changes, const char *reason, double base, double new)
{
	const char *what = base == 0  ? "appeared" :
			   new == 0   ? "went" :
			   new > base ? "more" :
					"fewer";

	json_array_append_new(changes, json_pack("{s:s, s:f, s:f, s:s}", "reason", reason, "base",
						 base, "new", new, "what", what));
}

/* A reason missing from one profile counts as 0 there, if that profile has reasons at all. */
static json_t *changes_between(const json_t *base, const json_t *new, const bool comparable[2],
			       double tolerance)
{
	json_t *changes = json_array(), *value;
	const char *name;

	json_object_foreach((json_t *)base, name, value) {
		const json_t *other = json_object_get(new, name);
		bool total = !strcmp(name, "total") || !strcmp(name, "user");

		if (is_hosts_own(name) || (!other && (total || !comparable[is_user_reason(name)])))
			continue;
		if (differs(json_number_value(value), json_number_value(other), tolerance))
			add_change(changes, name, json_number_value(value),
				   json_number_value(other));
	}
	json_object_foreach((json_t *)new, name, value) {
		if (json_object_get(base, name) || is_hosts_own(name) || !strcmp(name, "total") ||
		    !strcmp(name, "user") || !comparable[is_user_reason(name)])
			continue;
		if (differs(0, json_number_value(value), tolerance))
			add_change(changes, name, 0, json_number_value(value));
	}
	return changes;
}

/* By the totals, first that of the more expensive exits to user space; else by the reasons. */
static enum verdict verdict_of(const json_t *changes)
{
	const json_t *change;
	double total = 0;
	size_t i;

	json_array_foreach(changes, i, change) {
		const char *reason = doc__text(change, "reason");

		if (!strcmp(reason, "total") || (!strcmp(reason, "user") && total == 0))
			total = doc__number(change, "new") - doc__number(change, "base");
	}
	if (total != 0)
		return total > 0 ? VERDICT_MORE : VERDICT_FEWER;
	return json_array_size(changes) ? VERDICT_CHANGED : VERDICT_SAME;
}

json_t *compare__exits(const json_t *base, const json_t *new, bool exact)
{
	bool base_reasons[2], new_reasons[2], comparable[2];
	json_t *profiles[2], *changes, *result;
	/*
	 * If the base was not as expected (handled elsewhere, varying), it cannot be held to exact
	 * numbers.
	 */
	bool constant = doc__bool(base, "exits.as_expected") == 1;
	double tolerance = exact ? TOLERANCE_EXACT : constant ? TOLERANCE : TOLERANCE_VARYING;

	if (!json_is_object(json_object_get(base, "exits")) ||
	    !json_is_object(json_object_get(new, "exits")))
		return json_null();
	profiles[0] = profile_of(base, &base_reasons[0], &base_reasons[1]);
	profiles[1] = profile_of(new, &new_reasons[0], &new_reasons[1]);
	for (int i = 0; i < 2; i++)
		comparable[i] = base_reasons[i] && new_reasons[i];
	changes = changes_between(profiles[0], profiles[1], comparable, tolerance);
	result = json_pack("{s:s, s:b, s:o}", "verdict",
			   verdict__name(json_object_size(profiles[0]) &&
							 json_object_size(profiles[1]) ?
						 verdict_of(changes) :
						 VERDICT_UNKNOWN),
			   "constant", constant, "changes", changes);
	json_decref(profiles[0]);
	json_decref(profiles[1]);
	return result;
}
