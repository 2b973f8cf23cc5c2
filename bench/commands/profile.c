// SPDX-License-Identifier: GPL-2.0-or-later
/* hvbench profile: why the VMs on this host exit, and how long that takes. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/alloc.h"
#include "bench/base/clock.h"
#include "bench/base/signals.h"
#include "bench/base/units.h"
#include "bench/cli/command.h"
#include "bench/cli/output.h"
#include "bench/cli/rescue.h"
#include "bench/profile/live.h"
#include "bench/profile/metrics.h"
#include "bench/profile/perfetto.h"
#include "bench/profile/record.h"
#include "bench/profile/recording.h"
#include "bench/profile/replay.h"
#include "bench/profile/report.h"
#include "bench/profile/serve.h"
#include "bench/profile/session.h"
#include "bench/profile/stacks.h"
#include "bench/result/file.h"
#include "probes/exits_read.h"
#include "probes/exits_source.h"
#include "reports/formats/openmetrics.h"

#define DEFAULT_DURATION_S 10
#define COLLECT_S \
	1 /* at least this often, since slots of vCPUs that are gone
					 * can be reused only after that */
#define COLLECT_CHILD_S 0.1
#define POLL_MS		100
#define RECORD_MS	10	     /* how often single exits are read when recording */
#define RECORD_MAX	(256u << 20) /* bytes, if --record-max says nothing */
#define LOOK_MS \
	250	       /* for checking whether there are VMs left in a process
					 * that may live on */
#define GONE_MS	 10000 /* how often it is looked which VMs are gone, whose metrics end then */
#define FRESH_MS 100   /* what a scrape gets is not older */
#define SAVE_MS	 1000  /* at most this often, whatever the interval is */

enum {
	OPT_VCPU = OPT_LONG,
	OPT_INTERVAL,
	OPT_BY,
	OPT_OVER,
	OPT_STACK,
	OPT_FOLDED,
	OPT_SOURCE,
	OPT_COUNTS,
	OPT_LIVE,
	OPT_LISTEN,
	OPT_TOP,
	OPT_RECORD,
	OPT_RECORD_MAX,
	OPT_REPLAY,
};

static const struct opt options[] = {
	{ 'p', "pid", "PID|NAME[,…]",
	  "The VMs of these processes, or of this name, UUID, libvirt domain, pod or container; it "
	  "ends when they do" },
	{ 'a', "all", NULL,
	  "All VMs of this host, those that start meanwhile included (the default)" },
	{ OPT_VCPU, "vcpu", "N", "Only vCPUs of this number" },
	{ 'd', "duration", "TIME",
	  "How long (default 10s, with --live unlimited); 0: until interrupted" },
	{ OPT_INTERVAL, "interval", "TIME",
	  "Also show what happened in each interval of this "
	  "length" },
	{ OPT_BY, "by", "WHAT",
	  "reason, msr, port, gpa, rip, hypercall, vector (of interrupts that "
	  "KVM injects, not the CPU itself by APICv or AVIC), cpl (whether the guest's kernel or "
	  "user space exits; on SVM), vcpu, vm or culprit (who had the CPU "
	  "while vCPUs waited for it) (default reason)" },
	{ OPT_OVER, "over", "TIME",
	  "Print each exit that takes longer, as it happens: time, vCPU, reason, "
	  "off-CPU part, RIP" },
	{ OPT_STACK, "stack", NULL,
	  "With --over: also where in the kernel it slept longest, and where it ran when it passed "
	  "the limit" },
	{ OPT_FOLDED, "folded", "FILE",
	  "With --over: write these stacks to FILE at the end, weighted by ns, for flame graphs" },
	{ OPT_LIVE, "live", NULL,
	  "Watch on the screen: sort, filter, into a VM or a reason and back; ? explains the "
	  "keys" },
	{ OPT_LISTEN, "listen", "[ADDRESS:]PORT",
	  "Serve counters and times to Prometheus at http://ADDRESS:PORT/metrics until "
	  "interrupted (default address 127.0.0.1)" },
	{ OPT_RECORD, "record", "FILE",
	  "Also record each exit, and when vCPUs had no CPU, for --replay and 'hvbench report'" },
	{ OPT_RECORD_MAX, "record-max", "SIZE",
	  "The recording does not become larger (default 256m; 8 to 12 bytes an exit); what comes "
	  "later is not in it" },
	{ OPT_REPLAY, "replay", "FILE",
	  "Show a recording instead: with any --by, -p, --vcpu, --over, --interval, --top and "
	  "format" },
	{ OPT_TOP, "top", "N", "Lines of the table (default 40); 0: all" },
	{ OPT_COUNTS, "counts-only", NULL, "No times: halves the cost for the VMs watched" },
	{ OPT_SOURCE, "source", "NAME",
	  "See exits this way instead of the best that works: raw_tp, fentry, tp, "
	  "tracepoints" },
	FORMAT_OPTION(""),
	OUTPUT_OPTION("Write the result to FILE, as its ending says or else --format, at the end "
		      "all at once; with --interval "
		      "as it is so far, rows of csv as they come"),
	{ 'q', "quiet", NULL, "Nothing but the result" },
	{}
};

