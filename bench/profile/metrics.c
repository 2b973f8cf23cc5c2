// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sums of the session become series. What a series is called is made once, when its sum is first
 * seen; a scrape then only writes numbers behind it.
 */
#include "bench/profile/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probes/exits_read.h"
#include "probes/exits_source.h"
#include "version.h"

static const char *const kinds[] = { EXITS_KIND_NAMES };

/* Sums with the same labels: a vCPU that was taken out and came back has several. */
struct series {
	struct openmetrics_text labels;
	enum exits_kind kind;
	bool repeats;
	uint64_t count, ns, user_ns, off_ns;
	double window_ns;	 /* out of the guest while watched, of exits under way too */
	uint64_t out_ns;	 /* the most of that which was told */
	const struct hist *hist; /* of its only sum, or `merged`; NULL: nothing was timed */
	struct hist *merged;
};

struct metrics_vm {
	struct openmetrics_text labels;
	unsigned int vcpus;
	double vcpu_ns;
	uint64_t told_ns;
};

static void label_number(struct openmetrics_text *labels, const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	openmetrics__label(labels, name, text);
}

/* In s since 1970. */
static uint64_t started_at(const struct vm_process *process)
{
	struct timespec now, up;
	double ticks = (double)process->started / (double)sysconf(_SC_CLK_TCK);

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	return (uint64_t)((double)(now.tv_sec - up.tv_sec) +
			  (double)(now.tv_nsec - up.tv_nsec) / 1e9 + ticks + 0.5);
}

/*
 * What makes a VM unique, and what people call it. Numbers of processes are used again, so that the
 * time of the start belongs to them.
 */
static void label_vm(const struct profile *p, const struct vm_process *process,
		     struct openmetrics_text *labels)
{
	openmetrics__label(labels, "vm", profile__vm_name(p, process->pid));
	openmetrics__label(labels, "pod", process->name.pod);
	label_number(labels, "pid", (uint64_t)profile__number(process->pid));
	if (process->started)
		label_number(labels, "started", started_at(process));
}

static void label_vcpu(const struct profile *p, const struct profile_vcpu *vcpu,
		       struct openmetrics_text *labels)
{
	unsigned int number = profile__vm_number(p, vcpu);

	/* The second VM of a process has its own vCPU 0. */
	if (number)
		label_number(labels, "number", number);
	if (vcpu->id >= 0)
		label_number(labels, "vcpu", (uint64_t)vcpu->id);
	else
		label_number(labels, "thread", (uint64_t)vcpu->tid);
}

/*
 * ---- what there is to tell of -----------------------------------------------------------------
 */

static uint64_t hash_of(const struct openmetrics_text *labels, enum exits_kind kind)
{
	uint64_t h = 0xcbf29ce484222325ull + kind;

	for (size_t i = 0; i < labels->len; i++)
		h = (h ^ (unsigned char)labels->at[i]) * 0x100000001b3ull;
	return h;
}

static uint32_t *place_of(const struct profile_metrics *m, const struct openmetrics_text *labels,
			  enum exits_kind kind)
{
	for (size_t i = hash_of(labels, kind);; i++) {
		uint32_t *at = &m->index[i & (m->places - 1)];
		const struct series *s = *at ? &m->series[*at - 1] : NULL;

		if (!s || (s->kind == kind && s->labels.len == labels->len &&
			   !memcmp(s->labels.at, labels->at, labels->len)))
			return at;
	}
}

static int grow_series(struct profile_metrics *m)
{
	size_t room = m->room_series ? 2 * m->room_series : 256;
	struct series *series = realloc(m->series, room * sizeof(*series));
	uint32_t *index = calloc(2 * room, sizeof(*index));

	if (series)
		m->series = series;
	if (!series || !index) {
		free(index);
		return -ENOMEM;
	}
	free(m->index);
	m->index = index;
	m->room_series = room;
	m->places = 2 * room;
	for (size_t i = 0; i < m->nr_series; i++)
		*place_of(m, &m->series[i].labels, m->series[i].kind) = (uint32_t)i + 1;
	return 0;
}

/* NULL: no memory. A series has the labels now, which are freed with it. */
static struct series *find_series(struct profile_metrics *m, struct openmetrics_text *labels,
				  const struct exits_sum *sum)
{
	uint32_t *place;
	struct series *s;

	if (labels->failed || (m->nr_series == m->room_series && grow_series(m))) {
		free(labels->at);
		return NULL;
	}
	place = place_of(m, labels, sum->kind);
	if (*place) {
		free(labels->at);
		return &m->series[*place - 1];
	}
	s = &m->series[m->nr_series++];
	*place = (uint32_t)m->nr_series;
	*s = (struct series){ .labels = *labels, .kind = sum->kind, .repeats = sum->repeats };
	return s;
}

