// SPDX-License-Identifier: GPL-2.0-or-later
/* What the subcommands of `hvbench lab` share: see lab_common.h. */
#include "bench/commands/lab_common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cli/output.h"
#include "bench/cli/rescue.h"
#include "bench/lab/fs.h"
#include "bench/lab/lanes/xen_symbols.h"
#include "bench/plan/job.h"
#include "bench/plan/list.h"
#include "bench/result/doc.h"
#include "bench/result/file.h"
#include "reports/formats/report.h"

#define TAIL_LINES 20
/* git bisect run takes these as "skip this commit" and, like all from 128 on, as "stop". */
#define BISECT_SKIP  125
#define BISECT_ABORT 255
#define DEFAULT_LIST \
	"cpuid,hypercall,rdmsr,wrmsr,pio-user,pio-kernel,pio-ioeventfd,mmio-user,mmio-kernel," \
	"mmio-ioeventfd,coalesced-mmio"
#define JOB_IN_IMAGE "job.ini"

void lab_command__init(struct lab_command *cmd)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->req.icount = true;
	cmd->req.timeout_s = LAB_TIMEOUT_S;
	cmd->rounds = 1;
	cmd->lab.terminal = isatty(STDERR_FILENO);
}

static int add_file(struct lab_command *cmd, struct opts *opts)
{
	unsigned int n = 0;
	char *colon;

	while (cmd->req.files[n].path)
		n++;
	if (n + 1 >= LAB_MAX_FILES)
		return opts__misuse(opts, "more than %d files", LAB_MAX_FILES - 1);
	colon = strrchr(opts->arg, ':');
	if (colon) {
		*colon = '\0';
		cmd->req.files[n].dest = colon + 1 + strspn(colon + 1, "/");
	} else {
		const char *slash = strrchr(opts->arg, '/');

		if (asprintf(&cmd->file_text[n], "bin/%s", slash ? slash + 1 : opts->arg) < 0)
			cmd->file_text[n] = NULL;
		cmd->req.files[n].dest = cmd->file_text[n];
	}
	cmd->req.files[n].path = opts->arg;
	return 0;
}

/* What the emulated host is and runs. */
static int host_option(struct lab_command *cmd, struct opts *opts, int id)
{
	struct lab_request *req = &cmd->req;
	double seconds = 0;
	uint64_t n = 0;
	int ret = 0;

	switch (id) {
	case 'c':
		req->command = opts->arg;
		break;
	case OPT_LAB_FILE:
		return add_file(cmd, opts);
	case OPT_LAB_KERNEL:
		req->kernel = opts->arg;
		break;
	case OPT_LAB_MODULES:
		req->modules = opts->arg;
		break;
	case OPT_LAB_CMDLINE:
		req->cmdline = opts->arg;
		break;
	case OPT_LAB_MITIGATIONS:
		req->mitigations = opts->arg;
		break;
	case OPT_LAB_XEN:
		req->xen = opts->arg;
		break;
	case OPT_LAB_TIMEOUT:
		ret = opts__seconds(opts, 1, 86400, &seconds);
		req->timeout_s = (unsigned int)(seconds + 0.999);
		break;
	case OPT_LAB_MEMORY:
		ret = opts__count(opts, 64, 65536, &n);
		req->memory_mib = (unsigned int)n;
		break;
	case OPT_LAB_CPUS:
		ret = opts__count(opts, 1, 64, &n);
		req->cpus = (unsigned int)n;
		break;
	case OPT_LAB_NO_ICOUNT:
		req->icount = false;
		break;
	}
	return ret;
}

/* What of the exits is counted besides instructions. */
static int footprint_option(struct lab_command *cmd, struct opts *opts, int id)
{
	cmd->req.footprint = true;
	if (id == OPT_LAB_VMLINUX)
		cmd->req.vmlinux = opts->arg;
	if (id != OPT_LAB_MODEL)
		return 0;
	if (model_shape__parse(&cmd->model, opts->arg, &cmd->err))
		return opts__misuse(opts, "--model: %s", cmd->err.text);
	cmd->req.model = &cmd->model;
	return 0;
}

int lab_command__option(struct lab_command *cmd, struct opts *opts, int id)
{
	switch (id) {
	case 'w':
		cmd->list = cmd->lists;
		return opts__append(opts, cmd->lists);
	case 'o':
	case 'f':
		return output__option(&cmd->output, opts, id);
	case 'q':
		cmd->lab.quiet = true;
		return 0;
	case OPT_LAB_BISECT:
		cmd->bisect = true;
		return 0;
	case OPT_LAB_FOOTPRINT:
	case OPT_LAB_MODEL:
	case OPT_LAB_VMLINUX:
		return footprint_option(cmd, opts, id);
	case OPT_LAB_OFFLINE:
		cmd->lab.cache.offline = true;
		return 0;
	case OPT_LAB_REFRESH:
		cmd->lab.cache.refresh = true;
		return 0;
	case OPT_LAB_MIRROR:
		cmd->lab.cache.mirror = opts->arg;
		return 0;
	case OPT_LAB_ROUNDS:
		cmd->rounds_given = true;
		return opts__count(opts, 1, 1000, &cmd->rounds);
	case OPT_LAB_CONFIG:
		if (cmd->nr_config == LAB_MAX_CONFIG)
			return opts__misuse(opts, "more than %d --config", LAB_MAX_CONFIG);
		cmd->config[cmd->nr_config++] = opts->arg;
		return 0;
	}
	return host_option(cmd, opts, id);
}

