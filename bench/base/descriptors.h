/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many more files can be opened. Who reads dozens of files of the host, each of which may be
 * missing, asks first: where the limit is reached, what is there would look as if it were not.
 */
#ifndef HVBENCH_DESCRIPTORS_H
#define HVBENCH_DESCRIPTORS_H

#include "bench/base/error.h"

/* 0 if `nr` (at most 64) more can be opened; -EMFILE or -ENFILE with a message that advises. */
int descriptors__need(int nr, struct error *err);

#endif
