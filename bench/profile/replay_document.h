/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HVBENCH_PROFILE_REPLAY_DOCUMENT_H
#define HVBENCH_PROFILE_REPLAY_DOCUMENT_H

#include <jansson.h>

#include "bench/base/error.h"

/*
 * The result document of a recording, as `profile -o FILE.json` would have written it; NULL with
 * err set: the errors of replay__open() and replay__run().
 */
json_t *replay_document(const char *path, struct error *err);

#endif
