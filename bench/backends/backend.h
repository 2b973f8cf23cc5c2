/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backend runs workloads: it makes a fresh VM (or process), measures in it, and takes it down.
 * Everything a measurement yields is in struct measurement; the runner turns it into a result cell.
 */
#ifndef HVBENCH_BACKEND_H
#define HVBENCH_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "bench/base/hist.h"
#include "bench/kvm/kvmstats_window.h"
#include "bench/plan/plan.h"

#define MAX_COUNTERS	160
#define MAX_WARNINGS	8

/* A named 64-bit count: KVM statistics and the VMM's own counts of user-space exits. */
struct counter {
	char name[48];
	int64_t value;
};

/* KVM's statistics in the timed window. */
struct kvm_figures {
	struct kvmstats_window vcpus;	/* of all vCPUs together; times 0: not read */
	struct kvmstats_window vm;	/* of the VM's own descriptor */
	struct kvmstats_window *each;	/* what moved of each vCPU; NULL: there is only one, or several VMs */
	unsigned int nr_each;
	unsigned int rounds;		/* measurements that are in it */
};

/*
 * Into empty figures what was counted between two readings: all values of each vCPU, then the VM's, as
 * `vcpu` and `vm` (NULL: none) describe them. -ENOMEM.
 */
int kvm_figures__fill(struct kvm_figures *figures, const struct kvmstats *vcpu, unsigned int nr_vcpus,
		      const struct kvmstats *vm, const uint64_t *begin, const uint64_t *end);
/* Adds what other measurements counted; -ENOMEM. */
int kvm_figures__merge(struct kvm_figures *into, const struct kvm_figures *from);
void kvm_figures__free(struct kvm_figures *figures);

struct backend_info {
	bool available;
	char why[1024];		/* if not available: the reason and what to do */
	int why_code;		/* negative errno */
	char virt[16];		/* what lies under: "vmx", "svm", "pvm", "none" … */
	char detail[256];	/* one line for people */
};

/* How long vCPUs were ready to run and did not, in the timed window, by the guest's own account. */
struct steal {
	bool known;
	char why[192];			/* it is not */
	uint64_t ns;			/* of all vCPUs that had it enabled */
	bool host_known;
	uint64_t host_ns;		/* run-queue delay of the threads of all vCPUs, by the host */
	uint64_t window_ns;		/* how long the window was, by the host's clock; of several VMs the sum */
	unsigned int vcpus;
};

struct memory;
struct host_op;

/* How deep one round goes; the same for every round of a cell. */
struct measure_request {
	uint64_t ops_per_sample;	/* 0: calibrate */
	uint64_t target_ns;		/* length of a sample to calibrate for */
	unsigned int samples;
	unsigned int singles;
	uint64_t single_budget_ns;
	unsigned int timeout_ms;	/* watchdog for the whole round */
	/* Called when the timed window begins and ends, in the thread that runs the vCPU; or NULL. */
	void (*on_window)(void *ctx, bool begins);
	void *window_ctx;
	uint64_t memory_bytes;		/* available when the run began, 0: not known */
	bool steal;			/* have the guest account its steal time; not in timed rounds */
	bool exact;			/* the clock counts instructions */
	const char *payload;		/* ELF file to boot instead of the embedded one, or NULL */
	/*
	 * Lifecycle workloads: in turns with each operation one of these of the host's, whose times go to
	 * measurement.beside; it needs no state. NULL: none.
	 */
	const struct host_op *beside;
	/* The native backend: work in this memory, which a twin has too; NULL: in its own. */
	const struct memory *arena;
};

enum measure_status { MEASURE_OK, MEASURE_SKIPPED, MEASURE_FAILED };

