/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/backends/mailbox.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/clock.h"
#include "bench/vmm/watchdog.h"
#include "workloads/runtime/measure.h"

#define READ_TRIES 1000
/*
 * vCPUs other than 0 may account in the window what was stolen just before it: allow for that much.
 */
#define STEAL_SLACK_NS 1000000000

#define DEFAULT_KHZ \
	1000000 /* when calibrating, a clock of unknown rate is taken for
					 * 1 GHz */

static uint64_t to_cycles(uint64_t ns, uint64_t khz)
{
	return (uint64_t)((unsigned __int128)ns * (khz ? khz : DEFAULT_KHZ) / 1000000);
}

void collect__command(struct hv_command *cmd, const struct cell *cell,
		      const struct measure_request *req, uint64_t tsc_khz)
{
	unsigned int parallel = cell->config.parallel > 1 ? cell->config.parallel : 1;
	unsigned int most = HV_MAX_SAMPLES / parallel;

	*cmd = (struct hv_command){
		.ops_per_sample = req->ops_per_sample,
		.target_cycles = to_cycles(req->target_ns, tsc_khz),
		.samples = req->samples < most ? req->samples : most,
		.singles = req->singles,
		.single_budget_cycles = to_cycles(req->single_budget_ns, tsc_khz),
		.ring = cell->ring,
		.parallel = parallel,
		/* What is observed is longer than what is measured. */
		.flags = (req->exact ? HV_CMD_EXACT : 0) |
			 (req->exact && !req->on_window ? HV_CMD_MARK : 0),
	};
	snprintf(cmd->workload, sizeof(cmd->workload), "%s", cell->workload->name);
	memcpy(cmd->params, cell->params, sizeof(cmd->params));
}

void collect__timed_out(struct error *err, unsigned int timeout_ms, bool overdue)
{
	unsigned int ms = timeout_ms * (overdue ? WATCHDOG_RENEWALS + 1 : 1);

	error__set(err, -ETIME, "%s for %u.%u s: stopped",
		   overdue ? "still not done" : "no progress", ms / 1000, ms % 1000 / 100);
}

/* Text for an enum hv_refusal. */
static const char *refusal_name(uint32_t refusal)
{
	static const char *const text[HV_REFUSED_MAX] = {
		[HV_REFUSED_NONE] = "the payload refused without a reason",
		[HV_REFUSED_UNKNOWN_WORKLOAD] = "the payload does not know this workload",
		[HV_REFUSED_TOO_FEW_VCPUS] = "fewer vCPUs came up than the workload needs",
		[HV_REFUSED_ARENA_TOO_SMALL] = "the VM has too little memory for the working set",
		[HV_REFUSED_NO_LAPIC] = "the VM has no local APIC",
		[HV_REFUSED_NO_DEADLINE_TIMER] = "the vCPU has no TSC-deadline timer",
		[HV_REFUSED_PARAMETER] = "a parameter makes no sense to the workload",
		[HV_REFUSED_TIMEOUT] = "an interrupt or another vCPU was waited for in vain",
		[HV_REFUSED_NOT_THERE] = "the CPU lacks something",
		[HV_REFUSED_RAISED] = "the first operation raised an exception",
		[HV_REFUSED_NOT_OFFERED] = "the hypervisor does not offer its guests what a "
					   "parameter of this workload asks for",
	};

	return refusal < HV_REFUSED_MAX ? text[refusal] : "the payload gave an unknown reason";
}

char *collect__fault(const struct hv_fault *fault, char *buf, size_t len)
{
	static const char *const name[32] = {
		"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", NULL,  "#TS",
		"#NP", "#SS", "#GP", "#PF", NULL,  "#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
	};
	const char *known = fault->vector < 32 ? name[fault->vector] : NULL;

	snprintf(buf, len,
		 "guest exception %s (vector %u, error code 0x%" PRIx64 ") at RIP 0x%" PRIx64
		 ", CPL %u, CR2 0x%" PRIx64,
		 known ? known : "?", fault->vector, fault->error_code, fault->rip,
		 (unsigned int)(fault->cs & 3), fault->cr2);
	return buf;
}

/* Why the guest would not run the command. */
static void fail_refused(struct measurement *m, const struct hv_status *status,
			 const struct workload *w)
{
	bool sensible = status->refusal > HV_REFUSED_NONE && status->refusal < HV_REFUSED_MAX &&
			status->refusal != HV_REFUSED_TIMEOUT;
	char fault[256];

	if (w->optional && status->refusal == HV_REFUSED_RAISED)
		measurement__fail(m, MEASURE_SKIPPED,
				  "needs %s, which this vCPU lacks: the first operation raised %s",
				  w->optional,
				  collect__fault(&status->fault, fault, sizeof(fault)));
	else if (w->optional && status->refusal == HV_REFUSED_NOT_THERE)
		measurement__fail(m, MEASURE_SKIPPED, "needs %s, which the CPU lacks here",
				  w->optional);
	else
		measurement__fail(m, sensible ? MEASURE_SKIPPED : MEASURE_FAILED, "%s",
				  refusal_name(status->refusal));
}

