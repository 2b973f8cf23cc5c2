/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration: how the VM and its threads are set up. Text in, structure out; one table of keys
 * serves the parser, `hvbench list configs`, the result document and the error messages.
 */
#ifndef HVBENCH_CONFIG_H
#define HVBENCH_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/cpus.h"
#include "bench/base/error.h"

enum config_pages { PAGES_AUTO, PAGES_4K, PAGES_THP, PAGES_2M, PAGES_1G };
enum config_guest_pages { GUEST_PAGES_AUTO, GUEST_PAGES_4K, GUEST_PAGES_2M };
enum config_irqchip { IRQCHIP_KERNEL, IRQCHIP_SPLIT, IRQCHIP_USER };
enum config_sched {
	SCHED_CLASS_OTHER,
	SCHED_CLASS_BATCH,
	SCHED_CLASS_IDLE,
	SCHED_CLASS_FIFO,
	SCHED_CLASS_RR
};
enum config_neighbour {
	NEIGHBOUR_NONE,
	NEIGHBOUR_IDLE,
	NEIGHBOUR_EXITS,
	NEIGHBOUR_MEMORY,
	NEIGHBOUR_CACHE,
	NEIGHBOUR_DIRTY,
	NEIGHBOUR_IPIS,
	NEIGHBOUR_TIMERS,
	NEIGHBOUR_OVERCOMMIT,
	NEIGHBOUR_IO
};
enum config_backing { BACKING_ANON, BACKING_MEMFD, BACKING_FILE };
enum config_dirty_log { DIRTY_LOG_OFF, DIRTY_LOG_BITMAP, DIRTY_LOG_RING };

/* Bits of config.disable_exits, those of KVM_CAP_X86_DISABLE_EXITS. */
#define DISABLE_EXIT_MWAIT  (1u << 0)
#define DISABLE_EXIT_HLT    (1u << 1)
#define DISABLE_EXIT_PAUSE  (1u << 2)
#define DISABLE_EXIT_CSTATE (1u << 3)

#define CONFIG_NAME_BYTES 64
#define CONFIG_VALUE_BYTES \
	512 /* enough for any key's value as text, such as a list of
					 * CPUs */
#define HALT_POLL_DEFAULT (-1)
#define NUMA_NONE	  (-1)

struct config {
	char name[CONFIG_NAME_BYTES];	     /* "default", or the KEY=VALUEs that differ from it */
	enum config_pages pages;	     /* auto: what the workload prefers, else THP */
	enum config_guest_pages guest_pages; /* auto: 4k with pages=4k, else 2m */
	enum config_irqchip irqchip;
	int64_t halt_poll_ns; /* HALT_POLL_DEFAULT: the KVM module's value */
	uint32_t disable_exits;
	bool x2apic;
	unsigned int vcpus; /* 0: as many as the workload needs */
	/* how many vCPUs of each VM run the workload at the same time */
	unsigned int parallel;
	unsigned int vms; /* how many VMs do */
	bool pinned;
	bool pin_all; /* all CPUs this process may use: `pin` is empty */
	/* vCPU i of VM j gets the (j * vcpus + i)-th CPU of the set, round robin */
	struct cpus pin;
	char pin_text[CONFIG_VALUE_BYTES]; /* as written */
	enum config_sched sched;
	int sched_priority;		 /* fifo and rr: 1..99 */
	bool ioeventfd;			 /* off: doorbells go to user space */
	int numa;			 /* of guest memory and, unless pinned, of vCPU threads;
					 * NUMA_NONE */
	unsigned int overcommit_percent; /* vCPU threads per CPU, as an alternative to `vms`; 0:
					  * not given */
	enum config_dirty_log dirty_log;
	enum config_neighbour neighbour; /* a second VM, beside the measured ones */
	enum config_backing backing;	 /* of the memory that workloads use */
	unsigned int load;		 /* busy threads beside the VMs */
};

/* Everything about a key; where it is applied can be found by the name of its field. */
struct config_key {
	const char *name;
	/* "4k|thp|2m|1g|auto": plain words are in the order of their enum */
	const char *values;
	const char *usual; /* the default */
	const char *help;
	bool has_commas; /* its values have commas in them: blanks separate them in a list */
	size_t field, field_bytes; /* in struct config; 0 bytes: it has several fields */
	unsigned int low, high;	   /* for numbers */
	/* -EINVAL: *why may explain it better than by listing `values`. */
	int (*set)(const struct config_key *key, struct config *config, const char *value,
		   const char **why);
	/* Writes what set() can read. */
	void (*get)(const struct config_key *key, const struct config *config, char *buf,
		    size_t len);
};

/* Ends with a NULL name; in the order in which they are listed. */
extern const struct config_key config_keys[];

void config__init(struct config *config);
/*
 * -ENOENT: unknown key (the message names the nearest), -EINVAL: bad value (the message lists the
 * values).
 */
int config__set(struct config *config, const char *key, const char *value, struct error *err);
/* The same from "KEY=VALUE". */
int config__set_pair(struct config *config, const char *pair, struct error *err);
/* The key's value in a form that config__set() reads back; CONFIG_VALUE_BYTES hold any of them. */
char *config__get(const struct config *config, const char *key, char *buf, size_t len);
/* Whether the key has its default value. */
bool config__is_usual(const struct config *config, const struct config_key *key);
/*
 * Whether everything is equal in which VMs that take turns in one thread cannot differ: pin, sched,
 * load and, if nothing is pinned, numa.
 */
bool config__same_thread(const struct config *a, const struct config *b);
void config__copy_thread(struct config *to, const struct config *from);
/*
 * -EINVAL: values that contradict each other; in a matrix, an exclude line can leave such cells
 * out.
 */
int config__check(const struct config *config, struct error *err);
/* Sets config->name from the values that differ from the default ("default" if none does). */
void config__name(struct config *config);

#endif
