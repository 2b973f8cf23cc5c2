// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hvbench lab bisect: which commit, version or image made an exit path longer or shorter, by as few
 * boots as possible, and which functions it did that in.
 *
 * What was measured is in the state file at once. The search itself keeps nothing: started again,
 * it takes the same way over what is measured already.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/alloc.h"
#include "bench/commands/lab_bisect_known.h"
#include "bench/commands/lab_bisect_report.h"
#include "bench/lab/bisect/debian.h"
#include "bench/lab/bisect/images.h"
#include "bench/lab/bisect/search.h"
#include "bench/lab/fs.h"
#include "bench/result/doc.h"
#include "bench/result/file.h"
#include "version.h"

#define STATE_SCHEMA "hvbench.lab-bisect-state/1"
#define STATE_FILE   "hvbench-bisect.json"
#define IMAGE	     "arch/x86/boot/bzImage"

enum {
	OPT_GOOD = OPT_LAB_OWN,
	OPT_BAD,
	OPT_IMAGES,
	OPT_GIT,
	OPT_BUILD,
	OPT_THRESHOLD,
	OPT_ALL,
	OPT_STATE,
};

static const struct opt options[] = {
	{ OPT_GOOD, "good", "HOST", "Where the path is as it should be" },
	{ OPT_BAD, "bad", "HOST", "Where it is longer, or shorter" },
	{ OPT_IMAGES, "images", "DIR",
	  "Search the kernel images in DIR, in the order of versions" },
	{ OPT_GIT, "git", "DIR", "Search the commits of the git tree DIR" },
	{ OPT_BUILD, "build", "COMMAND", "What builds a commit, by the shell, in DIR" },
	{ OPT_THRESHOLD, "threshold", "N[%]",
	  "How much a path may change without counting, in instructions or percent (default: 0)" },
	{ OPT_ALL, "all", NULL, "Find every step, not one (--git: by first parents)" },
	{ OPT_STATE, "state", "FILE",
	  "What has been measured, to go on after a stop (default: " STATE_FILE ")" },
	LAB_WHAT_OPTIONS,
	LAB_KERNEL_OPTIONS,
	{ OPT_LAB_XEN, "xen", "FILE", "Xen image instead of Debian's" },
	OUTPUT_OPTION("Write what was found to FILE, as its ending says, else as JSON"),
	FORMAT_OPTION("On standard output: "),
	LAB_COMMON_OPTIONS,
	{}
};

static const struct example examples[] = {
	{ "hvbench lab bisect svm -w cpuid --good debian:6.1 --bad debian:6.12",
	  "which of the versions in Debian's archive" },
	{ "hvbench lab bisect svm -w pio-user --git . --build 'make -j8 bzImage modules' --good "
	  "v6.12 "
	  "--bad HEAD",
	  "which commit" },
	{ "hvbench lab bisect svm -w cpuid --git . --build 'make -C $HDR M=$PWD' --kernel "
	  "debian:6.1 "
	  "--modules . --good a1b2 --bad HEAD",
	  "which commit of a module built by itself" },
	{ "hvbench lab bisect svm-bochs -w cpuid,rdmsr --images kernels --all",
	  "every step among these images" },
	{}
};

static const struct usage usage = {
	.command = "lab bisect",
	.what = "which commit or version made an exit path longer, and in which function",
	.synopsis = "LANE -w WORKLOADS --good HOST --bad HOST",
	.text = "Measures the good and the bad host, and then of those between them as many as it "
		"takes (of a thousand, ten) to find the first that has the difference: figures are "
		"counted, so that one instruction is enough. It ends with that one, the functions "
		"that changed in it, and what else an exit touches.\n\n"
		"A host is one of three things. With --git, a commit: it is checked out, built by "
		"--build, and run; what is run is " IMAGE " with modules anywhere in DIR, or "
		"--kernel and --modules, relative to DIR (or a kernel of Debian's, with modules "
		"from "
		"DIR). At the end what was checked out before is checked out again. With --images, "
		"an "
		"image in DIR: a file vmlinuz-VERSION or bzImage… with its modules in VERSION, "
		"modules/VERSION or lib/modules/VERSION, or a directory with both in it; without "
		"--good and --bad the first and the last. Else a kernel of Debian's "
		"(debian:VERSION).\n\n"
		"What does not build or boot is left out, as by 'git bisect skip'; if the step is "
		"among such, they are named, and the status is 2. A commit with several parents is "
		"compared with the first.\n\n"
		"If it is stopped, the same command goes on where it was.",
	.options = options,
	.shows = SHOW_TABLE,
	.examples = examples,
};

