/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our own VMM over /dev/kvm: just enough machine for the payload, and nothing between a user-space
 * exit and the next KVM_RUN but a switch.
 *
 *	vm__create()           VM, irqchip, memory with the payload in it
 *	vm__create_vcpus()     vCPUs at the payload's 64-bit entry
 *	vm__start_secondaries()  threads for vCPU 1 and up
 *	vcpu__run()            runs a vCPU in the calling thread until its next doorbell
 *	vm__destroy()
 *
 * Which thread runs vCPU 0 is the caller's business, so that one thread can run several VMs in turn.
 */
#ifndef HVBENCH_VM_H
#define HVBENCH_VM_H

#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "bench/kvm/kvmstats.h"
#include "bench/plan/config.h"
#include "bench/vmm/dirty.h"
#include "workloads/abi.h"

#define VM_MAX_SLOTS		2
#define VM_MAX_USER_EXITS	64	/* KVM_EXIT_* that are counted apart */

/* memory.c: anonymous memory of a backing. */
struct memory {
	void *host;
	uint64_t bytes;
	enum config_pages pages;
};

/*
 * -EOPNOTSUPP: `bytes` are more than the host, or what control groups allow of it, has available now. They
 * are to be those of all that will be alive at once, since pages only come when they are touched.
 * `at_first`: what was available when the run began, 0: not known.
 */
int memory__check(uint64_t bytes, uint64_t at_first, struct error *err);
/* Rounds bytes up to whole pages of the backing. */
int memory__alloc(struct memory *mem, uint64_t bytes, enum config_pages pages, struct error *err);
/* The same at this address if nobody is there, else anywhere. */
int memory__alloc_at(struct memory *mem, uint64_t address, uint64_t bytes, enum config_pages pages,
		     struct error *err);
/*
 * In 4 KiB pages that are all there and none of them mapped: the first touch of each is a fault
 * that finds it.
 */
int memory__alloc_unmapped(struct memory *mem, uint64_t bytes, struct error *err);
/* Before it is touched: its pages come from the NUMA node. */
int memory__bind(struct memory *mem, int node, struct error *err);
/*
 * Bound, but not yet touched: whether the host really gives the huge pages it reserved. -EOPNOTSUPP where it
 * would answer the first touch of one by SIGBUS. They are given back.
 */
int memory__prove(struct memory *mem, struct error *err);
/* Puts host pages behind all of it. */
int memory__populate(struct memory *mem, struct error *err);
/* Bytes of it that huge pages back now, by /proc/self/smaps; negative errno when not known. */
int64_t memory__huge_bytes(const struct memory *mem);
void memory__free(struct memory *mem);

/* payload.c: the guest's ELF image. Untrusted: it may be any file. */
struct payload {
	const uint8_t *image;
	size_t bytes;
	bool mapped;			/* to be unmapped */
	struct hv_payload_note note;
};

/* path NULL: the one embedded in the program. */
int payload__open(struct payload *payload, const char *path, struct error *err);
/* Whether the addresses in its note lie in guest memory [0, low_bytes). */
int payload__check(const struct payload *payload, uint64_t low_bytes, struct error *err);
/* Copies the segments to guest memory [0, low_bytes) at `low`. */
int payload__load(const struct payload *payload, uint8_t *low, uint64_t low_bytes, struct error *err);
void payload__close(struct payload *payload);

struct vm;
struct watchdog;

struct vcpu {
	struct vm *vm;
	unsigned int index;
	int fd;
	struct kvm_run *run;
	size_t run_bytes;
	struct kvm_coalesced_mmio_ring *coalesced;	/* NULL: none */
	struct kvm_dirty_gfn *dirty_ring;	/* NULL: none */
	uint32_t dirty_next;				/* entry that KVM fills next, as far as we know */
	struct kvmstats stats;
	uint64_t user_exits[VM_MAX_USER_EXITS];		/* returns of KVM_RUN by exit reason */
	uint64_t interrupted;				/* returns of KVM_RUN with EINTR */
	uint64_t bells;					/* doorbells it rang */
	volatile sig_atomic_t stop;			/* set by vcpu__kick() and the watchdog */
	pid_t tid;			/* of the thread that ran it last, 0: none */
	pthread_t thread;		/* of its own, if has_thread: vCPU 1 and up */
	bool has_thread;
	pthread_mutex_t turn;		/* with has_thread: guards `held` and `parked` */
	pthread_cond_t turned;
	bool held, parked;		/* it shall stand still; it does */
	struct error failure;		/* why the thread ended, code 0: it was told to */
	volatile int ended;
	struct watchdog *dog;		/* that watches it now; NULL: none */
	bool overdue;			/* the last one was renewed as often as it may be */
};

struct vm {
	int kvm_fd, fd;
	struct config config;
	struct memory low, arena;
	const struct payload *payload;
	struct vcpu *vcpus;
	unsigned int nr_vcpus;
	struct kvmstats stats;
	bool has_stats;
	int ioeventfd, irqfd;		/* -1: none */
	int coalesced_offset;		/* page of the run mapping, 0: none */
	uint64_t tables_gpa, tables_bytes;
	struct dirty_log dirty;
	uint64_t tsc_khz;
	bool tsc_is_host;		/* the guest's TSC reads as the host's */
	unsigned int first_pin;
	char disable_exits_refused[96];	/* which of config.disable_exits KVM did not grant */
};

