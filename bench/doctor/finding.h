/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a check has found: the values it has read, what is advised, and why it could not look. A
 * value that is not there or may not be read is noted by the functions that read, so that checks
 * need no code for it: a check whose values are all missing does not apply here, one whose values
 * may not be read says which.
 */
#ifndef HVBENCH_DOCTOR_FINDING_H
#define HVBENCH_DOCTOR_FINDING_H

#include <jansson.h>
#include <stdint.h>

#include "bench/base/cpus.h"
#include "bench/doctor/check.h"

struct finding {
	const struct doctor_host *host;
	const struct doctor_check *check;
	json_t *found;		/* [{"what", "value", "counted": true or absent}] */
	json_t *advice;		/* [{"outcome", "goals": [], "text"}] */
	json_t *unread;		/* [text]: what may not be read, or makes no sense */
	json_t *not_applicable; /* text, or NULL */
};

/* The text of a file, noted under its path; NULL: none. The caller frees it. */
char *finding__text(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool finding__number(struct finding *f, int64_t *value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A file that holds 0, 1, N or Y: 0 or 1; -1: none. */
int finding__bool(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The choice in brackets of "always [madvise] never"; the caller frees it. */
char *finding__choice(struct finding *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Notes a setting that was computed from several, or did not come from a file. */
void finding__note(struct finding *f, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same of what changes by itself, counters and VMs that run: no setting. */
void finding__count(struct finding *f, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Notes something that is there but cannot be read, and why. */
void finding__unread(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finding__not_applicable(struct finding *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* For these goals. Where none of them is wanted it is noted, and does not count. */
void finding__say(struct finding *f, enum doctor_outcome outcome, unsigned int goals,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Reads the file of each CPU, below its directory in sysfs, and notes, under `what`, which values
 * there are and which CPUs have each: "performance: CPUs 0-63". Returns {value: [cpu, …]}; the
 * caller owns it.
 */
json_t *finding__by_cpu(struct finding *f, const char *what, const char *file);

/* "0-3,7", which the caller frees. */
char *finding__list_cpus(const struct cpus *cpus);

/* What it comes to for the goals that are wanted. */
enum doctor_outcome finding__outcome(const struct finding *f);
/* The finding as it stands in documents; a new object. */
json_t *finding__json(const struct finding *f);
void finding__init(struct finding *f, const struct doctor_host *host,
		   const struct doctor_check *check);
void finding__destroy(struct finding *f);

extern const char *const doctor_outcomes[];

#endif
