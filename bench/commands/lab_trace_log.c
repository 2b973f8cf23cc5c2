// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One exit, from QEMU's log of what it executed; see lab_trace_log.h.
 *
 * The workload runs for as long as needed; QEMU's monitor is told to log each instruction for a
 * while, and again until there are enough exits in the log. Symbols come from the host itself: from
 * /proc/kallsyms and, for Xen, from /proc/xen/xensyms of a dom0 (kept in the cache, since Xen
 * always runs at the same addresses).
 */
#include "bench/commands/lab_trace_log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/lab/fs.h"
#include "bench/lab/image/image.h"
#include "bench/lab/lanes/standalone.h"
#include "bench/lab/lanes/xen_symbols.h"
#include "bench/lab/wire.h"
#include "bench/plan/list.h"

#define TRACING		 "tracing"
#define LOOP_OPS	 1000000 /* so many operations that a sample is always in progress */
#define SETTLE_TICKS	 5
#define LOG_BYTES	 (24 << 20)
#define MAX_WINDOW_TICKS 40
#define MAX_WINDOWS	 60
#define MIN_ALIKE	 3

enum phase { WAIT, SETTLE, WINDOW };

struct tracer {
	const struct plan *plan;
	enum phase phase;
	unsigned int ticks, windows;
	int monitor;
	char log[LAB_PATH];
	struct symbols *symbols;
	struct trace *trace;
	const char *user;
	bool linux_host;    /* it sends its symbols, and a note when it has */
	const char *marker; /* on the console, where the payload runs alone */
};

/* Gives a command to QEMU's monitor; stores the answer in `text` if that is not NULL. */
static int monitor(struct tracer *t, const char *command, char *text, size_t len, struct error *err)
{
	char buf[4096];
	size_t n = 0;

	if (command &&
	    (write(t->monitor, command, strlen(command)) < 0 || write(t->monitor, "\n", 1) < 0))
		return error__set(err, -errno, "cannot write to QEMU's monitor: %s",
				  strerror(errno));
	for (;;) {
		struct pollfd p = { .fd = t->monitor, .events = POLLIN };
		ssize_t got;

		if (poll(&p, 1, 30000) <= 0)
			return error__set(err, -ETIMEDOUT, "QEMU's monitor does not answer");
		got = read(t->monitor, buf + n, sizeof(buf) - 1 - n);
		if (got <= 0)
			return error__set(err, -EIO, "QEMU's monitor went away");
		n += got;
		buf[n] = '\0';
		if (n >= 7 && !strcmp(buf + n - 7, "(qemu) "))
			break;
		if (n > sizeof(buf) / 2) {
			memmove(buf, buf + n - 16, 16);
			n = 16;
		}
	}
	if (text)
		snprintf(text, len, "%s", buf);
	return 0;
}

static int connect_monitor(struct tracer *t, const struct lab_run *run, struct error *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char path[LAB_PATH];

	fs__path(path, "%s/monitor", run->dir);
	if (strlen(path) >= sizeof(addr.sun_path))
		return error__set(err, -ENAMETOOLONG,
				  "the path of QEMU's monitor is too long: %s (TMPDIR "
				  "says where it is)",
				  path);
	strcpy(addr.sun_path, path);
	t->monitor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (t->monitor < 0 || connect(t->monitor, (struct sockaddr *)&addr, sizeof(addr)))
		return error__set(err, -errno, "cannot connect to QEMU's monitor: %s",
				  strerror(errno));
	fs__path(t->log, "%s/trace.log", run->dir);
	return monitor(t, NULL, NULL, 0, err);
}

/* The option has been renamed: try both names. */
static int single_step(struct tracer *t, bool on, struct error *err)
{
	char answer[4096], command[64];
	int code;

	snprintf(command, sizeof(command), "one-insn-per-tb %s", on ? "on" : "off");
	code = monitor(t, command, answer, sizeof(answer), err);
	if (code || !strstr(answer, "unknown command"))
		return code;
	snprintf(command, sizeof(command), "singlestep %s", on ? "on" : "off");
	return monitor(t, command, NULL, 0, err);
}

static int open_window(struct tracer *t, struct error *err)
{
	char command[LAB_PATH + 16];
	int code = monitor(t, "stop", NULL, 0, err);

	unlink(t->log);
	snprintf(command, sizeof(command), "logfile \"%s\"", t->log);
	if (!code)
		code = single_step(t, true, err);
	if (!code)
		code = monitor(t, command, NULL, 0, err);
	if (!code)
		code = monitor(t, "log exec,nochain", NULL, 0, err);
	return code ? code : monitor(t, "cont", NULL, 0, err);
}

static int close_window(struct tracer *t, struct error *err)
{
	int code = monitor(t, "stop", NULL, 0, err);

	if (!code)
		code = monitor(t, "log none", NULL, 0, err);
	return code ? code : single_step(t, false, err);
}

static int take_symbols(struct tracer *t, struct lab_run *run, struct error *err)
{
	char *text;
	size_t len;
	int code;

	if (!t->linux_host || t->symbols->nr_texts > 1)
		return 0;
	code = wire__get_file(run->capture, "kallsyms", &text, &len, err);
	return code ? code : symbols__add(t->symbols, text, err);
}

static bool is_running(struct tracer *t, struct lab_run *run)
{
	char *tail;
	bool found;

	if (t->linux_host &&
	    (wire__read_on(run->capture, &run->sent) || strcmp(run->sent.note, TRACING)))
		return false;
	if (!t->marker)
		return true;
	tail = fs__tail(run->console, 2000);
	found = tail && strstr(tail, t->marker);
	free(tail);
	return found;
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_size;
}

