/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In which PID namespace process numbers are meant. eBPF programs see those of the initial
 * namespace; in a container (or with `unshare --pid`) getpid() and /proc have others. All code here
 * uses the numbers that /proc has, since processes are looked up there and users type them in; the
 * programs translate (pidns.bpf.h), once for each vCPU thread.
 */
#ifndef HVBENCH_PIDNS_H
#define HVBENCH_PIDNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Set in the number of a process of another namespace, which has none in /proc here. */
#define PIDNS_ELSEWHERE (1u << 31)

struct pidns {
	uint64_t dev, ino; /* of the namespace, in the form bpf_get_ns_current_pid_tgid()
				 * needs; 0: the initial one */
	pid_t self;	   /* this process's number in /proc */
};

void pidns__find(struct pidns *ns);
/*
 * Whether eBPF programs can identify the process by its number here; not if it is in a namespace
 * below this one.
 */
bool pidns__shows(pid_t pid);
/* The calling thread's number in /proc. */
pid_t pidns__tid(void);

#endif
