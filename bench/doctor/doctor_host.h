/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host that the doctor looks at, with what many checks want to know of it. */
#ifndef HVBENCH_DOCTOR_HOST_H
#define HVBENCH_DOCTOR_HOST_H

#include <stdbool.h>

struct vm_threads;

struct doctor_host {
	const char *root; /* "": this machine's own files */
	bool here;	  /* root is "": CPUID and KVM may be asked too */
	bool is_root;
	bool guest;	     /* the host is a VM itself */
	const char *vendor;  /* of KVM: host__kvm_vendor() */
	const char *cmdline; /* of the kernel; "" if not known */
	const char *cpuinfo; /* /proc/cpuinfo's first CPU; "" if not known */
	unsigned int goals;  /* enum doctor_goal: what is wanted */
	int kvm;	     /* an open /dev/kvm, or -1 */
	const char *no_kvm;  /* why there is none */
	/* KVM_CHECK_EXTENSION of a made host; NULL: KVM itself is asked */
	int (*extension)(int number);
	struct vm_threads *vms; /* vm_threads.h: read by the first that asks */
};

/*
 * The value of NAME= on the kernel's command line, "" for NAME alone; NULL: not there. The caller
 * frees it.
 */
char *doctor_host__cmdline(const struct doctor_host *host, const char *name);
/* Whether the first CPU has the word in that field of cpuinfo: "flags", "bugs". */
bool doctor_host__has(const struct doctor_host *host, const char *field, const char *word);

#endif