int lab_command__lane(struct lab_command *cmd, struct opts *opts)
{
	const char *name = opts__operand(opts);

	if (!name)
		return opts__misuse(opts, "no lane is named; 'hvbench lab list' shows them");
	cmd->lane = lab__find_lane(name, &cmd->err);
	if (!cmd->lane)
		return opts__misuse(opts, "%s", cmd->err.text);
	if (cmd->req.kernel && !cmd->lane->kernel)
		return opts__misuse(opts, "lane %s has no kernel to choose", cmd->lane->name);
	if (cmd->req.xen && !cmd->lane->has_xen)
		return opts__misuse(opts, "lane %s runs no Xen", cmd->lane->name);
	if (cmd->req.modules && !cmd->req.kernel)
		return opts__misuse(opts, "--modules goes with --kernel VMLINUZ");
	if (cmd->req.cpus > 1 && !cmd->lane->many_cpus)
		return opts__misuse(opts, "lane %s has one CPU", cmd->lane->name);
	if (cmd->req.cpus > 1 && cmd->req.icount)
		return opts__misuse(
			opts,
			"several CPUs have no count of instructions in common: --cpus %u "
			"goes with --no-icount",
			cmd->req.cpus);
	if (cmd->req.footprint && !cmd->lane->can_trace)
		return opts__misuse(opts,
				    "lane %s has no footprint: there is no hypervisor that a guest "
				    "would exit to",
				    cmd->lane->name);
	if (cmd->req.footprint && !cmd->req.icount)
		return opts__misuse(opts, "--footprint counts what --no-icount does not");
	return 0;
}

int lab_command__plan(struct lab_command *cmd, const char *name)
{
	struct plan_options po = { .config_pairs = cmd->config,
				   .rounds = (unsigned int)cmd->rounds,
				   .seed_set = true,
				   .seed = 1 };
	const char *list = cmd->list		? cmd->list :
			   cmd->lane->workloads ? cmd->lane->workloads :
						  DEFAULT_LIST;
	unsigned int n = 0, f = 0;
	int code;

	cmd->name = name;
	if (cmd->job && cmd->list)
		code = error__set(&cmd->err, -EINVAL, "a job and -w cannot both be given");
	else if (cmd->job)
		code = plan__from_job(&cmd->plan, cmd->job, &po, &cmd->err);
	else
		code = plan__from_list(&cmd->plan, list, &po, &cmd->err);
	if (code) {
		lab_command__failed(cmd, NULL);
		cmd->status = EXIT_USAGE;
		return code;
	}
	cmd->has_plan = true;
	cmd->req.plan = &cmd->plan;
	if (cmd->job && !access(cmd->job, R_OK)) {
		while (cmd->req.files[f].path)
			f++;
		cmd->req.files[f] = (struct lab_file){ cmd->job, JOB_IN_IMAGE };
		cmd->run_args[n++] = "/" JOB_IN_IMAGE;
	} else if (cmd->job) {
		cmd->run_args[n++] = cmd->job;
	} else {
		cmd->run_args[n++] = "-w";
		cmd->run_args[n++] = list;
	}
	snprintf(cmd->rounds_text, sizeof(cmd->rounds_text), "%u", (unsigned int)cmd->rounds);
	cmd->run_args[n++] = "--rounds";
	cmd->run_args[n++] = cmd->rounds_text;
	for (unsigned int i = 0; i < cmd->nr_config; i++) {
		cmd->run_args[n++] = "--config";
		cmd->run_args[n++] = cmd->config[i];
	}
	cmd->run_args[n] = NULL;
	cmd->req.run_args = (char *const *)cmd->run_args;
	return 0;
}

int lab_command__open(struct lab_command *cmd, const char *name)
{
	int code;

	cmd->name = name;
	code = cmd->output.path ? result__check_output(cmd->output.path, &cmd->err) : 0;
	if (code) {
		lab_command__failed(cmd, NULL);
		cmd->status = EXIT_IO;
		return code;
	}
	code = lab__open(&cmd->lab, &cmd->err);
	cmd->opened = !code;
	if (code)
		lab_command__failed(cmd, NULL);
	return code;
}

int lab_command__measure(struct lab_command *cmd, const struct lab_request *req,
			 struct lab_outcome *out)
{
	struct lab_request with = *req;
	struct symbols symbols = { 0 };
	int code = 0;

	memset(out, 0, sizeof(*out));
	if (req->footprint && cmd->lane->has_xen) {
		code = xen__symbols(&cmd->lab, req, &symbols, &cmd->err);
		with.symbols = &symbols;
	}
	if (!code)
		code = lab__run(&cmd->lab, cmd->lane, &with, out, &cmd->err);
	if (!code && out->no_lines[0])
		fprintf(stderr, "hvbench %s: no source lines: %s\n", cmd->name, out->no_lines);
	symbols__free(&symbols);
	return code;
}

