// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of the archive's kernels a name stands for; see kernels.h. */
#include "bench/lab/image/kernels.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE	 "linux-image-"
#define CLOUD	 "-cloud-amd64"
#define GENERIC	 "-amd64"
#define UNSIGNED "-unsigned"

static bool cut_end(char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	if (len < n || strcmp(text + len - n, end))
		return false;
	text[len - n] = '\0';
	return true;
}

int kernel_name__parse(struct kernel_name *name, const char *text, struct error *err)
{
	static const char generic[] = "generic-";
	const char *p = text;

	memset(name, 0, sizeof(*name));
	name->cloud = strncmp(p, generic, strlen(generic));
	p += name->cloud ? 0 : strlen(generic);
	p += strncmp(p, IMAGE, strlen(IMAGE)) ? 0 : strlen(IMAGE);
	if (!*p || strlen(p) >= sizeof(name->version) ||
	    strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789.+~-") != strlen(p))
		return error__set(
			err, -EINVAL,
			"'%.80s' is not the name of a Debian kernel: say "
			"debian:6.1, debian:6.1.192, debian:6.12.43+deb12 or debian:bookworm",
			text);
	snprintf(name->version, sizeof(name->version), "%s", p);
	if (cut_end(name->version, CLOUD))
		name->cloud = true;
	else if (cut_end(name->version, GENERIC))
		name->cloud = false;
	return 0;
}

/* The order of characters outside numbers: '~', then the end, then letters, then all others. */
static int rank(char c)
{
	return c == '~'			       ? -1 :
	       !c || isdigit((unsigned char)c) ? 0 :
	       isalpha((unsigned char)c)       ? c :
						 c + 256;
}

/* Compares as deb-version(7) says. */
static int compare_part(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const char *a_end = a + a_len, *b_end = b + b_len;

	while (a < a_end || b < b_end) {
		unsigned long x = 0, y = 0;

		while ((a < a_end && !isdigit((unsigned char)*a)) ||
		       (b < b_end && !isdigit((unsigned char)*b))) {
			int diff = rank(a < a_end ? *a : '\0') - rank(b < b_end ? *b : '\0');

			if (diff)
				return diff;
			a++;
			b++;
		}
		for (; a < a_end && isdigit((unsigned char)*a); a++)
			x = x * 10 + (unsigned long)(*a - '0');
		for (; b < b_end && isdigit((unsigned char)*b); b++)
			y = y * 10 + (unsigned long)(*b - '0');
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

int deb_version__compare(const char *a, const char *b)
{
	const char *a_rev = strrchr(a, '-'), *b_rev = strrchr(b, '-');
	int diff = compare_part(a, a_rev ? (size_t)(a_rev - a) : strlen(a), b,
				b_rev ? (size_t)(b_rev - b) : strlen(b));

	if (diff)
		return diff;
	a_rev = a_rev ? a_rev + 1 : "";
	b_rev = b_rev ? b_rev + 1 : "";
	return compare_part(a_rev, strlen(a_rev), b_rev, strlen(b_rev));
}

/* Takes "linux-image-ABI[-cloud]-amd64[-unsigned]" apart. */
static bool parse_image(const char *package, struct kernel_image *image)
{
	if (strncmp(package, IMAGE, strlen(IMAGE)) ||
	    strlen(package) >= sizeof(image->package.name))
		return false;
	snprintf(image->abi, sizeof(image->abi), "%s", package + strlen(IMAGE));
	image->is_signed = !cut_end(image->abi, UNSIGNED);
	image->cloud = cut_end(image->abi, CLOUD);
	if (!image->cloud && !cut_end(image->abi, GENERIC))
		return false;
	/*
	 * Other flavours leave letters after the last hyphen; a release's metapackages leave
	 * nothing.
	 */
	return isdigit((unsigned char)image->abi[0]) && !cut_end(image->abi, "-rt");
}

bool kernel_list__is_image(const char *package)
{
	struct kernel_image unused;

	return parse_image(package, &unused);
}

int kernel_parts__each(const char *depends, int (*each)(void *data, const char *package),
		       void *data)
{
	static const char *const prefixes[] = { IMAGE, "linux-binary-", "linux-modules-" };
	size_t line = depends ? strcspn(depends, "\n") : 0;
	char package[128];
	int ret = 0;

	for (const char *p = depends; p && p < depends + line && !ret; p += strcspn(p, ",|\n")) {
		p += strspn(p, " ,|");
		for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]) && !ret; i++) {
			if (strncmp(p, prefixes[i], strlen(prefixes[i])))
				continue;
			snprintf(package, sizeof(package), "%.*s", (int)strcspn(p, " ,(|\n"), p);
			ret = each(data, package);
		}
	}
	return ret;
}

struct part_check {
	const char *names;
	char *lacks;
	size_t len;
};

static int check_part(void *data, const char *package)
{
	struct part_check *check = data;
	size_t n = strlen(package);

	for (const char *p = check->names; (p = strstr(p, package)); p += n)
		if ((p == check->names || p[-1] == '\n') && (p[n] == '\n' || !p[n]))
			return 0;
	snprintf(check->lacks, check->len, "%s", package);
	return 1;
}

