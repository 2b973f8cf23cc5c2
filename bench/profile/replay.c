// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads recordings. Every number is checked against what it is to be an index of or a length in;
 * memory is taken for what the file has, not for what it says.
 */
#include "bench/profile/replay.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "bench/base/alloc.h"
#include "bench/base/clean_text.h"
#include "bench/profile/record.h"
#include "probes/exits_source.h"

#define MAX_STORED (RECORD_MAX_RAW + RECORD_MAX_RAW / 1000 + 64) /* deflate makes nothing longer */
#define MAX_SUMS   200000					 /* 8 KiB each */
#define NO_VCPU	   UINT32_MAX

struct name {
	unsigned int isa;
	uint32_t reason;
	char text[64];
};

struct replay {
	struct profile *p;
	char path[128]; /* for messages */
	FILE *in;
	const struct replay_hooks *hooks;
	struct profile_child child; /* stands for the command that was watched */
	struct replay_clocks clocks;
	/* the chunk */
	unsigned char *stored, *raw;
	const unsigned char *at, *end;
	uint64_t chunks;
	uint64_t last_ns;
	const char *bad; /* what is wrong; NULL: nothing */

	struct name names[RECORD_MAX_NAMES];
	unsigned int nr_names;
	uint32_t *vcpu_of; /* by number in the recording: in p->vcpus, or NO_VCPU */
	unsigned int nr_vcpus, nr_vms;
	enum exits_kind recorded_by;
	bool from_events; /* details that were not summed up */
	uint64_t clip_ns; /* of all sums, to keep them from overflowing */
	uint64_t lost_events;
	bool cut, ended;
	char note[256];
	struct exits_sum sum; /* being read: too large for the stack */
	struct exits_sum one; /* of a single exit */
};

/*
 * ---- items -----------------------------------------------------------------------------------
 */

static uint64_t get(struct replay *r)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		unsigned char byte;

		if (r->at == r->end)
			break;
		byte = *r->at++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	r->bad = "a number does not end";
	return 0;
}

static int64_t get_signed(struct replay *r)
{
	uint64_t value = get(r);

	return (int64_t)((value >> 1) ^ (0 - (value & 1)));
}

/* A number below `limit`. */
static uint32_t get_below(struct replay *r, uint64_t limit, const char *what)
{
	uint64_t value = get(r);

	if (value < limit)
		return (uint32_t)value;
	if (!r->bad)
		r->bad = what;
	return 0;
}

static const char *get_text(struct replay *r, size_t *len)
{
	const char *text;
	uint64_t n = get(r);

	if (r->bad || n > (size_t)(r->end - r->at)) {
		r->bad = "a text is longer than its chunk";
		*len = 0;
		return "";
	}
	text = (const char *)r->at;
	r->at += n;
	*len = (size_t)n;
	return text;
}

static json_t *get_json(struct replay *r)
{
	size_t len;
	const char *text = get_text(r, &len);
	json_t *json = r->bad ? NULL : json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(json)) {
		json_decref(json);
		r->bad = "a text that is to be JSON is none";
		return NULL;
	}
	return json;
}

/* Whoever made the file chose the text. */
static void copy_text(const json_t *object, const char *key, char *to, size_t room)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (text)
		clean_text(to, room, text, strlen(text));
	else
		*to = '\0';
}

static uint64_t number_at(const json_t *object, const char *key, uint64_t limit)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value < 0 ? 0 : (uint64_t)value > limit ? limit : (uint64_t)value;
}

static bool is_wanted(const struct replay *r, const struct vm_process *process)
{
	const struct profile_options *o = r->p->opts;
	bool wanted = !o->nr_pids && !o->nr_names;

	for (unsigned int i = 0; i < o->nr_pids; i++)
		wanted |= o->pids[i] == profile__number(process->pid);
	for (unsigned int i = 0; i < o->nr_names; i++)
		wanted |= vmname__is(&process->name, o->names[i]);
	return wanted;
}

