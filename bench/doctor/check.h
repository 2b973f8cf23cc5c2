/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A check of the doctor: something that guides for hosts of VMs tell people to look at. Checks that
 * belong together are in one file of this directory; DEFINE_CHECK() puts each into the table, and
 * nothing else has to name it.
 *
 * A check looks at the host and notes what it found and what follows from it in a finding
 * (finding.h). It changes nothing, and it reads only below host->root, so that tests can make a
 * host of any kind.
 */
#ifndef HVBENCH_DOCTOR_CHECK_H
#define HVBENCH_DOCTOR_CHECK_H

#include <stdbool.h>

/* What a host is for. Guides ask for opposite things for some of these. */
enum doctor_goal {
	FOR_LATENCY = 1,       /* a VM answers soon, and never late */
	FOR_THROUGHPUT = 2,    /* VMs get much done */
	FOR_DENSITY = 4,       /* many VMs share the host */
	FOR_ISOLATION = 8,     /* VMs do not trust each other, nor the host them */
	FOR_BENCHMARKING = 16, /* figures repeat */
};
#define FOR_ALL	 31
#define NR_GOALS 5
/* In the order of their bits; NULL-terminated. */
extern const char *const doctor_goals[];

/* From the best to what has to be looked at first; the last three of which nothing is known. */
enum doctor_outcome {
	DOCTOR_OK,
	DOCTOR_ADVICE,	    /* a guide advises something else */
	DOCTOR_WARNING,	    /* it costs, or fails, as it is */
	DOCTOR_CONTRADICTS, /* two settings of this host speak against each other */
	DOCTOR_NOT_APPLICABLE,
	DOCTOR_UNREADABLE,
	NR_OUTCOMES
};

/* Who advises it, and of when that is: of their last change, or when they were read. */
struct doctor_source {
	const char *by, *date;
};

#define DOCTOR_SOURCES_MAX 4

/*
 * A measurement that decides between two settings: `hvbench run -w WORKLOADS --ab A B`. A and B are
 * KEY=VALUE, of a file that is switched or of VMs' configuration; a * in a path stands for the last
 * such name (the deepest idle state).
 */
struct doctor_proof {
	const char *workloads;
	const char *config; /* KEY=VALUE of both sides, or NULL */
	const char *a, *b;
	/* the same as configurations of VMs, which no other VM feels: preferred; or NULLs */
	const char *instead[2];
	int instead_needs; /* KVM_CAP_… without which `instead` cannot be; 0: none */
	/* the same by another driver's file, for hosts where that of `a` is not there; or NULLs */
	const char *elsewhere[2];
	bool from_now;		/* side A is what is set now, where that is not B */
	bool apart;		/* sides need VMs that run one after the other */
	bool sleeps;		/* CPU time of an operation is not its time: measured as well */
	const char *operation;	/* what is timed, for people */
	unsigned int gains;	/* enum doctor_goal: for what a shorter operation is good */
	const char *unmeasured; /* what else B costs or brings, or NULL */
};

/* By what a setting outlives a reboot. */
enum doctor_kept {
	KEPT_BY_SYSCTL = 1, /* name: "vm.swappiness" */
	KEPT_BY_MODULE,	    /* a parameter: "kvm.halt_poll_ns" */
	KEPT_ON_CMDLINE,    /* of the kernel: "skew_tick"; value "": the name alone */
	KEPT_IN_SYSFS,	    /* a path below /sys, with * */
	KEPT_BY_HAND,	    /* name: what to do, in words; no value */
};

/* What is advised, as a setting that can be written down. Goals may want opposite values. */
struct doctor_keep {
	enum doctor_kept by;
	unsigned int goals;
	const char *name, *value;
};

struct doctor_host;
struct finding;

struct doctor_check {
	const char *id, *title;
	unsigned int rank;  /* what is likely to bring most is first */
	const char *where;  /* where it is read */
	unsigned int goals; /* enum doctor_goal: for which it matters */
	struct doctor_source sources[DOCTOR_SOURCES_MAX]; /* ends with a NULL */
	const char *contested; /* what sources say against each other, or NULL */
	/*
	 * How it can be seen whether it is true on this host, one of: a measurement that decides;
	 * options of `hvbench run` that show what it costs; what is missing for either.
	 */
	const struct doctor_proof *prove;
	const char *proof, *no_proof;
	const struct doctor_keep *keep; /* ends with an empty one; NULL: nothing is to be set */
	const char *root_adds;		/* what can be seen by root only, or NULL */
	bool needs_kvm;			/* where there is no KVM it is of no interest */
	void (*look)(const struct doctor_host *host, struct finding *f);
};

#define DEFINE_CHECK(ident) \
	static const struct doctor_check check_##ident; \
	static const struct doctor_check *const check_##ident##_entry \
		__attribute__((used, section("check_table"))) = &check_##ident; \
	static const struct doctor_check check_##ident

#endif
