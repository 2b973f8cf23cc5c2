/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers and texts for people. Texts of a document may come from anywhere: nothing here lets a
 * control character, a bidirectional override or an invalid byte through.
 */
#ifndef HVBENCH_FORMAT_H
#define HVBENCH_FORMAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * A copy in which everything unsafe to print is shown as \x1b or \u202e; without `utf8` all other
 * characters that are not ASCII are '?'. NULL: out of memory. The caller frees it.
 */
char *format__clean(const char *text, bool utf8);
/* Writes it as text or an attribute's value in HTML and XML. */
void format__put_markup(const char *clean, FILE *out);
/*
 * Columns that a clean text takes on a terminal: two for wide characters, none for combining ones.
 */
size_t format__width(const char *clean);

/*
 * At least three significant digits, with thousands separated, whatever the locale: 0.52 487.1
 * 25,420. Numbers beyond 10^15 have an exponent; those that are not finite become "". New JSON
 * strings.
 */
json_t *format__quantity(double value);
json_t *format__fixed(double value, int decimals);

/* The unit in which a column of values is shown. */
struct format_scale {
	double divisor;
	const char *shown; /* "ms", "GB/s" */
};

/* One in which `least` still has digits to show; `micro` is how "us" is written. */
struct format_scale format__scale(const char *unit, double least, const char *micro);

/*
 * The factor from a time of the document's in ns to the cell's unit. With a counting clock (unit
 * insn) the host's times are counts of instructions too, converted by its TSC's rate; NAN: not
 * known.
 */
double format__units_per_ns(const json_t *cell);

/* What is written before host.kernel: under Xen that is Xen's version. */
const char *format__before_kernel(const char *virt);
/* What is written before host.virt; NULL: it is not worth mentioning. */
const char *format__before_virt(const char *virt);

#endif
