// SPDX-License-Identifier: GPL-2.0-or-later
/* Profiles as text, Markdown, CSV and a result document. */
#include "bench/profile/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/base/charset.h"
#include "bench/base/csv.h"
#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/cli/usage.h"
#include "bench/host/fingerprint.h"
#include "bench/profile/advice.h"
#include "bench/profile/waits_report.h"
#include "bench/result/document.h"
#include "bench/result/metrics_json.h"
#include "probes/exits_profile.h"
#include "probes/exits_read.h"
#include "probes/exits_source.h"
#include "reports/views/table.h"

#define MIN_WAY_SHARE \
	0.01 /* share of the time watched from which on an exit under way is
				 * reported */

static const char *format_rate(double rate, char *buf, size_t len)
{
	if (rate >= 99.5)
		snprintf(buf, len, "%.0f", rate);
	else
		snprintf(buf, len, "%.3g", rate);
	return buf;
}

/* Sums up groups; with `keep` the groups stay apart, otherwise all become group 0. */
static int merge_groups(const struct exits_profile *from, struct exits_profile *into, bool keep)
{
	for (size_t i = 0; i < from->nr; i++)
		if ((from->list[i]->count || from->list[i]->clip_ns) &&
		    exits_profile__merge(into, from->list[i], keep ? from->list[i]->group : 0))
			return -ENOMEM;
	exits_profile__sort(into);
	return 0;
}

/* The number of exits, each counted once. */
static uint64_t sum_count(const struct exits_profile *of, enum exits_kind kind)
{
	uint64_t count = 0;

	for (size_t i = 0; i < of->nr; i++)
		if (of->list[i]->kind == kind && !of->list[i]->repeats)
			count += of->list[i]->count;
	return count;
}

/*
 * The part within the time watched. vCPUs are not all read at the same instant, so it may come out
 * slightly negative.
 */
static double window_ns(const struct exits_sum *s)
{
	double ns = (double)s->ns + (double)s->clip_ns;

	return ns > 0 ? ns : 0;
}

struct line {
	char rate[16], share[16], time[16], p50[16], p99[16], max[16], kernel[16], user[16],
		off[16];
};

static void fill_line(struct line *l, const struct exits_sum *s, double seconds, uint64_t all,
		      double vcpu_ns)
{
	double n = (double)s->hist.count;

	memset(l, 0, sizeof(*l));
	format_rate((double)s->count / seconds, l->rate, sizeof(l->rate));
	if (s->repeats)
		strcpy(l->share, "-");
	else
		snprintf(l->share, sizeof(l->share), "%.1f",
			 all ? 100.0 * (double)s->count / (double)all : 0);
	if (s->hist.count || s->clip_ns)
		snprintf(l->time, sizeof(l->time), "%.2f",
			 vcpu_ns > 0 ? 100.0 * window_ns(s) / vcpu_ns : 0);
	else
		strcpy(l->time, "-");
	if (!s->hist.count) {
		strcpy(l->p50, "-");
		strcpy(l->p99, "-");
		strcpy(l->max, "-");
		strcpy(l->kernel, "-");
		strcpy(l->user, "-");
		strcpy(l->off, "-");
		return;
	}
	units__format_brief_ns(hist__quantile(&s->hist, 0.5), l->p50, sizeof(l->p50));
	if (s->hist.count >= 100)
		units__format_brief_ns(hist__quantile(&s->hist, 0.99), l->p99, sizeof(l->p99));
	else
		strcpy(l->p99, "-");
	units__format_brief_ns((double)s->max_ns, l->max, sizeof(l->max));
	units__format_brief_ns((double)(s->ns - s->user_ns - s->off_ns - s->user_off_ns) / n,
			       l->kernel, sizeof(l->kernel));
	units__format_brief_ns((double)s->user_ns / n, l->user, sizeof(l->user));
	units__format_brief_ns((double)(s->off_ns + s->user_off_ns) / n, l->off, sizeof(l->off));
}

static const char *title_of(enum exits_kind kind)
{
	static const char *const titles[] = { "REASON", "MSR",	     "PORT",   "ADDRESS",
					      "RIP",	"HYPERCALL", "VECTOR", "GUEST WAS IN" };

	return titles[kind];
}

