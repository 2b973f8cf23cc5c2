// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KVM's statistics descriptor: a file of the right layout is read up to the last bucket, one whose
 * fields point elsewhere is refused, and what was counted in between is given in the descriptor's
 * units.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/kvm/kvmstats.h"
#include "bench/kvm/kvmstats_window.h"
#include "tests/kvmstats_by_name.h"

#define NAME_BYTES 16
#define NR_DESCS   6
#define NR_VALUES  16

struct description {
	struct kvm_stats_desc desc;
	char name[NAME_BYTES];
};

/* A file as the kernel makes it: header, identifier, descriptions, values. */
struct stats_file {
	struct kvm_stats_header header;
	char id[NAME_BYTES];
	struct description descs[NR_DESCS];
	uint64_t values[NR_VALUES];
};

enum { EXITS, WAIT_HIST, LINEAR, PAGES, PEAK, POLL_NS };

static void describe(struct stats_file *f, int i, const char *name, uint32_t flags, int exponent,
		     unsigned int first, unsigned int size)
{
	f->descs[i].desc = (struct kvm_stats_desc){
		.flags = flags,
		.exponent = (int16_t)exponent,
		.size = (uint16_t)size,
		.offset = first * (uint32_t)sizeof(uint64_t),
	};
	snprintf(f->descs[i].name, NAME_BYTES, "%s", name);
}

static void make(struct stats_file *f)
{
	memset(f, 0, sizeof(*f));
	f->header = (struct kvm_stats_header){
		.name_size = NAME_BYTES,
		.num_desc = NR_DESCS,
		.id_offset = offsetof(struct stats_file, id),
		.desc_offset = offsetof(struct stats_file, descs),
		.data_offset = offsetof(struct stats_file, values),
	};
	describe(f, EXITS, "exits", KVM_STATS_TYPE_CUMULATIVE, 0, 0, 1);
	describe(f, WAIT_HIST, "halt_wait_hist", KVM_STATS_TYPE_LOG_HIST | KVM_STATS_UNIT_SECONDS,
		 -9, 1, 5);
	describe(f, LINEAR, "linear",
		 KVM_STATS_TYPE_LINEAR_HIST | KVM_STATS_UNIT_BYTES | KVM_STATS_BASE_POW2, 10, 6, 3);
	f->descs[LINEAR].desc.bucket_size = 4;
	describe(f, PAGES, "pages_4k", KVM_STATS_TYPE_INSTANT, 0, 9, 1);
	describe(f, PEAK, "max_depth", KVM_STATS_TYPE_PEAK, 0, 10, 1);
	describe(f, POLL_NS, "poll", KVM_STATS_TYPE_CUMULATIVE | KVM_STATS_UNIT_SECONDS, -6, 15, 1);
}

static int open_file(const struct stats_file *f, size_t len, struct kvmstats *s, struct error *err)
{
	int fd = memfd_create("stats", 0);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, f, len, 0), (ssize_t)len);
	return kvmstats__open_fd(s, fd, err);
}

static void every_kind_is_read(void **state)
{
	struct stats_file f;
	struct kvmstats s;
	struct error err = { 0 };
	const struct kvmstats_desc *desc;

	(void)state;
	make(&f);
	for (int i = 0; i < NR_VALUES; i++)
		f.values[i] = 100 + (uint64_t)i;
	assert_int_equal(open_file(&f, sizeof(f), &s, &err), 0);
	assert_int_equal(s.nr_values, NR_VALUES);
	assert_int_equal(kvmstats__read(&s), 0);
	desc = by_name(&s, "halt_wait_hist");
	assert_non_null(desc);
	assert_int_equal(desc->type, KVMSTATS_LOG_HIST);
	assert_int_equal(desc->unit, KVMSTATS_SECONDS);
	assert_int_equal(desc->size, 5);
	assert_int_equal(s.values[desc->first + 4], 105);
	desc = by_name(&s, "linear");
	assert_int_equal(desc->base, 2);
	assert_int_equal(desc->exponent, 10);
	assert_int_equal(by_name(&s, "max_depth")->type, KVMSTATS_PEAK);
	assert_int_equal(by_name(&s, "pages_4k")->type, KVMSTATS_INSTANT);
	kvmstats__close(&s);
}

