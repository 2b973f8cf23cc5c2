/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's ELF image. Untrusted: it may be any file.
 */
#ifndef HVBENCH_VMM_PAYLOAD_H
#define HVBENCH_VMM_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "workloads/abi.h"

struct payload {
	const uint8_t *image;
	size_t bytes;
	bool mapped; /* to be unmapped */
	struct hv_payload_note note;
};

/* path NULL: the one embedded in the program. */
int payload__open(struct payload *payload, const char *path, struct error *err);
/* Checks that the addresses in its note lie in guest memory [0, low_bytes). */
int payload__check(const struct payload *payload, uint64_t low_bytes, struct error *err);
/* Copies the segments to guest memory [0, low_bytes) at `low`. */
int payload__load(const struct payload *payload, uint8_t *low, uint64_t low_bytes,
		  struct error *err);
void payload__close(struct payload *payload);

#endif
