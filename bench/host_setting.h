/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of the host that --ab switches: files below /sys and /proc/sys, each with a value for side A or
 * for side B. What was there before is put back, also when this process is killed: a guardian, a process
 * that does nothing but wait for the end of this one, does it then.
 */
#ifndef HVBENCH_HOST_SETTING_H
#define HVBENCH_HOST_SETTING_H

#include <stdbool.h>

#include "base/error.h"

#define HOST_SETTINGS_MAX	8	/* a side */

struct host_setting {
	char path[256];
	char value[64];
};

struct host_settings {
	struct host_setting list[HOST_SETTINGS_MAX];
	unsigned int nr;
};

bool host_setting__is(const char *key);
/* -EINVAL, -E2BIG, or what access(2) says of writing to it. */
int host_settings__add(struct host_settings *s, const char *path, const char *value, struct error *err);

/* Opened, read, and written to once each, so that nothing fails later. NULL with a message. */
struct host_toggle;
struct host_toggle *host_toggle__open(const struct host_settings *a, const struct host_settings *b,
				      struct error *err);
/* Writes the values of a side: 0 is A, 1 is B. In the shape of backend.run_toggled(). */
void host_toggle__set(void *toggle, int side);
/* errno of the first write that failed, 0: none. */
int host_toggle__failed(const struct host_toggle *t);
/* Puts everything back and frees it; NULL is nothing. */
void host_toggle__restore(struct host_toggle *t);

#endif
