// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Job files: see jobfile.h. They are not read by inih, which accepts lines of at most 198 bytes,
 * cuts section names to 50, does not report sections without keys, and does not give line numbers.
 */
#include "bench/plan/jobfile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/utf8.h"

struct line {
	const char *text;
	size_t len;
};

struct parser {
	struct jobfile *job;
	struct error *err;
	const char *rest, *end;
	unsigned int line_number;
	int failed;
};

static int fail(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct parser *p, const char *fmt, ...)
{
	char reason[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	error__set(p->err, -EBADMSG, "%s", reason);
	p->failed = jobfile__locate(p->job, p->line_number, p->err);
	return p->failed;
}

static int no_memory(struct parser *p)
{
	p->failed =
		error__set(p->err, -ENOMEM, "no memory to read the job file '%s'", p->job->name);
	return p->failed;
}

static struct job_section *current_section(struct parser *p)
{
	return p->job->nr_sections ? &p->job->sections[p->job->nr_sections - 1] : NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct line trim(struct line l)
{
	for (; l.len && is_blank(l.text[0]); l.text++)
		l.len--;
	while (l.len && is_blank(l.text[l.len - 1]))
		l.len--;
	return l;
}

/* The next line, without its end and without blanks around it. */
static struct line take_line(struct parser *p)
{
	const char *newline = memchr(p->rest, '\n', (size_t)(p->end - p->rest));
	struct line l = { p->rest, (size_t)((newline ? newline : p->end) - p->rest) };

	p->rest = newline ? newline + 1 : p->end;
	if (!p->line_number++ && l.len >= 3 && !memcmp(l.text, "\xef\xbb\xbf", 3)) {
		l.text += 3;
		l.len -= 3;
	}
	return trim(l);
}

static bool is_same(const char *text, struct line l)
{
	return strlen(text) == l.len && !memcmp(text, l.text, l.len);
}

/* How much of a name a message shows. */
static int shown(struct line l)
{
	return (int)(l.len < 64 ? l.len : 64);
}

static int check_text(struct parser *p, struct line l)
{
	uint32_t codepoint;

	for (size_t i = 0; i < l.len;) {
		size_t used = utf8__decode(l.text + i, l.len - i, &codepoint);

		if (codepoint == UTF8_INVALID)
			return fail(p, "byte 0x%02x is not UTF-8: is this a job file?",
				    (unsigned char)l.text[i]);
		if (codepoint != '\t' && utf8__is_unsafe(codepoint))
			return fail(p, "control character U+%04X: is this a job file?", codepoint);
		i += used;
	}
	return 0;
}

static int add_section(struct parser *p, struct line name)
{
	struct jobfile *job = p->job;
	struct job_section *sections;

	if (!name.len)
		return fail(p, "a section without a name: write [WORKLOAD] or [global]");
	if (name.len >= JOBFILE_NAME_BYTES)
		return fail(p, "the section's name is longer than %d characters",
			    JOBFILE_NAME_BYTES - 1);
	if (job->nr_sections == JOBFILE_MAX_SECTIONS)
		return fail(p, "more than %d sections", JOBFILE_MAX_SECTIONS);
	for (size_t i = 0; i < job->nr_sections; i++) {
		const struct job_section *s = &job->sections[i];

		if (is_same(s->name, name))
			return fail(p, "section [%s] was there already on line %u%s", s->name,
				    s->line,
				    !strcmp(s->name, "global") ?
					    "" :
					    ": give this one another name and workload=NAME");
	}
	sections = reallocarray(job->sections, job->nr_sections + 1, sizeof(*sections));
	if (!sections)
		return no_memory(p);
	job->sections = sections;
	sections[job->nr_sections] = (struct job_section){ .line = p->line_number };
	memcpy(sections[job->nr_sections++].name, name.text, name.len);
	return 0;
}

static int take_section(struct parser *p, struct line l)
{
	const char *close = memchr(l.text, ']', l.len);
	struct line name, after;

	if (!close)
		return fail(p, "a section's closing ] is missing");
	name = trim((struct line){ l.text + 1, (size_t)(close - l.text) - 1 });
	after = trim((struct line){ close + 1, (size_t)(l.text + l.len - close) - 1 });
	if (after.len && after.text[0] != ';' && after.text[0] != '#')
		return fail(p, "text after the section's ]: keys go on lines of their own");
	return add_section(p, name);
}

static int add_key(struct parser *p, struct job_section *section, struct line name,
		   struct line value)
{
	struct job_key *keys, key = { .line = p->line_number };

	keys = reallocarray(section->keys, section->nr_keys + 1, sizeof(*keys));
	if (!keys)
		return no_memory(p);
	section->keys = keys;
	key.name = strndup(name.text, name.len);
	key.value = strndup(value.text, value.len);
	if (!key.name || !key.value) {
		free(key.name);
		free(key.value);
		return no_memory(p);
	}
	keys[section->nr_keys++] = key;
	return 0;
}

/* A ';' after a blank begins a comment. */
static struct line without_comment(struct line l)
{
	for (size_t i = 1; i < l.len; i++) {
		if (l.text[i] == ';' && is_blank(l.text[i - 1]))
			l.len = i;
	}
	return trim(l);
}

static int take_key(struct parser *p, struct line whole)
{
	struct line l = without_comment(whole), key = { l.text, 0 }, value;
	struct job_section *section = current_section(p);

	while (key.len < l.len && !strchr("=:", key.text[key.len]))
		key.len++;
	if (key.len == l.len)
		return fail(p, "'%.*s' is neither KEY = VALUE nor a [section]", shown(whole),
			    whole.text);
	value = trim((struct line){ l.text + key.len + 1, l.len - key.len - 1 });
	key = trim(key);
	if (!key.len)
		return fail(p, "a value without a key before the =");
	if (!section)
		return fail(
			p,
			"'%.*s' stands before any section: put it under [global] or a workload's",
			shown(key), key.text);
	if (!value.len)
		return fail(p, "'%.*s' has no value", shown(key), key.text);
	if (section->nr_keys == JOBFILE_MAX_KEYS)
		return fail(p, "more than %d keys in section [%s]", JOBFILE_MAX_KEYS,
			    section->name);
	for (size_t i = 0; i < section->nr_keys; i++) {
		const struct job_key *known = &section->keys[i];

		if (is_same(known->name, key) && strcmp(known->name, JOBFILE_REPEATABLE))
			return fail(p, "'%.*s' was set already on line %u", shown(key), key.text,
				    known->line);
	}
	return add_key(p, section, key, value);
}

static int take_next(struct parser *p)
{
	struct line l = take_line(p);

	if (check_text(p, l))
		return p->failed;
	if (!l.len || l.text[0] == ';' || l.text[0] == '#')
		return 0;
	return l.text[0] == '[' ? take_section(p, l) : take_key(p, l);
}

int jobfile__parse(struct jobfile *job, const char *name, const char *text, size_t len,
		   struct error *err)
{
	struct parser p = { .job = job, .err = err, .rest = text, .end = text + len };

	*job = (struct jobfile){ 0 };
	snprintf(job->name, sizeof(job->name), "%s", name);
	if (len > JOBFILE_MAX_BYTES)
		return error__set(err, -EBADMSG, "%s: larger than %u KiB: is this a job file?",
				  job->name, JOBFILE_MAX_BYTES >> 10);
	while (!p.failed && p.rest < p.end)
		take_next(&p);
	if (p.failed)
		jobfile__free(job);
	return p.failed;
}

int jobfile__read(struct jobfile *job, const char *path, struct error *err)
{
	char *text = malloc(JOBFILE_MAX_BYTES + 1);
	FILE *file = NULL;
	size_t len;
	int ret;

	if (!text)
		return error__set(err, -ENOMEM, "no memory to read the job file '%.256s'", path);
	file = fopen(path, "re");
	if (!file)
		goto fail;
	errno = 0;
	len = fread(text, 1, JOBFILE_MAX_BYTES + 1, file);
	if (ferror(file))
		goto fail;
	ret = jobfile__parse(job, path, text, len, err);
	goto out;
fail:
	ret = errno ? -errno : -EIO;
	error__set(err, ret, "cannot read the job file '%.256s': %s", path, strerror(-ret));
out:
	if (file)
		fclose(file);
	free(text);
	return ret;
}

void jobfile__free(struct jobfile *job)
{
	for (size_t i = 0; i < job->nr_sections; i++) {
		struct job_section *section = &job->sections[i];

		for (size_t k = 0; k < section->nr_keys; k++) {
			free(section->keys[k].name);
			free(section->keys[k].value);
		}
		free(section->keys);
	}
	free(job->sections);
	*job = (struct jobfile){ 0 };
}

int jobfile__locate(const struct jobfile *job, unsigned int line, struct error *err)
{
	error__prefix(err, "%s:%u", job->name, line);
	/* Running out of memory is not the file's fault. */
	if (err && err->code == -ENOMEM)
		return -ENOMEM;
	if (err)
		err->code = -EBADMSG;
	return -EBADMSG;
}
