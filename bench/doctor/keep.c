// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/doctor/keep.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/base/alloc.h"
#include "bench/base/clean_text.h"
#include "bench/doctor/doctor.h"
#include "bench/host/files.h"

/* How distributions differ in what is done. */
struct distribution {
	const char *id; /* of os-release, in ID or ID_LIKE */
	const char *initramfs, *cmdline;
};

static const struct distribution distributions[] = {
	{ "nixos", "nixos-rebuild boot, with boot.extraModprobeConfig instead of the file",
	  "boot.kernelParams of the configuration, then nixos-rebuild boot" },
	{ "debian", "update-initramfs -u",
	  "in GRUB_CMDLINE_LINUX of /etc/default/grub, then update-grub" },
	{ "rhel", "dracut -f", NULL },
	{ "fedora", "dracut -f", NULL },
	{ "suse", "dracut -f",
	  "in GRUB_CMDLINE_LINUX_DEFAULT of /etc/default/grub, then grub2-mkconfig -o "
	  "/boot/grub2/grub.cfg" },
	{ "arch", "mkinitcpio -P",
	  "in GRUB_CMDLINE_LINUX of /etc/default/grub, then grub-mkconfig -o /boot/grub/grub.cfg" },
	{ "alpine", "mkinitfs",
	  "in default_kernel_opts of /etc/update-extlinux.conf, then update-extlinux" },
	{ "", "rebuild the initramfs", "in the boot loader's configuration" },
};

/* The value of KEY=VALUE or KEY="VALUE" in os-release, "" if there is none; the caller frees it. */
static char *release_value(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *value = line + len + 1;
		char *copy;

		if (strncmp(line, key, len) || line[len] != '=')
			continue;
		value += *value == '"' || *value == '\'';
		copy = strndup(value, strcspn(value, "\"'\n"));
		return copy ?: alloc__text("");
	}
	return alloc__text("");
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word), one;

	for (; *words; words += one) {
		words += strspn(words, " ");
		one = strcspn(words, " ");
		/* "suse" is also meant by "opensuse-leap". */
		if ((one == len && !strncmp(words, word, len)) ||
		    (!strcmp(word, "suse") && memmem(words, one, word, len)))
			return true;
	}
	return false;
}

/* *name is what people call it; the caller frees it. */
static const struct distribution *distribution_of(const char *root, char **name)
{
	char *text = host_file__read(root, "/etc/os-release")		  ?:
			     host_file__read(root, "/usr/lib/os-release") ?:
									    alloc__text("");
	char *id = release_value(text, "ID"), *like = release_value(text, "ID_LIKE");
	char *pretty = release_value(text, "PRETTY_NAME");
	const struct distribution *d = distributions;

	while (*d->id && !has_word(id, d->id) && !has_word(like, d->id))
		d++;
	*name = alloc__need_zeroed(1, 128);
	clean_text(*name, 128, pretty, strlen(pretty));
	free(text);
	free(id);
	free(like);
	free(pretty);
	return d;
}

struct keeping {
	const char *root;
	unsigned int goals;
	const struct doctor_check **checks; /* that were asked for; NULL-terminated */
	FILE *out;
	unsigned int nr; /* lines of the part at hand */
};

/* Where it is now, for those that are files; "" for others. */
static void live_path(const struct doctor_keep *k, char *path, size_t len)
{
	const char *dot = strchr(k->name, '.');

	path[0] = '\0';
	if (k->by == KEPT_IN_SYSFS) {
		snprintf(path, len, "%s", k->name);
	} else if (k->by == KEPT_BY_MODULE && dot) {
		snprintf(path, len, "/sys/module/%.*s/parameters/%s", (int)(dot - k->name), k->name,
			 dot + 1);
	} else if (k->by == KEPT_BY_SYSCTL) {
		int head = snprintf(path, len, "/proc/sys/");

		snprintf(path + head, len - (size_t)head, "%s", k->name);
		for (char *at = path + head; (at = strchr(at, '.')); at++)
			*at = '/';
	}
}

