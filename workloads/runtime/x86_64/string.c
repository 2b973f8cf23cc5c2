/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions that gcc may call even in freestanding code ("GCC requires the freestanding
 * environment provide memcpy, memmove, memset and memcmp"); ours only copies and clears structures.
 */
#include <stddef.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

void *memcpy(void *to, const void *from, size_t bytes)
{
	void *start = to;

	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes)::"memory");
	return start;
}

void *memset(void *to, int value, size_t bytes)
{
	void *start = to;

	asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
	return start;
}