bool collect__impossible(const struct hv_mailbox *mb, const struct hv_command *sent,
			 const struct error *err, struct measurement *m)
{
	const struct workload *w = measure__find(sent->workload);

	if (!w || !w->optional || mb->status.state != HV_STATE_TRYING)
		return false;
	measurement__fail(m, MEASURE_SKIPPED, "needs %s, which cannot be done here%s: %s",
			  w->optional, err->code == -ETIME ? "; a vCPU that tries it hangs" : "",
			  err->text);
	return true;
}

/* The first n values of each vCPU's, which begin `step` apart, one vCPU after the other. */
static double *copy_values(const uint64_t *values, unsigned int vcpus, unsigned int n, size_t step)
{
	double *copy = calloc((size_t)n * vcpus + 1, sizeof(*copy));

	for (unsigned int v = 0; copy && v < vcpus; v++)
		for (unsigned int i = 0; i < n; i++)
			copy[v * n + i] = (double)values[v * step + i];
	return copy;
}

static int copy_singles(const struct hv_mailbox *mb, const struct hv_status *status,
			struct measurement *m)
{
	m->singles = calloc(1, sizeof(*m->singles));
	if (!m->singles)
		return -ENOMEM;
	for (unsigned int i = 0; i < HV_HIST_BUCKETS; i++)
		hist__add(m->singles, hist__low(i), mb->hist[i]);
	m->singles->max = status->single_max;
	m->singles_overhead = status->single_overhead;
	return 0;
}

static unsigned int members(const struct hv_command *sent)
{
	return sent->parallel > 1 ? sent->parallel : 1;
}

/* Whether a correct payload could report these counts after this command. */
static bool counts_possible(const struct hv_status *status, const struct hv_command *sent,
			    const struct cell *cell)
{
	const struct workload *w = cell->workload;
	uint64_t shared = w->shared_by ? w->shared_by(cell->params) ?: 1 : 1;
	bool self_timed = w->kind == WORKLOAD_SELF_TIMED;
	uint64_t ops = status->ops_per_sample;
	unsigned int parallel = members(sent);

	if (status->nr_samples == 0 || status->nr_samples > sent->samples ||
	    status->nr_samples > HV_MAX_SAMPLES / parallel ||
	    status->nr_empty > HV_MAX_EMPTY / parallel ||
	    status->nr_singles > (self_timed ? status->nr_samples : sent->singles))
		return false;
	if (self_timed)
		return ops == 1;
	/*
	 * Where each operation is possible only once, there may be fewer than were asked for, or as
	 * many more as those that share a cost.
	 */
	if (sent->ops_per_sample &&
	    (w->max_ops ? ops >= sent->ops_per_sample + shared : ops != sent->ops_per_sample))
		return false;
	if (parallel == 1 && status->overhang)
		return false;
	return ops > 0 &&
	       ops <= UINT64_MAX / ((uint64_t)status->nr_samples * parallel + status->overhang);
}

void collect__mailbox(const struct hv_mailbox *mb, const struct hv_command *sent,
		      const struct cell *cell, struct measurement *m)
{
	struct hv_status status = mb->status;
	unsigned int parallel = members(sent);
	char text[256];

	if (mb->magic != HV_MAILBOX_MAGIC || mb->version != HV_ABI_VERSION ||
	    mb->size != sizeof(*mb)) {
		measurement__fail(m, MEASURE_FAILED, "the guest damaged its mailbox's header");
		return;
	}
	if (status.state == HV_STATE_FAULT) {
		measurement__fail(m, MEASURE_FAILED, "%s",
				  collect__fault(&status.fault, text, sizeof(text)));
		return;
	}
	if (status.state == HV_STATE_REFUSED) {
		fail_refused(m, &status, cell->workload);
		return;
	}
	if (status.state != HV_STATE_DONE || status.seq != sent->seq) {
		measurement__fail(m, MEASURE_FAILED,
				  "the guest's mailbox says state %u of command %u, "
				  "not that command %u is done",
				  status.state, status.seq, sent->seq);
		return;
	}
	if (!counts_possible(&status, sent, cell)) {
		measurement__fail(
			m, MEASURE_FAILED,
			"the guest's mailbox claims %u samples of %" PRIu64
			" operations, %u empty loops and %u single operations: impossible after "
			"a command for %u samples",
			status.nr_samples, status.ops_per_sample, status.nr_empty,
			status.nr_singles, sent->samples);
		return;
	}
	m->ops_per_sample = status.ops_per_sample;
	m->nr_members = parallel;
	m->nr_samples = status.nr_samples * parallel;
	m->nr_empty = status.nr_empty * parallel;
	m->samples = copy_values(mb->samples, parallel, status.nr_samples, sent->samples);
	m->empty = copy_values(mb->empty, parallel, status.nr_empty, HV_MAX_EMPTY / parallel);
	m->overhang_ops = status.ops_per_sample * status.overhang;
	m->window_ops = status.ops_per_sample * m->nr_samples + m->overhang_ops;
	/* An array that could not be copied counts as empty. */
	m->nr_samples = m->samples ? m->nr_samples : 0;
	m->nr_empty = m->empty ? m->nr_empty : 0;
	if (!m->samples || !m->empty || copy_singles(mb, &status, m))
		measurement__fail(m, MEASURE_FAILED, "out of memory");
	else if (m->singles->count != status.nr_singles)
		measurement__fail(m, MEASURE_FAILED,
				  "the guest's mailbox claims %u single operations and "
				  "a histogram of %" PRIu64,
				  status.nr_singles, m->singles->count);
	if (m->singles && !m->singles->count) {
		free(m->singles);
		m->singles = NULL;
	}
}

