// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/commands/doctor_prove.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/alloc.h"
#include "bench/base/clock.h"
#include "bench/base/error.h"
#include "bench/base/signals.h"
#include "bench/base/verdicts.h"
#include "bench/cli/usage.h"
#include "bench/doctor/doctor.h"
#include "bench/doctor/finding.h"
#include "bench/doctor/proof.h"
#include "bench/host/files.h"
#include "bench/measure/ab_run.h"
#include "bench/plan/list.h"
#include "bench/result/doc.h"
#include "probes/vmfind.h"

struct proving {
	const struct doctor_prove_options *opts;
	const volatile sig_atomic_t *stop;
	const struct doctor_check *check;
	const char *value; /* against itself; NULL: the proof's two */
	char sides[2][HOST_SETTING_VALUE + SETTING_PATH_BYTES];
	bool of_host; /* a setting of the host is switched, not one of a VM */
	bool told, tty;
};

/* Whether switching settings of the host would be felt by someone else's VMs. */
static bool others_run(const char *id)
{
	struct vm_list vms = { 0 };
	bool any = !vmfind__all(&vms) && vms.nr;

	if (any)
		fprintf(stderr,
			"hvbench doctor: %s: %zu VM%s here (the first: process %d, %s), and would "
			"feel what is switched: end them, or --with-running-vms\n",
			id, vms.nr, vms.nr > 1 ? "s run" : " runs", vms.list[0].pid,
			vms.list[0].comm);
	vmfind__free(&vms);
	return any;
}

/* A "*" in a path stands for the last name there: of idle states, the deepest. */
static int resolve(char *side, size_t room, const char *text, struct error *err)
{
	const char *eq = strchr(text, '=');
	char path[PATH_MAX];
	glob_t found;

	snprintf(side, room, "%s", text);
	if (!strchr(text, '*'))
		return 0;
	snprintf(path, sizeof(path), "%.*s", (int)(eq - text), text);
	if (glob(path, 0, NULL, &found))
		return error__set(err, -ENOENT, "there is no %s here", path);
	snprintf(side, room, "%s%s", found.gl_pathv[found.gl_pathc - 1], eq);
	globfree(&found);
	return 0;
}

/* Puts the value that is in force into side A, where that is one word, and not B's. */
static void begin_from_now(struct proving *p)
{
	char *eq = strchr(p->sides[0], '='), *now;

	now = host_file__read("", "%.*s", (int)(eq - p->sides[0]), p->sides[0]);
	if (now && *now && !strpbrk(now, " \t\n") && strcmp(now, strchr(p->sides[1], '=') + 1))
		snprintf(eq + 1, sizeof(p->sides[0]) - (size_t)(eq + 1 - p->sides[0]), "%s", now);
	free(now);
}

static int choose_sides(struct proving *p, struct error *err)
{
	const struct doctor_proof *proof = p->check->prove;
	const char *sides[2] = { doctor_proof__side(proof, "", 0),
				 doctor_proof__side(proof, "", 1) };

	p->of_host = sides[0][0] == '/';
	for (int s = 0; s < 2; s++) {
		if (p->value)
			sides[s] = sides[1];
		if (resolve(p->sides[s], sizeof(p->sides[s]), sides[s], err))
			return err->code;
		if (p->value) {
			char *eq = strchr(p->sides[s], '=');

			snprintf(eq + 1, sizeof(p->sides[s]) - (size_t)(eq + 1 - p->sides[s]), "%s",
				 p->value);
		}
	}
	if (proof->from_now && p->of_host && !p->value)
		begin_from_now(p);
	return 0;
}

