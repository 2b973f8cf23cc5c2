// SPDX-License-Identifier: GPL-2.0-or-later
/* Debian's package archive; see apt.h. */
#include "bench/lab/image/apt.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/program.h"
#include "bench/lab/fs.h"

#define KEYRING		 "/usr/share/keyrings/debian-archive-keyring.gpg"
#define UPDATE_TIMEOUT_S 300
#define FETCH_TIMEOUT_S	 900
#define FRESH_S		 3600

/* The options of every call of apt, so that it uses the release's lists and nothing else. */
struct apt_call {
	char dir[LAB_PATH];
	char opts[11][LAB_PATH + 64];
	const char *argv[1024];
	unsigned int nr;
};

static void call__init(struct apt_call *call, const struct cache *cache, const char *program,
		       const char *release)
{
	unsigned int i = 0;

	fs__path(call->dir, "%s/apt/%s", cache->dir, release);
	fs__path(call->opts[i++], "Dir::State::Lists=%s/lists", call->dir);
	fs__path(call->opts[i++], "Dir::Cache=%s/cache", call->dir);
	/* Some images turn these caches off, and every call then parses all lists again. */
	fs__path(call->opts[i++], "Dir::Cache::pkgcache=pkgcache.bin");
	fs__path(call->opts[i++], "Dir::Cache::srcpkgcache=srcpkgcache.bin");
	fs__path(call->opts[i++], "Dir::Etc::sourcelist=%s/sources.list", call->dir);
	fs__path(call->opts[i++], "Dir::Etc::sourceparts=/dev/null");
	fs__path(call->opts[i++], "Dir::Etc::preferences=/dev/null");
	fs__path(call->opts[i++], "Dir::Etc::preferencesparts=/dev/null");
	fs__path(call->opts[i++], "Acquire::Languages=none");
	fs__path(call->opts[i++], "APT::Architecture=amd64");
	/* Otherwise apt, run as root, would drop its rights and could not write here. */
	fs__path(call->opts[i++], "APT::Sandbox::User=root");
	call->nr = 0;
	call->argv[call->nr++] = program;
	for (unsigned int o = 0; o < i; o++) {
		call->argv[call->nr++] = "-o";
		call->argv[call->nr++] = call->opts[o];
	}
	call->argv[call->nr] = NULL;
}

static void call__add(struct apt_call *call, const char *arg)
{
	if (call->nr + 1 >= sizeof(call->argv) / sizeof(call->argv[0]))
		return;
	call->argv[call->nr++] = arg;
	call->argv[call->nr] = NULL;
}

/* Runs it; on success its output goes to `text` (the caller frees it) if that is not NULL. */
static int call__run(struct apt_call *call, struct cache *cache, const char *dir,
		     unsigned int timeout_s, char **text, struct error *err)
{
	static const char *const env[] = { "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive", NULL };
	char out[LAB_PATH], log[LAB_PATH], *tail;
	struct proc_options opts = {
		.dir = dir, .out = out, .err = log, .env = env, .timeout_s = timeout_s
	};
	struct proc_result res;
	int code;

	if (!program__find(call->argv[0], NULL, 0))
		return error__set(
			err, -ENOENT,
			"%s is not here: the lab takes its kernels from Debian's package archive "
			"and needs apt and dpkg (any distribution has them as packages)",
			call->argv[0]);
	fs__path(out, "%s/apt.%d.out", cache->dir, (int)getpid());
	fs__path(log, "%s/apt.%d.log", cache->dir, (int)getpid());
	code = proc__run(call->argv, &opts, cache->signals, &res, err);
	if (!code && res.status) {
		tail = fs__tail(log, 3);
		code = error__set(err, -EIO, "%s failed with status %d: %s", call->argv[0],
				  res.status, tail && *tail ? tail : "it printed nothing");
		free(tail);
	}
	if (!code && text) {
		*text = fs__read(out, NULL, err);
		code = *text ? 0 : err->code;
	}
	unlink(out);
	unlink(log);
	return code;
}

struct mirrors {
	char main[512], security[512];
};

/* From apt's own view of its sources: those with Debian's label, whatever their address. */
static int find_mirrors(struct cache *cache, struct mirrors *m, struct error *err)
{
	struct apt_call call = { .argv = { "apt-get", "indextargets", "--format",
					   "$(ORIGIN)|$(LABEL)|$(REPO_URI)",
					   "Created-By: Packages" },
				 .nr = 5 };
	char *text = NULL, *line, *save = NULL;
	int code;

	memset(m, 0, sizeof(*m));
	if (cache->mirror) {
		snprintf(m->main, sizeof(m->main), "%s", cache->mirror);
		return 0;
	}
	code = call__run(&call, cache, NULL, UPDATE_TIMEOUT_S, &text, err);
	if (code)
		return error__prefix(err, "asking apt for the package archive's address");
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "Debian|Debian|", 14))
			snprintf(m->main, sizeof(m->main), "%s", line + 14);
		else if (!strncmp(line, "Debian|Debian-Security|", 23))
			snprintf(m->security, sizeof(m->security), "%s", line + 23);
	}
	free(text);
	if (!m->main[0])
		return error__set(err, -ENOENT,
				  "apt on this machine knows no Debian archive (or 'apt-get "
				  "update' never ran): "
				  "name one by --mirror URL");
	return 0;
}

