// SPDX-License-Identifier: GPL-2.0-or-later
/* The user space of an emulated Linux host; see image.h. */
#include "bench/base/alloc.h"
#include "bench/lab/image/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/lab/fs.h"

#define COMMAND_FILE "run-command"
#define SETTLE_S     "5"
#define EXACT_SAMPLES \
	301 /* one operation each; fewer than one in a hundred contains a
				 * timer tick */
#define TIMED_SAMPLES 101
#define TIMED_OPS     "100"

static const char init_head[] =
	"#!/bin/busybox sh\n"
	"export PATH=/bin:/sbin HOME=/root LD_LIBRARY_PATH=/" IMAGE_LIBS " TERM=linux NO_COLOR=1\n"
	"/bin/busybox mkdir -p /proc /sys /dev /tmp /run /root /out\n"
	"/bin/busybox --install -s /bin\n"
	"mount -t proc proc /proc\n"
	"mount -t sysfs sysfs /sys\n"
	"mount -t devtmpfs dev /dev 2>/dev/null\n"
	"mkdir -p /dev/pts /dev/shm\n"
	"mount -t devpts devpts /dev/pts\n"
	"mount -t tmpfs tmp /tmp\n"
	"mount -t tmpfs shm /dev/shm\n"
	"mount -t debugfs debug /sys/kernel/debug 2>/dev/null\n"
	"mount -t tracefs tracing /sys/kernel/tracing 2>/dev/null\n"
	"mount -t bpf bpf /sys/fs/bpf 2>/dev/null\n"
	"ulimit -l unlimited\n"
	"cd /\n"
	"finish() { hvbench lab guest end \"$1\"; sync; sleep 1; reboot -f; }\n"
	"fail() { hvbench lab guest fail \"$1\"; finish 69; }\n";

static const char init_modules[] =
	"for m in $MODULES; do\n"
	"	insmod /modules/$m.ko 2>>/tmp/insmod || echo \"$m was refused\" >>/tmp/insmod\n"
	"done\n";

int image__begin(struct image *image, struct lab_run *run, struct error *err)
{
	static const char *const packages[] = { "busybox-static", NULL };
	char busybox[LAB_PATH], self[LAB_PATH];
	ssize_t n;
	int code;

	memset(image, 0, sizeof(*image));
	code = cache__packages(&run->lab->cache, "busybox", LAB_RELEASE, packages, &image->busybox,
			       err);
	if (code)
		return code;
	if (!cache__find_file(&image->busybox, "busybox", busybox, sizeof(busybox)))
		return error__set(err, -ENOENT, "the package busybox-static has no busybox");
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return error__set(err, -errno, "cannot find this program's own file: %s",
				  strerror(errno));
	self[n] = '\0';
	image->cpio = cpio__new();
	if (!image->cpio)
		return error__set(err, -ENOMEM, "out of memory");
	elf_search__add_system(&image->search);
	code = cpio__add_file(image->cpio, "bin/busybox", 0755, busybox, err);
	if (!code)
		code = elfdeps__add_program(image->cpio, "bin/hvbench", self, &image->search, err);
	return code;
}

void image__free(struct image *image)
{
	cpio__free(image->cpio);
	image->cpio = NULL;
}

/*
 * Modules are found under either spelling: kvm-amd.ko, kvm_amd.ko, compressed or not. Those of the
 * user go before the packages', so that a few can be built against a packaged kernel.
 */
static bool find_module(const struct lab_run *run, const struct tree_set *trees, const char *name,
			char *path, size_t len)
{
	const char *dir = run->req->modules;
	char pattern[128];
	size_t n = 0;

	for (const char *p = name; *p && n + 16 < sizeof(pattern); p++)
		n += snprintf(pattern + n, sizeof(pattern) - n, *p == '-' ? "[-_]" : "%c", *p);
	for (int place = 0; place < 4; place++) {
		strcpy(pattern + n, place % 2 ? ".ko.*z*" : ".ko");
		if (place < 2 ? dir && fs__find(dir, pattern, path, len) :
				cache__find_file(trees, pattern, path, len))
			return true;
	}
	return false;
}

static int unpack_module(const struct lab_run *run, const char *path, char *to, size_t len,
			 struct error *err)
{
	const char *argv[] = { NULL, "-dc", path, NULL };
	struct proc_options opts = { .out = to, .err = "/dev/null", .timeout_s = 60 };
	struct proc_result res;
	int code;

	fs__format(to, len, "%s/module.ko", run->dir);
	argv[0] = strstr(path, ".ko.xz") ? "xz" : strstr(path, ".ko.zst") ? "zstd" : "gzip";
	code = proc__run(argv, &opts, &run->lab->signals, &res, err);
	if (!code && res.status)
		code = error__set(err, -EIO, "%s could not unpack %s", argv[0], path);
	return code;
}

