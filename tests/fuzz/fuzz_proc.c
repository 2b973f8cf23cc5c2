// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: the files of /proc, /sys and /etc from which a host's fingerprint is made. Bytes of
 * 0xff separate the files in the input; a file that is "!" does not exist. Nothing is written: what
 * reads files of a host is compiled once more here and reads those below ROOT from the input, since
 * a real tree of files takes ten times as long as what is tested.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "bench/base/alloc.h"
#include "bench/base/json.h"
#include "bench/host/files.h"
#include "bench/host/fingerprint.h"
#include "bench/host/memory_section.h"

#define ROOT	 "/of-the-input"
#define FIRST_FD (1 << 28) /* more than any process may have open */

#define CPU  "/sys/devices/system/cpu"
#define NODE "/sys/devices/system/node"

int fuzz_proc(const uint8_t *data, size_t size);

static struct input_file {
	const char *path;
	size_t length;	     /* of the path */
	const uint8_t *data; /* NULL: does not exist */
	size_t size, at;
} input_files[] = {
	{ .path = "/proc/cpuinfo" },
	{ .path = "/proc/self/cgroup" },
	{ .path = "/proc/self/mountinfo" },
	{ .path = "/proc/meminfo" },
	{ .path = "/proc/cmdline" },
	{ .path = "/etc/os-release" },
	{ .path = CPU "/online" },
	{ .path = CPU "/present" },
	{ .path = CPU "/vulnerabilities/meltdown" },
	{ .path = "/sys/fs/cgroup/cpu.max" },
	{ .path = "/sys/fs/cgroup/memory.max" },
	{ .path = "/sys/fs/cgroup/memory.current" },
	{ .path = "/sys/module/kvm/parameters/halt_poll_ns" },
	{ .path = "/sys/kernel/mm/transparent_hugepage/enabled" },
	{ .path = CPU "/cpu0/topology/physical_package_id" },
	{ .path = CPU "/cpu0/cache/index0/size" },
	{ .path = NODE "/node0/meminfo" },
	{ .path = "/proc/self/status" },
	{ .path = "/sys/devices/system/clocksource/clocksource0/current_clocksource" },
	{ .path = CPU "/cpu0/topology/thread_siblings_list" },
	{ .path = CPU "/smt/control" },
	{ .path = NODE "/online" },
	{ .path = NODE "/node0/cpulist" },
	{ .path = "/proc/sys/kernel/osrelease" },
};

#define NR_FILES (sizeof(input_files) / sizeof(input_files[0]))

/* The path below ROOT; NULL: it is the machine's own. */
static const char *below_root(const char *path)
{
	return strncmp(path, ROOT "/", sizeof(ROOT)) ? NULL : path + sizeof(ROOT) - 1;
}

/* Whether it is the file of that name, or in a directory of that name. */
static bool is_below(const struct input_file *file, const char *name, size_t len)
{
	return file->length >= len && (!file->path[len] || file->path[len] == '/') &&
	       !memcmp(file->path, name, len);
}

static int input_open(const char *path, int flags)
{
	const char *below = below_root(path);
	size_t len = below ? strlen(below) : 0;

	if (!below)
		return open(path, flags);
	for (size_t i = 0; i < NR_FILES; i++) {
		if (!input_files[i].data || input_files[i].length != len ||
		    memcmp(below, input_files[i].path, len))
			continue;
		input_files[i].at = 0;
		return FIRST_FD + (int)i;
	}
	errno = ENOENT;
	return -1;
}

static ssize_t input_read(int fd, void *to, size_t room)
{
	struct input_file *file;
	size_t left;

	if (fd < FIRST_FD)
		return read(fd, to, room);
	file = &input_files[fd - FIRST_FD];
	left = file->size - file->at;
	if (room > left)
		room = left;
	memcpy(to, file->data + file->at, room);
	file->at += room;
	return (ssize_t)room;
}

static int input_close(int fd)
{
	return fd < FIRST_FD ? close(fd) : 0;
}

/* Directories exist whether or not there is a file in them. */
static int input_access(const char *path, int mode)
{
	const char *below = below_root(path);
	size_t len = below ? strlen(below) : 0;

	if (!below)
		return access(path, mode);
	for (size_t i = 0; i < NR_FILES; i++) {
		const struct input_file *file = &input_files[i];

		if (is_below(file, below, len) && (file->path[len] || file->data))
			return 0;
	}
	errno = ENOENT;
	return -1;
}

/* Appends the name if it is not the last one already; files of a directory stand in any order. */
static int add_entry(struct dirent **entries, int nr, const char *name, size_t len)
{
	struct dirent *entry;

	for (int i = 0; i < nr; i++)
		if (!strncmp(entries[i]->d_name, name, len) && !entries[i]->d_name[len])
			return nr;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		abort();
	memcpy(entry->d_name, name, len);
	entries[nr] = entry;
	return nr + 1;
}

typedef int dirent_order(const struct dirent **, const struct dirent **);

static int input_scandir(const char *path, struct dirent ***entries,
			 int (*wanted)(const struct dirent *), dirent_order *order)
{
	const char *below = below_root(path);
	size_t len = below ? strlen(below) : 0;
	int nr = 0;

	if (!below)
		return scandir(path, entries, wanted, order);
	*entries = calloc(NR_FILES, sizeof(**entries));
	if (!*entries)
		abort();
	for (size_t i = 0; i < NR_FILES; i++) {
		const char *name, *end;

		if (input_files[i].length == len || !is_below(&input_files[i], below, len))
			continue;
		name = input_files[i].path + len + 1;
		end = strchr(name, '/');
		if (end || input_files[i].data)
			nr = add_entry(*entries, nr, name,
				       end ? (size_t)(end - name) : strlen(name));
	}
	if (nr) {
		qsort(*entries, (size_t)nr, sizeof(**entries),
		      (int (*)(const void *, const void *))order);
		return nr;
	}
	free(*entries);
	errno = ENOENT;
	return -1;
}

/* What files.c includes is included above, so that these change its calls and nothing else. */
#define open	input_open
#define read	input_read
#define close	input_close
#define access	input_access
#define scandir input_scandir
#include "bench/host/files.c"
#undef open
#undef read
#undef close
#undef access
#undef scandir

int fuzz_proc(const uint8_t *data, size_t size)
{
	const uint8_t *at = data, *end = data + size;
	bool by_group;
	json_t *host;
	char *text;

	for (size_t i = 0; i < NR_FILES; i++) {
		const uint8_t *mark = at < end ? memchr(at, 0xff, (size_t)(end - at)) : NULL;
		const uint8_t *to = mark ?: end;
		bool missing = to - at == 1 && *at == '!';

		input_files[i].length = strlen(input_files[i].path);
		input_files[i].data = missing ? NULL : at;
		input_files[i].size = (size_t)(to - at);
		at = mark ? mark + 1 : end;
	}
	host = host__fingerprint(ROOT);
	text = host ? json_dumps(host, 0) : NULL;
	if (!text)
		abort();
	free(text);
	json_decref(host);
	host__available_memory_bytes(ROOT, &by_group);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_proc(data, size);
}
#endif
