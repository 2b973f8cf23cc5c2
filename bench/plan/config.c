// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Configurations: see config.h. A key is a row of config_keys[]; no other place in the program
 * lists them. What depends on the host (is there a CPU 200, are there huge pages) is not checked
 * here: a job may be written on one machine and run on another.
 */
#include "bench/plan/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/nearest.h"
#include "bench/base/units.h"
#include "workloads/abi.h"

#define MAX_OVERCOMMIT_PERCENT 6400

/* Index of the word among the key's values, -1 if it is none of them. */
static int find_choice(const struct config_key *key, const char *word)
{
	const char *p = key->values;

	for (int i = 0;; i++) {
		size_t n = strcspn(p, "|");

		if (strlen(word) == n && !memcmp(p, word, n))
			return i;
		if (!p[n])
			return -1;
		p += n + 1;
	}
}

static void copy_choice(const struct config_key *key, int choice, char *buf, size_t len)
{
	const char *p = key->values;

	while (choice-- > 0)
		p += strcspn(p, "|") + 1;
	snprintf(buf, len, "%.*s", (int)strcspn(p, "|"), p);
}

/* Writes a field of one byte (bool) or four (enums and numbers), given by its offset. */
static void put_field(const struct config_key *key, struct config *config, unsigned int value)
{
	if (key->field_bytes == sizeof(bool))
		*(bool *)((char *)config + key->field) = value;
	else
		memcpy((char *)config + key->field, &value, sizeof(value));
}

static unsigned int field_of(const struct config_key *key, const struct config *config)
{
	unsigned int value;

	if (key->field_bytes == sizeof(bool))
		return *(const bool *)((const char *)config + key->field);
	memcpy(&value, (const char *)config + key->field, sizeof(value));
	return value;
}

static int set_choice(const struct config_key *key, struct config *config, const char *value,
		      const char **why)
{
	int choice = find_choice(key, value);

	(void)why;
	if (choice < 0)
		return -EINVAL;
	put_field(key, config, (unsigned int)choice);
	return 0;
}

static void get_choice(const struct config_key *key, const struct config *config, char *buf,
		       size_t len)
{
	copy_choice(key, (int)field_of(key, config), buf, len);
}

static int parse_number(const char *value, uint64_t low, uint64_t high, unsigned int *number)
{
	uint64_t n;

	if (units__parse_count(value, &n) || n < low || n > high)
		return -EINVAL;
	*number = (unsigned int)n;
	return 0;
}

/*
 * A default that is a word ("auto", "none") is stored as the number below the lowest: 0, or
 * NUMA_NONE.
 */
static int set_number(const struct config_key *key, struct config *config, const char *value,
		      const char **why)
{
	bool is_word = strspn(key->usual, "0123456789") == 0 && !strcmp(value, key->usual);
	unsigned int number = key->low - 1;

	(void)why;
	if (!is_word && parse_number(value, key->low, key->high, &number))
		return -EINVAL;
	put_field(key, config, number);
	return 0;
}

static void get_number(const struct config_key *key, const struct config *config, char *buf,
		       size_t len)
{
	unsigned int number = field_of(key, config);

	if (number == key->low - 1)
		snprintf(buf, len, "%s", key->usual);
	else
		snprintf(buf, len, "%u", number);
}

