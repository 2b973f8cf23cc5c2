// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses of databases: see address.h. */
#include "bench/history/address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool address__is_server(const char *where)
{
	return !strncmp(where, "postgresql://", 13) || !strncmp(where, "postgres://", 11);
}

/* Where what precedes a question mark has its user, its last @, and its end. */
struct parts {
	size_t user, at, end; /* at: 0: there is no user */
};

static struct parts parts_of(const char *where)
{
	const char *begin = strstr(where, "://");
	struct parts parts = { .user = begin ? (size_t)(begin - where) + 3 : 0 };

	parts.end = parts.user + strcspn(where + parts.user, "?");
	/* A question mark in a password that is not written as %3F. */
	if (!memchr(where + parts.user, '@', parts.end - parts.user) &&
	    strchr(where + parts.end, '@'))
		parts.end = strlen(where);
	for (size_t i = parts.user; i < parts.end; i++)
		if (where[i] == '@')
			parts.at = i;
	return parts;
}

int address__check(const char *where, struct error *err)
{
	struct parts parts = parts_of(where);

	if (!parts.at || strcspn(where + parts.user, "@/?") == parts.at - parts.user)
		return 0;
	return error__set(err, -EINVAL,
			  "the address of the database is not clear: in a name or a password @ is "
			  "written %%40, : %%3A, / %%2F, ? %%3F; better put the password into "
			  "~/.pgpass");
}

void address__shown(const char *where, char *shown, size_t len)
{
	struct parts parts = parts_of(where);
	size_t user = parts.at ? strcspn(where + parts.user, ":@") : 0;

	snprintf(shown, len, "%.*s%.*s%.*s", (int)parts.user, where, (int)user, where + parts.user,
		 (int)(parts.end - (parts.at ?: parts.user)), where + (parts.at ?: parts.user));
}

void address__hide_password(char *where)
{
	struct parts parts = parts_of(where);
	size_t from = parts.user + strcspn(where + parts.user, ":@");
	char *key = where + parts.end;

	if (parts.at && where[from] == ':')
		memset(where + from + 1, '*', parts.at - from - 1);
	/* ?password=…&sslpassword=… */
	while (*key) {
		size_t n = strcspn(++key, "&"), name = strcspn(key, "=&");

		if (name >= 8 && name < n && !strncasecmp(key + name - 8, "password", 8))
			memset(key + name + 1, '*', n - name - 1);
		key += n;
	}
}
