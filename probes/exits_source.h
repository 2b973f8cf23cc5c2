/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways of seeing exits. None works everywhere; exits_choose.h explains how one is found. */
#ifndef HVBENCH_EXITS_SOURCE_H
#define HVBENCH_EXITS_SOURCE_H

enum exits_source {
	EXITS_RAW_TP,	   /* raw tracepoints, with the reason read at offsets from BTF */
	EXITS_FENTRY,	   /* the exit handler's argument; SVM only, misses fast paths that
				 * re-enter */
	EXITS_TP,	   /* the trace event's record: works without BTF, costs more */
	EXITS_TRACEPOINTS, /* kvm_pio, kvm_mmio, kvm_userspace_exit …: counts, no times */
	EXITS_NR_SOURCES,
	EXITS_STATS = EXITS_NR_SOURCES, /* not a source of this probe: KVM's own statistics */
	EXITS_NONE,
};

const char *exits_source__name(enum exits_source source);
/* -1: no such source. */
int exits_source__find(const char *name);

#endif
