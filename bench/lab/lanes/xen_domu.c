// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lanes xen-domu and xen-dm: the payload as an ordinary PVH domain that xl starts from a minimal
 * Linux dom0. In xen-domu there is nothing behind the devices, and Xen answers accesses to them
 * itself; in xen-dm an ioreq server in dom0 answers (ioreq.h), as a device model would: exit,
 * event, switch to dom0 and its process, and back.
 *
 * A PV dom0 crashes with SMAP under QEMU 7.2, so the CPU has none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/cmdline.h"
#include "bench/lab/collect.h"
#include "bench/lab/fs.h"
#include "bench/lab/image/image.h"
#include "bench/lab/kernel.h"
#include "bench/lab/lanes/lanes.h"
#include "bench/lab/lanes/standalone.h"
#include "bench/lab/lanes/xen_hypervisor.h"

#define PREFIX	   "(d1) "
#define DOMAIN_MIB 64

static const struct lab_need needs[] = { { "qemu-system-x86_64", "qemu-system-x86",
					   "the emulator" },
					 { "apt-get", "apt", "fetching Xen and the kernel" },
					 { "dpkg-deb", "dpkg", "unpacking them" },
					 { "gzip", "gzip", "unpacking Xen" },
					 { "xz", "xz-utils", "unpacking modules" },
					 { NULL, NULL, NULL } };

static const char *const modules[] = { "xen-privcmd", "xenfs",	      "xen-evtchn",
				       "xen-gntdev",  "xen-gntalloc", NULL };

static const char *const tools[] = { "xl", "xenstored", "xenconsoled", "xen-init-dom0", NULL };

/* Xen's own packages, all of one version. */
static const char *const tool_packages[] = {
	"xen-utils-4.17",     "libxenmisc4.17", "libxenstore4",		"libxencall1",
	"libxendevicemodel1", "libxenevtchn1",	"libxenforeignmemory1", "libxengnttab1",
	"libxenhypfs1",	      "libxentoollog1", "libxentoolcore1",	NULL
};

/* Libraries they need that a system may not have. */
static const char *const library_packages[] = {
	"libyajl2",   "libext2fs2",  "libuuid1",    "liblzma5",	   "libzstd1",
	"zlib1g",     "libcom-err2", "libgcc-s1",   "libnl-3-200", "libnl-route-3-200",
	"libbz2-1.0", "liblzo2-2",   "libncurses6", "libtinfo6",   "libpng16-16",
	NULL
};

static const char domain_config[] = "name=\"guest\"\ntype=\"pvh\"\nkernel=\"/"
				    "payload.elf\"\ncmdline=\"%s\"\nmemory=%d\nvcpus=1\n"
				    "tsc_mode=\"native\"\non_poweroff=\"destroy\"\non_reboot="
				    "\"destroy\"\non_crash=\"destroy\"\n";

static const char start_tools[] =
	"mount -t xenfs xenfs /proc/xen\n"
	"mkdir -p /var/run/xen /var/lib/xen /var/log/xen /run/xen /var/lib/xenstored "
	"/run/xenstored\n"
	"ln -sf /run/xen /var/run/xen 2>/dev/null\n"
	"xenstored --pid-file /run/xenstored.pid >/tmp/xenstored 2>&1\n"
	"for i in 1 2 3 4 5; do xen-init-dom0 >/tmp/init-dom0 2>&1 && break; sleep 1; done\n"
	"xenconsoled --pid-file=/run/xenconsoled.pid\n"
	"hvbench lab guest note \"Linux $(uname -r) is up as dom0\"\n";

static const char start_guest[] =
	"xl create -p /guest.cfg >/tmp/xl 2>&1 || fail \"xl create failed: $(tail -3 /tmp/xl)\"\n"
	"if [ -n \"$DEVICE_MODEL\" ]; then\n"
	"	hvbench lab guest ioreq 1 >/tmp/ioreq 2>&1 &\n"
	"	i=0\n"
	"	until grep -q ready /tmp/ioreq; do\n"
	"		i=$((i + 1)); sleep 0.1\n"
	"		[ $i -lt 100 ] || fail \"the device model did not start: $(cat "
	"/tmp/ioreq)\"\n"
	"	done\n"
	"fi\n"
	"xl unpause guest\n"
	"while xl list guest >/dev/null 2>&1; do sleep 0.2; done\n"
	"finish 0\n";

