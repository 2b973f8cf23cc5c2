// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Result documents as files: written so that a reader sees the old one or the new one but never a
 * part, and read with a limit on how much memory a file can make this program allocate.
 */
#include "bench/result/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/fd.h"
#include "bench/result/check.h"
#include "bench/result/stale_temp.h"

/*
 * Limits for reading. Values are counted before they are parsed, since a value of two bytes in a
 * file takes up to a hundred times as much memory.
 */
#define MAX_BYTES      (1ull << 30)
#define MAX_VALUES     (64u << 20)
#define MAX_CONTAINERS (4u << 20)

/* 12 digits are more than any clock has; without a limit every quotient would take 17. */
#define DUMP_FLAGS (JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12))

#define FIFO_LOOK_NS 20000000

/* What bench/profile/record.h begins with. */
#define RECORDING "HVBENCH-RECORD"

struct text {
	char *bytes;
	size_t len, room;
	bool failed;
};

static void append(struct text *t, const char *bytes, size_t len)
{
	if (t->failed)
		return;
	if (t->len + len > t->room) {
		size_t room = 2 * (t->len + len) + 4096;
		char *grown = realloc(t->bytes, room);

		if (!grown) {
			t->failed = true;
			return;
		}
		t->bytes = grown;
		t->room = room;
	}
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
}

static void append_text(struct text *t, const char *text)
{
	append(t, text, strlen(text));
}

/* jansson escapes all control characters except DEL, which can only occur within a string. */
static int append_chunk(const char *bytes, size_t len, void *arg)
{
	const char *del;

	while ((del = memchr(bytes, 0x7f, len))) {
		append(arg, bytes, del - bytes);
		append_text(arg, "\\u007f");
		len -= del + 1 - bytes;
		bytes = del + 1;
	}
	append(arg, bytes, len);
	return 0;
}

static void append_json(struct text *t, const json_t *value)
{
	if (json_dump_callback(value, append_chunk, t, DUMP_FLAGS))
		t->failed = true;
}

char *result__dump(const json_t *doc, size_t *len)
{
	struct text t = { .bytes = NULL };
	const char *key, *comma = "";
	json_t *value, *cell;
	size_t i;

	append_text(&t, "{\n");
	json_object_foreach((json_t *)doc, key, value) {
		json_t *name = json_string(key);

		append_text(&t, comma);
		append_json(&t, name);
		json_decref(name);
		comma = ",\n";
		if (strcmp(key, "cells") || !json_is_array(value)) {
			append_text(&t, ": ");
			append_json(&t, value);
			continue;
		}
		append_text(&t, ": [");
		json_array_foreach(value, i, cell) {
			append_text(&t, i ? ",\n" : "\n");
			append_json(&t, cell);
		}
		append_text(&t, "\n]");
	}
	append(&t, "\n}\n", 4);
	if (t.failed) {
		free(t.bytes);
		return NULL;
	}
	*len = t.len - 1;
	return t.bytes;
}

static const char *advice(int err)
{
	switch (err) {
	case EACCES:
	case EPERM:
		return "; write to a place of your own with -o FILE, or to standard output with -o "
		       "-";
	case EROFS:
		return "; its file system is read-only: name a file on another with -o FILE";
	case EFBIG:
		return "; raise the limit on the size of files (ulimit -f), or write to standard "
		       "output with -o -";
	case ENOSPC:
	case EDQUOT:
		return "; make room there, or name a file elsewhere with -o FILE";
	case ENOENT:
	case ENOTDIR:
		return "; create its directory first, or name a file elsewhere with -o FILE";
	case EISDIR:
		return "; name a file in it";
	case EPIPE:
		return "; the reader has gone";
	default:
		return "";
	}
}

static int write_error(struct error *err, int code, const char *path)
{
	return error__set(err, -code, "cannot write '%s': %s%s", path, strerror(code),
			  advice(code));
}

