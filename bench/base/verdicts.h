/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every verdict that is ever given, in one table: on a cell of two results (compare.h), on a cell
 * against its history (trend.h), on settings measured against each other (ab_twins.h), on the exits
 * of a cell and on the lengths of paths in the lab. To add one is to add a line: enum, exit status,
 * colour, JUnit and the summaries all follow from it.
 *
 * Code passes `enum verdict` on, never a word, so that there is none without a line here. What
 * reads words, from documents, asks verdict__find(); a word that is in no line is no verdict: its
 * exit status is EXIT_INTERNAL, its colour red, and in JUnit it is an error.
 */
#ifndef HVBENCH_VERDICTS_H
#define HVBENCH_VERDICTS_H

#include <stdbool.h>

#include "bench/base/error.h"

/* What a verdict can be given on. */
enum verdict_on {
	ON_CELL = 1,  /* of two results; a figure of it uses the first four */
	ON_TREND = 2, /* a cell against its history */
	ON_AB = 4,
	ON_EXITS = 8,
	ON_PATH = 16, /* in the lab: instructions, counted */
};

/*
 * In the order in which they are counted. Status: where neither an option nor something else of the
 * cell says otherwise. JUnit: of a cell whose status is 0; others are failures (1) or skipped.
 * Colour: "red", "yellow", "green" or "" (a plain one). Chart: RGB. Judged: it says how two figures
 * stand to each other. Shown: as people read it; tile: with its number before it.
 *
 * 	ident		 name		  on
 * 		status			colour	  chart	    JUnit      judged  shown		tile
 */
#define VERDICTS(V) \
	V(SLOWER, "slower", ON_CELL | ON_TREND | ON_AB, EXIT_REGRESSION, "red", 0xd55e00, \
	  "failure", true, "slower", "slower") \
	V(FASTER, "faster", ON_CELL | ON_TREND | ON_AB, EXIT_OK, "green", 0x0072b2, "passed", \
	  true, "faster", "faster") \
	V(SAME, "same", ON_CELL | ON_TREND | ON_AB | ON_EXITS | ON_PATH, EXIT_OK, "", 0x009e73, \
	  "passed", true, "same", "same") \
	/* A change that affects the reference as well is not excluded. */ \
	V(SAME_RATIO, "same-ratio", ON_CELL, EXIT_INCONCLUSIVE, "", 0x8a8a94, "passed", true, \
	  "same ratio", "same ratio") \
	V(MOVED, "moved", ON_CELL | ON_TREND, EXIT_INCONCLUSIVE, "yellow", 0x8a8a94, "skipped", \
	  true, "moved", "moved with their reference") \
	V(INCONCLUSIVE, "inconclusive", ON_CELL | ON_TREND | ON_AB | ON_PATH, EXIT_INCONCLUSIVE, \
	  "yellow", 0x8a8a94, "skipped", true, "inconclusive", "inconclusive") \
	V(NEW, "new", ON_TREND, EXIT_INCONCLUSIVE, "yellow", 0x8a8a94, "skipped", false, "new", \
	  "new") \
	V(FAILED, "failed", ON_TREND | ON_AB, EXIT_REGRESSION, "red", 0x8a8a94, "failure", false, \
	  "failed", "failed") \
	V(LOST, "lost", ON_CELL, EXIT_REGRESSION, "red", 0x8a8a94, "failure", false, "lost", \
	  "lost") \
	/* Its status depends on --missing. */ \
	V(MISSING, "missing", ON_CELL | ON_TREND, EXIT_INCONCLUSIVE, "yellow", 0x8a8a94, \
	  "skipped", false, "missing", "missing") \
	V(GAINED, "gained", ON_CELL, EXIT_OK, "", 0x8a8a94, "passed", false, "gained", "gained") \
	V(UNMEASURED, "unmeasured", ON_CELL, EXIT_OK, "", 0x8a8a94, "skipped", false, \
	  "unmeasured", "unmeasured") \
	V(UNJUDGED, "unjudged", ON_CELL, EXIT_OK, "", 0x8a8a94, "skipped", false, "unjudged", \
	  "unjudged") \
	/* For exits: this is their status where their number is constant. */ \
	V(MORE, "more", ON_EXITS, EXIT_REGRESSION, "red", 0x8a8a94, "failure", true, "more", \
	  "more") \
	V(FEWER, "fewer", ON_EXITS, EXIT_OK, "yellow", 0x8a8a94, "passed", true, "fewer", "fewer") \
	V(CHANGED, "changed", ON_EXITS, EXIT_OK, "yellow", 0x8a8a94, "passed", true, "changed", \
	  "changed") \
	V(UNKNOWN, "unknown", ON_EXITS, EXIT_OK, "yellow", 0x8a8a94, "skipped", false, "unknown", \
	  "unknown") \
	V(LONGER, "longer", ON_PATH, EXIT_REGRESSION, "red", 0xd55e00, "failure", true, "longer", \
	  "longer") \
	V(TOLERATED, "longer, within the threshold", ON_PATH, EXIT_OK, "", 0x8a8a94, "passed", \
	  true, "longer, within the threshold", "tolerated") \
	V(SHORTER, "shorter", ON_PATH, EXIT_OK, "green", 0x0072b2, "passed", true, "shorter", \
	  "shorter") \
	V(PATH_LOST, "no longer measured", ON_PATH, EXIT_REGRESSION, "red", 0x8a8a94, "failure", \
	  false, "no longer measured", "lost") \
	V(PATH_GAINED, "only measured in new", ON_PATH, EXIT_OK, "", 0x8a8a94, "passed", false, \
	  "only measured in new", "gained") \
	V(PATH_UNMEASURED, "not measured", ON_PATH, EXIT_OK, "", 0x8a8a94, "skipped", false, \
	  "not measured", "not measured")

#define VERDICT_IDENT(ident, ...) VERDICT_##ident,
enum verdict { VERDICTS(VERDICT_IDENT) NR_VERDICTS };
#undef VERDICT_IDENT

struct verdict_row {
	enum verdict verdict;
	const char *name;
	unsigned int on; /* enum verdict_on */
	enum exit_status status;
	const char *color;
	unsigned int rgb;
	const char *junit;
	bool judged;
	const char *shown, *tile;
};

/* All NR_VERDICTS of them, indexed by enum verdict. */
extern const struct verdict_row verdict_table[];

const char *verdict__name(enum verdict verdict);

/* The line for a word in a document. NULL: there is no such verdict. */
const struct verdict_row *verdict__find(const char *name);

/* For a word in a document; for an unknown one EXIT_INTERNAL, "red", the word itself, false. */
int verdict__status(const char *name);
const char *verdict__color(const char *name);
const char *verdict__shown(const char *name);
bool verdict__is_judged(const char *name);
/* The colour in a chart; a glaring one for unknown words. */
unsigned int verdict__rgb(const char *name);
/*
 * How JUnit reports a cell with that verdict and exit status: "passed", "failure", "skipped", or
 * "error".
 */
const char *verdict__junit(const char *name, int status);

/*
 * Which status of two parts of one outcome counts: an error of this program comes before a
 * regression, that before not comparable, that before inconclusive, and all of these before any
 * other status.
 */
int exit_status__worse(int a, int b);

#endif
