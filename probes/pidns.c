// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/pidns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h: the same inode everywhere. */
#define INITIAL_INO 0xeffffffcu

/* The last number in a link such as "4711/task/4712"; -1: there is no /proc. */
static pid_t number_behind(const char *link)
{
	char target[64], *slash;
	ssize_t n = readlink(link, target, sizeof(target) - 1);

	if (n <= 0)
		return -1;
	target[n] = '\0';
	slash = strrchr(target, '/');
	return (pid_t)atoi(slash ? slash + 1 : target);
}

void pidns__find(struct pidns *ns)
{
	pid_t self = number_behind("/proc/self");
	struct stat st;

	*ns = (struct pidns){ .self = self > 0 ? self : getpid() };
	/*
	 * If /proc was not mounted anew it shows the outer namespace, which is that of its process
	 * 1.
	 */
	if (stat(ns->self == getpid() ? "/proc/self/ns/pid" : "/proc/1/ns/pid", &st) ||
	    st.st_ino == INITIAL_INO)
		return;
	/* The kernel's internal form of a device number. */
	ns->dev = (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev);
	ns->ino = st.st_ino;
}

bool pidns__shows(pid_t pid)
{
	struct pidns ns;
	struct stat st;
	char path[64];

	pidns__find(&ns);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	return !ns.ino || stat(path, &st) || st.st_ino == ns.ino;
}

pid_t pidns__tid(void)
{
	pid_t tid = number_behind("/proc/thread-self");

	return tid > 0 ? tid : gettid();
}
