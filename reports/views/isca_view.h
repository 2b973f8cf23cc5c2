/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cells of the job isca2016, as the table of that paper has them. */
#ifndef HVBENCH_ISCA_VIEW_H
#define HVBENCH_ISCA_VIEW_H

#include <jansson.h>

#include "reports/views/style.h"

/* A table for view__build(); NULL: the document is of another job. */
json_t *isca_view__table(const json_t *doc, const struct view_style *style);
json_t *isca_view__legend(void);

#endif
