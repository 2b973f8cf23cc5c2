// SPDX-License-Identifier: GPL-2.0-or-later
/* The lab's cache of packages; see cache.h. */
#include "bench/lab/image/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/lab/fs.h"
#include "bench/lab/image/apt.h"

#define TOOL_TIMEOUT_S 600

static void say(const struct cache *cache, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(const struct cache *cache, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!cache->progress)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cache->progress(cache->progress_data, text);
}

int cache__open(struct cache *cache, struct signals_blocked *signals, struct error *err)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	static const char *const dirs[] = { "", "/sets", "/debs", "/trees", "/apt", "/logs" };
	/* Files that tools leave if they are killed together with this program. */
	static const char *const temporary[] = { "apt", "tool", "sum", "plot", NULL };
	char path[LAB_PATH];
	int code = 0;

	cache->signals = signals;
	cache->lock_fd = -1;
	if (xdg && xdg[0] == '/')
		snprintf(cache->dir, sizeof(cache->dir), "%.900s/hvbench/lab", xdg);
	else if (home && home[0] == '/')
		snprintf(cache->dir, sizeof(cache->dir), "%.900s/.cache/hvbench/lab", home);
	else
		return error__set(err, -ENOENT,
				  "no place for the lab's cache: set XDG_CACHE_HOME or HOME");
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && !code; i++) {
		fs__path(path, "%s%s", cache->dir, dirs[i]);
		code = fs__mkdirs(path, err);
	}
	if (code)
		return error__prefix(err, "making the lab's cache (XDG_CACHE_HOME says where)");
	fs__sweep_files(cache->dir, temporary);
	fs__path(path, "%s/lock", cache->dir);
	cache->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (cache->lock_fd < 0)
		return error__set(err, -errno, "cannot open %s: %s", path, strerror(errno));
	return 0;
}

void cache__close(struct cache *cache)
{
	if (cache->lock_fd >= 0)
		close(cache->lock_fd);
	cache->lock_fd = -1;
}

static int lock_tick(void *data)
{
	return flock(*(int *)data, LOCK_EX | LOCK_NB) ? 0 : 1;
}

/* Held while the cache changes; waits for another process that holds it. May be nested. */
static int lock(struct cache *cache, struct error *err)
{
	static const char *const wait[] = { "sleep", "86400", NULL };
	struct proc_options opts = { .tick = lock_tick, .data = &cache->lock_fd };
	int code;

	if (cache->lock_depth++)
		return 0;
	if (!flock(cache->lock_fd, LOCK_EX | LOCK_NB))
		return 0;
	say(cache, "waiting for another hvbench that is filling the lab's cache");
	/* Waiting in a sleeping child can be interrupted like everything else here. */
	code = proc__run(wait, &opts, cache->signals, NULL, err);
	if (code == 1)
		return 0;
	cache->lock_depth--;
	return code ? code : error__set(err, -EIO, "cannot lock %s/lock", cache->dir);
}

static void unlock(struct cache *cache)
{
	if (!--cache->lock_depth)
		flock(cache->lock_fd, LOCK_UN);
}

/* Runs a tool of which only the status matters; its output goes into the error message. */
static int tool(struct cache *cache, const char *const *argv, const char *dir, const char *out,
		struct error *err)
{
	char log[LAB_PATH], *tail;
	struct proc_options opts = { .dir = dir, .out = out, .timeout_s = TOOL_TIMEOUT_S };
	struct proc_result res;
	int code;

	fs__path(log, "%s/tool.%d.log", cache->dir, (int)getpid());
	if (out)
		opts.err = log;
	else
		opts.out = log;
	code = proc__run(argv, &opts, cache->signals, &res, err);
	if (!code && res.status) {
		tail = fs__tail(log, 3);
		code = error__set(err, -EIO, "%s failed with status %d: %s", argv[0], res.status,
				  tail && *tail ? tail : "it printed nothing");
		free(tail);
	}
	unlink(log);
	return code;
}

/* Whether every file of a sha256sum list is there and unchanged; paths are relative to `dir`. */
static bool sound(struct cache *cache, const char *dir, const char *list)
{
	const char *const argv[] = { "sha256sum", "--check", "--strict", "--quiet", list, NULL };
	struct error unused;
	char any[LAB_PATH];
	struct stat st;

	if (stat(list, &st))
		return false;
	/* Of some packages the lab needs no file at all. */
	if (!st.st_size)
		return !access(dir, F_OK) && !fs__find(dir, "*", any, sizeof(any));
	return !tool(cache, argv, dir, NULL, &unused);
}

