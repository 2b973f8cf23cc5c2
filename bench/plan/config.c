// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Configurations: see config.h. A key is a row of config_keys[] and one of handlers[]; nothing else
 * in the program lists them. What depends on the host (does CPU 200 exist, are there huge pages) is
 * not checked here: a job may be written on one machine and run on another.
 */
#include "bench/plan/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/units.h"
#include "workloads/abi.h"

#define MAX_VMS		       4096
#define MAX_NODE	       1023
#define MAX_LOAD	       4096
#define MAX_OVERCOMMIT_PERCENT 6400

enum key {
	KEY_PAGES, KEY_GUEST_PAGES, KEY_IRQCHIP, KEY_IOEVENTFD, KEY_HALT_POLL_NS, KEY_DISABLE_EXITS,
	KEY_X2APIC, KEY_VCPUS, KEY_VMS, KEY_OVERCOMMIT, KEY_PIN, KEY_NUMA, KEY_SCHED, KEY_LOAD,
	KEY_DIRTY_LOG, NR_KEYS,
};

/* Where the values are bare words, they stand in the order of their enum. */
const struct config_key config_keys[] = {
	[KEY_PAGES] = {
		"pages", "auto|4k|thp|2m|1g",
		"host pages of guest memory; 2m, 1g: hugetlbfs; auto: what the workload prefers",
	},
	[KEY_GUEST_PAGES] = {
		"guest_pages", "auto|4k|2m",
		"pages of the guest's own tables; auto: 4k with pages=4k, else 2m",
	},
	[KEY_IRQCHIP] = {
		"irqchip", "kernel|split|user",
		"PIC, IOAPIC and local APIC in the kernel, only the local APIC, none",
	},
	[KEY_IOEVENTFD] = {
		"ioeventfd", "off|on",
		"doorbells bound to an eventfd in the kernel; off: they go to user space",
	},
	[KEY_HALT_POLL_NS] = {
		"halt_poll_ns", "default|0..4294967295",
		"how long KVM polls before a halted vCPU sleeps; default: the module's (also 50us)",
	},
	[KEY_DISABLE_EXITS] = {
		"disable_exits", "none|hlt+pause+mwait+cstate",
		"instructions that do not exit, any of them joined by +",
	},
	[KEY_X2APIC] = {
		"x2apic", "off|on",
		"local APIC in x2APIC mode, for workloads that do not need the other",
	},
	[KEY_VCPUS] = {
		"vcpus", "auto|1..64",
		"vCPUs of a VM; auto: as many as the workload needs",
	},
	[KEY_VMS] = {
		"vms", "1..4096",
		"VMs that run the workload at the same time",
	},
	[KEY_OVERCOMMIT] = {
		"overcommit", "none|0.01..64",
		"vCPU threads for each CPU of pin=, numa= or the host: as many VMs as that makes, at least one",
	},
	[KEY_PIN] = {
		"pin", "none|all|CPUs such as 0-3,7 or 0-126:2",
		"host CPUs of the vCPU threads, one each in ascending order, round robin; all: those that "
		"this process may use",
		.has_commas = true,
	},
	[KEY_NUMA] = {
		"numa", "none|0..1023",
		"NUMA node of guest memory and, where pin= does not say otherwise, of the vCPU threads",
	},
	[KEY_SCHED] = {
		"sched", "other|batch|idle|fifo:1..99|rr:1..99",
		"scheduling class of the vCPU threads, with its priority",
	},
	[KEY_LOAD] = {
		"load", "0..4096",
		"threads that keep CPUs of the host busy while the VMs run",
	},
	[KEY_DIRTY_LOG] = {
		"dirty_log", "off|bitmap|ring",
		"KVM logs the pages that the guest writes; the log is cleared when the timed part begins",
	},
	[NR_KEYS] = { 0 },
};

/* set() may point *why at more than "use VALUES". get() writes what set() reads. */
struct handler {
	int (*set)(struct config *config, const char *value, const char **why);
	void (*get)(const struct config *config, char *buf, size_t len);
};

/* Index of the word among the key's values, -1 if it is none of them. */
static int find_choice(enum key key, const char *word)
{
	const char *p = config_keys[key].values;

	for (int i = 0;; i++) {
		size_t n = strcspn(p, "|");

		if (strlen(word) == n && !memcmp(p, word, n))
			return i;
		if (!p[n])
			return -1;
		p += n + 1;
	}
}

static void copy_choice(enum key key, int choice, char *buf, size_t len)
{
	const char *p = config_keys[key].values;

	while (choice-- > 0)
		p += strcspn(p, "|") + 1;
	snprintf(buf, len, "%.*s", (int)strcspn(p, "|"), p);
}

