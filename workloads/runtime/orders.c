/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "workloads/runtime/orders.h"

#include "arch.h"
#include "workloads/runtime/mailbox.h"

static void note(uint64_t tsc, uint64_t cycles)
{
	struct hv_gaps *gaps = &mailbox.gaps;

	gaps->list[gaps->nr % HV_MAX_GAPS] = (struct hv_gap){ tsc, cycles };
	gaps->cycles += cycles;
	__atomic_store_n(&gaps->nr, gaps->nr + 1, __ATOMIC_RELEASE);
}

/*
 * No PAUSE and no fence: the loop has to be shorter than anything worth noting, and a CPU with
 * pause-loop exiting must not leave the guest because of it.
 */
uint64_t orders__watch(uint64_t until, const volatile uint32_t *word, uint32_t seen,
		       uint64_t *longest)
{
	uint64_t least = mailbox.gaps.least_cycles, lost = 0;
	uint64_t start = arch_clock_plain(), last = start, now;
	bool go_on;

	*longest = 0;
	do {
		/* Before the clock: a gap between the two must not end the loop unseen. */
		go_on = !word || *word == seen;
		now = arch_clock_plain();
		if (now - last >= least) {
			note(last, now - last);
			lost += now - last;
			if (now - last > *longest)
				*longest = now - last;
			/* What noting it takes is no gap. */
			now = arch_clock_plain();
		}
		last = now;
	} while (go_on && (!until || now < until));
	mailbox.gaps.spun_cycles += last - start;
	return lost;
}

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
	uint64_t longest;

	(void)n;
	do {
		orders__watch(0, &slot->seq, slot->done, &longest);
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
