// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A library to preload: the kernel's setting $STICKY_PATH refuses the value $STICKY_VALUE from the
 * $STICKY_FROM-th write on, like settings that can be set but not unset. Its $STICKY_EIO-th read
 * fails with EIO.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_setting(int fd)
{
	const char *path = getenv("STICKY_PATH");
	char link[32], target[256];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	if (!path || n < 0)
		return 0;
	target[n] = '\0';
	return !strcmp(target, path);
}

ssize_t pwrite64(int fd, const void *buf, size_t len, off_t offset)
{
	static int writes;
	ssize_t (*next)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite64");
	const char *value = getenv("STICKY_VALUE"), *from = getenv("STICKY_FROM");
	size_t text = len && ((const char *)buf)[len - 1] == '\n' ? len - 1 : len;

	if (value && from && text == strlen(value) && !memcmp(buf, value, text) && is_setting(fd) &&
	    ++writes >= atoi(from)) {
		errno = EINVAL;
		return -1;
	}
	return next(fd, buf, len, offset);
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	return pwrite64(fd, buf, len, offset);
}

ssize_t pread64(int fd, void *buf, size_t len, off_t offset)
{
	static int reads;
	ssize_t (*next)(int, void *, size_t, off_t) = dlsym(RTLD_NEXT, "pread64");
	const char *from = getenv("STICKY_EIO");

	if (from && is_setting(fd) && ++reads == atoi(from)) {
		errno = EIO;
		return -1;
	}
	return next(fd, buf, len, offset);
}

ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
	return pread64(fd, buf, len, offset);
}
