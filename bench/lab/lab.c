// SPDX-License-Identifier: GPL-2.0-or-later
/* What the runs of all lanes have in common; see lab.h. */
#include "bench/cli/usage.h"
#include "bench/lab/lab.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/lab/collect.h"
#include "bench/lab/fs.h"
#include "bench/lab/lanes/lanes.h"
#include "bench/lab/origin.h"
#include "bench/lab/sources.h"
#include "bench/base/symbols.h"
#include "bench/lab/wire.h"

#define MAX_LOGS    20
#define MAX_CONSOLE (64 << 20)
/* Where the emulator prints the exits beside what the host sends. */
#define MAX_PRINTED (2ll << 30)

void lab__progress(const struct lab *lab, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (lab->quiet)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (lab->terminal)
		usage__progress(stderr, text);
	else
		fprintf(stderr, "%s\n", text);
	fflush(stderr);
}

void lab__progress_end(const struct lab *lab)
{
	if (!lab->quiet && lab->terminal)
		fputs("\r\033[K", stderr);
}

static void cache_progress(void *data, const char *text)
{
	lab__progress(data, "%s", text);
}

int lab__open(struct lab *lab, struct error *err)
{
	int code = signals__block(&lab->signals, err);

	if (code)
		return code;
	lab->cache.progress = cache_progress;
	lab->cache.progress_data = lab;
	fs__sweep_temp_dirs();
	code = cache__open(&lab->cache, &lab->signals, err);
	if (code) {
		cache__close(&lab->cache);
		signals__restore(&lab->signals);
	}
	return code;
}

void lab__close(struct lab *lab)
{
	cache__close(&lab->cache);
	signals__restore(&lab->signals);
}

struct watch {
	struct lab_run *run;
	struct error *err;
	double start, last;
	off_t seen;
};

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_size;
}

static int tick(void *data)
{
	struct watch *w = data;
	struct lab_run *run = w->run;
	off_t size = size_of(run->capture);
	const struct lab_request *req = run->req;
	bool printed = run->footprint && run->lane->footprints;
	off_t most = printed ? MAX_PRINTED : WIRE_MAX_BYTES;
	double now = now_s();
	const char *line;
	char *tail;
	int code;

	if (req->attend) {
		code = req->attend(run, req->attend_data, w->err);
		if (code)
			return code;
	}
	if (size > most || size_of(run->console) > MAX_CONSOLE)
		return error__set(w->err, -EIO, "the emulated host %s without end",
				  size > most ? "sends" : "writes to its console");
	/* The plugin writes its file only when the emulator ends by itself. */
	if (size != w->seen && (!run->footprint || printed) && run->lane->finished &&
	    run->lane->finished(run))
		return LAB_DONE;
	w->seen = size;
	if (now - w->last < (run->lab->terminal ? 1 : 10))
		return 0;
	w->last = now;
	tail = fs__tail(run->console, 1);
	line = tail && *tail ? tail : "booting";
	lab__progress(run->lab, "%s: %3.0f s: %.90s", run->lane->name, now - w->start, line);
	free(tail);
	return 0;
}

static int begin(struct lab_run *run, struct lab *lab, const struct lab_lane *lane,
		 const struct lab_request *req, struct error *err)
{
	const struct lab_need *need = lab__missing(lane);
	char dir[LAB_PATH], stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	memset(run, 0, sizeof(*run));
	run->lab = lab;
	run->lane = lane;
	run->req = req;
	run->dir_fd = -1;
	if (need)
		return error__set(err, -ENOENT,
				  "lane %s needs %s (%s): install the package %s, as with "
				  "'apt-get install %s'",
				  lane->name, need->test, need->why, need->package, need->package);
	fs__path(dir, "%s/logs", lab->cache.dir);
	fs__keep_newest(dir, ".log", MAX_LOGS);
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	fs__path(run->console, "%s/%s-%s-%d.log", dir, stamp, lane->name, (int)getpid());
	if (fs__temp_dir(run->dir, sizeof(run->dir), &run->dir_fd, err))
		return err->code;
	fs__path(run->capture, "%s/capture", run->dir);
	return req->vmlinux ? sources__open(&run->sources, req->vmlinux, err) : 0;
}

static void end(struct lab_run *run)
{
	args__free(&run->args);
	sources__close(run->sources);
	run->sources = NULL;
	if (run->dir[0])
		fs__remove_tree(run->dir);
	if (run->dir_fd >= 0)
		close(run->dir_fd);
	run->dir_fd = -1;
}

