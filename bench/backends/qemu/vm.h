/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VM in a QEMU of its own: QEMU's microvm machine, without devices but interrupt controllers, boots
 * the payload by PVH. Its low memory is an unnamed file that is mapped here too, so that the mailbox
 * is at hand; the working set is what QEMU's users give their guests. It is controlled over a socket
 * pair. So nothing has a name in a file system, and nothing is left when QEMU or this process dies.
 */
#ifndef HVBENCH_QEMU_VM_H
#define HVBENCH_QEMU_VM_H

#include "bench/backends/qemu/qmp.h"
#include "bench/base/program.h"
#include "bench/plan/plan.h"

#define QEMU_VARIABLE	"HVBENCH_QEMU"	/* environment: the program to take for QEMU */

struct qemu_request {
	const struct cell *cell;
	const struct payload *payload;
	bool kvm;			/* else TCG */
	uint64_t tsc_khz;		/* told to the guest */
	uint64_t deadline_ns;		/* of starting, by clock__ns() */
};

struct qemu_vm {
	struct program program;
	struct qmp qmp;
	uint8_t *low;			/* guest memory from address 0 */
	uint64_t low_bytes;		/* of which HV_LOW_BYTES are mapped here */
	uint64_t arena_gpa, arena_bytes, tables_gpa, tables_bytes;
	struct hv_mailbox *mailbox;
};

/* Path of QEMU for this machine: -ENOENT with what to do. */
int qemu_vm__find(char *path, size_t len, struct error *err);

/* Its vCPUs wait for qemu_vm__go(), placed and classed as the configuration says. */
int qemu_vm__start(struct qemu_vm *vm, const struct qemu_request *req, struct error *err);
int qemu_vm__go(struct qemu_vm *vm, uint64_t deadline_ns, struct error *err);
/* Whether the guest's own memory map has the memory that was meant for it. */
int qemu_vm__check_memory(const struct qemu_vm *vm, struct error *err);
/* Adds to the message where the first vCPU is, or how QEMU ended and what it said. */
void qemu_vm__describe(struct qemu_vm *vm, struct error *err);
/* Bytes of QEMU's memory in transparent huge pages; negative errno when not known. */
int64_t qemu_vm__huge_bytes(const struct qemu_vm *vm);
void qemu_vm__destroy(struct qemu_vm *vm);

#endif
