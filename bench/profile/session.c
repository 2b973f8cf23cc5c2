// SPDX-License-Identifier: GPL-2.0-or-later
/* The watching side of `hvbench profile`. */
#include "bench/profile/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/clock.h"
#include "bench/measure/known_exits.h"
#include "bench/profile/record.h"
#include "bench/profile/recording.h"
#include "probes/exits.h"
#include "probes/exits_choose.h"
#include "probes/exits_load.h"
#include "probes/exits_profile.h"
#include "probes/exits_read.h"

#define NEXT_VM_NS \
	1000000000	/* a process without a VM for this long is taken not to
					 * make another */
#define MAX_HALTED 1024 /* threads of one process that are examined */

enum exits_kind profile__kind(const struct profile *p)
{
	return p->opts->by < EXITS_NR_KINDS ? p->opts->by : EXITS_BY_REASON;
}

struct profile_vm *profile__vm(const struct profile *p, pid_t pid)
{
	for (size_t i = 0; i < p->nr_vms; i++)
		if (p->vms[i].process.pid == pid)
			return &p->vms[i];
	return NULL;
}

const char *profile__vm_name(const struct profile *p, pid_t pid)
{
	const struct profile_vm *vm = profile__vm(p, pid);

	return !vm ? "" : *vm->process.name.name ? vm->process.name.name : vm->process.comm;
}

int profile__number(pid_t pid)
{
	return pid & (PROFILE_AGAIN - 1);
}

struct profile_vm *profile__add_vm(struct profile *p, const struct vm_process *process)
{
	struct profile_vm *vm = profile__vm(p, process->pid), *vms;

	if (vm)
		return vm;
	vms = realloc(p->vms, (p->nr_vms + 1) * sizeof(*vms));
	if (!vms)
		return NULL;
	p->vms = vms;
	vm = &vms[p->nr_vms++];
	memset(vm, 0, sizeof(*vm));
	vm->process = *process;
	if (p->record)
		record__vm(p->record, vm);
	return vm;
}

#define MAX_LISTED 12 /* names in a message */

/* "web1, web2, …" for whoever mistyped one. */
static void list_names(const struct vm_list *vms, char *text, size_t len)
{
	size_t used = 0;
	unsigned int listed = 0;

	*text = '\0';
	for (size_t i = 0; i < vms->nr && used < len; i++) {
		if (!*vms->list[i].name.name)
			continue;
		if (++listed > MAX_LISTED) {
			snprintf(text + used, len - used, ", and more");
			return;
		}
		used += (size_t)snprintf(text + used, len - used, "%s%s", used ? ", " : "",
					 vms->list[i].name.name);
	}
}

static int resolve_name(struct profile_options *opts, const struct vm_list *vms, const char *name,
			struct error *err)
{
	char names[256];
	bool found = false;

	for (size_t i = 0; i < vms->nr; i++) {
		if (!vmname__is(&vms->list[i].name, name))
			continue;
		if (opts->nr_pids == PROFILE_MAX_PIDS)
			return error__set(err, -E2BIG, "more than %d processes", PROFILE_MAX_PIDS);
		opts->pids[opts->nr_pids++] = vms->list[i].pid;
		found = true;
	}
	if (found)
		return 0;
	list_names(vms, names, sizeof(names));
	return error__set(err, -ESRCH, "no VM is called '%s'%s%s%s", name,
			  *names ? "; there are: " : "; no VM here has a name", names,
			  vms->unreadable ? " (those of other users cannot be seen: not root)" :
					    "");
}

int profile__resolve(struct profile_options *opts, struct error *err)
{
	struct vm_list vms;
	int code;

	if (!opts->nr_names)
		return 0;
	code = vmfind__all(&vms);
	if (code)
		return error__set(err, code, "looking for VMs in /proc: %s", strerror(-code));
	for (unsigned int i = 0; !code && i < opts->nr_names; i++)
		code = resolve_name(opts, &vms, opts->names[i], err);
	vmfind__free(&vms);
	return code;
}

