// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes recordings. What cannot be written ends a recording, and nothing else. */
#include "bench/profile/record.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "bench/base/alloc.h"
#include "bench/base/fd.h"

#define CHUNK_BYTES (256u << 10) /* a chunk is written when it has so many */
#define ITEM_BYTES  8192	 /* more than any item but VM and END has */
#define KNOWN	    256		 /* a power of two */

struct name {
	unsigned int isa;
	uint32_t reason;
};

struct record {
	char *path;
	int fd;
	uint64_t max_bytes, bytes; /* written in whole chunks */
	uint64_t begin_ns, last_ns;
	unsigned char *items; /* of the chunk being made */
	size_t len, room;
	struct name names[RECORD_MAX_NAMES];
	unsigned int nr_names;
	uint32_t known[KNOWN]; /* by hash of a name: its number + 1, of the last that had it */
	unsigned int nr_vms, nr_vcpus;
	int failed; /* negative errno; nothing more is written */
	bool said;
	bool created, begun; /* the file was not there; it is written to */
};

int record__open(struct record **out, const char *path, uint64_t max_bytes, struct error *err)
{
	struct record *r = alloc__need_zeroed(1, sizeof(*r));

	r->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	r->created = r->fd >= 0;
	if (r->fd < 0 && errno == EEXIST)
		r->fd = open(path, O_WRONLY | O_CLOEXEC);
	if (r->fd < 0) {
		error__set(err, -errno, "recording to %s: %s", path, strerror(errno));
		free(r);
		return err->code;
	}
	r->path = alloc__text(path);
	r->max_bytes = max_bytes;
	*out = r;
	return 0;
}

/* A part of a chunk would hide those that come after it. */
static void fail(struct record *r, int code)
{
	r->failed = code;
	if (ftruncate(r->fd, (off_t)r->bytes) == 0)
		lseek(r->fd, (off_t)r->bytes, SEEK_SET);
	free(r->items);
	r->items = NULL;
	r->len = r->room = 0;
}

static void write_chunk(struct record *r, const void *raw, size_t len)
{
	uLongf stored = compressBound(len);
	unsigned char *bytes = alloc__need(sizeof(struct record_chunk) + stored);
	struct record_chunk *chunk = (struct record_chunk *)bytes;
	size_t size;
	int code;

	compress2(bytes + sizeof(*chunk), &stored, raw, len, 1);
	size = sizeof(*chunk) + stored;
	chunk->raw = htole32((uint32_t)len);
	chunk->stored = htole32((uint32_t)stored);
	chunk->crc = htole32((uint32_t)crc32(0, bytes + sizeof(*chunk), (uInt)stored));
	code = r->bytes + size > r->max_bytes ? -EFBIG : fd__write_all(r->fd, (char *)bytes, size);
	free(bytes);
	if (code)
		fail(r, code);
	else
		r->bytes += size;
}

static void flush(struct record *r)
{
	if (!r->failed && r->len)
		write_chunk(r, r->items, r->len);
	r->len = 0;
	r->last_ns = r->begin_ns;
}

/* Room for an item with `more` bytes of text; false: nothing is recorded any more. */
static bool make_room(struct record *r, size_t more)
{
	if (r->failed)
		return false;
	if (r->len >= CHUNK_BYTES)
		flush(r);
	if (r->failed)
		return false;
	if (r->len + ITEM_BYTES + more <= r->room)
		return true;
	r->room = CHUNK_BYTES + ITEM_BYTES + more;
	r->items = realloc(r->items, r->room);
	if (!r->items)
		alloc__fail();
	return true;
}

static void put_byte(struct record *r, unsigned int byte)
{
	r->items[r->len++] = (unsigned char)byte;
}

static void put(struct record *r, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put_byte(r, (unsigned int)(value | 0x80) & 0xff);
	put_byte(r, (unsigned int)value);
}

