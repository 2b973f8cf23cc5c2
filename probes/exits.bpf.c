// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exits, counted and timed in the kernel: per vCPU and reason a count and a log-linear histogram of
 * the time from kvm_exit to kvm_entry. exits_layout.h has the layout of what is written.
 *
 * Every instruction here adds to every exit of every VM. So the code that runs per exit has no map
 * that needs a helper call, no loop, no atomic operation and no lock; what happens once per vCPU or
 * reason is in functions of its own that are not inlined. The verifier removes whatever is switched
 * off by a constant in .rodata.
 *
 * Kernel structures are read at offsets that user space found in the running kernel's BTF, not by
 * CO-RE: reading a module's BTF by CO-RE takes CAP_SYS_ADMIN, but /sys/kernel/btf can be read by
 * anyone. This object itself needs no BTF of the kernel.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>
#include "probes/exits_layout.h"
#include "probes/pidns.bpf.h"

#define ISA_VMX 1
#define ISA_SVM 2

char LICENSE[] SEC("license") = "GPL";

/* Where kvm_exit has its arguments, and where the reason is. */
const volatile bool exit_has_reason; /* (reason, vcpu, isa), up to 5.15; else (vcpu, isa) */
const volatile bool entry_has_vcpu = true;
const volatile __u32 vmx_reason_off; /* in the vCPU; 0: not known */
const volatile __u32 svm_vmcb_off;   /* pointer in the vCPU to the VMCB; 0: not known */
const volatile __u32 svm_code_off;   /* exit code in the VMCB */
const volatile __u32 svm_vmcb01_off; /* pointer in the vCPU to its own VMCB; 0: there is one only */
const volatile __u32 svm_cpl_off;    /* the guest's CPL in the VMCB */
const volatile __u32 vcpu_protected_off; /* whether its state is encrypted; 0: it never is */
const volatile __u32 kvm_apicv_off;
const volatile bool reads_code;	  /* exits read it there */
const volatile __u32 vcpu_id_off; /* 0: not known */
const volatile __u32 vcpu_kvm_off;
const volatile bool vcpu_kvm_known;
/* Offsets in the trace event's record, for source "tp". */
const volatile __u32 rec_reason_off, rec_isa_off, rec_rip_off, rec_vcpu_id_off;

const volatile bool timing = true; /* whether to keep times, not only counts */
const volatile bool filtered;	   /* only the processes in `targets` */
const volatile __s32 only_vcpu = -1;
/* Not 0: also processes that descend from this one, by the kernel's number. */
const volatile __u32 ancestor;
const volatile __u32 task_parent_off, task_tgid_off;
const volatile bool extras;	     /* whether any of the next two is set, so that each exit
					 * needs one test only */
const volatile __u32 by;	     /* enum exits_kind of the details to record; 0: none */
const volatile __u64 over_ns;	     /* stream exits that take longer; 0: none */
const volatile bool recording;	     /* stream all, and when their threads had no CPU */
const volatile __u32 task_state_off; /* 0: not known */
const volatile bool want_rip;
const volatile bool want_stacks; /* of exits that are streamed */

struct exits_lost lost;
bool all_attached; /* from now on, an entry without an exit before it means that the exit was
			 * not seen */
__u64 attached_ns; /* when that became so */
bool calibrating;  /* while set, every vCPU is watched, whatever the target is */
/*
 * Set once a guest has entered one of its own, or where that, or the end of a vCPU, would go
 * unseen: addresses of exit codes are not remembered.
 */
bool code_moves;

/*
 * Global data is addressed directly, with half the instructions of even an inlined map lookup. The
 * first slot is no vCPU's: "no slot" is 0, and can be looked at like the others.
 */
struct exits_slot slots[EXITS_SLOTS];
struct exits_cpu cpus[EXITS_CPUS];

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exits_row);
} rows SEC(".maps");

/*
 * From a thread that runs a vCPU to its slot, as it last was: a thread that is switched out belongs
 * to no CPU.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} tasks SEC(".maps");

/* Rows not in use yet: the only data here that several CPUs take from concurrently. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__type(value, __u32);
} free_rows SEC(".maps");

/*
 * From slot to owner: whoever inserts first gets the slot (5.10 has no compare-and-exchange for
 * BPF).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} claims SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} targets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct exits_detail_key);
	__type(value, __u32);
} details SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

/* By slot. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exits_where);
} wheres SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__uint(value_size, EXITS_FRAMES * sizeof(__u64));
} stacks SEC(".maps");

#define PROBES_PER_LOOKUP 32

static __always_inline __u32 slot__hash(__u64 vcpu)
{
	return (__u32)vcpu * 0x9e3779b1u >> (32 - EXITS_SLOT_BITS);
}

static __always_inline struct exits_slot *slot__at(__u32 i)
{
	struct exits_slot *slot = &slots[i % EXITS_SLOTS];

	/* Else the compiler adds it up anew at every other use. */
	asm volatile("" : "+r"(slot));
	return slot;
}

static __always_inline struct exits_cpu *cpu__here(void)
{
	return &cpus[bpf_get_smp_processor_id() % EXITS_CPUS];
}

static __always_inline struct exits_row *row__at(__u32 i)
{
	return bpf_map_lookup_elem(&rows, &i);
}

static __always_inline __u64 read_u64(__u64 address)
{
	__u64 value;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)address);
	return value;
}

static __always_inline __u32 read_u32(__u64 address)
{
	__u32 value;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)address);
	return value;
}

/*
 * The verifier treats a traced function's argument as a pointer and allows no arithmetic with it;
 * read back from a map it is a number.
 */
static __always_inline __u64 as_number(__u64 pointer)
{
	volatile __u64 *scratch = &cpu__here()->scratch;

	*scratch = pointer;
	return *scratch;
}

#define MAX_GENERATIONS 16

/* Whether the process of this thread descends from `ancestor`. */
static __noinline bool is_descendant(__u64 task)
{
	__u32 tgid;

	for (int i = 0; i < MAX_GENERATIONS; i++) {
		task = read_u64(task + task_parent_off);
		tgid = task ? read_u32(task + task_tgid_off) : 0;
		if (tgid <= 1)
			return false;
		if (tgid == ancestor)
			return true;
	}
	return false;
}

