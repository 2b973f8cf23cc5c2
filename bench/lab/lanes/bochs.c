// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine that Bochs emulates; see bochs.h. */
#include "bench/lab/lanes/bochs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/lab/cmdline.h"
#include "bench/lab/fs.h"
#include "bench/lab/image/image.h"
#include "bench/lab/kernel.h"
#include "bench/lab/lanes/bochs_log.h"
#include "bench/lab/lanes/lanes.h"

/* What hvbench measures to know the host; as many as there is room to print for (lab.c). */
#define MARKS_BESIDE 16
#define MARKS_MOST   200u

/* Room for what comes before the user's additions. */
#define CMDLINE_OURS 256

#define BIOS	 "/usr/share/bochs/BIOS-bochs-latest"
#define GRUB_DIR "/usr/lib/grub/i386-pc"
#define GRUB	 GRUB_DIR "/cdboot.img"
#define PLUGIN_A "/usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_rfb_gui.so"
#define PLUGIN_B "/usr/lib/bochs/plugins/libbx_rfb_gui.so"

const struct lab_need bochs_needs[] = {
	{ "bochs", "bochs", "the emulator" },
	{ BIOS, "bochsbios", "its firmware" },
	{ "/usr/share/bochs/VGABIOS-lgpl-latest", "vgabios", "its firmware" },
	{ PLUGIN_A "," PLUGIN_B, "bochs-term", "Bochs without a display" },
	{ "grub-mkimage", "grub-common", "the boot image" },
	{ GRUB, "grub-pc-bin", "the boot image" },
	{ "xorriso", "xorriso", "the boot image" },
	{ "apt-get", "apt", "fetching the kernel" },
	{ "dpkg-deb", "dpkg", "unpacking the kernel" },
	{ "xz", "xz-utils", "unpacking modules" },
	{ NULL, NULL, NULL }
};

/*
 * sync=none makes the clock follow the count of instructions; port_e9_hack sends what is written to
 * port 0xe9 to Bochs's standard output.
 */
static const char bochs_config[] =
	"megs: %u\n"
	"cpu: model=%s, count=1, ips=100000000, reset_on_triple_fault=0, "
	"ignore_bad_msrs=1\n"
	"clock: sync=%s, time0=1767225600\n"
	"vga: extension=vbe, update_freq=1, realtime=0\n"
	"romimage: file=" BIOS "\n"
	"vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest\n"
	"ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14\n"
	"ata0-master: type=cdrom, path=\"%s/boot.iso\", status=inserted\n"
	"boot: cdrom\n"
	"com1: enabled=1, mode=file, dev=\"%s\"\n"
	"port_e9_hack: enabled=1\n"
	"magic_break: enabled=%u\n"
	"log: \"%s/bochs.log\"\n"
	"panic: action=fatal\n"
	"error: action=ignore\n"
	"info: action=ignore\n"
	"debug: action=ignore\n"
	"display_library: rfb, options=\"timeout=0, hideIPS\"\n";