/*
 * Bytes moved by a repetition of "rep stosb %al, %es:(%rdi)" and the like, from the last letter of
 * its name.
 */
static unsigned int width_of(const char *text)
{
	static const struct {
		char letter;
		unsigned int bytes;
	} widths[] = {
		{ 'b', 1 }, { 'w', 2 }, { 'l', 4 }, { 'd', 4 }, { 'q', 8 },
	};
	const char *rep = strstr(text, "rep");
	const char *name = rep ? strpbrk(rep, " \t") : NULL;

	name = name ? name + strspn(name, " \t") : "";
	if (strlen(name) < 5 || strspn(name, "abcdefghijklmnopqrstuvwxyz") != 5)
		return 0;
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
		if (name[4] == widths[i].letter)
			return widths[i].bytes;
	return 0;
}

/*
 * The log only has addresses. While the machine is in its guest, the kernel's code cannot be read.
 */
static int read_reps(struct tracer *t, struct error *err)
{
	char command[64], answer[4096];
	int code = 0;

	for (unsigned int i = 0; !code && i < t->trace->nr_reps; i++) {
		snprintf(command, sizeof(command), "x/1i 0x%llx",
			 (unsigned long long)t->trace->reps[i].address);
		code = monitor(t, command, answer, sizeof(answer), err);
		if (!code)
			t->trace->reps[i].width = width_of(answer);
	}
	return code;
}

static int look(struct tracer *t, struct error *err)
{
	int code = trace__read(t->trace, t->log, t->symbols, t->user, err);

	if (code && code != -ENODATA)
		return code;
	if (!code && t->trace->alike >= MIN_ALIKE &&
	    standalone__is_workload(t->trace->guest_address, t->plan->cells[0].workload->name)) {
		code = read_reps(t, err);
		return code ? code : LAB_DONE;
	}
	trace__free(t->trace);
	if (++t->windows == MAX_WINDOWS)
		return error__set(err, -ENODATA,
				  "no repeating exit was seen in %u looks at the guest: this "
				  "operation may not exit here",
				  t->windows);
	t->phase = SETTLE;
	t->ticks = 0;
	return monitor(t, "cont", NULL, 0, err);
}

static int attend(struct lab_run *run, void *data, struct error *err)
{
	struct tracer *t = data;
	int code = 0;

	t->ticks++;
	switch (t->phase) {
	case WAIT:
		if (!is_running(t, run))
			return 0;
		code = take_symbols(t, run, err);
		if (!code && t->monitor < 0)
			code = connect_monitor(t, run, err);
		symbols__sort(t->symbols);
		t->phase = SETTLE;
		t->ticks = 0;
		return code;
	case SETTLE:
		if (t->ticks < SETTLE_TICKS)
			return 0;
		t->phase = WINDOW;
		t->ticks = 0;
		return open_window(t, err);
	case WINDOW:
		if (size_of(t->log) < LOG_BYTES && t->ticks < MAX_WINDOW_TICKS)
			return 0;
		code = close_window(t, err);
		return code ? code : look(t, err);
	}
	return 0;
}

static const char send_kallsyms[] = IMAGE_SEND_SYMBOLS "hvbench lab guest note " TRACING "\n";

int trace_run__do(struct trace_run *run, struct lab_command *cmd, const char *workload)
{
	bool xen = cmd->lane->has_xen;
	struct plan_options po = {
		.config_pairs = cmd->config, .rounds = 1, .seed_set = true, .seed = 1
	};
	struct lab_request req = cmd->req;
	struct plan plan;
	struct tracer tracer = {
		.plan = &plan,
		.monitor = -1,
		.symbols = &run->symbols,
		.trace = &run->trace,
		.user = xen ? "" : "[user space: hvbench]",
		.linux_host = cmd->lane->kernel,
		.marker = xen ? ") hvbench payload" : NULL,
	};
	const char *args[2 * LAB_MAX_CONFIG + 4] = { "-w", workload, "--rounds", "1" };
	unsigned int n = 4;
	int code;

	memset(run, 0, sizeof(*run));
	code = plan__from_list(&plan, workload, &po, &cmd->err);
	if (code)
		return code;
	for (unsigned int i = 0; i < cmd->nr_config && n + 2 < sizeof(args) / sizeof(args[0]);
	     i++) {
		args[n++] = "--config";
		args[n++] = cmd->config[i];
	}
	args[n] = NULL;
	req.run_args = (char *const *)args;
	req.plan = &plan;
	req.ops = LOOP_OPS;
	req.attend = attend;
	req.attend_data = &tracer;
	req.then = send_kallsyms;
	if (xen)
		code = xen__symbols(&cmd->lab, &cmd->req, &run->symbols, &cmd->err);
	if (!code)
		code = lab__run(&cmd->lab, cmd->lane, &req, &run->out, &cmd->err);
	if (!code && !run->trace.root)
		code = error__set(&cmd->err, -ENODATA,
				  "the guest was done before an exit could be traced%s",
				  plan.cells[0].workload->max_ops ?
					  ": it does only as many operations as its working set "
					  "has pages, so give it a larger one (working_set=256m)" :
					  "");
	if (tracer.monitor >= 0)
		close(tracer.monitor);
	plan__free(&plan);
	return code;
}

void trace_run__free(struct trace_run *run)
{
	lab_outcome__free(&run->out);
	trace__free(&run->trace);
	symbols__free(&run->symbols);
}
