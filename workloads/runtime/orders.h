/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's half of workloads that the host measures while a guest runs: their run() and
 * assist(). The host's half is bench/backends/kvm/session.h.
 */
#ifndef HVBENCH_RUNTIME_ORDERS_H
#define HVBENCH_RUNTIME_ORDERS_H

#include "workloads/workload.h"

/* vCPU 0, until HV_ORDER_END; it notes the gaps it sees while it waits for an order. */
uint64_t orders__run(struct workload_ctx *ctx, uint64_t n);
/* The other vCPUs, until HV_ORDER_END or *ctx->stop. */
void orders__assist(struct workload_ctx *ctx);

#endif
