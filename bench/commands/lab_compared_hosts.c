// SPDX-License-Identifier: GPL-2.0-or-later
/* Hosts to be compared; see lab_compared_hosts.h. */
#include "bench/commands/lab_compared_hosts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/lab/fs.h"
#include "bench/result/doc.h"
#include "bench/result/file.h"

int side__parse(struct lab_side *side, const struct lab_lane *lane, struct error *err)
{
	struct {
		const char *key;
		const char **value;
	} keys[] = {
		{ "modules=", &side->modules }, { "mitigations=", &side->mitigations },
		{ "xen=", &side->xen },		{ "vmlinux=", &side->vmlinux },
		{ "cmdline=", &side->cmdline },
	};
	char *p, *next;
	size_t len;

	if (!*side->text)
		return error__set(err, -EINVAL,
				  "a host without a name: say debian:VERSION, the path of a "
				  "bzImage, KEY=VALUE, or a result's file");
	side->copy = strdup(side->text);
	if (!side->copy)
		return error__set(err, -ENOMEM, "out of memory");
	for (p = side->copy; p && *p; p = next) {
		const char **value = &side->kernel;
		/* The name of a file may contain commas. */
		bool rest = !strncmp(p, "cmdline=", 8) || (p == side->copy && !access(p, F_OK));

		next = rest ? NULL : strchr(p, ',');
		if (next)
			*next++ = '\0';
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (!strncmp(p, keys[i].key, strlen(keys[i].key))) {
				value = keys[i].value;
				p += strlen(keys[i].key);
				break;
			}
		if (*value)
			return error__set(err, -EINVAL,
					  "'%s' names two kernels, or one thing twice", side->text);
		*value = p;
	}
	len = side->kernel ? strlen(side->kernel) : 0;
	if ((len > 5 && !strcmp(side->kernel + len - 5, ".json")) ||
	    (len > 13 && !strcmp(side->kernel + len - 13, ".json.partial"))) {
		side->document = side->kernel;
		side->kernel = NULL;
	}
	if (side->kernel && !lane->kernel)
		return error__set(err, -EINVAL, "lane %s has no kernel to choose", lane->name);
	if (side->xen && !lane->has_xen)
		return error__set(err, -EINVAL, "lane %s runs no Xen", lane->name);
	return 0;
}

void side__free(struct lab_side *side)
{
	free(side->copy);
	free(side->saved);
	json_decref(side->doc);
	side->copy = NULL;
	side->saved = NULL;
	side->doc = NULL;
}

/* The request for a host: the command's, with what the host's description replaces. */
static struct lab_request request_of(const struct lab_command *cmd, const struct lab_side *side)
{
	struct lab_request req = cmd->req;

	req.kernel = side->kernel ? side->kernel : req.kernel;
	req.modules = side->modules ? side->modules : req.modules;
	req.mitigations = side->mitigations ? side->mitigations : req.mitigations;
	req.cmdline = side->cmdline ? side->cmdline : req.cmdline;
	req.xen = side->xen ? side->xen : req.xen;
	req.vmlinux = side->vmlinux ? side->vmlinux : req.vmlinux;
	return req;
}

/*
 * Another lane, or another version of the emulator, counts other paths: figures of both say nothing
 * of the hosts. Older documents do not tell which they are of. -EXDEV.
 */
static int check_alike(const json_t *a, const char *name_a, const json_t *b, const char *name_b,
		       struct error *err)
{
	static const struct {
		const char *field, *what;
	} fields[] = {
		{ "host.lab.lane", "lane" },
		{ "host.lab.emulator.name", "emulator" },
		{ "host.lab.emulator.version", "version of the emulator" },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *x = doc__text(a, fields[i].field), *y = doc__text(b, fields[i].field);

		if (*x && *y && strcmp(x, y))
			return error__set(
				err, -EXDEV,
				"'%s' and '%s' cannot be compared: %s %s, and %s. Measure "
				"both with the same one",
				name_a, name_b, fields[i].what, x, y);
	}
	return 0;
}

/* Checks each host's document against the first that there is. */
static int check_all_alike(const struct lab_side *sides, json_t *const *docs, unsigned int nr,
			   struct error *err)
{
	unsigned int first = 0;
	int code = 0;

	while (first < nr && !docs[first])
		first++;
	for (unsigned int i = first + 1; i < nr && !code; i++)
		if (docs[i])
			code = check_alike(docs[first], sides[first].text, docs[i], sides[i].text,
					   err);
	return code;
}

static int load(struct lab_command *cmd, struct lab_side *side)
{
	const char *lane;

	side->doc = result__load(side->document, &cmd->err);
	if (!side->doc)
		return cmd->err.code;
	if (strcmp(doc__text(side->doc, "host.clock"), "icount"))
		return error__set(&cmd->err, -EBADMSG,
				  "%s is not of the lab: its clock counts no "
				  "instructions",
				  side->document);
	lane = doc__text(side->doc, "host.lab.lane");
	if (*lane && strcmp(lane, cmd->lane->name))
		return error__set(&cmd->err, -EXDEV, "%s is of lane %s, not of %s", side->document,
				  lane, cmd->lane->name);
	return 0;
}

