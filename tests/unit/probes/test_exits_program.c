// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel side of the exits probe counts and times: an exit is handled in the kernel, off
 * the CPU, in user space, or off the CPU there, and each nanosecond belongs to one of these. The
 * program runs here as plain C; all numbers are worked out by hand.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/kernel.h"

#define on_exit program_on_exit /* the C library has another */
#define const
#include "probes/exits.bpf.c"
#undef const

#define PORT_IO 30 /* VMX's reasons */
#define HALT	12
#define THREAD	0x1000 /* tasks */
#define OTHER	0x2000
#define NOBODY	0x3000
#define ROWS	8

/* Like the kernel's: the probe reads at offsets that it is given. */
struct vcpu {
	uint64_t nothing;
	uint32_t reason;
	uint32_t id;
	uint64_t kvm;
	uint8_t *vmcb;
	uint8_t cpl, protected;
};

static struct vcpu one = { .id = 0, .kvm = 0xaaa }, two = { .id = 1, .kvm = 0xaaa };

static int set_up(void **state)
{
	(void)state;
	machine__reset();
	machine.task = THREAD;
	machine.pid_tgid = 10ull << 32 | 11;
	memset(slots, 0, sizeof(slots));
	memset(cpus, 0, sizeof(cpus));
	memset(&lost, 0, sizeof(lost));
	vmx_reason_off = offsetof(struct vcpu, reason);
	vcpu_id_off = offsetof(struct vcpu, id);
	vcpu_kvm_off = offsetof(struct vcpu, kvm);
	vcpu_kvm_known = true;
	timing = true;
	filtered = extras = calibrating = false;
	only_vcpu = -1;
	by = 0;
	over_ns = 0;
	want_stacks = false;
	all_attached = true;
	attached_ns = 1;
	for (uint32_t row = ROWS; row; row--)
		map__push(&free_rows, &row, sizeof(row));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	machine__reset();
	return 0;
}

static void exits(uint64_t at, struct vcpu *vcpu, uint32_t reason)
{
	__u64 args[] = { (uintptr_t)vcpu };

	machine.now = at;
	vcpu->reason = reason;
	vmx_exit((void *)args);
}

static void enters(uint64_t at, struct vcpu *vcpu)
{
	__u64 args[] = { (uintptr_t)vcpu };

	machine.now = at;
	raw_entry((void *)args);
}

static void goes_to_user_space(uint64_t at)
{
	machine.now = at;
	raw_userspace(NULL);
}

static void accesses_port(uint64_t port)
{
	__u64 args[] = { 1, port };

	raw_pio((void *)args);
}

/* On the current CPU; `to` runs there from now on. */
static void switched(uint64_t at, uint64_t from, uint64_t to)
{
	__u64 args[] = { 0, from, to };

	machine.now = at;
	raw_switch((void *)args);
	machine.task = to;
	machine.pid_tgid = 10ull << 32 | (to == OTHER ? 12 : 11);
}

static struct exits_slot *slot_of(const struct vcpu *vcpu)
{
	for (unsigned int i = 0; i < EXITS_SLOTS; i++)
		if (slots[i].vcpu == (uintptr_t)vcpu)
			return &slots[i];
	return NULL;
}

static struct exits_reason *reason_of(const struct vcpu *vcpu, uint32_t reason)
{
	struct exits_slot *slot = slot_of(vcpu);

	assert_non_null(slot);
	for (unsigned int i = 0; i < EXITS_REASONS; i++)
		if (slot->reasons[i].reason == reason)
			return &slot->reasons[i];
	fail_msg("reason %u was not counted", reason);
	return NULL;
}

static struct exits_row *row_of(const struct vcpu *vcpu, uint32_t reason)
{
	uint32_t row = reason_of(vcpu, reason)->row;

	assert_int_not_equal(row, 0);
	return row__at(row);
}

/* Checks the whole and its parts; the part in the kernel on the CPU is the rest. */
static void assert_parts(const struct exits_row *row, uint64_t ns, uint64_t off, uint64_t user,
			 uint64_t user_off)
{
	assert_int_equal(row->ns, ns);
	assert_int_equal(row->off_ns, off);
	assert_int_equal(row->user_ns, user);
	assert_int_equal(row->user_off_ns, user_off);
}

