/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of one exit on two hosts as one tree, for difference flame graphs and profiles. */
#ifndef HVBENCH_LAB_BLAME_TREE_H
#define HVBENCH_LAB_BLAME_TREE_H

#include <jansson.h>

/*
 * Merges two lists of cells[].footprint.tree by the names on the way from the root, without what
 * compilers append: [{"function", "parent", "base", "new", "calls_base", "calls_new"}], each after
 * its parent. NULL: one of them is no such list.
 */
json_t *blame_tree__merge(const json_t *base, const json_t *new);

#endif
