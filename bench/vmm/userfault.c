// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/vmm/userfault.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE_BYTES 4096ull

struct userfault {
	int fd, stop; /* the descriptor, and an eventfd that ends the thread */
	pthread_t thread;
	bool running;
	struct workload_fetch how;
	uint64_t start, end, batch_bytes;
	void *source; /* what missing pages are copied from */
};

/* A page of the range may be there already: then whoever waits for it only has to be woken. */
static void provide(const struct userfault *u, uint64_t address)
{
	uint64_t from = address & ~(PAGE_BYTES - 1), bytes = u->batch_bytes;
	struct uffdio_copy copy = { .dst = from, .src = (uintptr_t)u->source };
	struct uffdio_continue go_on = { .range.start = from };
	struct uffdio_range wake = { .start = from, .len = PAGE_BYTES };
	int ret;

	if (bytes > u->end - from)
		bytes = u->end - from;
	copy.len = go_on.range.len = bytes;
	ret = u->how.faults == FAULTS_MINOR ? ioctl(u->fd, UFFDIO_CONTINUE, &go_on) :
					      ioctl(u->fd, UFFDIO_COPY, &copy);
	if (ret < 0)
		ioctl(u->fd, UFFDIO_WAKE, &wake);
}

/* Sleeps, as if the page had to be fetched. Returns false if it is to end instead. */
static bool fetch(const struct userfault *u)
{
	const struct timespec delay = { (time_t)(u->how.delay_ns / 1000000000),
					(long)(u->how.delay_ns % 1000000000) };
	struct pollfd stop = { .fd = u->stop, .events = POLLIN };

	return !u->how.delay_ns || ppoll(&stop, 1, &delay, NULL) <= 0;
}

static void *handle(void *arg)
{
	const struct userfault *u = arg;
	struct pollfd fds[2] = { { .fd = u->fd, .events = POLLIN },
				 { .fd = u->stop, .events = POLLIN } };
	struct uffd_msg msg;

	/* Else the kernel may let it sleep 50 us longer than it asks for. */
	prctl(PR_SET_TIMERSLACK, 1);
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[1].revents)
			return NULL;
		/* One at a time: a second read finds nothing, and the vCPU waits for it. */
		if (read(u->fd, &msg, sizeof(msg)) == sizeof(msg) &&
		    msg.event == UFFD_EVENT_PAGEFAULT && fetch(u))
			provide(u, msg.arg.pagefault.address);
	}
}

static int open_fd(struct userfault *u, struct error *err)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = u->how.faults == FAULTS_MINOR ? UFFD_FEATURE_MINOR_SHMEM : 0,
	};

	u->fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (u->fd < 0)
		return error__set(err, errno == EPERM || errno == ENOSYS ? -EOPNOTSUPP : -errno,
				  "userfaultfd: %s; faults taken in KVM need CAP_SYS_PTRACE, or "
				  "/proc/sys/vm/unprivileged_userfaultfd at 1",
				  strerror(errno));
	if (ioctl(u->fd, UFFDIO_API, &api) < 0)
		return error__set(err, errno == EINVAL ? -EOPNOTSUPP : -errno,
				  "userfaultfd (UFFDIO_API): %s%s", strerror(errno),
				  u->how.faults == FAULTS_MINOR ?
					  "; minor faults of shared memory need Linux 5.14" :
					  "");
	return 0;
}

static int watch(struct userfault *u, struct memory *mem, struct error *err)
{
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)mem->host, .len = mem->bytes },
		.mode = u->how.faults == FAULTS_MINOR ? UFFDIO_REGISTER_MODE_MINOR :
							UFFDIO_REGISTER_MODE_MISSING,
	};
	int ret = 0;

	if (u->how.faults == FAULTS_MINOR) {
		ret = memory__populate(mem, err);
		/* The pages stay in the file behind the mapping. */
		if (!ret && madvise(mem->host, mem->bytes, MADV_DONTNEED) < 0)
			ret = error__set(err, -errno, "unmapping pages of shared memory: %s",
					 strerror(errno));
	}
	if (!ret && ioctl(u->fd, UFFDIO_REGISTER, &reg) < 0)
		ret = error__set(err, errno == EINVAL ? -EOPNOTSUPP : -errno,
				 "userfaultfd (UFFDIO_REGISTER): %s", strerror(errno));
	return ret;
}

int userfault__start(struct userfault **out, struct memory *mem, const struct workload_fetch *how,
		     struct error *err)
{
	struct userfault *u = calloc(1, sizeof(*u));
	int ret;

	*out = u;
	if (!u)
		return error__set(err, -ENOMEM, "out of memory");
	u->fd = u->stop = -1;
	u->how = *how;
	u->start = (uintptr_t)mem->host;
	u->end = u->start + mem->bytes;
	u->batch_bytes = how->batch * PAGE_BYTES;
	u->source = mmap(NULL, u->batch_bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (u->source == MAP_FAILED) {
		u->source = NULL;
		return error__set(err, -errno, "memory for %llu pages to copy: %s",
				  (unsigned long long)how->batch, strerror(errno));
	}
	/* Content, so that none of them is the kernel's page of zeroes. */
	memset(u->source, 1, u->batch_bytes);
	u->stop = eventfd(0, EFD_CLOEXEC);
	if (u->stop < 0)
		return error__set(err, -errno, "eventfd: %s", strerror(errno));
	ret = open_fd(u, err);
	if (!ret)
		ret = watch(u, mem, err);
	if (ret)
		return ret;
	ret = pthread_create(&u->thread, NULL, handle, u);
	if (ret) {
		error__set(err, -ret, "starting the thread that handles page faults: %s",
			   strerror(ret));
		return error__advise_start(err, -ret);
	}
	u->running = true;
	pthread_setname_np(u->thread, "userfault");
	return 0;
}

void userfault__stop(struct userfault *u)
{
	uint64_t one = 1;

	if (!u)
		return;
	if (u->running && write(u->stop, &one, sizeof(one)) == sizeof(one))
		pthread_join(u->thread, NULL);
	if (u->fd >= 0)
		close(u->fd);
	if (u->stop >= 0)
		close(u->stop);
	if (u->source)
		munmap(u->source, u->batch_bytes);
	free(u);
}
