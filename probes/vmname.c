// SPDX-License-Identifier: GPL-2.0-or-later
/* The names of VMs, from command lines, control groups and the kubelet's log directories. */
#include "probes/vmname.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bench/base/clean_text.h"

#define UID_LEN	  36	      /* of a pod; of a static one 32 */
#define ID_LEN	  64	      /* of a container */
#define SHORT_LEN 12	      /* digits of it that people use */
#define MAX_READ  (256 << 10) /* of a command line: libvirt's have ten thousand characters */

#define CLEAN(field, from, len) clean_text(field, sizeof(field), from, len)

/* The file with a NUL behind it, to be freed; NULL: not readable, or empty. */
static char *read_all(const char *root, pid_t pid, const char *file, size_t *len)
{
	char path[PATH_MAX], *text;
	FILE *in;

	snprintf(path, sizeof(path), "%s/proc/%d/%s", root, pid, file);
	in = fopen(path, "re");
	if (!in)
		return NULL;
	text = malloc(MAX_READ + 1);
	*len = text ? fread(text, 1, MAX_READ, in) : 0;
	fclose(in);
	if (!*len) {
		free(text);
		return NULL;
	}
	text[*len] = '\0';
	return text;
}

/*
 * ---- command lines ----------------------------------------------------------------------------
 */

/* The value of `key` in "key=value,key=value", in which ",," is a comma; `first` needs no key. */
static size_t sub_option(const char *text, const char *key, bool first, char *value, size_t room)
{
	while (*text) {
		size_t len = strlen(key), used = 0;
		bool mine = !strncmp(text, key, len) && text[len] == '=';
		size_t name = strcspn(text, ",=");

		if (mine)
			text += len + 1;
		else
			mine = first && text[name] != '=';
		first = false;
		for (; *text && (*text != ',' || text[1] == ','); text++) {
			text += *text == ',';
			if (mine && used + 1 < room)
				value[used++] = *text;
		}
		value[used] = '\0';
		if (mine)
			return used;
		text += *text == ',';
	}
	return 0;
}

/* The value of -OPTION or --OPTION, its own argument or behind "="; NULL: not there. */
static const char *option(const char *args, const char *end, const char *name)
{
	for (const char *arg = args; arg < end; arg += strlen(arg) + 1) {
		const char *word = arg + (*arg == '-') + (arg[0] == '-' && arg[1] == '-');
		size_t len = strlen(name);

		if (word == arg || strncmp(word, name, len))
			continue;
		if (word[len] == '=' && arg[1] == '-')
			return word + len + 1;
		if (!word[len] && arg + strlen(arg) + 1 < end)
			return arg + strlen(arg) + 1;
	}
	return NULL;
}

/* A socket's file name without its ending, the only name that some VMMs are given. */
static void name_of_socket(struct vm_name *n, const char *path)
{
	const char *file = strrchr(path, '/');
	size_t len;

	file = file ? file + 1 : path;
	len = strcspn(file, ",");
	if (len > 5 && !strncmp(file + len - 5, ".sock", 5))
		len -= 5;
	CLEAN(n->name, file, len);
}

static const char *vmm_of(const char *program)
{
	static const struct {
		const char *begins, *vmm;
	} vmms[] = {
		{ "qemu", "qemu" },
		{ "kvmtool", "kvmtool" },
		{ "kvm", "qemu" },
		{ "crosvm", "crosvm" },
		{ "firecracker", "firecracker" },
		{ "cloud-hypervisor", "cloud-hypervisor" },
		{ "lkvm", "kvmtool" },
		{ "vm", "kvmtool" },
		{ NULL, NULL },
	};
	const char *file = strrchr(program, '/');
	size_t i;

	file = file ? file + 1 : program;
	for (i = 0; vmms[i].begins; i++)
		if (!strncmp(file, vmms[i].begins, strlen(vmms[i].begins)))
			break;
	/* kvmtool's other name is an ordinary word. */
	return vmms[i].begins && (strcmp(vmms[i].begins, "vm") || !file[2]) ? vmms[i].vmm : "";
}

