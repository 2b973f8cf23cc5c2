/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all probes that load eBPF programs have in common. */
#ifndef HVBENCH_BPF_PROBE_H
#define HVBENCH_BPF_PROBE_H

#include <bpf/libbpf.h>

#include "bench/base/error.h"
#include "probes/probe.h"

/*
 * Why loading failed: with too few descriptors libbpf finds that the kernel lacks features, and the
 * kernel then refuses what is loaded without them; -EMFILE or -ENFILE if there are too few, else
 * `code`.
 */
int bpf_probe__reason(int code);
/* Makes a message from what loading returned; `what` is for instance "the sched probe". */
int bpf_probe__load_error(struct error *err, const char *what, int code);
/* The same from the errno that attaching left. */
int bpf_probe__attach_error(struct error *err, const char *what, const char *event, int code);
/* Puts the target's processes into a hash map of process ids. */
int bpf_probe__set_targets(struct bpf_map *map, const struct probe_target *target);

#endif