static bool differ(void *data, size_t from, size_t to)
{
	struct bisect *b = data;

	if (!b->all)
		return bisect__is_bad(b, to);
	for (size_t c = 0; c < bisect__nr_cells(b); c++)
		if (bisect__counts(b, bisect__figure(bisect__result(b, from), c),
				   bisect__figure(bisect__result(b, to), c)))
			return true;
	return false;
}

/* The state file */

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, text ? json_string(text) : json_null());
}

/* Everything that a figure depends on. */
static json_t *question_of(const struct bisect *b)
{
	const struct lab_request *req = &b->cmd->req;
	json_t *q = json_object(), *args = json_array();

	set_text(q, "lane", b->cmd->lane->name);
	set_text(q, "hvbench", HVBENCH_VERSION " " HVBENCH_COMMIT);
	set_text(q, "from", b->git ? "git" : b->images ? "images" : "debian");
	set_text(q, "directory", b->git ? b->tree.dir : b->images);
	set_text(q, "build", b->build);
	set_text(q, "kernel", req->kernel);
	set_text(q, "modules", req->modules);
	set_text(q, "xen", req->xen);
	set_text(q, "cmdline", req->cmdline);
	set_text(q, "mitigations", req->mitigations);
	json_object_set_new(q, "memory_mib", json_integer(req->memory_mib));
	for (char *const *arg = req->run_args; *arg; arg++)
		json_array_append_new(args, json_string(*arg));
	json_object_set_new(q, "run", args);
	return q;
}

static int save_state(struct bisect *b)
{
	json_t *state = json_pack("{s:s, s:O, s:O}", "schema", STATE_SCHEMA, "question",
				  b->question, "measured", b->measured);
	struct error unused;
	int code = result__save(state, b->state_path, &unused);

	json_decref(state);
	if (!code)
		return 0;
	/* Here -ENOENT would be a host that is not there, -EIO one that failed. */
	return error__set(&b->cmd->err, code == -ENOENT || code == -EIO ? -ENOTDIR : code,
			  "cannot write the state file %s: %s: name another by --state FILE",
			  b->state_path, strerror(-code));
}

static int refuse_state(struct bisect *b, int code, const char *what)
{
	return error__set(&b->cmd->err, code, "%s %s: remove it, or say --state FILE",
			  b->state_path, what);
}

static int load_state(struct bisect *b)
{
	json_error_t where;
	json_t *state, *value;
	const char *id;
	int code = 0;

	b->question = question_of(b);
	b->measured = json_object();
	if (access(b->state_path, F_OK))
		return save_state(b);
	code = fs__check_file(b->state_path, "the state file", &b->cmd->err);
	if (code)
		return code;
	state = json_load_file(b->state_path, 0, &where);
	if (strcmp(doc__text(state, "schema"), STATE_SCHEMA))
		code = refuse_state(b, -EBADMSG, "is no state of 'hvbench lab bisect'");
	else if (!json_equal(json_object_get(state, "question"), b->question))
		code = refuse_state(b, -EINVAL, "is of another search, or of another hvbench");
	json_object_foreach(json_object_get(state, "measured"), id, value)
		if (!code && !json_is_object(json_object_get(value, "result")) &&
		    !*doc__text(value, "skipped"))
			code = refuse_state(b, -EBADMSG, "is damaged");
	if (!code && json_object_size(json_object_get(state, "measured")))
		lab__progress(&b->cmd->lab, "going on with %s: %zu measured", b->state_path,
			      json_object_size(json_object_get(state, "measured")));
	if (!code)
		json_object_update(b->measured, json_object_get(state, "measured"));
	json_decref(state);
	return code;
}

/* Measuring a member */

static bool is_plain(const char *path)
{
	return path && *path != '/' && strncmp(path, "debian:", 7);
}

/* A path of the options, which for --git is relative to the tree. */
static const char *in_tree(const struct bisect *b, const char *path, char *buf)
{
	if (!b->git || !is_plain(path))
		return path;
	fs__format(buf, LAB_PATH, "%.500s/%.500s", b->tree.dir, path);
	return buf;
}

