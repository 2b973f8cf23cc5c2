// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The exits probe's programs and maps: which a source needs, how large, and with which constants.
 */
#include "probes/exits_load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "probes/bpf_probe.h"
#include "probes/exits_private.h"
#include "probes/vmfind.h"

#define MIN_VCPUS 64
#define ROWS_PER_VCPU \
	16 /* reasons per vCPU; one that takes more uses the rows of others
				 * that take fewer */
#define RING_BYTES (1u << 20)
/* All exits: those of 160 ms, if there are a million a second. */
#define RECORD_BYTES (16u << 20)
#define LOCKED_DOWN  "the kernel is locked down (confidentiality)"

bool exits__timed(const struct exits *x)
{
	return !x->opts.counts_only && x->source != EXITS_TRACEPOINTS;
}

static uint32_t ring_bytes(const struct exits *x)
{
	return x->opts.record ? RECORD_BYTES : x->opts.over_ns ? RING_BYTES : 0;
}

uint64_t exits__memory_bytes(const struct exits *x)
{
	return sizeof(struct exits_bpf__bss) + sizeof(struct exits_row) * (uint64_t)x->nr_rows +
	       2 * sizeof(uint64_t) * (uint64_t)x->nr_tasks + ring_bytes(x) +
	       (x->opts.stacks ? EXITS_STACKS * EXITS_FRAMES * sizeof(uint64_t) +
					 EXITS_SLOTS * sizeof(struct exits_where) :
				 0);
}

static int size_maps(struct exits *x)
{
	struct exits_bpf *skel = x->skel;
	unsigned int vcpus = x->opts.vcpus;

	if (!vcpus)
		vcpus = 2 * vmfind__count_vcpus();
	if (vcpus < MIN_VCPUS)
		vcpus = MIN_VCPUS;
	if (vcpus > EXITS_SLOTS)
		vcpus = EXITS_SLOTS;
	x->nr_vcpus = vcpus;
	x->nr_tasks = 4 * vcpus;
	x->nr_rows =
		(exits__timed(x) ? ROWS_PER_VCPU * vcpus : 0) + (x->opts.by ? DETAIL_ROWS : 0) + 1;
	if (bpf_map__set_max_entries(skel->maps.rows, x->nr_rows) ||
	    bpf_map__set_max_entries(skel->maps.tasks, x->nr_tasks) ||
	    bpf_map__set_max_entries(skel->maps.free_rows, x->nr_rows) ||
	    bpf_map__set_max_entries(skel->maps.claims, EXITS_SLOTS) ||
	    bpf_map__set_max_entries(skel->maps.targets, x->opts.target.nr_pids + 1) ||
	    bpf_map__set_max_entries(skel->maps.details, x->opts.by ? DETAIL_ROWS : 1) ||
	    (x->opts.stacks && (bpf_map__set_max_entries(skel->maps.stacks, EXITS_STACKS) ||
				bpf_map__set_max_entries(skel->maps.wheres, EXITS_SLOTS))) ||
	    (ring_bytes(x) && bpf_map__set_max_entries(skel->maps.events, ring_bytes(x))))
		return -EINVAL;
	/* One of its own type has the kernel set up buffers for stacks. */
	if (!x->opts.stacks) {
		bpf_map__set_type(skel->maps.stacks, BPF_MAP_TYPE_ARRAY);
		bpf_map__set_max_entries(skel->maps.stacks, 1);
	}
	/* Kernels before 5.8 have no ring buffer, which is only needed for streaming. */
	if (!ring_bytes(x)) {
		bpf_map__set_type(skel->maps.events, BPF_MAP_TYPE_ARRAY);
		bpf_map__set_key_size(skel->maps.events, sizeof(uint32_t));
		bpf_map__set_value_size(skel->maps.events, sizeof(uint32_t));
		bpf_map__set_max_entries(skel->maps.events, 1);
	}
	return 0;
}

static bool wants_detail(const struct exits *x, enum exits_kind kind)
{
	return !x->opts.counts_only && (x->opts.by == kind || x->opts.over_ns || x->opts.record);
}

static bool usual_record(const struct exits_bpf__rodata *ro)
{
	return ro->rec_reason_off == offsetof(struct exits_record, exit_reason) &&
	       ro->rec_isa_off == offsetof(struct exits_record, isa) &&
	       (!ro->rec_vcpu_id_off ||
		ro->rec_vcpu_id_off == offsetof(struct exits_record, vcpu_id));
}

