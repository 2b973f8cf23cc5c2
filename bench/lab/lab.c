// SPDX-License-Identifier: GPL-2.0-or-later
/* The lab: lanes, and what a run of any of them has in common; see lab.h. */
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

#include "bench/base/program.h"
#include "bench/base/units.h"
#include "bench/lab/cmdline.h"
#include "bench/lab/fs.h"
#include "bench/lab/origin.h"
#include "bench/lab/wire.h"

#define MAX_LOGS	20
#define MAX_CONSOLE	(64 << 20)

const struct lab_lane *const lab_lanes[] = {
	&lane_svm, &lane_vmx, &lane_xen, &lane_xen_domu, &lane_xen_dm, &lane_tcg,
	NULL
};

const struct lab_lane *lab__find_lane(const char *name, struct error *err)
{
	const char *names[16] = { NULL };
	const char *nearest;

	for (unsigned int i = 0; lab_lanes[i]; i++) {
		if (!strcmp(lab_lanes[i]->name, name))
			return lab_lanes[i];
		names[i] = lab_lanes[i]->name;
	}
	nearest = units__nearest(name, names);
	error__set(err, -EINVAL, nearest ? "unknown lane '%s'; did you mean '%s'?" :
					   "unknown lane '%s'; 'hvbench lab list' shows them", name, nearest);
	return NULL;
}

bool lab__has_need(const struct lab_need *need)
{
	char path[LAB_PATH];

	if (need->test[0] != '/')
		return program__find(need->test, NULL, 0);
	for (const char *p = need->test; *p; p += *p == ',') {
		snprintf(path, sizeof(path), "%.*s", (int)strcspn(p, ","), p);
		if (!access(path, R_OK))
			return true;
		p += strcspn(p, ",");
	}
	return false;
}

const struct lab_need *lab__missing(const struct lab_lane *lane)
{
	for (const struct lab_need *n = lane->needs; n->test; n++)
		if (!lab__has_need(n))
			return n;
	return NULL;
}

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
	int code = proc_signals__block(&lab->signals, err);

	if (code)
		return code;
	lab->cache.progress = cache_progress;
	lab->cache.progress_data = lab;
	fs__sweep_temp_dirs();
	code = cache__open(&lab->cache, &lab->signals, err);
	if (code) {
		cache__close(&lab->cache);
		proc_signals__restore(&lab->signals);
	}
	return code;
}

void lab__close(struct lab *lab)
{
	cache__close(&lab->cache);
	proc_signals__restore(&lab->signals);
}

void args__add(struct lab_args *args, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0 || args->nr + 1 >= LAB_MAX_ARGS) {
		args->failed = true;
		if (n >= 0)
			free(text);
		return;
	}
	args->argv[args->nr++] = args->owned[args->nr_owned++] = text;
}

void args__free(struct lab_args *args)
{
	while (args->nr_owned)
		free(args->owned[--args->nr_owned]);
	memset(args, 0, sizeof(*args));
}

void qemu__common_args(struct lab_run *run, const char *cpu, unsigned int memory_mib)
{
	struct lab_args *a = &run->args;
	const struct lab_request *req = run->req;
	char path[2 * LAB_PATH];
	/*
	 * -seed fixes what RDRAND returns; without it the guests' memory layouts differ from run to run.
	 * Under the counting clock one instruction is one ns, and the TSC runs at 1 GHz.
	 */
	static const char *const fixed[] = {
		"-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-seed", "1",
		"-machine", "q35", "-accel", "tcg", "-device", "isa-debugcon,iobase=0xe9,chardev=capture",
	};

	args__add(a, "qemu-system-x86_64");
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		args__add(a, "%s", fixed[i]);
	args__add(a, "-cpu");
	args__add(a, "%s", cpu);
	args__add(a, "-smp");
	args__add(a, "%u", req->cpus ? req->cpus : 1);
	args__add(a, "-m");
	args__add(a, "%u", memory_mib);
	args__add(a, "-chardev");
	args__add(a, "file,id=capture,path=%s", cmdline__for_qemu(run->capture, path, sizeof(path)));
	args__add(a, "-rtc");
	args__add(a, "base=2026-01-01,clock=%s", req->icount ? "vm" : "host");
	if (req->icount) {
		args__add(a, "-icount");
		args__add(a, "shift=0,sleep=off,align=off");
	}
	if (req->attend) {
		args__add(a, "-monitor");
		args__add(a, "unix:%s/monitor,server,nowait", cmdline__for_qemu(run->dir, path, sizeof(path)));
	}
	args__add(a, "-serial");
	if (req->shell)
		args__add(a, "mon:stdio");
	else
		args__add(a, "file:%s", run->console);
}

/* The version a Linux image carries; see Documentation/arch/x86/boot.rst, kernel_version. */
static void read_version(const char *path, char *version, size_t len)
{
	unsigned char head[0x10400];	/* the offset is of 16 bits, and from 0x200 on */
	size_t n = 0, at;
	FILE *f = fopen(path, "re");

	version[0] = '\0';
	if (f) {
		n = fread(head, 1, sizeof(head) - 1, f);
		fclose(f);
	}
	if (n < 0x210 || memcmp(head + 0x202, "HdrS", 4))
		return;
	head[n] = '\0';
	at = 0x200u + (head[0x20e] | head[0x20f] << 8);
	if (at < n)
		snprintf(version, len, "%.*s", (int)strcspn((char *)head + at, " "), (char *)head + at);
}