/* Sets the vCPU of a slot; an exit of its former owner's that was under way is dropped. */
static __always_inline void slot__identify(struct exits_slot *slot, __u64 vcpu, __u32 isa,
					   __s32 vcpu_id)
{
	__u64 id = pidns__current();
	__u32 tgid = id >> 32;

	slot->quick = 0;
	slot->start_ns = 0;
	slot->off_ns = 0;
	slot->off_start_ns = 0;
	slot->user_start_ns = 0;
	slot->detail_kind = 0;
	slot->rip = 0;
	slot->code = 0;
	slot->isa = isa;
	slot->tgid = tgid;
	slot->tid = id;
	if (vcpu_id_off)
		vcpu_id = read_u32(vcpu + vcpu_id_off);
	slot->vcpu_id = vcpu_id;
	slot->kvm = vcpu_kvm_known ? read_u64(vcpu + vcpu_kvm_off) : 0;
	slot->apicv = kvm_apicv_off && slot->kvm ? read_u64(slot->kvm + kvm_apicv_off) : 0;
	slot->ignored = !calibrating && ((filtered && !bpf_map_lookup_elem(&targets, &tgid) &&
					  !(ancestor && is_descendant(bpf_get_current_task()))) ||
					 (only_vcpu >= 0 && vcpu_id != only_vcpu));
	slot->task = bpf_get_current_task();
	slot->by = bpf_get_current_pid_tgid();
	slot->parts = extras ? EXITS_PART_EXTRA : 0;
	slot->since_ns = bpf_ktime_get_ns();
	slot->gone_ns = 0;
	/*
	 * Never the address of a vCPU if ignored, so that the quick check does not find ignored
	 * vCPUs.
	 */
	slot->vcpu = vcpu | slot->ignored;
}

static __always_inline void slot__init(struct exits_slot *slot, __u32 at)
{
	for (int i = 0; i < EXITS_REASONS; i++) {
		slot->reasons[i].reason = EXITS_NO_REASON;
		slot->reasons[i].row = 0;
	}
	slot->self = at;
}

/*
 * Finds the vCPU's slot if it is not in its first place but in one of the next. A free slot does
 * not end the search: it may have been in use when this vCPU got the one behind it.
 */
static __noinline struct exits_slot *slot__search(__u64 vcpu)
{
	__u32 first = slot__hash(vcpu);
	struct exits_slot *slot;

	for (__u32 i = 0; i < PROBES_PER_LOOKUP; i++) {
		slot = slot__at(first + i);
		if ((slot->vcpu | 1) == (vcpu | 1))
			return slot;
	}
	return NULL;
}

/* A new slot for the vCPU, from its first place on; NULL if there is no room. */
static __noinline struct exits_slot *slot__take(__u64 vcpu, __u32 first)
{
	struct exits_slot *slot = NULL;
	__u32 at;

	for (__u32 i = 0; !slot && i < PROBES_PER_LOOKUP; i++) {
		at = (first + i) % EXITS_SLOTS;
		if (at && !slot__at(at)->vcpu &&
		    !bpf_map_update_elem(&claims, &at, &vcpu, BPF_NOEXIST))
			slot = slot__at(at);
	}
	if (slot)
		slot__init(slot, at);
	else
		__sync_fetch_and_add(&lost.slots, 1);
	return slot;
}

/* The vCPU has ended; what it did has not been read yet. */
static __always_inline void slot__is_gone(struct exits_slot *slot)
{
	slot->gone_ns = bpf_ktime_get_ns();
	slot->quick = 0;
	slot->vcpu = 1;
}

/*
 * Finds the slot, or takes a new one; NULL if there is no room. Known vCPUs get here when another
 * thread runs them.
 */
static __noinline struct exits_slot *slot__claim(__u64 vcpu, __u32 isa, __s32 vcpu_id,
						 bool by_thread)
{
	__u64 id = pidns__current();
	struct exits_slot *slot;
	__u32 first;

	vcpu = as_number(vcpu);
	first = slot__hash(vcpu);
	slot = slot__search(vcpu);
	if (slot && slot->tgid == id >> 32 && !by_thread) {
		slot->tid = id;
		slot->task = bpf_get_current_task();
		return slot;
	}
	if (slot && slot->by == bpf_get_current_pid_tgid())
		return slot;
	/*
	 * Another process or thread has got the memory of a former vCPU, whose exits have not been
	 * read yet.
	 */
	if (slot && !slot->ignored) {
		slot__is_gone(slot);
		slot = NULL;
	}
	if (!slot)
		slot = slot__take(vcpu, first);
	if (slot)
		slot__identify(slot, vcpu, isa, vcpu_id);
	return slot;
}

static __always_inline __u32 row__new(__u32 slot_index, __u32 kind, __u64 key)
{
	struct exits_row *row;
	__u32 index;

	if (bpf_map_pop_elem(&free_rows, &index))
		return 0;
	row = row__at(index);
	if (!row)
		return 0;
	row->key = key;
	row->slot = slot_index;
	row->kind = kind;
	row->used = 1;
	return index;
}

/* The vCPU's place for the reason, if that is not its first place; NULL: there is none. */
static __noinline struct exits_reason *reason__search(struct exits_slot *slot, __u32 reason)
{
	struct exits_reason *r = NULL;

	for (__u32 i = 0; i < EXITS_REASONS; i++) {
		r = &slot->reasons[(reason + i) % EXITS_REASONS];
		if (r->reason == reason)
			return r;
		if (r->reason == EXITS_NO_REASON)
			break;
	}
	if (r->reason != EXITS_NO_REASON) {
		__sync_fetch_and_add(&lost.reasons, 1);
		return NULL;
	}
	r->reason = reason;
	if (timing) {
		r->row = row__new(slot->self, EXITS_BY_REASON, reason);
		if (!r->row)
			__sync_fetch_and_add(&lost.rows, 1);
	}
	return r;
}

