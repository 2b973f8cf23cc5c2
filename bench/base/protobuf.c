// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/protobuf.h"

#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"

static void make_room(struct protobuf *m, size_t more)
{
	if (m->len + more <= m->room)
		return;
	m->room = 2 * (m->len + more) + 64;
	m->bytes = realloc(m->bytes, m->room);
	if (!m->bytes)
		alloc__fail();
}

static void put_varint(struct protobuf *m, uint64_t value)
{
	make_room(m, 10);
	for (; value >= 0x80; value >>= 7)
		m->bytes[m->len++] = (unsigned char)(value | 0x80);
	m->bytes[m->len++] = (unsigned char)value;
}

void protobuf__number(struct protobuf *m, unsigned int field, int64_t value)
{
	put_varint(m, (uint64_t)field << 3);
	put_varint(m, (uint64_t)value);
}

void protobuf__bytes(struct protobuf *m, unsigned int field, const void *bytes, size_t len)
{
	put_varint(m, (uint64_t)field << 3 | 2);
	put_varint(m, len);
	make_room(m, len);
	if (len)
		memcpy(m->bytes + m->len, bytes, len);
	m->len += len;
}

void protobuf__text(struct protobuf *m, unsigned int field, const char *text)
{
	protobuf__bytes(m, field, text, strlen(text));
}

void protobuf__message(struct protobuf *m, unsigned int field, struct protobuf *inner)
{
	protobuf__bytes(m, field, inner->bytes, inner->len);
	free(inner->bytes);
	memset(inner, 0, sizeof(*inner));
}
