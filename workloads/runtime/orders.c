/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "workloads/runtime/orders.h"

#include "arch.h"
#include "workloads/runtime/mailbox.h"
#include "workloads/watch.h"

static void go_through(struct workload_ctx *ctx, const struct hv_order *order)
{
	volatile uint8_t *p = ctx->arena + order->offset;
	uint64_t n = order->step ? order->bytes / order->step : 0, step = order->step;

	if (order->offset > ctx->arena_bytes || order->bytes > ctx->arena_bytes - order->offset)
		return;
	if (order->what == HV_ORDER_WRITE) {
		for (; n; n--, p += step)
			*p = 1;
	} else {
		for (; n; n--, p += step)
			(void)*p;
	}
}

/* Returns whether there will be more. */
static bool obey(struct workload_ctx *ctx, struct hv_order *slot)
{
	struct hv_order order = *slot;
	uint64_t start = arch_clock();

	if (order.what == HV_ORDER_READ || order.what == HV_ORDER_WRITE)
		go_through(ctx, &order);
	slot->cycles = arch_clock() - start;
	__atomic_store_n(&slot->done, order.seq, __ATOMIC_RELEASE);
	return order.what != HV_ORDER_END;
}

uint64_t orders__run(struct workload_ctx *ctx, uint64_t n)
{
	struct hv_order *slot = &mailbox.orders[0];

	(void)n;
	do {
		watch__clock(&mailbox.gaps, mailbox.gaps.least_cycles, 0, &slot->seq, slot->done);
		mailbox.status.nr_singles++; /* for the watchdog: see hv_progress() */
	} while (obey(ctx, slot));
	return HV_REFUSED_NONE;
}

void orders__assist(struct workload_ctx *ctx)
{
	struct hv_order *slot = &mailbox.orders[ctx->cpu];

	for (;;) {
		while (__atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE) == slot->done)
			if (*ctx->stop)
				return;
		if (!obey(ctx, slot))
			return;
	}
}
