// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sources of the encodings: Intel's event files (perfmon) and AMD's processor programming
 * references, as Linux has them in tools/perf/pmu-events/arch/x86.
 */
#include "probes/page_walks.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAW(event, umask)	 ((uint64_t)(event) | (uint64_t)(umask) << 8)
#define RAW_CYCLES(event, umask) (RAW(event, umask) | 1ull << 24) /* counter mask 1 */
#define DEVICES			 "/sys/bus/event_source/devices"
#define MAX_MODELS		 12
#define ANY_MODEL		 0

static const struct {
	const char *name, *unit;
	const char *sysfs[2]; /* the names that PMUs use for it */
} walks[NR_PAGE_WALKS] = {
	[PAGE_WALKS_LOAD] = { "page_walks_load", "count", { "dtlb_load_misses.walk_completed" } },
	[PAGE_WALKS_STORE] = { "page_walks_store",
			       "count",
			       { "dtlb_store_misses.walk_completed" } },
	[PAGE_WALKS_DATA] = { "page_walks_data", "count", { "dtlb_walk" } },
	[PAGE_WALKS_FETCH] = { "page_walks_fetch",
			       "count",
			       { "itlb_walk", "itlb_misses.walk_completed" } },
	[PAGE_WALK_CYCLES_LOAD] = { "page_walk_cycles_load",
				    "cycles",
				    { "dtlb_load_misses.walk_active" } },
	[NESTED_WALK_CYCLES] = { "nested_walk_cycles", "cycles", { "ept.walk_pending" } },
};

/* A generation of cores. An event of 0 means there is none. */
static const struct generation {
	const char *vendor;
	unsigned int family;
	unsigned int first_model, models[MAX_MODELS]; /* models from the first on, or only those
							 * listed */
	uint64_t config[NR_PAGE_WALKS];
} generations[] = {
	/* Sandy Bridge */
	{ "GenuineIntel",
	  6,
	  0,
	  { 0x2a, 0x2d },
	  { [PAGE_WALKS_LOAD] = RAW(0x08, 0x02),
	    [PAGE_WALKS_STORE] = RAW(0x49, 0x02),
	    [PAGE_WALKS_FETCH] = RAW(0x85, 0x02),
	    [PAGE_WALK_CYCLES_LOAD] = RAW(0x08, 0x04),
	    [NESTED_WALK_CYCLES] = RAW(0x4f, 0x10) } },
	/* Ivy Bridge */
	{ "GenuineIntel",
	  6,
	  0,
	  { 0x3a, 0x3e },
	  { [PAGE_WALKS_LOAD] = RAW(0x08, 0x82),
	    [PAGE_WALKS_STORE] = RAW(0x49, 0x02),
	    [PAGE_WALKS_FETCH] = RAW(0x85, 0x02),
	    [PAGE_WALK_CYCLES_LOAD] = RAW(0x08, 0x84),
	    [NESTED_WALK_CYCLES] = RAW(0x4f, 0x10) } },
	/* Haswell, Broadwell */
	{ "GenuineIntel",
	  6,
	  0,
	  { 0x3c, 0x3f, 0x45, 0x46, 0x3d, 0x47, 0x4f, 0x56 },
	  { [PAGE_WALKS_LOAD] = RAW(0x08, 0x0e),
	    [PAGE_WALKS_STORE] = RAW(0x49, 0x0e),
	    [PAGE_WALKS_FETCH] = RAW(0x85, 0x0e),
	    [PAGE_WALK_CYCLES_LOAD] = RAW(0x08, 0x10),
	    [NESTED_WALK_CYCLES] = RAW(0x4f, 0x10) } },
	/*
	 * Skylake to Comet Lake: two walkers; walks of the EPT are not in the cycles of the others
	 */
	{ "GenuineIntel",
	  6,
	  0,
	  { 0x4e, 0x5e, 0x55, 0x8e, 0x9e, 0xa5, 0xa6 },
	  { [PAGE_WALKS_LOAD] = RAW(0x08, 0x0e),
	    [PAGE_WALKS_STORE] = RAW(0x49, 0x0e),
	    [PAGE_WALKS_FETCH] = RAW(0x85, 0x0e),
	    [PAGE_WALK_CYCLES_LOAD] = RAW_CYCLES(0x08, 0x10),
	    [NESTED_WALK_CYCLES] = RAW(0x4f, 0x10) } },
	/* Ice Lake, Tiger Lake, Rocket Lake */
	{ "GenuineIntel",
	  6,
	  0,
	  { 0x6a, 0x6c, 0x7d, 0x7e, 0x8c, 0x8d, 0xa7 },
	  { [PAGE_WALKS_LOAD] = RAW(0x08, 0x0e),
	    [PAGE_WALKS_STORE] = RAW(0x49, 0x0e),
	    [PAGE_WALKS_FETCH] = RAW(0x85, 0x0e),
	    [PAGE_WALK_CYCLES_LOAD] = RAW_CYCLES(0x08, 0x10) } },
	/* Golden Cove and Raptor Cove: Alder Lake, Raptor Lake, Sapphire Rapids, Emerald Rapids */
	{ "GenuineIntel",
	  6,
	  0,
	  { 0x97, 0x9a, 0xb7, 0xba, 0xbf, 0x8f, 0xcf },
	  { [PAGE_WALKS_LOAD] = RAW(0x12, 0x0e),
	    [PAGE_WALKS_STORE] = RAW(0x13, 0x0e),
	    [PAGE_WALKS_FETCH] = RAW(0x11, 0x0e),
	    [PAGE_WALK_CYCLES_LOAD] = RAW_CYCLES(0x12, 0x10) } },
	/* Granite Rapids */
	{ "GenuineIntel",
	  6,
	  0,
	  { 0xad, 0xae },
	  { [PAGE_WALKS_LOAD] = RAW(0x12, 0x0e),
	    [PAGE_WALKS_STORE] = RAW(0x13, 0x0e),
	    [PAGE_WALKS_FETCH] = RAW(0x11, 0x0e) } },
	/* Zen 2 (from model 0x30), Zen 1, Zen 3 and 4, Zen 5: the first that fits */
	{ "AuthenticAMD",
	  0x17,
	  0x30,
	  { ANY_MODEL },
	  { [PAGE_WALKS_DATA] = RAW(0x45, 0xf0), [PAGE_WALKS_FETCH] = RAW(0x85, 0x07) } },
	{ "AuthenticAMD", 0x17, 0, { ANY_MODEL }, { [PAGE_WALKS_DATA] = RAW(0x45, 0xf0) } },
	{ "HygonGenuine", 0x18, 0, { ANY_MODEL }, { [PAGE_WALKS_DATA] = RAW(0x45, 0xf0) } },
	{ "AuthenticAMD",
	  0x19,
	  0,
	  { ANY_MODEL },
	  { [PAGE_WALKS_DATA] = RAW(0x45, 0xf0), [PAGE_WALKS_FETCH] = RAW(0x85, 0x0f) } },
	{ "AuthenticAMD",
	  0x1a,
	  0,
	  { ANY_MODEL },
	  { [PAGE_WALKS_DATA] = RAW(0x45, 0xf0), [PAGE_WALKS_FETCH] = RAW(0x85, 0x0f) } },
};

