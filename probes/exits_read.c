// SPDX-License-Identifier: GPL-2.0-or-later
/* What the exits probe counted: read from mapped memory, with names. */
#include "probes/exits_read.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/base/clock.h"
#include "probes/exits_load.h"
#include "probes/exits_private.h"

static const char *const tracepoint_names[EXITS_NR_TRACEPOINTS] = {
	[EXITS_TP_PIO] = "kvm_pio",
	[EXITS_TP_MMIO] = "kvm_mmio",
	[EXITS_TP_MSR] = "kvm_msr",
	[EXITS_TP_CPUID] = "kvm_cpuid",
	[EXITS_TP_HYPERCALL] = "kvm_hypercall",
	[EXITS_TP_WAKEUP] = "kvm_vcpu_wakeup",
	[EXITS_TP_USERSPACE] = "kvm_userspace_exit",
};

uint64_t exits__missed_runs(struct exits *x)
{
	struct bpf_program *prog;
	uint64_t missed = 0;

	bpf_object__for_each_program(prog, x->skel->obj) {
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);

		if (bpf_program__fd(prog) >= 0 &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
			missed += info.recursion_misses;
	}
	return missed;
}

ino_t exits__vendor_module(void)
{
	struct stat st;

	return !stat("/sys/module/kvm_amd", &st) || !stat("/sys/module/kvm_intel", &st) ?
		       st.st_ino :
		       0;
}

/*
 * The exit that the slot's vCPU is in: its row, and how long it has taken so far; 0: none, or not
 * known.
 */
static uint32_t under_way(const struct exits *x, const struct exits_slot *slot, uint64_t *ns)
{
	uint64_t start = __atomic_load_n(&slot->start_ns, __ATOMIC_ACQUIRE), now;
	uint32_t row = slot->row;

	now = slot->gone_ns ?: x->ended_ns ?: clock__kernel_ns();
	if (start <= EXITS_UNDER_WAY || now <= start || !row || row >= x->nr_rows ||
	    __atomic_load_n(&slot->start_ns, __ATOMIC_ACQUIRE) != start)
		return 0;
	*ns = now - start;
	return row;
}

/* Reports what the row gained; the caller has the counts. */
static int collect_row(struct exits *x, unsigned int i, struct exits_delta *d, exits_visit visit,
		       void *ctx)
{
	static const struct exits_row nothing;
	const struct exits_row *before = x->seen[i] ? x->seen[i] : &nothing;
	struct exits_row *now = x->spare ? x->spare : malloc(sizeof(*now));

	x->spare = now;
	if (!now)
		return -ENOMEM;
	if (x->rows[i].ns == before->ns && x->rows[i].count == before->count &&
	    x->rows[i].before_ns == before->before_ns && !d->count && !d->clip_ns)
		return 0;
	memcpy(now, &x->rows[i], sizeof(*now));
	d->ns = now->ns - before->ns;
	d->off_ns = now->off_ns - before->off_ns;
	d->user_ns = now->user_ns - before->user_ns;
	d->user_off_ns = now->user_off_ns - before->user_off_ns;
	d->clip_ns += x->opts.clip ? (int64_t)(now->before_ns - before->before_ns) : 0;
	d->max_ns = now->max_ns;
	d->now = now->bucket;
	d->before = before->bucket;
	if (d->kind != EXITS_BY_REASON)
		d->count = now->count - before->count;
	if (d->kind != EXITS_BY_REASON && exits__timed(x))
		for (unsigned int b = 0; b < EXITS_BUCKETS; b++)
			d->count += (uint32_t)(now->bucket[b] - before->bucket[b]);
	visit(d, ctx);
	x->spare = x->seen[i];
	x->seen[i] = now;
	return 0;
}

