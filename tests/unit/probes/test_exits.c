// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The exits probe's arithmetic: the kernel side's buckets are those of bench/base/hist.h, sums are
 * the sum of what was added, names are the kernel's; and, where eBPF may be loaded, what reading
 * 500 vCPUs costs. The probe is compiled into this test, so that it can put made-up vCPUs into the
 * probe's maps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>

#include "tests/buckets.h"
#include "probes/exits.c"
#include "probes/exits.h"
#include "probes/exits_choose.h"
#include "probes/exits_profile.h"
#include "probes/exits_read.h"
#include "probes/exits_source.h"

#define SYNTHETIC_VCPUS 500
#define REASONS_EACH	20

static void buckets_are_the_histograms(void **state)
{
	(void)state;
	for (uint64_t v = 0; v < 100000; v++)
		assert_int_equal(bucket__of(v), hist__bucket(v));
	for (unsigned int bit = 4; bit < HIST_LAYOUT_TOP_BITS; bit++)
		for (int d = -2; d <= 2; d++)
			assert_int_equal(bucket__of((1ull << bit) + (uint64_t)d),
					 hist__bucket((1ull << bit) + (uint64_t)d));
	assert_int_equal(bucket__of((1ull << HIST_LAYOUT_TOP_BITS) - 1), HIST_LAYOUT_BUCKETS - 1);
	assert_int_equal(bucket__of(1ull << HIST_LAYOUT_TOP_BITS), HIST_LAYOUT_BUCKETS - 1);
	assert_int_equal(bucket__of(UINT64_MAX), HIST_LAYOUT_BUCKETS - 1);
}

static void wrapped_buckets_count(void **state)
{
	uint32_t before[EXITS_BUCKETS] = { [100] = UINT32_MAX - 4 },
		 now[EXITS_BUCKETS] = { [100] = 5 };
	struct hist *h = calloc(1, sizeof(*h));

	(void)state;
	hist__add_buckets(h, now, before, EXITS_BUCKETS);
	assert_int_equal(h->count, 10);
	assert_int_equal(h->bucket[100], 10);
	assert_int_equal(h->max, hist__high(100));
	free(h);
}

static void profile_sums_by_key_and_group(void **state)
{
	struct exits_profile p = { 0 };
	struct exits_sum *s = calloc(1, sizeof(*s));
	uint64_t total = 0;

	(void)state;
	strcpy(s->name, "some");
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < 1000; i++) {
			s->key = i % 250;
			s->isa = 1 + i / 250 % 2;
			s->kind = i / 500 ? EXITS_BY_PORT : EXITS_BY_REASON;
			s->count = i + 1;
			s->max_ns = i;
			assert_int_equal(exits_profile__merge(&p, s, i % 2), 0);
			if (s->kind == EXITS_BY_REASON)
				total += i + 1;
		}
	}
	assert_int_equal(p.nr, 1000);
	assert_int_equal(exits_profile__count(&p), total);
	exits_profile__sort(&p);
	assert_int_equal(p.list[0]->kind, EXITS_BY_REASON);
	assert_int_equal(p.list[0]->count, 3 * 500);
	assert_int_equal(p.list[499]->count, 3);
	assert_int_equal(p.list[500]->kind, EXITS_BY_PORT);
	exits_profile__clear(&p);
	assert_int_equal(p.nr, 1000);
	assert_int_equal(exits_profile__count(&p), 0);
	exits_profile__free(&p);
	free(s);
}

static void names_are_known_without_tracefs(void **state)
{
	char name[64];

	(void)state;
	tracefs__exit_reason(NULL, ISA_VMX, 30, name, sizeof(name));
	assert_string_equal(name, "IO_INSTRUCTION");
	tracefs__exit_reason(NULL, ISA_SVM, 0x400, name, sizeof(name));
	assert_string_equal(name, "npf");
	tracefs__exit_reason(NULL, ISA_SVM, 0xffffffff, name, sizeof(name));
	assert_string_equal(name, "invalid_guest_state");
	tracefs__exit_reason(NULL, ISA_VMX, 0x80000021, name, sizeof(name));
	assert_string_equal(name, "INVALID_STATE flags 0x80000000");
	tracefs__exit_reason(NULL, ISA_VMX, 1234, name, sizeof(name));
	assert_string_equal(name, "0x4d2");
	tracefs__exit_reason(NULL, ISA_UNKNOWN, 30, name, sizeof(name));
	assert_string_equal(name, "0x1e");
}

