/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The payload without a host that reads its mailbox: QEMU -kernel, a Xen domain, bare metal. What
 * to do comes from the command line, results go to the console as lines of text:
 *
 *   hvbench payload abi=1 vcpus=1 arena_bytes=… tsc_khz=…
 *   cell workload=pio-user ring=3 ops_per_sample=100 samples=101 empty=64 singles=0 op=0
 *   empty 70 70 71 …                       cycles of the empty loop, ops_per_sample iterations each
 *   samples 310022 309988 …                cycles of a batch (of one operation if self-timed)
 *   single_overhead 40
 *   hist 4:17 5:3 …                        bucket:count of single operations, see abi.h
 *   end workload=pio-user status=ok        or status=refused reason=… or status=skipped reason=…
 *   fault vector=13 error_code=0x0 rip=0x… cr2=0x…    an exception; then status=failed
 *   done                                   the end of the output
 *
 * Words of the command line, in any order: w=NAME[:PARAM=VALUE…][,NAME…] (default: the exit group),
 * ops=N (0: calibrate), samples=N, singles=N, target_cycles=N, tsc_khz=N, vcpus=N (starts the
 * others by INIT/SIPI), ring=0|3, guest_pages=4k|2m, x2apic, nolapic. With `mailbox` all of the
 * above is ignored: a host has guest memory mapped, sends its commands through the mailbox and is
 * notified through mailbox.bell.
 */
#include "workloads/runtime/standalone.h"

#include "workloads/runtime/command.h"
#include "workloads/runtime/mailbox.h"
#include "workloads/runtime/measure.h"
#include "workloads/runtime/x86_64/runtime.h"

#define START_INFO_MAGIC      0x336ec578u
#define E820_RAM	      1
#define MIN_ARENA_GPA	      (16ull << 20)
#define PAGE_2M		      (2ull << 20)
#define DEFAULT_SAMPLES	      101
#define DEFAULT_TARGET_CYCLES 200000
#define LIST_BYTES	      1024

struct start_info { /* Xen's public/arch-x86/hvm/start_info.h */
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t nr_modules;
	uint64_t modlist;
	uint64_t cmdline;
	uint64_t rsdp;
	uint64_t memmap; /* from version 1 */
	uint32_t memmap_entries;
	uint32_t reserved;
};

struct memmap_entry {
	uint64_t address;
	uint64_t bytes;
	uint32_t type;
	uint32_t reserved;
};

static struct {
	char list[LIST_BYTES];
	struct hv_command cmd;
	bool ring_given;
} job;