/* The descriptor that a name like /dev/stdout stands for; -1: it is an ordinary name. */
static int named_descriptor(const char *path)
{
	static const char *const prefixes[] = { "/dev/fd/", "/proc/self/fd/" };
	char *end;

	if (!strcmp(path, "-") || !strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (size_t i = 0; i < 2; i++) {
		const char *number = path + strlen(prefixes[i]);
		long fd;

		if (strncmp(path, prefixes[i], strlen(prefixes[i])))
			continue;
		fd = strtol(number, &end, 10);
		if (end != number && !*end && fd >= 0 && fd <= INT_MAX)
			return (int)fd;
	}
	return -1;
}

/* First write out what stdio has buffered for standard output. */
static int save_to_descriptor(int fd, const char *text, size_t len, const char *path,
			      struct error *err)
{
	int ret = fd == STDOUT_FILENO && fflush(stdout) ? -errno : fd__write_all(fd, text, len);

	return ret ? write_error(err, -ret, strcmp(path, "-") ? path : "standard output") : 0;
}

static bool end_is_pending(void)
{
	sigset_t pending;

	return !sigpending(&pending) &&
	       (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
		sigismember(&pending, SIGHUP) == 1);
}

/*
 * Waits for a reader, as open() does; but open() goes on waiting after a signal that was handled
 * with SA_RESTART or is blocked, and a command nobody reads from could not be ended. nanosleep() is
 * never restarted.
 */
static int open_fifo(const char *path)
{
	const struct timespec pause = { .tv_nsec = FIFO_LOOK_NS };
	int fd;

	while ((fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0 && errno == ENXIO)
		if (end_is_pending() || nanosleep(&pause, NULL)) {
			errno = EINTR;
			return -1;
		}
	if (fd >= 0)
		fcntl(fd, F_SETFL, 0);
	return fd;
}

static int save_directly(const char *text, size_t len, const char *path, struct error *err)
{
	struct stat st;
	bool fifo = !stat(path, &st) && S_ISFIFO(st.st_mode);
	int fd = fifo ? open_fifo(path) : open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int ret;

	if (fd < 0 && fifo && errno == EINTR)
		return error__set(err, -EINTR,
				  "cannot write '%s': interrupted before anything read it", path);
	if (fd < 0)
		return write_error(err, errno, path);
	ret = fd__write_all(fd, text, len);
	if (close(fd) && !ret)
		ret = -errno;
	return ret ? write_error(err, -ret, path) : 0;
}

/* A file system without fsync is not an error. */
static int sync_fd(int fd)
{
	if (fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == ENOSYS ||
	    errno == EROFS)
		return 0;
	return -errno;
}

static int sync_directory(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret;

	/* A directory may be writable but not readable. */
	if (fd < 0)
		return errno == EACCES ? 0 : -errno;
	ret = sync_fd(fd);
	close(fd);
	return ret;
}

static int create_temporary(char *temp, size_t room, const char *path, const struct stat *old)
{
	int fd = -1;

	for (unsigned int attempt = 0; attempt < 100; attempt++) {
		int ret = stale_temp__name(temp, room, path);

		if (ret)
			return ret;
		fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0 ? stale_temp__claim(fd) : errno != EEXIST)
			break;
		if (fd >= 0)
			close(fd);
		errno = EEXIST;
		fd = -1;
	}
	if (fd < 0)
		return -errno;
	/* As far as permitted: the file keeps its mode and owner. */
	if (old && fchmod(fd, old->st_mode & 07777))
		(void)errno;
	if (old && fchown(fd, old->st_uid, old->st_gid))
		(void)errno;
	return fd;
}

static int replace(const char *text, size_t len, const char *path, const struct stat *old)
{
	char temp[PATH_MAX], dir[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');
	int fd, ret;

	if (slash)
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path + 1), path);
	stale_temp__sweep(path);
	fd = create_temporary(temp, sizeof(temp), path, old);
	if (fd < 0)
		return fd;
	ret = fd__write_all(fd, text, len);
	if (!ret)
		ret = sync_fd(fd);
	if (!ret && rename(temp, path))
		ret = -errno;
	if (ret)
		unlink(temp);
	/*
	 * Not earlier, since closing it releases the lock on a file that has not got its name yet.
	 */
	if (close(fd) && !ret)
		ret = -errno;
	return ret ?: sync_directory(dir);
}

int result__save_text(const char *text, size_t len, const char *path, struct error *err)
{
	char target[PATH_MAX];
	struct stat old;
	bool exists;
	int fd = named_descriptor(path), ret;

	if (fd >= 0)
		return save_to_descriptor(fd, text, len, path, err);
	exists = stat(path, &old) == 0;
	if (exists && S_ISDIR(old.st_mode))
		return write_error(err, EISDIR, path);
	if (exists && !S_ISREG(old.st_mode))
		return save_directly(text, len, path, err);
	/* A file is read-only because its owner wants to keep it, but rename() would replace it. */
	if (exists && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS))
		return write_error(err, errno, path);
	/* A symbolic link stays: the file it points to is replaced. */
	if (!exists || !realpath(path, target)) {
		if (snprintf(target, sizeof(target), "%s", path) >= (int)sizeof(target))
			return write_error(err, ENAMETOOLONG, path);
	}
	ret = replace(text, len, target, exists ? &old : NULL);
	return ret ? write_error(err, -ret, path) : 0;
}

