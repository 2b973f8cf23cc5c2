// SPDX-License-Identifier: GPL-2.0-or-later
/* The document itself: a result as it is saved, others as they are. */
#include <errno.h>
#include <stdlib.h>

#include "bench/result/file.h"
#include "reports/formats/report.h"

static int render_result(const json_t *doc, FILE *out)
{
	size_t len, written;
	char *text = result__dump(doc, &len);

	if (!text)
		return -ENOMEM;
	errno = 0;
	written = fwrite(text, 1, len, out);
	free(text);
	return written < len || fflush(out) ? -(errno ?: EIO) : 0;
}

static int render(enum show what, const json_t *doc, FILE *out, const struct report_options *opts)
{
	(void)opts;
	if (what == SHOW_RESULT)
		return render_result(doc, out);
	errno = 0;
	if (json_dumpf(doc, out, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12)) ||
	    fputc('\n', out) == EOF || fflush(out))
		return -(errno ?: ENOMEM);
	return 0;
}

DEFINE_RENDERER(json) = {
	.name = "json",
	.what = "the whole document",
	.endings = ".json",
	.order = 20,
	.shows = SHOW_RESULT | SHOW_COMPARISON | SHOW_TREND | SHOW_GATE | SHOW_LIST | SHOW_FLEET |
		 SHOW_DOCTOR | SHOW_TABLE,
	.render = render,
};
