/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hosts in which `hvbench lab bisect` searches: commits, kernel images, Debian versions. */
#ifndef HVBENCH_BISECT_MEMBERS_H
#define HVBENCH_BISECT_MEMBERS_H

#include <stddef.h>

#include "bench/base/error.h"

struct member {
	char *id;      /* a commit, the name of an image, a version */
	char *title;   /* a commit's subject, an image's version; "" */
	char *kernel;  /* as in lab_request; NULL: it has to be built */
	char *modules; /* NULL: the kernel's own */
};

struct members {
	struct member *list; /* in order */
	size_t nr;
};

/* Copies of the texts, of which all but `id` may be NULL. -ENOMEM. */
int members__add(struct members *members, const char *id, const char *title, const char *kernel,
		 const char *modules, struct error *err);
void members__free(struct members *members);
/* Which one has that id; members->nr: none. */
size_t members__find(const struct members *members, const char *id);
/* Leaves those from one to the other. -EINVAL: they are the same, or in the other order. */
int members__cut(struct members *members, size_t from, size_t to, struct error *err);

#endif
