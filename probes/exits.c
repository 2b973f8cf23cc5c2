// SPDX-License-Identifier: GPL-2.0-or-later
/* The exits probe's user side: loading by source, reading the mapped counts, naming them. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/base/clock.h"
#include "probes/exits.h"
#include "probes/kernel_types.h"
#include "probes/pidns.h"
#include "probes/tracefs.h"
#include "probes/vmfind.h"
#include "exits.skel.h"

#define MAX_LINKS	16
#define MIN_VCPUS	64
#define ROWS_PER_VCPU	16	/* reasons a vCPU takes; more are taken from those that take fewer */
#define DETAIL_ROWS	8192
#define RING_BYTES	(1u << 20)

/* What was collected of a slot. */
struct slot_seen {
	uint64_t unseen;
	uint64_t count[EXITS_REASONS];
	uint32_t row;		/* of the exit that was under way; 0: none was */
	uint64_t given_ns;	/* what of it was handed out as clip_ns */
};

struct exits {
	struct exits_bpf *skel;
	enum exits_source source;
	struct exits_options opts;
	struct kernel_types types;
	struct pidns pidns;
	struct tracefs *tracefs;	/* NULL: not readable */
	struct bpf_link *links[MAX_LINKS];
	unsigned int nr_links;
	unsigned int nr_rows, nr_tasks, nr_vcpus;
	struct exits_slot *slots;	/* the skeleton's */
	struct exits_row *rows;
	struct exits_row **seen;	/* by row: what was collected; NULL: never looked at */
	struct exits_row *spare;	/* for the next that is collected */
	struct slot_seen *slot_seen[EXITS_SLOTS];	/* by slot: the same */
	unsigned int top_row;		/* rows above were never handed out */
	uint64_t missed_before;		/* by missed_runs() */
	uint64_t ended_ns;		/* 0: attached */
	int kvm_fd;			/* while attached: keeps the vendor's module, and its offsets, in place */
	ino_t vendor;			/* the vendor's module when it was attached; 0: none, or built in */
	bool reloaded;			/* … and then it was another */
	struct ring_buffer *ring;
	exits_event_visit event_visit;	/* of the poll under way */
	void *event_ctx;
};

static const struct {
	const char *name, *what;
} sources[] = {
	[EXITS_RAW_TP] = { "raw_tp", "raw tracepoints kvm_exit and kvm_entry" },
	[EXITS_FENTRY] = { "fentry", "the exit handler's argument; exits handled before it have no reason" },
	[EXITS_TP] = { "tp", "trace events kvm_exit and kvm_entry" },
	[EXITS_TRACEPOINTS] = { "tracepoints", "kvm_pio, kvm_mmio and the like: counts of what they stand for" },
	[EXITS_STATS] = { "stats", "KVM's statistics: counts without reasons" },
	[EXITS_NONE] = { "none", "nothing here shows exits" },
};

static const char *const tracepoint_names[EXITS_NR_TRACEPOINTS] = {
	[EXITS_TP_PIO] = "kvm_pio",
	[EXITS_TP_MMIO] = "kvm_mmio",
	[EXITS_TP_MSR] = "kvm_msr",
	[EXITS_TP_CPUID] = "kvm_cpuid",
	[EXITS_TP_HYPERCALL] = "kvm_hypercall",
	[EXITS_TP_WAKEUP] = "kvm_vcpu_wakeup",
	[EXITS_TP_USERSPACE] = "kvm_userspace_exit",
};

const char *exits_source__name(enum exits_source source)
{
	return sources[source].name;
}

const char *exits_source__what(enum exits_source source)
{
	return sources[source].what;
}

int exits_source__find(const char *name)
{
	for (int i = 0; i <= EXITS_NONE; i++)
		if (!strcmp(sources[i].name, name))
			return i;
	return -1;
}

/* ---- loading ---------------------------------------------------------------------------------- */

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
	x->nr_rows = (exits__timed(x) ? ROWS_PER_VCPU * vcpus : 0) +
		     (x->opts.by ? DETAIL_ROWS : 0) + 1;
	if (bpf_map__set_max_entries(skel->maps.rows, x->nr_rows) ||
	    bpf_map__set_max_entries(skel->maps.tasks, x->nr_tasks) ||
	    bpf_map__set_max_entries(skel->maps.free_rows, x->nr_rows) ||
	    bpf_map__set_max_entries(skel->maps.claims, EXITS_SLOTS) ||
	    bpf_map__set_max_entries(skel->maps.targets, x->opts.target.nr_pids + 1) ||
	    bpf_map__set_max_entries(skel->maps.details, x->opts.by ? DETAIL_ROWS : 1) ||
	    (x->opts.over_ns && bpf_map__set_max_entries(skel->maps.events, RING_BYTES)))
		return -EINVAL;
	/* Kernels before 5.8 have no ring buffer; who streams nothing needs none. */
	if (!x->opts.over_ns) {
		bpf_map__set_type(skel->maps.events, BPF_MAP_TYPE_ARRAY);
		bpf_map__set_key_size(skel->maps.events, sizeof(uint32_t));
		bpf_map__set_value_size(skel->maps.events, sizeof(uint32_t));
		bpf_map__set_max_entries(skel->maps.events, 1);
	}
	return 0;
}

static bool wants_detail(const struct exits *x, enum exits_kind kind)
{
	return !x->opts.counts_only && (x->opts.by == kind || x->opts.over_ns);
}

static bool usual_record(const struct exits_bpf__rodata *ro)
{
	return ro->rec_reason_off == offsetof(struct exits_record, exit_reason) &&
	       ro->rec_isa_off == offsetof(struct exits_record, isa) &&
	       (!ro->rec_vcpu_id_off || ro->rec_vcpu_id_off == offsetof(struct exits_record, vcpu_id));
}

