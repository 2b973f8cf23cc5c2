// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lane svm: KVM on an AMD host. QEMU's TCG emulates SVM with nested paging; a Debian kernel with
 * kvm_amd runs on it, and hvbench in that. No NRIPS and no decode assists (QEMU 7.2), so KVM
 * decodes the instruction in software on CPUID, RDMSR and hypercall exits.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/cmdline.h"
#include "bench/lab/collect.h"
#include "bench/lab/fs.h"
#include "bench/lab/image/image.h"
#include "bench/lab/kernel.h"
#include "bench/lab/lanes/lanes.h"

static const struct lab_need needs[] = { { "qemu-system-x86_64", "qemu-system-x86",
					   "the emulator" },
					 { "apt-get", "apt", "fetching the kernel" },
					 { "dpkg-deb", "dpkg", "unpacking the kernel" },
					 { "xz", "xz-utils", "unpacking modules" },
					 { NULL, NULL, NULL } };

static const char *const modules[] = { "irqbypass", "ccp", "kvm", "kvm-amd", NULL };

static int prepare(struct lab_run *run, struct error *err)
{
	struct tree_set trees = { 0 };
	struct image image = { 0 };
	char path[LAB_PATH], *body = NULL;
	int code;

	code = lab__kernel(run, &trees, err);
	if (!code)
		code = image__begin(&image, run, err);
	for (unsigned int i = 0; !code && modules[i]; i++)
		code = image__add_module(&image, run, &trees, modules[i], err);
	if (!code) {
		body = image__kvm_body(run);
		fs__path(path, "%s/initrd", run->dir);
		code = body ? image__finish(&image, run, body, path, err) :
			      error__set(err, -ENOMEM, "out of memory");
	}
	free(body);
	image__free(&image);
	return code;
}

static int arguments(struct lab_run *run, struct error *err)
{
	const struct lab_request *req = run->req;
	const char *mitigations = req->mitigations ? req->mitigations : "off";

	qemu__common_args(run, "max", req->memory_mib ? req->memory_mib : 1024);
	args__add(&run->args, "-kernel");
	args__add(&run->args, "%s", run->kernel);
	args__add(&run->args, "-initrd");
	args__add(&run->args, "%s/initrd", run->dir);
	args__add(&run->args, "-append");
	args__add(&run->args, "console=ttyS0 quiet panic=-1 nokaslr " LAB_SAME_PATH "%s%s%s%s%s",
		  /*
		   * All CPUs read the same clock, but Linux does not trust it for this model and
		   * family.
		   */
		  req->cpus > 1 ? " tsc=reliable" : "",
		  strcmp(mitigations, "default") ? " mitigations=" : "",
		  strcmp(mitigations, "default") ? mitigations : "", req->cmdline ? " " : "",
		  req->cmdline ? req->cmdline : "");
	return run->args.failed ? 0 :
				  cmdline__check(run->args.argv[run->args.nr - 1], CMDLINE_LINUX,
						 "Linux", err);
}

DEFINE_LANE(lane_svm) = {
	.name = "svm",
	.rank = 10,
	.what = "KVM on AMD (kvm_amd, nested paging) on a CPU that QEMU emulates",
	.kernel = "debian:6.1",
	.has_shell = true,
	.has_command = true,
	.many_cpus = true,
	.can_trace = true,
	.no_nrips = true,
	.needs = needs,
	.prepare = prepare,
	.arguments = arguments,
	.collect = lab__collect_sent,
	.finished = lab__sent_all,
};