/* Titles for a terminal and for Markdown, and the least width of a column. */
static const struct {
	const char *title, *markdown;
	unsigned int least;
} columns[] = {
	{ "COUNT", "count", 12 }, { "/s", "/s", 9 },
	{ "%", "%", 6 },	  { "%TIME", "% of vCPU time", 7 },
	{ "p50", "p50", 8 },	  { "p99", "p99", 8 },
	{ "max", "max", 8 },	  { "kernel", "kernel", 8 },
	{ "user", "user", 8 },	  { "off-CPU", "off-CPU", 8 },
};

static void add_row(struct table *table, const struct exits_sum *s, const struct line *l)
{
	table__row(table);
	table__text(table, s->name);
	table__figure(table, "%" PRIu64, s->count);
	for (const char *const *text =
		     (const char *const[]){ l->rate, l->share, l->time, l->p50, l->p99, l->max,
					    l->kernel, l->user, l->off, NULL };
	     *text; text++)
		table__figure(table, "%s", *text);
}

static void print_table(struct profile *p, const struct exits_profile *of, FILE *out,
			const struct renderer *format, bool color)
{
	const struct terminal look = { .color = color };
	enum exits_kind kind = profile__kind(p);
	unsigned int shown = 0, left = 0;
	uint64_t all = sum_count(of, kind);
	struct table table;
	struct line l;

	table__init(&table, format);
	table__space(&table, 0, 1);
	table__column(&table, title_of(kind), "left", 28);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		table__column(&table, format->style ? columns[i].markdown : columns[i].title,
			      "right", columns[i].least);
	for (size_t i = 0; i < of->nr; i++) {
		const struct exits_sum *s = of->list[i];

		if (s->kind != kind || s->group)
			continue;
		if (p->opts->top && shown == p->opts->top) {
			left++;
			continue;
		}
		shown++;
		fill_line(&l, s, profile__seconds(p), all, profile__vcpus_ns(p));
		add_row(&table, s, &l);
	}
	table__put(&table, out, &look);
	table__free(&table);
	if (left)
		fprintf(out, "%s and %u more (--top 0 shows all)\n", charset__dots(), left);
	if (!shown)
		fprintf(out, "none\n");
}

/* "irqwin, pit_reinj", "no" for none. */
static void name_apicv(const struct profile *p, uint64_t inhibits, char *text, size_t len)
{
	char name[32];
	size_t used = 0;

	snprintf(text, len, "no");
	for (unsigned int bit = 0; bit < 64 && used < len; bit++) {
		if (!(inhibits >> bit & 1))
			continue;
		profile__apicv_name(p, bit, name, sizeof(name));
		used += (size_t)snprintf(text + used, len - used, "%s%s", used ? ", " : "", name);
	}
}

/* Where it is inhibited, interrupts and the local APIC take exits that they need not take. */
static void print_apicv(const struct profile *p, FILE *out)
{
	unsigned int known = 0, inhibited = 0;
	uint64_t reasons = 0;
	char text[256];

	for (size_t i = 0; i < p->nr_vms; i++) {
		known += p->vms[i].apicv_known;
		inhibited += p->vms[i].apicv_inhibits != 0;
		reasons |= p->vms[i].apicv_inhibits;
	}
	if (!known)
		return;
	name_apicv(p, reasons, text, sizeof(text));
	if (inhibited)
		fprintf(out, "APICv or AVIC is inhibited in %u of %u VM process%s: %s\n", inhibited,
			known, known == 1 ? "" : "es", text);
	else
		fprintf(out, "APICv or AVIC is not inhibited in any VM\n");
}

static void print_header(struct profile *p, FILE *out)
{
	char bytes[32];
	uint64_t kib = profile__memory_bytes(p) / 1024;

	snprintf(bytes, sizeof(bytes), kib >= 10240 ? "%" PRIu64 " MiB" : "%" PRIu64 " KiB",
		 kib >= 10240 ? kib / 1024 : kib);
	fprintf(out, "%.2f s, %zu VM process%s, %u vCPU%s seen; source %s", profile__seconds(p),
		p->nr_vms, p->nr_vms == 1 ? "" : "es", p->nr_vcpus, p->nr_vcpus == 1 ? "" : "s",
		exits_source__name(p->choice.source));
	if (p->choice.expected)
		fprintf(out, " (saw %" PRIu64 " of %" PRIu64 " known exits)", p->choice.seen,
			p->choice.expected);
	fprintf(out, "; the probe's maps take %s\n", bytes);
	print_apicv(p, out);
}

