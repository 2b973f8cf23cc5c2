/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the exits probe's kernel side (exits.bpf.c) and its user side (exits_*.c) share: the layout
 * of the maps, which user space maps into memory and reads without a system call.
 *
 * A *slot* is a vCPU. It is found by a hash of the vCPU's address, which is also its owner tag, so
 * that vCPUs that share or change CPUs are never mixed up. It counts exits by reason. A *row* is
 * one histogram, for one vCPU and one reason (or one MSR, port, address). Rows are assigned when a
 * reason is first seen, so memory grows with what happens, not with what could happen. Only the
 * thread that runs a vCPU writes its slot and rows.
 */
#ifndef HVBENCH_EXITS_LAYOUT_H
#define HVBENCH_EXITS_LAYOUT_H

#include <linux/types.h>

#include "probes/hist_layout.h"

#define EXITS_BUCKETS HIST_LAYOUT_BUCKETS

/*
 * Of fixed size, so that a slot is reached by a few instructions with constants: 2.4 MiB (5.10
 * allows 4). Only the part for vCPUs that exit is ever touched.
 */
#define EXITS_SLOT_BITS 11
#define EXITS_SLOTS	(1u << EXITS_SLOT_BITS)
#define EXITS_REASONS	64   /* reasons one vCPU can take, a power of two */
#define EXITS_CPUS	8192 /* as many as Linux can have; a power of two */

/* Not a reason of the hardware's: counts entries whose exit the source did not see. */
#define EXITS_UNSEEN 0xfffffffdu

/*
 * A value of start_ns that no exit has: the exit under way began before it was watched, and is not
 * timed.
 */
#define EXITS_UNDER_WAY 1

/* Bits of exits_slot.parts. */
#define EXITS_PART_USER	 1 /* it went to user space */
#define EXITS_PART_OFF	 2 /* its thread was switched out */
#define EXITS_PART_EXTRA 4 /* every exit of this observer's: details, or slow ones streamed */

/* The kind of a row. */
enum exits_kind {
	EXITS_BY_REASON,
	EXITS_BY_MSR,
	EXITS_BY_PORT,
	EXITS_BY_GPA,
	EXITS_BY_RIP,
	EXITS_BY_HYPERCALL,
	EXITS_BY_VECTOR,
	EXITS_BY_CPL,
	EXITS_NR_KINDS,
};

/*
 * A bit in a detail's key: the access was a write. MSRs and ports leave the upper half free,
 * addresses the top bit.
 */
#define EXITS_KEY_WRITE (1ull << 63)
/* In a hypercall's: it is one of Hyper-V's. Their numbers have 16 bits, KVM's 64. */
#define EXITS_KEY_HYPERV (1ull << 62)

/* A privilege level that cannot be known: the guest's state is encrypted. */
#define EXITS_NO_CPL 0xff

/* The codes of source "tracepoints", in which the tracepoint takes the place of the reason. */
enum exits_tracepoint {
	EXITS_TP_PIO,
	EXITS_TP_MMIO,
	EXITS_TP_MSR,
	EXITS_TP_CPUID,
	EXITS_TP_HYPERCALL,
	EXITS_TP_WAKEUP,
	EXITS_TP_USERSPACE,
	EXITS_NR_TRACEPOINTS,
};

/*
 * In a program that reads the kernel's memory as if it were an object of a known type, stand for
 * the number of the kernel's function that makes it one, and of that type; put in before it is
 * loaded.
 */
#define EXITS_CAST_FUNCTION 0x7e57f00d
#define EXITS_CAST_TYPE	    0x7e577e57

/* Not a reason: marks a place that counts nothing yet. */
#define EXITS_NO_REASON 0xfffffffeu

struct exits_reason {
	__u64 count;
	__u32 reason; /* or EXITS_NO_REASON */
	__u32 row;    /* its histogram; 0: none */
};

