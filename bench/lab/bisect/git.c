// SPDX-License-Identifier: GPL-2.0-or-later
/* A git tree to search in; see git.h. */
#include "bench/lab/bisect/git.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/program.h"
#include "bench/lab/fs.h"

#define TIMEOUT_MS 300000
#define MAX_TEXT   (64 << 20) /* a list of half a million commits; pages are only used as needed */
#define MAX_ARGS   4096

/* What git says, which the caller frees. NULL with -EIO: it failed. */
static char *git(const struct git_tree *tree, struct error *err, const char *const *args)
{
	const char **argv = calloc(MAX_ARGS + 4, sizeof(*argv));
	char *text = malloc(MAX_TEXT);
	size_t n = 0;

	if (!argv || !text) {
		error__set(err, -ENOMEM, "out of memory");
		goto failed;
	}
	argv[n++] = "git";
	argv[n++] = "-C";
	argv[n++] = tree->dir;
	for (; *args && n < MAX_ARGS; args++)
		argv[n++] = *args;
	if (program__output(argv, text, MAX_TEXT, TIMEOUT_MS, err))
		goto failed;
	free(argv);
	return text;
failed:
	free(argv);
	free(text);
	return NULL;
}

#define GIT(tree, err, ...) git(tree, err, (const char *const[]){ __VA_ARGS__, NULL })

static void cut_line(char *text)
{
	text[strcspn(text, "\n")] = '\0';
}

int git__open(struct git_tree *tree, const char *dir, struct error *err)
{
	char *text, path[PATH_MAX];

	memset(tree, 0, sizeof(*tree));
	if (!realpath(dir, path) || strlen(path) >= sizeof(tree->dir))
		return error__set(err, -errno, "cannot find the git tree %s: %s", dir,
				  strerror(errno));
	strcpy(tree->dir, path);
	text = GIT(tree, err, "status", "--porcelain", "--untracked-files=no");
	if (!text) {
		error__prefix(err, "%s is no git tree to search in", dir);
		return err->code = -EINVAL;
	}
	if (*text) {
		cut_line(text);
		error__set(err, -EBUSY,
			   "%s has changes that are not committed (%s): commit or "
			   "stash them, other commits are about to be checked out",
			   dir, text);
		free(text);
		return err->code;
	}
	free(text);
	/* The branch, or the commit if there is none. */
	text = GIT(tree, NULL, "symbolic-ref", "--short", "-q", "HEAD");
	if (!text)
		text = GIT(tree, err, "rev-parse", "--verify", "HEAD");
	if (!text)
		return error__set(err, -EINVAL, "%s has no commit checked out", dir);
	cut_line(text);
	snprintf(tree->before, sizeof(tree->before), "%s", text);
	free(text);
	return 0;
}

int git__resolve(const struct git_tree *tree, const char *name, char id[GIT_ID], struct error *err)
{
	char commit[512], *text;

	snprintf(commit, sizeof(commit), "%s^{commit}", name);
	text = GIT(tree, err, "rev-parse", "--verify", "-q", "--end-of-options", commit);
	if (!text)
		return error__set(err, -EINVAL, "'%s' is no commit of %s", name, tree->dir);
	cut_line(text);
	snprintf(id, GIT_ID, "%s", text);
	free(text);
	return 0;
}

void git__subject(const struct git_tree *tree, const char *id, char *subject, size_t len)
{
	char *text = GIT(tree, NULL, "log", "-1", "--format=%s", id);

	if (text)
		cut_line(text);
	snprintf(subject, len, "%s", text ?: "");
	free(text);
}

int git__check_order(const struct git_tree *tree, const char *good, const char *bad,
		     struct error *err)
{
	char *text = GIT(tree, NULL, "merge-base", "--is-ancestor", good, bad);

	if (!text || !strcmp(good, bad)) {
		free(text);
		return error__set(
			err, -EINVAL,
			"the good commit %.12s is not in the history of the bad one, %.12s", good,
			bad);
	}
	free(text);
	return 0;
}

/* Lines of an id and, after a blank, a title or nothing that matters. */
static int add_lines(struct members *members, char *text, bool titles, const char *but,
		     struct error *err)
{
	char *save = NULL, *title;
	int code = 0;

	for (char *line = strtok_r(text, "\n", &save); line && !code;
	     line = strtok_r(NULL, "\n", &save)) {
		title = strchr(line, ' ');
		if (title)
			*title++ = '\0';
		if (!but || strcmp(line, but))
			code = members__add(members, line, titles ? title : NULL, NULL, NULL, err);
	}
	free(text);
	return code;
}

int git__first_parents(const struct git_tree *tree, const char *good, const char *bad,
		       struct members *members, struct error *err)
{
	char *text, subject[256];
	int code;

	git__subject(tree, good, subject, sizeof(subject));
	code = members__add(members, good, subject, NULL, NULL, err);
	if (code)
		return code;
	text = GIT(tree, err, "log", "--first-parent", "--reverse", "--format=%H %s", bad, "--not",
		   good);
	return text ? add_lines(members, text, true, NULL, err) : err->code;
}

int git__halves(const struct git_tree *tree, const char *bad, const char *good,
		struct members *members, struct error *err)
{
	const char *args[MAX_ARGS] = { "rev-list", "--bisect-all", bad, "--not" };
	char *ids = strdup(good), *save = NULL, *text;
	size_t n = 4;

	if (!ids)
		return error__set(err, -ENOMEM, "out of memory");
	for (char *id = strtok_r(ids, " ", &save); id && n < MAX_ARGS - 1;
	     id = strtok_r(NULL, " ", &save))
		args[n++] = id;
	text = git(tree, err, args);
	free(ids);
	return text ? add_lines(members, text, false, bad, err) : err->code;
}

int git__checkout(struct git_tree *tree, const char *id, struct error *err)
{
	char *text = GIT(tree, err, "checkout", "-q", "--detach", id);

	if (!text)
		return error__prefix(err, "cannot check out %.12s in %s", id, tree->dir);
	free(text);
	tree->moved = true;
	return 0;
}

int git__restore(struct git_tree *tree, struct error *err)
{
	char *text;

	if (!tree->moved)
		return 0;
	text = GIT(tree, err, "checkout", "-q", tree->before);
	if (!text)
		return error__prefix(err, "cannot check out %s again in %s", tree->before,
				     tree->dir);
	free(text);
	tree->moved = false;
	return 0;
}
