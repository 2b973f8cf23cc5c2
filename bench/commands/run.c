/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvbench run: measures what a job, or the command line, asks for.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/clock.h"
#include "bench/base/descriptors.h"
#include "bench/base/signals.h"
#include "bench/base/units.h"
#include "bench/cli/command.h"
#include "bench/cli/output.h"
#include "bench/cli/rescue.h"
#include "bench/host/cpu_groups.h"
#include "bench/host/switched.h"
#include "bench/measure/ab_run.h"
#include "bench/measure/dry_run.h"
#include "bench/measure/runner.h"
#include "bench/plan/job.h"
#include "bench/plan/list.h"
#include "bench/plan/plan.h"
#include "bench/result/file.h"
#include "bench/vmm/payload.h"
#include "reports/formats/report.h"
#include "reports/views/ab_lines.h"
#include "reports/views/dry_run_view.h"

#define MAX_CONFIG_PAIRS  64
#define MAX_MATRIX	  64
#define AB_DEFAULT_TIME_S 20
#define BUSY_LOAD	  1.5 /* times the CPUs: a load that makes estimates wrong */
/* For two VMs of a vCPU each, with their statistics, and what reads the host. */
#define LEAST_DESCRIPTORS    16
#define PROGRESS_INTERVAL_NS 100000000ull
#define LINE_INTERVAL_NS     10000000000ull /* where progress does not go to a terminal */

enum {
	OPT_CONFIG = OPT_LONG,
	OPT_ROUNDS,
	OPT_TIME,
	OPT_SEED,
	OPT_BACKEND,
	OPT_SAMPLES,
	OPT_OPS,
	OPT_CLOCK,
	OPT_PAYLOAD,
	OPT_TIMEOUT,
	OPT_PROBES,
	OPT_AB,
	OPT_THRESHOLD,
	OPT_APART,
	OPT_MATRIX,
	OPT_EXCLUDE,
	OPT_DRY_RUN,
};

static const struct opt options[] = {
	{ 'w', "workloads", "LIST",
	  "Workloads instead of a job: NAME[:PARAM=VALUE…][,NAME…]; "
	  "several -w are joined" },
	{ OPT_CONFIG, "config", "KEY=VALUE",
	  "Set up VMs and host this way, for all cells; may be "
	  "given several times ('hvbench list configs' has the keys)" },
	{ OPT_MATRIX, "matrix", "KEY=V1,V2…",
	  "Measure every cell with each of these values, of a configuration "
	  "key or a parameter of its workload; may be given several times: the product is "
	  "measured. A list of "
	  "pin= is separated by blanks (\"pin=none 0-3,7\")" },
	{ OPT_EXCLUDE, "exclude", "'KEY=V KEY=V…'",
	  "Leave the combinations out that have all of these values; may "
	  "be given several times" },
	{ OPT_DRY_RUN, "dry-run", NULL,
	  "Show the cells and the time they would take (--format text or json) and "
	  "measure nothing" },
	{ OPT_AB, "ab", "A",
	  "Measure setting A against setting B, the operand, as twins: pairs of VMs that take "
	  "turns, added until it is decided or --time (default 20s a workload) is over. A and B "
	  "are "
	  "KEY=VALUE[,KEY=VALUE…]: configuration keys, parameters of the workload, or files below "
	  "/sys and "
	  "/proc/sys, which are switched for each sample and restored ('hvbench restore')" },
	{ OPT_THRESHOLD, "threshold", "PERCENT",
	  "With --ab: a difference up to this counts as "
	  "none (default 0.25%)" },
	{ OPT_APART, "apart", NULL,
	  "With --ab: measure each side in fresh VMs of its own, one after the other, instead of "
	  "twins that take turns: for what twins cannot differ in (pin, sched, numa) and workloads "
	  "of several threads; takes longer to decide. CPU time is measured as well" },
	{ OPT_BACKEND, "backend", "NAME", "What runs the workloads ('hvbench list backends')" },
	{ OPT_ROUNDS, "rounds", "N",
	  "Fresh VMs for each cell (default 10; 40 with a quarter of the samples each for wake-ups "
	  "and pages touched once, 20 with half of them for life cycles and large working sets, "
	  "which differ more from VM to VM); the interval of the median reaches 95 % from 6 up" },
	{ OPT_TIME, "time", "TIME",
	  "Go as deep as fits into this time in all (\"90s\", \"5m\"); "
	  "default: 100 samples and 300 single operations a round. More time makes more rounds, "
	  "less makes them smaller, then fewer; twins and probes are included, and if the time is "
	  "too short for something that is said first. Where a host is so busy that it takes half "
	  "as long again, references, further rounds and probes are left out, which cells then "
	  "say. With --rounds as well all of these are made, as large as fits on an idle host; a "
	  "busy one takes longer" },
	{ OPT_SEED, "seed", "N",
	  "Seed for the order in which cells are visited (default: random, "
	  "and recorded)" },
	FORMAT_OPTION(""),
	OUTPUT_OPTION("Write the result to FILE, all at once at the end, as FILE's ending says "
		      "(.json .csv .md .html .txt) or "
		      "else --format, else as JSON; the table still goes to standard output"),
	{ 'q', "quiet", NULL, "No progress, and no table where -o is given" },
	{ OPT_SAMPLES, "samples", "N", "Samples a round" },
	{ OPT_OPS, "ops", "N", "Operations a sample, instead of calibrating" },
	{ OPT_CLOCK, "clock", "tsc|icount",
	  "What the time stamp counter counts: cycles, or, under an "
	  "emulator with an instruction-counting clock, retired instructions (--ops is then 1)" },
	{ OPT_TIMEOUT, "timeout", "TIME",
	  "Give up a measurement that makes no progress for this "
	  "long, or is not done after 20 times as long (default: 5 s and ten times what it should "
	  "take)" },
	{ OPT_PROBES, "probes", "auto|on|off",
	  "Two more rounds with the probes attached, for "
	  "exits by reason and the cost of observing; no times are taken from them (auto: on from "
	  "2 rounds up)" },
	{ OPT_PAYLOAD, "payload", "FILE",
	  "Boot this ELF file instead of the payload in the program" },
	{}
};

