/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel's command line, and what changes it on its way into the emulated host. */
#ifndef HVBENCH_LAB_CMDLINE_H
#define HVBENCH_LAB_CMDLINE_H

#include <stddef.h>

#include "bench/base/error.h"

/* How much of it Linux on x86 (COMMAND_LINE_SIZE) and Xen read, with the NUL. */
#define CMDLINE_LINUX 2048
#define CMDLINE_XEN   1024

/* -E2BIG: longer than what is read; the rest would be dropped silently. */
int cmdline__check(const char *cmdline, size_t room, const char *who, struct error *err);

/*
 * Writes it for GRUB's script language, in which $ and ; mean something. GRUB's linux command puts
 * words with blanks in quotes and a backslash before every quote: NAME="a b" becomes "NAME=a b",
 * which is the same parameter to Linux. Quotes elsewhere, backslashes and control characters would
 * be changed. -EINVAL; -E2BIG.
 */
int cmdline__for_grub(const char *cmdline, char *out, size_t len, struct error *err);

/*
 * For QEMU's options, where a comma ends a value and two stand for one. Cut off at `len`; returns
 * out.
 */
char *cmdline__for_qemu(const char *text, char *out, size_t len);

#endif