/* The first file that the path, with its *, stands for; the caller frees it. NULL: none. */
static char *first_file(const char *root, const char *path)
{
	char pattern[PATH_MAX], *file = NULL;
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s%s", root, path);
	if (glob(pattern, 0, NULL, &found))
		return NULL;
	if (found.gl_pathc)
		file = alloc__text(found.gl_pathv[0] + strlen(root));
	globfree(&found);
	return file;
}

/* As it reads, or the choice in brackets; "" where that is not known. The caller frees it. */
static char *value_now(const char *root, const char *file)
{
	char *text = host_file__read(root, "%s", file), *open = text ? strchr(text, '[') : NULL;
	char *close = open ? strchr(open, ']') : NULL, *clean = alloc__need_zeroed(1, 64);

	if (close)
		clean_text(clean, 64, open + 1, (size_t)(close - open) - 1);
	else if (text)
		clean_text(clean, 64, text, strlen(text));
	free(text);
	return clean;
}

static bool is_wanted(const struct keeping *keeping, const struct doctor_keep *k)
{
	return k->goals & keeping->goals;
}

/* Whether a goal that is wanted too asks for another value of the same setting. */
static bool is_disputed(const struct keeping *keeping, const struct doctor_check *check,
			const struct doctor_keep *k)
{
	for (const struct doctor_keep *o = check->keep; o->by; o++)
		if (o->by == k->by && !strcmp(o->name, k->name) && o->value && k->value &&
		    strcmp(o->value, k->value) && is_wanted(keeping, o))
			return true;
	return false;
}

static void put_goals(const struct keeping *keeping, unsigned int goals)
{
	const char *sep = "";

	for (unsigned int i = 0; doctor_goals[i]; i++)
		if (goals & keeping->goals & 1u << i) {
			fprintf(keeping->out, "%s%s", sep, doctor_goals[i]);
			sep = ", ";
		}
}

/* "# halt-polling, for latency (now 0); for other goals another value: choose by --goal" */
static void put_comment(struct keeping *keeping, const struct doctor_check *check,
			const struct doctor_keep *k, const char *now, bool disputed)
{
	fprintf(keeping->out, "# %s, for ", check->id);
	put_goals(keeping, k->goals);
	if (*now)
		fprintf(keeping->out, " (now %s)", now);
	fputs(disputed ? ": other goals want the opposite, choose by --goal\n" : "\n",
	      keeping->out);
}

/* Whether the module can be unloaded: what is built in has its parameters on the command line. */
static bool is_module(const char *root, const char *name)
{
	return host_file__exists(root, "/sys/module/%.*s/initstate", (int)strcspn(name, "."), name);
}

/* The part of a file in which the setting is kept here; 0: there is no such setting. */
static enum doctor_kept part_of(const char *root, const struct doctor_keep *k, char *file)
{
	if (k->by == KEPT_BY_HAND || k->by == KEPT_ON_CMDLINE)
		return k->by;
	if (!*file)
		return 0;
	if (k->by == KEPT_BY_MODULE && !is_module(root, k->name))
		return KEPT_ON_CMDLINE;
	return k->by;
}

static void put_line(FILE *out, enum doctor_kept part, const struct doctor_keep *k)
{
	const char *dot = strchr(k->name, '.');

	if (part == KEPT_BY_SYSCTL)
		fprintf(out, "%s = %s\n", k->name, k->value);
	else if (part == KEPT_BY_MODULE)
		fprintf(out, "options %.*s %s=%s\n", (int)(dot - k->name), k->name, dot + 1,
			k->value);
	else if (part == KEPT_IN_SYSFS)
		fprintf(out, "w %s - - - - %s\n", k->name, k->value);
	else
		fprintf(out, "%s%s%s\n", k->name, *k->value ? "=" : "", k->value);
}

/* What is in force without a reboot, where that can be. */
static void put_at_once(const struct keeping *keeping, enum doctor_kept part,
			const struct doctor_keep *k, const char *file)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", keeping->root, file);
	if (k->by != KEPT_BY_MODULE || stat(path, &st))
		return;
	if (st.st_mode & 0222)
		fprintf(keeping->out, "#   at once: echo %s >%s\n", k->value, file);
	else if (part == KEPT_BY_MODULE)
		fprintf(keeping->out,
			"#   in force when %.*s is loaded again, with no VM running\n",
			(int)strcspn(k->name, "."), k->name);
}

