// SPDX-License-Identifier: GPL-2.0-or-later
/* The caches of a footprint's model; see model.h. */
#include "bench/lab/model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_BYTES 64
#define PRESETS	   "zen3, zen4, skylake-sp, icelake-sp or sapphire-rapids"

static const char *const part_names[MODEL_PARTS] = {
	[MODEL_L1I] = "l1i",   [MODEL_L1D] = "l1d",   [MODEL_L2] = "l2",
	[MODEL_ITLB] = "itlb", [MODEL_DTLB] = "dtlb",
};

/*
 * Of one core; TLBs are those of the first level for pages of 4 KiB, of an Intel core's data TLBs
 * the one for loads. Caches: what CPUID says, as QEMU's CPU models have it (target/i386/cpu.c:
 * EPYC-Milan-v2, EPYC-Genoa, SapphireRapids). TLBs, and the caches of the others:
 *
 * zen3: AMD, Software Optimization Guide for Family 19h Processors (56665): both fully associative.
 * zen4: AMD, Software Optimization Guide for the Zen 4 Microarchitecture (57647); Chips and Cheese,
 * "AMD's Zen 4, Part 2": 72 entries for data. skylake-sp: Intel, Optimization Reference Manual
 * (248966-045), table 2-15; L2: WikiChip, Skylake (server). icelake-sp: the same manual, Ice Lake
 * client; L1D and L2: Intel at Hot Chips 2020; WikiChip, Sunny Cove. sapphire-rapids: the same
 * manual, Golden Cove; Hennessy and Patterson, Computer Architecture, 7th edition, chapter 2, Core
 * i9-12900: 256 entries in 8 ways, 96 in 6.
 */
static const struct model_shape presets[] = {
	{ "zen3", { { 32 << 10, 8 }, { 32 << 10, 8 }, { 512 << 10, 8 }, { 64, 64 }, { 64, 64 } } },
	{ "zen4", { { 32 << 10, 8 }, { 32 << 10, 8 }, { 1 << 20, 8 }, { 64, 64 }, { 72, 72 } } },
	{ "skylake-sp",
	  { { 32 << 10, 8 }, { 32 << 10, 8 }, { 1 << 20, 16 }, { 128, 8 }, { 64, 4 } } },
	{ "icelake-sp",
	  { { 32 << 10, 8 }, { 48 << 10, 12 }, { 1280 << 10, 20 }, { 128, 8 }, { 64, 4 } } },
	{ "sapphire-rapids",
	  { { 32 << 10, 8 }, { 48 << 10, 12 }, { 2 << 20, 16 }, { 256, 8 }, { 96, 6 } } },
};

#define NR_PRESETS (sizeof(presets) / sizeof(presets[0]))

static bool is_tlb(int part)
{
	return part == MODEL_ITLB || part == MODEL_DTLB;
}

static uint64_t entries_of(const struct model_shape *shape, int part)
{
	return shape->parts[part].size / (is_tlb(part) ? 1 : LINE_BYTES);
}

/* "32K/8": false: it is not that, or no whole number of sets. */
static bool parse_part(struct model_shape *shape, int part, const char *text)
{
	unsigned long long size, ways, entries;
	char *end;

	size = strtoull(text, &end, 10);
	if (end == text || size > 1u << 30)
		return false;
	if (!is_tlb(part) && strchr("kKmM", *end) && *end)
		size <<= strchr("kK", *end++) ? 10 : 20;
	if (*end != '/' || end[1] < '0' || end[1] > '9')
		return false;
	ways = strtoull(end + 1, &end, 10);
	entries = size / (is_tlb(part) ? 1 : LINE_BYTES);
	if (*end || !ways || !entries || entries > MODEL_MOST_ENTRIES || ways > entries ||
	    entries % ways || (!is_tlb(part) && size % LINE_BYTES))
		return false;
	shape->parts[part].size = size;
	shape->parts[part].ways = (uint32_t)ways;
	return true;
}

static int parse_word(struct model_shape *shape, const char *word, struct error *err)
{
	const char *equals = strchr(word, '=');

	for (size_t i = 0; i < NR_PRESETS && !equals; i++)
		if (!strcasecmp(word, presets[i].preset)) {
			*shape = presets[i];
			return 0;
		}
	if (!equals)
		return error__set(err, -EINVAL, "'%s' is no preset: there are " PRESETS, word);
	for (int i = 0; i < MODEL_PARTS; i++) {
		size_t len = strlen(part_names[i]);

		if (strncasecmp(word, part_names[i], len) || word[len] != '=')
			continue;
		shape->preset = NULL;
		if (parse_part(shape, i, equals + 1))
			return 0;
		return error__set(err, -EINVAL,
				  "'%s' is no %s: say %s, of which the ways divide the %s", word,
				  is_tlb(i) ? "TLB" : "cache",
				  is_tlb(i) ? "ENTRIES/WAYS" : "SIZE/WAYS as in L1I=32K/8",
				  is_tlb(i) ? "entries" : "lines of 64 bytes");
	}
	return error__set(err, -EINVAL, "'%s' is none of L1I=, L1D=, L2=, ITLB=, DTLB=", word);
}

int model_shape__parse(struct model_shape *shape, const char *text, struct error *err)
{
	char *copy = strdup(text), *save = NULL;
	int code = copy ? 0 : error__set(err, -ENOMEM, "out of memory");
	bool any = false;

	*shape = presets[0];
	for (char *word = copy ? strtok_r(copy, ",", &save) : NULL; word && !code;
	     word = strtok_r(NULL, ",", &save)) {
		code = parse_word(shape, word, err);
		any = true;
	}
	free(copy);
	if (!code && !any)
		code = error__set(err, -EINVAL, "no caches are named: there are " PRESETS);
	return code;
}

char *model_shape__option(const struct model_shape *shape, char *buf, size_t len)
{
	size_t n = 0;

	buf[0] = '\0';
	for (int i = 0; i < MODEL_PARTS && n < len; i++)
		n += (size_t)snprintf(buf + n, len - n, "%s%" PRIu64 "x%u", i ? ":" : "",
				      entries_of(shape, i) / shape->parts[i].ways,
				      shape->parts[i].ways);
	return buf;
}

json_t *model_shape__to_json(const struct model_shape *shape, const uint64_t misses[MODEL_PARTS])
{
	json_t *o = json_pack("{s:s?}", "preset", shape->preset);

	for (int i = 0; o && i < MODEL_PARTS; i++)
		json_object_set_new(o, part_names[i],
				    json_pack("{s:I, s:i, s:I}", "size",
					      (json_int_t)shape->parts[i].size, "ways",
					      (int)shape->parts[i].ways, "misses",
					      (json_int_t)misses[i]));
	return o;
}
