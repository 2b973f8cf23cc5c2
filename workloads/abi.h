/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest payload and the host agree on: the mailbox in guest memory, the ELF note by which
 * the payload is found and entered, and the addresses of the devices that workloads poke at.
 *
 * Included by freestanding guest code and by the host. All integers are little endian and naturally
 * aligned; there is no implicit padding (tests/unit checks the offsets).
 *
 * Trust: the host treats every byte that the guest can write as hostile. It reads `status` and the
 * arrays once the vCPUs have stopped, copies them, and checks every count against the capacities
 * below before it uses it as a length or an index.
 */
#ifndef HVBENCH_ABI_H
#define HVBENCH_ABI_H

#include <stdint.h>

#define HV_ABI_VERSION	 4
#define HV_MAILBOX_MAGIC 0x4843425648ull /* "HVBCH", little endian: set by the guest's image */
#define HV_HOST_MAGIC	 0x54534f48u	 /* "HOST": written by a host that reads the mailbox */

/* Capacities of the arrays in the mailbox. */
#define HV_MAX_PARAMS  8
#define HV_MAX_SAMPLES 4096
#define HV_MAX_EMPTY   64
#define HV_NAME_BYTES  32
#define HV_MAX_VCPUS   64
#define HV_MAX_RAM     8

/*
 * Log-linear histogram of single operations, in cycles: values below 16 have a bucket each, above
 * that every octave has 16. The bucket of v >= 16 is (msb(v) - 3) * 16 + the four bits below the
 * msb; relative width is at most 1/16. The same layout as struct hist of bench/base/hist.h.
 */
#define HV_HIST_SUB_BITS 4
#define HV_HIST_BUCKETS	 ((64 - HV_HIST_SUB_BITS + 1) << HV_HIST_SUB_BITS)

/* Doorbell values: what the guest writes (32 bits) to the doorbell port. */
enum hv_doorbell {
	/* idle: the command's result is complete, the next one may be written */
	HV_BELL_READY = 1,
	HV_BELL_BEGIN = 2, /* the timed part begins with the next instruction */
	HV_BELL_END = 3,   /* the timed part is over */
	HV_BELL_FAULT = 4, /* an exception that was not expected: see status.fault */
	HV_BELL_STEP = 5,  /* with HV_CMD_STEP: a sample begins with the next instruction */
};

enum hv_state {
	HV_STATE_BOOTING = 0,
	HV_STATE_READY = 1,
	HV_STATE_RUNNING = 2,
	HV_STATE_DONE = 3,
	HV_STATE_FAULT = 4,
	HV_STATE_REFUSED = 5, /* see status.refusal */
	HV_STATE_TRYING = 6,  /* at the first operation of a workload that may not be possible */
};

/* Why a guest would not run a command. */
enum hv_refusal {
	HV_REFUSED_NONE = 0,
	HV_REFUSED_UNKNOWN_WORKLOAD,
	HV_REFUSED_TOO_FEW_VCPUS,
	HV_REFUSED_ARENA_TOO_SMALL,
	HV_REFUSED_NO_LAPIC,
	HV_REFUSED_NO_DEADLINE_TIMER,
	HV_REFUSED_PARAMETER,
	/* an event (interrupt, other vCPU) that the workload waits for never came */
	HV_REFUSED_TIMEOUT,
	/* the CPU does not have what the workload's `optional` names */
	HV_REFUSED_NOT_THERE,
	/* the first operation, which was only tried, raised the exception in status.fault */
	HV_REFUSED_RAISED,
	/* the hypervisor does not offer its guests what a parameter asks for */
	HV_REFUSED_NOT_OFFERED,
	HV_REFUSED_MAX,
};

enum hv_boot_flags {
	HV_BOOT_X2APIC = 1 << 0,   /* use the local APIC in x2APIC mode */
	HV_BOOT_NO_LAPIC = 1 << 1, /* there is no local APIC: idle vCPUs spin, no interrupts */
};