/* Which programs the source takes; all others are not even loaded. */
static void select_programs(struct exits *x)
{
	struct exits_bpf *skel = x->skel;
	bool timed = exits__timed(x), raw = x->source == EXITS_RAW_TP;
	bool old = raw && (!x->types.kvm_btf || x->types.exit_has_reason), new = raw && !old;
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(prog, false);
#define WANT(name, condition) bpf_program__set_autoload(skel->progs.name, (condition))
	WANT(vmx_exit, timed && new && x->types.vmx_reason_off);
	WANT(vmx_exit_count, !timed && new && x->types.vmx_reason_off);
	WANT(svm_exit, timed && new && x->types.svm_vmcb_off);
	WANT(svm_exit_count, !timed && new && x->types.svm_vmcb_off);
	WANT(raw_exit_old, old);
	WANT(raw_entry, timed && x->source != EXITS_TP);
	WANT(fentry_exit, x->source == EXITS_FENTRY);
	WANT(tp_exit, x->source == EXITS_TP && !usual_record(skel->rodata));
	WANT(tp_exit_usual, x->source == EXITS_TP && usual_record(skel->rodata));
	WANT(tp_entry, timed && x->source == EXITS_TP);
	WANT(raw_switch, timed);
	WANT(raw_userspace, timed);
	WANT(raw_thread_exit, timed);
	WANT(raw_msr, timed && wants_detail(x, EXITS_BY_MSR));
	WANT(raw_pio, timed && wants_detail(x, EXITS_BY_PORT));
	WANT(raw_mmio, timed && wants_detail(x, EXITS_BY_GPA));
	WANT(tp_rip, timed && skel->rodata->want_rip);
	WANT(count_pio, x->source == EXITS_TRACEPOINTS);
	WANT(count_mmio, x->source == EXITS_TRACEPOINTS);
	WANT(count_msr, x->source == EXITS_TRACEPOINTS);
	WANT(count_cpuid, x->source == EXITS_TRACEPOINTS);
	WANT(count_hypercall, x->source == EXITS_TRACEPOINTS);
	WANT(count_wakeup, x->source == EXITS_TRACEPOINTS);
	WANT(count_userspace, x->source == EXITS_TRACEPOINTS);
#undef WANT
}

#define LOCKED_DOWN	"the kernel is locked down (confidentiality)"

