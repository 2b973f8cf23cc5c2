/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in a kernel's sources an instruction is from, by the debug information of its vmlinux and
 * modules (libdw). An address of the emulated host is found there by its symbol and the distance
 * from it, so that it does not matter where modules were loaded.
 */
#ifndef HVBENCH_LAB_SOURCES_H
#define HVBENCH_LAB_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "bench/base/symbols.h"

struct sources;

/*
 * Debug information of modules is looked for as NAME.ko* in the directory of `vmlinux`, at any
 * depth, when it is needed; for DIR/vmlinux-VERSION also in DIR/../lib/modules/VERSION. -ENOENT:
 * there is no such file; -EBADMSG: it has no debug information; -EOPNOTSUPP: this build has no
 * libdw. The message says what to do.
 */
int sources__open(struct sources **sources, const char *vmlinux, struct error *err);
void sources__close(struct sources *sources);
/*
 * Whether the functions of the host's kernel have the addresses they have in vmlinux: 0, or -EINVAL
 * if it is another kernel's. Files of modules are held against `symbols` too, which have to stay,
 * when they are needed: one of another build is not used.
 */
int sources__check(struct sources *sources, const struct symbols *symbols, struct error *err);
/*
 * The source line that the compiler made the instruction at `address` from; of inlined code, the
 * line in the inlined function. false: not known. *file belongs to `sources`; it is relative to the
 * kernel's tree where that is known.
 */
bool sources__find(struct sources *sources, const struct symbol *symbol, uint64_t address,
		   const char **file, unsigned int *line);
/*
 * Whether some module that sources__find() was asked for has no file with lines: then `why` names
 * them and says where they were looked for.
 */
bool sources__lack(const struct sources *sources, char *why, size_t len);

#endif
