/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The QEMU Machine Protocol over a socket: commands, and the events that say that a VM has stopped
 * running. QEMU is another program: its answers are checked, and every wait has a deadline.
 */
#ifndef HVBENCH_QMP_H
#define HVBENCH_QMP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"

struct qmp {
	int fd; /* owned; -1: closed */
	char *buf;
	size_t used, size;
	int major, minor, micro; /* QEMU's version */
	bool stopped;		 /* by itself, because of the event in `why` */
	char why[96];
};

/*
 * Deadlines are in terms of clock__ns(). -EPIPE: QEMU is gone; -ETIME; -EPROTO: its answer makes no
 * sense. After an error there is nothing to close.
 */
int qmp__open(struct qmp *q, int fd, uint64_t deadline_ns, struct error *err);
/*
 * Takes over `args`, which may be NULL. Stores the answer in *answer, or drops it if that is NULL.
 * -ENOSYS: this QEMU does not know the command; -EREMOTEIO: it refused, and its reason is in the
 * message.
 */
int qmp__call(struct qmp *q, const char *command, json_t *args, json_t **answer,
	      uint64_t deadline_ns, struct error *err);
/*
 * Sleeps, but wakes up when QEMU sends something. 0; -EPIPE: it is gone; -ESHUTDOWN: the VM has
 * stopped running, see `why`.
 */
int qmp__sleep(struct qmp *q, uint64_t ns);
void qmp__close(struct qmp *q);

#endif
