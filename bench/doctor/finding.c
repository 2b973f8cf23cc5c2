// SPDX-License-Identifier: GPL-2.0-or-later
/* What a check has found; see finding.h. */
#include "bench/doctor/doctor.h"
#include "bench/doctor/doctor_host.h"
#include "bench/doctor/finding.h"
#include "bench/doctor/proof.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/cpus.h"
#include "bench/base/json.h"
#include "bench/host/files.h"

#define MAX_PATH 512
/* A value is shown in a line; what is longer is no setting. */
#define MAX_VALUE 400

const char *const doctor_goals[] = { "latency",	  "throughput",	  "density",
				     "isolation", "benchmarking", NULL };
const char *const doctor_outcomes[] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_ADVICE] = "advice",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_CONTRADICTS] = "contradicts",
	[DOCTOR_NOT_APPLICABLE] = "not-applicable",
	[DOCTOR_UNREADABLE] = "unreadable",
};

static json_t *note_text(struct finding *f, const char *what, const char *text)
{
	char *value = alloc__text(text);
	json_t *safe, *one;

	if (strlen(value) > MAX_VALUE)
		strcpy(value + MAX_VALUE, "...");
	safe = json__text(value);
	one = json_pack("{s:o, s:o}", "what", json__text(what), "value", safe);
	json_array_append_new(f->found, one);
	free(value);
	return one;
}

static char *read_at(struct finding *f, const char *path)
{
	char *text = host_file__read(f->host->root, "%s", path);

	if (text)
		note_text(f, path, text);
	else if (host_file__exists(f->host->root, "%s", path))
		finding__unread(f, "%s may not be read%s", path,
				f->host->is_root ? "" : " without root");
	return text;
}

#define PATH_OF(path, fmt) \
	do { \
		va_list args_; \
		va_start(args_, fmt); \
		vsnprintf(path, sizeof(path), fmt, args_); \
		va_end(args_); \
	} while (0)

char *finding__text(struct finding *f, const char *fmt, ...)
{
	char path[MAX_PATH];

	PATH_OF(path, fmt);
	return read_at(f, path);
}

bool finding__number(struct finding *f, int64_t *value, const char *fmt, ...)
{
	char path[MAX_PATH], *text, *end;
	bool good;

	PATH_OF(path, fmt);
	text = read_at(f, path);
	if (!text)
		return false;
	*value = strtoll(text, &end, 0);
	good = end != text && (!*end || isspace((unsigned char)*end));
	if (!good)
		finding__unread(f, "%s does not read as a number", path);
	free(text);
	return good;
}

int finding__bool(struct finding *f, const char *fmt, ...)
{
	char path[MAX_PATH], *text;
	int value = -1;

	PATH_OF(path, fmt);
	text = read_at(f, path);
	if (!text)
		return -1;
	if (!strcmp(text, "1") || !strcmp(text, "Y"))
		value = 1;
	else if (!strcmp(text, "0") || !strcmp(text, "N"))
		value = 0;
	else
		finding__unread(f, "%s reads neither as yes nor as no", path);
	free(text);
	return value;
}

char *finding__choice(struct finding *f, const char *fmt, ...)
{
	char path[MAX_PATH], *text, *begin, *end;

	PATH_OF(path, fmt);
	text = host_file__read(f->host->root, "%s", path);
	begin = text ? strchr(text, '[') : NULL;
	end = begin ? strchr(begin, ']') : NULL;
	if (!end) {
		free(text);
		text = read_at(f, path);
		if (text)
			finding__unread(f, "%s has no choice in brackets", path);
		free(text);
		return NULL;
	}
	*end = '\0';
	memmove(text, begin + 1, strlen(begin + 1) + 1);
	note_text(f, path, text);
	return text;
}

static json_t *note_args(struct finding *f, const char *what, const char *fmt, va_list args)
{
	json_t *one;
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		alloc__fail();
	one = note_text(f, what, text);
	free(text);
	return one;
}

void finding__note(struct finding *f, const char *what, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note_args(f, what, fmt, args);
	va_end(args);
}

void finding__count(struct finding *f, const char *what, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	json_object_set_new(note_args(f, what, fmt, args), "counted", json_true());
	va_end(args);
}

void finding__unread(struct finding *f, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	json_array_append_new(f->unread, json_vsprintf(fmt, args));
	va_end(args);
}

