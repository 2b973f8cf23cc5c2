/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has been sent back (wire.h) by hosts of the lab in which hvbench itself runs. */
#ifndef HVBENCH_LAB_COLLECT_H
#define HVBENCH_LAB_COLLECT_H

#include "bench/lab/lab.h"

/* Stores the document or the text that hvbench inside has sent. */
int lab__collect_sent(struct lab_run *run, struct lab_outcome *out, struct error *err);
bool lab__sent_all(struct lab_run *run);

#endif
