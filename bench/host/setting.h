/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of the host that --ab switches: files below /sys and /proc/sys, each with a value for
 * side A, for side B, or for both. Their original values are restored, however this process ends:
 *  - one run at a time holds a setting (setting_file.h); others wait, and are told who does;
 *  - the original value is written down first (switched.h), for `hvbench restore`;
 *  - before anything else is written, the kernel has to accept the original value back;
 *  - a guardian, a process that only waits for this one to end, restores the values then;
 *  - what was restored is read again.
 */
#ifndef HVBENCH_HOST_SETTING_H
#define HVBENCH_HOST_SETTING_H

#include <signal.h>
#include <stdbool.h>

#include "bench/base/error.h"
#include "bench/host/setting_file.h"

#define HOST_SETTINGS_MAX  8 /* for each side */
#define HOST_SETTING_VALUE 256

struct host_setting {
	char path[SETTING_PATH_BYTES];
	char value[HOST_SETTING_VALUE];
};

struct host_settings {
	struct host_setting list[HOST_SETTINGS_MAX];
	unsigned int nr;
};

bool host_setting__is(const char *key);
/* -EINVAL, -E2BIG, or the error of access(2) for writing to it. */
int host_settings__add(struct host_settings *s, const char *path, const char *value,
		       struct error *err);

/* Another run may hold a setting: how long to wait for it, and how to report that. */
struct host_waiting {
	double seconds;
	const volatile sig_atomic_t *stop;	  /* NULL: nothing ends it early */
	void (*say)(void *arg, const char *text); /* called once, when there is something to
							 * wait for; or NULL */
	void *arg;
};

/*
 * Does all of the above, so that nothing fails later. `waiting` may be NULL. Returns NULL with a
 * message: -EBUSY: someone else holds a setting, or a run that was killed has left it switched;
 * -EINTR; -EINVAL: it cannot be switched, or not to that value, and all is as it was;
 * -ENOTRECOVERABLE: the original value could not be restored.
 */
struct host_toggle;
struct host_toggle *host_toggle__open(const struct host_settings *a, const struct host_settings *b,
				      const struct host_waiting *waiting, struct error *err);
/* Writes the values of a side: 0 is A, 1 is B. Has the type that backend.run_toggled() takes. */
void host_toggle__set(void *toggle, int side);
/* errno of the first write that failed, 0: none. */
int host_toggle__failed(const struct host_toggle *t);
/*
 * Restores everything and frees `toggle`, which may be NULL. -ENOTRECOVERABLE: a setting could not
 * be restored; the message says which, and its record is kept.
 */
int host_toggle__restore(struct host_toggle *t, struct error *err);

#endif
