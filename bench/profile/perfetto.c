// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traces for Perfetto: packets of protos/perfetto/trace/trace_packet.proto, each a field 1 of the
 * file. Names are interned. Slices of one track nest: a vCPU does one thing at a time.
 */
#include "bench/profile/perfetto.h"

#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/protobuf.h"
#include "bench/profile/record.h"

#define MAX_OFFS 4096 /* of one exit: one that lasts for hours may be switched out without end */

/* Numbers of fields and values, of the .proto files of the same names. */
enum { TRACE_PACKET = 1 };
enum {
	PACKET_CLOCK_SNAPSHOT = 6,
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE_ID = 10,
	PACKET_TRACK_EVENT,
	PACKET_INTERNED_DATA,
	PACKET_SEQUENCE_FLAGS,
	PACKET_CLOCK_ID = 58,
	PACKET_TRACK_DESCRIPTOR = 60
};
enum { SEQUENCE_CLEARED = 1, SEQUENCE_NEEDS_STATE };
enum { SNAPSHOT_CLOCKS = 1 };
enum { CLOCK_ID = 1, CLOCK_TIMESTAMP };
enum { BUILTIN_REALTIME = 1, BUILTIN_MONOTONIC = 3, BUILTIN_BOOTTIME = 6 };
enum { TRACK_UUID = 1, TRACK_NAME, TRACK_PARENT = 5, TRACK_CHILD_ORDERING = 11, TRACK_RANK };
enum { ORDERING_EXPLICIT = 3 };
enum { INTERNED_EVENT_NAMES = 2, INTERNED_ANNOTATION_NAMES };
enum { NAME_IID = 1, NAME_TEXT };
enum { EVENT_ANNOTATIONS = 4, EVENT_TYPE = 9, EVENT_NAME_IID, EVENT_TRACK_UUID };
enum { TYPE_BEGIN = 1, TYPE_END, TYPE_INSTANT };
enum { ANNOTATION_NAME_IID = 1, ANNOTATION_STRING = 6 };

/* Names that have a number from the beginning. */
enum { IN_GUEST = 1, USER_SPACE, ASLEEP, WAITING, LOST, FIRST_REASON };
enum { ACCESS = 1, RIP };

struct off {
	uint64_t begin_ns, runnable_ns, end_ns;
};

/* What a vCPU does. */
struct track {
	bool described;
	uint64_t entered_ns; /* in the guest since; 0: not known */
	struct off *offs;    /* of the exit under way */
	size_t nr_offs, room_offs;
};

struct perfetto {
	FILE *out;
	struct replay_clocks clocks;
	struct track *tracks; /* by vCPU */
	size_t nr_tracks;
	bool *vms; /* described, by place in p->vms */
	size_t nr_vms;
	const char *reasons[RECORD_MAX_NAMES]; /* interned, as the replay holds them */
	unsigned int nr_reasons;
	struct protobuf interned; /* for the next packet */
	uint64_t events;
};

static void put_packet(struct perfetto *t, struct protobuf *packet)
{
	struct protobuf file = { NULL };

	protobuf__number(packet, PACKET_SEQUENCE_ID, 1);
	protobuf__message(&file, TRACE_PACKET, packet);
	fwrite(file.bytes, 1, file.len, t->out);
	free(file.bytes);
}

static void intern(struct perfetto *t, unsigned int field, unsigned int iid, const char *text)
{
	struct protobuf name = { NULL };

	protobuf__number(&name, NAME_IID, iid);
	protobuf__text(&name, NAME_TEXT, text);
	protobuf__message(&t->interned, field, &name);
}

static void put_clock(struct protobuf *snapshot, int id, uint64_t ns)
{
	struct protobuf clock = { NULL };

	protobuf__number(&clock, CLOCK_ID, id);
	protobuf__number(&clock, CLOCK_TIMESTAMP, (int64_t)ns);
	protobuf__message(snapshot, SNAPSHOT_CLOCKS, &clock);
}

