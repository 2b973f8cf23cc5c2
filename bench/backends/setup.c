/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/setup.h"

#include "host.h"

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

	return cell->config.vcpus > need ? cell->config.vcpus : need;
}

void setup__warn_of_sharing(const struct cell *cell, struct measurement *m)
{
	unsigned int cpus = cell->config.pinned ? (unsigned int)CPU_COUNT(&cell->config.pin) :
						  host__nr_cpus();
	unsigned int vcpus = setup__vcpus(cell) * (cell->config.vms ? cell->config.vms : 1);

	if (vcpus > cpus)
		measurement__warn(m, "%u vCPUs share %u CPU%s: waiting for each other is part of the "
				  "figure", vcpus, cpus, cpus == 1 ? "" : "s");
}
