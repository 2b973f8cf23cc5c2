/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/vmm/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mman.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/base/units.h"
#include "bench/host/limits.h"
#include "bench/host/memory_section.h"
#include "bench/vmm/placement.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)
/*
 * Up to this share of what was available when the run began, it is not checked again: a check takes
 * half a millisecond.
 */
#define SURE_SHARE 4

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static uint64_t page_bytes(enum config_pages pages)
{
	switch (pages) {
	case PAGES_1G:
		return GIB;
	case PAGES_THP:
	case PAGES_2M:
		return 2 * MIB;
	default:
		return 4096;
	}
}

static bool is_reserved(const struct memory *mem)
{
	return mem->pages == PAGES_2M || mem->pages == PAGES_1G;
}

/* A file without a name, as long as the memory; -1: none is wanted. */
static int open_backing(const struct memory *mem, enum config_backing backing, int *fd,
			struct error *err)
{
	const char *dir = getenv("TMPDIR");
	unsigned int huge = 0;
	int ret;

	*fd = -1;
	if (backing == BACKING_ANON)
		return 0;
	if (is_reserved(mem))
		huge = MFD_HUGETLB | (mem->pages == PAGES_1G ? 30u : 21u) << MAP_HUGE_SHIFT;
	if (backing == BACKING_FILE && huge)
		return error__set(err, -EOPNOTSUPP,
				  "backing=file: only backing=memfd has reserved huge pages");
	dir = dir && *dir ? dir : "/tmp";
	*fd = backing == BACKING_FILE ? open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) :
					memfd_create("hvbench-guest", MFD_CLOEXEC | huge);
	if (*fd >= 0 && !ftruncate(*fd, (off_t)mem->bytes))
		return 0;
	ret = -errno;
	if (*fd >= 0)
		close(*fd);
	if (backing == BACKING_FILE)
		return error__set(err, ret,
				  "backing=file: a temporary file in %s: %s; TMPDIR may name "
				  "another directory",
				  dir, strerror(-ret));
	return error__set(err, ret, "backing=memfd: %s", strerror(-ret));
}

/*
 * Refuses if a control group's limit is less than what is wanted, and says which; 0 if none is. A
 * limit on using pages is met at a page fault, by SIGBUS.
 */
static int check_hugetlb_limit(const struct memory *mem, bool reserving, struct error *err)
{
	char want[32], left[32];
	struct hugetlb_limit limit;

	host_limits__hugetlb(&limit, "", page_bytes(mem->pages), reserving);
	if (limit.left_bytes < 0 || mem->bytes <= (uint64_t)limit.left_bytes)
		return 0;
	/* The host lacks what was asked for: the cell is skipped, it has not failed. */
	return error__set(
		err, -EOPNOTSUPP,
		"%s of guest memory in %s huge pages are more than the hugetlb limit of this "
		"process's control group leaves, %s: raise %s, or use a smaller working_set or "
		"pages=thp",
		units__format_size(mem->bytes, want, sizeof(want)),
		mem->pages == PAGES_1G ? "1 GiB" : "2 MiB",
		units__format_size((uint64_t)limit.left_bytes, left, sizeof(left)), limit.file);
}

static int map_hugetlb(struct memory *mem, void *at, int fd, struct error *err)
{
	unsigned int shift = mem->pages == PAGES_1G ? 30 : 21;
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, code;
	char size[32];

	mem->host = mmap(at, mem->bytes, PROT_READ | PROT_WRITE,
			 flags | MAP_HUGETLB | (int)(shift << MAP_HUGE_SHIFT), fd, 0);
	if (mem->host != MAP_FAILED)
		return 0;
	code = errno;
	mem->host = NULL;
	if (code == ENOMEM && check_hugetlb_limit(mem, true, err))
		return err->code;
	/* The host lacks what was asked for: the cell is skipped, it has not failed. */
	return error__set(
		err, code == ENOMEM || code == EINVAL ? -EOPNOTSUPP : -code,
		"%s of guest memory in %s huge pages: %s; reserve them with 'echo %" PRIu64
		" >/sys/kernel/mm/hugepages/hugepages-%ukB/nr_hugepages' or use pages=thp",
		units__format_size(mem->bytes, size, sizeof(size)), shift == 30 ? "1 GiB" : "2 MiB",
		strerror(code), mem->bytes >> shift, 1u << (shift - 10));
}

