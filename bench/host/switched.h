/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is switched on this host, written down before it is, so that it can be put back when nobody is left
 * alive to do so. A record is a file of mode 600 in a directory of mode 700: /run/hvbench for root;
 * $XDG_RUNTIME_DIR/hvbench for others; /var/tmp/hvbench-UID where there is no such place. A directory that
 * is a symbolic link, somebody else's, or can be written to by others is not used. Neither settings nor
 * records in /run survive the next boot; records in /var/tmp name theirs and are void after it.
 */
#ifndef HVBENCH_SWITCHED_H
#define HVBENCH_SWITCHED_H

#include <stddef.h>

#include "bench/base/error.h"
#include "bench/host/setting_file.h"

struct switched_record {
	int dir;			/* -1: none */
	char name[64];
};

/* Writes down what the files were before; it is on disk when this returns. */
int switched__save(struct switched_record *record, const struct setting_file *files, size_t nr,
		   struct error *err);
/* All is as it was. No allocation. */
void switched__remove(const struct switched_record *record);
void switched__close(struct switched_record *record);

enum switched_state {
	SWITCHED_LEFT,			/* changed, and nobody is there to put it back */
	SWITCHED_PUT_BACK,
	SWITCHED_AS_IT_WAS,		/* needs nothing */
	SWITCHED_IN_USE,		/* of a run that is alive: by `why` */
	SWITCHED_ELSEWHERE,		/* of another namespace, `why`: not ours to judge */
	SWITCHED_FAILED,		/* could not be opened or put back: `why`, `error` */
};

struct switched_setting {
	const char *path;
	const struct setting_file *file;	/* with what was there before; fd -1: could not be opened */
	int pid;				/* of the run that switched it */
	const char *when;
	enum switched_state state;
	const char *why;			/* "" or more about the state */
	int error;				/* of SWITCHED_FAILED: an errno */
};

enum switched_wish { SWITCHED_LIST, SWITCHED_LOOK, SWITCHED_RESTORE, SWITCHED_FORGET };

/*
 * Calls tell() for each setting of each record of this user. LIST: whoever has it, for those who hold its lock
 * themselves. LOOK: no setting is changed. RESTORE: what was left is put back. With both, records that nothing is
 * left of are removed, and with FORGET all but those in use. -errno: a directory of records could not be read.
 */
typedef void switched_tell(const struct switched_setting *setting, void *arg);
int switched__each(enum switched_wish wish, switched_tell *tell, void *arg, struct error *err);

#endif
