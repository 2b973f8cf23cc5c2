// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/lab/qemu_args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/cmdline.h"
#include "bench/lab/footprint.h"
#include "bench/lab/lab.h"

void args__add(struct lab_args *args, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0 || args->nr + 1 >= LAB_MAX_ARGS) {
		args->failed = true;
		if (n >= 0)
			free(text);
		return;
	}
	args->argv[args->nr++] = args->owned[args->nr_owned++] = text;
}

void args__free(struct lab_args *args)
{
	while (args->nr_owned)
		free(args->owned[--args->nr_owned]);
	memset(args, 0, sizeof(*args));
}

void qemu__common_args(struct lab_run *run, const char *cpu, unsigned int memory_mib)
{
	struct lab_args *a = &run->args;
	const struct lab_request *req = run->req;
	char path[2 * LAB_PATH];
	/*
	 * -seed fixes what RDRAND returns; otherwise the guests' memory layouts would differ from
	 * run to run. With the counting clock an instruction takes one ns, and the TSC runs at 1
	 * GHz.
	 */
	static const char *const fixed[] = {
		"-nodefaults",
		"-no-user-config",
		"-no-reboot",
		"-display",
		"none",
		"-seed",
		"1",
		"-machine",
		"q35",
		"-accel",
		"tcg",
		"-device",
		"isa-debugcon,iobase=0xe9,chardev=capture",
	};

	args__add(a, "qemu-system-x86_64");
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		args__add(a, "%s", fixed[i]);
	args__add(a, "-cpu");
	args__add(a, "%s", cpu);
	args__add(a, "-smp");
	args__add(a, "%u", req->cpus ? req->cpus : 1);
	args__add(a, "-m");
	args__add(a, "%u", memory_mib);
	args__add(a, "-chardev");
	args__add(a, "file,id=capture,path=%s",
		  cmdline__for_qemu(run->capture, path, sizeof(path)));
	args__add(a, "-rtc");
	args__add(a, "base=2026-01-01,clock=%s", req->icount ? "vm" : "host");
	if (req->icount) {
		args__add(a, "-icount");
		args__add(a, "shift=0,sleep=off,align=off");
	}
	if (req->attend) {
		args__add(a, "-monitor");
		args__add(a, "unix:%s/monitor,server,nowait",
			  cmdline__for_qemu(run->dir, path, sizeof(path)));
	}
	if (run->footprint) {
		struct error unused;
		char option[3 * LAB_PATH];

		args__add(a, "-plugin");
		a->failed |= footprint__option(run->dir, run->plugin_api, req->model, option,
					       sizeof(option), &unused);
		args__add(a, "%s", option);
	}
	args__add(a, "-serial");
	if (req->shell)
		args__add(a, "mon:stdio");
	else
		args__add(a, "file:%s", run->console);
}
