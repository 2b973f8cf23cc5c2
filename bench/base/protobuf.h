/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of Protocol Buffers, written: varints and length-delimited fields, which is all that the
 * formats here need (protobuf.dev/programming-guides/encoding). A generated encoder would make
 * everybody who builds hvbench install a protobuf library and its compiler; the tests decode what
 * is written by protoc, from the definitions of the fields. Memory that is lacking ends the program
 * (alloc.h).
 */
#ifndef HVBENCH_PROTOBUF_H
#define HVBENCH_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

/* A message that is being written. Zeroed to begin with; the owner frees `bytes`. */
struct protobuf {
	unsigned char *bytes;
	size_t len, room;
};

void protobuf__number(struct protobuf *m, unsigned int field, int64_t value);
void protobuf__bytes(struct protobuf *m, unsigned int field, const void *bytes, size_t len);
void protobuf__text(struct protobuf *m, unsigned int field, const char *text);
/* Adds a message as a field, and empties it; its memory is freed. */
void protobuf__message(struct protobuf *m, unsigned int field, struct protobuf *inner);

#endif
