/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries out a command with all vCPUs: the first one measures, the others take part if the
 * workload has something for them to do. At CPL3.
 */
#ifndef HVBENCH_RUNTIME_COMMAND_H
#define HVBENCH_RUNTIME_COMMAND_H

#include "workloads/abi.h"

/* Called by the first vCPU once traps and its own APIC are set up: lets the others go on. */
void command__machine_is_ready(void);
/* What the other vCPUs do: wait for the machine to be ready, then for commands. */
void command__assist(uint32_t cpu) __attribute__((noreturn));
/* How many vCPUs there are, with the first one. */
unsigned int command__vcpus(void);
/* Results are in the mailbox. Returns an enum hv_refusal. */
int command__run(const struct hv_command *cmd);

#endif