/* Offsets and switches that become constants of the programs. */
static int set_constants(struct exits *x, struct error *err)
{
	struct exits_bpf__rodata *ro = x->skel->rodata;
	const struct kernel_types *t = &x->types;
	int off;

	ro->vmx_reason_off = t->vmx_reason_off;
	ro->svm_vmcb_off = t->svm_vmcb_off;
	ro->svm_code_off = t->svm_code_off;
	/* The vCPU is the key but for the sources that know only its thread. */
	if (x->source == EXITS_RAW_TP || x->source == EXITS_FENTRY) {
		ro->vcpu_id_off = t->vcpu_id_off;
		ro->vcpu_kvm_known = t->vcpu_kvm_known;
		ro->vcpu_kvm_off = t->vcpu_kvm_off;
	}
	ro->timing = exits__timed(x);
	ro->pidns_dev = x->pidns.dev;
	ro->pidns_ino = x->pidns.ino;
	ro->filtered = x->opts.target.nr_pids > 0;
	ro->only_vcpu = x->opts.target.vcpu;
	ro->by = x->opts.by;
	ro->over_ns = x->opts.over_ns;
	ro->extras = x->opts.by || x->opts.over_ns;
	ro->want_rip = (x->opts.rip || x->opts.by == EXITS_BY_RIP) && exits__timed(x) && !x->types.no_reads;
	if (x->source == EXITS_TP || ro->want_rip) {
		if (!x->tracefs)
			return error__set(err, -EACCES, "loading the exits probe: the fields of kvm_exit are "
					  "described in tracefs, which is not readable; as root: "
					  "mount -t tracefs tracefs /sys/kernel/tracing");
		off = tracefs__field_off(x->tracefs, "kvm", "kvm_exit", "exit_reason");
		if (off < 0 && x->types.no_reads)
			return error__set(err, -EPERM, "loading the exits probe (tp): " LOCKED_DOWN " and shows "
					  "no trace events");
		if (off < 0)
			return error__set(err, -ENOENT, "loading the exits probe: this kernel has no event "
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

/* Before 5.11 maps count as locked memory; helpers that came with 5.11 tell. */
static bool maps_are_locked_memory(void)
{
	return !libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_ktime_get_coarse_ns, NULL);
}

static int load_error(struct exits *x, int code, struct error *err)
{
	const char *name = sources[x->source].name;
	struct rlimit limit;

	if (code == -EPERM && !getrlimit(RLIMIT_MEMLOCK, &limit) &&
	    limit.rlim_cur < exits__memory_bytes(x) && maps_are_locked_memory())
		return error__set(err, code, "loading the exits probe (%s): its maps take %llu KiB, and this "
				  "kernel allows %llu KiB of locked memory: raise the limit (ulimit -l)", name,
				  (unsigned long long)exits__memory_bytes(x) / 1024,
				  (unsigned long long)limit.rlim_cur / 1024);
	if (code == -EPERM)
		return error__set(err, code, "loading the exits probe (%s): not permitted; it takes root, or "
				  "CAP_BPF and CAP_PERFMON", name);
	if (code == -ENOMEM)
		return error__set(err, code, "loading the exits probe (%s): no memory for %u vCPUs (%.1f MiB); "
				  "watch fewer, or raise the locked-memory limit (ulimit -l)", name,
				  x->nr_vcpus, exits__memory_bytes(x) / 1048576.0);
	return error__set(err, -EOPNOTSUPP, "loading the exits probe (%s): the kernel refuses it: %s",
			  name, strerror(-code));
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
		return error__set(err, -ENOMEM, "loading the exits probe: no memory to read its maps");
	x->top_row = 1;
	for (uint32_t i = 1; i < x->nr_rows; i++)
		if (bpf_map_update_elem(bpf_map__fd(skel->maps.free_rows), NULL, &i, BPF_ANY))
			return error__set(err, -errno, "loading the exits probe: filling its maps: %s",
					  strerror(errno));
	for (size_t i = 0; i < x->opts.target.nr_pids; i++) {
		uint32_t pid = x->opts.target.pids[i];

		bpf_map_update_elem(bpf_map__fd(skel->maps.targets), &pid, &one, BPF_ANY);
	}
	return 0;
}

/* What the source takes that this kernel may not have or give. */
static int check_source(struct exits *x, struct error *err)
{
	bool reads = x->source == EXITS_RAW_TP && x->types.kvm_btf && !x->types.exit_has_reason;

	if (access("/sys/module/kvm", F_OK))
		return error__set(err, -ENOENT, "loading the exits probe: KVM is not there; "
				  "modprobe kvm_intel (or kvm_amd)");
	if (x->types.no_reads && (reads || (x->source == EXITS_TP && !x->tracefs)))
		return error__set(err, -EPERM, "loading the exits probe (%s): " LOCKED_DOWN ": it lets nobody "
				  "read the reason of an exit from %s", sources[x->source].name,
				  reads ? "the vCPU" : "a trace event");
	if (x->types.no_reads && x->opts.by == EXITS_BY_RIP)
		return error__set(err, -EPERM, "loading the exits probe: " LOCKED_DOWN ": the guest's RIP "
				  "cannot be read");
	if (x->source == EXITS_TRACEPOINTS && x->opts.by == EXITS_BY_RIP)
		return error__set(err, -EOPNOTSUPP, "the guest's RIP is told by kvm_exit alone: none by source "
				  "tracepoints");
	if (x->source == EXITS_TRACEPOINTS && x->opts.over_ns)
		return error__set(err, -EOPNOTSUPP, "source tracepoints has no times, so it knows of no exit "
				  "whether it was slow");
	if (x->source == EXITS_FENTRY && !x->types.invoke_exit_handler)
		return error__set(err, -EOPNOTSUPP, "loading the exits probe (fentry): this kernel has no "
				  "svm_invoke_exit_handler() to attach to (it is for SVM, and needs type information)");
	return 0;
}

static int on_ring(void *ctx, void *data, size_t len)
{
	struct exits *x = ctx;

	if (len >= sizeof(struct exits_event) && x->event_visit)
		x->event_visit(data, x->event_ctx);
	return 0;
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
	code = exits_bpf__load(x->skel);
	if (code)
		return load_error(x, code, err);
	if (x->opts.over_ns) {
		x->ring = ring_buffer__new(bpf_map__fd(x->skel->maps.events), on_ring, x, NULL);
		if (!x->ring)
			return error__set(err, -errno, "loading the exits probe: its event ring: %s",
					  strerror(errno));
	}
	return fill_maps(x, err);
}

static void find_types(struct kernel_types *types)
{
	kernel_types__find(types, "");
	/* Locked down the kernel has programs that trace, and none that read its memory. */
	types->no_reads = !libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_probe_read_kernel,
						   NULL);
	if (!types->no_reads)
		return;
	types->vcpu_id_off = 0;
	types->vcpu_kvm_known = false;
}

/* `types`: what is known of the kernel already; reading its type information takes 50 ms. */
static int open_with(struct exits **out, enum exits_source source, const struct exits_options *opts,
		     const struct kernel_types *types, struct error *err)
{
	struct error ignored = { 0 };
	struct exits *x;
	int code;

	*out = NULL;
	if (source >= EXITS_NR_SOURCES)
		return error__set(err, -EINVAL, "loading the exits probe: source %s is not a probe",
				  sources[source].name);
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
	if (code) {
		exits__close(x);
		return code;
	}
	*out = x;
	return 0;
}

int exits__open(struct exits **out, enum exits_source source, const struct exits_options *opts,
		struct error *err)
{
	struct kernel_types types;

	find_types(&types);
	return open_with(out, source, opts, &types, err);
}

void exits__close(struct exits *x)
{
	if (!x)
		return;
	exits__end(x);
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

/* ---- attaching -------------------------------------------------------------------------------- */

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
	/* The program sees the event on every CPU, wherever the perf event itself is. */
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

/* `must`: the source cannot do without. */
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
		return error__set(err, -ENOENT, "attaching to %s: this kernel has no such tracepoint; is the "
				  "kvm module loaded?", event);
	case EINVAL:
		return error__set(err, -EOPNOTSUPP, "attaching to %s (%s): its arguments are not known%s%s",
				  event, sources[x->source].name, *x->types.why ? ": " : "", x->types.why);
	case EPERM:
	case EACCES:
		return error__set(err, -EPERM, "attaching to %s (%s): not permitted; it takes root, or CAP_BPF "
				  "and CAP_PERFMON", event, sources[x->source].name);
	default:
		return error__set(err, -EOPNOTSUPP, "attaching to %s (%s): %s", event,
				  sources[x->source].name, strerror(errno));
	}
}

/*
 * Runs that the kernel left out because the same program was under way on that CPU: it does so where a
 * program can be preempted (fentry on preemptible kernels) and another vCPU gets the CPU.
 */
static uint64_t missed_runs(struct exits *x)
{
	struct bpf_program *prog;
	uint64_t missed = 0;

	bpf_object__for_each_program(prog, x->skel->obj) {
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);

		if (bpf_program__fd(prog) >= 0 &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
			missed += info.recursion_misses;
	}
	return missed;
}

