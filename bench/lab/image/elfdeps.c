// SPDX-License-Identifier: GPL-2.0-or-later
/* Shared libraries of a program; see elfdeps.h. */
#include "bench/lab/image/elfdeps.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/lab/fs.h"

#define MAX_LIBS	128
#define MAX_NEEDED	64

struct closure {
	struct cpio *cpio;
	const struct elf_search *search;
	char done[MAX_LIBS][128];	/* sonames that are in the image */
	unsigned int nr;
	unsigned int depth;
};

void elf_search__add(struct elf_search *search, const char *dir)
{
	const size_t max = sizeof(search->dirs) / sizeof(search->dirs[0]);

	for (size_t i = 0; i + 1 < max; i++)
		if (!search->dirs[i]) {
			search->dirs[i] = dir;
			return;
		}
}

void elf_search__add_system(struct elf_search *search)
{
	static const char *const dirs[] = {
		"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib",
		"/usr/lib", "/usr/local/lib",
	};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		elf_search__add(search, dirs[i]);
}

static bool find_library(const struct elf_search *search, const char *soname, char *path, size_t len)
{
	/* Every directory itself first: what lies deeper may be another build of the same library. */
	for (size_t i = 0; search->dirs[i]; i++) {
		fs__format(path, len, "%s/%s", search->dirs[i], soname);
		if (!access(path, R_OK))
			return true;
	}
	for (size_t i = 0; search->dirs[i]; i++)
		if (strncmp(search->dirs[i], "/usr/", 5) && strncmp(search->dirs[i], "/lib", 4) &&
		    fs__find(search->dirs[i], soname, path, len))
			return true;
	return false;
}

/* A file in memory, read with suspicion: every offset is checked. */
struct elf_image {
	const char *data;
	size_t len;
	const Elf64_Phdr *phdr;
	unsigned int phnum;
};

static const void *at(const struct elf_image *elf, uint64_t offset, uint64_t len)
{
	return offset <= elf->len && len <= elf->len - offset ? elf->data + offset : NULL;
}

static bool parse(struct elf_image *elf, const char *data, size_t len)
{
	const Elf64_Ehdr *eh;

	memset(elf, 0, sizeof(*elf));
	elf->data = data;
	elf->len = len;
	eh = at(elf, 0, sizeof(*eh));
	if (!eh || memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_phentsize != sizeof(Elf64_Phdr) || eh->e_phoff % 8)
		return false;
	elf->phdr = at(elf, eh->e_phoff, (uint64_t)eh->e_phnum * sizeof(Elf64_Phdr));
	elf->phnum = elf->phdr ? eh->e_phnum : 0;
	return elf->phdr;
}

/* File offset of an address, ~0 if no segment holds it. */
static uint64_t offset_of(const struct elf_image *elf, uint64_t addr)
{
	for (unsigned int i = 0; i < elf->phnum; i++) {
		const Elf64_Phdr *p = &elf->phdr[i];

		if (p->p_type == PT_LOAD && addr >= p->p_vaddr && addr - p->p_vaddr < p->p_filesz)
			return p->p_offset + (addr - p->p_vaddr);
	}
	return ~0ull;
}

static const char *string_at(const struct elf_image *elf, uint64_t offset)
{
	return offset < elf->len && memchr(elf->data + offset, '\0', elf->len - offset) ?
	       elf->data + offset : NULL;
}

