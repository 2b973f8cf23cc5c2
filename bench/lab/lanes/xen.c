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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/lab/cmdline.h"
#include "bench/lab/fs.h"
#include "bench/lab/lab.h"
#include "bench/lab/lanes/standalone.h"
#include "bench/lab/lanes/xen.h"

#define PREFIX	"(d0) "

static const struct lab_need needs[] = {
	{ "qemu-system-x86_64", "qemu-system-x86", "the emulator" },
	{ "apt-get", "apt", "fetching Xen" },
	{ "dpkg-deb", "dpkg", "unpacking Xen" },
	{ "gzip", "gzip", "unpacking Xen" },
	{ NULL, NULL, NULL }
};

/* The user's hypervisor, or the one of Debian's package and its version. */
static int xen__image(struct lab *lab, const char *given, char *image, size_t len, char *version,
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
		return error__set(err, -ENOENT, "the package %s has no hypervisor in it", packages[0]);
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
	/* -f lets through what is not compressed. */
	if (!code)
		code = proc__run(argv, &opts, &run->lab->signals, &res, err);
	if (!code && res.status)
		code = error__set(err, -EIO, "cannot read the hypervisor %s", image);
	return code;
}

/* What a hypervisor's symbols are called in the cache: by the hash of its image. */
static int symbols_path(struct lab *lab, const char *image, char *path, size_t len, struct error *err)
{
	const char *const argv[] = { "sha256sum", "--", image, NULL };
	char out[LAB_PATH], *sum;
	struct proc_options opts = { .out = out, .timeout_s = 60 };
	int code;

	fs__path(out, "%s/sum.%d", lab->cache.dir, (int)getpid());
	code = proc__run(argv, &opts, &lab->signals, NULL, err);
	sum = code ? NULL : fs__read(out, NULL, err);
	unlink(out);
	if (!sum || strlen(sum) < 64)
		code = code ? code : error__set(err, -EIO, "cannot read the hypervisor %s", image);
	else
		fs__format(path, len, "%s/sets/xensyms-%.64s", lab->cache.dir, sum);
	free(sum);
	return code;
}

int xen__symbols(struct lab *lab, const struct lab_request *req, struct symbols *symbols,
		 struct error *err)
{
	struct lab_request ask = {
		.command = "cat /proc/xen/xensyms", .icount = true, .timeout_s = req->timeout_s,
		.xen = req->xen,
	};
	char image[LAB_PATH], path[LAB_PATH], *text;
	struct lab_outcome out;
	struct error unused;
	int code;

	code = xen__image(lab, req->xen, image, sizeof(image), NULL, 0, err);
	if (!code)
		code = symbols_path(lab, image, path, sizeof(path), err);
	if (code)
		return code;
	text = fs__read(path, NULL, &unused);
	if (text)
		return symbols__add(symbols, text, err);
	lab__progress(lab, "asking Xen for its symbols, once");
	code = lab__run(lab, &lane_xen_domu, &ask, &out, err);
	if (!code && (out.status || !out.text || !strstr(out.text, " T ")))
		code = error__set(err, -ENODATA, "dom0 has no symbols of Xen (/proc/xen/xensyms): %.200s",
				  out.text ? out.text : "");
	if (!code)
		code = fs__write(path, out.text, strlen(out.text), err);
	if (!code) {
		text = out.text;
		out.text = NULL;
		code = symbols__add(symbols, text, err);
	}
	lab_outcome__free(&out);
	return code;
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
	char cmdline[1024], escaped[2048], dir[2 * LAB_PATH];
	int code = standalone__cmdline(run, cmdline, sizeof(cmdline), err);

	if (code)
		return code;
	cmdline__for_qemu(cmdline, escaped, sizeof(escaped));
	qemu__common_args(run, "max", run->req->memory_mib ? run->req->memory_mib : 192);
	args__add(&run->args, "-device");
	args__add(&run->args, "amd-iommu");
	args__add(&run->args, "-kernel");
	args__add(&run->args, "%s", run->kernel);
	args__add(&run->args, "-initrd");
	args__add(&run->args, "%s/payload.elf %s", cmdline__for_qemu(run->dir, dir, sizeof(dir)), escaped);
	args__add(&run->args, "-append");
	args__add(&run->args, "console=com1 com1=115200,8n1 dom0=pvh dom0_mem=64M guest_loglvl=all%s%s%s",
		  run->req->mitigations ? "" : " spec-ctrl=no", run->req->cmdline ? " " : "",
		  run->req->cmdline ? run->req->cmdline : "");
	return run->args.failed ? 0 : cmdline__check(run->args.argv[run->args.nr - 1], CMDLINE_XEN, "Xen", err);
}

static bool finished(struct lab_run *run)
{
	return standalone__finished(run, run->console, PREFIX);
}

static int collect(struct lab_run *run, struct lab_outcome *out, struct error *err)
{
	const struct standalone_host host = {
		.virt = "xen", .software = "Xen", .version = run->version, .cmdline = run->req->cmdline,
		.exits_why = XEN_EXITS_WHY,
	};

	return standalone__document(run, run->console, PREFIX, &host, &out->doc, err);
}

static const char *unlike(const struct cell *cell, bool *measured)
{
	if (!strncmp(cell->workload->name, "pio-", 4))
		return "the guest is dom0 and the ports are its own: the access does not exit";
	*measured = true;
	return cell->workload->needs & NEEDS_USER_SPACE ?
	       "nothing stands behind the address: Xen answers by itself, and no way to user space is in this" : NULL;
}

const struct lab_lane lane_xen = {
	.name = "xen",
	.what = "Xen, a Type-1 hypervisor, with the guest as its PVH dom0 (in-hypervisor paths)",
	.has_xen = true,
	.workloads = XEN_WORKLOADS,
	.can_trace = true,
	.needs = needs,
	.prepare = prepare,
	.arguments = arguments,
	.collect = collect,
	.finished = finished,
	.unlike = unlike,
};
