// SPDX-License-Identifier: GPL-2.0-or-later
/* Where in a kernel's sources an instruction is from; see sources.h. */
#include "bench/lab/sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_LIBDW
#include <elfutils/libdwfl.h>

#include <jansson.h>

#include "bench/base/alloc.h"
#include "bench/lab/fs.h"
#include "bench/lab/image/cache.h"

#define MAX_FILES 32

/* A function in an ELF file, where libdwfl has put it. */
struct place {
	const char *name;
	uint64_t address;
};

struct debug_file {
	char module[64]; /* "": vmlinux */
	Dwfl *dwfl;
	Dwfl_Module *mod;     /* NULL: there is none, or none of the host's with lines */
	struct place *places; /* by name */
	size_t nr;
};

struct sources {
	struct tree_set tree;	       /* where modules are looked for */
	const struct symbols *symbols; /* of the host; NULL: not known yet */
	struct debug_file files[MAX_FILES];
	unsigned int nr;
	json_t *names; /* of source files: from the debug information's to ours */
};

/* Nothing is looked for elsewhere: not beside the file, and not in the network. */
static int no_other_file(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base,
			 const char *file, const char *link, GElf_Word crc, char **found)
{
	(void)mod;
	(void)user;
	(void)name;
	(void)base;
	(void)file;
	(void)link;
	(void)crc;
	(void)found;
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.section_address = dwfl_offline_section_address,
	.find_debuginfo = no_other_file,
};

static int by_name(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int n = strcmp(x->name, y->name);

	return n ? n : x->address < y->address ? -1 : x->address > y->address;
}

static void index_places(struct debug_file *f)
{
	int nr = dwfl_module_getsymtab(f->mod);

	f->places = alloc__need_zeroed(nr > 0 ? (size_t)nr : 1, sizeof(*f->places));
	for (int i = 1; i < nr; i++) {
		GElf_Sym sym;
		GElf_Addr address;
		const char *name =
			dwfl_module_getsym_info(f->mod, i, &sym, &address, NULL, NULL, NULL);

		if (name && *name && sym.st_shndx != SHN_UNDEF &&
		    (GELF_ST_TYPE(sym.st_info) == STT_FUNC ||
		     GELF_ST_TYPE(sym.st_info) == STT_NOTYPE))
			f->places[f->nr++] = (struct place){ name, address };
	}
	qsort(f->places, f->nr, sizeof(*f->places), by_name);
}

/* -EBADMSG: it is no ELF file, or has no debug information. */
static int open_file(struct debug_file *f, const char *path)
{
	Dwarf_Addr bias;

	f->dwfl = dwfl_begin(&callbacks);
	if (!f->dwfl)
		return -ENOMEM;
	f->mod = dwfl_report_offline(f->dwfl, *f->module ? f->module : "vmlinux", path, -1);
	dwfl_report_end(f->dwfl, NULL, NULL);
	if (f->mod && !dwfl_module_getdwarf(f->mod, &bias))
		f->mod = NULL;
	if (!f->mod)
		return -EBADMSG;
	index_places(f);
	return 0;
}

/*
 * That of the file; and of boot/vmlinux-VERSION, which Debian's other name of it is a link to,
 * lib/modules/VERSION beside boot.
 */
static void add_directories(struct tree_set *tree, const char *vmlinux)
{
	static const char prefix[] = "vmlinux-";
	const char *slash = strrchr(vmlinux, '/'), *name = slash ? slash + 1 : vmlinux;
	int len = slash ? (int)(slash - vmlinux) : 1;

	tree->nr = 1;
	snprintf(tree->dir[0], sizeof(tree->dir[0]), "%.*s%s", len, slash ? vmlinux : ".",
		 slash == vmlinux ? "/" : "");
	if (strncmp(name, prefix, strlen(prefix)))
		return;
	fs__path(tree->dir[1], "%.*s/../lib/modules/%s", len, slash ? vmlinux : ".",
		 name + strlen(prefix));
	tree->nr += !access(tree->dir[1], R_OK);
}

