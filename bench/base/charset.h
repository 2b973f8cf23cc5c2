/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may be shown to the user beyond ASCII. Every output for people asks here, so that none of them
 * shows "µs" where another shows "us".
 */
#ifndef HVBENCH_CHARSET_H
#define HVBENCH_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Whether the user's LC_CTYPE is UTF-8, whatever locale the program has set. */
bool charset__is_utf8(void);

/* "…", or "..." where that cannot be shown. */
const char *charset__dots(void);

/* Text of the program's own, whose only characters beyond ASCII are "…": as wide, in columns, as charset__dots(). */
void charset__put(FILE *out, const char *text, size_t len, bool utf8);

#endif