/* Selects the programs the source needs; all others are not even loaded. */
static void select_programs(struct exits *x)
{
	struct exits_bpf *skel = x->skel;
	bool timed = exits__timed(x), raw = x->source == EXITS_RAW_TP;
	bool peeks = x->types.cast_function;
	bool old = raw && (!x->types.kvm_btf || x->types.exit_has_reason), new = raw && !old;
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(prog, false);
#define WANT(name, condition) bpf_program__set_autoload(skel->progs.name, (condition))
	WANT(vmx_exit, timed && new && !peeks && x->types.vmx_reason_off);
	WANT(vmx_exit_count, !timed && new && !peeks && x->types.vmx_reason_off);
	WANT(svm_exit, timed && new && !peeks && x->types.svm_vmcb_off);
	WANT(svm_exit_count, !timed && new && !peeks && x->types.svm_vmcb_off);
	WANT(vmx_exit_peek, timed && new &&peeks && x->types.vmx_reason_off);
	WANT(vmx_exit_peek_count, !timed && new &&peeks && x->types.vmx_reason_off);
	WANT(svm_exit_peek, timed && new &&peeks && x->types.svm_vmcb_off);
	WANT(svm_exit_peek_count, !timed && new &&peeks && x->types.svm_vmcb_off);
	WANT(raw_nested, new && x->types.svm_vmcb01_off);
	WANT(vcpu_free, new && x->types.svm_vmcb_off);
	WANT(raw_exit_old, timed && old);
	WANT(raw_exit_old_count, !timed && old);
	WANT(raw_entry, timed && x->source != EXITS_TP);
	WANT(fentry_exit, timed && x->source == EXITS_FENTRY);
	WANT(fentry_exit_count, !timed && x->source == EXITS_FENTRY);
	WANT(tp_exit, x->source == EXITS_TP && !usual_record(skel->rodata));
	WANT(tp_exit_usual, x->source == EXITS_TP && usual_record(skel->rodata));
	WANT(tp_entry, timed && x->source == EXITS_TP);
	WANT(raw_switch, timed || x->opts.record);
	WANT(raw_wakeup, x->opts.record);
	WANT(raw_userspace, timed);
	WANT(raw_thread_exit, timed || x->opts.record);
	WANT(raw_msr, timed && wants_detail(x, EXITS_BY_MSR));
	WANT(raw_pio, timed && wants_detail(x, EXITS_BY_PORT));
	WANT(raw_mmio, timed && wants_detail(x, EXITS_BY_GPA));
	WANT(raw_hypercall, timed && wants_detail(x, EXITS_BY_HYPERCALL));
	WANT(raw_hyperv, timed && wants_detail(x, EXITS_BY_HYPERCALL));
	/* With slow exits it would take the place of what they were for. */
	WANT(raw_injected, timed && x->opts.by == EXITS_BY_VECTOR);
	WANT(raw_cpl, timed && x->opts.by == EXITS_BY_CPL);
	WANT(look_apicv, x->types.kvm_apicv_off && skel->rodata->vcpu_kvm_known);
	WANT(sample, timed && skel->rodata->want_stacks);
	WANT(tp_rip, timed && skel->rodata->want_rip);
	WANT(count_pio, x->source == EXITS_TRACEPOINTS);
	WANT(count_mmio, x->source == EXITS_TRACEPOINTS);
	WANT(count_msr, x->source == EXITS_TRACEPOINTS);
	WANT(count_cpuid, x->source == EXITS_TRACEPOINTS);
	WANT(count_hypercall, x->source == EXITS_TRACEPOINTS);
	WANT(count_injected, x->source == EXITS_TRACEPOINTS && x->opts.by == EXITS_BY_VECTOR);
	WANT(count_wakeup, x->source == EXITS_TRACEPOINTS);
	WANT(count_userspace, x->source == EXITS_TRACEPOINTS);
#undef WANT
}