int sources__open(struct sources **sources, const char *vmlinux, struct error *err)
{
	struct sources *s;
	int code;

	*sources = NULL;
	if (access(vmlinux, R_OK))
		return error__set(err, -ENOENT, "cannot read %s: %s", vmlinux, strerror(errno));
	s = alloc__need_zeroed(1, sizeof(*s));
	s->names = json_object();
	add_directories(&s->tree, vmlinux);
	code = open_file(&s->files[0], vmlinux);
	s->nr = 1;
	if (!code) {
		*sources = s;
		return 0;
	}
	sources__close(s);
	return error__set(
		err, code,
		"%s has no debug information: a vmlinux built with CONFIG_DEBUG_INFO has, "
		"and in Debian that of the package linux-image-VERSION-dbg",
		vmlinux);
}

void sources__close(struct sources *sources)
{
	if (!sources)
		return;
	for (unsigned int i = 0; i < sources->nr; i++) {
		free(sources->files[i].places);
		if (sources->files[i].dwfl)
			dwfl_end(sources->files[i].dwfl);
	}
	json_decref(sources->names);
	free(sources);
}

/* The first of that name; NULL: there is none. */
static const struct place *find_place(const struct debug_file *f, const char *name)
{
	size_t low = 0, high = f->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(f->places[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < f->nr && !strcmp(f->places[low].name, name) ? &f->places[low] : NULL;
}

/*
 * Whether the functions of the module are as far from each other in the file as in the host. Some
 * are not, where a section begins and where several have one name.
 */
static bool is_build_of(const struct debug_file *f, const struct symbols *symbols)
{
	const struct place *before = NULL;
	size_t same = 0, other = 0;
	uint64_t address = 0;

	for (size_t i = 0; i < symbols->nr; i++) {
		const struct symbol *symbol = &symbols->list[i];
		const struct place *p =
			strcmp(symbol->module, f->module) ? NULL : find_place(f, symbol->name);

		if (!p)
			continue;
		if (before)
			*(p->address - before->address == symbol->address - address ? &same :
										      &other) += 1;
		before = p;
		address = symbol->address;
	}
	return same >= 9 * other;
}

/* A file's name has "-" where the module's has "_", or not. */
static struct debug_file *file_of(struct sources *s, const char *module)
{
	struct debug_file *f = s->files;
	char pattern[160], path[LAB_PATH];
	size_t n = 0;

	for (; f < s->files + s->nr; f++)
		if (!strcmp(f->module, module))
			return f;
	if (s->nr == MAX_FILES || strlen(module) >= sizeof(f->module))
		return NULL;
	strcpy(f->module, module);
	s->nr++;
	for (const char *c = module; *c && n < sizeof(pattern) - 16; c++)
		n += (size_t)snprintf(pattern + n, sizeof(pattern) - n, "%s",
				      *c == '_' ? "[_-]" : (char[]){ *c, '\0' });
	strcpy(pattern + n, ".ko*");
	if (cache__find_file(&s->tree, pattern, path, sizeof(path)))
		open_file(f, path);
	if (f->mod && s->symbols && !is_build_of(f, s->symbols))
		f->mod = NULL;
	return f;
}

bool sources__lack(const struct sources *sources, char *why, size_t len)
{
	char names[256] = "";

	for (unsigned int i = 1; i < sources->nr; i++)
		if (!sources->files[i].mod)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
				 *names ? ", " : "", sources->files[i].module);
	snprintf(why, len,
		 "modules %s: below %s there is no file of theirs with debug information and of "
		 "the build that ran",
		 names, sources->tree.dir[sources->tree.nr - 1]);
	return *names;
}

int sources__check(struct sources *sources, const struct symbols *symbols, struct error *err)
{
	size_t same = 0, other = 0;

	sources->symbols = symbols;
	for (size_t i = 0; i < symbols->nr; i++) {
		const struct symbol *symbol = &symbols->list[i];
		const struct place *p =
			*symbol->module ? NULL : find_place(&sources->files[0], symbol->name);

		if (p)
			*(p->address == symbol->address ? &same : &other) += 1;
	}
	if (same > other)
		return 0;
	return error__set(err, -EINVAL,
			  "the vmlinux is another kernel's: of %zu functions of both %zu have the "
			  "same address",
			  same + other, same);
}

/* Directories at the top of a kernel tree: where the part that matters of a path begins. */
static const char *below_tree(const char *file)
{
	static const char *const tops[] = { "/arch/x86/", "/virt/",    "/kernel/",  "/mm/",
					    "/lib/",	  "/include/", "/drivers/", "/fs/",
					    "/security/", "/net/",     "/block/",   "/init/",
					    "/sound/",	  "/crypto/" };
	const char *first = NULL;

	if (*file != '/' && strncmp(file, "../", 3))
		return strncmp(file, "./", 2) ? file : file + 2;
	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		const char *p = strstr(file, tops[i]);

		if (p && (!first || p < first))
			first = p;
	}
	return first ? first + 1 : file;
}