static void put_setting(struct keeping *keeping, enum doctor_kept part,
			const struct doctor_check *check, const struct doctor_keep *k)
{
	char path[PATH_MAX], *file, *now;
	bool disputed;

	live_path(k, path, sizeof(path));
	file = *path ? first_file(keeping->root, path) : NULL;
	if (is_wanted(keeping, k) && part_of(keeping->root, k, file ?: "") == part) {
		now = file ? value_now(keeping->root, file) : alloc__text("");
		disputed = is_disputed(keeping, check, k);
		put_comment(keeping, check, k, now, disputed);
		if (part == KEPT_BY_HAND) {
			fprintf(keeping->out, "#   %s\n", k->name);
		} else {
			fputs(disputed ? "# " : "", keeping->out);
			put_line(keeping->out, part, k);
			put_at_once(keeping, part, k, file ?: "");
		}
		keeping->nr++;
		free(now);
	}
	free(file);
}

static void each_setting(struct keeping *keeping, enum doctor_kept part)
{
	for (size_t i = 0; keeping->checks[i]; i++)
		for (const struct doctor_keep *k = keeping->checks[i]->keep; k && k->by; k++)
			put_setting(keeping, part, keeping->checks[i], k);
}

/* Writes what `part` holds behind its heading, if there is anything. */
static unsigned int put_part(struct keeping *keeping, enum doctor_kept part, const char *heading)
{
	FILE *out = keeping->out;
	char *text;
	size_t len;

	keeping->nr = 0;
	keeping->out = alloc__stream(&text, &len);
	each_setting(keeping, part);
	alloc__close_stream(keeping->out);
	keeping->out = out;
	if (keeping->nr)
		fprintf(out, "\n## %s\n%s", heading, text);
	free(text);
	return keeping->nr;
}

/* The arguments of the kernel's command line that are not disputed, in one line. */
static char *cmdline_of(const struct keeping *keeping)
{
	char path[PATH_MAX], *text, *file;
	size_t len;
	FILE *out = alloc__stream(&text, &len);
	const char *sep = "";

	for (size_t i = 0; keeping->checks[i]; i++) {
		const struct doctor_check *check = keeping->checks[i];

		for (const struct doctor_keep *k = check->keep; k && k->by; k++) {
			live_path(k, path, sizeof(path));
			file = *path ? first_file(keeping->root, path) : NULL;
			if (is_wanted(keeping, k) && !is_disputed(keeping, check, k) &&
			    part_of(keeping->root, k, file ?: "") == KEPT_ON_CMDLINE) {
				fprintf(out, "%s%s%s%s", sep, k->name, *k->value ? "=" : "",
					k->value);
				sep = " ";
			}
			free(file);
		}
	}
	alloc__close_stream(out);
	return text;
}

static unsigned int put_cmdline(struct keeping *keeping, const struct distribution *d)
{
	unsigned int nr = put_part(keeping, KEPT_ON_CMDLINE,
				   "the kernel's command line, which takes a reboot");
	char *all = nr ? cmdline_of(keeping) : NULL;

	if (all && *all && d->cmdline)
		fprintf(keeping->out, "#   %s\n", d->cmdline);
	else if (all && *all)
		fprintf(keeping->out, "grubby --update-kernel=ALL --args=\"%s\"\n", all);
	free(all);
	return nr;
}

