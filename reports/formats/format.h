/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers and texts for people. Texts of a document are anybody's: nothing here lets a control
 * character, a bidirectional override or an invalid byte through.
 */
#ifndef HVBENCH_FORMAT_H
#define HVBENCH_FORMAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * A copy with all that is unsafe to print shown as \x1b or \u202e; without `utf8` all that is not
 * ASCII is '?'. NULL: out of memory. The caller frees it.
 */
char *format__clean(const char *text, bool utf8);
/* As text or the value of an attribute in HTML and XML. */
void format__put_markup(const char *clean, FILE *out);
/* Columns that a clean text takes on a terminal: wide characters two, combining ones none. */
size_t format__width(const char *clean);

/*
 * Three significant digits or more, thousands separated, whatever the locale: 0.52 487.1 25,420. A
 * number beyond 10^15 has an exponent; what is not finite is "". New JSON strings.
 */
json_t *format__quantity(double value);
json_t *format__fixed(double value, int decimals);

/* What a column of values of a unit of result documents is shown in. */
struct format_scale {
	double divisor;
	const char *shown;	/* "ms", "GB/s" */
};

/* One in which `least` still has digits to show; `micro`: how "us" is written. */
struct format_scale format__scale(const char *unit, double least, const char *micro);

/*
 * What a time of the document's in ns is in the cell's unit, as a factor. Under a counting clock (unit insn)
 * the host's times are counts of instructions too, at the rate of its TSC; NAN: it cannot be said.
 */
double format__units_per_ns(const json_t *cell);

/* What goes before host.kernel: under Xen that is Xen's version. */
const char *format__before_kernel(const char *virt);
/* What goes before host.virt; NULL: there is nothing to say of it. */
const char *format__before_virt(const char *virt);

#endif
