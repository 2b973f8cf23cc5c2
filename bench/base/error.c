// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Errors: see error.h. Every function here accepts a NULL error too, for callers that only want the
 * code.
 */
#include "bench/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/utf8.h"

static const char *limit_advice(int code)
{
	switch (code < 0 ? -code : code) {
	case EMFILE:
		return "; raise the limit of open files (ulimit -n)";
	case ENFILE:
		return "; the whole system has too many files open: raise fs.file-max (sysctl)";
	default:
		return "";
	}
}

int error__set(struct error *err, int code, const char *fmt, ...)
{
	const char *advice = limit_advice(code);
	va_list args;

	if (!err)
		return code;
	err->code = code;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	utf8__mask(err->text);
	/* The message may contain it already, in an error it quotes. */
	return *advice && !strstr(err->text, advice) ? error__append(err, "%s", advice) : code;
}

int error__prefix(struct error *err, const char *fmt, ...)
{
	char context[sizeof(err->text)];
	size_t room, used;
	va_list args;

	if (!err)
		return 0;
	va_start(args, fmt);
	vsnprintf(context, sizeof(context) - 2, fmt, args);
	va_end(args);
	utf8__mask(context);
	strcat(context, ": ");

	/* A message that is too long loses its end, not its context. */
	used = strlen(context);
	room = sizeof(err->text) - used - 1;
	err->text[strnlen(err->text, room)] = '\0';
	memmove(err->text + used, err->text, strlen(err->text) + 1);
	memcpy(err->text, context, used);
	return err->code;
}

int error__append(struct error *err, const char *fmt, ...)
{
	va_list args;
	size_t used;

	if (!err)
		return 0;
	used = strnlen(err->text, sizeof(err->text) - 1);
	va_start(args, fmt);
	vsnprintf(err->text + used, sizeof(err->text) - used, fmt, args);
	va_end(args);
	utf8__mask(err->text + used);
	return err->code;
}

int error__advise_start(struct error *err, int code)
{
	if (code == -EAGAIN)
		error__append(err, "; a limit of threads and processes is reached (ulimit -u, or "
				   "pids.max of a control group)");
	return code;
}

int error__exit_status(const struct error *err)
{
	switch (err->code < 0 ? -err->code : err->code) {
	case 0:
		return EXIT_OK;
	case EINVAL:
	case ERANGE:
	case E2BIG:
		return EXIT_USAGE;
	case EBADMSG:
	case EILSEQ:
		return EXIT_BAD_INPUT;
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case EOPNOTSUPP:
	case EBUSY:
		return EXIT_NOTHING_TO_RUN_ON;
	case EACCES:
	case EPERM:
		return EXIT_NOT_PERMITTED;
	case EIO:
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EFBIG:
	case EPIPE:
	case EISDIR:
	case ENOTDIR:
	case ENAMETOOLONG:
	case ELOOP:
	case ETXTBSY:
	case ENOTRECOVERABLE:
	case EMFILE:
	case ENFILE:
	case EAGAIN:
	case EADDRINUSE:
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		return EXIT_IO;
	case EINTR:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_INTERNAL;
	}
}
