/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz inputs in the form in which readers take them: a file that has a path, or text that ends in
 * a NUL. A target that finds a fault aborts.
 */
#ifndef HVBENCH_FUZZ_INPUT_H
#define HVBENCH_FUZZ_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/base/utf8.h"

#define FUZZ_PATH_ROOM 32

/*
 * Puts an input into a file in memory, always the same one, and returns its descriptor, which stays
 * open. It is cut off behind the input rather than emptied before it, so that it keeps its pages.
 */
static inline int fuzz__fd(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0 || pwrite(fd, data, size, 0) != (ssize_t)size || ftruncate(fd, (off_t)size))
		abort();
	return fd;
}

/* The same file's path, valid until the next call. */
static inline void fuzz__file(const uint8_t *data, size_t size, char path[FUZZ_PATH_ROOM])
{
	snprintf(path, FUZZ_PATH_ROOM, "/proc/self/fd/%d", fuzz__fd(data, size));
}

/*
 * A copy of exactly that size, with a NUL behind it, so that the sanitizer notices reads beyond it.
 */
static inline char *fuzz__text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/*
 * Whether this very text was given a short while ago: what its reader made of it need not be seen
 * again. Most inputs that are refused end in the same document.
 */
static inline bool fuzz__is_known(const char *text, size_t len)
{
	static struct {
		char *text;
		size_t len;
	} known[1024];
	uint64_t hash = len, word = 0;
	size_t slot;

	for (size_t i = 0; i < len; i += 8) {
		memcpy(&word, text + i, len - i < 8 ? len - i : 8);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 32;
	}
	slot = hash % (sizeof(known) / sizeof(known[0]));
	if (known[slot].text && known[slot].len == len && !memcmp(known[slot].text, text, len))
		return true;
	free(known[slot].text);
	known[slot].text = fuzz__text((const uint8_t *)text, len);
	known[slot].len = len;
	return false;
}

/* Checks that there is an error message, and that nothing in it misleads a terminal. */
static inline void fuzz__check_message(const char *message)
{
	size_t len = strlen(message), used;
	uint32_t cp;

	if (!len)
		abort();
	for (; len; len -= used, message += used) {
		used = utf8__decode(message, len, &cp);
		if (cp == UTF8_INVALID || utf8__is_unsafe(cp))
			abort();
	}
}

#endif