static const struct example examples[] = {
	{ "hvbench run", "the default job: what exits, memory, wake-ups and VMs cost here" },
	{ "hvbench run -w pio-user,chase:working_set=64m --rounds 20",
	  "two workloads, twenty VMs each" },
	{ "hvbench run exits -o base.json", "a shipped job, kept for 'hvbench compare'" },
	{ "hvbench run my.ini --config pages=thp --time 5m", "your own job on huge pages" },
	{ "hvbench run memory --matrix pages=4k,thp,2m --dry-run",
	  "what would be measured, and how long it takes" },
	{ "hvbench run -w pio-user --ab irqchip=kernel irqchip=split",
	  "which of the two is faster here?" },
	{}
};

static const struct usage usage = {
	.command = "run",
	.what = "measure workloads in fresh VMs",
	.synopsis = "[JOB]\n--ab A B",
	.text = "Runs the cells of JOB (a job file, or the name of a shipped job: 'hvbench list "
		"jobs'; "
		"default quick): each workload in each configuration, in rounds of fresh VMs, the "
		"cells "
		"interleaved in random order. Shows for each the median cost of an operation, the "
		"interval of that median over the rounds, the 99th percentile of single operations "
		"and "
		"the exits an operation took.\n\n"
		"The first SIGINT or SIGTERM ends the run after the current measurement and saves "
		"what "
		"there is; a second one ends it at once. With -o FILE, FILE.partial has what was "
		"measured "
		"up to two seconds ago, also with --ab: after SIGKILL, an OOM kill or a power "
		"failure "
		"'hvbench report FILE.partial' shows it.\n\n"
		"Exit status: 0 done, and what was skipped is named; 1 a cell failed, or with --ab "
		"B is "
		"slower; 2 with --ab inconclusive; 64 wrong usage; 65 a bad job file; 69 nothing "
		"to run "
		"on, or every cell was skipped; 74 the result could not be written, or a setting "
		"of the "
		"host not be put back; 77 not permitted; 130 interrupted.",
	.options = options,
	.shows = SHOW_RESULT,
	.examples = examples,
};

