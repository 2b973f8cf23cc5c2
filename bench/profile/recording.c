// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/profile/recording.h"

#include <errno.h>
#include <time.h>

#include "bench/base/clock.h"
#include "bench/host/fingerprint.h"
#include "bench/result/document.h"
#include "bench/result/metrics_json.h"
#include "probes/exits_load.h"
#include "probes/exits_read.h"
#include "version.h"

static json_t *new_head(const struct profile *p)
{
	json_t *host = host__fingerprint("");
	struct timespec boot, real;

	json_object_set_new(host, "virt", json_string(host__kvm_vendor("")));
	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_REALTIME, &real);
	return json_pack(
		"{s:i, s:{s:s, s:s}, s:o, s:o, s:o, s:o, s:{s:I, s:I, s:I}, s:I, s:b, s:i, s:I, "
		"s:I, s:i, s:b, s:b}",
		"recording", RECORD_VERSION, "tool", "version", HVBENCH_VERSION, "commit",
		HVBENCH_COMMIT, "started", result__time(time(NULL)), "host", host, "exit_source",
		metrics_json__source(&p->choice), "why", json_string(p->choice.why), "clocks",
		"monotonic_ns", (json_int_t)clock__kernel_ns(), "boottime_ns",
		(json_int_t)boot.tv_sec * 1000000000 + boot.tv_nsec, "realtime_ns",
		(json_int_t)real.tv_sec * 1000000000 + real.tv_nsec, "begin_ns",
		(json_int_t)p->begin_ns, "timed", (int)exits__timed(p->exits), "by",
		(int)(p->opts->by < EXITS_NR_KINDS ? p->opts->by : EXITS_BY_REASON), "memory_bytes",
		(json_int_t)exits__memory_bytes(p->exits), "unreadable", (json_int_t)p->unreadable,
		"asked_for", (int)p->opts->nr_pids, "counts_only", (int)p->opts->counts_only,
		"command", p->opts->child ? 1 : 0);
}

int recording__begin(struct profile *p, struct record *record)
{
	json_t *head = new_head(p);

	if (!head)
		return -ENOMEM;
	record__begin(record, head, p->begin_ns);
	json_decref(head);
	for (size_t i = 0; i < p->nr_vms; i++)
		record__vm(record, &p->vms[i]);
	p->record = record;
	return 0;
}

static void record_way(const struct exits_slot *slot, const char *reason, uint64_t ns, void *ctx)
{
	struct profile *p = ctx;
	uint32_t at = p->vcpu_of[slot->self];

	(void)reason;
	if (at)
		record__way(p->record, at - 1, slot->isa, slot->reason, ns);
}

/* Of each VM of which that is known: [process, [reason…]], reasons as [bit, name]. */
static json_t *new_apicv(const struct profile *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->nr_vms; i++) {
		const struct profile_vm *vm = &p->vms[i];
		json_t *reasons = json_array();
		char name[32];

		for (unsigned int bit = 0; bit < 64 && vm->apicv_known; bit++) {
			if (!(vm->apicv_inhibits >> bit & 1))
				continue;
			exits__apicv_name(p->exits, bit, name, sizeof(name));
			json_array_append_new(reasons, json_pack("[i, s]", (int)bit, name));
		}
		if (vm->apicv_known)
			json_array_append_new(list, json_pack("[i, O]", vm->process.pid, reasons));
		json_decref(reasons);
	}
	return list;
}

void recording__end(struct profile *p)
{
	char lost[512];
	uint64_t nr = exits__lost(p->exits, NULL, lost, sizeof(lost));
	json_t *end;

	exits__under_way(p->exits, record_way, p);
	/* The sums of vCPUs that were halted all the time. */
	record__collected(p->record, p->now_ns, nr);
	end = json_pack("{s:I, s:s, s:i, s:b, s:o}", "lost", (json_int_t)nr, "lost_text", lost,
			"halted", (int)p->halted, "vms_ended", (int)p->vms_ended, "apicv",
			new_apicv(p));
	record__end(p->record, end);
	json_decref(end);
}