struct perfetto *perfetto__open(FILE *out, const struct replay_clocks *clocks)
{
	struct perfetto *t = alloc__need_zeroed(1, sizeof(*t));
	struct protobuf packet = { NULL }, snapshot = { NULL };

	t->out = out;
	t->clocks = *clocks;
	if (clocks->monotonic_ns) {
		put_clock(&snapshot, BUILTIN_MONOTONIC, clocks->monotonic_ns);
		put_clock(&snapshot, BUILTIN_BOOTTIME, clocks->boottime_ns);
		put_clock(&snapshot, BUILTIN_REALTIME, clocks->realtime_ns);
		protobuf__message(&packet, PACKET_CLOCK_SNAPSHOT, &snapshot);
	}
	protobuf__number(&packet, PACKET_SEQUENCE_FLAGS, SEQUENCE_CLEARED);
	put_packet(t, &packet);
	intern(t, INTERNED_EVENT_NAMES, IN_GUEST, "in guest");
	intern(t, INTERNED_EVENT_NAMES, USER_SPACE, "user space");
	intern(t, INTERNED_EVENT_NAMES, ASLEEP, "asleep");
	intern(t, INTERNED_EVENT_NAMES, WAITING, "waiting for a CPU");
	intern(t, INTERNED_EVENT_NAMES, LOST, "exits before this were not recorded");
	intern(t, INTERNED_ANNOTATION_NAMES, ACCESS, "access");
	intern(t, INTERNED_ANNOTATION_NAMES, RIP, "rip");
	return t;
}

static int64_t vm_uuid(size_t vm)
{
	return (int64_t)vm + 1;
}

static int64_t vcpu_uuid(unsigned int vcpu)
{
	return (1ll << 32) + vcpu;
}

static void describe_vm(struct perfetto *t, const struct profile *p, size_t vm)
{
	struct protobuf packet = { NULL }, track = { NULL };
	char name[PROFILE_NAME_LEN];

	if (vm >= t->nr_vms) {
		t->vms = realloc(t->vms, p->nr_vms * sizeof(*t->vms));
		if (!t->vms)
			alloc__fail();
		memset(t->vms + t->nr_vms, 0, (p->nr_vms - t->nr_vms) * sizeof(*t->vms));
		t->nr_vms = p->nr_vms;
	}
	if (t->vms[vm])
		return;
	t->vms[vm] = true;
	profile__process_name(p, p->vms[vm].process.pid, name, sizeof(name));
	protobuf__number(&track, TRACK_UUID, vm_uuid(vm));
	protobuf__text(&track, TRACK_NAME, name);
	protobuf__number(&track, TRACK_CHILD_ORDERING, ORDERING_EXPLICIT);
	protobuf__message(&packet, PACKET_TRACK_DESCRIPTOR, &track);
	put_packet(t, &packet);
}

static void describe_vcpu(struct perfetto *t, const struct profile *p, unsigned int at)
{
	const struct profile_vcpu *vcpu = &p->vcpus[at];
	const struct profile_vm *vm = profile__vm(p, vcpu->tgid);
	struct protobuf packet = { NULL }, track = { NULL };
	char name[64];

	describe_vm(t, p, (size_t)(vm - p->vms));
	if (vcpu->id >= 0 && vm->process.nr_vms > 1)
		snprintf(name, sizeof(name), "VM %u vCPU %d (thread %d)",
			 profile__vm_number(p, vcpu), vcpu->id, vcpu->tid);
	else if (vcpu->id >= 0)
		snprintf(name, sizeof(name), "vCPU %d (thread %d)", vcpu->id, vcpu->tid);
	else
		snprintf(name, sizeof(name), "thread %d", vcpu->tid);
	protobuf__number(&track, TRACK_UUID, vcpu_uuid(at));
	protobuf__text(&track, TRACK_NAME, name);
	protobuf__number(&track, TRACK_PARENT, vm_uuid((size_t)(vm - p->vms)));
	protobuf__number(&track, TRACK_RANK, vcpu->id >= 0 ? vcpu->id : vcpu->tid);
	protobuf__message(&packet, PACKET_TRACK_DESCRIPTOR, &track);
	put_packet(t, &packet);
}