/* Everything as after loading; nothing is attached meanwhile. */
static void forget(struct exits *x)
{
	int claims = bpf_map__fd(x->skel->maps.claims), details = bpf_map__fd(x->skel->maps.details);
	int tasks = bpf_map__fd(x->skel->maps.tasks);
	int free_rows = bpf_map__fd(x->skel->maps.free_rows);
	struct exits_detail_key key;
	uint64_t task;

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
	while (!bpf_map_get_next_key(tasks, NULL, &task))
		bpf_map_delete_elem(tasks, &task);
	memset(x->skel->bss->cpus, 0, sizeof(x->skel->bss->cpus));
	memset(&x->skel->bss->lost, 0, sizeof(x->skel->bss->lost));
	x->missed_before = missed_runs(x);
}

int exits__begin(struct exits *x, struct error *err)
{
	exits__end(x);
	forget(x);
	return exits__resume(x, err);
}

/* Another each time it is loaded. */
static ino_t vendor_module(void)
{
	struct stat st;

	return !stat("/sys/module/kvm_amd", &st) || !stat("/sys/module/kvm_intel", &st) ? st.st_ino : 0;
}

/* What was watched begins here, though some of it was attached before. */
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

int exits__resume(struct exits *x, struct error *err)
{
	struct exits_bpf *skel = x->skel;
	int code;

	/* vCPUs that are known may be out, halted for one: since before this, or since an earlier time. */
	for (unsigned int i = 0; i < EXITS_SLOTS; i++)
		if (x->slots[i].vcpu > 1)
			x->slots[i].start_ns = EXITS_UNDER_WAY;
	/* Not for everybody to open; then nothing keeps the module from being reloaded. */
	x->kvm_fd = open("/dev/kvm", O_RDONLY | O_CLOEXEC);
	x->vendor = vendor_module();
	/* Whoever gives a running exit its parts comes before whoever opens one. */
	if ((code = attach(x, skel->progs.raw_thread_exit, "sched_process_exit", true, err)) ||
	    (code = attach(x, skel->progs.raw_switch, "sched_switch", true, err)) ||
	    (code = attach(x, skel->progs.raw_userspace, "kvm_userspace_exit", true, err)) ||
	    (code = attach(x, skel->progs.raw_msr, "kvm_msr", true, err)) ||
	    (code = attach(x, skel->progs.raw_pio, "kvm_pio", true, err)) ||
	    (code = attach(x, skel->progs.raw_mmio, "kvm_mmio", true, err)) ||
	    (code = attach(x, skel->progs.raw_entry, "kvm_entry", true, err)) ||
	    (code = attach(x, skel->progs.tp_entry, "kvm_entry", true, err)) ||
	    (code = attach(x, skel->progs.vmx_exit, "kvm_exit", true, err)) ||
	    (code = attach(x, skel->progs.vmx_exit_count, "kvm_exit", true, err)) ||
	    (code = attach(x, skel->progs.svm_exit, "kvm_exit", true, err)) ||
	    (code = attach(x, skel->progs.svm_exit_count, "kvm_exit", true, err)) ||
	    (code = attach(x, skel->progs.raw_exit_old, "kvm_exit", true, err)) ||
	    (code = attach(x, skel->progs.fentry_exit, "svm_invoke_exit_handler", true, err)) ||
	    (code = attach(x, skel->progs.tp_exit, "kvm_exit", true, err)) ||
	    (code = attach(x, skel->progs.tp_exit_usual, "kvm_exit", true, err)) ||
	    (code = attach(x, skel->progs.tp_rip, "kvm_exit", true, err)) ||
	    (code = attach(x, skel->progs.count_userspace, "kvm_userspace_exit", true, err)) ||
	    (code = attach(x, skel->progs.count_pio, "kvm_pio", false, err)) ||
	    (code = attach(x, skel->progs.count_mmio, "kvm_mmio", false, err)) ||
	    (code = attach(x, skel->progs.count_msr, "kvm_msr", false, err)) ||
	    (code = attach(x, skel->progs.count_cpuid, "kvm_cpuid", false, err)) ||
	    (code = attach(x, skel->progs.count_hypercall, "kvm_hypercall", false, err)) ||
	    (code = attach(x, skel->progs.count_wakeup, "kvm_vcpu_wakeup", false, err)))
		exits__end(x);
	else
		note_attached(x);
	return code;
}

void exits__end(struct exits *x)
{
	if (x->skel && x->skel->bss)
		x->skel->bss->all_attached = false;
	if (x->nr_links)
		x->ended_ns = clock__kernel_ns();
	/* Exits first: from here on nothing is begun that would not be finished. */
	while (x->nr_links)
		bpf_link__destroy(x->links[--x->nr_links]);
	if (x->kvm_fd >= 0)
		close(x->kvm_fd);
	x->kvm_fd = -1;
}

enum exits_source exits__source(const struct exits *x)
{
	return x->source;
}

bool exits__timed(const struct exits *x)
{
	return !x->opts.counts_only && x->source != EXITS_TRACEPOINTS;
}

uint64_t exits__memory_bytes(const struct exits *x)
{
	return sizeof(struct exits_bpf__bss) +
	       sizeof(struct exits_row) * (uint64_t)x->nr_rows +
	       2 * sizeof(uint64_t) * (uint64_t)x->nr_tasks +
	       (x->opts.over_ns ? RING_BYTES : 0);
}

unsigned int exits__room_vcpus(const struct exits *x)
{
	return x->nr_vcpus;
}

/* ---- reading ---------------------------------------------------------------------------------- */

/* The exit that the slot's vCPU is in: its row and how long it has taken so far; 0: none, or not known. */
static uint32_t under_way(const struct exits *x, const struct exits_slot *slot, uint64_t *ns)
{
	uint64_t start = __atomic_load_n(&slot->start_ns, __ATOMIC_ACQUIRE), now;
	uint32_t row = slot->row;

	now = slot->gone_ns ?: x->ended_ns ?: clock__kernel_ns();
	if (start <= EXITS_UNDER_WAY || now <= start || !row || row >= x->nr_rows ||
	    __atomic_load_n(&slot->start_ns, __ATOMIC_ACQUIRE) != start)
		return 0;
	*ns = now - start;
	return row;
}

