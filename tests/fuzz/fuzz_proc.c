// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: the files of /proc, /sys and /etc from which a host's fingerprint is made. Bytes of
 * 0xff separate the files in the input; a file that is "!" does not exist.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include <jansson.h>

#include "bench/host/files.h"
#include "bench/host/fingerprint.h"
#include "bench/host/memory_section.h"
#include "bench/lab/fs.h"
#include "tests/fuzz/input.h"

#define CPU  "/sys/devices/system/cpu"
#define NODE "/sys/devices/system/node"

int fuzz_proc(const uint8_t *data, size_t size);

static const char *const files[] = {
	"/proc/cpuinfo",
	"/proc/self/cgroup",
	"/proc/self/mountinfo",
	"/proc/meminfo",
	"/proc/cmdline",
	"/etc/os-release",
	CPU "/online",
	CPU "/present",
	CPU "/vulnerabilities/meltdown",
	"/sys/fs/cgroup/cpu.max",
	"/sys/fs/cgroup/memory.max",
	"/sys/fs/cgroup/memory.current",
	"/sys/module/kvm/parameters/halt_poll_ns",
	"/sys/kernel/mm/transparent_hugepage/enabled",
	CPU "/cpu0/topology/physical_package_id",
	CPU "/cpu0/cache/index0/size",
	NODE "/node0/meminfo",
	"/proc/self/status",
	"/sys/devices/system/clocksource/clocksource0/current_clocksource",
	CPU "/cpu0/topology/thread_siblings_list",
	CPU "/smt/control",
	NODE "/online",
	NODE "/node0/cpulist",
	"/proc/sys/kernel/osrelease",
};

#define NR_FILES (sizeof(files) / sizeof(files[0]))

/* A directory for this process only, in memory if possible. */
static char root[64];

static void remove_root(void)
{
	fs__remove_tree(root);
}

static void make_root(void)
{
	struct error err = { 0 };
	char path[256];

	snprintf(root, sizeof(root), "%s/hvbench-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(root))
		abort();
	atexit(remove_root);
	for (size_t i = 0; i < NR_FILES; i++) {
		snprintf(path, sizeof(path), "%s%s", root, files[i]);
		*strrchr(path, '/') = '\0';
		if (fs__mkdirs(path, &err))
			abort();
	}
}

/* Whether the file differs from what it was in the input before; if so, that is noted. */
static bool is_new(size_t nr, const uint8_t *data, size_t size)
{
	static struct {
		uint8_t *data;
		size_t size;
	} before[NR_FILES];

	if (before[nr].data && before[nr].size == size && !memcmp(before[nr].data, data, size))
		return false;
	free(before[nr].data);
	before[nr].data = (uint8_t *)fuzz__text(data, size);
	before[nr].size = size;
	return true;
}

static void write_file(const char *name, const uint8_t *data, size_t size)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s%s", root, name);
	if (size == 1 && *data == '!') {
		unlink(path);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
		abort();
	close(fd);
}

int fuzz_proc(const uint8_t *data, size_t size)
{
	const uint8_t *at = data, *end = data + size;
	bool by_group;
	json_t *host;
	char *text;

	if (!*root)
		make_root();
	for (size_t i = 0; i < NR_FILES; i++) {
		const uint8_t *mark = at < end ? memchr(at, 0xff, (size_t)(end - at)) : NULL;
		const uint8_t *to = mark ?: end;

		if (is_new(i, at, (size_t)(to - at)))
			write_file(files[i], at, (size_t)(to - at));
		at = mark ? mark + 1 : end;
	}
	host = host__fingerprint(root);
	text = host ? json_dumps(host, 0) : NULL;
	if (!text)
		abort();
	free(text);
	json_decref(host);
	host__available_memory_bytes(root, &by_group);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_proc(data, size);
}
#endif
