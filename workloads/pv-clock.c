/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the time as a guest does, without an exit: the TSC converted by what the hypervisor keeps
 * in a page of the guest's.
 *
 *   by=rdtsc    the TSC alone, ordered: what the others cost at least
 *   by=kvmclock KVM's pvclock (Linux's clock source kvm-clock, and its vDSO)
 *   by=hyperv   Hyper-V's reference TSC page (Windows; Linux's hyperv_clocksource_tsc_page)
 *
 * Timed: n reads back to back at CPL3, and the loop is subtracted. hv-counter is the same time by
 * an exit. Skipped where the guest is not offered it. No other tool measures it; kvm-unit-tests'
 * kvmclock_test and hyperv_clock check it.
 */
#include "arch.h"
#include "workloads/workload.h"

enum { BY_RDTSC, BY_KVMCLOCK, BY_HYPERV };
static const char *const by[] = { "rdtsc", "kvmclock", "hyperv", NULL };

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/pv.h"

/* pvclock_vcpu_time_info */
struct kvmclock {
	volatile uint32_t version; /* odd while it is written */
	uint32_t pad;
	volatile uint64_t tsc, ns;
	volatile uint32_t mul;
	volatile int8_t shift;
	volatile uint8_t flags;
	uint8_t pads[2];
};

struct tsc_page {
	volatile uint32_t sequence; /* 0: not valid */
	uint32_t reserved;
	volatile uint64_t scale;
	volatile int64_t offset;
};

static union {
	struct kvmclock clock;
	uint8_t bytes[64];
} clocks[HV_MAX_VCPUS] __attribute__((aligned(64)));
static union {
	struct tsc_page page;
	uint8_t bytes[4096];
} reference __attribute__((aligned(4096)));

static int setup(struct workload_ctx *ctx)
{
	switch (ctx->params[0]) {
	case BY_KVMCLOCK:
		if (!(pv__kvm_features() & PV_KVM_CLOCK))
			return HV_REFUSED_NOT_THERE;
		pv__wrmsr(MSR_KVM_SYSTEM_TIME, (uint64_t)&clocks[ctx->cpu] | 1);
		return clocks[ctx->cpu].clock.version ? HV_REFUSED_NONE : HV_REFUSED_NOT_THERE;
	case BY_HYPERV:
		if (!(pv__hyperv_features() & PV_HV_TSC_PAGE))
			return HV_REFUSED_NOT_THERE;
		pv__wrmsr(MSR_HV_REF_TSC, (uint64_t)&reference | 1);
		return reference.page.sequence ? HV_REFUSED_NONE : HV_REFUSED_NOT_THERE;
	}
	return HV_REFUSED_NONE;
}

static uint64_t read_kvmclock(const struct kvmclock *c)
{
	uint64_t delta, ns;
	uint32_t version;

	do {
		version = c->version & ~1u;
		delta = arch_clock() - c->tsc;
		delta = c->shift >= 0 ? delta << c->shift : delta >> -c->shift;
		ns = c->ns + (uint64_t)(((unsigned __int128)delta * c->mul) >> 32);
	} while (c->version != version);
	return ns;
}

static uint64_t read_hyperv(const struct tsc_page *p)
{
	uint32_t sequence;
	uint64_t time;

	do {
		sequence = p->sequence;
		time = (uint64_t)(((unsigned __int128)arch_clock() * p->scale) >> 64) +
		       (uint64_t)p->offset;
	} while (p->sequence != sequence);
	return time;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t how = ctx->params[0], last = 0;

	if (how == BY_KVMCLOCK)
		while (n--)
			last = read_kvmclock(&clocks[ctx->cpu].clock);
	else if (how == BY_HYPERV)
		while (n--)
			last = read_hyperv(&reference.page);
	else
		while (n--)
			last = arch_clock();
	ctx->state[0] = last;
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_pv_clock) = {
	.name = "pv-clock",
	.what = "the time by a page that the hypervisor keeps, without an exit",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.optional = "this page for the time, offered by the hypervisor",
	.needs = NEEDS_HYPERVISOR | NEEDS_HYPERV,
	.params = { { "by", "which page", PARAM_CHOICE, BY_KVMCLOCK, 0, 0, by } },
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
