// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/signals.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bench/base/clock.h"

#define SAME_WISH_NS 500000000ull

static const int asking[] = { SIGINT, SIGTERM, SIGHUP };

#define NR_ASKING (sizeof(asking) / sizeof(asking[0]))

/* The one thing a handler can do safely. */
static volatile sig_atomic_t stop;

/*
 * timeout(1) sends its signal to the process and to the group: what comes at once is no second
 * wish.
 */
static void on_signal(int sig)
{
	static volatile uint64_t first_ns;
	uint64_t now = clock__ns();

	if (!stop)
		first_ns = now;
	else if (now - first_ns > SAME_WISH_NS)
		signal(sig, SIG_DFL), raise(sig);
	stop = 1;
}

/* Those that are at `now`. */
static void handle(void (*now)(int), int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags }, old;

	for (size_t i = 0; i < NR_ASKING; i++)
		if (sigaction(asking[i], NULL, &old) == 0 && old.sa_handler == now)
			sigaction(asking[i], &action, NULL);
}

const volatile sig_atomic_t *signals__catch(void)
{
	signal(SIGPIPE, SIG_IGN);
	/* No SA_RESTART: KVM_RUN returns, and nothing waits longer than it has to. */
	handle(SIG_DFL, 0);
	return &stop;
}

void signals__hold(void)
{
	handle(on_signal, SA_RESTART);
}

int signals__block(struct signals_blocked *blocked, struct error *err)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < NR_ASKING; i++)
		sigaddset(&set, asking[i]);
	if (sigprocmask(SIG_BLOCK, &set, &blocked->old))
		return error__set(err, -errno, "cannot block signals: %s", strerror(errno));
	blocked->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (blocked->fd < 0) {
		int code = -errno;

		sigprocmask(SIG_SETMASK, &blocked->old, NULL);
		return error__set(err, code, "cannot watch for signals: %s", strerror(-code));
	}
	sigaction(SIGPIPE, &ignore, &blocked->old_pipe);
	return 0;
}

void signals__restore(struct signals_blocked *blocked)
{
	struct signalfd_siginfo info;

	/* What was taken notice of must not strike again once it is unblocked. */
	while (read(blocked->fd, &info, sizeof(info)) == sizeof(info))
		;
	close(blocked->fd);
	signals__restore_in_child(blocked);
}

void signals__restore_in_child(const struct signals_blocked *blocked)
{
	sigaction(SIGPIPE, &blocked->old_pipe, NULL);
	sigprocmask(SIG_SETMASK, &blocked->old, NULL);
}
