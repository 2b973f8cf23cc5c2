// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/alloc.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/error.h"

void alloc__fail(void)
{
	static const char message[] = "hvbench: out of memory\n";
	/* Several threads can lack memory at once: one tells it. */
	static atomic_int ending;
	int none = 0, self = gettid();

	if (!atomic_compare_exchange_strong(&ending, &none, self)) {
		if (none == self)
			_exit(EXIT_INTERNAL);
		while (true)
			pause();
	}
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

void *alloc__room(void *list, size_t nr, size_t size)
{
	if (nr && nr & (nr - 1))
		return list;
	list = realloc(list, (nr ? 2 * nr : 1) * size);
	if (!list)
		alloc__fail();
	return list;
}

/* What a stream of alloc__stream() writes to. */
struct growing {
	char **text;
	size_t *len; /* told only: streams of which nobody asks the length may share it */
	size_t used, room;
	bool failed; /* exit() writes what is left once more */
};

static ssize_t grow(void *cookie, const char *bytes, size_t size)
{
	struct growing *g = cookie;

	if (g->failed)
		return (ssize_t)size;
	if (g->room - g->used <= size) {
		size_t room = 2 * g->room + size + 1;
		char *more = realloc(*g->text, room);

		if (!more) {
			g->failed = true;
			alloc__fail();
		}
		*g->text = more;
		g->room = room;
	}
	memcpy(*g->text + g->used, bytes, size);
	g->used += size;
	(*g->text)[g->used] = '\0';
	*g->len = g->used;
	return (ssize_t)size;
}

static int end_growing(void *cookie)
{
	free(cookie);
	return 0;
}

/*
 * Not open_memstream(): where its text cannot grow, a part is missing, and neither its error
 * indicator nor fclose() tells.
 */
FILE *alloc__stream(char **text, size_t *len)
{
	struct growing *g = alloc__need_zeroed(1, sizeof(*g));
	FILE *stream =
		fopencookie(g, "w", (cookie_io_functions_t){ .write = grow, .close = end_growing });

	if (!stream)
		alloc__fail();
	/* So that exit() has nothing to write to others, which would fail once more. */
	setvbuf(stream, NULL, _IONBF, 0);
	*text = alloc__text("");
	*len = 0;
	*g = (struct growing){ .text = text, .len = len, .room = 1 };
	return stream;
}

void alloc__close_stream(FILE *stream)
{
	if (fclose(stream))
		alloc__fail();
}

void alloc__end_without_memory(void)
{
	json_set_alloc_funcs(alloc__need, free);
}
