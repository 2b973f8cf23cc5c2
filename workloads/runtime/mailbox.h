/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mailbox, which is in the payload's image, and the bell that tells the host to look into it.
 */
#ifndef HVBENCH_RUNTIME_MAILBOX_H
#define HVBENCH_RUNTIME_MAILBOX_H

#include "workloads/abi.h"

extern struct hv_mailbox mailbox;

/* Takes the time stamp; if there is a host, rings, and returns when the host has answered. */
void mailbox__ring(enum hv_doorbell value);

#endif