struct run {
	const char *job, *list;
	struct output output;
	char lists[OPTS_LIST_ROOM]; /* all arguments of -w joined */
	const char *ab[2];
	double threshold;
	bool threshold_given, apart;
	const char *config_pairs[MAX_CONFIG_PAIRS + 1];
	unsigned int nr_pairs;
	const char *matrix[MAX_MATRIX + 1], *excludes[MAX_MATRIX + 1];
	unsigned int nr_matrix, nr_excludes;
	struct plan_options plan;
	struct runner_options runner;
	bool quiet, tty, dry;
	int probes; /* 0 auto, 1 on, 2 off */
	uint64_t shown_ns;
	const struct plan *unannounced; /* still to be announced */
};

/* Estimates are of an idle host. "" if it is. */
static const char *busy_host(char *buf, size_t size)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	double load;

	*buf = '\0';
	if (getloadavg(&load, 1) == 1 && load > BUSY_LOAD * (double)cpus)
		snprintf(buf, size,
			 "; longer on a host as busy as now, with a load of %.0f on "
			 "%ld CPU%s",
			 load, cpus, cpus == 1 ? "" : "s");
	return buf;
}

/* Said even where progress is not wanted: the time asked for will not be kept. */
static void warn_of_time(const struct run *run, const struct plan *plan)
{
	double least_s = depth__least_s(plan, &run->runner.depth);
	char busy[128];

	if (plan->time_s > 0 && least_s > plan->time_s)
		fprintf(stderr,
			"hvbench: needs at least about %.0f s, more than the %.3g s of "
			"--time%s%s\n",
			least_s + 0.5, plan->time_s,
			plan->rounds_given ? "; fewer --rounds take less" :
					     "; fewer workloads, or --probes off, take less",
			busy_host(busy, sizeof(busy)));
}

static void announce(const struct run *run, const struct plan *plan)
{
	char left_out[80] = "", rounds[64];
	struct depth depth;

	if (plan->nr_same)
		snprintf(left_out, sizeof(left_out), " (%zu more are the same by the command line)",
			 plan->nr_same);
	depth__choose(&depth, plan, &run->runner.depth);
	fprintf(stderr, "hvbench: %s: %zu cell%s%s, %s%s, about %.0f s; seed %llu\n", plan->name,
		plan->nr_cells, plan->nr_cells == 1 ? "" : "s", left_out,
		plan->time_s > 0 && !plan->rounds_given ? "about " : "",
		units__format_rounds(depth.rounds, depth__widest(&depth), rounds, sizeof(rounds)),
		depth__run_s(&depth) + 0.5, (unsigned long long)plan->seed);
	if (plan->time_s > 0 && plan->rounds_given &&
	    depth__least_s(plan, &run->runner.depth) <= plan->time_s)
		fprintf(stderr,
			"hvbench: all %u rounds are made, which on a busy host takes longer than "
			"the %.3g s of --time; "
			"without --rounds it would be kept\n",
			depth.rounds, plan->time_s);
}

static void show_progress(const struct runner_progress *p, void *arg)
{
	struct run *run = arg;
	uint64_t now = clock__ns();
	char left[48] = "", text[256];

	/* Announced only once it is known that there is something to run on. */
	if (run->unannounced) {
		if (!run->quiet)
			announce(run, run->unannounced);
		warn_of_time(run, run->unannounced);
		run->unannounced = NULL;
	}
	if (run->quiet)
		return;
	if (p->left_s >= 0)
		snprintf(left, sizeof(left), ", about %.0f s left", p->left_s);
	if (!run->tty) {
		if (!p->cell || now - run->shown_ns < LINE_INTERVAL_NS)
			return;
		run->shown_ns = now;
		fprintf(stderr, "hvbench: round %u of %u, %zu of %zu measurements%s\n",
			p->round + 1, p->rounds, p->done, p->total, left);
		return;
	}
	if (now - run->shown_ns < PROGRESS_INTERVAL_NS)
		return;
	run->shown_ns = now;
	snprintf(text, sizeof(text), "round %u/%u  %zu/%zu  %.30s%s", p->round + 1, p->rounds,
		 p->done, p->total, p->cell ? p->cell->section : "looking at the host", left);
	usage__progress(stderr, text);
}

/* Checked once here, instead of for every cell. */
static int check_payload(const char *path, struct error *err)
{
	struct payload payload;
	int ret = payload__open(&payload, path, err);

	if (!ret)
		payload__close(&payload);
	return ret;
}

