// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/stops.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/clean_text.h"
#include "probes/bpf_probe.h"
#include "probes/pidns.h"

#include "stops.skel.h"

#define WHAT	  "the probe of what stops a vCPU"
#define MAX_LINKS 32

struct stops {
	struct stops_bpf *skel;
	struct bpf_link *links[MAX_LINKS];
	unsigned int nr_links;
	struct stop *list;
};

static void detach(struct stops *s)
{
	while (s->nr_links)
		bpf_link__destroy(s->links[--s->nr_links]);
}

void stops__close(struct stops *s)
{
	if (!s)
		return;
	detach(s);
	stops_bpf__destroy(s->skel);
	free(s->list);
	free(s);
}

int stops__open(struct stops **out, pid_t tid, struct error *err)
{
	struct stops *s = calloc(1, sizeof(*s));
	struct pidns ns;
	int code;

	*out = NULL;
	if (!s)
		return error__set(err, -ENOMEM, "loading " WHAT ": out of memory");
	libbpf_set_print(NULL);
	s->list = calloc(STOPS_MAX, sizeof(*s->list));
	s->skel = stops_bpf__open();
	code = s->skel && s->list ? 0 : -ENOMEM;
	if (!code) {
		pidns__find(&ns);
		s->skel->rodata->pidns_dev = ns.dev;
		s->skel->rodata->pidns_ino = ns.ino;
		s->skel->rodata->watched = (uint64_t)ns.self << 32 | (uint32_t)tid;
		code = stops_bpf__load(s->skel);
	}
	if (code) {
		stops__close(s);
		return bpf_probe__load_error(err, WHAT, code);
	}
	*out = s;
	return 0;
}

/* A tracepoint that this kernel lacks, or a module that is not there, leaves its cause out. */
int stops__begin(struct stops *s, struct error *err)
{
	struct bpf_program *prog;

	detach(s);
	s->skel->bss->nr = s->skel->bss->task = 0;
	memset(s->skel->bss->since, 0, sizeof(s->skel->bss->since));
	bpf_object__for_each_program(prog, s->skel->obj) {
		const char *section = bpf_program__section_name(prog);
		const char *name = strchr(section, '/');
		struct bpf_link *link = name ? bpf_program__attach_raw_tracepoint(prog, name + 1) :
					       NULL;

		if (link && s->nr_links < MAX_LINKS)
			s->links[s->nr_links++] = link;
		else if (!link && errno != ENOENT)
			return bpf_probe__attach_error(err, WHAT, name ? name + 1 : section, errno);
	}
	return s->nr_links ? 0 : bpf_probe__attach_error(err, WHAT, "sched_switch", ENOENT);
}

void stops__end(struct stops *s, const struct stop **list, size_t *nr, uint64_t *lost)
{
	uint64_t seen;

	detach(s);
	seen = s->skel->bss->nr;
	*lost = seen > STOPS_MAX ? seen - STOPS_MAX : 0;
	*nr = 0;
	for (uint32_t i = 0; i < seen && i < STOPS_MAX; i++)
		if (!bpf_map_lookup_elem(bpf_map__fd(s->skel->maps.stops), &i, &s->list[*nr]))
			(*nr)++;
	*list = s->list;
}

char *stop__describe(const struct stop *s, char *buf, size_t len)
{
	static const char *const softirqs[] = { "HI",	    "TIMER",   "NET_TX", "NET_RX",  "BLOCK",
						"IRQ_POLL", "TASKLET", "SCHED",	 "HRTIMER", "RCU" };
	static const char *const kinds[STOP_NR_KINDS] = {
		[STOP_TIMER] = "timer interrupt",
		[STOP_RESCHEDULE] = "reschedule interrupt",
		[STOP_CALL] = "function call from another CPU",
		[STOP_WORK] = "irq_work",
		[STOP_EXIT] = "exit",
	};

	switch (s->kind) {
	case STOP_OFF:
		snprintf(buf, len, "thread %.*s", (int)sizeof(s->who), s->who);
		break;
	case STOP_IRQ:
		snprintf(buf, len, "interrupt %u", s->number);
		break;
	case STOP_SOFTIRQ:
		snprintf(buf, len, "softirq %s",
			 s->number < sizeof(softirqs) / sizeof(softirqs[0]) ? softirqs[s->number] :
									      "?");
		break;
	default:
		snprintf(buf, len, "%s", s->kind < STOP_NR_KINDS ? kinds[s->kind] : "?");
	}
	return buf;
}
