/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of a kernel, and what is between it and the emulated host. */
#ifndef HVBENCH_LAB_CMDLINE_H
#define HVBENCH_LAB_CMDLINE_H

#include <stddef.h>

#include "bench/base/error.h"

/* What Linux on x86 (COMMAND_LINE_SIZE) and Xen read of one, its NUL with it. */
#define CMDLINE_LINUX	2048
#define CMDLINE_XEN	1024

/* -E2BIG: longer than what is read, of which the rest would be dropped in silence. */
int cmdline__check(const char *cmdline, size_t room, const char *who, struct error *err);

/*
 * The same for GRUB's script language, in which $ and ; mean something. Its linux command puts words with
 * blanks in quotes and backslashes before quotes: NAME="a b" becomes "NAME=a b", which is the same parameter to Linux;
 * quotes elsewhere, backslashes and control characters it would change. -EINVAL; -E2BIG.
 */
int cmdline__for_grub(const char *cmdline, char *out, size_t len, struct error *err);

/* For QEMU's options, where a comma ends a value and two are one. Cut at `len`; returns out. */
char *cmdline__for_qemu(const char *text, char *out, size_t len);

#endif