static const struct example examples[] = {
	{ "hvbench profile", "all VMs of this host for ten seconds" },
	{ "hvbench profile -p web1 -d 60s --by port", "one VM's port I/O" },
	{ "hvbench profile --by vm", "which VM exits most" },
	{ "hvbench profile -p web1 --by culprit", "who takes the CPU from its vCPUs" },
	{ "hvbench profile -- qemu-system-x86_64 -m 1G disk.img",
	  "a VM from its start to its end" },
	{ "hvbench profile --over 1ms -d 0", "every exit longer than a millisecond, until ^C" },
	{ "hvbench profile --over 1ms --stack", "and what the kernel was doing in it" },
	{ "hvbench profile --listen 9435", "for a Prometheus on this host" },
	{ "hvbench profile -d 0 --interval 15s -qo /var/lib/node_exporter/hvbench.prom",
	  "the same by node_exporter's textfile collector" },
	{ "hvbench profile -d 10s --record web1.hvrec -p web1", "record every exit of a VM" },
	{ "hvbench profile --replay web1.hvrec -o web1.pftrace",
	  "what its vCPUs did, for ui.perfetto.dev" },
	{ "hvbench profile -d 1h --interval 10s -o exits.csv", "a row for each reason and "
							       "ten seconds" },
	{}
};

static const struct usage usage = {
	.command = "profile",
	.what = "show what VMs exit for, and how long it takes",
	.synopsis = "[-- COMMAND…]",
	.text = "Watches the exits of VMs that others started, whatever VMM runs them: counts by "
		"reason, "
		"and the time from exit to entry as a distribution, with the parts in which user "
		"space "
		"handled the exit and in which the vCPU's thread had no CPU. VMs are found by the "
		"KVM "
		"descriptors their processes have open. Everything is summed up in the kernel: "
		"nothing is "
		"lost however many exits there are. %TIME counts only time that was watched: if an "
		"exit "
		"began earlier or has not ended, the part in between. Process numbers are those of "
		"/proc "
		"here; in a container they are the container's.\n\n"
		"How exits can be seen differs between hosts. First a small VM of hvbench's own "
		"takes a "
		"known number of exits; a source that sees all of them is used, and the result "
		"names it. "
		"A COMMAND is watched from its start to its end, with what it starts; if -d is "
		"over "
		"first it is ended (SIGTERM). "
		"Needs root, or CAP_BPF and CAP_PERFMON.\n\n"
		"Metrics (--listen; -f openmetrics or prometheus) are counters by VM and reason, "
		"with "
		"--by vcpu by vCPU too, which are many more series; VMs that are gone have theirs "
		"for ten more minutes. What is served has names of VMs and pods in it and needs no "
		"password: on another address than 127.0.0.1 that is said. On 127.0.0.1 only "
		"clients that ask for localhost or an address are answered, so that no web page "
		"can read it.\n\n"
		"A recording (--record) has what the tables are made of, second by second, so that "
		"--replay shows the tables that the profile had, and single exits with their "
		"times. "
		"Of these some may be missing if there are more than can be read, which is said. "
		"Whoever is killed, or finds the disk full, leaves a recording up to the last "
		"second. Perfetto's format has single exits only.\n\n"
		"Exit status: 0 done; 1 the command failed; 64 wrong usage; 65 the recording is "
		"damaged; 69 no such process, VM "
		"or command, it runs no VM, or exits "
		"cannot "
		"be seen here, or none was and it could not be tried whether they can; 74 the "
		"result "
		"could not be written; 77 not permitted; 130 interrupted before the end.",
	.options = options,
	.shows = SHOW_TABLE | SHOW_METRICS | SHOW_TRACE,
	.examples = examples,
};

static const char *const by_names[] = { EXITS_KIND_NAMES, "vcpu", "vm", "culprit", NULL };
static const char *const source_names[] = { "raw_tp", "fentry", "tp", "tracepoints", NULL };

struct cmd {
	struct profile_options opts;
	struct output chosen;
	const char *output; /* of `chosen` */
	const struct renderer *format;
	bool quiet;
	const char *record, *replay; /* NULL: not */
	uint64_t record_max;
	struct record *recording;
	const char *listen; /* NULL: nowhere */
	bool print_stacks;
	const char *folded; /* where stacks are written; NULL: nowhere */
	struct stacks *stacks;
	struct serve serve;
	struct profile_metrics metrics;
	char **argv; /* of the command to watch; NULL: none */
	struct profile_child child;
	const volatile sig_atomic_t *stop; /* 1 once a signal asks to end */
	FILE *rows;			   /* for results that are written row by row */
};

static int fail(const struct error *err)
{
	fprintf(stderr, "hvbench profile: %s\n", err->text);
	return err->code == -ESRCH || err->code == -EOPNOTSUPP ? EXIT_NOTHING_TO_RUN_ON :
								 error__exit_status(err);
}

