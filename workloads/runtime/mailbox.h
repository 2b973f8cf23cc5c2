/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mailbox, in the payload's image, and the bell by which the host is told to look into it.
 */
#ifndef HVBENCH_RUNTIME_MAILBOX_H
#define HVBENCH_RUNTIME_MAILBOX_H

#include "workloads/abi.h"

extern struct hv_mailbox mailbox;

/* Stamps the time and, where there is a host, rings and goes on when the host has answered. */
void mailbox__ring(enum hv_doorbell value);

#endif