static void details_are_named(void **state)
{
	char name[64];

	(void)state;
	exits__detail_name(EXITS_BY_MSR, 0x1a0, name, sizeof(name));
	assert_string_equal(name, "rdmsr 0x1a0");
	exits__detail_name(EXITS_BY_PORT, 0x80 | EXITS_KEY_WRITE, name, sizeof(name));
	assert_string_equal(name, "out 0x80");
	exits__detail_name(EXITS_BY_GPA, 0xfee000b0 | EXITS_KEY_WRITE, name, sizeof(name));
	assert_string_equal(name, "write 0xfee000b0");
	exits__detail_name(EXITS_BY_RIP, 0xffffffff81000000, name, sizeof(name));
	assert_string_equal(name, "rip 0xffffffff81000000");
	exits__detail_name(EXITS_BY_HYPERCALL, 10, name, sizeof(name));
	assert_string_equal(name, "kvm 10 send-ipi");
	exits__detail_name(EXITS_BY_HYPERCALL, 4711, name, sizeof(name));
	assert_string_equal(name, "kvm 4711");
	exits__detail_name(EXITS_BY_HYPERCALL, EXITS_KEY_HYPERV | 0x5c, name, sizeof(name));
	assert_string_equal(name, "hyperv 0x5c post-message");
	exits__detail_name(EXITS_BY_HYPERCALL, 1ull << 63 | 1, name, sizeof(name));
	assert_string_equal(name, "kvm 9223372036854775809");
	exits__detail_name(EXITS_BY_VECTOR, 0xec, name, sizeof(name));
	assert_string_equal(name, "vector 0xec");
}

static void sources_have_names(void **state)
{
	(void)state;
	for (int i = 0; i <= EXITS_NONE; i++)
		assert_int_equal(exits_source__find(exits_source__name(i)), i);
	assert_int_equal(exits_source__find("kprobe"), -1);
}

/* A calibration that takes no exits: these tests do not need any. */
static int takes_none(void *ctx, uint64_t n, struct error *err)
{
	(void)ctx;
	(void)n;
	(void)err;
	return 0;
}

static int fails(void *ctx, uint64_t n, struct error *err)
{
	(void)ctx;
	(void)n;
	return error__set(err, -EIO, "no guest today");
}

static struct exits *open_any(const struct exits_options *opts)
{
	struct exits_choice choice;
	struct exits *x;

	exits__choose(&x, opts, NULL, NULL, 0, &choice);
	if (!x) {
		print_message("%s\n", choice.why);
		skip();
	}
	assert_int_equal(choice.expected, 0);
	return x;
}

static void a_source_that_sees_nothing_is_not_chosen(void **state)
{
	struct exits_options opts = { .target.vcpu = -1 };
	struct exits_choice choice;
	struct exits *x;

	(void)state;
	exits__close(open_any(&opts));
	exits__choose(&x, &opts, takes_none, NULL, 100, &choice);
	assert_null(x);
	assert_int_equal(choice.source, EXITS_NONE);
	assert_int_equal(choice.expected, 100);
	assert_int_equal(choice.seen, 0);
	assert_non_null(strstr(choice.why, "tracepoints saw 0 of 100"));
}

static void a_calibration_that_fails_is_reported(void **state)
{
	struct exits_options opts = { .target.vcpu = -1 };
	struct exits_choice choice;
	struct exits *x;

	(void)state;
	exits__close(open_any(&opts));
	exits__choose(&x, &opts, fails, NULL, 100, &choice);
	assert_non_null(x);
	assert_int_equal(choice.expected, 0);
	assert_non_null(strstr(choice.why, "no guest today"));
	exits__close(x);
}

