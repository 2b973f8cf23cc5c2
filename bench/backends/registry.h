/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backends that are linked in, in the order in which they are listed, and which of them can run
 * a cell.
 */
#ifndef HVBENCH_BACKENDS_REGISTRY_H
#define HVBENCH_BACKENDS_REGISTRY_H

#include "bench/backends/backend.h"

/* The backend listed after `backend`, the first for NULL; NULL after the last. */
const struct backend *backend__after(const struct backend *backend);

#define for_each_backend(b) \
	for (const struct backend *b = backend__after(NULL); b; b = backend__after(b))

/* NULL: there is none of that name. */
const struct backend *backend__find(const char *name);
/*
 * 0, or -EOPNOTSUPP with the reason why the backend cannot run the cell: a key or a need that it
 * does not honour, with the backends that do; or the reason of its supports().
 */
int backend__supports(const struct backend *backend, const struct cell *cell, struct error *err);

#endif
