/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of the host that --ab switches: files below /sys and /proc/sys, each with a value for side A or
 * for side B. What was there before is put back, however this process ends:
 *  - one run at a time has a setting (setting_file.h): others wait, and are told who has it;
 *  - what it was is written down first (switched.h), for `hvbench restore`;
 *  - it is shown that the kernel takes back what it says, before anything else is written;
 *  - a guardian, a process that does nothing but wait for the end of this one, puts it back then;
 *  - what was put back is read again.
 */
#ifndef HVBENCH_HOST_SETTING_H
#define HVBENCH_HOST_SETTING_H

#include <signal.h>
#include <stdbool.h>

#include "bench/base/error.h"
#include "bench/host/setting_file.h"

#define HOST_SETTINGS_MAX	8	/* a side */
#define HOST_SETTING_VALUE	256

struct host_setting {
	char path[SETTING_PATH_BYTES];
	char value[HOST_SETTING_VALUE];
};

struct host_settings {
	struct host_setting list[HOST_SETTINGS_MAX];
	unsigned int nr;
};

bool host_setting__is(const char *key);
/* -EINVAL, -E2BIG, or what access(2) says of writing to it. */
int host_settings__add(struct host_settings *s, const char *path, const char *value, struct error *err);

/* Another run may have a setting: how long to wait for it, and what becomes of that. */
struct host_waiting {
	double seconds;
	const volatile sig_atomic_t *stop;	/* NULL: nothing ends it early */
	void (*say)(void *arg, const char *text);	/* once, when there is something to wait for; or NULL */
	void *arg;
};

/*
 * Everything above, so that nothing fails later; waiting may be NULL. NULL with a message: -EBUSY somebody
 * else's, or left by a run that was killed; -EINTR; -EINVAL it or a value is none that can be switched, and
 * all is as it was; -ENOTRECOVERABLE: what it was could not be put back.
 */
struct host_toggle;
struct host_toggle *host_toggle__open(const struct host_settings *a, const struct host_settings *b,
				      const struct host_waiting *waiting, struct error *err);
/* Writes the values of a side: 0 is A, 1 is B. In the shape of backend.run_toggled(). */
void host_toggle__set(void *toggle, int side);
/* errno of the first write that failed, 0: none. */
int host_toggle__failed(const struct host_toggle *t);
/*
 * Puts everything back and frees it; NULL is nothing. -ENOTRECOVERABLE: something is not as it was, and the
 * message says what; it stays written down.
 */
int host_toggle__restore(struct host_toggle *t, struct error *err);

#endif
