/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An emulator's arguments, and those that all lanes with QEMU share. */
#ifndef HVBENCH_LAB_QEMU_ARGS_H
#define HVBENCH_LAB_QEMU_ARGS_H

#include <stdbool.h>

#define LAB_MAX_ARGS 96

struct lab_run;

struct lab_args {
	const char *argv[LAB_MAX_ARGS];
	unsigned int nr;
	char *owned[LAB_MAX_ARGS];
	unsigned int nr_owned;
	bool failed; /* out of memory or room */
};

void args__add(struct lab_args *args, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void args__free(struct lab_args *args);

/* The arguments by which a run of QEMU can be repeated exactly. */
void qemu__common_args(struct lab_run *run, const char *cpu, unsigned int memory_mib);

#endif
