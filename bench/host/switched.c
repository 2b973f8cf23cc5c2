// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/host/switched.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/clock.h"
#include "bench/base/fd.h"
#include "bench/base/json.h"

#define SCHEMA	    "hvbench.switched/1"
#define ENDING	    ".json"
#define NEW_ENDING  ".new"
#define MAX_RECORD  (16u << 20)
#define STALE_NEW_S 60
#define NR_PLACES   2
#define LOOKS	    100
#define LOOKS_AT_LIVING \
	10 /* a process that is being killed still counts as alive for a
				 * moment */
#define LOOK_AGAIN_NS 20000000
#define PF_EXITING    0x4 /* linux/sched.h: a bit of the field "flags" in /proc/PID/stat */

/* The directories that may hold records, best first; "": it does not exist for this user. */
static void find_place(unsigned int i, char *path, size_t len)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (i)
		snprintf(path, len, "/var/tmp/hvbench-%u", geteuid());
	else if (!geteuid())
		snprintf(path, len, "/run/hvbench");
	else if (runtime && runtime[0] == '/')
		snprintf(path, len, "%s/hvbench", runtime);
	else
		path[0] = '\0';
}

/* Returns a descriptor or -errno. */
static int open_place(unsigned int i, bool create)
{
	char path[SETTING_PATH_BYTES];
	struct stat st;
	int fd;

	find_place(i, path, sizeof(path));
	if (!path[0])
		return -ENOENT;
	if (create && mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && st.st_uid == geteuid() && !(st.st_mode & 022))
		return fd;
	close(fd);
	return -EPERM;
}

static bool is_of_another(unsigned int i)
{
	char path[SETTING_PATH_BYTES];
	struct stat st;

	find_place(i, path, sizeof(path));
	return !lstat(path, &st) && st.st_uid != geteuid();
}

static void read_boot_id(char *buf, size_t len)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	buf[0] = '\0';
	if (f && fgets(buf, (int)len, f))
		buf[strcspn(buf, "\n")] = '\0';
	if (f)
		fclose(f);
}

/* The namespaces that have their own copy of the settings below a path. */
static const struct scope {
	const char *prefix, *part, *name;
} scopes[] = {
	{ "/proc/sys/net/", "", "net" },       { "/proc/sys/kernel/", "", "uts" },
	{ "/proc/sys/kernel/", "", "ipc" },    { "/proc/sys/kernel/", "", "pid" },
	{ "/proc/sys/fs/mqueue/", "", "ipc" }, { "/proc/sys/user/", "", "user" },
	{ "/sys/", "/net/", "net" },
};

#define NR_SCOPES (sizeof(scopes) / sizeof(scopes[0]))

