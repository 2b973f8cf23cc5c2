// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lane tcg: no hypervisor below the guest; QEMU's TCG runs it in software. The counting clock
 * counts only the guest's own instructions, not what QEMU does for them: a figure here shows that
 * nothing traps and, with --no-icount, what emulation costs in time.
 */
#include "bench/lab/fs.h"
#include "bench/lab/lanes/lanes.h"
#include "bench/lab/lanes/standalone.h"

static const struct lab_need needs[] = {
	{ "qemu-system-x86_64", "qemu-system-x86", "the emulator" }, { NULL, NULL, NULL }
};

static int prepare(struct lab_run *run, struct error *err)
{
	fs__path(run->kernel, "%s/payload.elf", run->dir);
	return standalone__write_payload(run->kernel, err);
}

static int arguments(struct lab_run *run, struct error *err)
{
	char cmdline[1024];
	int code = standalone__cmdline(run, cmdline, sizeof(cmdline), err);

	if (code)
		return code;
	qemu__common_args(run, "max", run->req->memory_mib ? run->req->memory_mib : 192);
	args__add(&run->args, "-kernel");
	args__add(&run->args, "%s", run->kernel);
	args__add(&run->args, "-append");
	args__add(&run->args, "%s", cmdline);
	return 0;
}

static bool finished(struct lab_run *run)
{
	return standalone__finished(run, run->capture, "");
}

static int collect(struct lab_run *run, struct lab_outcome *out, struct error *err)
{
	static const struct standalone_host host = {
		.virt = "tcg",
		.software = "QEMU TCG",
		.version = "",
		.exits_why = "there are none: TCG is no hypervisor",
	};

	return standalone__document(run, run->capture, "", &host, &out->doc, err);
}

DEFINE_LANE(lane_tcg) = {
	.name = "tcg",
	.rank = 60,
	.what = "QEMU without any hypervisor: software emulation",
	.needs = needs,
	.honours = &standalone_honours_emulated,
	.prepare = prepare,
	.arguments = arguments,
	.collect = collect,
	.finished = finished,
};
