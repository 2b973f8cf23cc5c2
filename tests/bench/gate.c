// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Can the verdicts of `hvbench run --ab` be trusted on this machine? Runs it many times with a
 * known answer: A against itself, and against itself with a slow-down of 1 % and 0.5 % put into the
 * guest's loop (pio-user:extra=), and counts what was called what, and how long it took. Then the
 * recorded A/A pairs are resampled, for more trials than anybody has the patience to measure.
 *
 * 	gate [TRIALS [AA_TRIALS [BUSY]]]	default 40 of each slow-down, 200 of A/A, 0 busy
 * 	gate fit SHARE			only prints how many iterations slow down by SHARE
 *
 * BUSY: so many other processes that do nothing but compute, anywhere. Status 1 when the verdicts
 * are not as promised: 95 % of the slow-downs found (1 % within 2 s, 0.5 % within 5 s), at most 1
 * of 500 false calls, and slow-downs that are no larger than they claim to be.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/backends/registry.h"
#include "bench/base/stats.h"
#include "bench/host/fingerprint.h"
#include "bench/measure/ab_twins.h"
#include "bench/plan/cell.h"

#define RESAMPLED    20000
#define MAX_RECORDED 200000
#define TRIAL_TIME_S 20
#define FOUND	     0.95
#define FALSE_CALLS  (1.0 / 500)
/*
 * A slow-down may measure larger than intended by this share and still count as one of that size.
 */
#define SIZE_TOLERANCE 0.05
#define FIT_PAIRS      200
/* Aim for a little less than the size wanted, since a fit errs both ways. */
#define FIT_AIM	   0.97
#define MAX_BUSY   64
#define MAX_TRIALS 4096

struct tally {
	unsigned int called[NR_VERDICTS], trials;
	double seconds[MAX_TRIALS];
	double found_s[MAX_TRIALS]; /* the same where it was called slower, else
						 * infinite */
	double shift[MAX_TRIALS];
	double cycles; /* cycles of A, in the last trial */
	double *ratios;
	size_t nr_ratios;
};

static int run_trial(const struct cell *base, const char *b, struct tally *t)
{
	struct ab_options opts = { .time_s = TRIAL_TIME_S, .threshold = AB_THRESHOLD };
	struct ab_side side[2];
	struct error err = { 0 };
	enum verdict verdict;
	json_t *doc = json_object(), *one, *pair;
	size_t i;

	if (ab__parse_side(&side[0], base, "extra=0", &err) ||
	    ab__parse_side(&side[1], base, b, &err) || ab__run(side, &opts, doc, &verdict, &err)) {
		fprintf(stderr, "gate: %s\n", err.text);
		return -1;
	}
	one = json_array_get(json_object_get(doc, "ab"), 0);
	t->seconds[t->trials] = json_number_value(json_object_get(one, "duration_s"));
	t->found_s[t->trials] = verdict == VERDICT_SLOWER ? t->seconds[t->trials] : INFINITY;
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
	double sorted[MAX_TRIALS];

	memcpy(sorted, t->seconds, t->trials * sizeof(*sorted));
	stats__sort(sorted, t->trials);
	printf("%-16s %5u trials, shift %+.3f %%: slower %5u  faster %4u  same %5u  inconclusive "
	       "%4u; "
	       "median %.2f s, p95 %.2f s\n",
	       what, t->trials, 100 * expm1(stats__median(t->shift, t->trials)),
	       t->called[VERDICT_SLOWER], t->called[VERDICT_FASTER], t->called[VERDICT_SAME],
	       t->called[VERDICT_INCONCLUSIVE], stats__quantile(sorted, t->trials, 0.5),
	       stats__quantile(sorted, t->trials, 0.95));
	fflush(stdout);
}

