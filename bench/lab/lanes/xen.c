// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lane xen: a Type-1 hypervisor. Debian's Xen on a CPU with SVM that QEMU emulates, with our
 * payload as its PVH dom0, so that only Xen is below the guest. What dom0 may access by itself does
 * not exit there: ports, and the MSRs that Xen gives it.
 *
 * A PVH dom0 needs an IOMMU. RDTSC is emulated for it; the empty loop reads the clock twice, just
 * like a batch, so that the difference is right.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/cmdline.h"
#include "bench/lab/fs.h"
#include "bench/lab/lanes/lanes.h"
#include "bench/lab/lanes/standalone.h"
#include "bench/lab/lanes/xen_hypervisor.h"

#define PREFIX "(d0) "

static const struct lab_need needs[] = { { "qemu-system-x86_64", "qemu-system-x86",
					   "the emulator" },
					 { "apt-get", "apt", "fetching Xen" },
					 { "dpkg-deb", "dpkg", "unpacking Xen" },
					 { "gzip", "gzip", "unpacking Xen" },
					 { NULL, NULL, NULL } };

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
	args__add(&run->args, "%s/payload.elf %s", cmdline__for_qemu(run->dir, dir, sizeof(dir)),
		  escaped);
	args__add(&run->args, "-append");
	args__add(&run->args,
		  "console=com1 com1=115200,8n1 dom0=pvh dom0_mem=64M guest_loglvl=all%s%s%s",
		  run->req->mitigations ? "" : " spec-ctrl=no", run->req->cmdline ? " " : "",
		  run->req->cmdline ? run->req->cmdline : "");
	return run->args.failed ?
		       0 :
		       cmdline__check(run->args.argv[run->args.nr - 1], CMDLINE_XEN, "Xen", err);
}

static bool finished(struct lab_run *run)
{
	return standalone__finished(run, run->console, PREFIX);
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

	return standalone__document(run, run->console, PREFIX, &host, &out->doc, err);
}

static const char *unlike(const struct cell *cell, bool *measured)
{
	if (!strncmp(cell->workload->name, "pio-", 4))
		return "the guest is dom0 and the ports are its own: the access does not exit";
	*measured = true;
	return cell->workload->needs & NEEDS_USER_SPACE ?
		       "nothing stands behind the address: Xen answers by itself, and no way to "
		       "user space is in this" :
		       NULL;
}

DEFINE_LANE(lane_xen) = {
	.name = "xen",
	.rank = 30,
	.what = "Xen, a Type-1 hypervisor, with the guest as its PVH dom0 (in-hypervisor paths)",
	.has_xen = true,
	.workloads = XEN_WORKLOADS,
	.can_trace = true,
	.no_nrips = true,
	.needs = needs,
	.honours = &standalone_honours,
	.prepare = prepare,
	.arguments = arguments,
	.collect = collect,
	.finished = finished,
	.unlike = unlike,
};
