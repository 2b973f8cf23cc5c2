/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which function an address of a kernel belongs to, by its own tables. */
#ifndef HVBENCH_SYMBOLS_H
#define HVBENCH_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "bench/base/error.h"

struct symbol {
	uint64_t address;
	const char *name;
	const char *module; /* "" for the kernel itself */
};

struct symbols {
	struct symbol *list; /* sorted by address */
	size_t nr, room;
	char *texts[4]; /* memory that names point into */
	unsigned int nr_texts;
};

/*
 * Parses "ADDRESS TYPE NAME [MODULE]" lines, as in /proc/kallsyms; code only. Takes over `text`.
 * -ENOMEM.
 */
int symbols__add(struct symbols *symbols, char *text, struct error *err);
/* Adds those of another table, which has to outlive this one. -ENOMEM. */
int symbols__join(struct symbols *symbols, const struct symbols *others, struct error *err);
void symbols__sort(struct symbols *symbols);
void symbols__free(struct symbols *symbols);
/* The function that contains the address; NULL if none does. */
const struct symbol *symbols__find(const struct symbols *symbols, uint64_t address);

#endif