static int take_vm(struct replay *r)
{
	struct vm_process process = { 0 };
	struct vm_name *n = &process.name;
	json_t *json = get_json(r);
	struct profile_vm *vm;

	if (!json)
		return 0;
	process.pid = (pid_t)json_integer_value(json_object_get(json, "pid"));
	process.nr_vms = (unsigned int)number_at(json, "vms", 1 << 20);
	process.nr_vcpus = (unsigned int)number_at(json, "vcpus", 1 << 20);
#define TEXT(key, field) copy_text(json, key, field, sizeof(field))
	TEXT("comm", process.comm);
	TEXT("vmm", n->vmm);
	TEXT("name", n->name);
	TEXT("uuid", n->uuid);
	TEXT("domain", n->domain);
	TEXT("pod", n->pod);
	TEXT("pod_uid", n->pod_uid);
	TEXT("container", n->container);
	TEXT("container_id", n->container_id);
#undef TEXT
	if (r->nr_vms++ == RECORD_MAX_VCPUS || profile__vm(r->p, process.pid))
		r->bad = "a VM is there twice";
	vm = !r->bad && is_wanted(r, &process) ? profile__add_vm(r->p, &process) : NULL;
	if (vm)
		vm->there_first = json_is_true(json_object_get(json, "there_first"));
	json_decref(json);
	return 0;
}

static int take_vcpu(struct replay *r)
{
	struct profile_vcpu vcpu = { 0 };

	if (r->nr_vcpus == RECORD_MAX_VCPUS) {
		r->bad = "there are too many vCPUs";
		return 0;
	}
	vcpu.tgid = (pid_t)get_signed(r);
	vcpu.tid = (pid_t)get_signed(r);
	vcpu.id = (int)get_signed(r);
	vcpu.kvm = get(r);
	vcpu.begin_ns = get(r);
	if (r->bad)
		return 0;
	r->vcpu_of[r->nr_vcpus++] = NO_VCPU;
	/* Of a VM that is not asked for. */
	if (!profile__vm(r->p, vcpu.tgid) || (r->p->opts->vcpu >= 0 && vcpu.id != r->p->opts->vcpu))
		return 0;
	if (!profile__add_vcpu(r->p, &vcpu))
		return -ENOMEM;
	r->vcpu_of[r->nr_vcpus - 1] = r->p->nr_vcpus - 1;
	return 0;
}

static int take_name(struct replay *r)
{
	struct name *name = &r->names[r->nr_names];
	const char *text;
	size_t len;

	if (r->nr_names == RECORD_MAX_NAMES) {
		r->bad = "there are too many names";
		return 0;
	}
	name->isa = get_below(r, 256, "a vendor is none");
	name->reason = get_below(r, 1ull << 32, "a reason is none");
	text = get_text(r, &len);
	if (r->bad)
		return 0;
	clean_text(name->text, sizeof(name->text), text, len);
	r->nr_names++;
	return 0;
}

static void name_sum(struct replay *r, struct exits_sum *s)
{
	*s->name = '\0';
	if (s->kind != EXITS_BY_REASON) {
		s->isa = 0;
		exits__detail_name(s->kind, s->key, s->name, sizeof(s->name));
		return;
	}
	for (unsigned int i = 0; i < r->nr_names; i++)
		if (r->names[i].isa == s->isa && r->names[i].reason == s->key)
			strcpy(s->name, r->names[i].text);
	if (!*s->name)
		r->bad = "a reason has no name";
}

/* Adds to the total, and to the interval where there are intervals. */
static int add_sum(struct replay *r, const struct exits_sum *s, unsigned int vcpu)
{
	struct profile *p = r->p;
	int64_t group = p->opts->by == PROFILE_BY_VCPU ? (int64_t)vcpu : p->vcpus[vcpu].tgid;
	int code = exits_profile__merge(&p->total, s, group);

	if (!code && p->opts->interval_s > 0)
		code = exits_profile__merge(&p->interval, s, group);
	if (!code && p->total.nr > MAX_SUMS)
		r->bad = "there are too many sums";
	return code;
}

static void take_buckets(struct replay *r, struct hist *h, unsigned int *top)
{
	unsigned int nr = get_below(r, EXITS_BUCKETS + 1, "a distribution is too long");
	uint64_t bucket = 0;

	for (unsigned int i = 0; i < nr && !r->bad; i++, bucket++) {
		uint64_t times;

		bucket += get_below(r, EXITS_BUCKETS, "a bucket is none");
		times = get(r);
		if (bucket >= EXITS_BUCKETS || times > 1ull << 32) {
			r->bad = "a bucket is none";
			return;
		}
		h->bucket[bucket] = times;
		h->count += times;
		*top = (unsigned int)bucket;
	}
}

