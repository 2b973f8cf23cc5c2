/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which function made which exit longer (blame.h), as text and as Markdown. */
#ifndef HVBENCH_LAB_BLAME_PRINT_H
#define HVBENCH_LAB_BLAME_PRINT_H

#include <stdio.h>

#include "bench/lab/blame.h"
#include "reports/views/table.h"

/*
 * For people: first what every exit shares, then each exit with its functions; in Markdown short
 * enough for a mail. `names` are those of the two hosts.
 */
void blame__print(const struct blame *blame, const char *const names[2],
		  const struct renderer *format, FILE *out);

#endif