static int take_up_vms(struct profile_metrics *m, const struct profile *p)
{
	struct metrics_vm *vms = realloc(m->vms, (p->nr_vms + 1) * sizeof(*vms));
	uint32_t *vm_of = realloc(m->vm_of, (p->nr_vcpus + 1) * sizeof(*vm_of));

	if (vms)
		m->vms = vms;
	if (vm_of)
		m->vm_of = vm_of;
	if (!vms || !vm_of)
		return -ENOMEM;
	for (; m->nr_vms < p->nr_vms; m->nr_vms++) {
		struct metrics_vm *vm = &vms[m->nr_vms];

		*vm = (struct metrics_vm){ .vcpus = 0 };
		label_vm(p, &p->vms[m->nr_vms].process, &vm->labels);
		if (vm->labels.failed) {
			free(vm->labels.at);
			return -ENOMEM;
		}
	}
	for (; m->nr_vcpus < p->nr_vcpus; m->nr_vcpus++)
		vm_of[m->nr_vcpus] =
			(uint32_t)(profile__vm(p, p->vcpus[m->nr_vcpus].tgid) - p->vms);
	return 0;
}

static int take_up_sums(struct profile_metrics *m, const struct profile *p)
{
	bool by_vcpu = p->opts->by == PROFILE_BY_VCPU;
	uint32_t *of_sum = realloc(m->of_sum, (p->total.nr + 1) * sizeof(*of_sum));

	if (!of_sum)
		return -ENOMEM;
	m->of_sum = of_sum;
	for (; m->nr_sums < p->total.nr; m->nr_sums++) {
		const struct exits_sum *sum = p->total.list[m->nr_sums];
		const struct profile_vm *vm = by_vcpu ? &p->vms[m->vm_of[sum->group]] :
							profile__vm(p, (pid_t)sum->group);
		struct openmetrics_text labels = { .len = 0 };
		struct series *s;

		openmetrics__labels(&labels, &m->vms[vm - p->vms].labels);
		if (by_vcpu)
			label_vcpu(p, &p->vcpus[sum->group], &labels);
		openmetrics__label(&labels, kinds[sum->kind], sum->name);
		s = find_series(m, &labels, sum);
		if (!s)
			return -ENOMEM;
		of_sum[m->nr_sums] = (uint32_t)(s - m->series);
	}
	return 0;
}

static void free_series(struct profile_metrics *m)
{
	for (size_t i = 0; i < m->nr_series; i++) {
		free(m->series[i].labels.at);
		free(m->series[i].merged);
	}
	free(m->series);
	free(m->index);
}

/* Sums have been dropped, so that those that are left have other places. */
static int take_up_again(struct profile_metrics *m, const struct profile *p)
{
	struct profile_metrics old = *m;
	int code;

	m->series = NULL;
	m->index = NULL;
	m->nr_series = m->room_series = m->places = m->nr_sums = 0;
	code = take_up_sums(m, p);
	for (size_t i = 0; !code && i < m->nr_series; i++) {
		struct series *s = &m->series[i];

		uint32_t before = old.places ? *place_of(&old, &s->labels, s->kind) : 0;

		s->out_ns = before ? old.series[before - 1].out_ns : 0;
	}
	free_series(&old);
	return code;
}

/*
 * ---- families ---------------------------------------------------------------------------------
 */

/* A series with several sums has a histogram of its own. */
static int add_hist(struct series *s, const struct exits_sum *sum)
{
	if (!sum->hist.count)
		return 0;
	if (!s->hist) {
		s->hist = &sum->hist;
		return 0;
	}
	if (!s->merged)
		s->merged = malloc(sizeof(*s->merged));
	if (!s->merged)
		return -ENOMEM;
	if (s->hist != s->merged)
		*s->merged = *s->hist;
	hist__merge(s->merged, &sum->hist);
	s->hist = s->merged;
	return 0;
}

static int sum_up(struct profile_metrics *m, const struct profile *p)
{
	int code = 0;

	for (struct series *s = m->series; s < m->series + m->nr_series; s++) {
		s->count = s->ns = s->user_ns = s->off_ns = 0;
		s->window_ns = 0;
		s->hist = NULL;
	}
	for (size_t i = 0; !code && i < p->total.nr; i++) {
		const struct exits_sum *sum = p->total.list[i];
		struct series *s = &m->series[m->of_sum[i]];

		s->count += sum->count;
		s->ns += sum->ns;
		s->user_ns += sum->user_ns;
		s->off_ns += sum->off_ns + sum->user_off_ns;
		s->window_ns += (double)sum->ns + (double)sum->clip_ns;
		code = add_hist(s, sum);
	}
	/* vCPUs are not all read at the same instant, so that a sum can come out a little less. */
	for (struct series *s = m->series; s < m->series + m->nr_series; s++)
		if (s->window_ns > (double)s->out_ns)
			s->out_ns = (uint64_t)s->window_ns;
	return code;
}

