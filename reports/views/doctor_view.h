/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the doctor found, as a view (run_view.h): bench/result/doctor.schema.json. */
#ifndef HVBENCH_DOCTOR_VIEW_H
#define HVBENCH_DOCTOR_VIEW_H

#include <jansson.h>

#include "reports/views/style.h"

json_t *doctor_view__build(const json_t *doc, const struct view_style *style);

#endif
