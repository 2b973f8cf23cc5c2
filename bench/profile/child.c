// SPDX-License-Identifier: GPL-2.0-or-later
/* Starts a command and ends it. */
#include "bench/profile/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 3000 /* from the wish to end until it is ended */
#define LOOK_MS	    10

static void become(char *const *argv, int go, int failed)
{
	char byte;
	int code;

	/* Nothing comes, but an end: whoever started this will not watch. */
	if (read(go, &byte, 1) != 1)
		_exit(0);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	code = errno;
	if (write(failed, &code, sizeof(code)) < 0)
		_exit(126);
	_exit(127);
}

int child__start(struct profile_child *c, char *const *argv, struct error *err)
{
	int go[2] = { -1, -1 }, failed[2] = { -1, -1 }, code;

	if (pipe2(go, O_CLOEXEC) || pipe2(failed, O_CLOEXEC))
		goto fail;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	c->pid = fork();
	if (c->pid < 0)
		goto fail;
	if (!c->pid) {
		close(go[1]);
		close(failed[0]);
		become(argv, go[0], failed[1]);
	}
	close(go[0]);
	close(failed[1]);
	c->go = go[1];
	c->failed = failed[0];
	return 0;
fail:
	code = -errno;
	for (int i = 0; i < 2; i++) {
		if (go[i] >= 0)
			close(go[i]);
		if (failed[i] >= 0)
			close(failed[i]);
	}
	c->pid = 0;
	return error__set(err, code, "starting %s: %s", argv[0], strerror(-code));
}

int child__go(struct profile_child *c, const char *name, struct error *err)
{
	int code = 0;

	if (write(c->go, "", 1) != 1)
		code = errno;
	close(c->go);
	c->go = -1;
	/* Becoming the command closes the other end. */
	if (!code && read(c->failed, &code, sizeof(code)) < (ssize_t)sizeof(code))
		code = 0;
	return code ? error__set(err, -code, "starting %s: %s", name, strerror(code)) : 0;
}

bool child__over(const struct profile_child *c)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid;
}

int child__stop(struct profile_child *c)
{
	const struct timespec look = { .tv_nsec = LOOK_MS * 1000000 };
	int status = 0;

	if (c->pid <= 0)
		return 0;
	c->stopped = c->go >= 0 || !child__over(c);
	if (c->go >= 0)
		close(c->go);
	else if (c->stopped)
		kill(c->pid, SIGTERM);
	for (int ms = 0; ms < PATIENCE_MS && !child__over(c); ms += LOOK_MS)
		nanosleep(&look, NULL);
	if (!child__over(c))
		kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(c->failed);
	*c = (struct profile_child){ .stopped = c->stopped };
	return c->stopped ? 0 : status;
}
