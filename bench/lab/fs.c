// SPDX-License-Identifier: GPL-2.0-or-later
/* Files and directories; see fs.h. */
#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fs__format(char *path, size_t len, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(path, len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= len)
		snprintf(path, len, "/nonexistent/path-too-long");
}

int fs__mkdirs(const char *path, struct error *err)
{
	char buf[PATH_MAX];

	snprintf(buf, sizeof(buf), "%s", path);
	for (char *p = buf + 1;; p++) {
		char c = *p;

		if (c && c != '/')
			continue;
		*p = '\0';
		if (mkdir(buf, 0755) && errno != EEXIST)
			return error__set(err, -errno, "cannot make directory %s: %s", buf,
					  strerror(errno));
		*p = c;
		if (!c)
			return 0;
	}
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

void fs__remove_tree(const char *path)
{
	char *const paths[] = { (char *)path, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;

	while (fts && (e = fts_read(fts))) {
		if (e->fts_info == FTS_D)
			chmod(e->fts_path, 0700);
		else if (e->fts_info == FTS_DP)
			rmdir(e->fts_path);
		else
			unlink(e->fts_path);
	}
	if (fts)
		fts_close(fts);
}

bool fs__find(const char *dir, const char *pattern, char *path, size_t len)
{
	char *const paths[] = { (char *)dir, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	bool found = false;
	FTSENT *e;

	while (fts && !found && (e = fts_read(fts))) {
		struct stat st;

		if (e->fts_info != FTS_F && e->fts_info != FTS_SL)
			continue;
		if (fnmatch(pattern, e->fts_name, 0) || stat(e->fts_path, &st) || !S_ISREG(st.st_mode))
			continue;
		snprintf(path, len, "%s", e->fts_path);
		found = true;
	}
	if (fts)
		fts_close(fts);
	return found;
}

char *fs__read(const char *path, size_t *len, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0, size = 1 << 16;
	char *data = NULL;
	ssize_t got;

	if (fd < 0) {
		error__set(err, -errno, "cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	do {
		char *more = realloc(data, size + 1);

		if (!more) {
			error__set(err, -ENOMEM, "out of memory reading %s", path);
			goto fail;
		}
		data = more;
		got = read(fd, data + n, size - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			error__set(err, -errno, "cannot read %s: %s", path, strerror(errno));
			goto fail;
		}
		n += got;
		if (n == size)
			size *= 2;
	} while (got);
	close(fd);
	data[n] = '\0';
	if (len)
		*len = n;
	return data;
fail:
	close(fd);
	free(data);
	return NULL;
}

int fs__write(const char *path, const void *data, size_t len, struct error *err)
{
	FILE *f = fopen(path, "we");
	bool bad;

	if (!f)
		return error__set(err, -errno, "cannot write %s: %s", path, strerror(errno));
	bad = fwrite(data, 1, len, f) != len;
	if (fclose(f) || bad)
		return error__set(err, errno ? -errno : -EIO, "cannot write %s: %s", path,
				  strerror(errno));
	return 0;
}

int fs__copy(const char *from, const char *to, struct error *err)
{
	size_t len;
	char *data = fs__read(from, &len, err);
	int code;

	if (!data)
		return err->code;
	code = fs__write(to, data, len, err);
	free(data);
	return code;
}

char *fs__tail(const char *path, unsigned int lines)
{
	struct error unused;
	size_t len, start, n = 0;
	char *data = fs__read(path, &len, &unused);

	if (!data)
		return NULL;
	while (len && strchr("\r\n ", data[len - 1]))
		len--;
	for (start = len; start; start--)
		if (data[start - 1] == '\n' && !--lines)
			break;
	for (size_t i = start; i < len; i++) {
		/* Control sequences, as of a progress line. */
		if (data[i] == '\033' && i + 1 < len && data[i + 1] == '[')
			for (i += 2; i < len && !(data[i] >= '@' && data[i] <= '~');)
				i++;
		else if (data[i] == '\n' || data[i] == '\t' || (data[i] >= ' ' && data[i] < 0x7f))
			data[n++] = data[i];
	}
	data[n] = '\0';
	return data;
}

int fs__temp_dir(char *path, size_t len, struct error *err)
{
	const char *base = getenv("TMPDIR");

	fs__format(path, len, "%s/hvbench-lab.XXXXXX", base && *base ? base : "/tmp");
	if (!mkdtemp(path))
		return error__set(err, -errno, "cannot make a temporary directory %s: %s", path,
				  strerror(errno));
	return 0;
}

bool fs__is_elf(const void *data, size_t len)
{
	return len > 4 && !memcmp(data, "\177ELF", 4);
}