/* 0, or BISECT_SKIP with the reason in cmd->err: it does not build. */
static int build(struct bisect *b, const char *id)
{
	const char *const argv[] = { "sh", "-c", b->build, NULL };
	struct lab_command *cmd = b->cmd;
	char log[LAB_PATH], stamp[32], *tail;
	struct proc_options opts = { .dir = b->tree.dir, .out = log };
	struct proc_result res;
	time_t now = time(NULL);
	struct tm tm;
	int code = git__checkout(&b->tree, id, &cmd->err);

	if (code)
		return code;
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", gmtime_r(&now, &tm));
	fs__path(log, "%s/logs/%s-build-%.12s.log", cmd->lab.cache.dir, stamp, id);
	lab__progress(&cmd->lab, "%.12s: building", id);
	code = proc__run(argv, &opts, &cmd->lab.signals, &res, &cmd->err);
	if (code || !res.status)
		return code;
	tail = fs__tail(log, 1);
	error__set(&cmd->err, -EIO, "it did not build: status %d, %s%s%s", res.status, log,
		   tail && *tail ? ", which ends: " : "", tail ?: "");
	free(tail);
	return BISECT_SKIP;
}

/* A path that both ends have: without it there is nothing to judge by. */
static const char *missing_path(const struct bisect *b, const json_t *doc)
{
	const json_t *good = bisect__result(b, b->first), *bad = bisect__result(b, b->last);

	for (size_t c = 0; good && bad && c < bisect__nr_cells(b); c++)
		if (!isnan(bisect__figure(good, c)) && !isnan(bisect__figure(bad, c)) &&
		    isnan(bisect__figure(doc, c)))
			return doc__text(json_array_get(json_object_get(doc, "cells"), c),
					 "reason");
	return NULL;
}

/* An archive lists packages that it no longer has. */
static bool not_fetched(const struct bisect *b, int code, const struct lab_outcome *out)
{
	return !b->git && !b->images && !out->log[0] && (code == -EIO || code == -ENOENT);
}

static int measure_now(struct bisect *b, size_t i, json_t **entry)
{
	const struct member *m = &b->members.list[i];
	struct lab_command *cmd = b->cmd;
	struct lab_request req = cmd->req;
	char paths[3][LAB_PATH];
	struct lab_outcome out = { 0 };
	const char *why;
	int code = b->git ? build(b, m->id) : 0;

	req.kernel = m->kernel ?: in_tree(b, req.kernel, paths[0]);
	req.modules = m->kernel ? m->modules : in_tree(b, req.modules, paths[1]);
	req.xen = in_tree(b, req.xen, paths[2]);
	if (!code) {
		code = lab_command__measure(cmd, &req, &out);
		if (code && (out.host_failed || not_fetched(b, code, &out)))
			code = BISECT_SKIP;
		why = code ? NULL : missing_path(b, out.doc);
		if (why) {
			error__set(&cmd->err, -EIO, "its path could not be measured: %s", why);
			code = BISECT_SKIP;
		}
	}
	if (code == BISECT_SKIP)
		*entry = json_pack("{s:s}", "skipped", cmd->err.text);
	else if (!code)
		*entry = json_pack("{s:O}", "result", out.doc);
	else
		lab_command__failed(cmd, &out);
	lab_outcome__free(&out);
	return code;
}

static const char *name_of(const struct bisect *b, size_t i, char *name, size_t len)
{
	const struct member *m = &b->members.list[i];

	snprintf(name, len, b->git ? "%.12s%s%.100s" : "%.80s%s%.60s", m->id, *m->title ? " " : "",
		 m->title);
	return name;
}

static void say_result(struct bisect *b, size_t i)
{
	const json_t *doc = bisect__result(b, i);
	char name[192];

	name_of(b, i, name, sizeof(name));
	if (!doc)
		lab__progress(&b->cmd->lab, "%s: left out: %s", name, bisect__skipped(b, i));
	else
		lab__progress(&b->cmd->lab, "%s: %s %.0f%s", name,
			      doc__text(json_array_get(json_object_get(doc, "cells"), 0), "label"),
			      bisect__figure(doc, 0), bisect__nr_cells(b) > 1 ? ", …" : "");
	if (b->cmd->lab.terminal && !b->cmd->lab.quiet)
		fputc('\n', stderr);
}