static int write_output(const struct run *run, const json_t *doc)
{
	struct error err = { 0 };

	if (!output__save(run->output.path, output__of_file(&run->output, &renderer_json),
			  SHOW_RESULT, doc, &err))
		return EXIT_OK;
	fprintf(stderr, "hvbench run: %s\n", err.text);
	rescue__document("run", doc, run->quiet);
	return EXIT_IO;
}

static const struct renderer *on_screen(const struct run *run)
{
	return output__of_screen(&run->output, &renderer_text, &renderer_json);
}

/* The table for people, or what --format asked for. */
static int show(const struct run *run, const json_t *doc)
{
	struct error err = { 0 };

	if (run->quiet && run->output.path)
		return EXIT_OK;
	if (output__show(on_screen(run), SHOW_RESULT, doc, &err))
		fprintf(stderr, "hvbench run: %s\n", err.text);
	else if (!ferror(stdout))
		return EXIT_OK;
	/* Also where the reader went away: what it did not read was measured. */
	if (!run->output.path)
		rescue__document("run", doc, false);
	return EXIT_IO;
}

static bool check_dry_run(const struct run *run, struct opts *opts)
{
	if (run->ab[0])
		return opts__misuse(opts, "--ab has no --dry-run: it ends when it is decided"),
		       false;
	if (run->output.path)
		return opts__misuse(opts, "--dry-run shows on standard output: it takes no -o"),
		       false;
	if (run->output.format && run->output.format != &renderer_text &&
	    run->output.format != &renderer_json)
		return opts__misuse(opts, "--dry-run is shown as text or json, not as %s",
				    run->output.format->name),
		       false;
	return true;
}

/* Adds the option's argument to a NULL-terminated list. */
static int add_to(const char **list, unsigned int *nr, unsigned int max, struct opts *opts,
		  const char *name)
{
	if (*nr == max)
		return opts__misuse(opts, "more than %u --%s", max, name);
	list[(*nr)++] = opts->arg;
	return 0;
}

/* How deep and by what it is measured. Non-zero: return opts->status. */
static int depth_option(struct run *run, struct opts *opts, int id)
{
	static const char *const clocks[] = { "tsc", "icount", NULL };
	static const char *const probes[] = { "auto", "on", "off", NULL };
	struct depth_options *depth = &run->runner.depth;
	int ret = 0, which = 0;
	uint64_t n = 0;
	double s = 0;

	switch (id) {
	case OPT_ROUNDS:
		ret = opts__count(opts, 1, 10000, &n);
		run->plan.rounds = (unsigned int)n;
		break;
	case OPT_TIME:
		ret = opts__seconds(opts, 0.1, 7 * 86400, &run->plan.time_s);
		break;
	case OPT_SEED:
		ret = opts__count(opts, 0, UINT64_MAX, &run->plan.seed);
		run->plan.seed_set = true;
		break;
	case OPT_SAMPLES:
		ret = opts__count(opts, 1, HV_MAX_SAMPLES, &n);
		depth->samples = (unsigned int)n;
		break;
	case OPT_OPS:
		ret = opts__count(opts, 1, UINT32_MAX, &run->runner.ops_per_sample);
		break;
	case OPT_CLOCK:
		ret = opts__choice(opts, clocks, &which);
		depth->icount = which == 1;
		break;
	case OPT_TIMEOUT:
		ret = opts__seconds(opts, 0.1, 3600, &s);
		depth->timeout_ms = (unsigned int)(s * 1000);
		break;
	case OPT_PROBES:
		ret = opts__choice(opts, probes, &run->probes);
		break;
	}
	return ret;
}

