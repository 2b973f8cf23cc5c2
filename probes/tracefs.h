/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own descriptions of its trace events: field offsets, event numbers, and the names of
 * exit reasons, so that even a reason newer than this program has its name.
 *
 * tracefs is looked for where it is usually mounted; if it is not there, it is opened by fsmount()
 * as a mount that only this process sees (which takes CAP_SYS_ADMIN), so nothing is left behind.
 */
#ifndef HVBENCH_TRACEFS_H
#define HVBENCH_TRACEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/error.h"

struct tracefs;

enum exit_isa { ISA_UNKNOWN, ISA_VMX = 1, ISA_SVM = 2 };

/* -ENOENT: no tracefs; -EACCES, -EPERM: not readable. The message says what to do about it. */
int tracefs__open(struct tracefs **out, struct error *err);
void tracefs__close(struct tracefs *t);

/* The event's number for perf_event_open(); -ENOENT if there is no such event. */
int tracefs__event_id(struct tracefs *t, const char *system, const char *event);
/* The offset of a field in the event's record; -ENOENT. */
int tracefs__field_off(struct tracefs *t, const char *system, const char *event, const char *field);

/*
 * The reason's name in kvm_exit's format file: "IO_INSTRUCTION", "EPT_VIOLATION FAILED_VMENTRY", or
 * "0x123" where the kernel has no name either. `t` may be NULL: then names come from the kernel
 * headers this program was built with.
 */
void tracefs__exit_reason(struct tracefs *t, enum exit_isa isa, uint32_t reason, char *name,
			  size_t len);

#endif