/* Aligned to 2 MiB, so that transparent huge pages can back all of it. */
static int map_aligned(struct memory *mem, void *at, int fd, struct error *err)
{
	uint64_t align = 2 * MIB, span = mem->bytes + align;
	uint8_t *map = mmap(at, span, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint8_t *start;
	char size[32];

	if (map == MAP_FAILED)
		return error__set(err, -errno, "%s of guest memory: %s",
				  units__format_size(mem->bytes, size, sizeof(size)),
				  strerror(errno));
	start = (uint8_t *)(((uintptr_t)map + align - 1) & ~(uintptr_t)(align - 1));
	if (start > map)
		munmap(map, (size_t)(start - map));
	if (map + span > start + mem->bytes)
		munmap(start + mem->bytes, (size_t)(map + span - (start + mem->bytes)));
	mem->host = start;
	if (fd >= 0 && mmap(start, mem->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			    0) == MAP_FAILED) {
		int ret = -errno;

		memory__free(mem);
		return error__set(err, ret, "mapping guest memory: %s", strerror(-ret));
	}
	/* Kernels without THP have nothing to switch on or off. */
	madvise(start, mem->bytes, mem->pages == PAGES_THP ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return 0;
}

int memory__check(uint64_t bytes, uint64_t at_first, struct error *err)
{
	uint64_t available;
	char want[32], have[32];
	bool by_group;

	if (bytes <= at_first / SURE_SHARE)
		return 0;
	available = host__available_memory_bytes("", &by_group);
	if (!available || bytes <= available)
		return 0;
	/* The host lacks what was asked for: the cell is skipped, it has not failed. */
	return error__set(
		err, -EOPNOTSUPP,
		"%s of memory for all that is alive at once are more than the %s %s; use a smaller "
		"working_set or fewer VMs%s",
		units__format_size((bytes + MIB - 1) & ~(MIB - 1), want, sizeof(want)),
		units__format_size(available & ~(MIB - 1), have, sizeof(have)),
		by_group ? "the memory limit of this process's control group leaves" :
			   "this host has available",
		by_group ? ", or raise the limit" : "");
}

int memory__alloc(struct memory *mem, uint64_t bytes, enum config_pages pages, struct error *err)
{
	return memory__alloc_at(mem, 0, bytes, pages, BACKING_ANON, err);
}

int memory__alloc_at(struct memory *mem, uint64_t address, uint64_t bytes, enum config_pages pages,
		     enum config_backing backing, struct error *err)
{
	uint64_t align = page_bytes(pages);
	void *at = (void *)(uintptr_t)address;
	int fd, ret;

	*mem = (struct memory){ .pages = pages };
	if (bytes == 0 || bytes > UINT64_MAX - align)
		return error__set(err, -EINVAL, "%" PRIu64 " bytes of guest memory make no sense",
				  bytes);
	mem->bytes = (bytes + align - 1) & ~(align - 1);
	ret = open_backing(mem, backing, &fd, err);
	if (ret)
		return ret;
	ret = is_reserved(mem) ? map_hugetlb(mem, at, fd, err) : map_aligned(mem, at, fd, err);
	/* The mapping keeps the file. */
	if (fd >= 0)
		close(fd);
	return ret;
}

int memory__alloc_unmapped(struct memory *mem, uint64_t bytes, struct error *err)
{
	int ret;

	*mem = (struct memory){ .pages = PAGES_4K, .bytes = (bytes + 4095) & ~4095ull };
	/*
	 * Shared, so that pages dropped from the page tables stay in the file behind the mapping.
	 */
	mem->host =
		mmap(NULL, mem->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mem->host == MAP_FAILED) {
		mem->host = NULL;
		return error__set(err, -errno, "mapping shared memory: %s", strerror(errno));
	}
	madvise(mem->host, mem->bytes, MADV_NOHUGEPAGE);
	ret = memory__populate(mem, err);
	if (!ret && madvise(mem->host, mem->bytes, MADV_DONTNEED) < 0)
		ret = error__set(err, -errno, "unmapping pages of shared memory: %s",
				 strerror(errno));
	if (ret)
		memory__free(mem);
	return ret;
}

int memory__bind(struct memory *mem, int node, struct error *err)
{
	return placement__bind_memory(mem->host, mem->bytes, node,
				      is_reserved(mem) ? page_bytes(mem->pages) : 0, err);
}

int memory__prove(struct memory *mem, struct error *err)
{
	int code;

	if (!is_reserved(mem))
		return 0;
	code = madvise(mem->host, mem->bytes, MADV_POPULATE_WRITE) ? errno : 0;
	madvise(mem->host, mem->bytes, MADV_DONTNEED);
	/* Linux before 5.14 returns EINVAL: there it cannot be known before a SIGBUS. */
	if (!code || code == EINVAL)
		return 0;
	/* Those of a file stay in it, and would count as used. */
	madvise(mem->host, mem->bytes, MADV_REMOVE);
	if (check_hugetlb_limit(mem, false, err))
		return err->code;
	return error__set(err, -EOPNOTSUPP,
			  "the host reserves huge pages and then refuses them: %s; look at the "
			  "hugetlb limit of this process's control group and at the pages of its "
			  "NUMA nodes, or use pages=thp",
			  strerror(code));
}

int memory__populate(struct memory *mem, struct error *err)
{
	if (madvise(mem->host, mem->bytes, MADV_POPULATE_WRITE) == 0)
		return 0;
	if (errno != EINVAL)
		return error__set(err, -errno, "populating guest memory: %s", strerror(errno));
	/* For Linux before 5.14. */
	for (uint64_t i = 0; i < mem->bytes; i += 4096)
		((volatile uint8_t *)mem->host)[i] = 0;
	return 0;
}

int64_t memory__huge_bytes(const struct memory *mem)
{
	uintptr_t from = (uintptr_t)mem->host, to = from + mem->bytes, start = 0, end = 0;
	FILE *f = fopen("/proc/self/smaps", "re");
	int64_t bytes = 0;
	char line[512];
	uint64_t kb;

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		uintptr_t s, e;

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &s, &e) == 2) {
			start = s;
			end = e;
		} else if (start < to && end > from &&
			   (sscanf(line, "AnonHugePages: %" SCNu64, &kb) == 1 ||
			    sscanf(line, "ShmemPmdMapped: %" SCNu64, &kb) == 1 ||
			    sscanf(line, "FilePmdMapped: %" SCNu64, &kb) == 1 ||
			    sscanf(line, "Shared_Hugetlb: %" SCNu64, &kb) == 1 ||
			    sscanf(line, "Private_Hugetlb: %" SCNu64, &kb) == 1)) {
			bytes += (int64_t)(kb * 1024);
		}
	}
	fclose(f);
	return bytes;
}

void memory__free(struct memory *mem)
{
	if (mem->host)
		munmap(mem->host, mem->bytes);
	*mem = (struct memory){ 0 };
}
