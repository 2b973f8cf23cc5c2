// SPDX-License-Identifier: GPL-2.0-or-later
/* Every configuration key reads back what it prints, and refuses the rest by name. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/plan/config.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *key, *value, *reads;
} good[] = {
	{ "pages", "auto", NULL },
	{ "pages", "4k", NULL },
	{ "pages", "thp", NULL },
	{ "pages", "2m", NULL },
	{ "pages", "1g", NULL },
	{ "guest_pages", "auto", NULL },
	{ "guest_pages", "4k", NULL },
	{ "guest_pages", "2m", NULL },
	{ "irqchip", "kernel", NULL },
	{ "irqchip", "split", NULL },
	{ "irqchip", "user", NULL },
	{ "halt_poll_ns", "default", NULL },
	{ "halt_poll_ns", "0", NULL },
	{ "halt_poll_ns", "200000", NULL },
	{ "halt_poll_ns", "50us", "50000" },
	{ "halt_poll_ns", "4294967295", NULL },
	{ "disable_exits", "none", NULL },
	{ "disable_exits", "hlt", NULL },
	{ "disable_exits", "mwait+hlt", "hlt+mwait" },
	{ "disable_exits", "hlt+pause+mwait+cstate", NULL },
	{ "x2apic", "on", NULL },
	{ "x2apic", "off", NULL },
	{ "vcpus", "auto", NULL },
	{ "vcpus", "1", NULL },
	{ "vcpus", "64", NULL },
	{ "parallel", "1", NULL },
	{ "parallel", "64", NULL },
	{ "vms", "1", NULL },
	{ "vms", "4096", NULL },
	{ "ioeventfd", "on", NULL },
	{ "ioeventfd", "off", NULL },
	{ "overcommit", "none", NULL },
	{ "overcommit", "2", NULL },
	{ "overcommit", "0.01", NULL },
	{ "overcommit", "1.5", NULL },
	{ "overcommit", "2.50", "2.5" },
	{ "overcommit", "64.00", "64" },
	{ "numa", "none", NULL },
	{ "numa", "0", NULL },
	{ "numa", "1023", NULL },
	{ "load", "0", NULL },
	{ "load", "4096", NULL },
	{ "dirty_log", "off", NULL },
	{ "dirty_log", "bitmap", NULL },
	{ "dirty_log", "ring", NULL },
	{ "backing", "anon", NULL },
	{ "backing", "memfd", NULL },
	{ "backing", "file", NULL },
	{ "neighbour", "none", NULL },
	{ "neighbour", "idle", NULL },
	{ "neighbour", "timers", NULL },
	{ "neighbour", "overcommit", NULL },
	{ "neighbour", "io", NULL },
	{ "pin", "none", NULL },
	{ "pin", "all", NULL },
	{ "pin", "0", NULL },
	{ "pin", "0-3,7", NULL },
	{ "pin", "1023", NULL },
	{ "pin", "1024-1600:64,8191", NULL },
	{ "pin", "0-126:2,127", NULL },
	{ "sched", "other", NULL },
	{ "sched", "batch", NULL },
	{ "sched", "idle", NULL },
	{ "sched", "fifo:1", NULL },
	{ "sched", "fifo:99", NULL },
	{ "sched", "rr:50", NULL },
};

static void every_value_is_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct config config, again;
		struct error err = { 0 };
		char text[CONFIG_VALUE_BYTES], back[CONFIG_VALUE_BYTES];

		config__init(&config);
		if (config__set(&config, good[i].key, good[i].value, &err))
			fail_msg("%s=%s: %s", good[i].key, good[i].value, err.text);
		config__get(&config, good[i].key, text, sizeof(text));
		assert_string_equal(text, good[i].reads ? good[i].reads : good[i].value);
		config__init(&again);
		assert_int_equal(config__set(&again, good[i].key, text, &err), 0);
		assert_string_equal(config__get(&again, good[i].key, back, sizeof(back)), text);
	}
}

/* Fails when a key is added without a case above for its round trip. */
static void every_key_is_tested_and_described(void **state)
{
	struct config config;

	(void)state;
	config__init(&config);
	for (const struct config_key *key = config_keys; key->name; key++) {
		struct error err = { 0 };
		char value[160];
		size_t seen = 0;

		for (size_t i = 0; i < COUNT(good); i++)
			seen += !strcmp(good[i].key, key->name);
		assert_true(seen >= 2);
		assert_true(key->values && key->values[0] && key->help && key->help[0]);
		config__get(&config, key->name, value, sizeof(value));
		assert_int_equal(config__set(&config, key->name, value, &err), 0);
	}
	config__name(&config);
	assert_string_equal(config.name, "default");
}

