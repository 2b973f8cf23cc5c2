/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tells kinds of machines apart: the paths, in a result's "host", of the fields that
 * host.fingerprint is a hash of, and by which a comparison refuses unlike hosts. Ends with NULL.
 * Another list makes another hash: older results could not be compared any more.
 */
#ifndef HVBENCH_MACHINE_FIELDS_H
#define HVBENCH_MACHINE_FIELDS_H

extern const char *const machine_fields[];

#endif