static void an_exit_lasts_from_exit_to_entry(void **state)
{
	struct exits_row *row;

	(void)state;
	exits(1000, &one, PORT_IO);
	enters(1700, &one);
	exits(2000, &one, PORT_IO);
	enters(2100, &one);
	exits(3000, &one, HALT);
	enters(9000, &one);
	assert_int_equal(reason_of(&one, PORT_IO)->count, 2);
	assert_int_equal(reason_of(&one, HALT)->count, 1);
	row = row_of(&one, PORT_IO);
	assert_parts(row, 800, 0, 0, 0);
	assert_int_equal(row->max_ns, 700);
	assert_int_equal(row->bucket[bucket__of(700)], 1);
	assert_int_equal(row->bucket[bucket__of(100)], 1);
	assert_parts(row_of(&one, HALT), 6000, 0, 0, 0);
	assert_int_equal(slot_of(&one)->vcpu_id, 0);
	assert_int_equal(slot_of(&one)->tgid, 10);
	assert_int_equal(slot_of(&one)->tid, 11);
	assert_int_equal(slot_of(&one)->kvm, 0xaaa);
}

/* Time off the CPU counts once for each time switched out, and not again in the next exit. */
static void off_cpu_time_is_counted_once(void **state)
{
	(void)state;
	exits(1000, &one, PORT_IO);
	switched(1200, THREAD, NOBODY);
	switched(1500, NOBODY, THREAD);
	enters(2000, &one);
	assert_parts(row_of(&one, PORT_IO), 1000, 300, 0, 0);
	exits(3000, &one, PORT_IO);
	switched(3100, THREAD, NOBODY);
	switched(3110, NOBODY, THREAD);
	switched(3120, THREAD, NOBODY);
	switched(3190, NOBODY, THREAD);
	enters(3200, &one);
	assert_parts(row_of(&one, PORT_IO), 1200, 380, 0, 0);
	exits(4000, &one, PORT_IO);
	enters(4100, &one);
	assert_parts(row_of(&one, PORT_IO), 1300, 380, 0, 0);
	/* Switched out while the guest ran: does not belong to an exit. */
	switched(5000, THREAD, NOBODY);
	switched(5500, NOBODY, THREAD);
	exits(6000, &one, PORT_IO);
	enters(6100, &one);
	assert_parts(row_of(&one, PORT_IO), 1400, 380, 0, 0);
}

/* The common path: nothing but a way to user space and back. */
static void user_space_has_its_part(void **state)
{
	(void)state;
	exits(1000, &one, PORT_IO);
	goes_to_user_space(1100);
	enters(1900, &one);
	assert_parts(row_of(&one, PORT_IO), 900, 0, 800, 0);
	/* The next one stays in the kernel. */
	exits(2000, &one, PORT_IO);
	enters(2500, &one);
	assert_parts(row_of(&one, PORT_IO), 1400, 0, 800, 0);
	/* In the guest there is no way to user space. */
	goes_to_user_space(2600);
	exits(3000, &one, PORT_IO);
	enters(3010, &one);
	assert_parts(row_of(&one, PORT_IO), 1410, 0, 800, 0);
}

static void each_nanosecond_is_in_one_part(void **state)
{
	(void)state;
	exits(1000, &one, PORT_IO);
	switched(1100, THREAD, NOBODY); /* 50 off the CPU in the kernel */
	switched(1150, NOBODY, THREAD);
	goes_to_user_space(1200);
	switched(1300, THREAD, NOBODY); /* 300 off the CPU in user space */
	switched(1600, NOBODY, THREAD);
	enters(2000, &one); /* 800 there in all */
	assert_parts(row_of(&one, PORT_IO), 1000, 50, 500, 300);
	/* The other order: time off the CPU before going to user space is the kernel's. */
	exits(3000, &one, HALT);
	goes_to_user_space(3010);
	switched(3020, THREAD, NOBODY);
	switched(3050, NOBODY, THREAD);
	enters(3060, &one);
	assert_parts(row_of(&one, HALT), 60, 0, 20, 30);
}

/* Back on another CPU it is the same exit. */
static void a_thread_may_come_back_elsewhere(void **state)
{
	(void)state;
	exits(1000, &one, PORT_IO);
	switched(1100, THREAD, NOBODY);
	machine.cpu = 3;
	switched(1400, NOBODY, THREAD);
	goes_to_user_space(1500);
	enters(1700, &one);
	assert_parts(row_of(&one, PORT_IO), 700, 300, 200, 0);
}

static void two_vcpus_share_a_cpu(void **state)
{
	(void)state;
	exits(1000, &one, PORT_IO);
	switched(1100, THREAD, OTHER);
	exits(1200, &two, HALT);
	goes_to_user_space(1250);
	switched(1300, OTHER, THREAD);
	enters(1500, &one);
	switched(1600, THREAD, OTHER);
	enters(2000, &two);
	assert_parts(row_of(&one, PORT_IO), 500, 200, 0, 0);
	/* 750 in user space, 300 of which off the CPU. */
	assert_parts(row_of(&two, HALT), 800, 0, 450, 300);
	assert_int_equal(slot_of(&one)->tid, 11);
	assert_int_equal(slot_of(&two)->tid, 12);
}