static __noinline __u32 row__of_detail(struct exits_slot *slot, __u32 kind, __u64 key)
{
	struct exits_detail_key k = { .key = key, .slot = slot->self, .kind = kind };
	__u32 *found = bpf_map_lookup_elem(&details, &k), index;

	if (found)
		return *found;
	index = row__new(k.slot, kind, key);
	/* Only this vCPU's thread inserts this key, so there is no race. */
	if (index && !bpf_map_update_elem(&details, &k, &index, BPF_NOEXIST))
		return index;
	__sync_fetch_and_add(&lost.details, 1);
	return 0;
}

static __always_inline void row__add(struct exits_row *row, __u64 ns)
{
	row->ns += ns;
	if (ns > row->max_ns)
		row->max_ns = ns;
	bucket__count(row, offsetof(struct exits_row, bucket), ns);
}

static __always_inline void row__add_parts(struct exits_slot *slot, struct exits_row *row,
					   __u64 now)
{
	__u64 user_off = 0;

	if (slot->user_start_ns) {
		user_off = slot->off_ns - slot->user_off_ns;
		row->user_ns += now - slot->user_start_ns - user_off;
		row->user_off_ns += user_off;
	}
	row->off_ns += slot->off_ns - user_off;
}

/* Where its thread was in this exit; NULL if nobody asked. */
static __always_inline struct exits_where *slot__where(struct exits_slot *slot)
{
	return want_stacks ? bpf_map_lookup_elem(&wheres, &slot->self) : NULL;
}

static __always_inline void slot__forget_where(struct exits_slot *slot)
{
	struct exits_where *where = slot__where(slot);

	if (where)
		where->off_ns = where->on_ns = 0;
}

/* It is being switched out: remembers from where, in case this takes longest. */
static __noinline void slot__stops_at(struct exits_slot *slot, void *ctx)
{
	struct exits_where *where = slot__where(slot);

	if (where && slot->start_ns > EXITS_UNDER_WAY)
		where->now = bpf_get_stackid(ctx, &stacks, 0);
}

static __noinline void slot__was_off(struct exits_slot *slot, __u64 ns)
{
	struct exits_where *where = slot__where(slot);

	if (!where || ns <= where->off_ns)
		return;
	where->off_ns = ns;
	where->off_stack = where->now;
}

/* A new event of the vCPU; NULL: there is no room, which is counted. */
static __always_inline struct exits_event *slot__event(struct exits_slot *slot, __u8 kind,
						       __u64 now)
{
	struct exits_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		slot->missed = 1;
		__sync_fetch_and_add(&lost.events, 1);
		return NULL;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->time_ns = now;
	e->tgid = slot->tgid;
	e->tid = slot->tid;
	e->vcpu_id = slot->vcpu_id;
	e->isa = slot->isa;
	e->slot = slot->self;
	e->kind = kind;
	e->missed = slot->missed;
	slot->missed = 0;
	return e;
}

/* A recording is read every few milliseconds, however much there is: waking it takes longer. */
static __always_inline void event__submit(struct exits_event *e)
{
	bpf_ringbuf_submit(e, recording ? BPF_RB_NO_WAKEUP : 0);
}

static __noinline void slot__stream(struct exits_slot *slot, __u64 start, __u64 now)
{
	struct exits_event *e = slot__event(slot, EXITS_EVENT_EXIT, now);
	struct exits_where *where;

	if (!e)
		return;
	e->ns = now - start;
	e->off_ns = slot->off_ns;
	if (slot->user_start_ns) {
		e->user_off_ns = slot->off_ns - slot->user_off_ns;
		e->user_ns = now - slot->user_start_ns - e->user_off_ns;
	}
	e->rip = slot->rip;
	e->detail = slot->detail;
	e->reason = slot->reason;
	e->detail_kind = slot->detail_kind;
	where = slot__where(slot);
	if (where)
		e->where = *where;
	event__submit(e);
}

static __noinline void slot__stream_off(struct exits_slot *slot, __u64 now)
{
	struct exits_event *e = slot__event(slot, EXITS_EVENT_OFF_CPU, now);

	if (!e)
		return;
	e->ns = now - slot->off_start_ns;
	if (slot->runnable_ns)
		e->off_ns = now - slot->runnable_ns;
	event__submit(e);
}

/*
 * A vCPU that was in user space may have come back with another thread, or its thread may have run
 * another vCPU meanwhile; nowhere else can it change threads. Its next exit then finds out who runs
 * it.
 */
static __always_inline void slot__check_thread(struct exits_slot *slot)
{
	if (cpu__here()->slot != slot->self)
		slot->quick = 0;
}

/* What only some exits or some observers need, kept out of the common path. */
static __noinline void slot__more(struct exits_slot *slot, struct exits_row *row, __u64 ns,
				  __u64 now)
{
	struct exits_row *of_detail;
	__u32 detail;

	if (recording || (over_ns && ns >= over_ns))
		slot__stream(slot, now - ns, now);
	if (by && slot->detail_kind) {
		detail = row__of_detail(slot, slot->detail_kind, slot->detail);
		of_detail = row__at(detail);
		if (detail && of_detail) {
			row__add(of_detail, ns);
			row__add_parts(slot, of_detail, now);
		}
	}
	slot->detail_kind = 0;
	row__add_parts(slot, row, now);
	slot__forget_where(slot);
	if (slot->user_start_ns)
		slot__check_thread(slot);
	slot->user_start_ns = 0;
	slot->off_ns = 0;
	slot->parts &= EXITS_PART_EXTRA;
}

/*
 * The slot of the vCPU that the current thread runs; the first, in which nothing ever happens, if
 * it is not a vCPU's thread.
 */
static __always_inline struct exits_slot *cpu__slot(void)
{
	return slot__at(cpu__here()->slot);
}

static __always_inline __u32 vmx_reason(__u64 vcpu)
{
	return read_u32(vcpu + vmx_reason_off);
}

static __always_inline __u32 svm_reason(__u64 vcpu)
{
	return read_u32(read_u64(vcpu + svm_vmcb_off) + svm_code_off);
}

/*
 * Where the vCPU's exit code is, so that an exit does not have to find its VMCB first. That is
 * another one while a guest of the guest's runs, so it is remembered only until any guest has had
 * one.
 */
