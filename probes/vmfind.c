// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds VMs by their descriptors in /proc. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/clean_text.h"
#include "probes/vmfind.h"

static ssize_t read_file(const char *path, char *buf, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	close(fd);
	if (n < 0)
		return -errno;
	buf[n] = 0;
	return n;
}

static uint64_t started(const char *root, pid_t pid)
{
	char path[PATH_MAX], stat[1024], *at;

	snprintf(path, sizeof(path), "%s/proc/%d/stat", root, pid);
	if (read_file(path, stat, sizeof(stat)) <= 0)
		return 0;
	/* The second field is its name, in which anything may be. */
	at = strrchr(stat, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

static int look_at(const char *root, pid_t pid, struct vm_process *vm, bool named)
{
	char path[PATH_MAX], target[64], comm[64];
	struct dirent *entry;
	DIR *dir;
	ssize_t n;

	memset(vm, 0, sizeof(*vm));
	vm->pid = pid;
	snprintf(path, sizeof(path), "%s/proc/%d/fd", root, pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/proc/%d/fd/%s", root, pid, entry->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = 0;
		if (!strcmp(target, "anon_inode:kvm-vm"))
			vm->nr_vms++;
		else if (!strncmp(target, "anon_inode:kvm-vcpu:", 20) ||
			 !strcmp(target, "anon_inode:kvm-vcpu"))
			vm->nr_vcpus++;
	}
	closedir(dir);
	snprintf(path, sizeof(path), "%s/proc/%d/comm", root, pid);
	n = read_file(path, comm, sizeof(comm));
	if (n > 0)
		clean_text(vm->comm, sizeof(vm->comm), comm, (size_t)n - (comm[n - 1] == '\n'));
	if (named)
		vm->started = started(root, pid);
	if (named && vm->nr_vms)
		vmname__find(&vm->name, root, pid);
	return 0;
}

int vmfind__process(pid_t pid, struct vm_process *vm)
{
	return look_at("", pid, vm, true);
}

uint64_t vmfind__started(pid_t pid)
{
	return started("", pid);
}

int vmfind__count(pid_t pid, unsigned int *nr_vms)
{
	struct vm_process vm;
	int code = look_at("", pid, &vm, false);

	*nr_vms = code ? 0 : vm.nr_vms;
	return code;
}

int vmfind__below(const char *root, struct vm_list *vms)
{
	char path[PATH_MAX];
	DIR *proc;
	struct dirent *entry;
	struct vm_process vm, *list;
	size_t room = 0;
	int code = 0;

	memset(vms, 0, sizeof(*vms));
	snprintf(path, sizeof(path), "%s/proc", root);
	proc = opendir(path);
	if (!proc)
		return -errno;
	while ((entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		code = look_at(root, atoi(entry->d_name), &vm, true);
		if (code == -EACCES || code == -EPERM)
			vms->unreadable++;
		if (code || !vm.nr_vms)
			continue;
		if (vms->nr == room) {
			room = room ? 2 * room : 16;
			list = realloc(vms->list, room * sizeof(*list));
			if (!list) {
				closedir(proc);
				vmfind__free(vms);
				return -ENOMEM;
			}
			vms->list = list;
		}
		vms->list[vms->nr++] = vm;
	}
	closedir(proc);
	return 0;
}

int vmfind__all(struct vm_list *vms)
{
	return vmfind__below("", vms);
}

size_t vmfind__halted(pid_t pid, pid_t *tids, size_t room)
{
	char path[320], wchan[64];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (n < room && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/wchan", pid, entry->d_name);
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    read_file(path, wchan, sizeof(wchan)) > 0 && !strcmp(wchan, "kvm_vcpu_block"))
			tids[n++] = (pid_t)atoi(entry->d_name);
	}
	closedir(dir);
	return n;
}

void vmfind__free(struct vm_list *vms)
{
	free(vms->list);
	memset(vms, 0, sizeof(*vms));
}

unsigned int vmfind__count_vcpus(void)
{
	struct vm_list vms;
	unsigned int nr = 0;

	if (vmfind__all(&vms))
		return 0;
	for (size_t i = 0; i < vms.nr; i++)
		nr += vms.list[i].nr_vcpus;
	vmfind__free(&vms);
	return nr;
}