static const char *bell_name(uint32_t bell)
{
	static const char *const names[] = {
		[HV_BELL_READY] = "READY", [HV_BELL_BEGIN] = "BEGIN", [HV_BELL_END] = "END",
		[HV_BELL_FAULT] = "FAULT", [HV_BELL_STEP] = "STEP",
	};

	return bell < sizeof(names) / sizeof(names[0]) && names[bell] ? names[bell] : "unknown";
}

int collect__bell(uint32_t rang, uint32_t want, struct error *err)
{
	if (rang == want)
		return 0;
	if (rang == HV_BELL_READY)
		return -EAGAIN;
	return error__set(err, -EIO, "the guest rang %u (%s) where %u (%s) was expected", rang,
			  bell_name(rang), want, bell_name(want));
}

void collect__untimed(struct measurement *m)
{
	if (m->status == MEASURE_OK)
		measurement__fail(m, MEASURE_FAILED,
				  "the guest says that it is done, but there was no "
				  "timed part: it never rang BEGIN and END");
}

static bool read_record(const struct hv_steal *record, struct steal_reading *r, unsigned int vcpu)
{
	for (unsigned int i = 0; i < READ_TRIES; i++) {
		uint32_t before = __atomic_load_n(&record->version, __ATOMIC_ACQUIRE);
		uint64_t ns = __atomic_load_n(&record->ns, __ATOMIC_ACQUIRE);

		if (before & 1 || __atomic_load_n(&record->version, __ATOMIC_ACQUIRE) != before)
			continue;
		r->ns[vcpu] = ns;
		r->written[vcpu] = before;
		return true;
	}
	return false;
}

void collect__read_steal(const struct hv_mailbox *mb, unsigned int nr_vcpus,
			 struct steal_reading *r)
{
	*r = (struct steal_reading){ .at_ns = clock__ns() };
	for (unsigned int i = 0; i < nr_vcpus && i < HV_MAX_VCPUS; i++)
		r->torn |= !read_record(&mb->steal[i], r, i);
}

