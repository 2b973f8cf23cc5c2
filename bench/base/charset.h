/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether characters beyond ASCII may be shown to the user. Every output for people asks here, so
 * that all of them show either "µs" or "us".
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

/*
 * Writes text of the program's own in which "…" is the only character beyond ASCII, with that
 * replaced by charset__dots().
 */
void charset__put(FILE *out, const char *text, size_t len, bool utf8);

#endif
