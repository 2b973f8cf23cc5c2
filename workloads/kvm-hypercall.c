/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's own hypercalls (Documentation/virt/kvm/x86/hypercalls.rst), with arguments that make each
 * do its work for nobody, so that the call and its look-up are measured and not what it wakes:
 *
 *   vapic-poll-irq   does nothing by definition
 *   kick-cpu         wakes a vCPU that waits for a spin lock: this one, which does not
 *   clock-pairing    writes the host's time and this TSC into the guest's memory; only where the
 *                    host's clock source is the TSC
 *   send-ipi         to an empty set of vCPUs
 *   sched-yield      to this vCPU
 *
 * Timed: n calls back to back at CPL0, and the loop is subtracted. A number that KVM does not know
 * or does not offer is skipped. See also hypercall, whose number no hypervisor has (kvm-unit-tests:
 * vmcall is KVM's number 0, which it does not know either).
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

#define KVM_ENOSYS (-1000)

static const uint32_t numbers[] = { 1, 5, 9, 10, 11 };
enum { CLOCK_PAIRING = 2 };

struct call {
	uint64_t nr, a0, a1;
	bool amd;
};

/* All that a hypercall may change is an output; RSI is the last argument of send-ipi. */
static uint64_t call_once(const struct call *c)
{
	uint64_t ret = c->nr, a0 = c->a0, a1 = c->a1, a2 = 0, a3 = 0;

	if (c->amd)
		asm volatile("vmmcall"
			     : "+a"(ret), "+b"(a0), "+c"(a1), "+d"(a2), "+S"(a3)::"memory");
	else
		asm volatile("vmcall"
			     : "+a"(ret), "+b"(a0), "+c"(a1), "+d"(a2), "+S"(a3)::"memory");
	return ret;
}

static struct call call_of(const struct workload_ctx *ctx)
{
	struct call c = { .nr = numbers[ctx->params[0]], .amd = ctx->state[0] };

	if (ctx->params[0] == CLOCK_PAIRING)
		c.a0 = (uint64_t)&ctx->state[8]; /* 64 bytes */
	return c;
}

static uint64_t ring0_try(void *ctx, uint64_t unused)
{
	struct call c = call_of(ctx);

	(void)unused;
	if (!kvm__leaf())
		return (uint64_t)KVM_ENOSYS;
	return call_once(&c);
}

static int setup(struct workload_ctx *ctx)
{
	ctx->state[0] = (uint64_t)arch_is_amd();
	return (int64_t)ring0(ring0_try, ctx, 0) < 0 ? HV_REFUSED_NOT_THERE : HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	const struct call c = call_of(ctx);

	while (n--)
		call_once(&c);
	return 0;
}
#endif

/* In the order of `numbers`. */
static const char *const calls[] = { "vapic-poll-irq", "kick-cpu",    "clock-pairing",
				     "send-ipi",       "sched-yield", NULL };

DEFINE_WORKLOAD(workload_kvm_hypercall) = {
	.name = "kvm-hypercall",
	.what = "a hypercall of KVM's, by name",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "this hypercall of KVM's",
	.needs = NEEDS_HYPERVISOR,
	.exits = { { "VMCALL", "hypercall", 1 } },
	.params = { { "call", "which", PARAM_CHOICE, 0, 0, 0, calls } },
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
