/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writer of initramfs archives ("newc" cpio; Documentation/driver-api/early-userspace in Linux).
 * Reproducible: entries sorted by name, everything owned by root at time 0, inode numbers counted
 * from
 * 1. The same entries added in any order give the same bytes.
 */
#ifndef HVBENCH_LAB_CPIO_H
#define HVBENCH_LAB_CPIO_H

#include <stddef.h>
#include <sys/types.h>

#include "bench/base/error.h"

struct cpio;

struct cpio *cpio__new(void); /* NULL: out of memory */
void cpio__free(struct cpio *cpio);
/*
 * `name` has no leading '/'; parent directories are added automatically. `data` is copied. If an
 * entry is added twice, the last one counts. -ENOMEM.
 */
int cpio__add(struct cpio *cpio, const char *name, mode_t mode, const void *data, size_t len);
int cpio__add_text(struct cpio *cpio, const char *name, mode_t mode, const char *text);
int cpio__add_file(struct cpio *cpio, const char *name, mode_t mode, const char *path,
		   struct error *err);
int cpio__write(struct cpio *cpio, const char *path, struct error *err);

#endif