static int set_halt_poll_ns(const struct config_key *key, struct config *config, const char *value,
			    const char **why)
{
	uint64_t ns;

	(void)key;
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

static void get_halt_poll_ns(const struct config_key *key, const struct config *config, char *buf,
			     size_t len)
{
	(void)key;
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

static int set_disable_exits(const struct config_key *key, struct config *config, const char *value,
			     const char **why)
{
	uint32_t bits = 0;

	(void)key;
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

static void get_disable_exits(const struct config_key *key, const struct config *config, char *buf,
			      size_t len)
{
	size_t used = 0;

	(void)key;
	snprintf(buf, len, "none");
	for (size_t i = 0; i < NR_EXIT_BITS; i++) {
		if (config->disable_exits & exit_bits[i].bit && used < len)
			used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? "+" : "",
						 exit_bits[i].name);
	}
}

/* "2", "0.5", "1.25": kept in hundredths, so that equal ratios are equal. */
static int set_overcommit(const struct config_key *key, struct config *config, const char *value,
			  const char **why)
{
	unsigned int percent = 0, decimals = 0;
	size_t whole = strspn(value, "0123456789");
	const char *p = value;

	(void)key;
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

static void get_overcommit(const struct config_key *key, const struct config *config, char *buf,
			   size_t len)
{
	(void)key;
	if (config->overcommit_percent)
		snprintf(buf, len, "%g", config->overcommit_percent / 100.0);
	else
		snprintf(buf, len, "none");
}

static int set_pin(const struct config_key *key, struct config *config, const char *value,
		   const char **why)
{
	(void)key;
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

static void get_pin(const struct config_key *key, const struct config *config, char *buf,
		    size_t len)
{
	(void)key;
	snprintf(buf, len, "%s", config->pinned ? config->pin_text : "none");
}

static int set_sched(const struct config_key *key, struct config *config, const char *value,
		     const char **why)
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
	choice = find_choice(key, value);
	if (choice < 0 || choice > SCHED_CLASS_IDLE)
		return -EINVAL;
	config->sched = (enum config_sched)choice;
	config->sched_priority = 0;
	return 0;
}

static void get_sched(const struct config_key *key, const struct config *config, char *buf,
		      size_t len)
{
	if (config->sched == SCHED_CLASS_FIFO || config->sched == SCHED_CLASS_RR)
		snprintf(buf, len, "%s:%d", config->sched == SCHED_CLASS_RR ? "rr" : "fifo",
			 config->sched_priority);
	else
		copy_choice(key, (int)config->sched, buf, len);
}

#define BYTES(f)	    sizeof(((struct config *)0)->f)
#define FIELD(f)	    .field = offsetof(struct config, f), .field_bytes = BYTES(f)
#define WORDS(f)	    FIELD(f), .set = set_choice, .get = get_choice
#define NUMBER(f, from, to) FIELD(f), .low = from, .high = to, .set = set_number, .get = get_number
#define OWN(f)		    .set = set_##f, .get = get_##f

const struct config_key config_keys[] = {
	{
		"pages",
		"auto|4k|thp|2m|1g",
		"auto",
		"host pages of guest memory; 2m, 1g: hugetlbfs; auto: what the workload prefers",
		WORDS(pages),
	},
	{
		"guest_pages",
		"auto|4k|2m",
		"auto",
		"pages of the guest's own tables; auto: 4k with pages=4k, else 2m",
		WORDS(guest_pages),
	},
	{
		"irqchip",
		"kernel|split|user",
		"kernel",
		"PIC, IOAPIC and local APIC in the kernel, only the local APIC, none",
		WORDS(irqchip),
	},
	{
		"ioeventfd",
		"off|on",
		"on",
		"doorbells bound to an eventfd in the kernel; off: they go to user space",
		WORDS(ioeventfd),
	},
	{
		"halt_poll_ns",
		"default|0..4294967295",
		"default",
		"how long KVM polls before a halted vCPU sleeps; default: the module's (also 50us)",
		OWN(halt_poll_ns),
	},
	{
		"disable_exits",
		"none|hlt+pause+mwait+cstate",
		"none",
		"instructions that do not exit, any of them joined by +",
		OWN(disable_exits),
	},
	{
		"x2apic",
		"off|on",
		"on",
		"local APIC in x2APIC mode, for workloads that do not need the other",
		WORDS(x2apic),
	},
	{
		"vcpus",
		"auto|1..64",
		"auto",
		"vCPUs of a VM; auto: as many as the workload needs",
		NUMBER(vcpus, 1, HV_MAX_VCPUS),
	},
	{
		"parallel",
		"1..64",
		"1",
		"vCPUs of a VM that run the workload at the same time, each in memory of its own",
		NUMBER(parallel, 1, HV_MAX_VCPUS),
	},
	{
		"vms",
		"1..4096",
		"1",
		"VMs that run the workload at the same time",
		NUMBER(vms, 1, 4096),
	},
	{
		"overcommit",
		"none|0.01..64",
		"none",
		"vCPU threads for each CPU of pin=, numa= or the host: as many VMs as that makes, "
		"at least one",
		OWN(overcommit),
	},
	{
		"pin",
		"none|all|CPUs such as 0-3,7 or 0-126:2",
		"none",
		"host CPUs of the vCPU threads, one each in ascending order, round robin; all: "
		"those that "
		"this process may use",
		.has_commas = true,
		OWN(pin),
	},
	{
		"numa",
		"none|0..1023",
		"none",
		"NUMA node of guest memory and, where pin= does not say otherwise, of the vCPU "
		"threads",
		NUMBER(numa, 0, 1023),
	},
	{
		"sched",
		"other|batch|idle|fifo:1..99|rr:1..99",
		"other",
		"scheduling class of the vCPU threads, with its priority",
		OWN(sched),
	},
	{
		"load",
		"0..4096",
		"0",
		"threads that keep CPUs of the host busy while the VMs run",
		NUMBER(load, 0, 4096),
	},
	{
		"dirty_log",
		"off|bitmap|ring",
		"off",
		"KVM logs the pages that the guest writes; the log is cleared when the timed part "
		"begins",
		WORDS(dirty_log),
	},
	{
		"backing",
		"anon|memfd|file",
		"anon",
		"what is behind the working set: private memory, a memfd, or a temporary file in "
		"TMPDIR",
		WORDS(backing),
	},
	{
		"neighbour",
		"none|idle|exits|memory|cache|dirty|ipis|timers|overcommit|io",
		"none",
		"another VM that does this over and over while the cell is measured",
		WORDS(neighbour),
	},
	{ .name = NULL },
};

#define NR_KEYS (sizeof(config_keys) / sizeof(config_keys[0]) - 1)

static const struct config_key *find_key(const char *name)
{
	for (const struct config_key *key = config_keys; key->name; key++)
		if (!strcmp(key->name, name))
			return key;
	return NULL;
}

static int unknown_key(const char *name, struct error *err)
{
	const char *names[NR_KEYS + 1] = { NULL };
	char all[512] = ": the keys are ", hint[NEAREST_ROOM];

	for (size_t i = 0; i < NR_KEYS; i++) {
		names[i] = config_keys[i].name;
		strcat(strcat(all, i ? ", " : ""), names[i]);
	}
	return error__set(err, -ENOENT, "unknown configuration key '%.64s'%s", name,
			  nearest__hint(hint, sizeof(hint), name, names, "", all));
}

void config__init(struct config *config)
{
	const char *why;

	*config = (struct config){ .name = "default" };
	for (const struct config_key *key = config_keys; key->name; key++)
		key->set(key, config, key->usual, &why);
}

int config__set(struct config *config, const char *name, const char *value, struct error *err)
{
	const struct config_key *key = find_key(name);
	struct config changed = *config;
	const char *why = NULL;

	if (!key)
		return unknown_key(name, err);
	if (key->set(key, &changed, value, &why))
		return error__set(err, -EINVAL, "bad value '%.64s%s' for '%s': %s%suse %s", value,
				  strlen(value) > 64 ? "…" : "", name, why ? why : "",
				  why ? "; " : "", key->values);
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

char *config__get(const struct config *config, const char *name, char *buf, size_t len)
{
	const struct config_key *key = find_key(name);

	snprintf(buf, len, "%s", "");
	if (key)
		key->get(key, config, buf, len);
	return buf;
}

bool config__is_usual(const struct config *config, const struct config_key *key)
{
	char value[CONFIG_VALUE_BYTES];

	key->get(key, config, value, sizeof(value));
	return !strcmp(value, key->usual);
}

bool config__same_thread(const struct config *a, const struct config *b)
{
	return a->pinned == b->pinned && !strcmp(a->pin_text, b->pin_text) &&
	       a->sched == b->sched && a->sched_priority == b->sched_priority &&
	       a->load == b->load && (a->numa == b->numa || (a->pinned && !a->pin_all));
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

	if (config->vcpus && config->vcpus < config->parallel)
		return error__set(err, -EINVAL,
				  "parallel=%u needs as many vCPUs: vcpus=%u are fewer",
				  config->parallel, config->vcpus);
	if (!config->overcommit_percent || config->vms == 1)
		return 0;
	config__get(config, "overcommit", ratio, sizeof(ratio));
	return error__set(
		err, -EINVAL,
		"overcommit=%s and vms=%u exclude each other: both say how many VMs there "
		"are",
		ratio, config->vms);
}

/* FNV-1a, folded to 24 bits: it only has to distinguish the few long names of one run. */
static uint32_t short_hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3ull;
	return (uint32_t)(h ^ h >> 24 ^ h >> 48) & 0xffffff;
}

void config__name(struct config *config)
{
	char name[2 * CONFIG_VALUE_BYTES] = "", value[CONFIG_VALUE_BYTES];
	size_t used = 0;

	for (const struct config_key *key = config_keys; key->name; key++) {
		key->get(key, config, value, sizeof(value));
		if (strcmp(value, key->usual))
			used += (size_t)snprintf(name + used, sizeof(name) - used, "%s%s=%s",
						 used ? " " : "", key->name, value);
	}
	/* Two configurations whose names are cut must not end up with the same name. */
	if (used >= sizeof(config->name))
		snprintf(name + sizeof(config->name) - 8, 8, "~%06x", short_hash(name));
	snprintf(config->name, sizeof(config->name), "%.*s", CONFIG_NAME_BYTES - 1,
		 used ? name : "default");
}
