/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reference.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "backends/setup.h"
#include "vmm/vm.h"

/*
 * Exits a sample: the same number in every run, since what one costs depends a little on how many there
 * are before the twin's turn, and a calibrated number depends on the host's mood.
 */
#define KERNEL_EXITS		32
#define USER_EXITS		4

/*
 * Twins that share a cache push each other out of it. With samples of 500 us what is fetched again
 * is a small part of them; 40 of them are 40 ms a pair.
 */
#define MEMORY_STRETCH		5
#define MEMORY_ALTERNATIONS	40
/* Of timers of 100 us. */
#define TIMER_ALTERNATIONS	100

static bool is_exit(const struct workload *w)
{
	return w->group == GROUP_EXIT && w->kind == WORKLOAD_BATCH;
}

bool reference__possible(const struct cell *cell)
{
	const struct workload *w = cell->workload;

	if (w->max_ops || setup__vms(cell) > 1 || setup__vcpus(cell) > 1)
		return false;
	return is_exit(w) || (w->native && w->group != GROUP_EXIT);
}

static int find_exit(struct reference *ref, const struct traits *traits, const struct cell *cell, uint64_t ops)
{
	bool user = cell__user_exits(cell) > 0;

	ref->label = user ? "pio-user" : "pio-ioeventfd";
	if (!ops || !(user ? traits->reference_cycles > 0 : traits->kernel_exit_cycles > 0) ||
	    traits__default_cell(ref->label, &ref->cell))
		return -EOPNOTSUPP;
	config__copy_thread(&ref->cell.config, &cell->config);
	ref->backend = &backend_kvm;
	snprintf(ref->cell.backend, sizeof(ref->cell.backend), "%s", ref->backend->name);
	ref->ops_per_sample = user ? USER_EXITS : KERNEL_EXITS;
	/* What need not exit at all takes nothing, if it does not. */
	ref->cell_ops_per_sample = cell->workload->exits[0].vmx ? ref->ops_per_sample : ops;
	return 0;
}

/* The same in a process; what only a VM has (an irqchip, halt polling …) is of no concern to it. */
static int find_native(struct reference *ref, const struct cell *cell, uint64_t ops)
{
	const struct config *of = &cell->config;
	struct error err;

	ref->label = "native";
	ref->backend = &backend_native;
	ref->cell = *cell;
	config__init(&ref->cell.config);
	config__copy_thread(&ref->cell.config, of);
	ref->cell.config.pages = of->pages;
	ref->cell.ring = 3;
	snprintf(ref->cell.backend, sizeof(ref->cell.backend), "%s", ref->backend->name);
	if (ref->backend->supports(&ref->cell, &err))
		return -EOPNOTSUPP;
	if (cell->workload->kind == WORKLOAD_SELF_TIMED) {
		ref->samples = TIMER_ALTERNATIONS;
		return 0;
	}
	if (!ops)
		return -EOPNOTSUPP;
	ref->samples = MEMORY_ALTERNATIONS;
	ref->ops_per_sample = ref->cell_ops_per_sample = ops * MEMORY_STRETCH;
	return 0;
}

int reference__find(struct reference *ref, const struct traits *traits, const struct cell *cell, uint64_t ops)
{
	*ref = (struct reference){ .label = NULL };
	if (!reference__possible(cell))
		return -EOPNOTSUPP;
	return is_exit(cell->workload) ? find_exit(ref, traits, cell, ops) :
					 find_native(ref, cell, ops);
}

void reference__measure(const struct reference *ref, const struct backend *backend, const struct cell *cell,
			const struct measure_request *req, struct pair *pair)
{
	struct measure_request own = *req;
	struct instance *beside = NULL, *inst = NULL;
	struct error err = { 0 };

	if (ref->samples && ref->samples < own.samples)
		own.samples = ref->samples;
	if (memory__check(setup__memory_bytes(&ref->cell) + setup__memory_bytes(cell), own.memory_bytes, &err) ||
	    ref->backend->create(&ref->cell, &own, &beside, &err) ||
	    backend->create(cell, &own, &inst, &err)) {
		pair->status = MEASURE_FAILED;
		snprintf(pair->reason, sizeof(pair->reason), "%s", err.text);
	} else {
		struct twin twins[2] = {
			{ beside, &ref->cell, ref->ops_per_sample },
			{ inst, cell, ref->cell_ops_per_sample },
		};

		backend->run_pair(twins, &own, pair);
	}
	ref->backend->destroy(beside);
	backend->destroy(inst);
}

double reference__estimate_ns(const struct cell *cell, const struct measure_request *req, double overhead_ns)
{
	double samples = req->samples, target = (double)req->target_ns;

	if (!is_exit(cell->workload)) {
		samples = samples < MEMORY_ALTERNATIONS ? samples : MEMORY_ALTERNATIONS;
		target *= MEMORY_STRETCH;
	}
	return 2 * overhead_ns + 2.2 * samples * target;
}