/* The row of what was accessed has the same parts as the reason's. */
static void details_have_all_parts_too(void **state)
{
	struct exits_slot *slot;
	struct exits_row *row = NULL;

	(void)state;
	by = EXITS_BY_PORT;
	extras = true;
	exits(1000, &one, PORT_IO);
	accesses_port(0x3f8);
	switched(1100, THREAD, NOBODY);
	switched(1150, NOBODY, THREAD);
	goes_to_user_space(1200);
	enters(2000, &one);
	/* Without an access: it must not get the port of the exit before. */
	exits(3000, &one, PORT_IO);
	enters(3100, &one);
	slot = slot_of(&one);
	assert_int_equal(slot->detail_kind, 0);
	for (uint32_t i = 1; i <= ROWS && !row; i++)
		row = row__at(i)->kind == EXITS_BY_PORT ? row__at(i) : NULL;
	assert_non_null(row);
	assert_int_equal(row->key, 0x3f8 | EXITS_KEY_WRITE);
	assert_parts(row, 1000, 50, 800, 0);
	assert_parts(row_of(&one, PORT_IO), 1100, 50, 800, 0);
}

static void slow_exits_are_streamed_with_their_parts(void **state)
{
	const struct exits_event *e;

	(void)state;
	over_ns = 500;
	extras = true;
	exits(1000, &one, PORT_IO);
	enters(1499, &one);
	assert_int_equal(ring.nr, 0);
	exits(2000, &one, PORT_IO);
	switched(2100, THREAD, NOBODY);
	switched(2150, NOBODY, THREAD);
	goes_to_user_space(2200);
	switched(2300, THREAD, NOBODY);
	switched(2320, NOBODY, THREAD);
	enters(2500, &one);
	assert_int_equal(ring.nr, 1);
	e = ring.record;
	assert_int_equal(e->ns, 500);
	assert_int_equal(e->time_ns, 2500);
	assert_int_equal(e->off_ns, 70);
	assert_int_equal(e->user_ns, 280);
	assert_int_equal(e->reason, PORT_IO);
	ring.full = true;
	exits(3000, &one, PORT_IO);
	enters(3600, &one);
	assert_int_equal(lost.events, 1);
	assert_int_equal(row_of(&one, PORT_IO)->ns, 499 + 500 + 600);
}

static void sampled(uint64_t at, int stack)
{
	machine.now = at;
	machine.stack = stack;
	sample(NULL);
}

static void stops(uint64_t from, uint64_t to, int stack)
{
	machine.stack = stack;
	switched(from, THREAD, NOBODY);
	sampled((from + to) / 2, 99);
	switched(to, NOBODY, THREAD);
}

/* Of the stops the longest is told, of what ran the first sample behind the limit. */
static void slow_exits_say_where_they_were(void **state)
{
	const struct exits_event *e;

	(void)state;
	over_ns = 500;
	extras = want_stacks = true;
	exits(1000, &one, PORT_IO);
	stops(1100, 1150, 1);
	stops(1200, 1270, 2);
	stops(1300, 1310, 3);
	sampled(1249, 4);
	sampled(1450, 5);
	sampled(1520, 6);
	sampled(1700, 7);
	enters(1800, &one);
	e = ring.record;
	assert_int_equal(e->where.off_ns, 70);
	assert_int_equal(e->where.off_stack, 2);
	assert_int_equal(e->where.on_ns, 520);
	assert_int_equal(e->where.on_stack, 6);
	/* Nothing is left of them, in the guest nothing is noted, and what is too early is not. */
	sampled(2000, 8);
	stops(2100, 2900, 9);
	exits(3000, &one, PORT_IO);
	sampled(3200, 10);
	enters(3600, &one);
	e = ring.record;
	assert_int_equal(ring.nr, 2);
	assert_int_equal(e->where.off_ns, 0);
	assert_int_equal(e->where.on_ns, 0);
	/* The last one before the limit, if none is behind it. */
	exits(4000, &one, PORT_IO);
	sampled(4260, 11);
	sampled(4490, 12);
	enters(4510, &one);
	e = ring.record;
	assert_int_equal(e->where.on_stack, 12);
}