int lab__kernel(struct lab_run *run, struct tree_set *trees, struct error *err)
{
	const struct lab_request *req = run->req;
	const char *name = req->kernel ? req->kernel : run->lane->kernel;
	static const char prefix[] = "debian:";
	int code;

	trees->nr = 0;
	if (!strncmp(name, prefix, strlen(prefix))) {
		code = cache__kernel(&run->lab->cache, name + strlen(prefix), trees, err);
		if (code)
			return code;
		if (!cache__find_file(trees, "vmlinuz*", run->kernel, sizeof(run->kernel)))
			return error__set(err, -ENOENT, "the packages of %s have no vmlinuz", name);
		snprintf(run->version, sizeof(run->version), "%s", trees->version);
		return 0;
	}
	run->host_failed = true;
	code = fs__check_file(name, "the kernel", err);
	if (code)
		return error__append(err, " (a kernel is a file, or debian:VERSION)");
	if (req->modules && access(req->modules, R_OK | X_OK))
		return error__set(err, -errno, "cannot read the directory of modules %s: %s",
				  req->modules, strerror(errno));
	snprintf(run->kernel, sizeof(run->kernel), "%s", name);
	read_version(name, run->version, sizeof(run->version));
	if (!run->version[0])
		return error__set(err, -EBADMSG, "%s is no bootable Linux image for x86 (bzImage)", name);
	run->host_failed = false;
	return 0;
}

bool lab__sent_all(struct lab_run *run)
{
	return !wire__read_on(run->capture, &run->sent) && run->sent.ended;
}

int lab__collect_sent(struct lab_run *run, struct lab_outcome *out, struct error *err)
{
	struct wire_state state;
	json_error_t jerr;
	char *data = NULL;
	size_t len = 0;
	int code = wire__scan(run->capture, &state);

	if (code)
		return error__set(err, code, "cannot read what the emulated host sent");
	if (state.fail[0])
		return error__set(err, -EIO, "%s", state.fail);
	if (!state.ended)
		return error__set(err, -EIO, "the emulated host ended before it had sent a result");
	out->status = state.status;
	code = wire__get_file(run->capture, run->req->command ? "text" : "result.json", &data, &len, err);
	if (code)
		return code;
	if (run->req->command) {
		out->text = data;
		return 0;
	}
	out->doc = json_loadb(data, len, 0, &jerr);
	free(data);
	if (!out->doc)
		return error__set(err, -EBADMSG, "the result that came back is no JSON: line %d: %s",
				  jerr.line, jerr.text);
	return 0;
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
	double now = now_s();
	const char *line;
	char *tail;
	int code;

	if (req->attend) {
		code = req->attend(run, req->attend_data, w->err);
		if (code)
			return code;
	}
	if (size > WIRE_MAX_BYTES || size_of(run->console) > MAX_CONSOLE)
		return error__set(w->err, -EIO, "the emulated host %s without end", size > WIRE_MAX_BYTES ?
				  "sends" : "writes to its console");
	if (size != w->seen && run->lane->finished && run->lane->finished(run))
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
		return error__set(err, -ENOENT, "lane %s needs %s (%s): install the package %s, as with "
				  "'apt-get install %s'", lane->name, need->test, need->why, need->package,
				  need->package);
	fs__path(dir, "%s/logs", lab->cache.dir);
	fs__keep_newest(dir, ".log", MAX_LOGS);
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	fs__path(run->console, "%s/%s-%s-%d.log", dir, stamp, lane->name, (int)getpid());
	if (fs__temp_dir(run->dir, sizeof(run->dir), &run->dir_fd, err))
		return err->code;
	fs__path(run->capture, "%s/capture", run->dir);
	return 0;
}

static void end(struct lab_run *run)
{
	args__free(&run->args);
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
		"sh", "-c", "find . -type f ! -name image.sum | LC_ALL=C sort | xargs sha256sum | sha256sum",
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

/* The emulator did not end by itself, nor by us: the host inside cannot be blamed for it. */
static int emulator_killed(const struct lab_run *run, int status, struct error *err)
{
	return error__set(err, -ECHILD, "%s was killed by signal %d (%s)%s", run->args.argv[0], status - 128,
			  strsignal(status - 128), status - 128 == SIGKILL ?
			  ": by the kernel if memory ran out (dmesg tells), or by somebody" : "");
}

/*
 * Bochs 2.7 ends itself ("buffer overflow detected") now and then on a busy machine, before the host it emulates has
 * said a word. That is no property of what is measured: it is started once more.
 */
static int run_emulator(struct lab_run *run, const struct proc_options *opts, struct proc_result *res,
			struct error *err)
{
	int code = proc__run(run->args.argv, opts, &run->lab->signals, res, err);

	if (code || res->status != 128 + SIGABRT || size_of(run->console))
		return code;
	lab__progress(run->lab, "%s: %s aborted at its start: starting it once more", run->lane->name,
		      run->args.argv[0]);
	return proc__run(run->args.argv, opts, &run->lab->signals, res, err);
}

int lab__run(struct lab *lab, const struct lab_lane *lane, const struct lab_request *req,
	     struct lab_outcome *out, struct error *err)
{
	struct lab_run run;
	struct watch watch = { .run = &run, .err = err };
	time_t started = time(NULL);
	struct proc_options opts = { .timeout_s = req->shell ? 0 : req->timeout_s, .tick = tick,
				     .data = &watch, .terminal = req->shell, .no_network = lane->no_network };
	char log[LAB_PATH];
	int code;

	memset(out, 0, sizeof(*out));
	code = begin(&run, lab, lane, req, err);
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
	if (!code && out->doc)
		origin__stamp(out->doc, &run, started, out->proc.wall_s);
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
	memset(out, 0, sizeof(*out));
}
