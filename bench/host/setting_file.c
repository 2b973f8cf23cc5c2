// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/host/setting_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/utf8.h"

#define TRIES	     10
#define TRY_AGAIN_NS 20000000

bool setting_file__is_path(const char *path)
{
	return (!strncmp(path, "/sys/", 5) || !strncmp(path, "/proc/sys/", 10)) &&
	       !strstr(path, "..");
}

const char *setting_file__advice(int code)
{
	if (code != EACCES && code != EPERM)
		return "";
	return geteuid() ?
		       "; it takes root" :
		       "; root is not enough here: the kernel lets nobody both read and write it";
}

int setting_file__open(struct setting_file *f, const char *path, struct error *err)
{
	struct stat st;

	*f = (struct setting_file){ .fd = -1 };
	if (!setting_file__is_path(path) ||
	    snprintf(f->path, sizeof(f->path), "%s", path) >= (int)sizeof(f->path))
		return error__set(err, -EINVAL, "'%s' is no setting of the host", path);
	f->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (f->fd < 0)
		return error__set(err, -errno, "setting %s: %s%s", path, strerror(errno),
				  setting_file__advice(errno));
	if (fstat(f->fd, &st) || !S_ISREG(st.st_mode)) {
		setting_file__close(f);
		return error__set(err, -EINVAL, "'%s' is no setting of the host", path);
	}
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return 0;
}

int setting_file__lock(const struct setting_file *f)
{
	while (flock(f->fd, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			return -EBUSY;
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static void name_process(int pid, char *buf, size_t len)
{
	char path[64], comm[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f && fgets(comm, sizeof(comm), f))
		comm[strcspn(comm, "\n")] = '\0';
	if (f)
		fclose(f);
	utf8__mask(comm);
	/* The process that took the lock may have died and left it to its guardian. */
	snprintf(buf, len,
		 comm[0] ? "process %d (%s)" : "process %d, which has ended: it is being put back",
		 pid, comm);
}

char *setting_file__holder(const struct setting_file *f, char *buf, size_t len)
{
	FILE *locks = fopen("/proc/locks", "re");
	unsigned int major, minor;
	unsigned long inode;
	char line[256];
	int pid;

	snprintf(buf, len, "another process");
	while (locks && fgets(line, sizeof(line), locks)) {
		if (sscanf(line, "%*d: FLOCK %*s WRITE %d %x:%x:%lu", &pid, &major, &minor,
			   &inode) != 4 ||
		    inode != f->ino || makedev(major, minor) != f->dev || pid <= 0)
			continue;
		name_process(pid, buf, len);
		break;
	}
	if (locks)
		fclose(locks);
	return buf;
}

/* Read it in one piece: a sysctl list of numbers cannot be continued by a second read. */
char *setting_file__read(const struct setting_file *f, size_t *len)
{
	char *text = malloc(SETTING_MAX_BYTES + 1), *fitting;
	ssize_t n = -1;

	if (text)
		n = pread(f->fd, text, SETTING_MAX_BYTES + 1, 0);
	if (n < 0 || n > (ssize_t)SETTING_MAX_BYTES) {
		*len = (size_t)(!text ? ENOMEM : n < 0 ? errno : EFBIG);
		free(text);
		return NULL;
	}
	text[n] = '\0';
	*len = (size_t)n;
	fitting = realloc(text, (size_t)n + 1);
	return fitting ? fitting : text;
}

int setting_file__keep(struct setting_file *f, struct error *err)
{
	int code;

	free(f->before);
	f->before = setting_file__read(f, &f->before_len);
	f->back = f->before;
	f->back_len = f->before_len;
	if (f->before)
		return 0;
	code = (int)f->before_len;
	return error__set(err, code == EIO || code == ENOMEM ? -code : -EINVAL,
			  "setting %s cannot be put back: what it says now cannot be read: %s",
			  f->path, strerror(code));
}

int setting_file__write(const struct setting_file *f, const char *value, size_t len)
{
	size_t done = 0;

	/*
	 * The kernel takes long lists a page at a time. An empty value is written as an empty line.
	 */
	do {
		ssize_t n = len ? pwrite(f->fd, value + done, len - done, (off_t)done) :
				  pwrite(f->fd, "\n", 1, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	} while (done < len);
	return 0;
}

/* 0, -errno, or -EILSEQ: the file reads as something else. */
static int check(const struct setting_file *f)
{
	size_t len;
	char *now = setting_file__read(f, &len);
	int ret = !now						       ? -(int)len :
		  len == f->before_len && !memcmp(now, f->before, len) ? 0 :
									 -EILSEQ;

	free(now);
	return ret;
}

bool setting_file__is_as_before(const struct setting_file *f)
{
	return !check(f);
}

/*
 * In a list like "always [madvise] never", where exactly one of several words is in brackets, the
 * chosen word. NULL if it is no such list. Only files in /sys have them: a value in /proc/sys, such
 * as a host's name, may contain brackets of its own.
 */
static const char *chosen(const struct setting_file *f, size_t *len)
{
	static const char blanks[] = " \t\n";
	const char *found = NULL, *word = f->before;
	unsigned int words = 0, brackets = 0;

	if (strncmp(f->path, "/sys/", 5) || strlen(f->before) != f->before_len)
		return NULL;
	for (word += strspn(word, blanks); *word; word += strspn(word, blanks)) {
		size_t n = strcspn(word, blanks);

		words++;
		brackets += memchr(word, '[', n) || memchr(word, ']', n);
		if (n > 2 && word[0] == '[' && word[n - 1] == ']') {
			found = word + 1;
			*len = n - 2;
		}
		word += n;
	}
	return words > 1 && brackets == 1 ? found : NULL;
}

int setting_file__put_back(struct setting_file *f)
{
	int ret;

	f->back = chosen(f, &f->back_len);
	if (f->back && !setting_file__write(f, f->back, f->back_len) && !check(f))
		return 0;
	f->back = f->before;
	f->back_len = f->before_len;
	ret = setting_file__write(f, f->back, f->back_len);
	return ret ? ret : check(f);
}

int setting_file__restore(struct setting_file *f)
{
	const struct timespec pause = { .tv_nsec = TRY_AGAIN_NS };
	int ret = check(f);

	for (int i = 0; ret && i < TRIES; i++) {
		if (i)
			nanosleep(&pause, NULL);
		ret = setting_file__put_back(f);
	}
	return ret;
}

void setting_file__close(struct setting_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	free(f->before);
	f->before = NULL;
}

char *setting_file__show(const char *text, size_t text_len, char *buf, size_t len)
{
	bool cut;

	while (text_len && (text[text_len - 1] == '\n' || text[text_len - 1] == ' '))
		text_len--;
	cut = text_len >= len - 3;
	if (cut)
		text_len = len - 4;
	memcpy(buf, text, text_len);
	buf[text_len] = '\0';
	for (size_t i = 0; i < text_len; i++)
		if (buf[i] == '\0')
			buf[i] = '?';
	utf8__mask(buf);
	if (cut)
		strcat(buf, "…");
	return buf;
}