static __always_inline void slot__remember_code(struct exits_slot *slot, __u64 vcpu)
{
	__u64 vmcb;

	if (!reads_code || slot->code || code_moves)
		return;
	vmcb = read_u64(vcpu + svm_vmcb_off);
	if (!svm_vmcb01_off || read_u64(vcpu + svm_vmcb01_off) == vmcb)
		slot->code = vmcb + svm_code_off;
	/* It may have become so just now, on another CPU. */
	if (*(volatile bool *)&code_moves)
		slot->code = 0;
}

/*
 * From here on the thread that runs the vCPU leads to its slot wherever it is, until it goes to
 * user space. So its exits need not look who runs it, if the slot is the first one looked at and
 * its exit code, where it has one, is where it was.
 */
static __always_inline void slot__be_quick(struct exits_slot *slot, __u64 vcpu)
{
	if (slot->self != slot__hash(vcpu) || (reads_code && !slot->code))
		return;
	slot->quick = vcpu;
	/* As above. */
	if (reads_code && *(volatile bool *)&code_moves)
		slot->quick = 0;
}

/*
 * The slot of a vCPU that is not the one that exited last on this CPU, which becomes it; NULL if it
 * is not watched.
 */
static __noinline struct exits_slot *slot__other(__u64 vcpu, __u32 isa, __s32 vcpu_id,
						 bool by_thread)
{
	struct exits_slot *slot;

	vcpu = as_number(vcpu);
	slot = slot__at(slot__hash(vcpu));
	if (slot->vcpu != vcpu || (by_thread ? slot->by != bpf_get_current_pid_tgid() :
					       slot->task != bpf_get_current_task()))
		slot = slot__claim(vcpu, isa, vcpu_id, by_thread);
	if (!slot || slot->ignored)
		return NULL;
	cpu__here()->slot = slot->self;
	if (by_thread)
		return slot;
	slot__remember_code(slot, vcpu);
	slot__be_quick(slot, vcpu);
	return slot;
}

/*
 * How an exit was seen: constants of each program, so that it contains only the code it needs.
 * (With constants in .rodata the verifier would remove the branch that is never taken, but not the
 * load of the constant, and two loads are five instructions per exit.)
 */
struct how {
	__u32 isa;	  /* 0: not known */
	bool read_reason; /* read from the vCPU instead of the argument */
	bool timed;
	bool by_thread; /* the vCPU is known only through the thread that runs it */
};

static __always_inline struct exits_slot *slot__of_exit(__u64 vcpu, __s32 vcpu_id,
							const struct how how)
{
	struct exits_slot *slot = slot__at(how.timed ? cpu__here()->slot : slot__hash(vcpu));

	if (slot->vcpu == vcpu && !(how.by_thread && slot->by != bpf_get_current_pid_tgid()))
		return slot;
	return slot__other(vcpu, how.isa, vcpu_id, how.by_thread);
}

/*
 * Reading it is the most expensive part, so it is not done for vCPUs that are not watched.
 */
static __always_inline void slot__read_reason(struct exits_slot *slot, __u64 vcpu, __u32 isa)
{
	if (isa == ISA_VMX)
		bpf_probe_read_kernel(&slot->reason, sizeof(slot->reason),
				      (void *)(vcpu + vmx_reason_off));
	else if (slot->code && !code_moves)
		bpf_probe_read_kernel(&slot->reason, sizeof(slot->reason), (void *)slot->code);
	else
		slot->reason = svm_reason(vcpu);
}

/* Where the vCPU's exits for this reason are counted, if it is the first of its place. */
static __always_inline struct exits_reason *slot__reason(struct exits_slot *slot, __u32 reason)
{
	char *from_slot = at_offset(slot, reason % EXITS_REASONS * sizeof(slot->reasons[0]));

	return (void *)(from_slot + offsetof(struct exits_slot, reasons));
}

static __noinline void slot__count_new(struct exits_slot *slot, __u32 reason)
{
	struct exits_reason *r = reason__search(slot, reason);

	if (r)
		r->count++;
}

static __always_inline void slot__count(struct exits_slot *slot, __u32 reason)
{
	struct exits_reason *r = slot__reason(slot, reason);

	if (r->reason != reason)
		slot__count_new(slot, reason);
	else
		r->count++;
}

static __noinline void slot__time_new(struct exits_slot *slot, __u32 reason)
{
	struct exits_reason *r = reason__search(slot, reason);

	if (!r)
		return;
	r->count++;
	slot->row = r->row;
	slot->start_ns = bpf_ktime_get_ns();
}

/* Counts the exit, and begins to time it. */
static __always_inline void slot__time(struct exits_slot *slot, __u32 reason)
{
	struct exits_reason *r = slot__reason(slot, reason);

	if (r->reason != reason) {
		slot__time_new(slot, reason);
		return;
	}
	r->count++;
	slot->row = r->row;
	slot->start_ns = bpf_ktime_get_ns();
}

/* Counts the exit, in which `reason` is if it is not read from the vCPU. */
static __always_inline int on_exit(__u64 vcpu, __u32 reason, __s32 vcpu_id, const struct how how)
{
	struct exits_slot *slot = slot__of_exit(vcpu, vcpu_id, how);

	if (!slot)
		return 0;
	if (how.read_reason) {
		slot__read_reason(slot, vcpu, how.isa);
		reason = slot->reason;
	} else if (how.timed) {
		slot->reason = reason;
	}
	if (how.timed) {
		slot__time(slot, reason);
		return 0;
	}
	slot__count(slot, reason);
	return 0;
}

/*
 * The exit of a vCPU whose slot is not found quickly. Functions of their own, so that a quick exit
 * saves no register that only these need.
 */
#define SLOWLY(name, vendor, times) \
	static __noinline int name##_slowly(__u64 vcpu) \
	{ \
		return on_exit(vcpu, 0, -1, \
			       (struct how){ \
				       .isa = vendor, .read_reason = true, .timed = times }); \
	}

