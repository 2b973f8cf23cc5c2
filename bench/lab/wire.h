/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How results leave an emulated host: bytes written to I/O port 0xe9, which QEMU and Bochs put into a
 * file. It has no baud rate and needs no driver. Anything else in that file is skipped.
 *
 *	@hvbench-lab file NAME LENGTH CRC32\n BYTES		a file
 *	@hvbench-lab note LENGTH CRC32\n BYTES			what the host is doing, for people
 *	@hvbench-lab fail LENGTH CRC32\n BYTES			why there will be no result
 *	@hvbench-lab end STATUS 0\n				all is sent; exit status of the command
 *
 * The file is guest output and read with suspicion: lengths are checked, a wrong CRC is an error.
 */
#ifndef HVBENCH_LAB_WIRE_H
#define HVBENCH_LAB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/base/error.h"

#define WIRE_MARK	"@hvbench-lab "

/* Inside the emulated host; -EPERM without the right to use the port. */
int wire__send_file(const char *name, const char *path, struct error *err);
int wire__send_text(const char *kind, const char *text, struct error *err);
int wire__send_end(int status, struct error *err);

/* Nothing that is sent is as long. */
#define WIRE_MAX_BYTES	(256u << 20)

/* Outside: what was sent so far. */
struct wire_state {
	bool ended;
	int status;
	char fail[1024];	/* "" unless the host told of a failure */
	char note[256];		/* the last one */
	off_t at, need;		/* wire__read_on(): all before `at` is read; no use before it is `need` long */
};

/*
 * Reads on from where it was; the state is zero-filled at first. Cheap enough to call often. 0 also when the
 * file does not exist yet.
 */
int wire__read_on(const char *capture, struct wire_state *state);
/* All of a file that will not grow any more; what was cut off is passed over. */
int wire__scan(const char *capture, struct wire_state *state);
/* A file by name; caller frees. -ENOENT: not sent; -EBADMSG: damaged or cut. */
int wire__get_file(const char *capture, const char *name, char **data, size_t *len,
		   struct error *err);

#endif