int image__add_module(struct image *image, struct lab_run *run, const struct tree_set *trees,
		      const char *name, struct error *err)
{
	char path[LAB_PATH], plain[LAB_PATH], dest[160];
	size_t n = strlen(image->modules);
	int code;

	if (!find_module(run, trees, name, path, sizeof(path)))
		return 0;
	if (strstr(path, ".ko.")) {
		code = unpack_module(run, path, plain, sizeof(plain), err);
		if (code)
			return code;
		snprintf(path, sizeof(path), "%s", plain);
	}
	snprintf(dest, sizeof(dest), "modules/%.100s.ko", name);
	code = cpio__add_file(image->cpio, dest, 0644, path, err);
	if (!code)
		snprintf(image->modules + n, sizeof(image->modules) - n, "%s%s", n ? " " : "",
			 name);
	return code;
}

static int add_command(struct image *image, const char *command)
{
	char *text = NULL;
	int code;

	if (asprintf(&text, "%s\n", command) < 0)
		return -ENOMEM;
	code = cpio__add_text(image->cpio, COMMAND_FILE, 0755, text);
	free(text);
	return code;
}

int image__finish(struct image *image, struct lab_run *run, const char *body, const char *path,
		  struct error *err)
{
	char *init = NULL;
	int code = 0;

	if (asprintf(&init, "%sMODULES='%s'\n%s%s", init_head, image->modules, init_modules, body) <
	    0)
		return error__set(err, -ENOMEM, "out of memory");
	if (cpio__add_text(image->cpio, "init", 0755, init))
		code = error__set(err, -ENOMEM, "out of memory");
	free(init);
	if (!code && run->req->command && add_command(image, run->req->command))
		code = error__set(err, -ENOMEM, "out of memory");
	for (const struct lab_file *f = run->req->files; !code && f->path; f++) {
		size_t len;
		char *data = fs__read(f->path, &len, err);
		bool program = data && fs__is_elf(data, len);

		free(data);
		if (!data)
			return err->code;
		code = program ? elfdeps__add_program(image->cpio, f->dest, f->path, &image->search,
						      err) :
				 cpio__add_file(image->cpio, f->dest, 0755, f->path, err);
	}
	return code ? code : cpio__write(image->cpio, path, err);
}

static void put_quoted(FILE *f, const char *word)
{
	fputs(" '", f);
	for (; *word; word++)
		fputs(*word == '\'' ? "'\\''" : (char[]){ *word, '\0' }, f);
	fputc('\'', f);
}

/*
 * The command is a file of its own in the image: inside our script its text could break the syntax.
 */
char *image__command_body(void)
{
	return strdup("sh /" COMMAND_FILE " >/tmp/text 2>&1 </dev/null\nstatus=$?\n"
		      "hvbench lab guest send text /tmp/text\n"
		      "for f in /out/*; do [ -f \"$f\" ] && hvbench lab guest send \"${f##*/}\" "
		      "\"$f\"; done\n"
		      "finish $status\n");
}

char *image__kvm_body(const struct lab_run *run)
{
	const struct lab_request *req = run->req;
	char *text = NULL;
	size_t len;
	FILE *f = alloc__stream(&text, &len);

	if (req->shell) {
		fputs("cat /tmp/insmod 2>/dev/null\necho\necho \"Linux $(uname -r), emulated. "
		      "'exit' ends it.\"\n"
		      "setsid cttyhack sh -l\nreboot -f\n",
		      f);
		alloc__close_stream(f);
		return text;
	}
	if (req->command) {
		alloc__close_stream(f);
		free(text);
		return image__command_body();
	}
	fputs("[ -c /dev/kvm ] || fail \"Linux $(uname -r) has no /dev/kvm after loading its "
	      "modules (${MODULES:-none was found}): $(cat /tmp/insmod 2>/dev/null; "
	      "dmesg | grep -i -e kvm -e svm -e vmx | tail -3)\"\n"
	      "hvbench lab guest note \"Linux $(uname -r) is up\"\n",
	      f);
	if (run->footprint)
		fputs(IMAGE_SEND_SYMBOLS, f);
	fputs(req->then ? req->then : "", f);
	/*
	 * The kernel goes on booting in the background; idle time costs an emulator next to
	 * nothing.
	 */
	if (req->icount)
		fputs("sleep " SETTLE_S "\n", f);
	/* Exact figures need no calibration, and a random seed would differ from run to run. */
	fprintf(f, "hvbench run --samples %u --seed 1%s%s",
		req->icount ? EXACT_SAMPLES : TIMED_SAMPLES,
		req->attend ? " --probes off --timeout 3600" : " --probes on",
		req->icount ? " --clock icount" : " --ops " TIMED_OPS);
	if (req->ops)
		fprintf(f, " --ops %u", req->ops);
	for (char *const *arg = req->run_args; arg && *arg; arg++)
		put_quoted(f, *arg);
	fputs(" --output /out/result.json >/dev/null\nstatus=$?\n"
	      "[ -s /out/result.json ] || fail \"hvbench run ended with status $status and left no"
	      " result\"\n"
	      "hvbench lab guest send result.json /out/result.json\n",
	      f);
	fputs("finish $status\n", f);
	alloc__close_stream(f);
	return text;
}
