/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens when memory runs out. A JSON value that could not be made would be a figure or a row that is
 * silently not there, in a document, a table or a chart; nobody can check each of thousands. A program is
 * better ended at once, with a message and a status: results that were saved, journals and settings' guardians
 * do not depend on its end being orderly.
 */
#ifndef HVBENCH_ALLOC_H
#define HVBENCH_ALLOC_H

#include <stddef.h>
#include <stdio.h>

/* From here on all that JSON needs is allocated by alloc__need(). For main() alone. */
void alloc__end_without_memory(void);

/* malloc(), calloc(), strdup() that never return NULL: without memory the program ends, status 70. */
void *alloc__need(size_t size) __attribute__((malloc, returns_nonnull));
void *alloc__need_zeroed(size_t nr, size_t size) __attribute__((malloc, returns_nonnull));
char *alloc__text(const char *text) __attribute__((malloc, returns_nonnull));

/* open_memstream() and its fclose(), the first to tell that memory was missing: by its status, or by no text. */
FILE *alloc__stream(char **text, size_t *len) __attribute__((returns_nonnull));
void alloc__close_stream(FILE *stream, char *const *text);

/* Ends the program for want of memory. */
void alloc__fail(void) __attribute__((noreturn));

#endif
