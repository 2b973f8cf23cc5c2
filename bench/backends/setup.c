/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/backends/setup.h"

#include <string.h>

#include "bench/backends/registry.h"
#include "bench/base/clock.h"
#include "bench/kvm/device.h"
#include "bench/vmm/placement.h"
#include "bench/vmm/slots.h"

enum config_pages setup__pages(const struct cell *cell)
{
	if (cell->config.pages != PAGES_AUTO)
		return cell->config.pages;
	return cell->workload->small_pages ? PAGES_4K : PAGES_THP;
}

bool setup__small_guest_pages(const struct cell *cell)
{
	if (cell->config.guest_pages != GUEST_PAGES_AUTO)
		return cell->config.guest_pages == GUEST_PAGES_4K;
	return setup__pages(cell) == PAGES_4K;
}

unsigned int setup__vcpus(const struct cell *cell)
{
	unsigned int need = cell->workload->vcpus ? cell->workload->vcpus : 1;

	if (need < cell->config.parallel)
		need = cell->config.parallel;
	return cell->config.vcpus > need ? cell->config.vcpus : need;
}

uint64_t setup__meant_ms(const struct cell *cell)
{
	const struct workload *w = cell->workload;
	uint64_t ns = 0;

	for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++)
		if (w->params[i].kind == PARAM_TIME_NS)
			ns += cell->params[i] * setup__vcpus(cell);
	return ns / 1000000;
}

uint64_t setup__arena_bytes(const struct cell *cell)
{
	const struct workload *w = cell->workload;
	uint64_t each = w->arena_bytes ? w->arena_bytes(cell->params) : 0;
	unsigned int parallel = cell->config.parallel > 1 ? cell->config.parallel : 1;

	return hv_arena_part(each, parallel) * parallel;
}

uint64_t setup__memory_bytes(const struct cell *cell)
{
	const struct backend *backend = backend__find(cell->backend);
	const struct workload *w = cell->workload;
	enum config_pages pages = setup__pages(cell);
	uint64_t each = setup__arena_bytes(cell);

	if (pages == PAGES_2M || pages == PAGES_1G)
		each = 0;
	if (!backend || !backend->vm_bytes)
		return each;
	each += vm__table_bytes(each) + backend->vm_bytes;
	if (w->kind == WORKLOAD_HOST)
		each += HV_LOW_BYTES;
	return each > UINT64_MAX / setup__vms(cell) ? UINT64_MAX : each * setup__vms(cell);
}

unsigned int setup__cpus(const struct cell *cell)
{
	return placement__nr_cpus(&cell->config);
}

double setup__waiting_ns(const struct cell *cell)
{
	double longest = 0;

	for (int i = 0; i < HV_MAX_PARAMS && cell->workload->params[i].name; i++)
		if (cell->workload->params[i].kind == PARAM_TIME_NS &&
		    (double)cell->params[i] > longest)
			longest = (double)cell->params[i];
	return longest;
}

unsigned int setup__vms(const struct cell *cell)
{
	const struct config *config = &cell->config;
	unsigned int vms;

	if (!config->overcommit_percent)
		return config->vms ? config->vms : 1;
	vms = setup__cpus(cell) * config->overcommit_percent / (100 * setup__vcpus(cell));
	return vms ? vms : 1;
}

int setup__enter(struct setup_thread *saved, const struct config *config, unsigned int number,
		 struct error *err)
{
	int ret = cpus__get_affinity(0, &saved->cpus);

	if (ret)
		return error__set(err, ret, "the CPUs of this process (sched_getaffinity): %s",
				  strerror(-ret));
	saved->policy = sched_getscheduler(0);
	sched_getparam(0, &saved->param);
	ret = placement__set_class(config, 0, err);
	return ret ? ret : placement__pin_thread(config, 0, number, err);
}

void setup__leave(const struct setup_thread *saved)
{
	cpus__set_affinity(0, &saved->cpus);
	sched_setscheduler(0, saved->policy, &saved->param);
}

uint64_t setup__host_tsc_khz(void)
{
	static uint64_t khz;

	if (!khz)
		khz = clock__tsc_khz();
	if (!khz)
		khz = kvm_device__host_tsc_khz();
	if (!khz)
		khz = clock__measured_tsc_khz();
	return khz;
}

static int64_t count_of(const struct measurement *m, const char *name)
{
	for (unsigned int i = 0; i < m->nr_counters; i++)
		if (!strcmp(m->counters[i].name, name))
			return m->counters[i].value;
	return 0;
}

void setup__warn(const struct cell *cell, struct measurement *m)
{
	unsigned int cpus = setup__cpus(cell), vcpus = setup__vcpus(cell) * setup__vms(cell);

	if (vcpus > cpus)
		measurement__warn(m,
				  "%u vCPUs share %u CPU%s: waiting for each other is part of the "
				  "figure",
				  vcpus, cpus, cpus == 1 ? "" : "s");
	if (cell->config.disable_exits & DISABLE_EXIT_HLT && count_of(m, "kvm.halt_exits") > 0)
		measurement__warn(m, "KVM took disable_exits=hlt, but HLT exits all the same");
}
