// SPDX-License-Identifier: GPL-2.0-or-later
/* Files and directories; see fs.h. */
#include "bench/lab/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STALE_S	 3600
#define MAX_TAIL (256 << 10)

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
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
	bool found = false;
	FTSENT *e;

	while (fts && !found && (e = fts_read(fts))) {
		struct stat st;

		if (e->fts_info != FTS_F && e->fts_info != FTS_SL)
			continue;
		if (fnmatch(pattern, e->fts_name, 0) || stat(e->fts_path, &st) ||
		    !S_ISREG(st.st_mode))
			continue;
		snprintf(path, len, "%s", e->fts_path);
		found = true;
	}
	if (fts)
		fts_close(fts);
	return found;
}

int fs__check_file(const char *path, const char *what, struct error *err)
{
	struct stat st;

	if (stat(path, &st) || access(path, R_OK))
		return error__set(err, -errno, "cannot read %s %s: %s", what, path,
				  strerror(errno));
	if (S_ISDIR(st.st_mode))
		return error__set(err, -EISDIR, "cannot read %s %s: that is a directory", what,
				  path);
	if (!S_ISREG(st.st_mode))
		return error__set(err, -EINVAL, "cannot read %s %s: that is no regular file", what,
				  path);
	return 0;
}

char *fs__read(const char *path, size_t *len, struct error *err)
{
	return fs__read_from(path, 0, len, err);
}

char *fs__read_from(const char *path, off_t offset, size_t *len, struct error *err)
{
	/* Do not wait for a writer if it is a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t n = 0, size = 1 << 16;
	char *data = NULL;
	struct stat st;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st)) {
		error__set(err, -errno, "cannot read %s: %s", path, strerror(errno));
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		error__set(err, -EINVAL, "cannot read %s: that is no regular file", path);
		goto fail;
	}
	if (offset && lseek(fd, offset, SEEK_SET) < 0) {
		error__set(err, -errno, "cannot read %s: %s", path, strerror(errno));
		goto fail;
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
	if (fd >= 0)
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
	size_t len, start, n = 0, line = 0;
	struct stat st;
	char *data;

	data = fs__read_from(path,
			     !stat(path, &st) && st.st_size > MAX_TAIL ? st.st_size - MAX_TAIL : 0,
			     &len, &unused);
	if (!data)
		return NULL;
	while (len && strchr("\r\n ", data[len - 1]))
		len--;
	for (start = len; start; start--)
		if (data[start - 1] == '\n' && !--lines)
			break;
	for (size_t i = start; i < len; i++) {
		/*
		 * Drop control sequences, such as those of a progress line, and the text they
		 * overwrote.
		 */
		if (data[i] == '\033' && i + 1 < len && data[i + 1] == '[')
			for (i += 2; i < len && !(data[i] >= '@' && data[i] <= '~');)
				i++;
		else if (data[i] == '\r' && i + 1 < len && data[i + 1] != '\n')
			n = line;
		else if (data[i] == '\n' || data[i] == '\t' || (data[i] >= ' ' && data[i] < 0x7f))
			data[n++] = data[i];
		if (data[i] == '\n')
			line = n;
	}
	data[n] = '\0';
	return data;
}

static bool ends_with(const char *name, const char *ending)
{
	size_t n = strlen(name), len = strlen(ending);

	return n > len && !strcmp(name + n - len, ending);
}

void fs__keep_newest(const char *dir, const char *ending, unsigned int max)
{
	struct dirent **list;
	int nr = scandir(dir, &list, NULL, alphasort), left = 0;
	char path[PATH_MAX];

	for (int i = 0; i < nr; i++)
		left += ends_with(list[i]->d_name, ending);
	for (int i = 0; i < nr; i++) {
		fs__path(path, "%s/%s", dir, list[i]->d_name);
		if (ends_with(list[i]->d_name, ending) && left-- > (int)max)
			unlink(path);
		free(list[i]);
	}
	if (nr >= 0)
		free(list);
}

#define TEMP_DIR "hvbench-lab."

static const char *temp_base(void)
{
	const char *base = getenv("TMPDIR");

	return base && *base ? base : "/tmp";
}

int fs__temp_dir(char *path, size_t len, int *fd, struct error *err)
{
	fs__format(path, len, "%s/" TEMP_DIR "XXXXXX", temp_base());
	if (!mkdtemp(path))
		return error__set(err, -errno, "cannot make a temporary directory %s: %s", path,
				  strerror(errno));
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0 || flock(*fd, LOCK_EX | LOCK_NB)) {
		error__set(err, -errno, "cannot lock the temporary directory %s: %s", path,
			   strerror(errno));
		rmdir(path);
		return err->code;
	}
	return 0;
}

/* A new directory is not locked at once, so only old ones are swept. */
static bool is_old(const struct stat *st)
{
	return st->st_uid == geteuid() && time(NULL) - st->st_mtime > STALE_S;
}

void fs__sweep_temp_dirs(void)
{
	const char *base = temp_base();
	DIR *dir = opendir(base);
	char path[PATH_MAX];
	struct dirent *e;
	struct stat st;
	int fd;

	while (dir && (e = readdir(dir))) {
		if (strncmp(e->d_name, TEMP_DIR, strlen(TEMP_DIR)) ||
		    strlen(e->d_name) != strlen(TEMP_DIR) + 6)
			continue;
		fs__path(path, "%s/%s", base, e->d_name);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!fstat(fd, &st) && is_old(&st) && !flock(fd, LOCK_EX | LOCK_NB))
			fs__remove_tree(path);
		close(fd);
	}
	if (dir)
		closedir(dir);
}

void fs__sweep_files(const char *path, const char *const *names)
{
	DIR *dir = opendir(path);
	char file[PATH_MAX];
	struct dirent *e;
	struct stat st;

	while (dir && (e = readdir(dir))) {
		for (const char *const *name = names; *name; name++) {
			size_t len = strlen(*name);
			long pid = strncmp(e->d_name, *name, len) || e->d_name[len] != '.' ?
					   0 :
					   strtol(e->d_name + len + 1, NULL, 10);

			fs__path(file, "%s/%s", path, e->d_name);
			if (pid > 0 && kill((pid_t)pid, 0) && errno == ESRCH && !lstat(file, &st) &&
			    S_ISREG(st.st_mode) && is_old(&st))
				unlink(file);
		}
	}
	if (dir)
		closedir(dir);
}

bool fs__is_elf(const void *data, size_t len)
{
	return len > 4 && !memcmp(data, "\177ELF", 4);
}