/* Writes a release's sources: 0 all its archives; 1 without updates; 2 only the release itself. */
static int write_sources(const char *dir, const char *release, const struct mirrors *m,
			 unsigned int without, struct error *err)
{
	const char *by = access(KEYRING, R_OK) ? "" : " [signed-by=" KEYRING "]";
	char path[LAB_PATH], text[2048];
	int n;

	n = snprintf(text, sizeof(text), "deb%s %s %s main\n", by, m->main, release);
	if (without < 1)
		n += snprintf(text + n, sizeof(text) - n, "deb%s %s %s-updates main\n", by, m->main,
			      release);
	if (without < 2 && m->security[0])
		snprintf(text + n, sizeof(text) - n, "deb%s %s %s-security main\n", by, m->security,
			 release);
	fs__path(path, "%s/sources.list", dir);
	return fs__write(path, text, strlen(text), err);
}

static bool is_fresh(const char *dir)
{
	char path[LAB_PATH];
	struct stat st;

	fs__path(path, "%s/updated", dir);
	return !stat(path, &st) && time(NULL) - st.st_mtime < FRESH_S && time(NULL) >= st.st_mtime;
}

int apt__update(struct cache *cache, const char *release, struct error *err)
{
	bool stable = strcmp(release, "sid") && strcmp(release, "experimental") &&
		      !strstr(release, "-backports");
	struct apt_call call;
	char path[LAB_PATH];
	struct mirrors m;
	int code;

	call__init(&call, cache, "apt-get", release);
	call__add(&call, "--error-on=any");
	call__add(&call, "update");
	if (is_fresh(call.dir))
		return 0;
	if (cache->progress) {
		snprintf(path, sizeof(path), "reading the package lists of %s", release);
		cache->progress(cache->progress_data, path);
	}
	code = find_mirrors(cache, &m, err);
	fs__path(path, "%s/lists/partial", call.dir);
	if (!code)
		code = fs__mkdirs(path, err);
	fs__path(path, "%s/cache/archives/partial", call.dir);
	if (!code)
		code = fs__mkdirs(path, err);
	if (code)
		return code;
	/* The archives of updates of old releases are removed at some point. */
	for (unsigned int without = stable ? 0 : 2; without <= 2; without++) {
		code = write_sources(call.dir, release, &m, without, err);
		if (!code)
			code = call__run(&call, cache, NULL, UPDATE_TIMEOUT_S, NULL, err);
		if (code != -EIO)
			break;
	}
	fs__path(path, "%s/updated", call.dir);
	if (!code)
		return fs__write(path, "", 0, err);
	error__prefix(err, "reading the package lists of Debian %s", release);
	return code == -EIO ? err->code = -ENETUNREACH : code;
}

/*
 * The value of a field in one stanza of apt-cache show, NULL if it is not there. It ends in '\n'.
 */
static const char *field(const char *stanza, const char *end, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = stanza; p && p < end; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, name, len) && p[len] == ':')
			return p + len + 1 + (p[len + 1] == ' ');
		if (*p == '\n')
			break;
	}
	return NULL;
}

static void copy_word(char *to, size_t len, const char *from, const char *end_chars)
{
	snprintf(to, len, "%.*s", from ? (int)strcspn(from, end_chars) : 0, from ? from : "");
}

static int show(struct cache *cache, const char *release, const char *what, char **text,
		struct error *err)
{
	struct apt_call call;
	int code;

	call__init(&call, cache, "apt-cache", release);
	call__add(&call, "show");
	call__add(&call, what);
	code = call__run(&call, cache, NULL, UPDATE_TIMEOUT_S, text, err);
	if (code == -EIO || (!code && !**text))
		code = error__set(err, -ENOENT, "Debian %s has no package %s", release, what);
	return code;
}

int apt__candidate(struct cache *cache, const char *release, struct apt_package *package,
		   struct error *err)
{
	char *text = NULL;
	int code = show(cache, release, package->name, &text, err);

	if (!code)
		copy_word(package->version, sizeof(package->version),
			  field(text, text + strlen(text), "Version"), "\n");
	free(text);
	return code;
}

int apt__kernel_images(struct cache *cache, const char *release, struct kernel_list *list,
		       struct error *err)
{
	struct apt_call names, all;
	char *text = NULL, *copy = NULL, *stanzas = NULL, *save = NULL;
	bool any = false;
	int code;

