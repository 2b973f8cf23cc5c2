// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/host/setting.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/clock.h"
#include "bench/host/switched.h"

#define MAX_FILES	  (2 * HOST_SETTINGS_MAX)
#define LOOK_AGAIN_NS	  20000000
#define GUARDIAN_READY_MS 10000

struct host_toggle {
	struct host_settings side[2];
	struct setting_file files[MAX_FILES]; /* each file once, even if it is given by several
						 * names */
	unsigned int nr_files;
	const char *value[2][MAX_FILES]; /* point into side[]; NULL: this side keeps the
						 * original value */
	struct switched_record record;
	int error;
	int guardian_fd; /* writing to it dismisses the guardian */
	pid_t guardian;	 /* 0: none */
};

bool host_setting__is(const char *key)
{
	return !strncmp(key, "/sys/", 5) || !strncmp(key, "/proc/sys/", 10);
}

int host_settings__add(struct host_settings *s, const char *path, const char *value,
		       struct error *err)
{
	struct host_setting *one = &s->list[s->nr];

	if (s->nr == HOST_SETTINGS_MAX)
		return error__set(err, -E2BIG, "more than %d settings of the host",
				  HOST_SETTINGS_MAX);
	if (!setting_file__is_path(path))
		return error__set(err, -EINVAL, "'%s=%s' is no setting of the host", path, value);
	if (snprintf(one->path, sizeof(one->path), "%s", path) >= (int)sizeof(one->path) ||
	    snprintf(one->value, sizeof(one->value), "%s", value) >= (int)sizeof(one->value))
		return error__set(err, -EINVAL,
				  "setting %s: a path has up to %d bytes, a value up to %d", path,
				  SETTING_PATH_BYTES - 1, HOST_SETTING_VALUE - 1);
	if (access(path, W_OK))
		return error__set(err, -errno, "setting %s: %s%s", path, strerror(errno),
				  setting_file__advice(errno));
	s->nr++;
	return 0;
}

/* Tries all of them, even after one fails. Returns the first error. */
static int put_all_back(struct host_toggle *t, unsigned int *which)
{
	int ret = 0;

	for (unsigned int i = 0; i < t->nr_files; i++) {
		int one = setting_file__restore(&t->files[i]);

		if (one && !ret) {
			ret = one;
			*which = i;
		}
	}
	return ret;
}

/* The guardian must not be what the kernel kills when memory runs out. */
static void stay_alive(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "-1000", 5) < 0)
		(void)errno;
	if (fd >= 0)
		close(fd);
}