/* Each damages one field. */
static const struct damage {
	const char *what;
	size_t offset, size;
	uint64_t value;
} damages[] = {
#define HEADER(field, value) \
	{ \
		"header." #field "=" #value, offsetof(struct stats_file, header.field), \
			sizeof(((struct stats_file *)0)->header.field), value \
	}
#define DESC(i, field, value) \
	{ \
#i "." #field "=" #value, offsetof(struct stats_file, descs[i].desc.field), \
			sizeof(((struct kvm_stats_desc *)0)->field), value \
	}
	HEADER(num_desc, 0),
	HEADER(num_desc, 4097),
	HEADER(num_desc, 0xffffffff),
	HEADER(num_desc, 1000),
	HEADER(name_size, 513),
	HEADER(name_size, 0xffffffff),
	HEADER(name_size, 0),
	HEADER(desc_offset, 0xfffffff0),
	HEADER(desc_offset, 4096),
	DESC(EXITS, size, 0),
	DESC(EXITS, offset, 4),
	DESC(EXITS, offset, 0xfffffff8),
	DESC(EXITS, offset, 65536 * 8),
	DESC(WAIT_HIST, size, 66),
	DESC(LINEAR, bucket_size, 0),
	DESC(LINEAR, exponent, 31),
	DESC(WAIT_HIST, exponent, 0x8000),
	{ "a name with a control character", offsetof(struct stats_file, descs[PAGES].name), 1,
	  '\n' },
	{ "a name that is not ASCII", offsetof(struct stats_file, descs[PAGES].name), 1, 0xe4 },
	{ "no name", offsetof(struct stats_file, descs[PAGES].name), 1, 0 },
};

static void damaged_descriptions_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		const struct damage *d = &damages[i];
		struct stats_file f;
		struct kvmstats s;
		struct error err = { 0 };

		make(&f);
		memcpy((char *)&f + d->offset, &d->value, d->size);
		if (open_file(&f, sizeof(f), &s, &err) != -EPROTO)
			fail_msg("%s: not refused", d->what);
		assert_non_null(strstr(err.text, "statistics"));
		assert_int_equal(s.fd, -1);
	}
}

static void values_beyond_the_file_are_an_error(void **state)
{
	struct stats_file f;
	struct kvmstats s;
	struct error err = { 0 };

	(void)state;
	make(&f);
	assert_int_equal(open_file(&f, sizeof(f) - 8, &s, &err), 0);
	assert_int_equal(kvmstats__read(&s), -EPROTO);
	kvmstats__close(&s);
	f.header.data_offset = 0xffffffff;
	assert_int_equal(open_file(&f, sizeof(f), &s, &err), 0);
	assert_true(kvmstats__read(&s) < 0);
	kvmstats__close(&s);
}

/* Kinds from future kernels are not refused, and not taken for anything else. */
static void unknown_kinds_are_left_out(void **state)
{
	static const uint32_t flags[] = { 5 << KVM_STATS_TYPE_SHIFT, 9 << KVM_STATS_UNIT_SHIFT,
					  3 << KVM_STATS_BASE_SHIFT };
	uint64_t values[NR_VALUES] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		struct kvmstats_window w = { .nr = 0 };
		struct stats_file f;
		struct kvmstats s;
		struct error err = { 0 };

		make(&f);
		f.descs[EXITS].desc.flags = flags[i];
		assert_int_equal(open_file(&f, sizeof(f), &s, &err), 0);
		assert_int_equal(s.descs[EXITS].type, KVMSTATS_OTHER);
		assert_int_equal(kvmstats_window__add(&w, &s, values, values), 0);
		assert_null(kvmstats_window__find(&w, "exits"));
		assert_non_null(kvmstats_window__find(&w, "poll"));
		kvmstats_window__free(&w);
		kvmstats__close(&s);
	}
}

static void windows_add_up(void **state)
{
	uint64_t begin[NR_VALUES] = { 0 }, end[NR_VALUES] = { 0 };
	struct kvmstats_window w = { .nr = 0 }, all = { .nr = 0 };
	const struct kvmstats_figure *hist;
	struct stats_file f;
	struct kvmstats s;
	struct error err = { 0 };

	(void)state;
	make(&f);
	assert_int_equal(open_file(&f, sizeof(f), &s, &err), 0);
	begin[0] = 5, end[0] = 12;
	begin[3] = 1, end[3] = 4, end[5] = 1; /* third bucket: 2 and 3 ns; the last: 8 and more */
	begin[9] = 8, end[9] = 6;	      /* an instant may go down */
	begin[10] = 3, end[10] = 9;
	assert_int_equal(kvmstats_window__add(&w, &s, begin, end), 0);
	begin[10] = 4, end[10] = 4;
	assert_int_equal(kvmstats_window__add(&w, &s, begin, end), 0);
	assert_int_equal(kvmstats_window__merge(&all, &w), 0);
	assert_int_equal(kvmstats_window__merge(&all, &w), 0);
	assert_int_equal(all.times, 4);
	assert_int_equal(kvmstats_window__find(&all, "exits")->gained[0], 28);
	hist = kvmstats_window__find(&all, "halt_wait_hist");
	assert_int_equal(hist->gained[2], 12);
	assert_int_equal(hist->gained[4], 4);
	assert_int_equal(kvmstats_figure__count(hist), 16);
	assert_int_equal(kvmstats_window__find(&all, "pages_4k")->begin, 32);
	assert_int_equal(kvmstats_window__find(&all, "pages_4k")->end, 24);
	assert_int_equal(kvmstats_window__find(&all, "max_depth")->begin, 4);
	assert_int_equal(kvmstats_window__find(&all, "max_depth")->end, 9);
	assert_false(kvmstats_window__find(&all, "exits")->backwards);
	kvmstats_window__prune(&all);
	assert_int_equal(all.nr, 2);
	kvmstats_window__free(&w);
	kvmstats_window__free(&all);
	kvmstats__close(&s);
}