static void say_note(const char *text, void *ctx)
{
	FILE *out = ctx;

	fputs("* ", out);
	usage__wrap(out, text, 2, 2, usage__width(out));
}

#define MAX_WAYS 4 /* exits under way that are listed one by one */

struct ways {
	struct way {
		char vcpu[PROFILE_NAME_LEN], reason[64];
		uint64_t ns;
	} longest[MAX_WAYS];
	unsigned int nr;
};

static void on_way(const struct profile *p, const struct profile_vcpu *vcpu, const char *reason,
		   uint64_t ns, void *ctx)
{
	struct ways *ways = ctx;
	struct way way = { .ns = ns };
	unsigned int i;

	/*
	 * Every vCPU is in some exit now and then; only one that takes a part of the window is
	 * worth a line.
	 */
	if ((double)ns < MIN_WAY_SHARE * 1e9 * profile__seconds(p))
		return;
	ways->nr++;
	for (i = 0; i < MAX_WAYS && ways->longest[i].ns >= ns; i++)
		;
	if (i == MAX_WAYS)
		return;
	memmove(&ways->longest[i + 1], &ways->longest[i], (MAX_WAYS - 1 - i) * sizeof(way));
	snprintf(way.reason, sizeof(way.reason), "%s", reason);
	profile__vcpu_name(p, vcpu, way.vcpu, sizeof(way.vcpu));
	ways->longest[i] = way;
}

/* Lists exits that had not ended when the window did: they are in no count. */
static void print_under_way(struct profile *p, FILE *out)
{
	struct ways ways = { .nr = 0 };
	char text[512], ns[16];

	profile__under_way(p, on_way, &ways);
	for (unsigned int i = 0; i < MAX_WAYS && ways.longest[i].ns; i++) {
		const struct way *way = &ways.longest[i];

		snprintf(text, sizeof(text),
			 "%s: in %s for %s at the end, which has no line's distribution and "
			 "is in %%TIME",
			 way->vcpu, way->reason,
			 units__format_brief_ns((double)way->ns, ns, sizeof(ns)));
		say_note(text, out);
	}
	if (ways.nr > MAX_WAYS) {
		snprintf(text, sizeof(text),
			 "%u more vCPUs were in an exit for 1 %% of the time or longer",
			 ways.nr - MAX_WAYS);
		say_note(text, out);
	}
	if (p->halted) {
		snprintf(text, sizeof(text), "%u vCPU%s halted, asleep in KVM, all of the %.2f s",
			 p->halted, p->halted == 1 ? " was" : "s were", profile__seconds(p));
		say_note(text, out);
	}
}

static void print_end(struct profile *p, FILE *out)
{
	unsigned int asked_for = p->past ? p->past->asked_for : p->opts->nr_pids;
	char text[512];

	if (!p->vms_ended)
		return;
	snprintf(text, sizeof(text), "%s ended after %.2f s, and the profile with %s",
		 p->opts->child ? "the command" :
		 asked_for == 1 ? "the VM" :
				  "the VMs",
		 profile__seconds(p), asked_for == 1 ? "it" : "them");
	say_note(text, out);
}

/* Exits are in other views. */
static void print_waits_notes(struct profile *p, FILE *out)
{
	char text[512];

	print_end(p, out);
	culprits__lost(p->waits->probe, text, sizeof(text));
	if (*text)
		say_note(text, out);
}

static void print_notes(struct profile *p, FILE *out)
{
	unsigned int asked_for = p->past ? p->past->asked_for : p->opts->nr_pids;
	char text[512];

	if (p->waits) {
		print_waits_notes(p, out);
		return;
	}
	if (*p->choice.why)
		say_note(p->choice.why, out);
	if (!profile__timed(p))
		say_note(p->opts->counts_only ? "counts only, as asked for: no times" :
						"this source has no entry to go with an exit: "
						"counts, no times; kvm_userspace_exit "
						"counts again what another line counted and what "
						"user space handled, and has no share",
			 out);
	print_under_way(p, out);
	print_end(p, out);
	if (p->opts->by == EXITS_BY_RIP)
		say_note("--by rip has the kernel make a record of every exit, which slows down "
			 "what is watched more "
			 "than the other views do; the times begin when it is made",
			 out);
	profile__lost(p, text, sizeof(text));
	if (*text)
		say_note(text, out);
	if (p->unreadable && !asked_for) {
		snprintf(text, sizeof(text),
			 "the descriptors of %zu processes could not be read (not root): "
			 "their VMs may be without names",
			 p->unreadable);
		say_note(text, out);
	}
	profile_advice(p, say_note, out);
}

