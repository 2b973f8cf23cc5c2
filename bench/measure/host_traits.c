/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/measure/host_traits.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/backends/native.h"
#include "bench/backends/net_cost.h"
#include "bench/backends/registry.h"

#define TRAIT_SAMPLES	10
#define TRAIT_TARGET_NS 500000 /* long enough that the way to CPL0 and back does not matter */
#define EMULATED_RATIO	20
/*
 * CPUID is microcode: 100 to 250 cycles on every CPU of the last fifteen years. An exit costs more.
 */
#define EXIT_CYCLES 800
#define EXACT	    0.001
#define NR_TRAITS   5

int traits__default_cell(const char *workload, struct cell *cell)
{
	struct error err = { 0 };
	const struct workload *w = plan__find_workload(workload, &err);

	if (!w)
		return err.code;
	*cell = (struct cell){ .workload = w, .ring = w->ring };
	for (int i = 0; i < HV_MAX_PARAMS; i++)
		cell->params[i] = w->params[i].name ? workload__default(w, i) : 0;
	config__init(&cell->config);
	config__name(&cell->config);
	return 0;
}

uint64_t traits__ops(const struct traits *traits, double cycles, double target_ns)
{
	double ops = target_ns * (double)traits->tsc_khz / (cycles * 1e6);

	return ops > 1 ? (uint64_t)ops : 1;
}

/* Median cycles per operation, NAN if it could not be measured; the caller may look into m. */
static double cycles_per_op(const struct backend *backend, const char *workload, unsigned int ring,
			    const struct measure_request *req, struct measurement *m)
{
	struct measure_request quick = *req;
	struct instance *inst = NULL;
	struct error err = { 0 };
	struct cell cell;

	if (traits__default_cell(workload, &cell))
		return NAN;
	cell.ring = ring;
	quick.ops_per_sample = 0;
	quick.samples = TRAIT_SAMPLES;
	quick.target_ns = TRAIT_TARGET_NS;
	quick.singles = 0;
	if (backend__supports(backend, &cell, &err) ||
	    backend->create(&cell, &quick, &inst, &err)) {
		measurement__fail(m, MEASURE_FAILED, "%s", err.text);
		return NAN;
	}
	backend->run(inst, &cell, &quick, m);
	backend->destroy(inst);
	if (m->status != MEASURE_OK)
		return NAN;
	return net_cost__median(cell.workload, m);
}

void traits__measure(struct traits *traits, const struct backend *backend,
		     const struct measure_request *req)
{
	struct measurement *m[NR_TRAITS];

	*traits = (struct traits){ 0 };
	for (int i = 0; i < NR_TRAITS; i++)
		m[i] = measurement__new();
	if (!m[0] || !m[1] || !m[2] || !m[3] || !m[4])
		goto out;
	traits->native_cpuid_cycles = cycles_per_op(&backend_native, "cpuid", 3, req, m[0]);
	traits->host_is_virtual = traits->native_cpuid_cycles > EXIT_CYCLES;
	traits->cpl3_cycles = cycles_per_op(backend, "empty", 3, req, m[1]);
	if (isnan(traits->cpl3_cycles)) {
		snprintf(traits->why, sizeof(traits->why), "%.255s", m[1]->reason);
		goto out;
	}
	traits->measured = true;
	traits->cpl0_cycles = cycles_per_op(backend, "empty", 0, req, m[2]);
	traits->cpl0_emulated = traits->cpl0_cycles > EMULATED_RATIO * traits->cpl3_cycles;
	traits->reference_cycles = cycles_per_op(backend, "pio-user", 3, req, m[3]);
	traits->kernel_exit_cycles = cycles_per_op(backend, "pio-ioeventfd", 3, req, m[4]);
	traits->tsc_khz = m[3]->tsc_khz;
	if (!traits->tsc_khz)
		traits->reference_cycles = 0;
	if (m[3]->status == MEASURE_OK && m[3]->exits_known) {
		traits->exits_known = true;
		traits->expected_exits = m[3]->window_ops;
		traits->seen_exits = m[3]->exits > 0 ? (uint64_t)m[3]->exits : 0;
		traits->exits_exact = fabs((double)m[3]->exits - (double)m[3]->window_ops) <=
				      EXACT * (double)m[3]->window_ops;
	}
out:
	for (int i = 0; i < NR_TRAITS; i++)
		measurement__free(m[i]);
}