static void sum_up_vcpus(struct profile_metrics *m, const struct profile *p)
{
	for (size_t i = 0; i < m->nr_vms; i++) {
		m->vms[i].vcpus = 0;
		m->vms[i].vcpu_ns = 0;
	}
	for (unsigned int i = 0; i < p->nr_vcpus; i++) {
		struct metrics_vm *vm = &m->vms[m->vm_of[i]];

		vm->vcpus += !p->vcpus[i].end_ns && !p->vms[m->vm_of[i]].gone_ns;
		vm->vcpu_ns += profile__vcpu_ns(p, &p->vcpus[i]);
	}
	for (size_t i = 0; i < m->nr_vms; i++)
		if (m->vms[i].vcpu_ns > (double)m->vms[i].told_ns && !p->vms[i].gone_ns)
			m->vms[i].told_ns = (uint64_t)m->vms[i].vcpu_ns;
}

/* Those by reason whose exits no other one counts too. */
#define for_each_reason(s, m) \
	for (struct series *s = (m)->series; s < (m)->series + (m)->nr_series; s++) \
		if (s->kind == EXITS_BY_REASON && !s->repeats)

#define for_each_vm(vm, m, p) \
	for (struct metrics_vm *vm = (m)->vms; vm < (m)->vms + (m)->nr_vms; vm++) \
		if (!(p)->vms[vm - (m)->vms].forgotten)

static void write_counts(struct profile_metrics *m, struct openmetrics *om)
{
	bool repeats = false, details = false;

	openmetrics__family(om, "hvbench_exits", OPENMETRICS_COUNTER, NULL,
			    "Exits of VMs by reason, each exit once");
	for (struct series *s = m->series; s < m->series + m->nr_series; s++) {
		repeats |= s->kind == EXITS_BY_REASON && s->repeats;
		details |= s->kind != EXITS_BY_REASON;
		if (s->kind == EXITS_BY_REASON && !s->repeats)
			openmetrics__u64(om, &s->labels, s->count);
	}
	if (repeats)
		openmetrics__family(om, "hvbench_exits_repeated", OPENMETRICS_COUNTER, NULL,
				    "Exits that hvbench_exits has under another reason as well");
	for (struct series *s = m->series; repeats && s < m->series + m->nr_series; s++)
		if (s->kind == EXITS_BY_REASON && s->repeats)
			openmetrics__u64(om, &s->labels, s->count);
	if (details)
		openmetrics__family(
			om, "hvbench_exit_details", OPENMETRICS_COUNTER, NULL,
			"Exits by MSR, port, address, RIP, hypercall or injected vector");
	for (struct series *s = m->series; details && s < m->series + m->nr_series; s++)
		if (s->kind != EXITS_BY_REASON)
			openmetrics__u64(om, &s->labels, s->count);
}

/* No family where the source has no times: a 0 would be taken for one. */
static void write_times(struct profile_metrics *m, struct openmetrics *om)
{
	openmetrics__family(om, "hvbench_exit_seconds", OPENMETRICS_HISTOGRAM, "seconds",
			    "Time from exit to entry, of exits that ended");
	for_each_reason(s, m) if (s->hist) openmetrics__hist(om, &s->labels, s->hist, s->ns);
	openmetrics__family(om, "hvbench_exit_user_seconds", OPENMETRICS_COUNTER, "seconds",
			    "The part of it in which user space ran");
	for_each_reason(s, m) if (s->hist) openmetrics__ns(om, &s->labels, s->user_ns);
	openmetrics__family(om, "hvbench_exit_off_cpu_seconds", OPENMETRICS_COUNTER, "seconds",
			    "The part of it in which the thread of the vCPU had no CPU");
	for_each_reason(s, m) if (s->hist) openmetrics__ns(om, &s->labels, s->off_ns);
	openmetrics__family(om, "hvbench_out_of_guest_seconds", OPENMETRICS_COUNTER, "seconds",
			    "Time out of the guest while watched, in exits under way as well");
	for_each_reason(s, m) if (s->out_ns) openmetrics__ns(om, &s->labels, s->out_ns);
}