struct reader {
	struct exits *x;
	struct exits_profile p, interval;
	bool both;
};

static void add_delta(const struct exits_delta *d, void *ctx)
{
	struct reader *c = ctx;

	assert_int_equal(exits_profile__add(&c->p, c->x, d, d->slot), 0);
	if (c->both)
		assert_int_equal(exits_profile__add(&c->interval, c->x, d, d->slot), 0);
}

static void make_up_vcpu(struct exits *x, unsigned int i)
{
	struct exits_slot *slot = &x->slots[i * 4];

	slot->vcpu = 0x1000 + i;
	slot->vcpu_id = (int)i;
	slot->isa = ISA_VMX;
	for (unsigned int r = 0; r < EXITS_REASONS; r++)
		slot->reasons[r].reason = EXITS_NO_REASON;
	for (unsigned int r = 0; r < REASONS_EACH; r++) {
		uint32_t row = 1 + i * REASONS_EACH + r;

		slot->reasons[r].reason = r;
		slot->reasons[r].row = row;
		x->rows[row].slot = i * 4;
		x->rows[row].key = r;
		x->rows[row].used = 1;
	}
}

/* One exit in each of the first buckets, of every reason and vCPU. */
static void let_exit(struct exits *x, unsigned int buckets)
{
	for (unsigned int i = 0; i < SYNTHETIC_VCPUS; i++) {
		for (unsigned int r = 0; r < REASONS_EACH; r++) {
			struct exits_row *row = &x->rows[1 + i * REASONS_EACH + r];

			x->slots[i * 4].reasons[r].count += buckets;
			row->ns += 40000;
			row->max_ns = 2000;
			for (unsigned int b = 0; b < buckets; b++)
				row->bucket[b]++;
		}
	}
}

static void collect(struct reader *c)
{
	struct error err = { 0 };

	exits_profile__clear(&c->p);
	assert_int_equal(exits__collect(c->x, add_delta, c, &err), 0);
}

/*
 * However long an exit is, each collection gets exactly the part of it that lies since the last
 * one.
 */
static void exits_under_way_are_clipped_to_collections(void **state)
{
	struct exits_options opts = { .target.vcpu = -1, .by = EXITS_BY_PORT, .clip = true };
	struct reader c = { 0 };
	struct exits_slot *slot;
	struct exits_row *row;

	(void)state;
	c.x = open_any(&opts);
	exits__end(c.x);
	make_up_vcpu(c.x, 0);
	slot = &c.x->slots[0];
	row = &c.x->rows[1];
	slot->start_ns = 1000;
	slot->row = 1;
	c.x->ended_ns = 1700;
	collect(&c);
	assert_int_equal(c.p.nr, 1);
	assert_int_equal(c.p.list[0]->clip_ns, 700);
	assert_int_equal(c.p.list[0]->count, 0);
	c.x->ended_ns = 1900;
	collect(&c);
	assert_int_equal(c.p.list[0]->clip_ns, 200);
	/* The exit ends at 2000, and another begins at 2300. */
	row->ns = 1000;
	slot->reasons[0].count = 2;
	slot->start_ns = 2300;
	c.x->ended_ns = 2400;
	collect(&c);
	assert_int_equal((int64_t)c.p.list[0]->ns + c.p.list[0]->clip_ns, 100 + 100);
	/*
	 * The second one has another reason when it ends; its thread ends halfway through the
	 * collection.
	 */
	slot->gone_ns = 2450;
	c.x->ended_ns = 2500;
	collect(&c);
	assert_int_equal(c.p.list[0]->clip_ns, 50);
	/* The beginning of this one was not seen. */
	slot->start_ns = EXITS_UNDER_WAY;
	row->ns += 150;
	row->before_ns = 400;
	collect(&c);
	assert_int_equal((int64_t)c.p.list[0]->ns + c.p.list[0]->clip_ns, 400);
	exits_profile__free(&c.p);
	exits__close(c.x);
}