/* Both ends are measured as well, and this one. */
static void say_what_is_left(struct bisect *b, size_t i, size_t left)
{
	unsigned int boots = search__boots(left);
	char name[192];

	boots += !bisect__known(b, b->first) + !bisect__known(b, b->last);
	if (!boots)
		boots = 1;
	lab__progress(&b->cmd->lab, "%s: %zu to choose from, %u boot%s to go",
		      name_of(b, i, name, sizeof(name)), left, boots, boots == 1 ? "" : "s");
}

static int measure(void *data, size_t i, size_t left)
{
	struct bisect *b = data;
	json_t *entry = NULL;
	int code = 0;

	if (!bisect__known(b, i)) {
		say_what_is_left(b, i, left);
		code = measure_now(b, i, &entry);
		if (code < 0)
			return code;
		json_object_set_new(b->measured, b->members.list[i].id, entry);
		code = save_state(b);
		if (code) {
			lab_command__failed(b->cmd, NULL);
			return code;
		}
	}
	b->tested = reallocarray(b->tested, b->nr_tested + 1, sizeof(*b->tested));
	if (!b->tested)
		alloc__fail();
	b->tested[b->nr_tested++] = i;
	say_result(b, i);
	return bisect__result(b, i) ? 0 : BISECT_SKIP;
}

/* The search */

static struct bisect_step *add_step(struct bisect *b, size_t from, size_t to)
{
	struct bisect_step *step;

	b->steps = reallocarray(b->steps, b->nr_steps + 1, sizeof(*b->steps));
	if (!b->steps)
		alloc__fail();
	step = &b->steps[b->nr_steps++];
	*step = (struct bisect_step){ .from = from, .to = to };
	return step;
}

static void add_between(struct bisect_step *step, size_t member)
{
	step->between = reallocarray(step->between, step->nr_between + 1, sizeof(*step->between));
	if (!step->between)
		alloc__fail();
	step->between[step->nr_between++] = member;
}

static int found(void *data, size_t from, size_t to)
{
	struct bisect_step *step = add_step(data, from, to);

	for (size_t i = from + 1; i < to; i++)
		add_between(step, i);
	return 0;
}

static int search_list(struct bisect *b)
{
	const struct search search = {
		.nr = b->members.nr,
		.all = b->all,
		.measure = measure,
		.differ = differ,
		.found = found,
		.data = b,
	};

	return search__run(&search);
}

/* A commit as a member, added if it is none yet. -errno with a message. */
static int commit_member(struct bisect *b, const char *id, size_t *member)
{
	char subject[256];

	*member = members__find(&b->members, id);
	if (*member < b->members.nr)
		return 0;
	git__subject(&b->tree, id, subject, sizeof(subject));
	return members__add(&b->members, id, subject, NULL, NULL, &b->cmd->err);
}

/* The commit to measure next: the first of those that halve what is left which can be measured. */
static int next_commit(struct bisect *b, const struct members *left, size_t *member)
{
	for (size_t i = 0; i < left->nr; i++) {
		size_t m = members__find(&b->members, left->list[i].id);

		if (m == b->members.nr || !*bisect__skipped(b, m))
			return commit_member(b, left->list[i].id, member);
	}
	return -ENOENT;
}

static int end_of_commits(struct bisect *b, const struct members *left, size_t good, size_t bad)
{
	struct bisect_step *step;
	char parent[GIT_ID + 1], id[GIT_ID];
	size_t from = good, m;
	int code = 0;

	/* What was measured last need not be the parent, whose figure may be another. */
	if (!left->nr) {
		snprintf(parent, sizeof(parent), "%s^", b->members.list[bad].id);
		code = git__resolve(&b->tree, parent, id, &b->cmd->err);
		if (!code)
			code = commit_member(b, id, &from);
		if (!code && !bisect__known(b, from))
			code = measure(b, from, 1);
		if (code == BISECT_SKIP)
			from = good;
	}
	if (code < 0)
		return code;
	step = add_step(b, from, bad);
	for (size_t i = 0; i < left->nr && !(code = commit_member(b, left->list[i].id, &m)); i++)
		add_between(step, m);
	return code < 0 ? code : 0;
}

