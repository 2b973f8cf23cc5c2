/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the payload's main part and its stand-alone mode need of each other. */
#ifndef HVBENCH_MAIN_H
#define HVBENCH_MAIN_H

#include "workloads/abi.h"

/* Runs one command; results are in the mailbox. Returns an enum hv_refusal. */
int main__command(const struct hv_command *cmd);

/*
 * Booted by PVH: prepare reads the command line and finds memory, start_vcpus starts the other
 * vCPUs, run goes through the list of workloads and then shuts down, unless the command line says
 * that a host reads the mailbox.
 */
void standalone__prepare(void);
void standalone__start_vcpus(void);
void standalone__run(void) __attribute__((noreturn));

#endif