static bool is_of(const struct generation *g, const struct page_walk_cpu *cpu)
{
	if (strcmp(g->vendor, cpu->vendor) || g->family != cpu->family)
		return false;
	if (g->models[0] == ANY_MODEL)
		return cpu->model >= g->first_model;
	for (int i = 0; i < MAX_MODELS && g->models[i]; i++)
		if (g->models[i] == cpu->model)
			return true;
	return false;
}

/* Why a generation lacks this event: it has another one instead, or none. */
static const char *why_not(const struct generation *g, enum page_walk which)
{
	bool apart = g->config[PAGE_WALKS_LOAD];

	if (which == PAGE_WALKS_DATA)
		return "this CPU counts those of loads and of stores apart: page_walks_load, "
		       "page_walks_store";
	if (which == PAGE_WALKS_LOAD || which == PAGE_WALKS_STORE)
		return "this CPU counts those of loads and of stores together: page_walks_data";
	if (which == NESTED_WALK_CYCLES && apart)
		return "this CPU does not count them apart from other walks";
	return "no such event is known of this CPU";
}

int page_walks__encode(const struct page_walk_cpu *cpu, enum page_walk which, uint64_t *config,
		       char *why, int len)
{
	for (size_t i = 0; i < sizeof(generations) / sizeof(*generations); i++) {
		const struct generation *g = &generations[i];

		if (!is_of(g, cpu))
			continue;
		*config = g->config[which];
		if (*config)
			return 0;
		snprintf(why, (size_t)len, "%s", why_not(g, which));
		return -ENOENT;
	}
	if (*cpu->vendor)
		snprintf(why, (size_t)len,
			 "no page-walk events are known of this CPU: %s family 0x%x model 0x%x",
			 cpu->vendor, cpu->family, cpu->model);
	else
		snprintf(why, (size_t)len, "the CPU's PMU does not name such an event");
	return -ENOENT;
}

