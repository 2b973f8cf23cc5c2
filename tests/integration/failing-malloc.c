// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A library to preload that makes memory run out: the program's $FAIL_AT-th allocation fails, and
 * with $FAIL_ON=1 all after it as well. Without $FAIL_AT none fails, and at the end their number is
 * written to the file $FAIL_COUNT. Only for the process the loader started: its children do not
 * inherit it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t nr, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned long nr, at;
static int all_after, counting;
static const char *count_file;

__attribute__((constructor)) static void start(void)
{
	const char *value = getenv("FAIL_AT");

	at = value ? strtoul(value, NULL, 10) : 0;
	value = getenv("FAIL_ON");
	all_after = value && *value == '1';
	count_file = getenv("FAIL_COUNT");
	unsetenv("LD_PRELOAD");
	counting = 1;
}

__attribute__((destructor)) static void end(void)
{
	unsigned long seen = nr;
	FILE *file;

	counting = 0;
	file = count_file ? fopen(count_file, "w") : NULL;
	if (!file)
		return;
	fprintf(file, "%lu\n", seen);
	fclose(file);
}

static int fails(void)
{
	unsigned long now;

	if (!counting)
		return 0;
	now = __atomic_add_fetch(&nr, 1, __ATOMIC_RELAXED);
	if (!at || (all_after ? now < at : now != at))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}
