// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/backends/host_op.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/base/clock.h"

#define FILES	   8
#define FILE_BYTES 4096
#define BARRIERS   4
#define GAP_NS	   50000 /* time for the other thread to begin to spin */

/* Handles one file; returns whether all of it succeeded. */
static bool make_file(void)
{
	int fd = memfd_create("hvbench", MFD_CLOEXEC);
	volatile uint8_t *p;
	bool ok = fd >= 0 && !ftruncate(fd, FILE_BYTES);

	if (ok) {
		p = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ok = p != MAP_FAILED;
		if (ok) {
			*p = 1;
			munmap((void *)p, FILE_BYTES);
		}
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

static double run_memfd(void *state)
{
	uint64_t start = clock__ns();
	bool ok = true;

	(void)state;
	for (int i = 0; i < FILES; i++)
		ok &= make_file();
	return ok ? (double)(clock__ns() - start) : -1;
}

const struct host_op host_op_memfd = { .name = "memfd", .run = run_memfd };

/* A thread that sleeps except during an operation. */
struct spinner {
	pthread_t thread;
	sem_t wanted;
	struct cpus where;
	int spinning, release, stop;
};

static void *spin(void *arg)
{
	struct spinner *s = arg;

	cpus__set_affinity(0, &s->where);
	for (;;) {
		while (sem_wait(&s->wanted) < 0)
			;
		if (__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE))
			return NULL;
		__atomic_store_n(&s->spinning, 1, __ATOMIC_RELEASE);
		while (!__atomic_load_n(&s->release, __ATOMIC_ACQUIRE))
			;
		__atomic_store_n(&s->release, 0, __ATOMIC_RELEASE);
		__atomic_store_n(&s->spinning, 0, __ATOMIC_RELEASE);
	}
}

/* Block signals in it, so that the threads of the program receive them. */
static int start_spinner(struct spinner *s, const struct cpus *cpus)
{
	sigset_t all, before;
	int ret;

	s->where = *cpus;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&s->thread, NULL, spin, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

static int open_membarrier(void **state, const struct cpus *elsewhere, struct error *err)
{
	struct spinner *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return error__set(err, -ENOMEM, "out of memory");
	sem_init(&s->wanted, 0, 0);
	ret = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) < 0 ? errno :
											     0;
	if (!ret)
		ret = start_spinner(s, elsewhere);
	if (ret) {
		sem_destroy(&s->wanted);
		free(s);
		error__set(err, -ret, "membarrier(2) with a thread on another CPU: %s",
			   strerror(ret));
		return error__advise_start(err, -ret);
	}
	*state = s;
	return 0;
}

static double run_membarrier(void *state)
{
	struct spinner *s = state;
	uint64_t start;
	long ret = 0;
	double ns;

	sem_post(&s->wanted);
	while (!__atomic_load_n(&s->spinning, __ATOMIC_ACQUIRE))
		;
	start = clock__ns();
	while (clock__ns() - start < GAP_NS)
		;
	start = clock__ns();
	for (int i = 0; i < BARRIERS && !ret; i++)
		ret = syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	ns = (double)(clock__ns() - start);
	__atomic_store_n(&s->release, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&s->spinning, __ATOMIC_ACQUIRE))
		;
	return ret < 0 ? -1 : ns;
}

static void close_membarrier(void *state)
{
	struct spinner *s = state;

	__atomic_store_n(&s->stop, 1, __ATOMIC_RELEASE);
	sem_post(&s->wanted);
	pthread_join(s->thread, NULL);
	sem_destroy(&s->wanted);
	free(s);
}

const struct host_op host_op_membarrier = {
	.name = "membarrier",
	.open = open_membarrier,
	.run = run_membarrier,
	.close = close_membarrier,
};