static int read_line(char *buf, int len, const char *root, const char *dir, const char *file)
{
	char path[512];
	FILE *f;
	int ret = 0;

	snprintf(path, sizeof(path), "%s" DEVICES "/%s/%s", root, dir, file);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	if (!fgets(buf, len, f))
		ret = -ENODATA;
	fclose(f);
	return ret;
}

/* Puts the bits of the value where format/NAME says: "config:0-7,32-35". */
static int place(const char *root, const char *pmu, const char *name, uint64_t value,
		 uint64_t *config)
{
	char file[80], format[128], *at = format;
	unsigned int low, high, used;
	int n;

	snprintf(file, sizeof(file), "format/%s", name);
	if (read_line(format, sizeof(format), root, pmu, file) || strncmp(format, "config:", 7))
		return -EINVAL;
	at += 7;
	for (;;) {
		n = sscanf(at, "%u-%u", &low, &high);
		if (n == 1)
			high = low;
		if (n < 1 || low > high || high > 63)
			return -EINVAL;
		used = high - low + 1;
		*config |= (used < 64 ? value & ((1ull << used) - 1) : value) << low;
		value = used < 64 ? value >> used : 0;
		at = strchr(at, ',');
		if (!at)
			return value ? -EINVAL : 0;
		at++;
	}
}

/* Parses "event=0x34,umask=0x1", according to the PMU's own formats. */
static int parse_event(const char *root, const char *pmu, char *text, uint64_t *config)
{
	char *save, *term;

	*config = 0;
	for (term = strtok_r(text, ",\n", &save); term; term = strtok_r(NULL, ",\n", &save)) {
		char *value = strchr(term, '=');

		if (value)
			*value++ = '\0';
		if (strchr(term, '/') ||
		    place(root, pmu, term, value ? strtoull(value, NULL, 0) : 1, config))
			return -EINVAL;
	}
	return 0;
}

static bool by_sysfs(const char *root, const char *pmu, enum page_walk which, uint64_t *config)
{
	char file[80], text[128];

	for (int i = 0; i < 2 && walks[which].sysfs[i]; i++) {
		snprintf(file, sizeof(file), "events/%s", walks[which].sysfs[i]);
		if (!read_line(text, sizeof(text), root, pmu, file) &&
		    !parse_event(root, pmu, text, config))
			return true;
	}
	return false;
}

/* The CPUs' PMU; with several kinds of core the first by name, on x86 that of the large ones. */
static bool find_pmu(const char *root, char pmu[NAME_MAX + 1])
{
	char path[512];
	struct dirent *entry;
	DIR *dir;

	*pmu = '\0';
	snprintf(path, sizeof(path), "%s" DEVICES, root);
	dir = opendir(path);
	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (strcmp(name, "cpu") && strcmp(name, "cpu_core") && strncmp(name, "armv", 4))
			continue;
		if (!*pmu || strcmp(name, pmu) < 0)
			snprintf(pmu, NAME_MAX + 1, "%s", name);
	}
	closedir(dir);
	return *pmu;
}

static void read_cpu(const char *root, struct page_walk_cpu *cpu)
{
	char path[512], line[256];
	FILE *f;

	memset(cpu, 0, sizeof(*cpu));
	snprintf(path, sizeof(path), "%s/proc/cpuinfo", root);
	f = fopen(path, "re");
	if (!f)
		return;
	/* Read the first CPU only; an empty line ends it. */
	while (fgets(line, sizeof(line), f) && *line != '\n') {
		sscanf(line, "vendor_id : %15s", cpu->vendor);
		sscanf(line, "cpu family : %u", &cpu->family);
		sscanf(line, "model : %u", &cpu->model);
	}
	fclose(f);
}

void page_walks__find(const char *root, struct page_walk_event events[NR_PAGE_WALKS])
{
	struct page_walk_cpu cpu;
	char pmu[NAME_MAX + 1], text[32];
	bool has_pmu = find_pmu(root, pmu) && !read_line(text, sizeof(text), root, pmu, "type");
	uint32_t type = has_pmu ? (uint32_t)strtoul(text, NULL, 10) : 0;

	read_cpu(root, &cpu);
	for (int i = 0; i < NR_PAGE_WALKS; i++) {
		struct page_walk_event *e = &events[i];

		*e = (struct page_walk_event){ .name = walks[i].name,
					       .unit = walks[i].unit,
					       .type = type };
		if (!has_pmu)
			snprintf(e->why, sizeof(e->why),
				 "this host has no hardware counters: no PMU of the CPU "
				 "in " DEVICES);
		else
			e->known = by_sysfs(root, pmu, i, &e->config) ||
				   !page_walks__encode(&cpu, i, &e->config, e->why, sizeof(e->why));
	}
}
