/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: what one run measures. It comes from a job file (INI: a section for each workload,
 * [global] for what they share), from -w on the command line, or by default from the shipped job
 * "quick".
 */
#ifndef HVBENCH_PLAN_H
#define HVBENCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "bench/plan/config.h"
#include "workloads/workload.h"

#define PLAN_DEFAULT_ROUNDS 10

struct cell {
	char section[64]; /* the job file's section, or the -w item */
	const struct workload *workload;
	uint64_t params[HV_MAX_PARAMS]; /* in the descriptor's order, with defaults filled in */
	unsigned int ring;
	struct config config;
	char backend[16]; /* "kvm", "native" … */
};

/* What plans are called that are no job: of -w, whatever it lists. */
#define PLAN_OF_COMMAND_LINE "command line"

struct plan {
	char name[64];	/* of the job, or PLAN_OF_COMMAND_LINE */
	char what[256]; /* the job's description= line */
	struct cell *cells;
	size_t nr_cells;
	unsigned int rounds;
	bool rounds_given; /* by the job or on the command line */
	double time_s;	   /* for the whole run; 0: the default depth */
	uint64_t seed;
	bool seed_set;
	size_t nr_same;	    /* left out because the command line made them equal to
					 * others */
	size_t nr_excluded; /* combinations that exclude lines dropped */
};

/*
 * What the command line says about every cell; it overrides the job. Lists are NULL-terminated and
 * may be NULL; no key may be in two of them.
 */
struct plan_options {
	/* NULL: what the job says, else kvm; a list: each of them */
	const char *backend;
	const char *const *config_pairs; /* "KEY=VALUE" */
	const char *const *matrix;   /* "KEY=VALUE,VALUE…": any key of a section; see matrix.h */
	const char *const *excludes; /* "KEY=VALUE KEY=VALUE…", like exclude in [global] */
	unsigned int rounds;	     /* 0: not given */
	double time_s;		     /* 0: not given */
	bool seed_set;
	uint64_t seed;
};

/* Plans are made by list.h or job.h. */
void plan__free(struct plan *plan);

/* The workload of that name; NULL and a message with the nearest name if there is none. */
const struct workload *plan__find_workload(const char *name, struct error *err);
/*
 * "working_set=64k:stride=64" with all parameters, or only those that differ from the defaults;
 * with the ring if it can be chosen. plan__from_list() can read it back after "NAME:".
 */
char *plan__format_params(const struct cell *cell, bool all, char *buf, size_t len);
/* A parameter's value as users write it ("64k", "100us", "random"). */
char *plan__format_param(const struct workload_param *param, uint64_t value, char *buf, size_t len);

/*
 * The default of the workload's i-th parameter. If its descriptor has `cache`, the default depends
 * on the sizes of this host's caches and so differs between hosts; results hold the value.
 */
uint64_t workload__default(const struct workload *w, int i);

/*
 * The exits that one operation takes on hardware, a table that ends as in workload.h; NULL: their
 * number is not constant.
 */
const struct workload_exit *workload__exits(const struct workload *w, const uint64_t *params);

/* How many exits to user space one operation should take in the cell's configuration. */
unsigned int cell__user_exits(const struct cell *cell);

const char *workload_group__name(enum workload_group group);

#endif
