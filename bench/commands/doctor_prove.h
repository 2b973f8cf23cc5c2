/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvbench doctor --prove: measures how much a setting matters on this host. */
#ifndef HVBENCH_DOCTOR_PROVE_H
#define HVBENCH_DOCTOR_PROVE_H

#include <jansson.h>
#include <stdbool.h>

struct doctor_prove_options {
	bool yes;      /* do not ask, on a terminal, before what other VMs feel */
	bool with_vms; /* also where VMs run that feel it */
	double time_s; /* of each proof */
};

/*
 * Proves the checks, in the order given: NULL-terminated, of names that exist; none of them: all
 * that apply to this host by the document and can be proved, in the order of their rank. One may
 * be NAME=VALUE: the value against itself, which has to come out as no difference. Writes a line of
 * each to standard output where `told`, and adds what was measured to that check of the document as
 * "proved". The exit status: 0 all are decided; see the command.
 */
int doctor_prove__run(const char *const *checks, const struct doctor_prove_options *opts,
		      json_t *doc, bool told);

#endif
