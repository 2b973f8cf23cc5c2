// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Can the verdicts of `hvbench run --ab` be trusted on this machine? Runs it many times with a known
 * answer: A against itself, and against itself with a slow-down of 1 % and 0.5 % put into the guest's
 * loop (pio-user:extra=), and counts what was called what, and how long it took. Then the recorded A/A
 * pairs are resampled, for more trials than anybody has the patience to measure.
 *
 *	gate [TRIALS [AA_TRIALS [load]]]	default 40 trials of each slow-down, 200 of A/A
 *
 * `load`: with another process busy on every CPU. Status 1 when the verdicts are not as promised:
 * 95 % of the slow-downs found (1 % within 2 s, 0.5 % within 5 s), at most 1 of 500 false calls.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ab.h"
#include "base/stats.h"
#include "host.h"
#include "plan_build.h"

#define RESAMPLED	20000
#define MAX_RECORDED	200000
#define TRIAL_TIME_S	20
#define FOUND		0.95
#define FALSE_CALLS	(1.0 / 500)

struct tally {
	unsigned int called[NR_AB_VERDICTS], trials;
	double seconds[4096];
	double found_s[4096];		/* the same where it was called slower, else infinite */
	double shift[4096];
	double cycles;			/* of A, in the last trial */
	double *ratios;
	size_t nr_ratios;
};

static int run_trial(const struct cell *base, const char *b, struct tally *t)
{
	struct ab_options opts = { .time_s = TRIAL_TIME_S, .threshold = AB_THRESHOLD };
	struct ab_side side[2];
	struct error err = { 0 };
	enum ab_verdict verdict;
	json_t *doc = json_object(), *one, *pair;
	size_t i;

	if (ab__parse_side(&side[0], base, "extra=0", &err) || ab__parse_side(&side[1], base, b, &err) ||
	    ab__run(side, &opts, doc, &verdict, &err)) {
		fprintf(stderr, "gate: %s\n", err.text);
		return -1;
	}
	one = json_array_get(json_object_get(doc, "ab"), 0);
	t->seconds[t->trials] = json_number_value(json_object_get(one, "duration_s"));
	t->found_s[t->trials] = verdict == AB_SLOWER ? t->seconds[t->trials] : INFINITY;
	t->cycles = json_number_value(json_object_get(json_object_get(one, "a"), "p50_cycles"));
	t->shift[t->trials++] =
		json_number_value(json_object_get(json_object_get(one, "log_ratio"), "p50"));
	t->called[verdict]++;
	json_array_foreach(json_object_get(json_object_get(one, "log_ratio"), "pairs"), i, pair)
		if (t->ratios && t->nr_ratios < MAX_RECORDED)
			t->ratios[t->nr_ratios++] = json_number_value(pair);
	json_decref(doc);
	return 0;
}

static void show(const char *what, const struct tally *t)
{
	struct stats_summary s;

	stats__summarize(t->seconds, t->trials, &s);
	printf("%-16s %5u trials, shift %+.3f %%: slower %5u  faster %4u  same %5u  inconclusive %4u; median %.2f s, p95 %.2f s\n",
	       what, t->trials, 100 * expm1(stats__median(t->shift, t->trials)), t->called[AB_SLOWER], t->called[AB_FASTER], t->called[AB_SAME],
	       t->called[AB_INCONCLUSIVE], s.p50, stats__quantile(t->seconds, t->trials, 0.95));
	fflush(stdout);
}

/* The share of trials that called it slower within `limit_s`. */
static double found_within(const struct tally *t, double limit_s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < t->trials; i++)
		n += t->found_s[i] <= limit_s;
	return (double)n / t->trials;
}

static int measure(const struct cell *base, const char *b, unsigned int trials, struct tally *t)
{
	for (unsigned int i = 0; i < trials && i < sizeof(t->seconds) / sizeof(t->seconds[0]); i++)
		if (run_trial(base, b, t))
			return -1;
	return 0;
}

