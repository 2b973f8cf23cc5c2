/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's fingerprint: everything about a machine that a figure depends on, read from /proc,
 * /sys, CPUID and the KVM module. What cannot be read is null; nothing is guessed.
 */
#ifndef HVBENCH_FINGERPRINT_H
#define HVBENCH_FINGERPRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A new JSON object, documented field by field in bench/result/result.schema.json under "host". The
 * caller adds what only a measurement finds out: virt and clock. `root` is "" or the path of a fake
 * / for tests.
 */
json_t *host__fingerprint(const char *root);

/* Vendor of the KVM module in use: "vmx", "svm", "pvm" or "none", from /sys/module and CPUID. */
const char *host__kvm_vendor(const char *root);

/*
 * Whether this machine is itself a guest (CPUID leaf 1 ECX bit 31), and of which hypervisor
 * ("KVMKVMKVM"); "" if not.
 */
bool host__is_guest(char *hypervisor, size_t len);

/* How many CPUs this process may run on. */
unsigned int host__nr_cpus(void);

#endif
