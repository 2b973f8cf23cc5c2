// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recordings: what is written is read again; one that is cut off anywhere is read up to its last
 * whole chunk; one that is damaged anywhere is refused; one that is full ends.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/profile/record.h"
#include "bench/profile/replay.h"

#define BEGIN_NS 1000000000000ull
#define SECONDS	 3
#define EXITS	 50 /* a second */
#define NS	 700

static char path[] = "/tmp/test-recording-XXXXXX";

static int begin(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || close(fd);
}

static int end(void **state)
{
	(void)state;
	return unlink(path);
}

static void put_second(struct record *r, unsigned int second)
{
	static uint32_t now[EXITS_BUCKETS], before[EXITS_BUCKETS];
	const struct exits_slot slot = { .isa = 2 };
	uint64_t at = BEGIN_NS + second * 1000000000ull;

	for (unsigned int i = 0; i < EXITS; i++) {
		at += 1000000;
		record__event(r, &(struct exits_event){ .time_ns = at,
							.ns = NS,
							.off_ns = 100,
							.user_ns = 200,
							.user_off_ns = 50,
							.isa = 2,
							.reason = 0x7b,
							.detail_kind = EXITS_BY_PORT,
							.detail = 0x80 | EXITS_KEY_WRITE });
	}
	record__event(r, &(struct exits_event){ .kind = EXITS_EVENT_OFF_CPU,
						.time_ns = at,
						.ns = 90,
						.off_ns = 30,
						.missed = 1 });
	memset(before, 0, sizeof(before));
	memset(now, 0, sizeof(now));
	now[hist__bucket(NS)] = EXITS;
	record__sum(r, 0,
		    &(struct exits_delta){ .vcpu = &slot,
					   .key = 0x7b,
					   .count = EXITS,
					   .ns = EXITS * NS,
					   .off_ns = EXITS * 50,
					   .user_ns = EXITS * 200,
					   .user_off_ns = EXITS * 50,
					   .clip_ns = second ? -5 : 5,
					   .max_ns = NS,
					   .now = now,
					   .before = before },
		    false, 0);
	record__collected(r, BEGIN_NS + (second + 1) * 1000000000ull, second);
}

/* The status of closing. */
static int write_recording(uint64_t max_bytes)
{
	struct profile_vm vm = { .process = { .pid = 11, .comm = "qemu", .nr_vms = 1 },
				 .there_first = true };
	json_t *head = json_pack("{s:i, s:{s:s, s:i, s:i}, s:b, s:I, s:{}}", "recording",
				 RECORD_VERSION, "exit_source", "name", "raw_tp", "expected", 1000,
				 "seen", 1000, "timed", 1, "begin_ns", (json_int_t)BEGIN_NS,
				 "host");
	json_t *last = json_pack("{s:i, s:s, s:i, s:b}", "lost", 0, "lost_text", "", "halted", 0,
				 "vms_ended", 1);
	struct error err = { 0 };
	struct record *r;

	strcpy(vm.process.name.name, "web1");
	assert_int_equal(record__open(&r, path, max_bytes, &err), 0);
	record__begin(r, head, BEGIN_NS);
	record__vm(r, &vm);
	record__vcpu(r, &(struct profile_vcpu){
				.tgid = 11, .tid = 12, .id = 3, .begin_ns = BEGIN_NS });
	assert_false(record__knows(r, 2, 0x7b));
	record__name(r, 2, 0x7b, "io");
	assert_true(record__knows(r, 2, 0x7b));
	for (unsigned int i = 0; i < SECONDS; i++)
		put_second(r, i);
	record__way(r, 0, 2, 0x7b, 4000);
	record__end(r, last);
	json_decref(head);
	json_decref(last);
	return record__close(r);
}

struct seen {
	unsigned int exits, offs, collections;
};

static int on_event(const struct profile *p, const struct exits_event *e, const char *reason,
		    void *ctx)
{
	struct seen *seen = ctx;

	assert_int_equal(p->vcpus[e->slot].id, 3);
	if (e->kind == EXITS_EVENT_OFF_CPU) {
		seen->offs++;
		assert_int_equal(e->ns, 90);
		assert_int_equal(e->off_ns, 30);
		assert_int_equal(e->missed, 1);
		return 0;
	}
	assert_string_equal(reason, "io");
	assert_int_equal(e->ns, NS);
	assert_int_equal(e->user_ns, 200);
	assert_int_equal(e->user_off_ns, 50);
	assert_true(e->detail == (0x80 | EXITS_KEY_WRITE));
	assert_int_equal(e->time_ns, BEGIN_NS + seen->exits / EXITS * 1000000000ull +
					     (seen->exits % EXITS + 1) * 1000000);
	seen->exits++;
	return 0;
}

static int on_collected(struct profile *p, void *ctx)
{
	struct seen *seen = ctx;

	seen->collections++;
	for (size_t i = 0; i < p->interval.nr; i++)
		assert_int_equal(p->interval.list[i]->count, EXITS);
	return 1;
}

/* Reads it; `p` is to be closed if it is 0. */
static int read_recording(struct profile *p, unsigned int by, struct seen *seen, struct error *err,
			  char note[256])
{
	static struct profile_options opts;
	struct replay *r;
	int code;

	memset(err, 0, sizeof(*err));
	memset(seen, 0, sizeof(*seen));
	opts = (struct profile_options){ .vcpu = -1, .by = by, .interval_s = 1 };
	code = replay__open(&r, p, &opts, path, err);
	if (!code)
		code = replay__run(r,
				   &(struct replay_hooks){ .event = on_event,
							   .collected = on_collected,
							   .ctx = seen },
				   err);
	if (!code)
		strcpy(note, replay__note(r));
	replay__close(r);
	if (code)
		profile__close(p);
	return code;
}

