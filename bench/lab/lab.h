/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lab: emulated hosts. A lane (lanes/lanes.h) is one kind of host: an emulator, the hypervisor
 * that runs in it, and what is measured there.
 *
 * lab__run() makes the image, runs the emulator with a time limit, and returns the result document
 * that came back (host.clock "icount": the guest's clock counted retired instructions, unit
 * "insn"), or the reason why there is none, with the end of the console log.
 */
#ifndef HVBENCH_LAB_H
#define HVBENCH_LAB_H

#include <jansson.h>
#include <stdbool.h>

#include "bench/base/error.h"
#include "bench/lab/footprint.h"
#include "bench/lab/image/cache.h"
#include "bench/lab/proc.h"
#include "bench/lab/qemu_args.h"
#include "bench/lab/wire.h"
#include "bench/plan/plan.h"

#define LAB_TIMEOUT_S 600
#define LAB_MAX_FILES 16

struct lab {
	struct cache cache;
	struct signals_blocked signals;
	bool quiet;    /* show no progress */
	bool terminal; /* standard error is a terminal, where progress may overwrite
				 * itself */
};

/* A file for the image; the directories of `dest` are made. */
struct lab_file {
	const char *path, *dest;
};

struct lab_run;
struct sources;
struct symbols;
struct lab_lane;

#define LAB_DONE 1

struct lab_request {
	/* "debian:NAME", or the path of a kernel image; NULL: the lane's own */
	const char *kernel;
	const char *modules;	 /* the directory with its modules, at any depth; NULL: they are
				 * built in */
	const char *cmdline;	 /* added to the kernel's (xen: the hypervisor's) command line; may
				 * be NULL */
	const char *mitigations; /* value of mitigations=, NULL: "off"; "default": not given */
	const char *xen;	 /* hypervisor image; NULL: Debian's */
	const char *vmlinux;	 /* debug information of the kernel; NULL: no source lines */
	bool icount;
	unsigned int timeout_s;
	unsigned int memory_mib; /* 0: the lane's default */
	unsigned int cpus;	 /* 0: one; more only without icount, since in QEMU 7.2 a spinning
				 * CPU starves the others */
	const struct plan *plan; /* what is measured */
	char *const *run_args;	 /* the same as arguments of `hvbench run`, NULL-terminated */
	struct lab_file files[LAB_MAX_FILES]; /* ends with a NULL path */
	const char *command; /* instead of measuring: a shell command, whose output comes back */
	bool shell;	     /* instead of measuring: a console */
	/*
	 * Called about ten times a second while the emulator runs (QEMU, with a socket to its
	 * monitor in DIR/monitor): LAB_DONE ends the emulator, an error fails the run.
	 */
	int (*attend)(struct lab_run *run, void *data, struct error *err);
	void *attend_data;
	/* operations a sample; 0: one where instructions are counted, else 100 */
	unsigned int ops;
	bool footprint; /* also count what each exit touches: lanes that can_trace, with
				 * icount */
	const struct model_shape *model; /* also what would miss in such caches; NULL: not */
	const struct symbols *symbols;	 /* of a host that does not send its own; NULL: it does */
	const char *then;		 /* shell, run in a Linux host before what is measured */
};

/*
 * For the command line of an emulated Linux, so that a path does not depend on chance:
 * - Hardened usercopy takes one instruction more for an object on a later page of its slab than for
 *   one on the first page, and where an object lies depends on everything that happened at boot.
 *   Slabs of one page have no later pages.
 * - A kernel stack that begins somewhere else in each system call makes KVM on VMX write the host's
 *   stack pointer into the VMCS again after 63 of 64 exits to user space.
 */
#define LAB_SAME_PATH "slub_max_order=0 randomize_kstack_offset=off"

struct lab_outcome {
	json_t *doc;	    /* result document; NULL when `command` was given */
	char *text;	    /* output of `command` */
	int status;	    /* returned by the command inside */
	char log[LAB_PATH]; /* the console log */
	char kernel[128];   /* version of the host's kernel or hypervisor */
	struct proc_result proc;
	struct footprints footprints; /* if they were asked for */
	char no_footprint[512];	      /* why there are none; "" */
	char no_lines[512];	      /* why there are no source lines; "" */
	/* the host is to blame: it did not build, boot, or bring a result back */
	bool host_failed;
};

/* One run's directory, and what the lane has found out for it. */
struct lab_run {
	struct lab *lab;
	const struct lab_lane *lane;
	const struct lab_request *req;
	char dir[LAB_PATH];	/* temporary; removed afterwards */
	int dir_fd;		/* its lock */
	char console[LAB_PATH]; /* the file the console is written to */
	char capture[LAB_PATH]; /* the file port 0xe9 is written to */
	char kernel[LAB_PATH];	/* kernel or hypervisor image */
	char version[128];	/* its version, "" if unknown */
	struct lab_args args;
	unsigned int starts;	 /* of the emulator: 2 where the first was aborted */
	struct sources *sources; /* of the kernel; NULL: none were asked for */
	bool host_failed;	 /* the kernel of the request is to blame */
	bool footprint;		 /* the plugin is in dir, and can be loaded; or the lane's emulator
				  * prints exits */
	unsigned int plugin_api; /* version of QEMU's plugin interface it is loaded for */
	struct wire_state sent;	 /* of the capture, as far as it was read */
	off_t told;		 /* how far the payload's lines were read */
};

int lab__open(struct lab *lab, struct error *err);
void lab__close(struct lab *lab);
/* Prints a line to standard error, unless quiet; on a terminal the next one replaces it. */
void lab__progress(const struct lab *lab, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void lab__progress_end(const struct lab *lab);

/*
 * Fetches and builds, but runs nothing; *image becomes the SHA-256 of what was built (64 hex
 * digits).
 */
int lab__setup(struct lab *lab, const struct lab_lane *lane, const struct lab_request *req,
	       char image[65], struct error *err);
/* Fetches and builds, to see whether that is possible; *host_failed as in lab_outcome. */
int lab__check(struct lab *lab, const struct lab_lane *lane, const struct lab_request *req,
	       bool *host_failed, struct error *err);
int lab__run(struct lab *lab, const struct lab_lane *lane, const struct lab_request *req,
	     struct lab_outcome *out, struct error *err);
void lab_outcome__free(struct lab_outcome *out);

#endif
