// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lane xen: a Type-1 hypervisor. Debian's Xen on a CPU with SVM that QEMU emulates, and our payload as its
 * PVH dom0, so that nothing but Xen is below the guest. What dom0 may touch by itself does not exit there:
 * ports, and the MSRs that Xen gives it.
 *
 * An IOMMU is needed for a PVH dom0. RDTSC is emulated for it; the empty loop has the same two reads
 * of the clock as a batch, so that the difference holds.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs.h"
#include "lab.h"
#include "standalone.h"
#include "xen.h"

#define PREFIX	"(d0) "

static const struct lab_need needs[] = {
	{ "qemu-system-x86_64", "qemu-system-x86", "the emulator" },
	{ "apt-get", "apt", "fetching Xen" },
	{ "dpkg-deb", "dpkg", "unpacking Xen" },
	{ "gzip", "gzip", "unpacking Xen" },
	{ NULL, NULL, NULL }
};

int xen__hypervisor(struct lab_run *run, struct error *err)
{
	static const char *const packages[] = { "xen-hypervisor-4.17-amd64", NULL };
	const char *argv[] = { "gzip", "-dcf", NULL, NULL };
	char image[LAB_PATH];
	struct tree_set trees;
	struct proc_options opts = { .out = run->kernel, .err = "/dev/null", .timeout_s = 60 };
	struct proc_result res;
	int code;

	fs__path(run->kernel, "%s/xen", run->dir);
	argv[2] = run->req->xen;
	if (!argv[2]) {
		code = cache__packages(&run->lab->cache, "xen", LAB_RELEASE, packages, &trees, err);
		if (code)
			return code;
		if (!cache__find_file(&trees, "xen-*[0-9]-amd64.gz", image, sizeof(image)))
			return error__set(err, -ENOENT, "the package %s has no hypervisor in it",
					  packages[0]);
		argv[2] = image;
		snprintf(run->version, sizeof(run->version), "%s", trees.version);
	}
	/* -f lets through what is not compressed. */
	code = proc__run(argv, &opts, &run->lab->signals, &res, err);
	if (!code && res.status)
		code = error__set(err, -EIO, "cannot read the hypervisor %s", argv[2]);
	return code;
}

/* QEMU takes a comma for the end of a module. */
void xen__escape(const char *text, char *out, size_t len)
{
	size_t n = 0;

	for (; *text && n + 3 < len; text++) {
		out[n++] = *text;
		if (*text == ',')
			out[n++] = ',';
	}
	out[n] = '\0';
}

static int prepare(struct lab_run *run, struct error *err)
{
	char path[LAB_PATH];
	int code = xen__hypervisor(run, err);

	fs__path(path, "%s/payload.elf", run->dir);
	return code ? code : standalone__write_payload(path, err);
}

static int arguments(struct lab_run *run, struct error *err)
{
	char cmdline[1024], escaped[2048];
	int code = standalone__cmdline(run, cmdline, sizeof(cmdline), err);

	if (code)
		return code;
	xen__escape(cmdline, escaped, sizeof(escaped));
	qemu__common_args(run, "max", run->req->memory_mib ? run->req->memory_mib : 192);
	args__add(&run->args, "-device");
	args__add(&run->args, "amd-iommu");
	args__add(&run->args, "-kernel");
	args__add(&run->args, "%s", run->kernel);
	args__add(&run->args, "-initrd");
	args__add(&run->args, "%s/payload.elf %s", run->dir, escaped);
	args__add(&run->args, "-append");
	args__add(&run->args, "console=com1 com1=115200,8n1 dom0=pvh dom0_mem=64M guest_loglvl=all%s%s%s",
		  run->req->mitigations ? "" : " spec-ctrl=no", run->req->cmdline ? " " : "",
		  run->req->cmdline ? run->req->cmdline : "");
	return 0;
}

static bool finished(struct lab_run *run)
{
	return standalone__finished(run->console, PREFIX);
}

static int collect(struct lab_run *run, struct lab_outcome *out, struct error *err)
{
	const struct standalone_host host = {
		.virt = "xen", .software = "Xen", .version = run->version, .cmdline = run->req->cmdline,
	};

	return standalone__document(run, run->console, PREFIX, &host, &out->doc, err);
}

const struct lab_lane lane_xen = {
	.name = "xen",
	.what = "Xen, a Type-1 hypervisor, with the guest as its PVH dom0 (in-hypervisor paths)",
	.has_xen = true,
	.needs = needs,
	.prepare = prepare,
	.arguments = arguments,
	.collect = collect,
	.finished = finished,
};
