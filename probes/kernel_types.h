/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the running kernel keeps what the probes read, found in its own type information (BTF).
 * Anyone may read /sys/kernel/btf, so this takes no privilege. Layouts are always detected, never
 * concluded from a version, since distributions backport.
 */
#ifndef HVBENCH_KERNEL_TYPES_H
#define HVBENCH_KERNEL_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#define KERNEL_APICV_REASONS 64
#define KERNEL_APICV_NAME    24

struct kernel_types {
	bool btf;			    /* the kernel has type information … */
	bool kvm_btf;			    /* … and KVM's is part of it */
	char why[512];			    /* if not: what is missing */
	unsigned int exit_args, entry_args; /* of the tracepoints; 0: not known */
	bool exit_has_reason;		    /* kvm_exit(reason, vcpu, isa), up to 5.15 */
	bool entry_has_vcpu;		    /* false up to 5.4: kvm_entry(vcpu_id) */
	uint32_t vmx_reason_off;	    /* in the vCPU; 0: not known */
	uint32_t svm_vmcb_off, svm_code_off;
	uint32_t svm_vmcb01_off; /* its own, not its guest's; 0: there is one only */
	uint32_t vcpu_id_off;
	bool vcpu_kvm_known;
	uint32_t vcpu_kvm_off;
	uint32_t svm_cpl_off;	     /* the guest's CPL in the VMCB; 0: not known */
	uint32_t vcpu_protected_off; /* whether its state is encrypted; 0: it never is */
	uint32_t kvm_apicv_off;	     /* reasons to inhibit APICv; 0: not known */
	char apicv_reasons[KERNEL_APICV_REASONS][KERNEL_APICV_NAME]; /* by bit; "": none */
	/*
	 * Numbers of the kernel's function that lets a program read memory as an object of a type,
	 * and of one that begins with a number; 0: there is none.
	 */
	uint32_t cast_function, cast_type;
	bool invoke_exit_handler; /* svm_invoke_exit_handler() can be attached to */
	/* of a thread; 0: not known */
	uint32_t task_parent_off, task_tgid_off, task_state_off;
	bool no_reads; /* programs may not read the kernel's memory; not set here */
};

/* `root` is "" or a made-up / for tests. Never fails: whatever is not found is not known. */
void kernel_types__find(struct kernel_types *types, const char *root);

#endif