static int take_sum(struct replay *r)
{
	uint32_t number = get_below(r, r->nr_vcpus, "a vCPU is not known"), place;
	struct exits_sum *s = &r->sum;
	struct profile_vcpu *vcpu;
	uint64_t end_ns;

	memset(s, 0, sizeof(*s));
	s->kind = (enum exits_kind)get_below(r, EXITS_NR_KINDS, "a kind is none");
	s->isa = get_below(r, 256, "a vendor is none");
	s->key = get(r);
	s->repeats = get(r);
	s->count = get(r);
	s->ns = get(r);
	s->off_ns = get(r);
	s->user_ns = get(r);
	s->user_off_ns = get(r);
	s->clip_ns = get_signed(r);
	s->max_ns = get(r);
	end_ns = get(r);
	take_buckets(r, &s->hist, &s->top);
	if (s->hist.count)
		s->hist.max = hist__high(s->top) < s->max_ns ? hist__high(s->top) : s->max_ns;
	if (s->clip_ns > INT64_MAX / 4 || s->clip_ns < -(INT64_MAX / 4))
		r->bad = "a time is too long";
	else
		r->clip_ns += (uint64_t)(s->clip_ns < 0 ? -s->clip_ns : s->clip_ns);
	if (!r->bad && r->clip_ns > INT64_MAX / 2)
		r->bad = "a time is too long";
	if (!r->bad)
		name_sum(r, s);
	place = r->bad ? NO_VCPU : r->vcpu_of[number];
	if (place == NO_VCPU)
		return 0;
	vcpu = &r->p->vcpus[place];
	if (s->kind == EXITS_BY_REASON) {
		vcpu->count += s->repeats ? 0 : s->count;
		vcpu->ns += s->ns + (uint64_t)s->clip_ns;
		vcpu->end_ns = end_ns;
	}
	return add_sum(r, s, place);
}

/* A detail that was only asked for now. */
static int add_detail(struct replay *r, const struct exits_event *e)
{
	struct exits_sum *s = &r->one;
	bool timed = e->kind == EXITS_EVENT_EXIT;
	unsigned int bucket = hist__bucket(e->ns);
	int code;

	if (bucket >= EXITS_BUCKETS)
		bucket = EXITS_BUCKETS - 1;
	s->kind = (enum exits_kind)e->detail_kind;
	s->key = e->detail;
	name_sum(r, s);
	s->count = 1;
	s->ns = s->max_ns = e->ns;
	s->user_ns = e->user_ns;
	s->user_off_ns = e->user_off_ns;
	s->off_ns = e->off_ns - e->user_off_ns;
	s->hist.count = s->hist.bucket[bucket] = timed;
	s->hist.max = e->ns;
	s->top = bucket;
	code = add_sum(r, s, e->slot);
	s->hist.bucket[bucket] = 0;
	return code;
}

static int take_event(struct replay *r, enum exits_event_kind kind, unsigned int flags)
{
	uint32_t place, number = get_below(r, r->nr_vcpus, "a vCPU is not known");
	struct exits_event e = { .kind = (__u8)kind, .missed = !!(flags & RECORD_MISSED) };
	const char *reason = "";

	r->last_ns += (uint64_t)get_signed(r);
	e.time_ns = r->last_ns;
	if (kind != EXITS_EVENT_MOMENT)
		e.ns = get(r);
	if (kind == EXITS_EVENT_OFF_CPU) {
		e.off_ns = get(r);
	} else {
		uint32_t name = get_below(r, r->nr_names, "a name is not known");

		e.isa = (__u8)r->names[name].isa;
		e.reason = r->names[name].reason;
		reason = r->names[name].text;
		if (flags & RECORD_OFF)
			e.off_ns = get(r);
		if (flags & RECORD_USER) {
			e.user_ns = get(r);
			e.user_off_ns = get(r);
		}
		if (flags & RECORD_DETAIL) {
			e.detail_kind = (__u8)get_below(r, EXITS_NR_KINDS, "a kind is none");
			e.detail = get(r);
			e.detail = e.detail >> 2 | e.detail << 62;
		}
		if (flags & RECORD_RIP)
			e.rip = get(r);
	}
	if (e.time_ns < r->p->begin_ns / 2 || e.ns > e.time_ns || e.off_ns > e.ns ||
	    e.user_off_ns > e.off_ns || e.user_ns > e.ns - e.user_off_ns)
		r->bad = r->bad ?: "the parts of a time are longer than it";
	place = r->bad ? NO_VCPU : r->vcpu_of[number];
	if (place == NO_VCPU)
		return 0;
	e.slot = place;
	e.tgid = (__u32)r->p->vcpus[place].tgid;
	e.tid = (__u32)r->p->vcpus[place].tid;
	e.vcpu_id = r->p->vcpus[place].id;
	if (r->from_events && e.detail_kind == profile__kind(r->p) && add_detail(r, &e))
		return -ENOMEM;
	return r->hooks->event ? r->hooks->event(r->p, &e, reason, r->hooks->ctx) : 0;
}