SLOWLY(vmx_exit, ISA_VMX, true)
SLOWLY(vmx_exit_count, ISA_VMX, false)
SLOWLY(svm_exit, ISA_SVM, true)
SLOWLY(svm_exit_count, ISA_SVM, false)

static __noinline int told_exit_slowly(__u64 vcpu, __u32 reason, __u32 isa)
{
	return on_exit(vcpu, reason, -1, (struct how){ .isa = isa, .timed = true });
}

static __noinline int told_exit_count_slowly(__u64 vcpu, __u32 reason, __u32 isa)
{
	return on_exit(vcpu, reason, -1, (struct how){ .isa = isa });
}

/* An exit of which the source gives the reason. */
static __always_inline int on_told_exit(__u64 vcpu, __u32 reason, __u32 isa)
{
	struct exits_slot *slot = slot__at(slot__hash(vcpu));

	if (slot->quick != vcpu)
		return told_exit_slowly(vcpu, reason, isa);
	slot->reason = reason;
	slot__time(slot, reason);
	return 0;
}

static __always_inline int on_told_exit_count(__u64 vcpu, __u32 reason, __u32 isa)
{
	struct exits_slot *slot = slot__at(slot__hash(vcpu));

	if (slot->quick != vcpu)
		return told_exit_count_slowly(vcpu, reason, isa);
	slot__count(slot, reason);
	return 0;
}

/*
 * The exit before this entry was not seen: the probe was not attached yet, or no event fired for
 * it.
 */
static __noinline void slot__enter_untimed(struct exits_slot *slot)
{
	if (!slot->start_ns && all_attached)
		slot->unseen++;
	slot->start_ns = 0;
	slot->user_start_ns = 0;
	slot->off_ns = 0;
	slot->parts &= EXITS_PART_EXTRA;
	slot->detail_kind = 0;
	slot__forget_where(slot);
	slot__check_thread(slot);
}

/*
 * A vCPU enters that was never seen before: it has been out since before the probe attached, for
 * the reason that it still holds. A vCPU that has never run has none; nor does the record of an
 * event (`isa` 0).
 */
static __always_inline void vcpu__came_back(__u64 vcpu)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 isa = vmx_reason_off ? ISA_VMX : svm_vmcb_off ? ISA_SVM : 0, reason;
	struct exits_slot *slot;
	struct exits_reason *r;
	struct exits_row *row;

	if (!all_attached || !isa || now < attached_ns)
		return;
	reason = isa == ISA_VMX ? vmx_reason(vcpu) : svm_reason(vcpu);
	if (!reason)
		return;
	slot = slot__claim(vcpu, isa, -1, false);
	if (!slot || slot->ignored)
		return;
	r = reason__search(slot, reason);
	if (!r || !r->row)
		return;
	row = row__at(r->row);
	if (row)
		row->before_ns += now - attached_ns;
}

/*
 * The slot of a vCPU that is not in the first place looked at; NULL if it is not watched, or was
 * not yet.
 */
static __noinline struct exits_slot *slot__of_entry(__u64 vcpu, bool has_reason)
{
	struct exits_slot *slot = slot__search(vcpu);

	if (!slot && has_reason)
		vcpu__came_back(vcpu);
	return slot && !slot->ignored ? slot : NULL;
}

/* The time is read as late as possible: what is kept meanwhile takes instructions to save. */
static __always_inline int on_entry(__u64 vcpu, bool has_reason)
{
	struct exits_slot *slot = slot__at(slot__hash(vcpu));
	struct exits_row *row;
	__u64 now, ns;

	if (slot->vcpu != vcpu) {
		slot = slot__of_entry(vcpu, has_reason);
		if (!slot)
			return 0;
	}
	/* The key where it is: a copy on the stack takes instructions. */
	row = bpf_map_lookup_elem(&rows, &slot->row);
	if (!row)
		return 0;
	now = bpf_ktime_get_ns();
	if (slot->start_ns <= EXITS_UNDER_WAY) {
		slot__enter_untimed(slot);
		return 0;
	}
	ns = now - slot->start_ns;
	slot->start_ns = 0;
	row__add(row, ns);
	if (slot->parts == EXITS_PART_USER) {
		row->user_ns += now - slot->user_start_ns;
		slot->user_start_ns = 0;
		slot->parts = 0;
		slot__check_thread(slot);
	} else if (slot->parts) {
		slot__more(slot, row, ns, now);
	}
	return 0;
}

/* ---- source raw_tp -------------------------------------------------------------------------- */

/*
 * Reads a number there. Instead of a helper call, which takes some 60 instructions more, the
 * address is taken for that of an object of the kernel's, from Linux 6.2 on: the load itself is
 * then guarded.
 */
static __always_inline __u32 peek(__u64 address)
{
#ifdef __bpf__
	void *(*cast)(void *address, __u64 type) = (void *)EXITS_CAST_FUNCTION;

	return *(volatile __u32 *)cast((void *)address, EXITS_CAST_TYPE);
#else
	return *(volatile __u32 *)address;
#endif
}

#define RAW_EXIT_PEEK(name, slowly, place, record) \
	SEC("raw_tp/kvm_exit") \
	int name(struct bpf_raw_tracepoint_args *ctx) \
	{ \
		__u64 vcpu = ctx->args[0]; \
		struct exits_slot *slot = slot__at(slot__hash(vcpu)); \
\
		if (slot->quick != vcpu) \
			return slowly(vcpu); \
		slot->reason = peek(place); \
		record(slot, slot->reason); \
		return 0; \
	}

#define RAW_EXIT(name, place, record) \
	SEC("raw_tp/kvm_exit") \
	int name(struct bpf_raw_tracepoint_args *ctx) \
	{ \
		__u64 vcpu = ctx->args[0]; \
		struct exits_slot *slot = slot__at(slot__hash(vcpu)); \
\
		if (slot->quick != vcpu) \
			return name##_slowly(vcpu); \
		bpf_probe_read_kernel(&slot->reason, sizeof(slot->reason), (void *)(place)); \
		record(slot, slot->reason); \
		return 0; \
	}

