// SPDX-License-Identifier: GPL-2.0-or-later
/* The host's half of workloads/access-tracking.c: pages marked idle. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/backends/kvm/session.h"

enum { WORKING_SET, OF };

#define PAGE_BYTES  4096
#define BITMAP	    "/sys/kernel/mm/page_idle/bitmap"
#define PFN_MASK    ((1ull << 55) - 1)
#define PAGE_IS_IN  (1ull << 63)
#define FRAMES_WORD 64

struct frames {
	size_t nr;
	uint64_t pfn[];
};

/* The page frames behind the arena; all its pages are there. */
static int find_frames(struct session *s, struct error *err)
{
	size_t nr = s->vm->arena.bytes / PAGE_BYTES;
	struct frames *f = s->own;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return error__set(err, -errno, "/proc/self/pagemap: %s", strerror(errno));
	got = pread(fd, f->pfn, nr * sizeof(uint64_t),
		    (off_t)((uintptr_t)s->vm->arena.host / PAGE_BYTES * sizeof(uint64_t)));
	close(fd);
	if (got != (ssize_t)(nr * sizeof(uint64_t)))
		return error__set(err, -EIO, "/proc/self/pagemap is too short");
	f->nr = nr;
	for (size_t i = 0; i < nr; i++) {
		if (!(f->pfn[i] & PAGE_IS_IN) || !(f->pfn[i] & PFN_MASK))
			return error__set(err, -EOPNOTSUPP,
					  "page frame numbers are hidden (/proc/self/pagemap): "
					  "CAP_SYS_ADMIN shows them");
		f->pfn[i] &= PFN_MASK;
	}
	return 0;
}

static int open_session(struct session *s, struct error *err)
{
	struct frames *f = calloc(1, sizeof(*f) + s->vm->arena.bytes / PAGE_BYTES * 8);
	int ret;

	s->own = f;
	if (!f)
		return error__set(err, -ENOMEM, "out of memory");
	if (access(BITMAP, W_OK) < 0)
		return error__set(err, -EOPNOTSUPP,
				  "%s: %s; it needs a kernel with CONFIG_IDLE_PAGE_TRACKING, and "
				  "root",
				  BITMAP, strerror(errno));
	ret = session__pass(s, HV_ORDER_WRITE, s->cell->params[WORKING_SET], PAGE_BYTES, NULL, err);
	return ret ? ret : find_frames(s, err);
}

/* Page by page, as access_tracking_perf_test does: neighbours of a frame may be other people's. */
static int mark(struct session *s, struct error *err)
{
	const struct frames *f = s->own;
	int fd = open(BITMAP, O_RDWR | O_CLOEXEC);
	int ret = fd < 0 ? -errno : 0;

	for (size_t i = 0; i < f->nr && !ret; i++) {
		uint64_t word = 1ull << f->pfn[i] % FRAMES_WORD;

		if (pwrite(fd, &word, sizeof(word),
			   (off_t)(f->pfn[i] / FRAMES_WORD * sizeof(word))) != sizeof(word))
			ret = -(errno ?: EIO);
	}
	if (fd >= 0)
		close(fd);
	return ret ? error__set(err, ret, "%s: %s", BITMAP, strerror(-ret)) : 0;
}

static int sample(struct session *s, double *ns, struct error *err)
{
	enum session_figure of = (enum session_figure)s->cell->params[OF];
	uint64_t bytes = s->cell->params[WORKING_SET];
	int ret = session__pass(s, HV_ORDER_READ, bytes, PAGE_BYTES, NULL, err);

	if (!ret)
		ret = session__time(s, of, mark, ns, err);
	if (!ret && of == OF_AFTER)
		ret = session__pass(s, HV_ORDER_READ, bytes, PAGE_BYTES, ns, err);
	return ret;
}

DEFINE_HOST_HALF(access_tracking) = {
	.workload = "access-tracking",
	.open = open_session,
	.sample = sample,
};
