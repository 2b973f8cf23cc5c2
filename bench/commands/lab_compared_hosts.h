/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One of several hosts that `hvbench lab compare` and `sweep` measure and put side by side. */
#ifndef HVBENCH_LAB_SIDE_H
#define HVBENCH_LAB_SIDE_H

#include "bench/commands/lab_common.h"
#include "bench/lab/path_table.h"

#define LAB_SIDE_HELP										\
	"A HOST is a kernel (debian:VERSION or the path of a bzImage) and what goes with it, with "	\
	"commas between: modules=DIR, mitigations=VALUE, xen=FILE, cmdline=TEXT (last, since it may "	\
	"have commas in it). Without a kernel it is the lane's. Instead of a host it may be a result "	\
	"document of 'hvbench lab run' (FILE.json)."

struct lab_side {
	const char *text;	/* as written */
	char *copy;		/* that the rest points into */
	const char *kernel, *modules, *mitigations, *xen, *cmdline, *document;
	json_t *doc;		/* of `document`, once checked */
};

/* Takes `text` apart. -EINVAL. */
int side__parse(struct lab_side *side, const struct lab_lane *lane, struct error *err);
void side__free(struct lab_side *side);
/* Measures all of them in turn; if one fails, what was measured before is kept, and where is told. */
int sides__measure(struct lab_command *cmd, struct lab_side *sides, unsigned int nr, struct paths *paths);
/* After the report: keeps what was measured if it could not be written, and nothing else has it. */
void sides__reported(struct lab_command *cmd, const struct lab_side *sides, unsigned int nr,
		     const struct paths *paths);
int side__save_json(const json_t *doc, const char *path, struct error *err);

#endif