static void steal_unknown(struct steal *steal, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void steal_unknown(struct steal *steal, const char *fmt, ...)
{
	va_list ap;

	steal->known = false;
	va_start(ap, fmt);
	vsnprintf(steal->why, sizeof(steal->why), fmt, ap);
	va_end(ap);
}

void collect__steal(const struct hv_mailbox *mb, unsigned int nr_vcpus,
		    const struct steal_reading *begin, const struct steal_reading *end,
		    uint64_t pending_ns, struct steal *steal)
{
	static const char *const states[HV_STEAL_MAX] = {
		[HV_STEAL_OFF] = "the payload does not account steal time",
		[HV_STEAL_NOT_KVM] = "the guest does not see KVM's CPUID leaves",
		[HV_STEAL_NO_FEATURE] =
			"this KVM does not offer steal time to the guest (KVM_FEATURE_STEAL_TIME)",
	};
	uint32_t state = mb->steal_state;

	*steal = (struct steal){ .known = true, .window_ns = end->at_ns - begin->at_ns };
	if (state != HV_STEAL_ON) {
		steal_unknown(steal, "%s",
			      state < HV_STEAL_MAX ? states[state] :
						     "the guest gave an unknown reason");
		return;
	}
	for (unsigned int i = 0; i < nr_vcpus && i < HV_MAX_VCPUS; i++) {
		uint64_t gained = end->ns[i] - begin->ns[i];

		if (!end->written[i])
			continue;
		if (end->ns[i] < begin->ns[i]) {
			steal_unknown(steal, "the guest's steal counter of vCPU %u went backwards",
				      i);
			return;
		}
		if (i == 0)
			gained -= pending_ns < gained ? pending_ns : gained;
		if (gained > steal->window_ns + STEAL_SLACK_NS) {
			steal_unknown(steal,
				      "the guest's steal counter of vCPU %u gained %" PRIu64
				      " ns in %" PRIu64 " ns",
				      i, gained, steal->window_ns);
			return;
		}
		steal->ns += gained;
		steal->vcpus++;
	}
	if (begin->torn || end->torn)
		steal_unknown(steal, "the guest's steal counters were being written all the time");
	else if (!steal->vcpus)
		steal_unknown(steal, "KVM did not write the guest's steal time, which was enabled");
}

static int append(double **to, unsigned int *nr_to, const double *from, unsigned int nr_from)
{
	double *grown = reallocarray(*to, *nr_to + nr_from + 1, sizeof(**to));

	if (!grown)
		return -ENOMEM;
	if (nr_from)
		memcpy(grown + *nr_to, from, nr_from * sizeof(*from));
	*to = grown;
	*nr_to += nr_from;
	return 0;
}

/* Known only if it is known for all VMs. */
static void merge_steal(struct steal *into, const struct steal *from, bool first)
{
	if (first) {
		*into = *from;
		return;
	}
	if (into->known && !from->known)
		memcpy(into->why, from->why, sizeof(into->why));
	into->known &= from->known;
	into->host_known &= from->host_known;
	into->ns += from->ns;
	into->host_ns += from->host_ns;
	into->window_ns += from->window_ns;
	into->vcpus += from->vcpus;
}

int collect__merge(struct measurement *into, const struct measurement *from)
{
	if (into->ops_per_sample && into->ops_per_sample != from->ops_per_sample)
		return -EINVAL;
	if (append(&into->samples, &into->nr_samples, from->samples, from->nr_samples) ||
	    append(&into->empty, &into->nr_empty, from->empty, from->nr_empty))
		return -ENOMEM;
	if (from->singles) {
		if (!into->singles)
			into->singles = calloc(1, sizeof(*into->singles));
		if (!into->singles)
			return -ENOMEM;
		hist__merge(into->singles, from->singles);
	}
	merge_steal(&into->steal, &from->steal, !into->steal.window_ns);
	/* With several VMs, individual vCPUs are no longer kept apart. */
	if (kvmstats_window__merge(&into->figures.vcpus, &from->figures.vcpus) ||
	    kvmstats_window__merge(&into->figures.vm, &from->figures.vm))
		return -ENOMEM;
	into->figures.rounds = from->figures.rounds;
	into->ops_per_sample = from->ops_per_sample;
	into->singles_overhead = from->singles_overhead;
	into->tsc_khz = from->tsc_khz;
	into->icount = from->icount;
	into->exits_known = from->exits_known;
	memcpy(into->exits_unknown_why, from->exits_unknown_why, sizeof(into->exits_unknown_why));
	into->exits += from->exits;
	into->host_interrupts += from->host_interrupts;
	into->user_exits_unknown |= from->user_exits_unknown;
	into->user_exits += from->user_exits;
	into->nr_members += from->nr_members;
	into->overhang_ops += from->overhang_ops;
	into->window_ops += from->window_ops;
	into->cpu_ns += from->cpu_ns;
	into->cpu_known = from->cpu_known;
	into->dirty_pages += from->dirty_pages;
	for (unsigned int i = 0; i < from->nr_counters; i++)
		measurement__count(into, from->counters[i].name, from->counters[i].value);
	for (unsigned int i = 0; i < from->nr_warnings; i++)
		measurement__warn(into, "%s", from->warnings[i]);
	return 0;
}

struct gap_total collect__gap_total(const struct hv_mailbox *mb)
{
	return (struct gap_total){ mb->gaps.nr, mb->gaps.cycles, mb->gaps.spun_cycles };
}

struct gap_record *collect__gaps(const struct hv_mailbox *mb, const struct gap_total *before)
{
	struct gap_total now = collect__gap_total(mb);
	struct gap_record *gaps = calloc(1, sizeof(*gaps));
	uint64_t from;

	if (!gaps)
		return NULL;
	gaps->all.nr = now.nr - before->nr;
	gaps->all.cycles = now.cycles - before->cycles;
	gaps->all.spun_cycles = now.spun_cycles - before->spun_cycles;
	gaps->nr_listed = gaps->all.nr < HV_MAX_GAPS ? (unsigned int)gaps->all.nr : HV_MAX_GAPS;
	from = now.nr - gaps->nr_listed;
	for (unsigned int i = 0; i < gaps->nr_listed; i++)
		gaps->list[i] = mb->gaps.list[(from + i) % HV_MAX_GAPS];
	return gaps;
}
