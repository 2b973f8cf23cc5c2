// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/vmm/watchdog.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/clock.h"
#include "bench/vmm/slots.h"
#include "bench/vmm/vm.h"

#define STEP_MS 250 /* between two looks at a guest that tries its first operation */

/* A number that changes whenever the guest makes progress. */
static uint64_t progress_of(const struct vcpu *vcpu)
{
	return vcpu->bells + hv_progress(&vm__mailbox(vcpu->vm)->status);
}

static void arm(struct watchdog *dog)
{
	unsigned int ms = dog->short_first && dog->timeout_ms > STEP_MS ? STEP_MS : dog->timeout_ms;
	struct itimerspec when = {
		.it_value = { ms / 1000, (long)(ms % 1000) * 1000000 },
		.it_interval = { 0, KICK_AGAIN_NS },
	};

	dog->seen = progress_of(dog->vcpu);
	timer_settime(dog->timer, 0, &when, NULL);
}

/* This thread's CPU time, also in a signal handler. */
static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/*
 * Whether the guest has been trying its first operation for too long: of CPU time, so that it
 * does not matter how busy the host is; or, if it sleeps, of time.
 */
static bool tried_for_long(struct watchdog *dog)
{
	const struct hv_status *status = &vm__mailbox(dog->vcpu->vm)->status;
	uint64_t now = clock__ns(), cpu = cpu_ns();

	if (status->state != HV_STATE_TRYING) {
		/* Still on the way to it, or past it. */
		dog->short_first = !hv_progress(status) &&
				   now - dog->began_ns < WATCHDOG_TRY_MS * 1000000ull;
		return false;
	}
	if (!dog->tried) {
		dog->tried = 1;
		dog->began_ns = now;
		dog->began_cpu_ns = cpu;
		return false;
	}
	dog->vcpu->tried_ms = (unsigned int)((now - dog->began_ns) / 1000000);
	return cpu - dog->began_cpu_ns >= (WATCHDOG_TRY_CPU_MS + dog->meant_ms) * 1000000 ||
	       dog->vcpu->tried_ms >= WATCHDOG_TRY_MS + dog->meant_ms;
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

void watchdog__expect_try(struct watchdog *dog, uint64_t meant_ms)
{
	dog->meant_ms = meant_ms;
	dog->began_ns = clock__ns();
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
