// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: recordings of `hvbench profile`. The input is the JSON of the first chunk, a NUL,
 * and items, which become a chunk of their own with its checksum: what a checksum keeps out need
 * not be tried. The last byte says how it is summed up. Where the input begins like a recording it
 * is taken as the whole file.
 */
#include <endian.h>
#include <zlib.h>

#include "bench/profile/perfetto.h"
#include "bench/profile/record.h"
#include "bench/profile/replay.h"
#include "bench/profile/report.h"
#include "tests/fuzz/input.h"

int fuzz_recording(const uint8_t *data, size_t size);

static size_t put_chunk(uint8_t *to, const uint8_t *raw, size_t len)
{
	uLongf stored = compressBound(len);
	struct record_chunk chunk;

	if (compress2(to + sizeof(chunk), &stored, raw, len, 0) != Z_OK)
		abort();
	chunk = (struct record_chunk){ htole32((uint32_t)len), htole32((uint32_t)stored),
				       htole32((uint32_t)crc32(0, to + sizeof(chunk),
							       (uInt)stored)) };
	memcpy(to, &chunk, sizeof(chunk));
	return sizeof(chunk) + stored;
}

static void make_file(const uint8_t *data, size_t size, char path[FUZZ_PATH_ROOM])
{
	size_t head = size ? strnlen((const char *)data, size) : 0;
	size_t rest = head < size ? head + 1 : size, len = strlen(RECORD_MAGIC);
	uint8_t *file;

	if (size >= len && !memcmp(data, RECORD_MAGIC, len)) {
		fuzz__file(data, size, path);
		return;
	}
	file = malloc(len + compressBound(size) * 2 + 2 * sizeof(struct record_chunk) + 64);
	if (!file)
		abort();
	memcpy(file, RECORD_MAGIC, len);
	len += put_chunk(file + len, data, head);
	len += put_chunk(file + len, data + rest, size - rest);
	fuzz__file(file, len, path);
	free(file);
}

static void show(struct profile *p, FILE *null)
{
	profile_report__text(p, null, false);
	profile_report__csv(p, &p->total, profile__seconds(p), null);
	json_decref(profile_report__document(p, false));
}

int fuzz_recording(const uint8_t *data, size_t size)
{
	static struct profile_options opts;
	static struct profile p;
	static FILE *null;
	const struct replay_clocks clocks = { 1, 2, 3 };
	struct error err = { 0 };
	char path[FUZZ_PATH_ROOM];
	struct replay_hooks hooks = { .event = perfetto__event };
	struct perfetto *trace;
	struct replay *r;
	int code;

	null = null ?: fopen("/dev/null", "w");
	make_file(data, size, path);
	memset(&opts, 0, sizeof(opts));
	opts.vcpu = -1;
	opts.by = size ? data[size - 1] % (PROFILE_BY_VM + 1) : 0;
	opts.interval_s = 1;
	trace = perfetto__open(null, &clocks);
	hooks.ctx = trace;
	code = replay__open(&r, &p, &opts, path, &err) ?: replay__run(r, &hooks, &err);
	if (code) {
		fuzz__check_message(err.text);
	} else {
		perfetto__end(trace, &p);
		show(&p, null);
	}
	perfetto__close(trace);
	replay__close(r);
	profile__close(&p);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_recording(data, size);
}
#endif
