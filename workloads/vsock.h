/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two virtqueues of a vsock device in memory that guest and host share, at the beginning of the
 * arena: virtio 1.2, 2.7 (split virtqueues, without VIRTIO_F_EVENT_IDX) and 5.10 (sockets).
 * workloads/vsock.c is the guest's half; the host's are the kernel's vhost, which bench/vmm/vhost.c
 * sets up, and bench/vmm/vsock.c. The host reads what the guest writes as hostile.
 */
#ifndef HV_VSOCK_H
#define HV_VSOCK_H

#include <stdint.h>

#define HV_VSOCK_ENTRIES 256

#define HV_RING_NO_INTERRUPT 1 /* hv_vring.avail_flags */
#define HV_RING_NO_NOTIFY    1 /* hv_vring.used_flags */
#define HV_DESC_WRITE	     2 /* hv_vring_desc.flags: the host writes it */

#define HV_VSOCK_HOST	 2	     /* CID */
#define HV_VSOCK_PORT	 0x68760001u /* nobody listens to it */
#define HV_VSOCK_STREAM	 1	     /* hv_vsock_packet.type */
#define HV_VSOCK_REQUEST 1	     /* hv_vsock_packet.op: connect */
#define HV_VSOCK_RESET	 3	     /* nobody listens there */

struct hv_vring_desc {
	uint64_t addr; /* guest-physical */
	uint32_t bytes;
	uint16_t flags;
	uint16_t next;
};

struct hv_vring_used {
	uint32_t id;
	uint32_t bytes;
};

/* One virtqueue. What one side writes has cache lines of its own. */
struct hv_vring {
	struct hv_vring_desc desc[HV_VSOCK_ENTRIES];
	/* guest */
	uint16_t avail_flags;
	uint16_t avail_idx;
	uint16_t avail[HV_VSOCK_ENTRIES];
	uint8_t pad1[60];
	/* host */
	uint16_t used_flags;
	uint16_t used_idx;
	struct hv_vring_used used[HV_VSOCK_ENTRIES];
	uint8_t pad2[60];
};

struct hv_vsock_packet {
	uint64_t src_cid, dst_cid;
	uint32_t src_port, dst_port;
	uint32_t bytes;
	uint16_t type, op;
	uint32_t flags, buf_alloc, fwd_cnt;
} __attribute__((packed));

struct hv_vsock {
	struct hv_vring rx, tx;
	uint64_t cid; /* host: the guest's */
	uint8_t pad[56];
	struct hv_vsock_packet received[HV_VSOCK_ENTRIES], sent[HV_VSOCK_ENTRIES];
};

#endif