static bool starts_with(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

/* Length of the word at s: up to a separator or the end. */
static unsigned int word_length(const char *s, char separator, char other)
{
	unsigned int n = 0;

	while (s[n] && s[n] != separator && s[n] != other)
		n++;
	return n;
}

static bool word_is(const char *s, unsigned int length, const char *word)
{
	for (unsigned int i = 0; i < length; i++)
		if (s[i] != word[i])
			return false;
	return word[length] == '\0';
}

/* Decimal with k, m, g (sizes) or us, ms (times in ns). Returns false for anything else. */
static bool parse_number(const char *s, unsigned int length, uint64_t *value)
{
	static const struct {
		const char *text;
		uint64_t factor;
	} suffix[] = {
		{ "", 1 },   { "k", 1 << 10 }, { "m", 1 << 20 },  { "g", 1 << 30 },
		{ "ns", 1 }, { "us", 1000 },   { "ms", 1000000 },
	};
	unsigned int i = 0;
	uint64_t n = 0;

	if (length > 2 && s[0] == '0' && s[1] == 'x') {
		for (i = 2; i < length; i++) {
			char c = s[i] | 0x20;

			if (c >= '0' && c <= '9')
				n = n << 4 | (uint64_t)(c - '0');
			else if (c >= 'a' && c <= 'f')
				n = n << 4 | (uint64_t)(c - 'a' + 10);
			else
				return false;
		}
		*value = n;
		return true;
	}
	while (i < length && s[i] >= '0' && s[i] <= '9')
		n = n * 10 + (uint64_t)(s[i++] - '0');
	if (i == 0)
		return false;
	for (unsigned int k = 0; k < sizeof(suffix) / sizeof(suffix[0]); k++) {
		if (word_is(s + i, length - i, suffix[k].text)) {
			*value = n * suffix[k].factor;
			return true;
		}
	}
	return false;
}

static void option(const char *word, unsigned int length)
{
	static const struct {
		const char *name;
		uint64_t *value;
	} numbers[] = {
		{ "ops=", &job.cmd.ops_per_sample },
		{ "target_cycles=", &job.cmd.target_cycles },
		{ "tsc_khz=", &mailbox.tsc_khz },
	};
	uint64_t n;

	for (unsigned int i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		unsigned int skip = word_length(numbers[i].name, '\0', '\0');

		if (starts_with(word, numbers[i].name) &&
		    parse_number(word + skip, length - skip, &n))
			*numbers[i].value = n;
	}
	if (starts_with(word, "samples=") && parse_number(word + 8, length - 8, &n))
		job.cmd.samples = n < HV_MAX_SAMPLES ? (uint32_t)n : HV_MAX_SAMPLES;
	if (starts_with(word, "singles=") && parse_number(word + 8, length - 8, &n))
		job.cmd.singles = (uint32_t)n;
	if (starts_with(word, "vcpus=") && parse_number(word + 6, length - 6, &n))
		mailbox.nr_vcpus = n < HV_MAX_VCPUS ? (uint32_t)n : HV_MAX_VCPUS;
	if (starts_with(word, "ring=") && parse_number(word + 5, length - 5, &n)) {
		job.cmd.ring = (uint32_t)n;
		job.ring_given = true;
	}
	if (word_is(word, length, "mailbox"))
		mailbox.host_magic = HV_HOST_MAGIC;
	if (word_is(word, length, "x2apic"))
		mailbox.boot_flags |= HV_BOOT_X2APIC;
	if (word_is(word, length, "nolapic"))
		mailbox.boot_flags |= HV_BOOT_NO_LAPIC;
	if (word_is(word, length, "exact"))
		job.cmd.flags |= HV_CMD_EXACT;
	if (word_is(word, length, "guest_pages=4k"))
		job.cmd.flags |= HV_CMD_GUEST_4K;
	if (starts_with(word, "w=")) {
		for (unsigned int i = 2; i < length && i - 2 < LIST_BYTES - 1; i++)
			job.list[i - 2] = word[i];
	}
}

/*
 * The largest stretch of RAM above 16 MiB; its first part holds the page tables that map the rest.
 */
static void find_arena(const struct start_info *info)
{
	const struct memmap_entry *map = (const struct memmap_entry *)info->memmap;
	uint64_t best_start = 0, best_end = 0, tables;

	if (info->version < 1)
		return;
	for (uint32_t i = 0; i < info->memmap_entries; i++) {
		uint64_t start = map[i].address, end = start + map[i].bytes;

		if (map[i].type != E820_RAM)
			continue;
		if (start < MIN_ARENA_GPA)
			start = MIN_ARENA_GPA;
		start = (start + PAGE_2M - 1) & ~(PAGE_2M - 1);
		end &= ~(PAGE_2M - 1);
		/* The tables have to be in the part that is mapped one to one. */
		if (start < 4ull << 30 && end > start && end - start > best_end - best_start) {
			best_start = start;
			best_end = end;
		}
	}
	tables = ((best_end - best_start) / 256 + PAGE_2M) & ~(PAGE_2M - 1);
	if (best_end - best_start <= tables)
		return;
	job.cmd.tables_gpa = best_start;
	job.cmd.tables_bytes = tables;
	job.cmd.arena_gpa = best_start + tables;
	job.cmd.arena_bytes = best_end - best_start - tables;
}

static void note_ram(const struct start_info *info)
{
	const struct memmap_entry *map = (const struct memmap_entry *)info->memmap;
	uint32_t n = 0;

	for (uint32_t i = 0; info->version >= 1 && i < info->memmap_entries && n < HV_MAX_RAM; i++)
		if (map[i].type == E820_RAM)
			mailbox.ram[n++] = (struct hv_range){ map[i].address, map[i].bytes };
}

void standalone__prepare(void)
{
	const struct start_info *info = (const struct start_info *)(uint64_t)pvh_start_info;
	const char *p;

	arch_out8(0x21, 0xff); /* firmware may have left the PICs unmasked */
	arch_out8(0xa1, 0xff);
	job.cmd.samples = DEFAULT_SAMPLES;
	job.cmd.target_cycles = DEFAULT_TARGET_CYCLES;
	job.cmd.single_budget_cycles = ~0ull;
	mailbox.nr_vcpus = 1;
	if (!info || info->magic != START_INFO_MAGIC)
		return;
	find_arena(info);
	note_ram(info);
	for (p = (const char *)info->cmdline; p && *p;) {
		unsigned int length = word_length(p, ' ', '\0');

		option(p, length);
		p += length;
		while (*p == ' ')
			p++;
	}
}

static void put_pair(const char *name, uint64_t value)
{
	console__puts(" ");
	console__puts(name);
	console__puts("=");
	console__putu(value);
}

static void put_values(const char *name, const uint64_t *values, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i % 16 == 0)
			console__puts(name);
		console__puts(" ");
		console__putu(values[i]);
		if (i % 16 == 15 || i + 1 == n)
			console__puts("\n");
	}
}