static int by_count_and_time(const void *a, const void *b, void *ctx)
{
	const struct profile *p = ctx;
	const struct profile_vcpu *x = &p->vcpus[*(const unsigned int *)a];
	const struct profile_vcpu *y = &p->vcpus[*(const unsigned int *)b];

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->ns != y->ns)
		return x->ns > y->ns ? -1 : 1;
	return x->tgid != y->tgid ? (x->tgid > y->tgid) - (x->tgid < y->tgid) :
				    (x->id > y->id) - (x->id < y->id);
}

/* Indices into p->vcpus, the vCPU with most exits first; the caller frees it. */
static unsigned int *sort_vcpus(struct profile *p)
{
	unsigned int *order = calloc(p->nr_vcpus + 1, sizeof(*order));

	for (unsigned int i = 0; order && i < p->nr_vcpus; i++)
		order[i] = i;
	if (order)
		qsort_r(order, p->nr_vcpus, sizeof(*order), by_count_and_time, p);
	return order;
}

/* A line of a table by vCPU or by VM. */
struct group {
	int64_t group;
	uint64_t count;
	double ns, watched_ns;
	unsigned int vcpus;
};

static int by_exits(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->ns != y->ns)
		return x->ns > y->ns ? -1 : 1;
	return (x->group > y->group) - (x->group < y->group);
}

/* The groups that had vCPUs, the one with most exits first; the caller frees them. */
static struct group *find_groups(const struct profile *p, unsigned int *nr)
{
	struct group *groups = calloc(p->nr_vcpus + 1, sizeof(*groups)), *g;
	bool by_vm = p->opts->by == PROFILE_BY_VM;

	*nr = 0;
	for (unsigned int i = 0; groups && i < p->nr_vcpus; i++) {
		const struct profile_vcpu *v = &p->vcpus[i];
		int64_t group = by_vm ? v->tgid : (int64_t)i;

		for (g = groups; by_vm && g < groups + *nr && g->group != group; g++)
			;
		if (!by_vm)
			g = groups + *nr;
		*nr += g == groups + *nr;
		g->group = group;
		g->count += v->count;
		g->ns += (double)v->ns;
		g->watched_ns += profile__vcpu_ns(p, v);
		g->vcpus++;
	}
	if (groups)
		qsort(groups, *nr, sizeof(*groups), by_exits);
	return groups;
}

static void add_group(struct profile *p, const struct exits_profile *of, const struct group *g,
		      struct table *table)
{
	char name[PROFILE_NAME_LEN], rate[16], time[16], share[16];
	const struct exits_sum *most = NULL;

	/* The list is sorted by count, with the lines that repeat others last. */
	for (size_t k = 0; !most && k < of->nr; k++)
		if (of->list[k]->group == g->group && of->list[k]->kind == EXITS_BY_REASON)
			most = of->list[k];
	profile__group_name(p, g->group, name, sizeof(name));
	snprintf(share, sizeof(share), " %.0f %%",
		 most && g->count ? 100.0 * (double)most->count / (double)g->count : 0);
	snprintf(time, sizeof(time), "%.2f", g->watched_ns > 0 ? 100.0 * g->ns / g->watched_ns : 0);
	table__row(table);
	table__text(table, name);
	if (p->opts->by == PROFILE_BY_VM)
		table__figure(table, "%u", g->vcpus);
	table__figure(table, "%" PRIu64, g->count);
	table__figure(table, "%s",
		      format_rate((double)g->count / profile__seconds(p), rate, sizeof(rate)));
	table__figure(table, "%s", profile__timed(p) ? time : "-");
	if (p->opts->by == PROFILE_BY_VM) {
		const struct profile_vm *vm = profile__vm(p, (pid_t)g->group);

		name_apicv(p, vm ? vm->apicv_inhibits : 0, name, sizeof(name));
		table__text(table, " ");
		table__more(table, vm && vm->apicv_known ? name : "-");
	}
	table__text(table, " ");
	table__more(table, most ? most->name : "-");
	table__more(table, share);
}