static void an_entry_whose_exit_was_not_seen_is_reported(void **state)
{
	(void)state;
	exits(1000, &one, PORT_IO);
	enters(1100, &one);
	enters(1300, &one);
	enters(1400, &one);
	assert_int_equal(slot_of(&one)->unseen, 2);
	assert_parts(row_of(&one, PORT_IO), 100, 0, 0, 0);
	all_attached = false;
	enters(1500, &one);
	assert_int_equal(slot_of(&one)->unseen, 2);
}

/* It counts only as the part since the probe attached. */
static void who_comes_back_from_before_the_probe(void **state)
{
	(void)state;
	attached_ns = 1000;
	one.reason = HALT;
	enters(1400, &one);
	assert_int_equal(row_of(&one, HALT)->before_ns, 400);
	assert_int_equal(row_of(&one, HALT)->ns, 0);
	assert_int_equal(reason_of(&one, HALT)->count, 0);
}

static void others_are_not_counted(void **state)
{
	uint32_t tgid = 10;
	uint8_t yes = 1;

	(void)state;
	filtered = true;
	exits(1000, &one, PORT_IO);
	enters(1100, &one);
	assert_null(slot_of(&one));
	bpf_map_update_elem(&targets, &tgid, &yes, BPF_ANY);
	exits(2000, &two, PORT_IO);
	enters(2100, &two);
	assert_int_equal(reason_of(&two, PORT_IO)->count, 1);
	/* Of the VM's vCPUs only the second. */
	set_up(NULL);
	only_vcpu = 1;
	exits(3000, &one, PORT_IO);
	exits(3000, &two, PORT_IO);
	assert_null(slot_of(&one));
	assert_int_equal(reason_of(&two, PORT_IO)->count, 1);
}

/* It is counted, and reported as not timed. */
static void without_a_histogram_exits_are_counted(void **state)
{
	(void)state;
	for (uint32_t reason = 1; reason <= ROWS + 2; reason++) {
		exits(1000 * reason, &one, reason);
		enters(1000 * reason + 100, &one);
	}
	assert_int_equal(lost.rows, 2);
	for (uint32_t reason = 1; reason <= ROWS + 2; reason++)
		assert_int_equal(reason_of(&one, reason)->count, 1);
	assert_int_equal(row_of(&one, ROWS)->ns, 100);
}

/* Reasons that fall on the same place, as SVM's and VMX's numbers do. */
static void reasons_are_told_apart(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		exits(1000 + 100 * i, &one, 5 + i * EXITS_REASONS);
		enters(1010 + 101 * i, &one);
	}
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(reason_of(&one, 5 + i * EXITS_REASONS)->count, 1);
		assert_int_equal(row_of(&one, 5 + i * EXITS_REASONS)->ns, 10 + i);
	}
}

/* A vCPU that gets the memory of another is a new one. */
static void a_thread_that_ends_takes_nothing_on(void **state)
{
	struct exits_slot *old;

	(void)state;
	exits(1000, &one, PORT_IO);
	enters(1100, &one);
	old = slot_of(&one);
	machine.now = 1200;
	raw_thread_exit(NULL);
	assert_int_equal(old->gone_ns, 1200);
	machine.task = OTHER;
	machine.pid_tgid = 20ull << 32 | 21;
	exits(2000, &one, PORT_IO);
	enters(2050, &one);
	assert_true(slot_of(&one) != old);
	assert_int_equal(reason_of(&one, PORT_IO)->count, 1);
	assert_int_equal(slot_of(&one)->tgid, 20);
	assert_int_equal(old->reasons[PORT_IO].count, 1);
}

/* Runs another vCPU, or is another thread that does: each exit has its own time in user space. */
static void vcpus_change_threads_in_user_space(void **state)
{
	(void)state;
	exits(1000, &one, PORT_IO);
	goes_to_user_space(1100);
	enters(1300, &one);
	exits(1400, &one, PORT_IO);
	goes_to_user_space(1500);
	exits(2000, &two, PORT_IO);
	goes_to_user_space(2100);
	enters(2300, &two);
	enters(2500, &one);
	exits(2600, &one, PORT_IO);
	goes_to_user_space(2700);
	enters(2900, &one);
	exits(3000, &one, PORT_IO);
	goes_to_user_space(3100);
	/* The first goes on with another thread, on another CPU. */
	machine.cpu = 1;
	switched(4000, NOBODY, OTHER);
	enters(4100, &one);
	exits(4200, &one, PORT_IO);
	goes_to_user_space(4250);
	switched(4300, OTHER, NOBODY);
	switched(4400, NOBODY, OTHER);
	enters(4500, &one);
	assert_parts(row_of(&one, PORT_IO), 300 + 1100 + 300 + 1100 + 300, 0,
		     200 + 1000 + 200 + 1000 + 150, 100);
	assert_parts(row_of(&two, PORT_IO), 300, 0, 200, 0);
	assert_int_equal(slot_of(&one)->tid, 12);
}

