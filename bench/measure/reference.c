/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/measure/reference.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/kvm/kvm.h"
#include "bench/backends/native.h"
#include "bench/backends/net_cost.h"
#include "bench/backends/registry.h"
#include "bench/backends/setup.h"
#include "bench/base/stats.h"
#include "bench/host/cache.h"
#include "bench/vmm/memory.h"

/*
 * Exits per sample. The number is fixed because the cost of an exit depends a little on how many
 * there are before the twin's turn, and a calibrated number would change with how busy the host is.
 */
#define KERNEL_EXITS 32
#define USER_EXITS   4
#define INTERRUPTS   4

/*
 * Twins that share a cache evict each other's data. With samples of 500 us refetching it is a small
 * part of them; 40 such samples take 40 ms a pair.
 */
#define MEMORY_STRETCH	    5
#define MEMORY_ALTERNATIONS 40
/* Twins that work in the same memory do not, so their samples can be as short as any. */
#define SHARED_WITHOUT_CACHE \
	(1ull << 20) /* for hosts that do not say how large their
						 * caches are */
/*
 * For interrupts: each takes some 150 us, with what comes before it; those that are asked to come
 * after a longer wait have as many alternations as samples.
 */
#define INTERRUPT_ALTERNATIONS 100
#define LONG_WAIT_NS	       1e6

#define NO_EXITS 0.01 /* per operation: these few are not the workload's own */

static bool is_exit(const struct workload *w)
{
	return (w->group == GROUP_EXIT || w->group == GROUP_INTERRUPT) && w->kind == WORKLOAD_BATCH;
}

static unsigned int kernel_exits(const struct workload *w)
{
	return w->group == GROUP_INTERRUPT ? INTERRUPTS : KERNEL_EXITS;
}

static bool exits(const struct workload *w)
{
	return w->exits[0].vmx || w->exits[0].svm || w->exits_with;
}

/* Between CPUs, or from a thread of the host's. */
static bool is_interrupt(const struct workload *w)
{
	return w->kind == WORKLOAD_SELF_TIMED && (w->vcpus > 1 || w->needs & NEEDS_INJECTOR);
}

/*
 * Whether the target is halted. KVM polls for a wake-up for as long as it waited before, and in
 * turns with a twin every wait is longer.
 */
static bool wakes(const struct cell *cell)
{
	const struct workload_param *param = cell->workload->params;

	for (int i = 0; i < HV_MAX_PARAMS && param[i].name; i++)
		if (param[i].kind == PARAM_CHOICE && !strcmp(param[i].name, "target"))
			return !strcmp(param[i].choices[cell->params[i]], "halted");
	return false;
}

/* Whether the host works for most of the time, rather than waits for a grace period. */
static bool works(const struct workload *w)
{
	return w->kind == WORKLOAD_HOST && !w->waits;
}

bool reference__possible(const struct cell *cell)
{
	const struct workload *w = cell->workload;

	if (cell->config.neighbour || setup__vms(cell) > 1 ||
	    setup__vcpus(cell) > (w->vcpus ? w->vcpus : 1))
		return false;
	if (is_interrupt(w))
		return setup__cpus(cell) > 1 && !wakes(cell);
	/*
	 * For operations possible once a page: a fault that finds the page present has an
	 * equivalent in a process. Zeroing pages is steady enough by itself, and a process has no
	 * log of what it writes.
	 */
	if (w->group == GROUP_MEMORY)
		return w->native && (!w->max_ops || (w->populate && w->populate(cell->params)));
	return is_exit(w) || works(w);
}

const char *reference__what(const struct workload *w)
{
	if (is_interrupt(w))
		return "with a spinning target, membarrier(2) in a process while a thread spins on "
		       "another CPU";
	if (works(w))
		return "memory files made and closed in a process";
	if (is_exit(w) && w->user_exits)
		return "pio-user in a VM of the default configuration";
	if (is_exit(w) && w->ring == 0)
		return "pio-ioeventfd in a VM of the default configuration, or where CPL0 is "
		       "emulated the empty loop there";
	if (is_exit(w) && (exits(w) || !w->native))
		return "pio-ioeventfd in a VM of the default configuration, or where it exits to a "
		       "hypervisor below "
		       "CPUID in a process";
	if (w->group == GROUP_MEMORY && w->native && w->populate)
		return "with host_page=present, the same in a process";
	if ((is_exit(w) || w->group == GROUP_MEMORY) && w->native && !w->max_ops)
		return "the same in a process";
	return NULL;
}

