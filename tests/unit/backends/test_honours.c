// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * No backend and no lane accepts a key or a workload's need that it does not honour: checks all
 * keys and needs with all of them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/backends/registry.h"
#include "bench/lab/lanes/lanes.h"
#include "bench/plan/cell.h"
#include "bench/plan/needs.h"

/* A cell that needs nothing and runs everywhere. */
static void cell_of(struct cell *cell, const char *backend)
{
	struct error err;
	const struct workload *w = plan__find_workload("empty", &err);

	assert_non_null(w);
	cell__init(cell, w, "empty");
	assert_int_equal(cell__set_backend(cell, backend, &err), 0);
}

/* Sets another value than the default: the first other word, or a small number. */
static void set_unusual(struct config *config, const struct config_key *key)
{
	static const char *const numbers[] = { "1", "2", "0" };
	char word[64];
	struct error err;

	for (const char *p = key->values; *p; p += strcspn(p, "|"), p += *p == '|') {
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(p, "|"), p);
		if (!config__set(config, key->name, word, &err) && !config__is_usual(config, key))
			return;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!config__set(config, key->name, numbers[i], &err) &&
		    !config__is_usual(config, key))
			return;
	fail_msg("no value of %s is another than the usual one", key->name);
}

static void assert_names_it(const struct error *err, const struct config_key *key,
			    const struct config *config)
{
	char value[CONFIG_VALUE_BYTES], pair[CONFIG_VALUE_BYTES + 64];

	snprintf(pair, sizeof(pair), "%s=%s", key->name,
		 config__get(config, key->name, value, sizeof(value)));
	if (!strstr(err->text, pair))
		fail_msg("'%s' does not name %s", err->text, pair);
}

/* Whole names only: "kvm" is not in "qemu-kvm". */
static bool names(const char *text, const char *name)
{
	const char *p = strchr(text, ';');
	size_t len = strlen(name);

	while (p && (p = strstr(p, name))) {
		if (p[-1] == ' ' && (p[len] == ' ' || p[len] == ',' || !p[len]))
			return true;
		p += len;
	}
	return false;
}

static void keys_that_are_listed_exist(void **state)
{
	(void)state;
	for_each_backend(b)
		for (const char *const *key = b->honours.keys; *key; key++)
			assert_true(is_config_key(*key));
	for_each_lane(l)
		for (const char *const *key = lab__lane_honours(l)->keys; *key; key++)
			assert_true(is_config_key(*key));
}

static void every_key_is_honoured_by_somebody(void **state)
{
	(void)state;
	for (const struct config_key *key = config_keys; key->name; key++) {
		unsigned int n = 0;

		for_each_backend(b)
			n += honours__key(&b->honours, key->name);
		if (!n)
			fail_msg("nobody honours %s", key->name);
	}
}

static void a_backend_refuses_what_it_does_not_honour(void **state)
{
	(void)state;
	for_each_backend(b) {
		for (const struct config_key *key = config_keys; key->name; key++) {
			struct error err = { 0 };
			struct cell cell;

			cell_of(&cell, b->name);
			set_unusual(&cell.config, key);
			if (honours__key(&b->honours, key->name)) {
				assert_int_equal(
					honours__check(&b->honours, &cell, "it", NULL, &err), 0);
				continue;
			}
			assert_int_equal(backend__supports(b, &cell, &err), -EOPNOTSUPP);
			assert_names_it(&err, key, &cell.config);
			for_each_backend(other)
				if (names(err.text, other->name) !=
				    (other != b && honours__key(&other->honours, key->name)))
					fail_msg("'%s': is it true of %s?", err.text, other->name);
		}
	}
}

