// SPDX-License-Identifier: GPL-2.0-or-later
/* Command lines on their way into an emulated host; see cmdline.h. */
#include "bench/lab/cmdline.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

int cmdline__check(const char *cmdline, size_t room, const char *who, struct error *err)
{
	size_t len = strlen(cmdline);

	return len < room ? 0 :
			    error__set(err, -E2BIG,
				       "the command line is of %zu bytes with what the lab adds, "
				       "and %s reads %zu of one: shorten --cmdline",
				       len, who, room - 1);
}

/* Where a word ends: blanks within quotes belong to it, as in the kernel's parser. */
static size_t word_length(const char *word)
{
	bool quoted = false;
	size_t n = 0;

	for (; word[n] && (quoted || word[n] != ' '); n++)
		quoted ^= word[n] == '"';
	return n;
}

/*
 * Whether all quotes of a word are a single pair, around the word or around the part after its
 * first '='.
 */
static bool is_plainly_quoted(const char *word, size_t len)
{
	const char *first = memchr(word, '"', len), *equals = memchr(word, '=', len);

	return first && (first == word || first == equals + 1) && len > 1 && word[len - 1] == '"' &&
	       memchr(first + 1, '"', len) == word + len - 1;
}

int cmdline__for_grub(const char *cmdline, char *out, size_t len, struct error *err)
{
	size_t n = 0;

	for (const char *p = cmdline; *p; p++)
		if (strchr("'\\", *p) || (unsigned char)*p < ' ' || *p == 0x7f)
			return error__set(err, -EINVAL,
					  "the boot loader of lane vmx would change %s in a "
					  "command line: lane svm takes it as it is",
					  (unsigned char)*p < ' ' || *p == 0x7f ?
						  "a control character" :
					  *p == '\\' ? "a backslash" :
						       "a single quote");
	for (const char *p = cmdline + strspn(cmdline, " "); *p; p += strspn(p, " ")) {
		size_t word = word_length(p);

		if (memchr(p, '"', word) && !is_plainly_quoted(p, word))
			return error__set(err, -EINVAL,
					  "the boot loader of lane vmx would change the quotes in "
					  "%.*s: it keeps NAME=\"VALUE\" only",
					  (int)word, p);
		if (n + word + 4 > len)
			return error__set(err, -E2BIG,
					  "the command line is too long for the boot loader");
		if (n)
			out[n++] = ' ';
		out[n++] = '\'';
		for (size_t i = 0; i < word; i++)
			if (p[i] != '"')
				out[n++] = p[i];
		out[n++] = '\'';
		p += word;
	}
	out[n] = '\0';
	return 0;
}

char *cmdline__for_qemu(const char *text, char *out, size_t len)
{
	size_t n = 0;

	for (; *text && n + 3 < len; text++) {
		out[n++] = *text;
		if (*text == ',')
			out[n++] = ',';
	}
	out[n] = '\0';
	return out;
}
