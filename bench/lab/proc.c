// SPDX-License-Identifier: GPL-2.0-or-later
/* Child processes of the lab; see proc.h. */
#include "bench/lab/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/program.h"

#define TICK_MS	100

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

int proc_signals__block(struct proc_signals *sig, struct error *err)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, &sig->old))
		return error__set(err, -errno, "cannot block signals: %s", strerror(errno));
	sig->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sig->fd < 0) {
		int code = -errno;

		sigprocmask(SIG_SETMASK, &sig->old, NULL);
		return error__set(err, code, "cannot watch for signals: %s", strerror(-code));
	}
	sigaction(SIGPIPE, &ignore, &sig->old_pipe);
	return 0;
}

void proc_signals__restore(struct proc_signals *sig)
{
	struct signalfd_siginfo info;

	/* Signals that have been dealt with must not be delivered again once unblocked. */
	while (read(sig->fd, &info, sizeof(info)) == sizeof(info))
		;
	close(sig->fd);
	sigaction(SIGPIPE, &sig->old_pipe, NULL);
	sigprocmask(SIG_SETMASK, &sig->old, NULL);
}

static int redirect(int fd, const char *path, int flags)
{
	int from = open(path, flags | O_CLOEXEC, 0644);

	if (from < 0 || dup2(from, fd) < 0)
		return -errno;
	return 0;
}

static void child(const char *const *argv, const struct proc_options *opts,
		  const struct proc_signals *sig, pid_t parent, int report)
{
	char path[PATH_MAX];
	int code = 0;

	if (!opts->terminal) {
		setpgid(0, 0);
		code = redirect(STDIN_FILENO, opts->in ? opts->in : "/dev/null", O_RDONLY);
		if (!code)
			code = redirect(STDOUT_FILENO, opts->out ? opts->out : "/dev/null",
					O_WRONLY | O_CREAT | O_TRUNC);
		if (!code && opts->err)
			code = redirect(STDERR_FILENO, opts->err, O_WRONLY | O_CREAT | O_APPEND);
		else if (!code && dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
			code = -errno;
	}
	if (code)
		goto fail;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (opts->dir && chdir(opts->dir)) {
		code = -errno;
		goto fail;
	}
	for (const char *const *e = opts->env; e && *e; e++)
		putenv((char *)*e);
	if (!program__find(argv[0], path, sizeof(path)))
		snprintf(path, sizeof(path), "%s", argv[0]);
	/* Root may do this at once; others need a user namespace, if the system allows one. */
	if (opts->no_network && unshare(CLONE_NEWNET))
		(void)!unshare(CLONE_NEWUSER | CLONE_NEWNET);
	sigaction(SIGPIPE, &sig->old_pipe, NULL);
	sigprocmask(SIG_SETMASK, &sig->old, NULL);
	execv(path, (char *const *)argv);
	code = -errno;
fail:
	if (write(report, &code, sizeof(code)) < 0)
		_exit(126);
	_exit(127);
}

/* The errno of a child that could not be started, 0 once it runs its program. */
static int start_status(int fd)
{
	int code = 0;
	ssize_t n;

	do {
		n = read(fd, &code, sizeof(code));
	} while (n < 0 && errno == EINTR);
	return n == sizeof(code) ? code : 0;
}

static int watch(pid_t pid, int pidfd, const struct proc_options *opts, struct proc_signals *sig,
		 const char *name, struct error *err)
{
	double deadline = now_s() + opts->timeout_s;
	struct pollfd fds[2] = { { .fd = pidfd, .events = POLLIN },
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
			return error__set(err, -EINTR, "interrupted while %s was running (process %d)",
					  name, (int)pid);
		if (opts->timeout_s && now_s() > deadline)
			return error__set(err, -ETIMEDOUT,
					  "%s did not finish within %u s and was stopped", name,
					  opts->timeout_s);
	}
}

int proc__run(const char *const *argv, const struct proc_options *opts, struct proc_signals *sig,
	      struct proc_result *res, struct error *err)
{
	struct proc_result unused;
	pid_t parent = getpid(), pid;
	int report[2], pidfd, code, status = 0;
	struct rusage usage;
	double start = now_s();

	if (!res)
		res = &unused;
	memset(res, 0, sizeof(*res));
	if (pipe2(report, O_CLOEXEC))
		return error__set(err, -errno, "cannot start %s: %s", argv[0], strerror(errno));
	pid = fork();
	if (pid < 0) {
		code = -errno;
		close(report[0]);
		close(report[1]);
		error__set(err, code, "cannot start %s: %s", argv[0], strerror(-code));
		return error__advise_start(err, code);
	}
	if (!pid)
		child(argv, opts, sig, parent, report[1]);
	close(report[1]);
	if (!opts->terminal)
		setpgid(pid, pid);
	code = start_status(report[0]);
	close(report[0]);
	if (code) {
		waitpid(pid, NULL, 0);
		return error__set(err, code, "cannot start %s: %s", argv[0], strerror(-code));
	}
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		code = error__set(err, -errno, "cannot watch %s: %s", argv[0], strerror(errno));
	else
		code = watch(pid, pidfd, opts, sig, argv[0], err);
	/* The group's leader may have ended while its children still run: always kill the group. */
	kill(opts->terminal ? pid : -pid, SIGKILL);
	while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	if (pidfd >= 0)
		close(pidfd);
	res->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	res->wall_s = now_s() - start;
	res->cpu_s = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
		     (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	return code;
}
