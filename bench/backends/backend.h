/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backend runs workloads: it makes a fresh VM (or process), measures in it, and destroys it. A
 * measurement's results are all in struct measurement; the runner turns it into a result cell.
 */
#ifndef HVBENCH_BACKEND_H
#define HVBENCH_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/backends/measurement.h"
#include "bench/base/error.h"
#include "bench/plan/honours.h"
#include "bench/plan/plan.h"

struct backend_info {
	bool available;
	char why[1024];	  /* if not available: the reason and what to do about it */
	int why_code;	  /* negative errno */
	char virt[16];	  /* what it runs on: "vmx", "svm", "pvm", "none" … */
	char detail[256]; /* one line for people */
};

struct memory;
struct host_op;

/* How deep one round goes; the same for every round of a cell. */
struct measure_request {
	uint64_t ops_per_sample; /* 0: calibrate */
	uint64_t target_ns;	 /* calibrate for a sample of this length */
	unsigned int samples;
	unsigned int singles;
	uint64_t single_budget_ns;
	unsigned int timeout_ms; /* watchdog for the whole round */
	/*
	 * Called when the timed window begins and ends, in the thread that runs the vCPU; or NULL.
	 */
	void (*on_window)(void *ctx, bool begins);
	void *window_ctx;
	uint64_t memory_bytes; /* available when the run began; 0: not known */
	/* have the guest account its steal time; not in timed rounds */
	bool steal;
	bool exact;	     /* the clock counts instructions */
	const char *payload; /* ELF file to boot instead of the embedded one, or NULL */
	/*
	 * For lifecycle workloads: an operation of the host to run in turns with each of theirs;
	 * its times go to measurement.beside. It needs no state. NULL: none.
	 */
	const struct host_op *beside;
	/*
	 * For the native backend: work in this memory, shared with a twin; NULL: in memory of its
	 * own.
	 */
	const struct memory *arena;
};

/*
 * Two VMs (or a process and a VM) that took turns, sample by sample, on one CPU. Both see the same
 * state of the host, so that their ratio is known far better than the cost of either.
 */
struct pair {
	enum measure_status status;
	char reason[1024];
	double log_ratio; /* median over the alternations of ln(cost B / cost A) */
	/* its 95 % interval over the alternations of this pair alone */
	double low, high;
	unsigned int alternations; /* those that count: both costs were positive */
	/* median cost of one operation, clock units, empty loop subtracted */
	double a, b;
	uint64_t tsc_khz;
};

struct instance;

/*
 * A guest or a process; with `op` an operation of the host, and then the other members are unused.
 */
struct twin {
	struct instance *instance;
	const struct cell *cell;
	uint64_t ops_per_sample;
	bool is_loop; /* for the first twin: its samples are the empty loop of the
				 * second one */
	const struct host_op *op;
};

struct backend {
	const char *name;
	unsigned int rank; /* position in lists, lowest first; then by name */
	const char *what;
	bool uses_kvm;
	/* its vCPU threads belong to this process, and it calls on_window */
	bool observable;
	uint64_t vm_bytes; /* memory a VM takes besides its working set; 0: it makes none */
	/* Never fails: what is missing is described in info. */
	void (*probe)(struct backend_info *info);
	/*
	 * What it supports of a cell; all else is refused before supports() is called, see
	 * backend__supports().
	 */
	struct honours honours;
	/* 0, or -EOPNOTSUPP with another reason why this cell cannot run here. */
	int (*supports)(const struct cell *cell, struct error *err);
	/*
	 * Makes a fresh VM for the cell. -errno with a message, which becomes the failed cell's
	 * reason.
	 */
	int (*create)(const struct cell *cell, const struct measure_request *req,
		      struct instance **out, struct error *err);
	/*
	 * Measures once. Always fills m (status and reason); returns -EINTR when stopped by a
	 * signal.
	 */
	int (*run)(struct instance *inst, const struct cell *cell,
		   const struct measure_request *req, struct measurement *m);
	/*
	 * Takes req->samples alternations, the order swapped each time. The first twin may belong
	 * to a backend that has run_in_turns, or be an operation of the host. NULL: this backend
	 * has no twins.
	 */
	int (*run_pair)(const struct twin twins[2], const struct measure_request *req,
			struct pair *pair);
	/*
	 * The same with one VM and something that is switched between its samples: set(ctx, 1)
	 * before each sample of side B, set(ctx, 0) before each of side A. NULL as above.
	 */
	int (*run_toggled)(const struct twin *twin, void (*set)(void *ctx, int side), void *ctx,
			   const struct measure_request *req, struct pair *pair);
	/*
	 * Measures in the calling thread as it is placed, and gives others a turn in between: calls
	 * turn(ctx, i) before sample i, turn(ctx, req->samples) after the last one. NULL: not
	 * possible.
	 */
	int (*run_in_turns)(const struct twin *twin, const struct measure_request *req,
			    void (*turn)(void *ctx, unsigned int sample), void *ctx,
			    struct measurement *m);
	/*
	 * The memory it works in, which lives as long as the instance; NULL: none. The pointer
	 * itself may be NULL.
	 */
	const struct memory *(*arena)(const struct instance *inst);
	void (*destroy)(struct instance *inst);
};

/* A definition with this puts a backend into the table; nothing else has to name it. */
#define DEFINE_BACKEND(ident) \
	extern const struct backend ident; \
	static const struct backend *const ident##_entry \
		__attribute__((used, section("backend_table"))) = &ident; \
	const struct backend ident

#endif
