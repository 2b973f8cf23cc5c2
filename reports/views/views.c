// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/views.h"

#include "reports/views/compare_view.h"
#include "reports/views/doctor_view.h"
#include "reports/views/fleet_view.h"
#include "reports/views/trend_view.h"

view_builder *view__of(enum show what)
{
	switch (what) {
	case SHOW_RESULT:
		return view__build;
	case SHOW_COMPARISON:
		return compare_view__build;
	case SHOW_TREND:
		return trend_view__build;
	case SHOW_GATE:
		return gate_view__build;
	case SHOW_LIST:
		return list_view__build;
	case SHOW_FLEET:
		return fleet_view__build;
	case SHOW_DOCTOR:
		return doctor_view__build;
	case SHOW_TABLE:
	case SHOW_STACKS:
	case SHOW_STACKS_OF_TWO:
	case SHOW_METRICS:
	case SHOW_EXPORT:
	case SHOW_TRACE:
		break;
	}
	return NULL;
}