/* This process's namespace that the path belongs to, as { "net": "net:[4026531840]" }. */
static json_t *namespaces_of(const char *path)
{
	json_t *object = json_object();

	for (size_t i = 0; i < NR_SCOPES; i++) {
		char link[32], target[64];
		ssize_t n;

		if (strncmp(path, scopes[i].prefix, strlen(scopes[i].prefix)) ||
		    !strstr(path, scopes[i].part))
			continue;
		snprintf(link, sizeof(link), "/proc/self/ns/%s", scopes[i].name);
		n = readlink(link, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		json_object_set_new(object, scopes[i].name, json_string(target));
	}
	return object;
}

/* In hexadecimal, because the text of a kernel file may contain any bytes. */
static json_t *to_hex(const char *bytes, size_t len)
{
	char *hex = malloc(2 * len + 1);
	json_t *text;

	if (!hex)
		return NULL;
	for (size_t i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", (unsigned char)bytes[i]);
	hex[2 * len] = '\0';
	text = json_string(hex);
	free(hex);
	return text;
}

static char *from_hex(const char *hex, size_t *len)
{
	size_t digits = strlen(hex);
	char *bytes = malloc(digits / 2 + 1);
	unsigned int byte;

	*len = digits / 2;
	for (size_t i = 0; bytes && i < *len; i++) {
		if (!isxdigit((unsigned char)hex[2 * i]) ||
		    sscanf(hex + 2 * i, "%2x", &byte) != 1) {
			free(bytes);
			return NULL;
		}
		bytes[i] = (char)byte;
	}
	if (bytes)
		bytes[*len] = '\0';
	return bytes;
}

static char *new_text(const struct setting_file *files, size_t nr)
{
	char when[32], boot[64], shown[256], *text;
	json_t *doc, *list = json_array();
	time_t now = time(NULL);
	struct tm tm;

	read_boot_id(boot, sizeof(boot));
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	for (size_t i = 0; i < nr; i++) {
		const struct setting_file *f = &files[i];

		setting_file__show(f->before, f->before_len, shown, sizeof(shown));
		json_array_append_new(list,
				      json_pack("{s:o, s:o, s:o, s:o}", "path", json__text(f->path),
						"before", json__text(shown), "before_hex",
						to_hex(f->before, f->before_len), "namespaces",
						namespaces_of(f->path)));
	}
	doc = json_pack("{s:s, s:i, s:s, s:s, s:o}", "schema", SCHEMA, "pid", (int)getpid(), "when",
			when, "boot", boot, "settings", list);
	text = json_array_size(list) == nr ? json_dumps(doc, JSON_INDENT(1)) : NULL;
	json_decref(doc);
	return text;
}

/*
 * Removes unfinished records of runs that were killed while writing them, before they switched
 * anything.
 */
static void sweep(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;
	struct stat st;

	while (d && (entry = readdir(d))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (dot && !strcmp(dot, NEW_ENDING) &&
		    !fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
		    time(NULL) - st.st_mtime > STALE_NEW_S)
			unlinkat(dir, entry->d_name, 0);
	}
	if (d)
		closedir(d);
	else if (copy >= 0)
		close(copy);
}

static int write_record(int dir, const char *name, const char *text)
{
	char new[80];
	int fd, ret;

	snprintf(new, sizeof(new), "%s%s", name, NEW_ENDING);
	fd = openat(dir, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	ret = fd__write_all(fd, text, strlen(text));
	if (!ret && fsync(fd) && errno != EINVAL && errno != ENOSYS)
		ret = -errno;
	close(fd);
	if (!ret && renameat(dir, new, dir, name))
		ret = -errno;
	if (ret)
		unlinkat(dir, new, 0);
	fsync(dir);
	return ret;
}

int switched__save(struct switched_record *record, const struct setting_file *files, size_t nr,
		   struct error *err)
{
	char *text = new_text(files, nr), first[SETTING_PATH_BYTES], second[SETTING_PATH_BYTES];
	int ret = -ENOENT, dir = -1;

	*record = (struct switched_record){ .dir = -1 };
	if (!text)
		return error__set(err, -ENOMEM, "out of memory");
	snprintf(record->name, sizeof(record->name), "%d-%llu" ENDING, (int)getpid(),
		 (unsigned long long)clock__ns());
	for (unsigned int i = 0; i < NR_PLACES && ret; i++) {
		dir = open_place(i, true);
		ret = dir < 0 ? dir : write_record(dir, record->name, text);
		if (ret && dir >= 0)
			close(dir);
	}
	free(text);
	if (!ret) {
		record->dir = dir;
		sweep(dir);
		return 0;
	}
	find_place(0, first, sizeof(first));
	find_place(1, second, sizeof(second));
	return error__set(err, ret,
			  "what is to be switched cannot be written down, so nothing is: %s%s%s: "
			  "%s; it takes a "
			  "directory that is this user's alone",
			  first, first[0] ? " or " : "", second, strerror(-ret));
}

void switched__remove(const struct switched_record *record)
{
	if (record->dir >= 0)
		unlinkat(record->dir, record->name, 0);
}

void switched__close(struct switched_record *record)
{
	if (record->dir >= 0)
		close(record->dir);
	record->dir = -1;
}

/* -EBADMSG: it is not one of our records; another -errno: it could not be read. */
static int load(int dir, const char *name, json_t **doc)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	*doc = NULL;
	if (fd < 0)
		return errno == ELOOP ? -EBADMSG : -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size < MAX_RECORD)
		*doc = json_loadfd(fd, 0, NULL);
	close(fd);
	if (*doc && strcmp(json_string_value(json_object_get(*doc, "schema")) ?: "", SCHEMA)) {
		json_decref(*doc);
		*doc = NULL;
	}
	return *doc ? 0 : -EBADMSG;
}

static bool of_this_boot(const json_t *doc)
{
	char boot[64];

	read_boot_id(boot, sizeof(boot));
	return !strcmp(json_string_value(json_object_get(doc, "boot")) ?: "", boot);
}

/* The first namespace that differs from the one it was switched in; NULL: none does. */
static const char *other_namespace(const json_t *setting, const char *path)
{
	json_t *own = namespaces_of(path), *then = json_object_get(setting, "namespaces"), *value;
	const char *name, *other = NULL;

	json_object_foreach(then, name, value)
		if (!json_equal(value, json_object_get(own, name)))
			other = name;
	json_decref(own);
	return other;
}

struct looking {
	enum switched_wish wish;
	switched_tell *tell;
	void *arg;
	unsigned int place;
	bool in_use, left; /* whether the record at hand has any such setting */
};

/*
 * False as soon as the process begins to die: /proc/PID/stat is "PID (comm) STATE PPID … FLAGS …".
 */
static bool lives(int pid)
{
	char path[32], line[512] = "", state = 'X';
	unsigned int flags = PF_EXITING;
	const char *after;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (f && fgets(line, sizeof(line), f) && (after = strrchr(line, ')')))
		sscanf(after + 1, " %c %*d %*d %*d %*d %*d %u", &state, &flags);
	if (f)
		fclose(f);
	return state != 'X' && state != 'Z' && !(flags & PF_EXITING);
}

/*
 * A dying process keeps its lock for a moment, and a process that restores what a dead one switched
 * needs only a little longer: wait for either.
 */
static int lock_after_the_dead(const struct setting_file *f, int pid)
{
	const struct timespec pause = { .tv_nsec = LOOK_AGAIN_NS };
	int ret;

	for (int i = 0;
	     (ret = setting_file__lock(f)) == -EBUSY && i < (lives(pid) ? LOOKS_AT_LIVING : LOOKS);
	     i++)
		nanosleep(&pause, NULL);
	return ret;
}

static void failed(struct switched_setting *s, int code, const char *what)
{
	s->state = SWITCHED_FAILED;
	s->error = code;
	s->why = what;
}

static void judge(struct switched_setting *s, struct setting_file *f, const char *hex,
		  enum switched_wish wish, char *buf, size_t len)
{
	int ret = setting_file__open(f, s->path, NULL);

	/* Even if it cannot be opened: the user needs the value to restore it by hand. */
	f->before = from_hex(hex, &f->before_len);
	if (!f->before)
		return failed(s, EBADMSG, "the record of what it was is damaged");
	if (ret == -ENOENT) {
		/* Its device or module is gone, and its value with it. */
		s->state = SWITCHED_AS_IT_WAS;
		return;
	}
	if (ret)
		return failed(s, -ret, strerror(-ret));
	ret = wish == SWITCHED_LIST ? 0 : lock_after_the_dead(f, s->pid);
	if (ret == -EBUSY) {
		s->state = SWITCHED_IN_USE;
		s->why = setting_file__holder(f, buf, len);
		return;
	}
	if (setting_file__is_as_before(f)) {
		s->state = SWITCHED_AS_IT_WAS;
		return;
	}
	s->state = SWITCHED_LEFT;
	if (wish != SWITCHED_RESTORE)
		return;
	ret = setting_file__restore(f);
	if (ret)
		return failed(s, -ret,
			      ret == -EILSEQ ?
				      "the kernel takes it and makes something else of it" :
				      strerror(-ret));
	s->state = SWITCHED_PUT_BACK;
}

static void look_at_setting(struct looking *l, const json_t *doc, const json_t *setting)
{
	const char *path = json_string_value(json_object_get(setting, "path"));
	const char *hex = json_string_value(json_object_get(setting, "before_hex"));
	struct setting_file f = { .fd = -1 };
	struct switched_setting s = {
		.path = path ?: "",
		.file = &f,
		.why = "",
		.pid = (int)json_integer_value(json_object_get(doc, "pid")),
		.when = json_string_value(json_object_get(doc, "when")) ?: "",
	};
	const char *other = path ? other_namespace(setting, path) : NULL;
	char buf[128];

	if (other) {
		s.state = SWITCHED_ELSEWHERE;
		s.why = other;
		f.before = from_hex(hex ?: "", &f.before_len);
	} else {
		judge(&s, &f, hex ?: "?", l->wish, buf, sizeof(buf));
	}
	l->in_use = l->in_use || s.state == SWITCHED_IN_USE;
	l->left = l->left || s.state == SWITCHED_LEFT || s.state == SWITCHED_ELSEWHERE ||
		  s.state == SWITCHED_FAILED;
	l->tell(&s, l->arg);
	setting_file__close(&f);
}

/* Records are renamed into place when they are whole, so that none is damaged by a kill alone. */
static void look_at_damaged(struct looking *l, int dir, const char *name)
{
	char place[SETTING_PATH_BYTES], path[SETTING_PATH_BYTES + NAME_MAX + 2];
	struct setting_file none = { .fd = -1 };
	struct switched_setting s = { .path = path,
				      .file = &none,
				      .when = "",
				      .why = "",
				      .error = EBADMSG,
				      .state = SWITCHED_DAMAGED };

	/* It may have been removed meanwhile by the run whose it is. */
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW))
		return;
	find_place(l->place, place, sizeof(place));
	snprintf(path, sizeof(path), "%s/%s", place, name);
	l->tell(&s, l->arg);
	if (l->wish == SWITCHED_FORGET)
		unlinkat(dir, name, 0);
}

