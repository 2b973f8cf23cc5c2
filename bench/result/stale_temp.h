/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hidden files that results are written to before they get their name:
 * ".FILE.PID-XXXXXXXX.tmp", beside FILE. A writer that is killed leaves one behind; the next one
 * that writes there removes it.
 */
#ifndef HVBENCH_STALE_TEMP_H
#define HVBENCH_STALE_TEMP_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Makes a name for this process's next temporary file for `path`; it differs each time. 0 or
 * -ENAMETOOLONG.
 */
int stale_temp__name(char *temp, size_t room, const char *path);
/*
 * Marks a new file as in use, so that even programs that see other processes than we do (in a
 * container, or on another machine) leave it alone. False: it was removed as stale before it could
 * be marked; make another.
 */
bool stale_temp__claim(int fd);
/*
 * Removes temporary files beside `path`, for it or for the `path`.partial of a run, whose processes
 * are gone. Files for which that cannot be determined, or that cannot be removed, stay.
 */
void stale_temp__sweep(const char *path);

#endif