static int collect_slot(struct exits *x, unsigned int i, exits_visit visit, void *ctx)
{
	struct exits_slot *slot = &x->slots[i];
	struct slot_seen *seen = x->slot_seen[i];
	uint64_t now, way_ns = 0;
	uint32_t way;

	if (!seen) {
		seen = x->slot_seen[i] = calloc(1, sizeof(*seen));
		if (!seen)
			return -ENOMEM;
	}
	way = x->opts.clip ? under_way(x, slot, &way_ns) : 0;
	for (unsigned int r = 0; r < EXITS_REASONS; r++) {
		struct exits_delta d = {
			.vcpu = slot,
			.slot = i,
			.kind = EXITS_BY_REASON,
			.key = slot->reasons[r].reason,
		};
		uint32_t row = slot->reasons[r].row;

		now = slot->reasons[r].count;
		d.count = now - seen->count[r];
		seen->count[r] = now;
		if (row && row == way)
			d.clip_ns += (int64_t)way_ns;
		if (row && row == seen->row)
			d.clip_ns -= (int64_t)seen->given_ns;
		if (row && row < x->nr_rows) {
			if (collect_row(x, row, &d, visit, ctx))
				return -ENOMEM;
		} else if (d.count) {
			visit(&d, ctx);
		}
	}
	seen->row = way;
	seen->given_ns = way_ns;
	now = slot->unseen;
	if (now != seen->unseen) {
		struct exits_delta d = {
			.vcpu = slot,
			.slot = i,
			.kind = EXITS_BY_REASON,
			.key = EXITS_UNSEEN,
			.count = now - seen->unseen,
		};

		seen->unseen = now;
		visit(&d, ctx);
	}
	return 0;
}

/* Rows of details; rows are assigned in order, so the first one never used ends the search. */
static int collect_details(struct exits *x, exits_visit visit, void *ctx)
{
	while (x->top_row < x->nr_rows && x->rows[x->top_row].used)
		x->top_row++;
	for (unsigned int i = 1; i < x->top_row; i++) {
		struct exits_delta d = {
			.slot = x->rows[i].slot % EXITS_SLOTS,
			.kind = x->rows[i].kind,
			.key = x->rows[i].key,
		};

		d.vcpu = &x->slots[d.slot];
		if (d.kind != EXITS_BY_REASON && collect_row(x, i, &d, visit, ctx))
			return -ENOMEM;
	}
	return 0;
}

/* Makes the slot and rows of a vCPU that is gone, and has been read, available to others. */
static void recycle(struct exits *x, uint32_t i)
{
	struct exits_slot *slot = &x->slots[i];
	int free_rows = bpf_map__fd(x->skel->maps.free_rows);

	for (unsigned int r = 0; r < EXITS_REASONS; r++) {
		uint32_t row = slot->reasons[r].row;

		if (!row || row >= x->nr_rows)
			continue;
		free(x->seen[row]);
		x->seen[row] = NULL;
		memset(&x->rows[row], 0, sizeof(x->rows[row]));
		bpf_map_update_elem(free_rows, NULL, &row, BPF_ANY);
	}
	free(x->slot_seen[i]);
	x->slot_seen[i] = NULL;
	memset(slot, 0, sizeof(*slot));
	bpf_map_delete_elem(bpf_map__fd(x->skel->maps.claims), &i);
}

int exits__collect(struct exits *x, exits_visit visit, void *ctx, struct error *err)
{
	bool gone[EXITS_SLOTS] = { false };
	ino_t vendor = exits__vendor_module();
	int code = 0;

	/*
	 * Only the offsets of raw_tp depend on the vendor's module; while that is unloaded there
	 * are no exits.
	 */
	if (x->source == EXITS_RAW_TP && vendor && vendor != x->vendor)
		x->reloaded = true;
	for (unsigned int i = 0; !code && i < EXITS_SLOTS; i++) {
		uint64_t vcpu = x->slots[i].vcpu;

		gone[i] = vcpu == 1;
		if (vcpu && !x->slots[i].ignored)
			code = collect_slot(x, i, visit, ctx);
	}
	if (!code && x->opts.by)
		code = collect_details(x, visit, ctx);
	/* Not before the details have been read: they refer to their vCPU by the slot. */
	for (unsigned int i = 0; !code && i < EXITS_SLOTS; i++)
		if (gone[i])
			recycle(x, i);
	return code ? error__set(err, code, "reading the exits probe: out of memory") : 0;
}

