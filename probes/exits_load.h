/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exits probe's programs and maps, loaded for one source and not yet attached. Other code gets
 * a probe through exits_choose.h.
 */
#ifndef HVBENCH_EXITS_LOAD_H
#define HVBENCH_EXITS_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "probes/exits.h"
#include "probes/exits_source.h"
#include "probes/kernel_types.h"

/* What sources have to know about the kernel; reading its type information takes 50 ms. */
void exits__find_types(struct kernel_types *types);
/*
 * -EPERM, -EACCES: privileges; -ENOENT: KVM's tracepoints do not exist (module not loaded);
 * -EOPNOTSUPP: this source cannot work on this kernel. Messages say what to do.
 */
int exits__load(struct exits **out, enum exits_source source, const struct exits_options *opts,
		const struct kernel_types *types, struct error *err);
/* For a probe that is not attached. */
void exits__unload(struct exits *x);

bool exits__timed(const struct exits *x);
uint64_t exits__memory_bytes(const struct exits *x); /* of its maps */

#endif
