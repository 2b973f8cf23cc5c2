/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/kvm/kvmstats.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Far more than any kernel has; up to here no arithmetic overflows. */
#define MAX_DESCS	4096
#define MAX_VALUES	65536
#define MAX_NAME	512
#define MAX_EXPONENT	30
#define MAX_LOG_BUCKETS 65 /* the last one begins above 2^63 */

static int read_exactly(int fd, void *buf, size_t len, off_t offset)
{
	char *p = buf;

	while (len) {
		ssize_t n = pread(fd, p, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EPROTO;
		p += n;
		offset += n;
		len -= (size_t)n;
	}
	return 0;
}

static enum kvmstats_type type_of(uint32_t flags)
{
	/* A value in a unit or base that we do not know cannot be interpreted. */
	if ((flags & KVM_STATS_UNIT_MASK) > KVM_STATS_UNIT_MAX ||
	    (flags & KVM_STATS_BASE_MASK) > KVM_STATS_BASE_MAX)
		return KVMSTATS_OTHER;
	switch (flags & KVM_STATS_TYPE_MASK) {
	case KVM_STATS_TYPE_CUMULATIVE:
		return KVMSTATS_CUMULATIVE;
	case KVM_STATS_TYPE_PEAK:
		return KVMSTATS_PEAK;
	case KVM_STATS_TYPE_LINEAR_HIST:
		return KVMSTATS_LINEAR_HIST;
	case KVM_STATS_TYPE_LOG_HIST:
		return KVMSTATS_LOG_HIST;
	case KVM_STATS_TYPE_INSTANT:
		return KVMSTATS_INSTANT;
	default:
		return KVMSTATS_OTHER;
	}
}

static enum kvmstats_unit unit_of(uint32_t flags)
{
	switch (flags & KVM_STATS_UNIT_MASK) {
	case KVM_STATS_UNIT_BYTES:
		return KVMSTATS_BYTES;
	case KVM_STATS_UNIT_SECONDS:
		return KVMSTATS_SECONDS;
	case KVM_STATS_UNIT_CYCLES:
		return KVMSTATS_CYCLES;
	case KVM_STATS_UNIT_BOOLEAN:
		return KVMSTATS_BOOLEAN;
	default:
		return KVMSTATS_NONE;
	}
}

/* Whether a description satisfies what its type requires, apart from its place in the file. */
static bool makes_sense(const struct kvmstats_desc *desc)
{
	const char *c = desc->name;

	if (!*c || abs(desc->exponent) > MAX_EXPONENT)
		return false;
	for (; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return (desc->type != KVMSTATS_LINEAR_HIST || desc->bucket_size) &&
	       (desc->type != KVMSTATS_LOG_HIST || desc->size <= MAX_LOG_BUCKETS);
}

static int parse_descs(struct kvmstats *s, const char *table, const struct kvm_stats_header *header)
{
	size_t stride = sizeof(struct kvm_stats_desc) + header->name_size;

	for (unsigned int i = 0; i < header->num_desc; i++) {
		struct kvm_stats_desc raw;
		struct kvmstats_desc *desc = &s->descs[i];
		const char *name = table + i * stride + sizeof(raw);

		memcpy(&raw, table + i * stride, sizeof(raw));
		if (raw.size == 0 || raw.offset % sizeof(uint64_t) ||
		    raw.offset / sizeof(uint64_t) + raw.size > MAX_VALUES)
			return -EPROTO;
		snprintf(desc->name, sizeof(desc->name), "%.*s",
			 (int)strnlen(name, header->name_size), name);
		desc->type = type_of(raw.flags);
		desc->unit = unit_of(raw.flags);
		desc->base = (raw.flags & KVM_STATS_BASE_MASK) == KVM_STATS_BASE_POW2 ? 2 : 10;
		desc->exponent = raw.exponent;
		desc->size = raw.size;
		desc->first = raw.offset / sizeof(uint64_t);
		desc->bucket_size = raw.bucket_size;
		if (!makes_sense(desc))
			return -EPROTO;
		if (desc->first + desc->size > s->nr_values)
			s->nr_values = desc->first + desc->size;
	}
	return 0;
}

int kvmstats__open_fd(struct kvmstats *s, int stats_fd, struct error *err)
{
	struct kvm_stats_header header;
	char *table = NULL;
	size_t bytes;
	int ret;

	*s = (struct kvmstats){ .fd = stats_fd };
	ret = read_exactly(s->fd, &header, sizeof(header), 0);
	if (ret)
		goto out;
	ret = -EPROTO;
	if (header.num_desc == 0 || header.num_desc > MAX_DESCS || header.name_size > MAX_NAME)
		goto out;
	bytes = header.num_desc * (sizeof(struct kvm_stats_desc) + header.name_size);
	table = malloc(bytes);
	s->descs = calloc(header.num_desc, sizeof(*s->descs));
	ret = -ENOMEM;
	if (!table || !s->descs)
		goto out;
	ret = read_exactly(s->fd, table, bytes, header.desc_offset);
	if (ret)
		goto out;
	s->nr_descs = header.num_desc;
	s->data_offset = header.data_offset;
	ret = parse_descs(s, table, &header);
	if (ret)
		goto out;
	s->values = calloc(s->nr_values, sizeof(*s->values));
	ret = s->values ? 0 : -ENOMEM;
out:
	free(table);
	if (ret) {
		kvmstats__close(s);
		error__set(err, ret, "reading KVM's statistics descriptor: %s",
			   ret == -EPROTO ? "its layout makes no sense" : strerror(-ret));
	}
	return ret;
}

int kvmstats__open(struct kvmstats *s, int vm_or_vcpu_fd, struct error *err)
{
	int fd = ioctl(vm_or_vcpu_fd, KVM_GET_STATS_FD, NULL);

	*s = (struct kvmstats){ .fd = -1 };
	if (fd < 0)
		return error__set(err, -errno,
				  "this kernel has no binary KVM statistics (KVM_GET_STATS_FD: %s)",
				  strerror(errno));
	return kvmstats__open_fd(s, fd, err);
}

int kvmstats__read(struct kvmstats *s)
{
	return read_exactly(s->fd, s->values, s->nr_values * sizeof(*s->values),
			    (off_t)s->data_offset);
}

void kvmstats__close(struct kvmstats *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->descs);
	free(s->values);
	*s = (struct kvmstats){ .fd = -1 };
}
