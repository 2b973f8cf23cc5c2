/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The results of one measurement of a cell: raw samples, exits, statistics, warnings, or the reason
 * why there are none. Backends fill it; the runner turns it into a cell of the result.
 */
#ifndef HVBENCH_MEASUREMENT_H
#define HVBENCH_MEASUREMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/hist.h"
#include "bench/kvm/kvmstats_window.h"
#include "workloads/abi.h"

#define MAX_COUNTERS 160
#define MAX_WARNINGS 8

/* A named 64-bit count: KVM statistics and the VMM's own counts of user-space exits. */
struct counter {
	char name[48];
	int64_t value;
};

/* KVM's statistics in the timed window. */
struct kvm_figures {
	struct kvmstats_window vcpus; /* all vCPUs together; times 0: not read */
	struct kvmstats_window vm;    /* of the VM's own descriptor */
	struct kvmstats_window *each; /* what changed in each vCPU; NULL: one vCPU only, or
					 * several VMs */
	unsigned int nr_each;
	unsigned int rounds; /* how many measurements it sums up */
};

/*
 * Fills empty figures with what was counted between two readings, which hold all values of each
 * vCPU, then the VM's, as described by `vcpu` and `vm` (NULL: none). -ENOMEM.
 */
int kvm_figures__fill(struct kvm_figures *figures, const struct kvmstats *vcpu,
		      unsigned int nr_vcpus, const struct kvmstats *vm, const uint64_t *begin,
		      const uint64_t *end);
/* Adds what other measurements counted; -ENOMEM. */
int kvm_figures__merge(struct kvm_figures *into, const struct kvm_figures *from);
void kvm_figures__free(struct kvm_figures *figures);

/* How long vCPUs were ready to run but did not, in the timed window, as accounted by the guest. */
struct steal {
	bool known;
	char why[192]; /* why it is not known */
	uint64_t ns;   /* of all vCPUs that had it enabled */
	bool host_known;
	uint64_t host_ns;   /* run-queue delay of all vCPU threads, from the host */
	uint64_t window_ns; /* length of the window by the host's clock; summed over
					 * several VMs */
	unsigned int vcpus;
};

/* Gaps that vCPU 0 noted in its own time within the timed window. */
struct gap_total {
	uint64_t nr, cycles;
	uint64_t spun_cycles; /* how long it watched */
};

struct gap_record {
	struct gap_total all;
	uint64_t tsc_khz;
	bool tsc_is_host;	/* the guest's clock reads the same as the host's */
	unsigned int nr_listed; /* the last ones, in order */
	struct hv_gap list[HV_MAX_GAPS];
};

/* What a VM in a control group of its own had of the CPUs, over all windows. */
struct cpu_share {
	unsigned int weight, limit_percent; /* of one CPU; 0: no limit */
	double promised_ns;		    /* by its weight and limit */
	double got_ns;			    /* the CPU time of its vCPU's thread, by the host */
	double lost_ns;			    /* the gaps that it saw in its own clock */
	double throttled_ns;		    /* that its group was not allowed to run */
};

struct cpu_share_record {
	double window_ns; /* how long they were watched */
	unsigned int nr;
	struct cpu_share vms[];
};

enum measure_status { MEASURE_OK, MEASURE_SKIPPED, MEASURE_FAILED };

struct measurement {
	enum measure_status status;
	char reason[1024]; /* when not ok */
	/* which measurement of the run it is, from 1; set by the caller */
	unsigned int visit;
	uint64_t ops_per_sample;
	unsigned int nr_samples, nr_empty;
	double *samples; /* raw: whole batches in clock units (cycles), or ns if
					 * measured by the host */
	double *empty;	 /* raw: the empty loop with as many iterations */
	/*
	 * vCPUs that measured at the same time, of all VMs together; each of them has as many of
	 * the samples and of the empty loops, one vCPU's after the other's. 0: measured by the
	 * host.
	 */
	unsigned int nr_members;
	double *beside;		   /* ns, one for each sample; NULL: not asked for */
	struct hist *singles;	   /* NULL: none; raw clock units */
	uint64_t singles_overhead; /* of reading the clock twice, in clock units */
	/*
	 * Of the samples' clock; 0: not known, or WORKLOAD_HOST: ns; where icount, the clock of
	 * these.
	 */
	uint64_t tsc_khz;
	bool icount; /* the clock counts instructions: set by the caller */
	/* Exits in the timed window, which holds exactly window_ops operations. */
	bool exits_known;
	char exits_unknown_why[128];
	int64_t exits;		 /* by KVM's statistic; without our own doorbells and host
					 * interrupts */
	int64_t host_interrupts; /* exits forced by host interrupts (KVM's irq_exits) */
	int64_t user_exits;	 /* by the VMM's own count */
	bool user_exits_unknown; /* the VMM keeps none */
	uint64_t window_ops;
	uint64_t overhang_ops; /* of them, those that belong to no sample: see abi.h */
	uint64_t cpu_ns;       /* of the vCPU threads in the timed window */
	bool cpu_known;
	uint64_t dirty_pages;		       /* logged there by dirty_log= */
	struct counter counters[MAX_COUNTERS]; /* differences over the window, "kvm.NAME" and
						 * "user.NAME" */
	unsigned int nr_counters;
	struct kvm_figures figures;
	struct gap_record *gaps;	 /* NULL: the workload notes none */
	struct cpu_share_record *shares; /* NULL: the workload has none */
	struct steal steal;		 /* if the request asked for it */
	char warnings[MAX_WARNINGS][256];
	unsigned int nr_warnings;
};

struct measurement *measurement__new(void);
void measurement__free(struct measurement *m);
void measurement__warn(struct measurement *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * It has its samples, each one operation that the host timed: no exits were counted. Returns 0, as
 * the whole measurement does.
 */
int measurement__by_host(struct measurement *m);
int measurement__fail(struct measurement *m, enum measure_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void measurement__count(struct measurement *m, const char *name, int64_t value);
/*
 * Sets exits and counters from m->figures; `own`: exits in the window that are not the workload's.
 */
void measurement__count_figures(struct measurement *m, int64_t own);

#endif