static int write_text(const char *path, struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int write_text(const char *path, struct error *err, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n, code;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return error__set(err, -ENOMEM, "out of memory");
	code = fs__write(path, text, n, err);
	free(text);
	return code;
}

static int run_tool(struct lab_run *run, const char *const *argv, struct error *err)
{
	static const char *const env[] = { "SOURCE_DATE_EPOCH=1767225600", "LC_ALL=C", NULL };
	char log[LAB_PATH], *tail;
	struct proc_options opts = { .out = log, .env = env, .timeout_s = 120 };
	struct proc_result res;
	int code;

	fs__path(log, "%s/tool.log", run->dir);
	code = proc__run(argv, &opts, &run->lab->signals, &res, err);
	if (!code && res.status) {
		tail = fs__tail(log, 3);
		code = error__set(err, -EIO, "%s could not make the boot image: %s", argv[0],
				  tail ? tail : "");
		free(tail);
	}
	unlink(log);
	return code;
}

/*
 * Puts GRUB, kernel and initramfs on a CD. Not by grub-mkrescue, which includes the time of day:
 * the same inputs have to give the same bytes.
 */
static int make_iso(struct lab_run *run, const char *cmdline, struct error *err)
{
	char iso[LAB_PATH], root[LAB_PATH], grub[LAB_PATH], config[LAB_PATH],
		words[4 * CMDLINE_LINUX];
	const char *const mkimage[] = { "grub-mkimage",
					"-O",
					"i386-pc-eltorito",
					"-d",
					GRUB_DIR,
					"-p",
					"/",
					"-c",
					config,
					"-o",
					grub,
					"biosdisk",
					"iso9660",
					"linux",
					"boot",
					NULL };
	const char *const mkisofs[] = { "xorriso",
					"-as",
					"mkisofs",
					"-quiet",
					"-R",
					"-V",
					"HVBENCH",
					"-b",
					"grub.img",
					"-no-emul-boot",
					"-boot-load-size",
					"4",
					"-boot-info-table",
					"--set_all_file_dates",
					"=1767225600",
					"-o",
					iso,
					root,
					NULL };
	int code;

	fs__path(iso, "%s/boot.iso", run->dir);
	fs__path(root, "%s/iso", run->dir);
	fs__path(grub, "%s/iso/grub.img", run->dir);
	fs__path(config, "%s/grub.cfg", run->dir);
	code = cmdline__for_grub(cmdline, words, sizeof(words), err);
	if (!code)
		code = write_text(config, err, "linux /vmlinuz %s\ninitrd /initrd\nboot\n", words);
	if (!code)
		code = run_tool(run, mkimage, err);
	if (!code)
		code = run_tool(run, mkisofs, err);
	fs__remove_tree(root);
	return code;
}

static int make_initramfs(struct lab_run *run, const struct bochs_machine *machine,
			  const struct tree_set *trees, const char *path, struct error *err)
{
	struct image image = { 0 };
	char *body = NULL;
	int code = image__begin(&image, run, err);

	for (unsigned int i = 0; !code && machine->modules[i]; i++)
		code = image__add_module(&image, run, trees, machine->modules[i], err);
	if (!code) {
		body = image__kvm_body(run);
		code = body ? image__finish(&image, run, body, path, err) :
			      error__set(err, -ENOMEM, "out of memory");
	}
	free(body);
	image__free(&image);
	return code;
}

int bochs__prepare(struct lab_run *run, const struct bochs_machine *machine, struct error *err)
{
	const struct lab_request *req = run->req;
	const char *mitigations = req->mitigations ? req->mitigations : "off";
	bool given = strcmp(mitigations, "default");
	struct tree_set trees = { 0 };
	char path[LAB_PATH], cmdline[2 * CMDLINE_LINUX];
	int code;

	code = req->cmdline ?
		       cmdline__check(req->cmdline, CMDLINE_LINUX - CMDLINE_OURS, "Linux", err) :
		       0;
	if (!code)
		code = lab__kernel(run, &trees, err);
	fs__path(path, "%s/iso", run->dir);
	if (!code)
		code = fs__mkdirs(path, err);
	fs__path(path, "%s/iso/initrd", run->dir);
	if (!code)
		code = make_initramfs(run, machine, &trees, path, err);
	fs__path(path, "%s/iso/vmlinuz", run->dir);
	if (!code)
		code = fs__copy(run->kernel, path, err);
	fs__path(path, "%s/module.ko", run->dir);
	unlink(path);
	/*
	 * At 9600 baud everything would wait for the emulated line. Bochs's RDRAND (CPU feature 158
	 * in Linux) differs in each run, and with it the memory layout of processes.
	 */
	snprintf(cmdline, sizeof(cmdline),
		 "console=ttyS0,115200 quiet panic=-1 nokaslr clearcpuid=158 " LAB_SAME_PATH
		 "%s%s%s%s%s",
		 machine->cmdline, given ? " mitigations=" : "", given ? mitigations : "",
		 req->cmdline ? " " : "", req->cmdline ? req->cmdline : "");
	return code ? code : make_iso(run, cmdline, err);
}

/* What the debugger does. */
static int write_commands(const struct lab_run *run, const char *path, struct error *err)
{
	size_t marks = MARKS_BESIDE;
	FILE *f = fopen(path, "we");
	bool failed;

	if (!f)
		return error__set(err, -errno, "cannot write %s: %s", path, strerror(errno));
	/* Of several rounds the first: they do not differ. */
	if (run->footprint) {
		marks += run->req->plan->nr_cells;
		bochs_log__commands(f, marks < MARKS_MOST ? (unsigned int)marks : MARKS_MOST);
	}
	fputs("c\n", f);
	failed = ferror(f);
	return fclose(f) || failed ? error__set(err, -EIO, "cannot write %s", path) : 0;
}

int bochs__footprints(struct lab_run *run, const char *out, struct error *err)
{
	return bochs_log__exits(run->capture, run->req->model, out, err);
}

int bochs__arguments(struct lab_run *run, const struct bochs_machine *machine, struct error *err)
{
	unsigned int memory = run->req->memory_mib ? run->req->memory_mib : 512;
	char path[LAB_PATH];
	int code;

	fs__path(path, "%s/bochsrc", run->dir);
	code = write_text(path, err, bochs_config, memory, machine->model,
			  run->req->icount ? "none" : "realtime", run->dir, run->console,
			  run->footprint, run->dir);
	fs__path(path, "%s/continue", run->dir);
	if (!code)
		code = write_commands(run, path, err);
	args__add(&run->args, "bochs");
	args__add(&run->args, "-q");
	args__add(&run->args, "-f");
	args__add(&run->args, "%s/bochsrc", run->dir);
	args__add(&run->args, "-rc");
	args__add(&run->args, "%s/continue", run->dir);
	/* lab__run() writes Bochs's output there, including what comes from port 0xe9. */
	fs__path(run->capture, "%s/emulator.log", run->dir);
	return code;
}