/*
 * Checks everything before anything boots: documents exist and come from the lab, every host can be
 * built. Fetches what has to be fetched. On failure an error was printed, and cmd->status is set.
 */
static int check_sides(struct lab_command *cmd, struct lab_side *sides, unsigned int nr)
{
	json_t *docs[PATHS_MAX] = { NULL };
	bool host_failed = false;
	int code = 0;

	/* Documents first, since they take no time. */
	for (unsigned int i = 0; i < nr && !code; i++)
		if (sides[i].document)
			code = load(cmd, &sides[i]);
	for (unsigned int i = 0; i < nr; i++)
		docs[i] = sides[i].doc;
	if (!code)
		code = check_all_alike(sides, docs, nr, &cmd->err);
	for (unsigned int i = 0; i < nr && !code; i++) {
		struct lab_request req = request_of(cmd, &sides[i]);

		if (sides[i].document)
			continue;
		code = lab__check(&cmd->lab, cmd->lane, &req, &host_failed, &cmd->err);
		if (code)
			error__prefix(&cmd->err, "host '%s'", sides[i].text);
	}
	if (code)
		lab_command__host_failed(cmd, host_failed);
	return code;
}

static int measure(struct lab_command *cmd, const struct lab_side *side, struct paths *paths)
{
	struct lab_request req = request_of(cmd, side);
	struct lab_outcome out;
	char name[96];
	int code;

	code = lab_command__measure(cmd, &req, &out);
	if (code) {
		error__prefix(&cmd->err, "host '%s'", side->text);
		lab_command__failed(cmd, &out);
	} else {
		fs__format(name, sizeof(name), "%.40s%s%.16s%s%.20s%s%.16s", out.kernel,
			   side->mitigations ? " mitigations=" : "",
			   side->mitigations ? side->mitigations : "", side->cmdline ? " " : "",
			   side->cmdline ? side->cmdline : "", side->xen ? " " : "",
			   side->xen ? side->xen : "");
		code = paths__add(paths, name, out.doc, &cmd->err);
		if (code)
			lab_command__failed(cmd, NULL);
	}
	lab_outcome__free(&out);
	return code;
}

static void keep(struct lab_command *cmd, const struct lab_side *sides, unsigned int nr,
		 const struct paths *paths)
{
	char what[128];

	for (unsigned int i = 0; i < nr; i++) {
		if (sides[i].document)
			continue;
		snprintf(what, sizeof(what), "what was measured of host '%.80s'", sides[i].text);
		if (sides[i].saved && sides[i].saved->written)
			fprintf(stderr, "hvbench %s: %s is kept in %s\n", cmd->name, what,
				sides[i].saved->path);
		else
			lab_command__keep(cmd, paths->docs[i], what);
	}
}

void sides__reported(struct lab_command *cmd, const struct lab_side *sides, unsigned int nr,
		     const struct paths *paths)
{
	bool failed = fflush(stdout) || ferror(stdout);

	if (failed && !cmd->output.path)
		keep(cmd, sides, nr, paths);
	for (unsigned int i = 0; i < nr; i++)
		if (sides[i].saved)
			checkpoint__end(sides[i].saved, !cmd->err.code);
}

/* Of the host numbered `nr`, from 1; without memory for it the run goes on without. */
static void save_side(const struct lab_command *cmd, struct lab_side *side, unsigned int nr,
		      json_t *doc)
{
	char path[PATH_MAX];
	struct stat st;

	if (!cmd->output.path || !strcmp(cmd->output.path, "-") ||
	    (stat(cmd->output.path, &st) == 0 && !S_ISREG(st.st_mode)) ||
	    snprintf(path, sizeof(path), "%s.%u.json", cmd->output.path, nr) >= (int)sizeof(path))
		return;
	side->saved = malloc(sizeof(*side->saved));
	if (!side->saved)
		return;
	checkpoint__init(side->saved, path);
	if (side->saved->path[0])
		checkpoint__save(side->saved, json_incref(doc));
}

int sides__measure(struct lab_command *cmd, struct lab_side *sides, unsigned int nr,
		   struct paths *paths)
{
	unsigned int done = 0;
	int code = check_sides(cmd, sides, nr);

	for (; !code && done < nr; done += !code) {
		if (!sides[done].document) {
			code = measure(cmd, &sides[done], paths);
			if (!code)
				save_side(cmd, &sides[done], done + 1, paths->docs[done]);
			continue;
		}
		code = paths__add(paths, sides[done].document, sides[done].doc, &cmd->err);
		if (code)
			lab_command__failed(cmd, NULL);
	}
	/* Of a host measured just now the emulator's version is known only now. */
	if (!code) {
		code = check_all_alike(sides, paths->docs, nr, &cmd->err);
		if (code)
			lab_command__failed(cmd, NULL);
	}
	if (code)
		keep(cmd, sides, done, paths);
	return code;
}
