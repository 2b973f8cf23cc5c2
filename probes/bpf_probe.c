// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/bpf_probe.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "bench/base/descriptors.h"

/* As many descriptors as libbpf opens at once to find out what the kernel can do. */
#define WANTED_DESCRIPTORS 16

int bpf_probe__reason(int code)
{
	return descriptors__need(WANTED_DESCRIPTORS, NULL) ?: code;
}

int bpf_probe__load_error(struct error *err, const char *what, int code)
{
	code = bpf_probe__reason(code);
	switch (code) {
	case -EPERM:
	case -EACCES:
		return error__set(err, -EPERM,
				  "loading %s: not permitted; it takes root, or CAP_BPF and "
				  "CAP_PERFMON",
				  what);
	case -ENOMEM:
		return error__set(
			err, code,
			"loading %s: no memory for its maps; raise the locked-memory limit "
			"(ulimit -l), or watch fewer VMs",
			what);
	case -ESRCH:
	case -ENOENT:
		return error__set(err, -EOPNOTSUPP,
				  "loading %s: the kernel has no type information (BTF)", what);
	default:
		return error__set(err, code == -EMFILE || code == -ENFILE ? code : -EOPNOTSUPP,
				  "loading %s: the kernel refuses it: %s", what, strerror(-code));
	}
}

int bpf_probe__attach_error(struct error *err, const char *what, const char *event, int code)
{
	switch (code) {
	case ENOENT:
		return error__set(err, -ENOENT,
				  "attaching %s to %s: this kernel has no such tracepoint; is the "
				  "kvm module loaded?",
				  what, event);
	case EPERM:
	case EACCES:
		return error__set(
			err, -EPERM,
			"attaching %s to %s: not permitted; it takes root, or CAP_BPF and "
			"CAP_PERFMON",
			what, event);
	default:
		return error__set(err, code == EMFILE || code == ENFILE ? -code : -EOPNOTSUPP,
				  "attaching %s to %s: %s", what, event, strerror(code));
	}
}

int bpf_probe__set_targets(struct bpf_map *map, const struct probe_target *target)
{
	uint8_t one = 1;

	for (size_t i = 0; i < target->nr_pids; i++) {
		uint32_t pid = (uint32_t)target->pids[i];

		if (bpf_map_update_elem(bpf_map__fd(map), &pid, &one, BPF_ANY))
			return -errno;
	}
	return 0;
}