static void values_mean_what_they_say(void **state)
{
	struct config c;

	(void)state;
	config__init(&c);
	assert_int_equal(c.pages, PAGES_AUTO);
	assert_int_equal(c.irqchip, IRQCHIP_KERNEL);
	assert_true(c.x2apic && !c.pinned && c.vms == 1 && c.vcpus == 0);
	assert_int_equal(c.halt_poll_ns, HALT_POLL_DEFAULT);
	assert_int_equal(config__set_pair(&c, "pages=1g", NULL), 0);
	assert_int_equal(config__set_pair(&c, "guest_pages=2m", NULL), 0);
	assert_int_equal(config__set_pair(&c, "irqchip=user", NULL), 0);
	assert_int_equal(config__set_pair(&c, "x2apic=off", NULL), 0);
	assert_int_equal(config__set_pair(&c, "disable_exits=hlt+cstate", NULL), 0);
	assert_int_equal(config__set_pair(&c, "pin=2-6:2,9", NULL), 0);
	assert_int_equal(config__set_pair(&c, "sched=rr:7", NULL), 0);
	assert_int_equal(c.pages, PAGES_1G);
	assert_int_equal(c.guest_pages, GUEST_PAGES_2M);
	assert_int_equal(c.irqchip, IRQCHIP_USER);
	assert_false(c.x2apic);
	assert_int_equal(c.disable_exits, DISABLE_EXIT_HLT | DISABLE_EXIT_CSTATE);
	assert_true(c.pinned);
	assert_int_equal(cpus__count(&c.pin), 4);
	assert_true(cpus__has(&c.pin, 2) && cpus__has(&c.pin, 4) && cpus__has(&c.pin, 6) &&
		    cpus__has(&c.pin, 9));
	assert_int_equal(cpus__nth(&c.pin, 3), 9);
	assert_int_equal(cpus__nth(&c.pin, 4), -1);
	assert_int_equal(c.sched, SCHED_CLASS_RR);
	assert_int_equal(c.sched_priority, 7);
	assert_int_equal(config__set_pair(&c, "sched=idle", NULL), 0);
	assert_int_equal(c.sched, SCHED_CLASS_IDLE);
	assert_int_equal(c.sched_priority, 0);
	assert_int_equal(config__set_pair(&c, "pin=none", NULL), 0);
	assert_true(!c.pinned && cpus__count(&c.pin) == 0);
	assert_int_equal(config__set_pair(&c, "pin=all", NULL), 0);
	assert_true(c.pinned && c.pin_all);
	assert_int_equal(config__set_pair(&c, "pin=1", NULL), 0);
	assert_true(c.pinned && !c.pin_all && cpus__count(&c.pin) == 1);
	assert_true(c.ioeventfd && c.numa == NUMA_NONE && !c.overcommit_percent && !c.load);
	assert_int_equal(config__set_pair(&c, "ioeventfd=off", NULL), 0);
	assert_int_equal(config__set_pair(&c, "numa=3", NULL), 0);
	assert_int_equal(config__set_pair(&c, "overcommit=1.25", NULL), 0);
	assert_int_equal(config__set_pair(&c, "load=17", NULL), 0);
	assert_int_equal(config__set_pair(&c, "dirty_log=ring", NULL), 0);
	assert_true(!c.ioeventfd && c.numa == 3 && c.overcommit_percent == 125 && c.load == 17);
	assert_int_equal(c.dirty_log, DIRTY_LOG_RING);
}