static void guard(struct host_toggle *t, int fd) __attribute__((noreturn));
static void guard(struct host_toggle *t, int fd)
{
	unsigned int which;
	sigset_t all;
	ssize_t n;
	char byte = 0;

	/* Leave the terminal's session, and do not keep anyone's output open. */
	setsid();
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (int std = 0; std < 3; std++)
		close(std);
	stay_alive();
	n = send(fd, &byte, 1, MSG_NOSIGNAL);
	do {
		n = read(fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n <= 0 && !put_all_back(t, &which))
		switched__remove(&t->record);
	_exit(0);
}

static int wait_for_guardian(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	uint64_t deadline_ns = clock__ns() + GUARDIAN_READY_MS * 1000000ull;
	char byte;

	do {
		if (poll(&ready, 1, GUARDIAN_READY_MS) > 0)
			return read(fd, &byte, 1) == 1 ? 0 : -ECHILD;
	} while (clock__ns() < deadline_ns);
	return -ETIMEDOUT;
}

static int start_guardian(struct host_toggle *t, struct error *err)
{
	int ends[2], ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return error__set(err, -errno, "a pair of sockets: %s", strerror(errno));
	t->guardian = fork();
	if (t->guardian == 0) {
		close(ends[1]);
		guard(t, ends[0]);
	}
	ret = t->guardian < 0 ? -errno : 0;
	close(ends[0]);
	t->guardian_fd = ends[1];
	if (t->guardian < 0)
		t->guardian = 0;
	else
		ret = wait_for_guardian(ends[1]);
	if (!ret)
		return 0;
	error__set(err, ret, "a process that puts settings back: %s", strerror(-ret));
	return error__advise_start(err, ret);
}

static void dismiss_guardian(struct host_toggle *t)
{
	if (t->guardian_fd >= 0) {
		/* It does not matter if the guardian has ended already. */
		send(t->guardian_fd, "", 1, MSG_NOSIGNAL);
		close(t->guardian_fd);
	}
	while (t->guardian && waitpid(t->guardian, NULL, 0) < 0 && errno == EINTR)
		;
}

static int open_file(struct host_toggle *t, int s, unsigned int i, struct error *err)
{
	struct setting_file f;
	int ret = setting_file__open(&f, t->side[s].list[i].path, err);

	if (ret)
		return ret;
	for (unsigned int k = 0; k < t->nr_files; k++) {
		if (t->files[k].dev == f.dev && t->files[k].ino == f.ino) {
			setting_file__close(&f);
			t->value[s][k] = t->side[s].list[i].value;
			return 0;
		}
	}
	t->value[s][t->nr_files] = t->side[s].list[i].value;
	t->files[t->nr_files++] = f;
	return 0;
}

/* All runs lock settings in the same order, so that two of them cannot deadlock. */
static const struct setting_file *next_to_lock(const struct host_toggle *t,
					       const struct setting_file *last)
{
	const struct setting_file *next = NULL;

	for (unsigned int i = 0; i < t->nr_files; i++) {
		const struct setting_file *f = &t->files[i];

		if (last && (f->dev < last->dev || (f->dev == last->dev && f->ino <= last->ino)))
			continue;
		if (!next || f->dev < next->dev || (f->dev == next->dev && f->ino < next->ino))
			next = f;
	}
	return next;
}

static int lock_one(const struct setting_file *f, const struct host_waiting *waiting,
		    struct error *err)
{
	const struct timespec pause = { .tv_nsec = LOOK_AGAIN_NS };
	uint64_t deadline_ns = clock__ns() + (waiting ? (uint64_t)(waiting->seconds * 1e9) : 0);
	char who[128], text[SETTING_PATH_BYTES + 192];
	bool said = false;
	int ret;

	while ((ret = setting_file__lock(f)) == -EBUSY && clock__ns() < deadline_ns) {
		setting_file__holder(f, who, sizeof(who));
		if (waiting->stop && *waiting->stop)
			return error__set(err, -EINTR, "stopped while %s had %s", who, f->path);
		snprintf(text, sizeof(text),
			 "%s is being switched by %s: waiting up to %.0f s for it", f->path, who,
			 waiting->seconds);
		if (waiting->say && !said)
			waiting->say(waiting->arg, text);
		said = true;
		nanosleep(&pause, NULL);
	}
	if (ret == -EBUSY)
		return error__set(err, ret,
				  "setting %s is being switched by %s: try again when that is done",
				  f->path, setting_file__holder(f, who, sizeof(who)));
	return ret ? error__set(err, ret, "a lock on %s: %s", f->path, strerror(-ret)) : 0;
}

struct leftover {
	const struct host_toggle *toggle;
	struct error *err;
	int ret;
};

static void refuse_leftover(const struct switched_setting *s, void *arg)
{
	struct leftover *l = arg;
	char was[64];

	if (s->state == SWITCHED_AS_IT_WAS || s->state == SWITCHED_ELSEWHERE ||
	    s->state == SWITCHED_DAMAGED || l->ret)
		return;
	for (unsigned int i = 0; i < l->toggle->nr_files; i++) {
		const struct setting_file *f = &l->toggle->files[i];

		if (s->file->fd < 0 || f->dev != s->file->dev || f->ino != s->file->ino)
			continue;
		setting_file__show(s->file->before ?: "", s->file->before_len, was, sizeof(was));
		l->ret = error__set(
			l->err, -EBUSY,
			"setting %s was left changed by process %d, which ended before it "
			"could put '%s' back: 'hvbench restore' does",
			f->path, s->pid, was);
	}
}

/* With the locks held: any record of these files is from a run that has died. */
static int check_leftovers(const struct host_toggle *t, struct error *err)
{
	struct leftover l = { .toggle = t, .err = err };
	struct error unread = { 0 };
	int ret = switched__each(SWITCHED_LIST, refuse_leftover, &l, &unread);

	/* A place that is not used holds no records; one that cannot be read now may. */
	if (!l.ret && (ret == -EMFILE || ret == -ENFILE))
		return error__set(err, ret, "%s", unread.text);
	return l.ret;
}

static int say_what_is_left(const struct setting_file *f, int code, struct error *err)
{
	char was[64], is[64] = "?";
	size_t len;
	char *now = setting_file__read(f, &len);

	setting_file__show(f->before, f->before_len, was, sizeof(was));
	if (now)
		setting_file__show(now, len, is, sizeof(is));
	free(now);
	return error__set(err, -ENOTRECOVERABLE,
			  "setting %s was '%s', is '%s' now and cannot be put back: %s; 'hvbench "
			  "restore' tries again, 'hvbench restore --forget' leaves it so",
			  f->path, was, is,
			  code == -EILSEQ ? "the kernel takes it and makes something else of it" :
					    strerror(-code));
}

static int take_back(struct setting_file *f, struct error *err)
{
	char was[64];
	int ret = setting_file__put_back(f);

	if (!ret)
		return 0;
	/* No answer of the kernel's about the value. */
	if (ret == -EIO)
		return error__set(err, ret, "setting %s could not be read back afterwards: %s",
				  f->path, strerror(-ret));
	setting_file__show(f->before, f->before_len, was, sizeof(was));
	return error__set(
		err, -EINVAL,
		"setting %s could not be put back afterwards: the kernel %s '%s', which is "
		"what it says now%s%s",
		f->path, ret == -EILSEQ ? "makes something else of" : "refuses", was,
		ret == -EILSEQ ? "" : ": ", ret == -EILSEQ ? "" : strerror(-ret));
}

/* What the file reads as after each side's value was written; NULL: this side writes none. */
static int try_values(const struct host_toggle *t, unsigned int file, char *says[2],
		      struct error *err)
{
	const struct setting_file *f = &t->files[file];

	for (int side = 0; side < 2; side++) {
		const char *value = t->value[side][file];
		int ret = value ? setting_file__write(f, value, strlen(value)) : 0;
		size_t len;

		if (ret)
			return error__set(err, ret, "writing '%s' to %s: %s", value, f->path,
					  strerror(-ret));
		if (value)
			says[side] = setting_file__read(f, &len);
	}
	return 0;
}

static int try_file(struct host_toggle *t, unsigned int file, struct error *err)
{
	struct setting_file *f = &t->files[file];
	const char *a = t->value[0][file], *b = t->value[1][file];
	char *says[2] = { NULL, NULL };
	int ret = take_back(f, err);

	if (!ret)
		ret = try_values(t, file, says, err);
	if (!ret && says[0] && says[1] && strcmp(a, b) && !strcmp(says[0], says[1]))
		ret = error__set(
			err, -EINVAL,
			"setting %s says the same after '%s' and after '%s' was written to it: "
			"there is nothing to compare",
			f->path, a, b);
	free(says[0]);
	free(says[1]);
	return ret;
}

static int open_all(struct host_toggle *t, const struct host_waiting *waiting, struct error *err)
{
	const struct setting_file *f = NULL;
	int ret = 0;

	for (int s = 0; s < 2; s++)
		for (unsigned int i = 0; i < t->side[s].nr && !ret; i++)
			ret = open_file(t, s, i, err);
	while (!ret && (f = next_to_lock(t, f)))
		ret = lock_one(f, waiting, err);
	if (!ret)
		ret = check_leftovers(t, err);
	for (unsigned int i = 0; i < t->nr_files && !ret; i++)
		ret = setting_file__keep(&t->files[i], err);
	return ret;
}

static void free_toggle(struct host_toggle *t)
{
	for (unsigned int i = 0; i < t->nr_files; i++)
		setting_file__close(&t->files[i]);
	switched__close(&t->record);
	free(t);
}

struct host_toggle *host_toggle__open(const struct host_settings *a, const struct host_settings *b,
				      const struct host_waiting *waiting, struct error *err)
{
	struct host_toggle *t = calloc(1, sizeof(*t));
	struct error worse = { 0 };
	int ret, broken;

	if (!t) {
		error__set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	t->side[0] = *a;
	t->side[1] = *b;
	t->record.dir = t->guardian_fd = -1;
	ret = open_all(t, waiting, err);
	if (ret) {
		free_toggle(t);
		return NULL;
	}
	if (t->nr_files)
		ret = switched__save(&t->record, t->files, t->nr_files, err);
	if (!ret && t->nr_files)
		ret = start_guardian(t, err);
	for (unsigned int i = 0; i < t->nr_files && !ret; i++) {
		ret = try_file(t, i, err);
		/*
		 * Restore it at once: what another setting accepts may depend on this one's value.
		 */
		broken = setting_file__restore(&t->files[i]);
		if (broken)
			ret = say_what_is_left(&t->files[i], broken, err);
	}
	if (!ret)
		return t;
	if (host_toggle__restore(t, &worse))
		*err = worse;
	return NULL;
}

void host_toggle__set(void *toggle, int side)
{
	struct host_toggle *t = toggle;

	for (unsigned int i = 0; i < t->nr_files; i++) {
		const struct setting_file *f = &t->files[i];
		const char *value = t->value[side][i];
		int ret = value ? setting_file__write(f, value, strlen(value)) :
				  setting_file__write(f, f->back, f->back_len);

		if (ret && !t->error)
			t->error = -ret;
	}
}

int host_toggle__failed(const struct host_toggle *t)
{
	return t->error;
}

int host_toggle__restore(struct host_toggle *t, struct error *err)
{
	unsigned int which;
	int ret;

	if (!t)
		return 0;
	ret = put_all_back(t, &which);
	if (!ret)
		switched__remove(&t->record);
	/* Before the locks are released, since the guardian holds a copy of them. */
	dismiss_guardian(t);
	if (ret)
		ret = say_what_is_left(&t->files[which], ret, err);
	free_toggle(t);
	return ret;
}
