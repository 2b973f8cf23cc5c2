// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/alloc.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/error.h"

void alloc__fail(void)
{
	static const char message[] = "hvbench: out of memory\n";

	if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
		_exit(EXIT_INTERNAL);
	exit(EXIT_INTERNAL);
}

void *alloc__need(size_t size)
{
	void *memory = malloc(size ?: 1);

	if (!memory)
		alloc__fail();
	return memory;
}

void *alloc__need_zeroed(size_t nr, size_t size)
{
	void *memory = calloc(nr ?: 1, size ?: 1);

	if (!memory)
		alloc__fail();
	return memory;
}

char *alloc__text(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		alloc__fail();
	return copy;
}

FILE *alloc__stream(char **text, size_t *len)
{
	FILE *stream = open_memstream(text, len);

	if (!stream)
		alloc__fail();
	return stream;
}

void alloc__close_stream(FILE *stream, char *const *text)
{
	bool failed = ferror(stream);

	if (fclose(stream) || failed || !*text)
		alloc__fail();
}

void alloc__end_without_memory(void)
{
	json_set_alloc_funcs(alloc__need, free);
}
