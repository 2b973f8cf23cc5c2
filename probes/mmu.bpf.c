// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counts events of KVM's MMU, caused by the watched processes or by kernel threads on their behalf.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include "probes/mmu_layout.h"
#include "probes/pidns.bpf.h"

char LICENSE[] SEC("license") = "GPL";

const volatile bool filtered; /* only the processes in `targets` are watched */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mmu_counts);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} targets SEC(".maps");

static __always_inline int count(__u32 event)
{
	__u32 zero = 0, tgid = pidns__current() >> 32;
	struct mmu_counts *c = bpf_map_lookup_elem(&counts, &zero);

	if (!c)
		return 0;
	if (!filtered || bpf_map_lookup_elem(&targets, &tgid))
		c->own[event]++;
	else
		c->other[event]++;
	return 0;
}

#define MMU_EVENT(tracepoint, name) \
	SEC("raw_tp/" #tracepoint) \
	int on_##tracepoint(void *ctx) \
	{ \
		return count(MMU_##tracepoint); \
	}
MMU_EVENTS