/* What the row gained; the caller has the counts. */
static int collect_row(struct exits *x, unsigned int i, struct exits_delta *d, exits_visit visit,
		       void *ctx)
{
	static const struct exits_row nothing;
	const struct exits_row *before = x->seen[i] ? x->seen[i] : &nothing;
	struct exits_row *now = x->spare ? x->spare : malloc(sizeof(*now));

	x->spare = now;
	if (!now)
		return -ENOMEM;
	if (x->rows[i].ns == before->ns && x->rows[i].count == before->count &&
	    x->rows[i].before_ns == before->before_ns && !d->count && !d->clip_ns)
		return 0;
	memcpy(now, &x->rows[i], sizeof(*now));
	d->ns = now->ns - before->ns;
	d->off_ns = now->off_ns - before->off_ns;
	d->user_ns = now->user_ns - before->user_ns;
	d->user_off_ns = now->user_off_ns - before->user_off_ns;
	d->clip_ns += x->opts.clip ? (int64_t)(now->before_ns - before->before_ns) : 0;
	d->max_ns = now->max_ns;
	d->now = now->bucket;
	d->before = before->bucket;
	if (d->kind != EXITS_BY_REASON)
		d->count = now->count - before->count;
	if (d->kind != EXITS_BY_REASON && exits__timed(x))
		for (unsigned int b = 0; b < EXITS_BUCKETS; b++)
			d->count += (uint32_t)(now->bucket[b] - before->bucket[b]);
	visit(d, ctx);
	x->spare = x->seen[i];
	x->seen[i] = now;
	return 0;
}

static int collect_slot(struct exits *x, unsigned int i, exits_visit visit, void *ctx)
{
	struct exits_slot *slot = &x->slots[i];
	struct slot_seen *seen = x->slot_seen[i];
	uint64_t now, way_ns = 0;
	uint32_t way;

	if (!seen) {
		seen = x->slot_seen[i] = calloc(1, sizeof(*seen));
		if (!seen)
			return -ENOMEM;
	}
	way = x->opts.clip ? under_way(x, slot, &way_ns) : 0;
	for (unsigned int r = 0; r < EXITS_REASONS; r++) {
		struct exits_delta d = {
			.vcpu = slot, .slot = i, .kind = EXITS_BY_REASON,
			.key = slot->reasons[r].reason,
		};
		uint32_t row = slot->reasons[r].row;

		now = slot->reasons[r].count;
		d.count = now - seen->count[r];
		seen->count[r] = now;
		if (row && row == way)
			d.clip_ns += (int64_t)way_ns;
		if (row && row == seen->row)
			d.clip_ns -= (int64_t)seen->given_ns;
		if (row && row < x->nr_rows) {
			if (collect_row(x, row, &d, visit, ctx))
				return -ENOMEM;
		} else if (d.count) {
			visit(&d, ctx);
		}
	}
	seen->row = way;
	seen->given_ns = way_ns;
	now = slot->unseen;
	if (now != seen->unseen) {
		struct exits_delta d = {
			.vcpu = slot, .slot = i, .kind = EXITS_BY_REASON, .key = EXITS_UNSEEN,
			.count = now - seen->unseen,
		};

		seen->unseen = now;
		visit(&d, ctx);
	}
	return 0;
}

/* Rows of details; rows are handed out in order, so the first that was never used ends the search. */
static int collect_details(struct exits *x, exits_visit visit, void *ctx)
{
	while (x->top_row < x->nr_rows && x->rows[x->top_row].used)
		x->top_row++;
	for (unsigned int i = 1; i < x->top_row; i++) {
		struct exits_delta d = {
			.slot = x->rows[i].slot % EXITS_SLOTS, .kind = x->rows[i].kind,
			.key = x->rows[i].key,
		};

		d.vcpu = &x->slots[d.slot];
		if (d.kind != EXITS_BY_REASON && collect_row(x, i, &d, visit, ctx))
			return -ENOMEM;
	}
	return 0;
}

/* Of a vCPU that is gone, and has been read: for others. */
static void recycle(struct exits *x, uint32_t i)
{
	struct exits_slot *slot = &x->slots[i];
	int free_rows = bpf_map__fd(x->skel->maps.free_rows);

	for (unsigned int r = 0; r < EXITS_REASONS; r++) {
		uint32_t row = slot->reasons[r].row;

		if (!row || row >= x->nr_rows)
			continue;
		free(x->seen[row]);
		x->seen[row] = NULL;
		memset(&x->rows[row], 0, sizeof(x->rows[row]));
		bpf_map_update_elem(free_rows, NULL, &row, BPF_ANY);
	}
	free(x->slot_seen[i]);
	x->slot_seen[i] = NULL;
	memset(slot, 0, sizeof(*slot));
	bpf_map_delete_elem(bpf_map__fd(x->skel->maps.claims), &i);
}

int exits__collect(struct exits *x, exits_visit visit, void *ctx, struct error *err)
{
	bool gone[EXITS_SLOTS] = { false };
	ino_t vendor = vendor_module();
	int code = 0;

	/* Only the offsets of raw_tp are the vendor's; one that is away shows no exits. */
	if (x->source == EXITS_RAW_TP && vendor && vendor != x->vendor)
		x->reloaded = true;
	for (unsigned int i = 0; !code && i < EXITS_SLOTS; i++) {
		uint64_t vcpu = x->slots[i].vcpu;

		gone[i] = vcpu == 1;
		if (vcpu && !x->slots[i].ignored)
			code = collect_slot(x, i, visit, ctx);
	}
	if (!code && x->opts.by)
		code = collect_details(x, visit, ctx);
	/* Not before its details have been read: they are told whose they are by the slot. */
	for (unsigned int i = 0; !code && i < EXITS_SLOTS; i++)
		if (gone[i])
			recycle(x, i);
	return code ? error__set(err, code, "reading the exits probe: out of memory") : 0;
}

