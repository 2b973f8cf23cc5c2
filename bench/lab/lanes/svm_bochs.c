// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lane svm-bochs: KVM on an AMD host as AMD hosts are. Unlike QEMU's, Bochs's SVM gives the address
 * of the next instruction (NRIPS), and flush by ASID and the PAUSE filter too, so that KVM has no
 * instruction to decode on CPUID, RDMSR and hypercall exits.
 *
 * The model is the one AMD CPU of Bochs 2.7 that boots: a Trinity, whose TSC Linux does not trust.
 */
#include "bench/lab/collect.h"
#include "bench/lab/lanes/bochs.h"

static const char *const modules[] = { "irqbypass", "ccp", "kvm", "kvm-amd", NULL };

static const struct bochs_machine machine = {
	.model = "trinity_apu",
	.modules = modules,
	.cmdline = " tsc=reliable",
};

static int prepare(struct lab_run *run, struct error *err)
{
	return bochs__prepare(run, &machine, err);
}

static int arguments(struct lab_run *run, struct error *err)
{
	return bochs__arguments(run, &machine, err);
}

DEFINE_LANE(lane_svm_bochs) = {
	.name = "svm-bochs",
	.rank = 21,
	.what = "KVM on AMD with NRIPS (kvm_amd, nested paging) on a CPU that Bochs emulates",
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
