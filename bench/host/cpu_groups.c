// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/host/cpu_groups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/clock.h"
#include "bench/host/cgroup.h"
#include "bench/host/files.h"

#define MEMBER	    "vm" /* a group: this and its number */
#define TRIES	    3	 /* another process may sweep the directory before it is locked */
#define REMOVE_NS   1000000000ull
#define LOOK_NS	    2000000
#define V1_USUAL    1024u /* cpu.shares of a group that was told nothing */
#define PERIOD_US   (CPU_GROUPS_PERIOD_NS / 1000)
#define CONTROLLERS "cgroup.controllers"
#define SUBTREE	    "cgroup.subtree_control"

struct cpu_groups {
	char base[PATH_MAX]; /* the process's own group */
	char dir[PATH_MAX];  /* ours, below it */
	bool v2;
	bool enabled; /* the controller, for what is below base: by us */
	int lock;
	unsigned int nr;
};

static int join(char *path, const char *dir, const char *name)
{
	return snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* 0 or -errno. */
static int put(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX];
	int ret = join(path, dir, name), fd;

	if (ret)
		return ret;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* The kernel takes a value by one write or not at all. */
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static bool has_cpu(const char *dir, const char *name)
{
	char *text = host_file__read("", "%s/%s", dir, name), *save = NULL;
	bool has = false;

	for (char *word = text ? strtok_r(text, " ", &save) : NULL; word && !has;
	     word = strtok_r(NULL, " ", &save))
		has = !strcmp(word, "cpu");
	free(text);
	return has;
}

/* Where groups are made for this process. */
static int find_base(struct cpu_groups *g, struct error *err)
{
	size_t top;

	if (cgroup__own_directory(g->base, &top, "", "cpu"))
		return 0;
	g->v2 = true;
	if (!cgroup__own_directory(g->base, &top, "", NULL))
		return error__set(err, -EOPNOTSUPP,
				  "no control groups with a cpu controller are mounted");
	if (!has_cpu(g->base, CONTROLLERS))
		return error__set(err, -EOPNOTSUPP,
				  "%s has no cpu controller: run it by 'systemd-run --scope -p "
				  "Delegate=yes hvbench …', or enable the controller in " SUBTREE
				  " of the groups above",
				  g->base);
	/* In the root it would change how all of the host's groups share its CPUs. */
	if (!has_cpu(g->base, SUBTREE) && !host_file__exists("", "%s/cgroup.type", g->base))
		return error__set(err, -EOPNOTSUPP,
				  "%s does not pass the cpu controller on: echo +cpu >%s/" SUBTREE,
				  g->base, g->base);
	return 0;
}

static int made(struct error *err, int ret, const char *what, const char *dir)
{
	bool refused = ret == -EACCES || ret == -EPERM || ret == -EROFS || ret == -EOPNOTSUPP ||
		       ret == -EBUSY;

	return error__set(err, refused ? -EOPNOTSUPP : ret, "%s %s: %s%s", what, dir,
			  strerror(-ret),
			  ret == -EACCES || ret == -EPERM ? "; it takes root, or a group that was "
							    "delegated to this user" :
							    "");
}

/* A directory whose lock says that we live. -EAGAIN: another process swept it before. */
static int make_locked(struct cpu_groups *g, struct error *err)
{
	struct stat st;

	if (mkdir(g->dir, 0755) < 0)
		return made(err, -errno, "making the control group", g->dir);
	g->lock = open(g->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (g->lock >= 0 && !flock(g->lock, LOCK_EX | LOCK_NB) && !stat(g->dir, &st))
		return 0;
	if (g->lock >= 0)
		close(g->lock);
	g->lock = -1;
	rmdir(g->dir);
	return error__set(err, -EAGAIN, "%s was taken away by another process", g->dir);
}

/* Threads in groups of their own, of a process that stays where it is: cgroup-v2.rst, "Threads". */
static int make_threaded(struct cpu_groups *g, struct error *err)
{
	int ret = put(g->dir, "cgroup.type", "threaded");

	if (ret)
		return made(err, ret, "a group for threads", g->dir);
	if (!has_cpu(g->base, SUBTREE)) {
		ret = put(g->base, SUBTREE, "+cpu");
		if (ret)
			return made(err, ret, "the cpu controller below", g->base);
		g->enabled = true;
	}
	ret = put(g->dir, SUBTREE, "+cpu");
	return ret ? made(err, ret, "the cpu controller below", g->dir) : 0;
}

static void member(const struct cpu_groups *g, unsigned int i, char *path)
{
	/* join() has tested a longer one. */
	if (snprintf(path, PATH_MAX, "%s/" MEMBER "%u", g->dir, i) >= PATH_MAX)
		path[0] = '\0';
}

static int make_member(const struct cpu_groups *g, unsigned int i, struct error *err)
{
	char path[PATH_MAX];
	int ret = 0;

	member(g, i, path);
	if (mkdir(path, 0755) < 0)
		return made(err, -errno, "making the control group", path);
	if (g->v2)
		ret = put(path, "cgroup.type", "threaded");
	return ret ? made(err, ret, "a group for threads", path) : 0;
}

int cpu_groups__open(struct cpu_groups **out, unsigned int nr, struct error *err)
{
	struct cpu_groups *g = calloc(1, sizeof(*g));
	char name[96];
	int ret;

	*out = NULL;
	if (!g)
		return error__set(err, -ENOMEM, "out of memory");
	g->lock = -1;
	ret = find_base(g, err);
	if (!ret)
		cpu_groups__sweep();
	for (int i = 0; !ret && i < TRIES; i++) {
		snprintf(name, sizeof(name), CPU_GROUPS_PREFIX "%d-%" PRIu64, (int)getpid(),
			 clock__ns());
		ret = join(g->dir, g->base, name);
		ret = ret ? error__set(err, ret, "%s: the path is too long", g->base) :
			    make_locked(g, err);
		if (ret != -EAGAIN)
			break;
		ret = i + 1 < TRIES ? 0 : ret;
	}
	if (!ret && g->v2)
		ret = make_threaded(g, err);
	while (!ret && g->nr < nr) {
		ret = make_member(g, g->nr, err);
		g->nr += !ret;
	}
	if (ret) {
		cpu_groups__close(g);
		return ret;
	}
	*out = g;
	return 0;
}

static int set(const struct cpu_groups *g, unsigned int i, const char *file, const char *text,
	       struct error *err)
{
	char path[PATH_MAX];
	int ret;

	member(g, i, path);
	ret = put(path, file, text);
	return ret ? error__set(err, ret == -ENOENT ? -EOPNOTSUPP : ret, "%s/%s = %s: %s", path,
				file, text,
				ret == -ENOENT ? "this kernel has none" : strerror(-ret)) :
		     0;
}

int cpu_groups__set_weight(const struct cpu_groups *g, unsigned int i, unsigned int weight,
			   struct error *err)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", g->v2 ? weight : weight * V1_USUAL / CPU_GROUPS_USUAL);
	return set(g, i, g->v2 ? "cpu.weight" : "cpu.shares", text, err);
}

int cpu_groups__set_limit(const struct cpu_groups *g, unsigned int i, unsigned int percent,
			  struct error *err)
{
	char text[64];
	int ret = 0;

	if (g->v2) {
		snprintf(text, sizeof(text), "%u %u", percent * (PERIOD_US / 100), PERIOD_US);
		return set(g, i, "cpu.max", text, err);
	}
	snprintf(text, sizeof(text), "%u", PERIOD_US);
	ret = set(g, i, "cpu.cfs_period_us", text, err);
	snprintf(text, sizeof(text), "%u", percent * (PERIOD_US / 100));
	return ret ? ret : set(g, i, "cpu.cfs_quota_us", text, err);
}

int cpu_groups__enter(const struct cpu_groups *g, unsigned int i, struct error *err)
{
	/* 0 is the thread that writes. */
	return set(g, i, g->v2 ? "cgroup.threads" : "tasks", "0", err);
}

uint64_t cpu_groups__throttled_ns(const struct cpu_groups *g, unsigned int i)
{
	const char *key = g->v2 ? "throttled_usec " : "throttled_time ", *at;
	char path[PATH_MAX], *text;
	uint64_t value = 0;

	member(g, i, path);
	text = host_file__read("", "%s/cpu.stat", path);
	at = text ? strstr(text, key) : NULL;
	if (at)
		value = strtoull(at + strlen(key), NULL, 10);
	free(text);
	return g->v2 ? value * 1000 : value;
}

/* A thread that was waited for is still in its group for a moment. */
static void remove_dir(const char *path, uint64_t until)
{
	const struct timespec look = { .tv_nsec = LOOK_NS };

	while (rmdir(path) < 0 && errno == EBUSY && clock__ns() < until)
		nanosleep(&look, NULL);
}

/* A group and those in it. */
static void remove_tree(const char *dir, uint64_t until)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	char path[PATH_MAX];

	while (d && (e = readdir(d)))
		if (!strncmp(e->d_name, MEMBER, strlen(MEMBER)) && !join(path, dir, e->d_name))
			remove_dir(path, until);
	if (d)
		closedir(d);
	remove_dir(dir, until);
}

void cpu_groups__close(struct cpu_groups *g)
{
	if (!g)
		return;
	if (g->lock >= 0) {
		remove_tree(g->dir, clock__ns() + REMOVE_NS);
		close(g->lock);
	}
	/* Refused while another run has groups there. */
	if (g->enabled)
		put(g->base, SUBTREE, "-cpu");
	free(g);
}

void cpu_groups__sweep(void)
{
	struct cpu_groups g = { .lock = -1 };
	struct error unused;
	const struct dirent *e;
	char path[PATH_MAX];
	DIR *d = find_base(&g, &unused) ? NULL : opendir(g.base);

	while (d && (e = readdir(d))) {
		int fd;

		if (strncmp(e->d_name, CPU_GROUPS_PREFIX, strlen(CPU_GROUPS_PREFIX)) ||
		    join(path, g.base, e->d_name))
			continue;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!flock(fd, LOCK_EX | LOCK_NB))
			remove_tree(path, 0);
		close(fd);
	}
	if (d)
		closedir(d);
}