/* The files of a package that the lab can use; the rest is not kept unpacked. */
static const char *const keep[] = {
	"/bin/busybox",	       "/boot/vmlinuz-*",      "/boot/config-*",  "/boot/xen*",
	"*/modules/*/vmlinuz", "*/arch/x86/kvm/*.ko*", "*/irqbypass.ko*", "*/ccp.ko*",
	"*/drivers/xen/*.ko*", "*/lib*.so*",	       "*/ld-linux*",	  "/usr/lib/xen-*/bin/*",
	"/usr/sbin/xen*",      "/usr/bin/xen*",	       "/usr/sbin/xl",	  "/usr/lib/debug/*xen*",
};

static void prune(const char *tree)
{
	char *const paths[] = { (char *)tree, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;

	while (fts && (e = fts_read(fts))) {
		bool wanted = false;

		if (e->fts_info == FTS_D)
			continue;
		for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]) && !wanted; i++)
			wanted = !fnmatch(keep[i], e->fts_path + strlen(tree), 0);
		/* Removes directories that became empty. */
		if (e->fts_info == FTS_DP && e->fts_level)
			rmdir(e->fts_path);
		else if (e->fts_info != FTS_DP && !wanted)
			unlink(e->fts_path);
	}
	if (fts)
		fts_close(fts);
}

static int hash_tree(struct cache *cache, const char *tree, const char *list, struct error *err)
{
	const char *const argv[] = {
		"sh",
		"-c",
		"find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum --",
		NULL,
	};

	return tool(cache, argv, tree, list, err);
}

static int unpack(struct cache *cache, const char *deb, const char *tree, struct error *err)
{
	char temp[LAB_PATH], list[LAB_PATH], list_temp[LAB_PATH];
	const char *const argv[] = { "dpkg-deb", "-x", deb, temp, NULL };
	int code;

	say(cache, "unpacking %s", strrchr(deb, '/') + 1);
	fs__path(temp, "%s.new", tree);
	fs__path(list, "%s.sha256", tree);
	fs__path(list_temp, "%s.sha256.new", tree);
	fs__remove_tree(temp);
	code = tool(cache, argv, NULL, NULL, err);
	if (!code) {
		prune(temp);
		code = hash_tree(cache, temp, list_temp, err);
	}
	if (!code) {
		fs__remove_tree(tree);
		if (rename(temp, tree) || rename(list_temp, list))
			code = error__set(err, -errno, "cannot put %s in place: %s", tree,
					  strerror(errno));
	}
	if (code) {
		fs__remove_tree(temp);
		unlink(list_temp);
		return error__prefix(err, "unpacking %s", deb);
	}
	return 0;
}

/* The names in a set's list, in their order: "HASH  debs/NAME.deb". */
static int read_set(struct cache *cache, const char *set, char names[][256], unsigned int *nr)
{
	char path[LAB_PATH], line[512];
	FILE *f;

	fs__path(path, "%s/sets/%s", cache->dir, set);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	*nr = 0;
	while (fgets(line, sizeof(line), f) && *nr < MAX_SET) {
		char *deb = strstr(line, "  debs/");

		line[strcspn(line, "\n")] = '\0';
		if (!deb || deb - line != 64)
			break;
		snprintf(names[(*nr)++], 256, "%s", deb + strlen("  debs/"));
	}
	fclose(f);
	return *nr ? 0 : -EBADMSG;
}

/* "linux-image_6.1.192-2_amd64.deb": apt writes the epoch's colon as %3a. */
static void version_of(const char *deb, char *version, size_t len)
{
	const char *p = strchr(deb, '_');

	snprintf(version, len, "%.*s", p ? (int)strcspn(p + 1, "_") : 0, p ? p + 1 : "");
}

/*
 * The trees of a set in the cache; -ENOENT if it does not have the set, -EBADMSG if a package is
 * missing or damaged (the set must then be fetched again).
 */
