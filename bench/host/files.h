/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading small files of /proc and /sys below a root directory ("" for the machine's own), for the
 * host's fingerprint. Missing or unreadable files give NULL or JSON null.
 */
#ifndef HVBENCH_HOST_FILES_H
#define HVBENCH_HOST_FILES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The file's text without white space at its end, at most HOST_FILE_MAX bytes; the caller frees it.
 */
#define HOST_FILE_MAX (256u << 10)
char *host_file__read(const char *root, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The first word of a file as a number; its prefix decides the base. */
bool host_file__number(int64_t *value, const char *root, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool host_file__exists(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

json_t *host_file__json_text(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
json_t *host_file__json_number(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A file that holds 0, 1, N or Y. */
json_t *host_file__json_bool(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The choice in brackets of "always [madvise] never". */
json_t *host_file__json_choice(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Calls visit() for every name in the directory that begins with `prefix`, in version order (cpu2
 * before cpu10). Returns how many there were; 0 if the directory does not exist.
 */
typedef void host_file_visit(const char *root, const char *name, void *arg);
unsigned int host_file__each(const char *root, const char *dir, const char *prefix,
			     host_file_visit *visit, void *arg);

#endif