struct exits_slot {
	__u32 row; /* of this exit; first, which takes an instruction less to look up */
	__u32 pad0;
	__u64 vcpu;	     /* owner: address of the vCPU (or of the task), plus 1 if it is
				 * ignored; 0 free, 1 gone and to be read */
	__u64 quick;	     /* the same while its thread is known to lead to this slot,
				 * and its exit code to be where it was; else 0 */
	__u64 start_ns;	     /* of the exit being handled, or EXITS_UNDER_WAY; 0: in the guest */
	__u64 off_ns;	     /* off-CPU time since then */
	__u64 off_start_ns;  /* switched out since; 0: on CPU */
	__u64 runnable_ns;   /* and ready to run again since; 0: asleep. Only when recording */
	__u64 user_start_ns; /* in user space since then; 0: not */
	__u64 user_off_ns;   /* value of off_ns when it went there */
	__u64 detail;	     /* key of the access made by this exit */
	__u64 rip;
	__u64 kvm;	  /* address of the VM; 0 not known */
	__u64 unseen;	  /* entries whose exit was not seen (a fast path that re-enters) */
	__u32 self;	  /* index */
	__u32 reason;	  /* of this exit */
	__u32 tgid, tid;  /* of the thread that runs it, by the numbers of pidns.h */
	__s32 vcpu_id;	  /* -1: not known */
	__u8 ignored;	  /* not a target: nothing is counted */
	__u8 isa;	  /* 1 VMX, 2 SVM, 0 not known */
	__u8 detail_kind; /* 0: this exit has no detail */
	__u8 missed;	  /* the next event is the first after one that was lost */
	__u64 task;	  /* address of the thread that runs it */
	__u64 by;	  /* that thread and its process, by the kernel's numbers, when
				 * first seen */
	__u64 parts;	  /* EXITS_PART_…: what this exit needs recorded besides its time */
	__u64 code;	  /* address of its exit code; 0: to be found anew */
	__u64 since_ns;	  /* when it was first seen */
	__u64 gone_ns;	  /* when its thread ended; 0: it has not */
	__u64 apicv;	  /* why APICv was inhibited in its VM when it was first seen */
	/* open addressing from reason % EXITS_REASONS */
	struct exits_reason reasons[EXITS_REASONS];
};

struct exits_row {
	__u64 ns;	   /* exit to entry, all of it */
	__u64 off_ns;	   /* … of which off-CPU in the kernel's handling */
	__u64 user_ns;	   /* … of which in user space, on CPU */
	__u64 user_off_ns; /* … of which in user space, off CPU */
	__u64 max_ns;
	__u64 key;  /* reason, or the detail's key */
	__u32 slot; /* of the vCPU */
	__u16 kind; /* enum exits_kind */
	__u16 used;
	__u64 count; /* for a detail that is not timed */
	/* of exits under way when the probe attached: the part since then */
	__u64 before_ns;
	__u32 bucket[EXITS_BUCKETS];
};

/* The vCPU whose thread a CPU runs now, if exits are timed; a cache line each. */
struct exits_cpu {
	__u32 slot; /* index; 0: none */
	__u32 pad;
	__u64 scratch;
	__u64 pad2[6];
};

/* The key of a detail's row. */
struct exits_detail_key {
	__u64 key;
	__u32 slot;
	__u32 kind;
};

#define EXITS_FRAMES 64 /* of a stack, the innermost first */
#define EXITS_STACKS 4096

/*
 * Where in the kernel the vCPU's thread was during the exit under way, by the numbers of stacks;
 * negative: it could not be kept (-errno; -EFAULT on the CPU: it was in user space).
 */
struct exits_where {
	__u64 off_ns; /* the longest time off the CPU so far; 0: none */
	__u64 on_ns;  /* how long the exit had taken when it was seen on the CPU; 0: it was not */
	__s32 off_stack, on_stack;
	__s32 now; /* where it was switched out the last time */
	__u32 pad;
};

/* How much could not be recorded, by cause. */
struct exits_lost {
	__u64 slots;   /* exits of vCPUs that got no slot */
	__u64 reasons; /* exits of vCPUs with more than EXITS_REASONS reasons */
	__u64 rows;    /* reasons that got no histogram: counted, not timed */
	__u64 details; /* exits whose detail got no row, but which are counted by reason */
	__u64 events;  /* events for which the ring had no room */
	__u64 tasks;   /* switches whose off-CPU time was not recorded */
};

/* kvm_exit's record in its usual form; checked against the kernel's own description. */
struct exits_record {
	__u64 common;
	__u32 exit_reason;
	__u32 pad;
	__u64 guest_rip;
	__u32 isa;
	__u32 pad2;
	__u64 info1, info2;
	__u32 intr_info, error_code;
	__u32 vcpu_id;
};

/* What a kprobe is given on x86-64. */
struct exits_registers {
	__u64 before[14];
	__u64 di; /* the first argument */
};

/* What an event is of. */
enum exits_event_kind {
	EXITS_EVENT_EXIT,    /* one that has ended */
	EXITS_EVENT_OFF_CPU, /* its thread has a CPU again */
	EXITS_EVENT_MOMENT,  /* an exit that is not timed */
};

/* A slow exit, as streamed; when recording all of them, and when their threads had no CPU. */
struct exits_event {
	__u64 time_ns; /* CLOCK_MONOTONIC at the entry that ended the exit, or the switch to it */
	__u64 ns;      /* until then */
	__u64 off_ns;  /* of that; of EXITS_EVENT_OFF_CPU: ready to run, and waiting for a CPU */
	__u64 user_ns, user_off_ns;
	__u64 rip; /* 0: not known */
	__u64 detail;
	__u32 reason;
	__u32 tgid, tid;
	__s32 vcpu_id;
	__u32 slot;
	__u8 isa, detail_kind;
	__u8 kind;		  /* enum exits_event_kind */
	__u8 missed;		  /* events of this vCPU before it were lost */
	struct exits_where where; /* all 0 where no stacks are asked for */
};

#endif
