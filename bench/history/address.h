/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses of databases, "postgresql://USER:PASSWORD@HOST:PORT/NAME?KEY=VALUE…", as far as it
 * takes to show no password: all else is libpq's.
 */
#ifndef HVBENCH_HISTORY_ADDRESS_H
#define HVBENCH_HISTORY_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/base/error.h"

/* "postgresql://…" or "postgres://…". */
bool address__is_server(const char *where);

/*
 * -EINVAL with a message: a password that is not written as addresses have to be, so that parts of
 * it would be taken for a host's name, and be shown.
 */
int address__check(const char *where, struct error *err);

/* The address for messages: without password and what follows a question mark. */
void address__shown(const char *where, char *shown, size_t len);

/*
 * Overwrites passwords by asterisks, in place: for a command line, which every user of a host may
 * read.
 */
void address__hide_password(char *where);

#endif