static const char *refusal_text(int refusal)
{
	static const char *const text[HV_REFUSED_MAX] = {
		[HV_REFUSED_UNKNOWN_WORKLOAD] = "unknown-workload",
		[HV_REFUSED_TOO_FEW_VCPUS] = "too-few-vcpus",
		[HV_REFUSED_ARENA_TOO_SMALL] = "too-little-memory",
		[HV_REFUSED_NO_LAPIC] = "no-local-apic",
		[HV_REFUSED_NO_DEADLINE_TIMER] = "no-deadline-timer",
		[HV_REFUSED_PARAMETER] = "bad-parameter",
		[HV_REFUSED_TIMEOUT] = "event-never-came",
		[HV_REFUSED_NOT_THERE] = "not-on-this-cpu",
		[HV_REFUSED_RAISED] = "raises-an-exception",
	};

	return refusal > 0 && refusal < HV_REFUSED_MAX && text[refusal] ? text[refusal] : "unknown";
}

static void put_end(const char *name, const char *status, const char *reason)
{
	console__puts("end workload=");
	console__puts(name);
	console__puts(" status=");
	console__puts(status);
	if (reason) {
		console__puts(" reason=");
		console__puts(reason);
	}
	console__puts("\n");
}

static void put_cell(const struct workload *w, const struct hv_command *cmd)
{
	const struct hv_status *status = &mailbox.status;

	console__puts("cell workload=");
	console__puts(w->name);
	put_pair("ring", cmd->ring);
	put_pair("ops_per_sample", status->ops_per_sample);
	put_pair("samples", status->nr_samples);
	put_pair("empty", status->nr_empty);
	put_pair("singles", status->nr_singles);
	for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++)
		put_pair(w->params[i].name, cmd->params[i]);
	console__puts("\n");
	put_values("empty", mailbox.empty, status->nr_empty);
	put_values("samples", mailbox.samples, status->nr_samples);
	if (!status->nr_singles)
		return;
	console__puts("single_overhead ");
	console__putu(status->single_overhead);
	console__puts("\nhist");
	for (unsigned int i = 0; i < HV_HIST_BUCKETS; i++) {
		if (!mailbox.hist[i])
			continue;
		console__puts(" ");
		console__putu(i);
		console__puts(":");
		console__putu(mailbox.hist[i]);
	}
	console__puts("\n");
}

static bool set_param(const struct workload *w, struct hv_command *cmd, const char *text,
		      unsigned int length)
{
	unsigned int name = word_length(text, '=', ':');

	if (name >= length || text[name] != '=')
		return false;
	if (word_is(text, name, "ring"))
		return parse_number(text + name + 1, length - name - 1, &cmd->params[0]) &&
		       (cmd->ring = (uint32_t)cmd->params[0], true);
	for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++) {
		const struct workload_param *param = &w->params[i];

		if (!word_is(text, name, param->name))
			continue;
		if (param->kind != PARAM_CHOICE)
			return parse_number(text + name + 1, length - name - 1, &cmd->params[i]) &&
			       cmd->params[i] >= param->min && cmd->params[i] <= param->max;
		for (uint64_t k = 0; param->choices[k]; k++) {
			if (word_is(text + name + 1, length - name - 1, param->choices[k])) {
				cmd->params[i] = k;
				return true;
			}
		}
	}
	return false;
}