/* Offsets and switches that become constants of the programs. */
static int set_constants(struct exits *x, struct error *err)
{
	struct exits_bpf__rodata *ro = x->skel->rodata;
	const struct kernel_types *t = &x->types;
	int off;

	ro->vmx_reason_off = t->vmx_reason_off;
	ro->svm_vmcb_off = t->svm_vmcb_off;
	ro->svm_code_off = t->svm_code_off;
	ro->svm_vmcb01_off = t->svm_vmcb01_off;
	/* The key is the vCPU, except for sources that only know its thread. */
	if (x->source == EXITS_RAW_TP || x->source == EXITS_FENTRY) {
		ro->vcpu_id_off = t->vcpu_id_off;
		ro->vcpu_kvm_known = t->vcpu_kvm_known;
		ro->vcpu_kvm_off = t->vcpu_kvm_off;
	}
	ro->exit_has_reason = t->exit_has_reason;
	ro->svm_cpl_off = t->svm_cpl_off;
	ro->vcpu_protected_off = t->vcpu_protected_off;
	ro->kvm_apicv_off = t->kvm_apicv_off;
	ro->reads_code = x->source == EXITS_RAW_TP && t->svm_vmcb_off && !t->exit_has_reason;
	ro->timing = exits__timed(x);
	ro->pidns_dev = x->pidns.dev;
	ro->pidns_ino = x->pidns.ino;
	ro->filtered = x->opts.target.nr_pids > 0;
	/* Parents are found by the kernel's numbers, which those of another namespace are not. */
	if (x->opts.family && !x->pidns.ino && t->task_parent_off && t->task_tgid_off &&
	    !t->no_reads) {
		ro->ancestor = x->pidns.self;
		ro->task_parent_off = t->task_parent_off;
		ro->task_tgid_off = t->task_tgid_off;
	}
	ro->only_vcpu = x->opts.target.vcpu;
	ro->by = x->opts.by;
	ro->over_ns = x->opts.over_ns;
	ro->recording = x->opts.record;
	ro->task_state_off = t->no_reads ? 0 : t->task_state_off;
	ro->extras = x->opts.by || x->opts.over_ns || x->opts.record;
	ro->want_stacks = x->opts.stacks && x->opts.over_ns;
	ro->want_rip = (x->opts.rip || x->opts.by == EXITS_BY_RIP) && exits__timed(x) &&
		       !x->types.no_reads;
	if (x->source == EXITS_TP || ro->want_rip) {
		if (!x->tracefs)
			return error__set(err, -EACCES,
					  "loading the exits probe: the fields of kvm_exit are "
					  "described in tracefs, which is not readable; as root: "
					  "mount -t tracefs tracefs /sys/kernel/tracing");
		off = tracefs__field_off(x->tracefs, "kvm", "kvm_exit", "exit_reason");
		if (off < 0 && x->types.no_reads)
			return error__set(err, -EPERM,
					  "loading the exits probe (tp): " LOCKED_DOWN " and shows "
					  "no trace events");
		if (off < 0)
			return error__set(err, -ENOENT,
					  "loading the exits probe: this kernel has no event "
					  "kvm:kvm_exit; is the kvm module loaded?");
		ro->rec_reason_off = off;
		off = tracefs__field_off(x->tracefs, "kvm", "kvm_exit", "isa");
		ro->rec_isa_off = off > 0 ? off : 0;
		off = tracefs__field_off(x->tracefs, "kvm", "kvm_exit", "vcpu_id");
		ro->rec_vcpu_id_off = off > 0 ? off : 0;
		off = tracefs__field_off(x->tracefs, "kvm", "kvm_exit", "guest_rip");
		ro->rec_rip_off = off > 0 ? off : 0;
	}
	return 0;
}

/* Before 5.11 maps count as locked memory; a helper that was added in 5.11 shows the version. */
static bool maps_are_locked_memory(void)
{
	return !libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_ktime_get_coarse_ns,
					NULL);
}