RAW_EXIT(vmx_exit, vcpu + vmx_reason_off, slot__time)
RAW_EXIT(vmx_exit_count, vcpu + vmx_reason_off, slot__count)
RAW_EXIT(svm_exit, slot->code, slot__time)
RAW_EXIT(svm_exit_count, slot->code, slot__count)
RAW_EXIT_PEEK(vmx_exit_peek, vmx_exit_slowly, vcpu + vmx_reason_off, slot__time)
RAW_EXIT_PEEK(vmx_exit_peek_count, vmx_exit_count_slowly, vcpu + vmx_reason_off, slot__count)
RAW_EXIT_PEEK(svm_exit_peek, svm_exit_slowly, slot->code, slot__time)
RAW_EXIT_PEEK(svm_exit_peek_count, svm_exit_count_slowly, slot->code, slot__count)

/*
 * Separate programs: the verifier refuses to read a third argument where the tracepoint has only
 * two.
 */
SEC("raw_tp/kvm_exit")
int raw_exit_old(struct bpf_raw_tracepoint_args *ctx)
{
	return on_told_exit(ctx->args[1], ctx->args[0], ctx->args[2]);
}

SEC("raw_tp/kvm_exit")
int raw_exit_old_count(struct bpf_raw_tracepoint_args *ctx)
{
	return on_told_exit_count(ctx->args[1], ctx->args[0], ctx->args[2]);
}

SEC("raw_tp/kvm_entry")
int raw_entry(struct bpf_raw_tracepoint_args *ctx)
{
	return on_entry(ctx->args[0], true);
}

/* ---- source fentry: the reason is an argument ----------------------------------------------- */

SEC("fentry/svm_invoke_exit_handler")
int fentry_exit(__u64 *ctx)
{
	return on_told_exit(ctx[0], ctx[1], ISA_SVM);
}

SEC("fentry/svm_invoke_exit_handler")
int fentry_exit_count(__u64 *ctx)
{
	return on_told_exit_count(ctx[0], ctx[1], ISA_SVM);
}

/*
 * ---- source tp: the record's fields; the vCPU is known through the thread that runs it ---------
 */

SEC("tp/kvm/kvm_exit")
int tp_exit(void *ctx)
{
	__u64 rec = (__u64)ctx;

	on_exit(bpf_get_current_task(), read_u32(rec + rec_reason_off),
		rec_vcpu_id_off ? (__s32)read_u32(rec + rec_vcpu_id_off) : -1,
		(struct how){ .isa = rec_isa_off ? read_u32(rec + rec_isa_off) : 0,
			      .timed = timing,
			      .by_thread = true });
	return 1; /* 0 would withhold the event from other users of perf */
}

/* The record as on every x86 kernel so far: reading fields at constant offsets needs no helper. */
SEC("tp/kvm/kvm_exit")
int tp_exit_usual(struct exits_record *rec)
{
	on_exit(bpf_get_current_task(), rec->exit_reason,
		rec_vcpu_id_off ? (__s32)rec->vcpu_id : -1,
		(struct how){ .isa = rec->isa, .timed = timing, .by_thread = true });
	return 1;
}

SEC("tp/kvm/kvm_entry")
int tp_entry(void *ctx)
{
	on_entry(bpf_get_current_task(), false);
	return 1;
}

/* ---- off-CPU time and time in user space ----------------------------------------------------- */

/*
 * A vCPU thread that comes back, on any CPU, finds its slot by the thread. No other CPU writes its
 * entry: threads that are switched there meanwhile have their own.
 */
static __always_inline void task__out(__u64 task, __u64 slot, bool preempted, __u64 now)
{
	__u64 *left = bpf_map_lookup_elem(&tasks, &task);
	struct exits_slot *s = slot__at(slot);

	if (recording)
		s->runnable_ns =
			preempted || (task_state_off && !read_u32(task + task_state_off)) ? now : 0;
	/* Of an exit that is not timed nobody knows when it ends. */
	if (s->start_ns || (recording && !timing))
		s->off_start_ns = now;
	if (left)
		*left = slot;
	else if (bpf_map_update_elem(&tasks, &task, &slot, BPF_ANY)) {
		/* It will come back as nobody's thread. */
		s->quick = 0;
		__sync_fetch_and_add(&lost.tasks, 1);
	}
}

static __always_inline __u32 task__in(__u64 task, __u64 now)
{
	__u64 *left = bpf_map_lookup_elem(&tasks, &task);
	struct exits_slot *s;

	if (!left)
		return 0;
	s = slot__at(*left);
	if (s->off_start_ns) {
		if (want_stacks)
			slot__was_off(s, now - s->off_start_ns);
		s->parts |= EXITS_PART_OFF;
		s->off_ns += now - s->off_start_ns;
		if (recording)
			slot__stream_off(s, now);
		s->off_start_ns = 0;
	}
	return *left;
}

SEC("raw_tp/sched_switch")
int raw_switch(struct bpf_raw_tracepoint_args *ctx)
{
	struct exits_cpu *cpu = cpu__here();
	__u64 now = bpf_ktime_get_ns();

	if (want_stacks && cpu->slot)
		slot__stops_at(slot__at(cpu->slot), ctx);
	if (cpu->slot)
		task__out(ctx->args[1], cpu->slot, ctx->args[0], now);
	cpu->slot = task__in(ctx->args[2], now);
	return 0;
}

/* When recording: from now on it waits for a CPU. */
SEC("raw_tp/sched_wakeup")
int raw_wakeup(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 task = ctx->args[0], *left = bpf_map_lookup_elem(&tasks, &task);
	struct exits_slot *slot;

	if (!left)
		return 0;
	slot = slot__at(*left);
	if (slot->task == task && slot->off_start_ns && !slot->runnable_ns)
		slot->runnable_ns = bpf_ktime_get_ns();
	return 0;
}

/* A thread that ends no longer runs a vCPU; its memory may become that of another. */
SEC("raw_tp/sched_process_exit")
int raw_thread_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 task = bpf_get_current_task();
	struct exits_cpu *cpu = cpu__here();
	struct exits_slot *slot;

	if (!cpu->slot)
		return 0;
	slot = slot__at(cpu->slot);
	cpu->slot = 0;
	bpf_map_delete_elem(&tasks, &task);
	if (slot->task == task)
		slot__is_gone(slot);
	return 0;
}

