/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that others chose (names of processes, VMs and files, strings of documents made elsewhere),
 * made fit to be shown once, where it enters.
 */
#ifndef HVBENCH_CLEAN_TEXT_H
#define HVBENCH_CLEAN_TEXT_H

#include <stddef.h>

/* Room for `len` bytes of which every one is escaped, and the end. */
#define CLEAN_TEXT_ROOM(len)	(12 * (size_t)(len) + 1)

/*
 * Writes `len` bytes of `from` to `to` as valid UTF-8 without anything that utf8__is_unsafe(): what
 * is (control characters of ASCII and C1, bidirectional formatting, private use …) becomes "\x1b",
 * "\u{202e}", what is no UTF-8 "\xff": visible, and no command to a terminal. What does not fit into
 * `room` bytes (at least 4) with the end is cut off between characters and "…" put there. Text that is
 * clean stays as it is, so cleaning twice does no harm. NUL is a character like others. Returns the
 * length of what was written.
 */
size_t clean_text(char *to, size_t room, const char *from, size_t len);
/* The same for a string in an array; what is in it is replaced. */
void clean_text__in_place(char *text, size_t room);

#endif
