// SPDX-License-Identifier: GPL-2.0-or-later
/* Attaches and detaches the exits probe. */
#include "probes/exits.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/base/clock.h"
#include "probes/exits_load.h"
#include "probes/exits_private.h"
#include "probes/exits_stacks.h"

static struct bpf_link *attach_event(struct exits *x, struct bpf_program *prog, const char *event)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	struct bpf_link *link;
	int id = tracefs__event_id(x->tracefs, "kvm", event), fd, code;

	if (id < 0) {
		errno = ENOENT;
		return NULL;
	}
	attr.config = id;
	/* The program runs for the event on every CPU, wherever the perf event itself is. */
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return NULL;
	link = bpf_program__attach_perf_event(prog, fd);
	if (!link) {
		code = errno;
		close(fd);
		errno = code;
	}
	return link;
}

/* `must`: the source does not work without it. */
static int attach(struct exits *x, struct bpf_program *prog, const char *event, bool must,
		  struct error *err)
{
	struct bpf_link *link;

	if (!bpf_program__autoload(prog))
		return 0;
	if (bpf_program__type(prog) == BPF_PROG_TYPE_TRACEPOINT)
		link = attach_event(x, prog, event);
	else if (bpf_program__type(prog) == BPF_PROG_TYPE_TRACING)
		link = bpf_program__attach_trace(prog);
	else if (bpf_program__type(prog) == BPF_PROG_TYPE_KPROBE)
		link = bpf_program__attach_kprobe(prog, false, event);
	else
		link = bpf_program__attach_raw_tracepoint(prog, event);
	if (link) {
		x->links[x->nr_links++] = link;
		return 0;
	}
	if (!must)
		return 0;
	switch (errno) {
	case ENOENT:
		return error__set(err, -ENOENT,
				  "attaching to %s: this kernel has no such tracepoint; is the "
				  "kvm module loaded?",
				  event);
	case EINVAL:
		return error__set(err, -EOPNOTSUPP,
				  "attaching to %s (%s): its arguments are not known%s%s", event,
				  exits_source__name(x->source), *x->types.why ? ": " : "",
				  x->types.why);
	case EPERM:
	case EACCES:
		return error__set(err, -EPERM,
				  "attaching to %s (%s): not permitted; it takes root, or CAP_BPF "
				  "and CAP_PERFMON",
				  event, exits_source__name(x->source));
	default:
		return error__set(err, errno == EMFILE || errno == ENFILE ? -errno : -EOPNOTSUPP,
				  "attaching to %s (%s): %s", event, exits_source__name(x->source),
				  strerror(errno));
	}
}

/* Every exit code is looked for anew. `always`: at each exit from now on. */
static void forget_codes(struct exits *x, bool always)
{
	x->skel->bss->code_moves = always;
	for (unsigned int i = 0; i < EXITS_SLOTS; i++)
		if (x->slots[i].vcpu) {
			x->slots[i].quick = 0;
			x->slots[i].code = 0;
		}
}

/*
 * Which thread runs which vCPU on which CPU, and in which VMCB its exit code is, may change while
 * nothing is attached.
 */
static void forget_whereabouts(struct exits *x)
{
	int tasks = bpf_map__fd(x->skel->maps.tasks);
	uint64_t task;

	while (!bpf_map_get_next_key(tasks, NULL, &task))
		bpf_map_delete_elem(tasks, &task);
	memset(x->skel->bss->cpus, 0, sizeof(x->skel->bss->cpus));
	forget_codes(x, false);
}

/* Resets everything to the state after loading; nothing is attached meanwhile. */
static void forget(struct exits *x)
{
	int claims = bpf_map__fd(x->skel->maps.claims),
	    details = bpf_map__fd(x->skel->maps.details);
	int free_rows = bpf_map__fd(x->skel->maps.free_rows);
	struct exits_detail_key key;

	for (uint32_t i = 0; i < EXITS_SLOTS; i++) {
		free(x->slot_seen[i]);
		x->slot_seen[i] = NULL;
		if (!x->slots[i].vcpu)
			continue;
		bpf_map_delete_elem(claims, &i);
		memset(&x->slots[i], 0, sizeof(x->slots[i]));
	}
	while (x->top_row < x->nr_rows && x->rows[x->top_row].used)
		x->top_row++;
	for (uint32_t i = 1; i < x->top_row; i++) {
		free(x->seen[i]);
		x->seen[i] = NULL;
		if (!x->rows[i].used)
			continue;
		memset(&x->rows[i], 0, sizeof(x->rows[i]));
		bpf_map_update_elem(free_rows, NULL, &i, BPF_ANY);
	}
	while (!bpf_map_get_next_key(details, NULL, &key))
		bpf_map_delete_elem(details, &key);
	exits__drain(x, NULL, NULL);
	memset(&x->skel->bss->lost, 0, sizeof(x->skel->bss->lost));
	x->missed_before = exits__missed_runs(x);
}

/* Marks the beginning of the watched time, though some programs were attached before. */
static void note_attached(struct exits *x)
{
	uint64_t now = clock__kernel_ns();

	x->ended_ns = 0;
	for (unsigned int i = 0; x->opts.clip && i < EXITS_SLOTS; i++) {
		uint64_t start = x->slots[i].start_ns;

		if (start <= EXITS_UNDER_WAY || start >= now)
			continue;
		if (!x->slot_seen[i])
			x->slot_seen[i] = calloc(1, sizeof(*x->slot_seen[i]));
		if (!x->slot_seen[i])
			continue;
		x->slot_seen[i]->row = x->slots[i].row;
		x->slot_seen[i]->given_ns = now - start;
	}
	x->skel->bss->attached_ns = now;
	x->skel->bss->all_attached = true;
}