static void put_fault(void)
{
	const struct hv_fault *fault = &mailbox.status.fault;

	console__puts("fault vector=");
	console__putu(fault->vector);
	console__puts(" error_code=");
	console__puthex(fault->error_code);
	console__puts(" rip=");
	console__puthex(fault->rip);
	console__puts(" cr2=");
	console__puthex(fault->cr2);
	console__puts("\n");
}

static void run_cell(const struct workload *w, struct hv_command *cmd)
{
	static struct trap_recovery recovery;
	int refusal;

	for (unsigned int i = 0; i < HV_NAME_BYTES - 1 && w->name[i]; i++) {
		cmd->workload[i] = w->name[i];
		cmd->workload[i + 1] = '\0';
	}
	if (__builtin_setjmp(recovery.buffer)) {
		trap__recover_with(NULL);
		put_fault();
		put_end(w->name, "failed", "exception");
		return;
	}
	trap__recover_with(&recovery);
	refusal = command__run(cmd);
	trap__recover_with(NULL);
	if (refusal) {
		if (refusal == HV_REFUSED_RAISED)
			put_fault();
		put_end(w->name, "refused", refusal_text(refusal));
		return;
	}
	put_cell(w, cmd);
	put_end(w->name, "ok", NULL);
}

static struct hv_command command_for(const struct workload *w)
{
	struct hv_command cmd = job.cmd;

	for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++)
		cmd.params[i] = w->params[i].value;
	if (!job.ring_given)
		cmd.ring = w->ring;
	return cmd;
}

/* One item of the list: NAME[:PARAM=VALUE…]. */
static void run_item(const char *item, unsigned int length)
{
	unsigned int name_length = word_length(item, ':', ',');
	char name[HV_NAME_BYTES] = "";
	const struct workload *w;
	struct hv_command cmd;

	for (unsigned int i = 0; i < name_length && i < HV_NAME_BYTES - 1; i++)
		name[i] = item[i];
	w = measure__find(name);
	if (!w) {
		put_end(name, "refused", refusal_text(HV_REFUSED_UNKNOWN_WORKLOAD));
		return;
	}
	cmd = command_for(w);
	for (unsigned int at = name_length; at < length;) {
		unsigned int word;

		at++; /* the colon */
		word = word_length(item + at, ':', ',');
		if (!set_param(w, &cmd, item + at, word)) {
			put_end(name, "refused", refusal_text(HV_REFUSED_PARAMETER));
			return;
		}
		at += word;
	}
	run_cell(w, &cmd);
}

static bool has_hypervisor(void)
{
	uint32_t reg[4];

	arch_cpuid(1, 0, reg);
	return reg[2] & 1u << 31;
}

static void run_exit_group(void)
{
	for_each_workload(entry) {
		const struct workload *w = *entry;
		struct hv_command cmd = command_for(w);

		if (w->group != GROUP_EXIT)
			continue;
		if (w->needs & (NEEDS_IOEVENTFD | NEEDS_COALESCED_MMIO | NEEDS_ROM)) {
			put_end(w->name, "skipped", "needs-our-own-vmm");
			continue;
		}
		/* Without one INVD would throw away what the guest has written. */
		if (w->needs & NEEDS_HYPERVISOR && !has_hypervisor()) {
			put_end(w->name, "skipped", "needs-a-hypervisor");
			continue;
		}
		run_cell(w, &cmd);
	}
}

void standalone__start_vcpus(void)
{
	if (!apic__present())
		mailbox.nr_vcpus = 1;
	if (mailbox.nr_vcpus > 1)
		apic__start_secondaries();
}

void standalone__run(void)
{
	console__puts("hvbench payload");
	put_pair("abi", HV_ABI_VERSION);
	put_pair("vcpus", command__vcpus());
	put_pair("arena_bytes", job.cmd.arena_bytes);
	put_pair("tsc_khz", mailbox.tsc_khz);
	console__puts("\n");
	if (job.list[0]) {
		for (const char *p = job.list; *p;) {
			unsigned int length = word_length(p, ',', '\0');

			run_item(p, length);
			p += length;
			if (*p == ',')
				p++;
		}
	} else {
		run_exit_group();
	}
	console__puts("done\n");
	cpu__shutdown();
}
