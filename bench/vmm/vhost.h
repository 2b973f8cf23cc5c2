/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's vhost-vsock behind the queues of workloads/vsock.h. Nothing of the host listens to
 * the port that the guest asks for, so that each request is refused.
 */
#ifndef HVBENCH_VMM_VHOST_H
#define HVBENCH_VMM_VHOST_H

#include "bench/base/error.h"

struct vm;
struct vhost;

/* The guest's CID where nobody else has it; vhost takes the next one that is free. */
#define VHOST_FIRST_CID 0x6876

/* -EOPNOTSUPP: this host has no vhost-vsock, or not for us; the message says what to do. */
int vhost__check(struct error *err);
/* Writes the guest's CID into the arena. */
int vhost__start(struct vhost **out, struct vm *vm, struct error *err);
void vhost__stop(struct vhost *vhost); /* NULL: nothing */

#endif