static void ignore(const struct exits_delta *delta, void *ctx)
{
	(void)delta;
	(void)ctx;
}

/*
 * The slot of the vCPU that the calling thread runs; it has one, since the vCPU has just exited. If
 * the thread has run several, in turns or one after the other, it is the one that exited last.
 */
static int own_slot(const struct exits *x)
{
	uint32_t tid = (uint32_t)pidns__tid();
	uint64_t last = 0;
	int slot = -1;

	for (unsigned int i = 0; i < EXITS_SLOTS; i++) {
		const struct exits_slot *s = &x->slots[i];

		if (s->vcpu <= 1 || s->tid != tid || s->ignored || s->start_ns < last)
			continue;
		last = s->start_ns;
		slot = (int)i;
	}
	return slot;
}

static void uncount(struct exits *x, int slot, uint32_t reason)
{
	for (unsigned int r = 0; r < EXITS_REASONS; r++)
		if (x->slots[slot].reasons[r].reason == reason)
			x->slot_seen[slot]->count[r]++;
}

int exits__open_window(struct exits *x, struct error *err)
{
	int code = exits__collect(x, ignore, NULL, err), slot = own_slot(x);

	if (code || slot < 0 || !exits__timed(x))
		return code;
	x->slots[slot].start_ns = EXITS_UNDER_WAY;
	return 0;
}

int exits__close_window(struct exits *x, exits_visit visit, void *ctx, struct error *err)
{
	int slot = own_slot(x);

	if (slot >= 0 && x->slot_seen[slot]) {
		if (x->source == EXITS_TRACEPOINTS) {
			uncount(x, slot, EXITS_TP_PIO);
			uncount(x, slot, EXITS_TP_USERSPACE);
		} else {
			const struct exits_slot *s = &x->slots[slot];

			for (unsigned int r = 0; r < EXITS_REASONS; r++)
				if (s->row && s->reasons[r].row == s->row)
					x->slot_seen[slot]->count[r]++;
		}
	}
	return exits__collect(x, visit, ctx, err);
}

void exits__under_way(struct exits *x, exits_way_visit visit, void *ctx)
{
	char name[64];
	uint64_t ns;

	for (unsigned int i = 0; i < EXITS_SLOTS; i++) {
		const struct exits_slot *slot = &x->slots[i];

		if (slot->vcpu <= 1 || slot->ignored || !under_way(x, slot, &ns))
			continue;
		exits__reason_name(x, slot->isa, slot->reason, name, sizeof(name));
		visit(slot, name, ns, ctx);
	}
}

bool exits__halt(const struct exits *x, unsigned int *isa, uint32_t *reason)
{
	bool svm = x->types.svm_vmcb_off || x->source == EXITS_FENTRY;

	if (!exits__timed(x) || (!svm && !x->types.vmx_reason_off))
		return false;
	*isa = svm ? ISA_SVM : ISA_VMX;
	*reason = svm ? 0x78 : 12; /* APM volume 2, appendix C; SDM volume 3, appendix C */
	return true;
}

void exits__apicv_name(const struct exits *x, unsigned int bit, char *name, size_t len)
{
	const char *known = bit < KERNEL_APICV_REASONS ? x->types.apicv_reasons[bit] : "";

	if (*known)
		snprintf(name, len, "%s", known);
	else
		snprintf(name, len, "bit %u", bit);
}

bool exits__knows_apicv(const struct exits *x, const struct exits_slot *vcpu)
{
	return vcpu->kvm && x->skel->rodata->kvm_apicv_off;
}

