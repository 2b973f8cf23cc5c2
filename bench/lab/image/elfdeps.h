/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shared libraries that a program needs, directly and indirectly. They are found by the names
 * the dynamic loader uses (DT_NEEDED), but in directories that the caller chooses: programs of an
 * unpacked package need not fit the system they are unpacked on.
 */
#ifndef HVBENCH_LAB_ELFDEPS_H
#define HVBENCH_LAB_ELFDEPS_H

#include "bench/base/error.h"
#include "bench/lab/image/cpio.h"

/* Where an image has its libraries; LD_LIBRARY_PATH there. */
#define IMAGE_LIBS "lib/lab"

/* Directories that are searched, with what is below them; NULL-terminated. */
struct elf_search {
	const char *dirs[32];
};

/*
 * Adds the system's own library directories, from the loader's configuration and its usual places.
 */
void elf_search__add_system(struct elf_search *search);
void elf_search__add(struct elf_search *search, const char *dir);

/*
 * Adds the program as `name`, with its loader and libraries. A program without a loader is added
 * alone. -ENOENT names the missing library and the file that needs it; -ENOEXEC: not a 64-bit ELF.
 */
int elfdeps__add_program(struct cpio *cpio, const char *name, const char *path,
			 const struct elf_search *search, struct error *err);
/* The same for a library that programs open by name at run time. */
int elfdeps__add_library(struct cpio *cpio, const char *soname, const struct elf_search *search,
			 struct error *err);

#endif
