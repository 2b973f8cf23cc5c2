// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Longer ones are no names that anybody mistypes. */
#define MAX_WORD 48

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/*
 * Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours cost 1
 * each (F. J. Damerau, "A technique for computer detection and correction of spelling errors", CACM
 * 7(3), 1964). Ignores case.
 */
static unsigned int edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned int d[MAX_WORD + 1][MAX_WORD + 1];

	for (size_t i = 0; i <= na; i++)
		d[i][0] = (unsigned int)i;
	for (size_t j = 0; j <= nb; j++)
		d[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= na; i++) {
		for (size_t j = 1; j <= nb; j++) {
			int x = tolower((unsigned char)a[i - 1]),
			    y = tolower((unsigned char)b[j - 1]);

			d[i][j] =
				min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (x != y));
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    tolower((unsigned char)a[i - 2]) == y && d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[na][nb];
}

const char *nearest__word(const char *word, const char *const *names)
{
	const char *best = NULL, *begun = NULL;
	unsigned int limit, nr_begun = 0;
	size_t len = strlen(word);

	if (!len || len > MAX_WORD)
		return NULL;
	/* A quarter of the letters may be wrong; beyond that a suggestion is a guess. */
	limit = 1 + (unsigned int)(len - 1) / 4;
	for (; *names; names++) {
		size_t n = strlen(*names);
		unsigned int distance;

		if (n > MAX_WORD)
			continue;
		if (len > 2 && !strncasecmp(*names, word, len)) {
			begun = *names;
			nr_begun++;
		}
		distance = edit_distance(word, len, *names, n);
		if (distance <= limit && distance < n) {
			best = *names;
			if (!distance)
				break;
			limit = distance - 1;
		}
	}
	/* What was begun is no mistake: "hist" is not "list". */
	return nr_begun == 1 ? begun : best;
}

const char *nearest__hint(char *buf, size_t len, const char *word, const char *const *names,
			  const char *before, const char *otherwise)
{
	const char *nearest = nearest__word(word, names);

	if (!nearest)
		return otherwise;
	snprintf(buf, len, ": did you mean '%s%s'?", before, nearest);
	return buf;
}
