// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/doctor/doctor_host.h"

#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"

char *doctor_host__cmdline(const struct doctor_host *host, const char *name)
{
	size_t len = strlen(name), word;

	for (const char *at = host->cmdline; *at; at += word) {
		at += strspn(at, " \t");
		word = strcspn(at, " \t");
		/* What follows is the first process's. */
		if (word == 2 && !strncmp(at, "--", 2))
			return NULL;
		if (word < len || strncmp(at, name, len))
			continue;
		if (word == len)
			return alloc__text("");
		if (at[len] == '=') {
			char *value = strndup(at + len + 1, word - len - 1);

			if (!value)
				alloc__fail();
			return value;
		}
	}
	return NULL;
}

bool doctor_host__has(const struct doctor_host *host, const char *field, const char *flag)
{
	size_t len = strlen(field), flag_len = strlen(flag);

	for (const char *line = host->cpuinfo; *line && *line != '\n';
	     line += strcspn(line, "\n"), line += *line == '\n') {
		const char *end = line + strcspn(line, "\n");

		if (strncmp(line, field, len) || !strchr(" \t:", line[len]))
			continue;
		for (const char *at = line + len; (at = strstr(at, flag)) && at < end; at++)
			if (strchr(" \t:", at[-1]) && (at + flag_len == end || at[flag_len] == ' '))
				return true;
		return false;
	}
	return false;
}
