/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UTF-8 from sources that cannot be trusted: kernel files, guest memory, result documents made
 * elsewhere. libunistring knows which characters there are and of what kind.
 */
#ifndef HVBENCH_UTF8_H
#define HVBENCH_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the character at `s` (len >= 1 bytes are readable) and returns how many bytes it takes. A
 * byte that begins no valid sequence (overlong forms, surrogates and truncated sequences included)
 * takes one byte and yields UTF8_INVALID.
 */
#define UTF8_INVALID 0xffffffffu
size_t utf8__decode(const char *s, size_t len, uint32_t *codepoint);

/* A copy in which every invalid byte is U+FFFD. NULL: out of memory. The caller frees it. */
char *utf8__sanitize(const char *s, size_t len);

/*
 * Whether the character could mislead a terminal, a spreadsheet or a reader: controls, line and
 * paragraph separators, bidirectional formatting, private use, noncharacters, and what is invisible
 * (fillers, joiners, variation selectors).
 */
bool utf8__is_unsafe(uint32_t codepoint);

/* Replaces every unsafe or invalid byte by '?': for messages that quote what was read. */
void utf8__mask(char *text);

#endif