static void ignore(const struct exits_delta *delta, void *ctx)
{
	(void)delta;
	(void)ctx;
}

/*
 * The slot of the vCPU that the calling thread runs; it has one, since it came out just now. Of several
 * that the thread ran, in turns or one after the other, it is the one that came out last.
 */
static int own_slot(const struct exits *x)
{
	uint32_t tid = (uint32_t)pidns__tid();
	uint64_t last = 0;
	int slot = -1;

	for (unsigned int i = 0; i < EXITS_SLOTS; i++) {
		const struct exits_slot *s = &x->slots[i];

		if (s->vcpu <= 1 || s->tid != tid || s->ignored || s->start_ns < last)
			continue;
		last = s->start_ns;
		slot = (int)i;
	}
	return slot;
}

static void uncount(struct exits *x, int slot, uint32_t reason)
{
	for (unsigned int r = 0; r < EXITS_REASONS; r++)
		if (x->slots[slot].reasons[r].reason == reason)
			x->slot_seen[slot]->count[r]++;
}

int exits__open_window(struct exits *x, struct error *err)
{
	int code = exits__collect(x, ignore, NULL, err), slot = own_slot(x);

	if (code || slot < 0 || !exits__timed(x))
		return code;
	x->slots[slot].start_ns = EXITS_UNDER_WAY;
	return 0;
}

int exits__close_window(struct exits *x, exits_visit visit, void *ctx, struct error *err)
{
	int slot = own_slot(x);

	if (slot >= 0 && x->slot_seen[slot]) {
		if (x->source == EXITS_TRACEPOINTS) {
			uncount(x, slot, EXITS_TP_PIO);
			uncount(x, slot, EXITS_TP_USERSPACE);
		} else {
			const struct exits_slot *s = &x->slots[slot];

			for (unsigned int r = 0; r < EXITS_REASONS; r++)
				if (s->row && s->reasons[r].row == s->row)
					x->slot_seen[slot]->count[r]++;
		}
	}
	return exits__collect(x, visit, ctx, err);
}

uint64_t exits__ended_ns(const struct exits *x)
{
	return x->ended_ns;
}

void exits__under_way(struct exits *x, exits_way_visit visit, void *ctx)
{
	char name[64];
	uint64_t ns;

	for (unsigned int i = 0; i < EXITS_SLOTS; i++) {
		const struct exits_slot *slot = &x->slots[i];

		if (slot->vcpu <= 1 || slot->ignored || !under_way(x, slot, &ns))
			continue;
		exits__reason_name(x, slot->isa, slot->reason, name, sizeof(name));
		visit(slot, name, ns, ctx);
	}
}

bool exits__halt(const struct exits *x, unsigned int *isa, uint32_t *reason)
{
	bool svm = x->types.svm_vmcb_off || x->source == EXITS_FENTRY;

	if (!exits__timed(x) || (!svm && !x->types.vmx_reason_off))
		return false;
	*isa = svm ? ISA_SVM : ISA_VMX;
	*reason = svm ? 0x78 : 12;	/* APM volume 2, appendix C; SDM volume 3, appendix C */
	return true;
}

uint64_t exits__lost(struct exits *x, struct exits_lost *lost, char *text, size_t len)
{
	uint64_t missed = missed_runs(x) - x->missed_before;
	struct exits_lost l;

	memcpy(&l, &x->skel->bss->lost, sizeof(l));
	if (lost)
		*lost = l;
	if (text && len)
		*text = 0;
	if (text && x->reloaded)
		snprintf(text, len, "KVM's vendor module was reloaded meanwhile: if it is another build, what was "
			 "counted since has wrong reasons; start anew");
	else if (text && l.slots + l.reasons)
		snprintf(text, len, "%llu exits not counted: more than %u vCPUs, or more than %u reasons of one",
			 (unsigned long long)(l.slots + l.reasons), EXITS_SLOTS, EXITS_REASONS);
	else if (text && missed)
		snprintf(text, len, "the kernel left the probe out %llu times, since it had been preempted on "
			 "that CPU%s", (unsigned long long)missed, x->source == EXITS_FENTRY ?
			 ": source raw_tp is not" : "");
	else if (text && l.rows)
		snprintf(text, len, "%llu times exits of some reason were counted and not timed: more than "
			 "%u vCPUs", (unsigned long long)l.rows, x->nr_vcpus);
	else if (text && l.details)
		snprintf(text, len, "%llu exits without detail: more than %u different ones",
			 (unsigned long long)l.details, DETAIL_ROWS);
	else if (text && l.events)
		snprintf(text, len, "%llu slow exits not streamed: they came faster than they were read",
			 (unsigned long long)l.events);
	else if (text && l.tasks)
		snprintf(text, len, "off-CPU time of %llu switches not recorded",
			 (unsigned long long)l.tasks);
	return l.slots + l.reasons + missed;
}

void exits__reason_name(struct exits *x, unsigned int isa, uint32_t reason, char *name, size_t len)
{
	if (reason == EXITS_UNSEEN)
		snprintf(name, len, "(not traced)");
	else if (x->source == EXITS_TRACEPOINTS && reason < EXITS_NR_TRACEPOINTS)
		snprintf(name, len, "%s", tracepoint_names[reason]);
	else
		tracefs__exit_reason(x->tracefs, isa, reason, name, len);
}

void exits__detail_name(enum exits_kind kind, uint64_t key, char *name, size_t len)
{
	bool write = key & EXITS_KEY_WRITE;
	unsigned long long k = key & ~EXITS_KEY_WRITE;

	switch (kind) {
	case EXITS_BY_MSR:
		snprintf(name, len, "%s 0x%llx", write ? "wrmsr" : "rdmsr", k);
		break;
	case EXITS_BY_PORT:
		snprintf(name, len, "%s 0x%llx", write ? "out" : "in", k);
		break;
	case EXITS_BY_GPA:
		snprintf(name, len, "%s 0x%llx", write ? "write" : "read", k);
		break;
	default:
		snprintf(name, len, "rip 0x%llx", (unsigned long long)key);
	}
}