static void find_options(struct vm_name *n, const char *args, const char *end)
{
	const char *name = option(args, end, "name"), *uuid = option(args, end, "uuid");
	const char *id = option(args, end, "id"), *socket = NULL;
	const char *platform = option(args, end, "platform");
	char value[512];
	size_t len;

	snprintf(n->vmm, sizeof(n->vmm), "%s", vmm_of(args));
	len = name ? sub_option(name, "guest", true, value, sizeof(value)) : 0;
	if (len)
		CLEAN(n->name, value, len);
	if (uuid)
		CLEAN(n->uuid, uuid, strlen(uuid));
	if (platform && sub_option(platform, "uuid", false, value, sizeof(value)))
		CLEAN(n->uuid, value, strlen(value));
	if (*n->name)
		return;
	if (!strcmp(n->vmm, "firecracker") && id)
		CLEAN(n->name, id, strlen(id));
	if (!strcmp(n->vmm, "crosvm"))
		socket = option(args, end, "socket") ?: option(args, end, "s");
	if (!strcmp(n->vmm, "cloud-hypervisor"))
		socket = option(args, end, "api-socket");
	if (socket)
		name_of_socket(n, strncmp(socket, "path=", 5) ? socket : socket + 5);
}

/*
 * ---- control groups ---------------------------------------------------------------------------
 */

/* "machine-qemu\x2d1\x2dweb1.scope", as systemd escapes libvirt's qemu-1-web1. */
static void find_domain(struct vm_name *n, const char *part, size_t len)
{
	char text[256];
	const char *name;
	size_t used = 0;

	if (len > 13 && !strncmp(part + len - 13, ".libvirt-qemu", 13)) {
		CLEAN(n->domain, part, len - 13);
		return;
	}
	if (strncmp(part, "machine-qemu\\x2d", 16) || len < 6 ||
	    strncmp(part + len - 6, ".scope", 6))
		return;
	part += 8;
	for (size_t i = 0; i < len - 14 && used < sizeof(text) - 1; i++) {
		char digits[3] = { part[i] == '\\' && i + 3 < len - 14 ? part[i + 2] : 0,
				   part[i] == '\\' && i + 3 < len - 14 ? part[i + 3] : 0 };

		if (digits[0] && part[i + 1] == 'x' && isxdigit((unsigned char)digits[0]) &&
		    isxdigit((unsigned char)digits[1])) {
			text[used++] = (char)strtoul(digits, NULL, 16);
			i += 3;
		} else {
			text[used++] = part[i];
		}
	}
	text[used] = '\0';
	name = strchr(text, '-');
	name = name ? strchr(name + 1, '-') : NULL;
	if (name)
		CLEAN(n->domain, name + 1, used - (size_t)(name + 1 - text));
}

/* How many hexadecimal digits follow (and, in a UID, what separates them). */
static size_t digits(const char *text, const char *between)
{
	size_t n = 0;

	while (isxdigit((unsigned char)text[n]) || (text[n] && strchr(between, text[n])))
		n++;
	return n;
}

/* "pod<UID>" of cgroupfs; "kubepods-burstable-pod<UID with _>.slice" of systemd. */
static void find_pod(struct vm_name *n, const char *part, size_t len)
{
	const char *pod = part;

	while ((pod = strstr(pod, "pod")) && pod + 3 + 32 <= part + len) {
		size_t uid;

		pod += 3;
		uid = digits(pod, "-_");
		if (uid != UID_LEN && uid != 32)
			continue;
		CLEAN(n->pod_uid, pod, uid);
		for (char *at = n->pod_uid; *at; at++)
			*at = *at == '_' ? '-' : *at;
		return;
	}
}

