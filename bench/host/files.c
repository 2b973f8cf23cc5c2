// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading small files of /proc and /sys below a root directory: see files.h. */
#include "bench/host/files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/alloc.h"
#include "bench/base/json.h"

static bool make_path(char *path, const char *root, const char *fmt, va_list args)
{
	int len = snprintf(path, PATH_MAX, "%s", root);

	if (len < 0 || len >= PATH_MAX)
		return false;
	return vsnprintf(path + len, PATH_MAX - len, fmt, args) < PATH_MAX - len;
}

/* O_NONBLOCK: a root made for tests may hold a FIFO, and a fingerprint must never hang. */
static char *read_path(const char *path)
{
	/* Ends the program without memory: a NULL here would be reported as "not known". */
	char *text = alloc__need(HOST_FILE_MAX + 1);
	size_t len = 0;
	ssize_t got;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		goto fail;
	do {
		got = read(fd, text + len, HOST_FILE_MAX - len);
		len += got > 0 ? got : 0;
	} while ((got > 0 && len < HOST_FILE_MAX) || (got < 0 && errno == EINTR));
	close(fd);
	if (got < 0)
		goto fail;
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	text[len] = '\0';
	return realloc(text, len + 1) ?: text;
fail:
	free(text);
	return NULL;
}

static char *read_v(const char *root, const char *fmt, va_list args)
{
	char path[PATH_MAX];

	return make_path(path, root, fmt, args) ? read_path(path) : NULL;
}

char *host_file__read(const char *root, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = read_v(root, fmt, args);
	va_end(args);
	return text;
}

static bool parse_number(const char *text, int64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoll(text, &end, 0);
	return end != text && !errno && (!*end || isspace((unsigned char)*end));
}

bool host_file__number(int64_t *value, const char *root, const char *fmt, ...)
{
	va_list args;
	char *text;
	bool good;

	va_start(args, fmt);
	text = read_v(root, fmt, args);
	va_end(args);
	good = text && parse_number(text, value);
	free(text);
	return good;
}

bool host_file__exists(const char *root, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;
	bool good;

	va_start(args, fmt);
	good = make_path(path, root, fmt, args);
	va_end(args);
	return good && access(path, F_OK) == 0;
}

json_t *host_file__json_text(const char *root, const char *fmt, ...)
{
	json_t *value;
	va_list args;
	char *text;

	va_start(args, fmt);
	text = read_v(root, fmt, args);
	va_end(args);
	value = json__text(text);
	free(text);
	return value;
}

json_t *host_file__json_number(const char *root, const char *fmt, ...)
{
	json_t *value = NULL;
	int64_t number;
	va_list args;
	char *text;

	va_start(args, fmt);
	text = read_v(root, fmt, args);
	va_end(args);
	if (text && parse_number(text, &number))
		value = json_integer(number);
	free(text);
	return value ?: json_null();
}

json_t *host_file__json_bool(const char *root, const char *fmt, ...)
{
	json_t *value = NULL;
	va_list args;
	char *text;

	va_start(args, fmt);
	text = read_v(root, fmt, args);
	va_end(args);
	if (text && *text && !text[1] && strchr("01NYny", *text))
		value = json_boolean(strchr("1Yy", *text) != NULL);
	free(text);
	return value ?: json_null();
}

json_t *host_file__json_choice(const char *root, const char *fmt, ...)
{
	char *text, *from, *to = NULL;
	json_t *value;
	va_list args;

	va_start(args, fmt);
	text = read_v(root, fmt, args);
	va_end(args);
	from = text ? strchr(text, '[') : NULL;
	if (from)
		to = strchr(from, ']');
	if (to)
		*to = '\0';
	value = json__text(to ? from + 1 : text);
	free(text);
	return value;
}

unsigned int host_file__each(const char *root, const char *dir, const char *prefix,
			     host_file_visit *visit, void *arg)
{
	struct dirent **entries;
	char path[PATH_MAX];
	unsigned int visited = 0;
	int nr;

	if (snprintf(path, sizeof(path), "%s%s", root, dir) >= (int)sizeof(path))
		return 0;
	nr = scandir(path, &entries, NULL, versionsort);
	/* As in read_path(): a host without CPUs or nodes would have another fingerprint. */
	if (nr < 0 && errno == ENOMEM)
		alloc__fail();
	if (nr < 0)
		return 0;
	for (int i = 0; i < nr; i++) {
		const char *name = entries[i]->d_name;

		if (name[0] != '.' && !strncmp(name, prefix, strlen(prefix))) {
			visit(root, name, arg);
			visited++;
		}
		free(entries[i]);
	}
	free(entries);
	return visited;
}
