// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The layout of the mailbox. Payloads are files of their own and can be older than the program:
 * anyone who moves a field has to raise HV_ABI_VERSION, and is told so here.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bench/base/hist.h"
#include "bench/vmm/payload.h"
#include "workloads/workload.h"

struct field {
	const char *name;
	size_t offset, size, expected;
};

#define FIELD(type, member, at) \
	{ \
#type "." #member, offsetof(struct type, member), \
			sizeof(((struct type *)NULL)->member), at \
	}

static const struct field command[] = {
	FIELD(hv_command, seq, 0),
	FIELD(hv_command, flags, 4),
	FIELD(hv_command, workload, 8),
	FIELD(hv_command, params, 40),
	FIELD(hv_command, ops_per_sample, 104),
	FIELD(hv_command, target_cycles, 112),
	FIELD(hv_command, samples, 120),
	FIELD(hv_command, singles, 124),
	FIELD(hv_command, single_budget_cycles, 128),
	FIELD(hv_command, arena_gpa, 136),
	FIELD(hv_command, arena_bytes, 144),
	FIELD(hv_command, tables_gpa, 152),
	FIELD(hv_command, tables_bytes, 160),
	FIELD(hv_command, ring, 168),
	FIELD(hv_command, parallel, 172),
};

static const struct field fault[] = {
	FIELD(hv_fault, vector, 0), FIELD(hv_fault, vcpu, 4), FIELD(hv_fault, error_code, 8),
	FIELD(hv_fault, rip, 16),   FIELD(hv_fault, cr2, 24), FIELD(hv_fault, cs, 32),
};

static const struct field status[] = {
	FIELD(hv_status, state, 0),
	FIELD(hv_status, seq, 4),
	FIELD(hv_status, refusal, 8),
	FIELD(hv_status, nr_samples, 12),
	FIELD(hv_status, nr_empty, 16),
	FIELD(hv_status, nr_singles, 20),
	FIELD(hv_status, ops_per_sample, 24),
	FIELD(hv_status, bell_tsc, 32),
	FIELD(hv_status, single_overhead, 40),
	FIELD(hv_status, single_max, 48),
	FIELD(hv_status, vcpus_online, 56),
	FIELD(hv_status, overhang, 60),
	FIELD(hv_status, entry_tsc, 64),
	FIELD(hv_status, fault, 72),
};

static const struct field kick[] = {
	FIELD(hv_kick, guest_seq, 0),
	FIELD(hv_kick, host_seq, 8),
	FIELD(hv_kick, host_tsc, 16),
	FIELD(hv_kick, role, 24),
};

static const struct field bell[] = {
	FIELD(hv_bell, value, 0),
	FIELD(hv_bell, seq, 4),
	FIELD(hv_bell, ack, 8),
	FIELD(hv_bell, reserved, 12),
};

static const struct field range[] = {
	FIELD(hv_range, gpa, 0),
	FIELD(hv_range, bytes, 8),
};

static const struct field steal[] = {
	FIELD(hv_steal, ns, 0),		FIELD(hv_steal, version, 8),   FIELD(hv_steal, flags, 12),
	FIELD(hv_steal, preempted, 16), FIELD(hv_steal, reserved, 20),
};

static const struct field order[] = {
	FIELD(hv_order, seq, 0),       FIELD(hv_order, what, 4),    FIELD(hv_order, offset, 8),
	FIELD(hv_order, bytes, 16),    FIELD(hv_order, step, 24),   FIELD(hv_order, done, 32),
	FIELD(hv_order, reserved, 36), FIELD(hv_order, cycles, 40), FIELD(hv_order, reserved2, 48),
};

static const struct field gap[] = {
	FIELD(hv_gap, tsc, 0),
	FIELD(hv_gap, cycles, 8),
};

static const struct field gaps[] = {
	FIELD(hv_gaps, least_cycles, 0), FIELD(hv_gaps, nr, 8),	   FIELD(hv_gaps, cycles, 16),
	FIELD(hv_gaps, spun_cycles, 24), FIELD(hv_gaps, list, 32),
};