static unsigned int needed(const struct elf_image *elf, const char *names[MAX_NEEDED])
{
	const Elf64_Dyn *dyn = NULL;
	uint64_t strtab = ~0ull;
	unsigned int nr_dyn = 0, nr = 0;

	for (unsigned int i = 0; i < elf->phnum; i++)
		if (elf->phdr[i].p_type == PT_DYNAMIC && elf->phdr[i].p_offset % 8 == 0) {
			dyn = at(elf, elf->phdr[i].p_offset, elf->phdr[i].p_filesz);
			nr_dyn = elf->phdr[i].p_filesz / sizeof(*dyn);
		}
	for (unsigned int i = 0; dyn && i < nr_dyn; i++)
		if (dyn[i].d_tag == DT_STRTAB)
			strtab = offset_of(elf, dyn[i].d_un.d_ptr);
	for (unsigned int i = 0; dyn && strtab != ~0ull && i < nr_dyn && nr < MAX_NEEDED; i++) {
		if (dyn[i].d_tag == DT_NEEDED) {
			names[nr] = string_at(elf, strtab + dyn[i].d_un.d_val);
			nr += names[nr] != NULL;
		}
	}
	return nr;
}

static const char *interpreter(const struct elf_image *elf)
{
	for (unsigned int i = 0; i < elf->phnum; i++)
		if (elf->phdr[i].p_type == PT_INTERP)
			return string_at(elf, elf->phdr[i].p_offset);
	return NULL;
}

static int add_elf(struct closure *c, const char *name, const char *path, struct error *err);

static int add_library(struct closure *c, const char *soname, const char *wanted_by,
		       struct error *err)
{
	char path[PATH_MAX], name[256];

	for (unsigned int i = 0; i < c->nr; i++)
		if (!strcmp(c->done[i], soname))
			return 0;
	if (c->nr == MAX_LIBS || strlen(soname) >= sizeof(c->done[0]))
		return error__set(err, -E2BIG, "%s needs too many libraries", wanted_by);
	if (!find_library(c->search, soname, path, sizeof(path)))
		return error__set(err, -ENOENT, "cannot find the library %s that %s needs", soname,
				  wanted_by);
	strcpy(c->done[c->nr++], soname);
	snprintf(name, sizeof(name), IMAGE_LIBS "/%s", soname);
	return add_elf(c, name, path, err);
}

static int add_elf(struct closure *c, const char *name, const char *path, struct error *err)
{
	const char *names[MAX_NEEDED], *interp;
	struct elf_image elf;
	unsigned int nr;
	char *data, loader[PATH_MAX];
	size_t len;
	int code;

	data = fs__read(path, &len, err);
	if (!data)
		return err->code;
	if (!parse(&elf, data, len)) {
		code = error__set(err, -ENOEXEC, "%s is not a 64-bit ELF file", path);
		goto out;
	}
	code = cpio__add(c->cpio, name, S_IFREG | 0755, data, len);
	if (code) {
		error__set(err, code, "out of memory adding %s to an image", path);
		goto out;
	}
	interp = interpreter(&elf);
	if (interp && interp[0] == '/' && !c->depth) {
		snprintf(loader, sizeof(loader), "%s", interp);
		if (!find_library(c->search, strrchr(interp, '/') + 1, loader, sizeof(loader)))
			snprintf(loader, sizeof(loader), "%s", interp);
		code = cpio__add_file(c->cpio, interp, 0755, loader, err);
	}
	nr = needed(&elf, names);
	c->depth++;
	for (unsigned int i = 0; i < nr && !code; i++)
		code = add_library(c, names[i], path, err);
	c->depth--;
out:
	free(data);
	return code;
}

int elfdeps__add_program(struct cpio *cpio, const char *name, const char *path,
			 const struct elf_search *search, struct error *err)
{
	struct closure *c = calloc(1, sizeof(*c));
	int code;

	if (!c)
		return error__set(err, -ENOMEM, "out of memory");
	c->cpio = cpio;
	c->search = search;
	code = add_elf(c, name, path, err);
	free(c);
	return code;
}

int elfdeps__add_library(struct cpio *cpio, const char *soname, const struct elf_search *search,
			 struct error *err)
{
	struct closure *c = calloc(1, sizeof(*c));
	int code;

	if (!c)
		return error__set(err, -ENOMEM, "out of memory");
	c->cpio = cpio;
	c->search = search;
	code = add_library(c, soname, "the image", err);
	free(c);
	return code;
}