/* Non-zero: return opts->status. */
static int parse_option(struct run *run, struct opts *opts, int id)
{
	char *end;

	switch (id) {
	case 'w':
		run->list = run->lists;
		return opts__append(opts, run->lists);
	case OPT_CONFIG:
		return add_to(run->config_pairs, &run->nr_pairs, MAX_CONFIG_PAIRS, opts, "config");
	case OPT_MATRIX:
		return add_to(run->matrix, &run->nr_matrix, MAX_MATRIX, opts, "matrix");
	case OPT_EXCLUDE:
		return add_to(run->excludes, &run->nr_excludes, MAX_MATRIX, opts, "exclude");
	case OPT_DRY_RUN:
		run->dry = true;
		return 0;
	case OPT_AB:
		run->ab[0] = opts->arg;
		return 0;
	case OPT_THRESHOLD:
		run->threshold_given = true;
		run->threshold = strtod(opts->arg, &end) / 100;
		if (end == opts->arg || (*end && strcmp(end, "%")) ||
		    !(run->threshold >= 0 && run->threshold < 1))
			return opts__misuse(opts, "--threshold '%s': a percentage", opts->arg);
		return 0;
	case OPT_APART:
		run->apart = true;
		return 0;
	case OPT_BACKEND:
		run->plan.backend = opts->arg;
		return 0;
	case OPT_PAYLOAD:
		run->runner.payload = opts->arg;
		return 0;
	case 'f':
	case 'o':
		return output__option(&run->output, opts, id);
	case 'q':
		run->quiet = true;
		return 0;
	}
	return depth_option(run, opts, id);
}

/* false: return opts->status. */
static bool parse_options(struct run *run, struct opts *opts)
{
	int id;

	while ((id = opts__next(opts)) > 0)
		if (parse_option(run, opts, id))
			return false;
	if (id < 0)
		return false;
	run->job = opts__operand(opts);
	if (run->ab[0]) {
		run->ab[1] = run->job;
		run->job = NULL;
		if (!run->ab[1])
			return opts__misuse(opts, "--ab takes two settings: --ab A B"), false;
	}
	if (opts__no_more(opts))
		return false;
	if (run->apart && !run->ab[0])
		return opts__misuse(opts, "--apart goes with --ab"), false;
	if (run->threshold_given && !run->ab[0])
		return opts__misuse(opts, "--threshold goes with --ab; that of a comparison is "
					  "'hvbench compare's"),
		       false;
	if (run->job && run->list)
		return opts__misuse(opts, "a job and -w exclude each other"), false;
	if (output__settle(&run->output, opts))
		return false;
	return !run->dry || check_dry_run(run, opts);
}

static int make_plan(struct run *run, struct plan *plan, struct error *err)
{
	/* Else what is there on the host would look as if it were not. */
	if (!run->dry && descriptors__need(LEAST_DESCRIPTORS, err))
		return err->code;
	run->plan.config_pairs = run->config_pairs;
	run->plan.matrix = run->matrix;
	run->plan.excludes = run->excludes;
	if (run->ab[0] && !run->list)
		run->list = "pio-user";
	if (run->list)
		return plan__from_list(plan, run->list, &run->plan, err);
	return plan__from_job(plan, run->job ?: "quick", &run->plan, err);
}

static void show_pairs(void *arg, const char *workload, size_t pairs, double elapsed_s)
{
	const struct run *run = arg;
	char text[256];

	if (!run->tty)
		return;
	snprintf(text, sizeof(text), "%.200s: %zu pairs, %.1f s", workload, pairs, elapsed_s);
	usage__progress(stderr, text);
}

static void say_why_it_waits(void *arg, const char *text)
{
	const struct run *run = arg;

	fprintf(stderr, "%shvbench: %s\n", run->tty ? "\r\033[K" : "", text);
}

/* The user may not know that the host is in another state than usual. */
static void warn_of_leftover(const struct switched_setting *s, void *arg)
{
	char was[64];

	(void)arg;
	if (s->state == SWITCHED_DAMAGED)
		fprintf(stderr,
			"hvbench run: warning: %s, which says what a run left switched, is "
			"damaged: 'hvbench restore "
			"--forget' removes it\n",
			s->path);
	if (s->state != SWITCHED_LEFT && s->state != SWITCHED_FAILED)
		return;
	setting_file__show(s->file->before ?: "?", s->file->before ? s->file->before_len : 1, was,
			   sizeof(was));
	fprintf(stderr,
		"hvbench run: warning: %s is not as it was: process %d switched it at %s and ended "
		"before it put "
		"'%s' back; 'hvbench restore' does\n",
		s->path, s->pid, s->when, was);
}