static int find_named_vms(struct profile *p, struct error *err)
{
	struct vm_process process;

	for (unsigned int i = 0; i < p->opts->nr_pids; i++) {
		pid_t pid = p->opts->pids[i];
		int code = pidns__shows(pid) ? vmfind__process(pid, &process) : -EXDEV;

		if (code == -ESRCH)
			return error__set(err, code, "there is no process %d", pid);
		if (code == -EXDEV)
			return error__set(
				err, -EOPNOTSUPP,
				"process %d is in a PID namespace below this one: eBPF "
				"tells its number only there, or on the host; run hvbench profile "
				"there",
				pid);
		if (code == -EACCES || code == -EPERM)
			p->unreadable++; /* the probe may see it nevertheless */
		else if (code)
			return error__set(err, code, "looking for VMs of process %d: %s", pid,
					  strerror(-code));
		else if (!process.nr_vms)
			return error__set(err, -ENODEV,
					  "process %d (%s) runs no VM: it has no KVM descriptor "
					  "open; hvbench profile -a watches all VMs",
					  pid, process.comm);
		if (!profile__add_vm(p, &process))
			return error__set(err, -ENOMEM, "out of memory");
	}
	return 0;
}

static int find_vms(struct profile *p, struct error *err)
{
	struct vm_list list;
	int code;

	if (p->opts->child)
		return 0;
	if (p->opts->nr_pids)
		return find_named_vms(p, err);
	code = vmfind__all(&list);
	if (code)
		return error__set(err, code, "looking for VMs in /proc: %s", strerror(-code));
	p->unreadable = list.unreadable;
	for (size_t i = 0; !code && i < list.nr; i++)
		if (!profile__add_vm(p, &list.list[i]))
			code = error__set(err, -ENOMEM, "out of memory");
	vmfind__free(&list);
	return code;
}

/*
 * Twice those that run now, and some that come later: where all VMs are watched, perhaps since
 * before the first one started, as many as a host of that size may well have.
 */
