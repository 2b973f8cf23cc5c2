// SPDX-License-Identifier: GPL-2.0-or-later
/* hvbench profile: what the VMs on this host exit for, and how long it takes. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/units.h"
#include "cmd.h"
#include "profile.h"
#include "rescue.h"
#include "result.h"

#define DEFAULT_DURATION_S	10
#define COLLECT_S		1	/* at least so often: room of vCPUs that are gone is for others then */
#define POLL_MS			100

enum {
	OPT_VCPU = OPT_LONG, OPT_INTERVAL, OPT_BY, OPT_OVER, OPT_SOURCE, OPT_COUNTS, OPT_LIVE, OPT_TOP,
};

static const struct opt options[] = {
	{ 'p', "pid", "PID[,PID…]", "The VMs of these processes" },
	{ 'a', "all", NULL, "All VMs of this host, those that start meanwhile included (the default)" },
	{ OPT_VCPU, "vcpu", "N", "Only vCPUs of this number" },
	{ 'd', "duration", "TIME", "How long (default 10s, with --live unlimited); 0: until interrupted" },
	{ OPT_INTERVAL, "interval", "TIME", "Also tell what happened in each interval of this length" },
	{ OPT_BY, "by", "WHAT", "reason, msr, port, gpa, rip or vcpu (default reason)" },
	{ OPT_OVER, "over", "TIME", "Print each exit that takes longer, as it happens: time, vCPU, reason, "
	  "off-CPU part, RIP" },
	{ OPT_LIVE, "live", NULL, "Watch on the screen: sort, freeze, by VM and by vCPU" },
	{ OPT_TOP, "top", "N", "Lines of the table (default 40); 0: all" },
	{ OPT_COUNTS, "counts-only", NULL, "No times: half the cost for those who are watched" },
	{ OPT_SOURCE, "source", "NAME", "See exits this way instead of the best that works: raw_tp, fentry, tp, "
	  "tracepoints" },
	{ 'f', "format", "FORMAT", "text, json, csv or md" },
	{ 'o', "output", "FILE", "Write the result to FILE, all at once at the end" },
	{ 'q', "quiet", NULL, "Nothing but the result" },
	{ }
};

static const struct example examples[] = {
	{ "hvbench profile", "all VMs of this host for ten seconds" },
	{ "hvbench profile -p 4711 -d 60s --by port", "one VM's port I/O" },
	{ "hvbench profile --over 1ms -d 0", "every exit longer than a millisecond, until ^C" },
	{ "hvbench profile -d 1h --interval 10s -f csv -o exits.csv", "a row a reason and ten seconds" },
	{ }
};

static const struct usage usage = {
	.command = "profile",
	.what = "show what VMs exit for, and how long it takes",
	.synopsis = "[OPTION]…",
	.text =
	"Watches the exits of VMs that others started, whatever VMM runs them: counts by reason, and the time "
	"from exit to entry as a distribution, with the parts in which user space handled the exit and in "
	"which the vCPU's thread had no CPU. VMs are found by the KVM descriptors their processes have open. "
	"Everything is summed up in the kernel: nothing is lost however many exits there are.\n\n"
	"How exits can be seen differs between hosts. A small VM of hvbench's own takes a known number of them "
	"first; what sees them all is used, and the result names it. Root, or CAP_BPF and CAP_PERFMON, are "
	"needed.\n\n"
	"Exit status: 0 done; 64 wrong usage; 69 no such process, it runs no VM, or exits cannot be seen here; "
	"74 the result could not be written; 77 not permitted; 130 interrupted before the end.",
	.options = options,
	.examples = examples,
};

static const char *const by_names[] = { "reason", "msr", "port", "gpa", "rip", "vcpu", NULL };
static const char *const source_names[] = { "raw_tp", "fentry", "tp", "tracepoints", NULL };
static const char *const format_names[] = { "text", "json", "csv", "md", NULL };
enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV, FORMAT_MD };

struct cmd {
	struct profile_options opts;
	int format;
	const char *output;
	bool quiet;
	FILE *out;		/* where the result goes as text; memory when -o is given */
	char *text;
	size_t text_len;
};

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	stop = 1;
	signal(sig, SIG_DFL);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int fail(const struct error *err)
{
	fprintf(stderr, "hvbench profile: %s\n", err->text);
	return err->code == -ESRCH || err->code == -EOPNOTSUPP ? EXIT_NOTHING_TO_RUN_ON :
	       error__exit_status(err);
}

static bool parse_pids(struct cmd *cmd, struct opts *opts)
{
	char *next = opts->arg, *end;
	long pid;

	do {
		errno = 0;
		pid = strtol(next, &end, 10);
		if (errno || end == next || (*end && *end != ',') || pid <= 0 || pid > 1 << 22)
			return opts__misuse(opts, "--pid '%s': process numbers, separated by commas",
					    opts->arg), false;
		if (cmd->opts.nr_pids == PROFILE_MAX_PIDS)
			return opts__misuse(opts, "more than %d processes", PROFILE_MAX_PIDS), false;
		cmd->opts.pids[cmd->opts.nr_pids++] = (pid_t)pid;
		next = end + 1;
	} while (*end);
	return true;
}