static void what_does_not_go_together_is_refused(void **state)
{
	struct config c;
	struct error err = { 0 };

	(void)state;
	config__init(&c);
	assert_int_equal(config__check(&c, &err), 0);
	config__set_pair(&c, "overcommit=1.5", NULL);
	assert_int_equal(config__check(&c, &err), 0);
	config__set_pair(&c, "vms=2", NULL);
	assert_int_equal(config__check(&c, &err), -EINVAL);
	assert_string_equal(err.text,
			    "overcommit=1.5 and vms=2 exclude each other: both say how many "
			    "VMs there are");
	config__set_pair(&c, "overcommit=none", NULL);
	assert_int_equal(config__check(&c, NULL), 0);
}

static void bad_values_are_refused_by_name(void **state)
{
	static const struct {
		const char *pair;
		int code;
		const char *text;
	} bad[] = {
		{ "pages=8k", -EINVAL, "bad value '8k' for 'pages': use auto|4k|thp|2m|1g" },
		{ "pages=", -EINVAL, "bad value '' for 'pages': use auto|4k|thp|2m|1g" },
		{ "pages=auto|4k", -EINVAL,
		  "bad value 'auto|4k' for 'pages': use auto|4k|thp|2m|1g" },
		{ "guest_pages=1g", -EINVAL, "bad value '1g' for 'guest_pages': use auto|4k|2m" },
		{ "irqchip=off", -EINVAL, "bad value 'off' for 'irqchip': use kernel|split|user" },
		{ "x2apic=yes", -EINVAL, "bad value 'yes' for 'x2apic': use off|on" },
		{ "halt_poll_ns=4294967296", -EINVAL,
		  "bad value '4294967296' for 'halt_poll_ns': use default|0..4294967295" },
		{ "halt_poll_ns=-1", -EINVAL,
		  "bad value '-1' for 'halt_poll_ns': use default|0..4294967295" },
		{ "disable_exits=hlt,pause", -EINVAL,
		  "bad value 'hlt,pause' for 'disable_exits': use none|hlt+pause+mwait+cstate" },
		{ "disable_exits=hlt+", -EINVAL,
		  "bad value 'hlt+' for 'disable_exits': use none|hlt+pause+mwait+cstate" },
		{ "disable_exits=none+hlt", -EINVAL,
		  "bad value 'none+hlt' for 'disable_exits': use none|hlt+pause+mwait+cstate" },
		{ "vcpus=0", -EINVAL, "bad value '0' for 'vcpus': use auto|1..64" },
		{ "vcpus=65", -EINVAL, "bad value '65' for 'vcpus': use auto|1..64" },
		{ "vms=4097", -EINVAL, "bad value '4097' for 'vms': use 1..4096" },
		{ "vms=many", -EINVAL, "bad value 'many' for 'vms': use 1..4096" },
		{ "pin=3-1", -EINVAL,
		  "bad value '3-1' for 'pin': use none|all|CPUs such as 0-3,7 or 0-126:2" },
		{ "pin=0,", -EINVAL,
		  "bad value '0,' for 'pin': use none|all|CPUs such as 0-3,7 or 0-126:2" },
		{ "pin=0-4:0", -EINVAL,
		  "bad value '0-4:0' for 'pin': use none|all|CPUs such as 0-3,7 or 0-126:2" },
		{ "pin=", -EINVAL,
		  "bad value '' for 'pin': use none|all|CPUs such as 0-3,7 or 0-126:2" },
		{ "pin=all,3", -EINVAL,
		  "bad value 'all,3' for 'pin': use none|all|CPUs such as 0-3,7 or 0-126:2" },
		{ "ioeventfd=no", -EINVAL, "bad value 'no' for 'ioeventfd': use off|on" },
		{ "dirty_log=on", -EINVAL, "bad value 'on' for 'dirty_log': use off|bitmap|ring" },
		{ "load=4097", -EINVAL, "bad value '4097' for 'load': use 0..4096" },
		{ "numa=1024", -EINVAL, "bad value '1024' for 'numa': use none|0..1023" },
		{ "numa=-1", -EINVAL, "bad value '-1' for 'numa': use none|0..1023" },
		{ "overcommit=0", -EINVAL, "bad value '0' for 'overcommit': use none|0.01..64" },
		{ "overcommit=64.01", -EINVAL,
		  "bad value '64.01' for 'overcommit': use none|0.01..64" },
		{ "overcommit=0.125", -EINVAL,
		  "bad value '0.125' for 'overcommit': two decimals at most; use none|0.01..64" },
		{ "overcommit=1.", -EINVAL, "bad value '1.' for 'overcommit': use none|0.01..64" },
		{ "overcommit=.5", -EINVAL, "bad value '.5' for 'overcommit': use none|0.01..64" },
		{ "overcommit=1e1", -EINVAL,
		  "bad value '1e1' for 'overcommit': use none|0.01..64" },
		{ "overcommit=99999999999", -EINVAL,
		  "bad value '99999999999' for 'overcommit': use none|0.01..64" },
		{ "pin=8192", -EINVAL,
		  "bad value '8192' for 'pin': CPUs are numbered 0 to 8191; "
		  "use none|all|CPUs such as 0-3,7 or 0-126:2" },
		{ "pin=99999999999999999999", -EINVAL,
		  "bad value '99999999999999999999' for 'pin': "
		  "use none|all|CPUs such as 0-3,7 or 0-126:2" },
		{ "pin=7,0", -EINVAL,
		  "bad value '7,0' for 'pin': CPUs are listed once each, ascending, "
		  "in the order of their use; use none|all|CPUs such as 0-3,7 or 0-126:2" },
		{ "pin=0-3,3", -EINVAL,
		  "bad value '0-3,3' for 'pin': CPUs are listed once each, "
		  "ascending, in the order of their use; use none|all|CPUs such as 0-3,7 or "
		  "0-126:2" },
		{ "sched=fifo", -EINVAL,
		  "bad value 'fifo' for 'sched': use other|batch|idle|fifo:1..99|rr:1..99" },
		{ "sched=fifo:1..99", -EINVAL,
		  "bad value 'fifo:1..99' for 'sched': the priority is 1 to 99; "
		  "use other|batch|idle|fifo:1..99|rr:1..99" },
		{ "sched=rr:100", -EINVAL,
		  "bad value 'rr:100' for 'sched': the priority is 1 to 99; "
		  "use other|batch|idle|fifo:1..99|rr:1..99" },
		{ "page=4k", -ENOENT, "unknown configuration key 'page': did you mean 'pages'?" },
		{ "Pages=4k", -ENOENT, "unknown configuration key 'Pages': did you mean 'pages'?" },
		{ "halt_poll=0", -ENOENT,
		  "unknown configuration key 'halt_poll': did you mean 'halt_poll_ns'?" },
		{ "elephant=0", -ENOENT,
		  "unknown configuration key 'elephant': the keys are pages, guest_pages, irqchip, "
		  "ioeventfd, halt_poll_ns, disable_exits, x2apic, vcpus, parallel, vms, "
		  "overcommit, pin, "
		  "numa, "
		  "sched, load, dirty_log, backing, neighbour" },
		{ "pages", -EINVAL,
		  "'pages' is no configuration: write KEY=VALUE, such as pages=4k" },
		{ "=4k", -EINVAL, "'=4k' is no configuration: write KEY=VALUE, such as pages=4k" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct config config, before;
		struct error err = { 0 };

		config__init(&config);
		before = config;
		if (config__set_pair(&config, bad[i].pair, &err) != bad[i].code ||
		    err.code != bad[i].code)
			fail_msg("%s: code %d: %s", bad[i].pair, err.code, err.text);
		assert_string_equal(err.text, bad[i].text);
		assert_memory_equal(&config, &before, sizeof(config));
	}
}

static void long_input_is_refused_in_short_messages(void **state)
{
	char word[4096], pair[5000];
	struct config config;
	struct error err = { 0 };

	(void)state;
	memset(word, '1', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	config__init(&config);
	for (const struct config_key *key = config_keys; key->name; key++) {
		snprintf(pair, sizeof(pair), "%s=%s", key->name, word);
		assert_int_equal(config__set_pair(&config, pair, &err), -EINVAL);
		assert_non_null(strstr(err.text, "use "));
		assert_non_null(strstr(err.text, key->name));
	}
	/* The first CPU fills up the length: 511 characters fit, 512 do not. */
	for (int n = 3; n <= 4; n++) {
		int len = sprintf(pair, "%.*s", n, "0000");

		for (int cpu = 100; cpu < 100 + 2 * 127; cpu += 2)
			len += sprintf(pair + len, ",%d", cpu);
		assert_int_equal(len, n == 3 ? CONFIG_VALUE_BYTES - 1 : CONFIG_VALUE_BYTES);
		config__init(&config);
		assert_int_equal(config__set(&config, "pin", pair, &err), n == 3 ? 0 : -EINVAL);
	}
	assert_non_null(strstr(err.text, "write ranges (0-63) or strides (0-126:2)"));
	snprintf(pair, sizeof(pair), "%s=1", word);
	assert_int_equal(config__set_pair(&config, pair, &err), -ENOENT);
	assert_non_null(strstr(err.text, "the keys are"));
}

static void names_tell_what_differs(void **state)
{
	struct config a, b;

	(void)state;
	config__init(&a);
	config__set_pair(&a, "sched=fifo:5", NULL);
	config__set_pair(&a, "pages=4k", NULL);
	config__name(&a);
	assert_string_equal(a.name, "pages=4k sched=fifo:5");
	config__set_pair(&a, "sched=other", NULL);
	config__set_pair(&a, "pages=auto", NULL);
	config__name(&a);
	assert_string_equal(a.name, "default");

	/* Alike in the part that fits into a name, yet told apart. */
	config__set_pair(&a, "disable_exits=hlt+pause+mwait+cstate", NULL);
	config__set_pair(&a, "halt_poll_ns=200000", NULL);
	config__set_pair(&a, "pages=4k", NULL);
	config__set_pair(&a, "pin=0-3", NULL);
	b = a;
	config__set_pair(&b, "pin=0-4", NULL);
	config__name(&a);
	config__name(&b);
	assert_int_equal(strlen(a.name), CONFIG_NAME_BYTES - 1);
	assert_memory_equal(a.name, b.name, CONFIG_NAME_BYTES - 8);
	assert_string_not_equal(a.name, b.name);
}

/* Every length below and above what fits. */
static void names_are_cut_only_where_they_must_be(void **state)
{
	char cpus[128] = "1", full[200];

	(void)state;
	for (int cpu = 3; cpu < 40; cpu++) {
		struct config config;
		int len;

		snprintf(cpus + strlen(cpus), sizeof(cpus) - strlen(cpus), ",%d", cpu);
		for (int vms = 2; vms <= 20; vms += 18) {
			len = snprintf(full, sizeof(full), "vms=%d pin=%s", vms, cpus);
			config__init(&config);
			config.vms = (unsigned int)vms;
			assert_int_equal(config__set(&config, "pin", cpus, NULL), 0);
			config__name(&config);
			if (len < CONFIG_NAME_BYTES)
				assert_string_equal(config.name, full);
			else
				assert_int_equal(config.name[CONFIG_NAME_BYTES - 8], '~');
		}
	}
}

static void unknown_keys_read_as_nothing(void **state)
{
	struct config config;
	char buf[8] = "x";

	(void)state;
	config__init(&config);
	assert_string_equal(config__get(&config, "nonsense", buf, sizeof(buf)), "");
	assert_string_equal(config__get(&config, "halt_poll_ns", buf, 4), "def");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_is_read_back),
		cmocka_unit_test(every_key_is_tested_and_described),
		cmocka_unit_test(values_mean_what_they_say),
		cmocka_unit_test(what_does_not_go_together_is_refused),
		cmocka_unit_test(bad_values_are_refused_by_name),
		cmocka_unit_test(long_input_is_refused_in_short_messages),
		cmocka_unit_test(names_tell_what_differs),
		cmocka_unit_test(names_are_cut_only_where_they_must_be),
		cmocka_unit_test(unknown_keys_read_as_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