static int look_at_record(struct looking *l, int dir, const char *name)
{
	json_t *doc, *setting;
	int ret = load(dir, name, &doc);
	size_t i;

	if (ret == -EBADMSG)
		look_at_damaged(l, dir, name);
	/* It may have been removed meanwhile by the run whose it is. */
	if (ret)
		return ret == -EBADMSG || ret == -ENOENT ? 0 : ret;
	l->in_use = l->left = false;
	if (of_this_boot(doc))
		json_array_foreach(json_object_get(doc, "settings"), i, setting)
			look_at_setting(l, doc, setting);
	json_decref(doc);
	if (l->wish != SWITCHED_LIST && !l->in_use && (!l->left || l->wish == SWITCHED_FORGET))
		unlinkat(dir, name, 0);
	return 0;
}

static int look_at_place(struct looking *l, int dir)
{
	DIR *d = fdopendir(dir);
	const struct dirent *entry;
	int ret = 0, one;

	if (!d) {
		ret = -errno;
		close(dir);
		return ret;
	}
	while ((entry = readdir(d))) {
		const char *dot = strrchr(entry->d_name, '.');

		one = dot && !strcmp(dot, ENDING) ? look_at_record(l, dirfd(d), entry->d_name) : 0;
		ret = ret ?: one;
	}
	closedir(d);
	return ret;
}

int switched__each(enum switched_wish wish, switched_tell *tell, void *arg, struct error *err)
{
	struct looking l = { .wish = wish, .tell = tell, .arg = arg };
	char path[SETTING_PATH_BYTES];
	int ret = 0;

	for (unsigned int i = 0; i < NR_PLACES; i++) {
		int dir = open_place(i, false), one;

		l.place = i;
		one = dir < 0 ? dir : look_at_place(&l, dir);

		/*
		 * Not an error: a place that is no directory or belongs to someone else cannot hold
		 * records of this user.
		 */
		if (!one || one == -ENOENT || one == -ENOTDIR || one == -ELOOP ||
		    is_of_another(i) || ret)
			continue;
		find_place(i, path, sizeof(path));
		ret = error__set(err, one, "%s, where switched settings are written down, %s: %s",
				 path, one == -EPERM ? "is not used" : "cannot be read",
				 one == -EPERM ? "others can write to it" : strerror(-one));
	}
	return ret;
}
