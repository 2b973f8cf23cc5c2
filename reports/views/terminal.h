/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing to a terminal: colours, and wrapping words at its width. Texts are ready to print
 * (style.h).
 */
#ifndef HVBENCH_TERMINAL_H
#define HVBENCH_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TERMINAL_BOLD "\033[1m"
#define TERMINAL_DIM  "\033[2m"

struct terminal {
	FILE *file;
	unsigned int width; /* 0: any */
	bool color;
};

/* The escape sequence for "red", "green" or "yellow"; "" for "". */
const char *terminal__color(const char *name);

/* `color`: a sequence, or "". */
void terminal__paint(const struct terminal *t, const char *color, const char *text);
void terminal__pad(const struct terminal *t, size_t columns);
/*
 * Writes words from column `at` on, wrapped; further lines begin at column `indent`. Returns the
 * column after the end.
 */
size_t terminal__words(const struct terminal *t, const char *text, size_t at, size_t indent,
		       const char *color);
/* The same, and ends the line. */
void terminal__wrapped(const struct terminal *t, const char *text, size_t at, size_t indent,
		       const char *color);

#endif
