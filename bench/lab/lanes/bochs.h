/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the lanes with Bochs have in common: a Debian cloud kernel with KVM, and hvbench in it, on a
 * machine that Bochs emulates, booted from a CD by GRUB.
 *
 * The packaged Bochs is the debugger build, which has to be told to continue, and can be told to
 * print what it executes.
 */
#ifndef HVBENCH_LAB_BOCHS_H
#define HVBENCH_LAB_BOCHS_H

#include "bench/lab/lanes/lanes.h"

struct bochs_machine {
	const char *model;	    /* one of Bochs's CPUs */
	const char *const *modules; /* in the order in which they are loaded; ends with NULL */
	const char *cmdline;	    /* for the kernel, with a blank before each word */
};

extern const struct lab_need bochs_needs[];

int bochs__prepare(struct lab_run *run, const struct bochs_machine *machine, struct error *err);
int bochs__arguments(struct lab_run *run, const struct bochs_machine *machine, struct error *err);
/* Of lab_lane: by the debugger (bochs_log.h). */
int bochs__footprints(struct lab_run *run, const char *out, struct error *err);

#endif
