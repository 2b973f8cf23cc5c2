/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VM in a QEMU of its own: QEMU's microvm machine, without devices except interrupt controllers,
 * boots the payload by PVH. Its low memory is an unnamed file that is mapped here too, so that the
 * mailbox can be accessed; the working set is ordinary guest memory of QEMU's. QEMU is controlled
 * over a socket pair, so nothing has a name in a file system, and nothing is left when QEMU or this
 * process dies.
 */
#ifndef HVBENCH_QEMU_VM_H
#define HVBENCH_QEMU_VM_H

#include "bench/backends/qemu/qmp.h"
#include "bench/base/program.h"
#include "bench/plan/plan.h"

#define QEMU_VARIABLE "HVBENCH_QEMU" /* environment variable: the program to use as QEMU */

struct qemu_request {
	const struct cell *cell;
	const struct payload *payload;
	bool kvm;	      /* else TCG */
	uint64_t tsc_khz;     /* what the guest is told */
	uint64_t deadline_ns; /* for starting, in terms of clock__ns() */
};

struct qemu_vm {
	struct program program;
	struct qmp qmp;
	uint8_t *low;	    /* guest memory from address 0 */
	uint64_t low_bytes; /* HV_LOW_BYTES of them are mapped here */
	uint64_t arena_gpa, arena_bytes, tables_gpa, tables_bytes;
	struct hv_mailbox *mailbox;
};

/* The path of QEMU for this machine. -ENOENT, with what to do about it. */
int qemu_vm__find(char *path, size_t len, struct error *err);

/*
 * Starts QEMU with its vCPUs placed and scheduled as the configuration says, waiting for
 * qemu_vm__go().
 */
int qemu_vm__start(struct qemu_vm *vm, const struct qemu_request *req, struct error *err);
int qemu_vm__go(struct qemu_vm *vm, uint64_t deadline_ns, struct error *err);
/* Checks that the guest's own memory map has the memory that was meant for it. */
int qemu_vm__check_memory(const struct qemu_vm *vm, struct error *err);
/* Adds to the message where the first vCPU is, or how QEMU ended and what it printed. */
void qemu_vm__describe(struct qemu_vm *vm, struct error *err);
/* Bytes of QEMU's memory in transparent huge pages; negative errno when not known. */
int64_t qemu_vm__huge_bytes(const struct qemu_vm *vm);
void qemu_vm__destroy(struct qemu_vm *vm);

#endif