enum hv_command_flags {
	/* map the arena with 4 KiB guest pages instead of 2 MiB ones */
	HV_CMD_GUEST_4K = 1 << 0,
	HV_CMD_STEP = 1 << 1,  /* ring before each sample, so that VMs can take turns */
	HV_CMD_STEAL = 1 << 2, /* have KVM write `steal` for the working vCPUs, from this
					 * command on */
	HV_CMD_EXACT = 1 << 3, /* the clock counts instructions: subtract all that the
					 * operation itself does not take */
	HV_CMD_MARK = 1 << 4,  /* execute what a debugger stops at, before operations that are
				 * like those of the samples */
};

enum hv_steal_state {
	HV_STEAL_OFF = 0, /* not asked for */
	HV_STEAL_ON,
	HV_STEAL_NOT_KVM,    /* the hypervisor that the guest sees is not KVM */
	HV_STEAL_NO_FEATURE, /* KVM does not offer it to this guest */
	HV_STEAL_MAX,
};

/* Host to guest. The guest copies it before it acts on it. */
struct hv_command {
	/* changes with every command; written last: the guest polls it */
	uint32_t seq;
	uint32_t flags;			/* enum hv_command_flags */
	char workload[HV_NAME_BYTES];	/* NUL-terminated */
	uint64_t params[HV_MAX_PARAMS]; /* in the order of the workload's descriptor */
	uint64_t ops_per_sample;	/* 0: calibrate so that a sample takes target_cycles */
	uint64_t target_cycles;
	uint32_t samples; /* at most HV_MAX_SAMPLES */
	/* operations timed one by one into the histogram, 0: none */
	uint32_t singles;
	uint64_t single_budget_cycles; /* stop timing single operations after this long */
	uint64_t arena_gpa;	       /* memory that workloads may use: base and size in bytes */
	uint64_t arena_bytes;
	uint64_t tables_gpa; /* memory for the page tables that map it */
	uint64_t tables_bytes;
	uint32_t ring; /* 0 or 3: where the timed loop runs */
	/*
	 * How many vCPUs perform the operations at the same time, each with its own samples and its
	 * own part of the arena; 0 is 1. vCPU i's samples begin at samples[i * command.samples],
	 * its empty loops at empty[i * (HV_MAX_EMPTY / parallel)].
	 */
	uint32_t parallel;
};

struct hv_fault {
	uint32_t vector;
	uint32_t vcpu;
	uint64_t error_code;
	uint64_t rip;
	uint64_t cr2;
	uint64_t cs;
};

/* Guest to host. */
struct hv_status {
	uint32_t state;	  /* enum hv_state */
	uint32_t seq;	  /* of the command that `state` is about */
	uint32_t refusal; /* enum hv_refusal */
	uint32_t nr_samples;
	uint32_t nr_empty;
	uint32_t nr_singles;	  /* operations in the histogram */
	uint64_t ops_per_sample;  /* what was used */
	uint64_t bell_tsc;	  /* guest TSC just before the last doorbell */
	uint64_t single_overhead; /* cycles that timing nothing takes: reported, not
					 * subtracted from the singles */
	uint64_t single_max;	  /* the longest single operation, exactly */
	uint32_t vcpus_online;
	/*
	 * Batches as long as a sample that were in the timed part and are none: vCPUs that have
	 * their samples go on until all have.
	 */
	uint32_t overhang;
	uint64_t entry_tsc; /* guest TSC at the first instruction of vCPU 0 */
	struct hv_fault fault;
};

/*
 * A number that grows while a command makes progress. Its value means nothing; the host only looks
 * whether it has changed.
 */
static inline uint64_t hv_progress(const volatile struct hv_status *status)
{
	return (uint64_t)status->nr_samples + status->nr_empty + status->nr_singles;
}

enum hv_role {
	HV_ROLE_ALONE = 0, /* or the one that measures */
	HV_ROLE_ANSWER,	   /* answers the other: workloads/vm-switch.c */
};

/*
 * Shared by host and guest while a command runs: see workloads/inject.c, which the members are
 * named for, io-out.c and vm-switch.c.
 */