static int take_collected(struct replay *r)
{
	struct profile *p = r->p;
	uint64_t now = get(r), lost = get(r);
	int code;

	if (!r->bad && now < p->now_ns)
		r->bad = "time goes back";
	if (r->bad)
		return 0;
	p->now_ns = now;
	r->lost_events = lost;
	code = r->hooks->collected ? r->hooks->collected(p, r->hooks->ctx) : 0;
	if (code <= 0)
		return code;
	exits_profile__clear(&p->interval);
	p->interval_begin_ns = now;
	return 0;
}

static int take_way(struct replay *r)
{
	struct profile_past *past = r->p->past;
	uint32_t number = get_below(r, r->nr_vcpus, "a vCPU is not known");
	uint32_t name = get_below(r, r->nr_names, "a name is not known");
	struct profile_way way = { .ns = get(r) };

	if (r->bad || r->vcpu_of[number] == NO_VCPU || past->nr_ways == RECORD_MAX_VCPUS)
		return 0;
	way.vcpu = r->vcpu_of[number];
	strcpy(way.reason, r->names[name].text);
	past->ways = realloc(past->ways, (past->nr_ways + 1) * sizeof(way));
	if (!past->ways)
		alloc__fail();
	past->ways[past->nr_ways++] = way;
	return 0;
}

static void take_apicv(struct replay *r, const json_t *one)
{
	struct profile_vm *vm =
		profile__vm(r->p, (pid_t)json_integer_value(json_array_get(one, 0)));
	const json_t *reason;
	size_t i;

	if (!vm)
		return;
	vm->apicv_known = true;
	json_array_foreach(json_array_get(one, 1), i, reason) {
		json_int_t bit = json_integer_value(json_array_get(reason, 0));
		const char *name = json_string_value(json_array_get(reason, 1)) ?: "";

		if (bit < 0 || bit > 63)
			continue;
		vm->apicv_inhibits |= 1ull << bit;
		clean_text(r->p->past->apicv[bit], sizeof(r->p->past->apicv[bit]), name,
			   strlen(name));
	}
}

static int take_end(struct replay *r)
{
	struct profile_past *past = r->p->past;
	json_t *json = get_json(r);
	const json_t *one;
	size_t i;

	if (!json)
		return 0;
	past->lost = number_at(json, "lost", INT64_MAX);
	copy_text(json, "lost_text", past->lost_text, sizeof(past->lost_text));
	r->p->halted = (unsigned int)number_at(json, "halted", UINT32_MAX);
	r->p->vms_ended = json_is_true(json_object_get(json, "vms_ended"));
	json_array_foreach(json_object_get(json, "apicv"), i, one)
		take_apicv(r, one);
	r->ended = true;
	json_decref(json);
	return 0;
}

static int take_item(struct replay *r)
{
	unsigned int byte = *r->at++, flags = byte >> 3;

	switch ((enum record_item)(byte & 7)) {
	case RECORD_EXIT:
		return take_event(r, EXITS_EVENT_EXIT, flags);
	case RECORD_MOMENT:
		return take_event(r, EXITS_EVENT_MOMENT, flags);
	case RECORD_OFF_CPU:
		return take_event(r, EXITS_EVENT_OFF_CPU, flags);
	case RECORD_VM:
		return take_vm(r);
	case RECORD_VCPU:
		return take_vcpu(r);
	case RECORD_NAME:
		return take_name(r);
	case RECORD_SUM:
		switch (flags) {
		case 0:
			return take_sum(r);
		case RECORD_COLLECTED:
			return take_collected(r);
		case RECORD_WAY:
			return take_way(r);
		case RECORD_END:
			return take_end(r);
		}
	}
	r->bad = "an item is of no known type";
	return 0;
}

/*
 * ---- chunks -----------------------------------------------------------------------------------
 */

static int damaged(const struct replay *r, const char *why, struct error *err)
{
	return error__set(err, -EBADMSG, "%s: chunk %" PRIu64 " of the recording is damaged: %s",
			  r->path, r->chunks, why);
}