/* Runs one pair like those of --ab, with an extra loop of so many iterations in the second VM. */
static int run_pair(const struct cell *base, uint64_t extra, uint64_t ops, struct pair *pair)
{
	static const struct measure_request req = {
		.target_ns = AB_SAMPLE_NS,
		.samples = AB_ALTERNATIONS,
		.timeout_ms = AB_TIMEOUT_MS,
	};
	const struct backend *backend = backend__find(base->backend);
	struct cell cells[2] = { *base, *base };
	struct twin twins[2] = { { .cell = &cells[0], .ops_per_sample = ops },
				 { .cell = &cells[1], .ops_per_sample = ops } };
	struct error err = { 0 };
	char text[32];
	int ret;

	*pair = (struct pair){ .status = MEASURE_FAILED };
	snprintf(text, sizeof(text), "%llu", (unsigned long long)extra);
	ret = cell__set_param(&cells[1], workload__find_param(base->workload, "extra"), text, &err);
	for (int s = 0; s < 2 && !ret; s++)
		ret = backend->create(&cells[s], &req, &twins[s].instance, &err);
	if (!ret)
		backend->run_pair(twins, &req, pair);
	for (int s = 0; s < 2; s++)
		backend->destroy(twins[s].instance);
	return pair->status == MEASURE_OK ? 0 : -1;
}

/*
 * The relative slow-down by so many iterations of the extra loop: the median of pairs. NAN: failed.
 */
static double shift_of(const struct cell *base, uint64_t extra)
{
	double shifts[FIT_PAIRS];
	struct pair pair;
	uint64_t ops;

	if (run_pair(base, 0, 1, &pair) || !(pair.a > 0))
		return NAN;
	/*
	 * As many as --ab uses: the cost of an operation depends on how many there are before the
	 * twin's turn.
	 */
	ops = (uint64_t)(AB_SAMPLE_NS * (double)pair.tsc_khz / 1e6 / pair.a);
	for (int i = 0; i < FIT_PAIRS; i++) {
		if (run_pair(base, extra, ops ? ops : 1, &pair))
			return NAN;
		shifts[i] = expm1(pair.log_ratio);
	}
	return stats__median(shifts, FIT_PAIRS);
}

/*
 * How many iterations slow an operation down by `share`. The cost of an iteration depends on the
 * machine, and the mispredicted end of the loop costs as much as a dozen of them: a line through
 * two sizes near the wanted one accounts for both.
 */
static uint64_t fit_extra(const struct cell *base, double cycles, double share)
{
	double low = cycles * share / 2, high = cycles * share * 1.2;
	double at_low = shift_of(base, (uint64_t)low), at_high = shift_of(base, (uint64_t)high);
	double extra = low + (FIT_AIM * share - at_low) * (high - low) / (at_high - at_low);

	return extra >= 1 && extra < cycles ? (uint64_t)extra : 0;
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
	for (unsigned int i = 0; i < trials && i < MAX_TRIALS; i++)
		if (run_trial(base, b, t))
			return -1;
	return 0;
}

/*
 * Repeats the sequence of looks of --ab over pairs drawn from the recorded ones, centred on no
 * difference.
 */
static void resample(struct tally *aa, unsigned int trials)
{
	double centre = stats__median(aa->ratios, aa->nr_ratios), drawn[512], p;
	struct tally t = { .trials = 0 };
	struct rng rng;

	rng__seed(&rng, 1);
	for (unsigned int i = 0; i < trials; i++) {
		enum verdict verdict = VERDICT_INCONCLUSIVE;

		for (size_t n = 1; n <= 512 && verdict == VERDICT_INCONCLUSIVE; n++) {
			drawn[n - 1] = aa->ratios[rng__below(&rng, aa->nr_ratios)] - centre;
			if (ab__is_look(n))
				verdict = ab__decide(drawn, n, AB_THRESHOLD, &p);
		}
		t.called[verdict]++;
		t.trials++;
	}
	printf("%-16s %5u trials: slower %5u  faster %4u  same %5u  inconclusive %4u  from %zu "
	       "recorded pairs\n",
	       "A/A, resampled", t.trials, t.called[VERDICT_SLOWER], t.called[VERDICT_FASTER],
	       t.called[VERDICT_SAME], t.called[VERDICT_INCONCLUSIVE], aa->nr_ratios);
	aa->called[VERDICT_SLOWER] += t.called[VERDICT_SLOWER];
	aa->called[VERDICT_FASTER] += t.called[VERDICT_FASTER];
	aa->trials += t.trials;
}

