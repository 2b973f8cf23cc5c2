// SPDX-License-Identifier: GPL-2.0-or-later
/* The steps of a sequence that make a difference; see search.h. */
#include "bench/lab/bisect/search.h"

#include <errno.h>
#include <stdlib.h>

/* The member nearest to the middle that is not known to be unmeasurable; 0: there is none. */
static size_t nearest_to_middle(const bool *skipped, size_t from, size_t to)
{
	size_t middle = from + (to - from) / 2;

	if (to - from < 2)
		return 0;
	for (size_t d = 0; d < to - from; d++) {
		if (middle + d < to && !skipped[middle + d])
			return middle + d;
		if (middle > from + d && !skipped[middle - d])
			return middle - d;
	}
	return 0;
}

static int narrow(const struct search *s, bool *skipped, size_t from, size_t to)
{
	int code = 0;
	size_t i;

	while ((i = nearest_to_middle(skipped, from, to))) {
		code = s->measure(s->data, i, to - from);
		if (code < 0)
			return code;
		if (code == BISECT_SKIP) {
			skipped[i] = true;
		} else if (!s->all) {
			*(s->differ(s->data, 0, i) ? &to : &from) = i;
		} else {
			if (s->differ(s->data, from, i))
				code = narrow(s, skipped, from, i);
			if (!code && s->differ(s->data, i, to))
				code = narrow(s, skipped, i, to);
			return code;
		}
	}
	return s->found(s->data, from, to);
}

int search__run(const struct search *s)
{
	bool *skipped = calloc(s->nr, sizeof(*skipped));
	int code;

	if (!skipped)
		return -ENOMEM;
	/* The ends are measured. */
	skipped[0] = skipped[s->nr - 1] = true;
	code = narrow(s, skipped, 0, s->nr - 1);
	free(skipped);
	return code;
}

unsigned int search__boots(size_t left)
{
	unsigned int boots = 0;

	for (; left > 1; left = (left + 1) / 2)
		boots++;
	return boots;
}