static int print_groups(struct profile *p, const struct exits_profile *of, FILE *out, bool color)
{
	const struct terminal look = { .color = color };
	unsigned int nr, shown;
	struct group *groups = find_groups(p, &nr);
	struct table table;

	if (!groups)
		return -ENOMEM;
	shown = p->opts->top && nr > p->opts->top ? p->opts->top : nr;
	table__init(&table, &renderer_text);
	table__space(&table, 0, 1);
	table__column(&table, p->opts->by == PROFILE_BY_VM ? "VM" : "vCPU", "left", 40);
	if (p->opts->by == PROFILE_BY_VM)
		table__column(&table, "vCPUs", "right", 6);
	table__column(&table, "COUNT", "right", 12);
	table__column(&table, "/s", "right", 10);
	table__column(&table, "%TIME", "right", 7);
	if (p->opts->by == PROFILE_BY_VM)
		table__column(&table, " APICv INHIBITED", "left", 0);
	table__column(&table, " MOST FREQUENT", "left", 0);
	for (unsigned int i = 0; i < shown; i++)
		add_group(p, of, &groups[i], &table);
	table__put(&table, out, &look);
	table__free(&table);
	if (nr > shown)
		fprintf(out, "%s and %u more (--top 0 shows all)\n", charset__dots(), nr - shown);
	free(groups);
	return 0;
}

int profile_report__text(struct profile *p, FILE *out, bool color)
{
	struct exits_profile merged = { 0 };
	/* The live view has sums by vCPU for its own sake. */
	bool grouped = !p->opts->live &&
		       (p->opts->by == PROFILE_BY_VCPU || p->opts->by == PROFILE_BY_VM);
	int code = merge_groups(&p->total, &merged, grouped);

	if (code)
		return code;
	print_header(p, out);
	if (p->waits) {
		fputc('\n', out);
		code = waits_report__table(p, out, &renderer_text, color);
	} else if (!p->nr_vcpus) {
		fprintf(out, "No exit was seen: %s.\n",
			!p->nr_vms ? p->opts->child ? "the command ran no VM" : "no VM runs here" :
			p->choice.expected ? "the vCPUs ran, or did not run, without one" :
					     "there were none, or they cannot be seen here, which "
					     "could not be tried");
	} else if (grouped) {
		code = print_groups(p, &merged, out, color);
	} else {
		fputc('\n', out);
		print_table(p, &merged, out, &renderer_text, color);
		fprintf(out, "\n%%TIME: of the vCPUs' time. p50, p99, max: from exit to entry. "
			     "kernel, user, off-CPU: "
			     "mean parts of it.\n");
	}
	print_notes(p, out);
	exits_profile__free(&merged);
	return code ?: ferror(out) ? -EIO : 0;
}

int profile_report__markup(struct profile *p, FILE *out, const struct renderer *format)
{
	struct exits_profile merged = { 0 };
	int code = merge_groups(&p->total, &merged, false);

	if (code)
		return code;
	print_header(p, out);
	fputc('\n', out);
	if (p->waits)
		code = waits_report__table(p, out, format, false);
	else
		print_table(p, &merged, out, format, false);
	fputc('\n', out);
	print_notes(p, out);
	exits_profile__free(&merged);
	return code ?: ferror(out) ? -EIO : 0;
}

void profile_report__interval(struct profile *p, FILE *out)
{
	struct exits_profile merged = { 0 };
	char rate[16], p99[16];
	uint64_t count;
	double seconds = profile__interval_seconds(p);

	if (p->waits) {
		waits_report__interval(p, out);
		return;
	}
	if (merge_groups(&p->interval, &merged, false) || seconds <= 0)
		goto out;
	count = sum_count(&merged, EXITS_BY_REASON);
	fprintf(out, "%8.2f s %9s/s ", profile__seconds(p),
		format_rate((double)count / seconds, rate, sizeof(rate)));
	for (size_t i = 0; i < merged.nr && i < 4; i++) {
		const struct exits_sum *s = merged.list[i];

		fprintf(out, " %s %s/s", s->name,
			format_rate((double)s->count / seconds, rate, sizeof(rate)));
		if (s->hist.count >= 100)
			fprintf(out, " (p99 %s)",
				units__format_brief_ns(hist__quantile(&s->hist, 0.99), p99,
						       sizeof(p99)));
	}
	fputc('\n', out);
	fflush(out);
out:
	exits_profile__free(&merged);
}

