/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting back what runs left switched: `hvbench restore`, and of the doctor's proofs. */
#ifndef HVBENCH_RESTORING_H
#define HVBENCH_RESTORING_H

#include "bench/host/switched.h"

/* Shows what there is and does what is wished; the exit status. `command` stands in messages. */
int restoring__run(const char *command, enum switched_wish wish);

#endif
