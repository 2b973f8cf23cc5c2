/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people call a VM: by the options of its VMM (QEMU's -name and -uuid; Firecracker's --id;
 * names of crosvm, Cloud Hypervisor and kvmtool), by libvirt's scope, and by the pod and container
 * in whose control group its process is. What is not known is "". All of it has been cleaned
 * (bench/base/clean_text.h), since whoever starts a VM chooses it.
 */
#ifndef HVBENCH_VMNAME_H
#define HVBENCH_VMNAME_H

#include <stdbool.h>
#include <sys/types.h>

struct vm_name {
	char vmm[24];	    /* "qemu", "firecracker", "crosvm", "cloud-hypervisor", "kvmtool" */
	char name[128];	    /* the VMM's, else libvirt's, the pod's, the container's */
	char uuid[40];	    /* as the VMM was given it */
	char domain[128];   /* libvirt's, from the scope: long ones are cut off there */
	char pod[192];	    /* NAMESPACE/NAME where the kubelet's logs tell it, else its UID */
	char pod_uid[40];   /* Kubernetes' */
	char container[80]; /* its name where the kubelet's logs tell it, else 12 digits */
	char container_id[72];
};

/* `root` is "" or where a copy of /proc and /var/log is. Never fails: what is not there is "". */
void vmname__find(struct vm_name *name, const char *root, pid_t pid);
/*
 * Whether that is what the VM is called: its name, domain, UUID, pod (NAMESPACE/NAME, NAME or UID)
 * or container (name, or 12 or more digits of the ID).
 */
bool vmname__is(const struct vm_name *name, const char *what);

#endif
