/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `hvbench --version` says: which hvbench this is, and what it was built with. */
#ifndef HVBENCH_BUILT_WITH_H
#define HVBENCH_BUILT_WITH_H

#include <stdio.h>

/*
 * The first line is "hvbench RELEASE (commit COMMIT)", and stays so for scripts; the others are
 * "  WHAT  VERSION". Libraries have the version that is loaded, and that of their headers where it
 * is another one.
 */
void built_with__print(FILE *out);

#endif
