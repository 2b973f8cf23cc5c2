/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One of several hosts that `hvbench lab compare` and `sweep` measure and compare. */
#ifndef HVBENCH_LAB_COMPARED_HOSTS_H
#define HVBENCH_LAB_COMPARED_HOSTS_H

#include "bench/commands/lab_common.h"
#include "bench/lab/path_table.h"
#include "bench/measure/checkpoint.h"

#define LAB_SIDE_HELP \
	"A HOST is a kernel (debian:VERSION or the path of a bzImage) and what goes with it, " \
	"with " \
	"commas between: modules=DIR, vmlinux=FILE, mitigations=VALUE, xen=FILE, cmdline=TEXT " \
	"(last, since it " \
	"may " \
	"have commas in it). Without a kernel it is the lane's. Instead of a host it may be a " \
	"result " \
	"document of 'hvbench lab run' (FILE.json), or what a killed run left " \
	"(FILE.json.partial)."

struct lab_side {
	const char *text; /* as the user wrote it */
	char *copy;	  /* a copy that the other members point into */
	const char *kernel, *modules, *mitigations, *xen, *vmlinux, *cmdline, *document;
	json_t *doc;		  /* the content of `document`, once checked */
	struct checkpoint *saved; /* what was measured of it, until all is written; NULL: nothing */
};

/* Parses `text`. -EINVAL. */
int side__parse(struct lab_side *side, const struct lab_lane *lane, struct error *err);
void side__free(struct lab_side *side);
/*
 * Measures all of them in turn; if one fails, results measured before are saved, and it is said
 * where. With -o each host's result is saved as OUTPUT.N.json.partial as soon as it is measured:
 * hosts take minutes each, and whatever kills this process leaves those, which are hosts that
 * need no boot any more.
 */
int sides__measure(struct lab_command *cmd, struct lab_side *sides, unsigned int nr,
		   struct paths *paths);
/*
 * After the report: removes what sides__measure() saved, or saves what was measured if it could not
 * be written and exists nowhere else.
 */
void sides__reported(struct lab_command *cmd, const struct lab_side *sides, unsigned int nr,
		     const struct paths *paths);

#endif