/*
 * ---- CSV --------------------------------------------------------------------------------------
 */

void profile_report__csv_header(FILE *out)
{
	fprintf(out,
		"time_s,seconds,pid,vm,vcpu,kind,reason,count,per_s,total_ns,p50_ns,p99_ns,max_ns,"
		"user_ns,off_cpu_ns,window_ns,uuid,pod,container\n");
}

static void put_names(const struct vm_name *name, FILE *out)
{
	fputc(',', out);
	csv__text(out, name ? name->uuid : "");
	fputc(',', out);
	csv__text(out, name ? name->pod : "");
	fputc(',', out);
	csv__text(out, name ? name->container : "");
	fputc('\n', out);
}

struct wait_rows {
	const struct profile *p;
	const struct profile_vm *vm;
	bool interval;
	double seconds;
	FILE *out;
};

static void put_wait(const char *who, uint64_t turns, uint64_t ns, uint64_t max_ns, void *ctx)
{
	const struct wait_rows *r = ctx;
	pid_t pid = r->vm->process.pid;

	fprintf(r->out, "%.3f,%.3f,%d,", profile__seconds(r->p), r->seconds, profile__number(pid));
	csv__text(r->out, profile__vm_name(r->p, pid));
	fprintf(r->out, ",,culprit,");
	csv__text(r->out, who);
	fprintf(r->out, ",%" PRIu64 ",%.3f,%" PRIu64 ",,,", turns,
		r->seconds > 0 ? (double)turns / r->seconds : 0, ns);
	if (!r->interval)
		fprintf(r->out, "%" PRIu64, max_ns);
	fprintf(r->out, ",,,%" PRIu64, ns);
	put_names(&r->vm->process.name, r->out);
}

static void put_waits(const struct profile *p, bool interval, double seconds, FILE *out)
{
	struct wait_rows rows = { .p = p, .interval = interval, .seconds = seconds, .out = out };

	for (size_t i = 0; p->waits && i < p->nr_vms; i++) {
		rows.vm = &p->vms[i];
		waits_report__each(p, rows.vm->process.pid, interval, put_wait, &rows);
	}
}

void profile_report__csv(struct profile *p, const struct exits_profile *of, double seconds,
			 FILE *out)
{
	static const char *const kinds[] = { EXITS_KIND_NAMES };

	for (size_t i = 0; i < of->nr; i++) {
		const struct exits_sum *s = of->list[i];
		bool by_vcpu = p->opts->by == PROFILE_BY_VCPU;
		pid_t pid = by_vcpu ? p->vcpus[s->group].tgid : (pid_t)s->group;
		const struct profile_vm *vm = profile__vm(p, pid);

		if (!s->count && !s->clip_ns)
			continue;
		fprintf(out, "%.3f,%.3f,%d,", profile__seconds(p), seconds, profile__number(pid));
		csv__text(out, profile__vm_name(p, pid));
		if (by_vcpu && p->vcpus[s->group].id >= 0)
			fprintf(out, ",%d", p->vcpus[s->group].id);
		else
			fputc(',', out);
		fprintf(out, ",%s,", kinds[s->kind]);
		csv__text(out, s->name);
		fprintf(out, ",%" PRIu64 ",%.3f,", s->count,
			seconds > 0 ? (double)s->count / seconds : 0);
		if (s->hist.count)
			fprintf(out, "%" PRIu64 ",%.0f,%.0f,%" PRIu64 ",%" PRIu64 ",%" PRIu64,
				s->ns, hist__quantile(&s->hist, 0.5),
				hist__quantile(&s->hist, 0.99), s->hist.max, s->user_ns,
				s->off_ns + s->user_off_ns);
		else
			fprintf(out, ",,,,,");
		if (s->hist.count || s->clip_ns)
			fprintf(out, ",%.0f", window_ns(s));
		else
			fputc(',', out);
		put_names(vm ? &vm->process.name : NULL, out);
	}
	put_waits(p, of == &p->interval, seconds, out);
	fflush(out);
}

