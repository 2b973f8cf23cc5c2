/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backend runs workloads: it makes a fresh VM (or process), measures in it, and takes it down.
 * Everything a measurement yields is in struct measurement; the runner turns it into a result cell.
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
	char why[1024];		/* if not available: the reason and what to do */
	int why_code;		/* negative errno */
	char virt[16];		/* what lies under: "vmx", "svm", "pvm", "none" … */
	char detail[256];	/* one line for people */
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
	unsigned int rank;	/* place in lists, from the lowest; then by name */
	const char *what;
	bool uses_kvm;
	bool observable;	/* its vCPU threads are this process's, and it calls on_window */
	uint64_t vm_bytes;	/* memory that a VM takes beside its working set; 0: it makes none */
	/* Never fails: what is missing is in info. */
	void (*probe)(struct backend_info *info);
	/* What it does with cells: the rest is refused before anybody asks it, see backend__supports(). */
	struct honours honours;
	/* 0, or -EOPNOTSUPP with a reason besides why this cell cannot run here. */
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

/* A backend puts itself into the table by a definition with this; nothing else names it. */
#define DEFINE_BACKEND(ident)							\
	extern const struct backend ident;					\
	static const struct backend *const ident##_entry			\
		__attribute__((used, section("backend_table"))) = &ident;	\
	const struct backend ident

/* The one that is shown behind `backend`, the first for NULL; NULL behind the last. */
const struct backend *backend__after(const struct backend *backend);

#define for_each_backend(b)	\
	for (const struct backend *b = backend__after(NULL); b; b = backend__after(b))

/* NULL: there is none of that name. */
const struct backend *backend__find(const char *name);
/*
 * 0, or -EOPNOTSUPP with the reason why the backend cannot run the cell: a key or a need that it does not honour, and
 * who does; or what its supports() says.
 */
int backend__supports(const struct backend *backend, const struct cell *cell, struct error *err);

#endif
