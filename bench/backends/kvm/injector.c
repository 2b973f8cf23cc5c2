/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/backends/kvm/injector.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "arch.h"
#include "bench/vmm/slots.h"

#define GAP_CYCLES 100000 /* time for the vCPU to reach its HLT or its loop */

static void *inject(void *arg)
{
	struct injector *inj = arg;
	volatile struct hv_kick *kick = inj->kick;
	uint64_t one = 1, sent = 0;

	if (inj->placed)
		cpus__set_affinity(0, &inj->where);
	while (!inj->stop) {
		uint64_t wanted, start;

		pthread_mutex_lock(&inj->turn);
		pthread_mutex_unlock(&inj->turn);
		wanted = kick->guest_seq;
		if (wanted == sent) {
			sched_yield();
			continue;
		}
		start = arch_clock();
		while (arch_clock() - start < GAP_CYCLES)
			arch_pause();
		sent = wanted;
		kick->host_seq = sent;
		kick->host_tsc = arch_clock();
		if (write(inj->irqfd, &one, sizeof(one)) < 0)
			break;
	}
	return NULL;
}

int injector__start(struct injector *inj, struct vm *vm, const struct cpus *where,
		    struct error *err)
{
	int ret;

	*inj = (struct injector){ .kick = &vm__mailbox(vm)->kick, .irqfd = vm->irqfd };
	if (vm->irqfd < 0)
		return 0;
	inj->placed = where;
	if (where)
		inj->where = *where;
	pthread_mutex_init(&inj->turn, NULL);
	ret = pthread_create(&inj->thread, NULL, inject, inj);
	if (ret) {
		error__set(err, -ret, "starting the injecting thread: %s", strerror(ret));
		return error__advise_start(err, -ret);
	}
	inj->running = true;
	return 0;
}

void injector__hold(struct injector *inj)
{
	if (inj->running)
		pthread_mutex_lock(&inj->turn);
}

void injector__let_go(struct injector *inj)
{
	if (inj->running)
		pthread_mutex_unlock(&inj->turn);
}

void injector__stop(struct injector *inj)
{
	if (!inj->running)
		return;
	inj->stop = 1;
	pthread_join(inj->thread, NULL);
	pthread_mutex_destroy(&inj->turn);
	inj->running = false;
}
