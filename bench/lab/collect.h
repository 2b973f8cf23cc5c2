/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host of the lab in which hvbench itself runs has sent back (wire.h).
 */
#ifndef HVBENCH_LAB_COLLECT_H
#define HVBENCH_LAB_COLLECT_H

#include "bench/lab/lab.h"

/* The document or the text that hvbench inside sent. */
int lab__collect_sent(struct lab_run *run, struct lab_outcome *out, struct error *err);
bool lab__sent_all(struct lab_run *run);

#endif
