/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The QEMU Machine Protocol over a socket: commands, and the events that say that a VM does not run
 * any more. QEMU is another program: what it answers is checked, and every wait has a deadline.
 */
#ifndef HVBENCH_QMP_H
#define HVBENCH_QMP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"

struct qmp {
	int fd;			/* owned; -1: closed */
	char *buf;
	size_t used, size;
	int major, minor, micro;			/* QEMU's version */
	bool stopped;		/* by itself: since an event in `why` */
	char why[96];
};

/*
 * Deadlines are of clock__ns(). -EPIPE: QEMU is gone; -ETIME; -EPROTO: what it said makes no sense.
 * On an error there is nothing to close.
 */
int qmp__open(struct qmp *q, int fd, uint64_t deadline_ns, struct error *err);
/*
 * `args` is taken over, or NULL. The answer to *answer, or dropped if that is NULL. -ENOSYS: this QEMU
 * does not know the command; -EREMOTEIO: it refused, with its reason.
 */
int qmp__call(struct qmp *q, const char *command, json_t *args, json_t **answer,
	      uint64_t deadline_ns, struct error *err);
/*
 * Sleeps, but wakes up when QEMU says something. 0; -EPIPE: it is gone; -ESHUTDOWN: the VM does not
 * run any more, see `why`.
 */
int qmp__sleep(struct qmp *q, uint64_t ns);
void qmp__close(struct qmp *q);

#endif
