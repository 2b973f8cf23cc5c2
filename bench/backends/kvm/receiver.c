// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/backends/kvm/receiver.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "arch.h"
#include "bench/vmm/slots.h"

static void *receive(void *arg)
{
	struct receiver *r = arg;
	struct hv_kick *kick = r->kick;
	uint64_t rings, now;

	while (!r->stop) {
		ssize_t n = read(r->eventfd, &rings, sizeof(rings));

		now = arch_clock();
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0 || r->stop)
			break;
		kick->host_tsc = now;
		__atomic_store_n(&kick->host_seq, kick->host_seq + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

int receiver__start(struct receiver *r, struct vm *vm, bool polls, struct error *err)
{
	int ret, flags = fcntl(vm->ioeventfd, F_GETFL);

	*r = (struct receiver){
		.kick = &vm__mailbox(vm)->kick,
		.eventfd = vm->ioeventfd,
		.polls = polls,
	};
	if (flags < 0 ||
	    fcntl(vm->ioeventfd, F_SETFL, polls ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) < 0)
		return error__set(err, -errno, "how an eventfd is waited for (fcntl): %s",
				  strerror(errno));
	ret = pthread_create(&r->thread, NULL, receive, r);
	if (ret) {
		error__set(err, -ret, "starting the receiving thread: %s", strerror(ret));
		return error__advise_start(err, -ret);
	}
	r->running = true;
	return 0;
}

void receiver__stop(struct receiver *r)
{
	uint64_t one = 1;

	if (!r->running)
		return;
	r->stop = 1;
	/* A full counter would have woken it already. */
	while (!r->polls && write(r->eventfd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(r->thread, NULL);
	r->running = false;
}
