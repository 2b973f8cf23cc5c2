// SPDX-License-Identifier: GPL-2.0-or-later
/* The watching side of `hvbench profile`. */
#include "profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "calibrate.h"

enum exits_kind profile__kind(const struct profile *p)
{
	switch (p->opts->by) {
	case PROFILE_BY_MSR:
		return EXITS_BY_MSR;
	case PROFILE_BY_PORT:
		return EXITS_BY_PORT;
	case PROFILE_BY_GPA:
		return EXITS_BY_GPA;
	case PROFILE_BY_RIP:
		return EXITS_BY_RIP;
	default:
		return EXITS_BY_REASON;
	}
}

struct profile_vm *profile__vm(const struct profile *p, pid_t pid)
{
	for (size_t i = 0; i < p->nr_vms; i++)
		if (p->vms[i].process.pid == pid)
			return &p->vms[i];
	return NULL;
}

static struct profile_vm *add_vm(struct profile *p, const struct vm_process *process)
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
	return vm;
}

static int find_named_vms(struct profile *p, struct error *err)
{
	struct vm_process process;

	for (unsigned int i = 0; i < p->opts->nr_pids; i++) {
		pid_t pid = p->opts->pids[i];
		int code = vmfind__process(pid, &process);

		if (code == -ESRCH)
			return error__set(err, code, "there is no process %d", pid);
		if (code == -EACCES || code == -EPERM)
			p->unreadable++;	/* the probe may see it all the same */
		else if (code)
			return error__set(err, code, "looking for VMs of process %d: %s", pid,
					  strerror(-code));
		else if (!process.nr_vms)
			return error__set(err, -ENODEV, "process %d (%s) runs no VM: it has no KVM descriptor "
					  "open; hvbench profile -a watches all VMs", pid, process.comm);
		if (!add_vm(p, &process))
			return error__set(err, -ENOMEM, "out of memory");
	}
	return 0;
}

static int find_vms(struct profile *p, struct error *err)
{
	struct vm_list list;
	int code;

	if (p->opts->nr_pids)
		return find_named_vms(p, err);
	code = vmfind__all(&list);
	if (code)
		return error__set(err, code, "looking for VMs in /proc: %s", strerror(-code));
	p->unreadable = list.unreadable;
	for (size_t i = 0; !code && i < list.nr; i++)
		if (!add_vm(p, &list.list[i]))
			code = error__set(err, -ENOMEM, "out of memory");
	vmfind__free(&list);
	return code;
}

static int choose_source(struct profile *p, struct error *err)
{
	struct exits_options opts = {
		.target = { .pids = p->opts->pids, .nr_pids = p->opts->nr_pids, .vcpu = p->opts->vcpu },
		.counts_only = p->opts->counts_only,
		.by = profile__kind(p),
		.rip = p->opts->over_ns,
		.over_ns = p->opts->over_ns,
	};

	for (size_t i = 0; i < p->nr_vms; i++)
		opts.vcpus += 2 * p->vms[i].process.nr_vcpus;
	opts.vcpus += 64;	/* for those to come */
	if (p->opts->source >= 0)
		exits__try(&p->exits, p->opts->source, &opts, calibrate__take_exits, NULL,
			   CALIBRATE_EXITS, &p->choice);
	else
		exits__choose(&p->exits, &opts, calibrate__take_exits, NULL, CALIBRATE_EXITS, &p->choice);
	if (p->exits)
		return 0;
	return error__set(err, p->choice.code ?: -ENODEV, "no way to see exits here: %s",
			  p->choice.why);
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
		code = exits__begin(p->exits, err);
	if (code) {
		profile__close(p);
		return code;
	}
	p->begin_ns = p->interval_begin_ns = p->now_ns = clock__ns();
	return 0;
}

/* The process of a vCPU that was not seen before. */
static void meet_process(struct profile *p, pid_t pid)
{
	struct profile_vm *vm = profile__vm(p, pid);
	struct vm_process process;

	if (!vm) {
		/* It came after the start; it may be gone again. */
		memset(&process, 0, sizeof(process));
		vmfind__process(pid, &process);
		process.pid = pid;
		vm = add_vm(p, &process);
	}
	if (vm)
		vm->nr_seen_vcpus++;
}