/* Lines that count the same exits again are left out of sums. */
static void exits_are_counted_once(void **state)
{
	struct exits_profile p = { 0 };
	struct exits_sum *s = calloc(1, sizeof(*s));

	(void)state;
	s->count = 10;
	assert_int_equal(exits_profile__merge(&p, s, 0), 0);
	s->key = 1;
	s->count = 11;
	s->repeats = true;
	assert_int_equal(exits_profile__merge(&p, s, 0), 0);
	assert_int_equal(exits_profile__count(&p), 10);
	exits_profile__sort(&p);
	assert_true(p.list[1]->repeats);
	exits_profile__free(&p);
	free(s);
}

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* CPU time to read everything once, averaged over ten times; `interval`: sums it up twice. */
static double seconds_to_read(unsigned int buckets, bool interval)
{
	struct exits_options opts = { .target.vcpu = -1,
				      .vcpus = SYNTHETIC_VCPUS * 2,
				      .by = EXITS_BY_PORT };
	struct reader c = { .both = interval };
	struct error err = { 0 };
	double begin, took = 0;

	c.x = open_any(&opts);
	exits__end(c.x);
	for (unsigned int i = 0; i < SYNTHETIC_VCPUS; i++)
		make_up_vcpu(c.x, i);
	/* The first reading maps memory and takes up all vCPUs. */
	let_exit(c.x, buckets);
	assert_int_equal(exits__collect(c.x, add_delta, &c, &err), 0);
	for (int second = 0; second < 10; second++) {
		let_exit(c.x, buckets);
		begin = cpu_seconds();
		exits_profile__clear(&c.interval);
		assert_int_equal(exits__collect(c.x, add_delta, &c, &err), 0);
		took += (cpu_seconds() - begin) / 10;
	}
	print_message("reading %d vCPUs of %d reasons, %u buckets each%s: %.1f ms, %.2f %% of a "
		      "CPU every second\n",
		      SYNTHETIC_VCPUS, REASONS_EACH, buckets, interval ? ", with intervals" : "",
		      1e3 * took, 100 * took);
	assert_int_equal(c.p.nr, SYNTHETIC_VCPUS * REASONS_EACH);
	assert_int_equal(exits_profile__count(&c.p),
			 11ull * buckets * SYNTHETIC_VCPUS * REASONS_EACH);
	for (size_t i = 0; i < c.p.nr; i++)
		assert_int_equal(c.p.list[i]->hist.count, c.p.list[i]->count);
	if (interval)
		assert_int_equal(exits_profile__count(&c.interval),
				 1ull * buckets * SYNTHETIC_VCPUS * REASONS_EACH);
	/* Nothing was counted since, so nothing is reported. */
	exits_profile__clear(&c.p);
	assert_int_equal(exits__collect(c.x, add_delta, &c, &err), 0);
	assert_int_equal(exits_profile__count(&c.p), 0);
	exits_profile__free(&c.p);
	exits_profile__free(&c.interval);
	exits__close(c.x);
	return took;
}

/*
 * 64 buckets span a factor of 16 in time; all of them span 1 ns to a minute, more than occurs in a
 * second.
 */
static void reading_500_vcpus_takes_under_2_percent(void **state)
{
	double took = seconds_to_read(64, false);

	(void)state;
	seconds_to_read(64, true);
	seconds_to_read(EXITS_BUCKETS, false);
	seconds_to_read(EXITS_BUCKETS, true);
#ifndef __SANITIZE_ADDRESS__
	assert_true(took < 0.02);
#else
	(void)took;
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_are_the_histograms),
		cmocka_unit_test(wrapped_buckets_count),
		cmocka_unit_test(profile_sums_by_key_and_group),
		cmocka_unit_test(names_are_known_without_tracefs),
		cmocka_unit_test(details_are_named),
		cmocka_unit_test(sources_have_names),
		cmocka_unit_test(a_source_that_sees_nothing_is_not_chosen),
		cmocka_unit_test(a_calibration_that_fails_is_reported),
		cmocka_unit_test(exits_under_way_are_clipped_to_collections),
		cmocka_unit_test(exits_are_counted_once),
		cmocka_unit_test(reading_500_vcpus_takes_under_2_percent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