int result__check_output(const char *path, struct error *err)
{
	char copy[PATH_MAX];
	struct stat st;
	const char *dir;

	if (!strcmp(path, "-"))
		return 0;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		if (S_ISDIR(st.st_mode))
			return error__set(err, -EISDIR, "-o %s: that is a directory", path);
		return access(path, W_OK) == 0 ?
			       0 :
			       error__set(err, -EIO, "-o %s: %s", path, strerror(errno));
	}
	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return error__set(err, -EIO, "-o: the path is too long");
	dir = dirname(copy);
	if (access(dir, W_OK | X_OK) == 0) {
		stale_temp__sweep(path);
		return 0;
	}
	return error__set(err, -EIO,
			  "-o %s: cannot write to directory '%s': %s; nothing was measured yet",
			  path, dir, strerror(errno));
}

int result__save(const json_t *doc, const char *path, struct error *err)
{
	size_t len;
	char *text = result__dump(doc, &len);
	int ret;

	if (!text)
		return error__set(err, -ENOMEM, "cannot write '%s': out of memory", path);
	ret = result__save_text(text, len, path, err);
	free(text);
	return ret;
}

/* Counts what the parser would allocate: a value is followed by , ] or }, or contains others. */
static int check_amount(const char *text, size_t len, const char *name, struct error *err)
{
	size_t values = 0, containers = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
			continue;
		}
		quoted = c == '"';
		values += c == ',';
		containers += c == '[' || c == '{';
	}
	if (values > MAX_VALUES || containers > MAX_CONTAINERS)
		return error__set(
			err, -EFBIG,
			"%s: no result document: it holds %s than any result (the limit is %u)",
			name, values > MAX_VALUES ? "more values" : "more arrays and objects",
			values > MAX_VALUES ? MAX_VALUES : MAX_CONTAINERS);
	return 0;
}

json_t *result__parse(const char *text, size_t len, const char *name, struct error *err)
{
	json_error_t where;
	json_t *doc;

	if (!len) {
		error__set(err, -EBADMSG,
			   "%s: the file is empty: the run that wrote it did not finish", name);
		return NULL;
	}
	if (len > strlen(RECORDING) && !memcmp(text, RECORDING, strlen(RECORDING))) {
		error__set(err, -EBADMSG,
			   "%s: a recording of 'hvbench profile', of which 'hvbench profile "
			   "--replay FILE -o result.json' makes a result",
			   name);
		return NULL;
	}
	if (check_amount(text, len, name, err))
		return NULL;
	doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	if (!doc) {
		error__set(err, -EBADMSG, "%s: line %d, column %d: damaged JSON: %s", name,
			   where.line, where.column, where.text);
		return NULL;
	}
	if (result__check(doc, name, err)) {
		json_decref(doc);
		return NULL;
	}
	return doc;
}

static int read_all(int fd, struct text *t)
{
	char chunk[64 << 10];
	struct stat st;
	ssize_t got;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && (uint64_t)st.st_size > MAX_BYTES)
		return -EFBIG;
	while ((got = read(fd, chunk, sizeof(chunk))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		append(t, chunk, got);
		if (t->failed)
			return -ENOMEM;
		if (t->len > MAX_BYTES)
			return -EFBIG;
	}
	return 0;
}

json_t *result__load(const char *path, struct error *err)
{
	bool standard = !strcmp(path, "-");
	const char *name = standard ? "standard input" : path;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct text t = { .bytes = NULL };
	json_t *doc = NULL;
	int ret;

	ret = fd < 0 ? -errno : read_all(fd, &t);
	if (ret == -EFBIG)
		error__set(err, ret, "%s: no result document: larger than %llu MiB", name,
			   MAX_BYTES >> 20);
	else if (ret)
		error__set(err, ret, "cannot read result '%s': %s", name, strerror(-ret));
	else
		doc = result__parse(t.bytes ?: "", t.len, name, err);
	if (fd >= 0 && !standard)
		close(fd);
	free(t.bytes);
	return doc;
}
