// SPDX-License-Identifier: GPL-2.0-or-later
/* The calls of exits as one tree; see stacks.h. */
#include "reports/views/stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/result/doc.h"

/* More than any stack has: a document may come from anywhere. */
#define MAX_DEPTH 512

static struct stack_frame *add_child(struct stack_frame *parent, const char *name)
{
	struct stack_frame *frame = alloc__need_zeroed(1, sizeof(*frame)), **last;

	frame->name = name;
	frame->file = "";
	frame->parent = parent;
	if (!parent)
		return frame;
	for (last = &parent->child; *last; last = &(*last)->next)
		;
	*last = frame;
	return frame;
}

static int64_t count(const json_t *node, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(node, name));

	return n < 0 ? 0 : n;
}

/* One host: each function holds what it called. */
static int take_nested(struct stacks *s, struct stack_frame *parent, const json_t *node,
		       unsigned int depth)
{
	struct stack_frame *frame = add_child(parent, doc__text(node, "function"));
	const json_t *child;
	int code = 0;
	size_t i;

	if (!parent)
		s->root = frame;
	frame->self[1] = count(node, "self");
	frame->calls[1] = count(node, "calls");
	frame->file = doc__text(node, "file");
	frame->line = count(node, "line");
	if (depth == MAX_DEPTH)
		return -EBADMSG;
	json_array_foreach(json_object_get(node, "children"), i, child)
		code = code ?: take_nested(s, frame, child, depth + 1);
	return code;
}

static unsigned int depth_of(const struct stack_frame *frame)
{
	unsigned int depth = 0;

	for (; frame; frame = frame->parent)
		depth++;
	return depth;
}

/* Two hosts: a list in which each function names its caller's place. The first is the exit. */
static int take_flat(struct stack_frame *top, const json_t *list)
{
	size_t nr = json_array_size(list), i;
	struct stack_frame **frames = alloc__need_zeroed(nr + 1, sizeof(struct stack_frame *));
	const json_t *node;
	int code = 0;

	json_array_foreach((json_t *)list, i, node) {
		json_int_t at = json_integer_value(json_object_get(node, "parent"));

		if (code ||
		    (i && (at < 0 || (size_t)at >= i || depth_of(frames[at]) > MAX_DEPTH))) {
			code = -EBADMSG;
			break;
		}
		frames[i] = i ? add_child(frames[at], doc__text(node, "function")) : top;
		frames[i]->self[0] = count(node, "base");
		frames[i]->self[1] = count(node, "new");
		frames[i]->calls[0] = count(node, "calls_base");
		frames[i]->calls[1] = count(node, "calls_new");
	}
	free(frames);
	return code;
}

static int take_cells(struct stacks *s, const json_t *cells)
{
	const json_t *cell;
	int code = 0;
	size_t i;

	if (json_array_size(cells) == 1)
		s->what = doc__text(json_array_get(cells, 0), "label");
	else
		s->root = add_child(NULL, "exits");
	json_array_foreach((json_t *)cells, i, cell) {
		struct stack_frame *top;

		if (!json_array_size(json_object_get(cell, "tree")))
			continue;
		top = add_child(s->root, doc__text(cell, "label"));
		s->root = s->root ?: top;
		code = code ?: take_flat(top, json_object_get(cell, "tree"));
	}
	return code;
}

static void sum_up(struct stacks *s, struct stack_frame *frame, unsigned int depth)
{
	s->depth = depth > s->depth ? depth : s->depth;
	for (int i = 0; i < 2; i++)
		frame->total[i] = frame->self[i];
	frame->width = frame->self[0] > frame->self[1] ? frame->self[0] : frame->self[1];
	for (struct stack_frame *c = frame->child; c; c = c->next) {
		sum_up(s, c, depth + 1);
		frame->width += c->width;
		for (int i = 0; i < 2; i++)
			frame->total[i] += c->total[i];
	}
}

int stacks__read(struct stacks *stacks, const json_t *doc)
{
	int code;

	memset(stacks, 0, sizeof(*stacks));
	stacks->lane = doc__text(doc, "lane");
	stacks->what = doc__text(doc, "workload");
	stacks->names[0] = doc__text(doc, "base");
	stacks->names[1] = doc__text(doc, "new");
	stacks->two = json_is_array(json_object_get(doc, "cells"));
	if (stacks->two) {
		code = take_cells(stacks, json_object_get(doc, "cells"));
	} else {
		stacks->names[1] = doc__text(doc, "kernel");
		code = take_nested(stacks, NULL, json_object_get(doc, "tree"), 1);
	}
	if (!code && !stacks->root)
		code = -EBADMSG;
	if (!code)
		sum_up(stacks, stacks->root, 1);
	return code;
}

static void free_frames(struct stack_frame *frame)
{
	while (frame) {
		struct stack_frame *next = frame->next;

		free_frames(frame->child);
		free(frame);
		frame = next;
	}
}

void stacks__free(struct stacks *stacks)
{
	free_frames(stacks->root);
	memset(stacks, 0, sizeof(*stacks));
}

void stacks__put_folded(const struct stack_frame *frame, FILE *out)
{
	if (frame->parent) {
		stacks__put_folded(frame->parent, out);
		fputc(';', out);
	}
	for (const char *c = frame->name; *c; c++)
		fputc(*c == ';' ? ':' : (unsigned char)*c < ' ' ? '?' : *c, out);
}

static void each(const struct stack_frame *frame,
		 void (*put)(const struct stack_frame *frame, void *arg), void *arg)
{
	put(frame, arg);
	for (const struct stack_frame *c = frame->child; c; c = c->next)
		each(c, put, arg);
}

void stacks__each(const struct stacks *stacks,
		  void (*put)(const struct stack_frame *frame, void *arg), void *arg)
{
	each(stacks->root, put, arg);
}
