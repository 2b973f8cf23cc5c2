/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
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

#define SAID_BYTES	16384	/* how much of the end of the output is searched for an
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

static void child(const char *const *argv, const struct program_options *opts, int said_fd,
		  pid_t parent, int report)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), code;
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (opts->no_thp)
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	for (const int *fd = opts->fds; fd && *fd >= 0; fd++)
		fcntl(*fd, F_SETFD, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(said_fd, STDOUT_FILENO) >= 0 &&
	    dup2(said_fd, STDERR_FILENO) >= 0)
		execv(argv[0], (char *const *)argv);
	code = -errno;
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

	*p = (struct program){ .pidfd = -1 };
	p->said_fd = memfd_create("said", MFD_CLOEXEC);
	if (p->said_fd < 0 || pipe2(report, O_CLOEXEC) < 0)
		goto fail;
	fcntl(p->said_fd, F_SETFL, O_APPEND);
	p->pid = fork();
	if (p->pid < 0)
		goto fail;
	if (!p->pid)
		child(argv, opts ? opts : &no_options, p->said_fd, parent, report[1]);
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

int program__kill(struct program *p)
{
	int status = 0;

	if (p->pid > 0) {
		/* The group's leader may have ended while its children still run. */
		kill(-p->pid, SIGKILL);
		while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
			;
		if (p->pidfd >= 0)
			close(p->pidfd);
	}
	if (p->said_fd > 0)
		close(p->said_fd);
	*p = (struct program){ 0 };
	return status;
}

static void join_errors(char *text, char *buf, size_t len)
{
	size_t used = 0;

	for (char *line = text; *line && used < len;) {
		size_t n = strcspn(line, "\n");
		bool more = line[n] != '\0';

		line[n] = '\0';
		if (n && !strstr(line, "warning:"))
			used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? "; " : "", line);
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

int program__output(const char *const *argv, char *out, size_t len, int timeout_ms, struct error *err)
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
		return error__set(err, code, "'%s %s' did not end within %d ms", argv[0], argv[1], timeout_ms);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return error__set(err, -EIO, "'%s %s' failed: %.*s", argv[0], argv[1],
				  (int)strcspn(out, "\n"), out);
	return 0;
}
