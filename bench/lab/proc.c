// SPDX-License-Identifier: GPL-2.0-or-later
/* Child processes of the lab; see proc.h. */
#include "bench/lab/proc.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "bench/base/program.h"

#define TICK_MS 100

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int watch(const struct program *p, const struct proc_options *opts,
		 struct signals_blocked *sig, const char *name, struct error *err)
{
	double deadline = now_s() + opts->timeout_s;
	struct pollfd fds[2] = { { .fd = p->pidfd, .events = POLLIN },
				 { .fd = sig->fd, .events = POLLIN } };

	for (;;) {
		int n = poll(fds, opts->terminal ? 1 : 2, TICK_MS);
		int code;

		if (n < 0 && errno != EINTR)
			return error__set(err, -errno, "cannot wait for %s: %s", name,
					  strerror(errno));
		/* Once more, for what the child wrote last. */
		code = opts->tick ? opts->tick(opts->data) : 0;
		if (n > 0 && fds[0].revents)
			return 0;
		if (code)
			return code;
		if (n > 0 && fds[1].revents)
			return error__set(err, -EINTR,
					  "interrupted while %s was running (process %d)", name,
					  (int)p->pid);
		if (opts->timeout_s && now_s() > deadline)
			return error__set(err, -ETIMEDOUT,
					  "%s did not finish within %u s and was stopped", name,
					  opts->timeout_s);
	}
}

int proc__run(const char *const *argv, const struct proc_options *opts, struct signals_blocked *sig,
	      struct proc_result *res, struct error *err)
{
	const struct program_options how = {
		.dir = opts->dir,
		.in = opts->in,
		.out = opts->out ?: "/dev/null",
		.err = opts->err,
		.env = opts->env,
		.no_network = opts->no_network,
		.terminal = opts->terminal,
		.blocked = sig,
	};
	double start = now_s();
	struct rusage usage;
	struct program p;
	int code, status;

	if (res)
		memset(res, 0, sizeof(*res));
	code = program__start(&p, argv, &how, err);
	if (code)
		return code;
	code = watch(&p, opts, sig, argv[0], err);
	status = program__end(&p, &usage);
	if (!res)
		return code;
	res->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	res->wall_s = now_s() - start;
	res->cpu_s = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
		     (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	return code;
}