struct measurement {
	enum measure_status status;
	char reason[1024];		/* when not ok */
	unsigned int visit;		/* which measurement of the run it is, from 1; set by the caller */
	uint64_t ops_per_sample;
	unsigned int nr_samples, nr_empty;
	double *samples;		/* raw: whole batches in clock units (cycles), or ns for host-measured */
	double *empty;			/* raw: the empty loop of as many iterations */
	double *beside;			/* ns, one a sample; NULL: the request did not ask for any */
	struct hist *singles;		/* NULL: none; raw clock units */
	uint64_t singles_overhead;	/* of reading the clock twice, in clock units */
	uint64_t tsc_khz;		/* of the samples' clock; 0: not known (or WORKLOAD_HOST: ns) */
	bool icount;			/* the clock counts instructions: set by the caller */
	/* Exits in the timed window, which holds exactly window_ops operations. */
	bool exits_known;
	char exits_unknown_why[128];
	int64_t exits;			/* by KVM's statistic; own doorbells and host interrupts taken off */
	int64_t host_interrupts;	/* exits that interrupts of the host forced (KVM's irq_exits) */
	int64_t user_exits;		/* by the VMM's own count */
	bool user_exits_unknown;	/* the VMM keeps none */
	uint64_t window_ops;
	uint64_t cpu_ns;		/* CPU time of the vCPU threads in the timed window */
	bool cpu_known;
	uint64_t dirty_pages;		/* that dirty_log= logged there */
	struct counter counters[MAX_COUNTERS];	/* window differences, "kvm.NAME" and "user.NAME" */
	unsigned int nr_counters;
	struct kvm_figures figures;
	struct steal steal;		/* where the request asked for it */
	char warnings[MAX_WARNINGS][256];
	unsigned int nr_warnings;
};

/*
 * Two VMs (or a process and a VM) that took turns, sample by sample, on one CPU: what one says about the
 * other is far better known than what either costs, since both see the same weather.
 */
struct pair {
	enum measure_status status;
	char reason[1024];
	double log_ratio;		/* median over the alternations of ln(cost B / cost A) */
	double low, high;		/* its 95 % interval over the alternations of this pair alone */
	unsigned int alternations;	/* that count: both costs positive */
	double a, b;			/* median cost of one operation, clock units, empty loop subtracted */
	uint64_t tsc_khz;
};

struct instance;

/* A guest or a process, or with `op` an operation of the host's: then the others are not there. */
struct twin {
	struct instance *instance;
	const struct cell *cell;
	uint64_t ops_per_sample;
	bool is_loop;		/* of the first: its samples are the empty loop of the second's */
	const struct host_op *op;
};

struct backend {
	const char *name;
	const char *what;
	bool uses_kvm;
	/* Never fails: what is missing is in info. */
	void (*probe)(struct backend_info *info);
	/* 0, or -EOPNOTSUPP with the reason why this cell cannot run here. */
	int (*supports)(const struct cell *cell, struct error *err);
	/* A fresh VM for the cell. -errno with a message; the cell is then failed with it. */
	int (*create)(const struct cell *cell, const struct measure_request *req,
		      struct instance **out, struct error *err);
	/* Measures once. Always fills m (status and reason); returns -EINTR when stopped by a signal. */
	int (*run)(struct instance *inst, const struct cell *cell, const struct measure_request *req,
		   struct measurement *m);
	/*
	 * req->samples alternations, the order swapped each time. The first twin may be of a backend that
	 * can run_in_turns, or an operation of the host's. NULL: this backend has no twins.
	 */
	int (*run_pair)(const struct twin twins[2], const struct measure_request *req,
			struct pair *pair);
	/*
	 * The same with one VM and something that is switched between its samples: set(ctx, 1) before each
	 * sample of side B, set(ctx, 0) before each of side A. NULL as above.
	 */
	int (*run_toggled)(const struct twin *twin, void (*set)(void *ctx, int side), void *ctx,
			   const struct measure_request *req, struct pair *pair);
	/*
	 * Measures in the calling thread as it is placed, and lets somebody else have turns in between:
	 * turn(ctx, i) before sample i, turn(ctx, req->samples) behind the last one. NULL: cannot.
	 */
	int (*run_in_turns)(const struct twin *twin, const struct measure_request *req,
			    void (*turn)(void *ctx, unsigned int sample), void *ctx, struct measurement *m);
	/* What it works in; NULL: nothing. Alive as long as the instance. NULL as above. */
	const struct memory *(*arena)(const struct instance *inst);
	void (*destroy)(struct instance *inst);
};

extern const struct backend backend_kvm;
extern const struct backend backend_qemu_kvm;
extern const struct backend backend_qemu_tcg;
extern const struct backend backend_native;
/* NULL-terminated. */
extern const struct backend *const backends[];

const struct backend *backend__find(const char *name);

struct measurement *measurement__new(void);
void measurement__free(struct measurement *m);
void measurement__warn(struct measurement *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int measurement__fail(struct measurement *m, enum measure_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void measurement__count(struct measurement *m, const char *name, int64_t value);
/* Exits and counters by m->figures; `own`: exits in the window that are not the workload's. */
void measurement__count_figures(struct measurement *m, int64_t own);

#endif