static int add_tools(struct image *image, struct lab_run *run, struct error *err)
{
	struct cache *cache = &run->lab->cache;
	struct tree_set xen, libraries;
	struct elf_search search = { { NULL } };
	char path[LAB_PATH], name[64];
	int code;

	code = cache__packages(cache, "xen-tools", LAB_RELEASE, tool_packages, &xen, err);
	if (!code)
		code = cache__packages(cache, "xen-libraries", LAB_RELEASE, library_packages,
				       &libraries, err);
	if (code)
		return code;
	/*
	 * Xen's libraries come from the packages; the others come from the system, to match its C
	 * library.
	 */
	for (unsigned int i = 0; i < xen.nr; i++)
		elf_search__add(&search, xen.dir[i]);
	elf_search__add_system(&search);
	for (unsigned int i = 0; i < libraries.nr; i++)
		elf_search__add(&search, libraries.dir[i]);
	for (unsigned int i = 0; tools[i] && !code; i++) {
		snprintf(name, sizeof(name), "bin/%s", tools[i]);
		if (!cache__find_file(&xen, tools[i], path, sizeof(path)))
			code = error__set(err, -ENOENT, "the packages of Xen have no %s", tools[i]);
		else
			code = elfdeps__add_program(image->cpio, name, path, &search, err);
	}
	/* The C library opens it at run time to end a thread. */
	return code ? code : elfdeps__add_library(image->cpio, "libgcc_s.so.1", &search, err);
}

static int add_guest(struct image *image, struct lab_run *run, struct error *err)
{
	char cmdline[1024], config[2048], path[LAB_PATH];
	int code;

	if (run->req->command)
		return 0;
	code = standalone__cmdline(run, cmdline, sizeof(cmdline), err);
	if (code)
		return code;
	snprintf(config, sizeof(config), domain_config, cmdline, DOMAIN_MIB);
	fs__path(path, "%s/payload.elf", run->dir);
	code = standalone__write_payload(path, err);
	if (!code)
		code = cpio__add_file(image->cpio, "payload.elf", 0644, path, err);
	if (!code && cpio__add_text(image->cpio, "guest.cfg", 0644, config))
		code = error__set(err, -ENOMEM, "out of memory");
	return code;
}

static int make_dom0(struct lab_run *run, const char *script, struct error *err)
{
	struct tree_set trees = { 0 };
	struct image image = { 0 };
	char path[LAB_PATH], xen[LAB_PATH], version[sizeof(run->version)];
	int code;

	/* This lane is about Xen: its `kernel` is that of dom0. */
	snprintf(xen, sizeof(xen), "%s", run->kernel);
	snprintf(version, sizeof(version), "%s", run->version);
	code = lab__kernel(run, &trees, err);
	fs__path(path, "%s/vmlinuz", run->dir);
	if (!code)
		code = fs__copy(run->kernel, path, err);
	snprintf(run->kernel, sizeof(run->kernel), "%s", xen);
	snprintf(run->version, sizeof(run->version), "%s", version);
	if (!code)
		code = image__begin(&image, run, err);
	for (unsigned int i = 0; !code && modules[i]; i++)
		code = image__add_module(&image, run, &trees, modules[i], err);
	if (!code)
		code = add_tools(&image, run, err);
	if (!code)
		code = add_guest(&image, run, err);
	fs__path(path, "%s/initrd", run->dir);
	if (!code)
		code = image__finish(&image, run, script, path, err);
	image__free(&image);
	return code;
}

