// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writer of initramfs archives; see cpio.h.
 *
 * libarchive could write them, but this program and all its libraries go into each image, and
 * libarchive would bring eleven more (with libxml2 and ICU's data): 52 MB instead of 12, to save
 * the 25 lines that write an entry. Sorting, directories and replacing entries would remain ours to
 * do.
 */
#include "bench/lab/image/cpio.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/lab/fs.h"

struct entry {
	char *name;
	mode_t mode;
	char *data;
	size_t len;
	size_t order; /* of adding */
};

struct cpio {
	struct entry *entries;
	size_t nr, room;
};

struct cpio *cpio__new(void)
{
	return calloc(1, sizeof(struct cpio));
}

void cpio__free(struct cpio *cpio)
{
	if (!cpio)
		return;
	for (size_t i = 0; i < cpio->nr; i++) {
		free(cpio->entries[i].name);
		free(cpio->entries[i].data);
	}
	free(cpio->entries);
	free(cpio);
}

static int add_one(struct cpio *cpio, const char *name, size_t name_len, mode_t mode,
		   const void *data, size_t len)
{
	struct entry *e;

	if (cpio->nr == cpio->room) {
		size_t room = cpio->room ? 2 * cpio->room : 64;

		e = reallocarray(cpio->entries, room, sizeof(*e));
		if (!e)
			return -ENOMEM;
		cpio->entries = e;
		cpio->room = room;
	}
	e = &cpio->entries[cpio->nr];
	e->name = strndup(name, name_len);
	e->data = malloc(len + 1);
	if (!e->name || !e->data) {
		free(e->name);
		free(e->data);
		return -ENOMEM;
	}
	if (len)
		memcpy(e->data, data, len);
	e->len = len;
	e->mode = mode;
	e->order = cpio->nr++;
	return 0;
}

static bool has(const struct cpio *cpio, const char *name, size_t len)
{
	for (size_t i = 0; i < cpio->nr; i++)
		if (!strncmp(cpio->entries[i].name, name, len) && !cpio->entries[i].name[len])
			return true;
	return false;
}

int cpio__add(struct cpio *cpio, const char *name, mode_t mode, const void *data, size_t len)
{
	int code = 0;

	while (*name == '/')
		name++;
	for (const char *slash = strchr(name, '/'); slash && !code; slash = strchr(slash + 1, '/'))
		if (!has(cpio, name, slash - name))
			code = add_one(cpio, name, slash - name, S_IFDIR | 0755, NULL, 0);
	return code ? code : add_one(cpio, name, strlen(name), mode, data, len);
}

int cpio__add_text(struct cpio *cpio, const char *name, mode_t mode, const char *text)
{
	return cpio__add(cpio, name, S_IFREG | mode, text, strlen(text));
}

int cpio__add_file(struct cpio *cpio, const char *name, mode_t mode, const char *path,
		   struct error *err)
{
	size_t len;
	char *data = fs__read(path, &len, err);
	int code;

	if (!data)
		return err->code;
	code = cpio__add(cpio, name, S_IFREG | mode, data, len);
	free(data);
	return code ? error__set(err, code, "out of memory adding %s to an image", path) : 0;
}

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static void pad(FILE *f, size_t len)
{
	fwrite("\0\0\0", 1, -len & 3, f);
}

static void write_entry(FILE *f, unsigned int inode, const struct entry *e)
{
	size_t name_len = strlen(e->name) + 1;

	fprintf(f, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode, e->mode, 0,
		0, S_ISDIR(e->mode) ? 2 : 1, 0, (unsigned int)e->len, 0, 0, 0, 0,
		(unsigned int)name_len, 0);
	fwrite(e->name, 1, name_len, f);
	pad(f, 110 + name_len);
	fwrite(e->data, 1, e->len, f);
	pad(f, e->len);
}

int cpio__write(struct cpio *cpio, const char *path, struct error *err)
{
	struct entry end = { .name = "TRAILER!!!", .data = "" };
	unsigned int inode = 0;
	bool bad;
	FILE *f;

	if (cpio->nr)
		qsort(cpio->entries, cpio->nr, sizeof(*cpio->entries), by_name);
	f = fopen(path, "we");
	if (!f)
		return error__set(err, -errno, "cannot write %s: %s", path, strerror(errno));
	for (size_t i = 0; i < cpio->nr; i++)
		if (i + 1 == cpio->nr || strcmp(cpio->entries[i].name, cpio->entries[i + 1].name))
			write_entry(f, ++inode, &cpio->entries[i]);
	write_entry(f, 0, &end);
	errno = 0;
	bad = ferror(f);
	if (fclose(f) || bad)
		return error__set(err, errno ? -errno : -EIO, "cannot write the image %s: %s", path,
				  errno ? strerror(errno) : "write error");
	return 0;
}