/* What a counter gained is not known once it has been reset. */
static void a_reset_is_seen(void **state)
{
	uint64_t begin[NR_VALUES] = { [0] = 5, [2] = 7 }, end[NR_VALUES] = { [0] = 4, [2] = 6 };
	struct kvmstats_window w = { .nr = 0 }, all = { .nr = 0 };
	struct stats_file f;
	struct kvmstats s;
	struct error err = { 0 };

	(void)state;
	make(&f);
	assert_int_equal(open_file(&f, sizeof(f), &s, &err), 0);
	assert_int_equal(kvmstats_window__add(&w, &s, begin, end), 0);
	assert_true(kvmstats_window__find(&w, "exits")->backwards);
	assert_true(kvmstats_window__find(&w, "halt_wait_hist")->backwards);
	assert_true(
		isnan(kvmstats_figure__quantile(kvmstats_window__find(&w, "halt_wait_hist"), 0.5)));
	assert_false(kvmstats_window__find(&w, "linear")->backwards);
	/* A sum that contains an unknown value is unknown too, whatever is added later. */
	assert_int_equal(kvmstats_window__merge(&all, &w), 0);
	memcpy(end, begin, sizeof(end));
	kvmstats_window__free(&w);
	assert_int_equal(kvmstats_window__add(&w, &s, begin, end), 0);
	assert_int_equal(kvmstats_window__merge(&all, &w), 0);
	assert_true(kvmstats_window__find(&all, "exits")->backwards);
	assert_false(kvmstats_window__find(&all, "linear")->backwards);
	kvmstats_window__free(&all);
	kvmstats_window__free(&w);
	kvmstats__close(&s);
}

static void buckets_have_the_descriptor_s_units(void **state)
{
	struct kvmstats_desc log = { .type = KVMSTATS_LOG_HIST,
				     .unit = KVMSTATS_SECONDS,
				     .base = 10,
				     .exponent = -6,
				     .size = 4 };
	struct kvmstats_desc linear = { .type = KVMSTATS_LINEAR_HIST,
					.unit = KVMSTATS_BYTES,
					.base = 2,
					.exponent = 10,
					.size = 3,
					.bucket_size = 4 };
	struct kvmstats_figure f = { .desc = log, .gained = (uint64_t[]){ 0, 0, 4, 0 } };
	double low, above;

	(void)state;
	assert_string_equal(kvmstats_desc__unit(&log), "ns");
	kvmstats_desc__bucket(&log, 0, &low, &above);
	assert_true(low == 0 && above == 1000);
	kvmstats_desc__bucket(&log, 2, &low, &above);
	assert_true(low == 2000 && above == 4000);
	kvmstats_desc__bucket(&log, 3, &low, &above);
	assert_true(low == 4000 && isinf(above));
	assert_string_equal(kvmstats_desc__unit(&linear), "bytes");
	kvmstats_desc__bucket(&linear, 1, &low, &above);
	assert_true(low == 4096 && above == 8192);
	kvmstats_desc__bucket(&linear, 2, &low, &above);
	assert_true(low == 8192 && isinf(above));

	assert_true(kvmstats_figure__quantile(&f, 0.5) == 3000);
	f.gained = (uint64_t[]){ 0, 0, 1, 3 };
	assert_true(kvmstats_figure__quantile(&f, 0.5) == 4000);
	f.gained = (uint64_t[]){ 0, 0, 0, 0 };
	assert_true(isnan(kvmstats_figure__quantile(&f, 0.5)));
	/* With 64 bits the last bucket of a logarithmic histogram begins above 2^63. */
	log.size = 65;
	log.exponent = -9;
	kvmstats_desc__bucket(&log, 64, &low, &above);
	assert_true(low == 9223372036854775808.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_read),
		cmocka_unit_test(damaged_descriptions_are_refused),
		cmocka_unit_test(values_beyond_the_file_are_an_error),
		cmocka_unit_test(unknown_kinds_are_left_out),
		cmocka_unit_test(windows_add_up),
		cmocka_unit_test(a_reset_is_seen),
		cmocka_unit_test(buckets_have_the_descriptor_s_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