static void put_signed(struct record *r, int64_t value)
{
	put(r, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static void put_text(struct record *r, const char *text, size_t len)
{
	put(r, len);
	memcpy(r->items + r->len, text, len);
	r->len += len;
}

static void put_item(struct record *r, enum record_item item, unsigned int flags)
{
	put_byte(r, item | flags << 3);
}

static void put_json(struct record *r, enum record_item item, unsigned int flags,
		     const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);
	size_t len = strlen(text ?: "");

	if (text && make_room(r, len)) {
		put_item(r, item, flags);
		put_text(r, text, len);
	}
	free(text);
}

void record__begin(struct record *r, const json_t *head, uint64_t begin_ns)
{
	char *text = json_dumps(head, JSON_COMPACT | JSON_ENSURE_ASCII);
	int code;

	r->begin_ns = r->last_ns = begin_ns;
	r->begun = true;
	/* Devices and pipes have no length. */
	if (ftruncate(r->fd, 0) && errno != EINVAL)
		code = -errno;
	else
		code = fd__write_all(r->fd, RECORD_MAGIC, strlen(RECORD_MAGIC));
	if (code) {
		fail(r, code);
	} else if (text) {
		r->bytes = strlen(RECORD_MAGIC);
		write_chunk(r, text, strlen(text));
	}
	free(text);
}

/* Readers take no more. */
static bool is_full(struct record *r, unsigned int nr)
{
	if (!r->failed && nr == RECORD_MAX_VCPUS)
		fail(r, -E2BIG);
	return r->failed;
}

void record__vm(struct record *r, const struct profile_vm *vm)
{
	const struct vm_name *n = &vm->process.name;
	json_t *json;

	if (is_full(r, r->nr_vms))
		return;
	r->nr_vms++;
	json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:b}", "pid",
			 vm->process.pid, "comm", vm->process.comm, "vmm", n->vmm, "name", n->name,
			 "uuid", n->uuid, "domain", n->domain, "pod", n->pod, "pod_uid", n->pod_uid,
			 "container", n->container, "container_id", n->container_id, "vms",
			 (int)vm->process.nr_vms, "vcpus", (int)vm->process.nr_vcpus, "there_first",
			 vm->there_first);
	put_json(r, RECORD_VM, 0, json);
	json_decref(json);
}

void record__vcpu(struct record *r, const struct profile_vcpu *vcpu)
{
	if (is_full(r, r->nr_vcpus) || !make_room(r, 0))
		return;
	r->nr_vcpus++;
	put_item(r, RECORD_VCPU, 0);
	put_signed(r, vcpu->tgid);
	put_signed(r, vcpu->tid);
	put_signed(r, vcpu->id);
	put(r, vcpu->kvm);
	put(r, vcpu->begin_ns);
}

/* The place in `known` of a name. */
static uint32_t known_at(unsigned int isa, uint32_t reason)
{
	return (reason ^ reason >> 8 ^ isa << 7) % KNOWN;
}

/* Its number; -1: it is not recorded. */
static int find_name(const struct record *r, unsigned int isa, uint32_t reason)
{
	uint32_t i = r->known[known_at(isa, reason)];

	if (i && r->names[i - 1].isa == isa && r->names[i - 1].reason == reason)
		return (int)i - 1;
	for (i = 0; i < r->nr_names; i++)
		if (r->names[i].isa == isa && r->names[i].reason == reason)
			return (int)i;
	return -1;
}

bool record__knows(const struct record *r, unsigned int isa, uint32_t reason)
{
	return r->failed || r->nr_names == RECORD_MAX_NAMES || find_name(r, isa, reason) >= 0;
}

void record__name(struct record *r, unsigned int isa, uint32_t reason, const char *name)
{
	if (r->nr_names == RECORD_MAX_NAMES || !make_room(r, strlen(name)))
		return;
	r->names[r->nr_names++] = (struct name){ isa, reason };
	r->known[known_at(isa, reason)] = r->nr_names;
	put_item(r, RECORD_NAME, 0);
	put(r, isa);
	put(r, reason);
	put_text(r, name, strlen(name));
}

static unsigned int flags_of(const struct exits_event *e)
{
	unsigned int flags = e->missed ? RECORD_MISSED : 0;

	if (e->kind == EXITS_EVENT_OFF_CPU)
		return flags;
	return flags | (e->off_ns ? RECORD_OFF : 0) |
	       (e->user_ns | e->user_off_ns ? RECORD_USER : 0) |
	       (e->detail_kind ? RECORD_DETAIL : 0) | (e->rip ? RECORD_RIP : 0);
}