static bool parse_option(struct cmd *cmd, struct opts *opts, int id)
{
	uint64_t n;
	int which;

	switch (id) {
	case 'p':
		return parse_pids(cmd, opts);
	case OPT_VCPU:
		if (opts__count(opts, 0, 65535, &n))
			return false;
		cmd->opts.vcpu = (int)n;
		return true;
	case 'd':
		return !opts__seconds(opts, 0, 366 * 86400, &cmd->opts.duration_s);
	case OPT_INTERVAL:
		return !opts__seconds(opts, 0.01, 86400, &cmd->opts.interval_s);
	case OPT_BY:
		if (opts__choice(opts, by_names, &which))
			return false;
		cmd->opts.by = (enum profile_by)which;
		return true;
	case OPT_OVER:
		if (units__parse_time_ns(opts->arg, &cmd->opts.over_ns) || !cmd->opts.over_ns)
			return opts__misuse(opts, "--over '%s': a time, such as 100us or 2ms", opts->arg), false;
		return true;
	case OPT_SOURCE:
		if (opts__choice(opts, source_names, &which))
			return false;
		cmd->opts.source = exits_source__find(source_names[which]);
		return true;
	case OPT_TOP:
		if (opts__count(opts, 0, 100000, &n))
			return false;
		cmd->opts.top = (unsigned int)n;
		return true;
	case 'f':
		return !opts__choice(opts, format_names, &cmd->format);
	}
	return true;
}

static bool parse_options(struct cmd *cmd, struct opts *opts)
{
	bool all = false;
	int id;

	while ((id = opts__next(opts)) > 0) {
		switch (id) {
		case 'a':
			all = true;
			break;
		case 'o':
			cmd->output = opts->arg;
			break;
		case 'q':
			cmd->quiet = true;
			break;
		case OPT_LIVE:
			cmd->opts.live = true;
			break;
		case OPT_COUNTS:
			cmd->opts.counts_only = true;
			break;
		default:
			if (!parse_option(cmd, opts, id))
				return false;
		}
	}
	if (id < 0 || opts__no_more(opts))
		return false;
	if (cmd->opts.duration_s < 0)
		cmd->opts.duration_s = cmd->opts.live ? 0 : DEFAULT_DURATION_S;
	if (all && cmd->opts.nr_pids)
		return opts__misuse(opts, "--all and --pid exclude each other"), false;
	if (cmd->opts.counts_only && (cmd->opts.over_ns || (cmd->opts.by != PROFILE_BY_REASON &&
							    cmd->opts.by != PROFILE_BY_VCPU)))
		return opts__misuse(opts, "--counts-only excludes --over and --by %s",
				    by_names[cmd->opts.by]), false;
	if (cmd->opts.live && (cmd->opts.over_ns || cmd->opts.interval_s > 0))
		return opts__misuse(opts, "--live excludes --over and --interval"), false;
	if (cmd->opts.live && cmd->opts.by != PROFILE_BY_REASON && cmd->opts.by != PROFILE_BY_VCPU)
		return opts__misuse(opts, "--live shows reasons, VMs and vCPUs; --by %s is for a profile",
				    by_names[cmd->opts.by]), false;
	if (cmd->opts.live)
		cmd->opts.by = PROFILE_BY_VCPU;
	if (cmd->opts.live && !(isatty(STDOUT_FILENO) && isatty(STDIN_FILENO)))
		return opts__misuse(opts, "--live needs a terminal"), false;
	return true;
}

struct event_context {
	struct profile *p;
	FILE *out;
};

static void on_event(const struct exits_event *e, void *ctx)
{
	struct event_context *c = ctx;

	profile_report__event(e, c->p->exits, c->out);
}

static void sleep_until(struct profile *p, uint64_t deadline_ns, FILE *events)
{
	struct event_context ctx = { p, events };

	while (!stop) {
		uint64_t now = clock__ns();
		uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
		struct timespec ts = { .tv_sec = (time_t)(left / 1000000000),
				       .tv_nsec = (long)(left % 1000000000) };

		if (!left)
			return;
		if (!events) {
			nanosleep(&ts, NULL);
			continue;
		}
		exits__poll(p->exits, left < POLL_MS * 1000000ull ? (int)(left / 1000000) + 1 : POLL_MS,
			    on_event, &ctx);
		fflush(events);
	}
}