/* What init runs: Xen's daemons, then the request's command or the guest. */
static int prepare_with(struct lab_run *run, bool device_model, struct error *err)
{
	const struct lab_request *req = run->req;
	char *script = NULL, *command = NULL;
	int code = xen__hypervisor(run, err);

	if (code)
		return code;
	command = req->command ? image__command_body() : NULL;
	/* Only behind a device model's exits is there anything of dom0's. */
	if ((req->command && !command) ||
	    asprintf(&script, "%s%s%s%s%s", device_model ? "DEVICE_MODEL=yes\n" : "", start_tools,
		     device_model && run->footprint ? IMAGE_SEND_SYMBOLS : "",
		     req->then ? req->then : "", command ? command : start_guest) < 0)
		code = error__set(err, -ENOMEM, "out of memory");
	else
		code = make_dom0(run, script, err);
	free(script);
	free(command);
	return code;
}

static int prepare_domu(struct lab_run *run, struct error *err)
{
	return prepare_with(run, false, err);
}

static int prepare_dm(struct lab_run *run, struct error *err)
{
	return prepare_with(run, true, err);
}

static int arguments(struct lab_run *run, struct error *err)
{
	const struct lab_request *req = run->req;
	char path[2 * LAB_PATH];

	cmdline__for_qemu(run->dir, path, sizeof(path));
	qemu__common_args(run, "max,-smap", req->memory_mib ? req->memory_mib : 768);
	args__add(&run->args, "-kernel");
	args__add(&run->args, "%s", run->kernel);
	args__add(&run->args, "-initrd");
	args__add(&run->args, "%s/vmlinuz console=hvc0 quiet panic=-1 nokaslr,%s/initrd", path,
		  path);
	args__add(&run->args, "-append");
	args__add(&run->args, "console=com1 com1=115200,8n1 dom0_mem=512M guest_loglvl=all%s%s%s",
		  req->mitigations ? "" : " spec-ctrl=no", req->cmdline ? " " : "",
		  req->cmdline ? req->cmdline : "");
	return run->args.failed ?
		       0 :
		       cmdline__check(run->args.argv[run->args.nr - 1], CMDLINE_XEN, "Xen", err);
}

static int collect(struct lab_run *run, struct lab_outcome *out, struct error *err)
{
	const struct standalone_host host = {
		.virt = "xen",
		.software = "Xen",
		.version = run->version,
		.cmdline = run->req->cmdline,
		.exits_why = XEN_EXITS_WHY,
	};

	if (run->req->command)
		return lab__collect_sent(run, out, err);
	return standalone__collect(run, run->console, PREFIX, &host, &out->doc, err);
}

static bool finished(struct lab_run *run)
{
	return lab__sent_all(run) ||
	       (!run->req->command && standalone__finished(run, run->console, PREFIX));
}

static const char *unlike_domu(const struct cell *cell, bool *measured)
{
	*measured = true;
	return cell->workload->needs & NEEDS_USER_SPACE ?
		       "nothing stands behind the device: Xen answers by itself, and no way to "
		       "user space is in this (lane "
		       "xen-dm has a device model)" :
		       NULL;
}

DEFINE_LANE(lane_xen_domu) = {
	.name = "xen-domu",
	.rank = 40,
	.what = "Xen with the guest as a PVH domain started by xl; Xen itself answers for devices",
	.kernel = "debian:generic-6.1",
	.has_xen = true,
	.workloads = XEN_WORKLOADS,
	.can_trace = true,
	.no_nrips = true,
	.has_command = true,
	.needs = needs,
	.honours = &standalone_honours,
	.prepare = prepare_domu,
	.arguments = arguments,
	.collect = collect,
	.finished = finished,
	.unlike = unlike_domu,
};

DEFINE_LANE(lane_xen_dm) = {
	.name = "xen-dm",
	.rank = 50,
	.what = "the same with a device model in dom0 (an ioreq server) behind port and MMIO "
		"accesses",
	.kernel = "debian:generic-6.1",
	.has_xen = true,
	.workloads = XEN_WORKLOADS,
	.can_trace = true,
	.no_nrips = true,
	.has_command = true,
	.needs = needs,
	.honours = &standalone_honours,
	.prepare = prepare_dm,
	.arguments = arguments,
	.collect = collect,
	.finished = finished,
};
