// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/lab/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/lab/fs.h"
#include "bench/lab/lanes/lanes.h"

/* See Documentation/arch/x86/boot.rst, kernel_version. */
void kernel__version(const char *path, char *version, size_t len)
{
	unsigned char head[0x10400]; /* the offset has 16 bits and counts from 0x200 */
	size_t n = 0, at;
	FILE *f = fopen(path, "re");

	version[0] = '\0';
	if (f) {
		n = fread(head, 1, sizeof(head) - 1, f);
		fclose(f);
	}
	if (n < 0x210 || memcmp(head + 0x202, "HdrS", 4))
		return;
	head[n] = '\0';
	at = 0x200u + (head[0x20e] | head[0x20f] << 8);
	if (at < n)
		snprintf(version, len, "%.*s", (int)strcspn((char *)head + at, " "),
			 (char *)head + at);
}

int lab__kernel(struct lab_run *run, struct tree_set *trees, struct error *err)
{
	const struct lab_request *req = run->req;
	const char *name = req->kernel ? req->kernel : run->lane->kernel;
	static const char prefix[] = "debian:";
	int code;

	trees->nr = 0;
	if (!strncmp(name, prefix, strlen(prefix))) {
		code = cache__kernel(&run->lab->cache, name + strlen(prefix), trees, err);
		if (code)
			return code;
		if (!cache__find_file(trees, "vmlinuz*", run->kernel, sizeof(run->kernel)))
			return error__set(err, -ENOENT, "the packages of %s have no vmlinuz", name);
		snprintf(run->version, sizeof(run->version), "%s", trees->version);
		return 0;
	}
	run->host_failed = true;
	code = fs__check_file(name, "the kernel", err);
	if (code)
		return error__append(err, " (a kernel is a file, or debian:VERSION)");
	if (req->modules && access(req->modules, R_OK | X_OK))
		return error__set(err, -errno, "cannot read the directory of modules %s: %s",
				  req->modules, strerror(errno));
	snprintf(run->kernel, sizeof(run->kernel), "%s", name);
	kernel__version(name, run->version, sizeof(run->version));
	if (!run->version[0])
		return error__set(err, -EBADMSG, "%s is no bootable Linux image for x86 (bzImage)",
				  name);
	run->host_failed = false;
	return 0;
}
