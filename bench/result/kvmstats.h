/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What KVM's statistics did in a cell's timed parts, beyond the plain counters of "kvm_stats": the
 * cell's "kvm_histograms", "kvm_gauges", "kvm_vm_stats", "kvm_vcpu_stats" and "halt_polling"; each
 * is null if it was not read. Their fields are described in bench/result/result.schema.json.
 */
#ifndef HVBENCH_RESULT_KVMSTATS_H
#define HVBENCH_RESULT_KVMSTATS_H

#include <jansson.h>

#include "bench/result/rounds.h"

void result_kvmstats__add(json_t *cell, const struct cell_rounds *r);

#endif