/* A slot is the next one's when its vCPU is gone. NULL without memory. */
static struct profile_vcpu *meet(struct profile *p, const struct exits_delta *d)
{
	uint32_t at = p->vcpu_of[d->slot];
	struct profile_vcpu *vcpu = at ? &p->vcpus[at - 1] : NULL;

	if (vcpu && vcpu->tgid == (pid_t)d->vcpu->tgid && vcpu->kvm == d->vcpu->kvm &&
	    vcpu->id == d->vcpu->vcpu_id && (vcpu->id >= 0 || vcpu->tid == (pid_t)d->vcpu->tid))
		return vcpu;
	if (p->nr_vcpus == p->room_vcpus) {
		unsigned int room = p->room_vcpus ? 2 * p->room_vcpus : 64;

		vcpu = realloc(p->vcpus, room * sizeof(*vcpu));
		if (!vcpu)
			return NULL;
		p->vcpus = vcpu;
		p->room_vcpus = room;
	}
	vcpu = &p->vcpus[p->nr_vcpus++];
	p->vcpu_of[d->slot] = p->nr_vcpus;
	*vcpu = (struct profile_vcpu){
		.tgid = (pid_t)d->vcpu->tgid, .tid = (pid_t)d->vcpu->tid, .id = d->vcpu->vcpu_id,
		.kvm = d->vcpu->kvm,
	};
	meet_process(p, vcpu->tgid);
	return vcpu;
}

static void on_delta(const struct exits_delta *d, void *ctx)
{
	struct profile *p = ctx;
	struct profile_vcpu *vcpu = meet(p, d);
	int64_t group;
	int code;

	if (!vcpu) {
		p->failed = -ENOMEM;
		return;
	}
	if (d->kind == EXITS_BY_REASON) {
		vcpu->count += d->count;
		vcpu->ns += d->ns;
	}
	group = p->opts->by == PROFILE_BY_VCPU ? vcpu - p->vcpus : vcpu->tgid;
	code = exits_profile__add(&p->total, p->exits, d, group);
	if (!code && (p->opts->live || p->opts->interval_s > 0))
		code = exits_profile__add(&p->interval, p->exits, d, group);
	if (code)
		p->failed = code;
}

int profile__collect(struct profile *p, struct error *err)
{
	int code;

	exits_profile__clear(&p->interval);
	p->interval_begin_ns = p->now_ns;
	p->now_ns = clock__ns();
	code = exits__collect(p->exits, on_delta, p, err);
	if (!code && p->failed)
		code = error__set(err, p->failed, "summing up exits: out of memory");
	return code;
}

int profile__end(struct profile *p, struct error *err)
{
	if (p->ended)
		return 0;
	exits__end(p->exits);
	p->ended = true;
	return profile__collect(p, err);
}

void profile__close(struct profile *p)
{
	exits__close(p->exits);
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

/* Which of its process' VMs the vCPU belongs to, in the order they were first seen. */
static unsigned int vm_number(const struct profile *p, const struct profile_vcpu *vcpu)
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

void profile__group_name(const struct profile *p, int64_t group, char *name, size_t len)
{
	bool by_vcpu = p->opts->by == PROFILE_BY_VCPU;
	pid_t pid = by_vcpu ? p->vcpus[group].tgid : (pid_t)group;
	const struct profile_vm *vm = profile__vm(p, pid);
	const char *comm = vm && *vm->process.comm ? vm->process.comm : "(gone)";
	const char *guest = vm ? vm->process.name : "";
	int used = snprintf(name, len, "%d %s%s%s", pid, comm, *guest ? " " : "", guest);

	if (!by_vcpu || used < 0 || (size_t)used >= len)
		return;
	/* Where the source does not tell the vCPU's number, its thread stands for it. */
	if (p->vcpus[group].id >= 0 && vm && vm->process.nr_vms > 1)
		snprintf(name + used, len - used, " VM %u vCPU %d", vm_number(p, &p->vcpus[group]),
			 p->vcpus[group].id);
	else if (p->vcpus[group].id >= 0)
		snprintf(name + used, len - used, " vCPU %d", p->vcpus[group].id);
	else
		snprintf(name + used, len - used, " thread %d", p->vcpus[group].tid);
}
