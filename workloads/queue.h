/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue in memory that guest and host share, at the beginning of the arena: workloads/virtqueue.c
 * is the guest's half, bench/vmm/queue.c the host's. Each index is written by one side only and
 * counts on for ever. The host reads what the guest writes as hostile.
 */
#ifndef HV_QUEUE_H
#define HV_QUEUE_H

#include <stdint.h>

#define HV_QUEUE_ENTRIES 256
#define HV_LINE		 64

struct hv_request {
	uint64_t word[8]; /* 0: the guest's, 1: the host's answer */
};

/* What one side writes has cache lines of its own. */
struct hv_queue {
	uint32_t avail;	      /* guest: requests put in */
	uint32_t guest_waits; /* guest: send an interrupt with the next answer */
	uint8_t pad1[HV_LINE - 8];
	uint32_t used;	     /* host: requests answered */
	uint32_t host_awake; /* host: no notification needed */
	uint8_t pad2[HV_LINE - 8];
	struct hv_request requests[HV_QUEUE_ENTRIES];
};

#endif