/* On a terminal the user is asked before a setting that all VMs of the host feel is switched. */
static bool is_allowed(const struct proving *p)
{
	char answer[16] = "";

	if (!p->of_host)
		return true;
	if (!p->opts->with_vms && others_run(p->check->id))
		return false;
	if (p->opts->yes || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return true;
	fprintf(stderr,
		"%.*s of this host is switched to and fro for up to %.0f s, which all that runs "
		"here feels, and then put back. Go on? [y/N] (--yes does not ask) ",
		(int)strcspn(p->sides[0], "="), p->sides[0], p->opts->time_s);
	if (fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y'))
		return true;
	fprintf(stderr, "hvbench doctor: %s: not proved\n", p->check->id);
	return false;
}

static void show_pairs(void *arg, const char *workload, size_t pairs, double elapsed_s)
{
	const struct proving *p = arg;
	char text[256];

	snprintf(text, sizeof(text), "%.60s: %.60s, %zu pairs, %.1f s", p->check->id, workload,
		 pairs, elapsed_s);
	if (p->tty)
		usage__progress(stderr, text);
}

static void say_why_it_waits(void *arg, const char *text)
{
	const struct proving *p = arg;

	fprintf(stderr, "%shvbench doctor: %s\n", p->tty ? "\r\033[K" : "", text);
}

static int measure(struct proving *p, json_t **doc, struct error *err)
{
	const struct doctor_proof *proof = p->check->prove;
	const char *const pairs[] = { proof->config, NULL };
	const struct plan_options plan_options = { .config_pairs = pairs };
	struct ab_options opts = {
		.begin_ns = clock__ns(),
		.stop = p->stop,
		.command = "doctor",
		.arg = p,
		.progress = show_pairs,
		.say = say_why_it_waits,
		.time_s = p->opts->time_s,
		.threshold = AB_THRESHOLD,
		.apart = proof->apart,
		.cpu = proof->sleeps,
	};
	struct plan plan;
	int ret = plan__from_list(&plan, proof->workloads, &plan_options, err);

	*doc = NULL;
	if (ret)
		return EXIT_INTERNAL;
	opts.seed = plan.seed;
	ret = run_ab(&plan, p->sides[0], p->sides[1], &opts, doc);
	if (p->tty)
		fprintf(stderr, "\r\033[K");
	plan__free(&plan);
	return ret;
}

/* "24.1 us": three digits are what a verdict is about. */
static const char *time_text(double ns, char *buf, size_t len)
{
	const char *const units[] = { "ns", "us", "ms", "s" };
	int u = 0;

	while (ns >= 1000 && u < 3) {
		ns /= 1000;
		u++;
	}
	snprintf(buf, len, "%.3g %s", ns, units[u]);
	return buf;
}

/* "-71", "+0.25", "+550", "-0.00": two digits, no exponents. */
static const char *percent(double log_ratio, char buf[32])
{
	double change = 100 * expm1(log_ratio);

	snprintf(buf, 32,
		 fabs(change) >= 100 ? "%+.0f" :
		 fabs(change) < 0.1  ? "%+.2f" :
				       "%+.2g",
		 change);
	return buf;
}

/* "-71 %, 95 % interval -72 to -70 %" */
static void put_change(FILE *out, const json_t *of)
{
	double low = doc__element(of, "log_ratio.ci95", 0);
	double high = doc__element(of, "log_ratio.ci95", 1);
	char from[32], to[32];

	fprintf(out, "%s %%", percent(doc__number(of, "log_ratio.p50"), from));
	if (isfinite(low) && isfinite(high))
		fprintf(out, ", 95 %% interval %s to %s %%", percent(low, from), percent(high, to));
}

static void put_goals(FILE *out, unsigned int goals)
{
	const char *sep = "";

	for (unsigned int i = 0; doctor_goals[i]; i++)
		if (goals & 1u << i) {
			fprintf(out, "%s%s", sep, doctor_goals[i]);
			sep = " and ";
		}
}

static enum verdict verdict_of(const json_t *of)
{
	const struct verdict_row *row = verdict__find(doc__text(of, "verdict"));

	return row ? row->verdict : VERDICT_INCONCLUSIVE;
}

/* What B is worth by the time of an operation and, where it was measured, by its CPU time. */
static void put_worth(FILE *out, const struct doctor_proof *proof, const json_t *one)
{
	const json_t *cpu = doc__at(one, "cpu");
	bool measured = json_is_object(cpu);
	enum verdict time = verdict_of(one), burnt = measured ? verdict_of(cpu) : VERDICT_SAME;

	if (time == VERDICT_FASTER) {
		fputs("worth it for ", out);
		put_goals(out, proof->gains);
		if (burnt == VERDICT_SLOWER)
			fputs(", not for density", out);
		else if (burnt == VERDICT_FASTER)
			fputs(", and for density", out);
		else if (burnt == VERDICT_INCONCLUSIVE)
			fputs("; what it takes of CPU time is not decided", out);
	} else if (time == VERDICT_SLOWER) {
		fputs(burnt == VERDICT_FASTER ? "worth it for density, not for " :
						"not worth it for ",
		      out);
		put_goals(out, proof->gains);
	} else if (time == VERDICT_SAME) {
		if (burnt == VERDICT_SLOWER)
			fputs("not worth it: it takes CPU time and brings nothing here", out);
		else if (burnt == VERDICT_FASTER)
			fputs("worth it for density: nothing is lost by it", out);
		else
			fprintf(out, "the same: a difference above %.2g %% is excluded",
				100 * doc__number(one, "threshold"));
	} else {
		fputs("undecided", out);
		if (doc__number(one, "pairs_needed") > 0)
			fprintf(out, ": about %.0f pairs would decide (--time)",
				doc__number(one, "pairs_needed"));
	}
}

/* What KEY=VALUE is called in a line: the last part of a path. */
static const char *short_name(const char *side)
{
	const char *eq = strchr(side, '='), *slash = memrchr(side, '/', (size_t)(eq - side));

	return slash ? slash + 1 : side;
}

/*
 * "halt-polling: halt_poll_ns 0 -> 200000: wake-up 24.1 us -> 6.9 us (-71 %, …), CPU time per
 * wake-up +38 % (…): worth it for latency, not for density". The caller frees it.
 */
static char *line_of(const struct proving *p, const json_t *one)
{
	const struct doctor_proof *proof = p->check->prove;
	const char *a = short_name(p->sides[0]), *b = short_name(p->sides[1]);
	const json_t *cpu = doc__at(one, "cpu");
	char from[32], to[32], *text;
	size_t len;
	FILE *out = alloc__stream(&text, &len);

	fprintf(out, "%s: %.*s %s -> %s: %s %s -> %s (", p->check->id, (int)strcspn(a, "="), a,
		strchr(a, '=') + 1, strchr(b, '=') + 1, proof->operation,
		time_text(doc__number(one, "a.p50_ns"), from, sizeof(from)),
		time_text(doc__number(one, "b.p50_ns"), to, sizeof(to)));
	put_change(out, one);
	fputs(")", out);
	if (json_is_object(cpu)) {
		fprintf(out, ", CPU time per %s %s -> %s (", proof->operation,
			time_text(doc__number(cpu, "a_ns"), from, sizeof(from)),
			time_text(doc__number(cpu, "b_ns"), to, sizeof(to)));
		put_change(out, cpu);
		fputs(")", out);
	} else if (proof->sleeps) {
		fputs(", CPU time not measured", out);
	}
	fputs(": ", out);
	put_worth(out, proof, one);
	if (proof->unmeasured && verdict_of(one) != VERDICT_INCONCLUSIVE)
		fprintf(out, "; not measured: %s", proof->unmeasured);
	alloc__close_stream(out);
	return text;
}

/* How it was measured, for those who doubt it. */
static char *method_of(const struct proving *p, const json_t *one)
{
	const char *method = doc__text(one, "method");
	const struct doctor_proof *proof = p->check->prove;
	char *text;

	if (asprintf(&text, "%.0f pairs of %s, %.1f s; hvbench run -w %s%s%s --ab %s %s%s",
		     doc__number(one, "pairs"),
		     !strcmp(method, "apart")	 ? "fresh VMs, one after the other" :
		     !strcmp(method, "switched") ? "sides that took turns in fresh VMs" :
						   "fresh VMs that took turns",
		     doc__number(one, "duration_s"), proof->workloads,
		     proof->config ? " --config " : "", proof->config ?: "", p->sides[0],
		     p->sides[1], proof->apart ? " --apart" : "") < 0)
		alloc__fail();
	return text;
}

static json_t *check_of(json_t *doc, const char *id)
{
	json_t *check;
	size_t i;

	json_array_foreach(json_object_get(doc, "checks"), i, check)
		if (!strcmp(doc__text(check, "id"), id))
			return check;
	return NULL;
}

/* Adds it to the check that it is about. */
static void note(const struct proving *p, json_t *doc, const json_t *measured, const char *line)
{
	json_object_set_new(check_of(doc, p->check->id), "proved",
			    json_pack("{s:s, s:O}", "text", line, "ab",
				      json_object_get(measured, "ab")));
}

static int prove_check(struct proving *p, json_t *doc)
{
	const struct doctor_check *c = p->check;
	struct error err = { 0 };
	json_t *measured, *one;
	char *line, *method;
	bool failed;
	int status;
	size_t i = 0;

	if (!c->prove) {
		fprintf(stderr, "hvbench doctor: %s is not proved by one switch: %s%s\n", c->id,
			c->proof ? "it shows in hvbench run " : "", c->proof ?: c->no_proof);
		return EXIT_NOTHING_TO_RUN_ON;
	}
	if (choose_sides(p, &err)) {
		fprintf(stderr, "hvbench doctor: %s: %s\n", c->id, err.text);
		return EXIT_NOTHING_TO_RUN_ON;
	}
	if (!is_allowed(p))
		return EXIT_NOT_PERMITTED;
	status = measure(p, &measured, &err);
	if (err.text[0])
		fprintf(stderr, "hvbench doctor: %s: %s\n", c->id, err.text);
	json_array_foreach(json_object_get(measured, "ab"), i, one) {
		if (verdict_of(one) == VERDICT_FAILED)
			continue;
		line = line_of(p, one);
		method = method_of(p, one);
		if (p->told)
			printf("%s\n  %s\n", line, method);
		note(p, doc, measured, line);
		free(line);
		free(method);
	}
	failed = !i ||
		 verdict_of(json_array_get(json_object_get(measured, "ab"), 0)) == VERDICT_FAILED;
	json_decref(measured);
	if (fflush(stdout)) {
		fprintf(stderr, "hvbench doctor: writing to standard output: %s\n",
			strerror(errno));
		return EXIT_IO;
	}
	/* A setting that is not there, or cannot be switched, is no wrong usage. */
	if (status == EXIT_USAGE)
		return EXIT_NOTHING_TO_RUN_ON;
	/* Faster or slower: either way it is decided. */
	return status == EXIT_REGRESSION && !failed ? EXIT_OK : status;
}

/* The first of the checks before the nth that measures the same, if it was measured. */
static const json_t *measured_before(const struct doctor_check **checks, size_t nth, json_t *doc)
{
	for (size_t i = 0; i < nth; i++) {
		const json_t *proved = json_object_get(check_of(doc, checks[i]->id), "proved");

		if (checks[i]->prove && proved &&
		    doctor_proof__same(checks[i]->prove, checks[nth]->prove))
			return proved;
	}
	return NULL;
}

/*
 * All that can be proved and matters here, in the order of what it is likely to bring. What cannot
 * be here is told, and is no failure where anything else could.
 */
static int prove_all(struct proving *p, const struct doctor_check **checks, json_t *doc)
{
	int status = EXIT_OK, left_out = EXIT_NOTHING_TO_RUN_ON;
	unsigned int nr = 0;

	for (size_t i = 0; checks[i] && status != EXIT_INTERRUPTED; i++) {
		json_t *check = check_of(doc, checks[i]->id);
		const json_t *before;
		int one;

		if (!checks[i]->prove ||
		    !strcmp(doc__text(check, "outcome"), doctor_outcomes[DOCTOR_NOT_APPLICABLE]))
			continue;
		before = measured_before(checks, i, doc);
		if (before) {
			json_object_set(check, "proved", (json_t *)before);
			continue;
		}
		p->check = checks[i];
		one = prove_check(p, doc);
		if (one == EXIT_NOTHING_TO_RUN_ON || one == EXIT_NOT_PERMITTED) {
			left_out = one;
			continue;
		}
		nr++;
		status = one == EXIT_INTERRUPTED ? one : exit_status__worse(status, one);
	}
	return nr ? status : left_out;
}

static int prove_named(struct proving *p, const char *const *ids,
		       const struct doctor_check **checks, json_t *doc)
{
	int status = EXIT_OK;

	for (const char *const *id = ids; *id && status != EXIT_INTERRUPTED; id++) {
		const char *eq = strchr(*id, '=');
		size_t len = eq ? (size_t)(eq - *id) : strlen(*id);

		for (size_t i = 0; checks[i]; i++) {
			int one;

			if (strlen(checks[i]->id) != len || strncmp(checks[i]->id, *id, len))
				continue;
			p->check = checks[i];
			p->value = eq ? eq + 1 : NULL;
			one = prove_check(p, doc);
			status = one == EXIT_INTERRUPTED ? one : exit_status__worse(status, one);
		}
	}
	return status;
}

int doctor_prove__run(const char *const *ids, const struct doctor_prove_options *opts, json_t *doc,
		      bool told)
{
	const struct doctor_check **checks = doctor__checks();
	struct proving p = {
		.opts = opts, .stop = signals__catch(), .told = told, .tty = isatty(STDERR_FILENO)
	};
	int status = *ids ? prove_named(&p, ids, checks, doc) : prove_all(&p, checks, doc);

	free(checks);
	return status;
}
