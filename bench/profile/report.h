/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A profile as text, Markdown, CSV and as a result document. */
#ifndef HVBENCH_PROFILE_REPORT_H
#define HVBENCH_PROFILE_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "bench/profile/session.h"
#include "reports/formats/report.h"

/* The table of the total for people. */
int profile_report__text(struct profile *p, FILE *out, bool color);
int profile_report__markup(struct profile *p, FILE *out, const struct renderer *format);
/* One interval in brief, while watching goes on. */
void profile_report__interval(struct profile *p, FILE *out);
void profile_report__csv_header(FILE *out);
void profile_report__csv(struct profile *p, const struct exits_profile *of, double seconds,
			 FILE *out);
/* The result document; NULL: out of memory. */
json_t *profile_report__document(struct profile *p, bool interrupted);
void profile_report__event(const struct exits_event *e, const char *reason, FILE *out);

#endif