struct hv_kick {
	uint64_t guest_seq; /* guest: "send me interrupt number guest_seq" */
	uint64_t host_seq;  /* host: number of the interrupt it sent last */
	uint64_t host_tsc;  /* host: guest-clock TSC when it sent it */
	uint64_t role;	    /* host: enum hv_role, of a VM of two */
};

/*
 * How the doorbell is rung where the host owns no port: the guest writes `value`, then the next
 * `seq`, and waits until the host has written that number to `ack`. Meanwhile the host can read
 * whatever it needs.
 */
struct hv_bell {
	uint32_t value; /* enum hv_doorbell */
	uint32_t seq;
	uint32_t ack;
	uint32_t reserved;
};

struct hv_range {
	uint64_t gpa;
	uint64_t bytes;
};

/*
 * The steal time record of one vCPU. KVM writes it once the guest has enabled it; the layout is
 * KVM's.
 */
struct hv_steal {
	uint64_t ns;	  /* ready to run and not running */
	uint32_t version; /* odd while it is written; 0: never was */
	uint32_t flags;
	uint32_t preempted;
	uint32_t reserved[11];
};

/*
 * Workloads that the host measures while a guest runs (WORKLOAD_HOST with a run function) have the
 * guest obey orders: the host fills in one vCPU's order, then writes the next number to `seq`; the
 * vCPU does it and writes the number to `done`. Until the next one comes it spins, and vCPU 0 notes
 * each gap in its own time: see runtime/orders.c.
 */
enum hv_order_what {
	HV_ORDER_SPIN, /* nothing: whoever sees it done knows that the vCPU spins again */
	HV_ORDER_READ, /* one byte each `step` bytes of that part of the arena */
	HV_ORDER_WRITE,
	HV_ORDER_END, /* obey no more */
};

struct hv_order {
	uint32_t seq;
	uint32_t what;	 /* enum hv_order_what */
	uint64_t offset; /* in the arena */
	uint64_t bytes;
	uint64_t step;
	uint32_t done; /* guest */
	uint32_t reserved;
	uint64_t cycles; /* guest: what the last one took */
	uint64_t reserved2[2];
};

#define HV_MAX_GAPS 4096

struct hv_gap {
	uint64_t tsc; /* the last reading before it */
	uint64_t cycles;
};

/* Gaps between readings of the clock by a vCPU that does nothing else. */
struct hv_gaps {
	uint64_t least_cycles; /* host: shorter ones are not noted */
	uint64_t nr;	       /* guest: since the VM began; number i is in list[i % HV_MAX_GAPS] */
	uint64_t cycles;       /* guest: of all of them */
	uint64_t spun_cycles;  /* guest: time spent in looking for them */
	struct hv_gap list[HV_MAX_GAPS];
};

struct hv_mailbox {
	uint64_t magic;	  /* HV_MAILBOX_MAGIC, in the image */
	uint32_t version; /* HV_ABI_VERSION, in the image */
	uint32_t size;	  /* sizeof(struct hv_mailbox), in the image */
	/* Set by the host before the first entry, constant afterwards. */
	uint32_t host_magic;	/* HV_HOST_MAGIC: a host reads this mailbox; 0:
					 * stand-alone */
	uint32_t doorbell_port; /* 0: none, bells are rung by `bell` */
	uint64_t tsc_khz;	/* 0: not known */
	uint32_t boot_flags;	/* enum hv_boot_flags */
	uint32_t nr_vcpus;
	struct hv_command command;
	struct hv_kick kick;
	struct hv_status status;
	struct hv_bell bell;
	struct hv_range ram[HV_MAX_RAM]; /* from the memory map, where the guest was booted
						 * with one */
	/* cycles of a whole batch, or of one self-timed operation */
	uint64_t samples[HV_MAX_SAMPLES];
	/* cycles of the empty loop, as many iterations as a batch */
	uint64_t empty[HV_MAX_EMPTY];
	uint32_t hist[HV_HIST_BUCKETS];
	uint32_t steal_state; /* enum hv_steal_state, of the first vCPU */
	uint32_t reserved;
	/* 64-byte aligned, since the mailbox is page-aligned */
	struct hv_steal steal[HV_MAX_VCPUS];
	struct hv_order orders[HV_MAX_VCPUS];
	struct hv_gaps gaps;
};

