// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/vmm/watchdog.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bench/vmm/slots.h"
#include "bench/vmm/vm.h"

/* A number that changes whenever the guest makes progress. */
static uint64_t progress_of(const struct vcpu *vcpu)
{
	return vcpu->bells + hv_progress(&vm__mailbox(vcpu->vm)->status);
}

static void arm(struct watchdog *dog)
{
	unsigned int ms = dog->short_first && dog->timeout_ms > WATCHDOG_TRY_MS ? WATCHDOG_TRY_MS :
										  dog->timeout_ms;
	struct itimerspec when = {
		.it_value = { ms / 1000, (long)(ms % 1000) * 1000000 },
		.it_interval = { 0, KICK_AGAIN_NS },
	};

	dog->seen = progress_of(dog->vcpu);
	timer_settime(dog->timer, 0, &when, NULL);
}

/* Whether the guest was trying its first operation when the short time ended, but not twice. */
static bool tried_for_long(struct watchdog *dog)
{
	bool trying = vm__mailbox(dog->vcpu->vm)->status.state == HV_STATE_TRYING;

	if (trying && dog->tried)
		return true;
	dog->tried = trying;
	dog->short_first = trying;
	return false;
}

/* Called in the signal handler. */
static bool renewed(struct watchdog *dog)
{
	if (!dog || dog->vcpu->stop)
		return false;
	if (dog->short_first) {
		if (tried_for_long(dog))
			return false;
		arm(dog);
		return true;
	}
	if (dog->renewals == WATCHDOG_RENEWALS || progress_of(dog->vcpu) == dog->seen)
		return false;
	dog->renewals++;
	arm(dog);
	return true;
}

static void on_kick(int sig, siginfo_t *info, void *context)
{
	struct vcpu *vcpu = info->si_value.sival_ptr;

	(void)sig;
	(void)context;
	/* Any process may send the signal; only ours carries a vCPU. */
	if (info->si_code != SI_TIMER && !(info->si_code == SI_QUEUE && info->si_pid == getpid()))
		return;
	if (info->si_code == SI_TIMER && renewed(vcpu->dog))
		return;
	if (!vcpu->held)
		vcpu->stop = 1;
	if (vcpu->run)
		vcpu->run->immediate_exit = 1;
}

/* To be interrupted is enough: `stop` or immediate_exit is set before. */
static void on_nudge(int sig)
{
	(void)sig;
}

int watchdog__init_signal(struct error *err)
{
	struct sigaction action = { .sa_sigaction = on_kick, .sa_flags = SA_SIGINFO };
	struct sigaction nudge = { .sa_handler = on_nudge };

	if (sigaction(KICK_SIGNAL, &action, NULL) < 0 || sigaction(NUDGE_SIGNAL, &nudge, NULL) < 0)
		return error__set(err, -errno, "setting up signals: %s", strerror(errno));
	return 0;
}

int watchdog__start(struct watchdog *dog, struct vcpu *vcpu, unsigned int timeout_ms,
		    struct error *err)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = KICK_SIGNAL,
		.sigev_value.sival_ptr = vcpu,
		._sigev_un._tid = gettid(),
	};

	*dog = (struct watchdog){ .vcpu = vcpu, .timeout_ms = timeout_ms };
	if (timer_create(CLOCK_MONOTONIC, &event, &dog->timer) < 0)
		return error__set(err, -errno, "creating the watchdog's timer: %s%s",
				  strerror(errno),
				  errno == EAGAIN ? ": no more signals may be queued, raise that "
						    "limit (ulimit -i)" :
						    "");
	dog->armed = true;
	vcpu->dog = dog;
	arm(dog);
	return 0;
}

void watchdog__expect_try(struct watchdog *dog)
{
	dog->short_first = true;
	arm(dog);
}

void watchdog__stop(struct watchdog *dog)
{
	if (!dog->armed)
		return;
	timer_delete(dog->timer);
	dog->vcpu->dog = NULL;
	dog->vcpu->overdue = dog->renewals == WATCHDOG_RENEWALS;
	dog->armed = false;
}

int watchdog__run_to_ready(struct vm *vm, unsigned int timeout_ms, struct error *err)
{
	struct watchdog dog;
	uint32_t bell;
	int ret = watchdog__start(&dog, &vm->vcpus[0], timeout_ms, err);

	if (!ret)
		ret = vcpu__run(&vm->vcpus[0], &bell, err);
	watchdog__stop(&dog);
	if (!ret && bell != HV_BELL_READY)
		ret = error__set(err, -EIO, "the payload rang %u instead of being ready", bell);
	return ret;
}
