/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The payload without a host that reads its mailbox; standalone.c describes what it does and
 * prints.
 */
#ifndef HVBENCH_RUNTIME_STANDALONE_H
#define HVBENCH_RUNTIME_STANDALONE_H

/*
 * Booted by PVH: prepare reads the command line and finds memory, start_vcpus starts the other
 * vCPUs, run goes through the list of workloads and then shuts down, unless the command line says
 * that a host reads the mailbox.
 */
void standalone__prepare(void);
void standalone__start_vcpus(void);
void standalone__run(void) __attribute__((noreturn));

#endif
