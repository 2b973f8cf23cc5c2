/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A workload: a descriptor and a function that performs n operations.
 *
 * Each workload is one file, compiled into both the guest payload and the host's program. In the
 * program the descriptor is what `hvbench list` prints and the planner checks against, and where
 * `native` is set the native backend runs the function too. DEFINE_WORKLOAD() puts the descriptor
 * into a linker section, so that adding the file is all there is to do.
 */
#ifndef HVBENCH_WORKLOAD_H
#define HVBENCH_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/abi.h"

enum workload_group {
	GROUP_EXIT,
	GROUP_INTERRUPT,
	GROUP_MEMORY,
	GROUP_SCHED,
	GROUP_IO,
	GROUP_LIFECYCLE,
	NR_GROUPS,
};

enum workload_kind {
	/* run(n) performs n operations, the runtime reads the clock around it */
	WORKLOAD_BATCH,
	/* run(1) performs one operation and returns the cycles that count */
	WORKLOAD_SELF_TIMED,
	/*
	 * measured by the host in ns; the guest only gets to its entry or, if there is a run(),
	 * obeys the host's orders
	 */
	WORKLOAD_HOST,
};

/* What the VM and the host must provide for a workload. */
enum workload_needs {
	NEEDS_PIC = 1 << 0,   /* in-kernel PIC: irqchip=kernel */
	NEEDS_LAPIC = 1 << 1, /* in-kernel local APIC: irqchip=kernel or split */
	NEEDS_XAPIC = 1 << 2, /* the local APIC in xAPIC (MMIO) mode */
	NEEDS_IOEVENTFD = 1 << 3,
	NEEDS_COALESCED_MMIO = 1 << 4,
	NEEDS_INJECTOR = 1 << 5, /* a host thread that answers mailbox.kick through an
					 * irqfd */
	NEEDS_DEADLINE_TIMER = 1 << 6,
	NEEDS_USER_SPACE = 1 << 7, /* a VMM behind KVM: its port and MMIO handlers */
	NEEDS_HYPERVISOR = 1 << 8, /* one below the guest: without it the instruction is
					 * undefined */
	NEEDS_ROM = 1 << 9,	   /* a page of memory that is read-only to the guest */
	NEEDS_USERFAULT = 1 << 10, /* a host thread that provides pages: see `fetch` */
	/* a second VM of the same kind, on the same CPU, each interrupting the other */
	NEEDS_PEER = 1 << 11,
	NEEDS_RECEIVER = 1 << 12, /* a host thread that waits for the doorbell */
	/* Hyper-V's CPUID leaves, where the hypervisor has them; the guest looks whether it has */
	NEEDS_HYPERV = 1 << 13,
	NEEDS_QUEUE = 1 << 14, /* someone behind a queue in the arena: `queue` */
	/* with NEEDS_HYPERV: its synthetic interrupt controller switched on, where KVM has it */
	NEEDS_SYNIC = 1 << 15,
};

/* The cache that the default of a workload's first parameter, its working set, has to fit into. */
enum workload_cache {
	CACHE_NONE, /* none: the default is `value` */
	CACHE_L2,   /* the second level; `value` where the host does not say how large
				 * that is */
	CACHE_LAST, /* the last level, likewise */
};

enum param_kind {
	PARAM_COUNT,
	PARAM_HEX, /* a number that people write in hexadecimal */
	PARAM_SIZE,
	PARAM_TIME_NS,
	PARAM_CHOICE
};

struct workload_param {
	const char *name;
	const char *help;
	enum param_kind kind;
	uint64_t value;		    /* default; for PARAM_CHOICE the index into choices */
	uint64_t min, max;	    /* inclusive; not for PARAM_CHOICE */
	const char *const *choices; /* NULL-terminated */
};

/*
 * The exits that one operation takes on hardware, by the names of KVM's kvm_exit tracepoint. An
 * exit that only one of them takes has no name for the other. A workload whose number of exits is
 * not constant says so in exits_note and leaves the table empty.
 */
struct workload_exit {
	const char *vmx, *svm; /* both NULL: the end of a table */
	uint32_t per_op;
	uint32_t apic; /* of them, those for registers of the local APIC: with x2apic=off they are
			* accesses to memory, and are named so */
};

/* A read or write of the local APIC's page. */
#define EXIT_XAPIC_VMX "APIC_ACCESS"
#define EXIT_XAPIC_SVM "npf"

#define HV_STATE_WORDS 16

struct workload_ctx {
	const uint64_t *params;
	uint8_t *arena; /* its virtual address */
	uint64_t arena_bytes;
	uint32_t cpu, nr_cpus;
	uint64_t tsc_khz;	 /* 0: not known */
	struct hv_kick *kick;	 /* mailbox.kick; NULL where there is no host */
	volatile uint32_t *stop; /* assist(): return when this becomes non-zero */
	/*
	 * HV_STATE_WORDS of the workload's own, zeroed before setup(): shared by all vCPUs of the
	 * VM or, with parallel=, each vCPU's own (and so are the arena and setup())
	 */
	volatile uint64_t *state;
};

/* Who answers the first touch of a page of the arena. */
enum workload_faults {
	FAULTS_KERNEL,
	FAULTS_MISSING, /* a thread of the host: there is no page yet */
	FAULTS_MINOR,	/* likewise; the page is there and only not mapped */
};