static int compare_settings(struct run *run, const struct plan *plan)
{
	struct checkpoint checkpoint;
	struct ab_options opts = {
		.begin_ns = clock__ns(),
		.checkpoint = &checkpoint,
		.stop = run->runner.stop,
		.arg = run,
		.progress = run->quiet ? NULL : show_pairs,
		.say = run->quiet ? NULL : say_why_it_waits,
		.time_s = plan->time_s > 0 ? plan->time_s / (double)plan->nr_cells :
					     AB_DEFAULT_TIME_S,
		.threshold = run->threshold,
		.apart = run->apart,
		.cpu = run->apart,
		.seed = plan->seed,
		.payload = run->runner.payload,
	};
	int status, written = EXIT_OK;
	bool saved = false;
	json_t *doc;

	checkpoint__init(&checkpoint, run->output.path);
	status = run_ab(plan, run->ab[0], run->ab[1], &opts, &doc);
	if (run->tty && !run->quiet)
		fprintf(stderr, "\r\033[K");
	if (json_array_size(json_object_get(doc, "ab"))) {
		if (on_screen(run) != &renderer_text)
			written = show(run, doc);
		else if (!(run->quiet && run->output.path) && report_ab(doc, stdout))
			written = EXIT_IO;
		if (run->output.path) {
			int lost = write_output(run, doc);

			saved = !lost;
			written = lost ?: written;
		}
	}
	checkpoint__end(&checkpoint, saved);
	json_decref(doc);
	return written ?: status;
}

static int fail(const struct error *err, int status)
{
	fprintf(stderr, "hvbench run: %s\n", err->text);
	return status;
}

static int show_dry_run(const struct run *run, const struct plan *plan)
{
	bool as_json = run->output.format == &renderer_json;
	struct error err = { 0 };
	json_t *doc;
	int ret = dry_run__new(&doc, plan, &run->runner, &err);

	if (ret)
		return fail(&err, ret == -EINVAL ? EXIT_USAGE : error__exit_status(&err));
	ret = as_json ? renderer_json.render(SHOW_RESULT, doc, stdout, NULL) :
			dry_run_view__put(doc, stdout);
	if (!ret && fflush(stdout))
		ret = -errno;
	json_decref(doc);
	if (!ret)
		warn_of_time(run, plan);
	if (!ret || ret == -EPIPE)
		return EXIT_OK;
	error__set(&err, ret, "writing to standard output: %s", strerror(-ret));
	return fail(&err, EXIT_IO);
}

/* Every reason why cells have that status, once, with the first such cell. */
static json_t *reasons_of(const json_t *doc, const char *status)
{
	const json_t *cells = json_object_get(doc, "cells"), *cell;
	json_t *reasons = json_object();
	size_t i;

	json_array_foreach(cells, i, cell) {
		const char *reason = json_string_value(json_object_get(cell, "reason")) ?: "";
		const char *label = json_string_value(json_object_get(cell, "label")) ?: "";

		if (!strcmp(json_string_value(json_object_get(cell, "status")) ?: "", status) &&
		    !json_object_get(reasons, reason))
			json_object_set_new(reasons, reason, json_string(label));
	}
	return reasons;
}

static void tell_reasons(const json_t *doc, const char *status)
{
	json_t *reasons = reasons_of(doc, status), *label;
	const char *reason;

	json_object_foreach(reasons, reason, label)
		fprintf(stderr, "  %s: %s\n", json_string_value(label), reason);
	json_decref(reasons);
}

/* Without any figure the run has not succeeded: a script would otherwise think so. */
static void tell_nothing_measured(const json_t *doc, const struct runner_summary *summary)
{
	fprintf(stderr, "hvbench run: nothing was measured: %s\n",
		summary->skipped == 1 ? "its only cell was skipped" : "all cells were skipped");
	tell_reasons(doc, "skipped");
}

/* Where there is no table that does, so that status 1 does not come without a word. */
static void tell_failed(const json_t *doc, const struct runner_summary *summary)
{
	fprintf(stderr, "hvbench run: %zu of %zu cells failed\n", summary->failed,
		summary->ok + summary->failed + summary->skipped);
	tell_reasons(doc, "failed");
}

/* Shows and saves what was measured; returns the exit status. */
static int conclude(const struct run *run, const json_t *doc, const struct runner_summary *summary,
		    struct checkpoint *checkpoint)
{
	bool nothing = summary->skipped && !summary->ok && !summary->failed &&
		       !summary->interrupted;
	int status = EXIT_OK, written;

