/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a job file as sections and keys, each with its line; job.c knows what they mean.
 *
 * Refuses everything that readers of INI files usually accept silently: lines cut to a buffer,
 * indented lines joined to the line before, text after a section's ], sections and keys given
 * twice, data that is not text. Memory is in proportion to the text.
 */
#ifndef HVBENCH_JOBFILE_H
#define HVBENCH_JOBFILE_H

#include <stddef.h>

#include "bench/base/error.h"

#define JOBFILE_MAX_BYTES    (1u << 20)
#define JOBFILE_MAX_SECTIONS 1024
#define JOBFILE_MAX_KEYS     64	       /* in a section */
#define JOBFILE_NAME_BYTES   64	       /* of a section's name, with its NUL */
#define JOBFILE_REPEATABLE   "exclude" /* the only key that a section may have more than once */

struct job_key {
	unsigned int line;
	char *name, *value;
};

struct job_section {
	unsigned int line;
	char name[JOBFILE_NAME_BYTES];
	struct job_key *keys;
	size_t nr_keys;
};

struct jobfile {
	char name[256]; /* for messages */
	struct job_section *sections;
	size_t nr_sections;
};

/*
 * `name` is only for messages. -EBADMSG with "name:line: reason" for an invalid file, -ENOMEM.
 * After an error there is nothing to free.
 */
int jobfile__parse(struct jobfile *job, const char *name, const char *text, size_t len,
		   struct error *err);
/* The same from a file; -errno when it cannot be read. */
int jobfile__read(struct jobfile *job, const char *path, struct error *err);
void jobfile__free(struct jobfile *job);

/* Puts "name:line: " before the message, and sets and returns the code -EBADMSG. */
int jobfile__locate(const struct jobfile *job, unsigned int line, struct error *err);

#endif
