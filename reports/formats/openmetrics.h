/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats that Prometheus reads; bench/base/openmetrics.h writes both. */
#ifndef HVBENCH_REPORTS_OPENMETRICS_H
#define HVBENCH_REPORTS_OPENMETRICS_H

#include "reports/formats/report.h"

/* `prometheus` is the text format 0.0.4. */
extern const struct renderer renderer_openmetrics, renderer_prometheus;

#endif