/* Where tuned is in use it would undo what others set: the same as a profile of its own. */
static void put_tuned(const struct keeping *keeping)
{
	char path[PATH_MAX], *active = host_file__read(keeping->root, "/etc/tuned/active_profile");
	const char *heads[] = { [KEPT_BY_SYSCTL] = "sysctl", [KEPT_IN_SYSFS] = "sysfs" };
	char *cmdline = cmdline_of(keeping), name[64] = "";

	if (active)
		clean_text(name, sizeof(name), active, strcspn(active, "\n"));
	if (active)
		fprintf(keeping->out,
			"\n## tuned is in use, and would undo some of it. As a profile instead:\n"
			"## /etc/tuned/hvbench/tuned.conf, then tuned-adm profile hvbench\n"
			"[main]\ninclude=%s\n",
			name);
	for (enum doctor_kept part = KEPT_BY_SYSCTL; active && part <= KEPT_IN_SYSFS; part++) {
		bool headed = false;

		for (size_t i = 0; keeping->checks[i] && heads[part]; i++)
			for (const struct doctor_keep *k = keeping->checks[i]->keep; k && k->by;
			     k++) {
				char *file;

				if (k->by != part || !is_wanted(keeping, k) ||
				    is_disputed(keeping, keeping->checks[i], k))
					continue;
				live_path(k, path, sizeof(path));
				file = first_file(keeping->root, path);
				if (file && !headed)
					fprintf(keeping->out, "[%s]\n", heads[part]);
				if (file)
					fprintf(keeping->out, "%s=%s\n", k->name, k->value);
				headed |= file != NULL;
				free(file);
			}
	}
	if (active && *cmdline)
		fprintf(keeping->out, "[bootloader]\ncmdline_hvbench=+%s\n", cmdline);
	free(cmdline);
	free(active);
}

/* In the order of the names; those without anything to set are reported and left out. */
static const struct doctor_check **chosen(const char *const *ids, FILE *out)
{
	const struct doctor_check **all = doctor__checks(), **list;
	size_t nr = 0, room = 0;

	while (ids[room])
		room++;
	list = alloc__need_zeroed(room + 1, sizeof(*list));
	for (; *ids; ids++)
		for (size_t i = 0; all[i]; i++) {
			if (strcmp(all[i]->id, *ids))
				continue;
			if (all[i]->keep)
				list[nr++] = all[i];
			else
				fprintf(out, "# %s: there is nothing to set (%s)\n", all[i]->id,
					all[i]->title);
		}
	free(all);
	return list;
}

static int tell_missing(const struct keeping *keeping)
{
	char path[PATH_MAX], *file;
	int nr = 0;

	for (size_t i = 0; keeping->checks[i]; i++) {
		bool any = false, wanted = false;

		for (const struct doctor_keep *k = keeping->checks[i]->keep; k->by; k++) {
			live_path(k, path, sizeof(path));
			file = *path ? first_file(keeping->root, path) : NULL;
			wanted |= is_wanted(keeping, k);
			any |= is_wanted(keeping, k) && part_of(keeping->root, k, file ?: "") != 0;
			free(file);
		}
		if (!any)
			fprintf(keeping->out, "# %s: %s\n", keeping->checks[i]->id,
				wanted ? "there is no such setting on this host" :
					 "it matters for none of the goals that were asked for");
		nr += any;
	}
	return nr;
}

int doctor_keep__print(const char *root, const char *const *ids, unsigned int goals, FILE *out)
{
	struct keeping keeping = { .root = root, .goals = goals, .out = out };
	const struct distribution *d;
	char *name, heading[256];
	int nr;

	d = distribution_of(root, &name);
	fprintf(out, "# %s%sNothing of this has been done: it says what to do.\n", name,
		*name ? ". " : "");
	keeping.checks = chosen(ids, out);
	nr = tell_missing(&keeping);
	put_part(&keeping, KEPT_BY_SYSCTL, "/etc/sysctl.d/90-hvbench.conf, then sysctl --system");
	snprintf(heading, sizeof(heading),
		 "/etc/modprobe.d/hvbench.conf, then %s, if the initramfs loads the module",
		 d->initramfs);
	put_part(&keeping, KEPT_BY_MODULE, heading);
	put_part(&keeping, KEPT_IN_SYSFS,
		 "/etc/tmpfiles.d/hvbench.conf, then systemd-tmpfiles --create hvbench.conf "
		 "(without systemd: echo VALUE >FILE at each start)");
	put_cmdline(&keeping, d);
	put_part(&keeping, KEPT_BY_HAND, "by hand");
	put_tuned(&keeping);
	free(keeping.checks);
	free(name);
	return ferror(out) ? -EIO : nr;
}