static void annotate_missing_exits(const struct traits *traits, const struct cell *cell,
				   struct measurement *m)
{
	double expected = 0, seen = (double)m->exits / (double)m->window_ops, cycles;

	for (const struct workload_exit *exit = cell->workload->exits; exit->vmx; exit++)
		expected += exit->per_op;
	if (!m->exits_known || expected == 0 || seen > expected / 100 || m->icount)
		return;
	cycles = net_cost__median(cell->workload, m);
	if (traits->host_is_virtual && cycles > EXIT_CYCLES)
		measurement__warn(
			m,
			"no exit that this KVM counts, but far too slow for the CPU alone: "
			"handled by a hypervisor below (on this host CPUID takes %.0f cycles even "
			"in a process)",
			traits->native_cpuid_cycles);
	else if (cycles > EXIT_CYCLES)
		measurement__warn(
			m, "no exit that KVM counts, but too slow for the CPU alone: handled "
			   "where KVM's statistics do not see it");
	else
		measurement__warn(m,
				  "no exit: the CPU did it alone (accelerated or passed through)");
}

void traits__annotate(const struct traits *traits, const struct cell *cell, struct measurement *m)
{
	const struct workload *w = cell->workload;

	if (!traits->measured || m->status != MEASURE_OK || w->kind == WORKLOAD_HOST)
		return;
	if (traits->cpl0_emulated && cell->ring == 0 && w->kind == WORKLOAD_BATCH)
		measurement__warn(
			m,
			"the guest's CPL0 is emulated on this host (an empty iteration takes "
			"%.0f cycles there, %.1f at CPL3): this is the emulation's cost, not "
			"that of an exit on VMX or SVM",
			traits->cpl0_cycles, traits->cpl3_cycles);
	else if (traits->cpl0_emulated && w->kind == WORKLOAD_SELF_TIMED)
		measurement__warn(
			m,
			"the guest's CPL0 is emulated on this host (%.0f cycles for an empty "
			"iteration, %.1f at CPL3): sending and taking interrupts happens there "
			"and is slower than on VMX or SVM",
			traits->cpl0_cycles, traits->cpl3_cycles);
	annotate_missing_exits(traits, cell, m);
}

static json_t *number(double value)
{
	return isfinite(value) && value != 0 ? json_real(value) : json_null();
}

json_t *traits__to_json(const struct traits *traits)
{
	return json_pack("{s:b, s:o, s:o, s:o, s:b, s:o, s:b}", "measured", traits->measured, "why",
			 traits->measured ? json_null() : json_string(traits->why),
			 "empty_loop_cpl3_cycles", number(traits->cpl3_cycles),
			 "empty_loop_cpl0_cycles", number(traits->cpl0_cycles), "cpl0_emulated",
			 traits->cpl0_emulated, "native_cpuid_cycles",
			 number(traits->native_cpuid_cycles), "host_is_virtual",
			 traits->host_is_virtual);
}

json_t *traits__exit_source(const struct traits *traits)
{
	const char *name = traits->exits_known && traits->exits_exact ? "stats" : "none";
	const char *why = !traits->exits_known ? "KVM's statistics are not there" :
			  !traits->exits_exact ? "KVM's statistics do not see all exits" :
						 "KVM's binary statistics, read before and after";

	return json_pack("{s:s, s:I, s:I, s:s}", "name", name, "expected",
			 (json_int_t)traits->expected_exits, "seen", (json_int_t)traits->seen_exits,
			 "why", why);
}