int lab__setup(struct lab *lab, const struct lab_lane *lane, const struct lab_request *req,
	       char image[65], struct error *err)
{
	static const char *const argv[] = {
		"sh", "-c",
		"find . -type f ! -name image.sum | LC_ALL=C sort | xargs sha256sum | sha256sum",
		NULL
	};
	struct proc_options opts = { .timeout_s = 60 };
	char path[LAB_PATH], *sum = NULL;
	struct lab_run run;
	int code = begin(&run, lab, lane, req, err);

	if (!code)
		code = lane->prepare(&run, err);
	if (!code) {
		fs__path(path, "%s/image.sum", run.dir);
		opts.dir = run.dir;
		opts.out = path;
		code = proc__run(argv, &opts, &lab->signals, NULL, err);
	}
	if (!code) {
		sum = fs__read(path, NULL, err);
		code = sum ? 0 : err->code;
	}
	if (!code)
		snprintf(image, 65, "%.64s", sum);
	free(sum);
	end(&run);
	lab__progress_end(lab);
	return code;
}

int lab__check(struct lab *lab, const struct lab_lane *lane, const struct lab_request *req,
	       bool *host_failed, struct error *err)
{
	struct lab_run run;
	int code = begin(&run, lab, lane, req, err);

	if (!code)
		code = lane->prepare(&run, err);
	if (!code)
		code = lane->arguments(&run, err);
	*host_failed = run.host_failed;
	end(&run);
	lab__progress_end(lab);
	return code;
}

/* Neither the emulator itself nor this program ended it, so the host inside is not to blame. */
static int emulator_killed(const struct lab_run *run, int status, struct error *err)
{
	return error__set(
		err, -ECHILD, "%s was killed by signal %d (%s)%s", run->args.argv[0], status - 128,
		strsignal(status - 128),
		status - 128 == SIGKILL ?
			": by the kernel if memory ran out (dmesg tells), or by somebody" :
			"");
}

/* Without plugins the lane measures what it can, and says what is missing. */
static void install_plugin(struct lab_run *run, struct lab_outcome *out)
{
	struct error why;

	if (!run->req->footprint)
		return;
	run->footprint =
		run->lane->footprints ||
		!footprint__install("qemu-system-x86_64", run->dir, &run->plugin_api, &why);
	if (!run->footprint)
		snprintf(out->no_footprint, sizeof(out->no_footprint), "%.500s", why.text);
}

static void take_footprints(struct lab_run *run, struct lab_outcome *out)
{
	char path[LAB_PATH];
	struct error why;

	fs__path(path, "%s/footprint", run->dir);
	if (!run->footprint)
		return;
	if ((run->lane->footprints && run->lane->footprints(run, path, &why)) ||
	    footprints__read(&out->footprints, path, &why))
		snprintf(out->no_footprint, sizeof(out->no_footprint), "%.500s", why.text);
}

/*
 * Xen's symbols are known before; those of Linux, as host or as dom0, it sends itself. Both lie in
 * halves of their own of the address space.
 */
static int gather_symbols(struct lab_run *run, struct symbols *symbols, struct error *err)
{
	const struct symbols *known = run->req->symbols;
	struct error unused;
	char *text;
	size_t len;
	int code = 0;

	memset(symbols, 0, sizeof(*symbols));
	if (run->footprint && !wire__get_file(run->capture, "kallsyms", &text, &len, &unused))
		code = symbols__add(symbols, text, err);
	if (!code && known)
		code = symbols__join(symbols, known, err);
	symbols__sort(symbols);
	return code;
}

static int annotate(struct lab_run *run, struct lab_outcome *out, struct error *err)
{
	struct symbols symbols;
	struct footprint_names names = {
		.symbols = &symbols,
		.sources = run->sources,
		.user = run->lane->has_xen ? "[user space: dom0]" : "[user space: hvbench]",
		.model = run->req->model,
	};
	int code = gather_symbols(run, &symbols, err);
	struct error why;

	/* What was measured stands without them. */
	if (run->sources && symbols.nr && sources__check(run->sources, &symbols, &why)) {
		names.sources = NULL;
		snprintf(out->no_lines, sizeof(out->no_lines), "%.500s", why.text);
	}
	if (!code)
		code = footprints__annotate(*out->no_footprint ? NULL : &out->footprints, &names,
					    out->no_footprint, out->doc, err);
	if (names.sources && sources__lack(names.sources, why.text, sizeof(why.text)))
		snprintf(out->no_lines, sizeof(out->no_lines), "%.500s", why.text);
	symbols__free(&symbols);
	return code;
}