static const struct field mailbox[] = {
	FIELD(hv_mailbox, magic, 0),	       FIELD(hv_mailbox, version, 8),
	FIELD(hv_mailbox, size, 12),	       FIELD(hv_mailbox, host_magic, 16),
	FIELD(hv_mailbox, doorbell_port, 20),  FIELD(hv_mailbox, tsc_khz, 24),
	FIELD(hv_mailbox, boot_flags, 32),     FIELD(hv_mailbox, nr_vcpus, 36),
	FIELD(hv_mailbox, command, 40),	       FIELD(hv_mailbox, kick, 216),
	FIELD(hv_mailbox, status, 248),	       FIELD(hv_mailbox, bell, 360),
	FIELD(hv_mailbox, ram, 376),	       FIELD(hv_mailbox, samples, 504),
	FIELD(hv_mailbox, empty, 33272),       FIELD(hv_mailbox, hist, 33784),
	FIELD(hv_mailbox, steal_state, 37688), FIELD(hv_mailbox, reserved, 37692),
	FIELD(hv_mailbox, steal, 37696),       FIELD(hv_mailbox, orders, 41792),
	FIELD(hv_mailbox, gaps, 45888),
};

static const struct field note[] = {
	FIELD(hv_payload_note, abi_version, 0), FIELD(hv_payload_note, size, 4),
	FIELD(hv_payload_note, entry64, 8),	FIELD(hv_payload_note, pml4, 16),
	FIELD(hv_payload_note, mailbox, 24),	FIELD(hv_payload_note, image_end, 32),
};

static const struct {
	const struct field *fields;
	size_t nr, size;
} structures[] = {
#define STRUCTURE(fields, type) \
	{ \
		fields, sizeof(fields) / sizeof(fields[0]), sizeof(struct type) \
	}
	STRUCTURE(command, hv_command),	  STRUCTURE(fault, hv_fault),
	STRUCTURE(status, hv_status),	  STRUCTURE(kick, hv_kick),
	STRUCTURE(bell, hv_bell),	  STRUCTURE(range, hv_range),
	STRUCTURE(steal, hv_steal),	  STRUCTURE(mailbox, hv_mailbox),
	STRUCTURE(note, hv_payload_note), STRUCTURE(order, hv_order),
	STRUCTURE(gap, hv_gap),		  STRUCTURE(gaps, hv_gaps),
};

#define for_each_structure(s) \
	for (size_t s = 0; s < sizeof(structures) / sizeof(structures[0]); s++)

static void fields_are_where_version_4_has_them(void **state)
{
	(void)state;
	assert_int_equal(HV_ABI_VERSION, 4);
	/* KVM refuses a steal time record that is not aligned. */
	assert_int_equal(offsetof(struct hv_mailbox, steal) % 64, 0);
	assert_int_equal(sizeof(struct hv_steal), 64);
	for_each_structure(s) {
		for (size_t i = 0; i < structures[s].nr; i++) {
			const struct field *f = &structures[s].fields[i];

			if (f->offset != f->expected)
				fail_msg("%s is at %zu, not at %zu", f->name, f->offset,
					 f->expected);
		}
	}
}

/* Also shows that the tables above are complete. */
static void nothing_lies_between_the_fields(void **state)
{
	(void)state;
	for_each_structure(s) {
		const struct field *last = &structures[s].fields[structures[s].nr - 1];

		for (size_t i = 0; i + 1 < structures[s].nr; i++) {
			const struct field *f = &structures[s].fields[i];

			if (f->offset + f->size != f[1].offset)
				fail_msg("%zu bytes after %s", f[1].offset - f->offset - f->size,
					 f->name);
		}
		if (last->offset + last->size != structures[s].size)
			fail_msg("padding after %s", last->name);
	}
}