static struct track *track_of(struct perfetto *t, const struct profile *p, unsigned int at)
{
	if (at >= t->nr_tracks) {
		t->tracks = realloc(t->tracks, p->nr_vcpus * sizeof(*t->tracks));
		if (!t->tracks)
			alloc__fail();
		memset(t->tracks + t->nr_tracks, 0,
		       (p->nr_vcpus - t->nr_tracks) * sizeof(*t->tracks));
		t->nr_tracks = p->nr_vcpus;
	}
	if (!t->tracks[at].described)
		describe_vcpu(t, p, at);
	t->tracks[at].described = true;
	return &t->tracks[at];
}

static unsigned int reason_iid(struct perfetto *t, const char *reason)
{
	for (unsigned int i = 0; i < t->nr_reasons; i++)
		if (t->reasons[i] == reason || !strcmp(t->reasons[i], reason))
			return FIRST_REASON + i;
	if (t->nr_reasons == RECORD_MAX_NAMES)
		return LOST;
	t->reasons[t->nr_reasons] = reason;
	intern(t, INTERNED_EVENT_NAMES, FIRST_REASON + t->nr_reasons, reason);
	return FIRST_REASON + t->nr_reasons++;
}

static void annotate(struct protobuf *event, unsigned int iid, const char *text)
{
	struct protobuf annotation = { NULL };

	protobuf__number(&annotation, ANNOTATION_NAME_IID, iid);
	protobuf__text(&annotation, ANNOTATION_STRING, text);
	protobuf__message(event, EVENT_ANNOTATIONS, &annotation);
}

/* `e`: whose details are shown; NULL: nobody's. `name` 0: of an end. */
static void put_event(struct perfetto *t, unsigned int at, int type, unsigned int name, uint64_t ns,
		      const struct exits_event *e)
{
	struct protobuf packet = { NULL }, event = { NULL };
	char text[64];

	protobuf__number(&event, EVENT_TYPE, type);
	protobuf__number(&event, EVENT_TRACK_UUID, vcpu_uuid(at));
	if (name)
		protobuf__number(&event, EVENT_NAME_IID, name);
	if (e && e->detail_kind && e->detail_kind != EXITS_BY_RIP) {
		exits__detail_name((enum exits_kind)e->detail_kind, e->detail, text, sizeof(text));
		annotate(&event, ACCESS, text);
	}
	if (e && e->rip) {
		snprintf(text, sizeof(text), "0x%llx", (unsigned long long)e->rip);
		annotate(&event, RIP, text);
	}
	protobuf__number(&packet, PACKET_TIMESTAMP, (int64_t)ns);
	if (t->clocks.monotonic_ns)
		protobuf__number(&packet, PACKET_CLOCK_ID, BUILTIN_MONOTONIC);
	protobuf__number(&packet, PACKET_SEQUENCE_FLAGS, SEQUENCE_NEEDS_STATE);
	if (t->interned.len)
		protobuf__message(&packet, PACKET_INTERNED_DATA, &t->interned);
	protobuf__message(&packet, PACKET_TRACK_EVENT, &event);
	put_packet(t, &packet);
}

static void put_slice(struct perfetto *t, unsigned int at, unsigned int name, uint64_t begin,
		      uint64_t end)
{
	if (end <= begin)
		return;
	put_event(t, at, TYPE_BEGIN, name, begin, NULL);
	put_event(t, at, TYPE_END, 0, end, NULL);
}

/* Those between two moments, of which they take no more than there is. */
static void put_offs(struct perfetto *t, unsigned int at, const struct track *track, uint64_t begin,
		     uint64_t end)
{
	for (size_t i = 0; i < track->nr_offs; i++) {
		struct off off = track->offs[i];

		if (off.begin_ns < begin || off.end_ns > end)
			continue;
		put_slice(t, at, ASLEEP, off.begin_ns, off.runnable_ns);
		put_slice(t, at, WAITING, off.runnable_ns, off.end_ns);
		begin = off.end_ns;
	}
}