#define CHOICE_HANDLER(field, type, key)						\
	static int set_##field(struct config *config, const char *value, const char **why)	\
	{										\
		int choice = find_choice(key, value);					\
											\
		(void)why;								\
		if (choice < 0)								\
			return -EINVAL;							\
		config->field = (type)choice;						\
		return 0;								\
	}										\
	static void get_##field(const struct config *config, char *buf, size_t len)	\
	{										\
		copy_choice(key, (int)config->field, buf, len);				\
	}

CHOICE_HANDLER(pages, enum config_pages, KEY_PAGES)
CHOICE_HANDLER(guest_pages, enum config_guest_pages, KEY_GUEST_PAGES)
CHOICE_HANDLER(irqchip, enum config_irqchip, KEY_IRQCHIP)
CHOICE_HANDLER(x2apic, bool, KEY_X2APIC)
CHOICE_HANDLER(ioeventfd, bool, KEY_IOEVENTFD)
CHOICE_HANDLER(dirty_log, enum config_dirty_log, KEY_DIRTY_LOG)

static int set_halt_poll_ns(struct config *config, const char *value, const char **why)
{
	uint64_t ns;

	(void)why;
	if (!strcmp(value, "default")) {
		config->halt_poll_ns = HALT_POLL_DEFAULT;
		return 0;
	}
	if (units__parse_time_ns(value, &ns) || ns > UINT32_MAX)
		return -EINVAL;
	config->halt_poll_ns = (int64_t)ns;
	return 0;
}

static void get_halt_poll_ns(const struct config *config, char *buf, size_t len)
{
	if (config->halt_poll_ns < 0)
		snprintf(buf, len, "default");
	else
		snprintf(buf, len, "%" PRId64, config->halt_poll_ns);
}

static const struct {
	const char *name;
	uint32_t bit;
} exit_bits[] = {
	{ "hlt", DISABLE_EXIT_HLT },
	{ "pause", DISABLE_EXIT_PAUSE },
	{ "mwait", DISABLE_EXIT_MWAIT },
	{ "cstate", DISABLE_EXIT_CSTATE },
};

#define NR_EXIT_BITS (sizeof(exit_bits) / sizeof(exit_bits[0]))

static int set_disable_exits(struct config *config, const char *value, const char **why)
{
	uint32_t bits = 0;

	(void)why;
	if (!strcmp(value, "none")) {
		config->disable_exits = 0;
		return 0;
	}
	for (const char *p = value;; p++) {
		size_t n = strcspn(p, "+"), i;

		for (i = 0; i < NR_EXIT_BITS; i++) {
			if (strlen(exit_bits[i].name) == n && !memcmp(exit_bits[i].name, p, n))
				break;
		}
		if (i == NR_EXIT_BITS)
			return -EINVAL;
		bits |= exit_bits[i].bit;
		p += n;
		if (!*p)
			break;
	}
	config->disable_exits = bits;
	return 0;
}

static void get_disable_exits(const struct config *config, char *buf, size_t len)
{
	size_t used = 0;

	snprintf(buf, len, "none");
	for (size_t i = 0; i < NR_EXIT_BITS; i++) {
		if (config->disable_exits & exit_bits[i].bit && used < len)
			used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? "+" : "",
						 exit_bits[i].name);
	}
}

static int parse_number(const char *value, uint64_t low, uint64_t high, unsigned int *number)
{
	uint64_t n;

	if (units__parse_count(value, &n) || n < low || n > high)
		return -EINVAL;
	*number = (unsigned int)n;
	return 0;
}

static int set_vcpus(struct config *config, const char *value, const char **why)
{
	(void)why;
	if (!strcmp(value, "auto")) {
		config->vcpus = 0;
		return 0;
	}
	return parse_number(value, 1, HV_MAX_VCPUS, &config->vcpus);
}

static void get_vcpus(const struct config *config, char *buf, size_t len)
{
	if (config->vcpus)
		snprintf(buf, len, "%u", config->vcpus);
	else
		snprintf(buf, len, "auto");
}

static int set_vms(struct config *config, const char *value, const char **why)
{
	(void)why;
	return parse_number(value, 1, MAX_VMS, &config->vms);
}

static void get_vms(const struct config *config, char *buf, size_t len)
{
	snprintf(buf, len, "%u", config->vms);
}

static int set_load(struct config *config, const char *value, const char **why)
{
	(void)why;
	return parse_number(value, 0, MAX_LOAD, &config->load);
}

static void get_load(const struct config *config, char *buf, size_t len)
{
	snprintf(buf, len, "%u", config->load);
}

static int set_numa(struct config *config, const char *value, const char **why)
{
	unsigned int node;

	(void)why;
	if (!strcmp(value, "none")) {
		config->numa = NUMA_NONE;
		return 0;
	}
	if (parse_number(value, 0, MAX_NODE, &node))
		return -EINVAL;
	config->numa = (int)node;
	return 0;
}