/* Source "tracepoints": reported twice, but one access. */
static void a_read_that_user_space_satisfies_is_one(void **state)
{
	__u64 goes[] = { MMIO_READ_UNSATISFIED, 4, 0xd0000000 };
	__u64 back[] = { MMIO_READ, 4, 0xd0000000 };
	__u64 writes[] = { MMIO_WRITE, 4, 0xd0000000 };
	struct exits_slot *slot = NULL;

	(void)state;
	timing = false;
	/* As where the fields of the kernel's vCPU are not known. */
	vcpu_id_off = 0;
	vcpu_kvm_known = false;
	for (int i = 0; i < 3; i++) {
		count_mmio((void *)goes);
		count_mmio((void *)back);
	}
	for (int i = 0; i < 2; i++)
		count_mmio((void *)writes);
	/* A read that the kernel satisfied by itself. */
	count_mmio((void *)back);
	for (unsigned int i = 0; i < EXITS_SLOTS && !slot; i++)
		slot = slots[i].vcpu == THREAD ? &slots[i] : NULL;
	assert_non_null(slot);
	assert_int_equal(slot->reasons[EXITS_TP_MMIO].count, 3 + 2 + 1);
}

static void exits_at(uint64_t at, struct vcpu *vcpu, uint8_t cpl)
{
	__u64 args[] = { (uintptr_t)vcpu };

	vcpu->vmcb = &vcpu->cpl;
	vcpu->cpl = cpl;
	exits(at, vcpu, PORT_IO);
	raw_cpl((void *)args);
	enters(at + 100, vcpu);
}

static uint32_t at_level(uint64_t cpl)
{
	uint32_t n = 0;

	for (uint32_t i = 1; i <= ROWS; i++) {
		struct exits_row *row = row__at(i);

		if (row->kind == EXITS_BY_CPL && row->key == cpl)
			n += row->bucket[bucket__of(100)];
	}
	return n;
}

static void exits_are_told_apart_by_the_guests_level(void **state)
{
	(void)state;
	by = EXITS_BY_CPL;
	extras = true;
	svm_vmcb_off = offsetof(struct vcpu, vmcb);
	vcpu_protected_off = offsetof(struct vcpu, protected);
	exits_at(1000, &one, 0);
	exits_at(2000, &one, 3);
	exits_at(3000, &one, 3);
	one.protected = 1;
	exits_at(4000, &one, 3);
	one.protected = 0;
	svm_vmcb_off = vcpu_protected_off = 0;
	assert_int_equal(at_level(0), 1);
	assert_int_equal(at_level(3), 2);
	assert_int_equal(at_level(EXITS_NO_CPL), 1);
}

/* The same exits by the programs for newer kernels. */
static void what_is_peeked_is_the_same(void **state)
{
	__u64 args[] = { (uintptr_t)&one };

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		machine.now = 1000 + 1000 * i;
		one.reason = i % 3 ? PORT_IO : HALT;
		assert_int_equal(vmx_exit_peek((void *)args), 0);
		enters(machine.now + 300, &one);
	}
	assert_int_equal(reason_of(&one, PORT_IO)->count, 4);
	assert_int_equal(reason_of(&one, HALT)->count, 2);
	assert_parts(row_of(&one, PORT_IO), 1200, 0, 0, 0);
	timing = false;
	one.reason = HALT;
	assert_int_equal(vmx_exit_peek_count((void *)args), 0);
	assert_int_equal(reason_of(&one, HALT)->count, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_exit_lasts_from_exit_to_entry),
		TEST(off_cpu_time_is_counted_once),
		TEST(user_space_has_its_part),
		TEST(each_nanosecond_is_in_one_part),
		TEST(a_thread_may_come_back_elsewhere),
		TEST(two_vcpus_share_a_cpu),
		TEST(details_have_all_parts_too),
		TEST(slow_exits_are_streamed_with_their_parts),
		TEST(slow_exits_say_where_they_were),
		TEST(exits_are_told_apart_by_the_guests_level),
		TEST(what_is_peeked_is_the_same),
		TEST(an_entry_whose_exit_was_not_seen_is_reported),
		TEST(who_comes_back_from_before_the_probe),
		TEST(others_are_not_counted),
		TEST(without_a_histogram_exits_are_counted),
		TEST(reasons_are_told_apart),
		TEST(a_thread_that_ends_takes_nothing_on),
		TEST(vcpus_change_threads_in_user_space),
		TEST(a_read_that_user_space_satisfies_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
