// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/rescue.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/error.h"
#include "bench/base/fd.h"
#include "bench/result/file.h"

static int write_and_close(int fd, const char *text, size_t len)
{
	int ret = fd__write_all(fd, text, len);

	if (!ret && fsync(fd) && errno != EINVAL && errno != ENOSYS)
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

/*
 * mkstemp(3) creates a new file that only this user may read, even in a directory anyone can write
 * to.
 */
static int keep_in(const char *dir, const char *text, size_t len, const char *ending, char *path,
		   size_t room)
{
	int fd, ret;

	if (snprintf(path, room, "%s/hvbench-result-XXXXXX%s", dir, ending) >= (int)room)
		return -ENAMETOOLONG;
	fd = mkstemps(path, (int)strlen(ending));
	if (fd < 0)
		return -errno;
	ret = write_and_close(fd, text, len);
	if (ret)
		unlink(path);
	return ret;
}

void rescue__text(const char *command, const char *text, size_t len, const char *ending, bool print)
{
	const char *own = getenv("TMPDIR"), *const dirs[] = { own && *own ? own : "/tmp", "/tmp",
							      "/var/tmp" };
	struct error err = { 0 };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (keep_in(dirs[i], text, len, ending, path, sizeof(path)))
			continue;
		fprintf(stderr, "hvbench %s: the result is kept in %s\n", command, path);
		return;
	}
	if (!print) {
		fprintf(stderr,
			"hvbench %s: nor could it be kept in %s; what standard output has is what "
			"is left\n",
			command, dirs[0]);
		return;
	}
	fprintf(stderr, "hvbench %s: nor could it be kept in %s; it goes to standard output\n",
		command, dirs[0]);
	if (result__save_text(text, len, "-", &err))
		fprintf(stderr, "hvbench %s: %s; it is lost\n", command, err.text);
}

void rescue__document(const char *command, const json_t *doc, bool print)
{
	size_t len;
	char *text = result__dump(doc, &len);

	if (text)
		rescue__text(command, text, len, ".json", print);
	else
		fprintf(stderr, "hvbench %s: nor could it be kept elsewhere: out of memory\n",
			command);
	free(text);
}