static int load_error(struct exits *x, int code, struct error *err)
{
	const char *name = exits_source__name(x->source);
	struct rlimit limit;

	code = bpf_probe__reason(code);
	if (code == -EPERM && !getrlimit(RLIMIT_MEMLOCK, &limit) &&
	    limit.rlim_cur < exits__memory_bytes(x) && maps_are_locked_memory())
		return error__set(
			err, code,
			"loading the exits probe (%s): its maps take %llu KiB, and this "
			"kernel allows %llu KiB of locked memory: raise the limit (ulimit -l)",
			name, (unsigned long long)exits__memory_bytes(x) / 1024,
			(unsigned long long)limit.rlim_cur / 1024);
	if (code == -EPERM)
		return error__set(err, code,
				  "loading the exits probe (%s): not permitted; it takes root, or "
				  "CAP_BPF and CAP_PERFMON",
				  name);
	if (code == -ENOMEM)
		return error__set(
			err, code,
			"loading the exits probe (%s): no memory for %u vCPUs (%.1f MiB); "
			"watch fewer, or raise the locked-memory limit (ulimit -l)",
			name, x->nr_vcpus, exits__memory_bytes(x) / 1048576.0);
	return error__set(err, code == -EMFILE || code == -ENFILE ? code : -EOPNOTSUPP,
			  "loading the exits probe (%s): the kernel refuses it: %s", name,
			  strerror(-code));
}

static void *map_array(struct bpf_map *map, size_t value, unsigned int entries)
{
	size_t bytes = ((value + 7) & ~7ul) * entries;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	return p == MAP_FAILED ? NULL : p;
}

static int fill_maps(struct exits *x, struct error *err)
{
	struct exits_bpf *skel = x->skel;
	uint8_t one = 1;

	x->slots = skel->bss->slots;
	x->rows = map_array(skel->maps.rows, sizeof(*x->rows), x->nr_rows);
	x->seen = calloc(x->nr_rows, sizeof(*x->seen));
	if (!x->rows || !x->seen)
		return error__set(err, -ENOMEM,
				  "loading the exits probe: no memory to read its maps");
	x->top_row = 1;
	for (uint32_t i = 1; i < x->nr_rows; i++)
		if (bpf_map_update_elem(bpf_map__fd(skel->maps.free_rows), NULL, &i, BPF_ANY))
			return error__set(err, -errno,
					  "loading the exits probe: filling its maps: %s",
					  strerror(errno));
	for (size_t i = 0; i < x->opts.target.nr_pids; i++) {
		uint32_t pid = x->opts.target.pids[i];

		bpf_map_update_elem(bpf_map__fd(skel->maps.targets), &pid, &one, BPF_ANY);
	}
	return 0;
}

/* Checks for what the source needs and this kernel may lack or refuse. */
static int check_source(struct exits *x, struct error *err)
{
	bool reads = x->source == EXITS_RAW_TP && x->types.kvm_btf && !x->types.exit_has_reason;

	if (access("/sys/module/kvm", F_OK))
		return error__set(err, -ENOENT,
				  "loading the exits probe: KVM is not there; "
				  "modprobe kvm_intel (or kvm_amd)");
	if (x->types.no_reads && (reads || (x->source == EXITS_TP && !x->tracefs)))
		return error__set(err, -EPERM,
				  "loading the exits probe (%s): " LOCKED_DOWN ": it lets nobody "
				  "read the reason of an exit from %s",
				  exits_source__name(x->source),
				  reads ? "the vCPU" : "a trace event");
	if (x->types.no_reads && x->opts.by == EXITS_BY_RIP)
		return error__set(err, -EPERM,
				  "loading the exits probe: " LOCKED_DOWN ": the guest's RIP "
				  "cannot be read");
	if (x->opts.by == EXITS_BY_CPL && x->types.vmx_reason_off)
		return error__set(
			err, -EOPNOTSUPP,
			"the guest's privilege level is not measured on VMX: it is in the "
			"VMCS, which only the CPU can read; --by rip shows the addresses "
			"that exits come from");
	if (x->opts.by == EXITS_BY_CPL &&
	    (!x->types.svm_cpl_off || x->types.no_reads || x->source == EXITS_TRACEPOINTS))
		return error__set(err, -EOPNOTSUPP,
				  "the guest's privilege level is not measured here: it takes "
				  "kvm_exit, and type information (BTF) of KVM to read it from the "
				  "VMCB");
	if (x->source == EXITS_TRACEPOINTS && x->opts.by == EXITS_BY_RIP)
		return error__set(err, -EOPNOTSUPP,
				  "only kvm_exit gives the guest's RIP, not "
				  "source tracepoints");
	if (x->source == EXITS_TRACEPOINTS && x->opts.over_ns)
		return error__set(err, -EOPNOTSUPP,
				  "source tracepoints has no times, so it knows of no exit "
				  "whether it was slow");
	if (x->source == EXITS_FENTRY && !x->types.invoke_exit_handler)
		return error__set(err, -EOPNOTSUPP,
				  "loading the exits probe (fentry): this kernel has no "
				  "svm_invoke_exit_handler() to attach to (it is for SVM, and "
				  "needs type information)");
	return 0;
}