static void put_exit(struct perfetto *t, unsigned int at, struct track *track,
		     const struct exits_event *e, unsigned int name)
{
	uint64_t begin = e->time_ns - e->ns, user = e->time_ns - e->user_ns - e->user_off_ns;

	if (e->missed)
		put_event(t, at, TYPE_INSTANT, LOST, begin, NULL);
	else if (track->entered_ns)
		put_slice(t, at, IN_GUEST, track->entered_ns, begin);
	put_event(t, at, TYPE_BEGIN, name, begin, e);
	put_offs(t, at, track, begin, user);
	if (user < e->time_ns) {
		put_event(t, at, TYPE_BEGIN, USER_SPACE, user, NULL);
		put_offs(t, at, track, user, e->time_ns);
		put_event(t, at, TYPE_END, 0, e->time_ns, NULL);
	}
	put_event(t, at, TYPE_END, 0, e->time_ns, NULL);
	track->entered_ns = e->time_ns;
	track->nr_offs = 0;
}

static void keep_off(struct track *track, const struct off *off)
{
	if (track->nr_offs == MAX_OFFS)
		return;
	if (track->nr_offs == track->room_offs) {
		track->room_offs = track->room_offs ? 2 * track->room_offs : 4;
		track->offs = realloc(track->offs, track->room_offs * sizeof(*off));
		if (!track->offs)
			alloc__fail();
	}
	track->offs[track->nr_offs++] = *off;
}

int perfetto__event(const struct profile *p, const struct exits_event *e, const char *reason,
		    void *ctx)
{
	struct perfetto *t = ctx;
	struct track *track = track_of(t, p, e->slot);
	struct off off = { e->time_ns - e->ns, e->time_ns - e->off_ns, e->time_ns };

	t->events++;
	switch (e->kind) {
	case EXITS_EVENT_EXIT:
		put_exit(t, e->slot, track, e, reason_iid(t, reason));
		break;
	case EXITS_EVENT_MOMENT:
		put_event(t, e->slot, TYPE_INSTANT, reason_iid(t, reason), e->time_ns, e);
		break;
	default:
		if (e->missed)
			track->entered_ns = 0;
		if (profile__timed(p)) {
			keep_off(track, &off);
		} else {
			put_slice(t, e->slot, ASLEEP, off.begin_ns, off.runnable_ns);
			put_slice(t, e->slot, WAITING, off.runnable_ns, off.end_ns);
		}
	}
	return 0;
}

static void put_way(const struct profile *p, const struct profile_vcpu *vcpu, const char *reason,
		    uint64_t ns, void *ctx)
{
	struct perfetto *t = ctx;
	unsigned int at = (unsigned int)(vcpu - p->vcpus);
	struct track *track = track_of(t, p, at);
	uint64_t begin = ns < p->now_ns ? p->now_ns - ns : 0;

	if (track->entered_ns)
		put_slice(t, at, IN_GUEST, track->entered_ns, begin);
	/* Without an end: it was not seen. */
	put_event(t, at, TYPE_BEGIN, reason_iid(t, reason), begin, NULL);
	put_offs(t, at, track, begin, p->now_ns);
	track->entered_ns = 0;
}

void perfetto__end(struct perfetto *t, struct profile *p)
{
	profile__under_way(p, put_way, t);
	for (unsigned int i = 0; i < t->nr_tracks && i < p->nr_vcpus; i++)
		if (t->tracks[i].entered_ns && !p->vcpus[i].end_ns)
			put_slice(t, i, IN_GUEST, t->tracks[i].entered_ns, p->now_ns);
}

uint64_t perfetto__events(const struct perfetto *t)
{
	return t->events;
}

void perfetto__close(struct perfetto *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->nr_tracks; i++)
		free(t->tracks[i].offs);
	free(t->tracks);
	free(t->vms);
	free(t->interned.bytes);
	free(t);
}
