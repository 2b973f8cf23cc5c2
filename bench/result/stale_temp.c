// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/result/stale_temp.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/clock.h"

#define ENDING	 ".tmp"
#define MAX_BASE 200 /* how much of FILE's name is used, in bytes */

/* The length of the path's directory, with its slash. */
static int dir_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash + 1 - path) : 0;
}

int stale_temp__name(char *temp, size_t room, const char *path)
{
	uint32_t unlikely;
	int len = dir_len(path);

	/* In a directory that others may write to, the name must not be predictable. */
	if (getrandom(&unlikely, sizeof(unlikely), GRND_NONBLOCK) != sizeof(unlikely))
		unlikely = (uint32_t)clock__ns();
	if (snprintf(temp, room, "%.*s.%.*s.%d-%08x" ENDING, len, path, MAX_BASE, path + len,
		     (int)getpid(), unlikely) >= (int)room)
		return -ENAMETOOLONG;
	return 0;
}

bool stale_temp__claim(int fd)
{
	struct stat st;

	/*
	 * Without locks on this file system, only the process number shows whether the writer
	 * lives.
	 */
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno != EWOULDBLOCK;
	return fstat(fd, &st) || st.st_nlink > 0;
}

/* The process number in ".BASE.PID-HEX.tmp", and the length of ".BASE"; 0: another kind of name. */
static pid_t writer_of(const char *name, size_t *len)
{
	size_t at = strlen(name), digits;
	long pid;

	if (name[0] != '.' || at <= strlen(ENDING) || strcmp(name + at - strlen(ENDING), ENDING))
		return 0;
	at -= strlen(ENDING);
	for (digits = 0; digits < 8 && at > 1 && isxdigit((unsigned char)name[at - 1]); digits++)
		at--;
	if (!digits || at < 2 || name[--at] != '-')
		return 0;
	for (digits = 0; digits < 9 && at > 1 && isdigit((unsigned char)name[at - 1]); digits++)
		at--;
	if (!digits || at < 3 || name[at - 1] != '.')
		return 0;
	pid = strtol(name + at, NULL, 10);
	*len = at - 1;
	return pid > 0 ? (pid_t)pid : 0;
}

static bool is_of(const char *name, size_t len, const char *base)
{
	size_t base_len = strlen(base);

	name++, len--;
	if (len == (base_len < MAX_BASE ? base_len : MAX_BASE) && !strncmp(name, base, len))
		return true;
	return len > base_len && !strncmp(name, base, base_len) &&
	       !strncmp(name + base_len, ".partial", strlen(".partial"));
}

static void remove_unclaimed(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && !flock(fd, LOCK_EX | LOCK_NB))
		unlinkat(dir, name, 0);
	close(fd);
}

void stale_temp__sweep(const char *path)
{
	int len = dir_len(path);
	char where[PATH_MAX];
	struct dirent *e;
	DIR *dir;

	if (snprintf(where, sizeof(where), "%.*s", len ? len : 1, len ? path : ".") >=
	    (int)sizeof(where))
		return;
	dir = opendir(where);
	while (dir && (e = readdir(dir))) {
		size_t name_len;
		pid_t pid = writer_of(e->d_name, &name_len);

		if (pid && is_of(e->d_name, name_len, path + len) && kill(pid, 0) && errno == ESRCH)
			remove_unclaimed(dirfd(dir), e->d_name);
	}
	if (dir)
		closedir(dir);
}
