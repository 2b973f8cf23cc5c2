/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens when memory runs out: the program ends at once, with a message and a status. A JSON
 * value that could not be allocated would be a figure or a row silently missing from a document, a
 * table or a chart, and callers cannot check each of thousands. Ending abruptly does no harm: saved
 * results, journals and the guardians of settings do not depend on an orderly end.
 */
#ifndef HVBENCH_ALLOC_H
#define HVBENCH_ALLOC_H

#include <stddef.h>
#include <stdio.h>

/* From here on everything the JSON library allocates comes from alloc__need(). For main() only. */
void alloc__end_without_memory(void);

/*
 * malloc(), calloc(), strdup() that never return NULL: without memory the program ends, status 70.
 */
void *alloc__need(size_t size) __attribute__((malloc, returns_nonnull));
void *alloc__need_zeroed(size_t nr, size_t size) __attribute__((malloc, returns_nonnull));
char *alloc__text(const char *text) __attribute__((malloc, returns_nonnull));

/*
 * The list, of `nr` elements of that size, with room for one more: it doubles where it is full.
 * Nothing else may change its size; NULL: an empty one.
 */
void *alloc__room(void *list, size_t nr, size_t size) __attribute__((returns_nonnull));

/*
 * open_memstream() and its fclose(), which never lack a part of the text. *text and *len are always
 * right; the caller frees the text.
 */
FILE *alloc__stream(char **text, size_t *len) __attribute__((returns_nonnull));
void alloc__close_stream(FILE *stream);

/* Ends the program because memory ran out. */
void alloc__fail(void) __attribute__((noreturn));

#endif
