// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/backends/kvm/peer.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/backends/kvm/guest.h"
#include "bench/base/clock.h"
#include "bench/vmm/devices.h"
#include "bench/vmm/slots.h"

#define START_NS 5000000000ull

struct peer {
	struct guest guest;
	bool created, running;
	pthread_t thread;
	const struct cell *cell;
	struct measure_request req;
	struct vcpu *of; /* to be stopped if this one ends by itself */
	struct error failure;
};

int peer__create(struct peer **out, struct vm *of, const struct vm_request *req, struct error *err)
{
	struct peer *peer = calloc(1, sizeof(*peer));
	int ret;

	*out = peer;
	if (!peer)
		return error__set(err, -ENOMEM, "out of memory");
	ret = vm__create(&peer->guest.vm, req, err);
	peer->created = !ret;
	if (!ret)
		ret = devices__join(&peer->guest.vm, of, err);
	peer->of = &of->vcpus[0];
	return ret ? error__prefix(err, "the second VM") : 0;
}

/* Answers until it is stopped: the command's timed part never begins. */
static void *answer(void *arg)
{
	struct peer *peer = arg;
	struct guest *guest = &peer->guest;
	struct error err = { 0 };
	int ret = 0;

	if (!guest->booted)
		ret = guest__boot(guest, &err);
	if (!ret) {
		vm__mailbox(&guest->vm)->kick.role = HV_ROLE_ANSWER;
		guest__command(guest, peer->cell, &peer->req, 0);
		ret = guest__run_to(guest, HV_BELL_BEGIN, &err);
	}
	if (ret == -ETIME)
		return NULL;
	if (!ret || ret == -EAGAIN)
		error__set(&err, -EPROTO, "it did not wait for interrupts");
	error__prefix(&err, "the second VM");
	peer->failure = err;
	vcpu__kick(peer->of);
	return NULL;
}

static bool waits(const struct peer *peer)
{
	struct hv_mailbox *mb = vm__mailbox((struct vm *)&peer->guest.vm);

	return __atomic_load_n(&mb->kick.guest_seq, __ATOMIC_ACQUIRE) != 0;
}

int peer__start(struct peer *peer, const struct cell *cell, const struct measure_request *req,
		struct error *err)
{
	const struct timespec look = { .tv_nsec = 100000 };
	uint64_t end = clock__ns() + START_NS;
	int cpu = sched_getcpu(), ret;

	/* The new thread inherits it. */
	if (cpu >= 0)
		cpus__set_affinity_to(0, (unsigned int)cpu);
	peer->cell = cell;
	peer->req = *req;
	ret = pthread_create(&peer->thread, NULL, answer, peer);
	if (ret) {
		error__set(err, -ret, "starting the second VM's thread: %s", strerror(ret));
		return error__advise_start(err, -ret);
	}
	peer->running = true;
	while (!waits(peer) && !peer->failure.code && clock__ns() < end)
		nanosleep(&look, NULL);
	if (waits(peer))
		return 0;
	if (peer->failure.code)
		*err = peer->failure;
	else
		error__set(err, -ETIMEDOUT, "the second VM did not start");
	return err->code;
}

const struct error *peer__failed(const struct peer *peer)
{
	return peer && peer->failure.code ? &peer->failure : NULL;
}

void peer__stop(struct peer *peer)
{
	const struct timespec look = { .tv_nsec = KICK_AGAIN_NS };

	/* The thread may just have checked the flag: repeat until it has ended. */
	while (peer && peer->running) {
		vcpu__kick(&peer->guest.vm.vcpus[0]);
		if (!pthread_tryjoin_np(peer->thread, NULL))
			peer->running = false;
		else
			nanosleep(&look, NULL);
	}
}

void peer__destroy(struct peer *peer)
{
	if (!peer)
		return;
	peer__stop(peer);
	if (peer->created)
		vm__destroy(&peer->guest.vm);
	free(peer);
}
