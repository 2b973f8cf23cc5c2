/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lanes in which the payload runs without a host of ours: its command line, and the result document
 * made from the lines of text it prints (described in workloads/runtime/standalone.c).
 */
#ifndef HVBENCH_LAB_STANDALONE_H
#define HVBENCH_LAB_STANDALONE_H

#include <stdint.h>

#include "bench/lab/lab.h"
#include "bench/plan/honours.h"

/* What the document says about the emulated host. */
struct standalone_host {
	const char *virt;     /* "xen", "tcg" */
	const char *software; /* "Xen", "QEMU" */
	const char *version;
	const char *cmdline;
	const char *exits_why; /* why its exits are not known */
};

/*
 * What a guest that runs by itself honours, below a hypervisor or emulated: no key, and one vCPU.
 */
extern const struct honours standalone_honours, standalone_honours_emulated;

/* Writes the payload to PATH, which QEMU and Xen take as a kernel. */
int standalone__write_payload(const char *path, struct error *err);
/* Whether the address is in the workload's own code, or the payload's symbols do not tell. */
bool standalone__is_workload(uint64_t address, const char *workload);
/*
 * The payload's command line for the request. Cells that cannot run there are left out;
 * standalone__document() reports them as skipped. -E2BIG: too many workloads for a command line.
 */
int standalone__cmdline(const struct lab_run *run, char *text, size_t len, struct error *err);
/*
 * Whether the payload has now said that it is done: continues reading where it stopped last.
 * `prefix` as below.
 */
bool standalone__finished(struct lab_run *run, const char *path, const char *prefix);
/*
 * Like standalone__document(), but a failure that the host reported by `lab guest fail` comes
 * first.
 */
int standalone__collect(const struct lab_run *run, const char *path, const char *prefix,
			const struct standalone_host *host, json_t **doc, struct error *err);
/*
 * Makes the document from the text in a file. Lines of the payload begin with `prefix` ("(d0) "; ""
 * for none); other lines are skipped. -EIO: the payload never started.
 */
int standalone__document(const struct lab_run *run, const char *path, const char *prefix,
			 const struct standalone_host *host, json_t **doc, struct error *err);

#endif
