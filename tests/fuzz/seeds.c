// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes seeds that are made rather than kept, for libFuzzer: seeds DIRECTORY, with mailbox/ and
 * kvmstats/ in it.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/seeds.h"

static void save(const char *dir, const char *name, const void *data, size_t size)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file)) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static uint8_t stats[8192];
	struct hv_mailbox *mailbox = malloc(sizeof(*mailbox));
	uint8_t input[1 + offsetof(struct hv_mailbox, samples) + 3 * 12];
	struct rng rng;

	if (argc != 2 || !mailbox)
		return 64;
	rng__seed(&rng, 1);
	/* The first byte chooses the workload and more; see fuzz_mailbox.c. */
	for (int first = 0; first < 256; first += 0x15) {
		uint8_t *edit = input + 1 + offsetof(struct hv_mailbox, samples);
		const uint32_t places[] = { 8, sizeof(mailbox->samples) + 8,
					    offsetof(struct hv_mailbox, steal) -
						    offsetof(struct hv_mailbox, samples) };
		char name[32];

		input[0] = (uint8_t)first;
		seed__mailbox(mailbox, &rng);
		memcpy(input + 1, mailbox, offsetof(struct hv_mailbox, samples));
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++, edit += 12) {
			memcpy(edit, &places[i], 4);
			memcpy(edit + 4, &(uint64_t){ 1234 }, 8);
		}
		snprintf(name, sizeof(name), "mailbox/in-order-%02x", first);
		save(argv[1], name, input, sizeof(input));
	}
	save(argv[1], "kvmstats/vcpu", stats, seed__kvmstats(stats));
	free(mailbox);
	return 0;
}
