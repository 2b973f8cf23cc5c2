/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A git tree whose commits `hvbench lab bisect` builds and measures. */
#ifndef HVBENCH_BISECT_GIT_H
#define HVBENCH_BISECT_GIT_H

#include "bench/lab/bisect/members.h"
#include "bench/lab/image/cache.h"

#define GIT_ID 65

struct git_tree {
	char dir[LAB_PATH]; /* absolute */
	char before[256];   /* the branch or commit that was checked out */
	bool moved;	    /* something else is now */
};

/* -EINVAL: no git tree with a commit checked out; -EBUSY: it has changes that are not committed. */
int git__open(struct git_tree *tree, const char *dir, struct error *err);
/* The commit that a name stands for. -EINVAL. */
int git__resolve(const struct git_tree *tree, const char *name, char id[GIT_ID], struct error *err);
/* The subject of a commit; "" if it has none. */
void git__subject(const struct git_tree *tree, const char *id, char *subject, size_t len);
/* -EINVAL: `good` is not among the commits that `bad` is made of. */
int git__check_order(const struct git_tree *tree, const char *good, const char *bad,
		     struct error *err);
/* `good` and all commits from it to `bad` by first parents. */
int git__first_parents(const struct git_tree *tree, const char *good, const char *bad,
		       struct members *members, struct error *err);
/*
 * Commits that `bad` has and none of `good` (ids separated by blanks), without `bad` itself: the
 * one first that halves them best.
 */
int git__halves(const struct git_tree *tree, const char *bad, const char *good,
		struct members *members, struct error *err);
int git__checkout(struct git_tree *tree, const char *id, struct error *err);
/* Checks out what was there before, if anything else is. */
int git__restore(struct git_tree *tree, struct error *err);

#endif
