/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes text that others chose (names of processes, VMs and files, strings of documents made
 * elsewhere) safe to show. Done once, where the text enters the program.
 */
#ifndef HVBENCH_CLEAN_TEXT_H
#define HVBENCH_CLEAN_TEXT_H

#include <stddef.h>

/* Room for `len` bytes, if every one of them has to be escaped, and the NUL. */
#define CLEAN_TEXT_ROOM(len) (12 * (size_t)(len) + 1)

/*
 * Writes `len` bytes of `from` to `to` as valid UTF-8 that holds no character that is
 * utf8__is_unsafe(): those (control characters of ASCII and C1, bidirectional formatting, private
 * use …) become "\x1b" or "\u{202e}", and bytes that are not UTF-8 become "\xff": visible, and no
 * command to a terminal. If the result does not fit into `room` bytes (at least 4) with its NUL, it
 * is cut off between characters and ends in "…". Clean text stays as it is, so cleaning twice does
 * no harm. A NUL in `from` is treated like any other character. Returns the length written.
 */
size_t clean_text(char *to, size_t room, const char *from, size_t len);
/* The same for a string in an array, which is replaced. */
void clean_text__in_place(char *text, size_t room);

#endif
