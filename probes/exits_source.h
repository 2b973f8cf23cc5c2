/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways there are of seeing exits. None works everywhere; exits_choose.h says how one is found.
 */
#ifndef HVBENCH_EXITS_SOURCE_H
#define HVBENCH_EXITS_SOURCE_H

enum exits_source {
	EXITS_RAW_TP,		/* raw tracepoints, reason read at offsets that BTF gave */
	EXITS_FENTRY,		/* the exit handler's argument; SVM only, misses re-entering fast paths */
	EXITS_TP,		/* the trace event's record: works without BTF, costs more */
	EXITS_TRACEPOINTS,	/* kvm_pio, kvm_mmio, kvm_userspace_exit …: counts, no times */
	EXITS_NR_SOURCES,
	EXITS_STATS = EXITS_NR_SOURCES,	/* not this probe's: KVM's own statistics */
	EXITS_NONE,
};

const char *exits_source__name(enum exits_source source);
/* -1: no such source. */
int exits_source__find(const char *name);

#endif
