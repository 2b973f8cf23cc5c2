/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/kvm itself.
 */
#ifndef HVBENCH_KVM_DEVICE_H
#define HVBENCH_KVM_DEVICE_H

#include <stdint.h>

#include "bench/base/error.h"

/*
 * Opens /dev/kvm and checks its API version: -ENOENT, -EACCES, -ENODEV, each with what to do about
 * it.
 */
int kvm_device__open(struct error *err);
/*
 * The TSC's frequency in kHz, from KVM; 0 if there is no KVM, or it does not give it without a
 * vCPU.
 */
uint64_t kvm_device__host_tsc_khz(void);

#endif