/*
 * On every CPU, twice in the time from which on an exit is slow: so each slow one that was on the
 * CPU all the time was seen there at least once. The first time behind that limit is kept, else the
 * last one before.
 */
SEC("perf_event")
int sample(void *ctx)
{
	struct exits_slot *slot = cpu__slot();
	struct exits_where *where = slot__where(slot);
	__u64 ns;

	if (!where || slot->start_ns <= EXITS_UNDER_WAY)
		return 0;
	ns = bpf_ktime_get_ns() - slot->start_ns;
	if (ns < over_ns / 2 || where->on_ns >= over_ns)
		return 0;
	where->on_ns = ns;
	where->on_stack = bpf_get_stackid(ctx, &stacks, 0);
	return 0;
}

static __always_inline void on_userspace(void)
{
	struct exits_slot *slot = cpu__slot();

	if (!slot->start_ns)
		return;
	slot->user_off_ns = slot->off_ns;
	slot->parts |= EXITS_PART_USER;
	slot->user_start_ns = bpf_ktime_get_ns();
}

SEC("raw_tp/kvm_userspace_exit")
int raw_userspace(struct bpf_raw_tracepoint_args *ctx)
{
	on_userspace();
	return 0;
}

/*
 * A guest enters one of its own, or it left it: also where that state was loaded, which no event
 * tells.
 */
SEC("raw_tp/kvm_nested_vmenter")
int raw_nested(struct bpf_raw_tracepoint_args *ctx)
{
	if (code_moves)
		return 0;
	code_moves = true;
	for (__u32 i = 0; i < EXITS_SLOTS; i++)
		if (slot__at(i)->quick)
			slot__at(i)->quick = 0;
	return 0;
}

/* The vCPU's memory, and with it the address, may become that of another. */
SEC("kprobe/svm_vcpu_free")
int vcpu_free(struct exits_registers *regs)
{
	__u64 vcpu = regs->di;
	struct exits_slot *slot = slot__at(slot__hash(vcpu));

	if (slot->vcpu != vcpu)
		slot = slot__search(vcpu);
	if (slot && !slot->ignored)
		slot__is_gone(slot);
	return 0;
}

/* ---- details --------------------------------------------------------------------------------- */

/* kvm_mmio's types: not satisfied in the kernel, satisfied there */
#define MMIO_READ_UNSATISFIED 0
#define MMIO_READ	      1
#define MMIO_WRITE	      2

/* Keys from the tracepoints' arguments (write, ecx), (rw, port), (type, len, gpa). */
#define MSR_KEY(ctx)  ((__u32)(ctx)->args[1] | ((__u32)(ctx)->args[0] ? EXITS_KEY_WRITE : 0))
#define PORT_KEY(ctx) ((__u16)(ctx)->args[1] | ((__u32)(ctx)->args[0] ? EXITS_KEY_WRITE : 0))
#define GPA_KEY(ctx)  ((ctx)->args[2] | ((__u32)(ctx)->args[0] == MMIO_WRITE ? EXITS_KEY_WRITE : 0))

/* (number, …); Hyper-V's: (code, …). */
#define HYPERCALL_KEY(ctx) ((ctx)->args[0] & ~EXITS_KEY_HYPERV)
#define HYPERV_KEY(ctx)	   ((__u16)(ctx)->args[0] | EXITS_KEY_HYPERV)

static __always_inline void on_detail(__u32 kind, __u64 key)
{
	struct exits_slot *slot;

	/*
	 * By two kinds at once, the one that was asked for could be lost; of what was not asked for
	 * the last one is kept: few exits make two accesses.
	 */
	if (by ? by != kind : !over_ns && !recording)
		return;
	slot = cpu__slot();
	if (!slot->self)
		return;
	slot->detail = key;
	slot->detail_kind = kind;
}

SEC("raw_tp/kvm_msr")
int raw_msr(struct bpf_raw_tracepoint_args *ctx)
{
	on_detail(EXITS_BY_MSR, MSR_KEY(ctx));
	return 0;
}

SEC("raw_tp/kvm_pio")
int raw_pio(struct bpf_raw_tracepoint_args *ctx)
{
	on_detail(EXITS_BY_PORT, PORT_KEY(ctx));
	return 0;
}

SEC("raw_tp/kvm_mmio")
int raw_mmio(struct bpf_raw_tracepoint_args *ctx)
{
	on_detail(EXITS_BY_GPA, GPA_KEY(ctx));
	return 0;
}

SEC("raw_tp/kvm_hypercall")
int raw_hypercall(struct bpf_raw_tracepoint_args *ctx)
{
	on_detail(EXITS_BY_HYPERCALL, HYPERCALL_KEY(ctx));
	return 0;
}

SEC("raw_tp/kvm_hv_hypercall")
int raw_hyperv(struct bpf_raw_tracepoint_args *ctx)
{
	on_detail(EXITS_BY_HYPERCALL, HYPERV_KEY(ctx));
	return 0;
}

/* Of an interrupt that software injects: (vector, …), before the entry that delivers it. */
SEC("raw_tp/kvm_inj_virq")
int raw_injected(struct bpf_raw_tracepoint_args *ctx)
{
	on_detail(EXITS_BY_VECTOR, (__u8)ctx->args[0]);
	return 0;
}

/*
 * Attached in addition to whatever source times the exit: only the record has the RIP for every
 * vendor.
 */
SEC("tp/kvm/kvm_exit")
int tp_rip(void *ctx)
{
	struct exits_slot *slot = cpu__slot();
	__u64 rip;

	if (!slot->self)
		return 1;
	rip = read_u64((__u64)ctx + rec_rip_off);
	slot->rip = rip;
	if (by == EXITS_BY_RIP) {
		slot->detail = rip;
		slot->detail_kind = EXITS_BY_RIP;
	}
	/* Making the record takes longer than many exits: do not count that as the exit's time. */
	if (slot->start_ns > EXITS_UNDER_WAY)
		slot->start_ns = bpf_ktime_get_ns();
	return 1;
}

