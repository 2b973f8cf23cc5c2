/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "workloads/runtime/mailbox.h"

#include "arch.h"

struct hv_mailbox mailbox __attribute__((section(".data"), aligned(4096))) = {
	.magic = HV_MAILBOX_MAGIC,
	.version = HV_ABI_VERSION,
	.size = sizeof(struct hv_mailbox),
};

/* No PAUSE here: a CPU with pause-loop exiting would exit because of it, in the timed part. */
static void ring_by_mailbox(enum hv_doorbell value)
{
	struct hv_bell *b = &mailbox.bell;
	uint32_t seq = b->seq + 1;

	b->value = value;
	__atomic_store_n(&b->seq, seq, __ATOMIC_RELEASE);
	while (__atomic_load_n(&b->ack, __ATOMIC_ACQUIRE) != seq)
		;
}

void mailbox__ring(enum hv_doorbell value)
{
	mailbox.status.bell_tsc = arch_clock();
	if (mailbox.host_magic != HV_HOST_MAGIC)
		return;
	if (mailbox.doorbell_port)
		arch_out32((uint16_t)mailbox.doorbell_port, value);
	else
		ring_by_mailbox(value);
}