/* Page tables that map an arena of that size by 4 KiB pages, in whole 2 MiB. */
uint64_t vm__table_bytes(uint64_t arena_bytes);

/* Opens /dev/kvm and checks its API version: -ENOENT, -EACCES, -ENODEV, each with what to do. */
int vm__open_kvm(struct error *err);
/* The TSC's frequency by KVM, in kHz; 0 where there is no KVM or it does not tell without a vCPU. */
uint64_t vm__host_tsc_khz(void);

struct vm_request {
	const struct config *config;
	const struct payload *payload;
	uint64_t arena_bytes;
	enum config_pages arena_pages;	/* resolved, not PAGES_AUTO */
	unsigned int nr_vcpus;
	bool ioeventfd, coalesced_mmio, irqfd;
	bool populate;			/* host pages behind the arena from the start */
	unsigned int first_pin;		/* vCPU i goes to CPU number first_pin + i of config.pin */
	bool x2apic;
};

int vm__create(struct vm *vm, const struct vm_request *req, struct error *err);
/* Everything vm__create() does, in steps, for whoever times them. */
int vm__create_fd(struct vm *vm, struct error *err);
int vm__setup(struct vm *vm, const struct vm_request *req, struct error *err);
int vm__add_vcpu(struct vm *vm, unsigned int index, struct error *err);
/* Their threads inherit the scheduling class of the caller. */
int vm__start_secondaries(struct vm *vm, struct error *err);
/* Gives a thread (0: the calling one) the scheduling class of the configuration. */
int vm__set_class(const struct config *config, pid_t tid, struct error *err);
/* Restricts it to the CPU that config.pin has for this number, or to the node's; see placement.h. */
int vm__pin_thread(const struct config *config, pid_t tid, unsigned int number, struct error *err);
void vm__destroy(struct vm *vm);

/* The memory behind a slot; NULL: there is no such slot. */
const struct memory *vm__slot(const struct vm *vm, uint32_t slot);
/* Has KVM log writes to all slots, or stop it. */
int vm__log_slots(struct vm *vm, bool on, struct error *err);
struct hv_mailbox *vm__mailbox(struct vm *vm);

/* irqchip.c */
int irqchip__create(struct vm *vm, struct error *err);	/* before the vCPUs */
bool irqchip__has_lapic(const struct config *config);
int irqchip__route_msi(struct vm *vm, uint32_t gsi, uint8_t vector, struct error *err);
int irqchip__add_irqfd(struct vm *vm, uint32_t gsi, struct error *err);
int irqchip__add_ioeventfds(struct vm *vm, struct error *err);
int irqchip__add_coalesced(struct vm *vm, struct error *err);

/* vcpu.c */
int vcpu__create(struct vm *vm, unsigned int index, struct error *err);
/* 64-bit entry of the payload, CPUID, clock; the vCPU has to be runnable afterwards. */
int vcpu__reset(struct vcpu *vcpu, struct error *err);
/*
 * Runs until the guest rings the doorbell: 0 and the value in *bell. Everything else is a negative
 * errno and a message that names vCPU, RIP and exit: -ETIME the watchdog or vcpu__kick(), -EIO the
 * guest cannot go on (shutdown, internal error, failed entry).
 */
int vcpu__run(struct vcpu *vcpu, uint32_t *bell, struct error *err);
/* Makes vcpu__run() return soon; from any thread, and from signal handlers. */
void vcpu__kick(struct vcpu *vcpu);
/*
 * Has a vCPU with a thread of its own stand still, outside the guest and asleep, until it is let go; each
 * returns when it is so. From the thread that runs vCPU 0.
 */
void vcpu__hold(struct vcpu *vcpu);
void vcpu__let_go(struct vcpu *vcpu);
/* Adds where the vCPU is (RIP, CPL, last exit) to the message. */
void vcpu__describe(struct vcpu *vcpu, struct error *err);
/* Ends the thread of its own, if there is one. */
void vcpu__join(struct vcpu *vcpu);
void vcpu__destroy(struct vcpu *vcpu);
const char *vcpu__exit_name(uint32_t exit_reason);

/*
 * The signal that gets a thread out of KVM_RUN, and a timer that sends it. The handler reads the vCPU
 * from the signal's value.
 */
int vcpu__init_signal(struct error *err);
struct watchdog {
	timer_t timer;
	bool armed;
	struct vcpu *vcpu;
	unsigned int timeout_ms, renewals;
	uint64_t seen;			/* of the guest's progress, when it was started or renewed */
};
#define WATCHDOG_RENEWALS	20
/*
 * For the calling thread, which runs `vcpu`. It stops the vCPU once `timeout_ms` went by in which the guest
 * neither rang a bell nor showed another sample in its mailbox, or after WATCHDOG_RENEWALS times that long:
 * what a guest shows may be a lie.
 */
int watchdog__start(struct watchdog *dog, struct vcpu *vcpu, unsigned int timeout_ms,
		    struct error *err);
void watchdog__stop(struct watchdog *dog);

#endif