/* Starts busy processes, which end with this one. */
static void start_busy(pid_t *pids, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			for (volatile unsigned long n = 0;; n++)
				if (!(n & 0xffffff) && getppid() == 1)
					_exit(0);
		}
	}
}

static void stop_busy(const pid_t *pids, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (pids[i] > 0)
			kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
}

/*
 * The share of trials that found a slow-down of `share` within `limit_s`; below 0: nothing was
 * measured.
 */
static double try_slow_down(const struct cell *base, double cycles, double share, double limit_s,
			    unsigned int trials, struct tally *t)
{
	uint64_t extra = fit_extra(base, cycles, share);
	char text[32], what[32];
	double found, shift;

	snprintf(text, sizeof(text), "extra=%llu", (unsigned long long)extra);
	snprintf(what, sizeof(what), "slower by %g %%", 100 * share);
	if (!extra || measure(base, text, trials, t)) {
		printf("%-16s not measured: %s\n", what,
		       extra ? text : "no size of the extra loop fits");
		return -1;
	}
	show(what, t);
	found = found_within(t, limit_s);
	shift = expm1(stats__median(t->shift, t->trials));
	printf("%-16s %s: found within %g s in %.1f %% of trials\n", "", text, limit_s,
	       100 * found);
	if (shift > share * (1 + SIZE_TOLERANCE)) {
		printf("%-16s but it was larger than that: this shows nothing\n", "");
		return 0;
	}
	return found;
}

static int print_fit(const struct cell *base, double share)
{
	struct tally t = { .trials = 0 };
	uint64_t extra = measure(base, "extra=0", 1, &t) ? 0 : fit_extra(base, t.cycles, share);

	printf("%llu\n", (unsigned long long)extra);
	return extra ? 0 : 69;
}

int main(int argc, char **argv)
{
	unsigned int trials = argc > 1 ? (unsigned int)atoi(argv[1]) : 40;
	unsigned int aa_trials = argc > 2 ? (unsigned int)atoi(argv[2]) : 200;
	unsigned int busy = argc > 3 ? (unsigned int)atoi(argv[3]) : 0;
	struct tally *aa = calloc(3, sizeof(*aa));
	struct error err = { 0 };
	const struct workload *w = plan__find_workload("pio-user", &err);
	double one, half, false_calls;
	pid_t pids[MAX_BUSY] = { 0 };
	struct cell base;
	int status = 69;

	if (!aa || !w || busy > MAX_BUSY)
		return 70;
	aa->ratios = calloc(MAX_RECORDED, sizeof(double));
	cell__init(&base, w, "gate");
	if (argc == 3 && !strcmp(argv[1], "fit")) {
		status = print_fit(&base, atof(argv[2]));
		goto out;
	}
	printf("run --ab, pio-user, %u other busy process%s, %u CPUs\n", busy,
	       busy == 1 ? "" : "es", host__nr_cpus());
	start_busy(pids, busy);
	if (measure(&base, "extra=0", aa_trials, aa))
		goto out;
	show("A/A", aa);
	one = try_slow_down(&base, aa->cycles, 0.01, 2, trials, aa + 1);
	half = try_slow_down(&base, aa->cycles, 0.005, 5, trials, aa + 2);
	if (one < 0 || half < 0)
		goto out;
	resample(aa, RESAMPLED);
	false_calls =
		(double)(aa->called[VERDICT_SLOWER] + aa->called[VERDICT_FASTER]) / aa->trials;
	printf("false calls: %.4f %%\n", 100 * false_calls);
	status = one < FOUND || half < FOUND || false_calls > FALSE_CALLS;
	printf("%s\n", status ? "not as promised" : "as promised");
out:
	stop_busy(pids, busy);
	free(aa->ratios);
	free(aa);
	return status;
}