/* A number is a process; anything else a name, whose end is made a NUL in the argument. */
static bool parse_pid(struct cmd *cmd, struct opts *opts, char *word)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(word, &end, 10);
	if (!*word || (!*end && (errno || pid <= 0 || pid > 1 << 22)))
		return opts__misuse(opts,
				    "--pid '%s': process numbers or VMs' names, separated by "
				    "commas",
				    word),
		       false;
	if (!*end && cmd->opts.nr_pids == PROFILE_MAX_PIDS)
		return opts__misuse(opts, "more than %d processes", PROFILE_MAX_PIDS), false;
	if (*end && cmd->opts.nr_names == PROFILE_MAX_NAMES)
		return opts__misuse(opts, "more than %d names", PROFILE_MAX_NAMES), false;
	if (!*end)
		cmd->opts.pids[cmd->opts.nr_pids++] = (pid_t)pid;
	else
		cmd->opts.names[cmd->opts.nr_names++] = word;
	return true;
}

static bool parse_pids(struct cmd *cmd, struct opts *opts)
{
	char *word = opts->arg, *comma;

	do {
		comma = strchr(word, ',');
		if (comma)
			*comma = '\0';
		if (!parse_pid(cmd, opts, word))
			return false;
		word = comma + 1;
	} while (comma);
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
			return opts__misuse(opts, "--over '%s': a time, such as 100us or 2ms",
					    opts->arg),
			       false;
		return true;
	case OPT_SOURCE:
		if (opts__choice(opts, source_names, &which))
			return false;
		cmd->opts.source = exits_source__find(source_names[which]);
		return true;
	case OPT_LISTEN:
		cmd->listen = opts->arg;
		return true;
	case OPT_RECORD:
		cmd->record = opts->arg;
		return true;
	case OPT_RECORD_MAX:
		if (units__parse_size(opts->arg, &cmd->record_max) || cmd->record_max < 1 << 16)
			return opts__misuse(opts, "--record-max '%s': a size of 64k or more",
					    opts->arg),
			       false;
		return true;
	case OPT_REPLAY:
		cmd->replay = opts->arg;
		return true;
	case OPT_TOP:
		if (opts__count(opts, 0, 100000, &n))
			return false;
		cmd->opts.top = (unsigned int)n;
		return true;
	case 'f':
	case 'o':
		return !output__option(&cmd->chosen, opts, id);
	}
	return true;
}

static bool is_detail(unsigned int by)
{
	return by != EXITS_BY_REASON && by < EXITS_NR_KINDS;
}

/* What follows "--". Without that, a word may be a name of which -p was forgotten. */
static int parse_command(struct cmd *cmd, struct opts *opts)
{
	char **words = opts->argv + opts->next_operand;

	if (!opts__operand(opts))
		return 0;
	if (strcmp(words[-1], "--"))
		return opts__misuse(
			opts,
			"unexpected argument '%s': a VM's name follows -p, a command to "
			"watch follows --",
			words[0]);
	cmd->argv = words;
	cmd->opts.child = &cmd->child;
	return 0;
}

static bool is_metrics(const struct cmd *cmd)
{
	return cmd->format->shows & SHOW_METRICS;
}

static bool is_trace(const struct cmd *cmd)
{
	return cmd->format->shows & SHOW_TRACE;
}

