/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user space of an emulated Linux host: an initramfs with busybox, the modules of the
 * hypervisor under test, and this very program with the libraries it needs. The same inputs give
 * the same bytes.
 */
#ifndef HVBENCH_LAB_IMAGE_H
#define HVBENCH_LAB_IMAGE_H

#include "bench/lab/image/cpio.h"
#include "bench/lab/image/elfdeps.h"
#include "bench/lab/lab.h"

struct image {
	struct cpio *cpio;
	struct elf_search search;
	struct tree_set busybox;
	char modules[512]; /* in the order in which they are loaded */
};

/* Begins an image with busybox and this program. */
int image__begin(struct image *image, struct lab_run *run, struct error *err);
void image__free(struct image *image);
/*
 * Adds a module by name ("kvm-amd") from the kernel's packages, or from the user's directory of
 * modules. One that is not there is assumed to be built in.
 */
int image__add_module(struct image *image, struct lab_run *run, const struct tree_set *trees,
		      const char *name, struct error *err);
/*
 * Writes /init, which mounts, loads the modules, runs `body` (shell) and sends what is in /out.
 * Adds the request's files and writes everything to `path`.
 */
int image__finish(struct image *image, struct lab_run *run, const char *body, const char *path,
		  struct error *err);

/* Shell commands that send the symbols of the host's code, in the form of kallsyms. */
#define IMAGE_SEND_SYMBOLS \
	"grep -i ' [tw] ' /proc/kallsyms >/tmp/kallsyms\n" \
	"hvbench lab guest send kallsyms /tmp/kallsyms\n"

/*
 * `body` for hosts with KVM: the request's command, its shell, or `hvbench run`. The caller frees
 * it.
 */
char *image__kvm_body(const struct lab_run *run);

/*
 * `body` that runs the request's command, which image__finish() adds, and sends its output. The
 * caller frees it.
 */
char *image__command_body(void);

#endif