/* The reference is a workload in a VM of the default configuration. */
static int in_default_vm(struct reference *ref, const struct cell *cell, const char *workload,
			 unsigned int ring)
{
	if (traits__default_cell(workload, &ref->cell))
		return -EOPNOTSUPP;
	ref->cell.ring = ring;
	config__copy_thread(&ref->cell.config, &cell->config);
	ref->backend = &backend_kvm;
	snprintf(ref->cell.backend, sizeof(ref->cell.backend), "%s", ref->backend->name);
	return 0;
}

/*
 * The reference is a workload in a process, to which what only a VM has (an irqchip, halt polling
 * …) does not apply.
 */
static int in_process(struct reference *ref, const struct cell *cell, const char *workload)
{
	const struct config *of = &cell->config;
	struct error err;

	ref->backend = &backend_native;
	if (!workload)
		ref->cell = *cell;
	else if (traits__default_cell(workload, &ref->cell))
		return -EOPNOTSUPP;
	config__init(&ref->cell.config);
	config__copy_thread(&ref->cell.config, of);
	ref->cell.config.pages = of->pages;
	ref->cell.ring = 3;
	snprintf(ref->cell.backend, sizeof(ref->cell.backend), "%s", ref->backend->name);
	return backend__supports(ref->backend, &ref->cell, &err) ? -EOPNOTSUPP : 0;
}

static bool takes_no_exit(const struct measurement *m)
{
	return m->exits_known && m->window_ops &&
	       (double)m->exits < NO_EXITS * (double)m->window_ops;
}

/*
 * For operations in which this KVM has no part, because they do not exit or exit to the hypervisor
 * below it: an exit to this KVM would not drift like them.
 */
static int find_below(struct reference *ref, const struct cell *cell, uint64_t ops)
{
	bool native = cell->workload->native;

	ref->label = native ? "native" : "native:cpuid";
	/* An operation that need not exit at all is not measured by the number of exits. */
	ref->cell_ops_per_sample = exits(cell->workload) ? KERNEL_EXITS : ops;
	ref->ops_per_sample = native ? ref->cell_ops_per_sample : KERNEL_EXITS;
	return in_process(ref, cell, native ? NULL : "cpuid");
}

static int find_exit(struct reference *ref, const struct traits *traits, const struct cell *cell,
		     const struct measurement *m)
{
	const struct workload *w = cell->workload;
	bool user = cell__user_exits(cell) > 0;

	if (!user && cell->ring == 0 && traits->cpl0_emulated) {
		ref->label = "empty:ring=0";
		/*
		 * The loop takes half of a sample. Measured once before the samples, a change of
		 * the host's speed since then would be taken for a change of the operation, so it
		 * is measured beside each of them.
		 */
		ref->is_loop = !cell->workload->keep_loop;
		ref->ops_per_sample = ref->cell_ops_per_sample = kernel_exits(w);
		return in_default_vm(ref, cell, "empty", 0);
	}
	/* Operations that do not exit, and those that exit to a hypervisor below. */
	if (!user && ((w->native && !exits(w)) || (traits->host_is_virtual && takes_no_exit(m))))
		return find_below(ref, cell, m->ops_per_sample);
	ref->label = user ? "pio-user" : "pio-ioeventfd";
	if (!(user ? traits->reference_cycles > 0 : traits->kernel_exit_cycles > 0))
		return -EOPNOTSUPP;
	ref->ops_per_sample = user ? USER_EXITS : kernel_exits(w);
	ref->cell_ops_per_sample = exits(w) || !takes_no_exit(m) ? ref->ops_per_sample :
								   m->ops_per_sample;
	return in_default_vm(ref, cell, ref->label, 3);
}

/*
 * The most bytes for which both twins use the same memory. With more than the caches hold, one twin
 * would find what the other has just fetched, a different part of it in each pair.
 */
static uint64_t shared_bytes(void)
{
	struct host_caches caches;

	host_caches__read(&caches, "");
	return caches.last_bytes ? caches.last_bytes / 2 : SHARED_WITHOUT_CACHE;
}

static int find_memory(struct reference *ref, const struct cell *cell, const struct measurement *m)
{
	const struct workload *w = cell->workload;

	ref->label = "native";
	ref->ops_per_sample = ref->cell_ops_per_sample = m->ops_per_sample;
	if (in_process(ref, cell, NULL))
		return -EOPNOTSUPP;
	if (w->max_ops)
		return 0;
	ref->same_memory = w->arena_bytes && w->arena_bytes(cell->params) <= shared_bytes();
	if (!ref->same_memory) {
		ref->samples = MEMORY_ALTERNATIONS;
		ref->ops_per_sample *= MEMORY_STRETCH;
		ref->cell_ops_per_sample *= MEMORY_STRETCH;
	}
	return 0;
}

