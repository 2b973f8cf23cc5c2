/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAID_BYTES \
	16384 /* how much of the end of the output is searched for an
				 * explanation */

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

bool program__find(const char *name, char *path, size_t len)
{
	const char *dirs = getenv("PATH");
	char buf[PATH_MAX];

	for (int pass = 0; pass < 2; pass++, dirs = "/usr/sbin:/sbin:/usr/local/sbin") {
		for (const char *p = dirs; p && *p;) {
			size_t n = strcspn(p, ":");

			snprintf(buf, sizeof(buf), "%.*s/%s", (int)n, p, name);
			if (is_program(buf)) {
				if (path)
					snprintf(path, len, "%s", buf);
				return true;
			}
			p += n + (p[n] == ':');
		}
	}
	return false;
}

static int redirect(int fd, const char *path, int flags)
{
	int from = open(path, flags | O_CLOEXEC, 0644);

	return from < 0 || dup2(from, fd) < 0 ? -errno : 0;
}

static int redirect_all(const struct program_options *opts, int said_fd)
{
	int ret = redirect(STDIN_FILENO, opts->in ?: "/dev/null", O_RDONLY);

	if (!ret && opts->out)
		ret = redirect(STDOUT_FILENO, opts->out, O_WRONLY | O_CREAT | O_TRUNC);
	else if (!ret && dup2(said_fd, STDOUT_FILENO) < 0)
		ret = -errno;
	if (!ret && opts->err)
		ret = redirect(STDERR_FILENO, opts->err, O_WRONLY | O_CREAT | O_APPEND);
	else if (!ret && dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
		ret = -errno;
	return ret;
}

static void limit(const struct program_options *opts)
{
	const struct rlimit seconds = { opts->cpu_s, opts->cpu_s },
			    bytes = { opts->file_bytes, opts->file_bytes };

	if (opts->no_thp)
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	if (opts->cpu_s)
		setrlimit(RLIMIT_CPU, &seconds);
	if (opts->file_bytes)
		setrlimit(RLIMIT_FSIZE, &bytes);
	/* Root may do this itself, others in a user namespace, if the system lets them make one. */
	if (opts->no_network && unshare(CLONE_NEWNET))
		(void)!unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

static void unblock(const struct program_options *opts)
{
	sigset_t none;

	if (opts->blocked) {
		signals__restore_in_child(opts->blocked);
		return;
	}
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Returns negative errno if it cannot. */
static int become(const char *path, const char *const *argv, const struct program_options *opts,
		  int said_fd)
{
	int ret = opts->terminal ? 0 : redirect_all(opts, said_fd);

	if (ret)
		return ret;
	if (opts->dir && chdir(opts->dir))
		return -errno;
	for (const char *const *e = opts->env; e && *e; e++)
		putenv((char *)*e);
	for (const int *fd = opts->fds; fd && *fd >= 0; fd++)
		fcntl(*fd, F_SETFD, 0);
	limit(opts);
	unblock(opts);
	if (opts->only_env)
		execve(path, (char *const *)argv, (char *const *)opts->only_env);
	else
		execv(path, (char *const *)argv);
	return -errno;
}

static void child(const char *path, const char *const *argv, const struct program_options *opts,
		  int said_fd, pid_t parent, int report)
{
	int code;

	if (!opts->terminal)
		setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	code = become(path, argv, opts, said_fd);
	if (write(report, &code, sizeof(code)) < 0)
		_exit(126);
	_exit(127);
}

/* The errno of a child that could not be started; 0 once it runs its program. */
static int start_status(int fd)
{
	int code = 0;
	ssize_t n;

	do {
		n = read(fd, &code, sizeof(code));
	} while (n < 0 && errno == EINTR);
	return n == sizeof(code) ? code : 0;
}

int program__start(struct program *p, const char *const *argv, const struct program_options *opts,
		   struct error *err)
{
	static const struct program_options no_options;
	int report[2] = { -1, -1 }, code;
	pid_t parent = getpid();
	char path[PATH_MAX];

	opts = opts ?: &no_options;
	*p = (struct program){ .pidfd = -1, .said_fd = -1, .terminal = opts->terminal };
	snprintf(path, sizeof(path), "%s", argv[0]);
	if (!strchr(argv[0], '/') && !program__find(argv[0], path, sizeof(path))) {
		*p = (struct program){ .pid = 0 };
		return error__set(err, -ENOENT, "starting '%s': %s", argv[0], strerror(ENOENT));
	}
	p->said_fd = memfd_create("said", MFD_CLOEXEC);
	if (p->said_fd < 0 || pipe2(report, O_CLOEXEC) < 0)
		goto fail;
	fcntl(p->said_fd, F_SETFL, O_APPEND);
	p->pid = fork();
	if (p->pid < 0)
		goto fail;
	if (!p->pid)
		child(path, argv, opts, p->said_fd, parent, report[1]);
	if (!opts->terminal)
		setpgid(p->pid, p->pid);
	close(report[1]);
	report[1] = -1;
	code = start_status(report[0]);
	errno = -code;
	if (code)
		goto fail;
	p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	if (p->pidfd < 0)
		goto fail;
	close(report[0]);
	return 0;
fail:
	code = -errno;
	error__set(err, code, "starting '%s': %s", argv[0], strerror(-code));
	error__advise_start(err, code);
	if (report[0] >= 0)
		close(report[0]);
	if (report[1] >= 0)
		close(report[1]);
	program__kill(p);
	return code;
}

int program__wait(struct program *p, int timeout_ms)
{
	struct pollfd fd = { .fd = p->pidfd, .events = POLLIN };
	int n;

	do {
		n = poll(&fd, 1, timeout_ms);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : -ETIME;
}

int program__end(struct program *p, struct rusage *usage)
{
	int status = 0;

	if (p->pid > 0) {
		/* The leader may be gone and its children not. */
		kill(p->terminal ? p->pid : -p->pid, SIGKILL);
		while (wait4(p->pid, &status, 0, usage) < 0 && errno == EINTR)
			;
		if (p->pidfd >= 0)
			close(p->pidfd);
	}
	if (p->said_fd > 0)
		close(p->said_fd);
	*p = (struct program){ 0 };
	return status;
}

int program__kill(struct program *p)
{
	return program__end(p, NULL);
}

static void join_errors(char *text, char *buf, size_t len)
{
	size_t used = 0;

	for (char *line = text; *line && used < len;) {
		size_t n = strcspn(line, "\n");
		bool more = line[n] != '\0';

		line[n] = '\0';
		if (n && !strstr(line, "warning:"))
			used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? "; " : "",
						 line);
		line += n + more;
	}
}

char *program__said(const struct program *p, char *buf, size_t len)
{
	char *text = calloc(1, SAID_BYTES + 1);
	struct stat st;

	snprintf(buf, len, "%s", "");
	if (!text || p->said_fd <= 0 || fstat(p->said_fd, &st))
		goto out;
	if (pread(p->said_fd, text, SAID_BYTES,
		  st.st_size > SAID_BYTES ? st.st_size - SAID_BYTES : 0) <= 0)
		goto out;
	join_errors(text, buf, len);
	for (char *c = buf; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
out:
	free(text);
	return buf;
}

int program__output(const char *const *argv, char *out, size_t len, int timeout_ms,
		    struct error *err)
{
	struct program p = { 0 };
	int code = program__start(&p, argv, NULL, err), status;
	ssize_t n = 0;

	snprintf(out, len, "%s", "");
	if (code)
		return code;
	code = program__wait(&p, timeout_ms);
	n = pread(p.said_fd, out, len - 1, 0);
	out[n > 0 ? n : 0] = '\0';
	status = program__kill(&p);
	if (code)
		return error__set(err, code, "'%s %s' did not end within %d ms", argv[0], argv[1],
				  timeout_ms);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return error__set(err, -EIO, "'%s %s' failed: %.*s", argv[0], argv[1],
				  (int)strcspn(out, "\n"), out);
	return 0;
}
