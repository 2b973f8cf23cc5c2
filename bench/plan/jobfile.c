// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Job files: see jobfile.h. inih splits KEY = VALUE lines; they reach it one by one through a reader
 * of ours, which counts them, since inih's handlers are not told where they are, and takes section
 * headers itself, since inih reports none that has no keys.
 */
#include "bench/plan/jobfile.h"

#include <errno.h>
#include <ini.h>
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
	struct line asked; /* the line inih has to call take_key() for, else len is 0 */
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

/* The next line without its end, and without what is blank around it. */
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

		if (strlen(s->name) == name.len && !memcmp(s->name, name.text, name.len))
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

static void check_answered(struct parser *p)
{
	if (p->asked.len && !p->failed)
		fail(p, "'%.*s' is neither KEY = VALUE nor a [section]",
		     (int)(p->asked.len < 60 ? p->asked.len : 60), p->asked.text);
}

/* inih's reader, called like fgets(). It gets an empty line for whatever is not KEY = VALUE. */
static char *read_line(char *buf, int size, void *user)
{
	struct parser *p = user;
	struct line l;

	check_answered(p);
	if (p->failed || p->rest == p->end)
		return NULL;
	strcpy(buf, "\n");
	l = take_line(p);
	if (check_text(p, l))
		return NULL;
	if (!l.len || l.text[0] == ';' || l.text[0] == '#')
		return buf;
	if (l.text[0] == '[')
		return take_section(p, l) ? NULL : buf;
	if (l.len + 2 > (size_t)size) {
		fail(p, "the line is longer than %d bytes", size - 2);
		return NULL;
	}
	p->asked = l;
	memcpy(buf, l.text, l.len);
	strcpy(buf + l.len, "\n");
	return buf;
}

static int add_key(struct parser *p, struct job_section *section, const char *name,
		   const char *value)
{
	struct job_key *keys, key = { .line = p->line_number };

	keys = reallocarray(section->keys, section->nr_keys + 1, sizeof(*keys));
	if (!keys)
		return no_memory(p);
	section->keys = keys;
	key.name = strdup(name);
	key.value = strdup(value);
	if (!key.name || !key.value) {
		free(key.name);
		free(key.value);
		return no_memory(p);
	}
	keys[section->nr_keys++] = key;
	return 0;
}

/* inih's handler. Its sections are not used: they are cut to 50 bytes. */
static int take_key(void *user, const char *inih_section, const char *name, const char *value)
{
	struct parser *p = user;
	struct job_section *section = current_section(p);

	(void)inih_section;
	if (p->failed || !name)
		return 1;
	p->asked.len = 0;
	if (!name[0])
		fail(p, "a value without a key before the =");
	else if (!section)
		fail(p, "'%.64s' stands before any section: put it under [global] or a workload's",
		     name);
	else if (!value || !value[0])
		fail(p, "'%.64s' has no value", name);
	else if (section->nr_keys == JOBFILE_MAX_KEYS)
		fail(p, "more than %d keys in section [%s]", JOBFILE_MAX_KEYS, section->name);
	for (size_t i = 0; !p->failed && i < section->nr_keys; i++) {
		if (!strcmp(section->keys[i].name, name) && strcmp(name, JOBFILE_REPEATABLE))
			fail(p, "'%.64s' was set already on line %u", name, section->keys[i].line);
	}
	if (!p->failed)
		add_key(p, section, name, value);
	return 1;
}

int jobfile__parse(struct jobfile *job, const char *name, const char *text, size_t len,
		   struct error *err)
{
	struct parser p = { .job = job, .err = err, .rest = text, .end = text + len };
	int ret;

	*job = (struct jobfile){ 0 };
	snprintf(job->name, sizeof(job->name), "%s", name);
	if (len > JOBFILE_MAX_BYTES)
		return error__set(err, -EBADMSG, "%s: larger than %u KiB: is this a job file?",
				  job->name, JOBFILE_MAX_BYTES >> 10);
	ret = ini_parse_stream(read_line, &p, take_key, &p);
	check_answered(&p);
	if (ret == -2)
		no_memory(&p);
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
	/* The file is not to blame for everything. */
	if (err && err->code == -ENOMEM)
		return -ENOMEM;
	if (err)
		err->code = -EBADMSG;
	return -EBADMSG;
}