/* What a recording can do, and what only where exits are watched. */
static bool check_recording(struct cmd *cmd, struct opts *opts)
{
	const struct profile_options *o = &cmd->opts;

	if (cmd->record_max && !cmd->record)
		return opts__misuse(opts, "--record-max goes with --record"), false;
	if (cmd->record && cmd->opts.counts_only)
		return opts__misuse(opts, "--record excludes --counts-only"), false;
	if ((cmd->record || cmd->replay) && o->by == PROFILE_BY_CULPRIT)
		return opts__misuse(opts, "a recording has nothing by culprit"), false;
	if (is_trace(cmd) && !cmd->replay)
		return opts__misuse(opts, "perfetto is made from a recording: --record FILE, then "
					  "--replay FILE -f perfetto"),
		       false;
	if (is_trace(cmd) && !cmd->output && isatty(STDOUT_FILENO))
		return opts__misuse(opts, "perfetto's format is nothing for a terminal: -o FILE"),
		       false;
	if (cmd->replay &&
	    (cmd->record || cmd->listen || cmd->argv || o->live || o->source >= 0 ||
	     o->counts_only || o->duration_s >= 0 || cmd->print_stacks || cmd->folded))
		return opts__misuse(opts,
				    "--replay excludes a command, --record, --listen, --live, "
				    "--source, --counts-only, --stack, --folded and -d"),
		       false;
	if (!cmd->record_max)
		cmd->record_max = RECORD_MAX;
	cmd->opts.record = cmd->record;
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
		case 'q':
			cmd->quiet = true;
			break;
		case OPT_LIVE:
			cmd->opts.live = true;
			break;
		case OPT_COUNTS:
			cmd->opts.counts_only = true;
			break;
		case OPT_STACK:
			cmd->print_stacks = cmd->opts.stacks = true;
			break;
		case OPT_FOLDED:
			cmd->folded = opts->arg;
			cmd->opts.stacks = true;
			break;
		default:
			if (!parse_option(cmd, opts, id))
				return false;
		}
	}
	if (id < 0 || parse_command(cmd, opts) || output__settle(&cmd->chosen, opts))
		return false;
	cmd->output = cmd->chosen.path;
	cmd->format = cmd->output ? output__of_file(&cmd->chosen, &renderer_text) :
				    output__of_screen(&cmd->chosen, &renderer_text, NULL);
	if (!check_recording(cmd, opts))
		return false;
	if (cmd->argv && (all || cmd->opts.nr_pids || cmd->opts.nr_names || cmd->opts.live))
		return opts__misuse(opts, "a command to watch excludes --all, --pid and --live"),
		       false;
	if (cmd->opts.duration_s < 0)
		cmd->opts.duration_s =
			cmd->opts.live || cmd->listen || cmd->argv ? 0 : DEFAULT_DURATION_S;
	if (all && (cmd->opts.nr_pids || cmd->opts.nr_names))
		return opts__misuse(opts, "--all and --pid exclude each other"), false;
	if (cmd->opts.counts_only && (cmd->opts.over_ns || is_detail(cmd->opts.by)))
		return opts__misuse(opts, "--counts-only excludes --over and --by %s",
				    by_names[cmd->opts.by]),
		       false;
	if (cmd->opts.stacks && !cmd->opts.over_ns)
		return opts__misuse(opts, "--stack and --folded are for slow exits: --over TIME"),
		       false;
	if (cmd->opts.live && (cmd->opts.over_ns || cmd->opts.interval_s > 0))
		return opts__misuse(opts, "--live excludes --over and --interval"), false;
	if (cmd->listen &&
	    (cmd->opts.live || cmd->opts.interval_s > 0 || cmd->output || cmd->chosen.format))
		return opts__misuse(opts, "--listen excludes --live, --interval, -o and -f"), false;
	if (cmd->opts.by == PROFILE_BY_CULPRIT && (cmd->listen || is_metrics(cmd)))
		return opts__misuse(opts, "there are no metrics by culprit: they would never end"),
		       false;
	if (cmd->opts.live && (is_detail(cmd->opts.by) || cmd->opts.by == PROFILE_BY_CULPRIT))
		return opts__misuse(opts,
				    "--live shows reasons, VMs and vCPUs; --by %s is for a profile",
				    by_names[cmd->opts.by]),
		       false;
	if (cmd->opts.live)
		cmd->opts.by = PROFILE_BY_VCPU;
	if (cmd->opts.live && !(isatty(STDOUT_FILENO) && isatty(STDIN_FILENO)))
		return opts__misuse(opts, "--live needs a terminal"), false;
	return true;
}

struct event_context {
	struct profile *p;
	struct cmd *cmd;
	FILE *out;
};

static void on_event(const struct exits_event *e, void *ctx)
{
	struct event_context *c = ctx;
	char reason[64];

	exits__reason_name(c->p->exits, e->isa, e->reason, reason, sizeof(reason));
	profile_report__event(e, reason, c->out);
	if (c->cmd->stacks)
		stacks__add(c->cmd->stacks, c->p, e, c->cmd->print_stacks ? c->out : NULL);
}

struct watch {
	struct cmd *cmd;
	struct profile *p;
	FILE *events; /* where slow exits are reported; NULL: nowhere */
	/* pidfds of the processes asked for; behind them those of cmd->serve */
	struct pollfd ends[PROFILE_MAX_PIDS + SERVE_FDS];
	nfds_t nr_ends;
	uint64_t saved_ns;  /* when the result so far was last saved */
	bool save_failed;   /* and this was reported */
	uint64_t looked_ns; /* when it was last looked which VMs are gone */
	uint64_t over_ns;   /* and whether those asked for are */
};