static void write_vms(struct profile_metrics *m, const struct profile *p, struct openmetrics *om)
{
	openmetrics__family(om, "hvbench_vcpus", OPENMETRICS_GAUGE, NULL,
			    "vCPUs that were seen and exist");
	for_each_vm(vm, m, p) openmetrics__u64(om, &vm->labels, vm->vcpus);
	openmetrics__family(
		om, "hvbench_vcpu_seconds", OPENMETRICS_COUNTER, "seconds",
		"Time for which vCPUs existed and were watched, of all of a VM together");
	for_each_vm(vm, m, p) openmetrics__ns(om, &vm->labels, vm->told_ns);
	openmetrics__family(om, "hvbench_vm", OPENMETRICS_INFO, NULL, "What a VM is called");
	for_each_vm(vm, m, p)
	{
		const struct vm_process *process = &p->vms[vm - m->vms].process;
		struct openmetrics_text labels = { .len = 0 };

		openmetrics__labels(&labels, &vm->labels);
		openmetrics__label(&labels, "comm", process->comm);
		openmetrics__label(&labels, "vmm", process->name.vmm);
		openmetrics__label(&labels, "uuid", process->name.uuid);
		openmetrics__label(&labels, "domain", process->name.domain);
		openmetrics__label(&labels, "pod_uid", process->name.pod_uid);
		openmetrics__label(&labels, "container", process->name.container);
		openmetrics__label(&labels, "container_id", process->name.container_id);
		openmetrics__u64(om, &labels, 1);
		om->text.failed |= labels.failed;
		free(labels.at);
	}
}

static void write_lost(struct openmetrics *om, const char *what, uint64_t value)
{
	struct openmetrics_text labels = { .len = 0 };

	openmetrics__label(&labels, "what", what);
	openmetrics__u64(om, &labels, value);
	om->text.failed |= labels.failed;
	free(labels.at);
}

/* What is not in the other figures. */
static void write_missing(const struct profile *p, struct openmetrics *om)
{
	struct exits_lost lost = { 0 };
	uint64_t missed = 0;

	if (p->exits)
		missed = exits__lost(p->exits, &lost, NULL, 0) - lost.slots - lost.reasons;
	openmetrics__family(om, "hvbench_not_recorded", OPENMETRICS_COUNTER, NULL,
			    "What happened and is not in the other figures");
	write_lost(om, "exit of a vCPU beyond the number there is room for", lost.slots);
	write_lost(om, "exit of a reason beyond the number there is room for", lost.reasons);
	write_lost(om, "exit while the probe was left out by the kernel", missed);
	write_lost(om, "time of a reason", lost.rows);
	write_lost(om, "detail of an exit", lost.details);
	write_lost(om, "off-CPU time", lost.tasks);
	openmetrics__family(om, "hvbench_unreadable_processes", OPENMETRICS_GAUGE, NULL,
			    "Processes that may run VMs and could not be looked into");
	openmetrics__u64(om, NULL, p->unreadable);
	if (!p->choice.expected)
		return;
	openmetrics__family(om, "hvbench_known_exits", OPENMETRICS_GAUGE, NULL,
			    "Exits of a VM of our own by which the source was tried");
	openmetrics__u64(om, NULL, p->choice.expected);
	openmetrics__family(om, "hvbench_known_exits_seen", OPENMETRICS_GAUGE, NULL,
			    "How many of them the source saw");
	openmetrics__u64(om, NULL, p->choice.seen);
}

static void write_build(const struct profile *p, struct openmetrics *om)
{
	struct openmetrics_text labels = { .len = 0 };

	openmetrics__family(om, "hvbench_build", OPENMETRICS_INFO, NULL,
			    "The program, and how it sees exits");
	openmetrics__label(&labels, "version", HVBENCH_VERSION);
	openmetrics__label(&labels, "commit", HVBENCH_COMMIT);
	openmetrics__label(&labels, "source", exits_source__name(p->choice.source));
	openmetrics__u64(om, &labels, 1);
	om->text.failed |= labels.failed;
	free(labels.at);
	openmetrics__family(om, "hvbench_watched_seconds", OPENMETRICS_COUNTER, "seconds",
			    "How long exits have been watched");
	openmetrics__ns(om, NULL, p->now_ns - p->begin_ns);
}

int profile_metrics__look(struct profile_metrics *m, struct profile *p)
{
	int code = take_up_vms(m, p);

	profile__find_gone(p);
	return !code && profile__forget(p, PROFILE_METRICS_KEEP_NS) ? take_up_again(m, p) : code;
}

int profile_metrics__write(struct profile_metrics *m, struct profile *p, struct openmetrics *om)
{
	int code = take_up_vms(m, p);

	if (!code)
		code = take_up_sums(m, p);
	if (!code)
		code = sum_up(m, p);
	if (code)
		return code;
	sum_up_vcpus(m, p);
	write_build(p, om);
	write_vms(m, p, om);
	write_counts(m, om);
	if (profile__timed(p))
		write_times(m, om);
	write_missing(p, om);
	return openmetrics__end(om);
}

void profile_metrics__free(struct profile_metrics *m)
{
	free_series(m);
	for (size_t i = 0; i < m->nr_vms; i++)
		free(m->vms[i].labels.at);
	free(m->vms);
	free(m->vm_of);
	free(m->of_sum);
	memset(m, 0, sizeof(*m));
}
