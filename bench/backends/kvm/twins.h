/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of the kvm backend: see run_pair and run_toggled of backend.h. One thread on one CPU runs
 * both sides in turn, a sample each, A B, B A, A B …
 */
#ifndef HVBENCH_KVM_TWINS_H
#define HVBENCH_KVM_TWINS_H

#include "bench/backends/backend.h"

int kvm_twins__run_pair(const struct twin twins[2], const struct measure_request *req,
			struct pair *pair);
int kvm_twins__run_toggled(const struct twin *twin, void (*set)(void *ctx, int side), void *ctx,
			   const struct measure_request *req, struct pair *pair);

#endif