/* Programs that add parts to a running exit are attached before those that begin one. */
static const struct {
	size_t program; /* where the skeleton has the program */
	const char *event;
	bool must; /* the source does not work without it */
} attachments[] = {
#define PROGRAM(name) offsetof(struct exits_bpf, progs.name)
	{ PROGRAM(raw_thread_exit), "sched_process_exit", true },
	{ PROGRAM(raw_switch), "sched_switch", true },
	{ PROGRAM(raw_wakeup), "sched_wakeup", true },
	{ PROGRAM(raw_userspace), "kvm_userspace_exit", true },
	/* by its newer and its older name */
	{ PROGRAM(raw_nested), "kvm_nested_vmenter", false },
	{ PROGRAM(raw_nested), "kvm_nested_vmrun", false },
	{ PROGRAM(raw_nested), "kvm_nested_vmexit", false },
	{ PROGRAM(vcpu_free), "svm_vcpu_free", false },
	{ PROGRAM(raw_msr), "kvm_msr", true },
	{ PROGRAM(raw_pio), "kvm_pio", true },
	{ PROGRAM(raw_mmio), "kvm_mmio", true },
	{ PROGRAM(raw_hypercall), "kvm_hypercall", true },
	{ PROGRAM(raw_hyperv), "kvm_hv_hypercall", false },
	{ PROGRAM(raw_injected), "kvm_inj_virq", true },
	{ PROGRAM(raw_entry), "kvm_entry", true },
	{ PROGRAM(tp_entry), "kvm_entry", true },
	{ PROGRAM(vmx_exit), "kvm_exit", true },
	{ PROGRAM(vmx_exit_count), "kvm_exit", true },
	{ PROGRAM(svm_exit), "kvm_exit", true },
	{ PROGRAM(svm_exit_count), "kvm_exit", true },
	{ PROGRAM(vmx_exit_peek), "kvm_exit", true },
	{ PROGRAM(vmx_exit_peek_count), "kvm_exit", true },
	{ PROGRAM(svm_exit_peek), "kvm_exit", true },
	{ PROGRAM(svm_exit_peek_count), "kvm_exit", true },
	{ PROGRAM(raw_exit_old), "kvm_exit", true },
	{ PROGRAM(raw_exit_old_count), "kvm_exit", true },
	{ PROGRAM(fentry_exit), "svm_invoke_exit_handler", true },
	{ PROGRAM(fentry_exit_count), "svm_invoke_exit_handler", true },
	{ PROGRAM(tp_exit), "kvm_exit", true },
	{ PROGRAM(tp_exit_usual), "kvm_exit", true },
	{ PROGRAM(raw_cpl), "kvm_exit", true },
	{ PROGRAM(tp_rip), "kvm_exit", true },
	{ PROGRAM(count_userspace), "kvm_userspace_exit", true },
	{ PROGRAM(count_pio), "kvm_pio", false },
	{ PROGRAM(count_mmio), "kvm_mmio", false },
	{ PROGRAM(count_msr), "kvm_msr", false },
	{ PROGRAM(count_cpuid), "kvm_cpuid", false },
	{ PROGRAM(count_hypercall), "kvm_hypercall", false },
	{ PROGRAM(count_injected), "kvm_inj_virq", false },
	{ PROGRAM(count_wakeup), "kvm_vcpu_wakeup", false },
#undef PROGRAM
};

int exits__resume(struct exits *x, struct error *err)
{
	bool nested_told = !x->types.svm_vmcb01_off, free_told = false;
	int code = 0;

	forget_whereabouts(x);
	/*
	 * A known vCPU may be out of the guest, for instance halted, since before now or an earlier
	 * time.
	 */
	for (unsigned int i = 0; i < EXITS_SLOTS; i++)
		if (x->slots[i].vcpu > 1)
			x->slots[i].start_ns = EXITS_UNDER_WAY;
	/* Not every user may open it; then nothing keeps the module from being reloaded. */
	x->kvm_fd = open("/dev/kvm", O_RDONLY | O_CLOEXEC);
	x->vendor = exits__vendor_module();
	for (size_t i = 0; !code && i < sizeof(attachments) / sizeof(*attachments); i++) {
		struct bpf_program *prog =
			*(struct bpf_program **)((char *)x->skel + attachments[i].program);
		unsigned int before = x->nr_links;

		code = attach(x, prog, attachments[i].event, attachments[i].must, err);
		nested_told |= prog == x->skel->progs.raw_nested && x->nr_links > before;
		free_told |= prog == x->skel->progs.vcpu_free && x->nr_links > before;
	}
	if (!code && bpf_program__autoload(x->skel->progs.sample))
		code = exits_stacks__attach(x, err);
	if (!code && !(nested_told && free_told))
		forget_codes(x, true);
	if (code)
		exits__end(x);
	else
		note_attached(x);
	return code;
}

int exits__begin(struct exits *x, struct error *err)
{
	exits__end(x);
	forget(x);
	return exits__resume(x, err);
}

void exits__end(struct exits *x)
{
	if (x->skel && x->skel->bss)
		x->skel->bss->all_attached = false;
	if (x->nr_links)
		x->ended_ns = clock__kernel_ns();
	exits_stacks__detach(x);
	/* Detach exits first: from here on no exit is begun that would not be finished. */
	while (x->nr_links)
		bpf_link__destroy(x->links[--x->nr_links]);
	if (x->kvm_fd >= 0)
		close(x->kvm_fd);
	x->kvm_fd = -1;
}

uint64_t exits__ended_ns(const struct exits *x)
{
	return x->ended_ns;
}

void exits__close(struct exits *x)
{
	if (!x)
		return;
	exits__end(x);
	exits__unload(x);
}