/* What that one does about a touch. */
struct workload_fetch {
	enum workload_faults faults;
	uint64_t batch;	   /* pages provided at once */
	uint64_t delay_ns; /* how long it sleeps first */
};

/* Who is behind a queue in the arena, and which queue it is. */
enum workload_queue {
	QUEUE_SLEEPS, /* queue.h: a thread that sleeps while there is nothing to do */
	QUEUE_POLLS,  /* likewise; one that never sleeps */
	QUEUE_VSOCK,  /* vsock.h: a thread that sleeps */
	QUEUE_VHOST,  /* likewise; the kernel's vhost */
};

struct workload {
	const char *name;
	const char *what; /* one line: what one operation is */
	enum workload_group group;
	enum workload_kind kind;
	const char *unit;  /* "cycles", "ns" or "bytes_per_s" */
	unsigned int ring; /* 3, or 0 for what needs CPL0 */
	bool ring_choice;  /* the user may choose the ring by the parameter ring= */
	bool native;
	/* the loop runs in parallel with the operation: nothing is subtracted */
	bool keep_loop;
	/* run() does a lot once, whatever n is: with a clock that is exact it is subtracted */
	bool long_around;
	bool waits;	  /* WORKLOAD_HOST: most of the time is a wait, for a kernel
					 * grace period or a guest */
	bool notes_gaps;  /* in mailbox.gaps: what the host saw meanwhile is asked for */
	bool small_pages; /* wants 4 KiB host pages unless the user says otherwise */
	/*
	 * Only one vCPU of a VM at a time can run it, because of what it shares (an interrupt
	 * vector, a device's state): no parallel=.
	 */
	bool one_vcpu;
	enum workload_cache cache;
	/*
	 * What the vCPU may lack, or its hypervisor may be unable to do ("INVPCID"): the first
	 * operation is tried, and if it raises an exception, hangs, or makes KVM give up, the cell
	 * is skipped with that reason. NULL: possible everywhere.
	 */
	const char *optional;
	unsigned int vcpus;	 /* 0 means 1 */
	unsigned int needs;	 /* enum workload_needs */
	unsigned int user_exits; /* exits to user space (KVM_EXIT_*) per operation */
	struct workload_exit exits[4];
	/* Instead of `exits`, where they depend on the parameters. */
	const struct workload_exit *(*exits_with)(const uint64_t *params);
	const char *exits_note; /* why, where the number is not constant or can be lower */
	struct workload_param params[HV_MAX_PARAMS]; /* ends with a NULL name */

	/* Bytes of arena needed (NULL: none), bytes moved by one operation (unit bytes_per_s). */
	uint64_t (*arena_bytes)(const uint64_t *params);
	uint64_t (*bytes_per_op)(const uint64_t *params);
	/*
	 * The most operations that one fresh VM can do (NULL: any number), for what can be done
	 * only once per page. Samples times operations per sample stays below it.
	 */
	uint64_t (*max_ops)(const uint64_t *params);
	/*
	 * Operations of which only one may pay for what all need (one notification for a batch; one
	 * fault for its pages): samples hold a multiple of them, and none is timed by itself. NULL,
	 * 0 or 1: each pays for itself.
	 */
	uint64_t (*shared_by)(const uint64_t *params);
	/*
	 * Whether the host populates the arena with pages before the guest starts (NULL: it does
	 * not).
	 */
	bool (*populate)(const uint64_t *params);
	/* With NEEDS_QUEUE. */
	enum workload_queue (*queue)(const uint64_t *params);
	/* With NEEDS_USERFAULT. */
	struct workload_fetch (*fetch)(const uint64_t *params);

	/* At CPL3, not timed; returns an enum hv_refusal. */
	int (*setup)(struct workload_ctx *ctx);
	/*
	 * At CPL `ring`. Returns 0 or, if self-timed, the cycles of the one operation
	 * (HV_EVENT_LOST: its event never came).
	 */
	uint64_t (*run)(struct workload_ctx *ctx, uint64_t n);
	/* Run on every other vCPU, at CPL3, while the first one is in run(). */
	void (*assist)(struct workload_ctx *ctx);
};

#define HV_EVENT_LOST (~0ull)

/* Whether several vCPUs of one VM can run it at once (parallel=). */
static inline bool workload_is_parallel(const struct workload *w)
{
	return w->kind == WORKLOAD_BATCH && w->vcpus <= 1 && !w->one_vcpu;
}

/*
 * For functions that only the payload can run; the host's copy of the workload has the descriptor
 * alone.
 */
#ifdef HV_GUEST
#define GUEST_ONLY(fn) (fn)
#else
#define GUEST_ONLY(fn) NULL
#endif

#define DEFINE_WORKLOAD(ident) \
	extern const struct workload ident; \
	static const struct workload *const ident##_entry \
		__attribute__((used, section("workload_table"))) = &ident; \
	const struct workload ident

extern const struct workload *const __start_workload_table[];
extern const struct workload *const __stop_workload_table[];

#define for_each_workload(entry) \
	for (const struct workload *const *entry = __start_workload_table; \
	     entry < __stop_workload_table; entry++)

#endif
