/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One command, carried out by all vCPUs: the first one measures, the others take part where the workload has
 * something for them to do. At CPL3.
 */
#ifndef HVBENCH_RUNTIME_COMMAND_H
#define HVBENCH_RUNTIME_COMMAND_H

#include "workloads/abi.h"

/* By the first vCPU, once traps and its own APIC are set up: the others may come. */
void command__machine_is_ready(void);
/* What another vCPU does: waits for the machine, then for commands. */
void command__assist(uint32_t cpu) __attribute__((noreturn));
/* How many are there, the first one included. */
unsigned int command__vcpus(void);
/* Results are in the mailbox. Returns an enum hv_refusal. */
int command__run(const struct hv_command *cmd);

#endif