static int use_set(struct cache *cache, const char *set, struct tree_set *trees, struct error *err)
{
	char names[MAX_SET][256], deb[LAB_PATH], list[LAB_PATH];
	bool debs_checked = false;
	unsigned int nr = 0;
	int code = read_set(cache, set, names, &nr);

	if (code)
		return error__set(err, code == -ENOENT ? code : -EBADMSG,
				  "the lab's cache does not hold %s", set);
	trees->nr = nr;
	version_of(names[0], trees->version, sizeof(trees->version));
	for (unsigned int i = 0; i < nr && !code; i++) {
		char *tree = trees->dir[i];

		snprintf(tree, LAB_PATH, "%.700s/trees/%.255s", cache->dir, names[i]);
		fs__path(deb, "%s/debs/%s", cache->dir, names[i]);
		fs__path(list, "%s.sha256", tree);
		if (sound(cache, tree, list))
			continue;
		if (!access(tree, F_OK))
			say(cache, "%s is damaged", tree);
		fs__path(list, "%s/sets/%s", cache->dir, set);
		if (!debs_checked && !sound(cache, cache->dir, list))
			return error__set(
				err, -EBADMSG,
				"a package of %s in the lab's cache is missing or damaged", set);
		debs_checked = true;
		code = unpack(cache, deb, tree, err);
	}
	return code;
}

static int fetch_set(struct cache *cache, const char *set, const char *release,
		     const struct apt_package *packages, unsigned int nr, struct error *err)
{
	char path[LAB_PATH], temp[LAB_PATH], debs[MAX_SET][LAB_PATH], dir[LAB_PATH];
	const char *argv[MAX_SET + 3] = { "sha256sum", "--" };
	int code = 0;

	fs__path(dir, "%s/debs", cache->dir);
	for (unsigned int i = 0; i < nr && !code; i++) {
		char name[256];

		say(cache, "fetching %s %s (%s)", packages[i].name, packages[i].version, release);
		code = apt__download(cache, release, &packages[i], dir, name, sizeof(name), err);
		fs__path(debs[i], "debs/%s", name);
		argv[2 + i] = debs[i];
	}
	if (code)
		return code;
	fs__path(path, "%s/sets/%s", cache->dir, set);
	fs__path(temp, "%s.new", path);
	code = tool(cache, argv, cache->dir, temp, err);
	if (!code && rename(temp, path))
		code = error__set(err, -errno, "cannot write %s: %s", path, strerror(errno));
	if (code)
		unlink(temp);
	return code;
}

/*
 * Uses what the cache has. Whether it lacks the set, holds a damaged one, or is to be refreshed,
 * and may fetch it; otherwise *code is 0 or an error.
 */
static bool needs_fetching(struct cache *cache, const char *set, struct tree_set *trees, int *code,
			   struct error *err)
{
	*code = cache->refresh ? -ENOENT : use_set(cache, set, trees, err);
	if (*code != -ENOENT && *code != -EBADMSG)
		return false;
	if (!cache->offline)
		return true;
	*code = error__set(
		err, -ENETUNREACH,
		"%s is not in the lab's cache, or damaged there, and fetching is off (--offline): "
		"run 'hvbench lab setup' with a network first",
		set);
	return false;
}

int cache__packages(struct cache *cache, const char *set, const char *release,
		    const char *const *packages, struct tree_set *trees, struct error *err)
{
	struct apt_package list[MAX_SET];
	unsigned int nr = 0;
	int code = lock(cache, err);

	if (code)
		return code;
	memset(list, 0, sizeof(list));
	if (!needs_fetching(cache, set, trees, &code, err))
		goto out;
	code = apt__update(cache, release, err);
	for (; !code && packages[nr] && nr < MAX_SET; nr++) {
		snprintf(list[nr].name, sizeof(list[nr].name), "%s", packages[nr]);
		code = apt__candidate(cache, release, &list[nr], err);
	}
	if (!code)
		code = fetch_set(cache, set, release, list, nr, err);
	if (!code)
		code = use_set(cache, set, trees, err);
out:
	unlock(cache);
	return code;
}

/* The releases to search, the likeliest first: the one that was made with the series. */
static void releases_for(const char *name, const char *out[8])
{
	static const struct {
		const char *release, *series;
	} table[] = {
		{ "bullseye", "5.10" }, { "bookworm", "6.1" },	      { "trixie", "6.12" },
		{ "sid", "" },		{ "bookworm-backports", "" }, { "trixie-backports", "" },
		{ "experimental", "" },
	};
	const size_t nr = sizeof(table) / sizeof(table[0]);
	unsigned int n = 0;

	for (size_t i = 0; i < nr; i++)
		if (!strcmp(name, table[i].release)) {
			out[0] = table[i].release;
			out[1] = NULL;
			return;
		}
	for (int likely = 1; likely >= 0; likely--)
		for (size_t i = 0; i < nr; i++) {
			size_t len = strlen(table[i].series);
			bool match = len && !strncmp(name, table[i].series, len) &&
				     strchr(".-", name[len]);

			if (match == likely)
				out[n++] = table[i].release;
		}
	out[n] = NULL;
}

