// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/lab/lanes/xen_symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/lab/fs.h"
#include "bench/lab/lanes/lanes.h"
#include "bench/lab/lanes/xen_hypervisor.h"

/* The file of a hypervisor's symbols in the cache, named by the hash of its image. */
static int symbols_path(struct lab *lab, const char *image, char *path, size_t len,
			struct error *err)
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
		.command = "cat /proc/xen/xensyms",
		.icount = true,
		.timeout_s = req->timeout_s,
		.xen = req->xen,
	};
	char image[LAB_PATH], path[LAB_PATH], *text;
	const struct lab_lane *domu;
	struct lab_outcome out = { 0 };
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
	domu = lab__find_lane("xen-domu", err);
	code = domu ? lab__run(lab, domu, &ask, &out, err) : err->code;
	if (!code && (out.status || !out.text || !strstr(out.text, " T ")))
		code = error__set(err, -ENODATA,
				  "dom0 has no symbols of Xen (/proc/xen/xensyms): %.200s",
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