int exits__apicv(struct exits *x, exits_apicv_visit visit, void *ctx)
{
	__u64 args[12] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));
	struct bpf_program *prog = x->skel->progs.look_apicv;
	const struct exits_slot *slot, *other;

	if (!bpf_program__autoload(prog))
		return -EOPNOTSUPP;
	for (slot = x->slots; slot < x->slots + EXITS_SLOTS; slot++) {
		if (slot->vcpu <= 1 || slot->ignored || !slot->kvm)
			continue;
		for (other = x->slots; other < slot; other++)
			if (other->kvm == slot->kvm && other->vcpu > 1 && !other->ignored)
				break;
		if (other < slot)
			continue;
		args[0] = slot->kvm;
		if (bpf_prog_test_run_opts(bpf_program__fd(prog), &opts))
			return -errno;
		/* It may be gone meanwhile. */
		if (!x->skel->bss->apicv_error)
			visit(slot, x->skel->bss->apicv_inhibits, ctx);
	}
	return 0;
}

uint64_t exits__lost(struct exits *x, struct exits_lost *lost, char *text, size_t len)
{
	uint64_t missed = exits__missed_runs(x) - x->missed_before;
	struct exits_lost l;

	memcpy(&l, &x->skel->bss->lost, sizeof(l));
	if (lost)
		*lost = l;
	if (text && len)
		*text = 0;
	if (text && x->reloaded)
		snprintf(text, len,
			 "KVM's vendor module was reloaded meanwhile: if it is another build, what "
			 "was "
			 "counted since has wrong reasons; start anew");
	else if (text && l.slots + l.reasons)
		snprintf(text, len,
			 "%llu exits not counted: more than %u vCPUs, or more than %u reasons of "
			 "one",
			 (unsigned long long)(l.slots + l.reasons), EXITS_SLOTS, EXITS_REASONS);
	else if (text && missed)
		snprintf(text, len,
			 "the kernel left the probe out %llu times, since it had been preempted on "
			 "that CPU%s",
			 (unsigned long long)missed,
			 x->source == EXITS_FENTRY ? ": source raw_tp is not" : "");
	else if (text && l.rows)
		snprintf(text, len,
			 "%llu times exits of some reason were counted and not timed: more than "
			 "%u vCPUs",
			 (unsigned long long)l.rows, x->nr_vcpus);
	else if (text && l.details)
		snprintf(text, len, "%llu exits without detail: more than %u different ones",
			 (unsigned long long)l.details, DETAIL_ROWS);
	else if (text && l.events)
		snprintf(text, len,
			 "%llu exits and switches neither streamed nor recorded: they came faster "
			 "than they were read",
			 (unsigned long long)l.events);
	else if (text && l.tasks)
		snprintf(text, len, "off-CPU time of %llu switches not recorded",
			 (unsigned long long)l.tasks);
	return l.slots + l.reasons + missed;
}

void exits__reason_name(struct exits *x, unsigned int isa, uint32_t reason, char *name, size_t len)
{
	if (reason == EXITS_UNSEEN)
		snprintf(name, len, "(not traced)");
	else if (x->source == EXITS_TRACEPOINTS && reason < EXITS_NR_TRACEPOINTS)
		snprintf(name, len, "%s", tracepoint_names[reason]);
	else
		tracefs__exit_reason(x->tracefs, isa, reason, name, len);
}

