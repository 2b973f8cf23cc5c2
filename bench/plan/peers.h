/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What other tools measure of a hypervisor, and which workload measures the same.
 */
#ifndef HVBENCH_PEERS_H
#define HVBENCH_PEERS_H

struct peer_test {
	const char *peer; /* the tool, with the version that was read */
	const char *test; /* as it calls it */
	const char *run;  /* the same here, as -w takes it; NULL: left out */
	const char *note; /* what differs, or why it is left out; NULL: nothing */
};

/* By tool, in each tool's own order; ends with a NULL peer. */
extern const struct peer_test peer_tests[];

#endif