void finding__not_applicable(struct finding *f, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	json_decref(f->not_applicable);
	f->not_applicable = json_vsprintf(fmt, args);
	va_end(args);
}

static json_t *names_of(unsigned int goals)
{
	json_t *names = json_array();

	for (unsigned int i = 0; i < NR_GOALS; i++)
		if (goals & 1u << i)
			json_array_append_new(names, json_string(doctor_goals[i]));
	return names;
}

static unsigned int goals_of(const json_t *names)
{
	unsigned int goals = 0;
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
		for (unsigned int k = 0; k < NR_GOALS; k++)
			if (!strcmp(json_string_value(name), doctor_goals[k]))
				goals |= 1u << k;
	return goals;
}

void finding__say(struct finding *f, enum doctor_outcome outcome, unsigned int goals,
		  const char *fmt, ...)
{
	va_list args;
	json_t *text;

	va_start(args, fmt);
	text = json_vsprintf(fmt, args);
	va_end(args);
	json_array_append_new(f->advice,
			      json_pack("{s:s, s:o, s:o}", "outcome", doctor_outcomes[outcome],
					"goals", names_of(goals), "text", text));
}

char *finding__list_cpus(const struct cpus *cpus)
{
	int first = -1, last = -1, cpu;
	size_t len;
	char *text;
	FILE *out = alloc__stream(&text, &len);

	for (unsigned int i = 0; (cpu = cpus__nth(cpus, i)) >= 0; i++) {
		if (first >= 0 && cpu == last + 1) {
			last = cpu;
			continue;
		}
		if (first >= 0)
			fprintf(out, last > first ? "%d-%d," : "%d,", first, last);
		first = last = cpu;
	}
	if (first >= 0)
		fprintf(out, last > first ? "%d-%d" : "%d", first, last);
	alloc__close_stream(out);
	return text;
}

struct by_cpu {
	const char *file;
	json_t *values;
	unsigned int denied;
};

static void visit_cpu(const char *root, const char *name, void *arg)
{
	struct by_cpu *by = arg;
	json_t *list;
	char *text;

	if (!isdigit((unsigned char)name[3]))
		return;
	text = host_file__read(root, "/sys/devices/system/cpu/%s/%s", name, by->file);
	if (!text) {
		by->denied +=
			host_file__exists(root, "/sys/devices/system/cpu/%s/%s", name, by->file);
		return;
	}
	list = json_object_get(by->values, text);
	if (!list) {
		list = json_array();
		/* Of any bytes: what is no UTF-8 is no setting, and is left out. */
		json_object_set_new(by->values, text, list);
	}
	json_array_append_new(list, json_integer(strtol(name + 3, NULL, 10)));
	free(text);
}

json_t *finding__by_cpu(struct finding *f, const char *what, const char *file)
{
	struct by_cpu by = { .file = file, .values = json_object() };
	struct cpus *cpus = alloc__need(sizeof(*cpus));
	const char *value;
	json_t *list, *cpu;
	size_t i;

	host_file__each(f->host->root, "/sys/devices/system/cpu", "cpu", visit_cpu, &by);
	if (by.denied)
		finding__unread(f, "%s may not be read%s", what,
				f->host->is_root ? "" : " without root");
	json_object_foreach(by.values, value, list) {
		char *text;

		cpus__clear(cpus);
		json_array_foreach(list, i, cpu)
			if (json_integer_value(cpu) < CPUS_MAX)
				cpus__add(cpus, (unsigned int)json_integer_value(cpu));
		text = finding__list_cpus(cpus);
		finding__note(f, what, "%s: CPU%s %s", value, json_array_size(list) > 1 ? "s" : "",
			      text);
		free(text);
	}
	free(cpus);
	return by.values;
}

static enum doctor_outcome outcome_by_name(const char *name)
{
	for (unsigned int i = 0; i < NR_OUTCOMES; i++)
		if (!strcmp(doctor_outcomes[i], name))
			return (enum doctor_outcome)i;
	return DOCTOR_OK;
}

static enum doctor_outcome worst_for(const struct finding *f, unsigned int goals)
{
	enum doctor_outcome worst = DOCTOR_OK, one;
	const json_t *advice;
	size_t i;

