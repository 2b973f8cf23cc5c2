// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/result/exits.h"

#include <math.h>
#include <string.h>

#include "bench/backends/registry.h"
#include "bench/base/json.h"
#include "bench/result/rounds.h"

/* What the exits of all good rounds come to. */
struct exit_sums {
	double window_ops, ops, exits, host_interrupts, user_ops, user_exits;
	const char *why; /* why they are not known, from the first round that says
					 * so */
};

static void sum_exits(struct exit_sums *sums, const struct cell_rounds *r)
{
	*sums = (struct exit_sums){ .why = NULL };
	for (unsigned int i = 0; i < r->nr_rounds; i++) {
		const struct measurement *m = r->rounds[i];

		if (m->status != MEASURE_OK)
			continue;
		if (!m->exits_known && !sums->why)
			sums->why = m->exits_unknown_why;
		if (!m->window_ops)
			continue;
		sums->window_ops += m->window_ops;
		if (!m->user_exits_unknown) {
			sums->user_ops += m->window_ops;
			sums->user_exits += m->user_exits;
		}
		if (m->exits_known) {
			sums->ops += m->window_ops;
			sums->exits += m->exits;
			sums->host_interrupts += m->host_interrupts;
		}
	}
}

static json_t *matches(double observed, double expected)
{
	return json_boolean(fabs(observed - expected) <= EXITS_TOLERANCE * (1 + 1e-9));
}

/* Without a hypervisor nothing exits. */
static bool is_software(const struct cell *cell)
{
	return !strcmp(cell->backend, "tcg") || !strcmp(cell->backend, "qemu-tcg");
}

static void expect(json_t *expected, const char *name, uint32_t count)
{
	if (name && count)
		json_object_set_new(expected, name, json_integer(count));
}

/*
 * Expected exits by reason, named as on the hardware below; null where the number is not constant.
 */
static json_t *new_expected(const struct cell *cell, const char *virt, double *total)
{
	const struct workload *w = cell->workload;
	const struct workload_exit *e = workload__exits(w, cell->params);
	bool svm = virt && !strcmp(virt, "svm");
	json_t *expected;

	*total = 0;
	if (is_software(cell) || w->kind == WORKLOAD_HOST || !e)
		return json_null();
	expected = json_object();
	for (; e->vmx || e->svm; e++) {
		const char *name = svm ? e->svm : e->vmx;
		uint32_t to_memory = name && !cell->config.x2apic ? e->apic : 0;

		if (!name)
			continue;
		expect(expected, name, e->per_op - to_memory);
		expect(expected, svm ? EXIT_XAPIC_SVM : EXIT_XAPIC_VMX, to_memory);
		*total += e->per_op;
	}
	return expected;
}

/* From the VMM's own count, in the counters "user.NAME". */
static json_t *user_reasons(const struct cell_rounds *r, double ops)
{
	json_t *counts = json_object(), *reasons = json_array(), *count;
	const char *name;

	for (unsigned int i = 0; i < r->nr_rounds; i++) {
		const struct measurement *m = r->rounds[i];

		for (unsigned int c = 0; m->status == MEASURE_OK && c < m->nr_counters; c++) {
			if (strncmp(m->counters[c].name, "user.", 5) || !m->counters[c].value)
				continue;
			name = m->counters[c].name + 5;
			count = json_object_get(counts, name);
			json_object_set_new(counts, name,
					    json_integer(m->counters[c].value +
							 json_integer_value(count)));
		}
	}
	json_object_foreach(counts, name, count)
		json_array_append_new(
			reasons,
			json_pack("{s:s, s:O, s:o}", "reason", name, "count", count, "per_op",
				  json__number(ops ? json_integer_value(count) / ops : NAN)));
	json_decref(counts);
	return reasons;
}

/* Without a VM exits are null, not zero. */
json_t *result_exits__new(const struct cell_rounds *r, const char *virt)
{
	/* Results of the lab may come from hypervisors for which there is no backend. */
	const struct backend *backend = backend__find(r->cell->backend);
	const struct workload *w = r->cell->workload;
	json_t *exits, *per_op, *expected;
	struct exit_sums sums;
	double total, user;

	sum_exits(&sums, r);
	if ((backend && !backend->vm_bytes) ||
	    (!sums.window_ops && (!sums.why || w->kind == WORKLOAD_HOST)))
		return json_null();
	exits = json_object();
	per_op = json_object();
	expected = new_expected(r->cell, virt, &total);
	user = sums.user_ops ? sums.user_exits / sums.user_ops : NAN;
	json_object_set_new(per_op, "total", json__number(sums.ops ? sums.exits / sums.ops : NAN));
	json_object_set_new(per_op, "user", json__number(user));
	json_object_set_new(per_op, "host_interrupts",
			    json__number(sums.ops ? sums.host_interrupts / sums.ops : NAN));
	json_object_set_new(exits, "per_op", per_op);
	json_object_set_new(exits, "as_expected",
			    sums.ops && json_is_object(expected) ?
				    matches(sums.exits / sums.ops, total) :
				    json_null());
	json_object_set_new(exits, "expected_total",
			    json_is_object(expected) ? json__number(total) : json_null());
	json_object_set_new(exits, "user_as_expected",
			    sums.user_ops && json_is_object(expected) && !w->exits_note ?
				    matches(user, cell__user_exits(r->cell)) :
				    json_null());
	json_object_set_new(exits, "expected_user",
			    json_is_object(expected) ? json_integer(cell__user_exits(r->cell)) :
						       json_null());
	json_object_set_new(exits, "expected", expected);
	json_object_set_new(exits, "note",
			    is_software(r->cell) ? json_null() : json__text(w->exits_note));
	json_object_set_new(exits, "unknown_why", sums.ops ? json_null() : json__text(sums.why));
	json_object_set_new(exits, "window_ops", json__number(sums.window_ops));
	json_object_set_new(exits, "user_by_reason", user_reasons(r, sums.user_ops));
	json_object_set_new(exits, "by_reason", json_array());
	json_object_set_new(exits, "lost", json_null());
	return exits;
}