/* The sequence of looks of ab.c over pairs drawn from the recorded ones, centred on no difference. */
static void resample(struct tally *aa, unsigned int trials)
{
	double centre = stats__median(aa->ratios, aa->nr_ratios), drawn[512], p;
	struct tally t = { .trials = 0 };
	struct rng rng;

	rng__seed(&rng, 1);
	for (unsigned int i = 0; i < trials; i++) {
		enum ab_verdict verdict = AB_INCONCLUSIVE;

		for (size_t n = 1; n <= 512 && verdict == AB_INCONCLUSIVE; n++) {
			drawn[n - 1] = aa->ratios[rng__below(&rng, aa->nr_ratios)] - centre;
			if (ab__is_look(n))
				verdict = ab__decide(drawn, n, AB_THRESHOLD, &p);
		}
		t.called[verdict]++;
		t.trials++;
	}
	printf("%-16s %5u trials: slower %5u  faster %4u  same %5u  inconclusive %4u  from %zu recorded pairs\n",
	       "A/A, resampled", t.trials, t.called[AB_SLOWER], t.called[AB_FASTER], t.called[AB_SAME],
	       t.called[AB_INCONCLUSIVE], aa->nr_ratios);
	aa->called[AB_SLOWER] += t.called[AB_SLOWER];
	aa->called[AB_FASTER] += t.called[AB_FASTER];
	aa->trials += t.trials;
}

/* Busy processes, gone with us. */
static void start_load(pid_t *pids, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			alarm(3600);
			for (volatile unsigned long n = 0;; n++)
				if (getppid() == 1)
					_exit(0);
		}
	}
}

int main(int argc, char **argv)
{
	unsigned int trials = argc > 1 ? (unsigned int)atoi(argv[1]) : 40;
	unsigned int aa_trials = argc > 2 ? (unsigned int)atoi(argv[2]) : 200;
	bool load = argc > 3 && !strcmp(argv[3], "load");
	struct tally *aa = calloc(3, sizeof(*aa)), *one = aa + 1, *half = aa + 2;
	unsigned int cpus = host__nr_cpus(), nr_load = load ? cpus : 0;
	pid_t pids[64] = { 0 };
	struct error err = { 0 };
	struct cell base;
	const struct workload *w = plan__find_workload("pio-user", &err);
	double one_found, half_found, false_calls;
	char extra[32];
	int status = 0;

	if (!aa || !w)
		return 70;
	aa->ratios = calloc(MAX_RECORDED, sizeof(double));
	cell__init(&base, w, "gate");
	start_load(pids, nr_load < 64 ? nr_load : 64);
	if (measure(&base, "extra=0", aa_trials, aa)) {
		status = 69;
		goto out;
	}
	show("A/A", aa);
	/* An iteration of the extra loop is a cycle; what it comes to is shown as the shift. */
	snprintf(extra, sizeof(extra), "extra=%.0f", aa->cycles * 0.01);
	if (measure(&base, extra, trials, one)) {
		status = 69;
		goto out;
	}
	show("slower by 1 %", one);
	snprintf(extra, sizeof(extra), "extra=%.0f", aa->cycles * 0.005);
	if (measure(&base, extra, trials, half)) {
		status = 69;
		goto out;
	}
	show("slower by 0.5 %", half);
	resample(aa, RESAMPLED);
	one_found = found_within(one, 2);
	half_found = found_within(half, 5);
	false_calls = (double)(aa->called[AB_SLOWER] + aa->called[AB_FASTER]) / aa->trials;
	printf("1 %% found within 2 s: %.1f %%; 0.5 %% within 5 s: %.1f %%; false calls: %.4f %%%s\n",
	       100 * one_found, 100 * half_found, 100 * false_calls, load ? " (loaded)" : "");
	status = one_found < FOUND || half_found < FOUND || false_calls > FALSE_CALLS;
out:
	for (unsigned int i = 0; i < nr_load && i < 64; i++)
		if (pids[i] > 0)
			kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	free(aa->ratios);
	free(aa);
	return status;
}