/* "a/b/../../c.h" is "c.h". */
static void resolve_parents(char *path)
{
	char *up, *from;

	while ((up = strstr(path, "/../"))) {
		for (from = up; from > path && from[-1] != '/'; from--)
			;
		if (from == up || !strncmp(from, "../", 3))
			return;
		memmove(from, up + 4, strlen(up + 4) + 1);
	}
}

static const char *own_name(struct sources *s, const char *file)
{
	const json_t *known = json_object_get(s->names, file);
	char *name;

	if (!known) {
		name = alloc__text(file);
		resolve_parents(name);
		json_object_set_new(s->names, file, json_string(below_tree(name)));
		free(name);
		known = json_object_get(s->names, file);
	}
	return known ? json_string_value(known) : file;
}

bool sources__find(struct sources *sources, const struct symbol *symbol, uint64_t address,
		   const char **file, unsigned int *line)
{
	struct debug_file *f = file_of(sources, symbol->module);
	const struct place *place = f && f->mod ? find_place(f, symbol->name) : NULL;
	const char *name;
	Dwfl_Line *found;
	int number;

	/* Several of one name: the kernel's own tell by their addresses. */
	for (const struct place *p = place;
	     p && !*symbol->module && p < f->places + f->nr && !strcmp(p->name, symbol->name); p++)
		if (p->address == symbol->address)
			place = p;
	found = place ? dwfl_module_getsrc(f->mod, place->address + (address - symbol->address)) :
			NULL;
	name = found ? dwfl_lineinfo(found, NULL, &number, NULL, NULL, NULL) : NULL;
	if (!name || number <= 0)
		return false;
	*file = own_name(sources, name);
	*line = (unsigned int)number;
	return true;
}

#else /* without libdw */

int sources__open(struct sources **sources, const char *vmlinux, struct error *err)
{
	(void)vmlinux;
	*sources = NULL;
	return error__set(err, -EOPNOTSUPP,
			  "this hvbench was built without libdw, which reads debug information: "
			  "install it (Debian: libdw-dev) and build again; without, there are "
			  "functions, but no source lines");
}

void sources__close(struct sources *sources)
{
	(void)sources;
}

int sources__check(struct sources *sources, const struct symbols *symbols, struct error *err)
{
	(void)sources;
	(void)symbols;
	(void)err;
	return 0;
}

bool sources__lack(const struct sources *sources, char *why, size_t len)
{
	(void)sources;
	(void)why;
	(void)len;
	return false;
}

bool sources__find(struct sources *sources, const struct symbol *symbol, uint64_t address,
		   const char **file, unsigned int *line)
{
	(void)sources;
	(void)symbol;
	(void)address;
	(void)file;
	(void)line;
	return false;
}
#endif
