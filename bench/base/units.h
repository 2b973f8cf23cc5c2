/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers people write and read. Sizes take k, m, g, t (powers of 1024, an optional trailing "b" or
 * "ib", any case); times take ns, us, ms, s (a bare number is ns). A fraction is allowed where the
 * result is whole ("1.5g"). -EINVAL for anything else, -ERANGE for what does not fit 64 bits.
 */
#ifndef HVBENCH_UNITS_H
#define HVBENCH_UNITS_H

#include <stddef.h>
#include <stdint.h>

int units__parse_size(const char *text, uint64_t *bytes);
int units__parse_time_ns(const char *text, uint64_t *ns);
/* How long something may take: a bare number is seconds, and m (or min) and h are units too. */
int units__parse_span_ns(const char *text, uint64_t *ns);
int units__parse_count(const char *text, uint64_t *count); /* decimal or 0x hexadecimal */
/* Shortest exact form that the parsers read back: "64k", "256m", "100us", "17". */
char *units__format_size(uint64_t bytes, char *buf, size_t len);
char *units__format_time_ns(uint64_t ns, char *buf, size_t len);
/* For people, in three significant digits: "417 ns", "2.35 us", "10.0 ms". */
char *units__format_brief_ns(double ns, char *buf, size_t len);
/* "1 round", "12 rounds", "12 to 48 rounds" where some cells have more; `most` may be NAN. */
char *units__format_rounds(double least, double most, char *buf, size_t len);

#endif