void exits__key_name(struct exits *x, const struct exits_delta *d, char *name, size_t len)
{
	if (d->kind == EXITS_BY_REASON)
		exits__reason_name(x, d->vcpu->isa, d->key, name, len);
	else
		exits__detail_name(d->kind, d->key, name, len);
}

int exits__poll(struct exits *x, int timeout_ms, exits_event_visit visit, void *ctx)
{
	int n;

	if (!x->ring)
		return 0;
	x->event_visit = visit;
	x->event_ctx = ctx;
	n = ring_buffer__poll(x->ring, timeout_ms);
	x->event_visit = NULL;
	return n < 0 ? n : 0;
}

/* ---- totals ----------------------------------------------------------------------------------- */

void exits_profile__free(struct exits_profile *p)
{
	for (size_t i = 0; i < p->nr; i++)
		free(p->list[i]);
	free(p->list);
	free(p->index);
	memset(p, 0, sizeof(*p));
}

void exits_profile__clear(struct exits_profile *p)
{
	for (size_t i = 0; i < p->nr; i++) {
		struct exits_sum *s = p->list[i];

		s->count = s->ns = s->off_ns = s->user_ns = s->user_off_ns = s->max_ns = 0;
		s->clip_ns = 0;
		if (!s->hist.count)
			continue;
		/* With thousands of them it is memory that takes time. */
		memset(s->hist.bucket, 0, (s->top + 1) * sizeof(*s->hist.bucket));
		s->hist.count = s->hist.max = s->top = 0;
	}
}

/* Of details the vendor does not matter, of reasons it does: they are numbered differently. */
static unsigned int isa_of(enum exits_kind kind, unsigned int isa)
{
	return kind == EXITS_BY_REASON ? isa : 0;
}

static uint32_t *profile__place(const struct exits_profile *p, enum exits_kind kind, uint64_t key,
				unsigned int isa, int64_t group)
{
	uint64_t h = (key * 31 + kind * 7 + isa) * 31 + (uint64_t)group;
	size_t places = 2 * p->room;

	h = h * 0x9e3779b97f4a7c15ull >> 20;
	for (size_t i = h % places;; i = (i + 1) % places) {
		const struct exits_sum *s = p->index[i] ? p->list[p->index[i] - 1] : NULL;

		if (!s || (s->key == key && s->kind == kind && s->group == group && s->isa == isa))
			return &p->index[i];
	}
}

static int profile__grow(struct exits_profile *p)
{
	size_t room = p->room ? 2 * p->room : 32;
	struct exits_sum **list = realloc(p->list, room * sizeof(*list));
	uint32_t *index = calloc(2 * room, sizeof(*index));

	if (list)
		p->list = list;
	if (!list || !index) {
		free(index);
		return -ENOMEM;
	}
	free(p->index);
	p->index = index;
	p->room = room;
	for (size_t i = 0; i < p->nr; i++) {
		const struct exits_sum *s = p->list[i];

		*profile__place(p, s->kind, s->key, s->isa, s->group) = (uint32_t)i + 1;
	}
	return 0;
}

/* The sum, new (its name still empty) where there was none. */
static struct exits_sum *profile__sum(struct exits_profile *p, enum exits_kind kind, uint64_t key,
				      unsigned int isa, int64_t group)
{
	struct exits_sum *s;
	uint32_t *place;

	if (p->nr == p->room && profile__grow(p))
		return NULL;
	place = profile__place(p, kind, key, isa, group);
	if (*place)
		return p->list[*place - 1];
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->key = key;
	s->kind = kind;
	s->isa = isa;
	s->group = group;
	p->list[p->nr++] = s;
	*place = (uint32_t)p->nr;
	return s;
}

int exits_profile__add(struct exits_profile *p, struct exits *x, const struct exits_delta *d,
		       int64_t group)
{
	struct exits_sum *s = profile__sum(p, d->kind, d->key, isa_of(d->kind, d->vcpu->isa), group);

	if (!s)
		return -ENOMEM;
	if (!*s->name)
		exits__key_name(x, d, s->name, sizeof(s->name));
	s->repeats = exits_delta__repeats(x, d);
	s->count += d->count;
	s->ns += d->ns;
	s->clip_ns += d->clip_ns;
	s->off_ns += d->off_ns;
	s->user_ns += d->user_ns;
	s->user_off_ns += d->user_off_ns;
	if (s->max_ns < d->max_ns)
		s->max_ns = d->max_ns;
	hist__add_buckets(&s->hist, d->now, d->before, EXITS_BUCKETS);
	s->top = hist__bucket(s->hist.max) > s->top ? hist__bucket(s->hist.max) : s->top;
	if (s->hist.max > s->max_ns)
		s->hist.max = s->max_ns;
	return 0;
}

bool exits_delta__repeats(const struct exits *x, const struct exits_delta *d)
{
	return x->source == EXITS_TRACEPOINTS && d->kind == EXITS_BY_REASON && d->key == EXITS_TP_USERSPACE;
}

int exits_profile__add_time(struct exits_profile *p, struct exits *x, unsigned int isa, uint32_t reason,
			    int64_t group, uint64_t ns)
{
	struct exits_sum *s = profile__sum(p, EXITS_BY_REASON, reason, isa, group);

	if (!s)
		return -ENOMEM;
	if (!*s->name)
		exits__reason_name(x, isa, reason, s->name, sizeof(s->name));
	s->clip_ns += (int64_t)ns;
	return 0;
}

