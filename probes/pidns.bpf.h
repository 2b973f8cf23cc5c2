/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The eBPF side of pidns.h; a program that includes it has pidns_dev and pidns_ino in its .rodata.
 */
#ifndef HVBENCH_PIDNS_BPF_H
#define HVBENCH_PIDNS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define PIDNS_ELSEWHERE (1u << 31) /* as in pidns.h */

/*
 * Constants: if they are 0 the verifier removes all of the translation, which some kernels do not
 * have.
 */
const volatile __u64 pidns_dev, pidns_ino;

/* The current thread's tgid << 32 | tid, with the numbers used in /proc. */
static __always_inline __u64 pidns__current(void)
{
	struct bpf_pidns_info info;

	if (!pidns_ino)
		return bpf_get_current_pid_tgid();
	if (bpf_get_ns_current_pid_tgid(pidns_dev, pidns_ino, &info, sizeof(info)))
		return bpf_get_current_pid_tgid() | (__u64)PIDNS_ELSEWHERE << 32;
	return (__u64)info.tgid << 32 | info.pid;
}

#endif
