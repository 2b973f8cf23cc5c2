/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors: a negative errno to branch on, and one message for people, written where the context is
 * known: what was being done, to what, why it failed, what to do about it. A message often quotes
 * names and texts from outside, so characters in it that could mislead a terminal are shown as '?'.
 */
#ifndef HVBENCH_ERROR_H
#define HVBENCH_ERROR_H

#include <stddef.h>

struct error {
	int code; /* negative errno, 0: none */
	char text[1024];
};

/*
 * Writes the message and returns `code` (negative errno), so that callers can `return
 * error__set(…)`. If no more files may be open, it adds what to do, since that can happen anywhere.
 */
int error__set(struct error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Puts "context: " before the message; keeps and returns the code. */
int error__prefix(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Appends to the message, for instance what to do about it; keeps and returns the code. */
int error__append(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * The same for a thread or process that could not be started; returns `code`, on which the advice
 * depends.
 */
int error__advise_start(struct error *err, int code);

/* Exit statuses of the program; bench/result/README.md explains them. */
enum exit_status {
	EXIT_OK = 0,
	EXIT_REGRESSION = 1, /* or: a cell failed */
	EXIT_INCONCLUSIVE = 2,
	EXIT_NOT_COMPARABLE = 3,
	EXIT_USAGE = 64,
	EXIT_BAD_INPUT = 65,
	EXIT_NOTHING_TO_RUN_ON = 69,
	EXIT_INTERNAL = 70,
	EXIT_IO = 74, /* or: a limit was reached (open files, threads, processes) */
	EXIT_NOT_PERMITTED = 77,
	EXIT_INTERRUPTED = 130,
};

/*
 * The exit status for one of our errnos (EACCES/EPERM: 77, ENODEV/ENOENT of a device: 69, …). A
 * command that looks up a name the user wrote (a workload, a file) knows better what its own ENOENT
 * means.
 */
int error__exit_status(const struct error *err);

#endif
