/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One of several hosts that `hvbench lab compare` and `sweep` measure and compare. */
#ifndef HVBENCH_LAB_COMPARED_HOSTS_H
#define HVBENCH_LAB_COMPARED_HOSTS_H

#include "bench/commands/lab_common.h"
#include "bench/lab/path_table.h"

#define LAB_SIDE_HELP \
	"A HOST is a kernel (debian:VERSION or the path of a bzImage) and what goes with it, " \
	"with " \
	"commas between: modules=DIR, vmlinux=FILE, mitigations=VALUE, xen=FILE, cmdline=TEXT " \
	"(last, since it " \
	"may " \
	"have commas in it). Without a kernel it is the lane's. Instead of a host it may be a " \
	"result " \
	"document of 'hvbench lab run' (FILE.json)."

struct lab_side {
	const char *text; /* as the user wrote it */
	char *copy;	  /* a copy that the other members point into */
	const char *kernel, *modules, *mitigations, *xen, *vmlinux, *cmdline, *document;
	json_t *doc; /* the content of `document`, once checked */
};

/* Parses `text`. -EINVAL. */
int side__parse(struct lab_side *side, const struct lab_lane *lane, struct error *err);
void side__free(struct lab_side *side);
/*
 * Measures all of them in turn; if one fails, results measured before are saved, and it is said
 * where.
 */
int sides__measure(struct lab_command *cmd, struct lab_side *sides, unsigned int nr,
		   struct paths *paths);
/* After the report: saves what was measured if it could not be written and exists nowhere else. */
void sides__reported(struct lab_command *cmd, const struct lab_side *sides, unsigned int nr,
		     const struct paths *paths);

#endif