	call__init(&names, cache, "apt-cache", release);
	call__add(&names, "pkgnames");
	call__add(&names, "linux-");
	code = call__run(&names, cache, NULL, UPDATE_TIMEOUT_S, &text, err);
	if (code)
		return code;
	copy = strdup(text);
	if (!copy)
		code = error__set(err, -ENOMEM, "out of memory");
	call__init(&all, cache, "apt-cache", release);
	call__add(&all, "show");
	for (char *n = code ? NULL : strtok_r(copy, "\n", &save); n;
	     n = strtok_r(NULL, "\n", &save))
		if (kernel_list__is_image(n)) {
			call__add(&all, n);
			any = true;
		}
	if (any)
		code = call__run(&all, cache, NULL, UPDATE_TIMEOUT_S, &stanzas, err);
	if (!code && stanzas)
		code = kernel_list__add(list, release, stanzas, text, err);
	free(stanzas);
	free(copy);
	free(text);
	return code;
}

struct parts {
	struct apt_package *packages;
	unsigned int max, nr;
	const char *version;
};

static int add_part(void *data, const char *package)
{
	struct parts *parts = data;
	struct apt_package *p = &parts->packages[parts->nr];

	if (parts->nr == parts->max)
		return 0;
	snprintf(p->name, sizeof(p->name), "%s", package);
	snprintf(p->version, sizeof(p->version), "%s", parts->version);
	parts->nr++;
	return 0;
}

/* Stores the packages with parts of `what` that its first version depends on; returns how many. */
static int show_parts(struct cache *cache, const char *release, const char *what,
		      struct apt_package *packages, unsigned int max, struct error *err)
{
	struct parts parts = { .packages = packages, .max = max };
	char *text = NULL, version[sizeof(packages->version)];
	const char *end;
	int code = show(cache, release, what, &text, err);

	if (code)
		return code;
	end = text + strlen(text);
	copy_word(version, sizeof(version), field(text, end, "Version"), "\n");
	parts.version = version;
	kernel_parts__each(field(text, end, "Depends"), add_part, &parts);
	free(text);
	return (int)parts.nr;
}

int apt__release_kernel(struct cache *cache, const char *release, bool cloud,
			struct apt_package *image, struct error *err)
{
	const char *meta = cloud ? "linux-image-cloud-amd64" : "linux-image-amd64";
	int nr = show_parts(cache, release, meta, image, 1, err);

	if (nr < 0)
		return nr;
	return nr ? 0 : error__set(err, -ENOENT, "%s of Debian %s names no kernel", meta, release);
}

int apt__kernel_parts(struct cache *cache, const char *release, struct apt_package *packages,
		      unsigned int max, unsigned int *nr, struct error *err)
{
	char what[256];
	int found;

	for (bool again = true; again;) {
		snprintf(what, sizeof(what), "%s=%s", packages[0].name, packages[0].version);
		found = show_parts(cache, release, what, packages + 1, max - 1, err);
		if (found < 0)
			return found;
		/*
		 * A series may be a metapackage that is named like an image: go on to what it
		 * depends on.
		 */
		again = found && kernel_list__is_image(packages[1].name);
		if (again)
			packages[0] = packages[1];
	}
	*nr = 1 + (unsigned int)found;
	return 0;
}

/* apt calls the file PACKAGE_VERSION_ARCH.deb, with %XX for characters unsuitable in file names. */
static bool find_deb(const char *dir, const struct apt_package *package, char *file, size_t len)
{
	char pattern[400], path[LAB_PATH], version[256];
	size_t n = 0;

	for (const char *p = package->version; *p && n + 4 < sizeof(version); p++)
		n += snprintf(version + n, sizeof(version) - n, *p == ':' ? "%%3a" : "%c", *p);
	snprintf(pattern, sizeof(pattern), "%s_%s_*.deb", package->name, version);
	if (!fs__find(dir, pattern, path, sizeof(path)))
		return false;
	snprintf(file, len, "%s", strrchr(path, '/') + 1);
	return true;
}

int apt__download(struct cache *cache, const char *release, const struct apt_package *package,
		  const char *dir, char *file, size_t len, struct error *err)
{
	char what[256], temp[LAB_PATH], from[LAB_PATH], to[LAB_PATH];
	struct apt_call call;
	int code;

	snprintf(what, sizeof(what), "%s=%s", package->name, package->version);
	call__init(&call, cache, "apt-get", release);
	call__add(&call, "download");
	call__add(&call, what);
	/* In a new directory: apt would take a damaged file of the right size for the real one. */
	fs__path(temp, "%s/fetch", call.dir);
	fs__remove_tree(temp);
	code = fs__mkdirs(temp, err);
	if (!code)
		code = call__run(&call, cache, temp, FETCH_TIMEOUT_S, NULL, err);
	if (code)
		goto out;
	if (!find_deb(temp, package, file, len)) {
		code = error__set(err, -EIO, "apt-get fetched %s but left no package in %s", what,
				  temp);
		goto out;
	}
	fs__path(from, "%s/%s", temp, file);
	fs__path(to, "%s/%s", dir, file);
	if (rename(from, to))
		code = error__set(err, -errno, "cannot move %s to %s: %s", from, to,
				  strerror(errno));
out:
	fs__remove_tree(temp);
	if (code && code != -EINTR)
		error__prefix(err, "fetching %s from Debian %s", what, release);
	return code;
}
