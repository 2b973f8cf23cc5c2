// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes seeds that are made rather than kept, for libFuzzer: seeds DIRECTORY, with mailbox/ and
 * kvmstats/ in it.
 */
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
	uint8_t *input = malloc(1 + sizeof(struct hv_mailbox));
	struct hv_mailbox *mailbox = malloc(sizeof(*mailbox));
	struct rng rng;

	if (argc != 2 || !input || !mailbox)
		return 64;
	rng__seed(&rng, 1);
	/* The first byte chooses the workload and more. */
	for (int first = 0; first < 256; first += 0x41) {
		char name[32];

		input[0] = (uint8_t)first;
		seed__mailbox(mailbox, &rng);
		memcpy(input + 1, mailbox, sizeof(*mailbox));
		snprintf(name, sizeof(name), "mailbox/in-order-%02x", first);
		save(argv[1], name, input, 1 + sizeof(struct hv_mailbox));
	}
	save(argv[1], "kvmstats/vcpu", stats, seed__kvmstats(stats));
	free(mailbox);
	free(input);
	return 0;
}
