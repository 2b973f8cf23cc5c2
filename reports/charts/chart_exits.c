// SPDX-License-Identifier: GPL-2.0-or-later
/* Exits per operation, by reason or by what handled them. */
#include "reports/charts/chart_kinds.h"

#include <math.h>

#include "bench/result/doc.h"
#include "reports/charts/chart_stack.h"

/* By reason, if a probe has counted them by reason. */
static json_t *reason_parts(const json_t *cell)
{
	const json_t *reasons = doc__at(cell, "exits.by_reason"), *reason;
	json_t *object = json_object(), *name;
	size_t i;

	json_array_foreach(reasons, i, reason) {
		double per_op = doc__number(reason, "per_op");

		if (!isfinite(per_op) || per_op <= 0)
			continue;
		name = chart__text(doc__text(reason, "reason"), MAX_LABEL / 2);
		json_object_set_new(object, json_string_value(name), json_real(per_op));
		json_decref(name);
	}
	if (json_object_size(object))
		return object;
	json_decref(object);
	return NULL;
}

/* Those that went to user space and those that the kernel handled: known for every source. */
static json_t *handler_parts(const json_t *cell)
{
	double total = doc__number(cell, "exits.per_op.total"),
	       user = doc__number(cell, "exits.per_op.user");

	if (!isfinite(total))
		return NULL;
	user = isfinite(user) ? fmin(fmax(user, 0), total) : 0;
	return json_pack("{s:f, s:f}", "handled in the kernel", total - user, "on to user space",
			 user);
}

/*
 * Whether reasons may stand for exits: a source that sees several events per exit, or none of some
 * (KVM's tracepoints where kvm_exit does not fire), counts reasons that do not add up.
 */
static bool reasons_add_up(const struct section *s)
{
	bool any = false;

	for (size_t i = 0; i < s->nr; i++) {
		double total = doc__number(s->entries[i].cell, "exits.per_op.total"), sum = 0;
		json_t *object = reason_parts(s->entries[i].cell), *value;
		const char *name;

		json_object_foreach(object, name, value)
			sum += json_real_value(value);
		any = any || object;
		json_decref(object);
		if (isfinite(total) && (sum > total + fmax(0.05 * total, 0.05) ||
					sum < total - fmax(0.1 * total, 0.05)))
			return false;
	}
	return any;
}

static void add(const struct section *s, json_t *charts)
{
	bool by_reason = reasons_add_up(s);
	struct stack_kind kind = { .name = "exits",
				   .parts = by_reason ? reason_parts : handler_parts,
				   .exits = true,
				   .sorted = by_reason };
	json_t *caption = json_string(
		by_reason ? "By reason, as a probe saw them in rounds of its own." :
			    "By what handled them: the VMM in user space, or the kernel alone.");
	json_t *chart =
		chart_stack__make(s, &kind, section__title(s, "exits of an operation"), caption);

	if (chart)
		json_array_append_new(charts, chart);
}

DEFINE_CHART(exits) = {
	.order = 60,
	.rows = true,
	.add = add,
};