static void get_numa(const struct config *config, char *buf, size_t len)
{
	if (config->numa == NUMA_NONE)
		snprintf(buf, len, "none");
	else
		snprintf(buf, len, "%d", config->numa);
}

/* "2", "0.5", "1.25": kept in hundredths, so that equal ratios are equal. */
static int set_overcommit(struct config *config, const char *value, const char **why)
{
	unsigned int percent = 0, decimals = 0;
	size_t whole = strspn(value, "0123456789");
	const char *p = value;

	if (!strcmp(value, "none")) {
		config->overcommit_percent = 0;
		return 0;
	}
	if (!whole || whole > 3)
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++)
		percent = percent * 10 + (unsigned int)(*p - '0');
	if (*p == '.') {
		for (p++; *p >= '0' && *p <= '9' && decimals < 2; p++, decimals++)
			percent = percent * 10 + (unsigned int)(*p - '0');
		if (!decimals)
			return -EINVAL;
	}
	for (; decimals < 2; decimals++)
		percent *= 10;
	if (*p >= '0' && *p <= '9') {
		*why = "two decimals at most";
		return -EINVAL;
	}
	if (*p || !percent || percent > MAX_OVERCOMMIT_PERCENT)
		return -EINVAL;
	config->overcommit_percent = percent;
	return 0;
}

static void get_overcommit(const struct config *config, char *buf, size_t len)
{
	if (config->overcommit_percent)
		snprintf(buf, len, "%g", config->overcommit_percent / 100.0);
	else
		snprintf(buf, len, "none");
}

static int set_pin(struct config *config, const char *value, const char **why)
{
	cpus__clear(&config->pin);
	config->pinned = strcmp(value, "none");
	config->pin_all = !strcmp(value, "all");
	if (strlen(value) >= sizeof(config->pin_text)) {
		*why = "the list is too long: write ranges (0-63) or strides (0-126:2)";
		return -EINVAL;
	}
	strcpy(config->pin_text, config->pinned ? value : "");
	return config->pinned && !config->pin_all ? cpus__parse(&config->pin, value, why) : 0;
}

static void get_pin(const struct config *config, char *buf, size_t len)
{
	snprintf(buf, len, "%s", config->pinned ? config->pin_text : "none");
}

static int set_sched(struct config *config, const char *value, const char **why)
{
	bool rr = !strncmp(value, "rr:", 3);
	unsigned int priority;
	int choice;

	if (rr || !strncmp(value, "fifo:", 5)) {
		if (parse_number(strchr(value, ':') + 1, 1, 99, &priority)) {
			*why = "the priority is 1 to 99";
			return -EINVAL;
		}
		config->sched = rr ? SCHED_CLASS_RR : SCHED_CLASS_FIFO;
		config->sched_priority = (int)priority;
		return 0;
	}
	choice = find_choice(KEY_SCHED, value);
	if (choice < 0 || choice > SCHED_CLASS_IDLE)
		return -EINVAL;
	config->sched = (enum config_sched)choice;
	config->sched_priority = 0;
	return 0;
}

static void get_sched(const struct config *config, char *buf, size_t len)
{
	if (config->sched == SCHED_CLASS_FIFO || config->sched == SCHED_CLASS_RR)
		snprintf(buf, len, "%s:%d", config->sched == SCHED_CLASS_RR ? "rr" : "fifo",
			 config->sched_priority);
	else
		copy_choice(KEY_SCHED, (int)config->sched, buf, len);
}

static const struct handler handlers[NR_KEYS] = {
	[KEY_PAGES] = { set_pages, get_pages },
	[KEY_GUEST_PAGES] = { set_guest_pages, get_guest_pages },
	[KEY_IRQCHIP] = { set_irqchip, get_irqchip },
	[KEY_IOEVENTFD] = { set_ioeventfd, get_ioeventfd },
	[KEY_HALT_POLL_NS] = { set_halt_poll_ns, get_halt_poll_ns },
	[KEY_DISABLE_EXITS] = { set_disable_exits, get_disable_exits },
	[KEY_X2APIC] = { set_x2apic, get_x2apic },
	[KEY_VCPUS] = { set_vcpus, get_vcpus },
	[KEY_VMS] = { set_vms, get_vms },
	[KEY_OVERCOMMIT] = { set_overcommit, get_overcommit },
	[KEY_PIN] = { set_pin, get_pin },
	[KEY_NUMA] = { set_numa, get_numa },
	[KEY_SCHED] = { set_sched, get_sched },
	[KEY_LOAD] = { set_load, get_load },
	[KEY_DIRTY_LOG] = { set_dirty_log, get_dirty_log },
};

