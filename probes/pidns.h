/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose numbers processes are known by. eBPF programs see those of the initial PID namespace; in a
 * container (or `unshare --pid`) getpid() and /proc have others. Everything here speaks of processes
 * by the numbers that /proc has, since that is where they are looked up and what people type in; the
 * programs translate (pidns.bpf.h), once for each vCPU thread.
 */
#ifndef HVBENCH_PIDNS_H
#define HVBENCH_PIDNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Set in the number of a process that is in another namespace: it has none in /proc here. */
#define PIDNS_ELSEWHERE	(1u << 31)

struct pidns {
	uint64_t dev, ino;	/* of the namespace, as bpf_get_ns_current_pid_tgid() wants it; 0: the initial one */
	pid_t self;		/* this process, in /proc */
};

void pidns__find(struct pidns *ns);
/* Whether eBPF programs can tell the process by its number here: not if it is in a namespace below. */
bool pidns__shows(pid_t pid);
/* The calling thread's number in /proc. */
pid_t pidns__tid(void);

#endif