/* Reads a chunk into raw, of which `end` is the end. 1: there is none, or not a whole one. */
static int read_chunk(struct replay *r, struct error *err)
{
	struct record_chunk c;
	uLongf len;
	size_t got = fread(&c, 1, sizeof(c), r->in);

	if (ferror(r->in))
		return error__set(err, -errno ?: -EIO, "reading %s: %s", r->path, strerror(errno));
	r->cut = got != 0;
	if (got != sizeof(c))
		return 1;
	c.raw = le32toh(c.raw);
	c.stored = le32toh(c.stored);
	/* Blocks that a file system had not written yet. */
	if (!c.raw && !c.stored && !c.crc)
		return 1;
	r->chunks++;
	if (!c.raw || c.raw > RECORD_MAX_RAW || c.stored > MAX_STORED)
		return damaged(r, "its length cannot be", err);
	r->stored = realloc(r->stored, c.stored + 1);
	r->raw = realloc(r->raw, c.raw);
	if (!r->stored || !r->raw)
		alloc__fail();
	if (fread(r->stored, 1, c.stored, r->in) != c.stored)
		return 1;
	r->cut = false;
	if (crc32(0, r->stored, c.stored) != le32toh(c.crc))
		return damaged(r, "its checksum is not that of its bytes", err);
	len = c.raw;
	if (uncompress(r->raw, &len, r->stored, c.stored) != Z_OK || len != c.raw)
		return damaged(r, "it cannot be decompressed", err);
	r->at = r->raw;
	r->end = r->raw + len;
	return 0;
}

static int take_chunk(struct replay *r, struct error *err)
{
	int code = 0;

	r->last_ns = r->p->begin_ns;
	while (!code && !r->bad && r->at < r->end)
		code = take_item(r);
	if (r->bad)
		return damaged(r, r->bad, err);
	if (code == -ENOMEM)
		return error__set(err, code, "replaying %s: out of memory", r->path);
	return code;
}

/*
 * ---- the whole --------------------------------------------------------------------------------
 */

static int check_kind(struct replay *r, struct error *err)
{
	static const char *const kinds[] = { EXITS_KIND_NAMES };
	enum exits_kind wanted = profile__kind(r->p);

	r->from_events = wanted != EXITS_BY_REASON && wanted != r->recorded_by;
	if (r->from_events && wanted != EXITS_BY_MSR && wanted != EXITS_BY_PORT &&
	    wanted != EXITS_BY_GPA && wanted != EXITS_BY_HYPERCALL)
		return error__set(err, -EPROTONOSUPPORT,
				  "%s has nothing by %s: that is recorded where --by %s is given "
				  "with --record",
				  r->path, kinds[wanted], kinds[wanted]);
	return 0;
}

static int take_head(struct replay *r, json_t *head, struct profile_options *opts,
		     struct error *err)
{
	uint64_t version = number_at(head, "recording", INT64_MAX);
	json_t *source = json_object_get(head, "exit_source"),
	       *clocks = json_object_get(head, "clocks");
	struct profile *p = r->p;
	int number;

	if (!version)
		return damaged(r, "it does not say its version", err);
	if (version > RECORD_VERSION)
		return error__set(err, -EPROTONOSUPPORT,
				  "%s: a recording of version %" PRIu64
				  ", made by a newer hvbench; this one reads up to %d",
				  r->path, version, RECORD_VERSION);
	number = exits_source__find(json_string_value(json_object_get(source, "name")) ?: "none");
	p->choice.source = number < 0 ? EXITS_NONE : (enum exits_source)number;
	p->choice.expected = number_at(source, "expected", INT64_MAX);
	p->choice.seen = number_at(source, "seen", INT64_MAX);
	copy_text(head, "why", p->choice.why, sizeof(p->choice.why));
	p->past->timed = json_is_true(json_object_get(head, "timed"));
	p->past->memory_bytes = number_at(head, "memory_bytes", INT64_MAX);
	p->past->host = json_incref(json_object_get(head, "host"));
	if (!json_is_object(p->past->host)) {
		json_decref(p->past->host);
		p->past->host = json_object();
	}
	copy_text(head, "started", p->past->started, sizeof(p->past->started));
	p->begin_ns = p->now_ns = p->interval_begin_ns = number_at(head, "begin_ns", INT64_MAX / 2);
	p->past->asked_for = (unsigned int)number_at(head, "asked_for", PROFILE_MAX_PIDS);
	p->unreadable = number_at(head, "unreadable", 1 << 22);
	r->clocks = (struct replay_clocks){ number_at(clocks, "monotonic_ns", INT64_MAX),
					    number_at(clocks, "boottime_ns", INT64_MAX),
					    number_at(clocks, "realtime_ns", INT64_MAX) };
	r->recorded_by = (enum exits_kind)number_at(head, "by", EXITS_NR_KINDS - 1);
	opts->counts_only = json_is_true(json_object_get(head, "counts_only"));
	if (json_is_true(json_object_get(head, "command")))
		opts->child = &r->child;
	return check_kind(r, err);
}

