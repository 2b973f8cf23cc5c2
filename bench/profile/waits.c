// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/profile/waits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/pidns.h"
#include "probes/vmfind.h"

int waits__open(struct waits **out, const pid_t *pids, size_t nr_pids, unsigned int vcpus,
		struct error *err)
{
	const struct probe_target target = { .pids = pids, .nr_pids = nr_pids, .vcpu = -1 };
	struct waits *w = calloc(1, sizeof(*w));
	int code;

	*out = NULL;
	if (!w)
		return error__set(err, -ENOMEM, "out of memory");
	code = culprits__open(&w->probe, &target, vcpus, err);
	if (code)
		free(w);
	else
		*out = w;
	return code;
}

void waits__close(struct waits *w)
{
	if (!w)
		return;
	culprits__close(w->probe);
	free(w->list);
	free(w);
}

/* While it runs: afterwards nothing tells its name. */
static void look_for_name(struct wait *wait)
{
	struct vm_process process;

	wait->looked = true;
	if ((wait->who.tgid & PIDNS_ELSEWHERE) || vmfind__process((pid_t)wait->who.tgid, &process))
		return;
	snprintf(wait->vm, sizeof(wait->vm), "%s",
		 *process.name.name ? process.name.name : process.comm);
}

static struct wait *add(struct waits *w, const struct culprit_row *row)
{
	size_t room = w->room ? 2 * w->room : 64;
	struct wait *list = w->list, *wait;

	if (w->nr == w->room) {
		list = realloc(w->list, room * sizeof(*list));
		if (!list)
			return NULL;
		w->list = list;
		w->room = room;
	}
	wait = &list[w->nr++];
	*wait = (struct wait){ .pid = w->process(w->ctx, (pid_t)row->victim_tgid),
			       .tid = (pid_t)row->victim_tid };
	return wait;
}

static void on_row(unsigned int at, const struct culprit_row *row, void *ctx)
{
	struct waits *w = ctx;
	struct wait *wait = at && w->of_row[at] ? &w->list[w->of_row[at] - 1] : add(w, row);

	if (!wait) {
		w->failed = true;
		return;
	}
	if (at && !w->of_row[at])
		w->of_row[at] = (uint32_t)w->nr;
	wait->who = row->who;
	if (wait->who.kind == CULPRIT_VCPU && !wait->looked)
		look_for_name(wait);
	wait->new_ns = row->ns - wait->ns;
	wait->new_turns = row->turns - wait->turns;
	wait->ns += wait->new_ns;
	wait->turns += wait->new_turns;
	wait->max_ns = row->max_ns;
}

int waits__collect(struct waits *w)
{
	for (size_t i = 0; i < w->nr; i++)
		w->list[i].new_ns = w->list[i].new_turns = 0;
	culprits__read(w->probe, on_row, w);
	return w->failed ? -ENOMEM : 0;
}
