// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/backends/kvm/fleet.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/backends/setup.h"
#include "bench/base/clock.h"
#include "bench/host/files.h"
#include "bench/host/memory_section.h"
#include "bench/vmm/memory.h"
#include "bench/vmm/vm.h"
#include "bench/vmm/watchdog.h"

enum { SIZE, STEP, HOW };
enum fleet_step { STEP_CREATE, STEP_ENTRY, STEP_DESTROY, NR_STEPS };

#define KIB 1024

struct ship {
	struct fleet *fleet;
	unsigned int number;
	struct vm vm;
	bool exists;
	double ns[NR_STEPS];
	struct error err;
	pthread_t thread;
};

struct fleet {
	const struct measure_request *req;
	struct vm_request vm_req;
	struct ship *ships;
	unsigned int nr;
	bool together;
	enum fleet_step step; /* the one that threads do */
};

static int do_step(struct ship *ship)
{
	struct fleet *fleet = ship->fleet;
	enum fleet_step step = fleet->step;
	uint64_t start = clock__ns();
	int ret = 0;

	switch (step) {
	case STEP_CREATE:
		ret = vm__create(&ship->vm, &fleet->vm_req, &ship->err);
		ship->exists = !ret;
		break;
	case STEP_ENTRY:
		ret = watchdog__run_to_ready(&ship->vm, fleet->req->timeout_ms, &ship->err);
		break;
	default:
		if (ship->exists)
			vm__destroy(&ship->vm);
		ship->exists = false;
	}
	ship->ns[step] = (double)(clock__ns() - start);
	return ret;
}

static void *thread(void *arg)
{
	do_step(arg);
	return NULL;
}

static int all_together(struct fleet *fleet, struct error *err)
{
	unsigned int started = 0;
	int ret = 0;

	for (; started < fleet->nr && !ret; started += !ret)
		ret = pthread_create(&fleet->ships[started].thread, NULL, thread,
				     &fleet->ships[started]);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(fleet->ships[i].thread, NULL);
	if (ret)
		return error__set(err, -ret,
				  "thread %u of %u: %s; use fewer VMs, or raise the limit of "
				  "threads (ulimit -u)",
				  started + 1, fleet->nr, strerror(ret));
	for (unsigned int i = 0; i < fleet->nr; i++)
		if (fleet->ships[i].err.code)
			ret = fleet->ships[i].err.code;
	return ret;
}

/* Takes all VMs through a step. The message names the first VM that failed. */
static int whole_step(struct fleet *fleet, enum fleet_step step, struct error *err)
{
	int ret = 0;

	fleet->step = step;
	if (fleet->together) {
		ret = all_together(fleet, err);
	} else {
		for (unsigned int i = 0; i < fleet->nr && !ret; i++)
			ret = do_step(&fleet->ships[i]);
	}
	for (unsigned int i = 0; i < fleet->nr && ret; i++) {
		if (!fleet->ships[i].err.code)
			continue;
		*err = fleet->ships[i].err;
		return error__prefix(err, "VM %u of %u", i + 1, fleet->nr);
	}
	return ret;
}

/* Moments of the host's memory and of this process's. */
struct memory_now {
	uint64_t available; /* 0: not known */
	int64_t resident;   /* of this process, 0: not known */
};

static struct memory_now memory_now(void)
{
	struct memory_now now = { 0 };
	char *text = host_file__read("", "/proc/self/statm");
	bool by_group;
	long pages;

	if (text && sscanf(text, "%*d %ld", &pages) == 1)
		now.resident = (int64_t)pages * sysconf(_SC_PAGESIZE);
	free(text);
	now.available = host__available_memory_bytes("", &by_group);
	return now;
}

/* In this process alone nobody else's doings are. */
static void note_memory(struct measurement *m, unsigned int vms, const struct memory_now *before,
			const struct memory_now *with)
{
	int64_t host = (int64_t)(before->available - with->available) / vms / KIB,
		own = (with->resident - before->resident) / vms / KIB;
	char of_host[96] = "";

	if (m->visit > 1 || !with->resident || own <= 0)
		return;
	/* KVM's own and page tables come on top: what shows less was moved by something else. */
	if (before->available && with->available && host > own)
		snprintf(of_host, sizeof(of_host),
			 ", %" PRId64 " KiB of the host's with what the kernel keeps for it "
			 "(MemAvailable)",
			 host);
	measurement__warn(m, "a VM took %" PRId64 " KiB in this process%s, by %u of them", own,
			  of_host, vms);
}

static int sail(struct fleet *fleet, struct measurement *m, struct error *err)
{
	struct memory_now before, with;
	int ret = memory__check((uint64_t)fleet->nr * SETUP_VM_BYTES, 0, err);

	if (ret)
		return ret;
	before = memory_now();
	ret = whole_step(fleet, STEP_CREATE, err);
	if (!ret)
		ret = whole_step(fleet, STEP_ENTRY, err);
	with = memory_now();
	if (!ret)
		note_memory(m, fleet->nr, &before, &with);
	/* After a failure, too, the VMs that exist. */
	if (ret)
		for (unsigned int i = 0; i < fleet->nr; i++) {
			if (fleet->ships[i].exists)
				vm__destroy(&fleet->ships[i].vm);
			fleet->ships[i].exists = false;
		}
	return ret ? ret : whole_step(fleet, STEP_DESTROY, err);
}

int kvm_fleet__measure(const struct cell *cell, const struct measure_request *req,
		       const struct payload *payload, struct measurement *m)
{
	struct fleet fleet = {
		.req = req,
		.nr = (unsigned int)cell->params[SIZE],
		.together = cell->params[HOW],
		.vm_req = {
			.config = &cell->config,
			.payload = payload,
			.nr_vcpus = 1,
			.x2apic = cell->config.x2apic,
		},
	};
	struct error err = { 0 };
	int ret;

	fleet.ships = calloc(fleet.nr, sizeof(*fleet.ships));
	m->samples = calloc(fleet.nr, sizeof(*m->samples));
	if (!fleet.ships || !m->samples) {
		free(fleet.ships);
		return measurement__fail(m, MEASURE_FAILED, "out of memory");
	}
	for (unsigned int i = 0; i < fleet.nr; i++)
		fleet.ships[i] = (struct ship){ .fleet = &fleet, .number = i };
	ret = sail(&fleet, m, &err);
	for (unsigned int i = 0; i < fleet.nr && !ret; i++)
		m->samples[m->nr_samples++] = fleet.ships[i].ns[cell->params[STEP]];
	free(fleet.ships);
	if (ret)
		return measurement__fail(m, ret == -EOPNOTSUPP ? MEASURE_SKIPPED : MEASURE_FAILED,
					 "%s", err.text);
	return measurement__by_host(m);
}
