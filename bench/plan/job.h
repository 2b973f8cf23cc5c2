/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans from job files, including the shipped ones. They have the same properties as those of
 * list.h.
 */
#ifndef HVBENCH_PLAN_JOB_H
#define HVBENCH_PLAN_JOB_H

#include "bench/plan/plan.h"

/* The shipped jobs, embedded at build time; ends with a NULL name. */
struct embedded_job {
	const char *name;
	const char *text;
};
extern const struct embedded_job embedded_jobs[];

/*
 * From a job file's text; messages give `name`, the line and the reason. -EBADMSG: the text is
 * wrong.
 */
int plan__from_text(struct plan *plan, const char *name, const char *text,
		    const struct plan_options *opts, struct error *err);
/* From a job by name: one of the embedded ones (workloads/jobs), else a path. */
int plan__from_job(struct plan *plan, const char *name, const struct plan_options *opts,
		   struct error *err);

#endif
