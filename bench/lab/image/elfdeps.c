// SPDX-License-Identifier: GPL-2.0-or-later
/* Shared libraries of a program; see elfdeps.h. */
#include "bench/lab/image/elfdeps.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/lab/fs.h"

#define MAX_LIBS   128
#define MAX_NEEDED 64

struct closure {
	struct cpio *cpio;
	const struct elf_search *search;
	char done[MAX_LIBS][128]; /* sonames that are in the image */
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
		"/lib/x86_64-linux-gnu",
		"/usr/lib/x86_64-linux-gnu",
		"/lib64",
		"/usr/lib64",
		"/lib",
		"/usr/lib",
		"/usr/local/lib",
	};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		elf_search__add(search, dirs[i]);
}

static bool find_library(const struct elf_search *search, const char *soname, char *path,
			 size_t len)
{
	/*
	 * First every directory itself: what lies deeper may be another build of the same library.
	 */
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

/* The names of the libraries it needs, from the section that the linker made for the loader. */
static unsigned int needed(Elf *elf, const char *names[MAX_NEEDED])
{
	unsigned int nr = 0;
	GElf_Shdr section;
	GElf_Dyn dyn;

	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
		Elf_Data *data;

		if (!gelf_getshdr(scn, &section) || section.sh_type != SHT_DYNAMIC)
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 0; data && nr < MAX_NEEDED && gelf_getdyn(data, i, &dyn); i++) {
			if (dyn.d_tag == DT_NULL)
				break;
			if (dyn.d_tag != DT_NEEDED)
				continue;
			names[nr] = elf_strptr(elf, section.sh_link, dyn.d_un.d_val);
			nr += names[nr] != NULL;
		}
	}
	return nr;
}

static const char *interpreter(Elf *elf)
{
	size_t nr = 0;
	GElf_Phdr phdr;

	elf_getphdrnum(elf, &nr);
	for (size_t i = 0; i < nr && gelf_getphdr(elf, (int)i, &phdr); i++) {
		Elf_Data *data;

		if (phdr.p_type != PT_INTERP)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)phdr.p_offset, phdr.p_filesz, ELF_T_BYTE);
		return data && data->d_size && memchr(data->d_buf, '\0', data->d_size) ?
			       data->d_buf :
			       NULL;
	}
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

/* Adds its loader, if the image begins with it, and the libraries it names. */
static int add_what_it_needs(struct closure *c, Elf *elf, const char *path, struct error *err)
{
	const char *names[MAX_NEEDED], *interp = c->depth ? NULL : interpreter(elf);
	unsigned int nr = needed(elf, names);
	char loader[PATH_MAX];
	int code = 0;

	if (interp && interp[0] == '/') {
		if (!find_library(c->search, strrchr(interp, '/') + 1, loader, sizeof(loader)))
			snprintf(loader, sizeof(loader), "%s", interp);
		code = cpio__add_file(c->cpio, interp, 0755, loader, err);
	}
	c->depth++;
	for (unsigned int i = 0; i < nr && !code; i++)
		code = add_library(c, names[i], path, err);
	c->depth--;
	return code;
}

static int add_elf(struct closure *c, const char *name, const char *path, struct error *err)
{
	size_t len;
	char *data = fs__read(path, &len, err);
	Elf *elf;
	int code;

	if (!data)
		return err->code;
	elf_version(EV_CURRENT);
	elf = elf_memory(data, len);
	if (elf && (elf_kind(elf) != ELF_K_ELF || gelf_getclass(elf) != ELFCLASS64))
		code = error__set(err, -ENOEXEC, "%s is not a 64-bit ELF file", path);
	else if (!elf || cpio__add(c->cpio, name, S_IFREG | 0755, data, len))
		code = error__set(err, -ENOMEM, "out of memory adding %s to an image", path);
	else
		code = add_what_it_needs(c, elf, path, err);
	elf_end(elf);
	free(data);
	return code;
}

static struct closure *new_closure(struct cpio *cpio, const struct elf_search *search,
				   struct error *err)
{
	struct closure *c = calloc(1, sizeof(*c));

	if (!c) {
		error__set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	c->cpio = cpio;
	c->search = search;
	return c;
}

int elfdeps__add_program(struct cpio *cpio, const char *name, const char *path,
			 const struct elf_search *search, struct error *err)
{
	struct closure *c = new_closure(cpio, search, err);
	int code = c ? add_elf(c, name, path, err) : err->code;

	free(c);
	return code;
}

int elfdeps__add_library(struct cpio *cpio, const char *soname, const struct elf_search *search,
			 struct error *err)
{
	struct closure *c = new_closure(cpio, search, err);
	int code = c ? add_library(c, soname, "the image", err) : err->code;

	free(c);
	return code;
}
