// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/lab/lanes/xen_hypervisor.h"

#include <errno.h>
#include <stdio.h>

#include "bench/lab/fs.h"

int xen__image(struct lab *lab, const char *given, char *image, size_t len, char *version,
	       size_t version_len, struct error *err)
{
	static const char *const packages[] = { "xen-hypervisor-4.17-amd64", NULL };
	struct tree_set trees;
	int code;

	if (given) {
		snprintf(image, len, "%s", given);
		return fs__check_file(given, "the hypervisor", err);
	}
	code = cache__packages(&lab->cache, "xen", LAB_RELEASE, packages, &trees, err);
	if (code)
		return code;
	if (!cache__find_file(&trees, "xen-*[0-9]-amd64.gz", image, len))
		return error__set(err, -ENOENT, "the package %s has no hypervisor in it",
				  packages[0]);
	if (version)
		snprintf(version, version_len, "%s", trees.version);
	return 0;
}

int xen__hypervisor(struct lab_run *run, struct error *err)
{
	char image[LAB_PATH];
	const char *argv[] = { "gzip", "-dcf", image, NULL };
	struct proc_options opts = { .out = run->kernel, .err = "/dev/null", .timeout_s = 60 };
	struct proc_result res;
	int code;

	fs__path(run->kernel, "%s/xen", run->dir);
	code = xen__image(run->lab, run->req->xen, image, sizeof(image), run->version,
			  sizeof(run->version), err);
	/* With -f an uncompressed file is passed through. */
	if (!code)
		code = proc__run(argv, &opts, &run->lab->signals, &res, err);
	if (!code && res.status)
		code = error__set(err, -EIO, "cannot read the hypervisor %s", image);
	return code;
}
