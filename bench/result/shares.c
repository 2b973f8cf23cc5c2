// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/result/shares.h"

#include <math.h>

#include "bench/base/json.h"

/* Of all good rounds. *window_ns: how long the VM was watched; 0: there is none of that number. */
static struct cpu_share sum_of(const struct cell_rounds *r, unsigned int vm, double *window_ns)
{
	struct cpu_share sum = { 0 };

	*window_ns = 0;
	for (unsigned int i = 0; i < r->nr_rounds; i++) {
		const struct measurement *m = r->rounds[i];
		const struct cpu_share *one;

		if (m->status != MEASURE_OK || !m->shares || vm >= m->shares->nr)
			continue;
		one = &m->shares->vms[vm];
		*window_ns += m->shares->window_ns;
		sum.weight = one->weight;
		sum.limit_percent = one->limit_percent;
		sum.promised_ns += one->promised_ns;
		sum.got_ns += one->got_ns;
		sum.lost_ns += one->lost_ns;
		sum.throttled_ns += one->throttled_ns;
	}
	return sum;
}

static json_t *vm_to_json(const struct cpu_share *vm, double window_ns)
{
	return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "weight", (int)vm->weight, "limit",
			 vm->limit_percent ? json__number(vm->limit_percent / 100.0) : json_null(),
			 "promised", json__number(vm->promised_ns / window_ns), "got",
			 json__number(vm->got_ns / window_ns), "of_promised",
			 json__number(vm->promised_ns > 0 ? vm->got_ns / vm->promised_ns : NAN),
			 "seen", json__number(1 - vm->lost_ns / window_ns), "throttled",
			 json__number(vm->throttled_ns / window_ns));
}

void result_shares__add(json_t *cell, const struct cell_rounds *r)
{
	double sum = 0, squares = 0, least = NAN, most = NAN, window_ns;
	json_t *vms = json_array();
	unsigned int nr = 0;

	for (;; nr++) {
		struct cpu_share vm = sum_of(r, nr, &window_ns);
		double part;

		if (!(window_ns > 0))
			break;
		part = vm.promised_ns > 0 ? vm.got_ns / vm.promised_ns : 0;
		sum += part;
		squares += part * part;
		least = nr ? fmin(least, part) : part;
		most = nr ? fmax(most, part) : part;
		json_array_append_new(vms, vm_to_json(&vm, window_ns));
	}
	if (!nr) {
		json_decref(vms);
		return;
	}
	json_object_set_new(cell, "shares",
			    json_pack("{s:o, s:o, s:o, s:o}", "vms", vms, "jain",
				      json__number(squares > 0 ? sum * sum / (nr * squares) : NAN),
				      "least", json__number(least), "most", json__number(most)));
}
