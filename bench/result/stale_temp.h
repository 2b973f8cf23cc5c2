/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hidden files that results are written to before they take their name: ".FILE.PID-XXXXXXXX.tmp", beside FILE.
 * A writer that is killed leaves one; the next that writes there takes it away.
 */
#ifndef HVBENCH_STALE_TEMP_H
#define HVBENCH_STALE_TEMP_H

#include <stdbool.h>
#include <stddef.h>

/* The name for this process's next one for `path`; it differs each time. 0 or -ENAMETOOLONG. */
int stale_temp__name(char *temp, size_t room, const char *path);
/*
 * Says of a new one that somebody lives who writes it: also to those who see other processes than we do, in a
 * container or on another machine. False: it was taken for stale before this could be said; make another.
 */
bool stale_temp__claim(int fd);
/*
 * Removes what was left beside `path` of writing it, or of what a run keeps in `path`.partial, by processes that
 * are gone. What cannot be told or removed stays.
 */
void stale_temp__sweep(const char *path);

#endif
