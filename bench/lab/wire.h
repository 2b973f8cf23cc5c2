/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How results leave an emulated host: as bytes written to I/O port 0xe9, which QEMU and Bochs put
 * into a file. The port has no baud rate and needs no driver. Anything else in that file is
 * skipped.
 *
 *   @hvbench-lab file NAME LENGTH CRC32\n BYTES    a file
 *   @hvbench-lab note LENGTH CRC32\n BYTES         what the host is doing, for people
 *   @hvbench-lab fail LENGTH CRC32\n BYTES         why there will be no result
 *   @hvbench-lab end STATUS 0\n                    everything is sent; exit status of the command
 *
 * The file is guest output and is not trusted: lengths are checked, a wrong CRC is an error.
 */
#ifndef HVBENCH_LAB_WIRE_H
#define HVBENCH_LAB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/base/error.h"

#define WIRE_MARK "@hvbench-lab "

/* Used inside the emulated host; -EPERM without the right to use the port. */
int wire__send_file(const char *name, const char *path, struct error *err);
int wire__send_text(const char *kind, const char *text, struct error *err);
int wire__send_end(int status, struct error *err);

/* More than anything that is sent. */
#define WIRE_MAX_BYTES (256u << 20)

/* Used outside: what has been sent so far. */
struct wire_state {
	bool ended;
	int status;
	char fail[1024]; /* "" unless the host reported a failure */
	char note[256];	 /* the last one */
	off_t at, need;	 /* see wire__read_on(): all before `at` has been read; not to be
				 * tried before the file is `need` long */
};

/*
 * Continues reading where it stopped; the state is zero-filled at first. Cheap enough to be called
 * often. 0 also if the file does not exist yet.
 */
int wire__read_on(const char *capture, struct wire_state *state);
/* Reads all of a file that will not grow any more; an item that was cut off is skipped. */
int wire__scan(const char *capture, struct wire_state *state);
/* A file by name; the caller frees it. -ENOENT: not sent; -EBADMSG: damaged or cut off. */
int wire__get_file(const char *capture, const char *name, char **data, size_t *len,
		   struct error *err);

#endif