const struct host_op *reference__beside(const struct cell *cell)
{
	return works(cell->workload) && reference__possible(cell) ? &host_op_memfd : NULL;
}

/* A lifecycle cell was already measured in turns with its reference. */
static void of_measurement(const struct measurement *m, struct pair *pair)
{
	double *ratio = calloc(m->nr_samples + 1, sizeof(*ratio));
	unsigned int n = 0;

	*pair = (struct pair){ .status = MEASURE_FAILED };
	for (unsigned int i = 0; i < m->nr_samples && ratio && m->beside; i++) {
		ratio[n] = net_cost__log_ratio(m->beside[i], m->samples[i]);
		if (isfinite(ratio[n]))
			n++;
	}
	if (n) {
		pair->status = MEASURE_OK;
		pair->alternations = n;
		pair->log_ratio = stats__median(ratio, n);
	} else {
		snprintf(pair->reason, sizeof(pair->reason),
			 "the operation of the host's beside it failed");
	}
	free(ratio);
}

int reference__find(struct reference *ref, const struct traits *traits, const struct cell *cell,
		    const struct measurement *first, const struct measurement *m)
{
	const struct workload *w = cell->workload;

	*ref = (struct reference){ .label = NULL };
	if (!reference__possible(cell) || !first->ops_per_sample)
		return -EOPNOTSUPP;
	if (works(w)) {
		ref->measured = m;
		ref->label = "native:memfd";
		return 0;
	}
	if (is_interrupt(w)) {
		ref->op = &host_op_membarrier;
		ref->label = "native:membarrier";
		ref->samples = setup__waiting_ns(cell) < LONG_WAIT_NS ? INTERRUPT_ALTERNATIONS : 0;
		return 0;
	}
	return is_exit(w) ? find_exit(ref, traits, cell, first) : find_memory(ref, cell, first);
}

void reference__measure(const struct reference *ref, const struct backend *backend,
			const struct cell *cell, const struct measure_request *req,
			struct pair *pair)
{
	struct measure_request own = *req;
	struct instance *beside = NULL, *inst = NULL;
	uint64_t bytes = setup__memory_bytes(cell);
	struct error err = { 0 };
	int ret;

	if (ref->measured) {
		of_measurement(ref->measured, pair);
		return;
	}
	if (ref->samples && (ref->op || ref->samples < own.samples))
		own.samples = ref->samples;
	if (ref->backend && !ref->same_memory)
		bytes += setup__memory_bytes(&ref->cell);
	ret = memory__check(bytes, own.memory_bytes, &err);
	if (!ret)
		ret = backend->create(cell, &own, &inst, &err);
	if (!ret && ref->same_memory) {
		own.arena = backend->arena(inst);
		/* The memory holds pointers, which are valid only at the guest's address. */
		if (own.arena && own.arena->host != (void *)HV_ARENA_VA)
			own.arena = NULL;
	}
	if (!ret && ref->backend)
		ret = ref->backend->create(&ref->cell, &own, &beside, &err);
	if (ret) {
		pair->status = MEASURE_FAILED;
		snprintf(pair->reason, sizeof(pair->reason), "%s", err.text);
	} else {
		struct twin twins[2] = {
			{
				.instance = beside,
				.cell = &ref->cell,
				.ops_per_sample = ref->ops_per_sample,
				.is_loop = ref->is_loop,
				.op = ref->op,
			},
			{ .instance = inst,
			  .cell = cell,
			  .ops_per_sample = ref->cell_ops_per_sample },
		};

		backend->run_pair(twins, &own, pair);
	}
	if (ref->backend)
		ref->backend->destroy(beside);
	backend->destroy(inst);
}

double reference__estimate_ns(const struct cell *cell, const struct measure_request *req,
			      double overhead_ns)
{
	double samples = req->samples, target = (double)req->target_ns, waiting = 0;

	if (is_interrupt(cell->workload)) {
		if (setup__waiting_ns(cell) < LONG_WAIT_NS)
			samples = INTERRUPT_ALTERNATIONS;
		waiting = setup__waiting_ns(cell);
	} else if (works(cell->workload)) {
		return 0;
	} else if (!is_exit(cell->workload)) {
		samples = samples < MEMORY_ALTERNATIONS ? samples : MEMORY_ALTERNATIONS;
		target *= MEMORY_STRETCH;
	}
	return 2 * overhead_ns + samples * (2.2 * target + waiting);
}