static void open_ends(struct watch *w)
{
	const struct profile_options *o = &w->cmd->opts;

	/* Kernels before 5.3 have no pidfds; then processes are looked up now and then. */
	for (unsigned int i = 0; i < o->nr_pids; i++) {
		int fd = (int)syscall(SYS_pidfd_open, o->pids[i], 0);

		if (fd >= 0)
			w->ends[w->nr_ends++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
}

static void close_ends(struct watch *w)
{
	while (w->nr_ends)
		close(w->ends[--w->nr_ends].fd);
}

/* Their pidfds would stay readable for ever. */
static void forget_ended(struct watch *w)
{
	for (nfds_t i = w->nr_ends; i--;) {
		if (!w->ends[i].revents)
			continue;
		close(w->ends[i].fd);
		w->ends[i] = w->ends[--w->nr_ends];
	}
}

/* Waits for what there is to wait for, and serves whoever asks. */
static void wait_for(struct watch *w, uint64_t ns)
{
	struct serve *serve = w->cmd->listen ? &w->cmd->serve : NULL;
	int wait_ms = serve ? serve__wait_ms(serve) : -1;
	nfds_t nr = w->nr_ends;
	struct timespec ts;

	if (serve)
		nr += serve__fds(serve, w->ends + nr);
	if (wait_ms >= 0 && (uint64_t)wait_ms * 1000000 < ns)
		ns = (uint64_t)wait_ms * 1000000;
	ts = (struct timespec){ .tv_sec = (time_t)(ns / 1000000000),
				.tv_nsec = (long)(ns % 1000000000) };
	if (ppoll(w->ends, nr, &ts, NULL) > 0)
		forget_ended(w);
	if (serve)
		serve__work(serve);
}

/*
 * Sleeps until the deadline or until a process ends; false when none of the processes asked for is
 * left.
 */
static bool sleep_until(struct watch *w, uint64_t deadline_ns)
{
	struct event_context ctx = { w->p, w->cmd, w->events };
	uint64_t slice_ns = w->p->record	 ? RECORD_MS * 1000000ull :
			    w->events		 ? POLL_MS * 1000000ull :
			    w->cmd->opts.nr_pids ? LOOK_MS * 1000000ull :
						   UINT64_MAX;

	while (!*w->cmd->stop) {
		uint64_t now = clock__kernel_ns();
		uint64_t left = deadline_ns > now ? deadline_ns - now : 0;

		if (!left)
			return true;
		left = left < slice_ns ? left : slice_ns;
		if (w->p->record) {
			profile__drain(w->p, w->events ? on_event : NULL, &ctx);
		} else if (w->events) {
			exits__poll(w->p->exits, (int)(left / 1000000) + 1, on_event, &ctx);
			left = 0;
		}
		if (w->events)
			fflush(w->events);
		wait_for(w, left);
		/* It reads files, which is not for every few milliseconds. */
		if (now < w->over_ns + LOOK_MS * 1000000ull / 4)
			continue;
		w->over_ns = now;
		if (profile__over(w->p))
			return false;
	}
	return true;
}

static int render_metrics(struct cmd *cmd, struct profile *p, FILE *out)
{
	struct openmetrics om = { .classic = cmd->format == &renderer_prometheus };
	int code = profile_metrics__write(&cmd->metrics, p, &om);

	if (!code)
		fwrite(om.text.at, 1, om.text.len, out);
	free(om.text.at);
	return code;
}

/* What a scraper gets. */
static int make_page(void *ctx, bool openmetrics, char **text, size_t *len)
{
	struct watch *w = ctx;
	struct openmetrics om = { .classic = !openmetrics };
	struct error err = { 0 };
	int code = 0;

	if (clock__kernel_ns() - w->p->now_ns > FRESH_MS * 1000000ull)
		code = profile__collect(w->p, &err);
	if (!code)
		code = profile_metrics__write(&w->cmd->metrics, w->p, &om);
	*text = om.text.at;
	*len = om.text.len;
	return code;
}

/* For programs: a row for each VM and reason, with all there is. */
static bool is_rows(const struct cmd *cmd)
{
	return cmd->format->style == &style_plain;
}

static int render(struct cmd *cmd, struct profile *p, FILE *out)
{
	bool color = !cmd->output && isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	int code = 0;

	if (is_metrics(cmd)) {
		code = render_metrics(cmd, p, out);
	} else if (is_rows(cmd) && cmd->opts.interval_s > 0) {
		profile_report__csv(p, &p->interval, profile__interval_seconds(p), out);
	} else if (is_rows(cmd)) {
		profile_report__csv_header(out);
		profile_report__csv(p, &p->total, profile__seconds(p), out);
	} else if (cmd->format->style) {
		code = profile_report__markup(p, out, cmd->format);
	} else {
		code = profile_report__text(p, out, color);
	}
	return code ?: fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

/* Saves the sums elsewhere, if the requested output cannot be written. */
static void rescue(struct profile *p)
{
	json_t *doc = profile_report__document(p, true);

	if (doc)
		rescue__document("profile", doc, false);
	json_decref(doc);
}

/*
 * Writes the whole result to FILE or standard output. `cut`: it was cut short; `last`: this is the
 * last attempt.
 */
static int save(struct cmd *cmd, struct profile *p, bool cut, bool last, struct error *err)
{
	char *text = NULL;
	size_t len = 0;
	json_t *doc;
	FILE *out;
	int code;

	if (cmd->format == &renderer_json) {
		doc = profile_report__document(p, cut);
		code = doc ? result__save(doc, cmd->output ?: "-", err) :
			     error__set(err, -ENOMEM, "making the result: out of memory");
		if (code && doc && last)
			rescue__document("profile", doc, cmd->output);
		json_decref(doc);
		return code;
	}
	out = cmd->output ? alloc__stream(&text, &len) : stdout;
	code = render(cmd, p, out);
	if (code)
		error__set(err, code, "writing the result: %s", strerror(-code));
	if (out == stdout)
		return code;
	alloc__close_stream(out);
	if (!code) {
		code = result__save_text(text, len, cmd->output, err);
		if (code && last)
			rescue__text("profile", text, len, "", true);
	}
	free(text);
	return code;
}

static bool streams(const struct cmd *cmd)
{
	return is_rows(cmd) && cmd->opts.interval_s > 0;
}

/*
 * What was collected over hours must survive the end of the program: rows are written as they come,
 * and a result that is a single document is saved again and again.
 */
static int tell_interval(struct watch *w, struct error *err)
{
	struct cmd *cmd = w->cmd;
	uint64_t now = clock__kernel_ns();
	int code;

	if (streams(cmd)) {
		code = render(cmd, w->p, cmd->rows);
		if (!code)
			return 0;
		if (cmd->output)
			rescue(w->p);
		return error__set(err, code, "writing %s: %s", cmd->output ?: "the result",
				  strerror(-code));
	}
	if (!cmd->quiet)
		profile_report__interval(w->p, cmd->format == &renderer_text && !cmd->output ?
						       stdout :
						       stderr);
	if (!cmd->output || now - w->saved_ns < SAVE_MS * 1000000ull)
		return 0;
	w->saved_ns = now;
	/* There may be room again at the end, and what was saved earlier is still there. */
	if (save(cmd, w->p, true, false, err)) {
		if (!w->save_failed)
			fail(err);
		w->save_failed = true;
		*err = (struct error){ 0 };
	}
	return 0;
}

/* Metrics end some time after their VM. */
static int look_for_gone(struct watch *w, struct error *err)
{
	if ((!w->cmd->listen && !is_metrics(w->cmd)) ||
	    w->p->now_ns < w->looked_ns + GONE_MS * 1000000ull)
		return 0;
	w->looked_ns = w->p->now_ns;
	return profile_metrics__look(&w->cmd->metrics, w->p) ?
		       error__set(err, -ENOMEM, "summing up exits: out of memory") :
		       0;
}

/* A recording that has ended ends nothing else. */
static void tell_recording(struct cmd *cmd)
{
	struct error err = { 0 };

	if (cmd->recording && record__failed(cmd->recording, &err))
		fail(&err);
}

static int watch_until_end(struct watch *w, struct error *err)
{
	const struct profile_options *o = &w->cmd->opts;
	struct profile *p = w->p;
	/* A command may run many VMs for a short time each, of whose names nothing remains. */
	double collect_s = o->child ? COLLECT_CHILD_S : COLLECT_S;
	uint64_t step = (uint64_t)((o->interval_s > 0 ? o->interval_s : collect_s) * 1e9);
	uint64_t end = o->duration_s > 0 ? p->begin_ns + (uint64_t)(o->duration_s * 1e9) :
					   UINT64_MAX;
	uint64_t next = p->begin_ns;
	int code = 0;

	while (!code && !*w->cmd->stop && next < end) {
		next += step;
		if (!sleep_until(w, next < end ? next : end) || *w->cmd->stop || next >= end)
			break;
		code = profile__collect(p, err) ?: look_for_gone(w, err);
		tell_recording(w->cmd);
		if (!code && o->interval_s > 0)
			code = tell_interval(w, err);
	}
	return code ?: profile__end(p, err);
}

static int watch(struct cmd *cmd, struct profile *p, struct error *err)
{
	struct watch *w = calloc(1, sizeof(*w));
	int code;

	if (!w)
		return error__set(err, -ENOMEM, "out of memory");
	w->cmd = cmd;
	w->p = p;
	w->saved_ns = w->looked_ns = p->begin_ns;
	cmd->serve.ctx = w;
	/*
	 * If the result is a document, events are shown to the user instead of being put into it.
	 */
	if (cmd->opts.over_ns)
		w->events = cmd->format == &renderer_text && !cmd->output ? stdout : stderr;
	open_ends(w);
	code = watch_until_end(w, err);
	close_ends(w);
	free(w);
	return code;
}

static int open_rows(struct cmd *cmd, struct error *err)
{
	cmd->rows = cmd->output && strcmp(cmd->output, "-") ? fopen(cmd->output, "we") : stdout;
	if (!cmd->rows)
		return error__set(err, -errno, "writing %s: %s", cmd->output, strerror(errno));
	/* Flush at once: a reader of the pipe sees that watching has begun. */
	profile_report__csv_header(cmd->rows);
	return fflush(cmd->rows) ? error__set(err, -errno, "writing %s: %s",
					      cmd->output ?: "the result", strerror(errno)) :
				   0;
}

static int close_rows(struct cmd *cmd, struct profile *p, struct error *err)
{
	int code = render(cmd, p, cmd->rows);

	if (!code && cmd->rows != stdout && fsync(fileno(cmd->rows)) && errno != EINVAL)
		code = -errno;
	if (cmd->rows != stdout && fclose(cmd->rows) && !code)
		code = -errno;
	if (code && cmd->output)
		rescue(p);
	return code ? error__set(err, code, "writing %s: %s", cmd->output ?: "the result",
				 strerror(-code)) :
		      0;
}

static int report(struct cmd *cmd, struct profile *p, struct error *err)
{
	return streams(cmd) ? close_rows(cmd, p, err) :
			      save(cmd, p, *cmd->stop && cmd->opts.duration_s > 0, true, err);
}

static int open_profile(struct cmd *cmd, struct profile *p, struct error *err)
{
	int code = profile__resolve(&cmd->opts, err);

	if (!code && cmd->argv) {
		code = child__start(&cmd->child, cmd->argv, err);
		cmd->opts.pids[cmd->opts.nr_pids++] = cmd->child.pid;
	}
	if (!code)
		code = profile__open(p, &cmd->opts, err);
	if (!code && cmd->recording && recording__begin(p, cmd->recording))
		code = error__set(err, -ENOMEM, "out of memory");
	return code;
}

/* The status to return: a recording that is not whole, for another reason than its limit, fails. */
static int end_recording(struct cmd *cmd, int status)
{
	int code;

	if (!cmd->recording)
		return status;
	tell_recording(cmd);
	code = record__close(cmd->recording);
	cmd->recording = NULL;
	return status || !code || code == -EFBIG ? status : EXIT_IO;
}

/* The status to return: what the command did is not lost in what was seen. */
static int end_child(struct cmd *cmd, int status)
{
	int of_child = child__stop(&cmd->child);

	if (!of_child || status)
		return status;
	if (WIFSIGNALED(of_child))
		fprintf(stderr, "hvbench profile: %s was ended by signal %d (%s)\n", cmd->argv[0],
			WTERMSIG(of_child), strsignal(WTERMSIG(of_child)));
	else
		fprintf(stderr, "hvbench profile: %s ended with exit status %d\n", cmd->argv[0],
			WEXITSTATUS(of_child));
	return EXIT_REGRESSION;
}

/* Before watching begins, which takes a while. */
static int listen_at(struct cmd *cmd, struct error *err)
{
	int code = serve__open(&cmd->serve, cmd->listen, make_page, NULL, err);

	if (code)
		return code;
	if (!cmd->serve.loopback)
		fprintf(stderr,
			"hvbench profile: whoever reaches %s can read the names of all VMs and "
			"pods "
			"here and what they exit for: no password, no encryption\n",
			cmd->serve.where);
	if (!cmd->quiet)
		fprintf(stderr, "hvbench profile: serving http://%s/metrics\n", cmd->serve.where);
	return 0;
}

static int run(struct cmd *cmd, struct profile *p)
{
	struct error err = { 0 };
	int code;

	/* Whether it can be written is said before anything is watched. */
	if (cmd->record && record__open(&cmd->recording, cmd->record, cmd->record_max, &err))
		return fail(&err), EXIT_IO;
	code = cmd->listen ? listen_at(cmd, &err) : 0;
	if (!code)
		code = open_profile(cmd, p, &err);
	if (code)
		return fail(&err);
	if (cmd->opts.stacks) {
		cmd->stacks = stacks__open(&err);
		if (!cmd->stacks)
			return fail(&err);
	}
	if (!cmd->quiet && !cmd->opts.live && !cmd->argv && isatty(STDERR_FILENO))
		fprintf(stderr, "hvbench: watching %zu VM process%s by %s, %s\n", p->nr_vms,
			p->nr_vms == 1 ? "" : "es", exits_source__name(p->choice.source),
			cmd->opts.duration_s > 0 ? "^C ends it early" : "^C ends it");
	if (streams(cmd)) {
		code = open_rows(cmd, &err);
		if (code)
			return fail(&err), EXIT_IO;
	}
	if (cmd->argv) {
		code = child__go(&cmd->child, cmd->argv[0], &err);
		if (code)
			return fail(&err), EXIT_NOTHING_TO_RUN_ON;
	}
	if (cmd->opts.live) {
		code = profile_live(p, cmd->stop, &err);
		if (!code)
			code = profile__end(p, &err);
	} else {
		code = watch(cmd, p, &err);
	}
	/* After the live view the sums of all, on the screen it leaves. */
	if (!code && !cmd->listen && !(cmd->opts.live && cmd->quiet && !cmd->output))
		code = report(cmd, p, &err);
	if (!code && cmd->folded)
		code = stacks__save(cmd->stacks, cmd->folded, &err);
	if (code)
		return code == -ENOMEM || code == -EINVAL ? fail(&err) : (fail(&err), EXIT_IO);
	/* Otherwise "no exits" would be reported on every host on which they cannot be seen. */
	if (!cmd->listen && !p->choice.expected && !p->nr_vcpus &&
	    !(*cmd->stop && cmd->opts.duration_s > 0)) {
		error__set(&err, -EOPNOTSUPP,
			   "nothing was seen, and that exits can be seen here could not be tried: "
			   "no VM "
			   "of known exits ran%s",
			   access("/dev/kvm", F_OK) ? " (there is no /dev/kvm)" : "");
		return fail(&err);
	}
	return *cmd->stop && cmd->opts.duration_s > 0 ? EXIT_INTERRUPTED : EXIT_OK;
}

static int on_replayed(const struct profile *p, const struct exits_event *e, const char *reason,
		       void *ctx)
{
	const struct watch *w = ctx;

	if (e->kind == EXITS_EVENT_EXIT && e->ns >= p->opts->over_ns)
		profile_report__event(e, reason, w->events);
	return 0;
}

/* The interval of a recording is a second or what it had; one that ends here may be longer. */
static int on_collected(struct profile *p, void *ctx)
{
	struct watch *w = ctx;
	struct error err = { 0 };
	int code;

	if (profile__interval_seconds(p) < p->opts->interval_s - 0.005)
		return 0;
	code = tell_interval(w, &err);
	if (code)
		fail(&err);
	return code ? -EIO : 1;
}

static int trace(struct cmd *cmd, struct profile *p, struct replay *r, struct error *err)
{
	FILE *out = cmd->output && strcmp(cmd->output, "-") ? fopen(cmd->output, "we") : stdout;
	const struct replay_clocks clocks = replay__clocks(r);
	struct perfetto *t;
	int code, failed = 0;

	if (!out)
		return error__set(err, -errno, "writing %s: %s", cmd->output, strerror(errno));
	t = perfetto__open(out, &clocks);
	code = replay__run(r, &(struct replay_hooks){ .event = perfetto__event, .ctx = t }, err);
	if (!code)
		perfetto__end(t, p);
	if (!code && !perfetto__events(t) && !cmd->quiet)
		fprintf(stderr, "hvbench profile: the recording has no single exits\n");
	perfetto__close(t);
	if (fflush(out) || ferror(out))
		failed = errno ?: EIO;
	if (out != stdout && fclose(out) && !failed)
		failed = errno;
	if (!code && failed)
		code = error__set(err, -failed, "writing %s: %s", cmd->output ?: "the trace",
				  strerror(failed));
	return code;
}

static int replay_tables(struct cmd *cmd, struct profile *p, struct replay *r, struct error *err)
{
	struct watch *w = alloc__need_zeroed(1, sizeof(*w));
	struct replay_hooks hooks = { .ctx = w };
	int code;

	w->cmd = cmd;
	w->p = p;
	if (cmd->opts.over_ns && !p->past->timed) {
		free(w);
		return error__set(err, -EPROTONOSUPPORT,
				  "%s has no times, so it knows of no exit whether it was slow",
				  cmd->replay);
	}
	if (cmd->opts.over_ns) {
		w->events = cmd->format == &renderer_text && !cmd->output ? stdout : stderr;
		hooks.event = on_replayed;
	}
	if (cmd->opts.interval_s > 0)
		hooks.collected = on_collected;
	code = streams(cmd) ? open_rows(cmd, err) : 0;
	if (!code)
		code = replay__run(r, &hooks, err);
	free(w);
	return code ?: report(cmd, p, err);
}

static int replay(struct cmd *cmd, struct profile *p)
{
	struct error err = { 0 };
	struct replay *r;
	int code = replay__open(&r, p, &cmd->opts, cmd->replay, &err);

	if (!code)
		code = is_trace(cmd) ? trace(cmd, p, r, &err) : replay_tables(cmd, p, r, &err);
	if (!code && *replay__note(r))
		fprintf(stderr, "hvbench profile: %s: %s\n", cmd->replay, replay__note(r));
	replay__close(r);
	if (!code)
		return EXIT_OK;
	if (*err.text)
		fprintf(stderr, "hvbench profile: %s\n", err.text);
	return code == -EBADMSG || code == -EPROTONOSUPPORT ? EXIT_BAD_INPUT :
	       code == -ENOENT || code == -EISDIR	    ? EXIT_USAGE :
	       code == -EACCES				    ? EXIT_NOT_PERMITTED :
	       code == -ENOMEM				    ? EXIT_INTERNAL :
							      EXIT_IO;
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
		.vcpu = -1,
		.source = -1,
		.duration_s = -1,
		.top = 40,
	};
	opts__init(&opts, &usage, argc, argv);
	if (!parse_options(cmd, &opts)) {
		status = opts.status;
		goto out;
	}
	cmd->stop = signals__catch();
	status = cmd->replay ? replay(cmd, p) : end_recording(cmd, end_child(cmd, run(cmd, p)));
	if (cmd->listen)
		serve__close(&cmd->serve);
	profile_metrics__free(&cmd->metrics);
	stacks__close(cmd->stacks);
	profile__close(p);
out:
	free(p);
	free(cmd);
	return status;
}
DEFINE_COMMAND(profile, usage, cmd_profile);
