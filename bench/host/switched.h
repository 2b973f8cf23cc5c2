/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of what is switched on this host, written before it is switched, so that it can be
 * restored when no process that knew about it is alive. A record is a file of mode 600 in a
 * directory of mode 700: /run/hvbench for root; $XDG_RUNTIME_DIR/hvbench for others;
 * /var/tmp/hvbench-UID where that does not exist. A directory that is a symbolic link, belongs to
 * someone else, or can be written to by others is not used. Neither settings nor records in /run
 * survive a reboot; records in /var/tmp name the boot they belong to and are void after it.
 */
#ifndef HVBENCH_SWITCHED_H
#define HVBENCH_SWITCHED_H

#include <stddef.h>

#include "bench/base/error.h"
#include "bench/host/setting_file.h"

struct switched_record {
	int dir; /* -1: none */
	char name[64];
};

/* Writes down the original values of the files; the record is on disk when this returns. */
int switched__save(struct switched_record *record, const struct setting_file *files, size_t nr,
		   struct error *err);
/* Called when all values have been restored. Allocates nothing. */
void switched__remove(const struct switched_record *record);
void switched__close(struct switched_record *record);

enum switched_state {
	SWITCHED_LEFT, /* changed, and no process is left to restore it */
	SWITCHED_PUT_BACK,
	SWITCHED_AS_IT_WAS, /* has its original value */
	SWITCHED_IN_USE,    /* held by a living run: `why` says which */
	SWITCHED_ELSEWHERE, /* switched in another namespace, `why`: not for us to
					 * judge */
	SWITCHED_FAILED,    /* could not be opened or put back: `why`, `error` */
	SWITCHED_DAMAGED,   /* `path` is a record that cannot be read: of what, is not known */
};

struct switched_setting {
	const char *path;
	const struct setting_file *file; /* with the original value; fd -1: could not be
						 * opened */
	int pid;			 /* the run that switched it */
	const char *when;
	enum switched_state state;
	const char *why; /* more about the state, or "" */
	int error;	 /* an errno, for SWITCHED_FAILED */
};

enum switched_wish { SWITCHED_LIST, SWITCHED_LOOK, SWITCHED_RESTORE, SWITCHED_FORGET };

/*
 * Calls tell() for each setting in each record of this user, and for each record that is damaged.
 * SWITCHED_LIST ignores locks, for callers that hold them themselves. SWITCHED_LOOK changes no
 * setting. SWITCHED_RESTORE restores what was left changed. LOOK and RESTORE remove records in
 * which nothing is left to restore; FORGET removes all records except those in use. -errno: a
 * directory of records could not be read.
 */
typedef void switched_tell(const struct switched_setting *setting, void *arg);
int switched__each(enum switched_wish wish, switched_tell *tell, void *arg, struct error *err);

#endif