static void names_and_numbers_stay(void **state)
{
	(void)state;
	assert_memory_equal(&(uint64_t){ HV_MAILBOX_MAGIC }, "HVBCH\0\0\0", 8);
	assert_memory_equal(&(uint32_t){ HV_HOST_MAGIC }, "HOST", 4);
	assert_string_equal(HV_NOTE_NAME, "hvbench");
	assert_int_equal(HV_NOTE_PAYLOAD, 1);
	assert_int_equal(HV_BELL_READY, 1);
	assert_int_equal(HV_BELL_BEGIN, 2);
	assert_int_equal(HV_BELL_END, 3);
	assert_int_equal(HV_BELL_FAULT, 4);
	assert_int_equal(HV_STATE_DONE, 3);
	assert_int_equal(HV_STATE_FAULT, 4);
	assert_int_equal(HV_STATE_REFUSED, 5);
	assert_int_equal(HV_REFUSED_TIMEOUT, 7);
}

/* The guest fills it, and the host reads it as a struct hist. */
static void histogram_is_that_of_the_host(void **state)
{
	(void)state;
	assert_int_equal(HV_HIST_BUCKETS, HIST_BUCKETS);
	assert_int_equal(sizeof(((struct hv_mailbox *)NULL)->hist) / sizeof(uint32_t),
			 HIST_BUCKETS);
}

static void devices_lie_outside_memory_and_each_other(void **state)
{
	static const uint64_t pages[] = {
		HV_MMIO_USER,
		HV_MMIO_IOEVENTFD,
		HV_MMIO_COALESCED,
		HV_MMIO_LAPIC,
	};
	static const unsigned int ports[][2] = {
		{ HV_PORT_USER, 1 },
		{ HV_PORT_DOORBELL, 4 },
		{ HV_PORT_IOEVENTFD, 2 },
		{ HV_PORT_PIC, 1 },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pages[i] % 4096, 0);
		assert_true(pages[i] >= 3ull << 30 && pages[i] < HV_ARENA_GPA);
		for (size_t k = 0; k < i; k++) {
			assert_int_not_equal(pages[i], pages[k]);
			assert_true(ports[i][0] + ports[i][1] <= ports[k][0] ||
				    ports[k][0] + ports[k][1] <= ports[i][0]);
		}
	}
}

static void workloads_fit_the_command(void **state)
{
	(void)state;
	for_each_workload(entry) {
		const struct workload *w = *entry;

		assert_true(strlen(w->name) < HV_NAME_BYTES);
		assert_true(w->vcpus <= HV_MAX_VCPUS);
		assert_true(w->ring == 0 || w->ring == 3);
	}
}

static void embedded_payload_has_this_mailbox(void **state)
{
	uint8_t *low = calloc(1, HV_LOW_BYTES);
	struct error err = { 0 };
	struct payload payload;
	struct hv_mailbox *mb;

	(void)state;
	assert_non_null(low);
	assert_int_equal(payload__open(&payload, NULL, &err), 0);
	assert_int_equal(payload.note.size, sizeof(struct hv_payload_note));
	assert_true(payload.note.image_end <= HV_LOW_BYTES);
	assert_int_equal(payload__load(&payload, low, HV_LOW_BYTES, &err), 0);
	mb = (struct hv_mailbox *)(low + payload.note.mailbox);
	assert_true(mb->magic == HV_MAILBOX_MAGIC);
	assert_int_equal(mb->version, HV_ABI_VERSION);
	assert_int_equal(mb->size, sizeof(*mb));
	assert_int_equal(mb->host_magic, 0);
	payload__close(&payload);
	free(low);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_where_version_4_has_them),
		cmocka_unit_test(nothing_lies_between_the_fields),
		cmocka_unit_test(names_and_numbers_stay),
		cmocka_unit_test(histogram_is_that_of_the_host),
		cmocka_unit_test(devices_lie_outside_memory_and_each_other),
		cmocka_unit_test(workloads_fit_the_command),
		cmocka_unit_test(embedded_payload_has_this_mailbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