static int no_such_kernel(const struct kernel_list *list, const struct kernel_name *name,
			  const char *looked, const char *unread, struct error *err)
{
	char nearest[512];
	size_t nr = 0;

	for (size_t i = 0; i < list->nr; i++)
		nr += list->images[i].cloud == name->cloud;
	kernel_list__nearest(list, name, nearest, sizeof(nearest));
	error__set(err, -ENOENT,
		   "no %s %s among the %zu image packages (linux-image-…%s-amd64) that Debian "
		   "has now in%s",
		   name->cloud ? "cloud kernel" : "kernel", name->version, nr,
		   name->cloud ? "-cloud" : "", looked);
	error__append(err, "%s", nearest);
	if (*unread)
		error__append(err, "; not read:%s", unread);
	return error__append(err, " (files can be given by --kernel VMLINUZ --modules DIR)");
}

/* The release's own kernel if a release is named, else the image that the name stands for. */
static int find_in(struct cache *cache, const char *release, const struct kernel_name *name,
		   struct kernel_list *list, struct apt_package *image, struct error *err)
{
	const struct kernel_image *chosen;
	int code;

	if (!strcmp(name->version, release))
		return apt__release_kernel(cache, release, name->cloud, image, err);
	code = apt__kernel_images(cache, release, list, err);
	if (code)
		return code;
	chosen = kernel_list__choose(list, name);
	if (!chosen)
		return -ENOENT;
	*image = chosen->package;
	return 0;
}

static int find_kernel(struct cache *cache, const struct kernel_name *name,
		       struct apt_package *packages, unsigned int *nr, const char **release,
		       struct error *err)
{
	struct kernel_list list = { 0 };
	char looked[256] = "", unread[256] = "";
	const char *releases[8];
	int code = -ENOENT;

	releases_for(name->version, releases);
	for (unsigned int i = 0; releases[i] && code == -ENOENT; i++) {
		char *names = looked;

		*release = releases[i];
		code = apt__update(cache, releases[i], err);
		/*
		 * Another release may have it, so go on; but a missing network is reported at once.
		 */
		if (code && code != -EINTR && i) {
			names = unread;
			code = -ENOENT;
		} else if (!code) {
			code = find_in(cache, releases[i], name, &list, &packages[0], err);
		}
		snprintf(names + strlen(names), 256 - strlen(names), "%s %s", *names ? "," : "",
			 releases[i]);
	}
	if (code == -ENOENT && strcmp(name->version, *release))
		code = no_such_kernel(&list, name, looked, unread, err);
	else if (!code)
		code = apt__kernel_parts(cache, *release, packages, MAX_SET, nr, err);
	kernel_list__free(&list);
	return code;
}

int cache__kernel(struct cache *cache, const char *name, struct tree_set *trees, struct error *err)
{
	struct apt_package packages[MAX_SET];
	struct kernel_name wanted;
	unsigned int nr = 0;
	const char *release = NULL;
	char set[128];
	int code = kernel_name__parse(&wanted, name, err);

	if (code)
		return code;
	snprintf(set, sizeof(set), "kernel-%s", name);
	code = lock(cache, err);
	if (code)
		return code;
	if (!needs_fetching(cache, set, trees, &code, err))
		goto out;
	code = find_kernel(cache, &wanted, packages, &nr, &release, err);
	if (!code)
		code = fetch_set(cache, set, release, packages, nr, err);
	if (!code)
		code = use_set(cache, set, trees, err);
out:
	unlock(cache);
	return code;
}

int cache__kernels(struct cache *cache, struct kernel_list *list, struct error *err)
{
	const char *releases[8];
	bool any = false;
	int code = lock(cache, err);

	if (code)
		return code;
	releases_for("", releases);
	for (unsigned int i = 0; releases[i] && code != -EINTR; i++) {
		code = cache->offline ? 0 : apt__update(cache, releases[i], err);
		if (!code)
			code = apt__kernel_images(cache, releases[i], list, err);
		any |= !code;
	}
	unlock(cache);
	return any && code != -EINTR ? 0 : code;
}

bool cache__find_file(const struct tree_set *trees, const char *pattern, char *path, size_t len)
{
	bool found = false;

	for (unsigned int i = 0; i < trees->nr && !found; i++)
		found = fs__find(trees->dir[i], pattern, path, len);
	return found;
}