/*
 * ---- the result document ----------------------------------------------------------------------
 */

static json_t *new_names(const struct vm_name *n)
{
	const struct {
		const char *key, *text;
	} names[] = {
		{ "vmm", n->vmm },
		{ "name", n->name },
		{ "uuid", n->uuid },
		{ "domain", n->domain },
		{ "pod", n->pod },
		{ "pod_uid", n->pod_uid },
		{ "container", n->container },
		{ "container_id", n->container_id },
	};
	json_t *object = json_object();

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		json_object_set_new(object, names[i].key,
				    *names[i].text ? json__text(names[i].text) : json_null());
	return object;
}

static json_t *new_apicv(const struct profile *p, const struct profile_vm *vm)
{
	json_t *reasons;
	char name[32];

	if (!vm->apicv_known)
		return json_null();
	reasons = json_array();
	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!(vm->apicv_inhibits >> bit & 1))
			continue;
		profile__apicv_name(p, bit, name, sizeof(name));
		json_array_append_new(reasons, json_string(name));
	}
	return reasons;
}

/*
 * A process is a cell, and a second is one operation, so that whatever compares exits per operation
 * compares the rates of two profiles.
 */
static json_t *new_cell(struct profile *p, const struct exits_profile *of,
			const struct profile_vm *vm)
{
	double seconds = profile__seconds(p);
	json_t *cell = json_object(), *exits = json_object(), *per_op = json_object();
	enum exits_kind kind = profile__kind(p);
	struct exits_time time = exits_profile__time(of, vm->process.pid);
	uint64_t total = 0;

	json_object_set_new(cell, "workload", json_string("profile"));
	json_object_set_new(cell, "label", json__text(profile__vm_name(p, vm->process.pid)));
	json_object_set_new(cell, "vm", new_names(&vm->process.name));
	json_object_set_new(cell, "what", json_string("one second of a VM that others run"));
	json_object_set_new(cell, "group", json_string("profile"));
	json_object_set_new(cell, "params",
			    json_pack("{s:i, s:i, s:i}", "pid", profile__number(vm->process.pid),
				      "vms", (int)vm->process.nr_vms, "vcpus",
				      (int)vm->process.nr_vcpus));
	json_object_set_new(cell, "backend", json_string("kvm"));
	json_object_set_new(cell, "config", json_pack("{s:s}", "name", "as found"));
	json_object_set_new(cell, "status", json_string("ok"));
	json_object_set_new(cell, "reason", json_null());
	json_object_set_new(cell, "warnings", json_array());
	json_object_set_new(cell, "unit", json_string("ns"));
	json_object_set_new(cell, "rounds", json_array());
	json_object_set_new(cell, "summary", json_null());
	for (size_t i = 0; i < of->nr; i++) {
		const struct exits_sum *s = of->list[i];

		if (s->group != vm->process.pid || s->kind != EXITS_BY_REASON || !s->count)
			continue;
		json_object_set_new(per_op, s->name, json__number((double)s->count / seconds));
		total += s->repeats ? 0 : s->count;
	}
	json_object_set_new(per_op, "total", json__number((double)total / seconds));
	json_object_set_new(exits, "per_op", per_op);
	json_object_set_new(exits, "expected", json_null());
	json_object_set_new(exits, "as_expected", json_null());
	json_object_set_new(exits, "window_ops", json__number(seconds));
	json_object_set_new(exits, "by_reason",
			    metrics_json__by_reason(of, EXITS_BY_REASON, vm->process.pid, seconds));
	if (kind != EXITS_BY_REASON)
		json_object_set_new(exits, "by_detail",
				    metrics_json__by_reason(of, kind, vm->process.pid, seconds));
	json_object_set_new(exits, "lost", json__u64(profile__lost(p, NULL, 0)));
	json_object_set_new(cell, "exits", exits);
	json_object_set_new(cell, "cost", metrics_json__cost(&time, seconds));
	json_object_set_new(cell, "apicv_inhibits", new_apicv(p, vm));
	if (p->waits)
		json_object_set_new(cell, "waited", waits_report__object(p, vm->process.pid));
	return cell;
}