/* Over all ways that the history took, as git bisect does. */
static int search_commits(struct bisect *b)
{
	char *good_ids = alloc__text(b->members.list[b->first].id), *more;
	size_t good = b->first, bad = b->last, next = 0;
	bool done = false;
	int code = 0;

	while (!done && code >= 0) {
		struct members left = { 0 };

		code = git__halves(&b->tree, b->members.list[bad].id, good_ids, &left,
				   &b->cmd->err);
		if (!code)
			code = next_commit(b, &left, &next);
		done = code == -ENOENT;
		if (done)
			code = end_of_commits(b, &left, good, bad);
		else if (!code)
			code = measure(b, next, left.nr + 1);
		members__free(&left);
		if (done || code)
			continue;
		if (bisect__is_bad(b, next)) {
			bad = next;
			continue;
		}
		good = next;
		if (asprintf(&more, "%s %s", good_ids, b->members.list[next].id) < 0)
			alloc__fail();
		free(good_ids);
		good_ids = more;
	}
	free(good_ids);
	return code;
}

/* The ends */

static int list_commits(struct bisect *b)
{
	struct lab_command *cmd = b->cmd;
	char good[GIT_ID], bad[GIT_ID];
	int code = git__resolve(&b->tree, b->good, good, &cmd->err);

	if (!code)
		code = git__resolve(&b->tree, b->bad, bad, &cmd->err);
	if (!code)
		code = git__check_order(&b->tree, good, bad, &cmd->err);
	if (code)
		return code;
	if (b->all) {
		code = git__first_parents(&b->tree, good, bad, &b->members, &cmd->err);
		b->last = b->members.nr - 1;
		return code;
	}
	code = commit_member(b, good, &b->first);
	return code ?: commit_member(b, bad, &b->last);
}

/* Nothing boots before it is known that all that was named is there. */
static int list_members(struct bisect *b)
{
	struct lab_command *cmd = b->cmd;
	int code;

	if (b->git)
		return list_commits(b);
	code = b->images ?
		       members__images(&b->members, b->images, b->good, b->bad, &cmd->err) :
		       members__debian(&b->members, &cmd->lab.cache, b->good, b->bad, &cmd->err);
	b->last = b->members.nr - 1;
	return code;
}

/* Images and Debian's kernels can be looked at; of commits only what does not have to be built. */
static int check_ends(struct bisect *b)
{
	const size_t ends[2] = { b->first, b->last };
	struct lab_command *cmd = b->cmd;
	struct lab_request req = cmd->req;
	bool unused;
	int code = 0;

	for (int i = 0; i < 2 && !code; i++) {
		req.kernel = b->members.list[ends[i]].kernel;
		req.modules = b->members.list[ends[i]].modules;
		if (req.kernel)
			code = lab__check(&cmd->lab, cmd->lane, &req, &unused, &cmd->err);
	}
	if (!code && b->git && !is_plain(cmd->req.kernel)) {
		req = cmd->req;
		req.modules = NULL;
		code = lab__check(&cmd->lab, cmd->lane, &req, &unused, &cmd->err);
	}
	return code;
}

static int measure_ends(struct bisect *b)
{
	const size_t ends[2] = { b->first, b->last };
	struct lab_command *cmd = b->cmd;
	size_t choices = b->members.nr - 1;
	struct members between = { 0 };
	char name[192];

	/* Of commits on all ways only the ends are members yet. */
	if (b->git && !b->all) {
		if (git__halves(&b->tree, b->members.list[b->last].id, b->members.list[b->first].id,
				&between, &cmd->err)) {
			lab_command__failed(cmd, NULL);
			return cmd->err.code;
		}
		choices = between.nr + 1;
		members__free(&between);
	}
	for (int i = 0; i < 2; i++) {
		int code = measure(b, ends[i], choices);

		if (code < 0)
			return code;
		if (code != BISECT_SKIP)
			continue;
		name_of(b, ends[i], name, sizeof(name));
		/* Without an end there is no search: the next time it is tried again. */
		error__set(&cmd->err, -EIO, "the %s host, %s, cannot be measured: %.700s",
			   i ? "bad" : "good", name, bisect__skipped(b, ends[i]));
		json_object_del(b->measured, b->members.list[ends[i]].id);
		lab_command__failed(cmd, NULL);
		return save_state(b) ?: -EIO;
	}
	if (differ(b, b->first, b->last))
		return 0;
	error__set(&cmd->err, -EXDEV,
		   "the good and the bad host do not differ%s: there is nothing to search for",
		   threshold__exceeds(0.01, 1, &b->threshold) ? "" : " by more than the threshold");
	lab_command__failed(cmd, NULL);
	return cmd->err.code;
}