	json_array_foreach(f->advice, i, advice) {
		if (!(goals_of(json_object_get(advice, "goals")) & goals))
			continue;
		one = outcome_by_name(json_string_value(json_object_get(advice, "outcome")));
		if (one > worst)
			worst = one;
	}
	return worst;
}

/* What was read counts, even where something else may not be. */
enum doctor_outcome finding__outcome(const struct finding *f)
{
	enum doctor_outcome worst = worst_for(f, f->host->goals);

	if (f->not_applicable)
		return DOCTOR_NOT_APPLICABLE;
	if (worst == DOCTOR_OK && json_array_size(f->unread))
		return DOCTOR_UNREADABLE;
	if (!json_array_size(f->found) && !json_array_size(f->advice))
		return DOCTOR_NOT_APPLICABLE;
	if (!(f->check->goals & f->host->goals))
		return DOCTOR_NOT_APPLICABLE;
	return worst;
}

static json_t *why_of(const struct finding *f, enum doctor_outcome outcome)
{
	const struct doctor_check *c = f->check;

	if (outcome == DOCTOR_UNREADABLE ||
	    (outcome != DOCTOR_NOT_APPLICABLE && json_array_size(f->unread))) {
		json_t *all = json_string(""), *longer, *one;
		size_t i;

		json_array_foreach(f->unread, i, one) {
			longer = json_sprintf("%s%s%s", json_string_value(all), i ? "; " : "",
					      json_string_value(one));
			json_decref(all);
			all = longer;
		}
		return all;
	}
	if (outcome != DOCTOR_NOT_APPLICABLE)
		return json_null();
	if (f->not_applicable)
		return json_incref(f->not_applicable);
	if (!json_array_size(f->found) && !json_array_size(f->advice))
		return json_sprintf("there is no %s here", c->where);
	return json_string("it matters for none of the goals that were asked for");
}

static json_t *sources_of(const struct doctor_check *check)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < DOCTOR_SOURCES_MAX && check->sources[i].by; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "by", check->sources[i].by,
						      "date", check->sources[i].date));
	return list;
}

/* For each goal of the check how it is judged. */
static json_t *judged_of(const struct finding *f, enum doctor_outcome outcome)
{
	bool known = outcome != DOCTOR_NOT_APPLICABLE && outcome != DOCTOR_UNREADABLE;
	json_t *judged = json_object();

	for (unsigned int i = 0; i < NR_GOALS && known; i++)
		if (f->check->goals & 1u << i)
			json_object_set_new(judged, doctor_goals[i],
					    json_string(doctor_outcomes[worst_for(f, 1u << i)]));
	return judged;
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* The command that shows whether it is true on this host, a new string; null: there is none. */
static json_t *proof_of(const struct doctor_check *check, const char *root)
{
	const struct doctor_proof *p = check->prove;

	if (p)
		return json_sprintf("hvbench run -w %s%s%s --ab %s %s%s", p->workloads,
				    p->config ? " --config " : "", p->config ?: "",
				    doctor_proof__side(p, root, 0), doctor_proof__side(p, root, 1),
				    p->apart ? " --apart" : "");
	return check->proof ? json_sprintf("hvbench run %s", check->proof) : json_null();
}

json_t *finding__json(const struct finding *f)
{
	enum doctor_outcome outcome = finding__outcome(f);
	const struct doctor_check *c = f->check;

	return json_pack("{s:s, s:s, s:s, s:O, s:O, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "id", c->id, "title", c->title, "outcome", doctor_outcomes[outcome],
			 "found", f->found, "advice", f->advice, "judged", judged_of(f, outcome),
			 "why", why_of(f, outcome), "where", c->where, "goals", names_of(c->goals),
			 "sources", sources_of(c), "contested", text_or_null(c->contested), "proof",
			 proof_of(c, f->host->root), "no_proof", text_or_null(c->no_proof),
			 "root_adds",
			 f->host->is_root || f->not_applicable ? json_null() :
								 text_or_null(c->root_adds));
}

void finding__init(struct finding *f, const struct doctor_host *host,
		   const struct doctor_check *check)
{
	*f = (struct finding){ .host = host,
			       .check = check,
			       .found = json_array(),
			       .advice = json_array(),
			       .unread = json_array() };
}

void finding__destroy(struct finding *f)
{
	json_decref(f->found);
	json_decref(f->advice);
	json_decref(f->unread);
	json_decref(f->not_applicable);
}
