// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The format's name: what is in it, single exits of a recording, `hvbench profile` writes itself
 * (bench/profile/perfetto.c).
 */
#include "reports/formats/report.h"

DEFINE_RENDERER(perfetto) = {
	.name = "perfetto",
	.what = "TrackEvent protobuf of a recording's single exits, for ui.perfetto.dev and "
		"trace_processor",
	.endings = ".pftrace .perfetto-trace",
	.order = 64,
	.shows = SHOW_TRACE,
};