/* Docker's, Podman's, containerd's and CRI-O's control groups have the container's ID. */
static void find_container(struct vm_name *n, const char *part, size_t len)
{
	for (const char *at = part; at + ID_LEN <= part + len; at++) {
		size_t id = digits(at, "");

		if (id == ID_LEN) {
			CLEAN(n->container_id, at, id);
			return;
		}
		at += id;
	}
}

static void find_groups(struct vm_name *n, char *text)
{
	char *line, *next;

	/* "0::/a/b" of version 2, "4:memory:/a/b" of version 1: most lines have the same path. */
	for (line = text; line; line = next) {
		char *part;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		part = strchr(line, '/');
		while (part && *part) {
			size_t len = strcspn(++part, "/");
			char end = part[len];

			part[len] = '\0';
			find_domain(n, part, len);
			find_pod(n, part, len);
			find_container(n, part, len);
			part[len] = end;
			part += len;
		}
	}
}

/*
 * ---- the kubelet's logs -----------------------------------------------------------------------
 */

/* The first entry of the directory that ends like this; false: there is none. */
static bool entry_ending(const char *root, const char *dir, const char *ending, char *name,
			 size_t room)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *d;

	snprintf(path, sizeof(path), "%s%s", root, dir);
	d = opendir(path);
	while (d && !found && (entry = readdir(d))) {
		size_t len = strlen(entry->d_name), tail = strlen(ending);

		found = len > tail && !strcmp(entry->d_name + len - tail, ending);
		if (found)
			snprintf(name, room, "%.*s", (int)(len - tail), entry->d_name);
	}
	if (d)
		closedir(d);
	return found;
}

/* /var/log/pods/NAMESPACE_NAME_UID and /var/log/containers/NAME_NAMESPACE_CONTAINER-ID.log. */
static void find_in_logs(struct vm_name *n, const char *root)
{
	char ending[96], entry[NAME_MAX + 1], *at;

	snprintf(ending, sizeof(ending), "_%s", n->pod_uid);
	if (*n->pod_uid && entry_ending(root, "/var/log/pods", ending, entry, sizeof(entry))) {
		at = strchr(entry, '_');
		if (at)
			*at = '/';
		CLEAN(n->pod, entry, strlen(entry));
	} else {
		snprintf(n->pod, sizeof(n->pod), "%s", n->pod_uid);
	}
	snprintf(ending, sizeof(ending), "-%s.log", n->container_id);
	if (*n->pod_uid && *n->container_id &&
	    entry_ending(root, "/var/log/containers", ending, entry, sizeof(entry))) {
		at = strrchr(entry, '_');
		at = at ? at + 1 : entry;
		CLEAN(n->container, at, strlen(at));
	} else {
		snprintf(n->container, sizeof(n->container), "%.*s", SHORT_LEN, n->container_id);
	}
}

void vmname__find(struct vm_name *name, const char *root, pid_t pid)
{
	size_t len;
	char *text;

	memset(name, 0, sizeof(*name));
	text = read_all(root, pid, "cmdline", &len);
	if (text)
		find_options(name, text, text + len);
	free(text);
	text = read_all(root, pid, "cgroup", &len);
	if (text)
		find_groups(name, text);
	free(text);
	find_in_logs(name, root);
	if (!*name->name)
		snprintf(name->name, sizeof(name->name), "%.*s", (int)sizeof(name->name) - 1,
			 *name->domain ? name->domain :
			 *name->pod    ? name->pod :
					 name->container);
}

bool vmname__is(const struct vm_name *name, const char *what)
{
	const char *pod = strchr(name->pod, '/');

	if (!*what)
		return false;
	return !strcmp(name->name, what) || !strcmp(name->domain, what) ||
	       !strcasecmp(name->uuid, what) || !strcmp(name->pod, what) ||
	       (pod && !strcmp(pod + 1, what)) || !strcasecmp(name->pod_uid, what) ||
	       !strcmp(name->container, what) ||
	       (strlen(what) >= SHORT_LEN && !strncasecmp(name->container_id, what, strlen(what)));
}