/*
 * The payload's ELF note (owner "hvbench", type HV_NOTE_PAYLOAD): addresses are guest-physical and,
 * since low memory is mapped one to one, guest-virtual as well.
 *
 * Entry for a VMM that can set registers: 64-bit mode, CPL0, CR0.PE|PG|WP|ET|NE, CR4.PAE|OSFXSR|
 * OSXMMEXCPT, EFER.LME|LMA|SCE, CR3 = pml4, flat segments, IF clear, RDI = index of the vCPU, RIP =
 * entry64. The tables at pml4 map the first 4 GiB.
 */
#define HV_NOTE_NAME	"hvbench"
#define HV_NOTE_PAYLOAD 1
struct hv_payload_note {
	uint32_t abi_version;
	uint32_t size; /* of this structure */
	uint64_t entry64;
	uint64_t pml4;
	uint64_t mailbox;
	uint64_t image_end; /* first byte above the image and its bss */
};

/*
 * Guest-physical memory map of our own VMM. Other VMMs bring their own; see runtime/standalone.c.
 */
#define HV_LOW_BYTES (16ull << 20) /* payload, stacks, mailbox */
#define HV_ARENA_GPA (4ull << 30)  /* workloads' memory: a slot of its own */
#define HV_ARENA_VA  (1ull << 39)  /* where the payload maps the arena: PML4 entry 1 */

/*
 * The part of the arena that each of several vCPUs works in: no two share a large page or a page of
 * page tables.
 */
#define HV_ARENA_ALIGN (2ull << 20)
static inline uint64_t hv_arena_part(uint64_t bytes, uint32_t parallel)
{
	return parallel > 1 ? (bytes + HV_ARENA_ALIGN - 1) & ~(HV_ARENA_ALIGN - 1) : bytes;
}

/*
 * Devices: ports and addresses that no usual machine model claims, so that the same payload finds
 * no device there under QEMU and Xen (port 0x80 is not intercepted in a Xen domU).
 */
#define HV_PORT_USER	  0x500 /* goes to user space */
#define HV_PORT_DOORBELL  0x504 /* 32 bits wide */
#define HV_PORT_IOEVENTFD 0x510 /* 16 bits wide, any value */
#define HV_PORT_MATCH	  0x514 /* 16 bits wide, the value HV_MATCH only */
#define HV_PORT_PMTIMER	  0x608 /* 32 bits wide: goes to user space, which reads a clock */
#define HV_PORT_PIC	  0x4d0 /* ELCR: handled by the in-kernel PIC */
#define HV_MMIO_USER	  0xd0000000ull
#define HV_MMIO_IOEVENTFD 0xd0001000ull
#define HV_MMIO_MATCH	  0xd0001008ull /* 32 bits wide, the value HV_MATCH only */
#define HV_MATCH	  7		/* the number of a virtqueue, say */
#define HV_MMIO_COALESCED 0xd0002000ull
#define HV_MMIO_ROM	  0xd0003000ull /* a page, read-only to the guest */
#define HV_MMIO_LAPIC	  0xfee00000ull

/* Interrupt vectors the payload uses; the host routes HV_IRQFD_GSI to HV_VECTOR_INJECT by MSI. */
#define HV_VECTOR_TIMER	    0x40
#define HV_VECTOR_IPI	    0x41
#define HV_VECTOR_INJECT    0x42
#define HV_VECTOR_WAKE	    0x43
#define HV_VECTOR_BROADCAST 0x44
#define HV_VECTOR_COMPLETE  0x45 /* its slot: before EOI; the next one's: after it */
#define HV_VECTOR_FLUSH	    0x47 /* its handler flushes the vCPU's TLB */
#define HV_VECTOR_PAGE	    0x48 /* a page has come: workloads/async-pf.c */
#define HV_VECTOR_SPURIOUS  0xff
#define HV_IRQFD_GSI	    24

#endif