static int run(struct bisect *b)
{
	struct lab_command *cmd = b->cmd;
	int code = list_members(b);

	if (!code)
		code = check_ends(b);
	if (!code)
		code = load_state(b);
	if (code) {
		lab_command__failed(cmd, NULL);
		return code;
	}
	code = measure_ends(b);
	if (!code)
		code = b->git && !b->all ? search_commits(b) : search_list(b);
	if (code && json_object_size(b->measured))
		fprintf(stderr,
			"hvbench lab bisect: %zu measured are in %s; the same command goes on\n",
			json_object_size(b->measured), b->state_path);
	return code;
}

static void finish(struct bisect *b)
{
	struct lab_command *cmd = b->cmd;
	struct error err;
	int code = run(b);

	if (!code) {
		code = bisect__report(b);
		if (code)
			lab_command__failed(cmd, NULL);
		else if (!ferror(stdout))
			unlink(b->state_path);
	} else if (!cmd->status) {
		lab_command__failed(cmd, NULL);
	}
	if (git__restore(&b->tree, &err)) {
		fprintf(stderr, "hvbench lab bisect: %s\n", err.text);
		cmd->status = cmd->status ?: EXIT_IO;
	}
}

static void free_all(struct bisect *b)
{
	members__free(&b->members);
	json_decref(b->question);
	json_decref(b->measured);
	for (size_t i = 0; i < b->nr_steps; i++)
		free(b->steps[i].between);
	free(b->steps);
	free(b->tested);
}

static int check_options(struct bisect *b, struct opts *opts)
{
	struct lab_request *req = &b->cmd->req;

	if (!!b->git != !!b->build)
		return opts__misuse(opts, "--git DIR and --build COMMAND go together");
	if (b->git && b->images)
		return opts__misuse(opts,
				    "commits or images: --git and --images exclude each other");
	if (b->images && (req->kernel || req->xen))
		return opts__misuse(opts, "--images says which kernels there are");
	if (!b->images && (!b->good || !b->bad))
		return opts__misuse(opts, "both --good and --bad are needed");
	if (!b->cmd->lane->kernel && !(b->git && req->xen))
		return opts__misuse(opts, "lane %s has no kernel to choose%s", b->cmd->lane->name,
				    b->cmd->lane->has_xen ?
					    ": --git DIR --xen FILE searches Xen's own commits" :
					    "");
	if (!b->git && !b->images &&
	    (strncmp(b->good, "debian:", 7) || strncmp(b->bad, "debian:", 7)))
		return opts__misuse(opts, "without --git or --images hosts are debian:VERSION");
	if (b->git && b->cmd->lane->kernel && !req->kernel) {
		req->kernel = IMAGE;
		req->modules = req->modules ?: ".";
	}
	if (!b->cmd->list && !b->cmd->job)
		return opts__misuse(opts, "say by -w which path is searched for");
	req->footprint = b->cmd->lane->can_trace;
	return 0;
}

static int cmd_bisect(int argc, char **argv)
{
	struct lab_command cmd;
	struct bisect b = { .cmd = &cmd, .threshold = { 0, NAN }, .state_path = STATE_FILE };
	struct opts opts;
	int id, code = 0;

	opts__init(&opts, &usage, argc, argv);
	lab_command__init(&cmd);
	while (!code && (id = opts__next(&opts)) > 0) {
		const char **texts[] = { &b.good, &b.bad, &b.images, &b.git, &b.build };

		if (id >= OPT_GOOD && id <= OPT_BUILD)
			*texts[id - OPT_GOOD] = opts.arg;
		else if (id == OPT_STATE)
			b.state_path = opts.arg;
		else if (id == OPT_ALL)
			b.all = true;
		else if (id == OPT_THRESHOLD)
			code = threshold__parse(&opts, &b.threshold);
		else
			code = lab_command__option(&cmd, &opts, id);
	}
	if (code || id < 0 || lab_command__lane(&cmd, &opts) || opts__no_more(&opts) ||
	    output__settle(&cmd.output, &opts) || check_options(&b, &opts))
		return opts.status;
	if (b.git && git__open(&b.tree, b.git, &cmd.err)) {
		cmd.name = "lab bisect";
		lab_command__failed(&cmd, NULL);
		return cmd.status;
	}
	if (!lab_command__plan(&cmd, "lab bisect") && !lab_command__open(&cmd, "lab bisect"))
		finish(&b);
	lab_command__close(&cmd);
	free_all(&b);
	return cmd.status;
}

const struct command command_lab_bisect = {
	.name = "bisect",
	.usage = &usage,
	.run = cmd_bisect,
};