static int on_ring(void *ctx, void *data, size_t len)
{
	struct exits *x = ctx;

	if (len >= sizeof(struct exits_event) && x->event_visit)
		x->event_visit(data, x->event_ctx);
	return 0;
}

/*
 * Puts the running kernel's numbers into the programs that peek. As an external function libbpf
 * would look for it in the modules too where the kernel has none, which takes CAP_SYS_ADMIN.
 */
static void set_cast(struct exits *x)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, x->skel->obj) {
		/* Ours to change until it is loaded. */
		struct bpf_insn *insn = (struct bpf_insn *)bpf_program__insns(prog);

		for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++) {
			if (insn[i].code == (BPF_JMP | BPF_CALL) &&
			    insn[i].imm == EXITS_CAST_FUNCTION) {
				insn[i].src_reg = BPF_PSEUDO_KFUNC_CALL;
				insn[i].imm = (int32_t)x->types.cast_function;
			} else if (insn[i].imm == EXITS_CAST_TYPE) {
				insn[i].imm = (int32_t)x->types.cast_type;
			}
		}
	}
}

static int load(struct exits *x, struct error *err)
{
	int code;

	x->skel = exits_bpf__open();
	if (!x->skel)
		return error__set(err, -errno, "loading the exits probe: %s", strerror(errno));
	code = set_constants(x, err);
	if (code)
		return code;
	code = size_maps(x);
	if (code)
		return error__set(err, code, "loading the exits probe: %s", strerror(-code));
	select_programs(x);
	set_cast(x);
	code = exits_bpf__load(x->skel);
	if (code)
		return load_error(x, code, err);
	if (ring_bytes(x)) {
		x->ring = ring_buffer__new(bpf_map__fd(x->skel->maps.events), on_ring, x, NULL);
		if (!x->ring)
			return error__set(err, -errno,
					  "loading the exits probe: its event ring: %s",
					  strerror(errno));
	}
	return fill_maps(x, err);
}

void exits__find_types(struct kernel_types *types)
{
	kernel_types__find(types, "");
	/* A locked-down kernel allows programs that trace, but none that read its memory. */
	types->no_reads = !libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT,
						   BPF_FUNC_probe_read_kernel, NULL);
	if (!types->no_reads)
		return;
	types->vcpu_id_off = 0;
	types->vcpu_kvm_known = false;
}

int exits__load(struct exits **out, enum exits_source source, const struct exits_options *opts,
		const struct kernel_types *types, struct error *err)
{
	struct error ignored = { 0 };
	struct exits *x;
	int code;

	*out = NULL;
	if (source >= EXITS_NR_SOURCES)
		return error__set(err, -EINVAL, "loading the exits probe: source %s is not a probe",
				  exits_source__name(source));
	x = calloc(1, sizeof(*x));
	if (!x)
		return error__set(err, -ENOMEM, "loading the exits probe: out of memory");
	x->source = source;
	x->kvm_fd = -1;
	x->opts = *opts;
	libbpf_set_print(NULL);
	x->types = *types;
	pidns__find(&x->pidns);
	tracefs__open(&x->tracefs, &ignored);
	code = check_source(x, err);
	if (!code)
		code = load(x, err);
	if (code && x->skel && x->types.cast_function) {
		/* If it is that which the kernel refuses, the other way is dearer and as good. */
		exits_bpf__destroy(x->skel);
		x->skel = NULL;
		x->types.cast_function = 0;
		code = load(x, err);
	}
	if (code) {
		exits__unload(x);
		return code;
	}
	*out = x;
	return 0;
}

void exits__unload(struct exits *x)
{
	ring_buffer__free(x->ring);
	if (x->rows)
		munmap(x->rows, sizeof(*x->rows) * x->nr_rows);
	for (unsigned int i = 0; x->seen && i < x->nr_rows; i++)
		free(x->seen[i]);
	free(x->seen);
	free(x->spare);
	for (unsigned int i = 0; i < EXITS_SLOTS; i++)
		free(x->slot_seen[i]);
	exits_bpf__destroy(x->skel);
	tracefs__close(x->tracefs);
	free(x);
}