void lab_command__close(struct lab_command *cmd)
{
	if (cmd->opened)
		lab__close(&cmd->lab);
	if (cmd->has_plan)
		plan__free(&cmd->plan);
	for (unsigned int i = 0; i < LAB_MAX_FILES; i++)
		free(cmd->file_text[i]);
	cmd->opened = cmd->has_plan = false;
}

static int status_of(const struct error *err)
{
	switch (err->code) {
	case -EINTR:
		return EXIT_INTERRUPTED;
	case -ENOENT:
	case -ENETUNREACH:
	case -ECHILD:
		return EXIT_NOTHING_TO_RUN_ON;
	case -EBADMSG:
		return EXIT_BAD_INPUT;
	case -EXDEV:
		return EXIT_NOT_COMPARABLE;
	case -EIO:
	case -ETIMEDOUT:
		return EXIT_REGRESSION;
	}
	return error__exit_status(err);
}

void lab_command__failed(struct lab_command *cmd, const struct lab_outcome *out)
{
	char *tail = out && out->log[0] && cmd->err.code != -EINTR ?
			     fs__tail(out->log, TAIL_LINES) :
			     NULL;

	lab__progress_end(&cmd->lab);
	fprintf(stderr, "hvbench %s: %s\n", cmd->name, cmd->err.text);
	if (tail && *tail) {
		char *save = NULL;

		fprintf(stderr, "The console log is in %s; its end:\n", out->log);
		for (char *line = strtok_r(tail, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			fprintf(stderr, "  | %s\n", line);
	}
	free(tail);
	cmd->status = cmd->bisect && out && out->host_failed ? BISECT_SKIP : status_of(&cmd->err);
}

void lab_command__host_failed(struct lab_command *cmd, bool host_failed)
{
	const struct lab_outcome out = { .host_failed = host_failed };

	lab_command__failed(cmd, &out);
}

int lab_command__status(const struct lab_command *cmd, int status)
{
	if (!cmd->bisect || status == BISECT_SKIP || status <= EXIT_REGRESSION)
		return status;
	return BISECT_ABORT;
}

void lab_command__keep(struct lab_command *cmd, const json_t *doc, const char *what)
{
	fprintf(stderr, "hvbench %s: %s is not lost:\n", cmd->name, what);
	rescue__document(cmd->name, doc, false);
}

int lab_command__result(struct lab_command *cmd, const json_t *doc)
{
	const char *why = NULL;
	struct error err;
	bool measured = false;
	int code, saved = 0;
	json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, cell) {
		measured = measured || strcmp(doc__text(cell, "status"), "skipped");
		why = why ?: doc__text(cell, "reason");
		if (!strcmp(doc__text(cell, "status"), "failed"))
			cmd->status = EXIT_REGRESSION;
	}
	/* As in 'hvbench run': without any figure it is not a success. */
	if (!measured && cmd->status == EXIT_OK) {
		fprintf(stderr, "hvbench %s: nothing was measured: all cells were skipped%s%s\n",
			cmd->name, why ? ": " : "", why ?: "");
		cmd->status = EXIT_NOTHING_TO_RUN_ON;
	}
	if (cmd->output.path) {
		saved = output__save(cmd->output.path,
				     output__of_file(&cmd->output, &renderer_json), SHOW_RESULT,
				     doc, &cmd->err);
		if (saved)
			rescue__document(cmd->name, doc, false);
	}
	err = cmd->err;
	code = output__show(output__of_screen(&cmd->output, &renderer_text, &renderer_json),
			    SHOW_RESULT, doc, &cmd->err);
	/* Also where the reader went away: what it did not read was measured. */
	if ((code || ferror(stdout)) && !cmd->output.path)
		lab_command__keep(cmd, doc, "the result");
	if (saved)
		cmd->err = err;
	return saved ?: code;
}

const char *lab_bullet(const struct renderer *format)
{
	return format->style == &style_plain ? NULL : format->style ? "- " : "  ";
}

int lab_command__report(struct lab_command *cmd, const json_t *doc,
			int (*put)(FILE *out, const struct renderer *format, void *arg), void *arg)
{
	const struct renderer *of_file =
		cmd->output.path ? output__of_file(&cmd->output, &renderer_json) : NULL;
	const struct renderer *of_screen =
		output__of_screen(&cmd->output, &renderer_text, &renderer_json);
	int code = 0;

	if (of_file && !of_file->table)
		code = output__save(cmd->output.path, of_file, SHOW_TABLE, doc, &cmd->err);
	else if (of_file)
		code = output__save_by(cmd->output.path, of_file, put, arg, &cmd->err);
	if (code)
		return code;
	if (!of_screen->table)
		return output__show(of_screen, SHOW_TABLE, doc, &cmd->err);
	code = put(stdout, of_screen, arg);
	if (!code && fflush(stdout) && errno != EPIPE)
		code = -errno;
	return code ? error__set(&cmd->err, code, "writing to standard output: %s",
				 strerror(-code)) :
		      0;
}
