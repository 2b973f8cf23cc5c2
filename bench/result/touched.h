/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What exits touch (cells[].footprint of result documents), in words and side by side. */
#ifndef HVBENCH_RESULT_TOUCHED_H
#define HVBENCH_RESULT_TOUCHED_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * "touches 481 lines of code, 94 % of a 32 KiB L1I, and 233 lines of data, 46 % of a 32 KiB L1D".
 * false: it is not known; text is "" then.
 */
bool touched__sentence(const json_t *footprint, char *text, size_t len);
/*
 * "code lines 251 -> 260, loads 747 -> 741": each count that differs, and of a model of the same
 * caches what misses. false: none does, or one of
 * them is not known; text is "" then.
 */
bool touched__changes(const json_t *base, const json_t *new, char *text, size_t len);
/* The same as {NAME: {"base", "new"}}, of all counts, alike or not; null: one is not known. */
json_t *touched__to_json(const json_t *base, const json_t *new);
/*
 * "in a model of zen3's caches 244 lines miss L1I, 18 L1D, 0 L2; 69 pages ITLB, 48 DTLB". false:
 * there is no model; text is "" then.
 */
bool touched__modelled(const json_t *footprint, char *text, size_t len);
/* Whether a cell of the document has one. */
bool touched__is_known(const json_t *doc);

#endif