/*
 * On a busy machine Bochs 2.7 now and then aborts ("buffer overflow detected") before the host it
 * emulates has printed anything. That is not a property of what is measured, so it is started once
 * more, with the same files: it is none of their paths. What it said is kept, since nobody knows
 * yet which buffer it is.
 */
static int run_emulator(struct lab_run *run, const struct proc_options *opts,
			struct proc_result *res, struct error *err)
{
	int code = proc__run(run->args.argv, opts, &run->lab->signals, res, err);
	struct error unused;
	char kept[LAB_PATH];

	run->starts = 1;
	if (code || res->status != 128 + SIGABRT || size_of(run->console))
		return code;
	fs__path(kept, "%.900s.aborted.log", run->console);
	/* No progress, which the next line replaces: it is said to whoever waits for the result. */
	lab__progress_end(run->lab);
	fprintf(stderr, "%s: %s aborted at its start (%s): starting it once more\n",
		run->lane->name, run->args.argv[0],
		fs__copy(opts->out, kept, &unused) ? "without a word" : kept);
	run->starts = 2;
	return proc__run(run->args.argv, opts, &run->lab->signals, res, err);
}

int lab__run(struct lab *lab, const struct lab_lane *lane, const struct lab_request *req,
	     struct lab_outcome *out, struct error *err)
{
	struct lab_run run;
	struct watch watch = { .run = &run, .err = err };
	time_t started = time(NULL);
	struct proc_options opts = { .timeout_s = req->shell ? 0 : req->timeout_s,
				     .tick = tick,
				     .data = &watch,
				     .terminal = req->shell,
				     .no_network = lane->no_network };
	char log[LAB_PATH];
	int code;

	memset(out, 0, sizeof(*out));
	code = begin(&run, lab, lane, req, err);
	if (!code)
		install_plugin(&run, out);
	if (!code)
		code = lane->prepare(&run, err);
	if (!code)
		code = lane->arguments(&run, err);
	if (!code && run.args.failed)
		code = error__set(err, -ENOMEM, "out of memory");
	if (code)
		goto out;
	snprintf(out->log, sizeof(out->log), "%s", run.console);
	snprintf(out->kernel, sizeof(out->kernel), "%s", run.version);
	lab__progress(lab, "%s: booting %s in %s", lane->name, run.version, run.args.argv[0]);
	watch.start = watch.last = now_s();
	fs__path(log, "%s/emulator.log", run.dir);
	opts.out = log;
	if (req->shell) {
		lab__progress_end(lab);
		opts.tick = NULL;
	}
	code = run_emulator(&run, &opts, &out->proc, err);
	/*
	 * One CPU of QEMU 7.2 can go on to execute the breakpoint that another one has put into the
	 * kernel's code and taken out again, as is done to switch a tracepoint; both wait for ever
	 * then. About one boot in twenty whose probes come and go.
	 */
	if (code == -ETIMEDOUT && req->cpus > 1)
		error__append(err, ": QEMU's CPUs can stop for good where one changes code that "
				   "another executes; try again, or with one CPU");
	out->host_failed = code == -ETIMEDOUT || code == -EIO;
	if (code == LAB_DONE && req->attend) {
		code = 0;
	} else if (!code && out->proc.status > 128 && !req->shell && !lab__sent_all(&run)) {
		code = emulator_killed(&run, out->proc.status, err);
	} else if ((!code || code == LAB_DONE) && !req->shell) {
		code = lane->collect(&run, out, err);
		out->host_failed = code;
		if (code && !size_of(run.console) && size_of(log)) {
			char *tail = fs__tail(log, 3);

			error__set(err, code, "%s said: %s", run.args.argv[0], tail ? tail : "");
			free(tail);
		}
	}
	if (!code)
		take_footprints(&run, out);
	if (!code && out->doc)
		origin__stamp(out->doc, &run, started, out->proc.wall_s);
	if (!code && out->doc && req->footprint)
		code = annotate(&run, out, err);
out:
	out->host_failed |= run.host_failed;
	lab__progress_end(lab);
	end(&run);
	return code;
}

void lab_outcome__free(struct lab_outcome *out)
{
	json_decref(out->doc);
	free(out->text);
	footprints__free(&out->footprints);
	memset(out, 0, sizeof(*out));
}