static void copy_field(char *to, size_t len, const char *line, const char *name)
{
	if (!strncmp(line, name, strlen(name)))
		snprintf(to, len, "%.*s", (int)strcspn(line + strlen(name), "\n"),
			 line + strlen(name));
}

static int add_image(struct kernel_list *list, struct kernel_image *image, const char *depends,
		     const char *names, struct error *err)
{
	struct part_check check = { .names = names,
				    .lacks = image->lacks,
				    .len = sizeof(image->lacks) };
	struct kernel_image *more;

	if (!image->package.version[0] || !parse_image(image->package.name, image))
		return 0;
	kernel_parts__each(depends, check_part, &check);
	more = realloc(list->images, (list->nr + 1) * sizeof(*more));
	if (!more)
		return error__set(err, -ENOMEM, "out of memory");
	list->images = more;
	list->images[list->nr++] = *image;
	return 0;
}

int kernel_list__add(struct kernel_list *list, const char *release, const char *stanzas,
		     const char *names, struct error *err)
{
	struct kernel_image image = { .release = release };
	const char *depends = NULL;
	int code = 0;

	for (const char *line = stanzas; *line && !code;
	     line += strcspn(line, "\n") + !!strchr(line, '\n')) {
		copy_field(image.package.name, sizeof(image.package.name), line, "Package: ");
		copy_field(image.package.version, sizeof(image.package.version), line, "Version: ");
		if (!strncmp(line, "Depends: ", 9))
			depends = line + 9;
		if (*line != '\n')
			continue;
		code = add_image(list, &image, depends, names, err);
		memset(&image, 0, sizeof(image));
		image.release = release;
		depends = NULL;
	}
	return code ? code : add_image(list, &image, depends, names, err);
}

void kernel_list__free(struct kernel_list *list)
{
	free(list->images);
	memset(list, 0, sizeof(*list));
}

/* 2: all of it matches; 1: `wanted` ends where a part of `have` ends; 0: neither. */
static int match(const char *have, const char *wanted)
{
	size_t len = strlen(wanted);

	if (strncmp(have, wanted, len))
		return 0;
	return !have[len] ? 2 : strchr(".-~+", have[len]) ? 1 : 0;
}

static int how_well(const struct kernel_image *image, const struct kernel_name *name)
{
	int version = match(image->package.version, name->version);
	int abi = match(image->abi, name->version);

	if (image->cloud != name->cloud)
		return 0;
	/*
	 * Some archives also name a package after a series; the name still stands for the newest of
	 * the series.
	 */
	if (abi == 2 && version != 2 && !strchr(name->version, '-') && !strchr(name->version, '+'))
		abi = 1;
	return version > abi ? version : abi;
}

const struct kernel_image *kernel_list__choose(const struct kernel_list *list,
					       const struct kernel_name *name)
{
	const struct kernel_image *best = NULL;
	int best_match = 0;

	for (size_t i = 0; i < list->nr; i++) {
		const struct kernel_image *image = &list->images[i];
		int m = how_well(image, name), diff = m - best_match;

		if (!m || image->lacks[0])
			continue;
		if (!diff && best)
			diff = image->is_signed - best->is_signed;
		if (!diff && best)
			diff = deb_version__compare(image->package.version, best->package.version);
		if (!best || diff > 0) {
			best = image;
			best_match = m;
		}
	}
	return best;
}

static size_t say_image(char *text, size_t len, size_t n, const char *between,
			const struct kernel_image *image)
{
	if (image && n < len)
		n += snprintf(text + n, len - n, "%s%s (%s)", between, image->package.version,
			      image->release);
	return n;
}

void kernel_list__nearest(const struct kernel_list *list, const struct kernel_name *name,
			  char *text, size_t len)
{
	const struct kernel_image *older = NULL, *newer = NULL, *other;
	struct kernel_name flipped = *name;
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < list->nr; i++) {
		const struct kernel_image *image = &list->images[i];
		const char *version = image->package.version;

		if (image->lacks[0] && how_well(image, name) && !n)
			n = snprintf(text, len, "; of %s %s (%s) it has no %s any more",
				     image->package.name, version, image->release, image->lacks);
		if (image->cloud != name->cloud || image->lacks[0])
			continue;
		if (deb_version__compare(version, name->version) < 0) {
			if (!older || deb_version__compare(version, older->package.version) > 0)
				older = image;
		} else if (!newer || deb_version__compare(version, newer->package.version) < 0) {
			newer = image;
		}
	}
	n = say_image(text, len, n, newer ? "; nearest are " : "; nearest is ", older);
	n = say_image(text, len, n, older ? " and " : "; nearest is ", newer);
	flipped.cloud = !name->cloud;
	other = kernel_list__choose(list, &flipped);
	if (other && n < len)
		snprintf(text + n, len - n, "; the %s flavour has it: debian:%s%s",
			 flipped.cloud ? "cloud" : "usual", flipped.cloud ? "" : "generic-",
			 name->version);
}
