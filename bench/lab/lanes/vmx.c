// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lane vmx: KVM on an Intel host. Bochs emulates VT-x with EPT and VPID.
 *
 * The model is a Haswell, since Linux miscalibrates the TSC of the newer models with VT-x.
 */
#include "bench/lab/collect.h"
#include "bench/lab/lanes/bochs.h"

static const char *const modules[] = { "irqbypass", "kvm", "kvm-intel", NULL };

static const struct bochs_machine machine = {
	.model = "corei7_haswell_4770",
	.modules = modules,
	.cmdline = "",
};

static int prepare(struct lab_run *run, struct error *err)
{
	return bochs__prepare(run, &machine, err);
}

static int arguments(struct lab_run *run, struct error *err)
{
	return bochs__arguments(run, &machine, err);
}

DEFINE_LANE(lane_vmx) = {
	.name = "vmx",
	.rank = 20,
	.what = "KVM on Intel (kvm_intel, EPT, VPID) on a CPU that Bochs emulates",
	.kernel = "debian:6.1",
	.has_command = true,
	.can_trace = true,
	.no_network = true,
	.needs = bochs_needs,
	.prepare = prepare,
	.arguments = arguments,
	.collect = lab__collect_sent,
	.footprints = bochs__footprints,
	.finished = lab__sent_all,
};