int exits_profile__merge(struct exits_profile *p, const struct exits_sum *sum, int64_t group)
{
	struct exits_sum *s = profile__sum(p, sum->kind, sum->key, sum->isa, group);

	if (!s)
		return -ENOMEM;
	memcpy(s->name, sum->name, sizeof(s->name));
	s->repeats = sum->repeats;
	s->count += sum->count;
	s->ns += sum->ns;
	s->clip_ns += sum->clip_ns;
	s->off_ns += sum->off_ns;
	s->user_ns += sum->user_ns;
	s->user_off_ns += sum->user_off_ns;
	if (s->max_ns < sum->max_ns)
		s->max_ns = sum->max_ns;
	hist__merge(&s->hist, &sum->hist);
	s->top = sum->top > s->top ? sum->top : s->top;
	return 0;
}

static int by_count(const void *a, const void *b)
{
	const struct exits_sum *x = *(struct exits_sum *const *)a, *y = *(struct exits_sum *const *)b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->repeats != y->repeats)
		return x->repeats ? 1 : -1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->name, y->name);
}

void exits_profile__sort(struct exits_profile *p)
{
	if (p->nr)
		qsort(p->list, p->nr, sizeof(*p->list), by_count);
}

uint64_t exits_profile__count(const struct exits_profile *p)
{
	uint64_t count = 0;

	for (size_t i = 0; i < p->nr; i++)
		if (p->list[i]->kind == EXITS_BY_REASON && !p->list[i]->repeats)
			count += p->list[i]->count;
	return count;
}

/* ---- choosing a source ------------------------------------------------------------------------ */

struct known_exits {
	uint32_t self;
	uint64_t most;
};

/* The exits of this process' most frequent reason: a guest's start takes a few of others. */
static void sum_up(const struct exits_delta *d, void *ctx)
{
	struct known_exits *known = ctx;

	if (d->kind == EXITS_BY_REASON && d->vcpu->tgid == known->self && d->count > known->most)
		known->most = d->count;
}

/* The probe is attached. */
static int count_known(struct exits *x, exits_calibrate calibrate, void *ctx, uint64_t n,
		       uint64_t *seen, struct error *err)
{
	struct known_exits known = { .self = (uint32_t)x->pidns.self };
	int code;

	x->skel->bss->calibrating = true;
	code = calibrate(ctx, n, err);
	x->skel->bss->calibrating = false;
	if (!code)
		code = exits__collect(x, sum_up, &known, err);
	*seen = known.most;
	return code;
}

static void note(struct exits_choice *choice, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void note(struct exits_choice *choice, const char *fmt, ...)
{
	size_t len = sizeof(choice->why), used = strlen(choice->why);
	va_list ap;

	if (used && used + 2 < len) {
		memcpy(choice->why + used, "; ", 3);
		used += 2;
	}
	va_start(ap, fmt);
	vsnprintf(choice->why + used, len - used, fmt, ap);
	va_end(ap);
}

static void try_with(struct exits **out, enum exits_source source, const struct exits_options *opts,
		     const struct kernel_types *types, exits_calibrate calibrate, void *ctx, uint64_t n,
		     struct exits_choice *choice)
{
	struct error err = { 0 };
	struct exits *x;
	uint64_t seen = 0;
	int code;

	*out = NULL;
	choice->source = EXITS_NONE;
	code = open_with(&x, source, opts, types, &err);
	/* What cannot be attached is no source. */
	if (!code)
		code = exits__begin(x, &err);
	if (code) {
		exits__close(x);
		/* What is missing for one source may be missing for the next. */
		if (!strstr(choice->why, err.text))
			note(choice, "%s", err.text);
		choice->code = choice->code ?: code;
		return;
	}
	if (calibrate) {
		code = count_known(x, calibrate, ctx, n, &seen, &err);
		if (code)
			note(choice, "not calibrated: %s", err.text);
		else
			choice->expected = n;
		if (seen > choice->seen)
			choice->seen = seen;
		if (!code && seen != n) {
			note(choice, "%s saw %llu of %llu exits", sources[source].name,
			     (unsigned long long)seen, (unsigned long long)n);
			exits__close(x);
			return;
		}
	}
	choice->source = source;
	*out = x;
}

void exits__try(struct exits **out, enum exits_source source, const struct exits_options *opts,
		exits_calibrate calibrate, void *ctx, uint64_t n, struct exits_choice *choice)
{
	struct kernel_types types;

	memset(choice, 0, sizeof(*choice));
	find_types(&types);
	try_with(out, source, opts, &types, calibrate, ctx, n, choice);
}

void exits__choose(struct exits **out, const struct exits_options *opts, exits_calibrate calibrate,
		   void *ctx, uint64_t n, struct exits_choice *choice)
{
	static const enum exits_source order[] = { EXITS_RAW_TP, EXITS_TP, EXITS_FENTRY, EXITS_TRACEPOINTS };
	enum exits_source first = EXITS_RAW_TP;
	struct kernel_types types;

	memset(choice, 0, sizeof(*choice));
	*out = NULL;
	find_types(&types);
	/* Where types are known raw_tp finds that out by itself. */
	if (!types.kvm_btf && calibrate && !exits__fires(calibrate, ctx, n)) {
		first = EXITS_TRACEPOINTS;
		choice->expected = n;
		note(choice, "raw_tp and tp saw 0 of %llu exits: kvm_exit does not fire on this host",
		     (unsigned long long)n);
	}
	for (size_t i = 0; !*out && i < sizeof(order) / sizeof(*order); i++) {
		if (order[i] < first)
			continue;
		/* The same two tracepoints: where the one attached and saw nothing, so does the other. */
		if (order[i] == EXITS_TP && !choice->code && choice->expected && !choice->seen)
			continue;
		/* It misses some: only where those that see all are locked out. */
		if (order[i] == EXITS_FENTRY && !(types.no_reads && types.invoke_exit_handler))
			continue;
		try_with(out, order[i], opts, &types, calibrate, ctx, n, choice);
	}
}