static json_t *new_vcpus(struct profile *p, const struct exits_profile *of)
{
	unsigned int *order = sort_vcpus(p);
	json_t *array = json_array();

	for (unsigned int k = 0; order && k < p->nr_vcpus; k++) {
		unsigned int i = order[k];
		const struct profile_vcpu *v = &p->vcpus[i];

		json_array_append_new(
			array,
			json_pack("{s:i, s:i, s:o, s:o, s:o, s:o}", "pid", profile__number(v->tgid),
				  "tid", v->tid, "vcpu",
				  v->id < 0 ? json_null() : json_integer(v->id), "count",
				  json__u64(v->count), "total_ns", json__u64(v->ns), "by_reason",
				  p->opts->by == PROFILE_BY_VCPU ?
					  metrics_json__by_reason(of, EXITS_BY_REASON, i,
								  profile__seconds(p)) :
					  json_array()));
	}
	free(order);
	return array;
}

/* Sums that are kept by slot of the probe become sums by process. */
static int group_by_process(struct profile *p, struct exits_profile *into)
{
	for (size_t i = 0; i < p->total.nr; i++) {
		const struct exits_sum *s = p->total.list[i];
		int64_t group = p->opts->by == PROFILE_BY_VCPU ? p->vcpus[s->group].tgid : s->group;

		if ((s->count || s->clip_ns) && exits_profile__merge(into, s, group))
			return -ENOMEM;
	}
	exits_profile__sort(into);
	return 0;
}

/* That which was watched. */
static json_t *new_host(const struct profile *p)
{
	json_t *host;

	if (p->past)
		return json_deep_copy(p->past->host);
	host = host__fingerprint("");
	json_object_set_new(host, "virt", json_string(host__kvm_vendor("")));
	return host;
}

json_t *profile_report__document(struct profile *p, bool interrupted)
{
	struct plan plan = { .name = "profile", .what = "exits of VMs that others run" };
	struct exits_profile by_process = { 0 }, by_group = { 0 };
	json_t *doc = NULL, *cells, *host;

	/* Work on copies: sorted sums cannot be added to, and more may come. */
	if (group_by_process(p, &by_process) || merge_groups(&p->total, &by_group, true))
		goto out;
	host = new_host(p);
	doc = result__new(&plan, host);
	json_object_set_new(doc, "exit_source", metrics_json__source(&p->choice));
	cells = json_object_get(doc, "cells");
	for (size_t i = 0; i < p->nr_vms; i++)
		json_array_append_new(cells, new_cell(p, &by_process, &p->vms[i]));
	json_object_set_new(doc, "vcpus", new_vcpus(p, &by_group));
	result__finish(doc, profile__seconds(p), interrupted);
	if (p->past && *p->past->started)
		json_object_set_new(doc, "started", json_string(p->past->started));
out:
	exits_profile__free(&by_process);
	exits_profile__free(&by_group);
	return doc;
}

void profile_report__event(const struct exits_event *e, const char *reason, FILE *out)
{
	char detail[64] = "", rip[32] = "-", vcpu[16], a[16], b[16], c[16];

	if (e->detail_kind && e->detail_kind != EXITS_BY_RIP)
		exits__detail_name(e->detail_kind, e->detail, detail, sizeof(detail));
	if (e->rip)
		snprintf(rip, sizeof(rip), "0x%llx", (unsigned long long)e->rip);
	snprintf(vcpu, sizeof(vcpu), e->vcpu_id < 0 ? "-" : "%d", e->vcpu_id);
	fprintf(out, "%llu.%06llu pid %u tid %u vcpu %s %s %s%s%s off-CPU %s user %s rip %s\n",
		(unsigned long long)e->time_ns / 1000000000,
		(unsigned long long)e->time_ns / 1000 % 1000000, e->tgid & ~PIDNS_ELSEWHERE, e->tid,
		vcpu, units__format_brief_ns((double)e->ns, a, sizeof(a)), reason,
		*detail ? " " : "", detail, units__format_brief_ns((double)e->off_ns, b, sizeof(b)),
		units__format_brief_ns((double)e->user_ns, c, sizeof(c)), rip);
}