/*
 * In addition to the source: the level that the guest was at. Only the VMCB has it, which the CPU
 * writes at the exit.
 */
SEC("raw_tp/kvm_exit")
int raw_cpl(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 vcpu = exit_has_reason ? ctx->args[1] : ctx->args[0];
	struct exits_slot *slot = cpu__slot();
	__u8 protected = 0, cpl = EXITS_NO_CPL;

	if (!slot->self)
		return 0;
	if (vcpu_protected_off)
		bpf_probe_read_kernel(&protected, sizeof(protected),
				      (void *)(vcpu + vcpu_protected_off));
	if (!protected)
		bpf_probe_read_kernel(&cpl, sizeof(cpl),
				      (void *)(read_u64(vcpu + svm_vmcb_off) + svm_cpl_off));
	slot->detail = cpl;
	slot->detail_kind = EXITS_BY_CPL;
	return 0;
}

/* Not attached: user space runs it to be told of one VM, whose address is the argument. */
__u64 apicv_inhibits;
long apicv_error;

SEC("raw_tp/kvm_exit")
int look_apicv(struct bpf_raw_tracepoint_args *ctx)
{
	apicv_error = (long)bpf_probe_read_kernel(&apicv_inhibits, sizeof(apicv_inhibits),
						  (void *)(ctx->args[0] + kvm_apicv_off));
	return 0;
}

/*
 * ---- source tracepoints: what fires where kvm_exit does not -----------------------------------
 */

/* The slot of the thread that was just counted; NULL if it is not watched. */
static __always_inline struct exits_slot *tracepoint__slot(void)
{
	__u64 task = bpf_get_current_task();
	struct exits_slot *slot = slot__at(slot__hash(task));

	if (slot->vcpu != task)
		slot = slot__search(task);
	return slot && !slot->ignored ? slot : NULL;
}

/* `kind` 0: it has no detail. */
static __noinline void stream_moment(__u32 code, __u32 kind, __u64 key)
{
	struct exits_slot *slot = tracepoint__slot();
	struct exits_event *e = slot ? slot__event(slot, EXITS_EVENT_MOMENT, bpf_ktime_get_ns()) :
				       NULL;

	if (!e)
		return;
	e->reason = code;
	e->detail_kind = kind;
	e->detail = key;
	event__submit(e);
}

static __always_inline int on_access(__u32 code, __u32 kind, __u64 key)
{
	on_exit(bpf_get_current_task(), code, -1, (struct how){ .by_thread = true });
	if (recording)
		stream_moment(code, kind, key);
	return 0;
}

static __always_inline int on_tracepoint(__u32 code)
{
	return on_access(code, 0, 0);
}

/* Counts the detail of an access, in addition to the exit. */
static __noinline void count_detail(__u32 kind, __u64 key)
{
	struct exits_slot *slot = tracepoint__slot();
	struct exits_row *row;
	__u32 detail;

	if (!slot)
		return;
	detail = row__of_detail(slot, kind, key);
	row = row__at(detail);
	if (detail && row)
		row->count++;
}

SEC("raw_tp/kvm_pio")
int count_pio(struct bpf_raw_tracepoint_args *ctx)
{
	on_access(EXITS_TP_PIO, EXITS_BY_PORT, PORT_KEY(ctx));
	if (by == EXITS_BY_PORT)
		count_detail(EXITS_BY_PORT, PORT_KEY(ctx));
	return 0;
}

/*
 * A read that user space satisfies is reported twice: when it goes there, and when it has come
 * back.
 */
SEC("raw_tp/kvm_mmio")
int count_mmio(struct bpf_raw_tracepoint_args *ctx)
{
	struct exits_slot *slot = tracepoint__slot();
	__u32 type = ctx->args[0];
	__u64 gpa = ctx->args[2], key;

	/* Read once: the verifier allows no arithmetic with the context. */
	asm volatile("" : "+r"(gpa));
	key = gpa | (type == MMIO_WRITE ? EXITS_KEY_WRITE : 0);
	if (slot && type == MMIO_READ && slot->detail_kind && slot->detail == gpa) {
		slot->detail_kind = 0;
		return 0;
	}
	on_access(EXITS_TP_MMIO, EXITS_BY_GPA, key);
	slot = tracepoint__slot();
	if (!slot)
		return 0;
	slot->detail = gpa;
	slot->detail_kind = type == MMIO_READ_UNSATISFIED ? EXITS_BY_GPA : 0;
	if (by == EXITS_BY_GPA)
		count_detail(EXITS_BY_GPA, key);
	return 0;
}

SEC("raw_tp/kvm_msr")
int count_msr(struct bpf_raw_tracepoint_args *ctx)
{
	on_access(EXITS_TP_MSR, EXITS_BY_MSR, MSR_KEY(ctx));
	if (by == EXITS_BY_MSR)
		count_detail(EXITS_BY_MSR, MSR_KEY(ctx));
	return 0;
}

SEC("raw_tp/kvm_cpuid")
int count_cpuid(void *ctx)
{
	return on_tracepoint(EXITS_TP_CPUID);
}

SEC("raw_tp/kvm_hypercall")
int count_hypercall(struct bpf_raw_tracepoint_args *ctx)
{
	on_access(EXITS_TP_HYPERCALL, EXITS_BY_HYPERCALL, HYPERCALL_KEY(ctx));
	if (by == EXITS_BY_HYPERCALL)
		count_detail(EXITS_BY_HYPERCALL, HYPERCALL_KEY(ctx));
	return 0;
}

/* An injection is no exit: nothing else is counted of it. */
SEC("raw_tp/kvm_inj_virq")
int count_injected(struct bpf_raw_tracepoint_args *ctx)
{
	count_detail(EXITS_BY_VECTOR, (__u8)ctx->args[0]);
	return 0;
}

SEC("raw_tp/kvm_vcpu_wakeup")
int count_wakeup(void *ctx)
{
	return on_tracepoint(EXITS_TP_WAKEUP);
}

SEC("raw_tp/kvm_userspace_exit")
int count_userspace(void *ctx)
{
	return on_tracepoint(EXITS_TP_USERSPACE);
}