void record__event(struct record *r, const struct exits_event *e)
{
	static const enum record_item items[] = { RECORD_EXIT, RECORD_OFF_CPU, RECORD_MOMENT };
	unsigned int flags = flags_of(e);
	int name = e->kind == EXITS_EVENT_OFF_CPU ? 0 : find_name(r, e->isa, e->reason);

	if (name < 0 || e->kind >= sizeof(items) / sizeof(*items) || !make_room(r, 0))
		return;
	put_item(r, items[e->kind], flags);
	put(r, e->slot);
	put_signed(r, (int64_t)(e->time_ns - r->last_ns));
	r->last_ns = e->time_ns;
	if (e->kind != EXITS_EVENT_MOMENT)
		put(r, e->ns);
	if (e->kind == EXITS_EVENT_OFF_CPU) {
		put(r, e->off_ns);
		return;
	}
	put(r, (unsigned int)name);
	if (flags & RECORD_OFF)
		put(r, e->off_ns);
	if (flags & RECORD_USER) {
		put(r, e->user_ns);
		put(r, e->user_off_ns);
	}
	if (flags & RECORD_DETAIL) {
		put(r, e->detail_kind);
		put(r, e->detail << 2 | e->detail >> 62);
	}
	if (flags & RECORD_RIP)
		put(r, e->rip);
}

static void put_buckets(struct record *r, const struct exits_delta *d)
{
	unsigned int nr = 0, last = 0;

	for (unsigned int b = 0; d->now && b < EXITS_BUCKETS; b++)
		nr += d->now[b] != d->before[b];
	put(r, nr);
	for (unsigned int b = 0; nr && b < EXITS_BUCKETS; b++) {
		if (d->now[b] == d->before[b])
			continue;
		put(r, b - last);
		put(r, (uint32_t)(d->now[b] - d->before[b]));
		last = b + 1;
	}
}

void record__sum(struct record *r, unsigned int vcpu, const struct exits_delta *d, bool repeats,
		 uint64_t end_ns)
{
	if (!make_room(r, 0))
		return;
	put_item(r, RECORD_SUM, 0);
	put(r, vcpu);
	put(r, d->kind);
	put(r, d->vcpu->isa);
	put(r, d->key);
	put(r, repeats);
	put(r, d->count);
	put(r, d->ns);
	put(r, d->off_ns);
	put(r, d->user_ns);
	put(r, d->user_off_ns);
	put_signed(r, d->clip_ns);
	put(r, d->max_ns);
	put(r, end_ns);
	put_buckets(r, d);
}

void record__collected(struct record *r, uint64_t now_ns, uint64_t lost_events)
{
	if (!make_room(r, 0))
		return;
	put_item(r, RECORD_SUM, RECORD_COLLECTED);
	put(r, now_ns);
	put(r, lost_events);
	flush(r);
}

void record__way(struct record *r, unsigned int vcpu, unsigned int isa, uint32_t reason,
		 uint64_t ns)
{
	int name = find_name(r, isa, reason);

	if (name < 0 || !make_room(r, 0))
		return;
	put_item(r, RECORD_SUM, RECORD_WAY);
	put(r, vcpu);
	put(r, (unsigned int)name);
	put(r, ns);
}

void record__end(struct record *r, const json_t *end)
{
	put_json(r, RECORD_SUM, RECORD_END, end);
	flush(r);
}

int record__failed(struct record *r, struct error *err)
{
	if (!r->failed || r->said)
		return 0;
	r->said = true;
	if (r->failed == -EFBIG)
		return error__set(err, r->failed,
				  "%s has %llu bytes and no more is recorded: --record-max allows "
				  "%llu; the profile goes on",
				  r->path, (unsigned long long)r->bytes,
				  (unsigned long long)r->max_bytes);
	if (r->failed == -E2BIG)
		return error__set(err, r->failed,
				  "%s: a recording has no more than %u VMs and vCPUs, those that "
				  "are gone included; the profile goes on",
				  r->path, RECORD_MAX_VCPUS);
	return error__set(err, r->failed,
			  "recording to %s: %s; what was recorded before can be replayed, and the "
			  "profile goes on",
			  r->path, strerror(-r->failed));
}

int record__close(struct record *r)
{
	int code;

	if (!r)
		return 0;
	flush(r);
	code = r->failed;
	if (fsync(r->fd) && errno != EINVAL && errno != ENOSYS && !code)
		code = -errno;
	if (close(r->fd) && !code)
		code = -errno;
	if (r->created && !r->begun)
		unlink(r->path);
	free(r->items);
	free(r->path);
	free(r);
	return code;
}
