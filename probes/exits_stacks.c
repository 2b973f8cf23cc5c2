// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/exits_stacks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probes/exits_private.h"

#define MIN_PERIOD_NS 50000 /* more often would slow down what is watched */
#define MAX_PERIOD_NS 10000000

static uint64_t period_ns(uint64_t over_ns)
{
	uint64_t ns = over_ns / 2;

	return ns < MIN_PERIOD_NS ? MIN_PERIOD_NS : ns > MAX_PERIOD_NS ? MAX_PERIOD_NS : ns;
}

int exits_stacks__attach(struct exits *x, struct error *err)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.size = sizeof(attr),
		.sample_period = period_ns(x->opts.over_ns),
	};
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return error__set(err, cpus, "attaching to a timer of each CPU: %s",
				  strerror(-cpus));
	x->samplers = calloc((size_t)cpus, sizeof(struct bpf_link *));
	if (!x->samplers)
		return error__set(err, -ENOMEM, "attaching to a timer of each CPU: out of memory");
	for (int cpu = 0; cpu < cpus; cpu++) {
		int fd =
			(int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
		struct bpf_link *link;
		int code = errno;

		/* One that is not online. */
		if (fd < 0 && (code == ENODEV || code == ENXIO))
			continue;
		link = fd < 0 ? NULL : bpf_program__attach_perf_event(x->skel->progs.sample, fd);
		if (!link) {
			code = fd < 0 ? code : errno;
			if (fd >= 0)
				close(fd);
			return error__set(err, -code, "attaching to a timer of CPU %d: %s", cpu,
					  strerror(code));
		}
		x->samplers[x->nr_samplers++] = link;
	}
	return 0;
}

void exits_stacks__detach(struct exits *x)
{
	while (x->nr_samplers)
		bpf_link__destroy(x->samplers[--x->nr_samplers]);
	free(x->samplers);
	x->samplers = NULL;
}

unsigned int exits_stacks__read(const struct exits *x, int32_t stack,
				uint64_t addresses[EXITS_FRAMES])
{
	uint32_t key = (uint32_t)stack;
	unsigned int nr = 0;

	memset(addresses, 0, EXITS_FRAMES * sizeof(*addresses));
	if (stack < 0 || bpf_map_lookup_elem(bpf_map__fd(x->skel->maps.stacks), &key, addresses))
		return 0;
	while (nr < EXITS_FRAMES && addresses[nr])
		nr++;
	return nr;
}