static void what_is_written_is_read(void **state)
{
	static struct profile p;
	struct error err;
	struct seen seen;
	char note[256];
	const struct exits_sum *s;

	(void)state;
	assert_int_equal(write_recording(1 << 20), 0);
	assert_int_equal(read_recording(&p, EXITS_BY_REASON, &seen, &err, note), 0);
	assert_string_equal(note, "");
	assert_int_equal(seen.exits, SECONDS * EXITS);
	assert_int_equal(seen.offs, SECONDS);
	assert_int_equal(seen.collections, SECONDS);
	assert_int_equal(p.nr_vms, 1);
	assert_string_equal(p.vms[0].process.name.name, "web1");
	assert_true(p.vms[0].there_first && p.vms_ended && profile__timed(&p));
	assert_int_equal(p.vcpus[0].count, SECONDS * EXITS);
	assert_int_equal(p.total.nr, 1);
	s = p.total.list[0];
	assert_string_equal(s->name, "io");
	assert_int_equal(s->count, SECONDS * EXITS);
	assert_int_equal(s->ns, SECONDS * EXITS * NS);
	assert_int_equal(s->clip_ns, -5);
	assert_int_equal(s->hist.count, SECONDS * EXITS);
	assert_int_equal(s->hist.max, NS);
	assert_int_equal(p.past->nr_ways, 1);
	assert_int_equal(p.past->ways[0].ns, 4000);
	assert_true(profile__seconds(&p) == SECONDS);
	profile__close(&p);
}

/* Ports were not asked for when it was recorded. */
static void details_come_from_single_exits(void **state)
{
	static struct profile p;
	const struct exits_sum *port;
	struct error err;
	struct seen seen;
	char note[256];

	(void)state;
	assert_int_equal(write_recording(1 << 20), 0);
	assert_int_equal(read_recording(&p, EXITS_BY_PORT, &seen, &err, note), 0);
	assert_int_equal(p.total.nr, 2);
	port = p.total.list[p.total.list[0]->kind == EXITS_BY_PORT ? 0 : 1];
	assert_string_equal(port->name, "out 0x80");
	assert_int_equal(port->count, SECONDS * EXITS);
	assert_int_equal(port->ns, SECONDS * EXITS * NS);
	assert_int_equal(port->hist.count, SECONDS * EXITS);
	assert_int_equal(port->off_ns + port->user_off_ns, SECONDS * EXITS * 100);
	profile__close(&p);
	assert_int_equal(read_recording(&p, EXITS_BY_RIP, &seen, &err, note), -EPROTONOSUPPORT);
	assert_non_null(strstr(err.text, "--by rip"));
}

static char *read_file(size_t *len)
{
	FILE *in = fopen(path, "r");
	char *bytes = malloc(1 << 20);

	assert_non_null(in);
	assert_non_null(bytes);
	*len = fread(bytes, 1, 1 << 20, in);
	fclose(in);
	return bytes;
}

static void write_file(const char *bytes, size_t len)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static void cut_off_anywhere_it_is_read_up_to_there(void **state)
{
	static struct profile p;
	unsigned int refused = 0, most = 0;
	struct error err;
	struct seen seen;
	char note[256];
	size_t len;
	char *bytes;

	(void)state;
	assert_int_equal(write_recording(1 << 20), 0);
	bytes = read_file(&len);
	for (size_t cut = 0; cut < len; cut++) {
		int code;

		write_file(bytes, cut);
		code = read_recording(&p, EXITS_BY_REASON, &seen, &err, note);
		assert_true(!code || code == -EBADMSG);
		refused += code != 0;
		if (code)
			continue;
		/* What is there never becomes less, and it is said that it is not all. */
		assert_true(seen.exits >= most && seen.exits % EXITS == 0);
		assert_true(*note != '\0');
		most = seen.exits;
		profile__close(&p);
	}
	assert_int_equal(most, SECONDS * EXITS);
	/* Only where not even its beginning is there. */
	assert_true(refused > 10 && refused < len / 2);
	free(bytes);
}

static void damaged_anywhere_it_is_refused(void **state)
{
	static struct profile p;
	struct error err;
	struct seen seen;
	char note[256];
	size_t len;
	char *bytes;

	(void)state;
	assert_int_equal(write_recording(1 << 20), 0);
	bytes = read_file(&len);
	for (size_t at = 0; at < len; at++) {
		int code;

		bytes[at] ^= 0x10;
		write_file(bytes, len);
		code = read_recording(&p, EXITS_BY_REASON, &seen, &err, note);
		/* A length that is too long looks like one that was cut off. */
		assert_true(code == -EBADMSG || (!code && *note));
		if (code)
			assert_true(*err.text != '\0');
		else
			profile__close(&p);
		bytes[at] ^= 0x10;
	}
	free(bytes);
}

static void one_that_is_full_ends_and_can_be_read(void **state)
{
	static struct profile p;
	struct error err;
	struct seen seen;
	char note[256];
	size_t len, room;

	(void)state;
	assert_int_equal(write_recording(1 << 20), 0);
	free(read_file(&len));
	room = len * 2 / 3;
	assert_int_equal(write_recording(room), -EFBIG);
	free(read_file(&len));
	assert_true(len <= room);
	assert_int_equal(read_recording(&p, EXITS_BY_REASON, &seen, &err, note), 0);
	assert_true(seen.exits > 0 && seen.exits < SECONDS * EXITS);
	assert_true(*note != '\0');
	profile__close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(details_come_from_single_exits),
		cmocka_unit_test(cut_off_anywhere_it_is_read_up_to_there),
		cmocka_unit_test(damaged_anywhere_it_is_refused),
		cmocka_unit_test(one_that_is_full_ends_and_can_be_read),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
