// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Profiles in pprof's format, gzipped protobuf (github.com/google/pprof, proto/profile.proto), for
 * `go tool pprof`, speedscope, Parca and Pyroscope. Of one host a sample has its instructions, so
 * that two files can be compared with -diff_base; of two hosts it has those of both, and the
 * difference.
 *
 * The tests decode it by protoc, from the fields' definition.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bench/base/protobuf.h"
#include "reports/formats/report.h"
#include "reports/views/stacks.h"

/* Numbers of the fields of profile.proto. */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE,
	PROFILE_MAPPING,
	PROFILE_LOCATION,
	PROFILE_FUNCTION,
	PROFILE_STRING,
	PROFILE_COMMENT = 13,
	PROFILE_DEFAULT_TYPE = 14
};
enum { TYPE_TYPE = 1, TYPE_UNIT };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE };
enum { LOCATION_ID = 1, LOCATION_LINE = 4 };
enum { LINE_FUNCTION = 1, LINE_NUMBER };
enum { FUNCTION_ID = 1, FUNCTION_NAME, FUNCTION_SYSTEM_NAME, FUNCTION_FILE, FUNCTION_START_LINE };

struct profile {
	struct protobuf out;
	json_t *strings;   /* from text to number; those that are written already */
	json_t *functions; /* from name to number; a function has one location, its own number */
	bool two;
};

static int64_t string(struct profile *p, const char *text)
{
	json_t *known = json_object_get(p->strings, text);
	json_int_t number = (json_int_t)json_object_size(p->strings);

	if (known)
		return json_integer_value(known);
	json_object_set_new(p->strings, text, json_integer(number));
	protobuf__bytes(&p->out, PROFILE_STRING, text, strlen(text));
	return number;
}

static void sample_type(struct profile *p, const char *type)
{
	struct protobuf m = { NULL };

	protobuf__number(&m, TYPE_TYPE, string(p, type));
	protobuf__number(&m, TYPE_UNIT, string(p, "count"));
	protobuf__message(&p->out, PROFILE_SAMPLE_TYPE, &m);
}

static uint64_t location(struct profile *p, const struct stack_frame *frame)
{
	const char *name = frame->name;
	json_t *known = json_object_get(p->functions, name);
	json_int_t number = (json_int_t)json_object_size(p->functions) + 1;
	struct protobuf function = { NULL }, place = { NULL }, line = { NULL };

	if (known)
		return (uint64_t)json_integer_value(known);
	json_object_set_new(p->functions, name, json_integer(number));
	protobuf__number(&function, FUNCTION_ID, number);
	protobuf__number(&function, FUNCTION_NAME, string(p, name));
	protobuf__number(&function, FUNCTION_SYSTEM_NAME, string(p, name));
	if (*frame->file) {
		protobuf__number(&function, FUNCTION_FILE, string(p, frame->file));
		protobuf__number(&function, FUNCTION_START_LINE, frame->line);
		protobuf__number(&line, LINE_NUMBER, frame->line);
	}
	protobuf__message(&p->out, PROFILE_FUNCTION, &function);
	protobuf__number(&line, LINE_FUNCTION, number);
	protobuf__number(&place, LOCATION_ID, number);
	protobuf__message(&place, LOCATION_LINE, &line);
	protobuf__message(&p->out, PROFILE_LOCATION, &place);
	return (uint64_t)number;
}

static void put_sample(const struct stack_frame *frame, void *arg)
{
	struct profile *p = arg;
	struct protobuf m = { NULL };

	if (!frame->self[0] && !frame->self[1])
		return;
	/* The innermost first. */
	for (const struct stack_frame *f = frame; f; f = f->parent)
		protobuf__number(&m, SAMPLE_LOCATION, (int64_t)location(p, f));
	if (p->two)
		protobuf__number(&m, SAMPLE_VALUE, frame->self[0]);
	protobuf__number(&m, SAMPLE_VALUE, frame->self[1]);
	if (p->two)
		protobuf__number(&m, SAMPLE_VALUE, frame->self[1] - frame->self[0]);
	protobuf__message(&p->out, PROFILE_SAMPLE, &m);
}

static void put_profile(struct profile *p, const struct stacks *stacks)
{
	char comment[512];

	string(p, ""); /* has to be the first */
	p->two = stacks->two;
	if (p->two) {
		sample_type(p, "base");
		sample_type(p, "new");
		sample_type(p, "difference");
		protobuf__number(&p->out, PROFILE_DEFAULT_TYPE, string(p, "difference"));
	} else {
		sample_type(p, "instructions");
	}
	snprintf(comment, sizeof(comment), "hvbench lab trace: %.60s in %.60s, %.120s%s%.120s",
		 *stacks->what ? stacks->what : "exits", stacks->lane, stacks->names[0],
		 p->two ? " and " : "", stacks->names[1]);
	protobuf__number(&p->out, PROFILE_COMMENT, string(p, comment));
	stacks__each(stacks, put_sample, p);
}

/* The same bytes for the same profile: no time, no name. */
static int put_gzipped(const struct protobuf *m, FILE *out)
{
	z_stream z = { .next_in = m->bytes, .avail_in = (uInt)m->len };
	unsigned char chunk[4096];
	int done;

	/* 16: with gzip's header. */
	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	do {
		z.next_out = chunk;
		z.avail_out = sizeof(chunk);
		done = deflate(&z, Z_FINISH);
		fwrite(chunk, 1, sizeof(chunk) - z.avail_out, out);
	} while (done == Z_OK);
	deflateEnd(&z);
	if (done != Z_STREAM_END)
		return -EIO;
	return fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

static int render(enum show what, const json_t *doc, FILE *out, const struct report_options *opts)
{
	struct profile p = { .strings = json_object(), .functions = json_object() };
	struct stacks stacks;
	int code = stacks__read(&stacks, doc);

	(void)what;
	(void)opts;
	if (!code)
		put_profile(&p, &stacks);
	stacks__free(&stacks);
	if (!code)
		code = put_gzipped(&p.out, out);
	free(p.out.bytes);
	json_decref(p.strings);
	json_decref(p.functions);
	return code;
}

DEFINE_RENDERER(pprof) = {
	.name = "pprof",
	.what = "gzipped protobuf, for go tool pprof, speedscope and Parca",
	.endings = ".pb.gz .pprof",
	.order = 63,
	.shows = SHOW_STACKS | SHOW_STACKS_OF_TWO,
	.render = render,
};
