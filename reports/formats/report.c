// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of renderers. */
#include "reports/formats/report.h"

#include <string.h>

const struct renderer *const renderers[] = {
	&renderer_text, &renderer_json, &renderer_csv, &renderer_markdown, NULL,
};

const struct renderer *renderer__find(const char *name)
{
	for (const struct renderer *const *r = renderers; *r; r++)
		if (!strcmp((*r)->name, name))
			return *r;
	return NULL;
}