static void a_lane_refuses_what_it_does_not_honour(void **state)
{
	unsigned int inside = 0, refused = 0;

	(void)state;
	for_each_lane(l) {
		for (const struct config_key *key = config_keys; key->name; key++) {
			struct error err = { 0 };
			struct cell cell;

			cell_of(&cell, "kvm");
			set_unusual(&cell.config, key);
			/* There hvbench itself refuses, inside the lane. */
			if (!l->honours || honours__key(l->honours, key->name)) {
				assert_int_equal(lab__lane_supports(l, &cell, &err), 0);
				inside++;
				continue;
			}
			assert_int_equal(lab__lane_supports(l, &cell, &err), -EOPNOTSUPP);
			assert_names_it(&err, key, &cell.config);
			for_each_lane(other)
				if (names(err.text, other->name) !=
				    (other != l &&
				     honours__key(lab__lane_honours(other), key->name)))
					fail_msg("'%s': is it true of %s?", err.text, other->name);
			refused++;
		}
	}
	assert_true(inside && refused);
}

static void a_lane_whose_guest_runs_by_itself_has_no_backend(void **state)
{
	(void)state;
	for_each_lane(l) {
		struct error err = { 0 };
		struct cell cell;

		cell_of(&cell, "native");
		assert_int_equal(lab__lane_supports(l, &cell, &err), l->honours ? -EOPNOTSUPP : 0);
	}
}

static void what_a_workload_needs_is_refused_likewise(void **state)
{
	(void)state;
	for_each_workload(entry) {
		for (const struct need *need = needs; need->words; need++) {
			if (!(needs__of(*entry) & need->bit))
				continue;
			for_each_backend(b) {
				struct error err = { 0 };
				struct cell cell;

				cell__init(&cell, *entry, "x");
				if (!(b->honours.needs & need->bit))
					assert_int_equal(backend__supports(b, &cell, &err),
							 -EOPNOTSUPP);
			}
			for_each_lane(l) {
				struct error err = { 0 };
				struct cell cell;

				cell__init(&cell, *entry, "x");
				if (l->honours && !(l->honours->needs & need->bit))
					assert_int_equal(lab__lane_supports(l, &cell, &err),
							 -EOPNOTSUPP);
			}
		}
	}
}

/* A need for an interrupt controller depends on the key's value, not only on the key. */
static void a_need_takes_the_irqchip_that_has_it(void **state)
{
	static const struct {
		const char *workload, *irqchip;
		int ret;
	} cases[] = {
		{ "pio-kernel", "kernel", 0 },		{ "pio-kernel", "split", -EOPNOTSUPP },
		{ "pio-kernel", "user", -EOPNOTSUPP },	{ "mmio-kernel", "split", 0 },
		{ "mmio-kernel", "user", -EOPNOTSUPP }, { "ipi", "split", 0 },
		{ "ipi", "user", -EOPNOTSUPP },		{ "cpuid", "user", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for_each_backend(b) {
			struct error err = { 0 };
			struct cell cell;

			if (!honours__key(&b->honours, "irqchip"))
				continue;
			cell__init(&cell, plan__find_workload(cases[i].workload, &err), "x");
			assert_int_equal(
				config__set(&cell.config, "irqchip", cases[i].irqchip, &err), 0);
			assert_int_equal(honours__check(&b->honours, &cell, "it", NULL, &err),
					 cases[i].ret);
		}
	}
}

/* With an empty list every key is refused: so a new key is refused by all that do not list it. */
static void an_empty_list_refuses_every_key(void **state)
{
	static const char *const none[] = { NULL };
	const struct honours nothing = { .keys = none };

	(void)state;
	for (const struct config_key *key = config_keys; key->name; key++) {
		struct error err = { 0 };
		struct cell cell;

		cell_of(&cell, "kvm");
		assert_int_equal(honours__check(&nothing, &cell, "it", NULL, &err), 0);
		set_unusual(&cell.config, key);
		assert_int_equal(honours__check(&nothing, &cell, "it", NULL, &err), -EOPNOTSUPP);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_are_listed_exist),
		cmocka_unit_test(every_key_is_honoured_by_somebody),
		cmocka_unit_test(a_backend_refuses_what_it_does_not_honour),
		cmocka_unit_test(a_lane_refuses_what_it_does_not_honour),
		cmocka_unit_test(a_lane_whose_guest_runs_by_itself_has_no_backend),
		cmocka_unit_test(what_a_workload_needs_is_refused_likewise),
		cmocka_unit_test(a_need_takes_the_irqchip_that_has_it),
		cmocka_unit_test(an_empty_list_refuses_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
