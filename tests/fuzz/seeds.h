/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seeds that are built rather than stored: a valid mailbox, a file of KVM's statistics. */
#ifndef HVBENCH_FUZZ_SEEDS_H
#define HVBENCH_FUZZ_SEEDS_H

#include <linux/kvm.h>
#include <stdint.h>
#include <string.h>

#include "bench/base/stats.h"
#include "workloads/abi.h"

static inline void seed__mailbox(struct hv_mailbox *mb, struct rng *rng)
{
	memset(mb, 0, sizeof(*mb));
	mb->magic = HV_MAILBOX_MAGIC;
	mb->version = HV_ABI_VERSION;
	mb->size = sizeof(*mb);
	mb->status = (struct hv_status){
		.state = HV_STATE_DONE,
		.seq = 1,
		.nr_samples = 100,
		.nr_empty = HV_MAX_EMPTY,
		.nr_singles = 5,
		.ops_per_sample = 10,
		.single_max = 5000,
	};
	for (unsigned int i = 0; i < HV_MAX_SAMPLES; i++)
		mb->samples[i] = 1000 + rng__below(rng, 100);
	for (unsigned int i = 0; i < HV_MAX_EMPTY; i++)
		mb->empty[i] = 10;
	for (unsigned int i = 0; i < 5; i++)
		mb->hist[rng__below(rng, HV_HIST_BUCKETS)]++;
}

#define SEED_STATS 4
#define SEED_NAME  48

/* A counter, a peak, a logarithmic and a linear histogram; returns the number of bytes. */
static inline size_t seed__kvmstats(uint8_t *to)
{
	static const struct {
		const char *name;
		uint32_t flags;
		uint16_t size;
		uint32_t bucket;
	} stats[SEED_STATS] = {
		{ "exits", KVM_STATS_TYPE_CUMULATIVE | KVM_STATS_UNIT_NONE, 1, 0 },
		{ "max_mmu_page_hash_collisions", KVM_STATS_TYPE_PEAK | KVM_STATS_UNIT_NONE, 1, 0 },
		{ "halt_wait_hist", KVM_STATS_TYPE_LOG_HIST | KVM_STATS_UNIT_SECONDS, 32, 0 },
		{ "equal", KVM_STATS_TYPE_LINEAR_HIST | KVM_STATS_UNIT_CYCLES | KVM_STATS_BASE_POW2,
		  4, 8 },
	};
	struct kvm_stats_header head = {
		.name_size = SEED_NAME,
		.num_desc = SEED_STATS,
		.id_offset = sizeof(head),
		.desc_offset = sizeof(head) + SEED_NAME,
	};
	size_t at = head.desc_offset;
	uint32_t offset = 0;

	head.data_offset =
		(uint32_t)(at + SEED_STATS * (sizeof(struct kvm_stats_desc) + SEED_NAME));
	memset(to, 0, head.data_offset);
	memcpy(to, &head, sizeof(head));
	memcpy(to + head.id_offset, "kvm-1/vcpu-0", 12);
	for (int i = 0; i < SEED_STATS; i++) {
		struct kvm_stats_desc desc = {
			.flags = stats[i].flags,
			.size = stats[i].size,
			.offset = offset,
			.bucket_size = stats[i].bucket,
			.exponent = i == 2 ? -9 : 0,
		};

		memcpy(to + at, &desc, sizeof(desc));
		memcpy(to + at + sizeof(desc), stats[i].name, strlen(stats[i].name));
		at += sizeof(desc) + SEED_NAME;
		offset += 8 * stats[i].size;
	}
	for (uint64_t i = 0; i < offset / 8; i++, at += 8)
		memcpy(to + at, &(uint64_t){ i * 1000 }, 8);
	return at;
}

#endif
