/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which name an unknown one was meant to be: for "unknown workload 'pio-usr': did you mean
 * 'pio-user'?"
 */
#ifndef HVBENCH_NEAREST_H
#define HVBENCH_NEAREST_H

#include <stddef.h>

#define NEAREST_ROOM 128

/*
 * The only candidate that begins with `word`, else the nearest by edit distance
 * (Damerau–Levenshtein), or NULL if none is near. `names` is NULL-terminated.
 */
const char *nearest__word(const char *word, const char *const *names);

/*
 * Ends a message about an unknown name: ": did you mean 'pio-user'?", in `buf`; or
 * `otherwise`, where none is near. `before` goes before the name ("--" of options).
 */
const char *nearest__hint(char *buf, size_t len, const char *word, const char *const *names,
			  const char *before, const char *otherwise);

#endif
