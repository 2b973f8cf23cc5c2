/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading fields of a result document by dotted path ("host.cpu.model"). A field that is missing,
 * null or of another type reads as "", NAN or -1, so that renderers need no special case for it.
 */
#ifndef HVBENCH_DOC_H
#define HVBENCH_DOC_H

#include <jansson.h>
#include <stdbool.h>

const json_t *doc__at(const json_t *value, const char *path);
const char *doc__text(const json_t *value, const char *path);
double doc__number(const json_t *value, const char *path);
/* 0, 1, or -1 where it is not known. */
int doc__bool(const json_t *value, const char *path);
/* An element of an array of numbers. */
double doc__element(const json_t *value, const char *path, size_t index);

/*
 * Whether a cell measured by a counting clock has no path: too few of its samples took the same
 * number of instructions, and its figure is a median that says nothing to the instruction. Older
 * documents do not tell.
 */
bool doc__lacks_path(const json_t *cell);

/* The key of a cell's i-th part that a probe of its context saw; NULL: there are no more. */
const char *doc__probe(size_t i);

/* What a result document holds. */
enum doc_kind { DOC_CELLS, DOC_AB, DOC_PROFILE };
enum doc_kind doc__kind(const json_t *doc);

#endif
