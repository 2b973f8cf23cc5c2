/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_setting.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct host_toggle {
	struct host_settings side[2];
	int fd[2][HOST_SETTINGS_MAX];	/* -1: not opened */
	char before[2][HOST_SETTINGS_MAX][64];
	int error;
	int guardian_fd;		/* what is written to it sends the guardian home */
	pid_t guardian;			/* 0: none */
};

bool host_setting__is(const char *key)
{
	return !strncmp(key, "/sys/", 5) || !strncmp(key, "/proc/sys/", 10);
}

int host_settings__add(struct host_settings *s, const char *path, const char *value, struct error *err)
{
	struct host_setting *one = &s->list[s->nr];

	if (s->nr == HOST_SETTINGS_MAX)
		return error__set(err, -E2BIG, "more than %d settings of the host", HOST_SETTINGS_MAX);
	if (strstr(path, "..") || snprintf(one->path, sizeof(one->path), "%s", path) >= (int)sizeof(one->path) ||
	    snprintf(one->value, sizeof(one->value), "%s", value) >= (int)sizeof(one->value))
		return error__set(err, -EINVAL, "'%s=%s' is no setting of the host", path, value);
	if (access(path, W_OK))
		return error__set(err, -errno, "setting %s: %s%s", path, strerror(errno),
				  errno == EACCES ? "; it takes root" : "");
	s->nr++;
	return 0;
}

static int write_setting(int fd, const char *value)
{
	return pwrite(fd, value, strlen(value), 0) < 0 ? -errno : 0;
}

/* What a file of choices ("always [madvise] never") or of a value says now. */
static void read_setting(int fd, char *buf, size_t len)
{
	ssize_t n = pread(fd, buf, len - 1, 0);
	char *open;

	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	open = strchr(buf, '[');
	if (open) {
		memmove(buf, open + 1, strlen(open));
		buf[strcspn(buf, "]")] = '\0';
	}
}

/* In the opposite order: what both sides write to was read before side A touched it. */
static void put_back(const struct host_toggle *t)
{
	for (int s = 1; s >= 0; s--)
		for (unsigned int i = 0; i < t->side[s].nr; i++)
			if (t->fd[s][i] >= 0)
				write_setting(t->fd[s][i], t->before[s][i]);
}

static void guard(const struct host_toggle *t, int fd) __attribute__((noreturn));
static void guard(const struct host_toggle *t, int fd)
{
	sigset_t all;
	ssize_t n;
	char byte;

	/* Out of the terminal's reach, and nobody's output is kept open by this. */
	setsid();
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (int std = 0; std < 3; std++)
		close(std);
	do {
		n = read(fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		put_back(t);
	_exit(0);
}

static int start_guardian(struct host_toggle *t, struct error *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return error__set(err, -errno, "a pair of sockets: %s", strerror(errno));
	t->guardian = fork();
	if (t->guardian == 0) {
		close(ends[1]);
		guard(t, ends[0]);
	}
	close(ends[0]);
	t->guardian_fd = ends[1];
	if (t->guardian > 0)
		return 0;
	t->guardian = 0;
	return error__set(err, -errno, "a process that puts settings back: %s", strerror(errno));
}

static void dismiss_guardian(struct host_toggle *t)
{
	if (t->guardian_fd >= 0) {
		/* Should it be gone already, all is well too. */
		send(t->guardian_fd, "", 1, MSG_NOSIGNAL);
		close(t->guardian_fd);
	}
	while (t->guardian && waitpid(t->guardian, NULL, 0) < 0 && errno == EINTR)
		;
}

static int open_setting(struct host_toggle *t, int s, unsigned int i, struct error *err)
{
	const struct host_setting *one = &t->side[s].list[i];

	t->fd[s][i] = open(one->path, O_RDWR | O_CLOEXEC);
	if (t->fd[s][i] < 0)
		return error__set(err, -errno, "setting %s: %s", one->path, strerror(errno));
	read_setting(t->fd[s][i], t->before[s][i], sizeof(t->before[s][i]));
	return 0;
}

static int try_setting(struct host_toggle *t, int s, unsigned int i, struct error *err)
{
	const struct host_setting *one = &t->side[s].list[i];
	int ret = write_setting(t->fd[s][i], one->value);

	write_setting(t->fd[s][i], t->before[s][i]);
	return ret ? error__set(err, ret, "writing '%s' to %s: %s", one->value, one->path, strerror(-ret)) : 0;
}

struct host_toggle *host_toggle__open(const struct host_settings *a, const struct host_settings *b,
				      struct error *err)
{
	struct host_toggle *t = calloc(1, sizeof(*t));
	int ret = 0;

	if (!t) {
		error__set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	t->side[0] = *a;
	t->side[1] = *b;
	t->guardian_fd = -1;
	memset(t->fd, -1, sizeof(t->fd));
	for (int s = 0; s < 2; s++)
		for (unsigned int i = 0; i < t->side[s].nr && !ret; i++)
			ret = open_setting(t, s, i, err);
	if (!ret && (a->nr || b->nr))
		ret = start_guardian(t, err);
	for (int s = 0; s < 2; s++)
		for (unsigned int i = 0; i < t->side[s].nr && !ret; i++)
			ret = try_setting(t, s, i, err);
	if (!ret)
		return t;
	host_toggle__restore(t);
	return NULL;
}

void host_toggle__set(void *toggle, int side)
{
	struct host_toggle *t = toggle;

	for (unsigned int i = 0; i < t->side[side].nr; i++) {
		int ret = write_setting(t->fd[side][i], t->side[side].list[i].value);

		if (ret && !t->error)
			t->error = -ret;
	}
}

int host_toggle__failed(const struct host_toggle *t)
{
	return t->error;
}

void host_toggle__restore(struct host_toggle *t)
{
	if (!t)
		return;
	put_back(t);
	dismiss_guardian(t);
	for (int s = 0; s < 2; s++)
		for (unsigned int i = 0; i < t->side[s].nr; i++)
			if (t->fd[s][i] >= 0)
				close(t->fd[s][i]);
	free(t);
}
