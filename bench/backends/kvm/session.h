/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workloads that the host measures while a guest runs: a VM whose vCPUs obey the host's orders
 * (abi.h, struct hv_order) in threads of their own, while the calling thread does what is timed.
 * vCPU 0 spins between orders and notes the gaps it sees.
 *
 * Each workload has its host half in a file of this directory that ends in DEFINE_HOST_HALF.
 */
#ifndef HVBENCH_KVM_SESSION_H
#define HVBENCH_KVM_SESSION_H

#include "bench/backends/kvm/guest.h"

struct host_half;

struct session {
	const struct host_half *half;
	const struct cell *cell;
	const struct measure_request *req;
	struct vm_request vm_req; /* open() has no say in it; before() has */
	struct config config;	  /* what vm_req.config points to */
	struct guest guest;
	struct vm *vm;
	pthread_t thread; /* runs vCPU 0 */
	bool started;
	volatile int ended;
	struct error failure; /* why the guest ended; code 0: it was told to */
	struct memory extra;  /* the half's own; freed by the session */
	void *own;	      /* likewise, by free() */
};

struct host_half {
	const char *workload;
	bool still; /* the vCPUs stand still once the payload is ready */
	/* Changes what the VM will be like; NULL: nothing. */
	int (*before)(struct session *s, struct error *err);
	/*
	 * Prepares the VM, whose guest runs; NULL: nothing. -EOPNOTSUPP, here and in before(): this
	 * cell cannot be measured on this host, and is skipped.
	 */
	int (*open)(struct session *s, struct error *err);
	/* One sample, in ns. */
	int (*sample)(struct session *s, double *ns, struct error *err);
};

#define DEFINE_HOST_HALF(ident) \
	static const struct host_half host_half_##ident; \
	static const struct host_half *const host_half_##ident##_entry \
		__attribute__((used, section("host_half_table"))) = &host_half_##ident; \
	static const struct host_half host_half_##ident

/* NULL: the workload has none. */
const struct host_half *host_half__find(const char *workload);

/* Measures the cell in one VM; fills m with samples, or with the reason why there are none. */
int session__measure(const struct host_half *half, const struct cell *cell,
		     const struct measure_request *req, const struct payload *payload,
		     struct measurement *m);

/*
 * Has all vCPUs go through the arena, each through its part, one access each `step` bytes, and
 * waits for the last one. *ns: what the slowest took, by the guest's clock or, if its frequency is
 * not known, from the first order to the last answer by the host's; may be NULL.
 */
int session__pass(struct session *s, enum hv_order_what what, uint64_t bytes, uint64_t step,
		  double *ns, struct error *err);
/* Has all vCPUs spin, so that none is inside an earlier order. */
int session__spin(struct session *s, struct error *err);

/* What is timed of a call, in the order of the choices of the workloads' parameter of=. */
enum session_figure { OF_CALL, OF_STALL, OF_AFTER };
/*
 * Does call(s) while all vCPUs spin. OF_CALL: what it takes; OF_STALL: what vCPU 0 loses meanwhile;
 * OF_AFTER: neither, the caller measures what comes after it. -EOPNOTSUPP for OF_STALL where the
 * guest's clock is not the host's.
 */
int session__time(struct session *s, enum session_figure of,
		  int (*call)(struct session *s, struct error *err), double *ns, struct error *err);

#endif