/* Names of numbers: include/uapi/linux/kvm_para.h; Hyper-V's Top Level Functional Specification. */
static const struct hypercall_name {
	uint64_t key;
	const char *name;
} hypercall_names[] = {
	{ 1, "vapic-poll-irq" },
	{ 2, "mmu-op" },
	{ 3, "features" },
	{ 5, "kick-cpu" },
	{ 9, "clock-pairing" },
	{ 10, "send-ipi" },
	{ 11, "sched-yield" },
	{ 12, "map-gpa-range" },
	{ EXITS_KEY_HYPERV | 0x02, "flush-address-space" },
	{ EXITS_KEY_HYPERV | 0x03, "flush-address-list" },
	{ EXITS_KEY_HYPERV | 0x08, "notify-long-spin-wait" },
	{ EXITS_KEY_HYPERV | 0x0b, "send-ipi" },
	{ EXITS_KEY_HYPERV | 0x13, "flush-address-space-ex" },
	{ EXITS_KEY_HYPERV | 0x14, "flush-address-list-ex" },
	{ EXITS_KEY_HYPERV | 0x15, "send-ipi-ex" },
	{ EXITS_KEY_HYPERV | 0x5c, "post-message" },
	{ EXITS_KEY_HYPERV | 0x5d, "signal-event" },
};

static void name_hypercall(uint64_t key, char *name, size_t len)
{
	unsigned long long number = key & ~EXITS_KEY_HYPERV;
	const char *called = "";

	for (size_t i = 0; i < sizeof(hypercall_names) / sizeof(*hypercall_names); i++)
		if (hypercall_names[i].key == key)
			called = hypercall_names[i].name;
	snprintf(name, len, key & EXITS_KEY_HYPERV ? "hyperv 0x%llx%s%s" : "kvm %llu%s%s", number,
		 *called ? " " : "", called);
}

static void name_cpl(unsigned int cpl, char *name, size_t len)
{
	if (cpl == EXITS_NO_CPL)
		snprintf(name, len, "not known: encrypted state");
	else
		snprintf(name, len, "%s (CPL %u)", cpl == 3 ? "user" : "kernel", cpl);
}

void exits__detail_name(enum exits_kind kind, uint64_t key, char *name, size_t len)
{
	bool write = key & EXITS_KEY_WRITE;
	unsigned long long k = key & ~EXITS_KEY_WRITE;

	switch (kind) {
	case EXITS_BY_MSR:
		snprintf(name, len, "%s 0x%llx", write ? "wrmsr" : "rdmsr", k);
		break;
	case EXITS_BY_PORT:
		snprintf(name, len, "%s 0x%llx", write ? "out" : "in", k);
		break;
	case EXITS_BY_GPA:
		snprintf(name, len, "%s 0x%llx", write ? "write" : "read", k);
		break;
	case EXITS_BY_HYPERCALL:
		name_hypercall(key, name, len);
		break;
	case EXITS_BY_VECTOR:
		snprintf(name, len, "vector 0x%llx", k);
		break;
	case EXITS_BY_CPL:
		name_cpl((unsigned int)k, name, len);
		break;
	default:
		snprintf(name, len, "rip 0x%llx", (unsigned long long)key);
	}
}

void exits__key_name(struct exits *x, const struct exits_delta *d, char *name, size_t len)
{
	if (d->kind == EXITS_BY_REASON)
		exits__reason_name(x, d->vcpu->isa, d->key, name, len);
	else
		exits__detail_name(d->kind, d->key, name, len);
}

bool exits_delta__repeats(const struct exits *x, const struct exits_delta *d)
{
	return x->source == EXITS_TRACEPOINTS && d->kind == EXITS_BY_REASON &&
	       d->key == EXITS_TP_USERSPACE;
}

int exits__poll(struct exits *x, int timeout_ms, exits_event_visit visit, void *ctx)
{
	int n;

	if (!x->ring)
		return 0;
	x->event_visit = visit;
	x->event_ctx = ctx;
	n = ring_buffer__poll(x->ring, timeout_ms);
	x->event_visit = NULL;
	return n < 0 ? n : 0;
}

void exits__drain(struct exits *x, exits_event_visit visit, void *ctx)
{
	if (!x->ring)
		return;
	x->event_visit = visit;
	x->event_ctx = ctx;
	ring_buffer__consume(x->ring);
	x->event_visit = NULL;
}

const struct exits_slot *exits__slot(const struct exits *x, const struct exits_event *event)
{
	return &x->slots[event->slot % EXITS_SLOTS];
}
