// SPDX-License-Identifier: GPL-2.0-or-later
/* Results of an emulated host; see wire.h. */
#include "bench/lab/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#if defined(__x86_64__)
#include <sys/io.h>
#endif

#include "bench/lab/fs.h"

#define PORT 0xe9

static uint32_t crc32(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t crc = ~0u;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static int put(const void *head, size_t head_len, const void *data, size_t len, struct error *err)
{
#if defined(__x86_64__)
	if (iopl(3))
		return error__set(err, -errno,
				  "cannot use I/O port 0x%x: %s (this is meant to run as root "
				  "inside an emulated host)",
				  PORT, strerror(errno));
	outsb(PORT, head, head_len);
	outsb(PORT, data, len);
	return 0;
#else
	(void)head, (void)head_len, (void)data, (void)len;
	return error__set(err, -ENOSYS, "there is no I/O port 0x%x on this architecture", PORT);
#endif
}

int wire__send_file(const char *name, const char *path, struct error *err)
{
	size_t len;
	char *data = fs__read(path, &len, err), head[256];
	int code;

	if (!data)
		return err->code;
	snprintf(head, sizeof(head), "\n" WIRE_MARK "file %.100s %zu %08x\n", name, len,
		 crc32(data, len));
	code = put(head, strlen(head), data, len, err);
	free(data);
	return code;
}

int wire__send_text(const char *kind, const char *text, struct error *err)
{
	size_t len = strlen(text);
	char head[128];

	snprintf(head, sizeof(head), "\n" WIRE_MARK "%.20s %zu %08x\n", kind, len,
		 crc32(text, len));
	return put(head, strlen(head), text, len, err);
}

int wire__send_end(int status, struct error *err)
{
	char head[64];

	snprintf(head, sizeof(head), "\n" WIRE_MARK "end %d 0\n", status);
	return put(head, strlen(head), "", 0, err);
}

struct item {
	char kind[8];
	char name[128];
	int number; /* with "end": the status */
	size_t len;
	uint32_t crc;
	const char *mark, *data;
	bool complete;
};

/* Finds the next item at or after *at, and advances *at past it. */
static bool next_item(const char *all, size_t size, size_t *at, struct item *item)
{
	while (*at < size) {
		const char *mark = memmem(all + *at, size - *at, WIRE_MARK, strlen(WIRE_MARK));
		const char *eol;
		char head[256];
		unsigned int crc = 0;

		if (!mark)
			return false;
		eol = memchr(mark, '\n', all + size - mark);
		/* The rest of it may not have arrived yet. */
		*at = mark - all;
		if (!eol && size - *at < sizeof(head))
			return false;
		*at += strlen(WIRE_MARK);
		if (!eol || eol - mark >= (ptrdiff_t)sizeof(head))
			continue;
		snprintf(head, sizeof(head), "%.*s", (int)(eol - mark), mark);
		memset(item, 0, sizeof(*item));
		if (sscanf(head, WIRE_MARK "file %127s %zu %x", item->name, &item->len, &crc) == 3)
			strcpy(item->kind, "file");
		else if (sscanf(head, WIRE_MARK "end %d", &item->number) == 1)
			strcpy(item->kind, "end");
		else if (sscanf(head, WIRE_MARK "%7[a-z] %zu %x", item->kind, &item->len, &crc) !=
			 3)
			continue;
		item->mark = mark;
		item->data = eol + 1;
		item->complete = item->len <= (size_t)(all + size - item->data);
		item->crc = crc;
		if (item->complete)
			*at = item->data + item->len - all;
		return true;
	}
	return false;
}

static void take_item(struct wire_state *state, const struct item *item)
{
	if (!strcmp(item->kind, "end")) {
		state->ended = true;
		state->status = item->number;
	} else if (!strcmp(item->kind, "fail")) {
		snprintf(state->fail, sizeof(state->fail), "%.*s",
			 (int)(item->len < 1000 ? item->len : 1000), item->data);
	} else if (!strcmp(item->kind, "note")) {
		snprintf(state->note, sizeof(state->note), "%.*s",
			 (int)(item->len < 250 ? item->len : 250), item->data);
	}
}

int wire__read_on(const char *capture, struct wire_state *state)
{
	const size_t mark = strlen(WIRE_MARK);
	struct item item;
	struct error unused;
	size_t size, at = 0;
	struct stat st;
	bool waits = false;
	char *more;

	if (stat(capture, &st))
		return errno == ENOENT ? 0 : -errno;
	if (st.st_size <= state->at || st.st_size < state->need)
		return 0;
	more = fs__read_from(capture, state->at, &size, &unused);
	if (!more)
		return unused.code;
	while (!waits && next_item(more, size, &at, &item)) {
		waits = !item.complete && item.len < WIRE_MAX_BYTES;
		if (waits) {
			at = item.mark - more;
			state->need = state->at + (item.data - more) + (off_t)item.len;
		} else if (item.complete) {
			take_item(state, &item);
		}
	}
	/* The end may hold the first part of a mark. */
	if (!waits && size >= mark && at < size - mark + 1 &&
	    !memmem(more + at, size - at, WIRE_MARK, mark))
		at = size - mark + 1;
	state->at += (off_t)at;
	free(more);
	return 0;
}

int wire__scan(const char *capture, struct wire_state *state)
{
	struct item item;
	struct error unused;
	size_t size, at = 0;
	char *all = fs__read(capture, &size, &unused);

	memset(state, 0, sizeof(*state));
	if (!all)
		return unused.code == -ENOENT ? 0 : unused.code;
	while (next_item(all, size, &at, &item))
		if (item.complete)
			take_item(state, &item);
	free(all);
	return 0;
}

int wire__get_file(const char *capture, const char *name, char **data, size_t *len,
		   struct error *err)
{
	struct item item;
	size_t size, at = 0;
	char *all = fs__read(capture, &size, err);
	int code = -ENOENT;

	*data = NULL;
	if (!all)
		return err->code;
	while (code == -ENOENT && next_item(all, size, &at, &item)) {
		if (strcmp(item.kind, "file") || strcmp(item.name, name))
			continue;
		if (!item.complete || crc32(item.data, item.len) != item.crc) {
			code = error__set(err, -EBADMSG, "%s arrived from the emulated host %s",
					  name, item.complete ? "damaged" : "cut short");
			break;
		}
		*data = malloc(item.len + 1);
		code = *data ? 0 : error__set(err, -ENOMEM, "out of memory");
		if (*data) {
			memcpy(*data, item.data, item.len);
			(*data)[item.len] = '\0';
			*len = item.len;
		}
	}
	if (code == -ENOENT)
		error__set(err, code, "the emulated host sent no %s", name);
	free(all);
	return code;
}