static int watch(struct cmd *cmd, struct profile *p, struct error *err)
{
	const struct profile_options *o = &cmd->opts;
	bool csv = cmd->format == FORMAT_CSV;
	uint64_t step = (uint64_t)((o->interval_s > 0 ? o->interval_s : COLLECT_S) * 1e9);
	uint64_t end = o->duration_s > 0 ? p->begin_ns + (uint64_t)(o->duration_s * 1e9) : UINT64_MAX;
	uint64_t next = p->begin_ns;
	/* Events of a result that is a document go where people look, not into it. */
	FILE *events = !o->over_ns ? NULL : cmd->format == FORMAT_TEXT && !cmd->output ? stdout : stderr;
	int code;

	while (!stop && next < end) {
		next += step;
		sleep_until(p, next < end ? next : end, events);
		if (stop || next >= end)
			break;
		code = profile__collect(p, err);
		if (code)
			return code;
		if (o->interval_s > 0 && csv)
			profile_report__csv(p, &p->interval, profile__interval_seconds(p), cmd->out);
		else if (o->interval_s > 0 && !cmd->quiet)
			profile_report__interval(p, cmd->format == FORMAT_TEXT && !cmd->output ? stdout : stderr);
	}
	return profile__end(p, err);
}

static int report(struct cmd *cmd, struct profile *p, struct error *err)
{
	bool color = !cmd->output && isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	bool cut = stop && cmd->opts.duration_s > 0;
	json_t *doc;
	int code = 0;

	switch (cmd->format) {
	case FORMAT_JSON:
		doc = profile_report__document(p, cut);
		code = doc ? result__save(doc, cmd->output ?: "-", err) :
			     error__set(err, -ENOMEM, "making the result: out of memory");
		if (code && doc)
			rescue__document("profile", doc, cmd->output);
		json_decref(doc);
		return code;
	case FORMAT_CSV:
		if (cmd->opts.interval_s > 0)
			profile_report__csv(p, &p->interval, profile__interval_seconds(p), cmd->out);
		else
			profile_report__csv(p, &p->total, profile__seconds(p), cmd->out);
		break;
	case FORMAT_MD:
		code = profile_report__markdown(p, cmd->out);
		break;
	default:
		code = profile_report__text(p, cmd->out, color);
	}
	if (fflush(cmd->out) || code)
		return error__set(err, code ?: -EIO, "writing the result: %s", strerror(errno));
	if (!cmd->output)
		return 0;
	code = result__save_text(cmd->text, cmd->text_len, cmd->output, err);
	if (code)
		rescue__text("profile", cmd->text, cmd->text_len, "", true);
	return code;
}

static int run(struct cmd *cmd, struct profile *p)
{
	struct error err = { 0 };
	int code = profile__open(p, &cmd->opts, &err);

	if (code)
		return fail(&err);
	if (!cmd->quiet && !cmd->opts.live && isatty(STDERR_FILENO))
		fprintf(stderr, "hvbench: watching %zu VM process%s by %s, %s\n", p->nr_vms,
			p->nr_vms == 1 ? "" : "es", exits_source__name(p->choice.source),
			cmd->opts.duration_s > 0 ? "^C ends it early" : "^C ends it");
	if (cmd->format == FORMAT_CSV)
		profile_report__csv_header(cmd->out);
	if (cmd->opts.live) {
		code = profile_live(p, &stop, &err);
		if (!code)
			code = profile__end(p, &err);
	} else {
		code = watch(cmd, p, &err);
	}
	if (!code && (!cmd->opts.live || cmd->output))
		code = report(cmd, p, &err);
	if (code)
		return code == -ENOMEM || code == -EINVAL ? fail(&err) : (fail(&err), EXIT_IO);
	return stop && cmd->opts.duration_s > 0 ? EXIT_INTERRUPTED : EXIT_OK;
}

static int cmd_profile(int argc, char **argv)
{
	struct cmd *cmd = calloc(1, sizeof(*cmd));
	struct profile *p = calloc(1, sizeof(*p));
	struct opts opts;
	int status = EXIT_INTERNAL;

	if (!cmd || !p) {
		fprintf(stderr, "hvbench profile: out of memory\n");
		goto out;
	}
	cmd->opts = (struct profile_options){
		.vcpu = -1, .source = -1, .duration_s = -1, .top = 40,
	};
	opts__init(&opts, &usage, argc, argv);
	if (!parse_options(cmd, &opts)) {
		status = opts.status;
		goto out;
	}
	cmd->out = cmd->output ? open_memstream(&cmd->text, &cmd->text_len) : stdout;
	if (!cmd->out) {
		fprintf(stderr, "hvbench profile: out of memory\n");
		goto out;
	}
	catch_signals();
	status = run(cmd, p);
	profile__close(p);
	if (cmd->out != stdout)
		fclose(cmd->out);
	free(cmd->text);
out:
	free(p);
	free(cmd);
	return status;
}
DEFINE_COMMAND(profile, usage, cmd_profile);