	if (nothing)
		tell_nothing_measured(doc, summary);
	else if (summary->skipped && !run->quiet)
		fprintf(stderr, "hvbench run: %zu of %zu cells skipped: the result says why\n",
			summary->skipped, summary->ok + summary->failed + summary->skipped);
	if (summary->failed && run->quiet && run->output.path)
		tell_failed(doc, summary);
	if (summary->late)
		fprintf(stderr,
			"hvbench run: it took %.0f s, much longer than estimated: rounds, "
			"references "
			"or probes were left out, and cells that lack one say so\n",
			summary->duration_s);
	/* A table that held only reasons would repeat them. */
	if (!nothing || on_screen(run) != &renderer_text)
		status = show(run, doc);
	if (run->output.path && summary->interrupted && !summary->ok && !summary->failed) {
		fprintf(stderr,
			"hvbench run: stopped before anything was measured: '%s' is left as it "
			"was\n",
			run->output.path);
	} else if (run->output.path) {
		written = write_output(run, doc);
		checkpoint__end(checkpoint, !written);
		status = written ?: status;
	}
	if (status)
		return status;
	if (summary->interrupted)
		return EXIT_INTERRUPTED;
	if (nothing)
		return EXIT_NOTHING_TO_RUN_ON;
	return summary->failed ? EXIT_REGRESSION : EXIT_OK;
}

static int measure(struct run *run, const struct plan *plan)
{
	struct runner_summary summary;
	struct checkpoint checkpoint;
	struct error err = { 0 };
	json_t *doc;
	int ret, status;

	checkpoint__init(&checkpoint, run->output.path);
	run->runner.checkpoint = &checkpoint;
	run->runner.progress = show_progress;
	run->runner.arg = run;
	run->unannounced = plan;
	ret = runner__run(plan, &run->runner, &doc, &summary, &err);
	if (run->tty && !run->quiet)
		fprintf(stderr, "\r\033[K");
	if (ret) {
		checkpoint__end(&checkpoint, false);
		return fail(&err, error__exit_status(&err));
	}
	/* Everything is measured: a signal must not interrupt the writing of the result. */
	signals__hold();
	status = conclude(run, doc, &summary, &checkpoint);
	json_decref(doc);
	return status;
}

/* What is wrong with the options is said before the first VM. */
static int check_files(const struct run *run)
{
	struct error err = { 0 };
	int ret;

	if (run->output.path && result__check_output(run->output.path, &err))
		return fail(&err, EXIT_IO);
	ret = run->runner.payload ? check_payload(run->runner.payload, &err) : 0;
	if (ret)
		return fail(&err, ret == -ENOENT ? EXIT_USAGE : error__exit_status(&err));
	return EXIT_OK;
}

static int cmd_run(int argc, char **argv)
{
	struct run run = { .threshold = AB_THRESHOLD };
	struct error err = { 0 };
	struct plan plan;
	struct opts opts;
	int ret, status;

	opts__init(&opts, &usage, argc, argv);
	if (!parse_options(&run, &opts))
		return opts.status;
	ret = make_plan(&run, &plan, &err);
	if (ret)
		return fail(&err,
			    ret == -ENOMEM || ret == -EMFILE || ret == -ENFILE || ret == -EIO ?
				    error__exit_status(&err) :
			    run.list || ret == -ENOENT || ret == -EINVAL ? EXIT_USAGE :
									   EXIT_BAD_INPUT);
	status = check_files(&run);
	if (status)
		goto out;
	run.runner.depth.no_probes = run.probes == 2 || (run.probes == 0 && plan.rounds < 2);
	if (run.dry) {
		status = show_dry_run(&run, &plan);
		goto out;
	}
	run.tty = isatty(STDERR_FILENO);
	run.shown_ns = clock__ns();
	run.runner.stop = signals__catch();
	switched__each(SWITCHED_LOOK, warn_of_leftover, NULL, NULL);
	cpu_groups__sweep();
	status = run.ab[0] ? compare_settings(&run, &plan) : measure(&run, &plan);
out:
	plan__free(&plan);
	return status;
}
DEFINE_COMMAND(run, usage, cmd_run);