static int open_file(struct replay *r, const char *path, struct error *err)
{
	char magic[sizeof(RECORD_MAGIC) - 1];

	r->in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	if (!r->in)
		return error__set(err, -errno, "%s: %s", r->path, strerror(errno));
	if (fread(magic, 1, sizeof(magic), r->in) == sizeof(magic) &&
	    !memcmp(magic, RECORD_MAGIC, sizeof(magic)))
		return 0;
	if (ferror(r->in))
		return error__set(err, -errno, "%s: %s", r->path, strerror(errno));
	return error__set(err, -EBADMSG, "%s is no recording of 'hvbench profile --record'",
			  r->path);
}

int replay__open(struct replay **out, struct profile *p, struct profile_options *opts,
		 const char *path, struct error *err)
{
	struct replay *r = *out = alloc__need_zeroed(1, sizeof(*r));
	json_t *head;
	int code;

	memset(p, 0, sizeof(*p));
	p->opts = opts;
	p->past = alloc__need_zeroed(1, sizeof(*p->past));
	r->p = p;
	r->vcpu_of = alloc__need_zeroed(RECORD_MAX_VCPUS, sizeof(*r->vcpu_of));
	snprintf(r->path, sizeof(r->path), "%s", strcmp(path, "-") ? path : "standard input");
	code = open_file(r, path, err);
	if (!code)
		code = read_chunk(r, err);
	if (code > 0)
		code = error__set(err, -EBADMSG, "%s: the recording was cut off at its beginning",
				  r->path);
	if (code)
		return code;
	head = json_loadb((char *)r->raw, (size_t)(r->end - r->raw), JSON_REJECT_DUPLICATES, NULL);
	code = json_is_object(head) ? take_head(r, head, opts, err) :
				      damaged(r, "it is to be JSON", err);
	json_decref(head);
	return code;
}

/* A recording that ends before its end says nothing of what was lost. */
static void end_early(struct replay *r)
{
	struct profile_past *past = r->p->past;

	snprintf(r->note, sizeof(r->note), "the recording ends after %.2f s without its end: %s",
		 profile__seconds(r->p),
		 r->cut ? "its last chunk is not whole; whoever wrote it was killed, or had no "
			  "room" :
			  "whoever wrote it was killed, or had no room");
	past->lost = 0;
	if (r->lost_events)
		snprintf(past->lost_text, sizeof(past->lost_text),
			 "%" PRIu64 " single exits and switches were not recorded: they came "
			 "faster than they were read",
			 r->lost_events);
}

int replay__run(struct replay *r, const struct replay_hooks *hooks, struct error *err)
{
	int code = 0;

	r->hooks = hooks;
	while (!code) {
		code = read_chunk(r, err);
		if (!code)
			code = take_chunk(r, err);
	}
	if (code <= 0)
		return code;
	if (!r->ended)
		end_early(r);
	return 0;
}

const char *replay__note(const struct replay *r)
{
	return r->note;
}

struct replay_clocks replay__clocks(const struct replay *r)
{
	return r->clocks;
}

bool replay__is(const char *path)
{
	char magic[sizeof(RECORD_MAGIC) - 1];
	struct stat st;
	/* What is read of a pipe is gone. */
	FILE *in = !stat(path, &st) && S_ISREG(st.st_mode) ? fopen(path, "re") : NULL;
	bool is = in && fread(magic, 1, sizeof(magic), in) == sizeof(magic) &&
		  !memcmp(magic, RECORD_MAGIC, sizeof(magic));

	if (in)
		fclose(in);
	return is;
}

void replay__close(struct replay *r)
{
	if (!r)
		return;
	if (r->in && r->in != stdin)
		fclose(r->in);
	free(r->stored);
	free(r->raw);
	free(r->vcpu_of);
	free(r);
}