static unsigned int room_for_vcpus(const struct profile *p)
{
	unsigned int vcpus = 64;

	if (!p->opts->nr_pids)
		vcpus += 4 * (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	for (size_t i = 0; i < p->nr_vms; i++)
		vcpus += 2 * p->vms[i].process.nr_vcpus;
	return vcpus;
}

static int choose_source(struct profile *p, struct error *err)
{
	struct exits_options opts = {
		.target = { .pids = p->opts->pids,
			    .nr_pids = p->opts->nr_pids,
			    .vcpu = p->opts->vcpu },
		.counts_only = p->opts->counts_only,
		.by = profile__kind(p),
		.rip = p->opts->over_ns,
		.over_ns = p->opts->over_ns,
		.stacks = p->opts->stacks,
		.record = p->opts->record,
		.clip = true,
		.family = p->opts->child,
		.vcpus = room_for_vcpus(p),
	};

	if (p->opts->source >= 0)
		exits__try(&p->exits, p->opts->source, &opts, calibrate__take_exits, NULL,
			   CALIBRATE_EXITS, &p->choice);
	else
		exits__choose(&p->exits, &opts, calibrate__take_exits, NULL, CALIBRATE_EXITS,
			      &p->choice);
	if (p->exits)
		return 0;
	return error__set(err, p->choice.code ?: -ENODEV, "no way to see exits here: %s",
			  p->choice.why);
}

/* The process that has the number now, as it is kept. */
static pid_t process_now(const void *ctx, pid_t number)
{
	const struct profile *p = ctx;
	const struct profile_vm *vm = NULL;
	uint64_t started;

	for (size_t i = p->nr_vms; !vm && i--;)
		if ((p->vms[i].process.pid & (int)(PIDNS_ELSEWHERE | (PROFILE_AGAIN - 1))) ==
		    number)
			vm = &p->vms[i];
	if (!vm || (number & (int)PIDNS_ELSEWHERE))
		return number;
	started = vmfind__started(number);
	/* One that is gone again cannot be told from the one before. */
	if (!started || !vm->process.started || started == vm->process.started)
		return vm->process.pid;
	return vm->process.pid + PROFILE_AGAIN;
}

/* A command's descendants have no numbers yet: of all that waits, what is theirs is shown. */
static int open_waits(struct profile *p, struct error *err)
{
	int code;

	if (p->opts->by != PROFILE_BY_CULPRIT)
		return 0;
	code = waits__open(&p->waits, p->opts->pids, p->opts->child ? 0 : p->opts->nr_pids,
			   room_for_vcpus(p), err);
	if (code)
		return code;
	p->waits->process = process_now;
	p->waits->ctx = p;
	return 0;
}

int profile__open(struct profile *p, const struct profile_options *opts, struct error *err)
{
	int code;

	memset(p, 0, sizeof(*p));
	p->opts = opts;
	code = find_vms(p, err);
	if (!code)
		code = choose_source(p, err);
	if (!code)
		code = open_waits(p, err);
	if (!code)
		code = exits__begin(p->exits, err);
	if (!code && p->waits)
		code = culprits__begin(p->waits->probe, err);
	if (code) {
		profile__close(p);
		return code;
	}
	for (size_t i = 0; i < p->nr_vms; i++)
		p->vms[i].there_first = true;
	p->begin_ns = p->interval_begin_ns = p->now_ns = clock__kernel_ns();
	return 0;
}

/* Adds the process of a vCPU that was not seen before. */
static void meet_process(struct profile *p, pid_t pid)
{
	struct profile_vm *vm = profile__vm(p, pid);
	struct vm_process process;

	if (!vm) {
		/* The process started after watching began, and may be gone already. */
		memset(&process, 0, sizeof(process));
		if (pid & (int)PIDNS_ELSEWHERE)
			strcpy(process.comm, "(in another PID namespace)");
		else
			vmfind__process(profile__number(pid), &process);
		process.pid = pid;
		vm = profile__add_vm(p, &process);
	}
	if (vm)
		vm->nr_seen_vcpus++;
}

struct profile_vcpu *profile__add_vcpu(struct profile *p, const struct profile_vcpu *vcpu)
{
	struct profile_vcpu *vcpus;
	unsigned int room;

	if (p->nr_vcpus == p->room_vcpus) {
		room = p->room_vcpus ? 2 * p->room_vcpus : 64;
		vcpus = realloc(p->vcpus, room * sizeof(*vcpus));
		if (!vcpus)
			return NULL;
		p->vcpus = vcpus;
		p->room_vcpus = room;
	}
	p->vcpus[p->nr_vcpus] = *vcpu;
	meet_process(p, vcpu->tgid);
	if (p->record)
		record__vcpu(p->record, vcpu);
	return &p->vcpus[p->nr_vcpus++];
}

static void on_apicv(const struct exits_slot *slot, uint64_t inhibits, void *ctx)
{
	struct profile_vm *vm = profile__vm(ctx, process_now(ctx, (pid_t)slot->tgid));

	if (!vm)
		return;
	vm->apicv_known = true;
	vm->apicv_inhibits |= inhibits;
}

/* Takes up a new vCPU. The probe reuses a slot once its vCPU is gone. NULL: out of memory. */
static struct profile_vcpu *meet(struct profile *p, const struct exits_slot *slot)
{
	uint32_t at = p->vcpu_of[slot->self];
	struct profile_vcpu *vcpu = at ? &p->vcpus[at - 1] : NULL;
	const struct profile_vm *vm;
	pid_t pid;

	if (vcpu && profile__number(vcpu->tgid) == profile__number((pid_t)slot->tgid) &&
	    vcpu->kvm == slot->kvm && vcpu->id == slot->vcpu_id &&
	    (vcpu->id >= 0 || vcpu->tid == (pid_t)slot->tid))
		return vcpu;
	pid = process_now(p, (pid_t)slot->tgid);
	vm = profile__vm(p, pid);
	vcpu = profile__add_vcpu(p, &(struct profile_vcpu){
					    .tgid = pid,
					    .tid = (pid_t)slot->tid,
					    .id = slot->vcpu_id,
					    .kvm = slot->kvm,
					    .begin_ns = vm && vm->there_first ? p->begin_ns :
										slot->since_ns,
				    });
	if (!vcpu)
		return NULL;
	p->vcpu_of[slot->self] = p->nr_vcpus;
	/* Its VM may be gone before it is looked for that again. */
	if (exits__knows_apicv(p->exits, slot))
		on_apicv(slot, slot->apicv, p);
	return vcpu;
}

/* The name of a reason comes before what has the reason. */
static void record_name(struct profile *p, unsigned int isa, uint32_t reason)
{
	char name[64];

	if (record__knows(p->record, isa, reason))
		return;
	exits__reason_name(p->exits, isa, reason, name, sizeof(name));
	record__name(p->record, isa, reason, name);
}

static void record_delta(struct profile *p, const struct profile_vcpu *vcpu,
			 const struct exits_delta *d)
{
	if (d->kind == EXITS_BY_REASON)
		record_name(p, d->vcpu->isa, (uint32_t)d->key);
	record__sum(p->record, (unsigned int)(vcpu - p->vcpus), d,
		    exits_delta__repeats(p->exits, d), vcpu->end_ns);
}

static void on_delta(const struct exits_delta *d, void *ctx)
{
	struct profile *p = ctx;
	struct profile_vcpu *vcpu = meet(p, d->vcpu);
	int64_t group;
	int code;

	if (!vcpu) {
		p->failed = -ENOMEM;
		return;
	}
	if (d->kind == EXITS_BY_REASON) {
		if (!exits_delta__repeats(p->exits, d))
			vcpu->count += d->count;
		vcpu->ns += d->ns + (uint64_t)d->clip_ns;
		vcpu->end_ns = d->vcpu->gone_ns;
	}
	if (p->record)
		record_delta(p, vcpu, d);
	group = p->opts->by == PROFILE_BY_VCPU ? vcpu - p->vcpus : vcpu->tgid;
	code = exits_profile__add(&p->total, p->exits, d, group);
	if (!code && (p->opts->live || p->opts->interval_s > 0))
		code = exits_profile__add(&p->interval, p->exits, d, group);
	if (code)
		p->failed = code;
}

static int collect_waits(struct profile *p)
{
	size_t known;
	int code;

	if (!p->waits)
		return 0;
	known = p->waits->nr;
	code = waits__collect(p->waits);
	/* A VM may wait for a CPU without an exit that was seen; of a command not all are its. */
	for (size_t i = known; !p->opts->child && i < p->waits->nr; i++)
		if (!profile__vm(p, p->waits->list[i].pid))
			meet_process(p, p->waits->list[i].pid);
	return code;
}

struct drain {
	struct profile *p;
	exits_event_visit visit;
	void *ctx;
};

static void on_event(const struct exits_event *e, void *ctx)
{
	struct drain *drain = ctx;
	struct profile *p = drain->p;
	struct exits_event copy = *e;
	struct profile_vcpu *vcpu;

	if (drain->visit && e->kind == EXITS_EVENT_EXIT && e->ns >= p->opts->over_ns)
		drain->visit(e, drain->ctx);
	if (!p->record)
		return;
	vcpu = meet(p, exits__slot(p->exits, e));
	if (!vcpu) {
		p->failed = -ENOMEM;
		return;
	}
	copy.slot = (uint32_t)(vcpu - p->vcpus);
	if (e->kind != EXITS_EVENT_OFF_CPU)
		record_name(p, e->isa, e->reason);
	record__event(p->record, &copy);
}

void profile__drain(struct profile *p, exits_event_visit visit, void *ctx)
{
	struct drain drain = { p, visit, ctx };

	exits__drain(p->exits, on_event, &drain);
}

int profile__collect(struct profile *p, struct error *err)
{
	struct exits_lost lost;
	int code;

	exits_profile__clear(&p->interval);
	p->interval_begin_ns = p->now_ns;
	p->now_ns = p->vms_ended ? p->gone_ns : exits__ended_ns(p->exits) ?: clock__kernel_ns();
	/* Slots of vCPUs that are gone become those of others once they have been collected. */
	if (p->record)
		profile__drain(p, NULL, NULL);
	code = exits__collect(p->exits, on_delta, p, err);
	if (!code)
		code = p->failed ?: collect_waits(p);
	if (!code)
		exits__apicv(p->exits, on_apicv, p);
	if (!code && p->record) {
		exits__lost(p->exits, &lost, NULL, 0);
		record__collected(p->record, p->now_ns, lost.events);
	}
	return code == -ENOMEM ? error__set(err, code, "summing up exits: out of memory") : code;
}

/*
 * A vCPU that had neither an exit nor an entry, and whose thread sleeps in KVM's halt at the end,
 * has been halted all the time: adds that time.
 */
static int add_halted(struct profile *p, const struct vm_process *process, pid_t tid)
{
	uint64_t ns = p->now_ns - p->begin_ns;
	unsigned int isa;
	uint32_t reason;
	int64_t group;

	for (unsigned int i = 0; i < p->nr_vcpus; i++)
		if (p->vcpus[i].tgid == process->pid && p->vcpus[i].tid == tid)
			return 0;
	p->halted++;
	if (!exits__halt(p->exits, &isa, &reason))
		return 0;
	if (!profile__add_vcpu(p, &(struct profile_vcpu){ .tgid = process->pid,
							  .tid = tid,
							  .id = -1,
							  .ns = ns,
							  .begin_ns = p->begin_ns }))
		return -ENOMEM;
	if (p->record) {
		const struct exits_slot slot = { .isa = (__u8)isa };

		record_name(p, isa, reason);
		record__sum(p->record, p->nr_vcpus - 1,
			    &(struct exits_delta){
				    .vcpu = &slot, .key = reason, .clip_ns = (int64_t)ns },
			    false, 0);
	}
	group = p->opts->by == PROFILE_BY_VCPU ? (int64_t)p->nr_vcpus - 1 : process->pid;
	return exits_profile__add_time(&p->total, p->exits, isa, reason, group, ns);
}

static int find_halted(struct profile *p)
{
	pid_t tids[MAX_HALTED];
	size_t n = p->nr_vms;
	int code = 0;

	for (size_t i = 0; i < n; i++) {
		struct vm_process process = p->vms[i].process;
		size_t found;

		if (!p->vms[i].there_first || p->opts->vcpu >= 0)
			continue;
		found = vmfind__halted(profile__number(process.pid), tids, MAX_HALTED);
		for (size_t k = 0; !code && k < found; k++)
			code = add_halted(p, &process, tids[k]);
	}
	return code;
}

int profile__end(struct profile *p, struct error *err)
{
	int code;

	if (p->ended)
		return 0;
	exits__end(p->exits);
	if (p->waits)
		culprits__end(p->waits->probe);
	p->ended = true;
	code = profile__collect(p, err);
	if (!code && find_halted(p))
		code = error__set(err, -ENOMEM, "summing up exits: out of memory");
	if (!code && p->record)
		recording__end(p);
	return code;
}

bool profile__over(struct profile *p)
{
	bool process = false, vm = !p->opts->nr_pids;
	unsigned int nr_vms;

	if (p->opts->child) {
		if (!p->vms_ended && child__over(p->opts->child))
			p->gone_ns = clock__kernel_ns();
		p->vms_ended = p->gone_ns;
		return p->vms_ended;
	}
	for (unsigned int i = 0; !vm && i < p->opts->nr_pids; i++) {
		int code = vmfind__count(p->opts->pids[i], &nr_vms);

		process |= code != -ESRCH;
		/* A process whose descriptors we may not see is assumed to have its VM still. */
		vm = code ? code != -ESRCH : nr_vms;
	}
	if (vm)
		p->gone_ns = 0;
	else if (!p->gone_ns)
		p->gone_ns = clock__kernel_ns();
	p->vms_ended = p->gone_ns && (!process || clock__kernel_ns() - p->gone_ns >= NEXT_VM_NS);
	return p->vms_ended;
}

void profile__find_gone(struct profile *p)
{
	for (size_t i = 0; i < p->nr_vms; i++) {
		struct profile_vm *vm = &p->vms[i];
		uint64_t started;

		if (vm->gone_ns || (vm->process.pid & (int)PIDNS_ELSEWHERE))
			continue;
		started = vmfind__started(profile__number(vm->process.pid));
		if (!started || (vm->process.started && started != vm->process.started))
			vm->gone_ns = clock__kernel_ns();
	}
}

static bool is_forgotten(const struct exits_sum *sum, void *ctx)
{
	const struct profile *p = ctx;
	bool by_vcpu = p->opts->by == PROFILE_BY_VCPU;
	const struct profile_vm *vm =
		profile__vm(p, by_vcpu ? p->vcpus[sum->group].tgid : (pid_t)sum->group);

	return vm && vm->forgotten;
}

bool profile__forget(struct profile *p, uint64_t ns)
{
	bool any = false;

	for (size_t i = 0; i < p->nr_vms; i++) {
		struct profile_vm *vm = &p->vms[i];

		if (vm->forgotten || !vm->gone_ns || p->now_ns < vm->gone_ns + ns)
			continue;
		vm->forgotten = any = true;
	}
	if (!any)
		return false;
	exits_profile__drop(&p->total, is_forgotten, p);
	exits_profile__drop(&p->interval, is_forgotten, p);
	return true;
}

void profile__close(struct profile *p)
{
	exits__close(p->exits);
	waits__close(p->waits);
	if (p->past) {
		json_decref(p->past->host);
		free(p->past->ways);
		free(p->past);
	}
	exits_profile__free(&p->total);
	exits_profile__free(&p->interval);
	free(p->vms);
	free(p->vcpus);
	memset(p, 0, sizeof(*p));
}

double profile__seconds(const struct profile *p)
{
	return (double)(p->now_ns - p->begin_ns) / 1e9;
}

double profile__interval_seconds(const struct profile *p)
{
	return (double)(p->now_ns - p->interval_begin_ns) / 1e9;
}

double profile__vcpu_ns(const struct profile *p, const struct profile_vcpu *vcpu)
{
	uint64_t begin = vcpu->begin_ns > p->begin_ns ? vcpu->begin_ns : p->begin_ns;
	uint64_t end = vcpu->end_ns ?: p->now_ns;

	return end > begin ? (double)(end - begin) : 0;
}

double profile__vcpus_ns(const struct profile *p)
{
	double ns = 0;

	for (unsigned int i = 0; i < p->nr_vcpus; i++)
		ns += profile__vcpu_ns(p, &p->vcpus[i]);
	return ns;
}

unsigned int profile__vm_number(const struct profile *p, const struct profile_vcpu *vcpu)
{
	unsigned int number = 0;

	for (unsigned int i = 0; i < p->nr_vcpus; i++) {
		const struct profile_vcpu *other = &p->vcpus[i];
		bool first = other->tgid == vcpu->tgid;

		for (unsigned int k = 0; first && k < i; k++)
			first = p->vcpus[k].tgid != other->tgid || p->vcpus[k].kvm != other->kvm;
		if (!first)
			continue;
		if (other->kvm == vcpu->kvm)
			return number;
		number++;
	}
	return number;
}

static size_t name_vm(const struct profile *p, pid_t pid, char *name, size_t len)
{
	const struct profile_vm *vm = profile__vm(p, pid);
	const char *comm = vm && *vm->process.comm ? vm->process.comm : "(gone)";
	const char *guest = vm ? vm->process.name.name : "";
	const char *pod = vm ? vm->process.name.pod : "";
	int used;

	if (!strcmp(pod, guest))
		guest = "";
	used = snprintf(name, len, "%d %s%s%s%s%s%s", profile__number(pid), comm, *guest ? " " : "",
			guest, *pod ? " (pod " : "", pod, *pod ? ")" : "");
	return used < 0 ? 0 : (size_t)used < len ? (size_t)used : len - 1;
}

static void name_vcpu(const struct profile *p, const struct profile_vcpu *vcpu, char *name,
		      size_t len)
{
	const struct profile_vm *vm = profile__vm(p, vcpu->tgid);
	size_t used = name_vm(p, vcpu->tgid, name, len);

	/* Where the source does not give the vCPU's number, its thread identifies it. */
	if (vcpu->id >= 0 && vm && vm->process.nr_vms > 1)
		snprintf(name + used, len - used, " VM %u vCPU %d", profile__vm_number(p, vcpu),
			 vcpu->id);
	else if (vcpu->id >= 0)
		snprintf(name + used, len - used, " vCPU %d", vcpu->id);
	else
		snprintf(name + used, len - used, " thread %d", vcpu->tid);
}

void profile__group_name(const struct profile *p, int64_t group, char *name, size_t len)
{
	if (p->opts->by == PROFILE_BY_VCPU)
		name_vcpu(p, &p->vcpus[group], name, len);
	else
		name_vm(p, (pid_t)group, name, len);
}

void profile__process_name(const struct profile *p, pid_t pid, char *name, size_t len)
{
	name_vm(p, pid, name, len);
}

void profile__vcpu_name(const struct profile *p, const struct profile_vcpu *vcpu, char *name,
			size_t len)
{
	name_vcpu(p, vcpu, name, len);
}

bool profile__timed(const struct profile *p)
{
	return p->exits ? exits__timed(p->exits) : p->past ? p->past->timed : true;
}

uint64_t profile__memory_bytes(const struct profile *p)
{
	return p->exits ? exits__memory_bytes(p->exits) : p->past ? p->past->memory_bytes : 0;
}

uint64_t profile__lost(const struct profile *p, char *text, size_t len)
{
	if (p->exits)
		return exits__lost(p->exits, NULL, text, len);
	if (text && len)
		snprintf(text, len, "%s", p->past ? p->past->lost_text : "");
	return p->past ? p->past->lost : 0;
}

void profile__apicv_name(const struct profile *p, unsigned int bit, char *name, size_t len)
{
	if (p->exits)
		exits__apicv_name(p->exits, bit, name, len);
	else
		snprintf(name, len, "%s", p->past ? p->past->apicv[bit % 64] : "");
}

struct ways_of {
	const struct profile *p;
	profile_way_visit visit;
	void *ctx;
};

static void on_way(const struct exits_slot *slot, const char *reason, uint64_t ns, void *ctx)
{
	const struct ways_of *of = ctx;

	of->visit(of->p,
		  &(struct profile_vcpu){ .tgid = process_now(of->p, (pid_t)slot->tgid),
					  .tid = (pid_t)slot->tid,
					  .id = slot->vcpu_id,
					  .kvm = slot->kvm },
		  reason, ns, of->ctx);
}

void profile__under_way(struct profile *p, profile_way_visit visit, void *ctx)
{
	struct ways_of of = { p, visit, ctx };

	if (!profile__timed(p))
		return;
	if (p->exits)
		exits__under_way(p->exits, on_way, &of);
	for (size_t i = 0; p->past && i < p->past->nr_ways; i++)
		visit(p, &p->vcpus[p->past->ways[i].vcpu], p->past->ways[i].reason,
		      p->past->ways[i].ns, ctx);
}