static int find_key(const char *name)
{
	for (int i = 0; i < NR_KEYS; i++) {
		if (!strcmp(config_keys[i].name, name))
			return i;
	}
	return -1;
}

static int unknown_key(const char *name, struct error *err)
{
	const char *names[NR_KEYS + 1] = { NULL }, *nearest;
	char all[512] = "";

	for (int i = 0; i < NR_KEYS; i++) {
		names[i] = config_keys[i].name;
		strcat(strcat(all, i ? ", " : ""), names[i]);
	}
	nearest = units__nearest(name, names);
	if (nearest)
		return error__set(err, -ENOENT,
				  "unknown configuration key '%.64s': did you mean '%s'?", name,
				  nearest);
	return error__set(err, -ENOENT, "unknown configuration key '%.64s': the keys are %s", name,
			  all);
}

void config__init(struct config *config)
{
	*config = (struct config){
		.name = "default",
		.halt_poll_ns = HALT_POLL_DEFAULT,
		.x2apic = true,
		.vms = 1,
		.ioeventfd = true,
		.numa = NUMA_NONE,
	};
}

int config__set(struct config *config, const char *key, const char *value, struct error *err)
{
	struct config changed = *config;
	const char *why = NULL;
	int i = find_key(key);

	if (i < 0)
		return unknown_key(key, err);
	if (handlers[i].set(&changed, value, &why))
		return error__set(err, -EINVAL, "bad value '%.64s%s' for '%s': %s%suse %s", value,
				  strlen(value) > 64 ? "…" : "", key, why ? why : "",
				  why ? "; " : "", config_keys[i].values);
	*config = changed;
	return 0;
}

int config__set_pair(struct config *config, const char *pair, struct error *err)
{
	const char *equals = strchr(pair, '=');
	char key[32];

	if (!equals || equals == pair)
		return error__set(err, -EINVAL,
				  "'%.64s' is no configuration: write KEY=VALUE, such as pages=4k",
				  pair);
	snprintf(key, sizeof(key), "%.*s", (int)(equals - pair < 31 ? equals - pair : 31), pair);
	return config__set(config, key, equals + 1, err);
}

char *config__get(const struct config *config, const char *key, char *buf, size_t len)
{
	int i = find_key(key);

	snprintf(buf, len, "%s", "");
	if (i >= 0)
		handlers[i].get(config, buf, len);
	return buf;
}

bool config__same_thread(const struct config *a, const struct config *b)
{
	return a->pinned == b->pinned && !strcmp(a->pin_text, b->pin_text) && a->sched == b->sched &&
	       a->sched_priority == b->sched_priority && a->load == b->load &&
	       (a->numa == b->numa || (a->pinned && !a->pin_all));
}

void config__copy_thread(struct config *to, const struct config *from)
{
	to->pinned = from->pinned;
	to->pin_all = from->pin_all;
	to->pin = from->pin;
	memcpy(to->pin_text, from->pin_text, sizeof(to->pin_text));
	to->sched = from->sched;
	to->sched_priority = from->sched_priority;
	to->numa = from->numa;
	to->load = from->load;
}

int config__check(const struct config *config, struct error *err)
{
	char ratio[16];

	if (!config->overcommit_percent || config->vms == 1)
		return 0;
	get_overcommit(config, ratio, sizeof(ratio));
	return error__set(err, -EINVAL,
			  "overcommit=%s and vms=%u exclude each other: both say how many VMs there "
			  "are", ratio, config->vms);
}

/* FNV-1a, folded to 24 bits: only has to tell apart the few long names of one run. */
static uint32_t short_hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3ull;
	return (uint32_t)(h ^ h >> 24 ^ h >> 48) & 0xffffff;
}

void config__name(struct config *config)
{
	char name[2 * CONFIG_VALUE_BYTES] = "", value[CONFIG_VALUE_BYTES], usual[CONFIG_VALUE_BYTES];
	struct config plain;
	size_t used = 0;

	config__init(&plain);
	for (int i = 0; i < NR_KEYS; i++) {
		handlers[i].get(config, value, sizeof(value));
		handlers[i].get(&plain, usual, sizeof(usual));
		if (strcmp(value, usual))
			used += (size_t)snprintf(name + used, sizeof(name) - used, "%s%s=%s",
						 used ? " " : "", config_keys[i].name, value);
	}
	/* Two configurations must not be called the same because their names had to be cut. */
	if (used >= sizeof(config->name))
		snprintf(name + sizeof(config->name) - 8, 8, "~%06x", short_hash(name));
	snprintf(config->name, sizeof(config->name), "%.*s", CONFIG_NAME_BYTES - 1,
		 used ? name : "default");
}
