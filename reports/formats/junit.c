// SPDX-License-Identifier: GPL-2.0-or-later
/* JUnit's XML, of what has a verdict. */
#include "reports/formats/comparison_junit.h"
#include "reports/formats/doctor_junit.h"
#include "reports/formats/gate_junit.h"
#include "reports/formats/report.h"

static int render(enum show what, const json_t *doc, FILE *out, const struct report_options *opts)
{
	(void)opts;
	if (what == SHOW_DOCTOR)
		return doctor_junit__render(doc, out);
	return what == SHOW_GATE ? gate_junit__render(doc, out) :
				   comparison_junit__render(doc, out);
}

DEFINE_RENDERER(junit) = {
	.name = "junit",
	.what = "XML that continuous integration understands",
	.endings = ".xml",
	.order = 60,
	.shows = SHOW_COMPARISON | SHOW_GATE | SHOW_DOCTOR,
	.render = render,
};
